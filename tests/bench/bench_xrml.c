/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of reading and verifying: bench_xrml ANCHORS FILE... verifies the
 * chain of the files with --legacy; then the worst texts that the limits let
 * through or refuse. Prints microseconds an operation; judges nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "issuer/enroll.h"
#include "issuer/xrml.h"
#include "unit.h"

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

int main(int argc, char **argv)
{
    static const char frame[] =
        "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"a\">";
    static const char frame_end[] = "</BODY><SIGNATURE></SIGNATURE></XrML>";

    if (argc > 2 && argc <= XRML_CHAIN_DOCUMENTS + 2)
        bench_chain(argv + 1, argc - 1);
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
