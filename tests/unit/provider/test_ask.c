/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a PIN: what is asked, who is asked, and who is not. */
#include "ask.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

static const char *answer;
static char question[PROV_PROMPT_SIZE * 2];
static int questions;

static int write_string(UI *ui, UI_STRING *string)
{
    (void)ui;
    (void)snprintf(question, sizeof(question), "%s",
                   UI_get0_output_string(string));
    return 1;
}

static int read_string(UI *ui, UI_STRING *string)
{
    questions++;
    /* An application that asks may use OpenSSL and leave errors behind. */
    ERR_raise(ERR_LIB_USER, 1);
    return answer != NULL && UI_set_result(ui, string, answer) == 0;
}

static UI_METHOD *method(void)
{
    UI_METHOD *ui = UI_create_method("test");

    CU_ASSERT_EQUAL_FATAL(UI_method_set_writer(ui, write_string), 0);
    CU_ASSERT_EQUAL_FATAL(UI_method_set_reader(ui, read_string), 0);
    questions = 0;
    return ui;
}

static const struct p11_pin_request key = {
    .token_label = "lab\x1b[2J", .object_label = "k", .context_specific = true};
static const struct p11_pin_request token = {.token_label = "lab"};

static void the_question_names_token_and_key(void)
{
    UI_METHOD *ui = method();
    char pin[8];

    answer = "1234";
    CU_ASSERT_EQUAL(prov_ask(ui, &key, pin, sizeof(pin)), 4);
    CU_ASSERT_EQUAL(memcmp(pin, "1234", 4), 0);
    CU_ASSERT_EQUAL(questions, 1);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(question, "PIN of token 'lab?[2J' for key 'k'"));
    CU_ASSERT_EQUAL(prov_ask(ui, &token, pin, sizeof(pin)), 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(question, "PIN of token 'lab'"));
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    UI_destroy_method(ui);
}

static void no_answer_is_no_pin(void)
{
    UI_METHOD *ui = method();
    char pin[8];

    answer = "";
    CU_ASSERT_EQUAL(prov_ask(ui, &token, pin, sizeof(pin)), -1);
    answer = "longer than fits";
    CU_ASSERT_EQUAL(prov_ask(ui, &token, pin, sizeof(pin)), -1);
    answer = NULL;
    CU_ASSERT_EQUAL(prov_ask(ui, &token, pin, sizeof(pin)), -1);
    CU_ASSERT_EQUAL(questions, 3);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    UI_destroy_method(ui);
}

static void without_a_terminal_nobody_is_asked(void)
{
    char pin[8];
    int status = 0;
    pid_t child = fork();

    CU_ASSERT_TRUE_FATAL(child >= 0);
    if (child == 0) {
        (void)setsid(); /* has no controlling terminal */
        _exit(prov_ask((void *)(uintptr_t)UI_OpenSSL(), &token, pin,
                       sizeof(pin)) == -1
                  ? 0
                  : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
}

static void a_key_that_wants_its_pin_each_time_is_asked_for_it(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    const UI_METHOD *before = UI_get_default_method();
    UI_METHOD *ui = method();
    char uri[] = "pkcs11:token=fault;object=aa?pin-value=1234";
    int always = 1, reason = 0;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0),
        OSSL_PARAM_construct_int("privyseal_always_authenticate", &always),
        OSSL_PARAM_END};
    EVP_PKEY *made = fixture_generate(libctx, params), *pkey;
    uint8_t sig[512];
    size_t len = sizeof(sig);

    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    EVP_PKEY_free(made);
    /* The token is logged in; this URI has no PIN. */
    pkey = fixture_load(libctx, "pkcs11:token=fault;object=aa;type=private");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    UI_set_default_method(ui);
    answer = "1234";
    CU_ASSERT_EQUAL(
        fixture_sign(libctx, pkey, 1, "SHA256", "message", sig, &len), 1);
    CU_ASSERT_EQUAL(questions, 1);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(question, "PIN of token 'fault' for key 'aa'"));
    len = sizeof(sig);
    answer = NULL;
    CU_ASSERT_EQUAL(
        fixture_sign(libctx, pkey, 1, "SHA256", "message", sig, &len), 0);
    CU_ASSERT_EQUAL(questions, 2);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, P11R_PIN_MISSING);
    EVP_PKEY_free(pkey);
    UI_set_default_method(before);
    UI_destroy_method(ui);
}

static int forked_status = -1;

/* The child asks while the parent's question is on the screen. */
static int read_and_fork(UI *ui, UI_STRING *string)
{
    pid_t child;

    if (questions++ > 0)
        return UI_set_result(ui, string, "1234") == 0;
    child = fork();
    if (child == 0) {
        char pin[8];
        UI_METHOD *inner = UI_create_method("child");

        (void)alarm(10); /* a child that waits for ever is ended */
        (void)UI_method_set_reader(inner, read_and_fork);
        _exit(prov_ask(inner, &token, pin, sizeof(pin)) == 4 ? 0 : 1);
    }
    if (child > 0)
        (void)waitpid(child, &forked_status, 0);
    return UI_set_result(ui, string, "1234") == 0;
}

static void a_child_does_not_wait_for_the_parents_question(void)
{
    UI_METHOD *ui = method();
    char pin[8];

    CU_ASSERT_EQUAL_FATAL(UI_method_set_reader(ui, read_and_fork), 0);
    CU_ASSERT_EQUAL(prov_ask(ui, &token, pin, sizeof(pin)), 4);
    CU_ASSERT_EQUAL(forked_status, 0);
    UI_destroy_method(ui);
}

UNIT_MAIN("provider/ask", UNIT(the_question_names_token_and_key),
          UNIT(no_answer_is_no_pin), UNIT(without_a_terminal_nobody_is_asked),
          UNIT(a_key_that_wants_its_pin_each_time_is_asked_for_it),
          UNIT(a_child_does_not_wait_for_the_parents_question))
