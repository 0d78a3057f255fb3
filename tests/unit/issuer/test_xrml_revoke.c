/* SPDX-License-Identifier: Apache-2.0 */
/*
 * REVOKE elements: built lists say what Windows' signing tool takes, and lists
 * in the spelling of its published examples are read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hierarchy.h"
#include "issuer/xrml_license.h"
#include "unit.h"

#define GUID_A "{09d39708-df09-4554-bd2b-d6421346dd30}"
#define HASH   "u5rKFLkzUGTTpIEYQ1bPSyBTtJ8="

static const struct xrml_object something = {.id_type = "MS-GUID",
                                             .id = GUID_A};
static const struct xrml_object authority = {
    .type = "Revocation-List",
    .id_type = "ascii-tag",
    .id = "External revocation authority",
    .name = "Example"};

static struct xrml_license list_of(struct xrml_revoke *revoked, size_t count)
{
    return (struct xrml_license){
        .type = XRML_REVOCATION_LIST,
        .guid = GUID_A,
        .issued = HIERARCHY_TIME,
        .issuer = {.object = authority, .key = *hierarchy_numbers(REVOKER_KEY)},
        .revoked_count = count,
        .revoked = revoked};
}

static struct xrml_reading *read_list(const char *body,
                                      struct xrml_document **document,
                                      enum iss_status *status)
{
    static const uint8_t sig[256] = {1};
    struct xrml_reading *reading = NULL;
    char *text = NULL;

    CU_ASSERT_EQUAL_FATAL(
        xrml_assemble(body, strlen(body), sig, sizeof(sig), &text, NULL),
        ISS_OK);
    *document = NULL;
    *status = xrml_parse(text, strlen(text), NULL, document, NULL);
    if (*status == ISS_OK)
        *status = xrml_license_read(*document, &reading, NULL);
    free(text);
    return reading;
}

/* As printed: category and type of each kind, and the element that it names. */
static const struct {
    const char *category, *type, *part;
} kinds[XRML_REVOKED_KINDS] = {
    [XRML_REVOKED_KEY] = {"principal", "principal-key", "PUBLICKEY"},
    [XRML_REVOKED_ID] = {"license", "license-id", "OBJECT"},
    [XRML_REVOKED_HASH] = {"license", "license-hash", "DIGEST"},
    [XRML_REVOKED_ISSUER_KEY] = {"license", "issuer-key", "PUBLICKEY"},
    [XRML_REVOKED_ISSUER_ID] = {"license", "issuer-id", "OBJECT"},
    [XRML_REVOKED_CONTENT_ID] = {"content", "content-id", "OBJECT"},
    [XRML_REVOKED_PRINCIPAL_ID] = {"principal", "principal-id", "OBJECT"},
};

static struct xrml_revoke one_of(enum xrml_revoked kind)
{
    struct xrml_revoke revoke = {.kind = kind};

    if (strcmp(kinds[kind].part, "OBJECT") == 0)
        revoke.object = something;
    if (strcmp(kinds[kind].part, "PUBLICKEY") == 0)
        revoke.key = *hierarchy_numbers(SLC_KEY);
    if (strcmp(kinds[kind].part, "DIGEST") == 0) {
        revoke.digest = "SHA1";
        revoke.hash = HASH;
    }
    return revoke;
}

static void every_kind_is_written_as_printed_and_read_back(void)
{
    struct xrml_revoke all[XRML_REVOKED_KINDS];
    struct xrml_document *document = NULL;
    struct xrml_license list = list_of(all, XRML_REVOKED_KINDS);
    enum iss_status status = ISS_OK;
    char *body = NULL;

    for (size_t i = 0; i < XRML_REVOKED_KINDS; i++)
        all[i] = one_of((enum xrml_revoked)i);
    CU_ASSERT_EQUAL_FATAL(xrml_license_build(&list, &body, NULL), ISS_OK);
    for (size_t i = 0; i < XRML_REVOKED_KINDS; i++) {
        char wanted[128];

        (void)snprintf(wanted, sizeof(wanted),
                       "<REVOKE category=\"%s\" type=\"%s\"><%s>",
                       kinds[i].category, kinds[i].type, kinds[i].part);
        CU_ASSERT_PTR_NOT_NULL(strstr(body, wanted));
    }
    struct xrml_reading *reading = read_list(body, &document, &status);
    CU_ASSERT_EQUAL_FATAL(status, ISS_OK);
    const struct xrml_license *read = xrml_reading_license(reading);
    CU_ASSERT_TRUE(xrml_license_same(&list, read));
    CU_ASSERT_EQUAL_FATAL(read->revoked_count, XRML_REVOKED_KINDS);
    for (size_t i = 0; i < XRML_REVOKED_KINDS; i++)
        CU_ASSERT_EQUAL((size_t)read->revoked[i].kind, i);
    CU_ASSERT_STRING_EQUAL(read->revoked[XRML_REVOKED_HASH].hash, HASH);
    CU_ASSERT_STRING_EQUAL(read->revoked[XRML_REVOKED_CONTENT_ID].object.id,
                           GUID_A);
    xrml_reading_free(reading);
    xrml_document_free(document);
    free(body);
}

/* RSA-1024, "public exponent", "acsii-tag": how the examples are printed. The
 * modulus is one of the hierarchy's, of 2048 bits. */
static void the_printed_spelling_is_read(void)
{
    struct xrml_revoke one = one_of(XRML_REVOKED_KEY);
    struct xrml_license list = list_of(&one, 1);
    static const struct {
        const char *from, *to;
        enum iss_status status;
    } rows[] = {
        {"<ALGORITHM>RSA</ALGORITHM>", "<ALGORITHM>RSA-2048</ALGORITHM>",
         ISS_OK},
        {"public-exponent", "public exponent", ISS_OK},
        {"ascii-tag", "acsii-tag", ISS_OK},
        {"<ALGORITHM>RSA</ALGORITHM>", "<ALGORITHM>RSA-1024</ALGORITHM>",
         ISS_XML},
        {"<ALGORITHM>RSA</ALGORITHM>", "<ALGORITHM>DSA</ALGORITHM>", ISS_XML},
        {"public-exponent", "public_exponent", ISS_XML},
    };
    char *body = NULL;

    CU_ASSERT_EQUAL_FATAL(xrml_license_build(&list, &body, NULL), ISS_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xrml_document *document = NULL;
        enum iss_status status = ISS_OK;
        char *changed = calloc(1, 2 * strlen(body));
        const char *at = body;
        size_t used = 0;

        CU_ASSERT_PTR_NOT_NULL_FATAL(changed);
        for (const char *hit; (hit = strstr(at, rows[i].from)) != NULL;) {
            memcpy(changed + used, at, (size_t)(hit - at));
            used += (size_t)(hit - at);
            memcpy(changed + used, rows[i].to, strlen(rows[i].to));
            used += strlen(rows[i].to);
            at = hit + strlen(rows[i].from);
        }
        CU_ASSERT_PTR_NOT_EQUAL(at, body);
        memcpy(changed + used, at, strlen(at) + 1);
        struct xrml_reading *reading = read_list(changed, &document, &status);
        CU_ASSERT_EQUAL(status, rows[i].status);
        if (reading != NULL) {
            const struct xrml_key *key =
                &xrml_reading_license(reading)->revoked[0].key;
            const struct xrml_key *numbers = hierarchy_numbers(SLC_KEY);
            CU_ASSERT_EQUAL_FATAL(key->modulus_len, numbers->modulus_len);
            CU_ASSERT_EQUAL(
                memcmp(key->modulus, numbers->modulus, key->modulus_len), 0);
        }
        xrml_reading_free(reading);
        xrml_document_free(document);
        free(changed);
    }
    free(body);
}

static void what_names_nothing_or_another_part_is_refused(void)
{
    static const char *const inner[] = {
        "<REVOKE category=\"license\" type=\"license-id\"></REVOKE>",
        "<REVOKE category=\"license\"><OBJECT><ID "
        "type=\"MS-GUID\">x</ID></OBJECT></REVOKE>",
        "<REVOKE category=\"content\" type=\"license-id\"><OBJECT><ID "
        "type=\"MS-GUID\">x</ID></OBJECT></REVOKE>",
        "<REVOKE category=\"license\" type=\"license-age\"><OBJECT><ID "
        "type=\"MS-GUID\">x</ID></OBJECT></REVOKE>",
        "<REVOKE category=\"license\" type=\"license-hash\"><OBJECT><ID "
        "type=\"MS-GUID\">x</ID></OBJECT></REVOKE>",
        "<REVOKE category=\"license\" type=\"license-id\"><OBJECT><ID "
        "type=\"MS-GUID\">x</ID></OBJECT><OBJECT><ID "
        "type=\"MS-GUID\">y</ID></OBJECT></REVOKE>",
    };
    struct xrml_license list = list_of(NULL, 0);
    static const char end[] = "</REVOCATIONLIST></BODY>";
    char *body = NULL;

    CU_ASSERT_EQUAL_FATAL(xrml_license_build(&list, &body, NULL), ISS_OK);
    char *tail = strstr(body, end);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tail);
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
        struct xrml_document *document = NULL;
        enum iss_status status = ISS_OK;
        char text[8192];

        (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(tail - body), body,
                       inner[i], end);
        struct xrml_reading *reading = read_list(text, &document, &status);
        CU_ASSERT_EQUAL(status, ISS_XML);
        CU_ASSERT_PTR_NULL(reading);
        xrml_document_free(document);
    }
    free(body);
}

static void only_the_part_that_a_kind_names_is_written(void)
{
    for (size_t i = 0; i < XRML_REVOKED_KINDS; i++)
        for (size_t j = 0; j < XRML_REVOKED_KINDS; j++) {
            struct xrml_revoke one = one_of((enum xrml_revoked)i);
            struct xrml_license list = list_of(&one, 1);
            bool fits = strcmp(kinds[i].part, kinds[j].part) == 0;
            char *body = NULL;

            one.kind = (enum xrml_revoked)j;
            CU_ASSERT_EQUAL(xrml_license_build(&list, &body, NULL),
                            fits ? ISS_OK : ISS_MALFORMED);
            free(body);
        }
}

static void a_list_has_as_many_as_a_document_holds(void)
{
    static struct xrml_revoke many[XRML_REVOKED_MAX + 1];
    struct xrml_license list = list_of(many, XRML_REVOKED_MAX + 1);
    char *body = NULL;

    for (size_t i = 0; i <= XRML_REVOKED_MAX; i++)
        many[i] = one_of(XRML_REVOKED_ID);
    CU_ASSERT_EQUAL(xrml_license_build(&list, &body, NULL), ISS_MALFORMED);
    list.revoked_count = XRML_REVOKED_MAX; /* over 256 KiB */
    CU_ASSERT_EQUAL(xrml_license_build(&list, &body, NULL), ISS_MALFORMED);
    CU_ASSERT_PTR_NULL(body);
    list.revoked_count = 1000;
    CU_ASSERT_EQUAL(xrml_license_build(&list, &body, NULL), ISS_OK);
    free(body);
}

UNIT_MAIN("xrml_revoke", UNIT(every_kind_is_written_as_printed_and_read_back),
          UNIT(the_printed_spelling_is_read),
          UNIT(what_names_nothing_or_another_part_is_refused),
          UNIT(only_the_part_that_a_kind_names_is_written),
          UNIT(a_list_has_as_many_as_a_document_holds))
