/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two licenses say the same: see xrml_license.h. */
#include <string.h>

#include "xrml_document.h"
#include "xrml_key.h"
#include "xrml_part.h"

static bool same_object(const struct xrml_object *a,
                        const struct xrml_object *b)
{
    static const char none[] = "";
    struct xrml_object x = *a;
    struct xrml_object y = *b;

    x.id = x.id == NULL ? none : x.id;
    y.id = y.id == NULL ? none : y.id;
    return xrml_object_same(&x, &y);
}

static bool same_key(const struct xrml_key *a, const struct xrml_key *b)
{
    if (a->modulus == NULL || b->modulus == NULL)
        return a->modulus == b->modulus;
    return xrml_key_same(a, b);
}

static bool same_interval(const struct xrml_interval *a,
                          const struct xrml_interval *b)
{
    return a->present == b->present && a->days == b->days &&
           a->hours == b->hours && a->minutes == b->minutes &&
           a->seconds == b->seconds;
}

static bool same_bits(const struct xrml_bits *a, const struct xrml_bits *b)
{
    return xrml_same_text(a->form, b->form) && xrml_same_text(a->text, b->text);
}

static bool same_points(const struct xrml_point *a, const struct xrml_point *b,
                        size_t count)
{
    bool same = true;

    for (size_t i = 0; i < count && same; i++)
        same = same_object(&a[i].object, &b[i].object) &&
               same_key(&a[i].key, &b[i].key);
    return same;
}

static bool same_principal(const struct xrml_principal *a,
                           const struct xrml_principal *b)
{
    bool same =
        same_object(&a->object, &b->object) && same_key(&a->key, &b->key) &&
        same_bits(&a->bits, &b->bits) && xrml_same_text(a->digest, b->digest) &&
        xrml_same_text(a->hash, b->hash) && a->level_count == b->level_count;

    for (size_t i = 0; same && i < a->level_count; i++)
        same = xrml_same_text(a->levels[i].name, b->levels[i].name) &&
               xrml_same_text(a->levels[i].value, b->levels[i].value);
    return same;
}

static bool same_issuer(const struct xrml_license *a,
                        const struct xrml_license *b)
{
    if (a->issuer_text != NULL && b->issuer_text != NULL)
        return a->issuer_text_len == b->issuer_text_len &&
               memcmp(a->issuer_text, b->issuer_text, a->issuer_text_len) == 0;
    return same_principal(&a->issuer, &b->issuer);
}

static bool same_rights(const struct xrml_license *a,
                        const struct xrml_license *b)
{
    bool same = a->right_count == b->right_count;

    for (size_t i = 0; same && i < a->right_count; i++) {
        const struct xrml_right *x = &a->rights[i];
        const struct xrml_right *y = &b->rights[i];

        same = xrml_same_text(x->name, y->name) && x->first == y->first &&
               same_object(&x->user, &y->user) &&
               same_bits(&x->bits, &y->bits) &&
               xrml_same_range(&x->range, &y->range) &&
               same_interval(&x->interval, &y->interval);
    }
    return same;
}

static bool same_revoked(const struct xrml_license *a,
                         const struct xrml_license *b)
{
    bool same = a->revoked_count == b->revoked_count;

    for (size_t i = 0; same && i < a->revoked_count; i++) {
        const struct xrml_revoke *x = &a->revoked[i];
        const struct xrml_revoke *y = &b->revoked[i];

        same = x->kind == y->kind && same_object(&x->object, &y->object) &&
               same_key(&x->key, &y->key) &&
               xrml_same_text(x->digest, y->digest) &&
               xrml_same_text(x->hash, y->hash);
    }
    return same;
}

static bool same_data(const struct xrml_license *a,
                      const struct xrml_license *b)
{
    bool same = a->data_count == b->data_count;

    for (size_t i = 0; same && i < a->data_count; i++)
        same = xrml_same_text(a->data[i].id, b->data[i].id) &&
               xrml_same_text(a->data[i].name, b->data[i].name) &&
               xrml_same_text(a->data[i].text, b->data[i].text);
    return same;
}

bool xrml_license_same(const struct xrml_license *a,
                       const struct xrml_license *b)
{
    return a->type == b->type && xrml_same_text(a->text, b->text) &&
           xrml_to_minute(a->issued) == xrml_to_minute(b->issued) &&
           xrml_same_range(&a->validity, &b->validity) && same_issuer(a, b) &&
           a->point_count == b->point_count &&
           same_points(a->points, b->points, a->point_count) &&
           same_principal(&a->principal, &b->principal) &&
           same_object(&a->referral, &b->referral) &&
           same_object(&a->work, &b->work) &&
           same_object(&a->owner, &b->owner) &&
           xrml_same_range(&a->when, &b->when) &&
           same_interval(&a->how_long, &b->how_long) &&
           a->refresh.count == b->refresh.count &&
           same_points(a->refresh.points, b->refresh.points,
                       a->refresh.count) &&
           same_interval(&a->refresh.interval, &b->refresh.interval) &&
           same_rights(a, b) && same_data(a, b) &&
           same_principal(&a->machine, &b->machine) && same_revoked(a, b);
}
