/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's user interface, asked for a PIN. */
#include "ask.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The terminal serves one question at a time. A child made meanwhile has nobody
 * who would answer the parent's. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t turn_once = PTHREAD_ONCE_INIT;

static void in_child(void)
{
    (void)pthread_mutex_init(&turn, NULL);
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, in_child);
}

void prov_ask_text(const struct p11_pin_request *request,
                   char out[static PROV_PROMPT_SIZE])
{
    if (request->object_label != NULL)
        (void)snprintf(out, PROV_PROMPT_SIZE, "PIN of token '%s' for key '%s'",
                       request->token_label, request->object_label);
    else
        (void)snprintf(out, PROV_PROMPT_SIZE, "PIN of token '%s'",
                       request->token_label);
    /* Labels come from the token; a terminal obeys what they may hold. */
    for (char *c = out; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
}

/* OpenSSL's terminal method reads standard input where there is no terminal,
 * and reading in the background stops the process. */
static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool front;

    if (fd < 0)
        return false;
    front = tcgetpgrp(fd) == getpgrp();
    (void)close(fd);
    return front;
}

static bool question(UI *ui, const struct p11_pin_request *request, char *pin)
{
    char text[PROV_PROMPT_SIZE];
    char *prompt;
    bool ok;

    prov_ask_text(request, text);
    prompt = UI_construct_prompt(ui, text, NULL);
    ok = prompt != NULL &&
         UI_dup_input_string(ui, prompt, 0, pin, 0, P11_PIN_MAX) >= 0 &&
         UI_process(ui) == 0;
    OPENSSL_free(prompt);
    return ok;
}

ssize_t prov_ask(void *arg, const struct p11_pin_request *request, char *pin,
                 size_t size)
{
    const UI_METHOD *method = arg != NULL ? arg : UI_get_default_method();
    char pin_text[P11_PIN_MAX + 1] = "";
    ssize_t len = -1;
    UI *ui = NULL;

    if (method == UI_OpenSSL() && !has_terminal())
        return -1;
    (void)pthread_once(&turn_once, watch_forks);
    (void)pthread_mutex_lock(&turn);
    (void)ERR_set_mark();
    ui = UI_new_method(method);
    /* An empty answer is none: it would cost the token a try. */
    if (ui != NULL && question(ui, request, pin_text) && pin_text[0] != '\0' &&
        strlen(pin_text) <= size) {
        len = (ssize_t)strlen(pin_text);
        memcpy(pin, pin_text, (size_t)len);
    }
    UI_free(ui);
    (void)ERR_pop_to_mark();
    (void)pthread_mutex_unlock(&turn);
    OPENSSL_cleanse(pin_text, sizeof(pin_text));
    return len;
}

const struct p11_pin_callback prov_ask_default = {.get = prov_ask, .arg = NULL};
