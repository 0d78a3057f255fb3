/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the flows about more than one key's operation: listing, generating,
 * files, processes, threads, lost tokens, unloading. */
#include "sweep.h"

#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 3, SIGNATURES = 2, PEM_MAX = 4096, SIG_MAX = 512 };

/* ---- listing ----------------------------------------------------------- */

static void note(char list[static LIST_MAX], const OSSL_STORE_INFO *info)
{
    const char *what =
        OSSL_STORE_INFO_type_string(OSSL_STORE_INFO_get_type(info));
    size_t used = strlen(list);
    EVP_PKEY *key = OSSL_STORE_INFO_get0_PKEY(info);

    if (key == NULL)
        key = OSSL_STORE_INFO_get0_PUBKEY(info);
    (void)snprintf(list + used, LIST_MAX - used, "%s %s\n", what,
                   key != NULL ? EVP_PKEY_get0_type_name(key) : "-");
}

enum verdict flow_list(struct run *run)
{
    char list[LIST_MAX] = "";
    bool good;
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex("pkcs11:token=fault?pin-value=1234", run->libctx,
                           NULL, NULL, NULL, NULL, NULL, NULL);

    if (store == NULL)
        return FAILED;
    while (OSSL_STORE_eof(store) == 0) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info == NULL)
            break;
        note(list, info);
        OSSL_STORE_INFO_free(info);
    }
    good = OSSL_STORE_error(store) == 0;
    good = OSSL_STORE_close(store) == 1 && good;
    if (run->dry)
        memcpy(run->shared->list, list, sizeof(list));
    if (!good || ERR_peek_error() != 0)
        return FAILED;
    return strcmp(list, run->shared->list) == 0 && list[0] != '\0' ? RIGHT
                                                                   : WRONG;
}

/* ---- generating -------------------------------------------------------- */

/* The public half, by way of its encoding. Returns new, or NULL. */
static EVP_PKEY *software_copy(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    const unsigned char *at = der;
    EVP_PKEY *copy = len > 0 ? d2i_PUBKEY(NULL, &at, len) : NULL;

    OPENSSL_free(der);
    return copy;
}

static enum verdict sign_by(struct run *run, EVP_PKEY *key)
{
    static const unsigned char text[] = "by a new key";
    unsigned char sig[SIG_MAX];
    size_t len = sizeof(sig);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY *copy;
    bool good = EVP_DigestSignInit_ex(ctx, NULL, "SHA256", run->libctx, NULL,
                                      key, NULL) == 1 &&
                EVP_DigestSign(ctx, sig, &len, text, sizeof(text)) == 1;

    EVP_MD_CTX_free(ctx);
    if (!good)
        return FAILED;
    copy = software_copy(key);
    if (copy == NULL)
        return FAILED;
    (void)ERR_set_mark();
    ctx = EVP_MD_CTX_new();
    good = EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, copy,
                                   NULL) == 1 &&
           EVP_DigestVerify(ctx, sig, len, text, sizeof(text)) == 1;
    (void)ERR_pop_to_mark();
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(copy);
    return good ? RIGHT : WRONG;
}

enum verdict flow_generate(struct run *run)
{
    char uri[128];
    unsigned bits = 1024;
    OSSL_PARAM params[3] = {OSSL_PARAM_construct_uint("bits", &bits)};
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(run->libctx, "RSA", "provider=privyseal");
    EVP_PKEY *key = NULL;
    enum verdict verdict = FAILED;

    (void)snprintf(uri, sizeof(uri),
                   "pkcs11:token=fault;object=new%u?pin-value=1234",
                   ++run->serial);
    params[1] = OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0);
    params[2] = OSSL_PARAM_construct_end();
    if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
        EVP_PKEY_generate(ctx, &key) == 1) {
        run->made = true;
        verdict = sign_by(run, key);
    }
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return verdict;
}

/* ---- files ------------------------------------------------------------- */

static enum verdict read_pem(struct run *run, const char *text, int len)
{
    BIO *in = BIO_new_mem_buf(text, len);

    run->pem_key =
        PEM_read_bio_PrivateKey_ex(in, NULL, NULL, NULL, run->libctx, NULL);
    BIO_free(in);
    return run->pem_key != NULL ? RIGHT : FAILED;
}

/* The file that names the key; its PIN is that of the configuration. */
enum verdict flow_pem(struct run *run)
{
    BIO *out = NULL;
    char *text = NULL;
    long len;
    enum verdict verdict;

    if (run->pem_key == NULL) {
        verdict = flow_load(run, KEY_RSA);
        if (verdict != RIGHT)
            return verdict;
        out = BIO_new(BIO_s_mem());
        if (PEM_write_bio_PrivateKey_ex(out, run->key, NULL, NULL, 0, NULL,
                                        NULL, run->libctx, NULL) != 1) {
            BIO_free(out);
            return FAILED;
        }
        len = BIO_get_mem_data(out, &text);
        verdict = read_pem(run, text, (int)len);
        BIO_free(out);
        if (verdict != RIGHT)
            return verdict;
    }
    return flow_sign(run, run->pem_key, KEY_RSA);
}

/* ---- processes --------------------------------------------------------- */

/* The child answers by its exit code, the verdict; 9 for a false count of
 * errors. */
enum verdict flow_fork(struct run *run)
{
    enum verdict verdict = flow_load(run, KEY_RSA);
    int status = 0;
    pid_t child;

    if (verdict == RIGHT)
        verdict = flow_sign(run, run->key, KEY_RSA);
    if (verdict != RIGHT)
        return verdict;
    child = fork();
    if (child == 0) {
        verdict = flow_sign(run, run->key, KEY_RSA);
        sweep_note_counts(run->shared);
        if ((verdict == FAILED) != (ERR_peek_error() != 0))
            _exit(9);
        _exit((int)verdict);
    }
    if (child < 0 || waitpid(child, &status, 0) != child ||
        !WIFEXITED(status) || WEXITSTATUS(status) == WRONG ||
        WEXITSTATUS(status) == 9)
        return WRONG;
    verdict = flow_sign(run, run->key, KEY_RSA);
    if (verdict == RIGHT && WEXITSTATUS(status) == FAILED)
        ERR_raise_data(ERR_LIB_USER, 1, "the child failed");
    return verdict == RIGHT ? (enum verdict)WEXITSTATUS(status) : verdict;
}

/* ---- threads ----------------------------------------------------------- */

struct worker {
    pthread_t thread;
    struct run *run;
    enum verdict verdict;
    unsigned errors;
    char text[200]; /* of the first */
};

static void *work(void *arg)
{
    struct worker *worker = arg;
    const char *data = NULL;

    for (int i = 0; i < SIGNATURES && worker->verdict == RIGHT; i++)
        worker->verdict = flow_sign(worker->run, worker->run->key, KEY_RSA);
    while (ERR_get_error_all(NULL, NULL, NULL, &data, NULL) != 0) {
        if (worker->errors++ == 0)
            (void)snprintf(worker->text, sizeof(worker->text), "%s", data);
    }
    return NULL;
}

enum verdict flow_threads(struct run *run)
{
    struct worker workers[THREADS];
    enum verdict verdict = flow_load(run, KEY_RSA);

    if (verdict != RIGHT)
        return verdict;
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.run = run, .verdict = RIGHT};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return WRONG;
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        if (workers[i].verdict == WRONG)
            verdict = WRONG;
        if ((workers[i].verdict == FAILED) != (workers[i].errors == 1))
            verdict = WRONG;
        if (workers[i].verdict == FAILED && verdict == RIGHT) {
            verdict = FAILED; /* one for all */
            ERR_raise_data(ERR_LIB_USER, 1, "a thread: %s", workers[i].text);
        }
    }
    return verdict;
}

/* ---- lost tokens ------------------------------------------------------- */

enum verdict flow_reconnect(struct run *run)
{
    const struct timespec pause = {.tv_nsec = 60000000};
    enum verdict verdict = flow_load(run, KEY_RSA);

    if (verdict == RIGHT)
        verdict = flow_sign(run, run->key, KEY_RSA);
    if (verdict != RIGHT)
        return verdict;
    module.remove();
    verdict = flow_sign(run, run->key, KEY_RSA);
    module.insert();
    if (verdict != FAILED)
        return WRONG;
    /* Looks for lost tokens are not made at every call. */
    for (int i = 0; i < 5 && verdict == FAILED; i++) {
        ERR_clear_error();
        (void)nanosleep(&pause, NULL);
        verdict = flow_sign(run, run->key, KEY_RSA);
    }
    return verdict;
}

enum verdict flow_reload(struct run *run)
{
    enum verdict verdict = flow_load(run, KEY_RSA);

    if (verdict == RIGHT)
        verdict = flow_sign(run, run->key, KEY_RSA);
    EVP_PKEY_free(run->key);
    run->key = NULL;
    if (verdict != RIGHT)
        return verdict;
    OSSL_LIB_CTX_free(run->libctx);
    run->libctx = world_context();
    if (run->libctx == NULL)
        return WRONG;
    verdict = flow_load(run, KEY_RSA);
    return verdict == RIGHT ? flow_sign(run, run->key, KEY_RSA) : verdict;
}
