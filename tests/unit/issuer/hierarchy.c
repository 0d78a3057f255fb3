/* SPDX-License-Identifier: Apache-2.0 */
/* See hierarchy.h. */
#include "hierarchy.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { BITS = 2048, YEAR = 365 * 86400 };

static struct pair {
    EVP_PKEY *key;
    struct xrml_key numbers;
    uint8_t modulus[BITS / 8];
} pairs[HIERARCHY_KEYS];

static void free_keys(void)
{
    for (int i = 0; i < HIERARCHY_KEYS; i++)
        EVP_PKEY_free(pairs[i].key);
}

static struct pair *pair_of(int key)
{
    static int registered;
    struct pair *pair = &pairs[key];
    BIGNUM *n = NULL;

    if (pair->key != NULL)
        return pair;
    if (!registered)
        registered = atexit(free_keys) == 0;
    pair->key = EVP_RSA_gen(BITS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->key);
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_get_bn_param(pair->key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    CU_ASSERT_EQUAL(BN_bn2bin(n, pair->modulus), BITS / 8);
    BN_free(n);
    pair->numbers = (struct xrml_key){
        .modulus = pair->modulus, .modulus_len = BITS / 8, .exponent = 65537};
    return pair;
}

EVP_PKEY *hierarchy_key(int key)
{
    return pair_of(key)->key;
}

const struct xrml_key *hierarchy_numbers(int key)
{
    return &pair_of(key)->numbers;
}

#define AUTHORITY(label)                                             \
    {                                                                \
        .type = "DRM-Certificate-Authority", .id_type = "ascii-tag", \
        .id = (label), .name = (label)                               \
    }
#define SERVER(guid, label, url)                                     \
    {                                                                \
        .type = "MS-DRM-Server", .id_type = "MS-GUID", .id = (guid), \
        .name = (label), .address = (url)                            \
    }

static const struct xrml_object root = AUTHORITY("Example Production Root");
static const struct xrml_object ca = AUTHORITY("Example Production CA");
static const struct xrml_object eca =
    AUTHORITY("Example Production Server Enrollment CA");
static const struct xrml_object esc =
    SERVER("{00000000-0000-0000-0000-00000000000e}",
           "Example Production Server Enrollment Service", NULL);
static const struct xrml_object slc = SERVER(
    "{00000000-0000-0000-0000-000000000005}",
    "R\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s & <S>", "https://rms.example/_wmcs");
static const struct xrml_object sub =
    SERVER("{00000000-0000-0000-0000-00000000000b}", "RMS02",
           "https://rms02.example/_wmcs");

void hierarchy_rows(struct hierarchy_row rows[HIERARCHY_ROWS])
{
    static const struct {
        enum xrml_type type;
        const char *guid;
        const struct xrml_object *issuer, *principal;
        int issuer_key, subject_key, years;
    } table[HIERARCHY_ROWS] = {
        [SUB_ROW] = {XRML_SERVER_CERTIFICATE,
                     "{10000000-0000-0000-0000-000000000001}", &slc, &sub,
                     SLC_KEY, SUB_KEY, 1},
        [SLC_ROW] = {XRML_SERVER_CERTIFICATE,
                     "{10000000-0000-0000-0000-000000000002}", &esc, &slc,
                     ESC_KEY, SLC_KEY, 1},
        [ESC_ROW] = {XRML_SERVER_CERTIFICATE,
                     "{10000000-0000-0000-0000-000000000003}", &eca, &esc,
                     ECA_KEY, ESC_KEY, 15},
        [ECA_ROW] = {XRML_CA_CERTIFICATE,
                     "{10000000-0000-0000-0000-000000000004}", &ca, &eca,
                     CA_KEY, ECA_KEY, 30},
        [CA_ROW] = {XRML_CA_CERTIFICATE,
                    "{10000000-0000-0000-0000-000000000005}", &root, &ca,
                    ROOT_KEY, CA_KEY, 30},
    };

    for (int i = 0; i < HIERARCHY_ROWS; i++)
        rows[i] = (struct hierarchy_row){
            .issuer = table[i].issuer_key,
            .subject = table[i].subject_key,
            .fields = {.type = table[i].type,
                       .guid = table[i].guid,
                       .issued = HIERARCHY_TIME,
                       .range = {.present = true,
                                 .from = HIERARCHY_TIME,
                                 .until = xrml_time_add_years(HIERARCHY_TIME,
                                                              table[i].years)},
                       .issuer = *table[i].issuer,
                       .principal = *table[i].principal}};
}

char *hierarchy_text(const struct hierarchy_row *row)
{
    struct xrml_certificate fields = row->fields;
    struct iss_error error = {0};
    uint8_t sig[BITS / 8];
    size_t sig_len = 0;
    char *body = NULL;
    char *text = NULL;

    if (fields.issuer_key.modulus == NULL)
        fields.issuer_key = *hierarchy_numbers(row->issuer);
    if (fields.principal_key.modulus == NULL)
        fields.principal_key = *hierarchy_numbers(row->subject);
    CU_ASSERT_EQUAL_FATAL(xrml_build(&fields, &body, &error), ISS_OK);
    const char *signed_body =
        row->signed_body == NULL ? body : row->signed_body;
    CU_ASSERT_EQUAL_FATAL(xrml_sign(NULL, hierarchy_key(row->issuer),
                                    signed_body, strlen(signed_body), sig,
                                    &sig_len, &error),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_assemble(body, strlen(body), sig, sig_len, &text, &error), ISS_OK);
    free(body);
    return text;
}

void hierarchy_chain(struct hierarchy_row *rows, int first, int last,
                     struct xrml_chain *chain)
{
    char *texts[HIERARCHY_ROWS] = {NULL};
    struct iss_error error = {0};

    for (int i = last; i >= first; i--)
        texts[i] = hierarchy_text(&rows[i]);
    for (int i = first; i <= last; i++) {
        CU_ASSERT_EQUAL_FATAL(
            xrml_chain_append(chain, texts[i], strlen(texts[i]), 0, &error),
            ISS_OK);
        free(texts[i]);
    }
}

struct xrml_anchors *hierarchy_anchors(int key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct xrml_anchors *anchors = NULL;
    struct iss_error error = {0};
    char *pem = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    CU_ASSERT_EQUAL(PEM_write_bio_PUBKEY(bio, hierarchy_key(key)), 1);
    long len = BIO_get_mem_data(bio, &pem);
    CU_ASSERT_EQUAL_FATAL(
        xrml_anchors_parse(pem, (size_t)len, &anchors, &error), ISS_OK);
    BIO_free(bio);
    return anchors;
}
