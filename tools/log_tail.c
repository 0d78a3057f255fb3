/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal log tail */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

enum {
    DEFAULT_COUNT = 10,
    COUNT_MAX = 100000000,
    SHOWN = 8,
    SHOWN_TEXT = 100,
    LABEL = 12
};

static uint64_t number_of(const struct iss_field *field)
{
    uint64_t number = 0;

    for (size_t i = 0; i < field->len && i < sizeof(number); i++)
        number = number << 8 | field->value[i];
    return number;
}

/* How much of a text is shown: whole characters. */
static size_t shown(const char *text, size_t len)
{
    if (len <= SHOWN_TEXT)
        return len;
    len = SHOWN_TEXT;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* A note of several lines stands below its record, line under line. */
static bool is_block(const struct iss_field *field)
{
    return field->text && memchr(field->value, '\n', field->len) != NULL;
}

static void print_block(struct tool_out *out, const struct iss_field *field)
{
    const char *at = (const char *)field->value, *end = at + field->len;
    const char *label = field->name;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t len = (size_t)((stop != NULL ? stop : end) - at);

        tool_part(out, TOOL_DIM, "       %-*s ", LABEL, label);
        tool_text(out, TOOL_PLAIN, "%.*s%s", (int)shown(at, len), at,
                  shown(at, len) < len ? "\xe2\x80\xa6" : "");
        label = "";
        at += len + 1;
    }
}

static void print_field(struct tool_out *out, const struct iss_field *field)
{
    tool_part(out, TOOL_DIM, "  %s=", field->name);
    if (field->number) {
        tool_part(out, TOOL_PLAIN, "%" PRIu64, number_of(field));
        return;
    }
    if (field->text) {
        const size_t len = shown((const char *)field->value, field->len);

        tool_part(out, TOOL_PLAIN, "%.*s%s", (int)len,
                  (const char *)field->value,
                  len < field->len ? "\xe2\x80\xa6" : "");
        return;
    }
    for (size_t i = 0; i < field->len && i < SHOWN; i++)
        tool_part(out, TOOL_PLAIN, "%02x", field->value[i]);
    if (field->len > SHOWN)
        tool_part(out, TOOL_PLAIN, "\xe2\x80\xa6(%zu octets)", field->len);
}

static void print_json(struct tool_json *json, const struct iss_record *record)
{
    tool_json_open(json, NULL, '{');
    tool_json_number(json, "seq", (int64_t)record->seq);
    tool_json_time(json, "time", record->time);
    tool_json_text(json, "type", record->type_name);
    tool_json_hex(json, "hash", record->hash, 32);
    tool_json_open(json, "fields", '{');
    for (size_t i = 0; i < record->field_count; i++) {
        const struct iss_field *field = &record->fields[i];

        if (field->number)
            tool_json_number(json, field->name, (int64_t)number_of(field));
        else if (field->text)
            tool_json_text_n(json, field->name, (const char *)field->value,
                             field->len);
        else
            tool_json_hex(json, field->name, field->value, field->len);
    }
    tool_json_close(json, '}');
    tool_json_close(json, '}');
}

static bool each_record(void *arg, const struct iss_record *record)
{
    struct tool_out *out = arg;
    char time[TOOL_TIME_SIZE];

    if (out->as_json) {
        print_json(&out->json, record);
        return ferror(out->file) == 0;
    }
    if (!tool_time_print(record->time, time))
        (void)snprintf(time, sizeof(time), "%" PRId64, record->time);
    tool_part(out, TOOL_PLAIN, "#%-5" PRIu64 " %s  ", record->seq, time);
    tool_part(out, TOOL_STRONG, "%-10s", record->type_name);
    for (size_t i = 0; i < record->field_count; i++)
        if (!is_block(&record->fields[i]))
            print_field(out, &record->fields[i]);
    tool_end_line(out);
    for (size_t i = 0; i < record->field_count; i++)
        if (is_block(&record->fields[i]))
            print_block(out, &record->fields[i]);
    return ferror(out->file) == 0;
}

static enum iss_status run(struct tool *tool)
{
    struct tool_store store;
    struct iss_info info;
    unsigned long count = DEFAULT_COUNT;
    enum iss_status status = tool_option_number(
        &tool->options, TOOL_COUNT, COUNT_MAX, &count, &tool->error);

    if (status != ISS_OK)
        return status;
    tool_process_only_prints();
    status = tool_store_open(tool, TOOL_LOOK, &store);
    if (status == ISS_OK)
        status = iss_info(store.iss, &info, &tool->error);
    if (status == ISS_OK) {
        uint64_t from =
            info.journal_size > count ? info.journal_size - count + 1 : 1;

        if (tool->out.as_json) {
            tool_json_open(&tool->out.json, NULL, '{');
            tool_json_text(&tool->out.json, "store", info.dir);
            tool_json_number(&tool->out.json, "size",
                             (int64_t)info.journal_size);
            tool_json_open(&tool->out.json, "records", '[');
        }
        if (count > 0 && info.journal_size > 0)
            status = iss_log_each(store.iss, from, 0, each_record, &tool->out,
                                  &tool->error);
        if (tool->out.as_json) {
            tool_json_close(&tool->out.json, ']');
            tool_json_close(&tool->out.json, '}');
        }
    }
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the store's folder; default: $PRIVYSEAL_STORE"},
    {TOOL_COUNT, "how many records; default: 10"},
    {TOOL_JSON, "one JSON object instead of text; values in full"},
    TOOL_USES_END,
};

const struct tool_verb tool_log_tail = {
    .name = "log tail",
    .summary = "the newest records of a store's journal",
    .operands = "",
    .uses = uses,
    .text = "Prints the newest records of the journal, oldest first. Every "
            "signature of a licensor or authority key has two: INTENT, written "
            "before the token is asked, and RESULT.\n\n"
            "  privyseal log tail --store ea -n 3",
    .run = run,
};
