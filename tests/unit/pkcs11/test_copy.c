/* SPDX-License-Identifier: Apache-2.0 */
/* Session copies of keys. */
#include "world.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static const struct world_conf with_copies = {.copies = P11_COPIES_ON};

static void *sign_often(void *key)
{
    for (int i = 0; i < 3; i++)
        (void)!world_sign(key);
    return NULL;
}

static void a_key_is_copied_once_and_then_signs_in_two_calls(void)
{
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 1);
    world_reset();
    const time_t started = time(NULL);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    const unsigned long looks = world_count("C_GetAttributeValue");
    CU_ASSERT_EQUAL(world_count("C_SignInit"), 5);
    CU_ASSERT_EQUAL(world_count("C_Sign"), 5);
    CU_ASSERT_EQUAL(world_count("*"), 10 + looks);
    /* whether the original is still there is asked once a second at most */
    CU_ASSERT_TRUE(looks <= (unsigned long)(time(NULL) - started) + 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_copy_is_never_found(void)
{
    struct p11_object *again = NULL;
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(
        world_find(&world, "pkcs11:token=world;object=copy%20of%20a%20session",
                   &again),
        P11R_NO_OBJECT);
    world_close(&world);
}

static void a_refused_copy_is_no_error_and_is_not_asked_again(void)
{
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_rule("C_CopyObject:from=1 -> "
                               "rv=CKR_ACTION_PROHIBITED"),
                    0);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 1);
    world_close(&world);
}

static void copies_are_made_anew_after_every_loss(void)
{
    static void (*const harms[])(void) = {world_stale, world_renumber,
                                          world_logout};
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        harms[i]();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    }
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_destroyed_key_signs_no_longer_than_a_second_by_its_copy(void)
{
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 50000000};
    struct p11_object *same = NULL;
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY ";id=%01", &same), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(same), CKR_OK);
    (void)nanosleep(&second, NULL);
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_NO_OBJECT);
    p11_object_free(same);
    world_close(&world);
}

static void modules_not_known_to_gain_are_left_alone(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.copies = P11_COPIES_AUTO});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 0);
    world_close(&world);
}

static void an_unfaithful_copy_is_destroyed_and_not_used(void)
{
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    world_reset();
    CU_ASSERT_EQUAL(world_rule("C_GetAttributeValue:2 -> lie-attr"), 0);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 1);
    CU_ASSERT_EQUAL(world_count("C_DestroyObject"), 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_copy_made_anew_takes_the_place_of_the_old_one(void)
{
    static void (*const harms[])(void) = {world_logout, world_renumber,
                                          world_stale, world_logout};
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_objects(false), 1);
    for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
        harms[i]();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_objects(false), 1);
    }
    world_close(&world);
}

/* A vendor's error ends each session but that of the copies, where it strikes
 * while two are leased; handles are doubtful then, the copy is not. */
static void sessions_that_fail_together_leave_one_copy(void)
{
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    for (int i = 0; i < 20; i++) {
        pthread_t threads[4];
        void *(*const sign)(void *) = sign_often;

        CU_ASSERT_EQUAL(world_rule("C_Sign:from=3 -> rv=0x80000001"), 0);
        for (size_t t = 0; t < 4; t++)
            CU_ASSERT_EQUAL_FATAL(
                pthread_create(&threads[t], NULL, sign, world.key), 0);
        for (size_t t = 0; t < 4; t++)
            (void)pthread_join(threads[t], NULL);
        world_clear_rules();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_objects(false), 1);
        world_reset();
    }
    world_close(&world);
}

static void a_copy_ends_with_its_key(void)
{
    struct p11_object *other = NULL;
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_make(&world, "other", 2), CKR_OK);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(
        world_find(&world, "pkcs11:token=world;object=other;type=private",
                   &other),
        CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(other), CKR_OK);
    CU_ASSERT_EQUAL(world_objects(false), 2);
    p11_object_forget(other);
    CU_ASSERT_EQUAL(world_objects(false), 2);
    p11_object_free(other);
    CU_ASSERT_EQUAL(world_objects(false), 1);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_objects(false), 0);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

/* ---- SoftHSM2 ---------------------------------------------------------- */

static void count_copies(void *arg, const char *function, CK_RV rv,
                         uint64_t microseconds)
{
    (void)microseconds;
    if (strcmp(function, "C_CopyObject") == 0 && rv == CKR_OK)
        ++*(unsigned *)arg;
}

static bool take(void *arg, struct p11_object *object)
{
    *(struct p11_object **)arg = p11_object_up_ref(object);
    return false;
}

/* P-256; each secret by the copy is that of libcrypto. */
static CK_RV agree(struct p11_object *key, const CK_ATTRIBUTE *point)
{
    EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    EVP_PKEY *public = EVP_PKEY_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
    uint8_t octets[65], expected[32], out[32];
    size_t len = sizeof(expected), octets_len = 0;
    CK_ECDH1_DERIVE_PARAMS params = {.kdf = CKD_NULL,
                                     .ulPublicDataLen = sizeof(octets),
                                     .pPublicData = octets};
    const CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &params, sizeof(params)};
    CK_RV rv;

    CU_ASSERT_EQUAL_FATAL(point->ulValueLen, 67);
    CU_ASSERT_EQUAL(EVP_PKEY_copy_parameters(public, peer), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_set1_encoded_public_key(
                        public, (uint8_t *)point->pValue + 2, 65),
                    1);
    CU_ASSERT_EQUAL(EVP_PKEY_derive_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_derive_set_peer(ctx, public), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_derive(ctx, expected, &len), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_get_octet_string_param(
                        peer, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, octets,
                        sizeof(octets), &octets_len),
                    1);
    rv = p11_derive(key, &mechanism, out, sizeof(out), NULL);
    if (rv == CKR_OK && memcmp(out, expected, sizeof(out)) != 0)
        rv = CKR_DATA_INVALID;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(public);
    EVP_PKEY_free(peer);
    return rv;
}

static void softhsm_ec_keys_work_by_their_copies(void)
{
    static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07};
    const struct p11_module_conf module = {.path = world_softhsm()};
    const struct p11_keygen keygen = {.uri = "pkcs11:token=world;object=ec",
                                      .key_type = CKK_EC,
                                      .ec_params = p256,
                                      .ec_params_len = sizeof(p256)};
    unsigned copies = 0;
    const struct p11_conf conf = {.modules = &module,
                                  .module_count = 1,
                                  .pin_source = "value:1234",
                                  .trace = count_copies,
                                  .trace_arg = &copies};
    struct p11_object *key = NULL, *half = NULL;
    struct p11 *p11 = NULL;

    if (module.path == NULL)
        return;
    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &p11), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(p11_generate(p11, &keygen, NULL, &key, NULL, NULL),
                          CKR_OK);
    p11_object_free(key);
    CU_ASSERT_EQUAL_FATAL(p11_search(p11,
                                     "pkcs11:token=world;object=ec;"
                                     "type=private",
                                     0, NULL, take, &key, NULL),
                          CKR_OK);
    CU_ASSERT_EQUAL_FATAL(p11_object_find_public(key, &half), CKR_OK);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(agree(key, p11_object_attr(half, CKA_EC_POINT)),
                        CKR_OK);
    CU_ASSERT_EQUAL(copies, 1);
    CU_ASSERT_EQUAL(p11_object_destroy(key), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(half), CKR_OK);
    p11_object_free(half);
    p11_object_free(key);
    p11_free(p11);
}

UNIT_MAIN("copy", UNIT(a_key_is_copied_once_and_then_signs_in_two_calls),
          UNIT(a_copy_is_never_found),
          UNIT(a_refused_copy_is_no_error_and_is_not_asked_again),
          UNIT(copies_are_made_anew_after_every_loss),
          UNIT(a_destroyed_key_signs_no_longer_than_a_second_by_its_copy),
          UNIT(modules_not_known_to_gain_are_left_alone),
          UNIT(an_unfaithful_copy_is_destroyed_and_not_used),
          UNIT(a_copy_made_anew_takes_the_place_of_the_old_one),
          UNIT(sessions_that_fail_together_leave_one_copy),
          UNIT(a_copy_ends_with_its_key),
          UNIT(softhsm_ec_keys_work_by_their_copies))
