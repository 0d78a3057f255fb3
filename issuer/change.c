/* SPDX-License-Identifier: Apache-2.0 */
/* Differences of two certificates: see change.h. */
#include "change.h"

#include <stdio.h>
#include <string.h>

#include "handle.h"

enum { SHOWN_OCTETS = 8 };

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

enum iss_status iss_changes(const struct xrml_fields *before,
                            const struct xrml_fields *after,
                            struct iss_import *import, struct iss_error *error)
{
    char old_key[64] = "none";
    char new_key[64] = "none";
    enum iss_status status =
        name_key(&before->principal_key, old_key, sizeof(old_key), error);

    import->change_count = 0;
    if (status == ISS_OK)
        status =
            name_key(&after->principal_key, new_key, sizeof(new_key), error);
    if (status != ISS_OK)
        return status;
    add(import, "key", true, old_key, new_key);
    add(import, "name", true, before->principal.name, after->principal.name);
    add(import, "url", true, before->principal.address,
        after->principal.address);
    add(import, "rights", true, rights_of(before), rights_of(after));
    add(import, "issuer", false, before->issuer.name, after->issuer.name);
    add(import, "version", false, before->server_version,
        after->server_version);
    return ISS_OK;
}
