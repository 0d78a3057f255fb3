/* SPDX-License-Identifier: Apache-2.0 */
/* A catalogue of messages; "The Format of GNU MO Files", GNU gettext manual. */
#include "catalogue.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MO_MAGIC = 0,
    MO_REVISION,
    MO_COUNT,
    MO_ORIGINALS,
    MO_TRANSLATIONS,
    MO_HEADER_WORDS,
    MO_WORD = 4
};

static const uint32_t magic = 0x950412de;
static const size_t max_file = 4 << 20;

struct entry {
    uint32_t length;
    uint32_t offset;
};

struct catalogue {
    char *octets;
    size_t size;
    uint32_t count;
    uint32_t originals;    /* where their table of entries begins */
    uint32_t translations; /* and that of the translations */
};

static uint32_t word_at(const struct catalogue *catalogue, size_t offset)
{
    const unsigned char *word =
        (const unsigned char *)catalogue->octets + offset;

    return (uint32_t)word[0] | (uint32_t)word[1] << 8 |
           (uint32_t)word[2] << 16 | (uint32_t)word[3] << 24;
}

static struct entry entry_at(const struct catalogue *catalogue, uint32_t table,
                             uint32_t i)
{
    size_t offset = table + (size_t)i * sizeof(struct entry);

    return (struct entry){.length = word_at(catalogue, offset),
                          .offset = word_at(catalogue, offset + MO_WORD)};
}

/* Every entry of the table lies in the file and ends with a NUL there. */
static bool table_is_whole(const struct catalogue *catalogue, uint32_t table)
{
    if (table > catalogue->size ||
        catalogue->count > (catalogue->size - table) / sizeof(struct entry))
        return false;
    for (uint32_t i = 0; i < catalogue->count; i++) {
        struct entry entry = entry_at(catalogue, table, i);

        if (entry.offset >= catalogue->size ||
            entry.length >= catalogue->size - entry.offset ||
            catalogue->octets[entry.offset + entry.length] != '\0')
            return false;
    }
    return true;
}

static bool read_header(struct catalogue *catalogue)
{
    if (catalogue->size < (size_t)MO_HEADER_WORDS * MO_WORD)
        return false;
    catalogue->count = word_at(catalogue, MO_COUNT * MO_WORD);
    catalogue->originals = word_at(catalogue, MO_ORIGINALS * MO_WORD);
    catalogue->translations = word_at(catalogue, MO_TRANSLATIONS * MO_WORD);
    return word_at(catalogue, MO_MAGIC * MO_WORD) == magic &&
           word_at(catalogue, MO_REVISION * MO_WORD) >> 16 == 0 &&
           table_is_whole(catalogue, catalogue->originals) &&
           table_is_whole(catalogue, catalogue->translations);
}

struct catalogue *catalogue_open(const char *path)
{
    struct catalogue *catalogue = NULL;
    FILE *file = fopen(path, "rbe");
    bool whole = false;

    if (file == NULL)
        return NULL;
    catalogue = calloc(1, sizeof(*catalogue));
    if (catalogue == NULL || (catalogue->octets = malloc(max_file)) == NULL)
        goto out;
    catalogue->size = fread(catalogue->octets, 1, max_file, file);
    whole = ferror(file) == 0 && catalogue->size < max_file &&
            read_header(catalogue);
out:
    (void)fclose(file);
    if (!whole) {
        catalogue_free(catalogue);
        catalogue = NULL;
    }
    return catalogue;
}

void catalogue_free(struct catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    free(catalogue->octets);
    free(catalogue);
}

const char *catalogue_find(const struct catalogue *catalogue, const char *text)
{
    uint32_t low = 0, high = catalogue->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct entry entry = entry_at(catalogue, catalogue->originals, middle);
        int order = strcmp(text, catalogue->octets + entry.offset);

        if (order == 0) {
            entry = entry_at(catalogue, catalogue->translations, middle);
            return entry.length == 0 ? NULL : catalogue->octets + entry.offset;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
