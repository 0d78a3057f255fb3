/* SPDX-License-Identifier: Apache-2.0 */
/* Where a PIN comes from: one row a kind of source. */
#include "pin.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pinfile.h"
#include "prompt.h"

enum { PATH_SIZE = 4096, PROMPT_SIZE = 160 };

static const char askpass_path[] = "/usr/bin/systemd-ask-password";

typedef ssize_t read_fn(struct tool_pin *source, const char *rest,
                        const char *prompt, char *pin, size_t size);

static ssize_t read_file(struct tool_pin *source, const char *rest,
                         const char *prompt, char *pin, size_t size)
{
    (void)prompt;
    /* file:///PATH is the same as file:/PATH (RFC 8089) */
    if (strncmp(rest, "///", 3) == 0)
        rest += 2;
    return tool_pinfile_read(rest, TOOL_PINFILE_OWN, pin, size, &source->error);
}

static ssize_t read_credential(struct tool_pin *source, const char *rest,
                               const char *prompt, char *pin, size_t size)
{
    const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_SIZE];

    (void)prompt;
    if (folder == NULL || folder[0] != '/') {
        (void)iss_fail(&source->error, ISS_USAGE,
                       "credential:%s: no $CREDENTIALS_DIRECTORY: only a "
                       "service started with LoadCredential= has credentials",
                       rest);
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", folder, rest);
    return tool_pinfile_read(path, TOOL_PINFILE_CREDENTIAL, pin, size,
                             &source->error);
}

static ssize_t read_terminal(struct tool_pin *source, const char *rest,
                             const char *prompt, char *pin, size_t size)
{
    ssize_t len;

    (void)rest;
    if (!tool_prompt_possible()) {
        (void)iss_fail(
            &source->error, ISS_USAGE,
            "%sthere is no terminal to ask on; --pin-source file:PATH "
            "names a file",
            prompt);
        return -1;
    }
    len = tool_prompt_read(prompt, true, pin, size);
    if (len > 0)
        return len;
    (void)iss_fail(&source->error, ISS_NOT_CONFIRMED, "no %s was typed",
                   source->what);
    return -1;
}

/* What systemd-ask-password prints; its own prompt goes to whatever agent the
 * machine has. */
static ssize_t run_askpass(struct tool_pin *source, const char *prompt,
                           char *pin, size_t size)
{
    char program[] = "systemd-ask-password", text[PROMPT_SIZE];
    char *argv[] = {program, text, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    int pipes[2], status = -1;
    size_t len = 0;
    ssize_t got;
    pid_t child;

    (void)snprintf(text, sizeof(text), "%s", prompt);
    if (pipe(pipes) != 0 || posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    (void)posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    (void)posix_spawn_file_actions_addclose(&actions, pipes[0]);
    errno =
        posix_spawn(&child, askpass_path, &actions, NULL, argv, environment);
    (void)close(pipes[1]);
    if (errno == 0) {
        while (len < size && (got = read(pipes[0], pin + len, size - len)) > 0)
            len += (size_t)got;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    (void)close(pipes[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (len > 0 && pin[len - 1] == '\n')
        len--;
    if (status == 0 && len > 0 && len <= TOOL_PIN_MAX)
        return (ssize_t)len;
    OPENSSL_cleanse(pin, size);
    (void)iss_fail(&source->error, ISS_NOT_CONFIRMED,
                   "systemd-ask-password gave no %s", source->what);
    return -1;
}

static ssize_t read_askpass(struct tool_pin *source, const char *rest,
                            const char *prompt, char *pin, size_t size)
{
    if (tool_prompt_possible() || access(askpass_path, X_OK) != 0)
        return read_terminal(source, rest, prompt, pin, size);
    return run_askpass(source, prompt, pin, size);
}

static const struct kind {
    const char *prefix;
    bool rest; /* something must follow */
    read_fn *read;
} kinds[] = {
    {"file:", true, read_file},
    {"credential:", true, read_credential},
    {"askpass", false, read_askpass},
    {"", false, read_terminal},
};

static const struct kind *find(const char *source)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t len = strlen(kinds[i].prefix);

        if (strncmp(source, kinds[i].prefix, len) == 0 &&
            (source[len] != '\0') == kinds[i].rest)
            return &kinds[i];
    }
    return NULL;
}

enum iss_status tool_pin_check(const char *source, struct iss_error *error)
{
    const struct kind *kind = find(source);

    if (kind == NULL)
        return iss_fail(error, ISS_USAGE,
                        "a PIN source is file:PATH, credential:NAME or "
                        "askpass, never the PIN itself");
    if (kind->read == read_credential && strchr(source, '/') != NULL)
        return iss_fail(error, ISS_USAGE,
                        "%s: a credential's name has no slash", source);
    return ISS_OK;
}

ssize_t tool_pin_get(struct tool_pin *source, const char *token, char *pin,
                     size_t size)
{
    const struct kind *kind;
    char prompt[PROMPT_SIZE];

    source->error = (struct iss_error){0};
    kind = find(source->source);
    if (tool_pin_check(source->source, &source->error) != ISS_OK ||
        kind == NULL)
        return -1;
    (void)snprintf(prompt, sizeof(prompt), "%s of token %s: ", source->what,
                   token);
    return kind->read(source, source->source + strlen(kind->prefix), prompt,
                      pin, size);
}

enum iss_status tool_uri_check(const char *uri, struct iss_error *error)
{
    static const char *const names[] = {"pin-value", "pin-source"};

    if (uri == NULL)
        return ISS_OK;
    if (strncasecmp(uri, "pkcs11:", 7) != 0)
        return iss_fail(error, ISS_USAGE, "%s: not a pkcs11: URI (RFC 7512)",
                        uri);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasestr(uri, names[i]) != NULL)
            return iss_fail(error, ISS_USAGE,
                            "a URI with %s= is not taken here: name the source "
                            "with --pin-source (file:PATH, credential:NAME, "
                            "askpass)",
                            names[i]);
    return ISS_OK;
}
