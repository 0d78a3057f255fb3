/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client licensor certificate (CLC): MS-RMPR 2.2.9.6, 3.5.4.2. With it a user
 * publishes without asking the server. Its key pair is made here, sealed to the
 * user's account, and not kept.
 */
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "matter.h"

/* As long as its own configuration says, or to the end of the RAC, whose
 * VALIDITYTIME it then repeats as MS-RMPR 3.5.4.2 has it. */
static enum iss_status choose_range(struct iss_matter *matter,
                                    struct iss_error *error)
{
    const struct iss_conf *conf = &matter->iss->conf;
    const bool said = conf->clc.years > 0 || conf->clc.seconds > 0;
    const struct xrml_range *rac =
        &xrml_fields(matter->rac.documents[0])->validity;
    const struct iss_lifetime rest = {.seconds = rac->until - matter->now +
                                                 matter->now % 60};
    enum iss_status status =
        iss_matter_range(matter,
                         conf->clc_as_rac && rac->present ? &rest
                         : said                           ? &conf->clc
                                                          : &conf->license,
                         &matter->range, error);

    if (status == ISS_OK && conf->clc_as_rac && rac->present)
        matter->range.from = rac->from;
    return status;
}

static enum iss_status read_order(struct iss_matter *matter,
                                  struct iss_error *error)
{
    enum iss_status status = iss_matter_account(matter, error);

    if (status != ISS_OK)
        return status;
    if (!matter->iss->conf.client_enrollment)
        return iss_fail(error, ISS_REFUSED,
                        "%s: client enrollment is turned off "
                        "(client_enrollment = no)",
                        matter->iss->dir);
    matter->pair_needed = true;
    return choose_range(matter, error);
}

static enum iss_status build(struct iss_matter *matter, const char *bits,
                             const char *address, struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);
    const struct xrml_fields *rac = xrml_fields(matter->rac.documents[0]);
    struct enroll_key numbers;
    enum iss_status status = iss_key_public(matter->pair, &numbers, error);

    if (status == ISS_OK)
        status = iss_key_hash(&numbers, matter->subject, error);
    if (status != ISS_OK)
        return status;
    matter->has_subject = true;
    struct xrml_right issue = {.name = "ISSUE",
                               .first = true,
                               .bits = {sealed_form_name(SEALED_V2), bits},
                               .range = matter->range};
    const struct xrml_license fields = {
        .type = XRML_CLC,
        .guid = matter->guid,
        .issued = matter->now - matter->now % 60,
        .issuer_text = own->principal_text,
        .issuer_text_len = own->principal_text_len,
        .point_count = 1,
        .points = {{.object = {.type = "License-Acquisition-URL",
                               .id_type = "MS-GUID",
                               .id = "{0F45FD50-383B-43EE-90A4-ED013CD0CFE5}",
                               .name = "DRM Server Cluster",
                               .address = address}}},
        .principal = {.object = rac->principal, .key = iss_key_view(&numbers)},
        .work = {.type = "Client-Licensor-Certificate",
                 .id_type = "MS-GUID",
                 .id = matter->guid},
        .right_count = 1,
        .rights = &issue};
    return xrml_license_build(&fields, &matter->body, error);
}

static enum iss_status write_clc(struct iss_matter *matter,
                                 struct iss_error *error)
{
    const struct xrml_fields *rac = xrml_fields(matter->rac.documents[0]);
    struct sealed_secret secret = {.len = 0};
    char *bits = NULL;
    char *address = NULL;
    enum iss_status status = sealed_from_key(matter->pair, &secret, error);

    if (status == ISS_OK)
        status = iss_matter_recipient(matter, &rac->principal_key, error);
    if (status == ISS_OK)
        status =
            iss_matter_seal(matter, SEALED_PRIVATE_KEY, &secret, &bits, error);
    sealed_secret_wipe(&secret);
    if (status == ISS_OK)
        status = iss_matter_address(matter, "/licensing", &address, error);
    if (status == ISS_OK)
        status = build(matter, bits, address, error);
    free(address);
    free(bits);
    return status;
}

const struct iss_license_profile iss_license_clc = {
    .kind = "clc", .read = read_order, .write = write_clc};
