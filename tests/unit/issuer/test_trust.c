/* SPDX-License-Identifier: Apache-2.0 */
/* What is trusted beside the anchors: judged, taken, asked for, given up. The
 * store is a server of the tests' hierarchy (hierarchy.h), whose SLC is another
 * root of it. */
#include "issuer/trust.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "issuer/journal.h"
#include "issuer/xrml_revocation.h"
#include "licenses.h"
#include "unit.h"

/* How the hierarchy calls its root. */
#define ROOT_NAME "R\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s & <S>"

enum { USERS = 1 << ISS_TRUST_USERS, MACHINES = 1 << ISS_TRUST_MACHINES };

struct world {
    struct stores stores;
    struct iss *store;
    char *chain; /* of the hierarchy's SLC */
    size_t chain_len;
    struct iss_error error;
};

static void begin(struct world *world, enum iss_role role)
{
    answers_new(&world->stores, role);
    answers_pass(&world->stores, role == ISS_ROOT ? ISS_ENROLL : ISS_SUB_ENROLL,
                 1);
    world->store = stores_open(&world->stores, world->stores.root);
    world->chain = answers_root_chain(&world->chain_len);
}

static void end(struct world *world)
{
    stores_close(&world->stores, world->store);
    answers_verify(&world->stores);
    free(world->chain);
    stores_free(&world->stores);
}

static enum iss_status add(struct world *world, enum iss_trust_kind kind,
                           const char *name, const char *text, const char *uri)
{
    const struct iss_trusted trusted = {
        .kind = kind,
        .name = name,
        .text = {.text = text, .len = strlen(text)},
        .uri = uri};

    world->error = (struct iss_error){.status = ISS_OK};
    return iss_trust_add(world->store, &trusted, &world->error);
}

static bool said(const struct world *world, const char *text)
{
    return strstr(world->error.text, text) != NULL;
}

static enum iss_status drop(struct world *world, enum iss_trust_kind kind,
                            const char *name)
{
    world->error = (struct iss_error){.status = ISS_OK};
    return iss_trust_remove(world->store, kind, name, &world->error);
}

struct seen {
    size_t count;
    char text[1024]; /* "users:NAME " */
};

static bool see(void *arg, const struct iss_trusted *trusted)
{
    struct seen *seen = arg;
    size_t used = strlen(seen->text);

    seen->count++;
    (void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s:%s ",
                   iss_trust_kind_name(trusted->kind), trusted->name);
    CU_ASSERT_TRUE(trusted->record > 0 && trusted->since > 0);
    return true;
}

static bool holds(struct world *world, const char *text)
{
    struct seen seen = {.count = 0};

    return iss_trust_each(world->store, see, &seen, NULL) == ISS_OK &&
           strcmp(seen.text, text) == 0;
}

/* A document of the hierarchy's SLC, and what stands above it or not. */
static enum iss_status ask(struct world *world, enum license_kind kind,
                           bool whole, unsigned accepted)
{
    struct license license;
    struct xrml_chain chain = {.count = 0};

    license_make(kind, false, &license);
    char *text = license_text(&license);
    CU_ASSERT_EQUAL_FATAL(
        xrml_chain_append(&chain, text, strlen(text), 0, NULL), ISS_OK);
    if (whole)
        CU_ASSERT_EQUAL_FATAL(
            xrml_chain_append(&chain, world->chain, world->chain_len, 0, NULL),
            ISS_OK);
    world->error = (struct iss_error){.status = ISS_OK};
    enum iss_status status = iss_trust_verify(
        world->store, &chain, accepted, HIERARCHY_TIME + 3600, &world->error);
    xrml_chain_clear(&chain);
    free(text);
    return status;
}

/* A list that says that one document is revoked, signed with a key of the
 * hierarchy at some time after it. */
static char *list_of(int signer, const uint8_t *hash, int64_t later)
{
    static char base64[64];
    struct license license;

    license_make(LICENSE_LIST, false, &license);
    license.signer = signer;
    license.fields.issued += later;
    if (signer != SLC_KEY)
        license.fields.issuer.object =
            (struct xrml_object){.type = "Revocation-List",
                                 .id_type = "ascii-tag",
                                 .id = "somebody",
                                 .name = "Somebody"};
    if (hash != NULL) {
        CU_ASSERT_EQUAL(EVP_EncodeBlock((unsigned char *)base64, hash, 32), 44);
        license.revoked[0] = (struct xrml_revoke){
            .kind = XRML_REVOKED_HASH, .digest = "SHA256", .hash = base64};
        license.fields.revoked_count = 1;
    }
    return license_text(&license);
}

/* ---- tests ----------------------------------------------------------------
 */

static void kinds_have_names(void)
{
    for (int i = 0; i < ISS_TRUST_KINDS; i++) {
        enum iss_trust_kind kind = ISS_TRUST_KINDS;

        CU_ASSERT_TRUE(iss_trust_kind_find(
            iss_trust_kind_name((enum iss_trust_kind)i), &kind));
        CU_ASSERT_EQUAL(kind, (enum iss_trust_kind)i);
    }
    enum iss_trust_kind kind = ISS_TRUST_KINDS;
    CU_ASSERT_FALSE(iss_trust_kind_find("user", &kind));
}

static void accounts_of_another_root_count_once_it_is_trusted(void)
{
    struct world world;

    begin(&world, ISS_ROOT);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_REFUSED);
    CU_ASSERT_TRUE(said(&world, "neither the root"));
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, USERS), ISS_KEY);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, world.chain, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_OK);
    /* what stands above is known */
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, USERS), ISS_OK);
    /* trusted for its accounts and for nothing else */
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, 1U << ISS_TRUST_PUBLISHING),
                    ISS_KEY);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, MACHINES), ISS_KEY);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, 0), ISS_KEY);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, world.chain, NULL),
                    ISS_OK);
    CU_ASSERT_TRUE(holds(&world, "users:" ROOT_NAME " "));
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, "x", world.chain, NULL),
                    ISS_CONFLICT);
    CU_ASSERT_EQUAL(drop(&world, ISS_TRUST_USERS, ROOT_NAME), ISS_OK);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_REFUSED);
    CU_ASSERT_EQUAL(drop(&world, ISS_TRUST_USERS, ROOT_NAME), ISS_USAGE);
    CU_ASSERT_TRUE(holds(&world, ""));
    end(&world);
}

static void a_licensing_server_trusts_its_roots_accounts(void)
{
    struct world world;

    begin(&world, ISS_LICENSING);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_OK);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, USERS), ISS_KEY);
    end(&world);
}

static void a_domain_is_judged(void)
{
    struct world world;
    struct xrml_chain own;
    struct hierarchy_row rows[HIERARCHY_ROWS];
    size_t len = 0;

    begin(&world, ISS_ROOT);
    CU_ASSERT_EQUAL(iss_chain(world.store, &own, NULL), ISS_OK);
    char *first = strndup(xrml_text(own.documents[0], &len), 100000);
    first[len] = '\0';
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, first, NULL),
                    ISS_SEMANTICS);
    free(first);
    xrml_chain_clear(&own);
    hierarchy_rows(rows);
    char *slc = hierarchy_text(&rows[SLC_ROW]);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, slc, NULL),
                    ISS_SEMANTICS);
    CU_ASSERT_TRUE(said(&world, "certificates above it are missing"));
    free(slc);
    /* a licensing server certifies no accounts */
    char *sub = hierarchy_text(&rows[SUB_ROW]);
    char *both = NULL;
    CU_ASSERT_TRUE_FATAL(asprintf(&both, "%s%s", sub, world.chain) > 0);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, both, NULL),
                    ISS_SEMANTICS);
    free(both);
    free(sub);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, "text", NULL), ISS_XML);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, "", world.chain, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, "a\nb", world.chain, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, "\xff", world.chain, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(
        add(&world, ISS_TRUST_USERS, "x", world.chain, "file:/nowhere"),
        ISS_USAGE);
    world.chain[strlen(world.chain) / 2] ^= 1;
    CU_ASSERT_NOT_EQUAL(add(&world, ISS_TRUST_USERS, "x", world.chain, NULL),
                        ISS_OK);
    CU_ASSERT_TRUE(holds(&world, ""));
    end(&world);
}

static void what_would_be_taken_is_shown_and_nothing_changes(void)
{
    struct world world;
    struct iss_trust_review review;
    uint8_t hash[ISS_HASH_SIZE];

    begin(&world, ISS_ROOT);
    const struct iss_trusted trusted = {
        .kind = ISS_TRUST_USERS,
        .text = {.text = world.chain, .len = world.chain_len}};
    CU_ASSERT_EQUAL(iss_trust_check(world.store, &trusted, &review, NULL),
                    ISS_OK);
    CU_ASSERT_STRING_EQUAL(review.name, ROOT_NAME);
    CU_ASSERT_EQUAL(xrml_key_hash(hierarchy_numbers(SLC_KEY), hash, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(memcmp(review.hash, hash, sizeof(hash)), 0);
    CU_ASSERT_EQUAL(xrml_key_hash(hierarchy_numbers(ROOT_KEY), hash, NULL),
                    ISS_OK);
    CU_ASSERT_TRUE(review.has_root);
    CU_ASSERT_EQUAL(memcmp(review.root, hash, sizeof(hash)), 0);
    CU_ASSERT_EQUAL(review.count, 4);
    CU_ASSERT_FALSE(review.again);
    CU_ASSERT_TRUE(holds(&world, ""));
    end(&world);
}

static void a_key_that_signs_is_no_publishing_domains(void)
{
    struct world world;
    uint8_t hash[ISS_HASH_SIZE];
    EVP_PKEY *key = NULL;
    char uri[ISS_PATH_MAX + 16];

    begin(&world, ISS_ROOT);
    (void)snprintf(uri, sizeof(uri), "file:%s/domain.pem", world.stores.dir);
    FILE *file = fopen(uri + 5, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(PEM_write_PKCS8PrivateKey(file, hierarchy_key(SLC_KEY),
                                              NULL, NULL, 0, NULL, NULL),
                    1);
    CU_ASSERT_EQUAL(fclose(file), 0);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_PUBLISHING, NULL, world.chain, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_PUBLISHING, NULL, world.chain, uri),
                    ISS_REFUSED);
    CU_ASSERT_TRUE(said(&world, "never sign"));
    (void)snprintf(uri, sizeof(uri), "file:%s/other.pem", world.stores.dir);
    file = fopen(uri + 5, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(PEM_write_PKCS8PrivateKey(file, hierarchy_key(ESC_KEY),
                                              NULL, NULL, 0, NULL, NULL),
                    1);
    CU_ASSERT_EQUAL(fclose(file), 0);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_PUBLISHING, NULL, world.chain, uri),
                    ISS_CONFLICT);
    CU_ASSERT_EQUAL(xrml_key_hash(hierarchy_numbers(SLC_KEY), hash, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_trust_key(world.store, hash, &key, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(key);
    end(&world);
}

static void a_list_counts_if_its_key_may_revoke_and_the_newest_stays(void)
{
    struct world world;
    struct xrml_chain chain = {.count = 0};
    struct xrml_revocations *lists = NULL;
    uint8_t hash[ISS_HASH_SIZE];

    begin(&world, ISS_ROOT);
    CU_ASSERT_EQUAL_FATAL(
        xrml_chain_append(&chain, world.chain, world.chain_len, 0, NULL),
        ISS_OK);
    xrml_body_hash(chain.documents[0], hash);
    xrml_chain_clear(&chain);
    char *stranger = list_of(REVOKER_KEY, hash, 0);
    char *early = list_of(ESC_KEY, NULL, 60);
    char *late = list_of(ESC_KEY, hash, 120);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_LIST, NULL, stranger, NULL),
                    ISS_REFUSED);
    CU_ASSERT_TRUE(said(&world, "may revoke nothing here"));
    CU_ASSERT_EQUAL(iss_trust_lists(world.store, &lists, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(lists);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, world.chain, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_LIST, "first", early, NULL), ISS_OK);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_OK);
    /* the domain's own certificate is revoked: nothing under it counts */
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_LIST, "second", late, NULL), ISS_OK);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_REVOKED);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, USERS), ISS_REVOKED);
    CU_ASSERT_TRUE(holds(&world, "users:" ROOT_NAME " list:second "));
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_LIST, "third", early, NULL),
                    ISS_CONFLICT);
    CU_ASSERT_TRUE(said(&world, "newer"));
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_LIST, "second", late, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_trust_lists(world.store, &lists, NULL), ISS_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lists);
    CU_ASSERT_EQUAL(xrml_revocations_count(lists), 1);
    xrml_revocations_free(lists);
    CU_ASSERT_EQUAL(drop(&world, ISS_TRUST_LIST, "second"), ISS_OK);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_OK);
    free(stranger);
    free(early);
    free(late);
    end(&world);
}

static void an_altered_list_is_refused(void)
{
    struct world world;
    static const uint8_t hash[ISS_HASH_SIZE] = {1};

    begin(&world, ISS_ROOT);
    char *list = list_of(ESC_KEY, hash, 0);
    char *name = strstr(list, "Somebody");
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    name[0] = 's';
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_LIST, NULL, list, NULL),
                    ISS_SIGNATURE);
    free(list);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_LIST, NULL, world.chain, NULL),
                    ISS_SEMANTICS);
    CU_ASSERT_TRUE(holds(&world, ""));
    end(&world);
}

static void an_excluded_account_is_told_by_its_key(void)
{
    struct world world;
    struct license license;
    uint8_t hash[ISS_HASH_SIZE];

    begin(&world, ISS_ROOT);
    license_make(LICENSE_RAC, false, &license);
    char *rac = license_text(&license);
    CU_ASSERT_EQUAL(xrml_key_hash(hierarchy_numbers(RAC_KEY), hash, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_trust_excluded(world.store, hash, NULL), ISS_OK);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_EXCLUDED, NULL, rac, NULL), ISS_OK);
    world.error = (struct iss_error){.status = ISS_OK};
    CU_ASSERT_EQUAL(iss_trust_excluded(world.store, hash, &world.error),
                    ISS_REFUSED);
    CU_ASSERT_TRUE(said(&world, "user@example.org"));
    hash[0] ^= 1;
    CU_ASSERT_EQUAL(iss_trust_excluded(world.store, hash, NULL), ISS_OK);
    hash[0] ^= 1;
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_EXCLUDED, NULL, world.chain, NULL),
                    ISS_SEMANTICS);
    CU_ASSERT_EQUAL(drop(&world, ISS_TRUST_EXCLUDED, "user@example.org"),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_trust_excluded(world.store, hash, NULL), ISS_OK);
    free(rac);
    end(&world);
}

static char *pem_of(int key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;

    CU_ASSERT_EQUAL(PEM_write_bio_PUBKEY(bio, hierarchy_key(key)), 1);
    long size = BIO_get_mem_data(bio, &pem);
    char *out = strndup(pem, (size_t)size);
    BIO_free(bio);
    return out;
}

static void keys_of_machines_are_anchors_for_machines_alone(void)
{
    struct world world;
    struct xrml_anchors *anchors = NULL;

    begin(&world, ISS_ROOT);
    char *pem = pem_of(SLC_KEY);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_MACHINES, NULL, pem, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_MACHINES, "m", pem, NULL), ISS_OK);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, MACHINES), ISS_OK);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, false, USERS), ISS_KEY);
    CU_ASSERT_EQUAL(iss_trust_anchors(world.store, 0, &anchors, NULL), ISS_OK);
    CU_ASSERT_EQUAL(xrml_anchors_count(anchors), 1);
    xrml_anchors_free(anchors);
    CU_ASSERT_EQUAL(iss_trust_anchors(world.store, MACHINES, &anchors, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(xrml_anchors_count(anchors), 2);
    xrml_anchors_free(anchors);
    free(pem);
    end(&world);
}

static void what_another_handle_took_is_seen_at_once(void)
{
    struct world world;

    begin(&world, ISS_ROOT);
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_REFUSED);
    struct iss *own = world.store;
    world.store = stores_open(&world.stores, world.stores.root);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, world.chain, NULL),
                    ISS_OK);
    stores_close(&world.stores, world.store);
    world.store = own;
    CU_ASSERT_EQUAL(ask(&world, LICENSE_RAC, true, USERS), ISS_OK);
    CU_ASSERT_EQUAL(
        stores_records(&world.stores, world.stores.root, ISS_REC_TRUST), 2);
    end(&world);
}

static void an_authority_takes_lists_alone(void)
{
    struct world world = {.store = NULL};

    stores_new(&world.stores);
    world.store = stores_open(&world.stores, world.stores.authority);
    world.chain = answers_root_chain(&world.chain_len);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_USERS, NULL, world.chain, NULL),
                    ISS_REFUSED);
    CU_ASSERT_TRUE(said(&world, "role authority"));
    char *list = list_of(ESC_KEY, NULL, 0);
    CU_ASSERT_EQUAL(add(&world, ISS_TRUST_LIST, NULL, list, NULL), ISS_REFUSED);
    CU_ASSERT_TRUE(said(&world, "may revoke nothing here"));
    free(list);
    stores_close(&world.stores, world.store);
    free(world.chain);
    stores_free(&world.stores);
}

UNIT_MAIN("trust", UNIT(kinds_have_names),
          UNIT(accounts_of_another_root_count_once_it_is_trusted),
          UNIT(a_licensing_server_trusts_its_roots_accounts),
          UNIT(a_domain_is_judged),
          UNIT(what_would_be_taken_is_shown_and_nothing_changes),
          UNIT(a_key_that_signs_is_no_publishing_domains),
          UNIT(a_list_counts_if_its_key_may_revoke_and_the_newest_stays),
          UNIT(an_altered_list_is_refused),
          UNIT(an_excluded_account_is_told_by_its_key),
          UNIT(keys_of_machines_are_anchors_for_machines_alone),
          UNIT(what_another_handle_took_is_seen_at_once),
          UNIT(an_authority_takes_lists_alone))
