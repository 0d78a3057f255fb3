/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a token for each purpose, and what is believed of it. */
#include "pkcs11/template.h"

#include "unit.h"

#include <string.h>

static const uint8_t id[] = {1, 2};
static const struct p11_names names = {id, sizeof(id), "label"};

enum answer { NO, YES, ABSENT };

static enum answer asked(const struct p11_template *t, CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < t->count; i++) {
        if (t->attrs[i].type == type)
            return *(CK_BBOOL *)t->attrs[i].pValue == CK_TRUE ? YES : NO;
    }
    return ABSENT;
}

static void each_purpose_asks_for_its_column(void)
{
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        enum answer general, signing, unsealing;
    } table[] = {
        {CKA_TOKEN, YES, YES, YES},
        {CKA_PRIVATE, YES, YES, YES},
        {CKA_SENSITIVE, YES, YES, YES},
        {CKA_EXTRACTABLE, NO, NO, NO},
        {CKA_SIGN, YES, YES, YES},
        {CKA_DECRYPT, YES, NO, YES},
        {CKA_UNWRAP, ABSENT, NO, NO},
        {CKA_DERIVE, ABSENT, NO, NO},
        {CKA_SIGN_RECOVER, ABSENT, NO, NO},
        {CKA_MODIFIABLE, ABSENT, NO, NO},
        {CKA_COPYABLE, ABSENT, NO, NO},
        {CKA_DESTROYABLE, ABSENT, YES, YES},
        {CKA_WRAP_WITH_TRUSTED, ABSENT, YES, YES},
        {CKA_ALWAYS_AUTHENTICATE, ABSENT, ABSENT, ABSENT},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const enum answer column[] = {[P11_GENERAL] = table[i].general,
                                      [P11_SIGNING] = table[i].signing,
                                      [P11_UNSEALING] = table[i].unsealing};

        for (int purpose = P11_GENERAL; purpose <= P11_UNSEALING; purpose++) {
            const struct p11_keygen keygen = {
                .purpose = (enum p11_purpose)purpose, .bits = 2048};
            struct p11_template t;

            p11_template_private(&t, &keygen, &names, P11_WISH_ALL);
            CU_ASSERT_FALSE(t.full);
            CU_ASSERT_EQUAL(asked(&t, table[i].type), column[purpose]);
        }
    }
}

static void wishes_become_fewer_but_never_what_must_be(void)
{
    static const CK_ATTRIBUTE_TYPE musts[] = {
        CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_EXTRACTABLE,
        CKA_SIGN,  CKA_DECRYPT, CKA_ID,        CKA_LABEL};
    const struct p11_keygen keygen = {.purpose = P11_SIGNING, .bits = 2048};
    CK_ULONG count = P11_TEMPLATE_MAX;

    for (int wish = P11_WISH_ALL; wish < P11_WISHES; wish++) {
        struct p11_template t;

        p11_template_private(&t, &keygen, &names, (enum p11_wish)wish);
        CU_ASSERT(t.count < count);
        count = t.count;
        for (size_t i = 0; i < sizeof(musts) / sizeof(musts[0]); i++)
            CU_ASSERT_NOT_EQUAL(asked(&t, musts[i]), ABSENT);
    }
}

static void a_general_key_does_what_is_asked(void)
{
    static const struct {
        bool sign, decrypt;
        enum answer signs, decrypts;
    } table[] = {{false, false, YES, YES},
                 {true, false, YES, NO},
                 {false, true, NO, YES},
                 {true, true, YES, YES}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct p11_keygen keygen = {.sign = table[i].sign,
                                          .decrypt = table[i].decrypt,
                                          .extractable = true,
                                          .always_authenticate = true,
                                          .bits = 1024};
        struct p11_template key, half;

        p11_template_private(&key, &keygen, &names, P11_WISH_ALL);
        p11_template_public(&half, &keygen, &names);
        CU_ASSERT_EQUAL(asked(&key, CKA_SIGN), table[i].signs);
        CU_ASSERT_EQUAL(asked(&key, CKA_DECRYPT), table[i].decrypts);
        CU_ASSERT_EQUAL(asked(&half, CKA_VERIFY), table[i].signs);
        CU_ASSERT_EQUAL(asked(&half, CKA_ENCRYPT), table[i].decrypts);
        CU_ASSERT_EQUAL(asked(&half, CKA_PRIVATE), NO);
        CU_ASSERT_EQUAL(asked(&key, CKA_EXTRACTABLE), YES);
        CU_ASSERT_EQUAL(asked(&key, CKA_SENSITIVE), NO);
        CU_ASSERT_EQUAL(asked(&key, CKA_ALWAYS_AUTHENTICATE), YES);
    }
}

/* What a token says of a signing key that is as it must be. */
static struct p11_attrs *good(void)
{
    static const CK_ATTRIBUTE_TYPE yes[] = {
        CKA_TOKEN, CKA_PRIVATE,          CKA_SENSITIVE,
        CKA_SIGN,  CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE,
        CKA_LOCAL};
    size_t count;
    const struct p11_attr_row *rows = p11_template_read_rows(&count);
    struct p11_attrs *attrs = p11_attrs_new(rows, count);

    CU_ASSERT_PTR_NOT_NULL_FATAL(attrs);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof(yes) / sizeof(yes[0]); k++) {
            if (rows[i].type == yes[k])
                *(CK_BBOOL *)attrs->attrs[i].pValue = CK_TRUE;
        }
    }
    return attrs;
}

static void what_must_be_is_believed_only_where_it_is_said(void)
{
    static const CK_ATTRIBUTE_TYPE musts[] = {
        CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE,        CKA_EXTRACTABLE,
        CKA_SIGN,  CKA_DECRYPT, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE};
    const struct p11_keygen keygen = {.purpose = P11_SIGNING, .bits = 2048};
    struct p11_attrs *attrs = good();
    struct p11_birth birth;

    CU_ASSERT_PTR_NULL(p11_template_judge(&keygen, attrs, &birth));
    CU_ASSERT_TRUE(birth.local && birth.always_sensitive &&
                   birth.never_extractable);
    for (size_t i = 0; i < sizeof(musts) / sizeof(musts[0]); i++) {
        CK_ATTRIBUTE *attr =
            (CK_ATTRIBUTE *)(uintptr_t)p11_attrs_find(attrs, musts[i]);
        CK_BBOOL *value = attr->pValue;
        const char *weak;

        *value = *value == CK_FALSE;
        weak = p11_template_judge(&keygen, attrs, &birth);
        CU_ASSERT_PTR_NOT_NULL_FATAL(weak);
        CU_ASSERT_STRING_EQUAL(weak, p11_attribute_name(musts[i]));
        *value = *value == CK_FALSE;

        attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        CU_ASSERT_PTR_NOT_NULL(p11_template_judge(&keygen, attrs, &birth));
        attr->ulValueLen = sizeof(CK_BBOOL);
    }
    p11_attrs_free(attrs);
}

static void allowed_mechanisms_are_a_set_of_exactly_these(void)
{
    static const struct {
        CK_ULONG list[3], count;
        bool refused;
    } table[] = {
        {{CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS, 0}, 2, false},
        {{CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, 0}, 2, false},
        {{CKM_RSA_PKCS, CKM_RSA_PKCS, 0}, 2, true},
        {{CKM_RSA_PKCS, 0, 0}, 1, true},
        {{CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_RSA_X_509}, 3, true},
    };
    const struct p11_keygen keygen = {.purpose = P11_SIGNING, .bits = 2048};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct p11_attrs *attrs = good();
        CK_ATTRIBUTE *attr = (CK_ATTRIBUTE *)(uintptr_t)p11_attrs_find(
            attrs, CKA_ALLOWED_MECHANISMS);
        struct p11_birth birth;

        attr->ulValueLen = table[i].count * sizeof(CK_ULONG);
        memcpy(attr->pValue, table[i].list, attr->ulValueLen);
        CU_ASSERT_PTR_NULL(p11_template_judge(&keygen, attrs, &birth));
        CU_ASSERT_EQUAL(strstr(birth.refused, "CKA_ALLOWED_MECHANISMS") != NULL,
                        table[i].refused);
        p11_attrs_free(attrs);
    }
}

UNIT_MAIN("template", UNIT(each_purpose_asks_for_its_column),
          UNIT(wishes_become_fewer_but_never_what_must_be),
          UNIT(a_general_key_does_what_is_asked),
          UNIT(what_must_be_is_believed_only_where_it_is_said),
          UNIT(allowed_mechanisms_are_a_set_of_exactly_these))
