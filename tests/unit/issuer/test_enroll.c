/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: octets as published, strict reading. */
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hierarchy.h"
#include "issuer/enroll.h"
#include "unit.h"

/* What the octets must be; %s: base64 of the DER by libcrypto. */
static const char wanted[] =
    "<?xml version=\"1.0\"?>\n"
    "<EnrollParameters xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
    "  <RevocationInformation>\n"
    "    <RevocationType>StandardRevocation</RevocationType>\n"
    "  </RevocationInformation>\n"
    "  <CertificatePublicKey "
    "xmlns=\"http://microsoft.com/DRM/EnrollmentService\">\n"
    "    <aPublicKeyBytes>%s</aPublicKeyBytes>\n"
    "    <Guid>ba653b6a-e163-416e-b0bb-2f94b02799ee</Guid>\n"
    "  </CertificatePublicKey>\n"
    "  <EnrolleeInformation "
    "xmlns=\"http://microsoft.com/DRM/EnrollmentService\">\n"
    "    <SKU>privyseal</SKU>\n"
    "    <Version>1.0.0</Version>\n"
    "    <Name>R&#228;ksm&#246;rg&#229;s &amp; S</Name>\n"
    "    <URL>https://rms.example/_wmcs</URL>\n"
    "  </EnrolleeInformation>\n"
    "</EnrollParameters>\n";

static void pkcs1_base64(EVP_PKEY *key, char *out)
{
    uint8_t der[600];
    uint8_t *at = der;
    size_t left = sizeof(der);
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        key, EVP_PKEY_PUBLIC_KEY, "DER", "pkcs1", NULL);

    CU_ASSERT_EQUAL(OSSL_ENCODER_to_data(ctx, &at, &left), 1);
    (void)EVP_EncodeBlock((unsigned char *)out, der, (int)(sizeof(der) - left));
    OSSL_ENCODER_CTX_free(ctx);
}

static void set_key(struct enroll_key *key, int which)
{
    const struct xrml_key *numbers = hierarchy_numbers(which);

    memcpy(key->modulus, numbers->modulus, numbers->modulus_len);
    key->modulus_len = numbers->modulus_len;
    key->exponent = numbers->exponent;
}

static struct enroll_request sample(void)
{
    struct enroll_request request = {
        .guid = "{ba653b6a-e163-416e-b0bb-2f94b02799ee}",
        .sku = "privyseal",
        .version = "1.0.0",
        .name = "R\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s & S",
        .url = "https://rms.example/_wmcs"};

    set_key(&request.key, SLC_KEY);
    return request;
}

static char *printed(const struct enroll_request *request)
{
    struct iss_error error = {0};
    char *text = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(enroll_request_print(request, &text, &len, &error),
                          ISS_OK);
    CU_ASSERT_EQUAL(strlen(text), len);
    return text;
}

static enum iss_status parse(const char *text, struct enroll_request *request)
{
    struct iss_error error = {0};
    enum iss_status status =
        enroll_request_parse(text, strlen(text), request, &error);

    CU_ASSERT_EQUAL(status == ISS_OK, error.text[0] == '\0');
    CU_ASSERT_PTR_NULL(strchr(error.text, '\n'));
    return status;
}

static void request_has_the_published_octets(void)
{
    struct enroll_request request = sample();
    char base64[900];
    char octets[4096];

    pkcs1_base64(hierarchy_key(SLC_KEY), base64);
    (void)snprintf(octets, sizeof(octets), wanted, base64);
    char *text = printed(&request);
    CU_ASSERT_STRING_EQUAL(text, octets);
    free(text);
}

static void request_is_read_back(void)
{
    struct enroll_request request = sample();
    struct enroll_request back;

    request.revocation = ENROLL_CUSTOM;
    request.authority_count = 2;
    set_key(&request.authorities[0], CA_KEY);
    set_key(&request.authorities[1], ESC_KEY);
    char *text = printed(&request);
    CU_ASSERT_EQUAL(parse(text, &back), ISS_OK);
    CU_ASSERT_EQUAL(memcmp(&request, &back, sizeof(request)), 0);
    free(text);
}

static void request_cut_anywhere_is_refused(void)
{
    struct enroll_request request = sample();
    struct enroll_request back;
    char *text = printed(&request);
    size_t end = strlen(text) - 1; /* the last line feed may be missing */

    for (size_t cut = 0; cut < end; cut++) {
        char *copy = malloc(cut + 1);
        struct iss_error error = {0};
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        memcpy(copy, text, cut);
        CU_ASSERT_EQUAL(enroll_request_parse(copy, cut, &back, &error),
                        ISS_MALFORMED);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
        free(copy);
    }
    free(text);
}

static char *changed(const char *find, const char *replace)
{
    struct enroll_request request = sample();
    char *text = printed(&request);
    const char *at = strstr(text, find);
    size_t len = strlen(text) + strlen(replace) + 1;
    char *out = malloc(len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    (void)snprintf(out, len, "%.*s%s%s", (int)(at - text), text, replace,
                   at + strlen(find));
    free(text);
    return out;
}

static const struct change {
    const char *find, *replace;
} refused[] = {
    {"<EnrollParameters", "<!DOCTYPE a><EnrollParameters"},
    {"privyseal<", "&foo;<"},
    {"<SKU>privyseal</SKU>", ""},
    {"<SKU>privyseal</SKU>", "<SKU>a</SKU><SKU>b</SKU>"},
    {"<SKU>privyseal</SKU>", "<SKU>a<b/></SKU>"},
    {"<SKU>privyseal</SKU>", "<SKU>a\nb</SKU>"},
    {"<SKU>", "<SKU a=\"b\">"},
    {"<SKU>", "<Other/><SKU>"},
    {"<SKU>", "<!-- --><SKU>"},
    {"<SKU>privyseal</SKU>\n    <Version>1.0.0</Version>",
     "<Version>1.0.0</Version><SKU>privyseal</SKU>"},
    {"</EnrolleeInformation>", "<Other/></EnrolleeInformation>"},
    {"</EnrolleeInformation>", "</EnrolleeInformation><Other/>"},
    {"<EnrollParameters", "<EnrollParameter"},
    {"EnrollmentService\"", "OtherService\""},
    {"<Guid>ba653b6a", "<Guid>{ba653b6a"},
    {"<Guid>ba653b6a", "<Guid>ba653b6"},
    {"<Guid>ba653b6a-e163-416e-b0bb-2f94b02799ee",
     "<Guid>00000000-0000-0000-0000-000000000000"},
    {"<aPublicKeyBytes>", "<aPublicKeyBytes> "},
    {"<aPublicKeyBytes>", "<aPublicKeyBytes>AAAA"},
    {"<aPublicKeyBytes>MIIBCgKC", "<aPublicKeyBytes>MIIBCgKD"},
    {"StandardRevocation", "NonRevocable"},
    {"StandardRevocation", "CustomRevocation"},
    {"</RevocationType>", "</RevocationType><aRevocationAuthorities/>"},
    {"<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"utf-16\"?>"},
    {"</EnrollParameters>", "</EnrollParameters>x"},
};

static void other_forms_are_refused(void)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct enroll_request request;
        char *text = changed(refused[i].find, refused[i].replace);
        enum iss_status status = parse(text, &request);
        if (status != ISS_MALFORMED)
            (void)fprintf(stderr, "accepted: %s\n", refused[i].replace);
        CU_ASSERT_EQUAL(status, ISS_MALFORMED);
        free(text);
    }
}

static void published_variants_are_accepted(void)
{
    static const struct change rows[] = {
        {"<Guid>ba653b6a-e163-416e-b0bb-2f94b02799ee",
         "<Guid>{BA653B6A-E163-416E-B0BB-2F94B02799EE}"},
        {"<SKU>privyseal</SKU>", "<SKU />"},
        {"<URL>https://rms.example", "<URL>HTTP://rms:80"},
        {"<SKU>privyseal</SKU>\n", "<SKU>RMS 1.0</SKU>\r\n"},
        {"<?xml version=\"1.0\"?>\n", ""},
        {"R&#228;", "R\xc3\xa4"},
        {" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct enroll_request request;
        char *text = changed(rows[i].find, rows[i].replace);
        CU_ASSERT_EQUAL(parse(text, &request), ISS_OK);
        CU_ASSERT_STRING_EQUAL(request.guid,
                               "{ba653b6a-e163-416e-b0bb-2f94b02799ee}");
        free(text);
    }
}

static void lengths_are_held(void)
{
    static const struct {
        const char *whole, *before, *after;
        size_t max;
    } rows[] = {{"<SKU>privyseal</SKU>", "<SKU>", "</SKU>", ENROLL_SKU_MAX},
                {"<Version>1.0.0</Version>", "<Version>", "</Version>",
                 ENROLL_VERSION_MAX},
                {"<Name>R&#228;ksm&#246;rg&#229;s &amp; S</Name>", "<Name>",
                 "</Name>", ENROLL_NAME_MAX},
                {"<URL>https://rms.example/_wmcs</URL>", "<URL>", "</URL>",
                 ENROLL_URL_MAX}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t over = 0; over < 2; over++) {
            struct enroll_request request;
            char letters[ENROLL_URL_MAX + 2] = "";
            char replace[700];
            memset(letters, 'a', rows[i].max + over);
            (void)snprintf(replace, sizeof(replace), "%s%s%s", rows[i].before,
                           letters, rows[i].after);
            char *text = changed(rows[i].whole, replace);
            CU_ASSERT_EQUAL(parse(text, &request),
                            over == 0 ? ISS_OK : ISS_MALFORMED);
            free(text);
        }
}

static void what_is_no_request_is_not_printed(void)
{
    struct enroll_request request = sample();
    char *text = NULL;
    size_t len = 0;

    request.revocation = ENROLL_CUSTOM;
    CU_ASSERT_EQUAL(enroll_request_print(&request, &text, &len, NULL),
                    ISS_INTERNAL);
    request = sample();
    request.key.modulus_len = 0;
    CU_ASSERT_EQUAL(enroll_request_print(&request, &text, &len, NULL),
                    ISS_INTERNAL);
    CU_ASSERT_PTR_NULL(text);
}

UNIT_MAIN("enroll", UNIT(request_has_the_published_octets),
          UNIT(request_is_read_back), UNIT(request_cut_anywhere_is_refused),
          UNIT(other_forms_are_refused), UNIT(published_variants_are_accepted),
          UNIT(lengths_are_held), UNIT(what_is_no_request_is_not_printed))
