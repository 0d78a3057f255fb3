/* SPDX-License-Identifier: Apache-2.0 */
/* One statement of an access list. Internal to its parser. */
#ifndef PRIVYSEAL_ACL_STATEMENT_H
#define PRIVYSEAL_ACL_STATEMENT_H

#include "acl_list.h"

struct iss_acl_rule_names { /* names that are looked up at the end */
    struct iss_acl_text principal, approver;
};

struct iss_acl_parser {
    struct iss_acl_reader reader;
    struct iss_acl *acl;
    size_t statements;
    bool has_serial;
    struct iss_acl_text *credential_names; /* of acl->credentials */
    struct iss_acl_rule_names *rule_names; /* of acl->rules */
    size_t principal_room, credential_room, credential_name_room;
    size_t rule_room, rule_name_room;
};

/* Takes one statement; ISS_USAGE with its line. */
ISS_CHECKED enum iss_status iss_acl_statement(struct iss_acl_parser *parser,
                                              const struct iss_acl_words *words,
                                              struct iss_error *error);

/* An allow or a deny (acl_rule.c). */
ISS_CHECKED enum iss_status iss_acl_take_rule(struct iss_acl_parser *parser,
                                              const struct iss_acl_words *words,
                                              struct iss_error *error);

/* ISS_USAGE with file, line and word. */
enum iss_status iss_acl_complain(const struct iss_acl_parser *parser,
                                 unsigned line, struct iss_acl_text word,
                                 const char *what, struct iss_error *error);
enum iss_status iss_acl_out_of_memory(const struct iss_acl_parser *parser,
                                      struct iss_error *error);

/* The array, or a larger one in its place, with room for one more element;
 * NULL without memory (the array is still there). */
void *iss_acl_room(void *array, size_t count, size_t *room, size_t size);

int iss_acl_compare_credentials(const struct iss_acl_credential *a,
                                const struct iss_acl_credential *b);

#endif
