/* SPDX-License-Identifier: Apache-2.0 */
/* The .pop: see pop.h. */
#include "pop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { HEX_SIZE = 2 * ISS_HASH_SIZE + 1, LINES_SIZE = 2048 };

static const char head[] = "privyseal-proof 1";

static const char *const ops[] = {[ISS_ENROLL] = "enroll",
                                  [ISS_RENEW] = "renew",
                                  [ISS_REKEY] = "rekey",
                                  [ISS_SUB_ENROLL] = "sub-enroll"};

static const struct {
    const char *name;
    size_t offset;
} births[] = {
    {"local", offsetof(struct iss_pop, local)},
    {"never-extractable", offsetof(struct iss_pop, never_extractable)},
    {"always-sensitive", offsetof(struct iss_pop, always_sensitive)},
};
enum { BIRTHS = sizeof(births) / sizeof(births[0]) };

const char *iss_op_name(enum iss_op op)
{
    return ops[op];
}

bool iss_op_parse(const char *text, size_t len, enum iss_op *op)
{
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (strlen(ops[i]) != len || memcmp(ops[i], text, len) != 0)
            continue;
        *op = (enum iss_op)i;
        return true;
    }
    return false;
}

/* ---- reading ----------------------------------------------------------- */

bool iss_pop_born_parse(const char *text, size_t len, struct iss_pop *pop)
{
    size_t at = 0;
    size_t found = 0;

    for (size_t i = 0; i < BIRTHS; i++)
        *((bool *)((char *)pop + births[i].offset)) = false;
    if (len == 1 && text[0] == '-')
        return true;
    for (size_t i = 0; i < BIRTHS; i++) {
        size_t name_len = strlen(births[i].name);
        size_t comma = found > 0 ? 1 : 0;

        if (len - at < comma + name_len || (comma == 1 && text[at] != ',') ||
            memcmp(text + at + comma, births[i].name, name_len) != 0)
            continue;
        *((bool *)((char *)pop + births[i].offset)) = true;
        at += comma + name_len;
        found++;
    }
    return found > 0 && at == len;
}

static bool read_op(struct iss_note *note, struct iss_pop *pop)
{
    const char *value = NULL;
    size_t len = 0;

    return iss_note_value(note, "op", &value, &len) &&
           iss_op_parse(value, len, &pop->op);
}

static bool read_issuers(struct iss_note *note, struct iss_pop *pop)
{
    while (pop->issuer_count < ISS_POP_ISSUERS &&
           iss_note_hex(note, "for", pop->issuers[pop->issuer_count],
                        ISS_HASH_SIZE))
        pop->issuer_count++;
    return pop->issuer_count > 0;
}

static bool read_predecessor(struct iss_note *note, struct iss_pop *pop)
{
    if (iss_note_line(note, "predecessor -"))
        return true;
    pop->has_predecessor = true;
    return iss_note_hex(note, "predecessor", pop->predecessor, ISS_HASH_SIZE);
}

static bool read_born(struct iss_note *note, struct iss_pop *pop)
{
    const char *value = NULL;
    size_t len = 0;

    return iss_note_value(note, "born", &value, &len) &&
           iss_pop_born_parse(value, len, pop);
}

/* subject always, licensor with rekey and only then, identity if there is. */
static bool read_sigs(struct iss_note *note, struct iss_pop *pop)
{
    static const char *const order[] = {"subject", "licensor", "identity"};
    const bool wanted[] = {true, pop->op == ISS_REKEY, false};
    const bool allowed[] = {true, pop->op == ISS_REKEY, true};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        struct iss_note before = *note;
        struct iss_sig *sig = &pop->sigs[pop->sig_count];

        if (allowed[i] && iss_note_sig(note, sig) &&
            strcmp(sig->who, order[i]) == 0) {
            pop->sig_count++;
            continue;
        }
        *note = before;
        if (wanted[i])
            return false;
    }
    return iss_note_line(note, "end") && note->at == note->len;
}

/* The lines before the signatures; the name of the first that is not valid. */
static const char *read_lines(struct iss_note *note, struct iss_pop *pop)
{
    if (!iss_note_line(note, head))
        return "privyseal-proof";
    if (!read_op(note, pop))
        return "op";
    if (!iss_note_hex(note, "request", pop->request, ISS_HASH_SIZE))
        return "request";
    if (!read_issuers(note, pop))
        return "for";
    if (!read_predecessor(note, pop))
        return "predecessor";
    if (!read_born(note, pop))
        return "born";
    if (!iss_note_time(note, "created", &pop->created))
        return "created";
    if (!iss_note_time(note, "expires", &pop->expires))
        return "expires";
    if (!iss_note_hex(note, "nonce", pop->nonce, ISS_NONCE_SIZE))
        return "nonce";
    pop->signed_len = note->at;
    return NULL;
}

static enum iss_status parse(const char *text, size_t len, bool with_sigs,
                             struct iss_pop *pop, struct iss_error *error)
{
    struct iss_note note = {.text = text, .len = len};

    memset(pop, 0, sizeof(*pop));
    if (len > ISS_POP_MAX)
        return iss_fail(error, ISS_MALFORMED, "proof: more than %d octets",
                        ISS_POP_MAX);
    const char *line = read_lines(&note, pop);
    if (line == NULL && with_sigs && !read_sigs(&note, pop))
        line = "sig";
    if (line == NULL && !with_sigs && note.at != len)
        line = "nonce";
    if (line != NULL)
        return iss_fail(error, ISS_MALFORMED,
                        "proof: at octet %zu: no valid line \"%s\"", note.at,
                        line);
    return iss_sha256(text, pop->signed_len, pop->digest, error);
}

enum iss_status iss_pop_parse(const char *text, size_t len, struct iss_pop *pop,
                              struct iss_error *error)
{
    return parse(text, len, true, pop, error);
}

enum iss_status iss_pop_parse_signed(const char *text, size_t len,
                                     struct iss_pop *pop,
                                     struct iss_error *error)
{
    return parse(text, len, false, pop, error);
}

/* ---- writing ----------------------------------------------------------- */

static void print_born(const struct iss_pop *pop, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < BIRTHS; i++) {
        if (!*((const bool *)((const char *)pop + births[i].offset)))
            continue;
        int n = snprintf(out + used, size - used, "%s%s", used > 0 ? "," : "",
                         births[i].name);
        used += n > 0 ? (size_t)n : 0;
    }
    if (used == 0)
        (void)snprintf(out, size, "-");
}

enum iss_status iss_pop_print(const struct iss_pop *pop, char **out,
                              size_t *len, struct iss_error *error)
{
    char issuers[LINES_SIZE] = "";
    char hex[HEX_SIZE];
    char request[HEX_SIZE];
    char predecessor[HEX_SIZE] = "-";
    char born[ISS_BORN_SIZE];
    char created[ISS_CLOCK_SIZE];
    char expires[ISS_CLOCK_SIZE];
    size_t used = 0;

    for (size_t i = 0; i < pop->issuer_count; i++) {
        iss_hex(pop->issuers[i], ISS_HASH_SIZE, hex);
        int n =
            snprintf(issuers + used, sizeof(issuers) - used, "for %s\n", hex);
        used += n > 0 ? (size_t)n : 0;
    }
    iss_hex(pop->request, ISS_HASH_SIZE, request);
    if (pop->has_predecessor)
        iss_hex(pop->predecessor, ISS_HASH_SIZE, predecessor);
    print_born(pop, born, sizeof(born));
    iss_hex(pop->nonce, ISS_NONCE_SIZE, hex);
    if (!iss_clock_print(pop->created, created) ||
        !iss_clock_print(pop->expires, expires))
        return iss_fail(error, ISS_INTERNAL, "proof: time out of range");
    int n = asprintf(out,
                     "%s\nop %s\nrequest %s\n%spredecessor %s\nborn %s\n"
                     "created %s\nexpires %s\nnonce %s\n",
                     head, ops[pop->op], request, issuers, predecessor, born,
                     created, expires, hex);
    if (n < 0) {
        *out = NULL;
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    *len = (size_t)n;
    return ISS_OK;
}

/* ---- judging ----------------------------------------------------------- */

const char *iss_pop_time_fault(const struct iss_pop *pop, int64_t now)
{
    if (pop->expires <= pop->created)
        return "the proof expires before it was made";
    if (pop->expires - pop->created > (int64_t)ISS_POP_DAYS * ISS_CLOCK_DAY)
        return "the proof is valid for more than 30 days";
    if (now + ISS_CLOCK_TOLERANCE < pop->created)
        return "the proof is of the future: compare the clocks";
    if (now - ISS_CLOCK_TOLERANCE >= pop->expires)
        return "the proof has expired";
    return NULL;
}

const char *iss_pop_key_fault(const struct iss_pop *pop,
                              const struct enroll_key *key)
{
    return iss_key_same(&pop->sigs[0].key, key)
               ? NULL
               : "the proof is of another key than the request";
}

const char *iss_pop_sig_fault(OSSL_LIB_CTX *libctx, const char *text,
                              const struct iss_pop *pop)
{
    for (size_t i = 0; i < pop->sig_count; i++)
        if (!iss_note_sig_good(libctx, text, &pop->sigs[i]))
            return i == 0 ? "the subject's signature does not verify"
                          : "a second signature does not verify";
    return NULL;
}
