/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a key by a PEM file that names its URI: token calls and time.
 *   title pem bridge us C_GetAttributeValue C_FindObjectsInit all-calls
 * The file is --file; only providers read it.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "contest.h"

static double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static EVP_PKEY *read_key(const char *name, OSSL_LIB_CTX *context)
{
    FILE *file = fopen(name, "r");
    EVP_PKEY *key = NULL;

    if (file != NULL) {
        key = PEM_read_PrivateKey_ex(file, NULL, NULL, NULL, context, NULL);
        (void)fclose(file);
    }
    return key;
}

static int measure(const struct contest *contest,
                   const struct bench_bridge *bridge)
{
    static const char *const functions[] = {"C_GetAttributeValue",
                                            "C_FindObjectsInit", "*"};
    enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };
    const struct bench_target *target = &contest->target;
    double calls[FUNCTIONS], us = 0;
    OSSL_LIB_CTX *context = NULL;
    void *key = bridge->open(target);
    EVP_PKEY *found;

    if (key == NULL || bridge->evp == NULL ||
        bridge->evp(key, &context) == NULL)
        return 1;
    for (int i = 0; i < FUNCTIONS; i++)
        calls[i] = contest_calls(target, functions[i]);
    us = now_us();
    found = read_key(target->file, context);
    us = now_us() - us;
    for (int i = 0; i < FUNCTIONS; i++)
        calls[i] = contest_calls(target, functions[i]) - calls[i];
    if (found == NULL)
        return 1;
    EVP_PKEY_free(found);
    (void)printf("%s\tpem\t%s\t%.1f\t%.0f\t%.0f\t%.0f\n", contest->title,
                 bridge->name, us, calls[0], calls[1], calls[2]);
    (void)fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    struct contest contest;

    contest_start(&contest, argc, argv);
    contest_end(&contest);
    for (size_t i = 0; i < contest.count; i++) {
        const pid_t pid = fork();

        if (pid == 0)
            _exit(measure(&contest, contest.entrants[i].bridge));
        (void)waitpid(pid, NULL, 0);
    }
    return contest.count == 0;
}
