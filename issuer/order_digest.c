/* SPDX-License-Identifier: Apache-2.0 */
/* D of an order: see order_digest.h. */
#include "order_digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"

/* ---- what an order says, as one text ---------------------------------------
 * A line each: a name, then values in brackets with their lengths, so that no
 * value can be read as another's. */

static void put_text(FILE *out, const char *name, const char *value)
{
    if (value != NULL)
        (void)fprintf(out, "%s %zu:%s\n", name, strlen(value), value);
}

static void put_number(FILE *out, const char *name, int64_t value)
{
    if (value != 0)
        (void)fprintf(out, "%s %" PRId64 "\n", name, value);
}

static void put_range(FILE *out, const char *name,
                      const struct xrml_range *range)
{
    if (range->present)
        (void)fprintf(out, "%s %" PRId64 " %" PRId64 "\n", name, range->from,
                      range->until);
}

static void put_interval(FILE *out, const struct xrml_interval *interval)
{
    if (interval->present)
        (void)fprintf(out, "interval %u %u %u %u\n", interval->days,
                      interval->hours, interval->minutes, interval->seconds);
}

static void put_object(FILE *out, const struct xrml_object *object)
{
    put_text(out, "type", object->type);
    put_text(out, "id-type", object->id_type);
    put_text(out, "id", object->id);
    put_text(out, "name", object->name);
    put_text(out, "address", object->address);
    put_text(out, "address-type", object->address_type);
}

static void put_key(FILE *out, const struct xrml_key *key)
{
    if (key->modulus == NULL)
        return;
    (void)fprintf(out, "key %u ", key->exponent);
    for (size_t i = 0; i < key->modulus_len; i++)
        (void)fprintf(out, "%02x", key->modulus[i]);
    (void)fputc('\n', out);
}

static void put_user(FILE *out, const char *name, const struct iss_user *user)
{
    (void)fprintf(out, "%s\n", name);
    put_text(out, "id-type", user->id_type);
    put_text(out, "id", user->id);
    put_text(out, "mail", user->mail);
}

static void put_terms(FILE *out, const struct iss_terms *terms)
{
    (void)fprintf(out, "terms\n");
    put_text(out, "text", terms->text);
    put_user(out, "owner", &terms->owner);
    for (size_t i = 0; i < terms->grant_count; i++) {
        put_text(out, "right", terms->grants[i].right);
        put_text(out, "mail", terms->grants[i].mail);
        put_range(out, "range", &terms->grants[i].range);
        put_interval(out, &terms->grants[i].interval);
    }
    put_range(out, "validity", &terms->validity);
    for (size_t i = 0; i < terms->refresh.count; i++) {
        (void)fprintf(out, "revoker\n");
        put_object(out, &terms->refresh.points[i].object);
        put_key(out, &terms->refresh.points[i].key);
    }
    if (terms->refresh.count > 0)
        put_interval(out, &terms->refresh.interval);
    put_text(out, "referral", terms->referral);
    put_text(out, "content", terms->content_guid);
}

static void put_order(FILE *out, const struct iss_license_order *order)
{
    put_number(out, "until", order->until);
    put_number(out, "temporary", order->temporary ? 1 : 0);
    put_number(out, "legacy", order->legacy ? 1 : 0);
    put_user(out, "user", &order->user);
    put_text(out, "list", order->list_name);
    for (size_t i = 0; i < order->revoked_count; i++) {
        const struct xrml_revoke *revoke = &order->revoked[i];

        (void)fprintf(out, "revoke %d\n", (int)revoke->kind);
        put_object(out, &revoke->object);
        put_key(out, &revoke->key);
        put_text(out, "digest", revoke->digest);
        put_text(out, "hash", revoke->hash);
    }
    if (order->terms != NULL)
        put_terms(out, order->terms);
}

/* ---- the digest ------------------------------------------------------------
 */

static enum iss_status put_hash(FILE *out, const void *data, size_t len,
                                struct iss_error *error)
{
    uint8_t hash[ISS_HASH_SIZE];
    char hex[2 * ISS_HASH_SIZE + 1];
    enum iss_status status = iss_sha256(data, len, hash, error);

    iss_hex(hash, sizeof(hash), hex);
    (void)fprintf(out, "%s\n", hex);
    return status;
}

static enum iss_status put_inputs(FILE *out,
                                  const struct iss_license_order *order,
                                  struct iss_error *error)
{
    const struct {
        const void *data;
        size_t len;
    } inputs[] = {{order->machine.text, order->machine.len},
                  {order->rac.text, order->rac.len},
                  {order->pl.text, order->pl.len},
                  {order->content_key, order->content_key_len},
                  {order->template_text.text, order->template_text.len}};
    FILE *said = NULL;
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
        if (status == ISS_OK)
            status =
                put_hash(out, inputs[i].data != NULL ? inputs[i].data : "",
                         inputs[i].data != NULL ? inputs[i].len : 0, error);
    said = open_memstream(&text, &len);
    if (said == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    put_order(said, order);
    if (fclose(said) != 0)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        status = put_hash(out, text, len, error);
    free(text);
    return status;
}

enum iss_status
iss_order_digest(const struct iss_license_order *order,
                 const uint8_t nonce[static ISS_LICENSE_NONCE_SIZE],
                 uint8_t digest[static 32], struct iss_error *error)
{
    char hex[2 * ISS_LICENSE_NONCE_SIZE + 1];
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = ISS_OK;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    (void)fprintf(out, "privyseal-request 1\n%s\n",
                  iss_license_kind_name(order->kind));
    status = put_inputs(out, order, error);
    iss_hex(nonce, ISS_LICENSE_NONCE_SIZE, hex);
    (void)fprintf(out, "%s\n", hex);
    if (fclose(out) != 0)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        status = iss_sha256(text, len, digest, error);
    free(text);
    return status;
}
