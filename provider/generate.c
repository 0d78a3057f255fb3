/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of key generation: one row each; generation by both ways. */
#include "generate.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "error.h"
#include "key.h"
#include "prov.h"

enum { OWN_MAX = 16 };

typedef bool set_fn(struct prov_gen *gen, const OSSL_PARAM *param);

static bool text(const OSSL_PARAM *param, char **out)
{
    free(*out);
    *out = NULL;
    if (param->data_type != OSSL_PARAM_UTF8_STRING || param->data == NULL)
        return false;
    *out = strndup(param->data, param->data_size);
    return *out != NULL;
}

static bool flag(const OSSL_PARAM *param, bool *out)
{
    int value;

    if (OSSL_PARAM_get_int(param, &value) != 1 || (value & ~1) != 0)
        return false;
    *out = value == 1;
    return true;
}

static bool set_uri(struct prov_gen *gen, const OSSL_PARAM *param)
{
    bool ok;

    /* The old value may hold a PIN. */
    if (gen->uri != NULL)
        OPENSSL_cleanse(gen->uri, strlen(gen->uri));
    ok = text(param, &gen->uri);
    gen->keygen.uri = gen->uri;
    return ok;
}

static bool set_label(struct prov_gen *gen, const OSSL_PARAM *param)
{
    bool ok = text(param, &gen->label);

    gen->keygen.label = gen->label;
    return ok;
}

/* Octets as they are; as text they are hex. */
static bool set_id(struct prov_gen *gen, const OSSL_PARAM *param)
{
    void *id = gen->id;
    char *hex = NULL;
    size_t len = 0;
    bool ok;

    if (param->data_type == OSSL_PARAM_UTF8_STRING)
        ok = text(param, &hex) &&
             OPENSSL_hexstr2buf_ex(gen->id, sizeof(gen->id), &len, hex, ':') ==
                 1;
    else
        ok =
            OSSL_PARAM_get_octet_string(param, &id, sizeof(gen->id), &len) == 1;
    free(hex);
    gen->keygen.id = gen->id;
    gen->keygen.id_len = len;
    return ok && len > 0;
}

static bool set_purpose(struct prov_gen *gen, const OSSL_PARAM *param)
{
    static const char *const names[] = {[P11_GENERAL] = "general",
                                        [P11_SIGNING] = "signing",
                                        [P11_UNSEALING] = "unsealing"};
    char *name = NULL;
    bool ok = false;

    if (!text(param, &name))
        return false;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]) && !ok; i++) {
        ok = strcmp(name, names[i]) == 0;
        if (ok)
            gen->keygen.purpose = (enum p11_purpose)i;
    }
    free(name);
    return ok;
}

typedef bool word_fn(struct prov_gen *gen, const char *word);

/* Calls each for the words of a text parameter; false where there is none. */
static bool words(struct prov_gen *gen, const OSSL_PARAM *param, word_fn *each)
{
    char *list = NULL, *rest = NULL, *word;
    size_t count = 0;
    bool ok = text(param, &list);

    for (word = ok ? strtok_r(list, " ,", &rest) : NULL; word != NULL && ok;
         word = strtok_r(NULL, " ,", &rest), count++)
        ok = each(gen, word);
    free(list);
    return ok && count > 0;
}

static bool add_usage(struct prov_gen *gen, const char *word)
{
    static const struct {
        const char *word;
        bool sign, decrypt, derive;
    } usages[] = {{"digitalSignature", .sign = true},
                  {"nonRepudiation", .sign = true},
                  {"keyCertSign", .sign = true},
                  {"cRLSign", .sign = true},
                  {"dataEncipherment", .decrypt = true},
                  {"keyEncipherment", .decrypt = true},
                  {"keyAgreement", .derive = true}};

    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
        if (strcmp(word, usages[i].word) == 0) {
            gen->keygen.sign |= usages[i].sign;
            gen->keygen.decrypt |= usages[i].decrypt;
            gen->keygen.derive |= usages[i].derive;
            return true;
        }
    }
    return false;
}

/* The words of X.509, as pkcs11-provider takes them. */
static bool set_key_usage(struct prov_gen *gen, const OSSL_PARAM *param)
{
    gen->keygen.sign = gen->keygen.decrypt = gen->keygen.derive = false;
    return words(gen, param, add_usage);
}

static bool add_allowed(struct prov_gen *gen, const char *word)
{
    return gen->keygen.allowed_count < PROV_ALLOWED_MAX &&
           p11_mechanism_of(word, &gen->allowed[gen->keygen.allowed_count++]);
}

static bool set_allowed(struct prov_gen *gen, const OSSL_PARAM *param)
{
    gen->keygen.allowed = gen->allowed;
    gen->keygen.allowed_count = 0;
    return words(gen, param, add_allowed);
}

/* YYYYMMDD or YYYY-MM-DD, of the calendar. */
static bool date(const OSSL_PARAM *param, char out[static PROV_DATE_SIZE])
{
    static const unsigned days[] = {31, 29, 31, 30, 31, 30,
                                    31, 31, 30, 31, 30, 31};
    char *given = NULL;
    unsigned year, month, day, count = 0;
    bool ok = text(param, &given);

    for (size_t i = 0; ok && given[i] != '\0'; i++) {
        if (given[i] == '-' && strlen(given) == 10 && (i == 4 || i == 7))
            continue;
        ok = given[i] >= '0' && given[i] <= '9' && count < PROV_DATE_SIZE - 1;
        if (ok)
            out[count++] = given[i];
    }
    free(given);
    if (!ok || count != PROV_DATE_SIZE - 1)
        return false;
    out[count] = '\0';
    month = (unsigned)(out[4] - '0') * 10 + (unsigned)(out[5] - '0');
    day = (unsigned)(out[6] - '0') * 10 + (unsigned)(out[7] - '0');
    year = (unsigned)(out[0] - '0') * 1000 + (unsigned)(out[1] - '0') * 100 +
           (unsigned)(out[2] - '0') * 10 + (unsigned)(out[3] - '0');
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (month != 2 || day != 29 ||
            (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)));
}

static bool set_start_date(struct prov_gen *gen, const OSSL_PARAM *param)
{
    gen->keygen.start_date = gen->start_date;
    return date(param, gen->start_date);
}

static bool set_end_date(struct prov_gen *gen, const OSSL_PARAM *param)
{
    gen->keygen.end_date = gen->end_date;
    return date(param, gen->end_date);
}

static bool set_extractable(struct prov_gen *gen, const OSSL_PARAM *param)
{
    return flag(param, &gen->keygen.extractable);
}

static bool set_always_authenticate(struct prov_gen *gen,
                                    const OSSL_PARAM *param)
{
    return flag(param, &gen->keygen.always_authenticate);
}

static bool set_pin(struct prov_gen *gen, const OSSL_PARAM *param)
{
    if (param->data_type != OSSL_PARAM_UTF8_STRING || param->data == NULL ||
        param->data_size > sizeof(gen->pin))
        return false;
    memcpy(gen->pin, param->data, param->data_size);
    gen->pin_len = strnlen(gen->pin, param->data_size);
    return true;
}

static const struct {
    const char *name;
    set_fn *set;
} rows[] = {
    {PROV_PARAM_URI, set_uri},
    {PROV_PARAM_KEY_USAGE, set_key_usage},
    {PROV_PARAM_PURPOSE, set_purpose},
    {PROV_PARAM_LABEL, set_label},
    {PROV_PARAM_ID, set_id},
    {PROV_PARAM_EXTRACTABLE, set_extractable},
    {PROV_PARAM_ALWAYS_AUTHENTICATE, set_always_authenticate},
    {PROV_PARAM_ALLOWED, set_allowed},
    {PROV_PARAM_START_DATE, set_start_date},
    {PROV_PARAM_END_DATE, set_end_date},
    {PROV_PARAM_PIN, set_pin},
};

static bool is_common(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].name, name) == 0)
            return true;
    }
    return false;
}

struct prov_gen *prov_gen_new(struct prov *prov,
                              const struct prov_keytype *type, int selection)
{
    struct prov_gen *gen = calloc(1, sizeof(*gen));

    if (gen == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "key generation");
        return NULL;
    }
    gen->prov = prov;
    gen->type = type;
    gen->selection = selection;
    gen->keygen.key_type = type->cryptoki;
    return gen;
}

void prov_gen_free(struct prov_gen *gen)
{
    if (gen == NULL)
        return;
    if (gen->uri != NULL)
        OPENSSL_cleanse(gen->uri, strlen(gen->uri));
    OPENSSL_cleanse(gen->pin, sizeof(gen->pin));
    OSSL_PARAM_free(gen->own);
    free(gen->label);
    free(gen->uri);
    free(gen);
}

/* ---- a type's own parameters ------------------------------------------- */

/* What is new takes the place of what was there. */
static bool add_own(struct prov_gen *gen, const OSSL_PARAM *added)
{
    OSSL_PARAM *merged = OSSL_PARAM_merge(gen->own, added);
    OSSL_PARAM *own = merged != NULL ? OSSL_PARAM_dup(merged) : NULL;

    OPENSSL_free(merged); /* its values are borrowed */
    if (own == NULL)
        return false;
    OSSL_PARAM_free(gen->own);
    gen->own = own;
    return true;
}

static int set_own(struct prov_gen *gen, const OSSL_PARAM *params)
{
    OSSL_PARAM added[OWN_MAX + 1];
    size_t count = 0;

    for (const OSSL_PARAM *t = gen->type->gen_settable;
         t != NULL && t->key != NULL && count < OWN_MAX; t++) {
        const OSSL_PARAM *p =
            is_common(t->key) ? NULL : OSSL_PARAM_locate_const(params, t->key);

        if (p != NULL && p->data != NULL)
            added[count++] = *p;
    }
    added[count] = OSSL_PARAM_construct_end();
    if (count == 0 || add_own(gen, added))
        return 1;
    return prov_raise(&gen->prov->core, CKR_HOST_MEMORY, "key generation");
}

const OSSL_PARAM *prov_gen_own(const struct prov_gen *gen, const char *name)
{
    return gen->own != NULL ? OSSL_PARAM_locate_const(gen->own, name) : NULL;
}

int prov_gen_like(struct prov_gen *gen, const struct prov_key *key)
{
    if (key->type != gen->type)
        return prov_raise(&gen->prov->core, CKR_KEY_TYPE_INCONSISTENT,
                          "key generation: %s is no %s key", prov_key_name(key),
                          gen->type->name);
    return key->public == NULL ? 1 : set_own(gen, key->public);
}

int prov_gen_set(struct prov_gen *gen, const OSSL_PARAM *params)
{
    if (params == NULL)
        return 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, rows[i].name);
        bool ok;

        if (param == NULL)
            continue;
        prov_enter(gen->prov); /* what readers say of a value is not enough */
        ok = rows[i].set(gen, param);
        prov_leave(gen->prov);
        if (!ok)
            return prov_raise(&gen->prov->core, CKR_ARGUMENTS_BAD,
                              "key generation: value of %s not understood",
                              rows[i].name);
    }
    return set_own(gen, params);
}

/* ---- making ------------------------------------------------------------ */

static struct prov_key *run_soft(struct prov_gen *gen)
{
    const bool pair = (gen->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
    struct prov *prov = gen->prov;
    struct prov_key *key = prov_key_new(prov, gen->type);
    EVP_PKEY_CTX *pctx = NULL;
    EVP_PKEY *pkey = NULL;
    bool ok;

    prov_enter(prov);
    pctx = prov_soft_generate(&prov->soft, gen->type->name);
    ok = key != NULL && pctx != NULL &&
         (pair ? EVP_PKEY_keygen_init(pctx) : EVP_PKEY_paramgen_init(pctx)) ==
             1 &&
         (gen->own == NULL || EVP_PKEY_CTX_set_params(pctx, gen->own) == 1) &&
         EVP_PKEY_generate(pctx, &pkey) == 1 &&
         (pair || gen->type->group_param != NULL
              ? prov_key_take_soft(key, pkey, pair)
              : prov_key_take_blank(key, pkey));
    EVP_PKEY_CTX_free(pctx);
    prov_leave(prov);
    if (ok)
        return key;
    prov_raise(&prov->core, CKR_FUNCTION_FAILED,
               "key generation: software made no %s key of these parameters",
               gen->type->name);
    prov_key_free(key);
    return NULL;
}

static struct prov_key *run_token(struct prov_gen *gen)
{
    const struct p11_pin_callback pin = {prov_gen_pin, gen};
    struct prov *prov = gen->prov;
    struct p11_object *object = NULL;
    struct p11_birth *birth = calloc(1, sizeof(*birth));
    struct prov_key *key = NULL;
    struct p11_diag diag = {""};
    CK_RV rv = CKR_HOST_MEMORY;

    if (birth != NULL) {
        prov_enter(prov);
        rv = p11_generate(prov->p11, &gen->keygen, &pin, &object, birth, &diag);
        prov_leave(prov);
    }
    if (rv != CKR_OK)
        prov_raise(&prov->core, rv, "key generation: %s",
                   diag.text[0] != '\0' ? diag.text : p11_rv_text(rv));
    else
        key = prov_key_from_object(prov, gen->type, object);
    if (key != NULL) {
        key->birth = birth;
        birth = NULL;
    } else if (object != NULL) { /* nobody would know of it */
        prov_enter(prov);
        (void)!p11_object_destroy(object);
        prov_leave(prov);
    }
    p11_object_free(object);
    free(birth);
    return key;
}

struct prov_key *prov_gen_run(struct prov_gen *gen)
{
    if (gen->keygen.uri == NULL)
        return run_soft(gen);
    if ((gen->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0) {
        prov_raise(&gen->prov->core, CKR_FUNCTION_NOT_SUPPORTED,
                   "key generation: a token makes keys, not parameters");
        return NULL;
    }
    if (gen->type->prepare != NULL && gen->type->prepare(gen) != 1)
        return NULL;
    return run_token(gen);
}

/* The parameter, else the person. */
ssize_t prov_gen_pin(void *arg, const struct p11_pin_request *request,
                     char *pin, size_t size)
{
    const struct prov_gen *gen = arg;

    if (gen->pin_len == 0)
        return prov_ask(NULL, request, pin, size);
    if (gen->pin_len > size)
        return -1;
    memcpy(pin, gen->pin, gen->pin_len);
    return (ssize_t)gen->pin_len;
}
