/* SPDX-License-Identifier: Apache-2.0 */
/* A request as a person sees it. */
#include "checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* More than a request or a proof may have: the engine refuses what is too long,
 * so that it is in the journal. */
enum { READ_MAX = 64 * 1024 * 1024 };

static const char *const revocations[] = {
    [ENROLL_STANDARD] = "standard", [ENROLL_CUSTOM] = "custom"};
static const char *const results[] = {[ISS_CHECK_OK] = "ok",
                                      [ISS_CHECK_WARN] = "warning",
                                      [ISS_CHECK_REFUSE] = "refused"};

bool tool_pop_path(const char *request, char out[static ISS_PATH_MAX])
{
    static const char xml[] = ".xml";
    size_t len = strlen(request), ending = sizeof(xml) - 1;
    int printed;

    if (len > ending && strcasecmp(request + len - ending, xml) == 0)
        len -= ending;
    printed = snprintf(out, ISS_PATH_MAX, "%.*s.pop", (int)len, request);
    return printed > 0 && printed < ISS_PATH_MAX;
}

enum iss_status tool_request_read(struct tool *tool, const char *path,
                                  struct tool_request *request)
{
    char pop[ISS_PATH_MAX];
    enum iss_status status;

    *request = (struct tool_request){0};
    status = iss_read_file(path, READ_MAX, &request->text, &request->len,
                           &tool->error);
    if (status == ISS_OK && !tool_pop_path(path, pop))
        status = tool_fail(tool, ISS_USAGE, "%s: the path is too long", path);
    if (status == ISS_OK && access(pop, F_OK) == 0)
        status = iss_read_file(pop, READ_MAX, &request->proof,
                               &request->proof_len, &tool->error);
    if (status != ISS_OK)
        tool_request_clear(request);
    return status;
}

void tool_request_clear(struct tool_request *request)
{
    free(request->text);
    free(request->proof);
    *request = (struct tool_request){0};
}

static unsigned key_bits(const struct enroll_key *key)
{
    unsigned bits = (unsigned)key->modulus_len * 8;

    if (key->modulus_len > 0)
        for (unsigned top = key->modulus[0]; top < 0x80 && top > 0; top <<= 1)
            bits--;
    return bits;
}

static bool refused(const struct iss_verdict *verdict, const char *name)
{
    for (size_t i = 0; i < verdict->count; i++)
        if (strcmp(verdict->checks[i].name, name) == 0)
            return verdict->checks[i].result != ISS_CHECK_OK;
    return false;
}

void tool_checks_line(struct tool *tool, const struct iss_verdict *verdict)
{
    static const char dot[] = " \xc2\xb7 ";
    static const enum tool_colour colours[] = {[ISS_CHECK_OK] = TOOL_GOOD,
                                               [ISS_CHECK_WARN] = TOOL_WARN,
                                               [ISS_CHECK_REFUSE] = TOOL_BAD};
    const struct enroll_request *request = &verdict->request;
    bool proven = verdict->has_proof && !refused(verdict, "proof");
    bool key = !refused(verdict, "key-size") && !refused(verdict, "key-weak");
    bool named;

    if (verdict->parsed)
        tool_text(&tool->out, TOOL_PLAIN,
                  "form ok%skey RSA-%u%s%spossession %sproven%sversion "
                  "%s%srevocation %s",
                  dot, key_bits(&request->key), key ? " ok" : "", dot,
                  proven ? "" : "not ", dot, request->version, dot,
                  revocations[request->revocation]);
    for (size_t i = 0; i < verdict->count; i++) {
        const struct iss_check *check = &verdict->checks[i];

        if (check->result == ISS_CHECK_OK)
            continue;
        tool_part(&tool->out, colours[check->result], "%-10s ",
                  results[check->result]);
        /* the access list speaks in whole sentences */
        named = strcmp(check->name, "acl") != 0;
        tool_text(&tool->out, TOOL_PLAIN, "%s%s%s", named ? check->name : "",
                  named && check->text[0] != '\0' ? ": " : "", check->text);
    }
}

void tool_request_fields(struct tool *tool,
                         const struct enroll_request *request)
{
    struct tool_out *out = &tool->out;

    tool_line(out, "name", "%s", request->name);
    tool_line(out, "url", "%s", request->url);
    tool_line(out, "guid", "%s", request->guid);
    tool_line(out, "key", "RSA-%u", key_bits(&request->key));
    tool_line(out, "revocation", "%s", revocations[request->revocation]);
    tool_line(out, "made by", "%s %s", request->sku, request->version);
}

void tool_request_json(struct tool *tool, const struct enroll_request *request)
{
    struct tool_json *json = &tool->out.json;
    const struct xrml_key key = {.modulus = request->key.modulus,
                                 .modulus_len = request->key.modulus_len,
                                 .exponent = request->key.exponent};
    uint8_t hash[32];

    tool_json_text(json, "name", request->name);
    tool_json_text(json, "url", request->url);
    tool_json_text(json, "guid", request->guid);
    tool_json_text(json, "sku", request->sku);
    tool_json_text(json, "version", request->version);
    tool_json_text(json, "revocation", revocations[request->revocation]);
    tool_json_number(json, "bits", key_bits(&request->key));
    if (xrml_key_hash(&key, hash, NULL) == ISS_OK)
        tool_json_hex(json, "key-sha-256", hash, sizeof(hash));
}

void tool_checks_json(struct tool *tool, const struct iss_verdict *verdict)
{
    struct tool_json *json = &tool->out.json;

    tool_json_bool(json, "proof", verdict->has_proof);
    tool_json_hex(json, "sha-256", verdict->digest, sizeof(verdict->digest));
    tool_json_text(json, "words", verdict->words);
    tool_json_open(json, "checks", '[');
    for (size_t i = 0; i < verdict->count; i++) {
        const struct iss_check *check = &verdict->checks[i];

        tool_json_open(json, NULL, '{');
        tool_json_text(json, "name", check->name);
        tool_json_text(json, "result", results[check->result]);
        if (check->text[0] != '\0')
            tool_json_text(json, "text", check->text);
        if (check->result == ISS_CHECK_REFUSE)
            tool_json_number(json, "exit", check->status);
        tool_json_close(json, '}');
    }
    tool_json_close(json, ']');
}
