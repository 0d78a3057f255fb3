/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of reading and verifying.
 *
 *   bench_xrml [ANCHORS FILE...]
 *   bench_xrml --license ANCHORS FILE [THREADS]
 *
 * The first verifies the chain of the files with --legacy; then a use license
 * with its chain, made for it, in one thread and in as many as there are cores,
 * without and with a long revocation list; then the worst texts that the limits
 * let through or refuse. The second reads and verifies the license of a file
 * with the chain that stands there behind it, now, in one thread and in THREADS
 * (as many as cores). Prints microseconds an operation; judges nothing but that
 * the license is valid.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "issuer/enroll.h"
#include "issuer/xrml_revocation.h"
#include "licenses.h"
#include "unit.h"

enum { THREADS_MAX = 256, LICENSES = 2000, REVOKED = 1800 };
enum { ROUNDS = 200, ROOM = 2 * 1024 * 1024 + 4096 };

static double cpu_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void bench_chain(char **names, int count)
{
    const struct xrml_policy policy = {.legacy = true};
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;
    char *texts[XRML_CHAIN_DOCUMENTS + 1] = {NULL};
    size_t lens[XRML_CHAIN_DOCUMENTS + 1];
    double reading = 0;
    double verifying = 0;
    enum iss_status status = ISS_USAGE;

    for (int i = 0; i < count; i++)
        texts[i] = unit_read_file(names[i], &lens[i]);
    if (texts[0] == NULL ||
        xrml_anchors_parse(texts[0], lens[0], &anchors, NULL) != ISS_OK)
        count = 0;
    for (int round = 0; round < ROUNDS && count > 0; round++) {
        struct xrml_chain chain = {.count = 0};
        double start = cpu_us();
        for (int i = 1; i < count; i++)
            status = xrml_chain_append(&chain, texts[i], lens[i], 0, NULL);
        double read = cpu_us();
        status =
            xrml_chain_verify(NULL, &chain, anchors, &policy, &report, NULL);
        verifying += cpu_us() - read;
        reading += read - start;
        xrml_chain_clear(&chain);
    }
    (void)printf("chain of %d: status %d, read %.0f us, verify %.0f us\n",
                 count - 1, (int)status, reading / ROUNDS, verifying / ROUNDS);
    for (int i = 0; i < XRML_CHAIN_DOCUMENTS; i++)
        free(texts[i]);
    xrml_anchors_free(anchors);
}

/* ---- a license with its chain -----------------------------------------------
 */

static int cores(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (int)count;
}

struct license_work { /* what one thread does */
    const char *texts;
    size_t len;
    const struct xrml_anchors *anchors;
    struct xrml_policy policy;
    bool verify, read_anew;
    size_t valid, above; /* so many were; so many documents above the leaf */
    struct iss_error error;
};

static void *verify_licenses(void *arg)
{
    struct license_work *work = arg;
    struct xrml_chain chain = {.count = 0};
    struct xrml_report *report = calloc(1, sizeof(*report));

    for (size_t i = 0; report != NULL && i < LICENSES; i++) {
        enum iss_status status = ISS_OK;
        if (work->read_anew || chain.count == 0) {
            xrml_chain_clear(&chain);
            status = xrml_chain_append(&chain, work->texts, work->len, 0,
                                       &work->error);
        }
        if (status == ISS_OK && work->verify)
            status = xrml_chain_verify(NULL, &chain, work->anchors,
                                       &work->policy, report, &work->error);
        work->valid += status == ISS_OK;
    }
    work->above = chain.count > 0 ? chain.count - 1 : 0;
    xrml_chain_clear(&chain);
    free(report);
    return NULL;
}

static double wall_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static bool run_licenses(const char *what, const struct license_work *like,
                         int threads)
{
    static struct license_work works[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    size_t valid = 0;
    double cpu = cpu_us();
    double wall = wall_us();

    for (int i = 0; i < threads; i++) {
        works[i] = *like;
        if (pthread_create(&ids[i], NULL, verify_licenses, &works[i]) != 0)
            return false;
    }
    for (int i = 0; i < threads; i++) {
        (void)pthread_join(ids[i], NULL);
        valid += works[i].valid;
    }
    cpu = cpu_us() - cpu;
    wall = wall_us() - wall;
    if (valid != (size_t)threads * LICENSES) {
        (void)fprintf(stderr, "bench_xrml: %s: %s\n", what,
                      works[0].error.text);
        return false;
    }
    (void)printf("use license and %zu above it, %s, %d thread%s: %.0f us of "
                 "CPU each, %.0f a second\n",
                 works[0].above, what, threads, threads == 1 ? "" : "s",
                 cpu / (double)valid, (double)valid * 1e6 / wall);
    return true;
}

static struct xrml_revocations *long_list(void)
{
    static struct xrml_revoke revoked[REVOKED];
    static char ids[REVOKED][XRML_GUID_SIZE];
    struct xrml_revocations *set = NULL;
    struct xrml_document *document = NULL;
    struct license list;

    license_make(LICENSE_LIST, false, &list);
    for (int i = 0; i < REVOKED; i++) {
        (void)snprintf(ids[i], XRML_GUID_SIZE,
                       "{30000000-0000-0000-0000-%012d}", i);
        revoked[i] = (struct xrml_revoke){
            .kind = XRML_REVOKED_ID,
            .object = {.id_type = "MS-GUID", .id = ids[i]}};
    }
    list.fields.revoked = revoked;
    list.fields.revoked_count = REVOKED;
    char *text = license_text(&list);
    if (xrml_parse(text, strlen(text), NULL, &document, NULL) != ISS_OK ||
        xrml_revocations_new(&set, NULL) != ISS_OK ||
        xrml_revocations_add(set, NULL, document, NULL) != ISS_OK) {
        xrml_revocations_free(set);
        set = NULL;
    }
    xrml_document_free(document);
    free(text);
    return set;
}

/* A test, for the fixtures assert. */
static void a_license_verifies_each_time(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_anchors *anchors = hierarchy_anchors(ROOT_KEY);
    struct xrml_revocations *set = long_list();
    struct xrml_chain chain = {.count = 0};
    struct license ul;
    struct license *const licenses[] = {&ul};
    char *texts = calloc(1, XRML_CHAIN_MAX);
    size_t len = 0;

    hierarchy_rows(rows);
    license_make(LICENSE_UL, false, &ul);
    license_chain(licenses, 1, rows, SLC_ROW, &chain);
    for (size_t i = 0; texts != NULL && i < chain.count; i++) {
        size_t part = 0;
        const char *text = xrml_text(chain.documents[i], &part);
        memcpy(texts + len, text, part);
        len += part;
    }
    struct license_work work = {.texts = texts,
                                .len = len,
                                .anchors = anchors,
                                .policy = {.now = HIERARCHY_TIME},
                                .read_anew = true};
    bool good = texts != NULL && run_licenses("read", &work, 1);
    work.verify = true;
    good = good && run_licenses("read and verified", &work, 1) &&
           run_licenses("read and verified", &work, cores());
    work.read_anew = false;
    good = good && run_licenses("verified again", &work, 1) &&
           run_licenses("verified again", &work, cores());
    work.policy.revocations = set;
    good = good && set != NULL && run_licenses("again, 1800 revoked", &work, 1);
    xrml_chain_clear(&chain);
    xrml_revocations_free(set);
    xrml_anchors_free(anchors);
    free(texts);
    CU_ASSERT_TRUE(good);
}

static void bench_text(const char *before, const char *middle,
                       const char *after, size_t total)
{
    static char room[ROOM];
    static struct enroll_request request;
    struct xrml_chain chain = {.count = 0};
    struct xrml_document *document = NULL;
    size_t len = (size_t)snprintf(room, ROOM, "%s", before);

    while (len < total)
        len += (size_t)snprintf(room + len, ROOM - len, "%s", middle);
    len += (size_t)snprintf(room + len, ROOM - len, "%s", after);
    double start = cpu_us();
    enum iss_status first = xrml_parse(room, len, NULL, &document, NULL);
    double parsed = cpu_us();
    enum iss_status second =
        xrml_chain_append(&chain, room, len, XRML_PRETTY, NULL);
    double appended = cpu_us();
    enum iss_status third = enroll_request_parse(room, len, &request, NULL);
    double end = cpu_us();
    (void)printf("%7zu octets of \"%.12s\": document %.0f us (%d), pretty "
                 "%.0f us (%d), request %.0f us (%d)\n",
                 len, middle, parsed - start, (int)first, appended - parsed,
                 (int)second, end - appended, (int)third);
    xrml_document_free(document);
    xrml_chain_clear(&chain);
}

/* --license ANCHORS FILE [THREADS] */
static int bench_license(int count, char **words)
{
    struct license_work work = {.read_anew = true, .verify = true};
    struct xrml_anchors *anchors = NULL;
    struct iss_error error = {.text = "not read"};
    const long threads = count > 2 ? strtol(words[2], NULL, 10) : cores();
    char *texts[2] = {NULL};
    size_t lens[2];
    bool good = count >= 2 && threads >= 1 && threads <= THREADS_MAX;

    if (!good)
        (void)fprintf(stderr, "usage: bench_xrml --license ANCHORS FILE "
                              "[THREADS], 1 to 256\n");
    for (int i = 0; good && i < 2; i++) {
        texts[i] = unit_read_file(words[i], &lens[i]);
        if (texts[i] == NULL) {
            (void)fprintf(stderr, "bench_xrml: %s: not read\n", words[i]);
            good = false;
        }
    }
    if (good &&
        xrml_anchors_parse(texts[0], lens[0], &anchors, &error) != ISS_OK) {
        (void)fprintf(stderr, "bench_xrml: %s: %s\n", words[0], error.text);
        good = false;
    }
    if (good) {
        work.texts = texts[1];
        work.len = lens[1];
        work.anchors = anchors;
        work.policy.now = (int64_t)time(NULL);
        good = run_licenses("read and verified", &work, 1) &&
               run_licenses("read and verified", &work, (int)threads);
    }
    xrml_anchors_free(anchors);
    free(texts[0]);
    free(texts[1]);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct unit_test tests[] = {
        UNIT(a_license_verifies_each_time)};
    static const char frame[] =
        "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"a\">";
    static const char frame_end[] = "</BODY><SIGNATURE></SIGNATURE></XrML>";

    if (argc > 1 && strcmp(argv[1], "--license") == 0)
        return bench_license(argc - 2, argv + 2);
    if (argc > 2 && argc <= XRML_CHAIN_DOCUMENTS + 2)
        bench_chain(argv + 1, argc - 1);
    if (unit_main("bench_xrml", tests, 1, 1, argv) != 0)
        return 1;
    bench_text("", "<a>", "", 300000);
    bench_text("<a", " b=\"\"", ">", 700000);
    bench_text("<a>", "<b/>", "</a>", 2 * 1024 * 1024);
    bench_text(frame, "<a/>", frame_end, 250000);
    bench_text(frame,
               "<a b=\"\" c=\"\" d=\"\" e=\"\" f=\"\" g=\"\" h=\"\" i=\"\"/>",
               frame_end, 250000);
    bench_text(frame, "<a>&lt;</a>", frame_end, 250000);
    bench_text("<EnrollParameters>", "<a/>", "</EnrollParameters>", 60000);
    bench_text(
        "<EnrollResponse><LicensorCertificateChain><string>", "&lt;XrML&gt;",
        "</string></LicensorCertificateChain></EnrollResponse>", 1000000);
    return 0;
}
