/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "issuer/issue.h"
#include "issuer/journal.h"
#include "unit.h"

enum { DAY = 86400, WAITING = 200 * 1000 };

static void a_pending_request_is_exported_again_octet_for_octet(void)
{
    struct stores stores;
    struct iss_request first;
    struct iss_request second;
    struct iss_info info;

    stores_new(&stores);
    stores_export(&stores, &first);
    CU_ASSERT_FALSE(first.again);
    stores.now += 29 * DAY;
    stores_export(&stores, &second);
    CU_ASSERT_TRUE(second.again);
    CU_ASSERT_STRING_EQUAL(first.text, second.text);
    CU_ASSERT_STRING_EQUAL(first.proof, second.proof);
    CU_ASSERT_STRING_EQUAL(first.words, second.words);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL(info.state, ISS_ENROLLMENT_PENDING);
    CU_ASSERT_EQUAL(info.pending_since, STORES_NOW);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_EXPORT), 1);
    iss_request_clear(&second);
    /* a proof that has expired is replaced */
    stores.now += 2 * DAY;
    stores_export(&stores, &second);
    CU_ASSERT_FALSE(second.again);
    CU_ASSERT_STRING_EQUAL(first.text, second.text);
    CU_ASSERT_STRING_NOT_EQUAL(first.proof, second.proof);
    iss_request_clear(&first);
    iss_request_clear(&second);
    stores_free(&stores);
}

static void an_abandoned_request_is_made_anew(void)
{
    struct stores stores;
    struct iss_request first;
    struct iss_request second;

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_abandon(store, NULL), ISS_CONFLICT);
    stores_close(&stores, store);
    stores_export(&stores, &first);
    store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_abandon(store, &stores.error), ISS_OK);
    stores_close(&stores, store);
    stores_export(&stores, &second);
    CU_ASSERT_FALSE(second.again);
    CU_ASSERT_STRING_NOT_EQUAL(first.proof, second.proof);
    iss_request_clear(&first);
    iss_request_clear(&second);
    stores_free(&stores);
}

/* While another process is about to end the request: what that leaves is what
 * is looked at, and nothing is given up that nobody has seen. */
static void what_is_abandoned_is_pending_still(void)
{
    static const uint8_t digest[ISS_HASH_SIZE] = {1};
    struct iss_entry entry = iss_entry_of(ISS_REC_VOID);
    struct stores stores;
    struct iss_request request;
    int ready[2], go[2], result = -1;
    char octet = 'x';

    stores_new(&stores);
    stores_export(&stores, &request);
    const uint64_t before = stores_records(&stores, stores.root, ISS_REC_VOID);
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    CU_ASSERT_EQUAL_FATAL(pipe(go), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct iss *store = stores_open(&stores, stores.root);

        if (write(ready[1], &octet, 1) != 1 || read(go[0], &octet, 1) != 1)
            _exit(0);
        _exit((int)iss_abandon(store, NULL));
    }
    CU_ASSERT_EQUAL_FATAL(read(ready[0], &octet, 1), 1);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_store_begin(store->db, NULL), ISS_OK);
    iss_entry_octets(&entry, ISS_TAG_DIGEST, digest, sizeof(digest));
    CU_ASSERT_EQUAL(iss_journal_append(store, &entry, 1, NULL, NULL), ISS_OK);
    CU_ASSERT_EQUAL(write(go[1], &octet, 1), 1);
    (void)usleep(WAITING);
    CU_ASSERT_EQUAL(iss_store_commit(store->db, NULL), ISS_OK);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(waitpid(child, &result, 0), child);
    CU_ASSERT_EQUAL(WEXITSTATUS(result), ISS_CONFLICT);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_VOID),
                    before + 1);
    for (size_t i = 0; i < 2; i++) {
        (void)close(ready[i]);
        (void)close(go[i]);
    }
    iss_request_clear(&request);
    stores_free(&stores);
}

/* The proof is signed and recorded, but the export itself was not: the next
 * export goes on with the same octets. */
static void an_interrupted_export_is_finished(void)
{
    struct stores stores;
    struct iss_request request;
    struct forged forged;
    struct iss_done done = {0};
    uint8_t digest[ISS_HASH_SIZE];

    stores_new(&stores);
    /* the request as it will be: abandoned, so that nothing is pending */
    stores_export(&stores, &request);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_abandon(store, NULL), ISS_OK);
    memset(&forged, 0, sizeof(forged));
    forged.pop.created = stores.now;
    forged.pop.expires = stores.now + DAY;
    forged.pop.issuer_count = 1;
    memcpy(forged.pop.request, request.digest, ISS_HASH_SIZE);
    char *text = NULL;
    size_t len = 0;
    CU_ASSERT_EQUAL(iss_pop_print(&forged.pop, &text, &len, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_sha256(text, len, digest, NULL), ISS_OK);
    const struct iss_act act = {.kind = "proof",
                                .digest = digest,
                                .signer = ISS_KEY_LICENSOR,
                                .octets = text,
                                .len = len};
    CU_ASSERT_EQUAL(iss_act_perform(store, &act, &done, NULL), ISS_OK);
    iss_done_clear(&done);
    stores_close(&stores, store);
    iss_request_clear(&request);
    stores_export(&stores, &request);
    CU_ASSERT_EQUAL(strncmp(request.proof, text, len), 0);
    free(text);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void authorities_and_other_ops_are_not_exported(void)
{
    struct stores stores;
    struct iss_request request;

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_export(store, ISS_ENROLL, &request, NULL), ISS_USAGE);
    stores_close(&stores, store);
    store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_export(store, ISS_SUB_ENROLL, &request, NULL),
                    ISS_USAGE);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void the_proof_is_of_the_published_form(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_pop *pop = calloc(1, sizeof(*pop));

    stores_new(&stores);
    stores_export(&stores, &request);
    CU_ASSERT_EQUAL(
        iss_pop_parse(request.proof, request.proof_len, pop, &stores.error),
        ISS_OK);
    CU_ASSERT_EQUAL(pop->op, ISS_ENROLL);
    CU_ASSERT_EQUAL(pop->expires - pop->created, 30 * DAY);
    CU_ASSERT_FALSE(pop->has_predecessor);
    CU_ASSERT_PTR_NULL(iss_pop_sig_fault(NULL, request.proof, pop));
    CU_ASSERT_PTR_NULL(strstr(request.text, "PRIVATE"));
    free(pop);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void a_clock_set_back_is_recorded(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_import import;

    stores_new(&stores);
    stores.now -= 301;
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_export(store, ISS_ENROLL, &request, NULL), ISS_CLOCK);
    iss_request_clear(&request);
    CU_ASSERT_EQUAL(iss_import_check(store, "", 0, &import, NULL),
                    ISS_MALFORMED);
    iss_import_clear(&import);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_CLOCK), 1);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_EXPORT), 0);
    stores_free(&stores);
}

static enum iss_status ask(struct stores *stores, enum iss_op op,
                           struct iss_request *request)
{
    struct iss *store = stores_open(stores, stores->root);

    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_export_with(
        store,
        &(struct iss_asking){.op = op, .make = stores_make, .arg = stores},
        request, &stores->error);
    struct iss_error closing = {.status = ISS_OK};
    CU_ASSERT_EQUAL(iss_close(store, &closing), ISS_OK);
    return status;
}

static enum iss_state state_of(struct stores *stores)
{
    struct iss_info info;
    struct iss *store = stores_open(stores, stores->root);

    CU_ASSERT_EQUAL_FATAL(iss_info(store, &info, NULL), ISS_OK);
    stores_close(stores, store);
    return info.state;
}

static void abandon(struct stores *stores)
{
    struct iss *store = stores_open(stores, stores->root);

    CU_ASSERT_EQUAL(iss_abandon(store, NULL), ISS_OK);
    stores_close(stores, store);
}

static void a_renewal_is_given_again_octet_for_octet(void)
{
    struct stores stores;
    struct iss_request first;
    struct iss_request second;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    CU_ASSERT_EQUAL(ask(&stores, ISS_RENEW, &first), ISS_OK);
    CU_ASSERT_STRING_EQUAL(first.file_name, "RMS01RenewalRequest.xml");
    CU_ASSERT_EQUAL(state_of(&stores), ISS_RENEWAL_PENDING);
    stores.now += 29 * DAY;
    CU_ASSERT_EQUAL(ask(&stores, ISS_RENEW, &second), ISS_OK);
    CU_ASSERT_TRUE(second.again);
    CU_ASSERT_STRING_EQUAL(first.text, second.text);
    CU_ASSERT_STRING_EQUAL(first.proof, second.proof);
    CU_ASSERT_STRING_EQUAL(first.file_name, second.file_name);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_EXPORT), 2);
    iss_request_clear(&second);
    /* a proof that has expired is replaced */
    stores.now += 2 * DAY;
    CU_ASSERT_EQUAL(ask(&stores, ISS_RENEW, &second), ISS_OK);
    CU_ASSERT_FALSE(second.again);
    CU_ASSERT_STRING_EQUAL(first.text, second.text);
    CU_ASSERT_STRING_NOT_EQUAL(first.proof, second.proof);
    iss_request_clear(&first);
    iss_request_clear(&second);
    stores_free(&stores);
}

/* A day before the end, at it, a second and eight years behind it. */
static void renewal_is_asked_for_whenever(void)
{
    static const int64_t when[] = {365 * DAY - DAY, 365 * DAY, 365 * DAY + 1,
                                   INT64_C(9) * 365 * DAY};
    struct stores stores;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    for (size_t i = 0; i < sizeof(when) / sizeof(when[0]); i++) {
        struct iss_request request;

        stores.now = STORES_NOW + when[i];
        CU_ASSERT_EQUAL(ask(&stores, ISS_RENEW, &request), ISS_OK);
        CU_ASSERT_EQUAL(state_of(&stores), ISS_RENEWAL_PENDING);
        iss_request_clear(&request);
        abandon(&stores);
        CU_ASSERT_EQUAL(state_of(&stores),
                        i == 0 ? ISS_ENROLLED : ISS_SLC_EXPIRED);
    }
    stores_free(&stores);
}

static void one_request_at_a_time(void)
{
    static const enum iss_op ops[] = {ISS_ENROLL, ISS_RENEW, ISS_REKEY};
    struct stores stores;
    struct iss_request request;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        CU_ASSERT_EQUAL(ask(&stores, ops[i], &request), ISS_OK);
        iss_request_clear(&request);
        for (size_t j = 0; j < sizeof(ops) / sizeof(ops[0]); j++) {
            CU_ASSERT_EQUAL(ask(&stores, ops[j], &request),
                            i == j ? ISS_OK : ISS_PENDING);
            if (i != j)
                CU_ASSERT_PTR_NOT_NULL(
                    strstr(stores.error.text, iss_op_name(ops[i])));
            iss_request_clear(&request);
        }
        abandon(&stores);
    }
    stores_free(&stores);
}

static void what_is_not_enrolled_is_not_renewed(void)
{
    struct stores stores;
    struct iss_request request;

    answers_new(&stores, ISS_ROOT);
    CU_ASSERT_EQUAL(ask(&stores, ISS_RENEW, &request), ISS_NOT_ENROLLED);
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &request), ISS_NOT_ENROLLED);
    CU_ASSERT_EQUAL(stores.made, 2);
    stores_free(&stores);
}

/* R28: a licensing server asks its root, under the name of an enrollment. */
static void a_licensing_server_is_sub_enrolled_and_renewed(void)
{
    struct stores stores;
    struct iss_request request;

    answers_new(&stores, ISS_LICENSING);
    CU_ASSERT_EQUAL(ask(&stores, ISS_ENROLL, &request), ISS_USAGE);
    CU_ASSERT_EQUAL(ask(&stores, ISS_SUB_ENROLL, &request), ISS_OK);
    CU_ASSERT_STRING_EQUAL(request.file_name, "RMS01EnrollRequest.xml");
    iss_request_clear(&request);
    answers_pass(&stores, ISS_SUB_ENROLL, 1);
    CU_ASSERT_EQUAL(state_of(&stores), ISS_ENROLLED);
    CU_ASSERT_EQUAL(ask(&stores, ISS_RENEW, &request), ISS_OK);
    CU_ASSERT_STRING_EQUAL(request.file_name, "RMS01RenewalRequest.xml");
    iss_request_clear(&request);
    answers_pass(&stores, ISS_RENEW, 2);
    stores_free(&stores);
}

/* R29: who has joined a cluster renews its certificate and asks for no other,
 * and for no key of its own. */
static void a_member_renews_and_no_more(void)
{
    static const struct {
        enum iss_op op;
        enum iss_status status;
    } cases[] = {{ISS_ENROLL, ISS_REFUSED},
                 {ISS_REKEY, ISS_REFUSED},
                 {ISS_RENEW, ISS_OK}};
    struct stores stores;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    struct iss *store = stores_open(&stores, stores.root);
    (void)snprintf(store->member, sizeof(store->member), "host2");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct iss_request request;

        memset(&stores.error, 0, sizeof(stores.error));
        CU_ASSERT_EQUAL(iss_export(store, cases[i].op, &request, &stores.error),
                        cases[i].status);
        if (cases[i].status != ISS_OK)
            CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "host2"));
        iss_request_clear(&request);
    }
    stores_close(&stores, store);
    stores_free(&stores);
}

/* R34, R35: who may revoke is said each time anew. */
static void a_renewal_names_the_revocation_authorities(void)
{
    struct stores stores;
    struct enroll_key authorities[2];
    struct iss_request request;
    struct enroll_request fields;

    stores_bare(&stores);
    answers_anchor(&stores);
    struct iss_init asked = answers_init(&stores, ISS_ROOT);
    CU_ASSERT_EQUAL(
        iss_key_public(hierarchy_key(SUB_KEY), &authorities[0], NULL), ISS_OK);
    CU_ASSERT_EQUAL(
        iss_key_public(hierarchy_key(CA_KEY), &authorities[1], NULL), ISS_OK);
    asked.revocation = ENROLL_CUSTOM;
    asked.authorities = authorities;
    asked.authority_count = 2;
    stores_init(&stores, &asked);
    answers_pass(&stores, ISS_ENROLL, 1);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(ask(&stores, i == 0 ? ISS_RENEW : ISS_REKEY, &request),
                        ISS_OK);
        CU_ASSERT_EQUAL_FATAL(
            enroll_request_parse(request.text, request.len, &fields, NULL),
            ISS_OK);
        CU_ASSERT_EQUAL(fields.revocation, ENROLL_CUSTOM);
        CU_ASSERT_EQUAL(fields.authority_count, 2);
        for (int j = 0; j < 2; j++)
            CU_ASSERT_TRUE(
                iss_key_same(&fields.authorities[j], &authorities[j]));
        iss_request_clear(&request);
        abandon(&stores);
    }
    stores_free(&stores);
}

UNIT_MAIN("enrollment",
          UNIT(a_pending_request_is_exported_again_octet_for_octet),
          UNIT(an_abandoned_request_is_made_anew),
          UNIT(what_is_abandoned_is_pending_still),
          UNIT(an_interrupted_export_is_finished),
          UNIT(authorities_and_other_ops_are_not_exported),
          UNIT(the_proof_is_of_the_published_form),
          UNIT(a_clock_set_back_is_recorded),
          UNIT(a_renewal_is_given_again_octet_for_octet),
          UNIT(renewal_is_asked_for_whenever), UNIT(one_request_at_a_time),
          UNIT(what_is_not_enrolled_is_not_renewed),
          UNIT(a_member_renews_and_no_more),
          UNIT(a_licensing_server_is_sub_enrolled_and_renewed),
          UNIT(a_renewal_names_the_revocation_authorities))
