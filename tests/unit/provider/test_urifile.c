/* SPDX-License-Identifier: Apache-2.0 */
/* The PEM form of a URI, against libcrypto's ASN.1 and PEM. */
#include "urifile.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const char good[] = "pkcs11:token=a;object=k;type=private";

static bool push(ASN1_SEQUENCE_ANY *sequence, int type, const char *text,
                 int len)
{
    ASN1_STRING *string = ASN1_STRING_type_new(type);
    ASN1_TYPE *any = ASN1_TYPE_new();

    (void)ASN1_STRING_set(string, text, len);
    ASN1_TYPE_set(any, type, string);
    return sk_ASN1_TYPE_push(sequence, any) > 0;
}

/* The same by libcrypto; returns the length, der is to be freed. */
static size_t reference(int title_type, const char *title, int uri_type,
                        const char *uri, int uri_len, unsigned char **der)
{
    ASN1_SEQUENCE_ANY *sequence = sk_ASN1_TYPE_new_null();
    int len;

    CU_ASSERT_TRUE(push(sequence, title_type, title, -1));
    CU_ASSERT_TRUE(push(sequence, uri_type, uri, uri_len));
    *der = NULL;
    len = i2d_ASN1_SEQUENCE_ANY(sequence, der);
    sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
    CU_ASSERT_TRUE_FATAL(len > 0);
    return (size_t)len;
}

static enum prov_urifile parse(const uint8_t *der, size_t len)
{
    static char uri[PROV_URIFILE_URI + 1];
    const char *why;
    /* on the heap, of the very length: a sanitizer sees each octet too far */
    uint8_t *copy = malloc(len + 1);
    uint8_t *exact = realloc(copy, len > 0 ? len : 1);
    enum prov_urifile found;

    memcpy(exact, der, len);
    found = prov_urifile_parse(exact, len, uri, &why);
    CU_ASSERT_TRUE(found == PROV_URIFILE_GOOD || why != NULL);
    free(exact);
    return found;
}

static enum prov_urifile parse_uri(const char *uri, int len)
{
    unsigned char *der;
    size_t der_len =
        reference(V_ASN1_VISIBLESTRING, "PKCS#11 Provider URI v1.0",
                  V_ASN1_UTF8STRING, uri, len, &der);
    enum prov_urifile found = parse(der, der_len);

    OPENSSL_free(der);
    return found;
}

static void what_is_built_is_what_libcrypto_builds(void)
{
    static const size_t lengths[] = {8,   90,  91,  92,  99,   100,  127,
                                     128, 220, 255, 256, 1000, 4095, 4096};
    static char uri[PROV_URIFILE_URI + 2], back[PROV_URIFILE_URI + 1];
    uint8_t built[PROV_URIFILE_DER];
    const char *why;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        unsigned char *der;
        size_t len, der_len;

        memset(uri, 'a', lengths[i]);
        memcpy(uri, "pkcs11:", 7);
        uri[lengths[i]] = '\0';
        len = prov_urifile_build(uri, built);
        der_len = reference(V_ASN1_VISIBLESTRING, "PKCS#11 Provider URI v1.0",
                            V_ASN1_UTF8STRING, uri, -1, &der);
        CU_ASSERT_EQUAL_FATAL(len, der_len);
        CU_ASSERT_EQUAL(memcmp(built, der, len), 0);
        CU_ASSERT_EQUAL(prov_urifile_parse(der, der_len, back, &why),
                        PROV_URIFILE_GOOD);
        CU_ASSERT_STRING_EQUAL(back, uri);
        OPENSSL_free(der);
    }
    memset(uri, 'a', sizeof(uri) - 1);
    uri[sizeof(uri) - 1] = '\0';
    CU_ASSERT_EQUAL(prov_urifile_build(uri, built), 0);
    CU_ASSERT_EQUAL(prov_urifile_build("", built), 0);
}

static void cut_and_lengthened_files_are_refused(void)
{
    uint8_t der[PROV_URIFILE_DER + 1] = {0};
    size_t len = prov_urifile_build(good, der);

    CU_ASSERT_EQUAL(parse(der, len), PROV_URIFILE_GOOD);
    for (size_t i = 0; i < len; i++)
        CU_ASSERT_NOT_EQUAL(parse(der, i), PROV_URIFILE_GOOD);
    CU_ASSERT_EQUAL(parse(der, len + 1), PROV_URIFILE_BROKEN);
    /* an octet that belongs to the sequence and to no element */
    der[1]++;
    CU_ASSERT_EQUAL(parse(der, len + 1), PROV_URIFILE_BROKEN);
}

static void no_changed_tag_or_length_passes(void)
{
    uint8_t der[PROV_URIFILE_DER];
    size_t len = prov_urifile_build(good, der);
    const size_t places[] = {0, 1, 2, 3, 29, 30}; /* tags and lengths */

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const uint8_t right = der[places[i]];

        for (unsigned value = 0; value < 256; value++) {
            der[places[i]] = (uint8_t)value;
            if (value != right)
                CU_ASSERT_NOT_EQUAL(parse(der, len), PROV_URIFILE_GOOD);
        }
        der[places[i]] = right;
    }
    CU_ASSERT_EQUAL(parse(der, len), PROV_URIFILE_GOOD);
}

static void lengths_have_one_form_only(void)
{
    uint8_t der[PROV_URIFILE_DER], longer[PROV_URIFILE_DER + 2];
    size_t len = prov_urifile_build(good, der);

    longer[0] = der[0];
    longer[1] = 0x81; /* BER would do with this */
    memcpy(longer + 2, der + 1, len - 1);
    CU_ASSERT_EQUAL(parse(longer, len + 1), PROV_URIFILE_OTHER);
    longer[1] = 0x80;
    CU_ASSERT_EQUAL(parse(longer, len + 1), PROV_URIFILE_OTHER);
}

static void other_strings_are_something_else(void)
{
    static const struct {
        int title_type;
        const char *title;
        int uri_type;
        enum prov_urifile found;
    } rows[] = {{V_ASN1_VISIBLESTRING, "PKCS#11 Provider URI v1.0",
                 V_ASN1_UTF8STRING, PROV_URIFILE_GOOD},
                {V_ASN1_VISIBLESTRING, "PKCS#11 Provider URI v1.1",
                 V_ASN1_UTF8STRING, PROV_URIFILE_OTHER},
                {V_ASN1_UTF8STRING, "PKCS#11 Provider URI v1.0",
                 V_ASN1_UTF8STRING, PROV_URIFILE_OTHER},
                {V_ASN1_VISIBLESTRING, "PKCS#11 Provider URI v1.0",
                 V_ASN1_VISIBLESTRING, PROV_URIFILE_BROKEN}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char *der;
        size_t len = reference(rows[i].title_type, rows[i].title,
                               rows[i].uri_type, good, -1, &der);

        CU_ASSERT_EQUAL(parse(der, len), rows[i].found);
        OPENSSL_free(der);
    }
}

static void uris_are_of_pkcs11(void)
{
    static const struct {
        const char *uri;
        enum prov_urifile found;
    } rows[] = {{"PKCS11:token=a", PROV_URIFILE_GOOD},
                {"pkcs11:token=a?pin-source=file:/etc/pin", PROV_URIFILE_GOOD},
                {"pkcs11:token=pin-value=a", PROV_URIFILE_GOOD},
                {"pkcs11:token=a?x-pin-value=1", PROV_URIFILE_GOOD},
                {"pkcs11:token=a?pin-value=1234", PROV_URIFILE_GOOD},
                {"pkcs11:token=a?module-name=x&pin-value=1", PROV_URIFILE_GOOD},
                {"file:/etc/passwd", PROV_URIFILE_BROKEN},
                {"pkcs11", PROV_URIFILE_BROKEN},
                {" pkcs11:token=a", PROV_URIFILE_BROKEN}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(parse_uri(rows[i].uri, -1), rows[i].found);
    CU_ASSERT_EQUAL(parse_uri("pkcs11:a\0b", 10), PROV_URIFILE_BROKEN);
    CU_ASSERT_EQUAL(parse_uri("", 0), PROV_URIFILE_BROKEN);
}

/* Feeds text as BIO_gets would with a buffer of size octets. */
static enum prov_urifile read_text(const char *text, int size, size_t *len,
                                   uint8_t der[static PROV_URIFILE_DER])
{
    struct prov_urifile_pem pem = {.state = PROV_URIFILE_SEEK};
    BIO *bio = BIO_new_mem_buf(text, -1);
    char line[512];
    const char *why;
    int got;

    do {
        got = BIO_gets(bio, line, size);
    } while (got > 0 && prov_urifile_pem_line(&pem, line, (size_t)got));
    BIO_free(bio);
    return prov_urifile_pem_der(&pem, der, len, &why);
}

static void pem_is_read_as_libcrypto_writes_it(void)
{
    static char uri[PROV_URIFILE_URI + 1];
    uint8_t der[PROV_URIFILE_DER], back[PROV_URIFILE_DER];

    for (size_t n = 8; n < PROV_URIFILE_URI; n = n * 3 / 2 + 1) {
        BIO *bio = BIO_new(BIO_s_mem());
        size_t len, back_len = 0;
        char *text;

        memset(uri, 'x', n);
        memcpy(uri, "pkcs11:", 7);
        uri[n] = '\0';
        len = prov_urifile_build(uri, der);
        (void)BIO_puts(bio, "some words before\n\n");
        CU_ASSERT_TRUE(
            PEM_write_bio(bio, PROV_URIFILE_NAME, "", der, (long)len) > 0);
        (void)BIO_write(bio, "", 1);
        (void)BIO_get_mem_data(bio, &text);
        for (int size = 16; size <= 512; size *= 2) {
            CU_ASSERT_EQUAL(read_text(text, size, &back_len, back),
                            size >= 64 ? PROV_URIFILE_GOOD
                                       : PROV_URIFILE_OTHER);
            if (size < 64)
                continue;
            CU_ASSERT_EQUAL_FATAL(back_len, len);
            CU_ASSERT_EQUAL(memcmp(back, der, len), 0);
        }
        BIO_free(bio);
    }
}

#define BEGIN_LINE "-----BEGIN PKCS#11 PROVIDER URI-----\n"
#define END_LINE   "-----END PKCS#11 PROVIDER URI-----\n"

static void bad_pem_is_refused(void)
{
    static const struct {
        const char *text;
        enum prov_urifile found;
    } rows[] = {
        {BEGIN_LINE "QUJD\n" END_LINE, PROV_URIFILE_GOOD},
        {BEGIN_LINE " QU\tJD \r\n" END_LINE, PROV_URIFILE_GOOD},
        {BEGIN_LINE "QUI=\n" END_LINE, PROV_URIFILE_GOOD},
        {"", PROV_URIFILE_OTHER},
        {"QUJD\n", PROV_URIFILE_OTHER},
        {"-----BEGIN PRIVATE KEY-----\nQUJD\n", PROV_URIFILE_OTHER},
        {"-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE "
         "KEY-----\n" BEGIN_LINE "QUJD\n" END_LINE,
         PROV_URIFILE_OTHER},
        {"-----BEGIN PKCS#11 PROVIDER URI\n", PROV_URIFILE_OTHER},
        {BEGIN_LINE, PROV_URIFILE_BROKEN},
        {BEGIN_LINE "QUJD\n", PROV_URIFILE_BROKEN},
        {BEGIN_LINE "QUJD\n-----END PRIVATE KEY-----\n", PROV_URIFILE_BROKEN},
        {BEGIN_LINE END_LINE, PROV_URIFILE_BROKEN},
        {BEGIN_LINE "QUJ\n" END_LINE, PROV_URIFILE_BROKEN},
        {BEGIN_LINE "Q=JD\n" END_LINE, PROV_URIFILE_BROKEN},
        {BEGIN_LINE "Q===\n" END_LINE, PROV_URIFILE_BROKEN},
        {BEGIN_LINE "QU=D\n" END_LINE, PROV_URIFILE_BROKEN},
        {BEGIN_LINE "Proc-Type: 4,ENCRYPTED\n\nQUJD\n" END_LINE,
         PROV_URIFILE_BROKEN}};
    uint8_t der[PROV_URIFILE_DER];
    size_t len = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(read_text(rows[i].text, 256, &len, der), rows[i].found);
}

static void endless_base64_ends_early(void)
{
    struct prov_urifile_pem pem = {.state = PROV_URIFILE_SEEK};
    uint8_t der[PROV_URIFILE_DER];
    const char *why;
    char line[65];
    size_t len, lines = 0;

    memset(line, 'A', 64);
    line[64] = '\n';
    CU_ASSERT_TRUE(prov_urifile_pem_line(&pem, BEGIN_LINE, strlen(BEGIN_LINE)));
    while (prov_urifile_pem_line(&pem, line, sizeof(line)) && lines < 1000)
        lines++;
    CU_ASSERT_TRUE(lines < 100);
    CU_ASSERT_EQUAL(prov_urifile_pem_der(&pem, der, &len, &why),
                    PROV_URIFILE_BROKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "too long"));
}

UNIT_MAIN("provider/urifile", UNIT(what_is_built_is_what_libcrypto_builds),
          UNIT(cut_and_lengthened_files_are_refused),
          UNIT(no_changed_tag_or_length_passes),
          UNIT(lengths_have_one_form_only),
          UNIT(other_strings_are_something_else), UNIT(uris_are_of_pkcs11),
          UNIT(pem_is_read_as_libcrypto_writes_it), UNIT(bad_pem_is_refused),
          UNIT(endless_base64_ends_early))
