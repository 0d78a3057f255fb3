/* SPDX-License-Identifier: Apache-2.0 */
/* Searches in a token, and reading what was found. */
#include "pkcs11/find.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_RV put(struct world *world, CK_OBJECT_CLASS class, const char *label,
                 const void *value, size_t len)
{
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BBOOL no = CK_FALSE;
    const CK_ATTRIBUTE attrs[] = {
        {CKA_CLASS, &class, sizeof(class)},
        {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
        {CKA_PRIVATE, &no, sizeof(no)},
        {CKA_VALUE, (void *)(uintptr_t)value, len},
        {CKA_CERTIFICATE_TYPE, &type, sizeof(type)}};

    return p11_put(world->p11, "pkcs11:token=world", attrs,
                   class == CKO_CERTIFICATE ? 5 : 4, NULL, NULL, NULL);
}

static bool count(void *arg, struct p11_object *object)
{
    (void)object;
    ++*(size_t *)arg;
    return true;
}

static CK_RV search(struct world *world, const char *uri, size_t *found)
{
    *found = 0;
    return p11_search(world->p11, uri, 0, NULL, count, found, NULL);
}

static void more_objects_than_fit_a_call_are_all_found(void)
{
    static const size_t steps[] = {63, 64, 65, 128, 130};
    struct world world;
    size_t there = 0, found;

    world_open(&world, &(struct world_conf){.no_key = true});
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        for (; there < steps[i]; there++) {
            char label[32];

            (void)snprintf(label, sizeof(label), "d%zu", there);
            CU_ASSERT_EQUAL_FATAL(put(&world, CKO_DATA, label, "v", 1), CKR_OK);
        }
        world_reset();
        CU_ASSERT_EQUAL(search(&world, "pkcs11:type=data", &found), CKR_OK);
        CU_ASSERT_EQUAL(found, there);
        CU_ASSERT_EQUAL(world_count("C_FindObjects"), there / 64 + 1);
        CU_ASSERT_EQUAL(world_count("C_GetAttributeValue"), there);
    }
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_module_that_finds_more_than_it_may_is_not_believed(void)
{
    struct world world;
    size_t found;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_rule("C_FindObjects -> long-len"), 0);
    CU_ASSERT_EQUAL(search(&world, WORLD_PUBLIC, &found), CKR_GENERAL_ERROR);
    CU_ASSERT_EQUAL(found, 0);
    world_clear_rules();
    CU_ASSERT_EQUAL(search(&world, WORLD_PUBLIC, &found), CKR_OK);
    world_close(&world);
}

static void a_search_that_fails_leaves_none_open(void)
{
    static const char *const rules[] = {
        "C_FindObjects:1 -> rv=CKR_DEVICE_MEMORY",
        "C_FindObjectsFinal:1 -> rv=CKR_DEVICE_MEMORY",
        "C_FindObjectsInit:1 -> rv=CKR_DEVICE_MEMORY",
        "C_GetAttributeValue:1 -> rv=CKR_DEVICE_MEMORY"};

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct world world;
        size_t found;

        world_open(&world, &(struct world_conf){.settings = NULL});
        CU_ASSERT_EQUAL(world_rule(rules[i]), 0);
        CU_ASSERT_EQUAL(search(&world, WORLD_PUBLIC, &found),
                        CKR_DEVICE_MEMORY);
        CU_ASSERT_EQUAL(found, 0);
        CU_ASSERT_EQUAL(search(&world, WORLD_PUBLIC, &found), CKR_OK);
        CU_ASSERT_EQUAL(found, 1);
        CU_ASSERT_EQUAL(world_violations(), 0);
        world_close(&world);
    }
}

static bool take(void *arg, struct p11_object *object)
{
    *(struct p11_object **)arg = p11_object_up_ref(object);
    return false;
}

static void a_value_longer_than_usual_is_read_whole(void)
{
    enum { LARGE = 20000 };
    struct p11_object *object = NULL;
    char *value = malloc(LARGE);
    const CK_ATTRIBUTE *read;
    struct world world;

    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    memset(value, 'v', LARGE);
    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL_FATAL(put(&world, CKO_CERTIFICATE, "c", value, LARGE),
                          CKR_OK);
    world_reset();
    CU_ASSERT_EQUAL(
        p11_search(world.p11, "pkcs11:type=cert", 0, NULL, take, &object, NULL),
        CKR_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    read = p11_object_attr(object, CKA_VALUE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    CU_ASSERT_EQUAL(read->ulValueLen, LARGE);
    CU_ASSERT_EQUAL(memcmp(read->pValue, value, LARGE), 0);
    CU_ASSERT_EQUAL(world_count("C_GetAttributeValue"), 3);
    p11_object_free(object);
    world_close(&world);
    free(value);
}

static void copies_of_a_session_are_no_matches(void)
{
    struct world world;
    size_t found;

    world_open(&world, &(struct world_conf){.copies = P11_COPIES_ON});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 1);
    CU_ASSERT_EQUAL(search(&world, "pkcs11:type=private", &found), CKR_OK);
    CU_ASSERT_EQUAL(found, 1);
    world_close(&world);
}

/* ---- tokens that refuse the whole -------------------------------------- */

/* A token that has an RSA key of few attributes, and dislikes being asked for
 * any other. */
static struct stub {
    enum { STUB_KIND, STUB_REFUSES, STUB_FAILS, STUB_STOPS } kind;
    unsigned calls, fails; /* these many calls first, whatever is asked */
    bool no_curves;        /* EC attributes are unknown too */
} stub;

static bool stub_knows(CK_ATTRIBUTE_TYPE type)
{
    return type != CKA_PARAMETER_SET && type != CKA_ALLOWED_MECHANISMS &&
           type != CKA_PUBLIC_KEY_INFO &&
           (!stub.no_curves || (type != CKA_EC_PARAMS && type != CKA_EC_POINT));
}

static void stub_fill(CK_ATTRIBUTE *attr)
{
    if (!stub_knows(attr->type)) {
        attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return;
    }
    if (attr->type == CKA_KEY_TYPE)
        *(CK_KEY_TYPE *)attr->pValue = CKK_RSA;
    else
        memset(attr->pValue, 7, 1);
    attr->ulValueLen = attr->type == CKA_KEY_TYPE ? sizeof(CK_KEY_TYPE) : 1;
}

static CK_RV stub_get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                      CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    bool unknown = false;

    (void)session;
    (void)object;
    if (stub.calls++ < stub.fails)
        return CKR_GENERAL_ERROR;
    for (CK_ULONG i = 0; i < count; i++)
        unknown = unknown || !stub_knows(attrs[i].type);
    if (unknown && stub.kind == STUB_REFUSES)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    if (unknown && stub.kind == STUB_FAILS)
        return CKR_GENERAL_ERROR;
    for (CK_ULONG i = 0; i < count; i++) {
        stub_fill(&attrs[i]);
        if (stub.kind == STUB_STOPS && !stub_knows(attrs[i].type))
            break;
    }
    return unknown ? CKR_ATTRIBUTE_TYPE_INVALID : CKR_OK;
}

static CK_RV stub_read(struct p11_token *token, struct p11_attrs **out)
{
    static const struct p11_tracer quiet = {NULL, NULL};
    const struct p11_lease lease = {.token = token};

    stub.calls = 0;
    return p11_read(&lease, &quiet, p11_class_of(CKO_PRIVATE_KEY), 1, out);
}

static void a_token_that_refuses_the_whole_is_asked_for_less(void)
{
    static const struct {
        struct stub stub;
        unsigned first, then; /* calls */
    } rows[] = {
        {{.kind = STUB_KIND}, 1, 1},
        {{.kind = STUB_KIND, .no_curves = true}, 1, 1},
        {{.kind = STUB_REFUSES}, 3, 1},
        {{.kind = STUB_FAILS}, 3, 1},
        {{.kind = STUB_STOPS}, 3, 1},
        {{.kind = STUB_REFUSES, .no_curves = true}, 1 + 1 + 13 + 1, 13},
        {{.kind = STUB_FAILS, .no_curves = true}, 1 + 1 + 13 + 1, 13},
        {{.kind = STUB_STOPS, .no_curves = true}, 1 + 1 + 13 + 1, 13},
    };
    CK_FUNCTION_LIST functions = {.C_GetAttributeValue = stub_get};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_module module = {.fn = &functions};
        struct p11_token token = {.module = &module};

        stub = rows[i].stub;
        for (unsigned k = 0; k < 3; k++) {
            struct p11_attrs *attrs = NULL;
            const CK_ATTRIBUTE *modulus;

            CU_ASSERT_EQUAL_FATAL(stub_read(&token, &attrs), CKR_OK);
            CU_ASSERT_EQUAL(stub.calls, k == 0 ? rows[i].first : rows[i].then);
            CU_ASSERT_EQUAL(p11_attrs_ulong(attrs, CKA_KEY_TYPE, 9), CKK_RSA);
            modulus = p11_attrs_find(attrs, CKA_MODULUS);
            CU_ASSERT_PTR_NOT_NULL_FATAL(modulus);
            CU_ASSERT_EQUAL(modulus->ulValueLen, 1);
            CU_ASSERT_EQUAL(*(uint8_t *)modulus->pValue, 7);
            CU_ASSERT_PTR_NULL(p11_attrs_find(attrs, CKA_PUBLIC_KEY_INFO));
            CU_ASSERT_EQUAL(p11_attrs_find(attrs, CKA_EC_PARAMS) == NULL,
                            rows[i].stub.no_curves);
            p11_attrs_free(attrs);
        }
    }
}

static void an_error_that_passes_teaches_nothing(void)
{
    CK_FUNCTION_LIST functions = {.C_GetAttributeValue = stub_get};
    struct p11_module module = {.fn = &functions};
    struct p11_token token = {.module = &module};

    stub = (struct stub){.kind = STUB_KIND, .fails = 1};
    for (unsigned k = 0; k < 2; k++) {
        struct p11_attrs *attrs = NULL;

        CU_ASSERT_EQUAL_FATAL(stub_read(&token, &attrs), CKR_OK);
        CU_ASSERT_EQUAL(attrs->count, 13);
        p11_attrs_free(attrs);
        CU_ASSERT_EQUAL(stub.calls, k == 0 ? 3 : 1);
        stub.fails = 0;
    }
}

static void an_object_that_gives_nothing_keeps_its_error(void)
{
    CK_FUNCTION_LIST functions = {.C_GetAttributeValue = stub_get};
    struct p11_module module = {.fn = &functions};
    struct p11_token token = {.module = &module};
    struct p11_attrs *attrs = NULL;

    stub = (struct stub){.kind = STUB_KIND, .fails = 1000};
    CU_ASSERT_EQUAL(stub_read(&token, &attrs), CKR_GENERAL_ERROR);
    CU_ASSERT_PTR_NULL(attrs);
    stub.fails = 0;
    CU_ASSERT_EQUAL_FATAL(stub_read(&token, &attrs), CKR_OK);
    CU_ASSERT_EQUAL(stub.calls, 1);
    p11_attrs_free(attrs);
}

UNIT_MAIN("find", UNIT(more_objects_than_fit_a_call_are_all_found),
          UNIT(a_module_that_finds_more_than_it_may_is_not_believed),
          UNIT(a_search_that_fails_leaves_none_open),
          UNIT(a_value_longer_than_usual_is_read_whole),
          UNIT(copies_of_a_session_are_no_matches),
          UNIT(a_token_that_refuses_the_whole_is_asked_for_less),
          UNIT(an_error_that_passes_teaches_nothing),
          UNIT(an_object_that_gives_nothing_keeps_its_error))
