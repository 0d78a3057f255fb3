/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities: off unless configured, and only what our key types offer. */
#include "tls.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "keytype.h"
#include "unit.h"

#define FORCED "?provider=privyseal"

struct seen {
    int count, wrong, stop_at;
};

static int is_type(const char *name)
{
    for (size_t i = 0; prov_keytype_at(i) != NULL; i++) {
        if (strcmp(prov_keytype_at(i)->name, name) == 0)
            return 1;
    }
    return 0;
}

/* What libssl demands of a group. */
static int each_group(const OSSL_PARAM params[], void *arg)
{
    struct seen *seen = arg;
    const OSSL_PARAM *alg =
        OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_ALG);
    unsigned int id = 0, bits = 0, kem = 9;
    int min_tls = 9, max_dtls = 9;
    int ok =
        alg != NULL && is_type(alg->data) &&
        OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_NAME) !=
            NULL &&
        OSSL_PARAM_get_uint(
            OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_ID),
            &id) == 1 &&
        OSSL_PARAM_get_uint(
            OSSL_PARAM_locate_const(params,
                                    OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS),
            &bits) == 1 &&
        OSSL_PARAM_get_uint(
            OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_IS_KEM),
            &kem) == 1 &&
        OSSL_PARAM_get_int(
            OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_MIN_TLS),
            &min_tls) == 1 &&
        OSSL_PARAM_get_int(
            OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_MAX_DTLS),
            &max_dtls) == 1 &&
        bits >= 112 && kem <= 1 && id != 0;

    seen->count++;
    seen->wrong += !ok;
    return seen->count != seen->stop_at;
}

static void groups_are_those_of_our_key_types(void)
{
    struct seen seen = {0, 0, 0};

    CU_ASSERT_EQUAL(prov_tls_capabilities("TLS-GROUP", each_group, &seen), 1);
    CU_ASSERT_EQUAL(seen.wrong, 0);
    CU_ASSERT_EQUAL(seen.count > 0, is_type("EC") || is_type("X25519"));
}

/* Numbers of one capability, to be held against OpenSSL's own provider. */
struct facts {
    char name[64];
    unsigned int id, bits;
    int min_tls, max_tls, min_dtls, max_dtls;
};

struct told {
    struct facts rows[64];
    size_t count;
    const char *name, *id, *bits; /* names of parameters */
};

static int each_fact(const OSSL_PARAM params[], void *arg)
{
    struct told *told = arg;
    struct facts *row = &told->rows[told->count++];
    const OSSL_PARAM *name = OSSL_PARAM_locate_const(params, told->name);
    const struct {
        const char *key;
        int *value;
    } ints[] = {{"tls-min-tls", &row->min_tls},
                {"tls-max-tls", &row->max_tls},
                {"tls-min-dtls", &row->min_dtls},
                {"tls-max-dtls", &row->max_dtls}};

    CU_ASSERT_TRUE_FATAL(told->count < sizeof(told->rows) / sizeof(*row));
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    (void)snprintf(row->name, sizeof(row->name), "%s",
                   (const char *)name->data);
    CU_ASSERT_EQUAL(OSSL_PARAM_get_uint(
                        OSSL_PARAM_locate_const(params, told->id), &row->id),
                    1);
    CU_ASSERT_EQUAL(
        OSSL_PARAM_get_uint(OSSL_PARAM_locate_const(params, told->bits),
                            &row->bits),
        1);
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, ints[i].key);

        if (p != NULL)
            CU_ASSERT_EQUAL(OSSL_PARAM_get_int(p, ints[i].value), 1);
    }
    return 1;
}

/* Every row of ours that OpenSSL's default provider has too is the same. */
static size_t agree(const char *capability, struct told *ours)
{
    struct told theirs = *ours;
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *other = OSSL_PROVIDER_load(libctx, "default");
    size_t same = 0;

    CU_ASSERT_EQUAL(prov_tls_capabilities(capability, each_fact, ours), 1);
    (void)OSSL_PROVIDER_get_capabilities(other, capability, each_fact, &theirs);
    for (size_t i = 0; i < ours->count; i++) {
        int found = 0;

        for (size_t k = 0; k < theirs.count; k++) {
            const struct facts *a = &ours->rows[i], *b = &theirs.rows[k];

            if (strcmp(a->name, b->name) != 0)
                continue;
            same++, found = 1;
            if (a->id != b->id || a->bits != b->bits ||
                a->min_tls != b->min_tls || a->max_tls != b->max_tls ||
                a->min_dtls != b->min_dtls || a->max_dtls != b->max_dtls)
                CU_FAIL(a->name);
        }
        if (!found)
            (void)fprintf(stderr, "default has no %s\n", ours->rows[i].name);
    }
    (void)OSSL_PROVIDER_unload(other);
    OSSL_LIB_CTX_free(libctx);
    return same;
}

static void what_default_says_of_a_group_we_say_too(void)
{
    struct told told = {.name = OSSL_CAPABILITY_TLS_GROUP_NAME,
                        .id = OSSL_CAPABILITY_TLS_GROUP_ID,
                        .bits = OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS};
    size_t same = agree("TLS-GROUP", &told);

    CU_ASSERT_EQUAL(same, told.count);
    CU_ASSERT_TRUE(same >= 10);
}

#ifdef OSSL_CAPABILITY_TLS_SIGALG_NAME
static void what_default_says_of_a_signature_we_say_too(void)
{
    struct told told = {.name = OSSL_CAPABILITY_TLS_SIGALG_IANA_NAME,
                        .id = OSSL_CAPABILITY_TLS_SIGALG_CODE_POINT,
                        .bits = OSSL_CAPABILITY_TLS_SIGALG_SECURITY_BITS};
    size_t same = agree("TLS-SIGALG", &told);

    CU_ASSERT_EQUAL(same, told.count);
    CU_ASSERT_EQUAL(told.count, is_type("ML-DSA-44") ? 3 : 0);
}
#else
static void what_default_says_of_a_signature_we_say_too(void)
{
    struct seen seen = {0, 0, 0};

    CU_ASSERT_EQUAL(prov_tls_capabilities("TLS-SIGALG", each_group, &seen), 1);
    CU_ASSERT_EQUAL(seen.count, 0);
}
#endif

static void a_callback_that_stops_is_obeyed(void)
{
    struct seen seen = {0, 0, 1};

    if (!is_type("EC"))
        return;
    CU_ASSERT_EQUAL(prov_tls_capabilities("tls-group", each_group, &seen), 0);
    CU_ASSERT_EQUAL(seen.count, 1);
}

static void what_nobody_defined_is_not_answered(void)
{
    struct seen seen = {0, 0, 0};

    CU_ASSERT_EQUAL(prov_tls_capabilities("TLS-NOTHING", each_group, &seen), 0);
    CU_ASSERT_EQUAL(seen.count, 0);
}

static int asked(const char *line)
{
    OSSL_LIB_CTX *libctx = fixture_context(line, 0);
    OSSL_PROVIDER *prov = OSSL_PROVIDER_load(libctx, "privyseal");
    struct seen seen = {0, 0, 0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(prov);
    CU_ASSERT_EQUAL(
        OSSL_PROVIDER_get_capabilities(prov, "TLS-GROUP", each_group, &seen),
        1);
    CU_ASSERT_EQUAL(seen.wrong, 0);
    (void)OSSL_PROVIDER_unload(prov);
    OSSL_LIB_CTX_free(libctx);
    return seen.count;
}

static void they_are_off_unless_configured(void)
{
    struct seen seen = {0, 0, 0};

    (void)fixture();
    (void)prov_tls_capabilities("TLS-GROUP", each_group, &seen);
    CU_ASSERT_EQUAL(asked(""), 0);
    CU_ASSERT_EQUAL(asked("tls-capabilities = off"), 0);
    CU_ASSERT_EQUAL(asked("tls-capabilities = on"), seen.count);
}

/* What libssl does with a peer's share of a group. */
static int takes_share(OSSL_LIB_CTX *libctx, const char *type,
                       const char *group)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, type, FORCED);
    EVP_PKEY_CTX *own = EVP_PKEY_CTX_new_from_name(libctx, type, FORCED);
    EVP_PKEY_CTX *derive = NULL;
    EVP_PKEY *peer = NULL, *mine = NULL, *like = NULL;
    unsigned char *share = NULL, secret[128];
    size_t len = 0, secret_len = sizeof(secret);
    int ok;

    ok = EVP_PKEY_keygen_init(own) == 1 &&
         EVP_PKEY_CTX_set_group_name(own, group) == 1 &&
         EVP_PKEY_generate(own, &mine) == 1 &&
         (len = EVP_PKEY_get1_encoded_public_key(mine, &share)) > 0 &&
         EVP_PKEY_paramgen_init(ctx) == 1 &&
         EVP_PKEY_CTX_set_group_name(ctx, group) == 1 &&
         EVP_PKEY_generate(ctx, &peer) == 1 &&
         EVP_PKEY_set1_encoded_public_key(peer, share, len) == 1 &&
         EVP_PKEY_eq(mine, peer) == 1 && (like = EVP_PKEY_new()) != NULL &&
         EVP_PKEY_copy_parameters(like, mine) == 1 &&
         EVP_PKEY_set1_encoded_public_key(like, share, len) == 1 &&
         EVP_PKEY_eq(mine, like) == 1;
    derive = ok ? EVP_PKEY_CTX_new_from_pkey(libctx, mine, FORCED) : NULL;
    ok = derive != NULL && EVP_PKEY_derive_init(derive) == 1 &&
         EVP_PKEY_derive_set_peer(derive, peer) == 1 &&
         EVP_PKEY_derive(derive, secret, &secret_len) == 1 && secret_len > 30;
    OPENSSL_free(share);
    EVP_PKEY_free(like);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(mine);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(own);
    EVP_PKEY_CTX_free(derive);
    return ok;
}

static void groups_work_where_a_query_forces_them_upon_us(void)
{
    static const char *const rows[][2] = {{"EC", "prime256v1"},
                                          {"EC", "secp384r1"},
                                          {"X25519", "x25519"},
                                          {"X448", "x448"}};
    OSSL_LIB_CTX *libctx;

    (void)fixture();
    libctx = fixture_context("tls-capabilities = on", 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (is_type(rows[i][0]) && !takes_share(libctx, rows[i][0], rows[i][1]))
            CU_FAIL(rows[i][1]);
    }
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    OSSL_LIB_CTX_free(libctx);
}

UNIT_MAIN("provider/tls", UNIT(groups_are_those_of_our_key_types),
          UNIT(what_default_says_of_a_group_we_say_too),
          UNIT(what_default_says_of_a_signature_we_say_too),
          UNIT(a_callback_that_stops_is_obeyed),
          UNIT(what_nobody_defined_is_not_answered),
          UNIT(they_are_off_unless_configured),
          UNIT(groups_work_where_a_query_forces_them_upon_us))
