/* SPDX-License-Identifier: Apache-2.0 */
/* The language, told by --lang or by the locale, and its catalogue. */
#include "say.h"

#include "catalogue.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static struct catalogue *catalogue; /* of the process, once it is read */
static struct catalogue *spoken;    /* that, or NULL: English */

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

/* The first language of a list as LANGUAGE holds one ("sv:en"), or of a
 * locale's name ("sv_SE.UTF-8@euro"), that is known. */
static const struct language *find_in_list(const char *list)
{
    while (*list != '\0') {
        size_t item = strcspn(list, ":");
        size_t word = strcspn(list, "_.@:");

        for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
            if (strlen(languages[i].name) == word &&
                strncmp(languages[i].name, list, word) == 0)
                return &languages[i];
        list += item;
        list += strspn(list, ":");
    }
    return NULL;
}

/* What the environment asks for, in gettext's order. A C locale, with an
 * encoding or without, asks for English, whatever LANGUAGE says. */
static const struct language *of_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL, *list = getenv("LANGUAGE");

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        locale = getenv(names[i]);
        if (locale != NULL && *locale != '\0')
            break;
    }
    if (locale == NULL || *locale == '\0' || strcmp(locale, "POSIX") == 0 ||
        (locale[0] == 'C' && (locale[1] == '\0' || locale[1] == '.')))
        return NULL;
    return find_in_list(list != NULL && *list != '\0' ? list : locale);
}

enum iss_status tool_speak(int *argc, char **argv, struct iss_error *error)
{
    char folder[PATH_MAX], path[PATH_MAX];
    bool missing = false;
    int length = 0;
    const char *named = take_option(argc, argv, &missing);
    const struct language *language = named == NULL ? NULL : find(named);

    if (missing)
        return iss_fail(error, ISS_USAGE, "--lang: the value is missing");
    if (named != NULL && language == NULL)
        return iss_fail(error, ISS_USAGE, "--lang: %s is none of en, sv",
                        named);
    if (named == NULL)
        language = of_locale();
    if (language == NULL || !language->catalogue ||
        !catalogues(folder, sizeof(folder)))
        return ISS_OK;
    length = snprintf(path, sizeof(path), "%s/%s/LC_MESSAGES/privyseal.mo",
                      folder, language->name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return ISS_OK;
    if (catalogue == NULL)
        catalogue = catalogue_open(path);
    spoken = catalogue;
    iss_error_language(spoken == NULL ? NULL : tool_say);
    return ISS_OK;
}

void tool_speak_english(void)
{
    spoken = NULL;
    iss_error_language(NULL);
}

const char *tool_say(const char *text)
{
    const char *said =
        spoken == NULL || text[0] == '\0' ? NULL : catalogue_find(spoken, text);

    return said != NULL ? said : text;
}

bool tool_says_yes(const char *answer)
{
    static const char yes[] = "yes";
    const char *local = tool_say(yes);
    const char first[] = {local[0], '\0'};

    return strcasecmp(answer, yes) == 0 || strcasecmp(answer, "y") == 0 ||
           strcasecmp(answer, local) == 0 || strcasecmp(answer, first) == 0;
}
