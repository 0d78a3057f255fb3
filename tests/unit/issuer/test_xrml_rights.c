/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights data against the openssl command, and against the examples 4.5.4 and
 * 4.5.5 of MS-RMPR: a text, and what a real client made of it with a key that
 * nobody has. In ECB, equal blocks of the one are equal blocks of the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "issuer/xrml_rights.h"
#include "unit.h"

enum { BLOCK = 16, KEYS = 2 };

static const char text[] =
    "<XrML version=\"1.2\" xmlns=\"\"><BODY type=\"Microsoft Rights "
    "Template\" version=\"3.0\"><ISSUEDTIME>2026-11-21T12:00</ISSUEDTIME>"
    "<WORK><OBJECT><ID type=\"MS-GUID\">{09d39708-df09-4554-bd2b-"
    "d6421346dd30}</ID></OBJECT><METADATA><OWNER><OBJECT><ID type=\"Windows\" "
    "/><NAME>åsa@example.org</NAME></OBJECT></OWNER></METADATA>"
    "<RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST><VIEW><CONDITIONLIST>"
    "<ACCESS><PRINCIPAL><OBJECT><ID type=\"Unspecified\" /><NAME>"
    "user@example.org</NAME></OBJECT></PRINCIPAL></ACCESS></CONDITIONLIST>"
    "</VIEW></RIGHTSLIST></RIGHTSGROUP></WORK></BODY></XrML>";

static const struct {
    size_t len;
    const char *cipher;
} keys[KEYS] = {{16, "aes-128-ecb"}, {32, "aes-256-ecb"}};

static const uint8_t *content_key(void)
{
    static uint8_t key[32];

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)(i * 11 + 3);
    return key;
}

/* The characters of the text above in UTF-16LE, zeros behind; all of them are
 * below U+0100. Returns the octets of whole blocks. */
static size_t utf16(const char *from, uint8_t *out, size_t size)
{
    size_t used = 0;

    memset(out, 0, size);
    for (; *from != '\0'; from++, used += 2) {
        unsigned char c = (unsigned char)*from;
        CU_ASSERT_TRUE_FATAL(used + BLOCK < size);
        if (c >= 0xc0) /* the one that is not ASCII */
            c = (unsigned char)((c & 3) << 6 | (*++from & 0x3f));
        out[used] = c;
    }
    return (used + BLOCK - 1) / BLOCK * BLOCK;
}

static void put_file(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(data, 1, len, file), len);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

/* One run of "openssl enc", base64 on the encrypted side; free(). */
static char *openssl(size_t n, const char *how, const void *in, size_t in_len,
                     size_t *out_len)
{
    char *folder = unit_temp_dir();
    char from[512];
    char to[512];
    char hex[65];
    char command[2048];

    (void)snprintf(from, sizeof(from), "%s/in", folder);
    (void)snprintf(to, sizeof(to), "%s/out", folder);
    for (size_t i = 0; i < keys[n].len; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", content_key()[i]);
    put_file(from, in, in_len);
    (void)snprintf(command, sizeof(command),
                   "openssl enc %s -%s -K %s -nopad -a -A -in '%s' -out '%s'",
                   how, keys[n].cipher, hex, from, to);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    char *out = unit_read_file(to, out_len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    (void)remove(from);
    (void)remove(to);
    (void)rmdir(folder);
    free(folder);
    return out;
}

static enum iss_status open_rights(size_t n, const char *rights,
                                   struct xrml_document **out,
                                   struct iss_error *error)
{
    *error = (struct iss_error){.status = ISS_OK};
    return xrml_rights_open(NULL, content_key(), keys[n].len, rights, out,
                            error);
}

static void what_is_sealed_openssl_decrypts(void)
{
    uint8_t wanted[4096];
    const size_t len = utf16(text, wanted, sizeof(wanted));

    for (size_t n = 0; n < KEYS; n++) {
        struct iss_error error = {.status = ISS_OK};
        char *rights = NULL;
        size_t got = 0;

        CU_ASSERT_EQUAL_FATAL(xrml_rights_seal(NULL, content_key(), keys[n].len,
                                               text, &rights, &error),
                              ISS_OK);
        char *plain = openssl(n, "-d", rights, strlen(rights), &got);
        CU_ASSERT_EQUAL_FATAL(got, len);
        CU_ASSERT_EQUAL(memcmp(plain, wanted, len), 0);
        free(plain);
        free(rights);
    }
}

static void what_openssl_encrypts_is_opened(void)
{
    uint8_t plain[4096];
    const size_t len = utf16(text, plain, sizeof(plain));

    for (size_t n = 0; n < KEYS; n++) {
        struct xrml_document *document = NULL;
        struct xrml_reading *reading = NULL;
        struct iss_error error = {.status = ISS_OK};
        size_t got = 0;
        char *rights = openssl(n, "-e", plain, len, &got);

        CU_ASSERT_EQUAL_FATAL(open_rights(n, rights, &document, &error),
                              ISS_OK);
        const char *read = xrml_text(document, &got);
        CU_ASSERT_EQUAL(got, strlen(text));
        CU_ASSERT_STRING_EQUAL(read, text);
        CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, &error),
                              ISS_OK);
        const struct xrml_license *license = xrml_reading_license(reading);
        CU_ASSERT_EQUAL(license->type, XRML_RIGHTS);
        CU_ASSERT_STRING_EQUAL(license->owner.name, "åsa@example.org");
        CU_ASSERT_EQUAL_FATAL(license->right_count, 1);
        CU_ASSERT_STRING_EQUAL(license->rights[0].name, "VIEW");
        CU_ASSERT_STRING_EQUAL(license->rights[0].user.name,
                               "user@example.org");
        CU_ASSERT_PTR_NULL(license->beyond);
        xrml_reading_free(reading);
        xrml_document_free(document);
        free(rights);
    }
}

/* ---- the examples of MS-RMPR
 * ------------------------------------------------- */

static char *example(const char *name)
{
    char path[128];
    size_t len = 0;

    (void)snprintf(path, sizeof(path), "spec-examples/MS-RMPR-4.5.%s.xml",
                   name);
    char *read = fixture_sample(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    return read;
}

static void the_example_has_what_is_printed(void)
{
    struct xrml_document *document = NULL;
    struct xrml_reading *reading = NULL;
    int64_t until = 0;

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    char *read = example("5-ERD");
    CU_ASSERT_EQUAL_FATAL(
        xrml_unsigned_parse(read, strlen(read), &document, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, NULL), ISS_OK);
    const struct xrml_license *license = xrml_reading_license(reading);
    CU_ASSERT_EQUAL(license->right_count, 17);
    CU_ASSERT_STRING_EQUAL(license->owner.name, "owner@contoso.com");
    CU_ASSERT_STRING_EQUAL(license->referral.address,
                           "mailto:owner@contoso.com");
    CU_ASSERT_STRING_EQUAL(license->rights[2].name, "OBJMODEL");
    CU_ASSERT_STRING_EQUAL(license->rights[16].user.name, "user@contoso.com");
    CU_ASSERT_TRUE(license->rights[16].range.present);
    CU_ASSERT_TRUE(xrml_time_parse("2010-07-12T06:59", 16, &until));
    CU_ASSERT_EQUAL(license->rights[16].range.until, until);
    xrml_reading_free(reading);
    xrml_document_free(document);
    free(read);
}

/* The example's text sealed with any key has the length of the example's own
 * rights data, and blocks are equal where theirs are. */
static void the_example_is_sealed_as_its_client_did(void)
{
    struct xrml_document *label = NULL;
    struct xrml_reading *reading = NULL;
    static uint8_t theirs[8192];
    static uint8_t ours[8192];
    size_t their_len = 0;
    size_t our_len = 0;
    char *rights = NULL;

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    char *read = example("5-ERD");
    char *pl = example("4-PL");
    CU_ASSERT_EQUAL_FATAL(xrml_parse(pl, strlen(pl), NULL, &label, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(label, &reading, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_bits_decode(xrml_rights_of(xrml_reading_license(reading)), theirs,
                         sizeof(theirs), &their_len, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_rights_seal(NULL, content_key(), 16, read, &rights, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_bits_decode(rights, ours, sizeof(ours), &our_len, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(our_len, 6944);
    CU_ASSERT_EQUAL_FATAL(their_len, our_len);
    size_t pairs = 0;
    size_t wrong = 0;
    for (size_t i = 0; i < our_len; i += BLOCK)
        for (size_t j = 0; j < i; j += BLOCK) {
            bool same = memcmp(ours + i, ours + j, BLOCK) == 0;
            pairs += same;
            wrong += same != (memcmp(theirs + i, theirs + j, BLOCK) == 0);
        }
    CU_ASSERT_TRUE(pairs > 100);
    CU_ASSERT_EQUAL(wrong, 0);
    free(rights);
    xrml_reading_free(reading);
    xrml_document_free(label);
    free(pl);
    free(read);
}

/* ---- refusals ---------------------------------------------------------------
 */

static char *seal_plain(const void *plain, size_t len)
{
    size_t got = 0;

    return openssl(0, "-e", plain, len, &got);
}

static void whatever_another_key_made_is_refused(void)
{
    struct xrml_document *document = NULL;
    struct iss_error error = {.status = ISS_OK};
    uint8_t key[16] = {1};
    char *rights = NULL;

    CU_ASSERT_EQUAL_FATAL(
        xrml_rights_seal(NULL, content_key(), 16, text, &rights, &error),
        ISS_OK);
    CU_ASSERT_EQUAL(xrml_rights_open(NULL, key, 16, rights, &document, &error),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NULL(document);
    CU_ASSERT_EQUAL(
        xrml_rights_open(NULL, content_key(), 32, rights, &document, &error),
        ISS_REFUSED);
    for (size_t len = 0; len < 64; len++) { /* cut off, as base64 or not */
        char cut[80];

        memcpy(cut, rights, len);
        cut[len] = '\0';
        CU_ASSERT_EQUAL(open_rights(0, cut, &document, &error), ISS_REFUSED);
    }
    free(rights);
}

static void a_text_that_is_none_is_refused(void)
{
    static const struct {
        const char *text;
        enum iss_status status;
    } rows[] = {
        {"", ISS_REFUSED},
        {"0123456789", ISS_REFUSED},
        {"<XrML>", ISS_XML},
        {"<a></a>", ISS_XML},
        {"<XrML version=\"1.2\" xmlns=\"\"></XrML>", ISS_XML},
        {"<XrML version=\"1.2\" xmlns=\"\"><BODY type=\"Microsoft Rights "
         "Label\" version=\"3.0\"></BODY></XrML>",
         ISS_XML},
    };
    uint8_t plain[1024];
    struct xrml_document *document = NULL;
    struct iss_error error = {.status = ISS_OK};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = utf16(rows[i].text, plain, sizeof(plain));
        char *rights = seal_plain(plain, len == 0 ? BLOCK : len);

        CU_ASSERT_EQUAL(open_rights(0, rights, &document, &error),
                        rows[i].status);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
        CU_ASSERT_PTR_NULL(document);
        free(rights);
    }
}

static void a_mark_other_fill_and_the_other_order_are_refused(void)
{
    uint8_t plain[4096];
    uint8_t other[4096];
    const size_t len = utf16(text, plain, sizeof(plain));
    struct xrml_document *document = NULL;
    struct iss_error error = {.status = ISS_OK};

    memset(other, 0, sizeof(other)); /* a mark before it */
    other[0] = 0xff;
    other[1] = 0xfe;
    memcpy(other + 2, plain, len);
    char *rights = seal_plain(other, len + BLOCK);
    CU_ASSERT_EQUAL(open_rights(0, rights, &document, &error), ISS_REFUSED);
    free(rights);
    rights = seal_plain(plain, len + BLOCK); /* a block of zeros behind it */
    CU_ASSERT_EQUAL(open_rights(0, rights, &document, &error), ISS_REFUSED);
    free(rights);
    for (size_t i = 0; i < len; i += 2) { /* the higher octet first */
        other[i] = plain[i + 1];
        other[i + 1] = plain[i];
    }
    rights = seal_plain(other, len);
    CU_ASSERT_EQUAL(open_rights(0, rights, &document, &error), ISS_REFUSED);
    free(rights);
    memcpy(other, plain, len); /* a surrogate alone */
    other[41] = 0xd8;
    rights = seal_plain(other, len);
    CU_ASSERT_EQUAL(open_rights(0, rights, &document, &error), ISS_XML);
    free(rights);
}

static void keys_and_texts_out_of_bounds_are_refused(void)
{
    const size_t size = XRML_RIGHTS_DATA_MAX + 2;
    char *rights = NULL;
    struct iss_error error = {.status = ISS_OK};
    static const size_t lens[] = {0, 15, 17, 24, 33};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
        CU_ASSERT_EQUAL(xrml_rights_seal(NULL, content_key(), lens[i], text,
                                         &rights, &error),
                        ISS_USAGE);
    char *longer = malloc(size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
    /* the text with a name so long that UTF-16 passes the limit */
    const char *name = strstr(text, "user@");
    const size_t head = (size_t)(name - text);
    const size_t fill = XRML_RIGHTS_DATA_MAX / 2;
    memcpy(longer, text, head);
    memset(longer + head, 'x', fill);
    memcpy(longer + head + fill, name, strlen(name) + 1);
    CU_ASSERT_EQUAL(
        xrml_rights_seal(NULL, content_key(), 16, longer, &rights, &error),
        ISS_USAGE);
    memset(longer, 'x', size - 1);
    longer[size - 1] = '\0';
    CU_ASSERT_EQUAL(
        xrml_rights_seal(NULL, content_key(), 16, longer, &rights, &error),
        ISS_USAGE);
    CU_ASSERT_PTR_NULL(rights);
    free(longer);
}

static void a_signature_is_where_it_must_be_alone(void)
{
    static const char *const signed_ones[] = {"1-SPC", "2-RAC", "3-CLC",
                                              "4-PL",  "6-UL",  "7-TEMPLATE"};
    struct xrml_document *document = NULL;
    struct iss_error error = {.status = ISS_OK};

    CU_ASSERT_EQUAL(xrml_parse(text, strlen(text), NULL, &document, &error),
                    ISS_XML);
    CU_ASSERT_PTR_NULL(document);
    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    for (size_t i = 0; i < sizeof(signed_ones) / sizeof(signed_ones[0]); i++) {
        char *read = example(signed_ones[i]);
        char *signature = strstr(read, "<SIGNATURE>");

        CU_ASSERT_EQUAL(
            xrml_unsigned_parse(read, strlen(read), &document, &error),
            ISS_XML);
        CU_ASSERT_PTR_NULL(document);
        CU_ASSERT_PTR_NOT_NULL_FATAL(signature);
        memcpy(signature, "</XrML>", sizeof("</XrML>"));
        bool label = strcmp(signed_ones[i], "4-PL") == 0;
        CU_ASSERT_EQUAL(
            xrml_unsigned_parse(read, strlen(read), &document, &error),
            label ? ISS_OK : ISS_XML);
        CU_ASSERT_EQUAL(document != NULL, label);
        xrml_document_free(document);
        free(read);
    }
    /* a template is rights data with its SIGNATURE, and not without */
    char *read = example("7-TEMPLATE");
    char *rights = NULL;
    CU_ASSERT_EQUAL_FATAL(
        xrml_rights_seal(NULL, content_key(), 16, read, &rights, &error),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(open_rights(0, rights, &document, &error), ISS_OK);
    CU_ASSERT_EQUAL(xrml_fields(document)->type, XRML_TEMPLATE);
    xrml_document_free(document);
    free(rights);
    free(read);
    read = example("2-RAC");
    CU_ASSERT_EQUAL(
        xrml_rights_seal(NULL, content_key(), 16, read, &rights, &error),
        ISS_XML);
    free(read);
}

UNIT_MAIN("xrml_rights", UNIT(what_is_sealed_openssl_decrypts),
          UNIT(what_openssl_encrypts_is_opened),
          UNIT(the_example_has_what_is_printed),
          UNIT(the_example_is_sealed_as_its_client_did),
          UNIT(whatever_another_key_made_is_refused),
          UNIT(a_text_that_is_none_is_refused),
          UNIT(a_mark_other_fill_and_the_other_order_are_refused),
          UNIT(keys_and_texts_out_of_bounds_are_refused),
          UNIT(a_signature_is_where_it_must_be_alone))
