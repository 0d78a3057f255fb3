/* SPDX-License-Identifier: Apache-2.0 */
/* What is built of each kind, and what is refused: MS-RMPR 2.2.9.4 to 2.2.9.10.
 */
#include <stdlib.h>
#include <string.h>

#include "hierarchy.h"
#include "issuer/xrml_rights.h"
#include "unit.h"

#define GUID_A "{09d39708-df09-4554-bd2b-d6421346dd30}"
#define GUID_B "{96c4ca87-b3ff-4ded-9c15-53272e26396f}"

enum { KINDS = 8, RIGHTS = XRML_RIGHTS_MAX + 1 };

static const enum xrml_type built[KINDS] = {XRML_MACHINE_CERTIFICATE,
                                            XRML_RAC,
                                            XRML_CLC,
                                            XRML_PL,
                                            XRML_UL,
                                            XRML_TEMPLATE,
                                            XRML_REVOCATION_LIST,
                                            XRML_RIGHTS};

static const struct xrml_bits some_bits = {.form = "sealed-key-v2",
                                           .text = "c2VhbGVk"};
static const struct xrml_object server = {.type = "MS-DRM-Server",
                                          .id_type = "MS-GUID",
                                          .id = GUID_B,
                                          .name = "rms",
                                          .address = "https://rms.example.org"};
static const struct xrml_object account = {.type = "Group-Identity",
                                           .id_type = "Windows",
                                           .id = "S-1-5-21-1",
                                           .name = "user@example.org"};

static struct xrml_right rights[RIGHTS];

/* A license with what its kind must have (MS-RMPR 2.2.9.4 to 2.2.9.10), and
 * nothing else. */
static struct xrml_license smallest(enum xrml_type type)
{
    struct xrml_license l = {.type = type, .issued = HIERARCHY_TIME};

    if (type != XRML_PL && type != XRML_RIGHTS)
        l.guid = GUID_A;
    if (type != XRML_RIGHTS)
        l.issuer = (struct xrml_principal){.object = server,
                                           .key = *hierarchy_numbers(SLC_KEY)};
    if (type != XRML_TEMPLATE && type != XRML_REVOCATION_LIST &&
        type != XRML_RIGHTS)
        l.principal = (struct xrml_principal){
            .object = account, .key = *hierarchy_numbers(RAC_KEY)};
    if (type == XRML_RAC) {
        l.validity = (struct xrml_range){.present = true,
                                         .from = HIERARCHY_TIME,
                                         .until = HIERARCHY_TIME + 86400};
        l.machine =
            (struct xrml_principal){.object = account, .bits = some_bits};
    }
    if (type == XRML_PL) {
        l.principal.bits = some_bits;
        l.data_count = 1;
        l.data[0] = (struct xrml_data){.id = "Encrypted-Rights-Data",
                                       .text = "cmlnaHRz"};
    }
    if (type == XRML_CLC || type == XRML_PL || type == XRML_UL ||
        type == XRML_TEMPLATE || type == XRML_RIGHTS)
        l.work = (struct xrml_object){.id_type = "MS-GUID", .id = GUID_B};
    if (type == XRML_CLC || type == XRML_UL || type == XRML_TEMPLATE ||
        type == XRML_RIGHTS) {
        for (size_t i = 0; i < RIGHTS; i++)
            rights[i] = (struct xrml_right){
                .name = "VIEW", .first = true, .bits = some_bits};
        l.rights = rights;
        l.right_count = 1;
    }
    if (type == XRML_TEMPLATE)
        l.text = "LCID 1033:NAME A:DESCRIPTION B;";
    return l;
}

static enum iss_status build(const struct xrml_license *l,
                             struct iss_error *error)
{
    char *body = NULL;
    *error = (struct iss_error){.status = ISS_OK};
    enum iss_status status = xrml_license_build(l, &body, error);

    CU_ASSERT_EQUAL(status == ISS_OK, body != NULL);
    free(body);
    return status;
}

static void every_part_that_must_be_there_is_asked_for(void)
{
    enum {
        GUID,
        TEXT,
        VALIDITY,
        ISSUER,
        PRINCIPAL,
        BITS,
        WORK,
        RIGHT,
        DATA,
        MACHINE,
        PARTS
    };
    static const char *const names[PARTS] = {"DESCRIPTOR",
                                             "NAME of DESCRIPTOR",
                                             "VALIDITYTIME",
                                             "ISSUER",
                                             "ISSUEDPRINCIPALS",
                                             "ENABLINGBITS",
                                             "WORK",
                                             "RIGHTSGROUP",
                                             "AUTHENTICATEDDATA",
                                             "FEDERATIONPRINCIPALS"};
    static const bool must[KINDS][PARTS] = {
        {[GUID] = 1, [ISSUER] = 1, [PRINCIPAL] = 1},
        {[GUID] = 1,
         [VALIDITY] = 1,
         [ISSUER] = 1,
         [PRINCIPAL] = 1,
         [MACHINE] = 1},
        {[GUID] = 1, [ISSUER] = 1, [PRINCIPAL] = 1, [WORK] = 1, [RIGHT] = 1},
        {[ISSUER] = 1, [PRINCIPAL] = 1, [BITS] = 1, [WORK] = 1, [DATA] = 1},
        {[GUID] = 1, [ISSUER] = 1, [PRINCIPAL] = 1, [WORK] = 1, [RIGHT] = 1},
        {[GUID] = 1, [TEXT] = 1, [ISSUER] = 1, [WORK] = 1, [RIGHT] = 1},
        {[GUID] = 1, [ISSUER] = 1},
        {[WORK] = 1, [RIGHT] = 1}};
    struct iss_error error = {.status = ISS_OK};

    for (size_t k = 0; k < KINDS; k++) {
        struct xrml_license whole = smallest(built[k]);

        CU_ASSERT_EQUAL(build(&whole, &error), ISS_OK);
        for (size_t p = 0; p < PARTS; p++) {
            struct xrml_license l = whole;

            if (!must[k][p])
                continue;
            l.guid = p == GUID ? NULL : l.guid;
            l.text = p == TEXT || p == GUID ? NULL : l.text;
            l.validity.present = l.validity.present && p != VALIDITY;
            if (p == ISSUER)
                l.issuer = (struct xrml_principal){.digest = NULL};
            if (p == PRINCIPAL)
                l.principal = (struct xrml_principal){.digest = NULL};
            if (p == BITS)
                l.principal.bits = (struct xrml_bits){.form = NULL};
            if (p == WORK)
                l.work = (struct xrml_object){.type = NULL};
            l.right_count = p == RIGHT ? 0 : l.right_count;
            l.data_count = p == DATA ? 0 : l.data_count;
            if (p == MACHINE)
                l.machine = (struct xrml_principal){.digest = NULL};
            CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
            CU_ASSERT_PTR_NOT_NULL(strstr(error.text, names[p]));
            CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "is missing"));
        }
    }
}

static void a_part_that_the_kind_has_not_is_refused(void)
{
    struct iss_error error = {.status = ISS_OK};
    struct xrml_license l = smallest(XRML_RAC);

    l.work = (struct xrml_object){.id_type = "MS-GUID", .id = GUID_B};
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_UL);
    l.principal.bits = some_bits; /* it may hold them, in its rights */
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_UL);
    l.principal.digest = "SHA256";
    l.principal.hash = "aGFzaA==";
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_TEMPLATE);
    l.validity = (struct xrml_range){.present = true, .until = 60};
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_CA_CERTIFICATE);
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
}

static void a_part_that_is_not_whole_is_refused(void)
{
    struct iss_error error = {.status = ISS_OK};
    struct xrml_license l = smallest(XRML_PL);

    l.principal.bits.text = NULL;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_PL);
    l.data[0].text = NULL;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_PL);
    l.text = "a name without a GUID";
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_PL);
    l.principal.key.exponent = 3;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_UL);
    rights[0].name = "";
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_UL);
    rights[0].user = account; /* to two at once */
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_UL);
    rights[0].range = (struct xrml_range){
        .present = true, .from = HIERARCHY_TIME, .until = HIERARCHY_TIME};
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
}

static void bounds_are_exact(void)
{
    struct iss_error error = {.status = ISS_OK};
    struct xrml_license l = smallest(XRML_UL);

    l.right_count = XRML_RIGHTS_MAX;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_OK);
    l.right_count++;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l = smallest(XRML_PL);
    for (size_t i = 0; i < XRML_DATA_MAX; i++)
        l.data[i] = l.data[0];
    l.data_count = XRML_DATA_MAX;
    for (size_t i = 0; i < XRML_POINTS_MAX; i++)
        l.points[i].object = l.refresh.points[i].object = server;
    l.point_count = l.refresh.count = XRML_POINTS_MAX;
    for (size_t i = 0; i < XRML_LEVELS_MAX; i++)
        l.principal.levels[i] = (struct xrml_level){"Platform", "1"};
    l.principal.level_count = XRML_LEVELS_MAX;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_OK);
    l.data_count++;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l.data_count--;
    l.point_count++;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l.point_count--;
    l.refresh.count++;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
    l.refresh.count--;
    l.principal.level_count++;
    CU_ASSERT_EQUAL(build(&l, &error), ISS_MALFORMED);
}

/* MS-RMPR 2.2.9.9: this attribute, of a use license and of nothing else. */
static void a_use_license_says_its_purpose(void)
{
    static const uint8_t sig[256] = {1};

    for (size_t k = 0; k < KINDS; k++) {
        struct xrml_license l = smallest(built[k]);
        struct xrml_document *document = NULL;
        char *body = NULL;
        char *text = NULL;

        if (built[k] == XRML_RIGHTS)
            continue;
        CU_ASSERT_EQUAL_FATAL(xrml_license_build(&l, &body, NULL), ISS_OK);
        CU_ASSERT_EQUAL_FATAL(
            xrml_assemble(body, strlen(body), sig, sizeof(sig), &text, NULL),
            ISS_OK);
        bool says = strncmp(text,
                            "<XrML xmlns=\"\" version=\"1.2\" "
                            "purpose=\"Content-License\"><BODY ",
                            57) == 0;
        CU_ASSERT_EQUAL(says, built[k] == XRML_UL);
        CU_ASSERT_EQUAL(xrml_parse(text, strlen(text), NULL, &document, NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL(xrml_fields(document)->type, built[k]);
        xrml_document_free(document);
        free(text);
        free(body);
    }
}

/* A label of an offline client: its own principal with SDK for ISSUER, no
 * DESCRIPTOR; of a server: DESCRIPTOR, and itself twice. */
static void labels_have_an_offline_and_an_online_form(void)
{
    struct iss_error error = {.status = ISS_OK};
    struct xrml_license l = smallest(XRML_PL);

    l.issuer =
        (struct xrml_principal){.object = account,
                                .key = *hierarchy_numbers(CLC_KEY),
                                .level_count = 1,
                                .levels = {{.name = "SDK", .value = "1.0"}}};
    l.principal.object = server;
    l.principal.level_count = 1;
    l.principal.levels[0] = (struct xrml_level){"Server-Version", "6.0.0.0"};
    l.owner =
        (struct xrml_object){.id_type = "Windows", .name = "user@example.org"};
    CU_ASSERT_EQUAL(build(&l, &error), ISS_OK);
    l.issuer = l.principal;
    l.issuer.bits = (struct xrml_bits){.form = NULL};
    l.guid = GUID_A;
    l.text = "LCID 1033:NAME A:DESCRIPTION B;";
    l.referral = (struct xrml_object){.type = "Referral-Info",
                                      .id_type = "MS-GUID",
                                      .id = GUID_A,
                                      .address = "mailto:user@example.org"};
    CU_ASSERT_EQUAL(build(&l, &error), ISS_OK);
}

/* What a client hands in to be signed: the same text, less SIGNATURE. */
static void a_label_travels_unsigned_to_its_server(void)
{
    struct xrml_license l = smallest(XRML_PL);
    struct xrml_document *document = NULL;
    struct xrml_reading *reading = NULL;
    char *body = NULL;
    char *text = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(xrml_license_build(&l, &body, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_unsigned_assemble(body, strlen(body), &text, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(strstr(text, "SIGNATURE"));
    CU_ASSERT_EQUAL(xrml_parse(text, strlen(text), NULL, &document, NULL),
                    ISS_XML);
    CU_ASSERT_EQUAL_FATAL(
        xrml_unsigned_parse(text, strlen(text), &document, NULL), ISS_OK);
    CU_ASSERT_EQUAL(strncmp(xrml_body(document, &len), body, strlen(body)), 0);
    CU_ASSERT_EQUAL(len, strlen(body));
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, NULL), ISS_OK);
    CU_ASSERT_TRUE(xrml_license_same(&l, xrml_reading_license(reading)));
    xrml_reading_free(reading);
    xrml_document_free(document);
    free(body);
    free(text);
}

UNIT_MAIN("xrml_form", UNIT(every_part_that_must_be_there_is_asked_for),
          UNIT(a_part_that_the_kind_has_not_is_refused),
          UNIT(a_part_that_is_not_whole_is_refused), UNIT(bounds_are_exact),
          UNIT(a_use_license_says_its_purpose),
          UNIT(labels_have_an_offline_and_an_online_form),
          UNIT(a_label_travels_unsigned_to_its_server))
