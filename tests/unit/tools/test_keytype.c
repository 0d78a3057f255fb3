/* SPDX-License-Identifier: Apache-2.0 */
/* Words of --type, what they ask of a token, and their names. */
#include "tools/keytype.h"

#include <string.h>

#include "unit.h"

static enum iss_status take(const char *text, struct p11_keygen *keygen,
                            uint8_t params[static TOOL_PARAMS_MAX])
{
    struct tool tool = {.verb = NULL};

    tool.options.value[TOOL_TYPE] = text;
    *keygen = (struct p11_keygen){.key_type = CKK_RSA, .bits = 2048};
    return tool_option_type(&tool, keygen, params);
}

/* Object identifiers of SEC 2, RFC 5639 and RFC 8410; numbers of PKCS#11 3.2.
 */
static void words_become_types_curves_and_sets(void)
{
    static const struct {
        const char *word, *params, *name;
        CK_KEY_TYPE type;
        unsigned bits;
        CK_ULONG set;
    } rows[] = {
        {"rsa:2048", "", "RSA-2048", CKK_RSA, 2048, 0},
        {"RSA:4096", "", "RSA-4096", CKK_RSA, 4096, 0},
        {"ec:P-256", "06082a8648ce3d030107", "EC P-256", CKK_EC, 0, 0},
        {"ec:prime256v1", "06082a8648ce3d030107", "EC P-256", CKK_EC, 0, 0},
        {"EC:secp256r1", "06082a8648ce3d030107", "EC P-256", CKK_EC, 0, 0},
        {"ec:P-384", "06052b81040022", "EC P-384", CKK_EC, 0, 0},
        {"ec:secp521r1", "06052b81040023", "EC P-521", CKK_EC, 0, 0},
        {"ec:secp256k1", "06052b8104000a", "EC secp256k1", CKK_EC, 0, 0},
        {"ec:brainpoolP256r1", "06092b2403030208010107", "EC brainpoolP256r1",
         CKK_EC, 0, 0},
        {"ed25519", "06032b6570", "Ed25519", 0x40, 0, 0},
        {"ed448", "06032b6571", "Ed448", 0x40, 0, 0},
        {"x25519", "06032b656e", "X25519", 0x41, 0, 0},
        {"x448", "06032b656f", "X448", 0x41, 0, 0},
        {"ml-dsa:65", "", "ML-DSA-65", 0x4a, 0, 2},
        {"ml-kem:1024", "", "ML-KEM-1024", 0x49, 0, 3}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t params[TOOL_PARAMS_MAX], expected[TOOL_PARAMS_MAX];
        size_t len = unit_hex(rows[i].params, expected, sizeof(expected));
        char name[TOOL_TYPE_SIZE];
        struct p11_keygen keygen;

        CU_ASSERT_EQUAL(take(rows[i].word, &keygen, params), ISS_OK);
        CU_ASSERT_EQUAL(keygen.key_type, rows[i].type);
        CU_ASSERT_EQUAL(keygen.bits, rows[i].bits);
        CU_ASSERT_EQUAL(keygen.parameter_set, rows[i].set);
        CU_ASSERT_EQUAL_FATAL(keygen.ec_params_len, len);
        CU_ASSERT_EQUAL(keygen.ec_params != NULL, len > 0);
        if (len > 0)
            CU_ASSERT_EQUAL(memcmp(keygen.ec_params, expected, len), 0);
        tool_type_of_keygen(&keygen, name);
        CU_ASSERT_STRING_EQUAL(name, rows[i].name);
    }
}

static void other_words_are_refused(void)
{
    static const char *const words[] = {"rsa",       "rsa:1024",  "rsa:2049",
                                        "ec",        "ec:",       "ec:Ed25519",
                                        "ec:P-257",  "ec:SHA256", "ed25518",
                                        "ml-dsa:66", "ml-kem:",   "dsa",
                                        " ed25519",  "x25519 "};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint8_t params[TOOL_PARAMS_MAX];
        struct p11_keygen keygen;

        CU_ASSERT_EQUAL(take(words[i], &keygen, params), ISS_USAGE);
        CU_ASSERT_EQUAL(keygen.bits, 2048);
        CU_ASSERT_PTR_NULL(keygen.ec_params);
    }
}

static void nothing_said_changes_nothing(void)
{
    uint8_t params[TOOL_PARAMS_MAX];
    struct p11_keygen keygen;

    CU_ASSERT_EQUAL(take(NULL, &keygen, params), ISS_OK);
    CU_ASSERT_EQUAL(keygen.key_type, CKK_RSA);
    CU_ASSERT_EQUAL(keygen.bits, 2048);
}

UNIT_MAIN("tools/keytype", UNIT(words_become_types_curves_and_sets),
          UNIT(other_words_are_refused), UNIT(nothing_said_changes_nothing))
