/* SPDX-License-Identifier: Apache-2.0 */
/* The way of an order to its license. */
#include "license.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "grants.h"
#include "license_order.h"
#include "notice.h"
#include "text.h"
#include "when.h"

struct job { /* one license on its way; owners NULL at first */
    const struct tool_licensing *verb;
    struct tool_order *order;
    struct iss_licensed licensed;
    char path[TOOL_ORDER_PATH_SIZE], key[TOOL_ORDER_PATH_SIZE];
};

/* ---- what may be done with it: a use license says it in the open -----------
 */

enum { RIGHTS_SIZE = 1024 };

/* "VIEW, PRINT"; "" where the document grants nothing by name. */
static void list_rights(const struct iss_licensed *licensed,
                        char out[static RIGHTS_SIZE])
{
    struct xrml_document *document = NULL;
    struct xrml_reading *reading = NULL;
    size_t used = 0;

    out[0] = '\0';
    if (licensed->kind != ISS_UL ||
        xrml_parse(licensed->document, licensed->len, NULL, &document, NULL) !=
            ISS_OK ||
        xrml_license_read(document, &reading, NULL) != ISS_OK)
        goto out;
    const struct xrml_license *ul = xrml_reading_license(reading);
    for (size_t i = 0; i < ul->right_count && used < RIGHTS_SIZE; i++)
        used += (size_t)snprintf(out + used, RIGHTS_SIZE - used, "%s%s",
                                 i > 0 ? ", " : "", ul->rights[i].name);
out:
    xrml_reading_free(reading);
    xrml_document_free(document);
}

/* ---- what is told -----------------------------------------------------------
 */

static void print_nonce(const struct tool_order *order,
                        char out[static 2 * ISS_LICENSE_NONCE_SIZE + 1])
{
    for (size_t i = 0; i < sizeof(order->nonce); i++)
        (void)snprintf(out + 2 * i, 3, "%02x", order->nonce[i]);
}

static void rights_json(struct tool_json *json, char *rights)
{
    if (rights[0] == '\0')
        return;
    tool_json_open(json, "rights", '[');
    for (char *word = strtok_r(rights, ", ", &rights); word != NULL;
         word = strtok_r(NULL, ", ", &rights))
        tool_json_text(json, NULL, word);
    tool_json_close(json, ']');
}

static void report_json(struct tool *tool, const struct job *job,
                        const char *nonce, char *rights)
{
    const struct iss_licensed *licensed = &job->licensed;
    struct tool_json *json = &tool->out.json;

    tool_json_open(json, NULL, '{');
    tool_json_text(json, "kind", iss_license_kind_name(licensed->kind));
    tool_json_text(json, "license", job->path);
    tool_json_text(json, "content-key", job->key[0] != '\0' ? job->key : NULL);
    tool_json_text(json, "user",
                   job->order->user[0] != '\0' ? job->order->user : NULL);
    rights_json(json, rights);
    tool_json_text(json, "guid",
                   licensed->guid[0] != '\0' ? licensed->guid : NULL);
    if (licensed->range.present) {
        tool_json_time(json, "from", licensed->range.from);
        tool_json_time(json, "until", licensed->range.until);
    }
    tool_json_hex(json, "body-sha-256", licensed->body_hash,
                  sizeof(licensed->body_hash));
    tool_json_text(json, "words", licensed->words);
    tool_json_text(json, "nonce", nonce);
    tool_json_number(json, "record", (int64_t)licensed->record);
    tool_json_bool(json, "again", licensed->again);
    tool_json_close(json, '}');
}

static void report_range(struct tool *tool, const struct xrml_range *range)
{
    char from[TOOL_TIME_SIZE] = "?", until[TOOL_TIME_SIZE] = "?";

    if (!range->present)
        return;
    (void)tool_time_print(range->from, from);
    (void)tool_time_print(range->until, until);
    tool_line(&tool->out, "valid", "%s .. %s", from, until);
}

static void report(struct tool *tool, const struct job *job)
{
    const struct iss_licensed *licensed = &job->licensed;
    char nonce[2 * ISS_LICENSE_NONCE_SIZE + 1], hash[TOOL_HASH_SIZE];
    char rights[RIGHTS_SIZE], word[TOOL_WORD_SIZE];

    print_nonce(job->order, nonce);
    list_rights(licensed, rights);
    tool_hash_groups(licensed->body_hash, hash);
    if (licensed->again)
        tool_line(&tool->out, "wrote",
                  "%s   as it was issued before: journal #%" PRIu64, job->path,
                  licensed->record);
    else
        tool_line(&tool->out, "wrote", "%s   journal #%" PRIu64, job->path,
                  licensed->record);
    if (job->key[0] != '\0')
        tool_line(&tool->out, "key",
                  "%s   the content key: encrypt with it, keep it secret",
                  job->key);
    if (job->order->user[0] != '\0')
        tool_line(&tool->out, "for", "%s", job->order->user);
    if (rights[0] != '\0')
        tool_line(&tool->out, "may", "%s", rights);
    report_range(tool, &licensed->range);
    tool_grants_note(&tool->out, job->order->grants,
                     job->order->terms.grant_count);
    tool_line(&tool->out, "sha-256", "%s", hash);
    tool_line(&tool->out, "words", "%s", licensed->words);
    tool_note(&tool->out, "nonce",
              "%s   the same order with --nonce is this license again", nonce);
    tool_shell_word(job->path, word);
    job->verb->next(tool, word);
    if (tool->out.as_json)
        report_json(tool, job, nonce, rights);
}

/* ---- a rehearsal
 * -------------------------------------------------------------
 */

static void rehearsed_json(struct tool *tool, const struct job *job,
                           const struct iss_rehearsed *rehearsed)
{
    struct tool_json *json = &tool->out.json;

    tool_json_open(json, NULL, '{');
    tool_json_text(json, "kind", iss_license_kind_name(job->verb->kind));
    tool_json_text(json, "license", job->path);
    tool_json_text(json, "content-key", job->key[0] != '\0' ? job->key : NULL);
    tool_json_text(json, "user",
                   job->order->user[0] != '\0' ? job->order->user : NULL);
    if (rehearsed->rights != NULL)
        rights_json(json, rehearsed->rights);
    if (rehearsed->range.present) {
        tool_json_time(json, "from", rehearsed->range.from);
        tool_json_time(json, "until", rehearsed->range.until);
    }
    tool_json_bool(json, "again", rehearsed->again);
    if (rehearsed->again)
        tool_json_number(json, "record", (int64_t)rehearsed->record);
    else
        tool_json_text(json, "body", rehearsed->body);
    tool_json_bool(json, "dry-run", true);
    tool_json_close(json, '}');
}

static void report_rehearsed(struct tool *tool, const struct job *job,
                             const struct iss_rehearsed *rehearsed)
{
    tool_line(&tool->out, "would write", "%s", job->path);
    if (job->key[0] != '\0' && job->order->key_fresh)
        tool_line(&tool->out, "would write", "%s   a new content key",
                  job->key);
    if (job->order->user[0] != '\0')
        tool_line(&tool->out, "for", "%s", job->order->user);
    if (rehearsed->rights != NULL)
        tool_line(&tool->out, "may", "%s", rehearsed->rights);
    report_range(tool, &rehearsed->range);
    if (rehearsed->again)
        tool_line(&tool->out, "again",
                  "as it was issued before: journal #%" PRIu64,
                  rehearsed->record);
    else
        tool_line(&tool->out, "body", "%s", rehearsed->body);
    tool_line(&tool->out, "dry run", "nothing was changed");
    if (tool->out.as_json)
        rehearsed_json(tool, job, rehearsed);
}

static enum iss_status rehearse(struct tool *tool, struct tool_store *store,
                                struct job *job)
{
    struct iss_rehearsed rehearsed;
    enum iss_status status = iss_license_rehearse(
        store->iss, &job->order->order, &rehearsed, &tool->error);

    if (status == ISS_OK)
        report_rehearsed(tool, job, &rehearsed);
    iss_rehearsed_clear(&rehearsed);
    return status;
}

/* ---- what is done -----------------------------------------------------------
 */

/* A file that is in the way is better told before the signature; one that may
 * be this very license, written before, only after it. */
static enum iss_status check_out(struct tool *tool, const struct job *job)
{
    if (tool_given(tool, TOOL_FORCE) || tool_given(tool, TOOL_NONCE) ||
        access(job->path, F_OK) != 0)
        return ISS_OK;
    return tool_fail(tool, ISS_CONFLICT,
                     "%s: a file is there already; choose another with --out, "
                     "or --force",
                     job->path);
}

static enum iss_status prepare(struct tool *tool, struct job *job)
{
    struct tool_order *order = job->order;
    enum iss_status status =
        tool_order_path(order, &tool->options, job->path, &tool->error);
    int len = 0;

    if (status == ISS_OK)
        status = check_out(tool, job);
    if (status != ISS_OK || !order->key_wanted)
        return status;
    len = snprintf(job->key, sizeof(job->key), "%s.key", job->path);
    if (len < 0 || (size_t)len >= sizeof(job->key))
        return tool_fail(tool, ISS_USAGE, "--out: the path is too long");
    return tool_given(tool, TOOL_DRY_RUN)
               ? tool_order_key_rehearse(order, job->key, &tool->error)
               : tool_order_key(order, job->key, &tool->error);
}

static enum iss_status issue(struct tool *tool, struct tool_store *store,
                             struct job *job)
{
    const unsigned flags = tool_given(tool, TOOL_FORCE) ? ISS_PUBLISH_FORCE : 0;
    enum iss_status status = iss_license(store->iss, &job->order->order,
                                         &job->licensed, &tool->error);

    if (job->key[0] != '\0')
        tool_order_key_drop(job->order, job->key, status);
    tool_notice_refusal(tool->verb->name, store->dir, status, tool->error.text);
    if (status == ISS_OK)
        status = iss_publish(job->path, job->licensed.chain,
                             job->licensed.chain_len, flags, &tool->error);
    if (status == ISS_OK)
        report(tool, job);
    return status;
}

enum iss_status tool_license(struct tool *tool,
                             const struct tool_licensing *verb)
{
    struct job job = {.verb = verb};
    struct tool_store store;
    enum iss_status status =
        tool_order_read(&tool->options, verb->kind, &job.order, &tool->error);

    if (status != ISS_OK)
        return status;
    status = tool_store_open(tool, TOOL_CHANGE, &store);
    if (status == ISS_OK)
        status = tool_accept_time(tool, &store);
    if (status == ISS_OK)
        status = prepare(tool, &job);
    if (status == ISS_OK)
        status = tool_given(tool, TOOL_DRY_RUN) ? rehearse(tool, &store, &job)
                                                : issue(tool, &store, &job);
    iss_licensed_clear(&job.licensed);
    tool_order_free(job.order);
    return tool_store_close(tool, &store, status);
}
