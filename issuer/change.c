/* SPDX-License-Identifier: Apache-2.0 */
/* Differences of two certificates: see change.h. */
#include "change.h"

#include <stdio.h>
#include <string.h>

#include "handle.h"

enum { SHOWN_OCTETS = 8, KEY_SIZE = 64 };

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void add(struct iss_import *import, const char *what, bool consent,
                const char *before, const char *after)
{
    if (same(before, after) || import->change_count == ISS_CHANGES_MAX)
        return;
    struct iss_change *change = &import->changes[import->change_count++];

    change->what = what;
    change->consent = consent;
    (void)snprintf(change->before, sizeof(change->before), "%s",
                   before == NULL ? "none" : before);
    (void)snprintf(change->after, sizeof(change->after), "%s",
                   after == NULL ? "none" : after);
}

/* "RSA-2048 0f3a91c2b4d5e6f7": size and the beginning of the hash. */
static enum iss_status name_key(const struct xrml_key *key, char *out,
                                size_t size, struct iss_error *error)
{
    uint8_t hash[ISS_HASH_SIZE];
    char hex[2 * SHOWN_OCTETS + 1];
    enum iss_status status = xrml_key_hash(key, hash, error);

    if (status != ISS_OK)
        return status;
    iss_hex(hash, SHOWN_OCTETS, hex);
    (void)snprintf(out, size, "RSA-%zu %s", key->modulus_len * 8, hex);
    return ISS_OK;
}

static const char *rights_of(const struct xrml_fields *fields)
{
    return fields->may_issue ? "ISSUE" : "none";
}

/* An issuer is who its GUID says; its name is for people. */
static const char *issuer_of(const struct xrml_fields *fields)
{
    return fields->issuer.name != NULL ? fields->issuer.name
                                       : fields->issuer.id;
}

static void add_issuer(struct iss_import *import,
                       const struct xrml_fields *before,
                       const struct xrml_fields *after)
{
    if (same(before->issuer.id, after->issuer.id))
        add(import, "issuer", true, issuer_of(before), issuer_of(after));
    else
        add(import, "issuer", true, before->issuer.id, after->issuer.id);
}

/* A later end is what a renewal is for; an earlier one is worth a look. */
static void add_validity(struct iss_import *import,
                         const struct xrml_range *before,
                         const struct xrml_range *after)
{
    char old_end[XRML_TIME_SIZE] = "none";
    char new_end[XRML_TIME_SIZE] = "none";

    if (!before->present || !after->present || after->until >= before->until)
        return;
    (void)xrml_time_print(before->until, old_end);
    (void)xrml_time_print(after->until, new_end);
    add(import, "validity", false, old_end, new_end);
}

static enum iss_status add_key(struct iss_import *import, const char *what,
                               bool consent, const struct xrml_key *before,
                               const struct xrml_key *after,
                               struct iss_error *error)
{
    char old_key[KEY_SIZE] = "none";
    char new_key[KEY_SIZE] = "none";
    enum iss_status status = name_key(before, old_key, sizeof(old_key), error);

    if (status == ISS_OK)
        status = name_key(after, new_key, sizeof(new_key), error);
    if (status == ISS_OK)
        add(import, what, consent, old_key, new_key);
    return status;
}

static bool same_key(const struct xrml_key *a, const struct xrml_key *b)
{
    return a->modulus_len == b->modulus_len && a->exponent == b->exponent &&
           a->modulus_len > 0 &&
           memcmp(a->modulus, b->modulus, a->modulus_len) == 0;
}

/* Who may revoke it beside the issuer, whose key is one of the list. */
static enum iss_status name_revokers(const struct xrml_fields *fields,
                                     char out[static ENROLL_URL_MAX + 1],
                                     struct iss_error *error)
{
    size_t used = 0;

    (void)snprintf(out, ENROLL_URL_MAX + 1, "the issuer alone");
    for (size_t i = 0; i < fields->revoker_count; i++) {
        char key[KEY_SIZE];

        if (same_key(&fields->revokers[i], &fields->issuer_key))
            continue;
        enum iss_status status =
            name_key(&fields->revokers[i], key, sizeof(key), error);

        if (status != ISS_OK)
            return status;
        int n = snprintf(out + used, ENROLL_URL_MAX + 1 - used, "%s%s",
                         used == 0 ? "" : ", ", key);
        if (n < 0 || (size_t)n >= ENROLL_URL_MAX + 1 - used)
            break;
        used += (size_t)n;
    }
    return ISS_OK;
}

static enum iss_status add_revokers(struct iss_import *import,
                                    const struct xrml_fields *before,
                                    const struct xrml_fields *after,
                                    struct iss_error *error)
{
    char old_keys[ENROLL_URL_MAX + 1];
    char new_keys[ENROLL_URL_MAX + 1];
    enum iss_status status = name_revokers(before, old_keys, error);

    if (status == ISS_OK)
        status = name_revokers(after, new_keys, error);
    if (status == ISS_OK)
        add(import, "revocation", true, old_keys, new_keys);
    return status;
}

enum iss_status iss_changes(const struct xrml_fields *before,
                            const struct xrml_fields *after,
                            struct iss_import *import, struct iss_error *error)
{
    enum iss_status status;

    import->change_count = 0;
    status = add_key(import, "key", true, &before->principal_key,
                     &after->principal_key, error);
    if (status != ISS_OK)
        return status;
    add(import, "name", true, before->principal.name, after->principal.name);
    add(import, "url", true, before->principal.address,
        after->principal.address);
    add(import, "rights", true, rights_of(before), rights_of(after));
    status = add_revokers(import, before, after, error);
    if (status != ISS_OK)
        return status;
    add_issuer(import, before, after);
    status = add_key(import, "issuer's key", false, &before->issuer_key,
                     &after->issuer_key, error);
    if (status != ISS_OK)
        return status;
    add(import, "version", false, before->server_version,
        after->server_version);
    add_validity(import, &before->range, &after->range);
    return ISS_OK;
}
