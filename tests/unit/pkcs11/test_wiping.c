/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PINs are wiped before their memory is freed: this program looks at every
 * block that it or a library of it frees. A sanitizer has a free() of its own;
 * with one the tests are skipped.
 */
#include "world.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#define SECRET "Zx8-never-77"

static atomic_bool watching;
static atomic_uint unwiped;

#ifndef SANITIZED

static const bool sanitized = false;

void __libc_free(void *block);
void free(void *block);

void free(void *block)
{
    if (block != NULL && atomic_load(&watching) &&
        memmem(block, malloc_usable_size(block), SECRET, sizeof(SECRET) - 1) !=
            NULL)
        atomic_fetch_add(&unwiped, 1);
    __libc_free(block);
}

#else

static const bool sanitized = true;

#endif

static bool watch(void)
{
    if (sanitized)
        unit_skip("a sanitizer has its own free()");
    atomic_store(&unwiped, 0);
    atomic_store(&watching, !sanitized);
    return !sanitized;
}

static unsigned left(void)
{
    atomic_store(&watching, false);
    return atomic_load(&unwiped);
}

static bool ignore(void *arg, struct p11_object *object)
{
    (void)arg, (void)object;
    return true;
}

static void a_block_with_the_pin_would_be_seen(void)
{
    char *volatile block;

    if (!watch())
        return;
    block = strdup(SECRET);
    free(block);
    CU_ASSERT_EQUAL(left(), 1);
}

static CK_RV search(struct p11 *p11, const char *uri,
                    const struct p11_pin_callback *pin)
{
    struct p11_diag diag = {""};
    const CK_RV rv = p11_search(p11, uri, 0, pin, ignore, NULL, &diag);

    CU_ASSERT_PTR_NULL(strstr(diag.text, SECRET));
    return rv;
}

static void pins_of_uris_are_wiped(void)
{
    static const struct {
        const char *uri;
        CK_RV rv;
    } rows[] = {
        {WORLD_KEY "?pin-value=" SECRET, CKR_PIN_INCORRECT},
        {WORLD_KEY ";pin-value=" SECRET, CKR_PIN_INCORRECT},
        {WORLD_KEY "?pin-value=Zx8-ne ver-77", CKR_PIN_INCORRECT},
        {WORLD_KEY "?pin-source=value:" SECRET, CKR_PIN_INCORRECT},
        {"pkcs11:token=%zz?pin-value=" SECRET, P11R_URI_INVALID},
        {"pkcs11:token=world;no=thing?pin-value=" SECRET, P11R_NO_TOKEN},
        {"pkcs11:token=elsewhere;pin-value=" SECRET, P11R_NO_TOKEN}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world;

        world_open(&world, &(struct world_conf){.settings = NULL});
        if (watch()) {
            CU_ASSERT_EQUAL(search(world.p11, rows[i].uri, NULL), rows[i].rv);
            CU_ASSERT_EQUAL(left(), 0);
        }
        world_close(&world);
    }
}

static void pins_that_objects_keep_are_wiped(void)
{
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = "pin=" SECRET,
                                            .no_key = true,
                                            .pin_source = ""});
    if (watch()) {
        const struct p11_keygen keygen = {
            .uri = "pkcs11:token=world;object=k?pin-value=" SECRET,
            .bits = 1024};

        CU_ASSERT_EQUAL(
            p11_generate(world.p11, &keygen, NULL, &key, NULL, NULL),
            CKR_OK);
        CU_ASSERT_EQUAL(
            world_find(
                &world,
                "pkcs11:token=world;object=k;type=private?pin-value=" SECRET,
                &world.key),
            CKR_OK);
        world_logout();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        p11_object_free(key);
        p11_object_free(world.key);
        world.key = NULL;
        CU_ASSERT_EQUAL(left(), 0);
    }
    world_close(&world);
}

static void pins_of_settings_are_wiped(void)
{
    static const struct p11_pin_conf pins[] = {{"other", "value:" SECRET},
                                               {"world", "value:" SECRET}};
    const struct p11_module_conf module = {.path = world_fault_module()};
    const struct p11_conf conf = {.modules = &module,
                                  .module_count = 1,
                                  .pins = pins,
                                  .pin_count = 2,
                                  .pin_source = "value:" SECRET};
    const struct p11_pin_conf bad = {"pkcs11:%zz", "value:" SECRET};
    const struct p11_conf broken = {.pins = &bad, .pin_count = 1};
    struct p11 *p11 = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    if (watch()) {
        CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &p11), CKR_OK);
        CU_ASSERT_EQUAL(search(p11, WORLD_KEY, NULL), CKR_PIN_INCORRECT);
        p11_free(p11);
        CU_ASSERT_EQUAL(p11_new(&broken, &p11), P11R_URI_INVALID);
        CU_ASSERT_EQUAL(left(), 0);
    }
    world_close(&world);
}

static ssize_t answer(void *arg, const struct p11_pin_request *request,
                      char *pin, size_t size)
{
    (void)arg, (void)request, (void)size;
    memcpy(pin, SECRET, sizeof(SECRET) - 1);
    return sizeof(SECRET) - 1;
}

static void pins_of_callbacks_are_wiped(void)
{
    const struct p11_pin_callback callback = {answer, NULL};
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = ""});
    if (watch()) {
        CU_ASSERT_EQUAL(search(world.p11, WORLD_KEY, &callback),
                        CKR_PIN_INCORRECT);
        CU_ASSERT_EQUAL(left(), 0);
    }
    world_close(&world);
}

UNIT_MAIN("wiping", UNIT(a_block_with_the_pin_would_be_seen),
          UNIT(pins_of_uris_are_wiped), UNIT(pins_that_objects_keep_are_wiped),
          UNIT(pins_of_settings_are_wiped), UNIT(pins_of_callbacks_are_wiped))
