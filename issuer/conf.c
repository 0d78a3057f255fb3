/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Own strict reader, since NCONF keeps the last of two equal keys in silence,
 * knows no line afterwards and expands variables.
 */
#include "conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lifetime.h"
#include "publish.h"

enum { SECTION_SIZE = 32, KEY_SIZE = 32, YEARS_MAX = 100 };
/* MS-RMPR 3.1.3.3; what a server issues lives seven years. */
enum { LICENSE_YEARS = 7, RAC_DAYS = 365, RAC_MINUTES = 15, DAY = 86400 };

struct reader {
    const char *name;
    const struct iss_conf_row *rows;
    size_t row_count;
    void *object;
    uint64_t seen;
    char section[SECTION_SIZE];
    unsigned line;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((text[i] < 'a' || text[i] > 'z') && text[i] != '_' &&
            text[i] != '-')
            return false;
    return len > 0;
}

static enum iss_status complain(const struct reader *reader, const char *what,
                                const char *object, struct iss_error *error)
{
    return iss_fail(error, ISS_USAGE, "%s:%u: %s%s%s", reader->name,
                    reader->line, object, object[0] == '\0' ? "" : ": ", what);
}

static enum iss_status take_section(struct reader *reader, const char *text,
                                    size_t len, struct iss_error *error)
{
    if (len < 3 || len - 2 >= SECTION_SIZE || text[len - 1] != ']' ||
        !word(text + 1, len - 2))
        return complain(reader, "not a section", "", error);
    memcpy(reader->section, text + 1, len - 2);
    reader->section[len - 2] = '\0';
    for (size_t i = 0; i < reader->row_count; i++)
        if (strcmp(reader->rows[i].section, reader->section) == 0)
            return ISS_OK;
    return complain(reader, "unknown section", reader->section, error);
}

static enum iss_status take_value(struct reader *reader, const char *key,
                                  const char *value, struct iss_error *error)
{
    for (size_t i = 0; i < reader->row_count; i++) {
        const struct iss_conf_row *row = &reader->rows[i];

        if (strcmp(row->section, reader->section) != 0 ||
            strcmp(row->key, key) != 0)
            continue;
        if ((reader->seen >> i & 1) != 0)
            return complain(reader, "given twice", key, error);
        reader->seen |= UINT64_C(1) << i;
        if (!row->set(reader->object, row, value))
            return complain(reader, row->form, key, error);
        return ISS_OK;
    }
    return complain(reader, "unknown key", key, error);
}

static enum iss_status take_line(struct reader *reader, const char *text,
                                 size_t len, struct iss_error *error)
{
    char key[KEY_SIZE];
    char value[ISS_CONF_VALUE_MAX];

    while (len > 0 && blank(text[0])) {
        text++;
        len--;
    }
    for (size_t i = 0; i < len; i++)
        if (text[i] == '#' && (i == 0 || blank(text[i - 1])))
            len = i;
    while (len > 0 && blank(text[len - 1]))
        len--;
    if (len == 0)
        return ISS_OK;
    if (text[0] == '[')
        return take_section(reader, text, len, error);
    const char *equals = memchr(text, '=', len);
    size_t key_len = equals == NULL ? 0 : (size_t)(equals - text);
    while (key_len > 0 && blank(text[key_len - 1]))
        key_len--;
    if (equals == NULL || key_len >= sizeof(key) || !word(text, key_len))
        return complain(reader, "not \"key = value\"", "", error);
    memcpy(key, text, key_len);
    key[key_len] = '\0';
    const char *start = equals + 1;
    while (start < text + len && blank(*start))
        start++;
    size_t value_len = (size_t)(text + len - start);
    if (value_len == 0)
        return complain(reader, "no value", key, error);
    if (value_len >= sizeof(value))
        return complain(reader, "value too long", key, error);
    memcpy(value, start, value_len);
    value[value_len] = '\0';
    return take_value(reader, key, value, error);
}

enum iss_status iss_conf_read(const char *name, const char *text, size_t len,
                              const struct iss_conf_row *rows, size_t row_count,
                              void *object, struct iss_error *error)
{
    struct reader reader = {
        .name = name, .rows = rows, .row_count = row_count, .object = object};
    size_t at = 0;

    while (at < len) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end == NULL ? len - at : (size_t)(end - text) - at;

        reader.line++;
        for (size_t i = at; i < at + line_len; i++)
            if (((unsigned char)text[i] < ' ' && text[i] != '\t') ||
                text[i] == '\x7f')
                return complain(&reader, "control character", "", error);
        enum iss_status status = take_line(&reader, text + at, line_len, error);
        if (status != ISS_OK)
            return status;
        if (end == NULL)
            return complain(&reader, "the last line does not end", "", error);
        at += line_len + 1;
    }
    return ISS_OK;
}

bool iss_conf_set_text(void *object, const struct iss_conf_row *row,
                       const char *value)
{
    size_t len = strlen(value);

    if (len >= row->size)
        return false;
    memcpy((char *)object + row->offset, value, len + 1);
    return true;
}

static bool number(const char *text, size_t len, long max, long *out)
{
    long sum = 0;

    if (len == 0 || len > 10 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        sum = sum * 10 + (text[i] - '0');
    }
    *out = sum;
    return sum <= max;
}

bool iss_conf_set_number(void *object, const struct iss_conf_row *row,
                         const char *value)
{
    long sum = 0;
    unsigned out = 0;

    if (!number(value, strlen(value), INT32_MAX, &sum))
        return false;
    out = (unsigned)sum;
    memcpy((char *)object + row->offset, &out, sizeof(out));
    return true;
}

bool iss_conf_set_years(void *object, const struct iss_conf_row *row,
                        const char *value)
{
    size_t len = strlen(value);
    long sum = 0;
    int out = 0;

    if (len < 2 || value[len - 1] != 'y' ||
        !number(value, len - 1, YEARS_MAX, &sum) || sum == 0)
        return false;
    out = (int)sum;
    memcpy((char *)object + row->offset, &out, sizeof(out));
    return true;
}

bool iss_conf_value_fits(const char *value)
{
    size_t len = strlen(value);

    if (len == 0 || len >= ISS_CONF_VALUE_MAX || value[0] == '#' ||
        blank(value[0]) || blank(value[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < ' ' || value[i] == '\x7f' ||
            (value[i] == '#' && blank(value[i - 1])))
            return false;
    return true;
}

/* One kind of store for now; the key keeps its place for others. */
static bool set_url(void *object, const struct iss_conf_row *row,
                    const char *value)
{
    (void)object;
    (void)row;
    return strcmp(value, "sqlite:store.db") == 0;
}

#define MEMBER(member)                           \
    .offset = offsetof(struct iss_conf, member), \
    .size = sizeof(((struct iss_conf *)NULL)->member)

static const char lifetime_form[] = "a time as 7y, 365d, 12h or 15min";

static bool set_lifetime(void *object, const struct iss_conf_row *row,
                         const char *value)
{
    struct iss_lifetime lifetime = {0};
    bool good = iss_lifetime_parse(value, &lifetime);

    if (good)
        memcpy((char *)object + row->offset, &lifetime, sizeof(lifetime));
    return good;
}

static bool set_clc(void *object, const struct iss_conf_row *row,
                    const char *value)
{
    struct iss_conf *conf = object;

    conf->clc_as_rac = strcmp(value, "rac") == 0;
    return conf->clc_as_rac || set_lifetime(object, row, value);
}

static bool set_yes_no(void *object, const struct iss_conf_row *row,
                       const char *value)
{
    bool *flag = (bool *)(void *)((char *)object + row->offset);

    *flag = strcmp(value, "yes") == 0;
    return *flag || strcmp(value, "no") == 0;
}

static const struct iss_conf_row rows[] = {
    {.section = "privyseal",
     .key = "admin_group",
     .set = iss_conf_set_text,
     .form = "a group's name",
     MEMBER(admin_group)},
    {.section = "privyseal",
     .key = "contact",
     .set = iss_conf_set_text,
     .form = "a mail address",
     MEMBER(contact)},
    {.section = "token",
     .key = "module",
     .set = iss_conf_set_text,
     .form = "a path",
     MEMBER(module)},
    {.section = "token",
     .key = "uri",
     .set = iss_conf_set_text,
     .form = "a pkcs11: URI",
     MEMBER(token_uri)},
    {.section = "token",
     .key = "pin_source",
     .set = iss_conf_set_text,
     .form = "file:PATH, credential:NAME or askpass",
     MEMBER(pin_source)},
    {.section = "store",
     .key = "url",
     .set = set_url,
     .form = "only sqlite:store.db is known"},
    {.section = "validity",
     .key = "slc",
     .set = iss_conf_set_years,
     .form = "a number of years, as 1y",
     MEMBER(slc_years)},
    {.section = "validity",
     .key = "license",
     .set = set_lifetime,
     .form = lifetime_form,
     MEMBER(license)},
    {.section = "validity",
     .key = "rac",
     .set = set_lifetime,
     .form = lifetime_form,
     MEMBER(rac)},
    {.section = "validity",
     .key = "rac_temporary",
     .set = set_lifetime,
     .form = lifetime_form,
     MEMBER(rac_temporary)},
    {.section = "validity",
     .key = "clc",
     .set = set_clc,
     .form = "rac, or a time as 7y, 365d, 12h or 15min",
     MEMBER(clc)},
    {.section = "license",
     .key = "client_enrollment",
     .set = set_yes_no,
     .form = "yes or no",
     MEMBER(client_enrollment)},
};

/* A relative path behind prefix becomes one in the folder of the file. */
static bool anchor_path(const char *conf_path, const char *prefix,
                        char value[static ISS_PATH_MAX])
{
    char whole[ISS_PATH_MAX];
    size_t skip = strlen(prefix);
    const char *slash = strrchr(conf_path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - conf_path + 1);

    if (strncmp(value, prefix, skip) != 0 || value[skip] == '/' ||
        value[skip] == '\0')
        return true;
    int n = snprintf(whole, sizeof(whole), "%s%.*s%s", prefix, folder,
                     conf_path, value + skip);
    if (n < 0 || (size_t)n >= sizeof(whole))
        return false;
    memcpy(value, whole, (size_t)n + 1);
    return true;
}

/* Every row, or those of [token] alone. */
static enum iss_status load(const char *path, const struct iss_conf_row *known,
                            size_t count, struct iss_conf *conf,
                            struct iss_error *error)
{
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_read_file(path, ISS_CONF_MAX, &text, &len, error);

    *conf = (struct iss_conf){.slc_years = 1,
                              .license = {.years = LICENSE_YEARS},
                              .rac = {.seconds = RAC_DAYS * DAY},
                              .rac_temporary = {.seconds = RAC_MINUTES * 60},
                              .client_enrollment = true};
    if (status == ISS_OK)
        status = iss_conf_read(path, text, len, known, count, conf, error);
    else if (status == ISS_MALFORMED)
        status = ISS_USAGE;
    if (status == ISS_OK && (!anchor_path(path, "", conf->module) ||
                             !anchor_path(path, "file:", conf->pin_source)))
        status = iss_fail(error, ISS_USAGE, "%s: path too long", path);
    free(text);
    return status;
}

enum iss_status iss_conf_load(const char *path, struct iss_conf *conf,
                              struct iss_error *error)
{
    return load(path, rows, sizeof(rows) / sizeof(rows[0]), conf, error);
}

/* The line of a complaint "PATH:LINE: ..."; 0: none. */
static size_t line_of(const char *path, const char *text)
{
    size_t skip = strlen(path);
    size_t line = 0;

    if (strncmp(text, path, skip) != 0 || text[skip] != ':')
        return 0;
    for (const char *at = text + skip + 1; *at >= '0' && *at <= '9'; at++)
        line = 10 * line + (size_t)(*at - '0');
    return line;
}

/* Makes a line blank, so that the next one at fault is found; of a section that
 * is not known all of it. */
static void blank_line(char *text, size_t len, size_t line)
{
    size_t at = 0;
    bool section = false;

    while (line > 1 && at < len)
        line -= text[at++] == '\n';
    for (size_t start = at; at < len; at++) {
        if (text[at] == '[' && at == start && section)
            return;
        section = section || (text[at] == '[' && at == start);
        if (text[at] != '\n')
            text[at] = ' ';
        else if (section)
            start = at + 1;
        else
            return;
    }
}

enum iss_status iss_conf_faults(const char *path, iss_fault_fn *each, void *arg,
                                struct iss_error *error)
{
    char *text = NULL;
    size_t len = 0, line = 0, last = 0;
    enum iss_status status =
        iss_read_file(path, ISS_CONF_MAX, &text, &len, error);

    for (bool more = status == ISS_OK; more; last = line) {
        struct iss_conf conf;
        struct iss_error fault = {.status = ISS_OK};

        if (iss_conf_read(path, text, len, rows, sizeof(rows) / sizeof(rows[0]),
                          &conf, &fault) == ISS_OK)
            break;
        line = line_of(path, fault.text);
        more = line > last; /* each is further down than the one before */
        if (more || last == 0)
            each(arg, fault.text);
        blank_line(text, len, line);
    }
    free(text);
    return status;
}

enum iss_status iss_conf_load_token(const char *path, struct iss_conf *conf,
                                    struct iss_error *error)
{
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct iss_conf_row known[ROWS];
    size_t count = 0;

    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].section, "token") == 0)
            known[count++] = rows[i];
    return load(path, known, count, conf, error);
}
