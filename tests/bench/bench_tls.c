/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of a TLS 1.3 server a full handshake; the client is another thread
 * of the same process and not counted.
 *   title tls bridge cpu_us min max ratio errors
 * ratio: to the first bridge, of the same round.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "contest.h"

enum { ROUNDS_MAX = 64, HANDSHAKES = 40, DAY = 86400 };

struct server {
    SSL_CTX *ctx, *client;
    int ends[2];
    unsigned errors;
};

struct slice { /* what a process reports of one round */
    double cpu_us, errors;
};

static double thread_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static X509 *certificate(EVP_PKEY *key, OSSL_LIB_CTX *context)
{
    X509 *cert = X509_new_ex(context, NULL);
    X509_NAME *name = X509_get_subject_name(cert);

    if (X509_set_version(cert, 2) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(cert), DAY) != NULL &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   (const unsigned char *)"localhost", -1, -1,
                                   0) == 1 &&
        X509_set_issuer_name(cert, name) == 1 &&
        X509_set_pubkey(cert, key) == 1 &&
        X509_sign(cert, key, EVP_sha256()) > 0)
        return cert;
    X509_free(cert);
    return NULL;
}

static bool server_new(struct server *server, EVP_PKEY *key,
                       OSSL_LIB_CTX *context)
{
    X509 *cert = certificate(key, context);
    bool ok;

    server->ctx = SSL_CTX_new_ex(context, NULL, TLS_server_method());
    server->client = SSL_CTX_new(TLS_client_method());
    ok = cert != NULL && server->ctx != NULL && server->client != NULL &&
         SSL_CTX_use_certificate(server->ctx, cert) == 1 &&
         SSL_CTX_use_PrivateKey(server->ctx, key) == 1 &&
         SSL_CTX_set_num_tickets(server->ctx, 0) == 1;
    X509_free(cert);
    if (!ok)
        ERR_print_errors_fp(stderr);
    return ok;
}

static void *run_client(void *arg)
{
    struct server *server = arg;

    for (int i = 0; i < HANDSHAKES; i++) {
        SSL *ssl = SSL_new(server->client);
        char octet;

        if (ssl == NULL || SSL_set_fd(ssl, server->ends[1]) != 1 ||
            SSL_connect(ssl) != 1 || SSL_read(ssl, &octet, 1) != 1)
            server->errors++;
        SSL_free(ssl);
    }
    return NULL;
}

static struct slice run(struct server *server)
{
    struct slice slice = {0, 0};
    pthread_t client;
    double start;

    server->errors = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, server->ends) != 0 ||
        pthread_create(&client, NULL, run_client, server) != 0)
        return (struct slice){-1, 1};
    start = thread_us();
    for (int i = 0; i < HANDSHAKES; i++) {
        SSL *ssl = SSL_new(server->ctx);

        if (ssl == NULL || SSL_set_fd(ssl, server->ends[0]) != 1 ||
            SSL_accept(ssl) != 1 || SSL_write(ssl, "x", 1) != 1)
            slice.errors++;
        SSL_free(ssl);
        if (slice.errors > 0)
            break;
    }
    slice.cpu_us = (thread_us() - start) / HANDSHAKES;
    (void)shutdown(server->ends[0], SHUT_RDWR);
    (void)pthread_join(client, NULL);
    slice.errors += server->errors;
    (void)close(server->ends[0]);
    (void)close(server->ends[1]);
    return slice;
}

static pid_t start(const struct contest *contest,
                   const struct bench_bridge *bridge, int *to, int *from)
{
    int there[2], back[2];
    pid_t pid;

    if (pipe(there) != 0 || pipe(back) != 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        struct server server = {0};
        OSSL_LIB_CTX *context = NULL;
        void *key = bridge->open(&contest->target);
        EVP_PKEY *evp = key != NULL ? bridge->evp(key, &context) : NULL;
        char turn;

        (void)close(there[1]);
        if (evp == NULL || !server_new(&server, evp, context))
            _exit(1);
        while (read(there[0], &turn, 1) == 1) {
            const struct slice slice = run(&server);

            if (write(back[1], &slice, sizeof(slice)) < 0)
                break;
        }
        _exit(0);
    }
    (void)close(there[0]);
    (void)close(back[1]);
    *to = there[1];
    *from = back[0];
    return pid;
}

int main(int argc, char **argv)
{
    static double us[CONTEST_BRIDGES][ROUNDS_MAX];
    static double ratio[CONTEST_BRIDGES][ROUNDS_MAX];
    double errors[CONTEST_BRIDGES] = {0};
    int to[CONTEST_BRIDGES] = {0}, from[CONTEST_BRIDGES] = {0};
    pid_t pids[CONTEST_BRIDGES] = {0};
    struct contest contest;
    size_t rounds;

    contest_start(&contest, argc, argv);
    contest_end(&contest);
    rounds = contest.rounds < ROUNDS_MAX ? (size_t)contest.rounds : ROUNDS_MAX;
    for (size_t i = 0; i < contest.count; i++) {
        if (contest.entrants[i].bridge->evp != NULL)
            pids[i] =
                start(&contest, contest.entrants[i].bridge, &to[i], &from[i]);
    }
    for (size_t r = 0; r < rounds; r++) {
        for (size_t i = 0; i < contest.count; i++) {
            struct slice slice = {0, 1};

            if (to[i] == 0 || write(to[i], "t", 1) != 1 ||
                read(from[i], &slice, sizeof(slice)) < 1)
                slice.errors = 1;
            errors[i] += slice.errors;
            us[i][r] = slice.cpu_us;
            ratio[i][r] = slice.cpu_us / us[0][r];
        }
    }
    for (size_t i = 0; i < contest.count; i++) {
        const double median = contest_median(us[i], rounds);

        if (pids[i] > 0 && kill(pids[i], SIGKILL) == 0)
            (void)waitpid(pids[i], NULL, 0);
        (void)printf("%s\ttls\t%s\t%.1f\t%.1f\t%.1f\t%.3f\t%.0f\n",
                     contest.title, contest.entrants[i].bridge->name, median,
                     us[i][0], us[i][rounds - 1],
                     contest_median(ratio[i], rounds), errors[i]);
    }
    return contest.count == 0;
}
