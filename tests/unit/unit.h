/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frame of every unit test program: a table of named tests, run by CUnit.
 *
 *   static void uri_rejects_percent_00(void) { CU_ASSERT_FALSE(...); }
 *   UNIT_MAIN("uri", UNIT(uri_rejects_percent_00), ...)
 *
 * Arguments: names of tests to run; none runs all. Exit 0, or 1 on any failure.
 */
#ifndef PRIVYSEAL_UNIT_H
#define PRIVYSEAL_UNIT_H

#include <CUnit/CUnit.h>
#include <stddef.h>
#include <stdint.h>

struct unit_test {
    const char *name;
    void (*run)(void);
};

int unit_main(const char *suite, const struct unit_test *tests, size_t count,
              int argc, char **argv);

/* Whole file, NUL-terminated, to be freed; NULL where it cannot be read. */
char *unit_read_file(const char *path, size_t *len);

/* The folder of the real signed documents, or NULL (the test then says that it
 * is skipped and why, by unit_skip). Borrowed. */
const char *unit_samples(void);
void unit_skip(const char *why);

/* Octets from hex, blanks allowed; returns the count. */
size_t unit_hex(const char *hex, uint8_t *out, size_t size);

/* A fresh private folder under the test's working directory; free(). */
char *unit_temp_dir(void);

#define UNIT(test) {#test, test}
#define UNIT_MAIN(suite, ...)                                                  \
    int main(int argc, char **argv)                                            \
    {                                                                          \
        static const struct unit_test tests[] = {__VA_ARGS__};                 \
        return unit_main(suite, tests, sizeof(tests) / sizeof(tests[0]), argc, \
                         argv);                                                \
    }

#endif
