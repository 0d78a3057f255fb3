/* SPDX-License-Identifier: Apache-2.0 */
/* An order: texts, octets and numbers by name. */
#include <openssl/crypto.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "handles.h"

/* Texts by name. Each is a pointer of the handle, owned; where a length belongs
 * to it that is the next member. */
#define TEXT_AT(member) offsetof(struct privyseal_order, member)
static const struct text {
    const char *name;
    size_t at;
    bool with_len;
} texts[] = {
    {"user", TEXT_AT(order.user.mail), false},
    {"user-id", TEXT_AT(order.user.id), false},
    {"user-id-type", TEXT_AT(order.user.id_type), false},
    {"machine", TEXT_AT(order.machine), true},
    {"rac", TEXT_AT(order.rac), true},
    {"pl", TEXT_AT(order.pl), true},
    {"template", TEXT_AT(order.template_text), true},
    {"owner", TEXT_AT(terms.owner.mail), false},
    {"text", TEXT_AT(terms.text), false},
    {"content", TEXT_AT(terms.content_guid), false},
    {"referral", TEXT_AT(terms.referral), false},
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
_Static_assert((size_t)TEXTS <= (size_t)CAPI_TEXTS_MAX, "room for every text");

static const char **text_slot(privyseal_order *order, const struct text *row)
{
    return (const char **)(void *)((char *)order + row->at);
}

static size_t *len_slot(privyseal_order *order, const struct text *row)
{
    _Static_assert(offsetof(struct iss_text, text) == 0, "the text is first");
    return (size_t *)(void *)((char *)order + row->at +
                              offsetof(struct iss_text, len));
}

int privyseal_order_new(privyseal *context, const char *kind,
                        privyseal_order **out)
{
    struct iss_error *error = capi_begin(context);
    privyseal_order *order = NULL;
    enum iss_license_kind found;

    *out = NULL;
    if (!iss_license_kind_find(kind, &found) || found == ISS_REVOCATION_LIST)
        return (int)iss_fail(
            error, ISS_USAGE,
            "%s: no kind of license; rac, clc, pl, ul or template", kind);
    order = calloc(1, sizeof(*order));
    if (order == NULL)
        return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
    order->order.kind = found;
    order->terms.grants = order->grants;
    if (found == ISS_PL || found == ISS_TEMPLATE)
        order->order.terms = &order->terms;
    *out = order;
    return ISS_OK;
}

void privyseal_order_free(privyseal_order *order)
{
    if (order == NULL)
        return;
    for (size_t i = 0; i < TEXTS; i++)
        free(order->texts[i]);
    for (size_t i = 0; i < order->terms.grant_count; i++) {
        free(order->rights[i]);
        free(order->mails[i]);
    }
    OPENSSL_cleanse(order->content_key, sizeof(order->content_key));
    free(order);
}

int privyseal_order_set(privyseal *context, privyseal_order *order,
                        const char *name, const char *value)
{
    struct iss_error *error = capi_begin(context);

    for (size_t i = 0; i < TEXTS; i++) {
        const char **slot = text_slot(order, &texts[i]);
        char *copy = NULL;

        if (strcmp(texts[i].name, name) != 0)
            continue;
        copy = strdup(value);
        if (copy == NULL)
            return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
        free(order->texts[i]);
        order->texts[i] = copy;
        *slot = copy;
        if (texts[i].with_len)
            *len_slot(order, &texts[i]) = strlen(copy);
        return ISS_OK;
    }
    return (int)iss_fail(error, ISS_USAGE,
                         "%s: an order has no text of that name", name);
}

int privyseal_order_set_octets(privyseal *context, privyseal_order *order,
                               const char *name, const void *data, size_t len)
{
    struct iss_error *error = capi_begin(context);

    if (strcmp(name, "nonce") == 0) {
        if (len != sizeof(order->nonce))
            return (int)iss_fail(error, ISS_USAGE,
                                 "nonce: it has %zu octets, not "
                                 "%zu",
                                 len, sizeof(order->nonce));
        memcpy(order->nonce, data, len);
        order->order.nonce = order->nonce;
        return ISS_OK;
    }
    if (strcmp(name, "content-key") == 0) {
        if (len != 16 && len != 32)
            return (int)iss_fail(error, ISS_USAGE,
                                 "content-key: it has %zu octets, not 16 or 32",
                                 len);
        memcpy(order->content_key, data, len);
        order->order.content_key = order->content_key;
        order->order.content_key_len = len;
        return ISS_OK;
    }
    return (int)iss_fail(error, ISS_USAGE,
                         "%s: an order has no octets of that name", name);
}

int privyseal_order_set_number(privyseal *context, privyseal_order *order,
                               const char *name, int64_t value)
{
    struct iss_error *error = capi_begin(context);

    if (strcmp(name, "until") == 0) {
        order->order.until = value;
        return ISS_OK;
    }
    if (strcmp(name, "temporary") == 0 && (value == 0 || value == 1)) {
        order->order.temporary = value == 1;
        return ISS_OK;
    }
    return (int)iss_fail(error, ISS_USAGE,
                         "%s: an order has no such number, or not this value",
                         name);
}

int privyseal_order_grant(privyseal *context, privyseal_order *order,
                          const char *right, const char *user, int64_t until)
{
    struct iss_error *error = capi_begin(context);
    const size_t n = order->terms.grant_count;
    char *name = NULL, *mail = NULL;

    if (n >= ISS_GRANTS_MAX)
        return (int)iss_fail(error, ISS_USAGE, "more than %d rights",
                             ISS_GRANTS_MAX);
    name = strdup(right);
    mail = user != NULL ? strdup(user) : NULL;
    if (name == NULL || (user != NULL && mail == NULL)) {
        free(name);
        free(mail);
        return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    order->rights[n] = name;
    order->mails[n] = mail;
    order->grants[n] =
        (struct iss_grant){.right = name,
                           .mail = mail,
                           .range = {.present = until != 0, .until = until}};
    order->terms.grant_count++;
    return ISS_OK;
}
