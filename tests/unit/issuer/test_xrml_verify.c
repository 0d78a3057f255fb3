/* SPDX-License-Identifier: Apache-2.0 */
/* The six tests over chains, real ones and ones made for it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hierarchy.h"
#include "unit.h"

#define C(n) "mode1-chain/chain-" #n ".xml "
#define TOP  C(4) C(5) C(6) C(7)
#define SPEC "spec-examples/MS-RMPR-4.5."

static const char *const chains[] = {TOP, C(1) TOP, C(2) C(1) TOP,
                                     C(0) C(1) TOP, C(3) TOP};
static const char root_of_chains[] = "mode1-chain/chain-7.xml";
static const char *const examples[] = {SPEC "1-SPC.xml", SPEC "2-RAC.xml",
                                       SPEC "3-CLC.xml", SPEC "4-PL.xml",
                                       SPEC "6-UL.xml"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool absent(void)
{
    if (unit_samples() != NULL)
        return false;
    unit_skip("the real documents are not here");
    return true;
}

static enum iss_status verify(const char *names, const char *anchor,
                              bool legacy, struct xrml_report *report)
{
    struct xrml_chain chain = {.count = 0};
    struct xrml_anchors *anchors = fixture_anchor(anchor);
    char text[512] = "";

    CU_ASSERT_PTR_NOT_NULL_FATAL(anchors);
    CU_ASSERT_TRUE(fixture_chain(&chain, names));
    enum iss_status status =
        fixture_verify(&chain, anchors, legacy, report, text);
    CU_ASSERT_EQUAL(status == ISS_OK, text[0] == '\0');
    CU_ASSERT_EQUAL(status, report->status);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    return status;
}

static void every_real_chain_verifies_with_legacy(void)
{
    struct xrml_report report;

    if (absent())
        return;
    for (size_t i = 0; i < COUNT(chains); i++) {
        CU_ASSERT_EQUAL(verify(chains[i], root_of_chains, true, &report),
                        ISS_OK);
        CU_ASSERT_EQUAL(report.failed_test, 0);
        CU_ASSERT_TRUE(report.nodes[0].legacy);
        CU_ASSERT_EQUAL(report.nodes[report.count - 1].place, XRML_PLACE_CA);
        CU_ASSERT_EQUAL(report.nodes[report.count - 3].place,
                        XRML_PLACE_ENROLLMENT_SERVICE);
        CU_ASSERT_EQUAL(report.nodes[report.count - 4].place, XRML_PLACE_SLC);
    }
}

static void no_real_chain_verifies_without_legacy(void)
{
    struct xrml_report report;

    if (absent())
        return;
    for (size_t i = 0; i < COUNT(chains); i++) {
        CU_ASSERT_EQUAL(verify(chains[i], root_of_chains, false, &report),
                        ISS_SIGNATURE);
        CU_ASSERT_EQUAL(report.failed_node, 0);
        CU_ASSERT_EQUAL(report.failed_test, 2);
        CU_ASSERT_PTR_NOT_NULL(strstr(report.nodes[0].reasons[1], "--legacy"));
    }
}

static void spec_examples_verify_under_their_own_issuer(void)
{
    struct xrml_report report;

    if (absent())
        return;
    for (size_t i = 0; i < COUNT(examples); i++) {
        CU_ASSERT_EQUAL(verify(examples[i], examples[i], true, &report),
                        ISS_OK);
        CU_ASSERT_EQUAL(verify(examples[i], root_of_chains, true, &report),
                        ISS_KEY);
    }
    CU_ASSERT_EQUAL(verify(SPEC "4-PL.xml " SPEC "3-CLC.xml", SPEC "3-CLC.xml",
                           true, &report),
                    ISS_OK);
    CU_ASSERT_EQUAL(
        verify(SPEC "7-TEMPLATE.xml", SPEC "7-TEMPLATE.xml", true, &report),
        ISS_SIGNATURE);
}

static void what_has_ended_since_is_said_and_no_failure(void)
{
    struct xrml_report report;

    if (absent())
        return;
    CU_ASSERT_EQUAL(verify(chains[3], root_of_chains, true, &report), ISS_OK);
    CU_ASSERT_TRUE(report.nodes[0].ended);
    CU_ASSERT_EQUAL(report.nodes[0].ends, 1429081200); /* 2015-04-15T07:00 */
    CU_ASSERT_TRUE(report.nodes[4].ended);
    CU_ASSERT_FALSE(report.nodes[2].ended);
}

static void broken_chains_are_refused(void)
{
    static const struct {
        const char *names;
        enum iss_status status;
    } rows[] = {
        {C(4) C(6) C(7), ISS_SIGNATURE},      /* a link is missing */
        {C(5) C(4) C(6) C(7), ISS_SIGNATURE}, /* order */
        {C(4) C(5) C(6), ISS_KEY},            /* the top is missing */
        {C(4) TOP, ISS_SIGNATURE},            /* twice */
        {TOP C(7), ISS_SIGNATURE},
        {C(0) TOP, ISS_SIGNATURE},
    };
    struct xrml_report report;

    if (absent())
        return;
    for (size_t i = 0; i < COUNT(rows); i++)
        CU_ASSERT_EQUAL(verify(rows[i].names, root_of_chains, true, &report),
                        rows[i].status);
}

/* Text with position at changed; status of reading and verifying it. */
static enum iss_status verify_text(const char *text,
                                   const struct xrml_anchors *anchors)
{
    struct xrml_chain chain = {.count = 0};
    struct xrml_report report;
    enum iss_status status =
        xrml_chain_append(&chain, text, strlen(text), 0, NULL);

    if (status == ISS_OK)
        status = fixture_verify(&chain, anchors, true, &report, NULL);
    xrml_chain_clear(&chain);
    return status;
}

static void no_character_from_body_to_signature_may_change(void)
{
    static const char others[] = {'A', '0', ' ', '\n', '=', '/'};
    char *pem = fixture_issuer_pem(fixture_known_answer);
    char *text = strdup(fixture_known_answer);
    struct xrml_anchors *anchors = NULL;
    struct iss_error error = {0};
    size_t accepted = 0;

    CU_ASSERT_EQUAL_FATAL(
        xrml_anchors_parse(pem, strlen(pem), &anchors, &error), ISS_OK);
    CU_ASSERT_EQUAL(verify_text(text, anchors), ISS_OK);
    size_t start = (size_t)(strstr(text, "<BODY") - text);
    size_t end = (size_t)(strstr(text, "</XrML>") - text);
    for (size_t at = start; at < end; at++) {
        char was = text[at];
        text[at] ^= 1;
        accepted += verify_text(text, anchors) == ISS_OK;
        text[at] = (char)(was ^ 0x20);
        accepted += verify_text(text, anchors) == ISS_OK;
        text[at] = others[at % sizeof(others)];
        accepted += text[at] != was && verify_text(text, anchors) == ISS_OK;
        text[at] = was;
    }
    CU_ASSERT_EQUAL(accepted, 0);
    xrml_anchors_free(anchors);
    free(text);
    free(pem);
}

static void no_character_may_be_left_out_or_doubled(void)
{
    char *pem = fixture_issuer_pem(fixture_known_answer);
    size_t len = strlen(fixture_known_answer);
    struct xrml_anchors *anchors = NULL;
    struct iss_error error = {0};
    size_t accepted = 0;
    char *text = malloc(len + 2);

    CU_ASSERT_EQUAL_FATAL(
        xrml_anchors_parse(pem, strlen(pem), &anchors, &error), ISS_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size_t start =
        (size_t)(strstr(fixture_known_answer, "<BODY") - fixture_known_answer);
    for (size_t at = start; at < len; at++) {
        (void)snprintf(text, len + 2, "%.*s%s", (int)at, fixture_known_answer,
                       fixture_known_answer + at + 1);
        accepted += verify_text(text, anchors) == ISS_OK;
        (void)snprintf(text, len + 2, "%.*s%s", (int)at + 1,
                       fixture_known_answer, fixture_known_answer + at);
        accepted += verify_text(text, anchors) == ISS_OK;
    }
    CU_ASSERT_EQUAL(accepted, 0);
    xrml_anchors_free(anchors);
    free(text);
    free(pem);
}

static void synthetic_samples_verify(void)
{
    struct xrml_report report;
    const char *sha256 = "synthetic/slc-sha256.xml";

    if (absent())
        return;
    CU_ASSERT_EQUAL(verify("synthetic/slc-sha1.xml", "synthetic/slc-sha1.xml",
                           true, &report),
                    ISS_OK);
    CU_ASSERT_EQUAL(verify(sha256, sha256, true, &report), ISS_OK);
}

/* ---- chains made for it
 * ------------------------------------------------------- */

struct made {
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_chain chain;
    struct xrml_report report;
    struct xrml_policy policy;
    char text[512];
};

static enum iss_status judge(struct made *made, int first, int last, int anchor)
{
    struct xrml_anchors *anchors = hierarchy_anchors(anchor);
    struct iss_error error = {0};

    hierarchy_chain(made->rows, first, last, &made->chain);
    enum iss_status status = xrml_chain_verify(
        NULL, &made->chain, anchors, &made->policy, &made->report, &error);
    (void)snprintf(made->text, sizeof(made->text), "%s", error.text);
    xrml_chain_clear(&made->chain);
    xrml_anchors_free(anchors);
    return status;
}

static void own_hierarchy_verifies_without_legacy(void)
{
    struct made made = {.policy = {.now = HIERARCHY_TIME}};

    hierarchy_rows(made.rows);
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_OK);
    CU_ASSERT_EQUAL(made.report.nodes[0].place, XRML_PLACE_SUB_SLC);
    CU_ASSERT_EQUAL(made.report.nodes[1].place, XRML_PLACE_SLC);
    CU_ASSERT_FALSE(made.report.nodes[0].legacy);
    CU_ASSERT_EQUAL(made.report.nodes[0].tests[4], XRML_NOT_RUN);
    CU_ASSERT_EQUAL(judge(&made, SLC_ROW, CA_ROW, ROOT_KEY), ISS_OK);
    CU_ASSERT_EQUAL(judge(&made, SLC_ROW, SLC_ROW, ESC_KEY), ISS_OK);
    CU_ASSERT_EQUAL(judge(&made, SLC_ROW, CA_ROW, CA_KEY), ISS_KEY);
    CU_ASSERT_PTR_NOT_NULL(strstr(made.text, "document 4"));
    CU_ASSERT_PTR_NOT_NULL(strstr(made.text, "test 6"));
}

static void conditions_are_half_open_and_judged_at_issue(void)
{
    struct made made = {.policy = {.now = HIERARCHY_TIME}};

    hierarchy_rows(made.rows);
    made.rows[SUB_ROW].fields.range.from += 60;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_CONDITIONS);
    hierarchy_rows(made.rows);
    made.rows[SUB_ROW].fields.issued = made.rows[SLC_ROW].fields.range.until;
    made.rows[SUB_ROW].fields.range.until += 86400;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_CONDITIONS);
    made.rows[SUB_ROW].fields.issued -= 60;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_OK);
    CU_ASSERT_EQUAL(made.report.nodes[0].tests[3], XRML_PASSED);
}

static void at_is_asked_of_the_leaf_alone(void)
{
    struct made made = {.policy = {.at_set = true, .at = HIERARCHY_TIME}};

    hierarchy_rows(made.rows);
    made.rows[SLC_ROW].fields.range.until = HIERARCHY_TIME + 60;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_OK);
    made.policy.at = made.rows[SUB_ROW].fields.range.until - 1;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_OK);
    made.policy.at++;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_CONDITIONS);
    CU_ASSERT_EQUAL(made.report.failed_node, 0);
    made.policy.at = HIERARCHY_TIME - 1;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_CONDITIONS);
}

static void places_are_kept(void)
{
    struct made made = {.policy = {.now = HIERARCHY_TIME}};
    struct hierarchy_row *sub = &made.rows[SUB_ROW];

    /* An Enrollment Service that was issued as if by an SLC. */
    hierarchy_rows(made.rows);
    sub->fields.issuer.type = "DRM-Certificate-Authority";
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SEMANTICS);
    /* A CA certificate below an SLC. */
    hierarchy_rows(made.rows);
    sub->fields.type = XRML_CA_CERTIFICATE;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SEMANTICS);
    /* A sub-enrolled SLC below one whose own issuer is not shown. */
    hierarchy_rows(made.rows);
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, SLC_ROW, ESC_KEY), ISS_SEMANTICS);
    /* An SLC issued by a CA. */
    hierarchy_rows(made.rows);
    made.rows[ESC_ROW].fields.principal.address = "https://a.example";
    made.rows[ESC_ROW].fields.issuer.type = "MS-DRM-Server";
    CU_ASSERT_EQUAL(judge(&made, ESC_ROW, CA_ROW, ROOT_KEY), ISS_SEMANTICS);
}

/* One more document in front of the sub-enrolled SLC, signed by its key. */
static enum iss_status judge_below_sub(const char *leaf, char *reason)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_chain chain = {.count = 0};
    struct xrml_anchors *anchors = hierarchy_anchors(ROOT_KEY);
    const struct xrml_policy policy = {.now = HIERARCHY_TIME};
    struct xrml_report report;

    hierarchy_rows(rows);
    CU_ASSERT_EQUAL_FATAL(
        xrml_chain_append(&chain, leaf, strlen(leaf), 0, NULL), ISS_OK);
    hierarchy_chain(rows, SUB_ROW, CA_ROW, &chain);
    enum iss_status status =
        xrml_chain_verify(NULL, &chain, anchors, &policy, &report, NULL);
    CU_ASSERT_EQUAL(report.failed_node, 0);
    CU_ASSERT_EQUAL(report.nodes[0].tests[1], XRML_PASSED);
    (void)snprintf(reason, sizeof(report.nodes[0].reasons[2]), "%s",
                   report.nodes[0].reasons[2]);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    return status;
}

/* R97, R110: neither a server nor an account is certified below a licensing
 * server, however well it is signed. */
static void a_licensing_server_certifies_nobody(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_document *sub = NULL;
    char reason[160];
    char *account = NULL;
    uint8_t sig[1024];
    size_t sig_len = 0;

    hierarchy_rows(rows);
    char *above = hierarchy_text(&rows[SUB_ROW]);
    CU_ASSERT_EQUAL_FATAL(xrml_parse(above, strlen(above), NULL, &sub, NULL),
                          ISS_OK);
    char *issuer = strndup(xrml_fields(sub)->principal_text,
                           xrml_fields(sub)->principal_text_len);
    struct hierarchy_row *slc = &rows[SLC_ROW];
    slc->issuer = SUB_KEY;
    slc->subject = ROOT_KEY; /* a key of no document in the chain */
    slc->fields.issuer_text = issuer;
    slc->fields.principal.id = "{00000000-0000-0000-0000-0000000000cc}";
    char *server = hierarchy_text(slc);
    CU_ASSERT_EQUAL(judge_below_sub(server, reason), ISS_SEMANTICS);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "not what its issuer may issue"));
    int n = asprintf(
        &account,
        "<BODY type=\"LICENSE\" version=\"3.0\">"
        "<ISSUEDTIME>2026-11-18T11:07</ISSUEDTIME><DESCRIPTOR>"
        "<OBJECT type=\"Group-Identity-Credential\"><ID type=\"MS-GUID\">"
        "{10000000-0000-0000-0000-0000000000aa}</ID></OBJECT></DESCRIPTOR>"
        "<ISSUER>%s</ISSUER></BODY>",
        issuer);
    CU_ASSERT_FATAL(n > 0);
    CU_ASSERT_EQUAL_FATAL(xrml_sign(NULL, hierarchy_key(SUB_KEY), account,
                                    (size_t)n, sig, &sig_len, NULL),
                          ISS_OK);
    char *text = NULL;
    CU_ASSERT_EQUAL_FATAL(
        xrml_assemble(account, (size_t)n, sig, sig_len, &text, NULL), ISS_OK);
    CU_ASSERT_EQUAL(judge_below_sub(text, reason), ISS_SEMANTICS);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "not what its issuer may issue"));
    free(text);
    free(account);
    free(server);
    free(issuer);
    free(above);
    xrml_document_free(sub);
}

static void issuer_must_be_the_principal_above_to_the_letter(void)
{
    static const char *const names[] = {"RMS01", "Example", "", NULL};
    struct made made = {.policy = {.now = HIERARCHY_TIME}};

    for (size_t i = 0; i < COUNT(names); i++) {
        hierarchy_rows(made.rows);
        made.rows[SUB_ROW].fields.issuer.name = names[i];
        CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SEMANTICS);
        CU_ASSERT_EQUAL(made.report.failed_node, 0);
    }
    hierarchy_rows(made.rows);
    made.rows[SLC_ROW].fields.server_sku = "privyseal";
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SEMANTICS);
}

static void semantic_faults_are_test_3(void)
{
    struct made made = {.policy = {.now = HIERARCHY_TIME}};

    hierarchy_rows(made.rows); /* names of two hierarchies */
    made.rows[CA_ROW].fields.issuer.name = "Example ISV Root";
    CU_ASSERT_EQUAL(judge(&made, SLC_ROW, CA_ROW, ROOT_KEY), ISS_SEMANTICS);
    hierarchy_rows(made.rows); /* an SLC without URL */
    made.rows[SUB_ROW].fields.principal.address = NULL;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SEMANTICS);
    hierarchy_rows(made.rows); /* one key certified twice */
    made.rows[SUB_ROW].subject = ESC_KEY;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SEMANTICS);
    hierarchy_rows(made.rows); /* a cluster may be called so */
    made.rows[SUB_ROW].fields.principal.name = "Production ISV Root";
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_OK);
}

static void wrong_signer_or_other_text_is_test_2(void)
{
    struct made made = {.policy = {.now = HIERARCHY_TIME}};

    hierarchy_rows(made.rows); /* signed by another key than ISSUER says */
    made.rows[SUB_ROW].fields.issuer_key = *hierarchy_numbers(SLC_KEY);
    made.rows[SUB_ROW].issuer = ESC_KEY;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SIGNATURE);
    hierarchy_rows(made.rows); /* ISSUER and signer agree, but are not above */
    made.rows[SUB_ROW].issuer = ESC_KEY;
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SIGNATURE);
    CU_ASSERT_EQUAL(made.report.nodes[0].tests[5], XRML_FAILED);
    hierarchy_rows(made.rows); /* right signer, ISSUER names another key */
    made.rows[SUB_ROW].fields.issuer_key = *hierarchy_numbers(ESC_KEY);
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_KEY);
    hierarchy_rows(made.rows); /* DIGEST right, signature over another text */
    made.rows[SUB_ROW].signed_body = "<BODY></BODY>";
    CU_ASSERT_EQUAL(judge(&made, SUB_ROW, CA_ROW, ROOT_KEY), ISS_SIGNATURE);
}

static void an_empty_chain_is_refused(void)
{
    struct xrml_chain chain = {.count = 0};
    struct xrml_anchors *anchors = hierarchy_anchors(ROOT_KEY);
    struct xrml_report report;
    char text[512];

    CU_ASSERT_EQUAL(fixture_verify(&chain, anchors, true, &report, text),
                    ISS_XML);
    xrml_anchors_free(anchors);
}

struct shared {
    const char *text;
    const struct xrml_chain *chain;
    const struct xrml_anchors *anchors;
};

static void *verify_often(void *arg)
{
    const struct shared *shared = arg;
    struct xrml_report report;
    size_t wrong = 0;

    for (int i = 0; i < 50; i++) {
        struct xrml_chain own = {.count = 0};
        wrong += xrml_chain_append(&own, shared->text, strlen(shared->text), 0,
                                   NULL) != ISS_OK;
        wrong += fixture_verify(shared->chain, shared->anchors, false, &report,
                                NULL) != ISS_OK;
        xrml_chain_clear(&own);
    }
    return wrong == 0 ? NULL : arg;
}

static void threads_share_documents_and_anchors(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_chain chain = {.count = 0};
    struct xrml_anchors *anchors = hierarchy_anchors(ROOT_KEY);
    pthread_t threads[4];

    hierarchy_rows(rows);
    hierarchy_chain(rows, SUB_ROW, CA_ROW, &chain);
    struct shared shared = {fixture_known_answer, &chain, anchors};
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL_FATAL(
            pthread_create(&threads[i], NULL, verify_often, &shared), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong = &shared;
        CU_ASSERT_EQUAL(pthread_join(threads[i], &wrong), 0);
        CU_ASSERT_PTR_NULL(wrong);
    }
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
}

UNIT_MAIN("xrml_verify", UNIT(every_real_chain_verifies_with_legacy),
          UNIT(no_real_chain_verifies_without_legacy),
          UNIT(spec_examples_verify_under_their_own_issuer),
          UNIT(what_has_ended_since_is_said_and_no_failure),
          UNIT(broken_chains_are_refused),
          UNIT(no_character_from_body_to_signature_may_change),
          UNIT(no_character_may_be_left_out_or_doubled),
          UNIT(synthetic_samples_verify),
          UNIT(own_hierarchy_verifies_without_legacy),
          UNIT(conditions_are_half_open_and_judged_at_issue),
          UNIT(at_is_asked_of_the_leaf_alone), UNIT(places_are_kept),
          UNIT(a_licensing_server_certifies_nobody),
          UNIT(issuer_must_be_the_principal_above_to_the_letter),
          UNIT(semantic_faults_are_test_3),
          UNIT(wrong_signer_or_other_text_is_test_2),
          UNIT(an_empty_chain_is_refused),
          UNIT(threads_share_documents_and_anchors))
