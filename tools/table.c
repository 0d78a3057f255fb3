/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: collected first, printed with aligned columns. */
#include "output.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "text.h"

struct tool_table {
    const char *const *headings;
    size_t columns, rows, room;
    char **cells; /* rows * columns, owned */
};

struct tool_table *tool_table_new(const char *const *headings)
{
    struct tool_table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        return NULL;
    table->headings = headings;
    while (table->columns < TOOL_COLUMNS_MAX &&
           headings[table->columns] != NULL)
        table->columns++;
    return table;
}

static bool grow(struct tool_table *table)
{
    size_t room = table->room == 0 ? 16 : 2 * table->room;
    char **cells = reallocarray(table->cells, room,
                                table->columns * sizeof(table->cells[0]));

    if (cells == NULL)
        return false;
    table->cells = cells;
    table->room = room;
    return true;
}

bool tool_table_row(struct tool_table *table, const char *const *cells)
{
    char **row;

    if (table->rows == table->room && !grow(table))
        return false;
    row = table->cells + table->rows * table->columns;
    for (size_t i = 0; i < table->columns; i++) {
        row[i] = strdup(cells[i]);
        if (row[i] == NULL) {
            while (i > 0)
                free(row[--i]);
            return false;
        }
    }
    table->rows++;
    return true;
}

size_t tool_table_rows(const struct tool_table *table)
{
    return table->rows;
}

static size_t width(const struct tool_table *table, size_t column)
{
    const char *heading = tool_say(table->headings[column]);
    size_t widest = tool_text_columns(heading, strlen(heading));

    for (size_t i = 0; i < table->rows; i++) {
        const char *cell = table->cells[i * table->columns + column];
        size_t columns = tool_text_columns(cell, strlen(cell));

        if (columns > widest)
            widest = columns;
    }
    return widest;
}

static void print_row(const struct tool_table *table, struct tool_out *out,
                      const char *const *cells, const size_t *widths,
                      enum tool_colour colour)
{
    for (size_t i = 0; i < table->columns; i++) {
        size_t columns = tool_text_columns(cells[i], strlen(cells[i]));

        tool_part(out, colour, "%s", cells[i]);
        if (i + 1 < table->columns)
            tool_part(out, TOOL_PLAIN, "%*s", (int)(widths[i] - columns + 2),
                      "");
    }
    tool_end_line(out);
}

void tool_table_print(const struct tool_table *table, struct tool_out *out)
{
    size_t widths[TOOL_COLUMNS_MAX] = {0};
    const char *headings[TOOL_COLUMNS_MAX] = {NULL};

    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = width(table, i);
        headings[i] = tool_say(table->headings[i]);
    }
    print_row(table, out, headings, widths, TOOL_DIM);
    for (size_t i = 0; i < table->rows; i++)
        print_row(table, out,
                  (const char *const *)table->cells + i * table->columns,
                  widths, TOOL_PLAIN);
}

void tool_table_free(struct tool_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->rows * table->columns; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}
