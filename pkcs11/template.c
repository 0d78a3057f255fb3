/* SPDX-License-Identifier: Apache-2.0 */
/* Key templates: three columns of what must be, and what should be. */
#include "template.h"

#include <stdio.h>
#include <string.h>

/* ---- what is asked for ------------------------------------------------- */

/* Bits of purposes that a row is for. */
enum {
    GENERAL = 1 << P11_GENERAL,
    SIGNING = 1 << P11_SIGNING,
    UNSEALING = 1 << P11_UNSEALING,
    LICENSED = SIGNING | UNSEALING
};

struct should {
    CK_ATTRIBUTE_TYPE type;
    bool value;
    enum p11_wish until; /* asked for while the wish is at most this */
};

static const struct should shoulds[] = {
    {CKA_UNWRAP, false, P11_WISH_PLAIN},
    {CKA_DERIVE, false, P11_WISH_PLAIN},
    {CKA_SIGN_RECOVER, false, P11_WISH_PLAIN},
    {CKA_MODIFIABLE, false, P11_WISH_PLAIN},
    {CKA_WRAP_WITH_TRUSTED, true, P11_WISH_PLAIN},
    {CKA_COPYABLE, false, P11_WISH_ALL},
    {CKA_DESTROYABLE, true, P11_WISH_ALL},
};

/* Host hashing signs by the first; unsealing knows OAEP alone. */
static const CK_ULONG mechanisms[] = {CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS,
                                      CKM_RSA_PKCS_OAEP};

static size_t mechanism_count(const struct p11_keygen *keygen)
{
    static const size_t counts[] = {
        [P11_GENERAL] = 0, [P11_SIGNING] = 2, [P11_UNSEALING] = 3};

    return counts[keygen->purpose];
}

static bool general(const struct p11_keygen *keygen)
{
    return keygen->purpose == P11_GENERAL;
}

/* What keys of a type can do at all. */
static const struct type {
    CK_KEY_TYPE type;
    bool sign, decrypt, derive, decapsulate;
} types[] = {{CKK_RSA, true, true, false, false},
             {CKK_EC, true, false, true, false},
             {CKK_EC_EDWARDS, true, false, false, false},
             {CKK_EC_MONTGOMERY, false, false, true, false},
             {CKK_ML_DSA, true, false, false, false},
             {CKK_ML_KEM, false, false, false, true}};

static const struct type *type_of(const struct p11_keygen *keygen)
{
    static const struct type none;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].type == keygen->key_type)
            return &types[i];
    }
    return &none;
}

static bool is_known(const struct type *type)
{
    return type->sign || type->decrypt || type->derive || type->decapsulate;
}

/* Nothing asked for means all. */
static bool wants_all(const struct p11_keygen *keygen)
{
    return !keygen->sign && !keygen->decrypt && !keygen->derive;
}

static bool signs(const struct p11_keygen *keygen)
{
    return type_of(keygen)->sign &&
           (!general(keygen) || keygen->sign || wants_all(keygen));
}

static bool decrypts(const struct p11_keygen *keygen)
{
    if (!type_of(keygen)->decrypt)
        return false;
    if (general(keygen))
        return keygen->decrypt || wants_all(keygen);
    return keygen->purpose == P11_UNSEALING;
}

static bool derives(const struct p11_keygen *keygen)
{
    return type_of(keygen)->derive && general(keygen) &&
           (keygen->derive || wants_all(keygen));
}

static bool decapsulates(const struct p11_keygen *keygen)
{
    return type_of(keygen)->decapsulate && general(keygen) &&
           (keygen->decrypt || wants_all(keygen));
}

/* CK_DATE is eight digits. */
static bool is_date(const char *date)
{
    return date == NULL ||
           (strlen(date) == 8 && strspn(date, "0123456789") == 8);
}

/* The columns of the other purposes are of RSA keys. */
bool p11_template_can(const struct p11_keygen *keygen)
{
    const struct type *type = type_of(keygen);

    return is_known(type) && (general(keygen) || keygen->key_type == CKK_RSA) &&
           is_date(keygen->start_date) && is_date(keygen->end_date) &&
           (!keygen->sign || type->sign) &&
           (!keygen->decrypt || type->decrypt || type->decapsulate) &&
           (!keygen->derive || type->derive);
}

static bool leaves(const struct p11_keygen *keygen)
{
    return general(keygen) && keygen->extractable;
}

static void add_names(struct p11_template *t, const struct p11_names *names)
{
    p11_template_octets(t, CKA_ID, names->id, names->id_len);
    if (names->label != NULL)
        p11_template_octets(t, CKA_LABEL, names->label, strlen(names->label));
}

bool p11_template_narrows(const struct p11_keygen *keygen)
{
    return !general(keygen) || (type_of(keygen)->decrypt && !wants_all(keygen));
}

/* Both halves: what the type is made by. RSA says it in its public half. */
static void add_kind(struct p11_template *t, const struct p11_keygen *keygen)
{
    if (keygen->key_type == CKK_ML_DSA || keygen->key_type == CKK_ML_KEM)
        p11_template_ulong(t, CKA_PARAMETER_SET, keygen->parameter_set);
    else if (keygen->key_type != CKK_RSA)
        p11_template_octets(t, CKA_EC_PARAMS, keygen->ec_params,
                            keygen->ec_params_len);
}

static void add_dates(struct p11_template *t, const struct p11_keygen *keygen)
{
    if (keygen->start_date != NULL)
        p11_template_octets(t, CKA_START_DATE, keygen->start_date,
                            strlen(keygen->start_date));
    if (keygen->end_date != NULL)
        p11_template_octets(t, CKA_END_DATE, keygen->end_date,
                            strlen(keygen->end_date));
}

/* Usages that a type cannot have are not spoken of: tokens dislike it. */
static void add_use(struct p11_template *t, const struct p11_keygen *keygen)
{
    const struct type *type = type_of(keygen);

    if (type->sign)
        p11_template_bool(t, CKA_SIGN, signs(keygen));
    if (type->decrypt)
        p11_template_bool(t, CKA_DECRYPT, decrypts(keygen));
    if (type->derive)
        p11_template_bool(t, CKA_DERIVE, derives(keygen));
    if (type->decapsulate)
        p11_template_bool(t, CKA_DECAPSULATE, decapsulates(keygen));
}

void p11_template_private(struct p11_template *t,
                          const struct p11_keygen *keygen,
                          const struct p11_names *names, enum p11_wish wish)
{
    p11_template_clear(t);
    p11_template_bool(t, CKA_TOKEN, true);
    p11_template_bool(t, CKA_PRIVATE, true);
    p11_template_bool(t, CKA_SENSITIVE, !leaves(keygen));
    p11_template_bool(t, CKA_EXTRACTABLE, leaves(keygen));
    add_use(t, keygen);
    add_names(t, names);
    if (general(keygen)) {
        add_dates(t, keygen);
        if (keygen->allowed_count > 0)
            p11_template_ulongs(t, CKA_ALLOWED_MECHANISMS, keygen->allowed,
                                keygen->allowed_count);
        if (keygen->always_authenticate)
            p11_template_bool(t, CKA_ALWAYS_AUTHENTICATE, true);
        if (wish != P11_WISH_NONE && p11_template_narrows(keygen))
            p11_template_bool(t, CKA_UNWRAP, false);
        return;
    }
    for (size_t i = 0; i < sizeof(shoulds) / sizeof(shoulds[0]); i++) {
        if (wish <= shoulds[i].until)
            p11_template_bool(t, shoulds[i].type, shoulds[i].value);
    }
    if (wish == P11_WISH_ALL)
        p11_template_ulongs(t, CKA_ALLOWED_MECHANISMS, mechanisms,
                            mechanism_count(keygen));
}

void p11_template_public(struct p11_template *t,
                         const struct p11_keygen *keygen,
                         const struct p11_names *names)
{
    static const uint8_t exponent[] = {1, 0, 1}; /* 65537 */
    const struct type *type = type_of(keygen);

    p11_template_clear(t);
    p11_template_bool(t, CKA_TOKEN, true);
    p11_template_bool(t, CKA_PRIVATE, false);
    p11_template_bool(t, CKA_MODIFIABLE, false);
    if (type->sign)
        p11_template_bool(t, CKA_VERIFY, signs(keygen));
    if (type->decrypt)
        p11_template_bool(t, CKA_ENCRYPT, decrypts(keygen));
    if (type->decapsulate)
        p11_template_bool(t, CKA_ENCAPSULATE, decapsulates(keygen));
    if (keygen->key_type == CKK_RSA) {
        p11_template_ulong(t, CKA_MODULUS_BITS, keygen->bits);
        p11_template_octets(t, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
    } else {
        add_kind(t, keygen);
    }
    if (general(keygen))
        add_dates(t, keygen);
    add_names(t, names);
}

/* ---- what is read back ------------------------------------------------- */

struct must {
    CK_ATTRIBUTE_TYPE type;
    bool (*value)(const struct p11_keygen *keygen);
    unsigned purposes;
};

static bool yes(const struct p11_keygen *keygen)
{
    (void)keygen;
    return true;
}

static bool stays(const struct p11_keygen *keygen)
{
    return !leaves(keygen);
}

static bool asks(const struct p11_keygen *keygen)
{
    return keygen->always_authenticate;
}

static const struct must musts[] = {
    {CKA_TOKEN, yes, GENERAL | LICENSED},
    {CKA_PRIVATE, yes, GENERAL | LICENSED},
    {CKA_SENSITIVE, stays, GENERAL | LICENSED},
    {CKA_EXTRACTABLE, leaves, GENERAL | LICENSED},
    {CKA_SIGN, signs, GENERAL | LICENSED},
    {CKA_DECRYPT, decrypts, GENERAL | LICENSED},
    {CKA_DERIVE, derives, GENERAL},
    {CKA_DECAPSULATE, decapsulates, GENERAL},
    {CKA_ALWAYS_SENSITIVE, yes, LICENSED},
    {CKA_NEVER_EXTRACTABLE, yes, LICENSED},
};

static const struct p11_attr_row read_rows[] = {
    {CKA_TOKEN, sizeof(CK_BBOOL)},
    {CKA_PRIVATE, sizeof(CK_BBOOL)},
    {CKA_SENSITIVE, sizeof(CK_BBOOL)},
    {CKA_EXTRACTABLE, sizeof(CK_BBOOL)},
    {CKA_SIGN, sizeof(CK_BBOOL)},
    {CKA_DECRYPT, sizeof(CK_BBOOL)},
    {CKA_ALWAYS_SENSITIVE, sizeof(CK_BBOOL)},
    {CKA_NEVER_EXTRACTABLE, sizeof(CK_BBOOL)},
    {CKA_LOCAL, sizeof(CK_BBOOL)},
    {CKA_ALWAYS_AUTHENTICATE, sizeof(CK_BBOOL)},
    {CKA_UNWRAP, sizeof(CK_BBOOL)},
    {CKA_DERIVE, sizeof(CK_BBOOL)},
    {CKA_SIGN_RECOVER, sizeof(CK_BBOOL)},
    {CKA_MODIFIABLE, sizeof(CK_BBOOL)},
    {CKA_WRAP_WITH_TRUSTED, sizeof(CK_BBOOL)},
    {CKA_COPYABLE, sizeof(CK_BBOOL)},
    {CKA_DESTROYABLE, sizeof(CK_BBOOL)},
    {CKA_DECAPSULATE, sizeof(CK_BBOOL)},
    {CKA_ALLOWED_MECHANISMS, 64 * sizeof(CK_ULONG)},
};

const struct p11_attr_row *p11_template_read_rows(size_t *count)
{
    *count = sizeof(read_rows) / sizeof(read_rows[0]);
    return read_rows;
}

/* Whether keys of the type cannot have this use at all. */
static bool idle(const struct type *type, CK_ATTRIBUTE_TYPE use)
{
    return (use == CKA_SIGN && !type->sign) ||
           (use == CKA_DECRYPT && !type->decrypt) ||
           (use == CKA_DERIVE && !type->derive) ||
           (use == CKA_DECAPSULATE && !type->decapsulate);
}

static bool is_allowed(const struct p11_keygen *keygen, CK_ULONG mechanism)
{
    for (size_t i = 0; i < keygen->allowed_count; i++) {
        if (keygen->allowed[i] == mechanism)
            return true;
    }
    return false;
}

/* Where mechanisms were named the key is for these alone, or for fewer. */
static bool keeps_to_allowed(const struct p11_keygen *keygen,
                             const struct p11_attrs *attrs)
{
    const CK_ATTRIBUTE *attr = p11_attrs_find(attrs, CKA_ALLOWED_MECHANISMS);
    CK_ULONG value;

    if (keygen->allowed_count == 0)
        return true;
    if (attr == NULL || attr->ulValueLen == 0 ||
        attr->ulValueLen % sizeof(value) != 0)
        return false;
    for (size_t at = 0; at < attr->ulValueLen; at += sizeof(value)) {
        memcpy(&value, (const uint8_t *)attr->pValue + at, sizeof(value));
        if (!is_allowed(keygen, value))
            return false;
    }
    return true;
}

/* What the token does not say is not what it must be. Of a use that keys of the
 * type cannot have it may say anything: SoftHSM2 grants EC keys decryption. */
static const char *weak(const struct p11_keygen *keygen,
                        const struct p11_attrs *attrs)
{
    for (size_t i = 0; i < sizeof(musts) / sizeof(musts[0]); i++) {
        const bool value = musts[i].value(keygen);

        if (!value && idle(type_of(keygen), musts[i].type))
            continue;
        if ((musts[i].purposes & (1u << keygen->purpose)) != 0 &&
            p11_attrs_bool(attrs, musts[i].type, !value) != value)
            return p11_attribute_name(musts[i].type);
    }
    if (general(keygen) && asks(keygen) &&
        !p11_attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE, false))
        return p11_attribute_name(CKA_ALWAYS_AUTHENTICATE);
    if (general(keygen) && !keeps_to_allowed(keygen, attrs))
        return p11_attribute_name(CKA_ALLOWED_MECHANISMS);
    return NULL;
}

static bool in_force(const struct should *should, const struct p11_attrs *attrs)
{
    return p11_attrs_bool(attrs, should->type, !should->value) == should->value;
}

static bool mechanisms_in_force(const struct p11_keygen *keygen,
                                const struct p11_attrs *attrs)
{
    const CK_ATTRIBUTE *attr = p11_attrs_find(attrs, CKA_ALLOWED_MECHANISMS);
    const size_t count = mechanism_count(keygen);
    size_t found = 0;

    if (attr == NULL || attr->ulValueLen != count * sizeof(mechanisms[0]))
        return false;
    for (size_t i = 0; i < count; i++) { /* in whatever order */
        bool there = false;

        for (size_t k = 0; k < count; k++) {
            CK_ULONG value;

            memcpy(&value, (const uint8_t *)attr->pValue + k * sizeof(value),
                   sizeof(value));
            there = there || value == mechanisms[i];
        }
        found += there;
    }
    return found == count;
}

static void note(struct p11_birth *birth, CK_ATTRIBUTE_TYPE type)
{
    const size_t used = strlen(birth->refused);

    (void)snprintf(birth->refused + used, sizeof(birth->refused) - used, "%s%s",
                   used > 0 ? " " : "", p11_attribute_name(type));
}

const char *p11_template_judge(const struct p11_keygen *keygen,
                               const struct p11_attrs *attrs,
                               struct p11_birth *birth)
{
    *birth = (struct p11_birth){
        .local = p11_attrs_bool(attrs, CKA_LOCAL, false),
        .never_extractable =
            p11_attrs_bool(attrs, CKA_NEVER_EXTRACTABLE, false),
        .always_sensitive = p11_attrs_bool(attrs, CKA_ALWAYS_SENSITIVE, false)};
    if (general(keygen))
        return weak(keygen, attrs);
    for (size_t i = 0; i < sizeof(shoulds) / sizeof(shoulds[0]); i++) {
        if (!in_force(&shoulds[i], attrs))
            note(birth, shoulds[i].type);
    }
    if (!mechanisms_in_force(keygen, attrs))
        note(birth, CKA_ALLOWED_MECHANISMS);
    return weak(keygen, attrs);
}
