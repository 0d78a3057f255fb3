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
    return p11_pin_read(source, NULL, pin, NULL);
}

static void one_newline_at_the_end_of_a_file_is_dropped(void)
{
    static const struct {
        const char *text, *pin;
    } rows[] = {{"1234", "1234"},
                {"1234\n", "1234"},
                {"1234\n\n", "1234\n"},
                {" 12 ", " 12 "}};

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

    CU_ASSERT_EQUAL(p11_pin_read("value:a b", NULL, &pin, NULL), CKR_OK);
    CU_ASSERT_EQUAL(pin.len, 3);
    CU_ASSERT_EQUAL(p11_pin_read("value:", NULL, &pin, NULL), CKR_OK);
    CU_ASSERT_EQUAL(pin.len, 0);
    CU_ASSERT_EQUAL(p11_pin_read("/no/such/file", NULL, &pin, NULL),
                    P11R_PIN_SOURCE);
    CU_ASSERT_EQUAL(p11_pin_read("file:///no/such", NULL, &pin, NULL),
                    P11R_PIN_SOURCE);
    CU_ASSERT_EQUAL(p11_pin_read("/", NULL, &pin, NULL), P11R_PIN_SOURCE);
}

static void a_wiped_pin_is_all_zeros(void)
{
    const struct p11_pin zero = {.len = 0};
    struct p11_pin pin;

    memset(&pin, 0, sizeof(pin));
    CU_ASSERT_EQUAL(p11_pin_read("value:secret", NULL, &pin, NULL), CKR_OK);
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

static void an_empty_file_holds_no_pin(void)
{
    struct p11_pin pin = {.len = 0};

    CU_ASSERT_EQUAL(read_text("", "", 0, &pin), P11R_PIN_SOURCE);
    CU_ASSERT_EQUAL(read_text("file:", "\n", 1, &pin), P11R_PIN_SOURCE);
}

static void a_credential_is_a_file_in_its_folder(void)
{
    static const char *const bad[] = {"credential:",       "credential:other",
                                      "credential:../pin", "credential:./pin",
                                      "credential:a/pin",  "credential:.",
                                      "credential:..",     "credential:/pin"};
    char *folder = unit_temp_dir();
    struct p11_diag diag = {""};
    struct p11_pin pin = {.len = 0};
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/pin", folder);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fputs("4711\n", file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
    CU_ASSERT_EQUAL(p11_pin_read("credential:pin", folder, &pin, NULL), CKR_OK);
    CU_ASSERT_EQUAL(pin.len, 4);
    CU_ASSERT_EQUAL(memcmp(pin.pin, "4711", 4), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        diag.text[0] = '\0';
        CU_ASSERT_EQUAL(p11_pin_read(bad[i], folder, &pin, &diag),
                        P11R_PIN_SOURCE);
        CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "PIN source"));
    }
    CU_ASSERT_EQUAL(p11_pin_read("credential:pin", NULL, &pin, &diag),
                    P11R_PIN_SOURCE);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "CREDENTIALS_DIRECTORY"));
    CU_ASSERT_EQUAL(p11_pin_read("credential:pin", "relative", &pin, NULL),
                    P11R_PIN_SOURCE);
    free(folder);
}

/* People write the PIN itself where a file's name belongs. */
static void messages_name_files_and_never_what_may_be_a_pin(void)
{
    static const struct {
        const char *source, *told, *hidden;
    } rows[] = {{"/no/such/file", "/no/such/file: No such", "%"},
                {"file:///no/such", "/no/such: No such", "%"},
                {"/", "/: cannot be read", "%"},
                {"471147", "PIN source", "471147"},
                {"file:471147", "PIN source", "471147"},
                {"|cat 471147", "commands are not run", "471147"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_diag diag = {""};
        struct p11_pin pin;

        CU_ASSERT_EQUAL(p11_pin_read(rows[i].source, NULL, &pin, &diag),
                        P11R_PIN_SOURCE);
        CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, rows[i].told));
        CU_ASSERT_PTR_NULL(strstr(diag.text, rows[i].hidden));
    }
}

static ssize_t given(void *arg, const struct p11_pin_request *request,
                     char *pin, size_t size)
{
    const ssize_t len = *(ssize_t *)arg;

    (void)request;
    CU_ASSERT_EQUAL(size, P11_PIN_MAX);
    memset(pin, '1', size);
    return len;
}

static void nothing_typed_is_no_pin(void)
{
    static const struct {
        ssize_t len;
        CK_RV rv;
    } rows[] = {{-1, P11R_PIN_MISSING},
                {0, P11R_PIN_MISSING},
                {4, CKR_OK},
                {P11_PIN_MAX, CKR_OK},
                {P11_PIN_MAX + 1, P11R_PIN_SOURCE}};
    const struct p11_pin_request request = {.token_label = "t"};
    struct p11_pin pin;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ssize_t len = rows[i].len;
        const struct p11_pin_callback callback = {given, &len};

        CU_ASSERT_EQUAL(p11_pin_ask(&callback, &request, &pin), rows[i].rv);
    }
    CU_ASSERT_EQUAL(p11_pin_ask(NULL, &request, &pin), P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(
        p11_pin_ask(&(struct p11_pin_callback){NULL, NULL}, &request, &pin),
        P11R_PIN_MISSING);
}

UNIT_MAIN("pin", UNIT(one_newline_at_the_end_of_a_file_is_dropped),
          UNIT(a_pin_has_at_most_256_octets),
          UNIT(values_are_taken_and_missing_files_are_told),
          UNIT(a_wiped_pin_is_all_zeros), UNIT(marks_differ_where_pins_do),
          UNIT(an_empty_file_holds_no_pin),
          UNIT(a_credential_is_a_file_in_its_folder),
          UNIT(messages_name_files_and_never_what_may_be_a_pin),
          UNIT(nothing_typed_is_no_pin))
