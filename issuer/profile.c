/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles: see profile.h. */
#include "profile.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { MINUTE = 60, GUID_OCTETS = 16 };

enum iss_status iss_guid_new(char out[static XRML_GUID_SIZE],
                             struct iss_error *error)
{
    uint8_t octets[GUID_OCTETS];
    char hex[2 * GUID_OCTETS + 1];

    if (RAND_bytes(octets, sizeof(octets)) != 1)
        return iss_fail(error, ISS_INTERNAL, "no random numbers");
    octets[6] = (uint8_t)((octets[6] & 0x0f) | 0x40);
    octets[8] = (uint8_t)((octets[8] & 0x3f) | 0x80);
    iss_hex(octets, sizeof(octets), hex);
    (void)snprintf(out, XRML_GUID_SIZE, "{%.8s-%.4s-%.4s-%.4s-%.12s}", hex,
                   hex + 8, hex + 12, hex + 16, hex + 20);
    return ISS_OK;
}

static enum iss_status choose_range(const struct iss_slc_order *order,
                                    struct xrml_range *range,
                                    struct iss_error *error)
{
    const struct xrml_range *above = &order->issuer->range;
    char ends[XRML_TIME_SIZE] = "?";
    int64_t from = order->now - order->now % MINUTE;

    range->present = true;
    range->from = from;
    if (order->days > 0)
        range->until = from + (int64_t)order->days * ISS_CLOCK_DAY;
    else
        range->until = order->until != 0
                           ? order->until - order->until % MINUTE
                           : xrml_time_add_years(from, order->years);
    if (range->until <= range->from)
        return iss_fail(error, ISS_REFUSED,
                        "validity: the certificate would end before it begins");
    if (!above->present || (range->from >= above->from &&
                            (range->until <= above->until ||
                             (order->outlives && range->from < above->until))))
        return ISS_OK;
    (void)xrml_time_print(above->until, ends);
    return iss_fail(error, ISS_REFUSED,
                    "validity: the certificate would outlive its issuer's, "
                    "which ends %s",
                    ends);
}

enum iss_status iss_profile_slc(const struct iss_slc_order *order, char **body,
                                struct xrml_range *range,
                                struct iss_error *error)
{
    const struct enroll_request *request = order->request;
    struct xrml_key revokers[ENROLL_AUTHORITIES_MAX + 1];
    enum iss_status status = choose_range(order, range, error);

    *body = NULL;
    if (status != ISS_OK)
        return status;
    revokers[0] = order->issuer->principal_key;
    for (size_t i = 0; i < order->authority_count; i++)
        revokers[i + 1] = iss_key_view(&order->authorities[i]);
    char *issuer_text = strndup(order->issuer->principal_text,
                                order->issuer->principal_text_len);
    if (issuer_text == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    const struct xrml_certificate fields = {
        .type = XRML_SERVER_CERTIFICATE,
        .guid = order->guid,
        .issued = range->from,
        .range = *range,
        .issuer_text = issuer_text,
        .principal = {.type = "MS-DRM-Server",
                      .id_type = "MS-GUID",
                      .id = request->guid,
                      .name = request->name,
                      .address = request->url},
        .principal_key = iss_key_view(&request->key),
        .server_version = request->version,
        .server_sku = request->sku,
        .revokers = revokers,
        .revoker_count =
            order->authority_count > 0 ? order->authority_count + 1 : 0,
    };
    status = xrml_build(&fields, body, error);
    free(issuer_text);
    return status;
}
