/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a store that is to be made, judged before anything is. */
#include "init.h"

#include <string.h>

#include "clock.h"
#include "conf.h"
#include "superior.h"

static const unsigned key_sizes[] = {2048, 3072, 4096};

static enum iss_status check_values(const struct iss_init *init,
                                    struct iss_error *error)
{
    const struct {
        const char *name, *value;
    } values[] = {{"module", init->module},
                  {"token", init->token_uri},
                  {"pin-source", init->pin_source},
                  {"contact", init->contact}};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (values[i].value != NULL && !iss_conf_value_fits(values[i].value))
            return iss_fail(error, ISS_USAGE,
                            "%s: \"%s\" cannot stand in privyseal.conf",
                            values[i].name, values[i].value);
    if (init->token_uri == NULL)
        return iss_fail(error, ISS_USAGE, "token: no URI is given");
    if (strstr(init->token_uri, "pin-value") != NULL)
        return iss_fail(error, ISS_USAGE, "token: no PIN may stand in its URI");
    return ISS_OK;
}

enum iss_status iss_init_check_root(const struct iss_env *env,
                                    const struct iss_init *init,
                                    struct iss_error *error)
{
    struct xrml_anchors *anchors = NULL;
    enum iss_status status = ISS_OK;

    if (init->root_chain == NULL)
        return ISS_OK;
    status =
        xrml_anchors_parse(init->anchors, init->anchors_len, &anchors, error);
    if (status == ISS_OK)
        status =
            iss_superior_check(env->libctx, anchors, init->root_chain,
                               init->root_chain_len, iss_clock_now(env), error);
    xrml_anchors_free(anchors);
    return status;
}

bool iss_init_size_known(unsigned bits)
{
    bool known = false;

    for (size_t i = 0; i < sizeof(key_sizes) / sizeof(key_sizes[0]); i++)
        known = known || key_sizes[i] == bits;
    return known;
}

enum iss_status iss_init_check(const struct iss_init *init,
                               struct iss_error *error)
{
    bool authority = init->role == ISS_AUTHORITY;
    struct iss_error cause = {.status = ISS_OK};

    if (!iss_init_size_known(init->key_bits))
        return iss_fail(error, ISS_USAGE,
                        "key: RSA-%u is not made, only 2048, 3072 and 4096",
                        init->key_bits);
    if (enroll_name_check(init->name, &cause) != ISS_OK)
        return iss_fail(error, ISS_USAGE, "name: %s", cause.text);
    if (!authority &&
        (init->url == NULL || enroll_url_check(init->url, &cause) != ISS_OK))
        return iss_fail(error, ISS_USAGE, "url: %s",
                        init->url == NULL ? "none is given" : cause.text);
    if (authority && (init->url != NULL || init->anchors != NULL))
        return iss_fail(error, ISS_USAGE,
                        "an authority has neither URL nor anchors but its own");
    if (!authority && init->anchors == NULL)
        return iss_fail(error, ISS_USAGE,
                        "anchors: role %s pins them before its first request",
                        iss_role_name(init->role));
    if (init->role == ISS_LICENSING && init->revocation != ENROLL_STANDARD)
        return iss_fail(error, ISS_USAGE,
                        "revocation: the root decides it for a licensing "
                        "server");
    if ((init->root_chain != NULL) != (init->role == ISS_LICENSING))
        return iss_fail(error, ISS_USAGE,
                        init->role == ISS_LICENSING
                            ? "root: a licensing server is set up with the "
                              "chain of its root"
                            : "root: only a licensing server has one above it");
    if ((init->authority_count > 0) != (init->revocation == ENROLL_CUSTOM) ||
        init->authority_count > ENROLL_AUTHORITIES_MAX)
        return iss_fail(error, ISS_USAGE,
                        "revocation: custom needs 1 to %d keys, standard none",
                        ENROLL_AUTHORITIES_MAX);
    return check_values(init, error);
}
