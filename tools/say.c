/* SPDX-License-Identifier: Apache-2.0 */
/* Languages: gettext, told by --lang or by the locale. */
#include "say.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char domain[] = "privyseal";
static bool speaks; /* another language than English */

static const struct language {
    const char *name;
    bool catalogue;
} languages[] = {{"en", false}, {"sv", true}};

/* Where the catalogues are, seen from the program: those of the build folder it
 * lies in, else below the prefix that it was installed to. */
static bool catalogues(char *out, size_t size)
{
    static const char *const places[] = {"po", "share/locale"};
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

    if (len <= 0)
        return false;
    program[len] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(program, '/');

        if (slash == NULL)
            return false;
        *slash = '\0';
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int n = snprintf(out, size, "%s/%s", program, places[i]);

        if (n > 0 && (size_t)n < size && access(out, R_OK | X_OK) == 0)
            return true;
    }
    return false;
}

/* The value of --lang, taken out of argv; *missing: it has none. */
static const char *take_option(int *argc, char **argv, bool *missing)
{
    static const char name[] = "--lang";
    const char *value = NULL;
    int to = 1;

    *missing = false;
    for (int i = 1; i < *argc; i++) {
        bool bare = strcmp(argv[i], name) == 0;
        bool joined = strncmp(argv[i], "--lang=", sizeof(name)) == 0;

        if (strcmp(argv[i], "--") == 0) {
            while (i < *argc)
                argv[to++] = argv[i++];
            break;
        }
        if (!bare && !joined) {
            argv[to++] = argv[i];
            continue;
        }
        *missing = bare && i + 1 >= *argc;
        if (joined)
            value = argv[i] + sizeof(name);
        else if (!*missing)
            value = argv[++i];
    }
    argv[to] = NULL;
    *argc = to;
    return value;
}

static const struct language *find(const char *name)
{
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
        if (strcmp(languages[i].name, name) == 0)
            return &languages[i];
    return NULL;
}

/* A named language needs no locale of its own: gettext takes LANGUAGE in any
 * but C. Only messages and the characters are the locale's; numbers are not. */
static void set_locale(const char *named)
{
    const char *now = NULL;

    (void)setlocale(LC_CTYPE, "");
    (void)setlocale(LC_MESSAGES, "");
    if (named == NULL)
        return;
    now = setlocale(LC_MESSAGES, NULL);
    if (now == NULL || strcmp(now, "C") == 0 || strcmp(now, "POSIX") == 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
        (void)setlocale(LC_MESSAGES, "C.UTF-8");
    }
    (void)setenv("LANGUAGE", named, 1);
}

enum iss_status tool_speak(int *argc, char **argv, struct iss_error *error)
{
    char folder[PATH_MAX];
    bool missing = false;
    const char *named = take_option(argc, argv, &missing);
    const struct language *language = named == NULL ? NULL : find(named);

    if (missing)
        return iss_fail(error, ISS_USAGE, "--lang: the value is missing");
    if (named != NULL && language == NULL)
        return iss_fail(error, ISS_USAGE, "--lang: %s is none of en, sv",
                        named);
    if (language != NULL && !language->catalogue)
        return ISS_OK;
    /* No catalogue of the C library lies there: strerror stays English, since
     * its words go to the journal and to JSON too. */
    if (!catalogues(folder, sizeof(folder)) ||
        bindtextdomain(domain, folder) == NULL ||
        bindtextdomain("libc", folder) == NULL)
        return ISS_OK;
    set_locale(named);
    (void)bind_textdomain_codeset(domain, "UTF-8");
    speaks = true;
    iss_error_language(tool_say);
    return ISS_OK;
}

void tool_speak_english(void)
{
    speaks = false;
    iss_error_language(NULL);
}

const char *tool_say(const char *text)
{
    return speaks && text[0] != '\0' ? dgettext(domain, text) : text;
}

bool tool_says_yes(const char *answer)
{
    static const char yes[] = "yes";
    const char *local = tool_say(yes);
    const char first[] = {local[0], '\0'};

    return strcasecmp(answer, yes) == 0 || strcasecmp(answer, "y") == 0 ||
           strcasecmp(answer, local) == 0 || strcasecmp(answer, first) == 0;
}
