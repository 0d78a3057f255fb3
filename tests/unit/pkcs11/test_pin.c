/* SPDX-License-Identifier: Apache-2.0 */
/* PIN sources. */
#include "pkcs11/pin.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_RV read_text(const char *prefix, const char *text, size_t len,
                       struct p11_pin *pin)
{
    char *folder = unit_temp_dir();
    char path[512], source[600];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/pin", folder);
    (void)snprintf(source, sizeof(source), "%s%s", prefix, path);
    free(folder);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, len, file), len);
    CU_ASSERT_EQUAL(fclose(file), 0);
    return p11_pin_read(source, pin);
}

static void one_newline_at_the_end_of_a_file_is_dropped(void)
{
    static const struct {
        const char *text, *pin;
    } rows[] = {{"1234", "1234"},
                {"1234\n", "1234"},
                {"1234\n\n", "1234\n"},
                {" 12 ", " 12 "},
                {"\n", ""}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static const char *const prefixes[] = {"", "file:"};

        for (size_t k = 0; k < 2; k++) {
            struct p11_pin pin = {.len = 99};

            CU_ASSERT_EQUAL(read_text(prefixes[k], rows[i].text,
                                      strlen(rows[i].text), &pin),
                            CKR_OK);
            CU_ASSERT_EQUAL(pin.len, strlen(rows[i].pin));
            CU_ASSERT_EQUAL(memcmp(pin.pin, rows[i].pin, pin.len), 0);
        }
    }
}

static void a_pin_has_at_most_256_octets(void)
{
    char text[260];
    struct p11_pin pin;

    memset(text, '7', sizeof(text));
    CU_ASSERT_EQUAL(read_text("", text, 256, &pin), CKR_OK);
    CU_ASSERT_EQUAL(pin.len, 256);
    CU_ASSERT_EQUAL(read_text("", text, 257, &pin), P11R_PIN_SOURCE);
    text[256] = '\n';
    CU_ASSERT_EQUAL(read_text("", text, 257, &pin), CKR_OK);
    CU_ASSERT_EQUAL(pin.len, 256);
    CU_ASSERT_EQUAL(read_text("", text, 260, &pin), P11R_PIN_SOURCE);
}

static void values_are_taken_and_missing_files_are_told(void)
{
    struct p11_pin pin;

    CU_ASSERT_EQUAL(p11_pin_read("value:a b", &pin), CKR_OK);
    CU_ASSERT_EQUAL(pin.len, 3);
    CU_ASSERT_EQUAL(p11_pin_read("value:", &pin), CKR_OK);
    CU_ASSERT_EQUAL(pin.len, 0);
    CU_ASSERT_EQUAL(p11_pin_read("/no/such/file", &pin), P11R_PIN_SOURCE);
    CU_ASSERT_EQUAL(p11_pin_read("file:///no/such", &pin), P11R_PIN_SOURCE);
    CU_ASSERT_EQUAL(p11_pin_read("/", &pin), P11R_PIN_SOURCE);
}

static void a_wiped_pin_is_all_zeros(void)
{
    const struct p11_pin zero = {.len = 0};
    struct p11_pin pin;

    memset(&pin, 0, sizeof(pin));
    CU_ASSERT_EQUAL(p11_pin_read("value:secret", &pin), CKR_OK);
    p11_pin_wipe(&pin);
    CU_ASSERT_EQUAL(memcmp(pin.pin, zero.pin, sizeof(pin.pin)), 0);
    CU_ASSERT_EQUAL(pin.len, 0);
}

static void marks_differ_where_pins_do(void)
{
    struct p11_pin a = {.pin = "1234", .len = 4}, b = a, c = a;
    struct p11_pin d = {.pin = "12345678", .len = 8}, e = d;

    c.len = 3;
    e.pin[7] = '9';
    CU_ASSERT_EQUAL(p11_pin_mark(&a), p11_pin_mark(&b));
    CU_ASSERT_NOT_EQUAL(p11_pin_mark(&a), p11_pin_mark(&c));
    CU_ASSERT_NOT_EQUAL(p11_pin_mark(&a), p11_pin_mark(&d));
    CU_ASSERT_NOT_EQUAL(p11_pin_mark(&d), p11_pin_mark(&e));
}

UNIT_MAIN("pin", UNIT(one_newline_at_the_end_of_a_file_is_dropped),
          UNIT(a_pin_has_at_most_256_octets),
          UNIT(values_are_taken_and_missing_files_are_told),
          UNIT(a_wiped_pin_is_all_zeros), UNIT(marks_differ_where_pins_do))
