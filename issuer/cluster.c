/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joining a cluster: a machine shows that its token holds the key that the
 * cluster's certificate names, and becomes a member. Nothing is requested from
 * anybody, and nothing is kept of a machine that cannot show it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "issue.h"
#include "journal.h"
#include "key.h"
#include "lock.h"
#include "member.h"
#include "owner.h"
#include "publish.h"

enum { HEX_SIZE = 2 * ISS_HASH_SIZE + 1 };

struct joining {
    const struct iss_join *join;
    const char *name;
    char path[ISS_PATH_MAX]; /* of the member's file */
    char *text;              /* what it holds; owned */
    size_t len;
    uint8_t conf_hash[ISS_HASH_SIZE];
    uint8_t key_hash[ISS_HASH_SIZE]; /* that the SLC names */
    char uri[ISS_URI_MAX];           /* of that key, at the member */
};

/* ---- what was asked for -------------------------------------------------- */

static enum iss_status check_values(const struct iss_join *join,
                                    struct iss_error *error)
{
    const struct {
        const char *name, *value;
    } values[] = {{"module", join->module},
                  {"token", join->token_uri},
                  {"pin-source", join->pin_source}};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (values[i].value != NULL && !iss_conf_value_fits(values[i].value))
            return iss_fail(error, ISS_USAGE,
                            "%s: \"%s\" cannot stand in a configuration",
                            values[i].name, values[i].value);
    if (join->token_uri != NULL && strstr(join->token_uri, "pin-value") != NULL)
        return iss_fail(error, ISS_USAGE, "token: no PIN may stand in its URI");
    return ISS_OK;
}

/* What is not given stays as the cluster has it. */
static enum iss_status print_conf(const struct iss *iss,
                                  struct joining *joining,
                                  struct iss_error *error)
{
    const struct {
        const char *key, *value;
    } lines[] = {{"module", joining->join->module},
                 {"uri", joining->join->token_uri},
                 {"pin_source", joining->join->pin_source}};
    FILE *out = open_memstream(&joining->text, &joining->len);

    if (out == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    bool good = fprintf(out, "# %s, a member of %s\n[token]\n", joining->name,
                        iss->guid) > 0;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && good; i++)
        good = lines[i].value == NULL ||
               fprintf(out, "%s = %s\n", lines[i].key, lines[i].value) > 0;
    if (fclose(out) != 0 || !good)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    return iss_sha256(joining->text, joining->len, joining->conf_hash, error);
}

/* The handle as the member will have it. */
static enum iss_status take_conf(struct iss *iss, const struct joining *joining,
                                 struct iss_error *error)
{
    const struct {
        char *out;
        size_t size;
        const char *value;
    } values[] = {
        {iss->conf.module, sizeof(iss->conf.module), joining->join->module},
        {iss->conf.token_uri, sizeof(iss->conf.token_uri),
         joining->join->token_uri},
        {iss->conf.pin_source, sizeof(iss->conf.pin_source),
         joining->join->pin_source}};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (values[i].value == NULL)
            continue;
        int n = snprintf(values[i].out, values[i].size, "%s", values[i].value);
        if (n < 0 || (size_t)n >= values[i].size)
            return iss_fail(error, ISS_USAGE, "%s: too long", values[i].value);
    }
    (void)snprintf(iss->member, sizeof(iss->member), "%s", joining->name);
    iss->env.member = iss->member;
    return ISS_OK;
}

/* ---- who is there already ------------------------------------------------ */

struct search {
    const char *name;
    bool first;
    char host[ISS_TEXT_MAX];
};

static bool note_first(void *arg, const struct iss_member *member)
{
    struct search *search = arg;

    (void)snprintf(search->host, sizeof(search->host), "%s", member->name);
    search->first = strcmp(member->name, search->name) == 0;
    return false;
}

/* The machine that made the store is a member without joining. */
static enum iss_status not_first(struct iss *iss, const struct joining *joining,
                                 struct iss_error *error)
{
    struct search search = {.name = joining->name};
    enum iss_status status = iss_members(iss, note_first, &search, error);

    if (status == ISS_OK && search.first)
        status = iss_fail(error, ISS_CONFLICT,
                          "%s: %s made this store and is its first member; "
                          "another one needs another name",
                          iss->dir, joining->name);
    return status;
}

/* Whether the newest record of this member says all of the same. */
static enum iss_status joined(struct iss *iss, const struct joining *joining,
                              bool *same, struct iss_error *error)
{
    struct iss_member_row row = {0};
    struct iss_loaded record = {0};
    enum iss_status status =
        iss_store_member_get(iss->db, joining->name, &row, error);

    *same = false;
    if (status == ISS_OK && row.seq != 0)
        status = iss_journal_load(iss->db, row.seq, &record, error);
    if (status == ISS_OK && row.seq != 0) {
        const struct iss_record *at = &record.decoded.record;
        const uint8_t *conf =
            iss_record_octets(at, ISS_TAG_CONF_HASH, ISS_HASH_SIZE);
        const uint8_t *key =
            iss_record_octets(at, ISS_TAG_KEY_HASH, ISS_HASH_SIZE);

        *same = conf != NULL && key != NULL &&
                memcmp(conf, joining->conf_hash, ISS_HASH_SIZE) == 0 &&
                memcmp(key, joining->key_hash, ISS_HASH_SIZE) == 0 &&
                strcmp(row.host, iss->host) == 0 &&
                strcmp(row.uri, joining->uri) == 0;
    }
    iss_loaded_clear(&record);
    iss_member_row_clear(&row);
    return status;
}

/* ---- what the token holds ------------------------------------------------ */

/* A key that is not there, or another one in its place, is a mismatch; a token
 * that cannot be asked is not. */
static enum iss_status open_key(struct iss *iss, enum iss_purpose purpose,
                                struct enroll_key *numbers,
                                struct iss_error *error)
{
    char label[sizeof(iss->name) + 16];
    struct iss_error cause = {.status = ISS_OK};
    EVP_PKEY *key = NULL;
    enum iss_status status =
        iss_handle_key(iss, purpose, &key, numbers, &cause);
    bool other = status == ISS_CONFLICT;

    if (status == ISS_TOKEN) {
        (void)snprintf(label, sizeof(label), "%s %s", iss->name,
                       iss_purpose_name(purpose));
        enum iss_status reached =
            iss_key_label_free(&iss->env, iss->conf.token_uri, label, NULL);
        other = reached == ISS_OK || reached == ISS_CONFLICT;
    }
    if (other)
        return iss_fail(error, ISS_CLUSTER,
                        "member %s: its token does not hold the cluster's %s "
                        "key: %s",
                        iss->member, iss_purpose_name(purpose), cause.text);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s", cause.text);
}

/* The keys by their public numbers, the licensor's being the one that the
 * certificate names. */
static enum iss_status hold_keys(struct iss *iss, struct joining *joining,
                                 struct iss_error *error)
{
    struct iss_key_row row = {0};
    struct enroll_key numbers;
    uint8_t hash[ISS_HASH_SIZE];
    enum iss_status status = open_key(iss, ISS_KEY_LICENSOR, &numbers, error);

    if (status == ISS_OK)
        status = iss_key_hash(&numbers, hash, error);
    if (status == ISS_OK && memcmp(hash, joining->key_hash, sizeof(hash)) != 0)
        status = iss_fail(error, ISS_CLUSTER,
                          "member %s: its licensor key is not the one that the "
                          "cluster's certificate names",
                          joining->name);
    if (status == ISS_OK)
        status = open_key(iss, ISS_KEY_AUDIT, &numbers, error);
    if (status == ISS_OK)
        status = iss_store_key_by_hash(iss->db, joining->key_hash, &row, error);
    if (status == ISS_OK && row.uri == NULL)
        status = iss_fail(error, ISS_JOURNAL,
                          "store.db: the key that the certificate names is not "
                          "the store's");
    if (status == ISS_OK)
        status = iss_member_uri(iss, row.uri, joining->uri, error);
    iss_key_row_clear(&row);
    return status;
}

/* Signs and verifies. The text is the same each time, so that a probe which
 * was interrupted is finished by joining again. */
static enum iss_status probe(struct iss *iss, const struct joining *joining,
                             struct iss_error *error)
{
    char key[HEX_SIZE];
    char conf[HEX_SIZE];
    uint8_t digest[ISS_HASH_SIZE];
    struct iss_done done = {0};
    char *text = NULL;

    iss_hex(joining->key_hash, ISS_HASH_SIZE, key);
    iss_hex(joining->conf_hash, ISS_HASH_SIZE, conf);
    int n =
        asprintf(&text,
                 "privyseal-join 1\nstore %s\nmember %s\nhost %s\n"
                 "key %s\nuri %s\nconfiguration %s\n",
                 iss->guid, joining->name, iss->host, key, joining->uri, conf);
    if (n < 0)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    const struct iss_act act = {.kind = "self-test",
                                .digest = digest,
                                .signer = ISS_KEY_LICENSOR,
                                .octets = text,
                                .len = (size_t)n};
    enum iss_status status = iss_sha256(text, act.len, digest, error);
    if (status == ISS_OK)
        status = iss_act_perform(iss, &act, &done, error);
    iss_done_clear(&done);
    free(text);
    return status;
}

/* ---- joining ------------------------------------------------------------- */

static enum iss_status write_member(struct iss *iss,
                                    const struct joining *joining,
                                    struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_MEMBER);

    iss_entry_text(&entry, ISS_TAG_GUID, iss->guid);
    iss_entry_text(&entry, ISS_TAG_MEMBER, joining->name);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_URI, joining->uri);
    iss_entry_octets(&entry, ISS_TAG_KEY_HASH, joining->key_hash,
                     ISS_HASH_SIZE);
    iss_entry_octets(&entry, ISS_TAG_CONF_HASH, joining->conf_hash,
                     ISS_HASH_SIZE);
    return iss_journal_write(iss, &entry, 1, NULL, error);
}

/* One at a time, so that of many who bring the same one becomes a member. */
static enum iss_status join_locked(struct iss *iss, struct joining *joining,
                                   struct iss_error *error)
{
    bool same = false;
    enum iss_status status = print_conf(iss, joining, error);

    if (status == ISS_OK)
        status = take_conf(iss, joining, error);
    if (status == ISS_OK)
        status = hold_keys(iss, joining, error);
    if (status == ISS_OK)
        status = joined(iss, joining, &same, error);
    if (status == ISS_OK && !same)
        status = probe(iss, joining, error);
    if (status == ISS_OK)
        status = iss_publish(joining->path, joining->text, joining->len,
                             ISS_PUBLISH_FORCE, error);
    if (status == ISS_OK)
        status = iss_owner_keep(iss->dir, joining->path, error);
    if (status == ISS_OK && !same)
        status = write_member(iss, joining, error);
    return status;
}

/* A store that can have members, opened as its first member has it. */
static enum iss_status open_store(const struct iss_env *env,
                                  struct joining *joining, struct iss **out,
                                  struct iss_error *error)
{
    struct iss_env plain = *env;
    struct iss *iss = NULL;

    /* not even as whom this host has joined before, whose file may be bad */
    plain.member = "";
    enum iss_status status =
        iss_open(&plain, joining->join->dir, 0, &iss, error);
    *out = iss;
    if (status == ISS_OK && iss->role == ISS_AUTHORITY)
        status = iss_fail(error, ISS_REFUSED, "%s: an authority has no members",
                          iss->dir);
    if (status == ISS_OK) {
        struct iss_slc_row slc = {0};

        status = iss_store_slc_get(iss->db, &slc, error);
        if (status == ISS_OK && slc.generation == 0)
            status = iss_fail(error, ISS_NOT_ENROLLED,
                              "%s: the first member has to be enrolled before "
                              "others join",
                              iss->dir);
        iss_slc_row_clear(&slc);
    }
    if (status == ISS_OK)
        status = iss_member_key(iss, joining->key_hash, error);
    return status == ISS_OK ? not_first(iss, joining, error) : status;
}

enum iss_status iss_join(const struct iss_env *env, const struct iss_join *join,
                         struct iss **out, struct iss_error *error)
{
    struct joining joining = {.join = join,
                              .name = join->member != NULL  ? join->member
                                      : env->member != NULL ? env->member
                                                            : env->host};
    struct iss *iss = NULL;
    enum iss_status status = check_values(join, error);

    *out = NULL;
    if (status == ISS_OK &&
        (joining.name == NULL ||
         !iss_member_path(join->dir, joining.name, joining.path)))
        status = iss_fail(error, ISS_USAGE, "member: %s is no name for one",
                          joining.name == NULL ? "nothing" : joining.name);
    if (status == ISS_OK)
        status = open_store(env, &joining, &iss, error);
    if (status == ISS_OK)
        status = iss_lock_take(iss->lock, ISS_LOCK_MAKING, error);
    if (status == ISS_OK) {
        status = join_locked(iss, &joining, error);
        iss_lock_drop(iss->lock, ISS_LOCK_MAKING);
    }
    free(joining.text);
    if (status == ISS_OK) {
        *out = iss;
        return ISS_OK;
    }
    iss_free(iss);
    return status;
}
