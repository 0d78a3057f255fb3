/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, closing and describing a store. */
#include "issuer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "checkpoint.h"
#include "clock.h"
#include "journal.h"
#include "key.h"
#include "lock.h"
#include "member.h"
#include "publish.h"

enum { ANCHORS_MAX = XRML_CHAIN_MAX, RECOVERED_MAX = 512 };

/* ---- opening and closing ------------------------------------------------- */

/* Records once what an interruption has left open. What another process is
 * signing right now is not open. */
static enum iss_status recover(struct iss *iss, struct iss_error *error)
{
    struct iss_issue_row row = {0};
    char list[RECOVERED_MAX] = "";
    size_t used = 0;
    uint64_t known = 0;
    enum iss_status status =
        iss_store_newest(iss->db, ISS_REC_RECOVER, 0, &known, error);

    row.intent = known;
    while (status == ISS_OK) {
        status = iss_store_issue_open_after(iss->db, row.intent, &row, error);
        if (status != ISS_OK || row.intent == 0)
            break;
        if (iss_lock_held(iss->lock, row.intent))
            continue;
        int n = snprintf(list + used, sizeof(list) - used, "%s%llu",
                         used > 0 ? " " : "", (unsigned long long)row.intent);
        if (n < 0 || (size_t)n >= sizeof(list) - used)
            break;
        used += (size_t)n;
    }
    if (status != ISS_OK || used == 0)
        return status;
    struct iss_entry entry = iss_entry_of(ISS_REC_RECOVER);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_NOTE, list);
    iss_entry_text(&entry, ISS_TAG_CAUSE,
                   "unfinished: the same request again finishes it");
    return iss_journal_write(iss, &entry, 1, NULL, error);
}

enum iss_status iss_open(const struct iss_env *env, const char *dir,
                         unsigned flags, struct iss **out,
                         struct iss_error *error)
{
    struct iss *iss = NULL;
    enum iss_status status =
        iss_handle_new(env, dir, flags & ISS_READ_ONLY, &iss, error);

    *out = NULL;
    if (status == ISS_OK)
        status = iss_handle_load(iss, error);
    if (status == ISS_OK)
        status = iss_checkpoint_resume(iss, error);
    if (status == ISS_OK && (flags & ISS_READ_ONLY) == 0)
        status = recover(iss, error);
    if (status == ISS_OK) {
        *out = iss;
        return ISS_OK;
    }
    iss_free(iss);
    return status;
}

enum iss_status iss_close(struct iss *store, struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    if (store != NULL && store->due && !store->token_failed)
        status = iss_checkpoint_write(store, error);
    iss_free(store);
    return status;
}

/* ---- what a store has -----------------------------------------------------
 */

enum iss_status iss_chain(struct iss *store, struct xrml_chain *chain,
                          struct iss_error *error)
{
    char *texts[ISS_AUTHORITY_DOCUMENTS] = {NULL};
    struct iss_slc_row slc = {0};
    enum iss_status status = ISS_OK;

    memset(chain, 0, sizeof(*chain));
    if (store->role == ISS_AUTHORITY) {
        status = iss_authority_documents(store, texts, error);
        for (size_t i = 0; i < ISS_AUTHORITY_DOCUMENTS; i++) {
            if (status == ISS_OK)
                status = xrml_chain_append(chain, texts[i], strlen(texts[i]), 0,
                                           error);
            free(texts[i]);
        }
    } else {
        status = iss_store_slc_get(store->db, &slc, error);
        if (status == ISS_OK && slc.generation == 0)
            status = iss_fail(error, ISS_NOT_ENROLLED, "%s: not enrolled",
                              store->dir);
        if (status == ISS_OK)
            status = xrml_chain_append(chain, (const char *)slc.chain.data,
                                       slc.chain.len, 0, error);
        iss_slc_row_clear(&slc);
    }
    if (status != ISS_OK)
        xrml_chain_clear(chain);
    return status;
}

enum iss_status iss_anchors(struct iss *store, struct xrml_anchors **out,
                            struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    char *text = NULL;
    size_t len = 0;

    *out = NULL;
    if (!iss_path_join(path, store->dir, "anchors.pem"))
        return iss_fail(error, ISS_USAGE, "%s: path too long", store->dir);
    enum iss_status status =
        iss_read_file(path, ANCHORS_MAX, &text, &len, error);
    if (status == ISS_OK)
        status = xrml_anchors_parse(text, len, out, error);
    free(text);
    return status;
}

/* ---- info ------------------------------------------------------------------
 */

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

/* "pkcs11:token=LABEL;..." gives LABEL, its escapes resolved; else "". */
static void token_label(const char *uri, char *out, size_t size)
{
    static const char attribute[] = "token=";
    const char *at = strstr(uri, attribute);
    size_t used = 0;

    out[0] = '\0';
    if (at == NULL || (at != uri && at[-1] != ':' && at[-1] != ';'))
        return;
    at += sizeof(attribute) - 1;
    while (*at != '\0' && *at != ';' && *at != '?' && used + 1 < size) {
        unsigned value = (unsigned char)*at;
        int taken = 1;

        if (*at == '%' && sscanf(at + 1, "%2x", &value) == 1)
            taken = 3;
        out[used++] = (char)value;
        at += taken;
    }
    out[used] = '\0';
}

static enum iss_status fill_key(struct iss *iss, struct iss_info *info,
                                struct iss_error *error)
{
    const char *purpose = iss_purpose_name(iss_purpose_signing(iss->role));
    struct iss_key_row row;
    struct enroll_key numbers;
    enum iss_status status = iss_store_key_get(iss->db, purpose, &row, error);

    info->key_uri = iss->info_uri;
    info->token_label = iss->info_label;
    iss->info_uri[0] = '\0';
    if (status == ISS_OK && row.uri != NULL)
        status = iss_member_uri(iss, row.uri, iss->info_uri, error);
    token_label(row.uri == NULL ? iss->conf.token_uri : iss->info_uri,
                iss->info_label, sizeof(iss->info_label));
    memcpy(info->key_hash, row.hash, sizeof(info->key_hash));
    info->key_bits = iss->key_bits;
    if (row.seq != 0 &&
        iss_key_from_spki(row.spki.data, row.spki.len, &numbers))
        info->key_bits = (unsigned)numbers.modulus_len * 8;
    iss_key_row_clear(&row);
    return status;
}

static enum iss_status fill_certificate(struct iss *iss, struct iss_info *info,
                                        struct iss_error *error)
{
    struct xrml_chain chain = {0};
    struct iss_error none = {.status = ISS_OK};
    enum iss_status status = iss_chain(iss, &chain, &none);

    iss->info_document[0] = '\0';
    iss->info_issuer[0] = '\0';
    info->slc_guid = iss->info_document;
    info->issuer_name = iss->info_issuer;
    if (status != ISS_OK || chain.count == 0)
        goto out;
    const struct xrml_fields *leaf = xrml_fields(chain.documents[0]);
    info->slc = leaf->range;
    copy_text(iss->info_document, sizeof(iss->info_document),
              leaf->descriptor.id);
    copy_text(iss->info_issuer, sizeof(iss->info_issuer),
              leaf->issuer.name == NULL ? leaf->issuer.id : leaf->issuer.name);
out:
    xrml_chain_clear(&chain);
    /* not enrolled, or init not finished, is a state and no failure */
    if (status == ISS_NOT_ENROLLED || status == ISS_USAGE)
        status = ISS_OK;
    return status == ISS_OK ? ISS_OK : iss_fail(error, status, "%s", none.text);
}

static enum iss_status fill_pending(struct iss *iss, struct iss_info *info,
                                    struct iss_error *error)
{
    struct iss_pending_row pending;
    struct iss_loaded record = {0};
    enum iss_status status = iss_store_pending_get(iss->db, &pending, error);

    if (status == ISS_OK && pending.op != NULL)
        status = iss_journal_load(iss->db, pending.seq, &record, error);
    if (status == ISS_OK && pending.op != NULL)
        info->pending_since = record.decoded.record.time;
    iss_loaded_clear(&record);
    iss_pending_row_clear(&pending);
    return status;
}

static enum iss_state state_of(struct iss *iss, const struct iss_info *info)
{
    if (info->pending_since != 0)
        return info->slc.present ? ISS_RENEWAL_PENDING : ISS_ENROLLMENT_PENDING;
    if (!info->slc.present)
        return ISS_UNENROLLED;
    return iss_clock_now(&iss->env) < info->slc.until ? ISS_ENROLLED
                                                      : ISS_SLC_EXPIRED;
}

enum iss_status iss_info(struct iss *store, struct iss_info *info,
                         struct iss_error *error)
{
    struct iss_slc_row slc = {0};
    enum iss_status status = ISS_OK;

    memset(info, 0, sizeof(*info));
    info->dir = store->dir;
    info->name = store->name;
    info->url = store->url;
    info->guid = store->guid;
    info->role = store->role;
    info->hierarchy = store->hierarchy;
    status = iss_member_count(store, &info->members, error);
    if (status == ISS_OK)
        status = fill_key(store, info, error);
    if (status == ISS_OK)
        status = fill_certificate(store, info, error);
    if (status == ISS_OK)
        status = fill_pending(store, info, error);
    if (status == ISS_OK)
        status = iss_store_slc_get(store->db, &slc, error);
    info->generation = slc.generation;
    iss_slc_row_clear(&slc);
    if (status == ISS_OK)
        status = iss_store_head(store->db, &info->journal_size, error);
    if (status == ISS_OK)
        status =
            iss_store_issue_open_count(store->db, &info->unfinished, error);
    info->state = state_of(store, info);
    return status;
}
