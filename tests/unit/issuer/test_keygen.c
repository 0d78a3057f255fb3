/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in a token, through the provider, which the engine does not know. Each
 * act runs in a process of its own, since a module is loaded once and some of
 * them are killed.
 */
#include "issuer/init.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/journal.h"
#include "stores.h"
#include "unit.h"

enum { RACERS = 8, TEXT = 3 * ISS_PATH_MAX };

struct token { /* a folder with the module's token in it, and two stores */
    struct stores stores;
    struct forged forged; /* what is asked for */
    char conf[ISS_PATH_MAX], journal[ISS_PATH_MAX], pin[ISS_PATH_MAX];
};

static void print(const char *path, const char *text)
{
    CU_ASSERT_EQUAL(iss_publish(path, text, strlen(text), 0, NULL), ISS_OK);
}

static void token_new(struct token *token)
{
    char text[TEXT];

    memset(token, 0, sizeof(*token));
    stores_bare(&token->stores);
    const char *dir = token->stores.dir;
    (void)snprintf(token->conf, sizeof(token->conf), "%s/openssl.cnf", dir);
    (void)snprintf(token->journal, sizeof(token->journal), "%s/journal", dir);
    (void)snprintf(token->pin, sizeof(token->pin), "%s/pin", dir);
    print(token->pin, "1234");
    (void)snprintf(text, sizeof(text),
                   "openssl_conf = init\n[init]\nproviders = providers\n"
                   "[providers]\ndefault = d\nprivyseal = p\n"
                   "[d]\nactivate = 1\n"
                   "[p]\nmodule = %s\nmodule-path = %s\n"
                   "pin-source = file:%s\nactivate = 1\n",
                   PROVIDER, FAULT, token->pin);
    print(token->conf, text);
}

static void token_free(struct token *token)
{
    stores_forged_clear(&token->forged);
    stores_free(&token->stores);
}

static struct iss_init asked_for(const struct token *token)
{
    struct iss_init asked = stores_authority(&token->stores);

    asked.token_uri = "pkcs11:token=fault";
    return asked;
}

typedef enum iss_status act(struct token *token);

/* Runs an act in a child whose module follows a rule; the exit code, or 128 and
 * the signal. */
static int run(struct token *token, const char *rule, act *what)
{
    char text[TEXT];
    int result = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)snprintf(text, sizeof(text),
                       "token-dir='%s/token' label=fault pin=1234 "
                       "journal='%s' %s",
                       token->stores.dir, token->journal, rule);
        OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
        if (setenv("PRIVYSEAL_FAULT", text, 1) != 0 || libctx == NULL ||
            OSSL_LIB_CTX_load_config(libctx, token->conf) != 1)
            _exit(ISS_INTERNAL);
        token->stores.env.libctx = libctx;
        _exit((int)what(token));
    }
    CU_ASSERT_EQUAL(waitpid(child, &result, 0), child);
    return WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
}

static enum iss_status make(struct token *token)
{
    const struct iss_init asked = asked_for(token);
    struct iss *store = NULL;
    enum iss_status status =
        iss_init(&token->stores.env, &asked, &store, &token->stores.error);
    if (status == ISS_OK)
        status = iss_close(store, &token->stores.error);
    return status;
}

static enum iss_status issue(struct token *token)
{
    struct iss_answer answer;
    struct iss_error error = {0};
    struct iss *store = NULL;
    char path[ISS_PATH_MAX];
    const struct iss_order order = stores_order(&token->forged.out);
    enum iss_status status = iss_open(
        &token->stores.env, token->stores.authority, 0, &store, &error);
    if (status == ISS_OK)
        status = iss_issue(store, &order, &answer, &error);
    (void)snprintf(path, sizeof(path), "%s/answer", token->stores.dir);
    if (status == ISS_OK)
        status =
            iss_publish(path, answer.response, answer.response_len, 0, &error);
    enum iss_status closed = iss_close(store, &error);
    token->stores.error = error;
    return status == ISS_OK ? closed : status;
}

/* A store, and a request that is the same for all who bring it. */
static void found(struct token *token)
{
    token_new(token);
    CU_ASSERT_EQUAL_FATAL(run(token, "", make), ISS_OK);
    stores_forge(&token->stores, 8, &token->forged);
    stores_forged_print(&token->stores, &token->forged);
}

/* Records of a type, read without the token. */
static unsigned records(struct token *token, unsigned type)
{
    token->stores.env.libctx = NULL;
    return stores_records(&token->stores, token->stores.authority, type);
}

static enum iss_status key_id(struct token *token, const char *purpose,
                              char hex[static 2 * ISS_ID_SIZE + 1])
{
    struct iss_key_row row;
    struct iss *store = stores_open(&token->stores, token->stores.authority);
    enum iss_status status = iss_store_key_get(store->db, purpose, &row, NULL);

    iss_hex(row.id, ISS_ID_SIZE, hex);
    iss_key_row_clear(&row);
    iss_free(store);
    return status;
}

/* Signatures that the module has made with a key, by its own account. */
static unsigned signatures(struct token *token, const char *purpose)
{
    char hex[2 * ISS_ID_SIZE + 1];
    size_t len = 0;
    unsigned count = 0;
    char *text = unit_read_file(token->journal, &len);

    CU_ASSERT_EQUAL(key_id(token, purpose, hex), ISS_OK);
    for (char *at = text; at != NULL && (at = strstr(at, hex)) != NULL; at++)
        count++;
    free(text);
    return count;
}

/* Pairs in the token: the module keeps each in one file. */
static unsigned pairs(struct token *token)
{
    char command[TEXT];
    char number[16] = "0";

    (void)snprintf(command, sizeof(command),
                   "find '%s/token' -type f -name '*' | wc -l",
                   token->stores.dir);
    FILE *file = popen(command, "r");
    if (file != NULL) {
        (void)(fgets(number, sizeof(number), file) != NULL);
        (void)pclose(file);
    }
    return (unsigned)strtoul(number, NULL, 10);
}

static void results_equal_the_tokens_signatures(void)
{
    static const char *const purposes[] = {"root", "ca", "eca", "esc"};
    /* each tested; three certified the next; the last has answered once */
    static const unsigned counts[] = {2, 2, 2, 2};
    struct token token;

    found(&token);
    pid_t children[RACERS];
    for (int i = 0; i < RACERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(run(&token, "", issue));
    }
    for (int i = 0; i < RACERS; i++) {
        int result = -1;
        CU_ASSERT_EQUAL(waitpid(children[i], &result, 0), children[i]);
        CU_ASSERT_EQUAL(result, 0);
    }
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        CU_ASSERT_EQUAL(signatures(&token, purposes[i]), counts[i]);
    /* the audit key's self-test is one more */
    CU_ASSERT_EQUAL(records(&token, ISS_REC_RESULT), 8 + 1);
    token_free(&token);
}

/* Killed at any call that changes the token or before: the next run goes on,
 * and no pair is there that no record knows. */
static void a_killed_init_is_finished_without_a_second_pair(void)
{
    static const char *const rules[] = {
        "rule=C_GenerateKeyPair:1=kill",
        "rule=C_GenerateKeyPair:3=kill",
        "rule=C_Sign:1=kill",
        "rule=C_Sign:4=kill",
        "rule=C_Sign:7=kill",
        "rule=C_Login:1=kill",
    };
    struct token token;

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        token_new(&token);
        CU_ASSERT_EQUAL(run(&token, rules[i], make), 128 + SIGKILL);
        CU_ASSERT_EQUAL(run(&token, "", make), ISS_OK);
        unsigned first = pairs(&token);
        CU_ASSERT_EQUAL(records(&token, ISS_REC_KEY), 5);
        CU_ASSERT_EQUAL(records(&token, ISS_REC_RESULT), 8);
        CU_ASSERT_EQUAL(run(&token, "", make), ISS_OK);
        CU_ASSERT_EQUAL(pairs(&token), first);
        token_free(&token);
    }
}

/* The pair is made and its process killed before KEY: it is taken, not made
 * again. */
static void a_pair_without_record_is_taken(void)
{
    struct token token;
    struct token whole;

    token_new(&whole);
    CU_ASSERT_EQUAL(run(&whole, "", make), ISS_OK);
    unsigned expected = pairs(&whole);
    token_free(&whole);
    token_new(&token);
    /* the first call behind the pair of the second key that reads it back */
    CU_ASSERT_EQUAL(run(&token,
                        "rule=C_GenerateKeyPair:2=delay=1 "
                        "rule=C_SignInit:2=kill",
                        make),
                    128 + SIGKILL);
    CU_ASSERT_EQUAL(run(&token, "", make), ISS_OK);
    CU_ASSERT_EQUAL(pairs(&token), expected);
    token_free(&token);
}

static void what_the_token_does_badly_is_not_handed_out(void)
{
    static const struct {
        const char *rule;
        enum iss_status status;
    } cases[] = {
        {"rule=C_Sign:1=bitflip", ISS_TOKEN},
        {"rule=C_Sign:1=other-key", ISS_TOKEN},
        {"rule=C_Sign:1=rv=CKR_DEVICE_ERROR rule=C_Sign:2=rv=CKR_DEVICE_ERROR "
         "rule=C_Sign:3=rv=CKR_DEVICE_ERROR",
         ISS_TOKEN},
        {"rule=C_Login:1=rv=CKR_PIN_INCORRECT", ISS_LOGIN},
        {"rule=C_Login:1=rv=CKR_PIN_LOCKED", ISS_LOGIN},
        {"rule=C_Initialize:1=rv=CKR_GENERAL_ERROR", ISS_TOKEN},
        {"rule=C_Sign=rv=CKR_USER_NOT_LOGGED_IN", ISS_TOKEN},
    };
    struct token token;

    found(&token);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CU_ASSERT_EQUAL(run(&token, cases[i].rule, issue),
                        (int)cases[i].status);
        CU_ASSERT_EQUAL(records(&token, ISS_REC_RESULT), 8);
    }
    CU_ASSERT_EQUAL(records(&token, ISS_REC_LOGIN_FAIL), 2);
    CU_ASSERT_EQUAL(run(&token, "", issue), ISS_OK);
    CU_ASSERT_EQUAL(records(&token, ISS_REC_RESULT), 9);
    CU_ASSERT_EQUAL(records(&token, ISS_REC_INTENT), 9);
    token_free(&token);
}

/* The PIN is sent once, whatever else the command would still like to do. */
static void a_wrong_pin_is_tried_once(void)
{
    struct token token;
    char log[ISS_PATH_MAX];
    char rule[TEXT];
    size_t len = 0;
    unsigned logins = 0;

    found(&token);
    CU_ASSERT_EQUAL(iss_publish(token.pin, "9999", 4, ISS_PUBLISH_FORCE, NULL),
                    ISS_OK);
    (void)snprintf(log, sizeof(log), "%s/log", token.stores.dir);
    (void)snprintf(rule, sizeof(rule), "log='%s'", log);
    CU_ASSERT_EQUAL(run(&token, rule, issue), ISS_LOGIN);
    char *text = unit_read_file(log, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (char *at = text; (at = strstr(at, "C_Login")) != NULL; at++)
        logins++;
    CU_ASSERT_EQUAL(logins, 1);
    free(text);
    token_free(&token);
}

UNIT_MAIN("keygen", UNIT(results_equal_the_tokens_signatures),
          UNIT(a_killed_init_is_finished_without_a_second_pair),
          UNIT(a_pair_without_record_is_taken),
          UNIT(what_the_token_does_badly_is_not_handed_out),
          UNIT(a_wrong_pin_is_tried_once))
