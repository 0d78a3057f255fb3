/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reader of "[section]", "key = value" and "#" comments, table-driven:
 * docs/formats/store.md. The file of a store is read by iss_conf_load. */
#ifndef PRIVYSEAL_CONF_H
#define PRIVYSEAL_CONF_H

#include "issuer.h"

enum { ISS_CONF_MAX = 64 * 1024, ISS_CONF_VALUE_MAX = 4096 };

struct iss_conf_row {
    const char *section, *key;
    /* Stores value (never empty); false: not of the right form. */
    bool (*set)(void *object, const struct iss_conf_row *row,
                const char *value);
    const char *form;    /* "a number of years, as 1y": for the message */
    size_t offset, size; /* of the member in object */
};

/* Reads text into object by rows (at most 64). name is for messages. Failure:
 * ISS_USAGE with the line. */
ISS_CHECKED enum iss_status iss_conf_read(const char *name, const char *text,
                                          size_t len,
                                          const struct iss_conf_row *rows,
                                          size_t row_count, void *object,
                                          struct iss_error *error);

/* Setters: text of a fixed-size member; "1y" to an int of years. */
bool iss_conf_set_text(void *object, const struct iss_conf_row *row,
                       const char *value);
bool iss_conf_set_years(void *object, const struct iss_conf_row *row,
                        const char *value);
/* Decimal without leading zeros, below 2^31, to an unsigned. */
bool iss_conf_set_number(void *object, const struct iss_conf_row *row,
                         const char *value);

/* A file that has the section [token] alone; the rest of conf is as if
 * nothing were said. */
ISS_CHECKED enum iss_status iss_conf_load_token(const char *path,
                                                struct iss_conf *conf,
                                                struct iss_error *error);

/* Whether value can stand in such a file and be read back the same. */
bool iss_conf_value_fits(const char *value);

#endif
