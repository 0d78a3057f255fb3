/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing license signed by this server: MS-RMPR 2.2.9.7, 3.5.4.1. Made here
 * from a content key and what an author allows, or handed in unsigned by a
 * client that has kept its content key to itself and this server.
 */
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "content.h"
#include "profile.h"
#include "rights.h"
#include "xrml_key.h"
#include "xrml_rights.h"

_Static_assert(ISS_MAIL_MAX < XRML_NAME_MAX * 2, "an owner fits into user");

enum { MINUTE = 60, KEY_SHORT = 16, KEY_LONG = 32 };

struct draft {                /* matter->data */
    struct xrml_reading *own; /* this server's certificate */
    const struct xrml_principal *server;
    struct xrml_document *handed; /* in unsigned, or NULL */
    struct xrml_reading *reading; /* of that, or of the template, or NULL */
    struct iss_rights rights;
    char work[XRML_GUID_SIZE];
};

static void free_draft(void *data)
{
    struct draft *draft = data;

    if (draft != NULL) {
        xrml_reading_free(draft->own);
        xrml_reading_free(draft->reading);
        xrml_document_free(draft->handed);
        iss_rights_clear(&draft->rights);
    }
    free(draft);
}

/* ---- made here: what the order brings --------------------------------------
 */

/* One document and a chain above it; new, free(), or NULL. */
static char *join(const struct iss_text *text, const struct xrml_chain *above,
                  size_t *len)
{
    size_t size = text->len + 1;

    for (size_t i = 0; i < above->count; i++) {
        (void)xrml_text(above->documents[i], len);
        size += *len;
    }
    char *out = malloc(size);
    if (out == NULL)
        return NULL;
    memcpy(out, text->text, text->len);
    size_t used = text->len;
    for (size_t i = 0; i < above->count; i++) {
        const char *one = xrml_text(above->documents[i], len);

        memcpy(out + used, one, *len);
        used += *len;
    }
    out[used] = '\0';
    *len = used;
    return out;
}

/* A template alone, as authors have it, stands below this server's chain. */
static enum iss_status read_template(struct iss_matter *matter,
                                     struct draft *draft,
                                     struct iss_error *error)
{
    const struct iss_text *text = &matter->order->template_text;
    size_t len = 0;
    enum iss_status status =
        xrml_chain_append(&matter->pattern, text->text, text->len, 0, error);
    struct iss_text whole = *text;
    char *joined = NULL;

    if (status == ISS_OK && matter->pattern.count == 1) {
        joined = join(text, &matter->own, &len);
        whole = (struct iss_text){.text = joined, .len = len};
        if (joined == NULL)
            status = iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    xrml_chain_clear(&matter->pattern);
    if (status == ISS_OK)
        status = iss_matter_chain(matter, "template", &whole, 0,
                                  &matter->pattern, error);
    free(joined);
    if (status == ISS_OK &&
        xrml_fields(matter->pattern.documents[0])->type != XRML_TEMPLATE)
        status = iss_fail(
            error, ISS_SEMANTICS, "template: it is another document, a %s",
            xrml_type_text(xrml_fields(matter->pattern.documents[0])->type));
    return status == ISS_OK ? xrml_license_read(matter->pattern.documents[0],
                                                &draft->reading, error)
                            : status;
}

static enum iss_status check_terms(const struct iss_license_order *order,
                                   struct iss_error *error)
{
    const struct iss_terms *terms = order->terms;

    if (order->content_key == NULL || (order->content_key_len != KEY_SHORT &&
                                       order->content_key_len != KEY_LONG))
        return iss_fail(error, ISS_MALFORMED,
                        "publishing license: a content key has %d or %d "
                        "octets, not %zu",
                        KEY_SHORT, KEY_LONG, order->content_key_len);
    if (terms == NULL || terms->owner.mail == NULL)
        return iss_fail(error, ISS_MALFORMED,
                        "publishing license: it names no owner by a mail "
                        "address");
    if (!iss_mail_good(terms->owner.mail))
        return iss_fail(error, ISS_MALFORMED,
                        "owner: \"%.80s\" is no mail address",
                        terms->owner.mail);
    if (order->template_text.text != NULL && terms->grant_count > 0)
        return iss_fail(error, ISS_MALFORMED,
                        "publishing license: rights are granted by a template "
                        "or by its author, not by both");
    if (terms->text != NULL && !iss_policy_text_good(terms->text))
        return iss_fail(error, ISS_MALFORMED,
                        "publishing license: its name is not of the form "
                        "\"LCID 1033:NAME x:DESCRIPTION y;\"");
    if (terms->validity.present &&
        terms->validity.from >= terms->validity.until)
        return iss_fail(error, ISS_MALFORMED,
                        "publishing license: the content ends before it "
                        "begins");
    return ISS_OK;
}

static enum iss_status read_terms(struct iss_matter *matter,
                                  struct draft *draft, struct iss_error *error)
{
    const struct iss_license_order *order = matter->order;
    enum iss_status status = check_terms(order, error);

    if (status != ISS_OK)
        return status;
    if (order->template_text.text != NULL && order->terms->validity.present &&
        order->terms->validity.from > matter->now)
        status = iss_fail(error, ISS_REFUSED,
                          "publishing license: a template's rights hold from "
                          "now on: it has no place for a later time");
    else if (order->template_text.text != NULL)
        status = read_template(matter, draft, error);
    else
        status = iss_rights_of_terms(order->terms, &draft->rights, error);
    if (status != ISS_OK)
        return status;
    if (order->terms->content_guid == NULL)
        return iss_guid_new(draft->work, error);
    return xrml_guid_normal(order->terms->content_guid, draft->work)
               ? ISS_OK
               : iss_fail(error, ISS_MALFORMED,
                          "publishing license: the content \"%.60s\" is no "
                          "GUID",
                          order->terms->content_guid);
}

/* ---- handed in: what can be judged before the token unseals ----------------
 */

/* MS-RMPR 3.5.4.1: the same identifier and the same modulus. */
static enum iss_status check_server(const struct xrml_principal *asked,
                                    const struct xrml_principal *own,
                                    struct iss_error *error)
{
    char a[XRML_GUID_SIZE];
    char b[XRML_GUID_SIZE];

    if (asked->object.id != NULL && own->object.id != NULL &&
        xrml_guid_normal(asked->object.id, a) &&
        xrml_guid_normal(own->object.id, b) && strcmp(a, b) == 0 &&
        xrml_key_same(&asked->key, &own->key))
        return ISS_OK;
    return iss_fail(error, ISS_REFUSED,
                    "publishing license: ISSUEDPRINCIPALS is another server "
                    "than this one");
}

static enum iss_status read_handed(struct iss_matter *matter,
                                   struct draft *draft, struct iss_error *error)
{
    const struct iss_text *text = &matter->order->pl;
    uint8_t hash[ISS_HASH_SIZE];
    EVP_PKEY *key = NULL;
    enum iss_status status =
        xrml_unsigned_parse(text->text, text->len, &draft->handed, error);

    if (status == ISS_OK && xrml_fields(draft->handed)->type != XRML_PL)
        status =
            iss_fail(error, ISS_SEMANTICS, "no publishing license, but a %s",
                     xrml_type_text(xrml_fields(draft->handed)->type));
    if (status == ISS_OK)
        status = xrml_license_read(draft->handed, &draft->reading, error);
    if (status != ISS_OK)
        return status;
    const struct xrml_license *pl = xrml_reading_license(draft->reading);
    if (pl->work.id == NULL)
        return iss_fail(error, ISS_SEMANTICS,
                        "publishing license: it names no content");
    if (pl->validity.present &&
        (pl->validity.from > matter->now || pl->validity.until <= matter->now))
        return iss_fail(error, ISS_CONDITIONS,
                        "publishing license: its VALIDITYTIME does not hold "
                        "now");
    if (!matter->iss->can_unseal)
        return iss_fail(error, ISS_REFUSED,
                        "%s: its key was made without the right to unseal: it "
                        "cannot look into a publishing license",
                        matter->iss->dir);
    status = check_server(&pl->principal, draft->server, error);
    if (status == ISS_OK)
        status = xrml_key_hash(&draft->server->key, hash, error);
    if (status == ISS_OK)
        status = iss_matter_licensor(matter, hash, &key, error);
    if (status == ISS_OK && key == NULL)
        status = iss_fail(error, ISS_INTERNAL, "no licensor key");
    return status == ISS_OK
               ? iss_content_seal(matter, draft->handed, pl, key, false, error)
               : status;
}

static enum iss_status read_order(struct iss_matter *matter,
                                  struct iss_error *error)
{
    struct draft *draft = calloc(1, sizeof(*draft));

    if (draft == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    matter->data = draft;
    matter->free_data = free_draft;
    enum iss_status status =
        xrml_license_read(matter->own.documents[0], &draft->own, error);
    if (status == ISS_OK)
        status = iss_matter_range(matter, &matter->iss->conf.license,
                                  &matter->range, error);
    if (status != ISS_OK)
        return status;
    draft->server = &xrml_reading_license(draft->own)->principal;
    status = iss_matter_recipient(matter, &draft->server->key, error);
    if (status != ISS_OK)
        return status;
    matter->apart = matter->order->pl.text == NULL;
    return matter->order->pl.text != NULL ? read_handed(matter, draft, error)
                                          : read_terms(matter, draft, error);
}

/* ---- writing ----------------------------------------------------------------
 */

/* A content key to this server, bound to ISSUEDPRINCIPALS of that license. */
static enum iss_status seal(const struct iss_matter *matter,
                            const struct xrml_license *fields,
                            const struct sealed_secret *secret, char **out,
                            struct iss_error *error)
{
    uint8_t *data = malloc(SEALED_MAX);
    char *element = NULL;
    size_t len = 0;
    enum iss_status status =
        data == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                     : xrml_license_binding(fields, &element, error);

    if (status == ISS_OK) {
        const struct sealed_lid lid = {.libctx = matter->iss->env.libctx,
                                       .form = SEALED_V2,
                                       .kind = SEALED_CONTENT_KEY,
                                       .element = element,
                                       .element_len = strlen(element)};

        status = sealed_close_to(&lid, matter->to, secret, data, &len, error);
    }
    if (status == ISS_OK)
        status = xrml_bits_encode(data, len, out, error);
    free(element);
    free(data);
    return status;
}

/* What this server puts into every one: who it is, where to ask it, when. */
static enum iss_status build(struct iss_matter *matter,
                             struct xrml_license *fields,
                             const struct sealed_secret *secret,
                             struct iss_error *error)
{
    const struct draft *draft = matter->data;
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);
    char *address = NULL;
    char *bits = NULL;
    enum iss_status status =
        iss_matter_address(matter, "/licensing", &address, error);

    if (status != ISS_OK)
        return status;
    fields->type = XRML_PL;
    fields->guid = matter->guid;
    fields->issued = matter->now - matter->now % MINUTE;
    if (!fields->validity.present)
        fields->validity = matter->range;
    if (fields->validity.until > matter->range.until)
        fields->validity.until = matter->range.until;
    fields->issuer_text = own->principal_text;
    fields->issuer_text_len = own->principal_text_len;
    fields->point_count = 1;
    fields->points[0] = (struct xrml_point){
        .object = {.type = "License-Acquisition-URL",
                   .id_type = "MS-GUID",
                   .id = "{0F45FD50-383B-43EE-90A4-ED013CD0CFE5}",
                   .name = "DRM Server Cluster",
                   .address = address}};
    fields->principal = *draft->server;
    fields->principal.bits = (struct xrml_bits){0};
    status = seal(matter, fields, secret, &bits, error);
    if (status == ISS_OK) {
        fields->principal.bits =
            (struct xrml_bits){sealed_form_name(SEALED_V2), bits};
        status =
            xrml_license_draft(fields, &matter->body, &matter->draft, error);
    }
    matter->range = fields->validity;
    free(bits);
    free(address);
    return status;
}

/* The author's own words, or the template as its server signed it. */
static enum iss_status make_rights(struct iss_matter *matter,
                                   const struct xrml_license *fields,
                                   char **out, struct iss_error *error)
{
    const struct draft *draft = matter->data;
    const struct iss_license_order *order = matter->order;
    OSSL_LIB_CTX *libctx = matter->iss->env.libctx;
    struct xrml_document *written = NULL;
    char *body = NULL;

    if (order->template_text.text != NULL)
        return xrml_rights_close(libctx, order->content_key,
                                 order->content_key_len,
                                 matter->pattern.documents[0], out, error);
    const struct xrml_license rights = {.type = XRML_RIGHTS,
                                        .text = NULL,
                                        .issued =
                                            matter->now - matter->now % MINUTE,
                                        .referral = fields->referral,
                                        .work = fields->work,
                                        .owner = fields->owner,
                                        .when = order->terms->validity,
                                        .right_count = draft->rights.count,
                                        .rights = draft->rights.rights};
    enum iss_status status =
        xrml_license_draft(&rights, &body, &written, error);
    if (status == ISS_OK)
        status = xrml_rights_close(libctx, order->content_key,
                                   order->content_key_len, written, out, error);
    xrml_document_free(written);
    free(body);
    return status;
}

static enum iss_status write_made(struct iss_matter *matter,
                                  struct iss_error *error)
{
    const struct draft *draft = matter->data;
    const struct iss_terms *terms = matter->order->terms;
    const struct xrml_license *template =
        draft->reading == NULL ? NULL : xrml_reading_license(draft->reading);
    struct sealed_secret secret = {.len = matter->order->content_key_len};
    char *rights = NULL;
    struct xrml_license fields = {
        .text = terms->text,
        .work = {.id_type = "MS-GUID", .id = draft->work},
        .owner = {.id_type = terms->owner.id_type == NULL
                                 ? "Windows"
                                 : terms->owner.id_type,
                  .name = terms->owner.mail},
        .refresh = terms->refresh,
        .data_count = 1};

    if (terms->validity.present && terms->validity.until <= matter->now)
        return iss_fail(error, ISS_REFUSED,
                        "publishing license: the content has ended");
    if (terms->validity.present) {
        fields.validity = matter->range;
        if (terms->validity.until < fields.validity.until)
            fields.validity.until = terms->validity.until;
    }
    if (terms->referral != NULL)
        fields.referral =
            (struct xrml_object){.type = "Referral-Info",
                                 .id_type = "MS-GUID",
                                 .id = "{81C42010-208A-458A-BAB6-C3C60F06DD5F}",
                                 .name = terms->owner.mail,
                                 .address = terms->referral};
    if (template != NULL) {
        fields.text = terms->text == NULL ? template->text : terms->text;
        if (terms->referral == NULL)
            fields.referral = template->referral;
        if (terms->refresh.count == 0)
            fields.refresh = template->refresh;
    }
    memcpy(matter->user, terms->owner.mail, strlen(terms->owner.mail) + 1);
    enum iss_status status = make_rights(matter, &fields, &rights, error);
    if (status == ISS_OK) {
        fields.data[0] =
            (struct xrml_data){.id = "Encrypted-Rights-Data", .text = rights};
        memcpy(secret.octets, matter->order->content_key, secret.len);
        status = build(matter, &fields, &secret, error);
    }
    sealed_secret_wipe(&secret);
    free(rights);
    return status;
}

/* Signed as it stands but for what MS-RMPR 3.5.4.1 changes, and its identifier,
 * which is to be its own. */
static enum iss_status write_handed(struct iss_matter *matter,
                                    struct iss_error *error)
{
    const struct draft *draft = matter->data;
    struct iss_content content = {.good = false};
    struct xrml_license fields = *xrml_reading_license(draft->reading);
    const char *owner = fields.owner.name;
    if (owner != NULL && strlen(owner) < sizeof(matter->user))
        memcpy(matter->user, owner, strlen(owner) + 1);
    enum iss_status status = iss_content_open(matter, &fields, &content, error);

    if (status == ISS_OK &&
        (!content.good || (fields.owner.name != NULL &&
                           !iss_content_vouches(&content, &fields, false)))) {
        iss_content_even(matter, &content);
        status = iss_fail(error, ISS_REFUSED,
                          "publishing license for the content %.60s: what is "
                          "sealed in it is not good, or does not say what the "
                          "license says of owner and content",
                          fields.work.id);
    }
    if (status == ISS_OK)
        status = build(matter, &fields, &matter->sealed.secret, error);
    iss_content_clear(&content);
    return status;
}

static enum iss_status write_pl(struct iss_matter *matter,
                                struct iss_error *error)
{
    const struct draft *draft = matter->data;

    return draft->handed != NULL ? write_handed(matter, error)
                                 : write_made(matter, error);
}

const struct iss_license_profile iss_license_pl = {
    .kind = "pl", .even = true, .read = read_order, .write = write_pl};
