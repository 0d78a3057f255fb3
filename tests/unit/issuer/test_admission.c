/* SPDX-License-Identifier: Apache-2.0 */
/* A root asks its access list, and nothing else, whom it answers. */
#include "issuer/admission.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/publish.h"
#include "stores.h"
#include "unit.h"

enum { FIRST = 7, SECOND, DAY = 86400, LIST = 2048, RACERS = 8 };

#define SUB_URL(n) "https://s0" #n ".example/_wmcs"

static const char anybody[] = "privyseal-acl 1\n"
                              "serial 7\n"
                              "principal lab unix-user:operator\n"
                              "allow lab op=sub-enroll,renew,rekey"
                              " url=https://*.example/* quota=9/1d"
                              " outstanding=9\n"
                              "end 3\n";

static const struct iss_check *list_row(const struct iss_answer *answer)
{
    for (size_t i = 0; i < answer->verdict.count; i++)
        if (strcmp(answer->verdict.checks[i].name, "acl") == 0)
            return &answer->verdict.checks[i];
    return NULL;
}

/* Asks without keeping the answer. */
static enum iss_status status_of(struct stores *stores, struct forged *forged)
{
    struct iss_answer answer;
    enum iss_status status = stores_serve(stores, forged, NULL, 0, &answer);

    iss_answer_clear(&answer);
    return status;
}

static bool newest_has(struct stores *stores, unsigned type, const char *part)
{
    char text[STORES_RECORD];

    stores_newest(stores, stores->root, type, text);
    return strstr(text, part) != NULL;
}

static void without_a_good_list_everything_is_denied(void)
{
    static const struct {
        const char *text; /* NULL: no file */
        mode_t mode;
        const char *says;
    } cases[] = {
        {NULL, 0, "No such file"},
        {"", 0600, "/acl:1: "},
        {"privyseal-acl 1\nprincipal lab unix-user:operator\n", 0600,
         "is missing"},
        {"privyseal-acl 1\nallow lab op=renew\nend 1\n", 0600, "/acl:2: "},
        {anybody, 0620, "write"},
        {"privyseal-acl 1\nend 0\n", 0600, "nobody whom"},
    };
    struct stores stores;
    char record[STORES_RECORD];
    struct forged forged;
    struct iss_answer answer;
    char path[ISS_PATH_MAX];

    stores_new(&stores);
    stores_enroll(&stores);
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_TRUE(iss_path_join(path, stores.root, "acl"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].text != NULL) {
            stores_list(&stores, cases[i].text);
            CU_ASSERT_EQUAL(chmod(path, cases[i].mode), 0);
        }
        CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 0, &answer),
                        ISS_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, cases[i].says));
        CU_ASSERT_EQUAL(strncmp(stores.error.text, "acl: ", 5), 0);
        CU_ASSERT_PTR_NOT_NULL_FATAL(list_row(&answer));
        CU_ASSERT_EQUAL(list_row(&answer)->status, ISS_REFUSED);
        CU_ASSERT_STRING_EQUAL(answer.verdict.principal, "");
        CU_ASSERT_PTR_NULL(answer.response);
        iss_answer_clear(&answer);
        CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_DENY),
                        i + 1);
    }
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(symlink("/dev/null", path), 0);
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "symbolic link"));
    stores_newest(&stores, stores.root, ISS_REC_DENY, record);
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "class="));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "credentials=key-sha256:"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "\nunix-user:operator"));
    (void)snprintf(path, sizeof(path), "request=#%zu;", forged.out.len);
    CU_ASSERT_PTR_NOT_NULL(strstr(record, path));
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_INTENT),
                    stores_records(&stores, stores.root, ISS_REC_RESULT));
    stores_forged_clear(&forged);
    stores_free(&stores);
}

static void default_deny_counts_the_rules(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_answer answer;

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, "privyseal-acl 1\n"
                         "principal lab unix-user:operator\n"
                         "allow lab op=renew url=" SUB_URL(8) "\n"
                                                              "end 2\n");
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 0, &answer),
                    ISS_REFUSED);
    CU_ASSERT_STRING_EQUAL(list_row(&answer)->text,
                           "no rule allows this (default deny; 1 rules); line "
                           "3: the operation is not among those of the rule, "
                           "the URL does not match");
    CU_ASSERT_STRING_EQUAL(answer.verdict.principal, "lab");
    CU_ASSERT_EQUAL(answer.verdict.acl_line, 0);
    iss_answer_clear(&answer);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

static void key_hash(EVP_PKEY *key, char hex[2 * ISS_HASH_SIZE + 1])
{
    struct enroll_key numbers;
    uint8_t hash[ISS_HASH_SIZE];

    CU_ASSERT_EQUAL_FATAL(iss_key_public(key, &numbers, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(iss_key_hash(&numbers, hash, NULL), ISS_OK);
    iss_hex(hash, sizeof(hash), hex);
}

static void who_asks_is_proven_and_not_said(void)
{
    static const char *const groups[] = {"staff", "two words", "ops"};
    struct stores stores;
    struct forged forged;
    struct forged other;
    struct iss_answer answer;
    char list[LIST];
    char first[2 * ISS_HASH_SIZE + 1];
    char second[2 * ISS_HASH_SIZE + 1];

    stores_new(&stores);
    stores_enroll(&stores);
    stores.env.groups = groups;
    stores.env.group_count = 3;
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forge_sub(&stores, SECOND, &other);
    key_hash(forged.key, first);
    key_hash(other.key, second);
    (void)snprintf(list, sizeof(list),
                   "privyseal-acl 1\n"
                   "principal lab key-sha256:%s\n"
                   "principal desk key-sha256:%s\n"
                   "principal ops unix-group:ops\n"
                   "allow lab op=sub-enroll url=" SUB_URL(
                       7) " require=approval:ops\n"
                          "allow ops op=sub-enroll url=" SUB_URL(8) "\n"
                                                                    "end 5\n",
                   first, second);
    stores_list(&stores, list);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, "ops", 0, &answer),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "another principal"));
    CU_ASSERT_EQUAL(answer.verdict.acl_line, 0);
    iss_answer_clear(&answer);
    /* keys of two principals */
    forged.identity = other.key;
    iss_request_clear(&forged.out);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "several"));
    /* the approver is missing */
    forged.identity = NULL;
    iss_request_clear(&forged.out);
    stores_forged_print(&stores, &forged);
    stores.env.group_count = 2;
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "approver"));
    stores.env.group_count = 3;
    /* a group that is not known could be one that is denied */
    stores.env.groups_cut = true;
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "groups"));
    stores.env.groups_cut = false;
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, "lab", 0, &answer), ISS_OK);
    iss_answer_clear(&answer);
    CU_ASSERT_TRUE(newest_has(&stores, ISS_REC_ADMIT, "approver=ops;"));
    CU_ASSERT_TRUE(newest_has(&stores, ISS_REC_ADMIT, "proven=key-sha256;"));
    /* a listed key stands before who vouches: desk may nothing */
    stores_forged_print(&stores, &other);
    CU_ASSERT_EQUAL(status_of(&stores, &other), ISS_REFUSED);
    stores_forged_clear(&forged);
    stores_forged_clear(&other);
    stores_free(&stores);
}

static void somebody_elses_guid_needs_a_rule_that_names_it(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_answer answer;
    char list[LIST];

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, anybody);
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL_FATAL(stores_serve(&stores, &forged, NULL, 0, &answer),
                          ISS_OK);
    stores_forge_next(&stores, &forged, ISS_RENEW, &answer);
    stores_forged_print(&stores, &forged);
    stores.env.user = "other";
    for (int named = 0; named < 2; named++) {
        (void)snprintf(list, sizeof(list),
                       "privyseal-acl 1\n"
                       "principal desk unix-user:other\n"
                       "allow desk op=renew url=" SUB_URL(7) " %s%s\n"
                                                             "end 2\n",
                       named == 1 ? "guid=" : "",
                       named == 1 ? forged.fields.guid : "");
        stores_list(&stores, list);
        CU_ASSERT_EQUAL(status_of(&stores, &forged),
                        named == 1 ? ISS_OK : ISS_REFUSED);
    }
    iss_answer_clear(&answer);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

/* Two of eight that ask at once: the quota holds among processes. */
static void a_quota_holds_among_processes(void)
{
    struct stores stores;
    pid_t children[RACERS];
    unsigned allowed = 0;

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, "privyseal-acl 1\n"
                         "principal lab unix-user:operator\n"
                         "allow lab op=sub-enroll url=https://*.example/*"
                         " quota=2/1d outstanding=8\n"
                         "end 2\n");
    for (unsigned i = 0; i < RACERS; i++) {
        struct forged forged;

        stores_forge_sub(&stores, FIRST + i, &forged);
        stores_forged_print(&stores, &forged);
        children[i] = fork();
        if (children[i] == 0) {
            struct iss_answer answer;
            struct iss *root = stores_open(&stores, stores.root);
            const struct iss_order order = stores_order(&forged.out);

            _exit((int)iss_issue(root, &order, &answer, NULL));
        }
        stores_forged_clear(&forged);
    }
    for (unsigned i = 0; i < RACERS; i++) {
        int result = -1;

        CU_ASSERT_EQUAL(waitpid(children[i], &result, 0), children[i]);
        allowed += WEXITSTATUS(result) == ISS_OK;
        CU_ASSERT_TRUE(WEXITSTATUS(result) == ISS_OK ||
                       WEXITSTATUS(result) == ISS_REFUSED);
    }
    CU_ASSERT_EQUAL(allowed, 2);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_ADMIT), 2);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_DENY),
                    RACERS - 2);
    stores_free(&stores);
}

static void outstanding_counts_other_guids_that_are_valid(void)
{
    struct stores stores;
    struct forged first;
    struct forged second;
    struct iss_answer answer;

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, "privyseal-acl 1\n"
                         "principal lab unix-user:operator\n"
                         "allow lab op=sub-enroll,renew"
                         " url=https://*.example/* max-validity=30d"
                         " quota=9/1d\n"
                         "end 2\n");
    stores_forge_sub(&stores, FIRST, &first);
    stores_forged_print(&stores, &first);
    CU_ASSERT_EQUAL_FATAL(stores_serve(&stores, &first, NULL, 0, &answer),
                          ISS_OK);
    stores_forge_sub(&stores, SECOND, &second);
    stores_forged_print(&stores, &second);
    CU_ASSERT_EQUAL(status_of(&stores, &second), ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "as many certificates"));
    stores_forge_next(&stores, &first, ISS_RENEW, &answer);
    stores_forged_print(&stores, &first);
    CU_ASSERT_EQUAL(status_of(&stores, &first), ISS_OK);
    stores.now += 30 * (int64_t)DAY;
    stores_forged_clear(&second);
    stores_forge_sub(&stores, SECOND, &second);
    stores_forged_print(&stores, &second);
    CU_ASSERT_EQUAL(status_of(&stores, &second), ISS_OK);
    iss_answer_clear(&answer);
    stores_forged_clear(&first);
    stores_forged_clear(&second);
    stores_free(&stores);
}

/* ---- a list that changes meanwhile ------------------------------------------
 */

struct swap {
    struct stores *stores;
    int calls, at; /* of the clock; the list is replaced at that one */
    const char *list;
};

static int64_t swapping_clock(void *arg)
{
    struct swap *swap = arg;

    if (++swap->calls == swap->at)
        stores_list(swap->stores, swap->list);
    return swap->stores->now;
}

/* Whenever the list is replaced, either is obeyed whole, and the record names
 * the one that was. */
static void a_list_is_asked_again_at_the_intent(void)
{
    static const char nobody[] = "privyseal-acl 1\nserial 8\nend 1\n";
    unsigned allowed = 0;
    unsigned denied = 0;
    struct stores stores;

    stores_new(&stores);
    stores_enroll(&stores);
    for (int at = 1; at <= 8; at++) {
        struct swap swap = {.stores = &stores, .list = nobody, .at = at};
        struct forged forged;
        struct iss_answer answer;

        stores_list(&stores, anybody);
        stores_forge_sub(&stores, FIRST, &forged);
        forged.pop.nonce[1] = (uint8_t)at;
        stores_forged_print(&stores, &forged);
        struct iss *root = stores_open(&stores, stores.root);
        root->env.now = swapping_clock;
        root->env.now_arg = &swap;
        const struct iss_order order = stores_order(&forged.out);
        enum iss_status status =
            iss_issue(root, &order, &answer, &stores.error);
        CU_ASSERT_EQUAL(answer.verdict.acl_serial, status == ISS_OK ? 7 : 8);
        CU_ASSERT_TRUE(
            newest_has(&stores, status == ISS_OK ? ISS_REC_ADMIT : ISS_REC_DENY,
                       status == ISS_OK ? "serial=7;" : "serial=8;"));
        CU_ASSERT_EQUAL(list_row(&answer)->result,
                        status == ISS_OK ? ISS_CHECK_OK : ISS_CHECK_REFUSE);
        allowed += status == ISS_OK;
        denied += status == ISS_REFUSED;
        iss_answer_clear(&answer);
        root->env.now = stores.env.now;
        root->env.now_arg = stores.env.now_arg;
        stores_close(&stores, root);
        stores_forged_clear(&forged);
    }
    CU_ASSERT_EQUAL(allowed + denied, 8);
    CU_ASSERT_TRUE(allowed > 0 && denied > 1);
    stores_free(&stores);
}

UNIT_MAIN("admission", UNIT(without_a_good_list_everything_is_denied),
          UNIT(default_deny_counts_the_rules),
          UNIT(who_asks_is_proven_and_not_said),
          UNIT(somebody_elses_guid_needs_a_rule_that_names_it),
          UNIT(a_quota_holds_among_processes),
          UNIT(outstanding_counts_other_guids_that_are_valid),
          UNIT(a_list_is_asked_again_at_the_intent))
