/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answers.h"
#include "issuer/journal.h"
#include "issuer/publish.h"
#include "unit.h"

static enum iss_status try(struct stores *stores, const struct iss_init *asked)
{
    struct iss *store = NULL;

    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_init_with(&stores->env, asked, stores_make,
                                           stores, &store, &stores->error);
    if (status == ISS_OK)
        status = iss_close(store, &stores->error);
    return status;
}

static void an_authority_has_four_keys_and_an_audit_key(void)
{
    static const char *const purposes[] = {"audit", "root", "ca", "eca", "esc"};
    struct stores stores;
    struct iss_info info;
    struct stat st;

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.authority);
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
        struct iss_key_row row;
        CU_ASSERT_EQUAL(iss_store_key_get(store->db, purposes[i], &row, NULL),
                        ISS_OK);
        CU_ASSERT_NOT_EQUAL(row.seq, 0);
        iss_key_row_clear(&row);
    }
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL(info.role, ISS_AUTHORITY);
    CU_ASSERT_EQUAL(info.state, ISS_ENROLLED);
    CU_ASSERT_STRING_EQUAL(info.url, "");
    CU_ASSERT_EQUAL(info.unfinished, 0);
    CU_ASSERT_EQUAL(info.key_bits, 2048);
    CU_ASSERT_STRING_EQUAL(info.issuer_name,
                           "Example EA Production Server Enrollment CA");
    CU_ASSERT_EQUAL(stat(stores.authority, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0700);
    stores_close(&stores, store);
    /* KEYGEN before, KEY after, and each key tested */
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_KEYGEN),
                    5);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_KEY), 5);
    stores_free(&stores);
}

static void init_again_finds_everything_done(void)
{
    struct stores stores;

    stores_new(&stores);
    const struct iss_init asked = stores_authority(&stores);
    unsigned made = stores.made;
    unsigned results =
        stores_records(&stores, stores.authority, ISS_REC_RESULT);
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_OK);
    CU_ASSERT_EQUAL(stores.made, made);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_RESULT),
                    results);
    stores_free(&stores);
}

static void other_answers_are_a_conflict(void)
{
    struct stores stores;

    stores_new(&stores);
    struct iss_init asked = stores_root(&stores);
    asked.key_bits = 3072;
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_CONFLICT);
    asked = stores_root(&stores);
    asked.url = "https://other.example/_wmcs";
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_CONFLICT);
    asked = stores_root(&stores);
    asked.token_uri = "pkcs11:token=other";
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_CONFLICT);
    asked = stores_root(&stores);
    asked.dir = stores.authority;
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_CONFLICT);
    asked = stores_root(&stores);
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_OK);
    stores_free(&stores);
}

/* The token goes away before the n-th pair: the next run makes what is missing
 * and nothing twice. */
static void an_interrupted_init_is_finished(void)
{
    struct stores stores;

    for (int n = 0; n < 5; n++) {
        stores_bare(&stores);
        const struct iss_init asked = stores_authority(&stores);
        stores.fail_after = n;
        CU_ASSERT_EQUAL(try(&stores, &asked), ISS_TOKEN);
        CU_ASSERT_EQUAL((int)stores.made, n);
        stores.fail_after = -1;
        CU_ASSERT_EQUAL(try(&stores, &asked), ISS_OK);
        CU_ASSERT_EQUAL(stores.made, 5);
        CU_ASSERT_EQUAL(
            stores_records(&stores, stores.authority, ISS_REC_KEYGEN), 5);
        CU_ASSERT_EQUAL(
            stores_records(&stores, stores.authority, ISS_REC_RESULT), 8);
        stores_free(&stores);
    }
}

/* Half a pair lies under the first id: it is given up, with a record. */
static enum iss_status half(void *arg, const struct iss_env *env,
                            const struct iss_keygen *keygen,
                            struct iss_made *made, struct iss_error *error)
{
    struct stores *stores = arg;

    if (stores->fail_after-- == 0) {
        memset(made, 0, sizeof(*made));
        made->unfit = true;
        return ISS_OK;
    }
    int left = stores->fail_after;
    stores->fail_after = -1;
    enum iss_status status = stores_make(arg, env, keygen, made, error);
    stores->fail_after = left;
    return status;
}

static void half_a_pair_is_given_up_and_another_made(void)
{
    struct stores stores;
    struct iss *store = NULL;

    stores_bare(&stores);
    const struct iss_init asked = stores_authority(&stores);
    stores.fail_after = 2;
    CU_ASSERT_EQUAL(iss_init_with(&stores.env, &asked, half, &stores, &store,
                                  &stores.error),
                    ISS_OK);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_KEYGEN),
                    6);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_VOID), 1);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_KEY), 5);
    stores_free(&stores);
}

static void what_cannot_be_made_is_said_before_anything_is(void)
{
    struct stores stores;
    struct stat st;

    stores_bare(&stores);
    for (int i = 0; i < 9; i++) {
        struct iss_init asked = stores_root(&stores);
        asked.anchors = "x";
        asked.anchors_len = 1;
        asked.key_bits = i == 0 ? 1024 : asked.key_bits;
        asked.name = i == 1 ? "a/b" : asked.name;
        asked.url = i == 2 ? "ftp://rms.example" : asked.url;
        asked.url = i == 3 ? NULL : asked.url;
        asked.anchors = i == 4 ? NULL : asked.anchors;
        asked.token_uri = i == 5 ? "pkcs11:token=a\n[x]" : asked.token_uri;
        asked.token_uri =
            i == 6 ? "pkcs11:token=a?pin-value=1234" : asked.token_uri;
        asked.revocation = i == 7 ? ENROLL_CUSTOM : asked.revocation;
        CU_ASSERT_EQUAL(try(&stores, &asked), ISS_USAGE);
        CU_ASSERT_NOT_EQUAL(stores.error.text[0], '\0');
        CU_ASSERT_EQUAL(stat(asked.dir, &st), -1);
    }
    stores_free(&stores);
}

static void the_hierarchy_of_a_root_is_that_of_its_anchors(void)
{
    struct stores stores;
    struct iss_info info;
    char path[ISS_PATH_MAX + 16];

    stores_bare(&stores);
    struct iss_init asked = stores_authority(&stores);
    asked.hierarchy = ISS_PRE_PRODUCTION;
    stores_init(&stores, &asked);
    (void)snprintf(path, sizeof(path), "%s/anchors.pem", stores.authority);
    stores.anchors = unit_read_file(path, &stores.anchors_len);
    CU_ASSERT_EQUAL(strncmp(stores.anchors, "# Example EA ISV Root\n", 22), 0);
    asked = stores_root(&stores);
    stores_init(&stores, &asked);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL(info.hierarchy, ISS_PRE_PRODUCTION);
    CU_ASSERT_EQUAL(info.state, ISS_UNENROLLED);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void a_folder_open_to_others_is_not_taken(void)
{
    struct stores stores;
    char path[ISS_PATH_MAX];

    stores_bare(&stores);
    const struct iss_init asked = stores_authority(&stores);
    CU_ASSERT_EQUAL(mkdir(asked.dir, 0700), 0);
    CU_ASSERT_EQUAL(chmod(asked.dir, 0755), 0);
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "0700"));
    CU_ASSERT_TRUE(iss_path_join(path, asked.dir, "privyseal.conf"));
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(chmod(asked.dir, 0700), 0);
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_OK);
    stores_free(&stores);
}

/* ---- licensing servers -----------------------------------------------------
 */

static char *foreign_anchor(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;

    CU_ASSERT_EQUAL_FATAL(PEM_write_bio_PUBKEY(bio, hierarchy_key(SUB_KEY)), 1);
    long len = BIO_get_mem_data(bio, &pem);
    char *out = strndup(pem, (size_t)len);
    BIO_free(bio);
    return out;
}

/* R65, R66: nothing is made where the root is not there, has expired, is none,
 * or is below another anchor. */
static void without_an_enrolled_root_nothing_is_made(void)
{
    struct stores stores;
    struct stat st;
    size_t len = 0;
    char *chain = answers_root_chain(&len);

    answers_new(&stores, ISS_ROOT);
    (void)snprintf(stores.root, sizeof(stores.root), "%s/licensing",
                   stores.dir);
    unsigned made = stores.made;
    for (int i = 0; i < 7; i++) {
        static const enum iss_status wanted[] = {
            ISS_USAGE, ISS_XML,   ISS_CONDITIONS, ISS_REFUSED,
            ISS_USAGE, ISS_USAGE, ISS_KEY};
        struct iss_init asked = answers_init(&stores, ISS_LICENSING);
        char *other = NULL;

        asked.root_chain = i == 0 ? NULL : i == 1 ? "" : chain;
        asked.root_chain_len = i <= 1 ? 0 : len;
        if (i == 2)
            stores.now += 366 * (int64_t)86400;
        if (i == 3) {
            /* its first document is the Enrollment Service's */
            asked.root_chain = strstr(chain + 1, "<XrML");
            asked.root_chain_len = strlen(asked.root_chain);
        }
        if (i == 4)
            asked.role = ISS_ROOT;
        if (i == 5)
            asked.revocation = ENROLL_CUSTOM;
        if (i == 6) {
            asked.anchors = other = foreign_anchor();
            asked.anchors_len = strlen(other);
        }
        CU_ASSERT_EQUAL(try(&stores, &asked), wanted[i]);
        CU_ASSERT_NOT_EQUAL(stores.error.text[0], '\0');
        CU_ASSERT_EQUAL(stat(stores.root, &st), -1);
        stores.now = STORES_NOW;
        free(other);
    }
    CU_ASSERT_EQUAL(stores.made, made);
    free(chain);
    stores_free(&stores);
}

static void a_licensing_server_remembers_its_root(void)
{
    struct stores stores;
    struct iss_info info;
    size_t len = 0;

    answers_new(&stores, ISS_LICENSING);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL(info.role, ISS_LICENSING);
    CU_ASSERT_EQUAL(info.hierarchy, ISS_PRODUCTION);
    CU_ASSERT_EQUAL(info.state, ISS_UNENROLLED);
    stores_close(&stores, store);
    /* the same again, and then below another root of the same anchor */
    char *chain = answers_root_chain(&len);
    struct iss_init asked = answers_init(&stores, ISS_LICENSING);
    asked.root_chain = chain;
    asked.root_chain_len = len;
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_OK);
    struct hierarchy_row rows[HIERARCHY_ROWS];
    hierarchy_rows(rows);
    rows[SLC_ROW].fields.principal.id =
        "{00000000-0000-0000-0000-000000000055}";
    char *leaf = hierarchy_text(&rows[SLC_ROW]);
    char *other = NULL;
    CU_ASSERT_TRUE_FATAL(
        asprintf(&other, "%s%s", leaf, strstr(chain + 1, "<XrML")) > 0);
    asked.root_chain = other;
    asked.root_chain_len = strlen(other);
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "another root"));
    free(leaf);
    free(other);
    free(chain);
    stores_free(&stores);
}

static void the_contact_is_written_and_read(void)
{
    struct stores stores;
    struct iss_init asked;

    stores_bare(&stores);
    asked = stores_authority(&stores);
    asked.contact = "rms@example.com";
    stores_init(&stores, &asked);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_STRING_EQUAL(store->conf.contact, "rms@example.com");
    stores_close(&stores, store);
    asked.contact = "a@example.com\n[token]";
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_USAGE);
    stores_free(&stores);
}

static void an_unknown_service_user_is_said_before_anything_is_made(void)
{
    struct stores stores;
    struct stat st;

    stores_bare(&stores);
    struct iss_init asked = stores_authority(&stores);
    asked.service_user = "no such user";
    CU_ASSERT_EQUAL(try(&stores, &asked), ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "no such user"));
    CU_ASSERT_EQUAL(stat(asked.dir, &st), -1);
    stores_free(&stores);
}

UNIT_MAIN("init", UNIT(an_authority_has_four_keys_and_an_audit_key),
          UNIT(init_again_finds_everything_done),
          UNIT(other_answers_are_a_conflict),
          UNIT(an_interrupted_init_is_finished),
          UNIT(half_a_pair_is_given_up_and_another_made),
          UNIT(what_cannot_be_made_is_said_before_anything_is),
          UNIT(the_hierarchy_of_a_root_is_that_of_its_anchors),
          UNIT(a_folder_open_to_others_is_not_taken),
          UNIT(without_an_enrolled_root_nothing_is_made),
          UNIT(a_licensing_server_remembers_its_root),
          UNIT(the_contact_is_written_and_read),
          UNIT(an_unknown_service_user_is_said_before_anything_is_made))
