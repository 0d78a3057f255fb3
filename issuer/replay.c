/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An access list against the past: every request that the list of its day has
 * decided is decided by another, from its record and the records before it
 * alone. What was issued then stays issued: quotas count it as they would have.
 */
#include "issuer.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "journal.h"

enum {
    NAME_SIZE = ISS_ACL_NAME_MAX + 1,
    OP_SIZE = 32,
    HEX_SIZE = 2 * ISS_HASH_SIZE + 1,
    FIRST_ROOM = 16
};

struct holding { /* a GUID and the end of its longest certificate */
    char guid[XRML_GUID_SIZE];
    int64_t until;
};

struct owner { /* a principal and what was issued for it */
    char name[NAME_SIZE];
    struct iss_acl_past *past;
    size_t past_count, past_room;
    struct holding *holdings;
    size_t holding_count, holding_room;
};

struct place { /* whose a GUID is */
    char guid[XRML_GUID_SIZE];
    char name[NAME_SIZE];
};

struct replay {
    const struct iss_acl *acl;
    int years;
    iss_replayed_fn *each;
    void *arg;
    struct owner *owners;
    size_t owner_count, owner_room;
    void *places; /* a tree of struct place */
    struct iss_error error;
    enum iss_status status;
};

struct asked { /* a request, as its record has it */
    char op[OP_SIZE], name[NAME_SIZE], stated[NAME_SIZE];
    char guid[XRML_GUID_SIZE], url[ENROLL_URL_MAX + 1];
    char subject[HEX_SIZE];
    char *credentials; /* its lines are the values of proofs */
    struct iss_acl_proof proofs[ISS_ACL_PROOF_MAX];
    size_t count, keys; /* keys: of them, before the person's own */
};

/* ---- what was issued ------------------------------------------------------
 */

/* Room for one more in an array of elements of that size. */
static bool grow(void *array, size_t count, size_t *room, size_t size)
{
    void *more = NULL;
    void *now = NULL;

    if (count < *room)
        return true;
    const size_t wanted = *room == 0 ? FIRST_ROOM : *room * 2;
    memcpy(&now, array, sizeof(now));
    more = realloc(now, wanted * size);
    if (more == NULL)
        return false;
    memcpy(array, &more, sizeof(more));
    *room = wanted;
    return true;
}

static struct owner *find_owner(const struct replay *replay, const char *name)
{
    for (size_t i = 0; name != NULL && i < replay->owner_count; i++)
        if (strcmp(replay->owners[i].name, name) == 0)
            return &replay->owners[i];
    return NULL;
}

static struct owner *make_owner(struct replay *replay, const char *name)
{
    struct owner *owner = find_owner(replay, name);

    if (owner != NULL)
        return owner;
    if (!grow(&replay->owners, replay->owner_count, &replay->owner_room,
              sizeof(*replay->owners)))
        return NULL;
    owner = &replay->owners[replay->owner_count++];
    memset(owner, 0, sizeof(*owner));
    (void)snprintf(owner->name, sizeof(owner->name), "%s", name);
    return owner;
}

static bool hold(struct owner *owner, const char *guid, int64_t until)
{
    struct holding *holding = owner->holdings;
    size_t i = 0;

    while (i < owner->holding_count && strcmp(holding[i].guid, guid) != 0)
        i++;
    if (i == owner->holding_count) {
        if (!grow(&owner->holdings, i, &owner->holding_room,
                  sizeof(*owner->holdings)))
            return false;
        owner->holding_count++;
        owner->holdings[i] = (struct holding){.until = until};
        memcpy(owner->holdings[i].guid, guid, strlen(guid) + 1);
    }
    if (owner->holdings[i].until < until)
        owner->holdings[i].until = until;
    return true;
}

static int compare_places(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->guid,
                  ((const struct place *)b)->guid);
}

/* A GUID belongs to the principal it was issued for last. */
static bool settle(struct replay *replay, const struct asked *asked)
{
    struct place *place = malloc(sizeof(*place));
    struct place **known = NULL;

    if (place == NULL)
        return false;
    memcpy(place->guid, asked->guid, sizeof(place->guid));
    memcpy(place->name, asked->name, sizeof(place->name));
    known = tsearch(place, &replay->places, compare_places);
    if (known == NULL || *known != place) {
        if (known != NULL)
            memcpy((*known)->name, asked->name, sizeof(place->name));
        free(place);
    }
    return known != NULL;
}

static bool issue(struct replay *replay, const struct asked *asked,
                  const struct iss_record *record)
{
    struct owner *owner = make_owner(replay, asked->name);
    const int64_t until = (int64_t)iss_record_number(record, ISS_TAG_UNTIL);

    if (owner == NULL || !grow(&owner->past, owner->past_count,
                               &owner->past_room, sizeof(*owner->past)))
        return false;
    owner->past[owner->past_count++] =
        (struct iss_acl_past){.op = iss_acl_op_of(asked->op, strlen(asked->op)),
                              .time = record->time};
    return hold(owner, asked->guid, until) && settle(replay, asked);
}

/* ---- what was asked --------------------------------------------------------
 */

static bool read_credential(char *line, struct iss_acl_proof *proof)
{
    static const struct {
        enum iss_acl_kind kind;
        const char *word;
    } kinds[] = {
#define ACL_KIND(name, word, form) {ISS_ACL_##name, word},
#include "acl_words.def"
#undef ACL_KIND
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const size_t len = strlen(kinds[i].word);

        if (strncmp(line, kinds[i].word, len) != 0)
            continue;
        *proof =
            (struct iss_acl_proof){.kind = kinds[i].kind, .value = line + len};
        return true;
    }
    return false;
}

static void read_credentials(struct asked *asked)
{
    char *next = asked->credentials;
    char *line = NULL;

    while ((line = strsep(&next, "\n")) != NULL &&
           asked->count < ISS_ACL_PROOF_MAX) {
        struct iss_acl_proof *proof = &asked->proofs[asked->count];

        if (!read_credential(line, proof))
            continue;
        asked->count++;
        if (proof->kind != ISS_ACL_UNIX_USER &&
            proof->kind != ISS_ACL_UNIX_GROUP)
            asked->keys = asked->count;
    }
}

/* False: no request that a list has decided. */
static bool read_asked(const struct iss_record *record, struct asked *asked)
{
    const struct iss_field *credentials =
        iss_record_field(record, ISS_TAG_PROOFS);
    const uint8_t *subject =
        iss_record_octets(record, ISS_TAG_SUBJECT, ISS_HASH_SIZE);

    memset(asked, 0, sizeof(*asked));
    if (credentials == NULL || subject == NULL ||
        (record->type != ISS_REC_ADMIT && record->type != ISS_REC_DENY))
        return false;
    iss_hex(subject, ISS_HASH_SIZE, asked->subject);
    return iss_record_text(record, ISS_TAG_OP, asked->op, sizeof(asked->op)) &&
           iss_record_text(record, ISS_TAG_PRINCIPAL, asked->name,
                           sizeof(asked->name)) &&
           iss_record_text(record, ISS_TAG_STATED, asked->stated,
                           sizeof(asked->stated)) &&
           iss_record_text(record, ISS_TAG_GUID, asked->guid,
                           sizeof(asked->guid)) &&
           iss_record_text(record, ISS_TAG_URL, asked->url,
                           sizeof(asked->url)) &&
           (asked->credentials = strndup((const char *)credentials->value,
                                         credentials->len)) != NULL;
}

/* ---- deciding ---------------------------------------------------------------
 */

static enum iss_acl_guid whose_guid(const struct replay *replay,
                                    const char *guid, const char *principal)
{
    struct place wanted = {.name = ""};
    struct place **found = NULL;

    memcpy(wanted.guid, guid, strlen(guid) + 1);
    found = tfind(&wanted, &replay->places, compare_places);
    if (found == NULL)
        return ISS_ACL_GUID_NEW;
    return principal != NULL && strcmp((*found)->name, principal) == 0
               ? ISS_ACL_GUID_OWN
               : ISS_ACL_GUID_OTHER;
}

static unsigned valid_others(const struct owner *owner, const char *guid,
                             int64_t now)
{
    unsigned count = 0;

    for (size_t i = 0; owner != NULL && i < owner->holding_count; i++)
        count += owner->holdings[i].until > now &&
                 strcmp(owner->holdings[i].guid, guid) != 0;
    return count;
}

static struct iss_acl_decision decide(const struct replay *replay,
                                      const struct asked *asked,
                                      const struct iss_record *record)
{
    enum iss_acl_cause cause = ISS_ACL_NOBODY;
    const char *who = iss_acl_who(replay->acl, asked->proofs, asked->count,
                                  record->time, &cause);
    const struct owner *owner = find_owner(replay, who);
    const struct iss_acl_question question = {
        .proofs = asked->proofs,
        .proof_count = asked->count,
        .as = asked->stated[0] == '\0' ? NULL : asked->stated,
        .op = iss_acl_op_of(asked->op, strlen(asked->op)),
        .url = asked->url,
        .guid = asked->guid,
        .whose = whose_guid(replay, asked->guid, who),
        .subject_key = asked->subject,
        .key_bits = (unsigned)iss_record_number(record, ISS_TAG_BITS),
        .days = (int)iss_record_number(record, ISS_TAG_DAYS),
        .years = replay->years,
        .now = record->time,
        .past = owner == NULL ? NULL : owner->past,
        .past_count = owner == NULL ? 0 : owner->past_count,
        .outstanding = valid_others(owner, asked->guid, record->time),
        .approver = asked->proofs + asked->keys,
        .approver_count = asked->count - asked->keys};

    return iss_acl_decide(replay->acl, &question, NULL, NULL);
}

static bool each_record(void *arg, const struct iss_record *record)
{
    struct replay *replay = arg;
    struct asked *asked = malloc(sizeof(*asked));
    bool good = asked != NULL;

    if (good && read_asked(record, asked)) {
        read_credentials(asked);
        const struct iss_acl_decision decision = decide(replay, asked, record);
        const struct iss_replayed replayed = {
            .record = record->seq,
            .time = record->time,
            .op = asked->op,
            .url = asked->url,
            .guid = asked->guid,
            .allowed_then = record->type == ISS_REC_ADMIT,
            .allowed_now = decision.cause == ISS_ACL_ALLOWED,
            .principal = decision.principal == NULL ? "" : decision.principal,
            .line_then = (unsigned)iss_record_number(record, ISS_TAG_ACL_LINE),
            .line_now = decision.line,
            .cause = iss_acl_cause_text(decision.cause)};

        replay->each(replay->arg, &replayed);
        good = record->type != ISS_REC_ADMIT || issue(replay, asked, record);
    }
    if (asked != NULL)
        free(asked->credentials);
    free(asked);
    if (!good)
        replay->status =
            iss_fail(&replay->error, ISS_INTERNAL, "out of memory");
    return good;
}

static void clear(struct replay *replay)
{
    for (size_t i = 0; i < replay->owner_count; i++) {
        free(replay->owners[i].past);
        free(replay->owners[i].holdings);
    }
    free(replay->owners);
    tdestroy(replay->places, free);
}

enum iss_status iss_acl_replay(struct iss *store, const struct iss_acl *acl,
                               iss_replayed_fn *each, void *arg,
                               struct iss_error *error)
{
    struct replay replay = {.acl = acl,
                            .years = store->conf.slc_years,
                            .each = each,
                            .arg = arg,
                            .status = ISS_OK};
    enum iss_status status = ISS_OK;

    if (store->role != ISS_ROOT)
        return iss_fail(error, ISS_REFUSED, "%s: role %s has no access list",
                        store->dir, iss_role_name(store->role));
    status = iss_log_each(store, 1, 0, each_record, &replay, error);
    clear(&replay);
    if (status == ISS_OK && replay.status != ISS_OK)
        status = iss_fail(error, replay.status, "%s", replay.error.text);
    return status;
}
