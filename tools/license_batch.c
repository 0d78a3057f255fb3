/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal license batch */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "batch_list.h"
#include "license_order.h"
#include "progress.h"
#include "store.h"
#include "verbs.h"

enum { JOBS_MAX = 64, JOBS = 4, TEXT = 512 };

struct slot { /* an order that is lent to the engine */
    struct slot *next;
    struct tool_batch_order line;
    struct tool_order *order;
};

struct batch {
    struct tool *tool;
    struct tool_batch_list list;
    struct iss_publisher *publisher;
    struct tool_progress progress;
    struct slot *lent, *spare;
    uint64_t issued, again, refused;
    bool dry; /* a rehearsal */
};

static volatile sig_atomic_t stopping;

static void note_signal(int number)
{
    (void)number;
    stopping = 1;
}

/* Once: a second one ends the program at once, which loses nothing either. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = note_signal,
                               .sa_flags = SA_RESTART};

    action.sa_flags |= (int)SA_RESETHAND;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* ---- what became of an order ----------------------------------------------
 */

static void tell_refused(struct batch *batch, uint64_t line,
                         enum iss_status status, const char *text)
{
    struct tool_json *json = &batch->tool->out.json;

    batch->refused++;
    tool_progress_clear(&batch->progress);
    if (batch->tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_number(json, "line", (int64_t)line);
        tool_json_number(json, "status", (int64_t)status);
        tool_json_text(json, "text", text);
        tool_json_close(json, '}');
        return;
    }
    tool_line(&batch->tool->out, "refused", "line %" PRIu64 ": %s", line, text);
    (void)fflush(batch->tool->out.file);
    tool_progress_show(&batch->progress,
                       batch->issued + batch->again + batch->refused,
                       batch->issued);
}

static struct slot *find_slot(struct batch *batch, uint64_t line)
{
    struct slot *slot = batch->lent;

    while (slot != NULL && slot->line.line != line)
        slot = slot->next;
    return slot;
}

/* Of the content key of an order that names none; false: too long. */
static bool key_path(const struct batch *batch, const struct slot *slot,
                     char out[static TOOL_ORDER_PATH_SIZE])
{
    int n = snprintf(out, TOOL_ORDER_PATH_SIZE, "%s/%s.key",
                     tool_value(batch->tool, TOOL_OUT), slot->line.name);

    return n > 0 && n < TOOL_ORDER_PATH_SIZE;
}

static enum iss_status done(void *arg, const struct iss_batch_result *result,
                            struct iss_error *error)
{
    struct batch *batch = arg;
    const struct iss_licensed *licensed = result->licensed;
    struct slot *slot = find_slot(batch, result->line);
    char path[TOOL_ORDER_PATH_SIZE];
    enum iss_status status = ISS_OK;

    if (licensed == NULL) {
        if (slot != NULL && key_path(batch, slot, path))
            tool_order_key_drop(slot->order, path, result->status);
        tell_refused(batch, result->line, result->status, result->text);
        return ISS_OK;
    }
    status = iss_publisher_add(batch->publisher, slot->line.name,
                               licensed->chain, licensed->chain_len, error);
    if (status != ISS_OK)
        return status;
    if (licensed->again)
        batch->again++;
    else
        batch->issued++;
    tool_progress_show(&batch->progress,
                       batch->issued + batch->again + batch->refused,
                       batch->issued);
    return ISS_OK;
}

/* ---- orders ---------------------------------------------------------------
 */

static struct slot *take_slot(struct batch *batch)
{
    struct slot *slot = batch->spare;

    if (slot != NULL)
        batch->spare = slot->next;
    else
        slot = calloc(1, sizeof(*slot));
    return slot;
}

static void give_slot(struct batch *batch, struct slot *slot)
{
    tool_order_free(slot->order);
    slot->order = NULL;
    slot->next = batch->spare;
    batch->spare = slot;
}

/* The files that a line names; one that cannot be read refuses the line. */
static bool fill_slot(struct batch *batch, struct slot *slot)
{
    struct iss_error why = {.status = ISS_OK};
    char path[TOOL_ORDER_PATH_SIZE];
    enum iss_status status = ISS_OK;

    slot->line.options.value[TOOL_NONCE] = slot->line.nonce;
    status = tool_order_read(&slot->line.options, slot->line.kind, &slot->order,
                             &why);
    if (status == ISS_OK && slot->order->key_wanted)
        status = key_path(batch, slot, path)
                     ? batch->dry
                           ? tool_order_key_rehearse(slot->order, path, &why)
                           : tool_order_key(slot->order, path, &why)
                     : iss_fail(&why, ISS_USAGE, "--out: too long");
    if (status != ISS_OK)
        tell_refused(batch, slot->line.line, status, why.text);
    return status == ISS_OK;
}

static enum iss_status next(void *arg, struct iss_license_order *order,
                            uint64_t *line, bool *more, struct iss_error *error)
{
    struct batch *batch = arg;
    enum iss_status status = ISS_OK;

    for (;;) {
        struct slot *slot = take_slot(batch);

        if (slot == NULL)
            return iss_fail(error, ISS_INTERNAL, "out of memory");
        status = tool_batch_list_next(&batch->list, &slot->line, more, error);
        if (status == ISS_OK && *more && fill_slot(batch, slot)) {
            *order = slot->order->order;
            *line = slot->line.line;
            slot->next = batch->lent;
            batch->lent = slot;
            return ISS_OK;
        }
        give_slot(batch, slot);
        if (status != ISS_OK || !*more)
            return status;
    }
}

static void release(void *arg, uint64_t line)
{
    struct batch *batch = arg;

    for (struct slot **at = &batch->lent; *at != NULL; at = &(*at)->next) {
        struct slot *slot = *at;

        if (slot->line.line != line)
            continue;
        *at = slot->next;
        give_slot(batch, slot);
        return;
    }
}

static bool stop(void *arg)
{
    (void)arg;
    return stopping != 0;
}

/* ---- the whole -------------------------------------------------------------
 */

static void json_begin(struct batch *batch)
{
    struct tool_json *json = &batch->tool->out.json;

    if (!batch->tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "list", batch->list.path);
    tool_json_hex(json, "sha-256", batch->list.hash, sizeof(batch->list.hash));
    tool_json_number(json, "orders", (int64_t)batch->list.orders);
    tool_json_open(json, "refused", '[');
}

static void summarize(struct batch *batch, int64_t ms)
{
    struct tool_out *out = &batch->tool->out;
    char issued[TOOL_COUNT_SIZE], again[TOOL_COUNT_SIZE];
    char refused[TOOL_COUNT_SIZE], span[TOOL_SPAN_SIZE];
    const uint64_t done = batch->issued + batch->again + batch->refused;
    const int64_t rate = ms > 0 ? (int64_t)batch->issued * 1000 / ms : 0;

    if (out->as_json) {
        tool_json_close(&out->json, ']');
        tool_json_number(&out->json, batch->dry ? "would-issue" : "issued",
                         (int64_t)batch->issued);
        tool_json_number(&out->json, "again", (int64_t)batch->again);
        tool_json_number(&out->json, "refused-count", (int64_t)batch->refused);
        tool_json_number(&out->json, "seconds", ms / 1000);
        tool_json_number(&out->json, "rate", rate);
        tool_json_bool(&out->json, "complete", done == batch->list.orders);
        if (batch->dry)
            tool_json_bool(&out->json, "dry-run", true);
        tool_json_close(&out->json, '}');
        return;
    }
    tool_count_print(batch->issued, issued);
    tool_count_print(batch->again, again);
    tool_count_print(batch->refused, refused);
    tool_span_print(ms / 1000, span);
    tool_line(out, batch->dry ? "would issue" : "issued", "%s", issued);
    if (batch->again > 0)
        tool_line(out, "again", "%s (issued before, the same octets)", again);
    if (batch->refused > 0)
        tool_line(out, "refused", "%s", refused);
    tool_line(out, "time", "%s, %" PRId64 " a second", span, rate);
}

/* Refusals were shown; what is still to be said. */
static enum iss_status verdict(struct batch *batch, enum iss_status status)
{
    struct tool *tool = batch->tool;
    const uint64_t done = batch->issued + batch->again + batch->refused;

    if (status != ISS_OK)
        return status;
    if (done < batch->list.orders)
        return tool_fail(tool, ISS_NOT_CONFIRMED,
                         "stopped with %" PRIu64 " of %" PRIu64
                         " done: the same command goes on from there",
                         done, batch->list.orders);
    return batch->refused == 0
               ? ISS_OK
               : tool_fail(tool, ISS_REFUSED,
                           "orders that were refused: %" PRIu64 " of %" PRIu64,
                           batch->refused, batch->list.orders);
}

/* Each order as far as its signature, one after the other. */
static enum iss_status rehearse(struct batch *batch, struct iss *iss,
                                struct iss_error *error)
{
    struct iss_license_order order;
    struct iss_rehearsed rehearsed;
    uint64_t line = 0;
    bool more = true;
    enum iss_status status = next(batch, &order, &line, &more, error);

    while (status == ISS_OK && more && !stop(batch)) {
        struct iss_error why = {.status = ISS_OK};

        status = iss_license_rehearse(iss, &order, &rehearsed, &why);
        if (status == ISS_OK && rehearsed.again)
            batch->again++;
        else if (status == ISS_OK)
            batch->issued++;
        else if (!iss_batch_ends(status))
            tell_refused(batch, line, status, why.text);
        iss_rehearsed_clear(&rehearsed);
        release(batch, line);
        if (iss_batch_ends(status))
            return iss_fail(error, status, "%s", why.text);
        tool_progress_show(&batch->progress,
                           batch->issued + batch->again + batch->refused,
                           batch->issued);
        status = next(batch, &order, &line, &more, error);
    }
    return status;
}

static enum iss_status issue(struct batch *batch, struct tool_store *store,
                             unsigned jobs)
{
    struct tool *tool = batch->tool;
    const struct iss_batch plan = {.jobs = jobs,
                                   .next = next,
                                   .done = done,
                                   .release = release,
                                   .stop = stop,
                                   .arg = batch};
    struct iss_error why = {.status = ISS_OK};
    struct iss_info info;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    /* said once, not of each order */
    if (status == ISS_OK && info.role == ISS_AUTHORITY)
        status = tool_fail(tool, ISS_REFUSED, "%s: role %s issues no %s",
                           store->dir, "authority", "licenses");
    if (status != ISS_OK)
        return status;
    json_begin(batch);
    tool_progress_begin(&batch->progress, tool->out.quiet ? NULL : stderr,
                        batch->list.orders);
    catch_signals();
    status = batch->dry ? rehearse(batch, store->iss, &tool->error)
                        : iss_license_batch(store->iss, &plan, &tool->error);
    /* what is durable in the journal is handed out, whatever has ended it */
    if (status == ISS_OK)
        status = iss_publisher_sync(batch->publisher, &tool->error);
    else
        (void)(iss_publisher_sync(batch->publisher, &why) == ISS_OK);
    tool_progress_clear(&batch->progress);
    summarize(batch, tool_progress_ms(&batch->progress));
    return verdict(batch, status);
}

static void clear(struct batch *batch)
{
    while (batch->lent != NULL)
        release(batch, batch->lent->line.line);
    while (batch->spare != NULL) {
        struct slot *slot = batch->spare;

        batch->spare = slot->next;
        free(slot);
    }
    iss_publisher_free(batch->publisher);
    tool_batch_list_clear(&batch->list);
}

static enum iss_status run(struct tool *tool)
{
    struct batch batch = {.tool = tool, .dry = tool_given(tool, TOOL_DRY_RUN)};
    struct tool_store store;
    unsigned long jobs = JOBS;
    enum iss_status status = tool_option_number(&tool->options, TOOL_JOBS,
                                                JOBS_MAX, &jobs, &tool->error);

    if (status == ISS_OK && jobs == 0)
        status = tool_fail(tool, ISS_USAGE, "--jobs: 1 to %d", JOBS_MAX);
    if (status == ISS_OK && !tool_given(tool, TOOL_OUT))
        status = tool_fail(tool, ISS_USAGE,
                           "--out DIR is missing: where the licenses go");
    if (status == ISS_OK)
        status = tool_batch_list_read(tool->options.operands[0], &batch.list,
                                      &tool->error);
    if (status == ISS_OK)
        status = iss_publisher_new(tool_value(tool, TOOL_OUT), &batch.publisher,
                                   &tool->error);
    if (status != ISS_OK)
        goto out;
    status = tool_store_open(tool, TOOL_CHANGE, &store);
    if (status == ISS_OK)
        status = issue(&batch, &store, (unsigned)jobs);
    status = tool_store_close(tool, &store, status);
out:
    clear(&batch);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_OUT, "the folder that the licenses go to, which is there already"},
    {TOOL_JOBS, "how many calls of the token at once, 1 to 64; default: 4"},
    {TOOL_DRY_RUN, "judge every order, and say what would be issued and what "
                   "refused; sign and change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_license_batch = {
    .name = "license batch",
    .summary = "issue many licenses by a list",
    .operands = "LIST --out DIR",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "LIST has an order a line, a kind and the options of its verb:\n\n"
        "  privyseal-batch 1\n"
        "  # account certificates, then a use license\n"
        "  rac --user ann@example.org --machine machines/ann.xml\n"
        "  rac --user bob@example.org --machine \"machines/bob's PC.xml\"\n"
        "  ul --pl report.pl.xml --rac ann.rac.xml --out report.ann.xml\n"
        "  end 3\n\n"
        "A word with blanks stands in \"quotes\", \\\" and \\\\ within them. A "
        "line that begins with # is a comment. The last line counts the "
        "orders. The whole list is read before anything is issued, and a "
        "line of a wrong form ends the command (exit 4). Each license goes "
        "to DIR, whole or not at all, as --out of its line says, else as "
        "LINE.KIND.xml.\n\n"
        "What is refused is shown with its line and does not stop the others "
        "(exit 3 at the end). After an interruption of any kind the same "
        "command goes on: an order is its line in this very file, nothing is "
        "issued twice, files that are missing are written. Ctrl-C finishes "
        "what has been begun.\n\n"
        "  privyseal license batch LIST --store lic1 --jobs 8 --out licenses",
    .run = run,
};
