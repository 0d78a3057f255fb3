/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/note.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct iss_note note_of(const char *text)
{
    return (struct iss_note){.text = text, .len = strlen(text)};
}

static void lines_come_in_order_and_whole(void)
{
    struct iss_note note = note_of("title 1\nname some value\nend\n");
    const char *value = NULL;
    size_t len = 0;

    CU_ASSERT_FALSE(iss_note_line(&note, "title"));
    CU_ASSERT_FALSE(iss_note_line(&note, "title 12"));
    CU_ASSERT_TRUE(iss_note_line(&note, "title 1"));
    CU_ASSERT_FALSE(iss_note_value(&note, "nam", &value, &len));
    CU_ASSERT_FALSE(iss_note_value(&note, "end", &value, &len));
    CU_ASSERT_TRUE(iss_note_value(&note, "name", &value, &len));
    CU_ASSERT_EQUAL(len, sizeof("some value") - 1);
    CU_ASSERT_EQUAL(memcmp(value, "some value", len), 0);
    CU_ASSERT_TRUE(iss_note_line(&note, "end"));
    CU_ASSERT_EQUAL(note.at, note.len);
    CU_ASSERT_FALSE(iss_note_line(&note, "end"));
}

static void a_line_that_does_not_end_is_none(void)
{
    static const char *const cases[] = {
        "", "end", "name", "name ", "name x", " name x\n", "name\n", "name \n"};
    const char *value = NULL;
    size_t len = 0;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct iss_note note = note_of(cases[i]);

        CU_ASSERT_FALSE(iss_note_line(&note, "end"));
        CU_ASSERT_FALSE(iss_note_value(&note, "name", &value, &len) && len > 0);
        CU_ASSERT_TRUE(note.at <= note.len);
    }
}

static void numbers_have_one_form(void)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t number;
    } cases[] = {
        {"n 0\n", true, 0},
        {"n 1\n", true, 1},
        {"n 999999999999999999\n", true, 999999999999999999},
        {"n 99999999999999999999\n", false, 0},
        {"n 01\n", false, 0},
        {"n -1\n", false, 0},
        {"n +1\n", false, 0},
        {"n  1\n", false, 0},
        {"n 1 \n", false, 0},
        {"n 0x1\n", false, 0},
        {"n \n", false, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct iss_note note = note_of(cases[i].text);
        uint64_t number = 7;

        CU_ASSERT_EQUAL(iss_note_number(&note, "n", &number), cases[i].good);
        if (cases[i].good)
            CU_ASSERT_EQUAL(number, cases[i].number);
    }
}

static void hex_and_times_have_one_form(void)
{
    static const struct {
        const char *hex, *time;
        bool good;
    } cases[] = {
        {"h 00ff\n", "t 2026-11-21T10:00:00Z\n", true},
        {"h 00FF\n", "t 2026-11-21 10:00:00Z\n", false},
        {"h 00f\n", "t 2026-11-21T10:00:00\n", false},
        {"h 00fff\n", "t 2026-11-31T10:00:00Z\n", false},
        {"h 00fg\n", "t 2026-11-21T10:00:60Z\n", false},
        {"h  0ff\n", "t 2026-11-21T25:00:00Z\n", false},
    };
    const uint8_t wanted[] = {0x00, 0xff};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct iss_note hex = note_of(cases[i].hex);
        struct iss_note time = note_of(cases[i].time);
        uint8_t octets[2] = {1, 1};
        int64_t seconds = 0;

        CU_ASSERT_EQUAL(iss_note_hex(&hex, "h", octets, 2), cases[i].good);
        CU_ASSERT_EQUAL(iss_note_time(&time, "t", &seconds), cases[i].good);
        if (!cases[i].good)
            continue;
        CU_ASSERT_EQUAL(memcmp(octets, wanted, 2), 0);
        CU_ASSERT_EQUAL(seconds, 1795255200); /* date -u +%s */
    }
}

/* Signed by libcrypto here, verified by the note's own reader; each octet of
 * the text and of the line counts. */
static void a_signature_covers_all_before_its_line(void)
{
    static const char before[] = "title 1\nsize 5\n";
    EVP_PKEY *key = EVP_RSA_gen(2048);
    struct iss_env env = {.libctx = NULL};
    struct enroll_key numbers;
    struct iss_sig sig;
    uint8_t value[XRML_MODULUS_MAX];
    char line[ISS_SIG_LINE_SIZE];
    char *text = NULL;
    size_t len = 0;
    unsigned missed = 0;

    CU_ASSERT_EQUAL_FATAL(iss_key_public(key, &numbers, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_key_sign(&env, key, (const uint8_t *)before,
                                 sizeof(before) - 1, value, &len, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(
        iss_note_sig_print("audit", &numbers, value, len, line, NULL), ISS_OK);
    CU_ASSERT_TRUE_FATAL(asprintf(&text, "%s%s", before, line) > 0);
    size_t size = strlen(text);
    for (size_t i = 0; i <= size; i++) {
        struct iss_note note = {.text = text, .len = size};

        if (i < size)
            text[i] ^= 1;
        note.at = sizeof(before) - 1;
        bool good = iss_note_sig(&note, &sig) &&
                    iss_note_sig_good(NULL, text, &sig) &&
                    strcmp(sig.who, "audit") == 0 &&
                    iss_key_same(&sig.key, &numbers) && note.at == size;
        missed += good != (i == size);
        if (i < size)
            text[i] ^= 1;
    }
    CU_ASSERT_EQUAL(missed, 0);
    CU_ASSERT_EQUAL(sig.before, sizeof(before) - 1);
    free(text);
    EVP_PKEY_free(key);
}

UNIT_MAIN("note", UNIT(lines_come_in_order_and_whole),
          UNIT(a_line_that_does_not_end_is_none), UNIT(numbers_have_one_form),
          UNIT(hex_and_times_have_one_form),
          UNIT(a_signature_covers_all_before_its_line))
