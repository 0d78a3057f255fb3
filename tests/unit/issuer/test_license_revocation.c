/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "issuer/matter.h"
#include "issuer/trust.h"
#include "publishing.h"
#include "unit.h"

static const struct xrml_revoke content = {
    .kind = XRML_REVOKED_CONTENT_ID,
    .object = {.id_type = "MS-GUID", .id = PUBLISHING_CONTENT}};

static void a_list_is_what_is_published(void)
{
    static const struct xrml_revoke rows[] = {
        {.kind = XRML_REVOKED_CONTENT_ID,
         .object = {.id_type = "MS-GUID", .id = PUBLISHING_CONTENT}},
        {.kind = XRML_REVOKED_HASH,
         .digest = "SHA256",
         .hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}};
    struct publishing publishing;
    struct iss_licensed list;

    publishing_new(&publishing);
    const struct iss_license_order order = {
        .kind = ISS_REVOCATION_LIST, .revoked = rows, .revoked_count = 2};
    licensing_must(&publishing.licensing, &order, &list);
    const char *text = list.document;
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "<BODY type=\"LICENSE\" version=\"3.0\"><ISSUEDTIME>"
                     "2026-11-21T10:00</ISSUEDTIME><DESCRIPTOR><OBJECT "
                     "type=\"Revocation-List\"><ID type=\"MS-GUID\">{"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text,
        "</ISSUER><REVOCATIONLIST><REVOKE category=\"content\" "
        "type=\"content-id\"><OBJECT><ID type=\"MS-GUID\">" PUBLISHING_CONTENT
        "</ID></OBJECT></REVOKE><REVOKE category=\"license\" "
        "type=\"license-hash\"><DIGEST><ALGORITHM>SHA256</ALGORITHM>"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
    /* this server is who revokes, as it is who issues accounts */
    char *issuer = licensing_between(text, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    char *server = licensing_between(publishing.ann.document, "<ISSUER>",
                                     "<ISSUER>", "</ISSUER>");
    CU_ASSERT_STRING_EQUAL(issuer, server);
    free(issuer);
    free(server);
    iss_licensed_clear(&list);
    publishing_free(&publishing);
}

static void a_list_may_say_that_nothing_is_revoked(void)
{
    struct publishing publishing;
    struct iss_licensed list;

    publishing_new(&publishing);
    const struct iss_license_order order = {.kind = ISS_REVOCATION_LIST};
    licensing_must(&publishing.licensing, &order, &list);
    CU_ASSERT_PTR_NULL(strstr(list.document, "<REVOKE "));
    iss_licensed_clear(&list);
    publishing_free(&publishing);
}

static void an_entry_names_what_its_kind_names(void)
{
    static const uint8_t modulus[256] = {0x80, [255] = 1};
    static const struct xrml_key key = {modulus, sizeof(modulus), 65537};
    static const struct xrml_revoke rows[] = {
        {.kind = XRML_REVOKED_KINDS},
        {.kind = XRML_REVOKED_KEY},
        {.kind = XRML_REVOKED_KEY,
         .object = {.id_type = "MS-GUID", .id = PUBLISHING_CONTENT}},
        {.kind = XRML_REVOKED_ID, .key = {modulus, sizeof(modulus), 65537}},
        {.kind = XRML_REVOKED_ID, .object = {.id_type = "MS-GUID", .id = "1"}},
        {.kind = XRML_REVOKED_ID, .object = {.id = PUBLISHING_CONTENT}},
        {.kind = XRML_REVOKED_HASH, .digest = "SHA256", .hash = "AAAA"},
        {.kind = XRML_REVOKED_HASH,
         .digest = "MD5",
         .hash = "1B2M2Y8AsgTpgAmY7PhCfg=="},
        {.kind = XRML_REVOKED_CONTENT_ID,
         .object = {.id_type = "MS-GUID", .id = PUBLISHING_CONTENT},
         .digest = "SHA256",
         .hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
    };
    struct publishing publishing;
    struct iss_licensed list;

    publishing_new(&publishing);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct iss_license_order order = {.kind = ISS_REVOCATION_LIST,
                                                .revoked = &rows[i],
                                                .revoked_count = 1};
        CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &list),
                        ISS_MALFORMED);
        CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "entry 1"));
    }
    const struct xrml_revoke good = {.kind = XRML_REVOKED_ISSUER_KEY,
                                     .key = key};
    const struct iss_license_order order = {
        .kind = ISS_REVOCATION_LIST, .revoked = &good, .revoked_count = 1};
    licensing_must(&publishing.licensing, &order, &list);
    iss_licensed_clear(&list);
    publishing_free(&publishing);
}

/* Has a store sign a list, and the root take it. */
static void take_list(struct publishing *publishing, struct iss *signer,
                      const struct xrml_revoke *row)
{
    struct iss_licensed list;
    const struct iss_license_order order = {
        .kind = ISS_REVOCATION_LIST, .revoked = row, .revoked_count = 1};

    CU_ASSERT_EQUAL_FATAL(
        iss_license(signer, &order, &list, &publishing->licensing.error),
        ISS_OK);
    const struct iss_trusted trusted = {.kind = ISS_TRUST_LIST,
                                        .name = "the list",
                                        .text = {list.document, list.len},
                                        .uri = ""};
    CU_ASSERT_EQUAL_FATAL(iss_trust_add(publishing->licensing.root, &trusted,
                                        &publishing->licensing.error),
                          ISS_OK);
    iss_licensed_clear(&list);
}

static void revoke(struct publishing *publishing, const struct xrml_revoke *row)
{
    take_list(publishing, publishing->licensing.root, row);
}

/* The root's own key, by its authority. */
static void revoke_root(struct publishing *publishing,
                        const struct xrml_document *own)
{
    struct stores *stores = &publishing->licensing.stores;
    struct iss *authority = stores_open(stores, stores->authority);
    const struct xrml_revoke row = {.kind = XRML_REVOKED_KEY,
                                    .key = xrml_fields(own)->principal_key};

    take_list(publishing, authority, &row);
    stores_close(stores, authority);
}

/* Judged before the list was taken, asked again before its INTENT. */
static void who_is_revoked_meanwhile_issues_nothing(void)
{
    struct publishing publishing;
    struct iss_matter matter;
    struct iss_act act;
    struct iss_error error = {.status = ISS_OK};
    struct iss_licensed pl;

    publishing_new(&publishing);
    const struct iss_license_order order = publishing_pl(&publishing);
    CU_ASSERT_EQUAL_FATAL(
        iss_matter_open(publishing.licensing.root, &order, &matter, &error),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(iss_matter_write(&matter, &error), ISS_OK);
    iss_matter_act(&matter, &act);
    CU_ASSERT_EQUAL(act.guard(act.guard_arg, &error), ISS_OK);
    revoke_root(&publishing, matter.own.documents[0]);
    CU_ASSERT_EQUAL(act.guard(act.guard_arg, &error), ISS_REVOKED);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &pl),
                    ISS_REVOKED);
    iss_matter_clear(&matter);
    publishing_free(&publishing);
}

static void what_is_revoked_is_not_licensed(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    struct xrml_document *rac = NULL;

    for (int i = 0; i < 4; i++) {
        publishing_new(&publishing);
        const struct iss_license_order order = publishing_pl(&publishing);
        licensing_must(&publishing.licensing, &order, &pl);
        CU_ASSERT_EQUAL_FATAL(xrml_parse(publishing.bob.document,
                                         publishing.bob.len, NULL, &rac, NULL),
                              ISS_OK);
        char hash[64] = "";
        (void)EVP_EncodeBlock((unsigned char *)hash, pl.body_hash, 32);
        const struct xrml_revoke rows[4] = {
            content,
            {.kind = XRML_REVOKED_ID,
             .object = {.id_type = "MS-GUID", .id = pl.guid}},
            {.kind = XRML_REVOKED_HASH, .digest = "SHA256", .hash = hash},
            {.kind = XRML_REVOKED_KEY, .key = xrml_fields(rac)->principal_key}};
        const struct iss_license_order use =
            publishing_ul(&pl, &publishing.bob);
        licensing_must(&publishing.licensing, &use, &ul);
        iss_licensed_clear(&ul);
        revoke(&publishing, &rows[i]);
        CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                        ISS_REVOKED);
        xrml_document_free(rac);
        iss_licensed_clear(&pl);
        publishing_free(&publishing);
    }
}

static void a_license_repeats_who_may_revoke_its_content(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    struct xrml_document *rac = NULL;

    publishing_new(&publishing);
    CU_ASSERT_EQUAL_FATAL(xrml_parse(publishing.bob.document,
                                     publishing.bob.len, NULL, &rac, NULL),
                          ISS_OK);
    publishing.terms.refresh = (struct xrml_refresh){
        .count = 1,
        .points = {{.object = {.type = "Revocation",
                               .id_type = "MS-GUID",
                               .id = PUBLISHING_CONTENT,
                               .name = "Lists",
                               .address = "https://rms.example/list"},
                    .key = xrml_fields(rac)->issuer_key}},
        .interval = {.present = true, .days = 2}};
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    /* its list is asked for, and not there */
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_REVOKED);
    const struct xrml_revoke other = {
        .kind = XRML_REVOKED_CONTENT_ID,
        .object = {.id_type = "MS-GUID",
                   .id = "{00000000-1111-4222-8333-444444444444}"}};
    revoke(&publishing, &other);
    licensing_must(&publishing.licensing, &use, &ul);
    char *of_pl =
        licensing_between(pl.document, "<REFRESH>", "<REFRESH>", "</REFRESH>");
    char *of_ul =
        licensing_between(ul.document, "<REFRESH>", "<REFRESH>", "</REFRESH>");
    CU_ASSERT_PTR_NOT_NULL_FATAL(of_pl);
    CU_ASSERT_PTR_NOT_NULL_FATAL(of_ul);
    CU_ASSERT_STRING_EQUAL(of_pl, of_ul);
    iss_licensed_clear(&ul);
    /* two days later it is too old */
    publishing.licensing.stores.now += 2 * 86400 + 60;
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_REVOKED);
    free(of_pl);
    free(of_ul);
    xrml_document_free(rac);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

UNIT_MAIN("license_revocation", UNIT(a_list_is_what_is_published),
          UNIT(a_list_may_say_that_nothing_is_revoked),
          UNIT(an_entry_names_what_its_kind_names),
          UNIT(who_is_revoked_meanwhile_issues_nothing),
          UNIT(what_is_revoked_is_not_licensed),
          UNIT(a_license_repeats_who_may_revoke_its_content))
