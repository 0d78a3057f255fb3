/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_make DIR: a license of each kind, what stands above them and all
 * private keys, for checks that want documents everywhere. What is sealed can
 * be opened: the RAC by the machine, CLC and UL by the RAC, the PL by the
 * server.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/sealed.h"
#include "licenses.h"
#include "unit.h"

enum { CONTENT_KEY = 16, PATH_SIZE = 4096, BASE64_MAX = SEALED_MAX * 2 };

static const char *folder;

static FILE *create(const char *name)
{
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    return file;
}

static void put(const char *name, const char *text)
{
    FILE *file = create(name);

    CU_ASSERT_TRUE(fputs(text, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static void put_keys(void)
{
    static const char *const names[HIERARCHY_KEYS] = {
        "root.pem", "ca.pem",  "eca.pem", "esc.pem",     "slc.pem",
        "sub.pem",  "rac.pem", "clc.pem", "revoker.pem", "machine.pem"};
    FILE *file = create("anchors.pem");

    CU_ASSERT_EQUAL(PEM_write_PUBKEY(file, hierarchy_key(ROOT_KEY)), 1);
    CU_ASSERT_EQUAL(fclose(file), 0);
    for (int key = 0; key < HIERARCHY_KEYS; key++) {
        file = create(names[key]);
        CU_ASSERT_EQUAL(PEM_write_PrivateKey(file, hierarchy_key(key), NULL,
                                             NULL, 0, NULL, NULL),
                        1);
        CU_ASSERT_EQUAL(fclose(file), 0);
    }
}

/* What is sealed in a kind, to whom, and where it stands. */
static const struct row {
    const char *name;
    enum sealed_kind secret;
    int to, private_key; /* to -1: nothing is sealed */
} rows[LICENSE_KINDS] = {
    [LICENSE_RAC] = {"rac", SEALED_PRIVATE_KEY, MACHINE_KEY, RAC_KEY},
    [LICENSE_CLC] = {"clc", SEALED_PRIVATE_KEY, RAC_KEY, CLC_KEY},
    [LICENSE_PL] = {"pl", SEALED_CONTENT_KEY, SLC_KEY, 0},
    [LICENSE_OFFLINE_PL] = {"offline-pl", SEALED_CONTENT_KEY, SLC_KEY, 0},
    [LICENSE_UL] = {"ul", SEALED_CONTENT_KEY, RAC_KEY, 0},
    [LICENSE_OWNER_UL] = {"owner-ul", SEALED_CONTENT_KEY, RAC_KEY, 0},
    [LICENSE_TEMPLATE] = {"template", SEALED_CONTENT_KEY, -1, 0},
    [LICENSE_LIST] = {"list", SEALED_CONTENT_KEY, -1, 0},
};

static struct xrml_bits *bits_of(struct license *license)
{
    if (license->fields.machine.bits.form != NULL)
        return &license->fields.machine.bits;
    return license->fields.principal.bits.form != NULL
               ? &license->fields.principal.bits
               : &license->rights[0].bits;
}

/* The text of ENABLINGBITS in out, bound to the document as it is without. */
static void seal(const struct row *row, struct license *license, int to,
                 char out[BASE64_MAX])
{
    static uint8_t data[SEALED_MAX];
    struct sealed_secret secret = {.len = CONTENT_KEY};
    struct xrml_document *document = NULL;
    char *text = license_text(license);
    char *bound = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(xrml_parse(text, strlen(text), NULL, &document, NULL),
                          ISS_OK);
    const char *body = xrml_body(document, &len);
    CU_ASSERT_EQUAL_FATAL(
        xrml_license_bound(body, len, license->fields.type, &bound, NULL),
        ISS_OK);
    memset(secret.octets, 0x5a, CONTENT_KEY);
    if (row->secret == SEALED_PRIVATE_KEY)
        CU_ASSERT_EQUAL_FATAL(
            sealed_from_key(hierarchy_key(row->private_key), &secret, NULL),
            ISS_OK);
    const struct sealed_lid lid = {.form = SEALED_V2,
                                   .kind = row->secret,
                                   .element = bound,
                                   .element_len = strlen(bound)};
    CU_ASSERT_EQUAL_FATAL(
        sealed_close(&lid, hierarchy_numbers(to), &secret, data, &len, NULL),
        ISS_OK);
    (void)EVP_EncodeBlock((uint8_t *)out, data, (int)len);
    sealed_secret_wipe(&secret);
    xrml_document_free(document);
    free(bound);
    free(text);
}

static void put_license(enum license_kind kind, bool from_sub)
{
    static char bits[BASE64_MAX];
    const struct row *row = &rows[kind];
    struct license license;
    char name[64];

    license_make(kind, from_sub, &license);
    if (row->to >= 0) {
        seal(row, &license, from_sub && row->to == SLC_KEY ? SUB_KEY : row->to,
             bits);
        bits_of(&license)->text = bits;
    }
    char *text = license_text(&license);
    (void)snprintf(name, sizeof(name), "%s%s.xml", from_sub ? "sub-" : "",
                   row->name);
    put(name, text);
    free(text);
}

static void put_above(const char *name, int from)
{
    struct hierarchy_row certificates[HIERARCHY_ROWS];
    struct xrml_chain chain = {.count = 0};
    FILE *file = create(name);

    hierarchy_rows(certificates);
    hierarchy_chain(certificates, from, CA_ROW, &chain);
    for (size_t i = 0; i < chain.count; i++) {
        size_t len = 0;
        const char *text = xrml_text(chain.documents[i], &len);
        CU_ASSERT_EQUAL(fwrite(text, 1, len, file), len);
        CU_ASSERT_TRUE(fputc('\n', file) != EOF);
    }
    CU_ASSERT_EQUAL(fclose(file), 0);
    xrml_chain_clear(&chain);
}

static void documents_are_made(void)
{
    put_keys();
    put_above("above.xml", SLC_ROW);
    put_above("sub-above.xml", SUB_ROW);
    for (int kind = 0; kind < LICENSE_KINDS; kind++) {
        put_license((enum license_kind)kind, false);
        put_license((enum license_kind)kind, true);
    }
}

int main(int argc, char **argv)
{
    static const struct unit_test tests[] = {UNIT(documents_are_made)};

    folder = argc == 2 ? argv[1] : ".";
    return unit_main("chain_make", tests, 1, 1, argv);
}
