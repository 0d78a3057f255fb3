/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of a cluster. All share one store; each has a token of its own, or
 * its own way to the same one, written in member-NAME.conf. The first member
 * made the store and has its token in privyseal.conf.
 */
#include "member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "journal.h"
#include "key.h"
#include "publish.h"

static const char object_attribute[] = ";object=";

bool iss_member_path(const char *dir, const char *name,
                     char out[static ISS_PATH_MAX])
{
    int n = snprintf(out, ISS_PATH_MAX, "%s/member-%s.conf", dir, name);

    return enroll_name_check(name, NULL) == ISS_OK && n > 0 && n < ISS_PATH_MAX;
}

static void lay_over(char *out, size_t size, const char *text)
{
    if (text[0] != '\0')
        (void)snprintf(out, size, "%s", text);
}

enum iss_status iss_conf_member(const char *dir, const char *member,
                                struct iss_conf *conf, struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    struct iss_conf *own = NULL;

    if (member == NULL || !iss_member_path(dir, member, path) ||
        access(path, F_OK) != 0)
        return ISS_OK;
    own = malloc(sizeof(*own));
    if (own == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    enum iss_status status = iss_conf_load_token(path, own, error);
    if (status == ISS_OK) {
        lay_over(conf->module, sizeof(conf->module), own->module);
        lay_over(conf->token_uri, sizeof(conf->token_uri), own->token_uri);
        lay_over(conf->pin_source, sizeof(conf->pin_source), own->pin_source);
    }
    free(own);
    return status;
}

enum iss_status iss_member_enter(struct iss *iss, struct iss_error *error)
{
    const char *name =
        iss->env.member != NULL ? iss->env.member : iss->env.host;
    char path[ISS_PATH_MAX];

    if (name == NULL || !iss_member_path(iss->dir, name, path) ||
        access(path, F_OK) != 0)
        return ISS_OK;
    (void)snprintf(iss->member, sizeof(iss->member), "%s", name);
    return iss_conf_member(iss->dir, name, &iss->conf, error);
}

enum iss_status iss_member_known(const struct iss *iss, const char *host,
                                 struct iss_error *error)
{
    const char *name = iss->env.member == NULL ? "" : iss->env.member;

    if (name[0] == '\0' || iss->member[0] != '\0' || strcmp(name, host) == 0)
        return ISS_OK;
    return iss_fail(error, ISS_USAGE, "%s: no member %s has joined", iss->dir,
                    name);
}

enum iss_status iss_member_uri(const struct iss *iss, const char *uri,
                               char out[static ISS_URI_MAX],
                               struct iss_error *error)
{
    const char *object = strstr(uri, object_attribute);
    const char *token = iss->conf.token_uri;
    int path = (int)strcspn(token, "?");
    int n = 0;

    if (iss->member[0] == '\0' || object == NULL || token[0] == '\0')
        n = snprintf(out, ISS_URI_MAX, "%s", uri);
    else
        n = snprintf(out, ISS_URI_MAX, "%.*s%.*s%s", path, token,
                     (int)strcspn(object, "?"), object, token + path);
    return n > 0 && n < ISS_URI_MAX
               ? ISS_OK
               : iss_fail(error, ISS_USAGE, "%s: too long a URI", token);
}

enum iss_status iss_member_key(struct iss *iss,
                               uint8_t hash[static ISS_HASH_SIZE],
                               struct iss_error *error)
{
    struct xrml_chain chain = {0};
    struct enroll_key numbers;
    struct iss_error none = {.status = ISS_OK};
    enum iss_status status = iss_chain(iss, &chain, &none);

    if (status == ISS_OK && chain.count > 0) {
        status = xrml_key_hash(&xrml_fields(chain.documents[0])->principal_key,
                               hash, error);
    } else if (status == ISS_NOT_ENROLLED) {
        status = iss_handle_public(iss, iss_purpose_signing(iss->role),
                                   &numbers, error);
        if (status == ISS_OK)
            status = iss_key_hash(&numbers, hash, error);
    } else {
        status =
            iss_fail(error, status == ISS_OK ? ISS_JOURNAL : status, "%s",
                     status == ISS_OK ? "store.db: an empty chain" : none.text);
    }
    xrml_chain_clear(&chain);
    return status;
}

enum iss_status iss_member_count(struct iss *iss, size_t *count,
                                 struct iss_error *error)
{
    uint64_t joined = 0;
    enum iss_status status = iss_store_member_count(iss->db, &joined, error);

    *count = (size_t)joined + 1;
    return status;
}

/* ---- the list ------------------------------------------------------------ */

/* The one whose init made the store, by the record that founded it. */
static enum iss_status first_member(struct iss *iss, iss_member_fn *each,
                                    void *arg, bool *go_on,
                                    struct iss_error *error)
{
    char host[ISS_TEXT_MAX];
    struct iss_loaded genesis = {0};
    struct iss_key_row key = {0};
    enum iss_status status = iss_journal_load(iss->db, 1, &genesis, error);

    if (status == ISS_OK && !iss_record_text(&genesis.decoded.record,
                                             ISS_TAG_HOST, host, sizeof(host)))
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record 1 names a host too long");
    if (status == ISS_OK)
        status = iss_store_key_get(
            iss->db, iss_purpose_name(iss_purpose_signing(iss->role)), &key,
            error);
    if (status == ISS_OK) {
        const struct iss_member member = {.name = host,
                                          .host = host,
                                          .uri = key.uri == NULL ? "" : key.uri,
                                          .since = genesis.decoded.record.time,
                                          .record = 1};
        *go_on = each(arg, &member);
    }
    iss_key_row_clear(&key);
    iss_loaded_clear(&genesis);
    return status;
}

enum iss_status iss_members(struct iss *store, iss_member_fn *each, void *arg,
                            struct iss_error *error)
{
    bool go_on = true;
    uint64_t seq = 0;
    enum iss_status status = first_member(store, each, arg, &go_on, error);

    while (status == ISS_OK && go_on) {
        struct iss_member_row row = {0};
        struct iss_loaded record = {0};

        status = iss_store_member_after(store->db, seq, &row, error);
        if (status != ISS_OK || row.seq == 0)
            break;
        seq = row.seq;
        status = iss_journal_load(store->db, seq, &record, error);
        if (status == ISS_OK) {
            const struct iss_member member = {.name = row.name,
                                              .host = row.host,
                                              .uri = row.uri,
                                              .since =
                                                  record.decoded.record.time,
                                              .record = seq};
            go_on = each(arg, &member);
        }
        iss_loaded_clear(&record);
        iss_member_row_clear(&row);
    }
    return status;
}
