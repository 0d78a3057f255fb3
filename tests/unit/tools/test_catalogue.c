/* SPDX-License-Identifier: Apache-2.0 */
/* Catalogues, written by msgfmt. */
#include "tools/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "unit-XXXXXX";
static char path[sizeof(folder) + 8];

static char *make(size_t *len)
{
    static const char po[] =
        "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n"
        "msgid \"zebra\"\nmsgstr \"sebra\"\n"
        "msgid \"apple\"\nmsgstr \"äpple\"\n"
        "msgid \"open\"\nmsgstr \"\"\n"
        "msgid \"apple %d\\n\"\nmsgstr \"äpple %d\\n\"\n";
    char command[128];
    FILE *pipe = NULL;

    memset(folder + sizeof(folder) - 7, 'X', 6);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/x.mo", folder);
    (void)snprintf(command, sizeof(command),
                   "msgfmt --endianness=little -o %s -", path);
    pipe = popen(command, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    CU_ASSERT(fputs(po, pipe) >= 0);
    CU_ASSERT_EQUAL_FATAL(pclose(pipe), 0);
    return unit_read_file(path, len);
}

static void clean(void)
{
    (void)unlink(path);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static void put(const char *octets, size_t len)
{
    FILE *file = fopen(path, "wb");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(octets, 1, len, file), len);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static void texts_are_found(void)
{
    size_t len = 0;
    char *octets = make(&len);
    struct catalogue *catalogue = catalogue_open(path);

    CU_ASSERT_PTR_NOT_NULL_FATAL(catalogue);
    CU_ASSERT_STRING_EQUAL(catalogue_find(catalogue, "apple"), "äpple");
    CU_ASSERT_STRING_EQUAL(catalogue_find(catalogue, "apple %d\n"),
                           "äpple %d\n");
    CU_ASSERT_STRING_EQUAL(catalogue_find(catalogue, "zebra"), "sebra");
    CU_ASSERT_PTR_NULL(catalogue_find(catalogue, "open"));
    CU_ASSERT_PTR_NULL(catalogue_find(catalogue, "app"));
    CU_ASSERT_PTR_NULL(catalogue_find(catalogue, "zz"));
    catalogue_free(catalogue);
    free(octets);
    clean();
}

static void a_cut_file_is_none(void)
{
    size_t len = 0;
    char *octets = make(&len);

    CU_ASSERT_FATAL(len > 28);
    for (size_t cut = 0; cut < len; cut++) {
        put(octets, cut);
        CU_ASSERT_PTR_NULL(catalogue_open(path));
    }
    free(octets);
    clean();
    CU_ASSERT_PTR_NULL(catalogue_open(path));
}

/* Each octet set to its highest value, among them every offset and length. */
static void a_changed_file_is_read_within_itself(void)
{
    size_t len = 0;
    char *octets = make(&len);

    for (size_t at = 0; at < len; at++) {
        char was = octets[at];
        struct catalogue *catalogue = NULL;

        octets[at] = (char)0xff;
        put(octets, len);
        octets[at] = was;
        catalogue = catalogue_open(path);
        CU_ASSERT(at >= 4 || catalogue == NULL);
        if (catalogue != NULL) {
            const char *said = catalogue_find(catalogue, "zebra");

            CU_ASSERT(said == NULL || strlen(said) < len);
        }
        catalogue_free(catalogue);
    }
    free(octets);
    clean();
}

UNIT_MAIN("catalogue", UNIT(texts_are_found), UNIT(a_cut_file_is_none),
          UNIT(a_changed_file_is_read_within_itself))
