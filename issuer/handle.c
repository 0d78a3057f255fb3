/* SPDX-License-Identifier: Apache-2.0 */
/* The handle of a store: its names, its parts, its keys. */
#include "handle.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "desk.h"
#include "journal.h"
#include "key.h"
#include "lock.h"
#include "member.h"
#include "owner.h"
#include "publish.h"
#include "xrml_hash.h"

static const char *const purposes[ISS_PURPOSES] = {
    [ISS_KEY_AUDIT] = "audit",
    [ISS_KEY_LICENSOR] = "licensor",
    [ISS_KEY_NEXT] = "licensor-next",
    [ISS_KEY_ROOT] = "root",
    [ISS_KEY_CA] = "ca",
    [ISS_KEY_ECA] = "eca",
    [ISS_KEY_ESC] = "esc"};

enum { ROLE_KEYS = 5 };

static const struct {
    const char *name;
    enum iss_purpose signing;
    size_t key_count;
    enum iss_purpose keys[ROLE_KEYS];
} roles[] = {
    [ISS_AUTHORITY] = {"authority",
                       ISS_KEY_ESC,
                       5,
                       {ISS_KEY_AUDIT, ISS_KEY_ROOT, ISS_KEY_CA, ISS_KEY_ECA,
                        ISS_KEY_ESC}},
    [ISS_ROOT] = {"root",
                  ISS_KEY_LICENSOR,
                  2,
                  {ISS_KEY_AUDIT, ISS_KEY_LICENSOR}},
    [ISS_LICENSING] = {"licensing",
                       ISS_KEY_LICENSOR,
                       2,
                       {ISS_KEY_AUDIT, ISS_KEY_LICENSOR}},
};

static const char *const hierarchies[] = {
    [ISS_PRODUCTION] = "production", [ISS_PRE_PRODUCTION] = "pre-production"};

const char *iss_purpose_name(enum iss_purpose purpose)
{
    return purposes[purpose];
}

bool iss_purpose_at(enum iss_role role, size_t n, enum iss_purpose *purpose)
{
    if (n >= roles[role].key_count)
        return false;
    *purpose = roles[role].keys[n];
    return true;
}

enum iss_purpose iss_purpose_signing(enum iss_role role)
{
    return roles[role].signing;
}

const char *iss_role_name(enum iss_role role)
{
    return roles[role].name;
}

const char *iss_hierarchy_name(enum iss_hierarchy hierarchy)
{
    return hierarchies[hierarchy];
}

bool iss_role_parse(const char *text, enum iss_role *role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(roles[i].name, text) != 0)
            continue;
        *role = (enum iss_role)i;
        return true;
    }
    return false;
}

bool iss_hierarchy_parse(const char *text, enum iss_hierarchy *hierarchy)
{
    for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
        if (strcmp(hierarchies[i], text) != 0)
            continue;
        *hierarchy = (enum iss_hierarchy)i;
        return true;
    }
    return false;
}

enum iss_status iss_sha256(const void *data, size_t len,
                           uint8_t hash[static ISS_HASH_SIZE],
                           struct iss_error *error)
{
    return xrml_hash(XRML_SHA256, data, len, hash)
               ? ISS_OK
               : iss_fail(error, ISS_INTERNAL, "SHA-256 is not to be had");
}

void iss_hex(const uint8_t *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * len] = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool iss_hex_parse(const char *text, size_t text_len, uint8_t *out, size_t len)
{
    if (text_len != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = nibble(text[2 * i]);
        int low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* ---- making a handle ---------------------------------------------------- */

static char *copy(const char *text)
{
    return strdup(text == NULL ? "" : text);
}

/* The configuration, and whether it lets this user in. Who may not change the
 * store is told so, and not which file of it he cannot read. */
static enum iss_status enter(struct iss *iss, const char *path,
                             struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = iss_conf_load(
        iss->env.conf != NULL ? iss->env.conf : path, &iss->conf, &cause);

    if (status == ISS_OK)
        status = iss_member_enter(iss, &cause);
    if ((iss->flags & ISS_READ_ONLY) == 0 &&
        iss_owner_check(iss, error) != ISS_OK)
        return ISS_REFUSED;
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s", cause.text);
}

enum iss_status iss_handle_new(const struct iss_env *env, const char *dir,
                               unsigned flags, struct iss **out,
                               struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    bool create = (flags & ISS_STORE_CREATE) != 0;
    enum iss_status status = ISS_INTERNAL;
    struct iss *iss = calloc(1, sizeof(*iss));

    *out = NULL;
    if (iss == NULL)
        return iss_fail(error, status, "out of memory");
    iss->lock = -1;
    iss->env = *env;
    iss->flags = flags;
    iss->host = copy(env->host);
    iss->user = copy(env->user);
    iss->dir = copy(dir);
    if (iss->host == NULL || iss->user == NULL || iss->dir == NULL) {
        (void)iss_fail(error, status, "out of memory");
        goto out;
    }
    iss->env.host = iss->host;
    iss->env.user = iss->user;
    if (!iss_path_join(path, dir, "privyseal.conf")) {
        status = iss_fail(error, ISS_USAGE, "%s: path too long", dir);
        goto out;
    }
    status = enter(iss, path, error);
    if (status == ISS_OK && (flags & ISS_READ_ONLY) == 0)
        status = iss_lock_open(dir, create, &iss->lock, error);
    if (status != ISS_OK)
        goto out;
    if (!iss_path_join(path, dir, "store.db"))
        status = iss_fail(error, ISS_USAGE, "%s: path too long", dir);
    else
        status = iss_store_open(path, flags, &iss->db, error);
    if (status != ISS_OK)
        goto out;
    *out = iss;
    iss = NULL;
out:
    iss_free(iss);
    return status;
}

void iss_free(struct iss *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < ISS_PURPOSES; i++)
        EVP_PKEY_free(store->keys[i]);
    iss_desk_free(store->desk);
    iss_trust_forget(store->trust);
    iss_store_close(store->db);
    if (store->lock >= 0)
        (void)close(store->lock);
    free(store->authorities);
    free(store->host);
    free(store->user);
    free(store->dir);
    free(store);
}

/* ---- GENESIS ------------------------------------------------------------ */

static bool load_authorities(struct iss *iss, const struct iss_record *genesis)
{
    const struct iss_field *field =
        iss_record_field(genesis, ISS_TAG_AUTHORITIES);
    size_t at = 0;

    if (field == NULL)
        return true;
    iss->authorities =
        calloc(ENROLL_AUTHORITIES_MAX, sizeof(struct enroll_key));
    /* DER SubjectPublicKeyInfo, each behind its length in two octets */
    while (iss->authorities != NULL && at + 2 <= field->len &&
           iss->authority_count < ENROLL_AUTHORITIES_MAX) {
        size_t len = (size_t)field->value[at] << 8 | field->value[at + 1];

        at += 2;
        if (len > field->len - at ||
            !iss_key_from_spki(field->value + at, len,
                               &iss->authorities[iss->authority_count]))
            return false;
        iss->authority_count++;
        at += len;
    }
    return iss->authorities != NULL && at == field->len;
}

static bool load_genesis(struct iss *iss, const struct iss_record *genesis)
{
    char role[16];
    char hierarchy[16];
    char revocation[16];
    const uint8_t *id =
        iss_record_octets(genesis, ISS_TAG_ID, sizeof(iss->audit_id));

    if (genesis->type != ISS_REC_GENESIS || id == NULL ||
        !iss_record_text(genesis, ISS_TAG_ROLE, role, sizeof(role)) ||
        !iss_record_text(genesis, ISS_TAG_HIERARCHY, hierarchy,
                         sizeof(hierarchy)) ||
        !iss_record_text(genesis, ISS_TAG_REVOCATION, revocation,
                         sizeof(revocation)) ||
        !iss_record_text(genesis, ISS_TAG_GUID, iss->guid, sizeof(iss->guid)) ||
        !iss_record_text(genesis, ISS_TAG_NAME, iss->name, sizeof(iss->name)) ||
        !iss_record_text(genesis, ISS_TAG_URL, iss->url, sizeof(iss->url)) ||
        !iss_role_parse(role, &iss->role) ||
        !iss_hierarchy_parse(hierarchy, &iss->hierarchy) ||
        !load_authorities(iss, genesis))
        return false;
    memcpy(iss->audit_id, id, sizeof(iss->audit_id));
    iss->revocation =
        strcmp(revocation, "custom") == 0 ? ENROLL_CUSTOM : ENROLL_STANDARD;
    iss->key_bits = (unsigned)iss_record_number(genesis, ISS_TAG_BITS);
    iss->can_unseal = iss_record_number(genesis, ISS_TAG_UNSEAL) != 0;
    return true;
}

enum iss_status iss_handle_load(struct iss *iss, struct iss_error *error)
{
    const struct {
        const char *name, *value;
    } meta[] = {
        {"schema", "1"},     {"store", iss->guid}, {"role", NULL},
        {"name", iss->name}, {"url", iss->url},    {"hierarchy", NULL},
    };
    char host[ISS_TEXT_MAX];
    struct iss_loaded genesis = {0};
    enum iss_status status = iss_journal_load(iss->db, 1, &genesis, error);

    if (status == ISS_OK && !load_genesis(iss, &genesis.decoded.record))
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record 1 does not found a store");
    for (size_t i = 0; i < sizeof(meta) / sizeof(meta[0]) && status == ISS_OK;
         i++) {
        const char *wanted = meta[i].value;
        char *value = NULL;

        if (strcmp(meta[i].name, "role") == 0)
            wanted = iss_role_name(iss->role);
        else if (strcmp(meta[i].name, "hierarchy") == 0)
            wanted = iss_hierarchy_name(iss->hierarchy);
        status = iss_store_meta_get(iss->db, meta[i].name, &value, error);
        if (status == ISS_OK && (value == NULL || strcmp(value, wanted) != 0))
            status = iss_fail(error, ISS_JOURNAL,
                              "store.db: meta %s is not what record 1 of the "
                              "journal says",
                              meta[i].name);
        free(value);
    }
    if (status == ISS_OK && !iss_record_text(&genesis.decoded.record,
                                             ISS_TAG_HOST, host, sizeof(host)))
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record 1 names a host too long");
    if (status == ISS_OK)
        status = iss_member_known(iss, host, error);
    iss_loaded_clear(&genesis);
    return status;
}

/* ---- keys --------------------------------------------------------------- */

static enum iss_status find_key(struct iss *iss, enum iss_purpose purpose,
                                struct iss_key_row *row,
                                struct enroll_key *numbers,
                                struct iss_error *error)
{
    enum iss_status status =
        iss_store_key_get(iss->db, purposes[purpose], row, error);

    if (status == ISS_OK && row->seq == 0)
        status = iss_fail(error, ISS_USAGE,
                          "%s: no %s key yet: run init again to finish it",
                          iss->dir, purposes[purpose]);
    if (status == ISS_OK &&
        !iss_key_from_spki(row->spki.data, row->spki.len, numbers))
        status = iss_fail(error, ISS_JOURNAL, "store.db: %s key: no RSA key",
                          purposes[purpose]);
    return status;
}

enum iss_status iss_handle_public(struct iss *iss, enum iss_purpose purpose,
                                  struct enroll_key *numbers,
                                  struct iss_error *error)
{
    struct iss_key_row row = {0};
    enum iss_status status = find_key(iss, purpose, &row, numbers, error);

    iss_key_row_clear(&row);
    return status;
}

void iss_handle_login_refused(struct iss *iss, const char *cause)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_LOGIN_FAIL);

    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_CAUSE, cause);
    /* the refusal itself is what the caller has to hear */
    (void)(iss_journal_write(iss, &entry, 1, NULL, NULL) == ISS_OK);
}

/* A re-key gives the purpose of a key to another one, perhaps in another
 * process since this one opened it. */
static void drop_replaced(struct iss *iss, enum iss_purpose purpose,
                          const struct enroll_key *numbers)
{
    struct enroll_key own;

    if ((purpose != ISS_KEY_LICENSOR && purpose != ISS_KEY_NEXT) ||
        iss->keys[purpose] == NULL ||
        (iss_key_public(iss->keys[purpose], &own, NULL) == ISS_OK &&
         iss_key_same(&own, numbers)))
        return;
    EVP_PKEY_free(iss->keys[purpose]);
    iss->keys[purpose] = NULL;
}

enum iss_status iss_handle_key(struct iss *iss, enum iss_purpose purpose,
                               EVP_PKEY **key, struct enroll_key *numbers,
                               struct iss_error *error)
{
    char uri[ISS_URI_MAX];
    struct iss_key_row row = {0};
    struct iss_error cause = {.status = ISS_OK};
    struct enroll_key own;
    enum iss_status status = find_key(iss, purpose, &row, numbers, &cause);

    *key = NULL;
    if (status == ISS_OK)
        status = iss_member_uri(iss, row.uri, uri, &cause);
    if (status == ISS_OK)
        drop_replaced(iss, purpose, numbers);
    if (status == ISS_OK && iss->keys[purpose] == NULL) {
        status = iss_key_open(&iss->env, uri, &iss->keys[purpose], &cause);
        if (status == ISS_OK)
            status = iss_key_public(iss->keys[purpose], &own, &cause);
        if (status == ISS_OK && !iss_key_same(&own, numbers)) {
            EVP_PKEY_free(iss->keys[purpose]);
            iss->keys[purpose] = NULL;
            status = iss_fail(&cause, ISS_CONFLICT,
                              "%s: this is not the store's %s key", uri,
                              purposes[purpose]);
        }
        iss->token_failed = iss->token_failed || status != ISS_OK;
        if (status == ISS_LOGIN && (iss->flags & ISS_READ_ONLY) == 0)
            iss_handle_login_refused(iss, cause.text);
    }
    *key = iss->keys[purpose];
    iss_key_row_clear(&row);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s", cause.text);
}
