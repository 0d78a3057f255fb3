/* SPDX-License-Identifier: Apache-2.0 */
/* See answers.h. */
#include "answers.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

void answers_anchor(struct stores *stores)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    char *out = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    CU_ASSERT_EQUAL(PEM_write_bio_PUBKEY(bio, hierarchy_key(ROOT_KEY)), 1);
    long size = BIO_get_mem_data(bio, &pem);
    int n = asprintf(&out, "# Example Production Root\n%.*s", (int)size, pem);
    CU_ASSERT_TRUE_FATAL(n > 0);
    stores->anchors = out;
    stores->anchors_len = (size_t)n;
    BIO_free(bio);
}

char *answers_root_chain(size_t *len)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    char *all = NULL;

    hierarchy_rows(rows);
    for (int i = SLC_ROW; i < HIERARCHY_ROWS; i++) {
        char *text = hierarchy_text(&rows[i]);
        char *longer = NULL;

        CU_ASSERT_TRUE_FATAL(
            asprintf(&longer, "%s%s\n", all == NULL ? "" : all, text) > 0);
        free(text);
        free(all);
        all = longer;
    }
    *len = strlen(all);
    return all;
}

struct iss_init answers_init(const struct stores *stores, enum iss_role role)
{
    struct iss_init asked = stores_root(stores);

    asked.role = role;
    return asked;
}

void answers_new(struct stores *stores, enum iss_role role)
{
    char *chain = NULL;

    stores_bare(stores);
    answers_anchor(stores);
    struct iss_init asked = answers_init(stores, role);
    if (role == ISS_LICENSING)
        asked.root_chain = chain = answers_root_chain(&asked.root_chain_len);
    stores_init(stores, &asked);
    free(chain);
}

/* ---- answers --------------------------------------------------------------
 */

static enum iss_role role_of(const struct stores *stores)
{
    struct iss *store = NULL;
    struct iss_info info;

    CU_ASSERT_EQUAL_FATAL(
        iss_open(&stores->env, stores->root, ISS_READ_ONLY, &store, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(iss_info(store, &info, NULL), ISS_OK);
    iss_free(store);
    return info.role;
}

void answers_begin(const struct stores *stores,
                   const struct iss_request *request, unsigned n,
                   struct answers *answers)
{
    hierarchy_rows(answers->rows);
    CU_ASSERT_EQUAL_FATAL(enroll_request_parse(request->text, request->len,
                                               &answers->asked, NULL),
                          ISS_OK);
    answers->leaf = &answers->rows[SLC_ROW];
    if (role_of(stores) == ISS_LICENSING)
        answers->leaf = &answers->rows[SUB_ROW];
    struct xrml_certificate *fields = &answers->leaf->fields;
    (void)snprintf(answers->document, sizeof(answers->document),
                   "{20000000-0000-4000-8000-0000000000%02u}", n);
    fields->guid = answers->document;
    fields->issued = stores->now;
    fields->range.from = stores->now;
    fields->range.until = xrml_time_add_years(stores->now, 1);
    fields->principal.id = answers->asked.guid;
    fields->principal.name = answers->asked.name;
    fields->principal.address = answers->asked.url;
    fields->principal_key = iss_key_view(&answers->asked.key);
}

char *answers_print(struct answers *answers, size_t *len)
{
    const int first = (int)(answers->leaf - answers->rows);
    char *texts[HIERARCHY_ROWS] = {NULL};
    char *out = NULL;

    for (int i = first; i < HIERARCHY_ROWS; i++)
        texts[i] = hierarchy_text(&answers->rows[i]);
    CU_ASSERT_EQUAL_FATAL(
        enroll_response_print(
            first == SUB_ROW ? SUB_ENROLL_RESPONSE : ENROLL_RESPONSE,
            (const char *const *)&texts[first],
            (size_t)(HIERARCHY_ROWS - first), &out, len, NULL),
        ISS_OK);
    for (int i = first; i < HIERARCHY_ROWS; i++)
        free(texts[i]);
    return out;
}

/* ---- the way of a request -------------------------------------------------
 */

static void must(bool good, const struct stores *stores, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, stores->error.text);
    abort();
}

void answers_export(struct stores *stores, enum iss_op op,
                    struct iss_request *request)
{
    struct iss *store = stores_open(stores, stores->root);

    must(iss_export_with(
             store,
             &(struct iss_asking){.op = op, .make = stores_make, .arg = stores},
             request, &stores->error) == ISS_OK,
         stores, "export");
    stores_close(stores, store);
}

enum iss_status answers_import(struct stores *stores, const char *text,
                               size_t len, unsigned flags)
{
    struct iss_import import;
    struct iss *store = stores_open(stores, stores->root);

    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status =
        iss_import_check(store, text, len, &import, &stores->error);
    if (status == ISS_OK)
        status = iss_import_take(store, &import, flags, &stores->error);
    iss_import_clear(&import);
    struct iss_error closing = {.status = ISS_OK};
    must(iss_close(store, &closing) == ISS_OK, stores, "close");
    return status;
}

void answers_verify(struct stores *stores)
{
    const struct iss_log_check check = {.from = 1};
    struct iss_log_verdict verdict;
    struct iss *store = stores_open(stores, stores->root);

    memset(&stores->error, 0, sizeof(stores->error));
    CU_ASSERT_EQUAL(iss_log_verify(store, &check, &verdict, &stores->error),
                    ISS_OK);
    CU_ASSERT_STRING_EQUAL(stores->error.text, "");
    stores_close(stores, store);
}

void answers_pass(struct stores *stores, enum iss_op op, unsigned n)
{
    struct iss_request request;
    struct answers answers;
    size_t len = 0;

    answers_export(stores, op, &request);
    answers_begin(stores, &request, n, &answers);
    char *text = answers_print(&answers, &len);
    must(answers_import(stores, text, len, ISS_ACCEPT_CHANGE) == ISS_OK, stores,
         "import");
    free(text);
    iss_request_clear(&request);
}
