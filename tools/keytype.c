/* SPDX-License-Identifier: Apache-2.0 */
/* Types of key: words, names, numbers. */
#include "keytype.h"

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "key.h"

enum { /* PKCS#11 3.0 and 3.2, younger than the header of p11-kit */
       EC_EDWARDS = 0x40,
       EC_MONTGOMERY = 0x41,
       ML_KEM = 0x49,
       ML_DSA = 0x4a,
       PARAMETER_SET = 0x61d,
       DECAPSULATE = 0x634
};

struct row {
    const char *word, *name;
    CK_KEY_TYPE type;
    unsigned bits;
    int curve; /* NID */
    CK_ULONG set;
};

static const struct row rows[] = {
    {"rsa:2048", "RSA-2048", CKK_RSA, .bits = 2048},
    {"rsa:3072", "RSA-3072", CKK_RSA, .bits = 3072},
    {"rsa:4096", "RSA-4096", CKK_RSA, .bits = 4096},
    {"ed25519", "Ed25519", EC_EDWARDS, .curve = NID_ED25519},
    {"ed448", "Ed448", EC_EDWARDS, .curve = NID_ED448},
    {"x25519", "X25519", EC_MONTGOMERY, .curve = NID_X25519},
    {"x448", "X448", EC_MONTGOMERY, .curve = NID_X448},
    {"ml-dsa:44", "ML-DSA-44", ML_DSA, .set = 1},
    {"ml-dsa:65", "ML-DSA-65", ML_DSA, .set = 2},
    {"ml-dsa:87", "ML-DSA-87", ML_DSA, .set = 3},
    {"ml-kem:512", "ML-KEM-512", ML_KEM, .set = 1},
    {"ml-kem:768", "ML-KEM-768", ML_KEM, .set = 2},
    {"ml-kem:1024", "ML-KEM-1024", ML_KEM, .set = 3},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* ---- --type ------------------------------------------------------------ */

static int curve_of(const char *name)
{
    int nid = EC_curve_nist2nid(name);

    if (nid == NID_undef)
        nid = OBJ_sn2nid(name);
    if (nid == NID_undef && strcmp(name, "secp256r1") == 0)
        nid = NID_X9_62_prime256v1;
    return nid;
}

static size_t oid_of(int nid, uint8_t params[static TOOL_PARAMS_MAX])
{
    const ASN1_OBJECT *oid = nid != NID_undef ? OBJ_nid2obj(nid) : NULL;
    unsigned char *at = params;
    int len = oid != NULL ? i2d_ASN1_OBJECT(oid, NULL) : 0;

    if (len <= 0 || len > TOOL_PARAMS_MAX)
        return 0;
    return (size_t)i2d_ASN1_OBJECT(oid, &at);
}

static bool is_curve(int nid)
{
    EC_GROUP *group = nid != NID_undef ? EC_GROUP_new_by_curve_name(nid) : NULL;

    EC_GROUP_free(group);
    return group != NULL;
}

enum iss_status tool_option_type(struct tool *tool, struct p11_keygen *keygen,
                                 uint8_t params[static TOOL_PARAMS_MAX])
{
    static const char ec[] = "ec:";
    const char *text = tool_value(tool, TOOL_TYPE);
    const struct row *row = NULL;
    int curve = NID_undef;

    if (text == NULL)
        return ISS_OK;
    for (size_t i = 0; i < ROWS && row == NULL; i++)
        row = strcasecmp(rows[i].word, text) == 0 ? &rows[i] : NULL;
    if (row == NULL && strncasecmp(text, ec, sizeof(ec) - 1) == 0)
        curve = curve_of(text + sizeof(ec) - 1);
    if (row == NULL && !is_curve(curve))
        return tool_fail(tool, ISS_USAGE,
                         "--type: %s is none of rsa:2048, rsa:3072, rsa:4096, "
                         "ec:CURVE, ed25519, ed448, x25519, x448, ml-dsa:N, "
                         "ml-kem:N",
                         text);
    keygen->key_type = row != NULL ? row->type : CKK_EC;
    keygen->bits = row != NULL ? row->bits : 0;
    keygen->parameter_set = row != NULL ? row->set : 0;
    keygen->ec_params_len = oid_of(row != NULL ? row->curve : curve, params);
    keygen->ec_params = keygen->ec_params_len > 0 ? params : NULL;
    return ISS_OK;
}

/* ---- names ------------------------------------------------------------- */

static const char *curve_name(int nid)
{
    const char *nist = EC_curve_nid2nist(nid);

    return nist != NULL ? nist : OBJ_nid2sn(nid);
}

static int nid_of_name(const ASN1_PRINTABLESTRING *text)
{
    static const struct {
        const char *name;
        int nid;
    } names[] = {{"edwards25519", NID_ED25519},
                 {"edwards448", NID_ED448},
                 {"curve25519", NID_X25519},
                 {"curve448", NID_X448}};
    const unsigned char *data = ASN1_STRING_get0_data(text);
    const size_t len = (size_t)ASN1_STRING_length(text);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].name) == len &&
            memcmp(names[i].name, data, len) == 0)
            return names[i].nid;
    }
    return NID_undef;
}

/* The curve of CKA_EC_PARAMS: an OID or, for the younger curves, a name. */
static int nid_of_params(const void *value, size_t len)
{
    const unsigned char *at = value;
    ASN1_OBJECT *oid = d2i_ASN1_OBJECT(NULL, &at, (long)len);
    ASN1_PRINTABLESTRING *name = NULL;
    int nid = oid != NULL ? OBJ_obj2nid(oid) : NID_undef;

    ASN1_OBJECT_free(oid);
    if (nid != NID_undef)
        return nid;
    at = value;
    name = d2i_ASN1_PRINTABLESTRING(NULL, &at, (long)len);
    if (name != NULL)
        nid = nid_of_name(name);
    ASN1_PRINTABLESTRING_free(name);
    return nid;
}

static void name_type(CK_KEY_TYPE type, unsigned bits, int curve, CK_ULONG set,
                      char out[static TOOL_TYPE_SIZE])
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].type == type && type != CKK_RSA && rows[i].set == set &&
            rows[i].curve == curve) {
            (void)snprintf(out, TOOL_TYPE_SIZE, "%s", rows[i].name);
            return;
        }
    }
    if (type == CKK_RSA)
        (void)snprintf(out, TOOL_TYPE_SIZE, "RSA-%u", bits);
    else if (type == CKK_EC)
        (void)snprintf(out, TOOL_TYPE_SIZE, "EC %s",
                       curve != NID_undef ? curve_name(curve) : "(own curve)");
    else
        (void)snprintf(out, TOOL_TYPE_SIZE, "CKK 0x%lx", type);
}

void tool_type_of_key(const struct p11_object *key,
                      char out[static TOOL_TYPE_SIZE])
{
    const CK_ATTRIBUTE *params = p11_object_attr(key, CKA_EC_PARAMS);
    const CK_ATTRIBUTE *set = p11_object_attr(key, PARAMETER_SET);
    CK_ULONG number = 0;

    if (set != NULL && set->ulValueLen == sizeof(number))
        memcpy(&number, set->pValue, sizeof(number));
    name_type(p11_object_key_type(key), tool_key_bits(key),
              params != NULL ? nid_of_params(params->pValue, params->ulValueLen)
                             : NID_undef,
              number, out);
}

void tool_type_of_keygen(const struct p11_keygen *keygen,
                         char out[static TOOL_TYPE_SIZE])
{
    name_type(keygen->key_type, keygen->bits,
              keygen->ec_params != NULL
                  ? nid_of_params(keygen->ec_params, keygen->ec_params_len)
                  : NID_undef,
              keygen->parameter_set, out);
}

/* ---- uses -------------------------------------------------------------- */

static const struct {
    struct tool_use_of_key use;
    CK_KEY_TYPE types[4]; /* that can do it; spare places repeat one */
} uses[] = {
    {{CKA_SIGN, "sign"}, {CKK_RSA, CKK_EC, EC_EDWARDS, ML_DSA}},
    {{CKA_DECRYPT, "decrypt"}, {CKK_RSA, CKK_RSA, CKK_RSA, CKK_RSA}},
    {{CKA_DERIVE, "derive"}, {CKK_EC, EC_MONTGOMERY, CKK_EC, CKK_EC}},
    {{CKA_UNWRAP, "unwrap"}, {CKK_RSA, CKK_RSA, CKK_RSA, CKK_RSA}},
    {{DECAPSULATE, "decapsulate"}, {ML_KEM, ML_KEM, ML_KEM, ML_KEM}},
};

enum { USES = sizeof(uses) / sizeof(uses[0]), USE_TYPES = 4 };

bool tool_use_at(size_t n, struct tool_use_of_key *out)
{
    if (n >= USES)
        return false;
    *out = uses[n].use;
    return true;
}

bool tool_key_may(struct p11_object *key, CK_ATTRIBUTE_TYPE use)
{
    for (size_t i = 0; i < USES; i++) {
        for (size_t k = 0; k < USE_TYPES && uses[i].use.attribute == use; k++) {
            if (uses[i].types[k] == p11_object_key_type(key))
                return tool_key_flag(key, use);
        }
    }
    return false;
}
