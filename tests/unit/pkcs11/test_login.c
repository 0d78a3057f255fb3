/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in: PIN sources, wrong PINs, flags. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fputs(text, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static void a_wrong_pin_costs_one_login_however_often_it_is_tried(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = "value:9999"});
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(world_load(&world), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    CU_ASSERT_PTR_NULL(world.key);
    world_close(&world);
}

static void a_corrected_pin_file_is_tried_and_works(void)
{
    char source[600], path[512];
    char *folder = unit_temp_dir();
    struct world world;

    (void)snprintf(path, sizeof(path), "%s/pin", folder);
    (void)snprintf(source, sizeof(source), "file:%s", path);
    write_file(path, "0000\n");
    world_open(&world, &(struct world_conf){.pin_source = source});
    CU_ASSERT_EQUAL(world_load(&world), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(world_load(&world), CKR_PIN_INCORRECT);
    write_file(path, "1234\n");
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Login"), 2);
    world_close(&world);
    free(folder);
}

static void an_unreadable_pin_file_is_told_and_nothing_is_sent(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = "file:/no/such"});
    CU_ASSERT_EQUAL(world_load(&world), P11R_PIN_SOURCE);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    world_close(&world);
}

static void without_a_source_the_pin_is_missing(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = ""});
    CU_ASSERT_EQUAL(world_load(&world), P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    world_close(&world);
}

static void the_pin_of_the_uri_comes_first(void)
{
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = "value:9999"});
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY "?pin-value=1234", &key),
                    CKR_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_PTR_NULL(strstr(p11_object_uri(key), "1234"));
    world_logout();
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    p11_object_free(key);
    world_close(&world);
}

static void the_last_try_is_not_spent(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = "pin-tries=2",
                                            .pin_source = "value:9999"});
    CU_ASSERT_EQUAL(world_load(&world), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY "?pin-value=1234", &world.key),
                    P11R_PIN_FINAL_TRY);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    world_close(&world);
}

/* A p11 of its own, whose first search looks at the slots. */
static struct p11 *fresh(const struct world *world, const char *pin_source)
{
    const struct p11_module_conf module = {.path = world_fault_module(),
                                           .init_args = world->settings};
    const struct p11_conf conf = {
        .modules = &module, .module_count = 1, .pin_source = pin_source};
    struct p11 *p11 = NULL;

    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &p11), CKR_OK);
    return p11;
}

static void the_flags_of_the_first_look_serve_its_login_and_no_later_one(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    p11_free(world.p11);
    world.p11 = fresh(&world, "value:1234");
    world_reset();
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_GetTokenInfo"), 1);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("*") - world_count("C_GetFunctionList"), 11);
    world_logout();
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_GetTokenInfo"), 2);
    CU_ASSERT_EQUAL(world_count("C_Login"), 2);
    world_close(&world);
}

static void the_last_try_is_seen_after_the_look_that_a_wrong_pin_made_old(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = "pin-tries=2"});
    p11_free(world.p11);
    world.p11 = fresh(&world, "value:9999");
    world_reset();
    CU_ASSERT_EQUAL(world_load(&world), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY "?pin-value=1234", &world.key),
                    P11R_PIN_FINAL_TRY);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    world_close(&world);
}

static void a_locked_pin_is_told_and_nothing_is_sent(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = "pin-tries=1",
                                            .pin_source = "value:9999"});
    CU_ASSERT_NOT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY "?pin-value=1234", &world.key),
                    CKR_PIN_LOCKED);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    world_close(&world);
}

struct asked {
    unsigned times;
    const char *answer;
    char label[64], object[64];
    bool context;
};

static ssize_t answer(void *arg, const struct p11_pin_request *request,
                      char *pin, size_t size)
{
    struct asked *asked = arg;

    asked->times++;
    asked->context = request->context_specific;
    (void)snprintf(asked->label, sizeof(asked->label), "%s",
                   request->token_label);
    (void)snprintf(asked->object, sizeof(asked->object), "%s",
                   request->object_label != NULL ? request->object_label : "");
    if (asked->answer == NULL || strlen(asked->answer) > size)
        return -1;
    memcpy(pin, asked->answer, strlen(asked->answer));
    return (ssize_t)strlen(asked->answer);
}

static bool take(void *arg, struct p11_object *object)
{
    *(struct p11_object **)arg = p11_object_up_ref(object);
    return false;
}

static void the_callback_is_asked_once_for_the_token(void)
{
    struct asked asked = {.answer = "1234"};
    const struct p11_pin_callback pin = {answer, &asked};
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = ""});
    CU_ASSERT_EQUAL(p11_search(world.p11, WORLD_KEY, 0, &pin, take, &key, NULL),
                    CKR_OK);
    CU_ASSERT_EQUAL(asked.times, 1);
    CU_ASSERT_STRING_EQUAL(asked.label, "world");
    CU_ASSERT_FALSE(asked.context);
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    CU_ASSERT_EQUAL(asked.times, 1);
    p11_object_free(key);
    world_close(&world);
}

static void a_callback_without_an_answer_is_a_missing_pin(void)
{
    struct asked asked = {.answer = NULL};
    const struct p11_pin_callback pin = {answer, &asked};
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = ""});
    CU_ASSERT_EQUAL(p11_search(world.p11, WORLD_KEY, 0, &pin, take, &key, NULL),
                    P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    world_close(&world);
}

static void an_always_authenticate_key_asks_for_itself(void)
{
    struct asked asked = {.answer = "1234"};
    const struct p11_pin_callback pin = {answer, &asked};
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = "",
                                            .always_authenticate = true});
    CU_ASSERT_EQUAL(p11_search(world.p11, WORLD_KEY, 0, &pin, take, &key, NULL),
                    CKR_OK);
    CU_ASSERT_EQUAL(world_sign_with(key, &pin), CKR_OK);
    CU_ASSERT_EQUAL(asked.times, 2);
    CU_ASSERT(asked.context);
    CU_ASSERT_STRING_EQUAL(asked.object, "key");
    CU_ASSERT_EQUAL(world_sign(key), P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(world_violations(), 0);
    p11_object_free(key);
    world_close(&world);
}

static void a_pin_for_another_token_is_not_sent(void)
{
    const struct p11_module_conf module = {.path = world_fault_module()};
    const struct p11_pin_conf pins[] = {{"other", "value:1111"},
                                        {"pkcs11:token=third", "value:2222"}};
    const struct p11_conf conf = {
        .modules = &module, .module_count = 1, .pins = pins, .pin_count = 2};
    struct p11_object *key = NULL;
    struct p11 *second = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = ""});
    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &second), CKR_OK);
    CU_ASSERT_EQUAL(p11_search(second, WORLD_KEY, 0, NULL, take, &key, NULL),
                    P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    p11_free(second);
    world_close(&world);
}

static void a_pin_for_this_token_is_found_by_label_or_uri(void)
{
    static const char *const tokens[] = {"world", "PKCS11:token=world"};

    for (size_t i = 0; i < 2; i++) {
        const struct p11_module_conf module = {.path = world_fault_module()};
        const struct p11_pin_conf pin = {tokens[i], "value:1234"};
        const struct p11_conf conf = {.modules = &module,
                                      .module_count = 1,
                                      .pins = &pin,
                                      .pin_count = 1,
                                      .pin_source = "value:9999"};
        struct p11_object *key = NULL;
        struct p11 *second = NULL;
        struct world world;

        world_open(&world, &(struct world_conf){.pin_source = ""});
        CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &second), CKR_OK);
        CU_ASSERT_EQUAL(
            p11_search(second, WORLD_KEY, 0, NULL, take, &key, NULL), CKR_OK);
        p11_object_free(key);
        p11_free(second);
        world_close(&world);
    }
}

UNIT_MAIN("login", UNIT(a_wrong_pin_costs_one_login_however_often_it_is_tried),
          UNIT(a_corrected_pin_file_is_tried_and_works),
          UNIT(an_unreadable_pin_file_is_told_and_nothing_is_sent),
          UNIT(without_a_source_the_pin_is_missing),
          UNIT(the_pin_of_the_uri_comes_first), UNIT(the_last_try_is_not_spent),
          UNIT(the_flags_of_the_first_look_serve_its_login_and_no_later_one),
          UNIT(the_last_try_is_seen_after_the_look_that_a_wrong_pin_made_old),
          UNIT(a_locked_pin_is_told_and_nothing_is_sent),
          UNIT(the_callback_is_asked_once_for_the_token),
          UNIT(a_callback_without_an_answer_is_a_missing_pin),
          UNIT(an_always_authenticate_key_asks_for_itself),
          UNIT(a_pin_for_another_token_is_not_sent),
          UNIT(a_pin_for_this_token_is_found_by_label_or_uri))
