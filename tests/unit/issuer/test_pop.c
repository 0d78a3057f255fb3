/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/pop.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores.h"
#include "unit.h"

struct sample {
    struct stores stores;
    struct forged forged;
    struct iss_pop pop;
    const char *text;
    size_t len;
};

static void sample_new(struct sample *sample)
{
    stores_new(&sample->stores);
    stores_forge(&sample->stores, 8, &sample->forged);
    stores_forged_print(&sample->stores, &sample->forged);
    sample->text = sample->forged.out.proof;
    sample->len = sample->forged.out.proof_len;
}

static void sample_free(struct sample *sample)
{
    stores_forged_clear(&sample->forged);
    stores_free(&sample->stores);
}

/* Lines, order and values as docs/formats/proof.md writes them. */
static void the_text_is_the_documented_one(void)
{
    static struct sample sample;
    static const char *const names[] = {
        "privyseal-proof 1\n",
        "op enroll\n",
        "request ",
        "for ",
        "predecessor -\n",
        "born never-extractable,always-sensitive\n",
        "created 2026-11-21T10:00:00Z\n",
        "expires 2026-11-21T11:00:00Z\n",
        "nonce 08080808080808080808080808080808\n",
        "sig subject ",
        "end\n"};

    sample_new(&sample);
    const char *at = sample.text;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        CU_ASSERT_EQUAL(strncmp(at, names[i], strlen(names[i])), 0);
        at = strchr(at, '\n') + 1;
    }
    CU_ASSERT_EQUAL(*at, '\0');
    CU_ASSERT_EQUAL(iss_pop_parse(sample.text, sample.len, &sample.pop, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(sample.pop.sig_count, 1);
    CU_ASSERT_PTR_NULL(iss_pop_sig_fault(NULL, sample.text, &sample.pop));
    sample_free(&sample);
}

static void a_proof_cut_anywhere_is_none(void)
{
    static struct sample sample;
    unsigned taken = 0;

    sample_new(&sample);
    for (size_t len = 0; len < sample.len; len++)
        taken +=
            iss_pop_parse(sample.text, len, &sample.pop, NULL) != ISS_MALFORMED;
    CU_ASSERT_EQUAL(taken, 0);
    sample_free(&sample);
}

static void every_changed_character_is_seen(void)
{
    static struct sample sample;
    unsigned missed = 0;

    sample_new(&sample);
    char *text = sample.forged.out.proof;
    for (size_t i = 0; i < sample.len; i++) {
        char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        if (iss_pop_parse(text, sample.len, &sample.pop, NULL) == ISS_OK)
            missed += iss_pop_sig_fault(NULL, text, &sample.pop) == NULL;
        text[i] = was;
    }
    CU_ASSERT_EQUAL(missed, 0);
    sample_free(&sample);
}

/* One change a case, of a line that stands there. */
static void other_forms_are_malformed(void)
{
    static const char *const cases[][2] = {
        {"privyseal-proof 1\n", "privyseal-proof 2\n"},
        {"op enroll\n", "op renewal\n"},
        {"op enroll\n", "op  enroll\n"},
        {"op enroll\n", "op enroll\r\n"},
        {"op enroll\n", "op enroll\nop enroll\n"},
        {"op enroll\n", ""},
        {"predecessor -\n", "for 00\npredecessor -\n"},
        {"predecessor -\n", "predecessor --\n"},
        {"predecessor -\n", "predecessor 00\n"},
        {"born never-extractable,always-sensitive\n",
         "born always-sensitive,never-extractable\n"},
        {"born never-extractable,always-sensitive\n", "born local,\n"},
        {"born never-extractable,always-sensitive\n", "born\n"},
        {"T10:00:00Z", "T10:00Z"},
        {"nonce 08", "nonce 0A"},
        {"nonce 08", "nonce 0808"},
        {"sig subject ", "sig licensor "},
        {"sig subject ", "sig  subject "},
        {"\nend\n", "\nend\n\n"},
        {"\nend\n", "\nend"},
        {"== ", "= "},
    };
    static struct sample sample;
    char *text = NULL;

    sample_new(&sample);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = strstr(sample.text, cases[i][0]);
        if (at == NULL)
            continue;
        int n = asprintf(&text, "%.*s%s%s", (int)(at - sample.text),
                         sample.text, cases[i][1], at + strlen(cases[i][0]));
        CU_ASSERT_TRUE_FATAL(n > 0);
        CU_ASSERT_EQUAL(iss_pop_parse(text, (size_t)n, &sample.pop, NULL),
                        ISS_MALFORMED);
        free(text);
    }
    sample_free(&sample);
}

static void a_rekey_wants_the_old_key_and_nothing_else_does(void)
{
    static struct sample sample;
    struct forged old;

    sample_new(&sample);
    stores_forge(&sample.stores, 9, &old);
    struct forged *forged = &sample.forged;
    iss_request_clear(&forged->out);
    forged->pop.op = ISS_REKEY;
    stores_forged_print(&sample.stores, forged);
    CU_ASSERT_EQUAL(iss_pop_parse(forged->out.proof, forged->out.proof_len,
                                  &sample.pop, NULL),
                    ISS_MALFORMED);
    iss_request_clear(&forged->out);
    forged->old = old.key;
    stores_forged_print(&sample.stores, forged);
    CU_ASSERT_EQUAL(iss_pop_parse(forged->out.proof, forged->out.proof_len,
                                  &sample.pop, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(sample.pop.sig_count, 2);
    CU_ASSERT_PTR_NULL(iss_pop_sig_fault(NULL, forged->out.proof, &sample.pop));
    iss_request_clear(&forged->out);
    forged->pop.op = ISS_ENROLL;
    stores_forged_print(&sample.stores, forged);
    CU_ASSERT_EQUAL(iss_pop_parse(forged->out.proof, forged->out.proof_len,
                                  &sample.pop, NULL),
                    ISS_MALFORMED);
    stores_forged_clear(&old);
    sample_free(&sample);
}

/* The command openssl makes the same of it: an independent implementation. */
static void openssl_verifies_the_subjects_signature(void)
{
    static struct sample sample;
    char path[3][ISS_PATH_MAX];
    char command[4 * ISS_PATH_MAX];
    static const char *const names[] = {"text", "sig", "key"};

    sample_new(&sample);
    CU_ASSERT_EQUAL_FATAL(
        iss_pop_parse(sample.text, sample.len, &sample.pop, NULL), ISS_OK);
    const struct xrml_key view = iss_key_view(&sample.pop.sigs[0].key);
    uint8_t *spki = NULL;
    size_t spki_len = 0;
    CU_ASSERT_EQUAL(xrml_key_spki(&view, &spki, &spki_len, NULL), ISS_OK);
    const struct {
        const void *data;
        size_t len;
    } files[] = {{sample.text, sample.pop.signed_len},
                 {sample.pop.sigs[0].value, sample.pop.sigs[0].len},
                 {spki, spki_len}};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path[i], sizeof(path[i]), "%s/%s", sample.stores.dir,
                       names[i]);
        CU_ASSERT_EQUAL(
            iss_publish(path[i], files[i].data, files[i].len, 0, NULL), ISS_OK);
    }
    (void)snprintf(command, sizeof(command),
                   "openssl dgst -sha256 -keyform DER -verify '%s' -signature "
                   "'%s' '%s' > /dev/null",
                   path[2], path[1], path[0]);
    CU_ASSERT_EQUAL(system(command), 0);
    free(spki);
    sample_free(&sample);
}

UNIT_MAIN("pop", UNIT(the_text_is_the_documented_one),
          UNIT(a_proof_cut_anywhere_is_none),
          UNIT(every_changed_character_is_seen),
          UNIT(other_forms_are_malformed),
          UNIT(a_rekey_wants_the_old_key_and_nothing_else_does),
          UNIT(openssl_verifies_the_subjects_signature))
