/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two laws of the access list for acl_properties.py.
 *   acl_properties cut STEP        standard input: "FILE n" and n octets, again
 *       and again: of every proper prefix (of each STEP-th, and the last 64)
 *       none is a list
 *   acl_properties swap COUNT DIR  COUNT decisions of a file that another
 *       process replaces by rename about a thousand times a second
 * Exit 0 and a line of figures, or 1 and the case that broke the law.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "issuer/acl.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum {
    VERSIONS = 8,
    PAD = 20000, /* octets more a version */
    PATH_SIZE = 4096,
    TAIL = 64,
    DAY = 86400,
    REFUSED_MAX = 20 /* times the decisions */
};

static const int64_t now = INT64_C(1800000000);

/* ---- prefixes ----------------------------------------------------------- */

static bool is_list(const char *text, size_t len, const char **why)
{
    static struct iss_error error;
    struct iss_acl *acl = NULL;
    const bool valid = iss_acl_parse("acl", text, len, &acl, &error) == ISS_OK;

    *why = error.text;
    iss_acl_free(acl);
    return valid;
}

static bool cut_one(const char *text, size_t len, size_t step, size_t *cuts)
{
    const char *why = "";

    if (!is_list(text, len, &why)) {
        (void)fprintf(stderr, "not a list itself: %s\n", why);
        return false;
    }
    for (size_t cut = len % step; cut < len;
         cut += len - cut <= TAIL ? 1 : step) {
        ++*cuts;
        if (!is_list(text, cut, &why) && why[0] != '\0')
            continue;
        (void)fprintf(stderr, "the first %zu octets are a list too:\n%s", cut,
                      text);
        return false;
    }
    return true;
}

static int run_cuts(size_t step)
{
    size_t files = 0, cuts = 0, size = 0;
    bool good = step > 0;

    while (good && scanf("FILE %zu", &size) == 1 && getchar() == '\n') {
        char *text = malloc(size + 1);

        good = text != NULL && fread(text, 1, size, stdin) == size;
        if (good) {
            text[size] = '\0';
            good = cut_one(text, size, step, &cuts);
        }
        files++;
        free(text);
    }
    (void)printf("%zu prefixes of %zu lists are none\n", cuts, files);
    return good && files > 0 ? 0 : 1;
}

/* ---- replaced meanwhile ------------------------------------------------- */

/* Odd versions allow for as many days as their number, even ones deny; the
 * rule is the line of its number, the size differs. */
static bool write_version(const char *path, unsigned version)
{
    FILE *file = fopen(path, "w");
    bool good = file != NULL;

    if (!good)
        return false;
    (void)fprintf(file, "privyseal-acl 1\nserial %u\n", version);
    for (unsigned i = 0; i < version; i++)
        (void)fprintf(file, "# %0*u\n", PAD / (int)(i + 1), 0U);
    (void)fprintf(file, "%s lab op=renew url=https://lic.example.com/_wmcs",
                  version % 2 == 1 ? "allow" : "deny");
    if (version % 2 == 1)
        (void)fprintf(file, " max-validity=%ud", version);
    (void)fputs("\nprincipal lab key-sha256:" HEX "\nend 3\n", file);
    good = ferror(file) == 0;
    return fclose(file) == 0 && good;
}

/* *swaps is shared with the reader. */
static void swap_forever(const char *path, const char *fresh,
                         atomic_size_t *swaps)
{
    static const struct timespec pause = {.tv_nsec = 700000};

    for (unsigned version = 0;; version = (version + 5) % VERSIONS) {
        if (!write_version(fresh, version) || rename(fresh, path) != 0)
            _exit(1);
        atomic_fetch_add(swaps, 1);
        (void)nanosleep(&pause, NULL);
    }
}

static struct iss_acl_decision decide(const struct iss_acl *acl)
{
    static const struct iss_acl_proof proof = {ISS_ACL_KEY_SHA256, HEX};
    static const struct iss_acl_question question = {
        .proofs = &proof,
        .proof_count = 1,
        .op = ISS_ACL_RENEW,
        .url = "https://lic.example.com/_wmcs",
        .guid = "{00000001-0000-4000-8000-000000000001}",
        .whose = ISS_ACL_GUID_OWN,
        .subject_key = HEX,
        .key_bits = 2048,
        .years = 1,
        .now = INT64_C(1800000000)};

    return iss_acl_decide(acl, &question, NULL, NULL);
}

static bool is_whole(const struct iss_acl *acl, size_t *seen)
{
    const struct iss_acl_decision d = decide(acl);
    const uint32_t version = iss_acl_serial(acl);
    const bool allows = version % 2 == 1;

    if (version >= VERSIONS || d.line != version + 3 ||
        d.cause != (allows ? ISS_ACL_ALLOWED : ISS_ACL_DENIED) ||
        d.until != (allows ? now + (int64_t)version * DAY : 0)) {
        (void)fprintf(stderr,
                      "version %" PRIu32 ": cause %d, line %u, until %" PRId64
                      "\n",
                      version, (int)d.cause, d.line, d.until);
        return false;
    }
    seen[version]++;
    return true;
}

/* A file that is replaced between its opening and its check is refused: that
 * denies, and is no decision of a version. */
static bool read_many(const char *path, size_t count, size_t *refused,
                      size_t *seen)
{
    struct iss_error error = {.status = ISS_OK};
    bool good = true;

    for (size_t done = 0; good && done < count;) {
        struct iss_acl *acl = NULL;
        char *text = NULL;
        size_t len = 0;
        const enum iss_status status = iss_acl_read(path, &text, &len, &error);

        if (status != ISS_OK) {
            good = status == ISS_REFUSED && ++*refused < count * REFUSED_MAX;
        } else {
            good = iss_acl_parse(path, text, len, &acl, &error) == ISS_OK &&
                   is_whole(acl, seen);
            done++;
        }
        if (!good)
            (void)fprintf(stderr, "%s\n", error.text);
        iss_acl_free(acl);
        free(text);
    }
    return good;
}

static int run_swaps(size_t count, const char *folder)
{
    size_t refused = 0, versions = 0, seen[VERSIONS] = {0};
    char path[PATH_SIZE], fresh[PATH_SIZE];
    atomic_size_t *swaps = mmap(NULL, sizeof(*swaps), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool good;
    pid_t child;

    (void)snprintf(path, sizeof(path), "%.4000s/acl", folder);
    (void)snprintf(fresh, sizeof(fresh), "%.4000s/fresh", folder);
    if (swaps == MAP_FAILED || !write_version(path, 1))
        return 1;
    child = fork();
    if (child < 0)
        return 1;
    if (child == 0)
        swap_forever(path, fresh, swaps);
    good = read_many(path, count, &refused, seen);
    good = waitpid(child, NULL, WNOHANG) == 0 && good; /* it still runs */
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    for (size_t i = 0; i < VERSIONS; i++)
        versions += seen[i] > 0;
    (void)printf(
        "%zu decisions, each of one whole version of %zu, over "
        "%zu replacements; %zu readings refused between two versions\n",
        count, versions, atomic_load(swaps), refused);
    return good && versions > 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "cut") == 0)
        return run_cuts(strtoul(argv[2], NULL, 10));
    if (argc == 4 && strcmp(argv[1], "swap") == 0)
        return run_swaps(strtoul(argv[2], NULL, 10), argv[3]);
    return 2;
}
