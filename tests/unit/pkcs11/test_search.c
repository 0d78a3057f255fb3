/* SPDX-License-Identifier: Apache-2.0 */
/* Searching: what narrows it, classes, several tokens, what is remembered. */
#include "pair.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct haul { /* what a search led to */
    struct p11_object *first;
    size_t count;
    size_t of_class[8]; /* by CK_OBJECT_CLASS */
};

static bool haul_in(void *arg, struct p11_object *object)
{
    struct haul *haul = arg;

    if (haul->count++ == 0)
        haul->first = p11_object_up_ref(object);
    if (p11_object_class(object) < 8)
        haul->of_class[p11_object_class(object)]++;
    return true;
}

static const struct p11_conf both_pins = {
    .pins = (const struct p11_pin_conf[]){{"one", "value:1111"},
                                          {"pkcs11:token=two", "value:2222"}},
    .pin_count = 2};

/* ---- narrowing --------------------------------------------------------- */

/* DER of "CN = a", of "CN = b", and of the serial numbers 0x80 and 5. */
static uint8_t name_a[] = {0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06,
                           0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 'a'};
static uint8_t name_b[] = {0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06,
                           0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 'b'};
static uint8_t serial_80[] = {0x02, 0x02, 0x00, 0x80};
static uint8_t serial_5[] = {0x02, 0x01, 0x05};

static void put_certificate(struct pair *pair, const char *label, uint8_t id,
                            uint8_t *subject, uint8_t *serial, size_t len)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ATTRIBUTE attrs[] = {
        {CKA_CLASS, &class, sizeof(class)},
        {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
        {CKA_TOKEN, &yes, sizeof(yes)},
        {CKA_PRIVATE, &no, sizeof(no)},
        {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
        {CKA_ID, &id, 1},
        {CKA_SUBJECT, subject, sizeof(name_a)},
        {CKA_ISSUER, name_b, sizeof(name_b)},
        {CKA_SERIAL_NUMBER, serial, len},
        {CKA_VALUE, (void *)(uintptr_t) "not looked at", 13}};

    CU_ASSERT_EQUAL_FATAL(pair_put(pair, 0, attrs, 10), CKR_OK);
}

static void certificates_are_found_by_subject_issuer_and_serial(void)
{
    static const struct {
        const char *uri;
        struct p11_match match;
        unsigned classes;
        CK_RV rv;
        const char *label;
    } rows[] = {
#define NAME(which)   .subject = (which), .subject_len = sizeof(which)
#define SERIAL(which) .serial = (which), .serial_len = sizeof(which)
        {"pkcs11:", {NAME(name_a)}, 0, CKR_OK, "a"},
        {"pkcs11:", {NAME(name_b)}, 0, CKR_OK, "b"},
        {"pkcs11:",
         {.issuer = name_b, .issuer_len = 14, SERIAL(serial_80)},
         0,
         CKR_OK,
         "a"},
        {"pkcs11:", {SERIAL(serial_5)}, 0, CKR_OK, "b"},
        {"pkcs11:", {NAME(name_a), SERIAL(serial_5)}, 0, P11R_NO_OBJECT, NULL},
        {"pkcs11:",
         {.id = (const uint8_t *)"\2", .id_len = 1},
         P11_CERTIFICATE,
         CKR_OK,
         "b"},
        {"pkcs11:", {.label = "a"}, P11_CERTIFICATE, CKR_OK, "a"},
        {"pkcs11:type=cert", {.label = "a"}, 0, CKR_OK, "a"},
        {"pkcs11:id=%01",
         {.id = (const uint8_t *)"\2", .id_len = 1},
         0,
         P11R_NO_OBJECT,
         NULL},
        {"pkcs11:id=%02",
         {.id = (const uint8_t *)"\2", .id_len = 1},
         0,
         CKR_OK,
         "b"},
        {"pkcs11:object=a", {.label = "b"}, 0, P11R_NO_OBJECT, NULL},
        {"pkcs11:type=private", {NAME(name_a)}, 0, P11R_NO_OBJECT, NULL},
        {"pkcs11:", {NAME(name_a)}, P11_PRIVATE_KEY, P11R_NO_OBJECT, NULL},
#undef NAME
#undef SERIAL
    };
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    put_certificate(&pair, "a", 1, name_a, serial_80, sizeof(serial_80));
    /* The number's octet alone, as some tokens have it. */
    put_certificate(&pair, "b", 2, name_b, serial_5 + 2, 1);
    p11 = pair_p11(&pair, &(struct p11_conf){0});
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct haul haul = {.count = 0};
        struct p11_diag diag = {""};

        CU_ASSERT_EQUAL(p11_search_match(p11, rows[i].uri, rows[i].classes,
                                         &rows[i].match, NULL, haul_in, &haul,
                                         &diag),
                        rows[i].rv);
        CU_ASSERT_EQUAL(diag.text[0] == '\0', rows[i].rv == CKR_OK);
        CU_ASSERT_EQUAL(haul.count, rows[i].rv == CKR_OK ? 1 : 0);
        if (haul.first != NULL) {
            const CK_ATTRIBUTE *label = p11_object_attr(haul.first, CKA_LABEL);

            CU_ASSERT(label != NULL && label->ulValueLen == 1 &&
                      memcmp(label->pValue, rows[i].label, 1) == 0);
        }
        p11_object_free(haul.first);
    }
    p11_free(p11);
    CU_ASSERT_EQUAL(pair_violations(&pair), 0);
    pair_close(&pair);
}

/* ---- classes ----------------------------------------------------------- */

static void put_plain(struct pair *pair, CK_OBJECT_CLASS class, bool private)
{
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BBOOL yes = CK_TRUE, hidden = private ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof(class)},
                            {CKA_TOKEN, &yes, sizeof(yes)},
                            {CKA_PRIVATE, &hidden, sizeof(hidden)},
                            {CKA_LABEL, (void *)(uintptr_t) "x", 1},
                            {CKA_VALUE, (void *)(uintptr_t) "value", 5},
                            {CKA_CERTIFICATE_TYPE, &type, sizeof(type)}};

    CU_ASSERT_EQUAL_FATAL(
        pair_put(pair, 0, attrs, class == CKO_CERTIFICATE ? 6 : 5), CKR_OK);
}

static void types_and_classes_are_both_honoured(void)
{
    static const struct {
        const char *uri;
        unsigned classes;
        CK_RV rv;
        size_t count;
        CK_OBJECT_CLASS class;
    } rows[] = {
        {"pkcs11:token=one", P11_DATA, CKR_OK, 1, CKO_DATA},
        {"pkcs11:token=one;type=data", 0, CKR_OK, 1, CKO_DATA},
        {"pkcs11:token=one;type=cert", 0, CKR_OK, 1, CKO_CERTIFICATE},
        {"pkcs11:token=one;type=private", 0, CKR_OK, 1, CKO_PRIVATE_KEY},
        {"pkcs11:token=one;type=public", 0, CKR_OK, 1, CKO_PUBLIC_KEY},
        {"pkcs11:token=one;type=secret-key", 0, P11R_NO_OBJECT, 0, 0},
        {"pkcs11:token=one;type=public", P11_PUBLIC_KEY | P11_PRIVATE_KEY,
         CKR_OK, 1, CKO_PUBLIC_KEY},
        {"pkcs11:token=one;type=cert", P11_PRIVATE_KEY, P11R_NO_OBJECT, 0, 0}};
    struct haul all = {.count = 0};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    put_plain(&pair, CKO_DATA, false);
    put_plain(&pair, CKO_CERTIFICATE, false);
    p11 = pair_p11(&pair, &both_pins);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct haul haul = {.count = 0};

        CU_ASSERT_EQUAL(p11_search(p11, rows[i].uri, rows[i].classes, NULL,
                                   haul_in, &haul, NULL),
                        rows[i].rv);
        CU_ASSERT_EQUAL(haul.count, rows[i].count);
        if (haul.first != NULL)
            CU_ASSERT_EQUAL(p11_object_class(haul.first), rows[i].class);
        p11_object_free(haul.first);
    }
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:token=one;object=x", 0, NULL,
                               haul_in, &all, NULL),
                    CKR_OK);
    CU_ASSERT_EQUAL(all.count, 4);
    CU_ASSERT_EQUAL(all.of_class[CKO_DATA], 1);
    CU_ASSERT_EQUAL(all.of_class[CKO_CERTIFICATE], 1);
    CU_ASSERT_EQUAL(all.of_class[CKO_PRIVATE_KEY], 1);
    p11_object_free(all.first);
    p11_free(p11);
    pair_close(&pair);
}

static ssize_t no_pin(void *arg, const struct p11_pin_request *request,
                      char *pin, size_t size)
{
    (void)request, (void)pin, (void)size;
    ++*(unsigned *)arg;
    return -1;
}

static void private_certificates_are_found_with_a_pin_at_hand(void)
{
    unsigned asked = 0;
    const struct p11_pin_callback callback = {no_pin, &asked};
    struct haul haul = {.count = 0};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    put_plain(&pair, CKO_CERTIFICATE, true);
    put_plain(&pair, CKO_DATA, true);
    p11 = pair_p11(&pair, &(struct p11_conf){0});
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:token=one;type=cert", 0, &callback,
                               haul_in, &haul, NULL),
                    P11R_NO_OBJECT);
    CU_ASSERT_EQUAL(asked, 0); /* nobody is asked for a certificate */
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:token=one;type=data", 0, &callback,
                               haul_in, &haul, NULL),
                    P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(asked, 1);
    p11_free(p11);
    p11 = pair_p11(&pair, &both_pins);
    pair_reset(&pair);
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:token=one;type=cert", 0, &callback,
                               haul_in, &haul, NULL),
                    CKR_OK);
    CU_ASSERT_EQUAL(haul.count, 1);
    CU_ASSERT_EQUAL(pair_count(&pair, 0, "C_Login"), 1);
    CU_ASSERT_EQUAL(pair_count(&pair, 1, "C_Login"), 0);
    p11_object_free(haul.first);
    p11_free(p11);
    pair_close(&pair);
}

static void public_objects_are_found_without_login(void)
{
    struct haul haul = {.count = 0};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    p11 = pair_p11(&pair, &both_pins);
    pair_reset(&pair);
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:object=x;type=public", 0, NULL,
                               haul_in, &haul, NULL),
                    CKR_OK);
    CU_ASSERT_EQUAL(haul.count, 1);
    CU_ASSERT_EQUAL(pair_count(&pair, 0, "C_Login"), 0);
    p11_object_free(haul.first);
    p11_free(p11);
    pair_close(&pair);
}

static void login_never_and_always_are_obeyed(void)
{
    static const struct {
        enum p11_login login;
        const char *uri;
        CK_RV rv;
        unsigned long logins;
    } rows[] = {
        {P11_LOGIN_NEVER, "pkcs11:token=one;type=private", P11R_NO_OBJECT, 0},
        {P11_LOGIN_NEVER, "pkcs11:token=one;type=public", CKR_OK, 0},
        {P11_LOGIN_ALWAYS, "pkcs11:token=one;type=public", CKR_OK, 1},
        {P11_LOGIN_AUTO, "pkcs11:token=one;type=public", CKR_OK, 0},
        {P11_LOGIN_AUTO, "pkcs11:token=one;type=private", CKR_OK, 1}};
    struct pair pair;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_conf conf = both_pins;
        struct haul haul = {.count = 0};
        struct p11 *p11;

        conf.login = rows[i].login;
        p11 = pair_p11(&pair, &conf);
        pair_reset(&pair);
        CU_ASSERT_EQUAL(
            p11_search(p11, rows[i].uri, 0, NULL, haul_in, &haul, NULL),
            rows[i].rv);
        CU_ASSERT_EQUAL(pair_count(&pair, 0, "C_Login"), rows[i].logins);
        p11_object_free(haul.first);
        p11_free(p11);
    }
    pair_close(&pair);
}

/* ---- several tokens ---------------------------------------------------- */

static void a_private_key_in_two_tokens_is_not_guessed(void)
{
    static const char *const uris[] = {"pkcs11:object=x;type=private",
                                       "pkcs11:object=x"};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    pair_make(&pair, 1, "x", 1);
    p11 = pair_p11(&pair, &both_pins);
    for (size_t i = 0; i < 2; i++) {
        struct haul haul = {.count = 0};
        struct p11_diag diag = {""};

        CU_ASSERT_EQUAL(p11_search(p11, uris[i], i == 0 ? 0 : P11_PRIVATE_KEY,
                                   NULL, haul_in, &haul, &diag),
                        P11R_AMBIGUOUS);
        CU_ASSERT_EQUAL(haul.count, 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "token=one;id=%01;object=x"));
        CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "token=two;id=%01;object=x"));
        CU_ASSERT_PTR_NULL(strstr(diag.text, "1111"));
    }
    for (size_t i = 0; i < 2; i++) {
        struct haul haul = {.count = 0};

        CU_ASSERT_EQUAL(p11_search(p11,
                                   i == 0 ? "pkcs11:type=private"
                                          : "pkcs11:object=x;type=public",
                                   i == 0 ? P11_EVERY | P11_PRIVATE_KEY : 0,
                                   NULL, haul_in, &haul, NULL),
                        CKR_OK);
        CU_ASSERT_EQUAL(haul.count, 2);
        p11_object_free(haul.first);
    }
    p11_free(p11);
    pair_close(&pair);
}

static void candidates_that_do_not_fit_are_cut_at_a_whole_one(void)
{
    struct haul haul = {.count = 0};
    struct p11_diag diag = {""};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    for (uint8_t i = 0; i < 5; i++)
        pair_make(&pair, i % 2, i < 2 ? "x" : i < 4 ? "y" : "z", i);
    p11 = pair_p11(&pair, &both_pins);
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:", P11_PRIVATE_KEY, NULL, haul_in,
                               &haul, &diag),
                    P11R_AMBIGUOUS);
    CU_ASSERT(strlen(diag.text) > 10);
    CU_ASSERT_STRING_EQUAL(diag.text + strlen(diag.text) - 17,
                           "type=private, ...");
    p11_free(p11);
    pair_close(&pair);
}

static void several_keys_in_one_token_are_all_handed_out(void)
{
    struct haul haul = {.count = 0};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    pair_make(&pair, 0, "y", 2);
    p11 = pair_p11(&pair, &both_pins);
    CU_ASSERT_EQUAL(
        p11_search(p11, "pkcs11:type=private", 0, NULL, haul_in, &haul, NULL),
        CKR_OK);
    CU_ASSERT_EQUAL(haul.count, 2);
    p11_object_free(haul.first);
    p11_free(p11);
    pair_close(&pair);
}

static void a_token_seen_through_two_modules_is_one(void)
{
    struct p11_conf conf = both_pins;
    struct haul haul = {.count = 0};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    pair_make(&pair, 0, "y", 2);
    pair.modules[1].init_args = pair.settings[0];
    p11 = pair_p11(&pair, &conf);
    CU_ASSERT_EQUAL(
        p11_search(p11, "pkcs11:type=private", 0, NULL, haul_in, &haul, NULL),
        CKR_OK);
    CU_ASSERT_EQUAL(haul.count, 4);
    CU_ASSERT_EQUAL(world_sign(haul.first), CKR_OK);
    p11_object_free(haul.first);
    p11_free(p11);
    pair_close(&pair);
}

static void two_slots_of_one_module_are_two_tokens(void)
{
    static const char *const uris[] = {
        "pkcs11:token=one;object=x?pin-value=1111",
        "pkcs11:token=three;object=x?pin-value=3333"};
    const struct p11_conf conf = {
        .pins = (const struct p11_pin_conf[]){{"one", "value:1111"},
                                              {"three", "value:3333"}},
        .pin_count = 2};
    struct p11_object *keys[2] = {NULL, NULL};
    struct haul haul = {.count = 0};
    struct p11_diag diag = {""};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    (void)snprintf(pair.settings[0] + strlen(pair.settings[0]), 64,
                   " slots=2 label-2=three pin-2=3333");
    p11 = pair_p11(&pair, &conf);
    for (unsigned i = 0; i < 2; i++) {
        const struct p11_keygen keygen = {
            .uri = uris[i], .purpose = P11_GENERAL, .bits = 1024};

        CU_ASSERT_EQUAL_FATAL(
            p11_generate(p11, &keygen, NULL, &keys[i], NULL, NULL), CKR_OK);
    }
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:object=x;type=private", 0, NULL,
                               haul_in, &haul, &diag),
                    P11R_AMBIGUOUS);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "token=one"));
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "token=three"));
    /* The first slot's token leaves; the other one's key does not care. */
    pair_do(&pair, 0, "remove");
    CU_ASSERT_NOT_EQUAL(world_sign(keys[0]), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(keys[1]), CKR_OK);
    pair_do(&pair, 0, "insert");
    CU_ASSERT_EQUAL(world_sign(keys[1]), CKR_OK);
    CU_ASSERT_EQUAL(pair_violations(&pair), 0);
    p11_object_free(keys[0]);
    p11_object_free(keys[1]);
    p11_free(p11);
    pair_close(&pair);
}

/* ---- memory ------------------------------------------------------------ */

static void modules_in_the_query_are_not_confused_by_memory(void)
{
    static const char *const uris[] = {
        "pkcs11:object=x;type=private?module-name=one",
        "pkcs11:object=x;type=private?module-name=two"};
    static const char *const labels[] = {"one", "two"};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    pair_make(&pair, 1, "x", 1);
    p11 = pair_p11(&pair, &both_pins);
    for (size_t i = 0; i < 4; i++) {
        struct haul haul = {.count = 0};

        CU_ASSERT_EQUAL(
            p11_search(p11, uris[i % 2], 0, NULL, haul_in, &haul, NULL),
            CKR_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(haul.first);
        CU_ASSERT_STRING_EQUAL(p11_object_token_label(haul.first),
                               labels[i % 2]);
        p11_object_free(haul.first);
    }
    p11_free(p11);
    pair_close(&pair);
}

static void an_unknown_attribute_is_named_and_costs_no_call(void)
{
    struct p11_diag diag = {""};
    struct haul haul = {.count = 0};
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(p11_search(world.p11, "pkcs11:token=world;x-mine=1", 0,
                               NULL, haul_in, &haul, &diag),
                    P11R_NO_TOKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "x-mine"));
    CU_ASSERT_EQUAL(world_count("*"), 0);
    world_close(&world);
}

UNIT_MAIN("search", UNIT(certificates_are_found_by_subject_issuer_and_serial),
          UNIT(types_and_classes_are_both_honoured),
          UNIT(private_certificates_are_found_with_a_pin_at_hand),
          UNIT(public_objects_are_found_without_login),
          UNIT(login_never_and_always_are_obeyed),
          UNIT(a_private_key_in_two_tokens_is_not_guessed),
          UNIT(candidates_that_do_not_fit_are_cut_at_a_whole_one),
          UNIT(several_keys_in_one_token_are_all_handed_out),
          UNIT(a_token_seen_through_two_modules_is_one),
          UNIT(two_slots_of_one_module_are_two_tokens),
          UNIT(modules_in_the_query_are_not_confused_by_memory),
          UNIT(an_unknown_attribute_is_named_and_costs_no_call))
