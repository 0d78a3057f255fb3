/* SPDX-License-Identifier: Apache-2.0 */
/* See licenses.h. */
#include "licenses.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { SIGNATURE_MAX = 512, DAY = 86400 };

#define GUID(n) "{20000000-0000-0000-0000-00000000000" #n "}"
#define MAIL    "user@example.org"

static const char bits_text[] = "AAECAwQFBgcICQoLDA0ODw==";
static const struct xrml_object account = {.type = "Group-Identity",
                                           .id_type = "Windows",
                                           .id = "S-1-5-21-1-2-3-1000",
                                           .name = MAIL};
static const struct xrml_object machine = {.type = "Machine-Unique-Identifier",
                                           .id_type = "MS-GUID",
                                           .id = GUID(a),
                                           .name = "Machine"};
static const struct xrml_object content = {.id_type = "MS-GUID", .id = GUID(c)};
static const struct xrml_data rights_data = {.id = "Encrypted-Rights-Data",
                                             .text = bits_text};

static const struct row {
    enum xrml_type type;
    const char *guid, *text, *right;
    bool by_client, to_account, to_server;
} table[LICENSE_KINDS] = {
    [LICENSE_RAC] = {XRML_RAC, GUID(1), NULL, NULL, false, true, false},
    [LICENSE_CLC] = {XRML_CLC, GUID(2), NULL, "ISSUE", false, true, false},
    [LICENSE_PL] = {XRML_PL, GUID(3), NULL, NULL, false, false, true},
    [LICENSE_OFFLINE_PL] = {XRML_PL, GUID(4), NULL, NULL, true, false, true},
    [LICENSE_UL] = {XRML_UL, GUID(5), NULL, "VIEW", false, true, false},
    [LICENSE_OWNER_UL] = {XRML_UL, GUID(6), NULL, "OWNER", true, true, false},
    [LICENSE_TEMPLATE] = {XRML_TEMPLATE, GUID(7),
                          "LCID 1033:NAME Plans:DESCRIPTION Plans;", "VIEW",
                          false, false, false},
    [LICENSE_LIST] = {XRML_REVOCATION_LIST, GUID(8), NULL, NULL, false, false,
                      false},
};

static void give_bits(struct xrml_bits *bits)
{
    *bits = (struct xrml_bits){.form = "sealed-key-v2", .text = bits_text};
}

static void make_right(const struct row *row, struct license *out)
{
    struct xrml_right *right = &out->rights[0];

    if (row->right == NULL)
        return;
    out->fields.right_count = 1;
    right->name = row->right;
    right->first = row->type != XRML_TEMPLATE;
    if (right->first)
        give_bits(&right->bits);
    else
        right->user =
            (struct xrml_object){.id_type = "Internal", .id = "ANYONE"};
    if (row->type == XRML_CLC)
        right->range = (struct xrml_range){
            true, HIERARCHY_TIME, xrml_time_add_years(HIERARCHY_TIME, 7)};
}

static void make_principal(const struct row *row, int server,
                           const struct xrml_object *server_object,
                           struct xrml_license *l)
{
    if (row->to_account) {
        l->principal.object = account;
        l->principal.key =
            *hierarchy_numbers(row->type == XRML_CLC ? CLC_KEY : RAC_KEY);
    } else if (row->to_server) {
        l->principal.object = *server_object;
        l->principal.key = *hierarchy_numbers(server);
        give_bits(&l->principal.bits);
    }
}

void license_make(enum license_kind kind, bool from_sub, struct license *out)
{
    const struct row *row = &table[kind];
    const int server = from_sub ? SUB_KEY : SLC_KEY;
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_license *l = &out->fields;

    hierarchy_rows(rows);
    const struct xrml_object *object =
        &rows[from_sub ? SUB_ROW : SLC_ROW].fields.principal;
    *out = (struct license){.fields = {.type = row->type,
                                       .guid = row->guid,
                                       .text = row->text,
                                       .issued = HIERARCHY_TIME},
                            .signer = row->by_client ? CLC_KEY : server};
    l->issuer.object = row->by_client ? account : *object;
    make_principal(row, server, object, l);
    make_right(row, out);
    if (row->type == XRML_RAC) {
        l->validity = (struct xrml_range){true, HIERARCHY_TIME - 900,
                                          HIERARCHY_TIME + 365 * (int64_t)DAY};
        l->machine.object = machine;
        give_bits(&l->machine.bits);
    }
    if (row->type == XRML_CLC)
        l->work = (struct xrml_object){.type = "Client-Licensor-Certificate",
                                       .id_type = "MS-GUID",
                                       .id = row->guid};
    if (row->type == XRML_PL || row->type == XRML_UL)
        l->work = content;
    if (row->type == XRML_TEMPLATE)
        l->work = (struct xrml_object){.id_type = ""};
    if (row->type == XRML_PL) {
        l->data[0] = rights_data;
        l->data_count = 1;
    }
}

static struct xrml_key numbers_of(EVP_PKEY *key,
                                  uint8_t modulus[XRML_MODULUS_MAX])
{
    BIGNUM *n = NULL;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n),
                          1);
    int len = BN_bn2bin(n, modulus);
    BN_free(n);
    return (struct xrml_key){
        .modulus = modulus, .modulus_len = (size_t)len, .exponent = 65537};
}

char *license_text(struct license *license)
{
    uint8_t modulus[XRML_MODULUS_MAX];
    EVP_PKEY *key =
        license->with != NULL ? license->with : hierarchy_key(license->signer);
    struct iss_error error = {.status = ISS_OK};
    uint8_t sig[SIGNATURE_MAX];
    size_t sig_len = 0;
    char *body = NULL;
    char *text = NULL;

    license->fields.rights = license->rights;
    if (license->fields.revoked == NULL)
        license->fields.revoked = license->revoked;
    if (license->with != NULL)
        license->fields.issuer.key = numbers_of(key, modulus);
    if (license->fields.issuer.key.modulus == NULL)
        license->fields.issuer.key = *hierarchy_numbers(license->signer);
    if (xrml_license_build(&license->fields, &body, &error) != ISS_OK)
        (void)fprintf(stderr, "%s\n", error.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(body);
    CU_ASSERT_EQUAL_FATAL(
        xrml_sign(NULL, key, body, strlen(body), sig, &sig_len, &error),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_assemble(body, strlen(body), sig, sig_len, &text, &error), ISS_OK);
    free(body);
    return text;
}

void license_chain(struct license *const *licenses, size_t count,
                   struct hierarchy_row *rows, int from,
                   struct xrml_chain *chain)
{
    for (size_t i = 0; i < count; i++) {
        char *text = license_text(licenses[i]);

        CU_ASSERT_EQUAL_FATAL(
            xrml_chain_append(chain, text, strlen(text), 0, NULL), ISS_OK);
        free(text);
    }
    hierarchy_chain(rows, from, CA_ROW, chain);
}
