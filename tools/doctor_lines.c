/* SPDX-License-Identifier: Apache-2.0 */
/* Names that stand twice in one section: OpenSSL takes the last and says
 * nothing. */
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 128, NAMES_MAX = 256 };

struct lines {
    struct tool_doctor *doctor;
    char section[NAME_SIZE];
    char names[NAMES_MAX][NAME_SIZE]; /* of this section */
    size_t count;
};

static void copy(char out[static NAME_SIZE], const char *text, size_t len)
{
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    (void)snprintf(out, NAME_SIZE, "%.*s", (int)len, text);
}

static void begin_section(struct lines *lines, const char *text)
{
    text += strspn(text, " \t");
    copy(lines->section, text, strcspn(text, "]\n"));
    lines->count = 0;
}

static void add_name(struct lines *lines, const char *text, size_t len)
{
    char name[NAME_SIZE];

    copy(name, text, len);
    for (size_t i = 0; i < lines->count; i++) {
        if (strcmp(lines->names[i], name) == 0) {
            tool_doctor_say(lines->doctor, TOOL_WARNING, lines->section,
                            "%s stands there twice; OpenSSL takes the last and "
                            "says nothing: remove the other",
                            name);
            return;
        }
    }
    if (lines->count < NAMES_MAX)
        memcpy(lines->names[lines->count++], name, NAME_SIZE);
}

static void look_at(struct lines *lines, const char *text)
{
    size_t len;

    text += strspn(text, " \t");
    if (*text == '[') {
        begin_section(lines, text + 1);
        return;
    }
    len = strcspn(text, "=#\n");
    if (text[len] == '=' && *text != '.')
        add_name(lines, text, len);
}

void tool_doctor_lines(struct tool_doctor *doctor)
{
    struct lines *lines = calloc(1, sizeof(*lines));
    FILE *file = fopen(doctor->path, "re");
    char *text = NULL;
    size_t size = 0;

    if (lines != NULL && file != NULL) {
        lines->doctor = doctor;
        copy(lines->section, "default", 7);
        while (getline(&text, &size, file) >= 0)
            look_at(lines, text);
    }
    if (text != NULL)
        explicit_bzero(text, size); /* may hold a PIN */
    free(text);
    if (file != NULL)
        (void)fclose(file);
    free(lines);
}
