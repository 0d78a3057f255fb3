/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts made to exhaust a parser: refused by the limits, in bounded memory. The
 * peak of this process tells, so nothing else may be tested here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "issuer/enroll.h"
#include "issuer/xrml.h"
#include "unit.h"

enum { MIB = 1024 * 1024, ROOM = 3 * MIB, BOUND_KIB = 16 * 1024 };

#ifdef __SANITIZE_ADDRESS__
enum { MEASURABLE = 0 };
#elif defined(__has_feature)
enum { MEASURABLE = !__has_feature(address_sanitizer) };
#else
enum { MEASURABLE = 1 };
#endif

static char room[ROOM];

/* before, then middle until total octets are there, then after. */
struct hostile {
    const char *before, *middle, *after;
    size_t total;
};

static const struct hostile texts[] = {
    {"", "<a>", "", 300000},        /* nested 100,000 deep */
    {"<a", " b=\"\"", ">", 700000}, /* 100,000 equal attributes */
    {"<a xmlns:a", "a", "=\"\">", 100000},
    {"", " ", "", 2 * MIB},
    {"", "<", "", 2 * MIB},
    {"", "&", "", 2 * MIB},
    {"<a>", "x", "</a>", 2 * MIB},
    {"<a>", "<b/>", "</a>", 2 * MIB},
    {"<", "a", "/>", MIB},
    {"<a b=\"", "c", "\"/>", MIB},
    {"<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"a\">", "<a/>",
     "</BODY><SIGNATURE></SIGNATURE></XrML>", 250000},
    {"<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"a\">", " <a/>",
     "</BODY><SIGNATURE></SIGNATURE></XrML>", 250000},
    {"<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"a\">",
     "<a b=\"\" c=\"\" d=\"\" e=\"\" f=\"\" g=\"\" h=\"\" i=\"\" j=\"\"/>",
     "</BODY><SIGNATURE></SIGNATURE></XrML>", 250000},
    {"<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"a\"><ISSUEDTIME>", "&lt;",
     "</ISSUEDTIME></BODY><SIGNATURE></SIGNATURE></XrML>", 250000},
    {"<EnrollParameters>", "<a/>", "</EnrollParameters>", 60000},
    {"<EnrollResponse>", "<SLC/>", "</EnrollResponse>", MIB - 100},
    {"<EnrollResponse><LicensorCertificateChain><string>", "&lt;XrML&gt;",
     "</string></LicensorCertificateChain></EnrollResponse>", MIB - 200},
    {"<!DOCTYPE a [<!ENTITY a \"", "a", "\">]><a>&a;</a>", 60000},
    {"\xff\xfe", "<\0", "", 2 * MIB},
};

static size_t fill(const struct hostile *h)
{
    size_t one = strlen(h->middle) == 0 ? 1 : strlen(h->middle);
    size_t len = (size_t)snprintf(room, ROOM, "%s", h->before);

    for (; len < h->total; len += one)
        memcpy(room + len, h->middle, one);
    return len + (size_t)snprintf(room + len, ROOM - len, "%s", h->after);
}

static long peak_kib(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void everything_is_refused_in_16_mib(void)
{
    static struct enroll_request request;
    struct xrml_anchors *anchors = NULL;
    struct xrml_document *document = NULL;

    memset(room, 'x', sizeof(room)); /* counted before, not against them */
    long before = peak_kib();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct xrml_chain chain = {.count = 0};
        struct iss_error errors[5] = {{.status = ISS_OK}};
        size_t len = fill(&texts[i]);
        CU_ASSERT_EQUAL(xrml_parse(room, len, NULL, &document, &errors[0]),
                        ISS_XML);
        for (unsigned flags = 0; flags <= XRML_PRETTY; flags++)
            CU_ASSERT_EQUAL(
                xrml_chain_append(&chain, room, len, flags, &errors[1 + flags]),
                ISS_XML);
        CU_ASSERT_EQUAL(enroll_request_parse(room, len, &request, &errors[3]),
                        ISS_MALFORMED);
        CU_ASSERT_EQUAL(enroll_response_parse(room, len, &chain, &errors[4]),
                        ISS_MALFORMED);
        CU_ASSERT_EQUAL(xrml_anchors_parse(room, len, &anchors, NULL),
                        ISS_USAGE);
        CU_ASSERT_EQUAL(chain.count, 0);
        for (size_t j = 0; j < 5; j++) {
            CU_ASSERT_NOT_EQUAL(errors[j].text[0], '\0');
            CU_ASSERT_PTR_NULL(strchr(errors[j].text, '\n'));
        }
    }
    long grown = peak_kib() - before;
    const char *preload = getenv("LD_PRELOAD");
    if (!MEASURABLE || (preload != NULL && strstr(preload, "vgpreload")))
        unit_skip("memory is not measured under a checker");
    else
        CU_ASSERT_TRUE(grown < BOUND_KIB);
    (void)fprintf(stderr, "peak grew by %ld KiB ", grown);
}

UNIT_MAIN("hostile", UNIT(everything_is_refused_in_16_mib))
