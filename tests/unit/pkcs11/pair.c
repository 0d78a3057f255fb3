/* SPDX-License-Identifier: Apache-2.0 */
/* Two copies of the fault module. */
#include "pair.h"

#include "fault/fault.h"
#include "world.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[PAIR] = {"one", "two"};
static const char *const pins[PAIR] = {"1111", "2222"};

static void copy_module(const char *to)
{
    size_t len = 0;
    char *octets = unit_read_file(world_fault_module(), &len);
    FILE *file = fopen(to, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(octets);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(octets, 1, len, file), len);
    CU_ASSERT_EQUAL(fclose(file), 0);
    free(octets);
}

void pair_open(struct pair *pair, const char *more)
{
    *pair = (struct pair){.folder = unit_temp_dir()};
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->folder);
    for (unsigned i = 0; i < PAIR; i++) {
        (void)snprintf(pair->path[i], PAIR_PATH, "%s/lib%s.so", pair->folder,
                       names[i]);
        (void)snprintf(pair->settings[i], PAIR_PATH,
                       "token-dir='%s/%s' label=%s pin=%s seed=%s %s",
                       pair->folder, names[i], names[i], pins[i], names[i],
                       i == 1 && more != NULL ? more : "");
        copy_module(pair->path[i]);
        pair->handles[i] = dlopen(pair->path[i], RTLD_NOW | RTLD_LOCAL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(pair->handles[i]);
        pair->modules[i] =
            (struct p11_module_conf){.name = names[i],
                                     .path = pair->path[i],
                                     .init_args = pair->settings[i]};
    }
}

void pair_close(struct pair *pair)
{
    for (unsigned i = 0; i < PAIR; i++)
        (void)dlclose(pair->handles[i]);
    free(pair->folder);
}

struct p11 *pair_p11(struct pair *pair, const struct p11_conf *conf)
{
    struct p11_conf settings = *conf;
    struct p11 *p11 = NULL;

    settings.modules = pair->modules;
    settings.module_count = PAIR;
    CU_ASSERT_EQUAL_FATAL(p11_new(&settings, &p11), CKR_OK);
    return p11;
}

void pair_make(struct pair *pair, unsigned which, const char *label, uint8_t id)
{
    struct p11 *p11 = pair_p11(pair, &(struct p11_conf){0});
    struct p11_object *object = NULL;
    struct p11_diag diag = {""};
    char uri[64];
    struct p11_keygen keygen = {.uri = uri,
                                .label = label,
                                .id = &id,
                                .id_len = 1,
                                .purpose = P11_GENERAL,
                                .bits = 1024};

    (void)snprintf(uri, sizeof(uri), "pkcs11:token=%s?pin-value=%s",
                   names[which], pins[which]);
    CU_ASSERT_EQUAL(p11_generate(p11, &keygen, NULL, &object, NULL, &diag),
                    CKR_OK);
    CU_ASSERT_STRING_EQUAL(diag.text, "");
    p11_object_free(object);
    p11_free(p11);
}

/* ---- control ----------------------------------------------------------- */

static void *control(struct pair *pair, unsigned which, const char *name)
{
    void *function = dlsym(pair->handles[which], name);

    CU_ASSERT_PTR_NOT_NULL_FATAL(function);
    return function;
}

#define CONTROL(type, which, name) \
    (*(__typeof__(&(type)) *)&(void *){control(pair, which, name)})

unsigned long pair_count(struct pair *pair, unsigned which,
                         const char *function)
{
    return CONTROL(privyseal_fault_count, which,
                   "privyseal_fault_count")(function);
}

int pair_rule(struct pair *pair, unsigned which, const char *rule)
{
    return CONTROL(privyseal_fault_rule, which, "privyseal_fault_rule")(rule);
}

int pair_set(struct pair *pair, unsigned which, const char *settings)
{
    return CONTROL(privyseal_fault_set, which, "privyseal_fault_set")(settings);
}

void pair_reset(struct pair *pair)
{
    for (unsigned i = 0; i < PAIR; i++)
        CONTROL(privyseal_fault_reset, i, "privyseal_fault_reset")();
}

void pair_do(struct pair *pair, unsigned which, const char *action)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "privyseal_fault_%s", action);
    CONTROL(privyseal_fault_reset, which, name)();
}

unsigned long pair_violations(struct pair *pair)
{
    unsigned long count = 0;

    for (unsigned i = 0; i < PAIR; i++) {
        char text[2048] = "";

        count += CONTROL(privyseal_fault_violations, i,
                         "privyseal_fault_violations")(text, sizeof(text));
        if (text[0] != '\0')
            (void)fprintf(stderr, "%s\n", text);
    }
    return count;
}

CK_RV pair_put(struct pair *pair, unsigned which, CK_ATTRIBUTE *attrs,
               CK_ULONG count)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK,
                                 .pReserved = pair->settings[which]};
    CK_C_GetFunctionList get = *(CK_C_GetFunctionList *)&(void *){
        control(pair, which, "C_GetFunctionList")};
    CK_UTF8CHAR pin[8];
    CK_FUNCTION_LIST *fn = NULL;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;
    CK_SLOT_ID slot;
    CK_ULONG slots = 1;
    CK_RV rv;

    memcpy(pin, pins[which], 5);
    CU_ASSERT_EQUAL_FATAL(get(&fn), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(fn->C_Initialize(&args), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(fn->C_GetSlotList(CK_TRUE, &slot, &slots), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(fn->C_OpenSession(slot,
                                            CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                            NULL, NULL, &session),
                          CKR_OK);
    CU_ASSERT_EQUAL_FATAL(fn->C_Login(session, CKU_USER, pin, 4), CKR_OK);
    rv = fn->C_CreateObject(session, attrs, count, &object);
    CU_ASSERT_EQUAL(fn->C_CloseSession(session), CKR_OK);
    CU_ASSERT_EQUAL(fn->C_Finalize(NULL), CKR_OK);
    return rv;
}
