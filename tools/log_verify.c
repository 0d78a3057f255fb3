/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal log verify */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "store.h"
#include "verbs.h"

enum { CHECKPOINTS_MAX = 64 * 1024 * 1024, RECEIPT_MAX = 16 * 1024 };

static enum iss_status read_note(struct tool *tool, enum tool_option option,
                                 size_t max, char **text, size_t *len)
{
    if (!tool_given(tool, option))
        return ISS_OK;
    return iss_read_file(tool_value(tool, option), max, text, len,
                         &tool->error);
}

static void report(struct tool *tool, const char *dir,
                   const struct iss_log_verdict *verdict)
{
    struct tool_json *json = &tool->out.json;
    char head[TOOL_HASH_SIZE];

    tool_hash_groups(verdict->head, head);
    tool_line(&tool->out, "journal",
              "%s: %" PRIu64 " record%s, %" PRIu64 " signature%s, %" PRIu64
              " checkpoint%s: whole and in order",
              dir, verdict->records, verdict->records == 1 ? "" : "s",
              verdict->results, verdict->results == 1 ? "" : "s",
              verdict->checkpoints, verdict->checkpoints == 1 ? "" : "s");
    if (verdict->began > 1)
        tool_line(&tool->out, "began",
                  "at record %" PRIu64
                  ", by the checkpoint behind it; the tables were not computed "
                  "anew: that needs all of it",
                  verdict->began);
    else
        tool_line(&tool->out, "began",
                  "at record 1, and the tables say what the records do");
    tool_line(&tool->out, "head", "%s", head);
    if (verdict->unfinished > 0)
        tool_line(&tool->out, "unfinished",
                  "%" PRIu64 " (begun, and no result recorded)",
                  verdict->unfinished);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "store", dir);
    tool_json_number(json, "from", (int64_t)verdict->began);
    tool_json_number(json, "records", (int64_t)verdict->records);
    tool_json_number(json, "results", (int64_t)verdict->results);
    tool_json_number(json, "unfinished", (int64_t)verdict->unfinished);
    tool_json_number(json, "checkpoints", (int64_t)verdict->checkpoints);
    tool_json_hex(json, "head", verdict->head, sizeof(verdict->head));
    tool_json_text(json, "verdict", "good");
    tool_json_close(json, '}');
}

static enum iss_status run(struct tool *tool)
{
    struct tool_store store;
    char *checkpoint = NULL, *receipt = NULL;
    struct iss_log_check check = {0};
    struct iss_log_verdict verdict;
    unsigned long from = 0;
    enum iss_status status = tool_option_number(&tool->options, TOOL_FROM,
                                                LONG_MAX, &from, &tool->error);

    if (status == ISS_OK)
        status = read_note(tool, TOOL_CHECKPOINT, CHECKPOINTS_MAX, &checkpoint,
                           &check.checkpoint_len);
    if (status == ISS_OK)
        status = read_note(tool, TOOL_RECEIPT, RECEIPT_MAX, &receipt,
                           &check.receipt_len);
    if (status != ISS_OK)
        goto out;
    check.from = from;
    check.checkpoint = checkpoint;
    check.receipt = receipt;
    status = tool_store_open(tool, TOOL_LOOK, &store);
    if (status == ISS_OK)
        status = iss_log_verify(store.iss, &check, &verdict, &tool->error);
    if (status == ISS_OK)
        report(tool, store.dir, &verdict);
    status = tool_store_close(tool, &store, status);
out:
    free(checkpoint);
    free(receipt);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the store's folder; default: $PRIVYSEAL_STORE"},
    {TOOL_CHECKPOINT, "a checkpoint kept elsewhere, or a copy of the store's "
                      "file checkpoints: the journal must contain what it "
                      "says"},
    {TOOL_RECEIPT, "a receipt of authority sign: the same"},
    {TOOL_FROM, "begin at this record, where a checkpoint is; default: at the "
                "first"},
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_log_verify = {
    .name = "log verify",
    .summary = "verify a store's journal, every record and signature",
    .operands = "",
    .uses = uses,
    .text = "Verifies the chain of records, the signed checkpoints, every "
            "signature of every RESULT, and that the tables of the store say "
            "what the journal says. A changed, swapped or missing record is "
            "exit 16; with a checkpoint or receipt from elsewhere a cut tail "
            "is found too. No token is needed.\n\n"
            "  privyseal log verify --store ea --receipt RMS01.receipt",
    .run = run,
};
