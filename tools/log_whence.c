/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal log whence */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

struct found { /* a document of the file, and where it came from */
    const struct xrml_document *document;
    uint8_t hash[32];
    struct iss_origin origin;
};

static bool is_zero(const uint8_t hash[static 32])
{
    static const uint8_t none[32];

    return memcmp(hash, none, sizeof(none)) == 0;
}

static const char *subject_of(const struct xrml_fields *fields)
{
    return fields->principal.name != NULL ? fields->principal.name
           : fields->principal.id != NULL ? fields->principal.id
                                          : "(no name)";
}

/* ---- text -----------------------------------------------------------------
 */

static void print_hash(struct tool_out *out, const char *label,
                       const uint8_t hash[static 32])
{
    char groups[TOOL_HASH_SIZE];

    if (is_zero(hash))
        return;
    tool_hash_groups(hash, groups);
    tool_line(out, label, "%s", groups);
}

static void print_who(struct tool_out *out, const struct iss_origin *origin)
{
    tool_line(out, "asked", "%s%s%s%s%s",
              origin->op[0] != '\0' ? origin->op : "by this server itself",
              origin->name[0] != '\0' ? " for " : "", origin->name,
              origin->url[0] != '\0' ? "   " : "", origin->url);
    if (origin->guid[0] != '\0')
        tool_line(out, "guid", "%s", origin->guid);
    print_hash(out, "key", origin->subject);
    if (origin->principal[0] != '\0')
        tool_line(out, "principal", "%s", origin->principal);
    if (origin->proven[0] != '\0')
        tool_line(out, "proven by", "%s", origin->proven);
    if (origin->user[0] != '\0')
        tool_line(out, "run by", "%s%s%s", origin->user,
                  origin->host[0] != '\0' ? " on " : "", origin->host);
}

static void print_rule(struct tool_out *out, const struct iss_origin *origin)
{
    if (is_zero(origin->acl_hash)) {
        tool_line(out, "allowed",
                  origin->admit != 0 ? "by the policy of this authority"
                                     : "made by this server for itself");
        return;
    }
    tool_line(out, "allowed", "by line %u of the access list",
              origin->acl_line);
    print_hash(out, "list", origin->acl_hash);
}

static void print_signed(struct tool_out *out, const struct iss_origin *origin)
{
    char when[TOOL_TIME_SIZE] = "?", records[96] = "";

    (void)tool_time_print(origin->time, when);
    if (origin->admit != 0)
        (void)snprintf(records, sizeof(records), "ADMIT #%" PRIu64 ", ",
                       origin->admit);
    tool_line(out, "signed", "%s   %sINTENT #%" PRIu64 ", RESULT #%" PRIu64,
              when, records, origin->intent, origin->result);
    if (origin->key_uri[0] != '\0')
        tool_line(out, "with", "%s", origin->key_uri);
    print_hash(out, "its key", origin->issuer);
}

static void print_text(struct tool_out *out, const struct found *found)
{
    const struct xrml_fields *fields = xrml_fields(found->document);

    tool_part(out, TOOL_STRONG, "%s", subject_of(fields));
    tool_text(out, TOOL_PLAIN, "   %s %s", xrml_type_text(fields->type),
              fields->descriptor.id != NULL ? fields->descriptor.id : "");
    print_who(out, &found->origin);
    print_rule(out, &found->origin);
    print_signed(out, &found->origin);
}

/* ---- JSON ------------------------------------------------------------------
 */

static void json_text(struct tool_json *json, const char *name,
                      const char *text)
{
    tool_json_text(json, name, text[0] != '\0' ? text : NULL);
}

static void json_hash(struct tool_json *json, const char *name,
                      const uint8_t hash[static 32])
{
    if (is_zero(hash))
        tool_json_text(json, name, NULL);
    else
        tool_json_hex(json, name, hash, 32);
}

static void print_json(struct tool_json *json, const struct found *found)
{
    const struct iss_origin *origin = &found->origin;

    tool_json_open(json, NULL, '{');
    tool_json_hex(json, "body-sha-256", found->hash, sizeof(found->hash));
    json_text(json, "document", origin->document);
    json_text(json, "kind", origin->kind);
    json_text(json, "op", origin->op);
    json_text(json, "name", origin->name);
    json_text(json, "url", origin->url);
    json_text(json, "guid", origin->guid);
    json_text(json, "principal", origin->principal);
    json_text(json, "proven", origin->proven);
    json_text(json, "user", origin->user);
    json_text(json, "host", origin->host);
    json_hash(json, "subject-key", origin->subject);
    json_hash(json, "issuer-key", origin->issuer);
    json_text(json, "issuer-uri", origin->key_uri);
    json_hash(json, "acl", origin->acl_hash);
    tool_json_number(json, "acl-line", origin->acl_line);
    tool_json_time(json, "time", origin->time);
    tool_json_number(json, "admit", (int64_t)origin->admit);
    tool_json_number(json, "intent", (int64_t)origin->intent);
    tool_json_number(json, "result", (int64_t)origin->result);
    tool_json_close(json, '}');
}

/* ---- the verb -------------------------------------------------------------
 */

static enum iss_status read_file(struct tool *tool, struct xrml_chain *chain)
{
    const char *path = tool->options.operands[0];
    struct iss_error error = {0};
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_read_file(path, XRML_CHAIN_MAX, &text, &len, &tool->error);

    if (status == ISS_OK) {
        status = xrml_chain_append(chain, text, len, 0, &error);
        if (status != ISS_OK)
            (void)tool_fail(tool, status, "%s: %s", path, error.text);
    }
    free(text);
    return status;
}

static enum iss_status look_up(struct tool *tool, struct iss *iss,
                               const struct xrml_chain *chain,
                               struct found *found)
{
    size_t count = 0;

    for (size_t n = 0; n < chain->count; n++) {
        struct iss_error error = {0};
        enum iss_status status;

        found->document = chain->documents[n];
        xrml_body_hash(found->document, found->hash);
        status = iss_whence(iss, found->hash, &found->origin, &error);
        if (status == ISS_CONFLICT) /* another server's */
            continue;
        if (status != ISS_OK)
            return tool_fail(tool, status, "%s", error.text);
        if (tool->out.as_json)
            print_json(&tool->out.json, found);
        else
            print_text(&tool->out, found);
        count++;
    }
    return count > 0 ? ISS_OK
                     : tool_fail(tool, ISS_CONFLICT,
                                 "%s: nothing in it was issued by this store",
                                 tool->options.operands[0]);
}

static enum iss_status run(struct tool *tool)
{
    struct tool_json *json = &tool->out.json;
    struct xrml_chain chain = {0};
    struct found *found = calloc(1, sizeof(*found));
    struct tool_store store;
    enum iss_status status =
        found != NULL ? read_file(tool, &chain)
                      : tool_fail(tool, ISS_INTERNAL, "out of memory");

    tool_process_only_prints();
    if (status != ISS_OK)
        goto out;
    status = tool_store_open(tool, TOOL_LOOK, &store);
    if (status == ISS_OK) {
        if (tool->out.as_json) {
            tool_json_open(json, NULL, '{');
            tool_json_text(json, "store", store.dir);
            tool_json_open(json, "documents", '[');
        }
        status = look_up(tool, store.iss, &chain, found);
        if (tool->out.as_json) {
            tool_json_close(json, ']');
            tool_json_close(json, '}');
        }
    }
    status = tool_store_close(tool, &store, status);
out:
    xrml_chain_clear(&chain);
    free(found);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the store that may have issued it; default: "
                 "$PRIVYSEAL_STORE"},
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_log_whence = {
    .name = "log whence",
    .summary = "who asked for a document, what allowed it",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text = "Tells of each document in FILE (a certificate, a chain or a "
            "response) that this store has issued: who asked for it and what "
            "was proven, which rule of which access list allowed it, which key "
            "signed it and when, and the records of the journal that say so. "
            "Documents of other servers are passed over; exit 9 where there "
            "is no other. No token is needed.\n\n"
            "  privyseal log whence --store root1 LIC01.slc.xml",
    .run = run,
};
