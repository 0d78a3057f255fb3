/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal doctor openssl-conf */
#include "doctor.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "issuer/issuer.h"
#include "verbs.h"

enum { FILE_MAX = 1024 * 1024 };

void tool_doctor_say(struct tool_doctor *doctor, enum tool_verdict verdict,
                     const char *what, const char *format, ...)
{
    static const struct {
        const char *word;
        enum tool_colour colour;
    } rows[] = {[TOOL_WELL] = {"ok", TOOL_GOOD},
                [TOOL_NOTE] = {"note", TOOL_PLAIN},
                [TOOL_WARNING] = {"warning", TOOL_WARN},
                [TOOL_ERROR] = {"error", TOOL_BAD}};
    struct tool_out *out = &doctor->tool->out;
    char text[ISS_TEXT_MAX * 2];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    doctor->found[verdict]++;
    if (out->as_json) {
        tool_json_open(&out->json, NULL, '{');
        tool_json_text(&out->json, "verdict", rows[verdict].word);
        tool_json_text(&out->json, "what", what);
        tool_json_text(&out->json, "text", text);
        tool_json_close(&out->json, '}');
        return;
    }
    if (out->quiet && verdict < TOOL_WARNING)
        return;
    tool_part(out, rows[verdict].colour, "%-10s ", rows[verdict].word);
    tool_part(out, TOOL_PLAIN, "%s: %s", what, text);
    tool_end_line(out);
}

/* The file that programs read: the operand, else OpenSSL's own choice. */
static char *file_of(const struct tool *tool)
{
    if (tool->options.operand_count > 0)
        return OPENSSL_strdup(tool->options.operands[0]);
    return CONF_get1_default_config_file();
}

/* Makes one line blank, so that the next one at fault is found. */
static bool blank_line(char *text, long line)
{
    char *at = text;

    while (line > 1 && (at = strchr(at, '\n')) != NULL) {
        at++;
        line--;
    }
    if (line != 1 || at == NULL || *at == '\0')
        return false;
    memset(at, ' ', strcspn(at, "\n"));
    return true;
}

static bool load(CONF *conf, const char *text, long *line)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    const bool good = bio != NULL && NCONF_load_bio(conf, bio, line) == 1;

    BIO_free(bio);
    return good;
}

/* OpenSSL stops at the first line that it cannot read; a person wants to know
 * of all of them. What can be read is examined without those. */
static enum iss_status load_all(struct tool_doctor *doctor, char *text)
{
    long line = 0, last = 0;

    for (;;) {
        NCONF_free(doctor->conf);
        doctor->conf = NCONF_new(NULL);
        if (doctor->conf == NULL)
            return tool_fail(doctor->tool, ISS_INTERNAL, "out of memory");
        line = 0;
        if (load(doctor->conf, text, &line))
            return ISS_OK;
        tool_doctor_say(doctor, TOOL_ERROR, doctor->path,
                        "OpenSSL cannot read line %ld (%s), so that programs "
                        "ignore the whole file or do not start",
                        line > 0 ? line : 1,
                        ERR_reason_error_string(ERR_peek_last_error()));
        ERR_clear_error();
        if (line <= last || !blank_line(text, line)) {
            NCONF_free(doctor->conf);
            doctor->conf = NULL;
            return ISS_OK; /* said; nothing can be examined */
        }
        last = line;
    }
}

static enum iss_status open_file(struct tool_doctor *doctor)
{
    struct tool *tool = doctor->tool;
    struct stat st;
    char *text = NULL;
    size_t len = 0;
    enum iss_status status;

    if (stat(doctor->path, &st) != 0)
        return tool_fail(tool, ISS_USAGE, "%s: %s", doctor->path,
                         strerror(errno));
    doctor->others_read = (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
    status = iss_read_file(doctor->path, FILE_MAX, &text, &len, &tool->error);
    if (status != ISS_OK)
        status = tool->error.status = ISS_USAGE;
    else
        status = load_all(doctor, text);
    if (text != NULL)
        OPENSSL_cleanse(text, len); /* may hold a PIN */
    free(text);
    return status;
}

static void examine(struct tool_doctor *doctor)
{
    if (doctor->conf == NULL)
        return; /* not even read */
    if (doctor->found[TOOL_ERROR] == 0)
        tool_doctor_say(doctor, TOOL_WELL, doctor->path,
                        "OpenSSL can read this file");
    tool_doctor_lines(doctor);
    tool_doctor_conf(doctor);
}

static enum iss_status check(struct tool *tool)
{
    char *path = file_of(tool);
    struct tool_doctor doctor = {.tool = tool, .path = path};
    struct tool_json *json = &tool->out.json;
    enum iss_status status;

    if (path == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "file", path);
        tool_json_open(json, "findings", '[');
    }
    status = open_file(&doctor);
    if (status == ISS_OK)
        examine(&doctor);
    if (tool->out.as_json) {
        tool_json_close(json, ']');
        tool_json_number(json, "errors", (int64_t)doctor.found[TOOL_ERROR]);
        tool_json_number(json, "warnings", (int64_t)doctor.found[TOOL_WARNING]);
        tool_json_close(json, '}');
    }
    if (status == ISS_OK && doctor.found[TOOL_ERROR] > 0)
        status = tool_fail(tool, ISS_USAGE, "%s: %zu error%s", path,
                           doctor.found[TOOL_ERROR],
                           doctor.found[TOOL_ERROR] > 1 ? "s" : "");
    NCONF_free(doctor.conf);
    OPENSSL_free(path);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    if (!tool_given(tool, TOOL_PRINT)) {
        if (tool_given(tool, TOOL_MODULE) || tool_given(tool, TOOL_PIN_SOURCE))
            return tool_fail(tool, ISS_USAGE,
                             "--module and --pin-source go with --print");
        return check(tool);
    }
    if (tool->options.operand_count > 0)
        return tool_fail(tool, ISS_USAGE, "--print goes without a FILE");
    return tool_doctor_print(tool);
}

static const struct tool_use uses[] = {
    {TOOL_PRINT, "prints a configuration for this machine instead"},
    {TOOL_MODULE, "--print: the PKCS#11 module; default: those registered with "
                  "p11-kit, else one that is installed"},
    {TOOL_PIN_SOURCE, "--print: where programs find the PIN, file:PATH or "
                      "credential:NAME; default: none, they ask"},
    {TOOL_QUIET, "warnings and errors only"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_doctor_openssl_conf = {
    .name = "doctor openssl-conf",
    .summary = "check or print a configuration of the OpenSSL provider",
    .operands = "[FILE]",
    .least = 0,
    .most = 1,
    .uses = uses,
    .text = "Reads FILE as OpenSSL and the provider will (default: the file "
            "that OpenSSL uses), loads the modules it names, and says in plain "
            "words what is right and what is not: most of it OpenSSL passes "
            "over in silence. Exit 2 if anything is an error.\n\n"
            "  privyseal doctor openssl-conf /etc/ssl/openssl.cnf\n"
            "  privyseal doctor openssl-conf --print --pin-source "
            "file:/etc/pin",
    .run = run,
};
