/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of attributes. */
#include "template.h"

#include "conf.h"

enum {
    PUB = 1,
    PRV = 2,
    CRT = 4,
    DAT = 8,
    SEC = 16,
    KEY = PUB | PRV | SEC,
    OWN = PRV | SEC, /* keys that keep something */
    ALL = 31
};
enum {
    GEN = TEMPLATE_GENERATE,
    CRE = TEMPLATE_CREATE,
    CPY = TEMPLATE_COPY,
    MOD = TEMPLATE_MODIFY,
    NEW = GEN | CRE,
    NOW = NEW | CPY | MOD
};
enum { SECRET = 16 }; /* not to be read of a sensitive key */

enum form { BOOL, NUMBER, OCTETS };

struct row {
    CK_ATTRIBUTE_TYPE type;
    enum form form;
    unsigned classes; /* that may have it */
    unsigned acts;    /* that may set it */
    unsigned on, off; /* classes that have it true, false (or empty) at first */
};

static const struct row rows[] = {
    {CKA_CLASS, NUMBER, ALL, NEW, 0, 0},
    {CKA_TOKEN, BOOL, ALL, NEW | CPY, 0, ALL},
    {CKA_PRIVATE, BOOL, ALL, NEW | CPY, OWN, PUB | CRT | DAT},
    {CKA_MODIFIABLE, BOOL, ALL, NEW | CPY, ALL, 0},
    {CKA_COPYABLE, BOOL, ALL, NOW, ALL, 0},
    {CKA_DESTROYABLE, BOOL, ALL, NOW, ALL, 0},
    {CKA_LABEL, OCTETS, ALL, NOW, 0, ALL},
    {CKA_APPLICATION, OCTETS, DAT, NOW, 0, DAT},
    {CKA_OBJECT_ID, OCTETS, DAT, NOW, 0, DAT},
    {CKA_VALUE, OCTETS, CRT | DAT | PUB, CRE, 0, DAT},
    {CKA_VALUE, OCTETS, OWN, CRE | SECRET, 0, 0},
    {CKA_VALUE_LEN, NUMBER, SEC, GEN, 0, 0},
    {CKA_CERTIFICATE_TYPE, NUMBER, CRT, CRE, 0, 0},
    {CKA_CERTIFICATE_CATEGORY, NUMBER, CRT, CRE, 0, 0},
    {CKA_TRUSTED, BOOL, CRT | PUB, NEW, 0, CRT | PUB},
    {CKA_CHECK_VALUE, OCTETS, CRT, CRE, 0, 0},
    {CKA_SUBJECT, OCTETS, CRT | PUB | PRV, NOW, 0, PUB | PRV},
    {CKA_ISSUER, OCTETS, CRT, NOW, 0, CRT},
    {CKA_SERIAL_NUMBER, OCTETS, CRT, NOW, 0, CRT},
    {CKA_START_DATE, OCTETS, CRT | KEY, NOW, 0, CRT | KEY},
    {CKA_END_DATE, OCTETS, CRT | KEY, NOW, 0, CRT | KEY},
    {CKA_KEY_TYPE, NUMBER, KEY, NEW, 0, 0},
    {CKA_ID, OCTETS, CRT | KEY, NOW, 0, CRT | KEY},
    {CKA_DERIVE, BOOL, KEY, NOW, 0, KEY},
    {CKA_ALLOWED_MECHANISMS, OCTETS, KEY, NEW | CPY, 0, 0},
    {CKA_SENSITIVE, BOOL, OWN, NOW, OWN, 0},
    {CKA_EXTRACTABLE, BOOL, OWN, NOW, 0, OWN},
    {CKA_SIGN, BOOL, OWN, NOW, PRV, SEC},
    {CKA_SIGN_RECOVER, BOOL, PRV, NOW, PRV, 0},
    {CKA_DECRYPT, BOOL, OWN, NOW, PRV, SEC},
    {CKA_UNWRAP, BOOL, OWN, NOW, PRV, SEC},
    {CKA_WRAP_WITH_TRUSTED, BOOL, OWN, NOW, 0, OWN},
    {CKA_ALWAYS_AUTHENTICATE, BOOL, PRV, NEW | CPY, 0, PRV},
    {CKA_VERIFY, BOOL, PUB | SEC, NOW, PUB, SEC},
    {CKA_VERIFY_RECOVER, BOOL, PUB, NOW, PUB, 0},
    {CKA_ENCRYPT, BOOL, PUB | SEC, NOW, PUB, SEC},
    {CKA_WRAP, BOOL, PUB | SEC, NOW, PUB, SEC},
    {CKA_PARAMETER_SET, NUMBER, PUB | PRV, NEW, 0, 0},
    {CKA_ENCAPSULATE, BOOL, PUB, NOW, 0, 0},
    {CKA_DECAPSULATE, BOOL, PRV, NOW, 0, 0},
    {CKA_EC_PARAMS, OCTETS, PUB, NEW, 0, 0},
    {CKA_EC_PARAMS, OCTETS, PRV, CRE, 0, 0},
    {CKA_EC_POINT, OCTETS, PUB | PRV, CRE, 0, 0},
    {CKA_PUBLIC_KEY_INFO, OCTETS, PUB | PRV | CRT, CRE, 0, 0},
    {CKA_MODULUS_BITS, NUMBER, PUB, GEN, 0, 0},
    {CKA_MODULUS, OCTETS, PUB | PRV, CRE, 0, 0},
    {CKA_PUBLIC_EXPONENT, OCTETS, PUB | PRV, NEW, 0, 0},
    {CKA_PRIVATE_EXPONENT, OCTETS, PRV, CRE | SECRET, 0, 0},
    {CKA_PRIME_1, OCTETS, PRV, CRE | SECRET, 0, 0},
    {CKA_PRIME_2, OCTETS, PRV, CRE | SECRET, 0, 0},
    {CKA_EXPONENT_1, OCTETS, PRV, CRE | SECRET, 0, 0},
    {CKA_EXPONENT_2, OCTETS, PRV, CRE | SECRET, 0, 0},
    {CKA_COEFFICIENT, OCTETS, PRV, CRE | SECRET, 0, 0},
    {CKA_LOCAL, BOOL, KEY, 0, 0, KEY},
    {CKA_ALWAYS_SENSITIVE, BOOL, OWN, 0, 0, OWN},
    {CKA_NEVER_EXTRACTABLE, BOOL, OWN, 0, 0, OWN},
    {CKA_KEY_GEN_MECHANISM, NUMBER, KEY, 0, 0, 0},
};

static const struct {
    CK_OBJECT_CLASS class;
    unsigned bit;
} classes[] = {
    {CKO_PUBLIC_KEY, PUB},  {CKO_PRIVATE_KEY, PRV}, {CKO_SECRET_KEY, SEC},
    {CKO_CERTIFICATE, CRT}, {CKO_DATA, DAT},
};

static unsigned class_bit(CK_OBJECT_CLASS class)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (classes[i].class == class)
            return classes[i].bit;
    }
    return 0;
}

static const struct row *find(CK_ATTRIBUTE_TYPE type, unsigned class)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type && (rows[i].classes & class) != 0)
            return &rows[i];
    }
    return NULL;
}

CK_RV template_default(struct object *object, CK_OBJECT_CLASS class)
{
    unsigned bit = class_bit(class);
    CK_RV rv = object_set_number(object, CKA_CLASS, class);

    if (bit == 0)
        return CKR_ATTRIBUTE_VALUE_INVALID;
    for (size_t i = 0; rv == CKR_OK && i < sizeof(rows) / sizeof(rows[0]);
         i++) {
        if (((rows[i].on | rows[i].off) & bit) == 0)
            continue;
        if (rows[i].form == BOOL)
            rv = object_set_bool(object, rows[i].type, (rows[i].on & bit) != 0);
        else
            rv = object_set(object, rows[i].type, NULL, 0);
    }
    return rv;
}

static CK_RV check_form(const struct row *row, const CK_ATTRIBUTE *attribute)
{
    static const CK_ULONG sizes[] = {
        [BOOL] = sizeof(CK_BBOOL), [NUMBER] = sizeof(CK_ULONG), [OCTETS] = 0};

    if (attribute->pValue == NULL && attribute->ulValueLen != 0)
        return CKR_ATTRIBUTE_VALUE_INVALID;
    if (sizes[row->form] != 0 && attribute->ulValueLen != sizes[row->form])
        return CKR_ATTRIBUTE_VALUE_INVALID;
    return CKR_OK;
}

/* Attributes that may only ever become stricter. */
static bool loosens(const struct object *object, const CK_ATTRIBUTE *attribute)
{
    bool now = object_bool(object, attribute->type);
    bool then = attribute->ulValueLen == 1 &&
                *(const CK_BBOOL *)attribute->pValue != CK_FALSE;

    if (attribute->type == CKA_SENSITIVE ||
        attribute->type == CKA_WRAP_WITH_TRUSTED)
        return now && !then;
    if (attribute->type == CKA_EXTRACTABLE || attribute->type == CKA_COPYABLE ||
        attribute->type == CKA_DESTROYABLE)
        return !now && then;
    return false;
}

static CK_RV apply_one(struct object *object, enum template_act act,
                       const CK_ATTRIBUTE *attribute)
{
    const struct row *row =
        find(attribute->type, class_bit(object_number(object, CKA_CLASS)));
    CK_RV rv;

    if (row == NULL || fault_list_has(&fault_conf()->refuse, attribute->type))
        return CKR_ATTRIBUTE_TYPE_INVALID;
    if ((row->acts & (unsigned)act) == 0)
        return CKR_ATTRIBUTE_READ_ONLY;
    rv = check_form(row, attribute);
    if (rv != CKR_OK)
        return rv;
    if ((act & (TEMPLATE_COPY | TEMPLATE_MODIFY)) != 0 &&
        loosens(object, attribute))
        return CKR_ATTRIBUTE_READ_ONLY;
    if (attribute->type == CKA_CLASS && *(const CK_ULONG *)attribute->pValue !=
                                            object_number(object, CKA_CLASS))
        return CKR_TEMPLATE_INCONSISTENT;
    return object_set(object, attribute->type, attribute->pValue,
                      attribute->ulValueLen);
}

CK_RV template_apply(struct object *object, enum template_act act,
                     const CK_ATTRIBUTE *template, CK_ULONG count)
{
    CK_RV rv = CKR_OK;

    for (CK_ULONG i = 0; i < count && rv == CKR_OK; i++)
        rv = apply_one(object, act, &template[i]);
    return rv;
}

bool template_readable(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
    const struct row *row =
        find(type, class_bit(object_number(object, CKA_CLASS)));

    if (row == NULL || (row->acts & SECRET) == 0)
        return true;
    return !object_bool(object, CKA_SENSITIVE) &&
           object_bool(object, CKA_EXTRACTABLE);
}
