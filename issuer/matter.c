/* SPDX-License-Identifier: Apache-2.0 */
/* A license on its way: the steps that all kinds have. */
#include "matter.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "desk.h"
#include "event.h"
#include "lifetime.h"
#include "order_digest.h"
#include "profile.h"
#include "trust.h"
#include "xrml_document.h"
#include "xrml_key.h"

enum { MINUTE = 60 };

static const struct row {
    const char *name;
    const struct iss_license_profile *profile;
} rows[ISS_LICENSE_KINDS] = {
    [ISS_RAC] = {"rac", &iss_license_rac},
    [ISS_CLC] = {"clc", &iss_license_clc},
    [ISS_PL] = {"pl", &iss_license_pl},
    [ISS_UL] = {"ul", &iss_license_ul},
    [ISS_TEMPLATE] = {"template", &iss_license_template},
    [ISS_REVOCATION_LIST] = {"revocation", &iss_license_revocation}};

const char *iss_license_kind_name(enum iss_license_kind kind)
{
    return rows[kind].name;
}

bool iss_license_kind_find(const char *name, enum iss_license_kind *kind)
{
    for (size_t i = 0; i < ISS_LICENSE_KINDS; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        *kind = (enum iss_license_kind)i;
        return true;
    }
    return false;
}

/* ---- opening ---------------------------------------------------------------
 */

/* This server's chain, as it is now or as it was when an INTENT was written. */
static enum iss_status read_own(struct iss_matter *matter, uint64_t intent,
                                struct iss_error *error)
{
    xrml_chain_clear(&matter->own);
    if (matter->iss->role == ISS_AUTHORITY) /* it has one, for ever */
        return iss_chain(matter->iss, &matter->own, error);
    enum iss_status status = iss_desk_own(matter->iss, intent, &matter->own,
                                          &matter->generation, error);

    return status == ISS_OK && matter->generation == 0
               ? iss_fail(error, ISS_NOT_ENROLLED,
                          "%s: not enrolled: it has no certificate to issue "
                          "with",
                          matter->iss->dir)
               : status;
}

static enum iss_status name_it(struct iss_matter *matter,
                               struct iss_error *error)
{
    uint8_t nonce[ISS_LICENSE_NONCE_SIZE];

    if (matter->order->nonce != NULL)
        memcpy(nonce, matter->order->nonce, sizeof(nonce));
    else if (RAND_bytes(nonce, sizeof(nonce)) != 1)
        return iss_fail(error, ISS_INTERNAL, "no random numbers");
    return iss_order_digest(matter->order, nonce, matter->digest, error);
}

static enum iss_status may_issue(const struct iss_matter *matter,
                                 struct iss_error *error)
{
    const struct iss *iss = matter->iss;

    if ((iss->role == ISS_AUTHORITY && !matter->profile->by_authority) ||
        (matter->profile->root_only && iss->role != ISS_ROOT))
        return iss_fail(error, ISS_REFUSED, "%s: role %s issues no %s",
                        iss->dir, iss_role_name(iss->role),
                        matter->profile->kind);
    return ISS_OK;
}

enum iss_status iss_matter_open(struct iss *iss,
                                const struct iss_license_order *order,
                                struct iss_matter *matter,
                                struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    memset(matter, 0, sizeof(*matter));
    matter->iss = iss;
    matter->order = order;
    if ((unsigned)order->kind >= ISS_LICENSE_KINDS)
        return iss_fail(error, ISS_USAGE, "no such kind of license");
    matter->profile = rows[order->kind].profile;
    status = name_it(matter, error);
    if (status == ISS_OK)
        status = iss_act_find(iss, matter->digest, &matter->done, error);
    if (status != ISS_OK)
        return status;
    matter->done.again = matter->done.result != 0;
    if (matter->done.again)
        return read_own(matter, matter->done.intent, error);
    status = may_issue(matter, error);
    if (status == ISS_OK)
        status = iss_journal_time(iss, &matter->now, error);
    if (status == ISS_OK)
        status = read_own(matter, 0, error);
    if (status == ISS_OK)
        status =
            iss_slc_holds(iss, &xrml_fields(matter->own.documents[0])->range,
                          matter->now, error);
    /* who is revoked may still revoke */
    if (status == ISS_OK && !matter->profile->by_authority)
        status = iss_trust_own(iss, &matter->own, matter->generation, error);
    /* what was begun is finished with its own octets */
    if (status == ISS_OK && matter->done.intent != 0)
        return read_own(matter, matter->done.intent, error);
    if (status == ISS_OK)
        status = iss_guid_new(matter->guid, error);
    return status == ISS_OK ? matter->profile->read(matter, error) : status;
}

void iss_matter_clear(struct iss_matter *matter)
{
    xrml_chain_clear(&matter->own);
    xrml_chain_clear(&matter->rac);
    xrml_chain_clear(&matter->pl);
    xrml_chain_clear(&matter->machine);
    xrml_chain_clear(&matter->pattern);
    sealed_secret_wipe(&matter->sealed.secret);
    free(matter->sealed.element);
    free(matter->sealed.data);
    EVP_PKEY_CTX_free(matter->sealed.opener);
    EVP_PKEY_free(matter->to);
    EVP_PKEY_free(matter->pair);
    free(matter->body);
    xrml_document_free(matter->draft);
    if (matter->free_data != NULL)
        matter->free_data(matter->data);
    iss_done_clear(&matter->done);
    memset(matter, 0, sizeof(*matter));
}

/* ---- the steps between ------------------------------------------------------
 */

enum iss_status iss_matter_write(struct iss_matter *matter,
                                 struct iss_error *error)
{
    const struct iss_matter_sealed *sealed = &matter->sealed;

    if (sealed->needed && sealed->status == ISS_REFUSED &&
        !matter->profile->even)
        return iss_fail(error, ISS_REFUSED,
                        "%s: the sealed key cannot be opened",
                        matter->profile->kind);
    if (sealed->needed && sealed->status != ISS_OK &&
        sealed->status != ISS_REFUSED)
        return iss_fail(error, sealed->status, "%s: the token did not unseal",
                        matter->profile->kind);
    if (matter->pair_needed && matter->pair == NULL)
        return iss_fail(error, ISS_INTERNAL, "%s: no key pair could be made",
                        matter->profile->kind);
    return matter->profile->write(matter, error);
}

/* Within the transaction of the INTENT: the certificate that the body was
 * written for is this server's still, and not revoked, and the account is not
 * excluded. */
static enum iss_status guard(void *arg, struct iss_error *error)
{
    const struct iss_matter *matter = arg;
    uint64_t generation = 0;
    enum iss_status status =
        iss_store_slc_newest(matter->iss->db, &generation, error);

    if (status == ISS_OK && generation != matter->generation)
        status = iss_fail(error, ISS_CONFLICT,
                          "%s: its certificate was renewed while the license "
                          "was written; ask again",
                          matter->iss->dir);
    if (status == ISS_OK && !matter->profile->by_authority)
        status =
            iss_trust_own(matter->iss, &matter->own, matter->generation, error);
    return status == ISS_OK && matter->has_account
               ? iss_trust_excluded(matter->iss, matter->account, error)
               : status;
}

void iss_matter_act(struct iss_matter *matter, struct iss_act *act)
{
    *act = (struct iss_act){
        .kind = matter->profile->kind,
        .digest = matter->digest,
        .signer = iss_purpose_signing(matter->iss->role),
        .octets = matter->body,
        .len = matter->body != NULL ? strlen(matter->body) : 0,
        .draft = matter->draft,
        .document = matter->guid,
        .principal = matter->user,
        .subject = matter->has_subject ? matter->subject : NULL,
        .host = matter->iss->host,
        .user = matter->iss->user,
        .member = matter->iss->member,
        .admit = matter->extra,
        .guard = guard,
        .guard_arg = matter};
}

/* ---- the answer -------------------------------------------------------------
 */

/* The document, then those above it. */
static enum iss_status print_chain(const char *document, size_t len,
                                   const struct xrml_chain *above,
                                   struct iss_licensed *licensed,
                                   struct iss_error *error)
{
    size_t size = len + 1, used = len;

    for (size_t i = 0; i < above->count; i++) {
        size_t part = 0;

        (void)xrml_text(above->documents[i], &part);
        size += part;
    }
    licensed->chain = malloc(size);
    if (licensed->chain == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    memcpy(licensed->chain, document, len);
    for (size_t i = 0; i < above->count; i++) {
        size_t part = 0;
        const char *text = xrml_text(above->documents[i], &part);

        memcpy(licensed->chain + used, text, part);
        used += part;
    }
    licensed->chain[used] = '\0';
    licensed->chain_len = used;
    return ISS_OK;
}

/* Another process may have begun it, and before a renewal of this server. */
static enum iss_status same_own(struct iss_matter *matter,
                                const struct xrml_fields *fields,
                                struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);

    return xrml_object_same(&fields->issuer, &own->principal) &&
                   xrml_key_same(&fields->issuer_key, &own->principal_key)
               ? ISS_OK
               : read_own(matter, matter->done.intent, error);
}

enum iss_status iss_matter_answer(struct iss_matter *matter,
                                  struct iss_licensed *licensed,
                                  struct iss_error *error)
{
    const struct iss_done *done = &matter->done;
    const struct xrml_fields *fields = NULL;
    struct xrml_document *document = NULL;
    enum iss_status status = ISS_OK;

    memset(licensed, 0, sizeof(*licensed));
    licensed->kind = matter->order->kind;
    status = iss_done_document(done, matter->profile->kind, &licensed->document,
                               &licensed->len, error);
    if (status == ISS_OK && done->read != NULL)
        document = xrml_document_share(done->read);
    else if (status == ISS_OK)
        status = xrml_parse(licensed->document, licensed->len, NULL, &document,
                            error);
    if (status == ISS_OK)
        status = same_own(matter, xrml_fields(document), error);
    if (status == ISS_OK)
        status = iss_desk_check(matter->iss, document, &matter->own, error);
    if (status == ISS_OK)
        status = print_chain(licensed->document, licensed->len, &matter->own,
                             licensed, error);
    if (status != ISS_OK) {
        xrml_document_free(document);
        iss_licensed_clear(licensed);
        return status;
    }
    fields = xrml_fields(document);
    if (fields->descriptor.id != NULL &&
        !xrml_guid_normal(fields->descriptor.id, licensed->guid))
        licensed->guid[0] = '\0';
    xrml_body_hash(document, licensed->body_hash);
    iss_words(licensed->body_hash, licensed->words);
    licensed->range =
        fields->validity.present ? fields->validity : fields->range;
    licensed->record = done->result;
    licensed->again = done->again;
    xrml_document_free(document);
    return ISS_OK;
}

void iss_licensed_clear(struct iss_licensed *licensed)
{
    free(licensed->document);
    free(licensed->chain);
    memset(licensed, 0, sizeof(*licensed));
}

enum iss_status iss_matter_deny(struct iss_matter *matter,
                                enum iss_status cause,
                                const struct iss_error *why)
{
    struct iss *iss = matter->iss;
    struct iss_entry entry =
        iss_entry_of(cause == ISS_CLOCK ? ISS_REC_CLOCK : ISS_REC_DENY);

    iss_entry_octets(&entry, ISS_TAG_DIGEST, matter->digest, ISS_HASH_SIZE);
    iss_entry_text(&entry, ISS_TAG_KIND, matter->profile->kind);
    iss_entry_text(&entry, ISS_TAG_PRINCIPAL, matter->user);
    iss_entry_text(&entry, ISS_TAG_MEMBER, iss->member);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_CLASS, iss_status_name(cause));
    if (cause == ISS_CLOCK)
        iss_entry_number(&entry, ISS_TAG_CLOCK,
                         (uint64_t)iss_clock_now(&iss->env));
    iss_entry_text(&entry, ISS_TAG_CAUSE, why->text);
    return iss_journal_write(iss, &entry, 1, NULL, NULL) == ISS_OK ? cause
                                                                   : ISS_STORE;
}

/* ---- for the kinds --------------------------------------------------------
 */

enum iss_status iss_matter_range(const struct iss_matter *matter,
                                 const struct iss_lifetime *lifetime,
                                 struct xrml_range *range,
                                 struct iss_error *error)
{
    const int64_t asked = matter->order->until;
    const int64_t until = asked - asked % MINUTE;
    char ends[XRML_TIME_SIZE] = "?";

    *range = (struct xrml_range){.present = true,
                                 .from = matter->now - matter->now % MINUTE};
    range->until = iss_lifetime_end(lifetime, range->from);
    if (asked == 0)
        return ISS_OK;
    if (until <= matter->now || asked > range->until) {
        (void)xrml_time_print(range->until, ends);
        return iss_fail(error, ISS_REFUSED,
                        "%s: it can end after now and no later than %s",
                        matter->profile->kind, ends);
    }
    range->until = until;
    return ISS_OK;
}
