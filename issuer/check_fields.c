/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what a request says. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "keypolicy.h"

enum { KEY_FLOOR = 2048 };

enum iss_status iss_check_version(struct iss_case *matter,
                                  struct iss_finding *finding,
                                  struct iss_error *error)
{
    (void)error;
    if (matter->verdict->request.version[0] == '\0')
        iss_find(finding, ISS_REFUSED, "MS-RMPR 3.6.4.1.4.6: Version is empty");
    return ISS_OK;
}

enum iss_status iss_check_revocation(struct iss_case *matter,
                                     struct iss_finding *finding,
                                     struct iss_error *error)
{
    const struct enroll_request *request = &matter->verdict->request;

    /* a root decides the revocation of what is below it, R82 */
    finding->always = true;
    if (matter->iss != NULL && matter->iss->role == ISS_ROOT &&
        request->revocation != ENROLL_STANDARD) {
        iss_find(finding, ISS_REFUSED,
                 "custom revocation is asked for: a root's own holds for the "
                 "servers below it");
        return ISS_OK;
    }
    for (size_t i = 0; i < request->authority_count; i++) {
        const struct enroll_key *key = &request->authorities[i];
        const char *why = iss_key_weakness(key);

        if (why != NULL && why[0] == '\0')
            return iss_fail(error, ISS_INTERNAL,
                            "revocation authority: key cannot be judged");
        if (key->modulus_len * 8 < KEY_FLOOR)
            why = "a key of fewer than 2048 bits";
        if (why == NULL && iss_key_same(key, &request->key))
            why = "the server's own key";
        if (why == NULL)
            continue;
        finding->status = ISS_REFUSED;
        (void)snprintf(finding->text, sizeof(finding->text),
                       "revocation authority %zu: %s", i + 1, why);
        break;
    }
    return ISS_OK;
}

enum iss_status iss_check_name(struct iss_case *matter,
                               struct iss_finding *finding,
                               struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};

    (void)error;
    if (enroll_name_check(matter->verdict->request.name, &cause) != ISS_OK)
        iss_find(finding, ISS_REFUSED, cause.text);
    return ISS_OK;
}

enum iss_status iss_check_url_form(struct iss_case *matter,
                                   struct iss_finding *finding,
                                   struct iss_error *error)
{
    const char *url = matter->verdict->request.url;
    const char *at = matter->policy->url_allow;
    struct iss_error cause = {.status = ISS_OK};
    bool allowed = at[0] == '\0';

    (void)error;
    if (enroll_url_check(url, &cause) != ISS_OK) {
        iss_find(finding, ISS_REFUSED, cause.text);
        return ISS_OK;
    }
    while (*at != '\0' && !allowed) {
        size_t len = strcspn(at, " \t");
        allowed = len > 0 && iss_url_matches(at, len, url);
        at += len + strspn(at + len, " \t");
    }
    if (!allowed)
        iss_find(finding, ISS_REFUSED, "matches no pattern of url-allow");
    return ISS_OK;
}

enum iss_status iss_check_key_size(struct iss_case *matter,
                                   struct iss_finding *finding,
                                   struct iss_error *error)
{
    const struct enroll_key *key = &matter->verdict->request.key;
    size_t bits = key->modulus_len * 8;

    (void)error;
    for (unsigned top = key->modulus[0]; bits > 0 && top < 0x80; top <<= 1)
        bits--;
    (void)snprintf(finding->text, sizeof(finding->text), "RSA-%zu", bits);
    if (bits >= matter->policy->key_min && bits <= matter->policy->key_max &&
        bits % 8 == 0)
        return ISS_OK;
    finding->status = ISS_REFUSED;
    finding->always = bits < KEY_FLOOR;
    (void)snprintf(finding->text, sizeof(finding->text),
                   "RSA-%zu is not within %u to %u", bits,
                   matter->policy->key_min, matter->policy->key_max);
    return ISS_OK;
}

enum iss_status iss_check_key_weak(struct iss_case *matter,
                                   struct iss_finding *finding,
                                   struct iss_error *error)
{
    const char *why = iss_key_weakness(&matter->verdict->request.key);

    if (why != NULL && why[0] == '\0')
        return iss_fail(error, ISS_INTERNAL, "key: cannot be judged");
    if (why != NULL)
        iss_find(finding, ISS_REFUSED, why);
    return ISS_OK;
}
