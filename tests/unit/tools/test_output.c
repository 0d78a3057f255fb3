/* SPDX-License-Identifier: Apache-2.0 */
/* Labelled lines, as they stand in a pipe. */
#include "tools/output.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char *text;
static size_t length;

static struct tool_out begin(bool as_json, bool quiet)
{
    struct tool_out out;
    FILE *file;

    free(text);
    text = NULL;
    file = open_memstream(&text, &length);
    tool_out_init(&out, file, as_json, quiet);
    return out;
}

static const char *end(struct tool_out *out)
{
    CU_ASSERT_EQUAL(tool_out_finish(out, NULL), ISS_OK);
    (void)fclose(out->file);
    return text;
}

static void labels_take_eleven_columns(void)
{
    struct tool_out out = begin(false, false);

    tool_line(&out, "store", "%s", "x");
    tool_line(&out, "a label of many", "%d", 7);
    CU_ASSERT_STRING_EQUAL(end(&out), "store      x\na label of many 7\n");
}

static void a_line_stays_one_line_whatever_stands_in_it(void)
{
    struct tool_out out = begin(false, false);

    tool_line(&out, "name", "%s", "a\nb\x1b[31m");
    CU_ASSERT_STRING_EQUAL(end(&out), "name       a?b?[31m\n");
}

static void quiet_leaves_notes_out_and_json_all_text(void)
{
    struct tool_out out = begin(false, true);

    tool_note(&out, "next", "x");
    tool_line(&out, "wrote", "y");
    CU_ASSERT_STRING_EQUAL(end(&out), "wrote      y\n");
    out = begin(true, false);
    tool_note(&out, "next", "x");
    tool_line(&out, "wrote", "y");
    tool_text(&out, TOOL_BAD, "z");
    tool_json_bool(&out.json, NULL, true);
    CU_ASSERT_STRING_EQUAL(end(&out), "true");
}

static void a_full_disk_is_an_error(void)
{
    FILE *full = fopen("/dev/full", "w");
    struct tool_out out;
    struct iss_error error = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(full);
    tool_out_init(&out, full, false, false);
    tool_line(&out, "store", "x");
    CU_ASSERT_EQUAL(tool_out_finish(&out, &error), ISS_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "No space left"));
    (void)fclose(full);
}

static void counts_and_hashes_are_grouped(void)
{
    char count[TOOL_COUNT_SIZE], hash[TOOL_HASH_SIZE];
    uint8_t octets[32];

    tool_count_print(0, count);
    CU_ASSERT_STRING_EQUAL(count, "0");
    tool_count_print(999, count);
    CU_ASSERT_STRING_EQUAL(count, "999");
    tool_count_print(1184, count);
    CU_ASSERT_STRING_EQUAL(count, "1 184");
    tool_count_print(UINT64_MAX, count);
    CU_ASSERT_STRING_EQUAL(count, "18 446 744 073 709 551 615");
    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)i;
    tool_hash_groups(octets, hash);
    CU_ASSERT_STRING_EQUAL(hash,
                           "0001 0203 0405 0607 0809 0a0b 0c0d 0e0f 1011 1213 "
                           "1415 1617 1819 1a1b 1c1d 1e1f");
}

UNIT_MAIN("output", UNIT(labels_take_eleven_columns),
          UNIT(a_line_stays_one_line_whatever_stands_in_it),
          UNIT(quiet_leaves_notes_out_and_json_all_text),
          UNIT(a_full_disk_is_an_error), UNIT(counts_and_hashes_are_grouped))
