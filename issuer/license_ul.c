/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Use license: MS-RMPR 2.2.9.9, 3.4.4.1. Everything that documents say is
 * judged before the token unseals the content key; what comes after that is one
 * refusal, whatever its cause, and takes the same time.
 */
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "rights.h"
#include "trust.h"
#include "xrml_key.h"

enum { DAY = 86400, HOUR = 3600, MINUTE = 60 };

struct use { /* matter->data */
    struct xrml_reading *reading;
    const struct xrml_license *pl; /* of reading */
};

static void free_use(void *data)
{
    struct use *use = data;

    if (use != NULL)
        xrml_reading_free(use->reading);
    free(use);
}

/* ---- before the token -------------------------------------------------------
 */

/* The server whose licensor certificate, or whose client's, signed it: who may
 * license it (R119). */
static const struct xrml_key *server_of(const struct xrml_chain *pl)
{
    const bool offline =
        pl->count > 1 && xrml_fields(pl->documents[1])->type == XRML_CLC;

    return &xrml_fields(pl->documents[offline ? 1 : 0])->issuer_key;
}

static enum iss_status read_pl(struct iss_matter *matter, struct use *use,
                               struct iss_error *error)
{
    enum iss_status status =
        iss_matter_chain(matter, "publishing license", &matter->order->pl,
                         ISS_ACCEPT_PUBLISHING, &matter->pl, error);

    if (status != ISS_OK)
        return status;
    const struct xrml_document *pl = matter->pl.documents[0];
    if (xrml_fields(pl)->type != XRML_PL)
        return iss_fail(error, ISS_SEMANTICS,
                        "publishing license: it is another document, a %s",
                        xrml_type_text(xrml_fields(pl)->type));
    status = xrml_license_read(pl, &use->reading, error);
    if (status != ISS_OK)
        return status;
    use->pl = xrml_reading_license(use->reading);
    if (use->pl->principal.key.modulus == NULL || use->pl->work.id == NULL)
        return iss_fail(error, ISS_SEMANTICS,
                        "publishing license: it names no server or no content");
    if (!xrml_key_same(&use->pl->principal.key, server_of(&matter->pl)))
        return iss_fail(error, ISS_SEMANTICS,
                        "publishing license: it is for another server than "
                        "the one by whose authority it was issued");
    return ISS_OK;
}

/* This server's key, or one of a trusted publishing domain, which unseals and
 * never signs. */
static enum iss_status find_key(struct iss_matter *matter,
                                const struct xrml_principal *server,
                                EVP_PKEY **key, bool *foreign,
                                struct iss_error *error)
{
    uint8_t hash[ISS_HASH_SIZE];
    enum iss_status status = xrml_key_hash(&server->key, hash, error);

    *key = NULL;
    *foreign = false;
    if (status == ISS_OK)
        status = iss_matter_licensor(matter, hash, key, error);
    if (status == ISS_OK && *key == NULL) {
        *foreign = true;
        status = iss_trust_key(matter->iss, hash, key, error);
    }
    if (status == ISS_OK && *key == NULL)
        return iss_fail(error, ISS_REFUSED,
                        "publishing license: it is for the server %.100s, "
                        "which is neither this one nor a trusted publishing "
                        "domain",
                        server->object.name != NULL ? server->object.name
                        : server->object.id != NULL ? server->object.id
                                                    : "without a name");
    if (status == ISS_OK && !*foreign && !matter->iss->can_unseal)
        return iss_fail(error, ISS_REFUSED,
                        "%s: its key was made without the right to unseal: it "
                        "cannot issue use licenses",
                        matter->iss->dir);
    return status;
}

static enum iss_status read_order(struct iss_matter *matter,
                                  struct iss_error *error)
{
    struct use *use = calloc(1, sizeof(*use));
    EVP_PKEY *key = NULL;
    bool foreign = false;
    enum iss_status status = ISS_OK;

    if (use == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    matter->data = use;
    matter->free_data = free_use;
    status = iss_matter_account(matter, error);
    if (status == ISS_OK)
        status = iss_matter_recipient(
            matter, &xrml_fields(matter->rac.documents[0])->principal_key,
            error);
    if (status == ISS_OK)
        status = read_pl(matter, use, error);
    if (status == ISS_OK)
        status = find_key(matter, &use->pl->principal, &key, &foreign, error);
    if (status == ISS_OK)
        status = iss_matter_range(matter, &matter->iss->conf.license,
                                  &matter->range, error);
    if (status == ISS_OK)
        status = iss_content_seal(matter, matter->pl.documents[0], use->pl, key,
                                  foreign, error);
    return status;
}

/* ---- after it ---------------------------------------------------------------
 */

static size_t judge(const struct iss_matter *matter, const struct use *use,
                    const struct iss_content *content,
                    struct xrml_right held[static XRML_RIGHTS_MAX])
{
    const struct xrml_object *who =
        &xrml_fields(matter->rac.documents[0])->principal;
    const struct iss_holder holder = {
        .id_type = who->id_type,
        .id = who->id,
        .mail = who->name,
        .owner = iss_mail_same(use->pl->owner.name, who->name) &&
                 iss_content_vouches(content, use->pl, true)};
    struct xrml_range within = matter->range;

    if (use->pl->validity.present && use->pl->validity.until < within.until)
        within.until = use->pl->validity.until;
    return iss_rights_held(content->license, &holder, &within, matter->now,
                           held);
}

static int64_t seconds_of(const struct xrml_interval *interval)
{
    return (int64_t)interval->days * DAY + (int64_t)interval->hours * HOUR +
           (int64_t)interval->minutes * MINUTE + interval->seconds;
}

/* Who may revoke: whom the publishing license names, and whom its rights data
 * name, which may be a template. A certificate's own condition stands in the
 * chain and counts there. */
static enum iss_status merge(const struct xrml_refresh *more,
                             struct xrml_refresh *all, struct iss_error *error)
{
    for (size_t i = 0; i < more->count; i++) {
        bool there = false;

        for (size_t k = 0; k < all->count; k++)
            there = there ||
                    xrml_key_same(&all->points[k].key, &more->points[i].key);
        if (there)
            continue;
        if (all->count == XRML_POINTS_MAX)
            return iss_fail(error, ISS_SEMANTICS,
                            "publishing license and rights data name more than "
                            "%d who may revoke",
                            XRML_POINTS_MAX);
        all->points[all->count++] = more->points[i];
    }
    const int64_t there = seconds_of(&all->interval);
    const int64_t other = seconds_of(&more->interval);
    if (other > 0 && (there == 0 || other < there))
        all->interval = more->interval;
    return ISS_OK;
}

static enum iss_status build(struct iss_matter *matter, const struct use *use,
                             const struct iss_content *content,
                             struct xrml_right *held, size_t count,
                             struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);
    const struct xrml_fields *rac = xrml_fields(matter->rac.documents[0]);
    struct xrml_license fields = {
        .type = XRML_UL,
        .guid = matter->guid,
        .issued = matter->now - matter->now % MINUTE,
        .issuer_text = own->principal_text,
        .issuer_text_len = own->principal_text_len,
        .principal = {.object = rac->principal, .key = rac->principal_key},
        .referral = use->pl->referral,
        .work = use->pl->work,
        .owner = use->pl->owner,
        .refresh = use->pl->refresh,
        .right_count = count,
        .rights = held};
    char *bits = NULL;
    enum iss_status status = iss_matter_seal(
        matter, SEALED_CONTENT_KEY, &matter->sealed.secret, &bits, error);

    for (size_t i = 0; i < count; i++)
        held[i].bits = (struct xrml_bits){sealed_form_name(SEALED_V2), bits};
    if (status == ISS_OK)
        status = merge(&content->license->refresh, &fields.refresh, error);
    if (status == ISS_OK)
        status =
            xrml_license_draft(&fields, &matter->body, &matter->draft, error);
    free(bits);
    return status;
}

/* One text for all that can be wrong from the unsealing on: it names who asked
 * for what, and nothing that only the token or the rights data know. */
static enum iss_status refuse(struct iss_matter *matter, const struct use *use,
                              struct iss_error *error)
{
    return iss_fail(error, ISS_REFUSED,
                    "%.100s gets no use license for the content %.60s: its "
                    "publishing license grants this account nothing now, or "
                    "what is sealed in it is not good",
                    matter->user, use->pl->work.id);
}

static enum iss_status write_ul(struct iss_matter *matter,
                                struct iss_error *error)
{
    const struct use *use = matter->data;
    struct iss_content content = {.good = false};
    struct xrml_right *held = calloc(XRML_RIGHTS_MAX, sizeof(*held));
    size_t count = 0;
    enum iss_status status =
        held == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                     : iss_content_open(matter, use->pl, &content, error);

    if (status != ISS_OK)
        goto out;
    count = judge(matter, use, &content, held);
    if (!content.good || count == 0) {
        iss_content_even(matter, &content);
        status = refuse(matter, use, error);
        goto out;
    }
    memcpy(matter->subject, matter->account, sizeof(matter->subject));
    matter->has_subject = matter->has_account;
    status = build(matter, use, &content, held, count, error);
out:
    iss_content_clear(&content);
    free(held);
    return status;
}

const struct iss_license_profile iss_license_ul = {
    .kind = "ul", .even = true, .read = read_order, .write = write_ul};
