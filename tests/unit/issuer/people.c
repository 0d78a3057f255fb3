/* SPDX-License-Identifier: Apache-2.0 */
/* See people.h. */
#include "people.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { LIFE = 300 * 86400, BITS = 2048 };

struct numbers {
    uint8_t modulus[BITS / 8];
    struct xrml_key key;
};

static void numbers_of(EVP_PKEY *key, struct numbers *out)
{
    BIGNUM *n = NULL;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n),
                          1);
    CU_ASSERT_EQUAL(BN_bn2bin(n, out->modulus), BITS / 8);
    BN_free(n);
    out->key = (struct xrml_key){
        .modulus = out->modulus, .modulus_len = BITS / 8, .exponent = 65537};
}

void people_sign(const struct xrml_license *fields, EVP_PKEY *key,
                 const struct xrml_chain *above, struct xrml_chain *out)
{
    struct iss_error error = {.status = ISS_OK};
    uint8_t sig[BITS / 8];
    size_t sig_len = 0;
    char *body = NULL;
    char *text = NULL;
    enum iss_status status = xrml_license_build(fields, &body, &error);

    if (status != ISS_OK)
        puts(error.text);
    CU_ASSERT_EQUAL_FATAL(status, ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_sign(NULL, key, body, strlen(body), sig, &sig_len, &error),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_assemble(body, strlen(body), sig, sig_len, &text, &error), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_chain_append(out, text, strlen(text), 0, &error),
                          ISS_OK);
    for (size_t i = 0; i < above->count; i++) {
        size_t len = 0;
        const char *next = xrml_text(above->documents[i], &len);
        CU_ASSERT_EQUAL_FATAL(xrml_chain_append(out, next, len, 0, &error),
                              ISS_OK);
    }
    free(body);
    free(text);
}

char *people_seal(const struct xrml_license *fields, enum sealed_kind kind,
                  const struct xrml_key *to, const struct sealed_secret *secret)
{
    uint8_t sealed[SEALED_MAX];
    size_t len = 0;
    char *bound = NULL;
    char *out = NULL;

    CU_ASSERT_EQUAL_FATAL(xrml_license_binding(fields, &bound, NULL), ISS_OK);
    const struct sealed_lid lid = {.form = SEALED_V2,
                                   .kind = kind,
                                   .element = bound,
                                   .element_len = strlen(bound)};
    CU_ASSERT_EQUAL_FATAL(sealed_close(&lid, to, secret, sealed, &len, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_bits_encode(sealed, len, &out, NULL), ISS_OK);
    free(bound);
    return out;
}

static const struct xrml_fields *server_of(const struct people *people)
{
    return xrml_fields(people->server.documents[0]);
}

static struct xrml_object account_of(const struct person *person)
{
    return (struct xrml_object){.type = "Group-Identity",
                                .id_type = "Windows",
                                .id = person->sid,
                                .name = person->mail};
}

static void make_rac(const struct people *people, struct person *person)
{
    const struct xrml_fields *server = server_of(people);
    struct xrml_chain machine = {0};
    struct sealed_secret secret;
    struct numbers account;

    CU_ASSERT_EQUAL_FATAL(
        xrml_chain_append(&machine, person->machine.certificate,
                          person->machine.certificate_len, 0, NULL),
        ISS_OK);
    const struct xrml_fields *spc = xrml_fields(machine.documents[0]);
    numbers_of(person->account_key, &account);
    struct xrml_license rac = {
        .type = XRML_RAC,
        .guid = "{20000000-0000-0000-0000-000000000001}",
        .issued = HIERARCHY_TIME,
        .validity = {true, HIERARCHY_TIME - 60, HIERARCHY_TIME + LIFE},
        .issuer_text = server->principal_text,
        .issuer_text_len = server->principal_text_len,
        .principal = {.object = account_of(person), .key = account.key},
        .machine = {.object = spc->principal}};
    CU_ASSERT_EQUAL_FATAL(sealed_from_key(person->account_key, &secret, NULL),
                          ISS_OK);
    char *bits =
        people_seal(&rac, SEALED_PRIVATE_KEY, &spc->principal_key, &secret);
    rac.machine.bits = (struct xrml_bits){"sealed-key-v2", bits};
    people_sign(&rac, hierarchy_key(SLC_KEY), &people->server, &person->rac);
    free(bits);
    xrml_chain_clear(&machine);
}

static void make_clc(const struct people *people, struct person *person)
{
    static const char guid[] = "{20000000-0000-0000-0000-000000000002}";
    const struct xrml_fields *server = server_of(people);
    struct sealed_secret secret;
    struct numbers account;
    struct numbers client;

    numbers_of(person->account_key, &account);
    numbers_of(person->clc_key, &client);
    struct xrml_right issue = {
        .name = "ISSUE",
        .first = true,
        .range = {true, HIERARCHY_TIME - 60, HIERARCHY_TIME + LIFE}};
    struct xrml_license clc = {
        .type = XRML_CLC,
        .guid = guid,
        .issued = HIERARCHY_TIME,
        .issuer_text = server->principal_text,
        .issuer_text_len = server->principal_text_len,
        .point_count = 1,
        .points = {{.object = {.type = "License-Acquisition-URL",
                               .id_type = "MS-GUID",
                               .id = "{0F45FD50-383B-43EE-90A4-ED013CD0CFE5}",
                               .name = "DRM Server Cluster",
                               .address = "https://rms.example/licensing"}}},
        .principal = {.object = account_of(person), .key = client.key},
        .work = {.type = "Client-Licensor-Certificate",
                 .id_type = "MS-GUID",
                 .id = guid},
        .right_count = 1,
        .rights = &issue};
    CU_ASSERT_EQUAL_FATAL(sealed_from_key(person->clc_key, &secret, NULL),
                          ISS_OK);
    char *bits = people_seal(&clc, SEALED_PRIVATE_KEY, &account.key, &secret);
    issue.bits = (struct xrml_bits){"sealed-key-v2", bits};
    people_sign(&clc, hierarchy_key(SLC_KEY), &people->server, &person->clc);
    free(bits);
}

void people_open(struct people *people)
{
    static const struct {
        const char *mail, *sid;
    } rows[PEOPLE] = {{"anna@example.org", "S-1-5-21-1-2-3-1001"},
                      {"bo@example.org", "S-1-5-21-1-2-3-1002"}};
    struct hierarchy_row certificates[HIERARCHY_ROWS];

    *people = (struct people){.anchors = hierarchy_anchors(ROOT_KEY)};
    hierarchy_rows(certificates);
    hierarchy_chain(certificates, SLC_ROW, CA_ROW, &people->server);
    for (size_t i = 0; i < PEOPLE; i++) {
        struct person *person = &people->persons[i];

        person->mail = rows[i].mail;
        person->sid = rows[i].sid;
        CU_ASSERT_EQUAL_FATAL(client_machine_make(NULL, "machine",
                                                  HIERARCHY_TIME,
                                                  &person->machine, NULL),
                              ISS_OK);
        BIO *pem =
            BIO_new_mem_buf(person->machine.key, (int)person->machine.key_len);
        person->machine_key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);
        BIO_free(pem);
        person->account_key = EVP_RSA_gen(BITS);
        person->clc_key = EVP_RSA_gen(BITS);
        make_rac(people, person);
        make_clc(people, person);
    }
}

void people_close(struct people *people)
{
    for (size_t i = 0; i < PEOPLE; i++) {
        struct person *person = &people->persons[i];

        client_machine_clear(&person->machine);
        EVP_PKEY_free(person->machine_key);
        EVP_PKEY_free(person->account_key);
        EVP_PKEY_free(person->clc_key);
        xrml_chain_clear(&person->rac);
        xrml_chain_clear(&person->clc);
    }
    xrml_chain_clear(&people->server);
    xrml_anchors_free(people->anchors);
}

static void open_pl(const struct xrml_document *pl,
                    const struct xrml_license *license,
                    struct sealed_secret *secret)
{
    uint8_t sealed[SEALED_MAX];
    size_t sealed_len = 0;
    size_t len = 0;
    const char *body = xrml_body(pl, &len);
    char *bound = NULL;

    CU_ASSERT_EQUAL_FATAL(xrml_bits_decode(license->principal.bits.text, sealed,
                                           sizeof(sealed), &sealed_len, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_license_bound(body, len, XRML_PL, &bound, NULL),
                          ISS_OK);
    const struct sealed_lid lid = {.form = SEALED_V2,
                                   .kind = SEALED_CONTENT_KEY,
                                   .element = bound,
                                   .element_len = strlen(bound)};
    CU_ASSERT_EQUAL_FATAL(sealed_open(&lid, hierarchy_key(SLC_KEY), sealed,
                                      sealed_len, secret, NULL),
                          ISS_OK);
    free(bound);
}

void people_license(const struct people *people, const struct xrml_chain *pl,
                    const struct person *user, struct xrml_right *rights,
                    size_t count, struct xrml_chain *ul)
{
    const struct xrml_fields *server = server_of(people);
    struct xrml_reading *reading = NULL;
    struct sealed_secret secret;
    struct numbers account;

    numbers_of(user->account_key, &account);
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(pl->documents[0], &reading, NULL),
                          ISS_OK);
    const struct xrml_license *published = xrml_reading_license(reading);
    open_pl(pl->documents[0], published, &secret);
    const struct xrml_license fields = {
        .type = XRML_UL,
        .guid = "{20000000-0000-0000-0000-000000000003}",
        .issued = HIERARCHY_TIME + 60,
        .issuer_text = server->principal_text,
        .issuer_text_len = server->principal_text_len,
        .principal = {.object = account_of(user), .key = account.key},
        .work = published->work,
        .owner = published->owner,
        .right_count = count,
        .rights = rights};
    char *bits =
        people_seal(&fields, SEALED_CONTENT_KEY, &account.key, &secret);
    for (size_t i = 0; i < count; i++) {
        rights[i].first = true;
        rights[i].bits = (struct xrml_bits){"sealed-key-v2", bits};
    }
    people_sign(&fields, hierarchy_key(SLC_KEY), &people->server, ul);
    free(bits);
    xrml_reading_free(reading);
}
