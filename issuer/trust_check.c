/* SPDX-License-Identifier: Apache-2.0 */
/* What an administrator wants to be trusted, judged: one function a kind. */
#include "trust_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "key.h"
#include "trust_key.h"
#include "trust_revoker.h"
#include "xml_text.h"
#include "xrml_revocation.h"

static void copy(char out[static ISS_TRUST_NAME_SIZE], const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);

    if (len >= ISS_TRUST_NAME_SIZE)
        len = ISS_TRUST_NAME_SIZE - 1;
    while (len > 0 && text[len] != '\0' && ((uint8_t)text[len] & 0xc0) == 0x80)
        len--; /* not within a character */
    if (len > 0)
        memcpy(out, text, len);
    out[len] = '\0';
}

/* ---- domains ---------------------------------------------------------------
 */

/* The chain by the six tests, up to the key that its last document names: as
 * far as it goes. Each document is judged at its own time: content and accounts
 * of a server outlive its certificate. */
static enum iss_status verify(const struct iss_trust_judging *judging,
                              const struct iss_trust_domain *domain,
                              struct xrml_report *report,
                              struct iss_error *error)
{
    struct iss_trust *kept = NULL;
    enum iss_status status = iss_trust_kept(judging->iss, &kept, error);

    if (status != ISS_OK)
        return status;
    const struct xrml_policy policy = {.now = iss_clock_now(&judging->iss->env),
                                       .legacy = judging->trusted->legacy,
                                       .revocations = kept->lists};
    return xrml_chain_verify(judging->iss->env.libctx, &domain->chain,
                             domain->root, &policy, report, error);
}

/* Whose certificates it may issue says which servers it can be. */
static enum iss_status check_place(const struct iss_trust_judging *judging,
                                   const struct iss_trust_domain *domain,
                                   const struct xrml_report *report,
                                   struct iss_error *error)
{
    enum xrml_place place = report->nodes[0].place;
    bool users = judging->trusted->kind == ISS_TRUST_USERS;

    if (place != XRML_PLACE_SLC && (users || place != XRML_PLACE_SUB_SLC))
        return iss_fail(
            error, ISS_SEMANTICS, "document 1: %s: not the certificate of a %s",
            xrml_type_text(xrml_fields(domain->chain.documents[0])->type),
            users ? "root, which certifies accounts" : "server");
    if (users && domain->chain.count < 2)
        return iss_fail(error, ISS_SEMANTICS,
                        "the certificates above it are missing: they say "
                        "whether it certifies accounts (privyseal trust "
                        "export)");
    return ISS_OK;
}

static enum iss_status check_foreign(const struct iss_trust_judging *judging,
                                     const struct iss_trust_domain *domain,
                                     struct iss_error *error)
{
    struct iss_key_row row = {0};
    enum iss_status status =
        iss_store_key_by_hash(judging->iss->db, domain->hash, &row, error);

    if (status == ISS_OK && row.seq != 0)
        status = iss_fail(error, ISS_REFUSED,
                          "this is the store's own %s key: nothing has to be "
                          "said for it",
                          row.purpose);
    iss_key_row_clear(&row);
    return status;
}

static enum iss_status describe(const struct iss_trust_domain *domain,
                                struct iss_trust_review *review,
                                struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(domain->chain.documents[0]);

    copy(review->subject, own->principal.name);
    copy(review->issuer, own->issuer.name);
    memcpy(review->hash, domain->hash, sizeof(review->hash));
    review->has_root = true;
    review->issued = own->issued;
    review->range = own->range;
    review->count = domain->chain.count;
    return xrml_key_hash(xrml_anchor_key(domain->root, 0), review->root, error);
}

static enum iss_status judge_domain(const struct iss_trust_judging *judging,
                                    struct iss_trust_review *review,
                                    struct iss_error *error)
{
    struct iss_trust_domain domain = {0};
    struct xrml_report *report = calloc(1, sizeof(*report));
    enum iss_status status =
        report == NULL
            ? iss_fail(error, ISS_INTERNAL, "out of memory")
            : iss_trust_domain_read(judging->trusted->text.text,
                                    judging->trusted->text.len, &domain, error);

    if (status == ISS_OK)
        status = verify(judging, &domain, report, error);
    if (status == ISS_OK)
        status = check_place(judging, &domain, report, error);
    if (status == ISS_OK)
        status = check_foreign(judging, &domain, error);
    if (status == ISS_OK)
        status = describe(&domain, review, error);
    xrml_chain_clear(&domain.chain);
    xrml_anchors_free(domain.root);
    free(report);
    return status;
}

static enum iss_status judge_publishing(const struct iss_trust_judging *judging,
                                        struct iss_trust_review *review,
                                        struct iss_error *error)
{
    enum iss_status status = judge_domain(judging, review, error);

    return status == ISS_OK
               ? iss_trust_key_check(judging->iss, judging->trusted->uri,
                                     review->hash, error)
               : status;
}

/* ---- machines, lists, accounts ---------------------------------------------
 */

static enum iss_status judge_machines(const struct iss_trust_judging *judging,
                                      struct iss_trust_review *review,
                                      struct iss_error *error)
{
    const struct iss_text *text = &judging->trusted->text;
    struct xrml_anchors *keys = NULL;
    struct xrml_chain chain = {0};
    enum iss_status status =
        xrml_anchors_parse(text->text, text->len, &keys, error);
    /* it certifies nothing: who takes it for what certified it would wonder */
    const bool machine =
        status == ISS_OK &&
        xrml_chain_append(&chain, text->text, text->len, 0, NULL) == ISS_OK &&
        xrml_fields(chain.documents[0])->type == XRML_MACHINE_CERTIFICATE;

    xrml_chain_clear(&chain);
    if (machine)
        status = iss_fail(error, ISS_SEMANTICS,
                          "a machine's own certificate: what is trusted is "
                          "the key that certifies machines, authority.pem "
                          "beside it");
    if (status != ISS_OK) {
        xrml_anchors_free(keys);
        return status;
    }
    copy(review->subject, xrml_anchor_name(keys, 0));
    review->count = xrml_anchors_count(keys);
    status = xrml_key_hash(xrml_anchor_key(keys, 0), review->hash, error);
    xrml_anchors_free(keys);
    return status;
}

static enum iss_status read_leaf(const struct iss_trust_judging *judging,
                                 enum xrml_type type, const char *what,
                                 struct xrml_chain *chain,
                                 struct iss_error *error)
{
    enum iss_status status =
        xrml_chain_append(chain, judging->trusted->text.text,
                          judging->trusted->text.len, 0, error);

    if (status == ISS_OK && xrml_fields(chain->documents[0])->type != type)
        status = iss_fail(
            error, ISS_SEMANTICS, "document 1: %s: not a %s",
            xrml_type_text(xrml_fields(chain->documents[0])->type), what);
    return status;
}

static enum iss_status describe_list(const struct xrml_document *document,
                                     struct iss_trust_review *review,
                                     struct iss_error *error)
{
    const struct xrml_fields *fields = xrml_fields(document);
    struct xrml_reading *reading = NULL;
    enum iss_status status = xrml_license_read(document, &reading, error);

    if (status != ISS_OK)
        return status;
    review->count = xrml_reading_license(reading)->revoked_count;
    review->issued = fields->issued;
    copy(review->issuer, fields->issuer.name);
    copy(review->subject, fields->issuer.name);
    xrml_body_hash(document, review->hash);
    xrml_reading_free(reading);
    return ISS_OK;
}

static enum iss_status judge_list(const struct iss_trust_judging *judging,
                                  struct iss_trust_review *review,
                                  struct iss_error *error)
{
    struct xrml_chain chain = {0};
    struct xrml_revocations *set = NULL;
    enum iss_status status = read_leaf(judging, XRML_REVOCATION_LIST,
                                       "revocation list", &chain, error);

    if (status == ISS_OK)
        status = xrml_revocations_new(&set, error);
    if (status == ISS_OK)
        status = xrml_revocations_add(set, judging->iss->env.libctx,
                                      chain.documents[0], error);
    if (status == ISS_OK)
        status = iss_trust_may_revoke(
            judging->iss, &xrml_fields(chain.documents[0])->issuer_key, error);
    if (status == ISS_OK)
        status = describe_list(chain.documents[0], review, error);
    xrml_revocations_free(set);
    xrml_chain_clear(&chain);
    return status;
}

/* Whoever certified it: what is excluded gets nothing, and that is all. */
static enum iss_status judge_excluded(const struct iss_trust_judging *judging,
                                      struct iss_trust_review *review,
                                      struct iss_error *error)
{
    struct xrml_chain chain = {0};
    enum iss_status status = read_leaf(
        judging, XRML_RAC, "certificate of an account", &chain, error);

    if (status == ISS_OK) {
        const struct xrml_fields *rac = xrml_fields(chain.documents[0]);

        copy(review->subject, rac->principal.name);
        copy(review->issuer, rac->issuer.name);
        review->issued = rac->issued;
        review->range = rac->range.present ? rac->range : rac->validity;
        review->count = chain.count;
        status = xrml_key_hash(&rac->principal_key, review->hash, error);
    }
    xrml_chain_clear(&chain);
    return status;
}

/* ---- all kinds -------------------------------------------------------------
 */

static enum iss_status check_name(const char *name, struct iss_error *error)
{
    size_t len = strlen(name);
    size_t at = 0;

    if (len == 0)
        return iss_fail(error, ISS_USAGE,
                        "it has no name of its own: give it one (--name)");
    if (len >= ISS_TRUST_NAME_SIZE)
        return iss_fail(error, ISS_USAGE, "a name of more than %d octets",
                        ISS_TRUST_NAME_SIZE - 1);
    while (at < len) {
        uint32_t c = 0;

        if (!xml_utf8_next(name, len, &at, &c) || c < 0x20 ||
            (c >= 0x7f && c < 0xa0))
            return iss_fail(error, ISS_USAGE,
                            "the name is not UTF-8 without control characters");
    }
    return ISS_OK;
}

static const struct {
    enum iss_status (*judge)(const struct iss_trust_judging *judging,
                             struct iss_trust_review *review,
                             struct iss_error *error);
    bool authority; /* means something to one */
} kinds[ISS_TRUST_KINDS] = {
    [ISS_TRUST_USERS] = {judge_domain, false},
    [ISS_TRUST_PUBLISHING] = {judge_publishing, false},
    [ISS_TRUST_MACHINES] = {judge_machines, false},
    [ISS_TRUST_LIST] = {judge_list, true},
    [ISS_TRUST_EXCLUDED] = {judge_excluded, false},
};

enum iss_status iss_trust_judge(const struct iss_trust_judging *judging,
                                struct iss_trust_review *review,
                                struct iss_error *error)
{
    const struct iss_trusted *trusted = judging->trusted;
    bool publishing = trusted->kind == ISS_TRUST_PUBLISHING;
    bool has_uri = trusted->uri != NULL && trusted->uri[0] != '\0';
    enum iss_status status = ISS_OK;

    memset(review, 0, sizeof(*review));
    if (judging->iss->role == ISS_AUTHORITY && !kinds[trusted->kind].authority)
        return iss_fail(error, ISS_REFUSED,
                        "%s: role authority takes revocation lists only",
                        judging->iss->dir);
    if (publishing != has_uri)
        return iss_fail(error, ISS_USAGE,
                        publishing ? "a publishing domain needs the URI of its "
                                     "key in a token (--uri)"
                                   : "a URI belongs to a publishing domain");
    if (has_uri && strlen(trusted->uri) >= ISS_URI_MAX)
        return iss_fail(error, ISS_USAGE, "the URI is too long");
    if (trusted->text.text == NULL || trusted->text.len > XRML_CHAIN_MAX)
        return iss_fail(error, ISS_USAGE, "no file, or more than %d octets",
                        XRML_CHAIN_MAX);
    status = kinds[trusted->kind].judge(judging, review, error);
    if (status != ISS_OK)
        return status;
    iss_words(review->hash, review->words);
    status = check_name(trusted->name != NULL ? trusted->name : review->subject,
                        error);
    if (status == ISS_OK)
        copy(review->name,
             trusted->name != NULL ? trusted->name : review->subject);
    return status;
}
