/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, as they stand in a pipe. */
#include "tools/output.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char *text;
static size_t length;

static struct tool_out begin(void)
{
    struct tool_out out;
    FILE *file;

    free(text);
    text = NULL;
    file = open_memstream(&text, &length);
    tool_out_init(&out, file, false, false);
    return out;
}

static const char *end(struct tool_out *out)
{
    CU_ASSERT_EQUAL(tool_out_finish(out, NULL), ISS_OK);
    (void)fclose(out->file);
    return text;
}

static void columns_are_aligned_by_characters(void)
{
    static const char *const headings[] = {"A", "LONG", "Z", NULL};
    static const char *const first[] = {"x", "y", "1"};
    static const char *const second[] = {"\xc3\xa5\xc3\xa4\xc3\xb6", "yyyyyy",
                                         "2"};
    struct tool_out out = begin();
    struct tool_table *table = tool_table_new(headings);

    CU_ASSERT_TRUE(tool_table_row(table, first));
    CU_ASSERT_TRUE(tool_table_row(table, second));
    CU_ASSERT_EQUAL(tool_table_rows(table), 2);
    tool_table_print(table, &out);
    CU_ASSERT_STRING_EQUAL(end(&out), "A    LONG    Z\n"
                                      "x    y       1\n"
                                      "\xc3\xa5\xc3\xa4\xc3\xb6  yyyyyy  2\n");
    tool_table_free(table);
}

static void many_rows_are_kept(void)
{
    static const char *const headings[] = {"N", NULL};
    static const char *const row[] = {"0123456789"};
    struct tool_out out = begin();
    struct tool_table *table = tool_table_new(headings);

    for (int i = 0; i < 1000; i++)
        CU_ASSERT_TRUE(tool_table_row(table, row));
    tool_table_print(table, &out);
    CU_ASSERT_EQUAL(strlen(end(&out)), 2 + 1000 * 11);
    tool_table_free(table);
    tool_table_free(NULL);
}

UNIT_MAIN("table", UNIT(columns_are_aligned_by_characters),
          UNIT(many_rows_are_kept))
