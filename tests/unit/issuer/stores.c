/* SPDX-License-Identifier: Apache-2.0 */
/* Stores for the tests of the acts: see stores.h. */
#include "stores.h"

#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "issuer/enrollment.h"
#include "issuer/publish.h"
#include "unit.h"

enum { POOL = 16, POOL_BITS = 2048 };

static const char policy[] = "[policy]\nborn = off\n";

static void must(bool good, const struct stores *stores, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, stores->error.text);
    abort();
}

static int64_t clock_of(void *arg)
{
    return *(const int64_t *)arg;
}

/* Pairs are made once in a process and dealt out in this order. */
static EVP_PKEY *pair(unsigned n, unsigned bits)
{
    static EVP_PKEY *pairs[POOL];

    if (n >= POOL || bits != POOL_BITS)
        return EVP_RSA_gen(bits);
    if (pairs[n] == NULL)
        pairs[n] = EVP_RSA_gen(bits);
    if (pairs[n] != NULL)
        (void)EVP_PKEY_up_ref(pairs[n]);
    return pairs[n];
}

/* A pair under its id in the stores's folder; one that is there is taken. */
enum iss_status stores_make(void *arg, const struct iss_env *env,
                            const struct iss_keygen *keygen,
                            struct iss_made *made, struct iss_error *error)
{
    struct stores *stores = arg;
    char hex[2 * ISS_ID_SIZE + 1];
    char path[ISS_PATH_MAX];
    FILE *file = NULL;

    (void)env;
    memset(made, 0, sizeof(*made));
    if (stores->fail_after == 0)
        return iss_fail(error, ISS_TOKEN, "%s: the token is away",
                        keygen->label);
    if (stores->fail_after > 0)
        stores->fail_after--;
    iss_hex(keygen->id, ISS_ID_SIZE, hex);
    must(snprintf(path, sizeof(path), "%s/%s.pem", stores->dir, hex) <
             (int)sizeof(path),
         stores, "path");
    file = fopen(path, "r");
    if (file != NULL) {
        made->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    } else {
        made->key = pair(stores->made, keygen->bits);
        file = fopen(path, "w");
        must(file != NULL && PEM_write_PrivateKey(file, made->key, NULL, NULL,
                                                  0, NULL, NULL) == 1,
             stores, "key file");
        stores->made++;
    }
    must(fclose(file) == 0 && made->key != NULL, stores, "key file");
    must(snprintf(made->uri, sizeof(made->uri), "file:%s", path) <
             (int)sizeof(made->uri),
         stores, "URI");
    return ISS_OK;
}

struct iss_init stores_authority(const struct stores *stores)
{
    return (struct iss_init){.dir = stores->authority,
                             .role = ISS_AUTHORITY,
                             .hierarchy = ISS_PRODUCTION,
                             .name = "Example EA",
                             .token_uri = "pkcs11:token=authority",
                             .key_bits = 2048};
}

struct iss_init stores_root(const struct stores *stores)
{
    return (struct iss_init){.dir = stores->root,
                             .role = ISS_ROOT,
                             .name = "RMS01",
                             .url = "https://rms.example/_wmcs",
                             .token_uri = "pkcs11:token=root",
                             .key_bits = 2048,
                             .can_unseal = true,
                             .anchors = stores->anchors,
                             .anchors_len = stores->anchors_len};
}

struct counter {
    unsigned type, found;
};

static bool count_record(void *arg, const struct iss_record *record)
{
    struct counter *counter = arg;

    counter->found += record->type == counter->type;
    return true;
}

void stores_bare(struct stores *stores)
{
    memset(stores, 0, sizeof(*stores));
    stores->dir = unit_temp_dir();
    stores->now = STORES_NOW;
    stores->fail_after = -1;
    stores->env = (struct iss_env){.now = clock_of,
                                   .now_arg = &stores->now,
                                   .host = "host1",
                                   .user = "operator"};
    must(iss_path_join(stores->authority, stores->dir, "authority") &&
             iss_path_join(stores->root, stores->dir, "root"),
         stores, "path");
}

void stores_init(struct stores *stores, const struct iss_init *asked)
{
    struct iss *store = NULL;

    must(iss_init_with(&stores->env, asked, stores_make, stores, &store,
                       &stores->error) == ISS_OK,
         stores, "init");
    stores_close(stores, store);
}

void stores_new(struct stores *stores)
{
    char path[ISS_PATH_MAX + 16];

    stores_bare(stores);
    struct iss_init asked = stores_authority(stores);
    stores_init(stores, &asked);
    (void)snprintf(path, sizeof(path), "%s/anchors.pem", stores->authority);
    stores->anchors = unit_read_file(path, &stores->anchors_len);
    must(stores->anchors != NULL, stores, "anchors.pem");
    asked = stores_root(stores);
    stores_init(stores, &asked);
}

static int drop(const char *path, const struct stat *st, int type,
                struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void stores_free(struct stores *stores)
{
    enum { FDS = 16 };

    (void)nftw(stores->dir, drop, FDS, FTW_DEPTH | FTW_PHYS);
    free(stores->anchors);
    free(stores->dir);
}

struct iss *stores_open(struct stores *stores, const char *dir)
{
    struct iss *store = NULL;

    must(iss_open(&stores->env, dir, 0, &store, &stores->error) == ISS_OK,
         stores, "open");
    return store;
}

void stores_close(struct stores *stores, struct iss *store)
{
    must(iss_close(store, &stores->error) == ISS_OK, stores, "close");
}

void stores_export(struct stores *stores, struct iss_request *request)
{
    struct iss *store = stores_open(stores, stores->root);

    must(iss_export(store, ISS_ENROLL, request, &stores->error) == ISS_OK,
         stores, "export");
    stores_close(stores, store);
}

void stores_enroll(struct stores *stores)
{
    stores_pass(stores, ISS_ENROLL);
}

void stores_pass(struct stores *stores, enum iss_op op)
{
    struct iss_request request;
    struct iss_answer answer;
    struct iss_import import;
    struct iss *asking = stores_open(stores, stores->root);

    must(iss_export_with(
             asking,
             &(struct iss_asking){.op = op, .make = stores_make, .arg = stores},
             &request, &stores->error) == ISS_OK,
         stores, "export");
    stores_close(stores, asking);
    must(stores_issue(stores, &request, &answer) == ISS_OK, stores, "issue");
    struct iss *root = stores_open(stores, stores->root);
    must(iss_import_check(root, answer.response, answer.response_len, &import,
                          &stores->error) == ISS_OK &&
             iss_import_take(root, &import,
                             op == ISS_REKEY ? ISS_ACCEPT_CHANGE : 0,
                             &stores->error) == ISS_OK,
         stores, "import");
    stores_close(stores, root);
    iss_import_clear(&import);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
}

unsigned stores_records(struct stores *stores, const char *dir, unsigned type)
{
    struct iss *store = stores_open(stores, dir);
    struct counter counter = {.type = type};

    must(iss_log_each(store, 1, 0, count_record, &counter, &stores->error) ==
             ISS_OK,
         stores, "log");
    stores_close(stores, store);
    return counter.found;
}

struct iss_order stores_order(const struct iss_request *request)
{
    return (struct iss_order){.text = request->text,
                              .len = request->len,
                              .proof = request->proof,
                              .proof_len = request->proof_len,
                              .policy = policy,
                              .policy_len = sizeof(policy) - 1};
}

enum iss_status stores_issue(struct stores *stores,
                             const struct iss_request *request,
                             struct iss_answer *answer)
{
    const struct iss_order order = stores_order(request);
    struct iss *store = stores_open(stores, stores->authority);

    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_issue(store, &order, answer, &stores->error);
    struct iss_error closing = {.status = ISS_OK};
    must(iss_close(store, &closing) == ISS_OK, stores, "close");
    return status;
}

/* ---- requests that no store has made ------------------------------------ */

static void forge(struct stores *stores, const char *dir,
                  enum iss_purpose purpose, unsigned n, struct forged *forged)
{
    struct iss *store = stores_open(stores, dir);
    struct enroll_key issuer;

    memset(forged, 0, sizeof(*forged));
    forged->key = pair(n, POOL_BITS);
    forged->signer = forged->key;
    must(iss_key_public(forged->key, &forged->fields.key, &stores->error) ==
                 ISS_OK &&
             iss_handle_public(store, purpose, &issuer, &stores->error) ==
                 ISS_OK &&
             iss_key_hash(&issuer, forged->pop.issuers[0], &stores->error) ==
                 ISS_OK,
         stores, "key");
    stores_close(stores, store);
    (void)snprintf(forged->fields.guid, sizeof(forged->fields.guid),
                   "{00000000-0000-4000-8000-0000000000%02u}", n);
    (void)snprintf(forged->fields.name, sizeof(forged->fields.name), "S%02u",
                   n);
    (void)snprintf(forged->fields.url, sizeof(forged->fields.url),
                   "https://s%02u.example/_wmcs", n);
    memcpy(forged->fields.sku, "sku", sizeof("sku"));
    memcpy(forged->fields.version, "1.0", sizeof("1.0"));
    forged->pop.issuer_count = 1;
    forged->pop.never_extractable = true;
    forged->pop.always_sensitive = true;
    forged->pop.created = stores->now;
    forged->pop.expires = stores->now + 3600;
    memset(forged->pop.nonce, (int)n, sizeof(forged->pop.nonce));
}

void stores_forge(struct stores *stores, unsigned n, struct forged *forged)
{
    forge(stores, stores->authority, ISS_KEY_ESC, n, forged);
}

void stores_forge_sub(struct stores *stores, unsigned n, struct forged *forged)
{
    forge(stores, stores->root, ISS_KEY_LICENSOR, n, forged);
    forged->pop.op = ISS_SUB_ENROLL;
}

void stores_forge_next(struct stores *stores, struct forged *forged,
                       enum iss_op op, const struct iss_answer *before)
{
    iss_request_clear(&forged->out);
    forged->pop.op = op;
    forged->pop.has_predecessor = true;
    memcpy(forged->pop.predecessor, before->body_hash, ISS_HASH_SIZE);
    forged->pop.created = stores->now;
    forged->pop.expires = stores->now + 3600;
    forged->pop.nonce[1]++;
}

enum iss_status stores_serve(struct stores *stores, const struct forged *forged,
                             const char *as, int days,
                             struct iss_answer *answer)
{
    struct iss *root = stores_open(stores, stores->root);
    struct iss_order order = stores_order(&forged->out);

    order.as = as;
    order.days = days;
    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_issue(root, &order, answer, &stores->error);
    struct iss_error closing = {.status = ISS_OK};
    must(iss_close(root, &closing) == ISS_OK, stores, "close");
    return status;
}

struct newest {
    unsigned type;
    char *out;
};

static bool keep_newest(void *arg, const struct iss_record *record)
{
    struct newest *newest = arg;
    size_t used = 0;

    for (size_t i = 0; record->type == newest->type && i < record->field_count;
         i++) {
        const struct iss_field *field = &record->fields[i];
        char *at = newest->out + used;
        const size_t room = STORES_RECORD - used;
        uint64_t number = 0;
        int n = 0;

        for (size_t j = 0; field->number && j < field->len; j++)
            number = number << 8 | field->value[j];
        if (field->number)
            n = snprintf(at, room, "%s=%llu;", field->name,
                         (unsigned long long)number);
        else if (field->text)
            n = snprintf(at, room, "%s=%.*s;", field->name, (int)field->len,
                         (const char *)field->value);
        else
            n = snprintf(at, room, "%s=#%zu;", field->name, field->len);
        used += (size_t)n < room ? (size_t)n : room - 1;
    }
    return true;
}

void stores_newest(struct stores *stores, const char *dir, unsigned type,
                   char out[static STORES_RECORD])
{
    struct newest newest = {.type = type, .out = out};
    struct iss *store = stores_open(stores, dir);

    out[0] = '\0';
    must(iss_log_each(store, 1, 0, keep_newest, &newest, &stores->error) ==
             ISS_OK,
         stores, "log");
    stores_close(stores, store);
}

void stores_list(struct stores *stores, const char *text)
{
    char path[ISS_PATH_MAX];

    must(iss_path_join(path, stores->root, "acl") &&
             iss_publish(path, text, strlen(text), ISS_PUBLISH_FORCE,
                         &stores->error) == ISS_OK,
         stores, "acl");
}

/* Signs what is there and puts the line behind it. */
static void sign(struct stores *stores, struct iss_request *out,
                 const char *who, EVP_PKEY *key)
{
    char line[ISS_SIG_LINE_SIZE];
    struct enroll_key numbers;
    uint8_t sig[XRML_MODULUS_MAX];
    size_t len = 0;
    char *longer = NULL;

    must(iss_key_sign(&stores->env, key, (const uint8_t *)out->proof,
                      out->proof_len, sig, &len, &stores->error) == ISS_OK &&
             iss_key_public(key, &numbers, &stores->error) == ISS_OK &&
             iss_note_sig_print(who, &numbers, sig, len, line,
                                &stores->error) == ISS_OK,
         stores, "sign");
    int n = asprintf(&longer, "%s%s", out->proof, line);
    must(n > 0, stores, "memory");
    free(out->proof);
    out->proof = longer;
    out->proof_len = (size_t)n;
}

void stores_forged_print(struct stores *stores, struct forged *forged)
{
    struct iss_request *out = &forged->out;
    char *whole = NULL;

    must(enroll_request_print(&forged->fields, &out->text, &out->len,
                              &stores->error) == ISS_OK &&
             (forged->keep_request ||
              iss_sha256(out->text, out->len, forged->pop.request,
                         &stores->error) == ISS_OK) &&
             iss_pop_print(&forged->pop, &out->proof, &out->proof_len,
                           &stores->error) == ISS_OK,
         stores, "request");
    sign(stores, out, "subject", forged->signer);
    if (forged->old != NULL)
        sign(stores, out, "licensor", forged->old);
    if (forged->identity != NULL)
        sign(stores, out, "identity", forged->identity);
    must(asprintf(&whole, "%send\n", out->proof) > 0, stores, "memory");
    free(out->proof);
    out->proof = whole;
    out->proof_len = strlen(whole);
}

void stores_forged_clear(struct forged *forged)
{
    EVP_PKEY_free(forged->key);
    iss_request_clear(&forged->out);
}
