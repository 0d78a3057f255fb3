/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the person at the terminal: on /dev/tty, so that output may be piped
 * elsewhere, and with the terminal put right again whatever signal comes. */
#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "say.h"

enum { ANSWER_SIZE = 16, WORDS_SIZE = 256 };

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { CAUGHT = sizeof(caught) / sizeof(caught[0]) };

static volatile sig_atomic_t came; /* the signal, 0: none */

static void note_signal(int number)
{
    came = number;
}

struct terminal {
    int fd;
    bool opened, hidden;
    struct termios before;
    struct sigaction actions[CAUGHT];
    sigset_t mask; /* as it was; the caught ones come while waiting only */
};

bool tool_prompt_possible(void)
{
    return isatty(STDIN_FILENO) == 1;
}

static bool terminal_open(struct terminal *terminal, bool secret)
{
    struct sigaction action = {.sa_handler = note_signal};
    struct termios quiet;
    sigset_t waiting;

    *terminal = (struct terminal){
        .fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)};
    terminal->opened = terminal->fd >= 0;
    if (!terminal->opened)
        terminal->fd = STDIN_FILENO;
    came = 0;
    (void)sigemptyset(&waiting);
    for (size_t i = 0; i < CAUGHT; i++) {
        (void)sigaddset(&waiting, caught[i]);
        (void)sigaction(caught[i], &action, &terminal->actions[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &waiting, &terminal->mask);
    if (!secret)
        return true;
    if (tcgetattr(terminal->fd, &terminal->before) != 0)
        return false;
    quiet = terminal->before;
    quiet.c_lflag &= (tcflag_t) ~(ECHO | ECHONL);
    terminal->hidden = tcsetattr(terminal->fd, TCSAFLUSH, &quiet) == 0;
    return terminal->hidden;
}

static void say(const struct terminal *terminal, const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t done = write(terminal->fd, text, len);

        if (done <= 0)
            return;
        text += done;
        len -= (size_t)done;
    }
}

/* Puts everything back, then lets a signal do what it came for. */
static void terminal_close(struct terminal *terminal)
{
    if (terminal->hidden) {
        say(terminal, "\n");
        (void)tcsetattr(terminal->fd, TCSAFLUSH, &terminal->before);
    }
    for (size_t i = 0; i < CAUGHT; i++)
        (void)sigaction(caught[i], &terminal->actions[i], NULL);
    (void)sigprocmask(SIG_SETMASK, &terminal->mask, NULL);
    if (terminal->opened)
        (void)close(terminal->fd);
    if (came != 0)
        (void)raise(came);
}

/* A signal that comes just before the wait ends it just the same. */
static bool wait_for_octet(const struct terminal *terminal)
{
    struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};

    return came == 0 && ppoll(&ready, 1, NULL, &terminal->mask) == 1 &&
           came == 0;
}

static ssize_t read_line(const struct terminal *terminal, char *line,
                         size_t size)
{
    size_t len = 0;

    for (;;) {
        char octet;

        if (!wait_for_octet(terminal) || read(terminal->fd, &octet, 1) != 1)
            return -1;
        if (octet == '\n')
            break;
        if (len + 1 < size)
            line[len] = octet;
        len++;
    }
    if (len >= size)
        return -1;
    line[len] = '\0';
    return (ssize_t)len;
}

ssize_t tool_prompt_read(const char *prompt, bool secret, char *line,
                         size_t size)
{
    struct terminal terminal;
    ssize_t len = -1;

    if (!tool_prompt_possible())
        return -1;
    if (terminal_open(&terminal, secret)) {
        say(&terminal, prompt);
        len = read_line(&terminal, line, size);
    }
    terminal_close(&terminal);
    if (len < 0)
        OPENSSL_cleanse(line, size);
    return len;
}

/* What has been printed must be read before it is agreed to. */
static enum iss_status ready(struct tool *tool)
{
    if (tool->out.as_json)
        return tool_fail(tool, ISS_NOT_CONFIRMED,
                         "with --json nothing is asked: give --yes to agree");
    if (!tool_prompt_possible())
        return tool_fail(tool, ISS_NOT_CONFIRMED,
                         "there is no terminal to ask on: give --yes to agree");
    return tool_out_finish(&tool->out, &tool->error);
}

enum iss_status tool_confirm(struct tool *tool, const char *question)
{
    char answer[ANSWER_SIZE], prompt[ISS_TEXT_MAX];
    enum iss_status status;

    if (tool_given(tool, TOOL_YES))
        return ISS_OK;
    status = ready(tool);
    if (status != ISS_OK)
        return status;
    (void)snprintf(prompt, sizeof(prompt), tool_say("%s [yes/no] "),
                   tool_say(question));
    if (tool_prompt_read(prompt, false, answer, sizeof(answer)) >= 0 &&
        tool_says_yes(answer))
        return ISS_OK;
    return tool_fail(tool, ISS_NOT_CONFIRMED,
                     "not confirmed, nothing was changed");
}

static bool same_words(const char *a, const char *b)
{
    for (;;) {
        size_t len;

        a += strspn(a, " \t");
        b += strspn(b, " \t");
        len = strcspn(a, " \t");
        if (len != strcspn(b, " \t") || strncasecmp(a, b, len) != 0)
            return false;
        if (len == 0)
            return true;
        a += len;
        b += len;
    }
}

enum iss_status tool_confirm_words(struct tool *tool, const char *prompt,
                                   const char *words)
{
    char typed[WORDS_SIZE];
    enum iss_status status;

    if (!tool_prompt_possible())
        return tool_fail(tool, ISS_NOT_CONFIRMED,
                         "--confirm-words needs a terminal to type them on");
    status = tool_out_finish(&tool->out, &tool->error);
    if (status != ISS_OK)
        return status;
    if (tool_prompt_read(prompt, false, typed, sizeof(typed)) > 0 &&
        same_words(typed, words))
        return ISS_OK;
    return tool_fail(tool, ISS_NOT_CONFIRMED,
                     "the words do not match: this is not the file they were "
                     "read from; nothing was changed");
}
