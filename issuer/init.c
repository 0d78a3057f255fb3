/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a store: folder, configuration, GENESIS, keys, an authority's own
 * documents. Each step is there whole or not at all and is skipped where it is
 * there, so that an interrupted run is finished by the same command.
 */
#include "init.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority.h"
#include "checkpoint.h"
#include "clock.h"
#include "conf.h"
#include "journal.h"
#include "lock.h"
#include "owner.h"
#include "profile.h"
#include "publish.h"
#include "superior.h"

enum { AUDIT_BITS = 2048, FOLDER_MODE = 0700, OTHERS = 0077 };

/* ---- folder -------------------------------------------------------------- */

static enum iss_status make_folder(const struct iss_init *init,
                                   const struct iss_owner *owner,
                                   struct iss_error *error)
{
    char parent[ISS_PATH_MAX];
    struct stat st;

    if (mkdir(init->dir, FOLDER_MODE) != 0 && errno != EEXIST)
        return iss_fail(error, ISS_STORE, "%s: %s", init->dir, strerror(errno));
    if (stat(init->dir, &st) != 0 || !S_ISDIR(st.st_mode))
        return iss_fail(error, ISS_CONFLICT, "%s: not a folder", init->dir);
    /* of an earlier run it may be the service user's by now */
    if ((st.st_uid != geteuid() && st.st_uid != owner->uid) ||
        (st.st_mode & OTHERS) != 0)
        return iss_fail(error, ISS_CONFLICT,
                        "%s: open to others or another's; a store's folder "
                        "has mode 0700 and one owner",
                        init->dir);
    if (!iss_path_join(parent, init->dir, ".."))
        return iss_fail(error, ISS_USAGE, "%s: path too long", init->dir);
    return iss_sync_folder(parent, error);
}

static enum iss_status write_file(const char *dir, const char *name,
                                  const char *text, size_t len,
                                  struct iss_error *error)
{
    char path[ISS_PATH_MAX];

    if (!iss_path_join(path, dir, name))
        return iss_fail(error, ISS_USAGE, "%s: path too long", dir);
    return iss_publish(path, text, len, 0, error);
}

static enum iss_status write_conf(const struct iss_init *init,
                                  struct iss_error *error)
{
    char *text = NULL;
    bool module = init->module != NULL;
    bool pin = init->pin_source != NULL;
    bool contact = init->contact != NULL;
    int n = asprintf(&text,
                     "# %s, role %s\n"
                     "%s%s%s"
                     "[token]\n%s%s%suri = %s\n%s%s%s"
                     "[store]\nurl = sqlite:store.db\n"
                     "[validity]\nslc = 1y\n",
                     init->name, iss_role_name(init->role),
                     contact ? "[privyseal]\ncontact = " : "",
                     contact ? init->contact : "", contact ? "\n" : "",
                     module ? "module = " : "", module ? init->module : "",
                     module ? "\n" : "", init->token_uri,
                     pin ? "pin_source = " : "", pin ? init->pin_source : "",
                     pin ? "\n" : "");
    if (n < 0)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    enum iss_status status =
        write_file(init->dir, "privyseal.conf", text, (size_t)n, error);
    free(text);
    return status;
}

/* ---- GENESIS ------------------------------------------------------------- */

static bool print_authorities(const struct iss_init *init, uint8_t **out,
                              size_t *len)
{
    *out = NULL;
    *len = 0;
    if (init->authority_count == 0)
        return true;
    uint8_t *all = malloc(init->authority_count * (ISS_SPKI_MAX + 2));
    bool good = all != NULL;
    for (size_t i = 0; i < init->authority_count && good; i++) {
        const struct xrml_key view = iss_key_view(&init->authorities[i]);
        uint8_t *spki = NULL;
        size_t spki_len = 0;

        good = xrml_key_spki(&view, &spki, &spki_len, NULL) == ISS_OK &&
               spki_len <= ISS_SPKI_MAX;
        if (good) {
            all[*len] = (uint8_t)(spki_len >> 8);
            all[*len + 1] = (uint8_t)spki_len;
            memcpy(all + *len + 2, spki, spki_len);
            *len += spki_len + 2;
        }
        free(spki);
    }
    *out = all;
    return good;
}

static enum iss_status put_meta(struct iss *iss, const struct iss_init *init,
                                const char *guid, const char *hierarchy,
                                struct iss_error *error)
{
    const struct {
        const char *name, *value;
    } meta[] = {
        {"schema", "1"},
        {"store", guid},
        {"role", iss_role_name(init->role)},
        {"name", init->name},
        {"url", init->url == NULL ? "" : init->url},
        {"hierarchy", hierarchy},
    };
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < sizeof(meta) / sizeof(meta[0]) && status == ISS_OK;
         i++)
        status =
            iss_store_meta_put(iss->db, meta[i].name, meta[i].value, error);
    return status;
}

static enum iss_status write_genesis(struct iss *iss,
                                     const struct iss_init *init,
                                     const char *hierarchy,
                                     struct iss_error *error)
{
    struct iss_entry entries[2] = {iss_entry_of(ISS_REC_GENESIS),
                                   iss_entry_of(ISS_REC_TRUST)};
    struct iss_entry *genesis = &entries[0];
    char guid[XRML_GUID_SIZE];
    uint8_t id[ISS_ID_SIZE];
    uint8_t hash[ISS_HASH_SIZE];
    uint8_t *authorities = NULL;
    size_t authorities_len = 0;
    size_t count = init->anchors == NULL ? 1 : 2;
    enum iss_status status = iss_guid_new(guid, error);

    if (status == ISS_OK && count == 2)
        status = iss_sha256(init->anchors, init->anchors_len, hash, error);
    if (status == ISS_OK &&
        (RAND_bytes(id, sizeof(id)) != 1 ||
         !print_authorities(init, &authorities, &authorities_len)))
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        status = iss_store_begin(iss->db, error);
    if (status != ISS_OK)
        goto out;
    iss_entry_text(genesis, ISS_TAG_GUID, guid);
    iss_entry_text(genesis, ISS_TAG_ROLE, iss_role_name(init->role));
    iss_entry_text(genesis, ISS_TAG_NAME, init->name);
    iss_entry_text(genesis, ISS_TAG_URL, init->url);
    iss_entry_text(genesis, ISS_TAG_HIERARCHY, hierarchy);
    iss_entry_text(genesis, ISS_TAG_REVOCATION,
                   init->revocation == ENROLL_CUSTOM ? "custom" : "standard");
    iss_entry_octets(genesis, ISS_TAG_AUTHORITIES, authorities,
                     authorities_len);
    iss_entry_octets(genesis, ISS_TAG_ID, id, sizeof(id));
    iss_entry_number(genesis, ISS_TAG_BITS, init->key_bits);
    iss_entry_number(genesis, ISS_TAG_UNSEAL, init->can_unseal);
    iss_entry_text(genesis, ISS_TAG_HOST, iss->host);
    iss_entry_text(genesis, ISS_TAG_USER, iss->user);
    iss_entry_octets(&entries[1], ISS_TAG_FILE_HASH, hash, sizeof(hash));
    iss_entry_octets(&entries[1], ISS_TAG_CHAIN, init->root_chain,
                     init->root_chain_len);
    status = put_meta(iss, init, guid, hierarchy, error);
    if (status == ISS_OK)
        status = iss_journal_append(iss, entries, count, NULL, error);
    if (status == ISS_OK)
        status = iss_store_commit(iss->db, error);
    else
        iss_store_rollback(iss->db);
out:
    free(authorities);
    return status;
}

/* A store that is there must be the one that is asked for. */
static enum iss_status same_store(const struct iss *iss,
                                  const struct iss_init *init,
                                  enum iss_hierarchy hierarchy,
                                  struct iss_error *error)
{
    const char *what = NULL;

    if (iss->role != init->role)
        what = "role";
    else if (iss->hierarchy != hierarchy)
        what = "hierarchy";
    else if (strcmp(iss->name, init->name) != 0)
        what = "name";
    else if (strcmp(iss->url, init->url == NULL ? "" : init->url) != 0)
        what = "URL";
    else if (iss->key_bits != init->key_bits)
        what = "key size";
    else if (iss->can_unseal != init->can_unseal)
        what = "use of the key";
    else if (iss->revocation != init->revocation ||
             iss->authority_count != init->authority_count)
        what = "revocation";
    return what == NULL
               ? ISS_OK
               : iss_fail(error, ISS_CONFLICT,
                          "%s: a store of another %s is there", iss->dir, what);
}

/* The root may have a newer certificate by now, but it is the same root. */
static enum iss_status same_root(struct iss *iss, const struct iss_init *init,
                                 struct iss_error *error)
{
    struct xrml_chain pinned = {0};
    struct xrml_chain given = {0};
    const char *a = NULL;
    const char *b = NULL;
    enum iss_status status = ISS_OK;

    if (init->root_chain == NULL)
        return ISS_OK;
    status = iss_superior_chain(iss, &pinned, error);
    if (status == ISS_OK)
        status = xrml_chain_append(&given, init->root_chain,
                                   init->root_chain_len, 0, error);
    if (status == ISS_OK && given.count > 0) {
        a = xrml_fields(pinned.documents[0])->principal.id;
        b = xrml_fields(given.documents[0])->principal.id;
    }
    if (status == ISS_OK && (a == NULL || b == NULL || strcasecmp(a, b) != 0))
        status = iss_fail(error, ISS_CONFLICT,
                          "%s: a store below another root is there", iss->dir);
    xrml_chain_clear(&pinned);
    xrml_chain_clear(&given);
    return status;
}

static enum iss_status found(struct iss *iss, const struct iss_init *init,
                             enum iss_hierarchy hierarchy,
                             struct iss_error *error)
{
    uint64_t size = 0;
    enum iss_status status = iss_store_head(iss->db, &size, error);

    if (status == ISS_OK && size == 0)
        status = write_genesis(iss, init, iss_hierarchy_name(hierarchy), error);
    if (status == ISS_OK)
        status = iss_handle_load(iss, error);
    if (status == ISS_OK)
        status = same_store(iss, init, hierarchy, error);
    if (status == ISS_OK)
        status = same_root(iss, init, error);
    if (status == ISS_OK)
        status = iss_checkpoint_resume(iss, error);
    return status;
}

/* ---- keys and documents -------------------------------------------------- */

static enum iss_status provide_keys(struct iss *iss,
                                    const struct iss_init *init,
                                    iss_key_maker *make, void *arg,
                                    struct iss_error *error)
{
    enum iss_purpose purpose = ISS_KEY_AUDIT;
    enum iss_status status = ISS_OK;

    for (size_t i = 0;
         status == ISS_OK && iss_purpose_at(iss->role, i, &purpose); i++) {
        bool audit = purpose == ISS_KEY_AUDIT;
        const struct iss_key_order order = {
            .purpose = purpose,
            .token_uri = init->token_uri,
            .bits = audit ? AUDIT_BITS : init->key_bits,
            .unseal = purpose == ISS_KEY_LICENSOR && init->can_unseal,
            .id = audit ? iss->audit_id : NULL,
            .make = make,
            .arg = arg};
        status = iss_key_provide(iss, &order, error);
    }
    return status;
}

static enum iss_status find_hierarchy(const struct iss_init *init,
                                      enum iss_hierarchy *hierarchy,
                                      struct iss_error *error)
{
    struct xrml_anchors *anchors = NULL;

    *hierarchy = init->hierarchy;
    if (init->anchors == NULL)
        return ISS_OK;
    enum iss_status status =
        xrml_anchors_parse(init->anchors, init->anchors_len, &anchors, error);
    if (status == ISS_OK)
        *hierarchy = iss_anchors_hierarchy(anchors);
    xrml_anchors_free(anchors);
    return status;
}

/* Everything within the folder, each step as far as it is not there. */
static enum iss_status fill(struct iss *iss, const struct iss_init *init,
                            enum iss_hierarchy hierarchy, iss_key_maker *make,
                            void *arg, struct iss_error *error)
{
    enum iss_status status = iss_sync_folder(init->dir, error);

    if (status == ISS_OK)
        status = found(iss, init, hierarchy, error);
    if (status == ISS_OK && init->anchors != NULL)
        status = write_file(init->dir, "anchors.pem", init->anchors,
                            init->anchors_len, error);
    if (status == ISS_OK)
        status = provide_keys(iss, init, make, arg, error);
    if (status == ISS_OK && iss->role == ISS_AUTHORITY)
        status = iss_authority_found(iss, error);
    return status;
}

/* The checkpoint that closing would write comes first, so that its file is
 * there and given away with the others. */
static enum iss_status give(struct iss *iss, const struct iss_owner *owner,
                            struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    if (owner->other && iss->due)
        status = iss_checkpoint_write(iss, error);
    return status == ISS_OK ? iss_owner_give(iss->dir, owner, error) : status;
}

enum iss_status iss_init_with(const struct iss_env *env,
                              const struct iss_init *init, iss_key_maker *make,
                              void *arg, struct iss **out,
                              struct iss_error *error)
{
    enum iss_hierarchy hierarchy = ISS_PRODUCTION;
    struct iss_owner owner;
    struct iss *iss = NULL;
    enum iss_status status = iss_init_check(init, error);

    *out = NULL;
    if (status == ISS_OK)
        status = iss_owner_find(init->service_user, &owner, error);
    if (status == ISS_OK)
        status = find_hierarchy(init, &hierarchy, error);
    if (status == ISS_OK)
        status = iss_init_check_root(env, init, error);
    if (status == ISS_OK)
        status = make_folder(init, &owner, error);
    if (status == ISS_OK)
        status = write_conf(init, error);
    if (status == ISS_OK)
        status = iss_handle_new(env, init->dir, ISS_STORE_CREATE, &iss, error);
    if (status == ISS_OK)
        status = iss_lock_take(iss->lock, ISS_LOCK_MAKING, error);
    if (status == ISS_OK)
        status = fill(iss, init, hierarchy, make, arg, error);
    if (status == ISS_OK)
        status = give(iss, &owner, error);
    if (iss != NULL)
        iss_lock_drop(iss->lock, ISS_LOCK_MAKING);
    if (status == ISS_OK) {
        *out = iss;
        return ISS_OK;
    }
    iss_free(iss);
    return status;
}

/* A new store asks its token first, so that a wrong name or PIN leaves nothing
 * behind; one that is gone on with has its keys by record. */
static enum iss_status look_at_token(const struct iss_env *env,
                                     const struct iss_init *init,
                                     struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    char label[ENROLL_NAME_MAX * 4 + 16];
    struct iss_owner owner;
    enum iss_status status = iss_init_check(init, error);

    if (status == ISS_OK)
        status = iss_owner_find(init->service_user, &owner, error);
    if (status != ISS_OK)
        return status;
    if (!iss_path_join(path, init->dir, "store.db"))
        return iss_fail(error, ISS_USAGE, "%s: path too long", init->dir);
    if (access(path, F_OK) == 0)
        return ISS_OK;
    /* R66: a root that is not there is said before the token is asked */
    status = iss_init_check_root(env, init, error);
    if (status != ISS_OK)
        return status;
    (void)snprintf(label, sizeof(label), "%s audit", init->name);
    return iss_key_label_free(env, init->token_uri, label, error);
}

enum iss_status iss_init(const struct iss_env *env, const struct iss_init *init,
                         struct iss **out, struct iss_error *error)
{
    enum iss_status status = look_at_token(env, init, error);

    *out = NULL;
    if (status != ISS_OK)
        return status;
    return iss_init_with(env, init, iss_key_make, NULL, out, error);
}
