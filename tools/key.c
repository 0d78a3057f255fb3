/* SPDX-License-Identifier: Apache-2.0 */
/* One private key in a token, as the verbs look at it. */
#include "key.h"

#include <openssl/bn.h>
#include <stdio.h>
#include <string.h>

struct found {
    struct p11_object *key;
    size_t count;
};

static bool keep_first(void *arg, struct p11_object *object)
{
    struct found *found = arg;

    if (found->count++ == 0)
        found->key = p11_object_up_ref(object);
    return found->count < 2;
}

enum iss_status tool_key_find(struct tool *tool, struct tool_device *device,
                              const char *uri, struct p11_object **out)
{
    struct found found = {0};
    struct p11_diag diag = {""};
    CK_RV rv = p11_search(device->p11, uri, P11_PRIVATE_KEY, &device->callback,
                          keep_first, &found, &diag);
    enum iss_status status = tool_device_fail(tool, device, uri, rv, &diag);

    if (status == ISS_OK && found.count > 1)
        status = tool_fail(tool, ISS_CONFLICT,
                           "%s: several private keys match; see privyseal key "
                           "list",
                           uri);
    if (status != ISS_OK) {
        p11_object_free(found.key);
        found.key = NULL;
    }
    *out = found.key;
    return status;
}

bool tool_key_flag(struct p11_object *key, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = CK_FALSE;
    size_t len = 0;

    return p11_object_read(key, type, &value, sizeof(value), &len) == CKR_OK &&
           len == sizeof(value) && value != CK_FALSE;
}

unsigned tool_key_bits(const struct p11_object *key)
{
    const CK_ATTRIBUTE *n = p11_object_attr(key, CKA_MODULUS);
    BIGNUM *modulus =
        n != NULL ? BN_bin2bn(n->pValue, (int)n->ulValueLen, NULL) : NULL;
    unsigned bits = modulus != NULL ? (unsigned)BN_num_bits(modulus) : 0;

    BN_free(modulus);
    return bits;
}

/* Only keys of a store are made unchangeable (docs/formats/keys.md). */
static bool of_a_store(struct p11_object *key)
{
    CK_BBOOL modifiable = CK_TRUE;
    size_t len = 0;

    return p11_object_read(key, CKA_MODIFIABLE, &modifiable, sizeof(modifiable),
                           &len) == CKR_OK &&
           len == sizeof(modifiable) && modifiable == CK_FALSE;
}

const char *tool_key_kind(struct p11_object *key)
{
    return of_a_store(key) ? "store" : "general";
}

enum iss_status tool_key_is_general(struct tool *tool, struct p11_object *key)
{
    if (!of_a_store(key))
        return ISS_OK;
    return tool_fail(tool, ISS_REFUSED,
                     "%s: a key of a store: each of its signatures has a "
                     "record, a probe would have none; make a general one "
                     "with privyseal key generate",
                     p11_object_uri(key));
}

void tool_key_born(struct p11_object *key, char out[static TOOL_BORN_SIZE])
{
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        const char *text;
    } facts[] = {
        {CKA_LOCAL, "local"},
        {CKA_NEVER_EXTRACTABLE, "never extractable"},
        {CKA_ALWAYS_SENSITIVE, "always sensitive"},
    };
    size_t used = 0;

    (void)snprintf(out, TOOL_BORN_SIZE, "-");
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        if (tool_key_flag(key, facts[i].type))
            used += (size_t)snprintf(out + used, TOOL_BORN_SIZE - used, "%s%s",
                                     used > 0 ? ", " : "", facts[i].text);
}

void tool_key_id(const struct p11_object *key, char out[static TOOL_ID_SIZE])
{
    const CK_ATTRIBUTE *id = p11_object_attr(key, CKA_ID);
    const unsigned char *octets = id != NULL ? id->pValue : NULL;

    out[0] = '\0';
    for (size_t i = 0; id != NULL && i < id->ulValueLen && i < P11_ID_MAX; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", octets[i]);
}

void tool_key_label(const struct p11_object *key,
                    char out[static TOOL_LABEL_SIZE])
{
    const CK_ATTRIBUTE *label = p11_object_attr(key, CKA_LABEL);

    out[0] = '\0';
    if (label != NULL && label->ulValueLen > 0)
        (void)snprintf(out, TOOL_LABEL_SIZE, "%.*s", (int)label->ulValueLen,
                       (const char *)label->pValue);
}
