/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/curve*.c and token_derive.c: keys on curves, against
 * libcrypto, and the forms in which tokens write them. */
#include "curve_rows.h"
#include "fixture.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

static CK_SESSION_HANDLE session;

static CK_RV generate(const struct row *row, const CK_BYTE *params,
                      CK_ULONG params_len, struct fixture_pair *pair)
{
    CK_BYTE copy[512];
    CK_MECHANISM mechanism = {row->generate, NULL, 0};
    CK_ATTRIBUTE public_template[] = {FIXTURE_TRUE(CKA_TOKEN),
                                      {CKA_EC_PARAMS, copy, params_len}};
    CK_ATTRIBUTE private_template[] = {FIXTURE_TRUE(CKA_TOKEN),
                                       FIXTURE_TRUE(CKA_DERIVE)};

    memcpy(copy, params, params_len);
    return ck->C_GenerateKeyPair(session, &mechanism, public_template, 2,
                                 private_template, 2, &pair->public_key,
                                 &pair->private_key);
}

/* The key of a point that libcrypto reads. */
static EVP_PKEY *from_point(const struct row *row, const CK_BYTE *point,
                            size_t len)
{
    OSSL_PARAM_BLD *build;
    EVP_PKEY_CTX *ctx;
    OSSL_PARAM *params;
    EVP_PKEY *key = NULL;

    if (row->type != CKK_EC)
        return EVP_PKEY_new_raw_public_key_ex(NULL, row->name, NULL, point,
                                              len);
    build = OSSL_PARAM_BLD_new();
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    (void)OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                          row->name, 0);
    (void)OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
                                           point, len);
    params = OSSL_PARAM_BLD_to_param(build);
    if (EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* The public key that the token shows, its point wrapped as usual. */
static EVP_PKEY *public_of(const struct row *row, CK_OBJECT_HANDLE key)
{
    CK_BYTE point[256];
    long len = fixture_read(session, key, CKA_EC_POINT, point, sizeof(point));
    long head = len > 130 ? 3 : 2;

    CU_ASSERT_EQUAL(point[0], 4);
    CU_ASSERT_EQUAL(point[head - 1], len - head);
    return len > head ? from_point(row, point + head, (size_t)(len - head))
                      : NULL;
}

static bool ecdsa_verifies(EVP_PKEY *key, const CK_BYTE *sig, CK_ULONG len,
                           const CK_BYTE *data, size_t data_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    ECDSA_SIG *both = ECDSA_SIG_new();
    unsigned char *der = NULL;
    int der_len;
    bool good;

    (void)ECDSA_SIG_set0(both, BN_bin2bn(sig, (int)len / 2, NULL),
                         BN_bin2bn(sig + len / 2, (int)len / 2, NULL));
    der_len = i2d_ECDSA_SIG(both, &der);
    good = EVP_PKEY_verify_init(ctx) == 1 &&
           EVP_PKEY_verify(ctx, der, (size_t)der_len, data, data_len) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(both);
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static bool verifies(const struct row *row, EVP_PKEY *key, const CK_BYTE *sig,
                     CK_ULONG len)
{
    EVP_MD_CTX *ctx;
    bool good;

    if (row->type == CKK_EC)
        return ecdsa_verifies(key, sig, len, fixture_input,
                              sizeof(fixture_input));
    ctx = EVP_MD_CTX_new();
    good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
           EVP_DigestVerify(ctx, sig, len, fixture_input,
                            sizeof(fixture_input)) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static void signatures_verify_by_libcrypto(void)
{
    session = fixture_start("");
    for (size_t i = 0; i < ROWS; i++) {
        CK_BYTE sig[FIXTURE_SIG_MAX];
        CK_ULONG len = sizeof(sig);
        struct fixture_pair pair;
        EVP_PKEY *key;

        if (rows[i].sign == 0)
            continue;
        CU_ASSERT_EQUAL_FATAL(
            generate(&rows[i], rows[i].oid, rows[i].oid_len, &pair), CKR_OK);
        key = public_of(&rows[i], pair.public_key);
        CU_ASSERT_PTR_NOT_NULL_FATAL(key);
        CU_ASSERT_EQUAL(
            fixture_sign(session, rows[i].sign, pair.private_key, sig, &len),
            CKR_OK);
        CU_ASSERT_EQUAL(len, 2 * rows[i].size);
        CU_ASSERT_TRUE(verifies(&rows[i], key, sig, len));
        sig[len / 3] ^= 1;
        CU_ASSERT_FALSE(verifies(&rows[i], key, sig, len));
        EVP_PKEY_free(key);
    }
    fixture_no_violation();
    fixture_stop();
}

static void the_token_verifies_what_libcrypto_does(void)
{
    CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
    CK_BYTE sig[FIXTURE_SIG_MAX], input[sizeof(fixture_input)];

    session = fixture_start("");
    memcpy(input, fixture_input, sizeof(input));
    for (size_t i = 0; i < ROWS; i++) {
        CK_ULONG len = sizeof(sig);
        struct fixture_pair pair;

        if (rows[i].sign == 0)
            continue;
        mechanism.mechanism = rows[i].sign;
        CU_ASSERT_EQUAL_FATAL(
            generate(&rows[i], rows[i].oid, rows[i].oid_len, &pair), CKR_OK);
        CU_ASSERT_EQUAL(
            fixture_sign(session, rows[i].sign, pair.private_key, sig, &len),
            CKR_OK);
        CU_ASSERT_EQUAL(ck->C_VerifyInit(session, &mechanism, pair.public_key),
                        CKR_OK);
        CU_ASSERT_EQUAL(ck->C_Verify(session, input, sizeof(input), sig, len),
                        CKR_OK);
        sig[len / 2] ^= 4;
        CU_ASSERT_EQUAL(ck->C_VerifyInit(session, &mechanism, pair.public_key),
                        CKR_OK);
        CU_ASSERT_EQUAL(ck->C_Verify(session, input, sizeof(input), sig, len),
                        CKR_SIGNATURE_INVALID);
    }
    fixture_stop();
}

static void hashing_mechanisms_sign_the_digest(void)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        const char *md;
    } hashes[] = {{CKM_ECDSA_SHA1, "SHA1"},
                  {CKM_ECDSA_SHA224, "SHA224"},
                  {CKM_ECDSA_SHA256, "SHA256"},
                  {CKM_ECDSA_SHA384, "SHA384"},
                  {CKM_ECDSA_SHA512, "SHA512"}};
    struct fixture_pair pair;
    EVP_PKEY *key;

    session = fixture_start("");
    CU_ASSERT_EQUAL_FATAL(
        generate(&rows[0], rows[0].oid, rows[0].oid_len, &pair), CKR_OK);
    key = public_of(&rows[0], pair.public_key);
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        CK_BYTE sig[FIXTURE_SIG_MAX], digest[EVP_MAX_MD_SIZE];
        CK_ULONG len = sizeof(sig);
        size_t digest_len = 0;

        CU_ASSERT_EQUAL(
            fixture_sign(session, hashes[i].type, pair.private_key, sig, &len),
            CKR_OK);
        (void)EVP_Q_digest(NULL, hashes[i].md, NULL, fixture_input,
                           sizeof(fixture_input), digest, &digest_len);
        CU_ASSERT_TRUE(ecdsa_verifies(key, sig, len, digest, digest_len));
    }
    EVP_PKEY_free(key);
    fixture_stop();
}

/* ---- agreement --------------------------------------------------------- */

static CK_RV derive(CK_OBJECT_HANDLE key, const CK_BYTE *point, size_t len,
                    CK_ULONG value_len, CK_OBJECT_HANDLE *out)
{
    CK_BYTE copy[256];
    CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, len, copy};
    CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &params, sizeof(params)};
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof(class)},
        {CKA_KEY_TYPE, &type, sizeof(type)},
        {CKA_VALUE_LEN, &value_len, sizeof(value_len)},
        FIXTURE_FALSE(CKA_SENSITIVE),
        FIXTURE_TRUE(CKA_EXTRACTABLE),
    };

    memcpy(copy, point, len);
    return ck->C_DeriveKey(session, &mechanism, key, template, 5, out);
}

static EVP_PKEY *software_key(const struct row *row, CK_BYTE *point,
                              size_t *len)
{
    EVP_PKEY *key = row->type == CKK_EC
                        ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", row->name)
                        : EVP_PKEY_Q_keygen(NULL, NULL, row->name);
    unsigned char *encoded = NULL;

    *len = EVP_PKEY_get1_encoded_public_key(key, &encoded);
    memcpy(point, encoded, *len);
    OPENSSL_free(encoded);
    return key;
}

static void check_secret(const struct row *row, const struct fixture_pair *pair)
{
    EVP_PKEY *theirs = public_of(row, pair->public_key);
    CK_BYTE point[256], want[128], got[128];
    size_t len = 0, want_len = sizeof(want);
    EVP_PKEY *mine = software_key(row, point, &len);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
    CK_OBJECT_HANDLE secret = CK_INVALID_HANDLE;

    CU_ASSERT_EQUAL(EVP_PKEY_derive_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_derive_set_peer(ctx, theirs), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_derive(ctx, want, &want_len), 1);
    CU_ASSERT_EQUAL(want_len, row->size);
    CU_ASSERT_EQUAL(derive(pair->private_key, point, len, row->size, &secret),
                    CKR_OK);
    CU_ASSERT_EQUAL(fixture_read(session, secret, CKA_VALUE, got, sizeof(got)),
                    (long)row->size);
    CU_ASSERT_EQUAL(memcmp(got, want, want_len), 0);
    CU_ASSERT_EQUAL(derive(pair->private_key, point, len, 16, &secret), CKR_OK);
    CU_ASSERT_EQUAL(fixture_read(session, secret, CKA_VALUE, got, sizeof(got)),
                    16);
    CU_ASSERT_EQUAL(memcmp(got, want + want_len - 16, 16), 0);
    CU_ASSERT_EQUAL(
        derive(pair->private_key, point, len, row->size + 1, &secret),
        CKR_KEY_SIZE_RANGE);
    CU_ASSERT_NOT_EQUAL(
        derive(pair->private_key, point, len - 1, row->size, &secret), CKR_OK);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(mine);
    EVP_PKEY_free(theirs);
}

static void shared_secrets_are_those_of_libcrypto(void)
{
    session = fixture_start("");
    for (size_t i = 0; i < ROWS; i++) {
        struct fixture_pair pair;

        if (rows[i].type == CKK_EC_EDWARDS)
            continue;
        CU_ASSERT_EQUAL_FATAL(
            generate(&rows[i], rows[i].oid, rows[i].oid_len, &pair), CKR_OK);
        check_secret(&rows[i], &pair);
    }
    fixture_stop();
}

static void a_secret_goes_with_its_session(void)
{
    struct fixture_pair pair;
    CK_BYTE point[256];
    size_t len = 0;
    CK_OBJECT_HANDLE secret = CK_INVALID_HANDLE;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}};
    CK_SESSION_HANDLE other;
    EVP_PKEY *peer;

    session = fixture_start("");
    peer = software_key(&rows[0], point, &len);
    CU_ASSERT_EQUAL_FATAL(
        generate(&rows[0], rows[0].oid, rows[0].oid_len, &pair), CKR_OK);
    other = fixture_session();
    CU_ASSERT_EQUAL(derive(pair.private_key, point, len, 32, &secret), CKR_OK);
    CU_ASSERT_EQUAL(fixture_find(other, template, 1, NULL, 0), 1);
    CU_ASSERT_EQUAL(ck->C_CloseSession(session), CKR_OK);
    CU_ASSERT_EQUAL(fixture_find(other, template, 1, NULL, 0), 0);
    EVP_PKEY_free(peer);
    fixture_stop();
}

/* ---- forms ------------------------------------------------------------- */

static void params_are_accepted_and_written_in_three_forms(void)
{
    static const char *const settings[] = {"ec-params=oid", "ec-params=name",
                                           "ec-params=explicit"};
    CK_BYTE text[512], name[32];
    struct fixture_pair pair;

    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < ROWS; j++) {
            size_t len = strlen(rows[j].printable);
            long got;

            session = fixture_start(settings[i]);
            name[0] = 0x13;
            name[1] = (CK_BYTE)len;
            memcpy(name + 2, rows[j].printable, len);
            CU_ASSERT_EQUAL_FATAL(generate(&rows[j], name, len + 2, &pair),
                                  CKR_OK);
            got = fixture_read(session, pair.private_key, CKA_EC_PARAMS, text,
                               sizeof(text));
            CU_ASSERT_TRUE_FATAL(got > 2);
            if (i == 1) {
                CU_ASSERT_EQUAL(got, (long)len + 2);
                CU_ASSERT_EQUAL(memcmp(text, name, len + 2), 0);
            } else if (i == 0 || rows[j].type != CKK_EC) {
                CU_ASSERT_EQUAL(got, rows[j].oid_len);
                CU_ASSERT_EQUAL(memcmp(text, rows[j].oid, (size_t)got), 0);
            } else {
                CU_ASSERT_EQUAL(text[0], 0x30);
            }
            CU_ASSERT_EQUAL(generate(&rows[j], text, (CK_ULONG)got, &pair),
                            CKR_OK);
            fixture_stop();
        }
    }
}

static void points_are_written_in_three_forms(void)
{
    static const struct {
        const char *settings;
        long head, len; /* of P-256 */
    } forms[] = {{"ec-point=wrapped", 2, 67},
                 {"ec-point=raw", 0, 65},
                 {"ec-point=compressed", 2, 35}};
    CK_BYTE text[256];
    struct fixture_pair pair;

    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY *key;
        CK_BYTE sig[FIXTURE_SIG_MAX];
        CK_ULONG sig_len = sizeof(sig);
        long len;

        session = fixture_start(forms[i].settings);
        CU_ASSERT_EQUAL_FATAL(
            generate(&rows[0], rows[0].oid, rows[0].oid_len, &pair), CKR_OK);
        len = fixture_read(session, pair.public_key, CKA_EC_POINT, text,
                           sizeof(text));
        CU_ASSERT_EQUAL_FATAL(len, forms[i].len);
        CU_ASSERT_EQUAL(fixture_read(session, pair.private_key, CKA_EC_POINT,
                                     text + 100, 100),
                        -1);
        key = from_point(&rows[0], text + forms[i].head,
                         (size_t)(len - forms[i].head));
        CU_ASSERT_EQUAL(
            fixture_sign(session, CKM_ECDSA, pair.private_key, sig, &sig_len),
            CKR_OK);
        CU_ASSERT_TRUE(verifies(&rows[0], key, sig, sig_len));
        EVP_PKEY_free(key);
        fixture_stop();
    }
}

static void private_keys_show_their_public_half_on_demand(void)
{
    CK_BYTE own[256], other[256];
    struct fixture_pair pair;
    EVP_PKEY *key = NULL, *known;
    const unsigned char *at = own;

    session = fixture_start("private-point=yes key-info=yes");
    CU_ASSERT_EQUAL_FATAL(
        generate(&rows[0], rows[0].oid, rows[0].oid_len, &pair), CKR_OK);
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.private_key, CKA_EC_POINT, own, 256), 67);
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.public_key, CKA_EC_POINT, other, 256), 67);
    CU_ASSERT_EQUAL(memcmp(own, other, 67), 0);
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.private_key, CKA_PUBLIC_KEY_INFO, own, 256),
        91);
    key = d2i_PUBKEY(NULL, &at, 91);
    known = public_of(&rows[0], pair.public_key);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(key, known), 1);
    EVP_PKEY_free(known);
    EVP_PKEY_free(key);
    fixture_stop();
}

static void keys_are_imported_and_secrets_kept(void)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = CKK_EC;
    CK_BYTE value[32] = {7}, oid[12], sig[FIXTURE_SIG_MAX], seven = 7;
    CK_ATTRIBUTE template[] = {
        FIXTURE_TRUE(CKA_TOKEN),
        {CKA_CLASS, &class, sizeof(class)},
        {CKA_KEY_TYPE, &type, sizeof(type)},
        {CKA_EC_PARAMS, oid, rows[0].oid_len},
        {CKA_VALUE, value, sizeof(value)},
    };
    CK_OBJECT_HANDLE key;
    CK_ULONG len = sizeof(sig);

    session = fixture_start("");
    memcpy(oid, rows[0].oid, rows[0].oid_len);
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template, 5, &key), CKR_OK);
    CU_ASSERT_EQUAL(fixture_sign(session, CKM_ECDSA, key, sig, &len), CKR_OK);
    CU_ASSERT_EQUAL(fixture_read(session, key, CKA_VALUE, sig, sizeof(sig)),
                    -1);
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template, 4, &key),
                    CKR_TEMPLATE_INCOMPLETE);
    class = CKO_SECRET_KEY;
    type = CKK_GENERIC_SECRET;
    template[3] = (CK_ATTRIBUTE){CKA_VALUE, &seven, 1};
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template, 4, &key), CKR_OK);
    CU_ASSERT_EQUAL(fixture_read(session, key, CKA_VALUE_LEN, sig, 8), 8);
    CU_ASSERT_EQUAL(fixture_read(session, key, CKA_VALUE, sig, 8), -1);
    fixture_stop();
}

static void wrong_requests_are_refused(void)
{
    static const CK_BYTE unknown[] = {6, 3, 0x2b, 0x65, 0x55};
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);
    struct fixture_pair pair;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    session = fixture_start("");
    CU_ASSERT_EQUAL(generate(&rows[0], unknown, 5, &pair),
                    CKR_CURVE_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(generate(&rows[0], rows[6].oid, 5, &pair),
                    CKR_CURVE_NOT_SUPPORTED);
    CU_ASSERT_EQUAL_FATAL(
        generate(&rows[0], rows[0].oid, rows[0].oid_len, &pair), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                    CKR_KEY_TYPE_INCONSISTENT);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_EDDSA, pair.private_key, sig, &len),
        CKR_KEY_TYPE_INCONSISTENT);
    len = 63;
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_ECDSA, pair.private_key, sig, &len),
        CKR_BUFFER_TOO_SMALL);
    CU_ASSERT_EQUAL(len, 64);
    fixture_stop();
}

static void the_same_seed_gives_the_same_keys(void)
{
    CK_BYTE points[2][256];
    struct fixture_pair pair;

    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < 2; j++) {
            session = fixture_start("seed=curves");
            CU_ASSERT_EQUAL(
                generate(&rows[i], rows[i].oid, rows[i].oid_len, &pair),
                CKR_OK);
            CU_ASSERT_TRUE(fixture_read(session, pair.public_key, CKA_EC_POINT,
                                        points[j], 256) > 0);
            fixture_stop();
        }
        CU_ASSERT_EQUAL(memcmp(points[0], points[1], rows[i].size), 0);
    }
}

UNIT_MAIN("token_curves", UNIT(signatures_verify_by_libcrypto),
          UNIT(the_token_verifies_what_libcrypto_does),
          UNIT(hashing_mechanisms_sign_the_digest),
          UNIT(shared_secrets_are_those_of_libcrypto),
          UNIT(a_secret_goes_with_its_session),
          UNIT(params_are_accepted_and_written_in_three_forms),
          UNIT(points_are_written_in_three_forms),
          UNIT(private_keys_show_their_public_half_on_demand),
          UNIT(keys_are_imported_and_secrets_kept),
          UNIT(wrong_requests_are_refused),
          UNIT(the_same_seed_gives_the_same_keys))
