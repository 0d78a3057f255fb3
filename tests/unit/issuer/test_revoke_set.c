/* SPDX-License-Identifier: Apache-2.0 */
/* What a list is to revoke, and a third party's list: every way to name a
 * document takes effect where that party may revoke. */
#include "issuer/revoke_set.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "issuer/xrml_revocation.h"
#include "licenses.h"
#include "unit.h"

#define ABSENT "{30000000-0000-4000-8000-000000000001}"

static struct xrml_document *document_of(const char *text)
{
    struct xrml_document *out = NULL;

    CU_ASSERT_EQUAL_FATAL(xrml_parse(text, strlen(text), NULL, &out, NULL),
                          ISS_OK);
    return out;
}

static struct xrml_document *license_of(enum license_kind kind)
{
    struct license license;

    license_make(kind, false, &license);
    char *text = license_text(&license);
    struct xrml_document *out = document_of(text);
    free(text);
    return out;
}

static struct iss_revoke_set *set_new(void)
{
    struct iss_revoke_set *set = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_revoke_new(&set, NULL), ISS_OK);
    return set;
}

static void a_document_is_named_by_what_it_has(void)
{
    static const struct {
        enum license_kind what;
        enum xrml_revoked kind;
        enum iss_status status;
    } rows[] = {
        {LICENSE_RAC, XRML_REVOKED_ID, ISS_OK},
        {LICENSE_RAC, XRML_REVOKED_HASH, ISS_OK},
        {LICENSE_RAC, XRML_REVOKED_KEY, ISS_OK},
        {LICENSE_RAC, XRML_REVOKED_ISSUER_KEY, ISS_OK},
        {LICENSE_RAC, XRML_REVOKED_PRINCIPAL_ID, ISS_OK},
        {LICENSE_RAC, XRML_REVOKED_CONTENT_ID, ISS_SEMANTICS},
        {LICENSE_UL, XRML_REVOKED_CONTENT_ID, ISS_OK},
        {LICENSE_TEMPLATE, XRML_REVOKED_KEY, ISS_SEMANTICS},
        {LICENSE_TEMPLATE, XRML_REVOKED_CONTENT_ID, ISS_SEMANTICS},
        {LICENSE_TEMPLATE, XRML_REVOKED_HASH, ISS_OK},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct iss_revoke_set *set = set_new();
        struct xrml_document *document = license_of(rows[i].what);
        char text[ISS_REVOKE_TEXT];

        CU_ASSERT_EQUAL(
            iss_revoke_add_document(set, document, rows[i].kind, NULL),
            rows[i].status);
        CU_ASSERT_EQUAL(iss_revoke_count(set), rows[i].status == ISS_OK);
        if (iss_revoke_count(set) == 1) {
            CU_ASSERT_EQUAL(iss_revoke_at(set, 0)->kind, rows[i].kind);
            iss_revoke_text(iss_revoke_at(set, 0), text);
            CU_ASSERT_TRUE(strlen(text) > 20);
        }
        xrml_document_free(document);
        iss_revoke_free(set);
    }
}

static void the_same_twice_is_one_entry(void)
{
    struct iss_revoke_set *set = set_new();
    struct xrml_document *document = license_of(LICENSE_RAC);
    const struct xrml_key *key = hierarchy_numbers(RAC_KEY);
    uint8_t hash[32];

    xrml_body_hash(document, hash);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(
            iss_revoke_add_document(set, document, XRML_REVOKED_HASH, NULL),
            ISS_OK);
        CU_ASSERT_EQUAL(iss_revoke_add_hash(set, hash, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_revoke_add_key(set, key, XRML_REVOKED_KEY, NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL(
            iss_revoke_add_document(set, document, XRML_REVOKED_KEY, NULL),
            ISS_OK);
        CU_ASSERT_EQUAL(iss_revoke_add_guid(set, ABSENT, XRML_REVOKED_ID, NULL),
                        ISS_OK);
    }
    CU_ASSERT_EQUAL(iss_revoke_count(set), 3);
    /* the same name of another kind is another entry */
    CU_ASSERT_EQUAL(
        iss_revoke_add_guid(set, ABSENT, XRML_REVOKED_ISSUER_ID, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_revoke_add_key(set, key, XRML_REVOKED_ISSUER_KEY, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_revoke_count(set), 5);
    CU_ASSERT_EQUAL(iss_revoke_add_guid(set, "x", XRML_REVOKED_ID, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(iss_revoke_add_guid(set, ABSENT, XRML_REVOKED_HASH, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(iss_revoke_add_key(set, key, XRML_REVOKED_ID, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(iss_revoke_count(set), 5);
    xrml_document_free(document);
    iss_revoke_free(set);
}

static void a_list_holds_as_many_as_the_documents_take(void)
{
    struct iss_revoke_set *set = set_new();
    uint8_t hash[32] = {0};

    for (unsigned i = 0; i < XRML_REVOKED_MAX; i++) {
        hash[0] = (uint8_t)i;
        hash[1] = (uint8_t)(i >> 8);
        CU_ASSERT_EQUAL(iss_revoke_add_hash(set, hash, NULL), ISS_OK);
    }
    CU_ASSERT_EQUAL(iss_revoke_add_hash(set, hash, NULL), ISS_OK);
    hash[2] = 1;
    CU_ASSERT_EQUAL(iss_revoke_add_hash(set, hash, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(iss_revoke_count(set), XRML_REVOKED_MAX);
    iss_revoke_free(set);
}

/* ---- a third party ---------------------------------------------------------
 */

struct party {
    char *dir;
    char path[ISS_PATH_MAX], uri[ISS_PATH_MAX];
    struct iss_env env;
    struct iss_revoker revoker;
};

static void party_new(struct party *party)
{
    memset(party, 0, sizeof(*party));
    party->dir = unit_temp_dir();
    (void)snprintf(party->path, sizeof(party->path), "%.200s/revoker.pem",
                   party->dir);
    (void)snprintf(party->uri, sizeof(party->uri), "file:%.300s", party->path);
    FILE *file = fopen(party->path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(PEM_write_PKCS8PrivateKey(file, hierarchy_key(REVOKER_KEY),
                                              NULL, NULL, 0, NULL, NULL),
                    1);
    CU_ASSERT_EQUAL(fclose(file), 0);
    party->revoker = (struct iss_revoker){.uri = party->uri,
                                          .name = "Revoker & Sons",
                                          .now = HIERARCHY_TIME + 100};
}

static void party_free(struct party *party)
{
    CU_ASSERT_EQUAL(unlink(party->path), 0);
    CU_ASSERT_EQUAL(rmdir(party->dir), 0);
    free(party->dir);
}

static struct xrml_document *sign(struct party *party,
                                  const struct iss_revoke_set *set)
{
    char *text = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(
        iss_revoker_sign(&party->env, &party->revoker, set, &text, &len, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(strlen(text), len);
    struct xrml_document *list = document_of(text);
    free(text);
    return list;
}

/* What the list says of an SLC whose certificate names the third party, or of
 * one that names nobody. */
static enum iss_status judge(const struct xrml_document *list, bool named)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_chain chain = {.count = 0};
    struct xrml_revocations *lists = NULL;
    const struct xrml_key revokers[] = {*hierarchy_numbers(ESC_KEY),
                                        *hierarchy_numbers(REVOKER_KEY)};

    hierarchy_rows(rows);
    if (named) {
        rows[SLC_ROW].fields.revokers = revokers;
        rows[SLC_ROW].fields.revoker_count = 2;
    }
    hierarchy_chain(rows, SLC_ROW, CA_ROW, &chain);
    CU_ASSERT_EQUAL(xrml_revocations_new(&lists, NULL), ISS_OK);
    CU_ASSERT_EQUAL(xrml_revocations_add(lists, NULL, list, NULL), ISS_OK);
    enum iss_status status =
        xrml_revocations_check(lists, &chain, 0, HIERARCHY_TIME + 200, NULL);
    xrml_revocations_free(lists);
    xrml_chain_clear(&chain);
    return status;
}

static void a_third_partys_list_counts_where_it_is_named(void)
{
    struct party party;
    struct hierarchy_row rows[HIERARCHY_ROWS];
    uint8_t hash[32], wanted[32];

    party_new(&party);
    hierarchy_rows(rows);
    CU_ASSERT_EQUAL(iss_revoker_hash(&party.env, &party.revoker, hash, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(xrml_key_hash(hierarchy_numbers(REVOKER_KEY), wanted, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(memcmp(hash, wanted, sizeof(hash)), 0);
    struct iss_revoke_set *set = set_new();
    struct xrml_document *empty = sign(&party, set);
    CU_ASSERT_EQUAL(judge(empty, true), ISS_OK);
    CU_ASSERT_EQUAL(iss_revoke_add_guid(set, rows[SLC_ROW].fields.guid,
                                        XRML_REVOKED_ID, NULL),
                    ISS_OK);
    struct xrml_document *list = sign(&party, set);
    CU_ASSERT_EQUAL(xrml_fields(list)->type, XRML_REVOCATION_LIST);
    CU_ASSERT_STRING_EQUAL(xrml_fields(list)->issuer.name, "Revoker & Sons");
    CU_ASSERT_EQUAL(judge(list, true), ISS_REVOKED);
    CU_ASSERT_EQUAL(judge(list, false), ISS_OK);
    xrml_document_free(list);
    xrml_document_free(empty);
    iss_revoke_free(set);
    party_free(&party);
}

static void an_earlier_lists_entries_are_taken_over(void)
{
    struct party party;
    uint8_t hash[32];
    struct iss_revoke_set *first = set_new();
    struct iss_revoke_set *second = set_new();

    party_new(&party);
    CU_ASSERT_EQUAL(iss_revoker_hash(&party.env, &party.revoker, hash, NULL),
                    ISS_OK);
    for (int kind = 0; kind < XRML_REVOKED_KINDS; kind++) {
        struct xrml_document *from = license_of(
            kind == XRML_REVOKED_CONTENT_ID ? LICENSE_UL : LICENSE_RAC);

        CU_ASSERT_EQUAL(
            iss_revoke_add_document(first, from, (enum xrml_revoked)kind, NULL),
            ISS_OK);
        xrml_document_free(from);
    }
    struct xrml_document *list = sign(&party, first);
    CU_ASSERT_EQUAL(iss_revoke_add_list(second, NULL, list, hash, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_revoke_add_list(second, NULL, list, hash, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_revoke_count(second), XRML_REVOKED_KINDS);
    for (size_t i = 0; i < iss_revoke_count(second); i++) {
        char one[ISS_REVOKE_TEXT], two[ISS_REVOKE_TEXT];

        iss_revoke_text(iss_revoke_at(first, i), one);
        iss_revoke_text(iss_revoke_at(second, i), two);
        CU_ASSERT_STRING_EQUAL(one, two);
    }
    hash[0] ^= 1;
    CU_ASSERT_EQUAL(iss_revoke_add_list(second, NULL, list, hash, NULL),
                    ISS_CONFLICT);
    xrml_document_free(list);
    iss_revoke_free(first);
    iss_revoke_free(second);
    party_free(&party);
}

UNIT_MAIN("revoke_set", UNIT(a_document_is_named_by_what_it_has),
          UNIT(the_same_twice_is_one_entry),
          UNIT(a_list_holds_as_many_as_the_documents_take),
          UNIT(a_third_partys_list_counts_where_it_is_named),
          UNIT(an_earlier_lists_entries_are_taken_over))
