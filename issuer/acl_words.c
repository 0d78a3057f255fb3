/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and words of an access list: quotes, comments, continuations. */
#include <string.h>

#include "acl_list.h"

static enum iss_status complain(const struct iss_acl_reader *reader,
                                const char *what, struct iss_error *error)
{
    return iss_fail(error, ISS_USAGE, "%s:%u: %s", reader->name, reader->line,
                    what);
}

/* The octet at the reader, -1 at the end. */
static int peek(const struct iss_acl_reader *reader)
{
    return reader->at < reader->len ? (unsigned char)reader->text[reader->at]
                                    : -1;
}

static void skip_comment(struct iss_acl_reader *reader)
{
    while (peek(reader) >= 0 && peek(reader) != '\n')
        reader->at++;
}

/* Up to the blank or line end behind it; a quote may hold blanks. */
static enum iss_status take_word(struct iss_acl_reader *reader,
                                 struct iss_acl_text *word,
                                 struct iss_error *error)
{
    bool quoted = false;

    word->at = reader->text + reader->at;
    word->len = 0;
    for (int c = peek(reader); c >= 0 && c != '\n'; c = peek(reader)) {
        if (c == ' ' && !quoted)
            break;
        if (c == '"')
            quoted = !quoted;
        reader->at++;
        word->len++;
    }
    return quoted ? complain(reader, "a quote is not closed on its line", error)
                  : ISS_OK;
}

/* A backslash as a word of its own joins the next line. */
static bool continues(const struct iss_acl_text *word)
{
    return word->len == 1 && word->at[0] == '\\';
}

static enum iss_status take_line(struct iss_acl_reader *reader,
                                 struct iss_acl_words *words, bool *more,
                                 struct iss_error *error)
{
    struct iss_acl_text word;
    enum iss_status status = ISS_OK;

    *more = false;
    while (status == ISS_OK && peek(reader) >= 0 && peek(reader) != '\n') {
        if (peek(reader) == ' ') {
            reader->at++;
            continue;
        }
        if (peek(reader) == '#') {
            skip_comment(reader);
            break;
        }
        status = take_word(reader, &word, error);
        if (status != ISS_OK)
            break;
        *more = continues(&word);
        if (*more && peek(reader) != '\n')
            status = complain(reader, "something follows the backslash", error);
        else if (!*more && words->count == ISS_ACL_WORDS)
            status = complain(reader, "more than 64 words", error);
        else if (!*more)
            words->words[words->count++] = word;
    }
    if (status == ISS_OK && peek(reader) != '\n')
        status = complain(reader, "the last line does not end", error);
    return status;
}

enum iss_status iss_acl_next(struct iss_acl_reader *reader,
                             struct iss_acl_words *words, bool *end,
                             struct iss_error *error)
{
    enum iss_status status = ISS_OK;
    bool more = false;

    words->count = 0;
    words->line = reader->line;
    *end = false;
    while (status == ISS_OK && (more || words->count == 0)) {
        if (peek(reader) < 0) {
            *end = !more;
            return more ? complain(reader, "a continued line is missing", error)
                        : ISS_OK;
        }
        if (!more)
            words->line = reader->line;
        status = take_line(reader, words, &more, error);
        reader->at++;
        reader->line += status == ISS_OK;
    }
    return status;
}
