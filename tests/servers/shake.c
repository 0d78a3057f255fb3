/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A load of TLS handshakes: full ones, no session is resumed, each checked
 * against the CA and the very certificate, each with a request answered.
 *
 * usage: shake [-t THREADS] [-n COUNT | -s SECONDS] [-p PROTOCOL] [-m]
 *              PORT CA-FILE CERTIFICATE...
 *   -n  handshakes in all, 100 if neither is given
 *   -s  seconds to go on
 *   -p  1.2 or 1.3; without it they take turns
 *   -m  no request is sent: the far end of the line speaks first
 * Each CERTIFICATE is asked for in turn, by the signature algorithms that its
 * key has. Prints the count of handshakes and errors; exit 1 if any failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { CERTIFICATES = 4, THREADS = 64, ANSWER_SECONDS = 20, SHOWN_ERRORS = 5 };

struct target {
    X509 *cert;
    SSL_CTX *tls[2]; /* 1.2, 1.3 */
};

struct load {
    struct sockaddr_in address;
    struct target targets[CERTIFICATES];
    size_t count;
    size_t first_protocol, protocols;
    unsigned long wanted; /* 0: until the end */
    time_t end;
    bool listens;
    atomic_ulong started, done, failed;
};

/* Not constant: libssl's macros cast them to char *. */
static char host[] = "localhost";
static char rsa_algorithms[] = "RSA-PSS+SHA256:RSA+SHA256";
static char ec_algorithms[] = "ECDSA+SHA256";

/* ---- one handshake ----------------------------------------------------- */

static void say(struct load *load, const char *what)
{
    char text[256] = "";
    unsigned long error = ERR_peek_error();

    if (atomic_fetch_add(&load->failed, 1) >= SHOWN_ERRORS)
        return;
    if (error != 0)
        ERR_error_string_n(error, text, sizeof(text));
    fprintf(stderr, "shake: %s: %s\n", what,
            error != 0 ? text : strerror(errno));
}

static int dial(const struct load *load)
{
    const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd, (const struct sockaddr *)&load->address,
                sizeof(load->address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool exchange(const struct load *load, SSL *ssl)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char answer[4096];

    if (!load->listens &&
        SSL_write(ssl, request, (int)sizeof(request) - 1) <= 0)
        return false;
    return SSL_read(ssl, answer, sizeof(answer)) > 0;
}

static const char *shake_on(const struct load *load, SSL *ssl,
                            const X509 *wanted)
{
    X509 *shown;
    int differs;

    if (SSL_connect(ssl) != 1)
        return "handshake";
    shown = SSL_get1_peer_certificate(ssl);
    differs = shown == NULL || X509_cmp(shown, wanted) != 0;
    X509_free(shown);
    if (differs)
        return "another certificate";
    if (!exchange(load, ssl))
        return "no answer";
    (void)SSL_shutdown(ssl);
    return NULL;
}

static void shake(struct load *load, struct target *target, size_t protocol)
{
    const char *problem = "connection";
    SSL *ssl = NULL;
    int fd;

    ERR_clear_error();
    fd = dial(load);
    if (fd >= 0) {
        ssl = SSL_new(target->tls[protocol]);
        problem = ssl != NULL && SSL_set_fd(ssl, fd) == 1 &&
                          SSL_set_tlsext_host_name(ssl, host) == 1
                      ? shake_on(load, ssl, target->cert)
                      : "memory";
    }
    if (problem != NULL) {
        say(load, problem);
    } else {
        atomic_fetch_add(&load->done, 1);
    }
    SSL_free(ssl);
    if (fd >= 0)
        close(fd);
}

/* ---- many -------------------------------------------------------------- */

static bool goes_on(const struct load *load, unsigned long n)
{
    return load->wanted != 0 ? n < load->wanted : time(NULL) < load->end;
}

static void *work(void *arg)
{
    struct load *load = arg;
    unsigned long n = atomic_fetch_add(&load->started, 1);

    for (; goes_on(load, n); n = atomic_fetch_add(&load->started, 1)) {
        const unsigned long turn = n / load->count;

        shake(load, &load->targets[n % load->count],
              load->first_protocol + turn % load->protocols);
    }
    return NULL;
}

static bool run(struct load *load, size_t threads)
{
    pthread_t ids[THREADS];
    size_t count = 0;

    while (count < threads &&
           pthread_create(&ids[count], NULL, work, load) == 0)
        count++;
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(ids[i], NULL);
    return count == threads;
}

/* ---- setting up -------------------------------------------------------- */

static X509 *read_certificate(const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    X509 *cert =
        file != NULL ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;

    BIO_free(file);
    return cert;
}

static SSL_CTX *new_tls(const char *ca, const X509 *cert, int version)
{
    const bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(cert), "RSA") == 1;
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (tls == NULL || SSL_CTX_load_verify_locations(tls, ca, NULL) != 1 ||
        SSL_CTX_set_min_proto_version(tls, version) != 1 ||
        SSL_CTX_set_max_proto_version(tls, version) != 1 ||
        SSL_CTX_set1_sigalgs_list(tls, rsa ? rsa_algorithms : ec_algorithms) !=
            1) {
        SSL_CTX_free(tls);
        return NULL;
    }
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    return tls;
}

static bool add_target(struct load *load, const char *ca, const char *path)
{
    struct target *target = &load->targets[load->count];

    target->cert = read_certificate(path);
    if (target->cert == NULL)
        return false;
    load->count++;
    target->tls[0] = new_tls(ca, target->cert, TLS1_2_VERSION);
    target->tls[1] = new_tls(ca, target->cert, TLS1_3_VERSION);
    return target->tls[0] != NULL && target->tls[1] != NULL;
}

static unsigned long number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    return *end == '\0' ? value : 0;
}

static bool read_option(struct load *load, size_t *threads, int option)
{
    switch (option) {
    case 't':
        *threads = number(optarg);
        break;
    case 'n':
        load->wanted = number(optarg);
        break;
    case 's':
        load->wanted = 0;
        load->end = time(NULL) + (time_t)number(optarg);
        break;
    case 'p':
        load->protocols = 1;
        load->first_protocol = strcmp(optarg, "1.3") == 0 ? 1 : 0;
        break;
    case 'm':
        load->listens = true;
        break;
    default:
        return false;
    }
    return *threads >= 1 && *threads <= THREADS;
}

static bool read_arguments(struct load *load, size_t *threads, int argc,
                           char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "t:n:s:p:m")) != -1) {
        if (!read_option(load, threads, option))
            return false;
    }
    if (argc - optind < 3 || argc - optind > 2 + CERTIFICATES)
        return false;
    load->address.sin_family = AF_INET;
    load->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load->address.sin_port = htons((uint16_t)number(argv[optind]));
    for (int i = optind + 2; i < argc; i++) {
        if (!add_target(load, argv[optind + 1], argv[i])) {
            ERR_print_errors_fp(stderr);
            return false;
        }
    }
    return true;
}

static void clear(struct load *load)
{
    for (size_t i = 0; i < load->count; i++) {
        X509_free(load->targets[i].cert);
        SSL_CTX_free(load->targets[i].tls[0]);
        SSL_CTX_free(load->targets[i].tls[1]);
    }
}

int main(int argc, char **argv)
{
    static struct load load = {.wanted = 100, .protocols = 2};
    struct timespec from, to;
    size_t threads = 4;
    double seconds;
    bool ran;

    if (!read_arguments(&load, &threads, argc, argv)) {
        fprintf(stderr, "usage: shake [-t THREADS] [-n COUNT | -s SECONDS] "
                        "[-p 1.2|1.3] [-m] PORT CA-FILE CERTIFICATE...\n");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &from);
    ran = run(&load, threads);
    clock_gettime(CLOCK_MONOTONIC, &to);
    seconds = (double)(to.tv_sec - from.tv_sec) +
              (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("%lu handshakes, %lu errors, %.1f s\n", atomic_load(&load.done),
           atomic_load(&load.failed), seconds);
    clear(&load);
    return ran && atomic_load(&load.failed) == 0 && atomic_load(&load.done) > 0
               ? 0
               : 1;
}
