/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a use license lets its holder do something with a content now (MS-
 * RMPR 3.8.4.5, 2.2.9.9), and the content key if so. What is asked is asked in
 * the order in which a person wants to know it: whose account, whose license,
 * which content, which right, when.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "client_part.h"
#include "xrml_document.h"
#include "xrml_key.h"

struct reading { /* of the three documents */
    struct xrml_reading *ul, *pl, *rac;
};

/* The six tests, as of now, and a leaf of the kind that is wanted. */
static enum iss_status
verify(OSSL_LIB_CTX *libctx, const struct client_use *use,
       const struct xrml_chain *chain, enum xrml_type type,
       struct xrml_reading **reading, struct iss_error *error)
{
    const struct xrml_policy policy = {.at_set = true,
                                       .at = use->now,
                                       .now = use->now,
                                       .revocations = use->lists};
    struct iss_error cause = {.status = ISS_OK};
    struct xrml_report report;

    if (chain->count == 0 || xrml_fields(chain->documents[0])->type != type)
        return iss_fail(
            error, ISS_REFUSED, "no %s, but %s", xrml_type_text(type),
            chain->count == 0
                ? "nothing"
                : xrml_type_text(xrml_fields(chain->documents[0])->type));
    enum iss_status status = xrml_chain_verify(libctx, chain, use->anchors,
                                               &policy, &report, &cause);
    if (status != ISS_OK)
        return iss_fail(error, status, "%s: %s", xrml_type_text(type),
                        cause.text);
    return xrml_license_read(chain->documents[0], reading, error);
}

static const char *name_of(const struct xrml_principal *principal)
{
    if (principal->object.name != NULL)
        return principal->object.name;
    return principal->object.id == NULL ? "nobody" : principal->object.id;
}

/* The license is for the account, and the key is the account's. */
static enum iss_status check_account(const struct client_use *use,
                                     const struct xrml_license *rac,
                                     const struct xrml_license *ul,
                                     struct iss_error *error)
{
    struct client_numbers own;
    enum iss_status status = client_numbers(use->key, &own, error);

    if (status != ISS_OK)
        return status;
    if (!xrml_key_same(&own.key, &rac->principal.key))
        return iss_fail(error, ISS_REFUSED,
                        "account certificate: of another key than this "
                        "machine has opened");
    if (!xrml_key_same(&ul->principal.key, &rac->principal.key))
        return iss_fail(error, ISS_REFUSED,
                        "use license: issued to %.100s, this account is "
                        "%.100s",
                        name_of(&ul->principal), name_of(&rac->principal));
    return ISS_OK;
}

/* An owner's license of a client licensor certificate counts for what that
 * client has published, and for nothing else. */
static enum iss_status check_issuer(const struct client_use *use,
                                    const struct xrml_license *rac,
                                    struct iss_error *error)
{
    const struct xrml_chain *ul = use->ul;
    const struct xrml_fields *issuer =
        ul->count > 1 ? xrml_fields(ul->documents[1]) : NULL;

    if (issuer == NULL || issuer->type != XRML_CLC)
        return ISS_OK;
    if (use->pl->count < 2 ||
        !xrml_key_same(&issuer->principal_key,
                       &xrml_fields(use->pl->documents[1])->principal_key))
        return iss_fail(error, ISS_REFUSED,
                        "use license: issued by a client that has not "
                        "published this content");
    if (!xrml_object_same(&issuer->principal, &rac->principal.object))
        return iss_fail(error, ISS_REFUSED,
                        "use license: issued by a client to another than its "
                        "own user");
    return ISS_OK;
}

static enum iss_status check_content(const struct xrml_license *ul,
                                     const struct xrml_license *pl,
                                     struct iss_error *error)
{
    if (ul->work.id != NULL && pl->work.id != NULL &&
        xrml_object_same(&ul->work, &pl->work))
        return ISS_OK;
    return iss_fail(error, ISS_REFUSED,
                    "use license: for content %.64s, this is %.64s",
                    ul->work.id == NULL ? "unnamed" : ul->work.id,
                    pl->work.id == NULL ? "unnamed" : pl->work.id);
}

/* ---- rights
 */

static int64_t seconds_of(const struct xrml_interval *interval)
{
    return (int64_t)interval->days * 86400 + (int64_t)interval->hours * 3600 +
           (int64_t)interval->minutes * 60 + interval->seconds;
}

static enum iss_status check_range(const struct xrml_right *right, int64_t now,
                                   struct iss_error *error)
{
    char from[XRML_TIME_SIZE] = "?";
    char until[XRML_TIME_SIZE] = "?";

    if (!right->range.present ||
        (now >= right->range.from && now < right->range.until))
        return ISS_OK;
    (void)xrml_time_print(right->range.from, from);
    (void)xrml_time_print(right->range.until, until);
    return iss_fail(
        error, ISS_REFUSED,
        "use license: the right %.40s %s: it holds from %s to %s", right->name,
        now < right->range.from ? "has not begun" : "has ended", from, until);
}

static enum iss_status check_interval(const struct xrml_right *right,
                                      const struct client_use *use,
                                      struct iss_error *error)
{
    char from[XRML_TIME_SIZE] = "?";
    char until[XRML_TIME_SIZE] = "?";
    const int64_t seconds = seconds_of(&right->interval);

    if (!right->interval.present || use->first_use == 0)
        return ISS_OK;
    (void)xrml_time_print(use->first_use, from);
    if (use->now < use->first_use)
        return iss_fail(error, ISS_REFUSED,
                        "use license: first used %s, which the clock says is "
                        "yet to come",
                        from);
    if (use->now - use->first_use < seconds)
        return ISS_OK;
    if (use->first_use <= INT64_MAX - seconds)
        (void)xrml_time_print(use->first_use + seconds, until);
    return iss_fail(error, ISS_REFUSED,
                    "use license: the right %.40s has ended: first used %s, "
                    "held until %s",
                    right->name, from, until);
}

/* The right itself, or OWNER, which has all. */
static bool grants(const struct xrml_right *right, const char *wanted)
{
    return right->first && (strcmp(right->name, wanted) == 0 ||
                            strcmp(right->name, "OWNER") == 0);
}

/* Of several that grant it one that holds is enough; else the first says why.
 */
static enum iss_status find_right(const struct client_use *use,
                                  const struct xrml_license *ul,
                                  const struct xrml_right **out,
                                  struct iss_error *error)
{
    struct iss_error first = {.status = ISS_OK};

    for (size_t i = 0; i < ul->right_count; i++) {
        const struct xrml_right *right = &ul->rights[i];

        if (!grants(right, use->right))
            continue;
        if (check_range(right, use->now, &first) == ISS_OK &&
            check_interval(right, use, &first) == ISS_OK) {
            *out = right;
            return ISS_OK;
        }
    }
    if (first.status != ISS_OK)
        return iss_fail(error, first.status, "%s", first.text);
    return iss_fail(error, ISS_REFUSED,
                    "use license: does not grant the right %.40s", use->right);
}

static enum iss_status judge(OSSL_LIB_CTX *libctx, const struct client_use *use,
                             const struct reading *reading,
                             struct sealed_secret *key, struct iss_error *error)
{
    const struct xrml_license *ul = xrml_reading_license(reading->ul);
    const struct xrml_license *rac = xrml_reading_license(reading->rac);
    const struct xrml_right *right = NULL;
    enum iss_status status = check_account(use, rac, ul, error);

    if (status == ISS_OK)
        status = check_issuer(use, rac, error);
    if (status == ISS_OK)
        status = check_content(ul, xrml_reading_license(reading->pl), error);
    if (status == ISS_OK)
        status = find_right(use, ul, &right, error);
    if (status == ISS_OK)
        status = client_unseal(libctx, use->ul->documents[0], &right->bits,
                               SEALED_CONTENT_KEY, use->key, key, error);
    return status;
}

enum iss_status client_open_content(OSSL_LIB_CTX *libctx,
                                    const struct client_use *use,
                                    struct sealed_secret *key,
                                    struct iss_error *error)
{
    struct reading reading = {NULL, NULL, NULL};
    enum iss_status status = ISS_OK;

    memset(key, 0, sizeof(*key));
    status = verify(libctx, use, use->rac, XRML_RAC, &reading.rac, error);
    if (status == ISS_OK)
        status = verify(libctx, use, use->pl, XRML_PL, &reading.pl, error);
    if (status == ISS_OK)
        status = verify(libctx, use, use->ul, XRML_UL, &reading.ul, error);
    if (status == ISS_OK)
        status = judge(libctx, use, &reading, key, error);
    xrml_reading_free(reading.ul);
    xrml_reading_free(reading.pl);
    xrml_reading_free(reading.rac);
    return status;
}
