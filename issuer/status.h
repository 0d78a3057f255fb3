/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error convention of issuer/: a status (which is the exit code) and a
 * sentence that names the object and the cause. The innermost frame speaks.
 */
#ifndef PRIVYSEAL_STATUS_H
#define PRIVYSEAL_STATUS_H

enum iss_status {
#define STATUS(name, code, text) ISS_##name = (code),
#include "status.def"
#undef STATUS
};

#define ISS_CHECKED __attribute__((warn_unused_result))

enum { ISS_TEXT_MAX = 512 };

struct iss_error {
    enum iss_status status;
    char text[ISS_TEXT_MAX];  /* one line, no secret, control characters gone */
    char local[ISS_TEXT_MAX]; /* the same in the user's language, or "" */
};

/* How a text is said in the user's language: set once by the program, before
 * any thread; NULL, the default, leaves local empty. Journal, logs and JSON
 * have text. */
typedef const char *iss_say_fn(const char *text) __attribute__((format_arg(1)));
void iss_error_language(iss_say_fn *say);

/* Fills *error (which may be NULL) unless it holds an earlier failure, and
 * returns status, so that "return iss_fail(...)" is the idiom. */
enum iss_status iss_fail(struct iss_error *error, enum iss_status status,
                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "malformed input"; "unknown status" for a number that is none. Static. */
const char *iss_status_text(enum iss_status status);
/* "MALFORMED"; NULL for a number that is none. Static. */
const char *iss_status_name(enum iss_status status);

#endif
