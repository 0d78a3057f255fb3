/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, and lines of the trace that are no calls. */
#include "pkcs11/diag.h"

#include "pkcs11/call.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static void a_message_is_one_line_that_fits(void)
{
    struct p11_diag diag;
    char label[400];

    CU_ASSERT_EQUAL(p11_diag_set(&diag, P11R_NO_TOKEN, "'%s'\n", "a\tb\x7f"),
                    P11R_NO_TOKEN);
    CU_ASSERT_STRING_EQUAL(diag.text, "'a?b?'?");
    memset(label, 'x', sizeof(label) - 1);
    label[sizeof(label) - 1] = '\0';
    CU_ASSERT_EQUAL(p11_diag_set(&diag, CKR_OK, "%s", label), CKR_OK);
    CU_ASSERT_EQUAL(strlen(diag.text), P11_TEXT_MAX - 1);
}

static void nobody_has_to_want_one(void)
{
    CU_ASSERT_EQUAL(p11_diag_set(NULL, CKR_PIN_LOCKED, "%d", 1),
                    CKR_PIN_LOCKED);
    CU_ASSERT_EQUAL(p11_diag_rv(NULL, CKR_PIN_LOCKED, "token", "t"),
                    CKR_PIN_LOCKED);
}

static void results_are_told_by_sentence_and_name_or_number(void)
{
    struct p11_diag diag;

    CU_ASSERT_EQUAL(p11_diag_rv(&diag, CKR_PIN_INCORRECT, "token", "t"),
                    CKR_PIN_INCORRECT);
    CU_ASSERT_STRING_EQUAL(diag.text,
                           "token 't': the PIN is wrong (CKR_PIN_INCORRECT)");
    CU_ASSERT_EQUAL(p11_diag_rv(&diag, 0x80000123, "slot", "s"), 0x80000123);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "(0x80000123)"));
}

struct line {
    char text[160];
    CK_RV rv;
    uint64_t us;
};

static void keep(void *arg, const char *function, CK_RV rv, uint64_t us)
{
    struct line *line = arg;

    (void)snprintf(line->text, sizeof(line->text), "%s", function);
    line->rv = rv;
    line->us = us;
}

static void notes_go_to_the_trace_cut_to_120_octets(void)
{
    struct line line = {.us = 99};
    const struct p11_tracer tracer = {keep, &line}, off = {NULL, &line};
    char label[200];

    p11_note(&tracer, CKR_TOKEN_NOT_PRESENT, "token '%s'", "a\nb");
    CU_ASSERT_STRING_EQUAL(line.text, "token 'a?b'");
    CU_ASSERT_EQUAL(line.rv, CKR_TOKEN_NOT_PRESENT);
    CU_ASSERT_EQUAL(line.us, 0);
    memset(label, 'x', sizeof(label) - 1);
    label[sizeof(label) - 1] = '\0';
    p11_note(&off, CKR_OK, "%s", label);
    CU_ASSERT_STRING_EQUAL(line.text, "token 'a?b'");
    p11_note(&tracer, CKR_OK, "%s", label);
    CU_ASSERT_EQUAL(strlen(line.text), 120);
}

UNIT_MAIN("diag", UNIT(a_message_is_one_line_that_fits),
          UNIT(nobody_has_to_want_one),
          UNIT(results_are_told_by_sentence_and_name_or_number),
          UNIT(notes_go_to_the_trace_cut_to_120_octets))
