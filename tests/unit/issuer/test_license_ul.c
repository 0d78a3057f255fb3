/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/issue.h"
#include "issuer/journal.h"
#include "issuer/trust.h"
#include "publishing.h"
#include "unit.h"

enum { HOUR = 3600, DAY = 86400 };

#define GRANT(right, who)                                       \
    "<" right "><CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT>" who \
    "</OBJECT></PRINCIPAL></ACCESS></CONDITIONLIST></" right ">"
#define BY_MAIL(mail) "<ID type=\"Unspecified\" /><NAME>" mail "</NAME>"

static void bob_gets_what_he_was_granted(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    uint8_t key[32];

    publishing_new(&publishing);
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    publishing.licensing.stores.now += HOUR;
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    licensing_must(&publishing.licensing, &use, &ul);
    const char *text = ul.document;
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "<XrML xmlns=\"\" version=\"1.2\" purpose=\"Content-License\">"
              "<BODY type=\"LICENSE\" version=\"3.0\"><ISSUEDTIME>"
              "2026-11-21T11:00</ISSUEDTIME><DESCRIPTOR><OBJECT "
              "type=\"Content-License\"><ID type=\"MS-GUID\">"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "<WORK><OBJECT><ID type=\"MS-GUID\">" PUBLISHING_CONTENT
                     "</ID></OBJECT><METADATA><OWNER><OBJECT>"
                     "<ID type=\"Windows\" /><NAME>ann@example.org</NAME>"
                     "</OBJECT></OWNER></METADATA><RIGHTSGROUP "
                     "name=\"Main-Rights\"><RIGHTSLIST><VIEW><CONDITIONLIST>"
                     "<ACCESS><PRINCIPAL internal-id=\"1\"><ENABLINGBITS "
                     "type=\"sealed-key-v2\">"));
    /* as long as its publishing license, which is an hour older */
    char *view = licensing_between(text, "<VIEW>", "<TIME>", "</VIEW>");
    CU_ASSERT_STRING_EQUAL(view,
                           "<RANGETIME><FROM>2026-11-21T11:00</FROM>"
                           "<UNTIL>2033-11-21T10:00</UNTIL></RANGETIME></TIME>"
                           "</CONDITIONLIST>");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "</VIEW><PRINT>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "</PRINT></RIGHTSLIST>"));
    char *server =
        licensing_between(pl.document, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    char *issuer = licensing_between(text, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    CU_ASSERT_STRING_EQUAL(server, issuer);
    CU_ASSERT_EQUAL(
        publishing_open(text, "<VIEW>", NULL, publishing.bob_key, key), 16);
    CU_ASSERT_EQUAL(memcmp(key, publishing_key, 16), 0);
    CU_ASSERT_EQUAL(
        publishing_open(text, "<PRINT>", NULL, publishing.bob_key, key), 16);
    CU_ASSERT_EQUAL(
        publishing_open(text, "<VIEW>", NULL, publishing.ann_key, key), 0);
    CU_ASSERT_EQUAL(ul.range.until, INT64_C(2016180000)); /* date -u -d */
    free(server);
    free(issuer);
    free(view);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void the_owner_has_one_right_which_is_all(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    uint8_t key[32];

    publishing_new(&publishing);
    publishing.terms.owner.mail = "Ann@Example.ORG";
    publishing.grants[0].mail = "ann@example.org";
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.ann);
    licensing_must(&publishing.licensing, &use, &ul);
    char *list = licensing_between(ul.document, "<RIGHTSLIST>", "<RIGHTSLIST>",
                                   "<CONDITIONLIST>");
    CU_ASSERT_STRING_EQUAL(list, "<RIGHT name=\"OWNER\">");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(ul.document, "</CONDITIONLIST></RIGHT></RIGHTSLIST>"));
    CU_ASSERT_PTR_NULL(strstr(ul.document, "<VIEW>"));
    CU_ASSERT_EQUAL(
        publishing_open(ul.document, "OWNER", NULL, publishing.ann_key, key),
        16);
    free(list);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

/* UL of a PL given as text. */
static enum iss_status use_text(struct publishing *publishing, const char *pl,
                                const struct iss_licensed *rac,
                                struct iss_licensed *ul)
{
    const struct iss_license_order order = {.kind = ISS_UL,
                                            .rac = {rac->chain, rac->chain_len},
                                            .pl = {pl, strlen(pl)}};

    return licensing_issue(&publishing->licensing, &order, ul);
}

static void what_a_client_has_published_is_licensed(void)
{
    struct publishing publishing;
    struct iss_licensed ul;
    uint8_t key[32];
    size_t len = 0;

    publishing_new(&publishing);
    char *pl = publishing_offline(&publishing, &publishing.terms, &len);
    CU_ASSERT_EQUAL_FATAL(use_text(&publishing, pl, &publishing.bob, &ul),
                          ISS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, "<VIEW>"));
    CU_ASSERT_EQUAL(
        publishing_open(ul.document, "<VIEW>", NULL, publishing.bob_key, key),
        16);
    CU_ASSERT_EQUAL(memcmp(key, publishing_key, 16), 0);
    iss_licensed_clear(&ul);
    CU_ASSERT_EQUAL_FATAL(use_text(&publishing, pl, &publishing.ann, &ul),
                          ISS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, "<RIGHT name=\"OWNER\">"));
    iss_licensed_clear(&ul);
    free(pl);
    publishing_free(&publishing);
}

static void the_user_opens_with_it_what_it_is_for(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    struct xrml_chain chains[3] = {{0}};
    struct xrml_anchors *anchors = NULL;
    struct sealed_secret key;
    struct iss_error error = {.status = ISS_OK};

    publishing_new(&publishing);
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    licensing_must(&publishing.licensing, &use, &ul);
    CU_ASSERT_EQUAL(
        xrml_chain_append(&chains[0], ul.chain, ul.chain_len, 0, NULL), ISS_OK);
    CU_ASSERT_EQUAL(
        xrml_chain_append(&chains[1], pl.chain, pl.chain_len, 0, NULL), ISS_OK);
    CU_ASSERT_EQUAL(xrml_chain_append(&chains[2], publishing.bob.chain,
                                      publishing.bob.chain_len, 0, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(xrml_anchors_parse(publishing.licensing.stores.anchors,
                                       publishing.licensing.stores.anchors_len,
                                       &anchors, NULL),
                    ISS_OK);
    struct client_use open = {.ul = &chains[0],
                              .pl = &chains[1],
                              .rac = &chains[2],
                              .key = publishing.bob_key,
                              .anchors = anchors,
                              .right = "VIEW",
                              .now = publishing.licensing.stores.now};
    CU_ASSERT_EQUAL(client_open_content(NULL, &open, &key, &error), ISS_OK);
    CU_ASSERT_EQUAL(key.len, 16);
    CU_ASSERT_EQUAL(memcmp(key.octets, publishing_key, 16), 0);
    open.right = "EDIT";
    CU_ASSERT_EQUAL(client_open_content(NULL, &open, &key, &error),
                    ISS_REFUSED);
    xrml_anchors_free(anchors);
    for (size_t i = 0; i < 3; i++)
        xrml_chain_clear(&chains[i]);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

/* ---- who is meant -------------------------------------------------------- */

static void who_is_meant_is_found_by_mail_identifier_or_anyone(void)
{
    static const struct {
        const char *list;
        const char *has, *lacks;
    } rows[] = {
        {GRANT("VIEW", BY_MAIL("BOB@Example.Org")), "<VIEW>", "\"OWNER\""},
        {GRANT("VIEW", "<ID type=\"Internal\">Anyone</ID>"), "<VIEW>",
         "\"OWNER\""},
        {GRANT("VIEW", "<ID type=\"Internal\">ANYONE</ID>"), "<VIEW>",
         "\"OWNER\""},
        {GRANT("VIEW", "<ID type=\"Windows\" /><NAME>bob@example.org</NAME>"),
         "<VIEW>", "\"OWNER\""},
        {GRANT("VIEW", BY_MAIL("bob@example.org"))
             GRANT("EDIT", BY_MAIL("carol@example.org")),
         "<VIEW>", "<EDIT>"},
        {"<RIGHT name=\"OWNER\"><CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT>"
         "<ID type=\"Unspecified\" /><NAME>bob@example.org</NAME></OBJECT>"
         "</PRINCIPAL></ACCESS></CONDITIONLIST></RIGHT>" GRANT(
             "VIEW", BY_MAIL("bob@example.org")),
         "<RIGHT name=\"OWNER\">", "<VIEW>"}};
    struct publishing publishing;
    struct iss_licensed ul;

    publishing_new(&publishing);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *data = publishing_data("ann@example.org", rows[i].list);
        const struct publishing_forged forged = {.owner = "ann@example.org",
                                                 .rights = data};
        char *pl = publishing_forge(&publishing, &forged);
        CU_ASSERT_EQUAL_FATAL(use_text(&publishing, pl, &publishing.bob, &ul),
                              ISS_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, rows[i].has));
        CU_ASSERT_PTR_NULL(strstr(ul.document, rows[i].lacks));
        iss_licensed_clear(&ul);
        free(pl);
        free(data);
    }
    publishing_free(&publishing);
}

static void an_identifier_of_somebody_else_is_not_his_mail_address(void)
{
    struct publishing publishing;
    struct iss_licensed ul;

    publishing_new(&publishing);
    char *id = licensing_between(publishing.bob.document, "<ISSUEDPRINCIPALS>",
                                 "<ID type=\"Windows\">", "</ID>");
    char *list = NULL;
    CU_ASSERT_TRUE_FATAL(
        asprintf(&list, GRANT("VIEW", "<ID type=\"Windows\">%s</ID>"), id) > 0);
    char *data = publishing_data("ann@example.org", list);
    struct publishing_forged forged = {.owner = "ann@example.org",
                                       .rights = data};
    char *pl = publishing_forge(&publishing, &forged);
    CU_ASSERT_EQUAL(use_text(&publishing, pl, &publishing.bob, &ul), ISS_OK);
    iss_licensed_clear(&ul);
    free(pl);
    free(data);
    data = publishing_data("ann@example.org",
                           GRANT("VIEW",
                                 "<ID type=\"Windows\">S-1-5-21-1-2-3-4</ID>"
                                 "<NAME>bob@example.org</NAME>"));
    forged.rights = data;
    pl = publishing_forge(&publishing, &forged);
    CU_ASSERT_EQUAL(use_text(&publishing, pl, &publishing.bob, &ul),
                    ISS_REFUSED);
    free(pl);
    free(data);
    free(list);
    free(id);
    publishing_free(&publishing);
}

/* ---- one refusal --------------------------------------------------------- */

static const char range_ended[] =
    "<VIEW><CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT>" BY_MAIL(
        "bob@example.org") "</OBJECT></PRINCIPAL></ACCESS><TIME><RANGETIME>"
                           "<FROM>2026-11-20T10:00</FROM>"
                           "<UNTIL>2026-11-21T09:00</UNTIL></RANGETIME></TIME>"
                           "</CONDITIONLIST></VIEW>";

static void whatever_is_wrong_behind_the_seal_is_one_refusal(void)
{
    static const char to_bob[] = GRANT("VIEW", BY_MAIL("bob@example.org"));
    static const char to_carol[] = GRANT("VIEW", BY_MAIL("carol@example.org"));
    static const struct {
        const char *owner, *said_owner, *list, *content;
        enum publishing_fault fault;
    } rows[] = {
        {"ann@example.org", "ann@example.org", to_bob, NULL,
         PUBLISHING_PADDING},
        {"ann@example.org", "ann@example.org", to_bob, NULL, PUBLISHING_HEADER},
        {"ann@example.org", "ann@example.org", to_bob, NULL, PUBLISHING_HASH},
        {"ann@example.org", "ann@example.org", to_bob, NULL,
         PUBLISHING_OTHER_KEY},
        /* good ones, refused later */
        {"ann@example.org", "ann@example.org", to_carol, NULL, PUBLISHING_GOOD},
        {"ann@example.org", "ann@example.org", range_ended, NULL,
         PUBLISHING_GOOD},
        {"bob@example.org", "ann@example.org", to_carol, NULL, PUBLISHING_GOOD},
        {"ann@example.org", "ann@example.org", "", NULL, PUBLISHING_GOOD}};
    struct publishing publishing;
    struct iss_licensed ul;
    char *first = NULL;

    publishing_new(&publishing);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *data = publishing_data(rows[i].said_owner, rows[i].list);
        const struct publishing_forged forged = {
            .owner = rows[i].owner, .rights = data, .fault = rows[i].fault};
        char *pl = publishing_forge(&publishing, &forged);
        CU_ASSERT_EQUAL(use_text(&publishing, pl, &publishing.bob, &ul),
                        ISS_REFUSED);
        if (first == NULL)
            first = strdup(publishing.licensing.error.text);
        CU_ASSERT_STRING_EQUAL(publishing.licensing.error.text, first);
        free(pl);
        free(data);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "bob@example.org"));
    CU_ASSERT_PTR_NOT_NULL(strstr(first, PUBLISHING_CONTENT));
    /* the journal knows no more than he who asked */
    char newest[STORES_RECORD];
    stores_newest(&publishing.licensing.stores,
                  publishing.licensing.stores.root, ISS_REC_DENY, newest);
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, "kind=ul;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, first));
    free(first);
    publishing_free(&publishing);
}

static void what_one_has_sealed_another_cannot_publish_as_his_own(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;

    publishing_new(&publishing);
    /* rights data of Ann's, under a license that says Bob is the owner */
    char *data = publishing_data("ann@example.org",
                                 GRANT("VIEW", BY_MAIL("bob@example.org")));
    struct publishing_forged forged = {.owner = "bob@example.org",
                                       .rights = data};
    char *text = publishing_forge(&publishing, &forged);
    CU_ASSERT_EQUAL_FATAL(use_text(&publishing, text, &publishing.bob, &ul),
                          ISS_OK);
    CU_ASSERT_PTR_NULL(strstr(ul.document, "OWNER\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, "<VIEW>"));
    iss_licensed_clear(&ul);
    free(text);
    /* and another content, whose revocation would not reach this one */
    forged.owner = "ann@example.org";
    forged.content = "{00000000-1111-4222-8333-444444444444}";
    text = publishing_forge(&publishing, &forged);
    CU_ASSERT_EQUAL(use_text(&publishing, text, &publishing.bob, &ul),
                    ISS_REFUSED);
    free(text);
    free(data);
    /* whom the server itself says to be the owner, is */
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.ann);
    licensing_must(&publishing.licensing, &use, &ul);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

/* ---- conditions ----------------------------------------------------------
 */

#define ENDED                                                             \
    "<TIME><RANGETIME><FROM>2026-11-20T10:00</FROM><UNTIL>2026-11-21T09:" \
    "00</UNTIL></RANGETIME></TIME>"
#define LASTING                                                           \
    "<TIME><RANGETIME><FROM>2026-11-20T10:00</FROM><UNTIL>2027-11-21T09:" \
    "00</UNTIL></RANGETIME></TIME>"
#define TO_BOB                                                             \
    "<ACCESS><PRINCIPAL><OBJECT>" BY_MAIL("bob@example.org") "</OBJECT></" \
                                                             "PRINCIPAL>"  \
                                                             "</ACCESS>"
#define LIST(inner) "<CONDITIONLIST>" inner "</CONDITIONLIST>"

/* The second of two would not be seen, nor would what nobody here knows. */
static void a_condition_that_is_not_known_is_not_left_out(void)
{
    static const struct {
        const char *right, *work; /* of VIEW, and before RIGHTSGROUP */
        enum iss_status status;
    } rows[] = {{LIST(TO_BOB LASTING), "", ISS_OK},
                {LIST(LASTING TO_BOB), "", ISS_OK},
                {TO_BOB LASTING, "", ISS_OK},
                {LIST(TO_BOB),
                 "<PRECONDITIONLIST>" LASTING "</PRECONDITIONLIST>", ISS_OK},
                {LIST(TO_BOB "<METER />"), "", ISS_REFUSED},
                {LIST(TO_BOB "<REFRESH />"), "", ISS_REFUSED},
                {LIST(TO_BOB LASTING ENDED), "", ISS_REFUSED},
                {LIST(TO_BOB) LIST(ENDED), "", ISS_REFUSED},
                {LIST(TO_BOB) ENDED, "", ISS_REFUSED},
                {LIST(TO_BOB "<TIME><METER /></TIME>"), "", ISS_REFUSED},
                {LIST(TO_BOB),
                 "<PRECONDITIONLIST>" LASTING ENDED "</PRECONDITIONLIST>",
                 ISS_REFUSED},
                {LIST(TO_BOB), "<PRECONDITIONLIST><METER /></PRECONDITIONLIST>",
                 ISS_REFUSED},
                {LIST(TO_BOB), LIST(ENDED), ISS_REFUSED},
                {LIST(TO_BOB), "<METER />", ISS_REFUSED}};
    struct publishing publishing;
    struct iss_licensed ul;

    publishing_new(&publishing);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *list = NULL;
        CU_ASSERT_TRUE_FATAL(asprintf(&list, "<VIEW>%s</VIEW>", rows[i].right) >
                             0);
        char *plain = publishing_data("ann@example.org", list);
        char *work = NULL;
        CU_ASSERT_TRUE_FATAL(asprintf(&work, "</METADATA>%s", rows[i].work) >
                             0);
        char *data = publishing_replace(plain, "<WORK>", "</METADATA>", work);
        const struct publishing_forged forged = {.owner = "ann@example.org",
                                                 .rights = data};
        char *pl = publishing_forge(&publishing, &forged);
        const enum iss_status status =
            use_text(&publishing, pl, &publishing.bob, &ul);
        if (status != rows[i].status)
            (void)fprintf(stderr, "row %zu: %s\n", i, data);
        CU_ASSERT_EQUAL(status, rows[i].status);
        if (status == ISS_OK)
            iss_licensed_clear(&ul);
        free(pl);
        free(data);
        free(work);
        free(plain);
        free(list);
    }
    publishing_free(&publishing);
}

static void whom_rights_data_name_may_revoke_the_license(void)
{
    struct publishing publishing;
    struct iss_licensed ul;

    publishing_new(&publishing);
    char *key = licensing_between(publishing.bob.document, "<ISSUER>",
                                  "<PUBLICKEY>", "</PUBLICKEY>");
    char *work = NULL;
    CU_ASSERT_TRUE_FATAL(
        asprintf(&work,
                 "</METADATA><CONDITIONLIST><REFRESH><DISTRIBUTIONPOINT>"
                 "<OBJECT type=\"Revocation\"><ID type=\"MS-GUID\">"
                 "{00000000-1111-4222-8333-444444444444}</ID><NAME>Auditors"
                 "</NAME></OBJECT><PUBLICKEY>%s</PUBLICKEY>"
                 "</DISTRIBUTIONPOINT><INTERVALTIME days=\"3\" /></REFRESH>"
                 "</CONDITIONLIST>",
                 key) > 0);
    char *plain = publishing_data("ann@example.org",
                                  GRANT("VIEW", BY_MAIL("bob@example.org")));
    char *data = publishing_replace(plain, "<WORK>", "</METADATA>", work);
    const struct publishing_forged forged = {.owner = "ann@example.org",
                                             .rights = data};
    char *pl = publishing_forge(&publishing, &forged);
    CU_ASSERT_EQUAL_FATAL(use_text(&publishing, pl, &publishing.bob, &ul),
                          ISS_OK);
    char *kept =
        licensing_between(ul.document, "<WORK>", "<REFRESH>", "</REFRESH>");
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    CU_ASSERT_PTR_NOT_NULL(strstr(kept, "<NAME>Auditors</NAME>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(kept, key));
    CU_ASSERT_PTR_NOT_NULL(strstr(kept, "<INTERVALTIME days=\"3\" />"));
    iss_licensed_clear(&ul);
    free(kept);
    free(pl);
    free(data);
    free(plain);
    free(work);
    free(key);
    publishing_free(&publishing);
}

/* ---- before the token ---------------------------------------------------- */

static void what_the_documents_say_is_told_with_its_reason(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;

    publishing_new(&publishing);
    publishing.terms.validity = (struct xrml_range){
        .present = true, .from = STORES_NOW, .until = STORES_NOW + 2 * HOUR};
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    /* altered */
    char *text = publishing_replace(pl.chain, "<OWNER>", "ann@example.org",
                                    "bob@example.org");
    CU_ASSERT_EQUAL(use_text(&publishing, text, &publishing.bob, &ul),
                    ISS_SIGNATURE);
    free(text);
    /* another document */
    CU_ASSERT_EQUAL(
        use_text(&publishing, publishing.ann.chain, &publishing.bob, &ul),
        ISS_SEMANTICS);
    /* no account */
    struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    use.rac = use.pl;
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_SEMANTICS);
    use.rac = (struct iss_text){.text = NULL};
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_MALFORMED);
    /* sealed for crypto mode 1 */
    char *data = publishing_data("ann@example.org", "");
    const struct publishing_forged forged = {
        .owner = "ann@example.org", .rights = data, .bits = "sealed-key"};
    text = publishing_forge(&publishing, &forged);
    CU_ASSERT_EQUAL(use_text(&publishing, text, &publishing.bob, &ul),
                    ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "sealed-key-v2"));
    free(text);
    free(data);
    /* the content has ended */
    publishing.licensing.stores.now += 3 * HOUR;
    use = publishing_ul(&pl, &publishing.bob);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_CONDITIONS);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void a_license_ends_with_what_it_depends_on(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;

    publishing_new(&publishing);
    publishing.grants[0].range = (struct xrml_range){
        .present = true, .from = STORES_NOW - DAY, .until = STORES_NOW + HOUR};
    publishing.grants[1].range =
        (struct xrml_range){.present = true,
                            .from = STORES_NOW + DAY,
                            .until = STORES_NOW + 2 * DAY};
    publishing.grants[1].interval =
        (struct xrml_interval){.present = true, .days = 30};
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    licensing_must(&publishing.licensing, &use, &ul);
    char *view = licensing_between(ul.document, "<VIEW>", "<TIME>", "</TIME>");
    char *print =
        licensing_between(ul.document, "<PRINT>", "<TIME>", "</TIME>");
    CU_ASSERT_STRING_EQUAL(view, "<RANGETIME><FROM>2026-11-21T10:00</FROM>"
                                 "<UNTIL>2026-11-21T11:00</UNTIL></RANGETIME>");
    CU_ASSERT_STRING_EQUAL(print, "<RANGETIME><FROM>2026-11-22T10:00</FROM>"
                                  "<UNTIL>2026-11-23T10:00</UNTIL></RANGETIME>"
                                  "<INTERVALTIME days=\"30\" />");
    free(view);
    free(print);
    iss_licensed_clear(&ul);
    use.until = STORES_NOW + HOUR / 2;
    licensing_must(&publishing.licensing, &use, &ul);
    view = licensing_between(ul.document, "<VIEW>", "<TIME>", "</TIME>");
    CU_ASSERT_STRING_EQUAL(view, "<RANGETIME><FROM>2026-11-21T10:00</FROM>"
                                 "<UNTIL>2026-11-21T10:30</UNTIL></RANGETIME>");
    free(view);
    iss_licensed_clear(&ul);
    use.until = STORES_NOW + INT64_C(3000) * DAY; /* over seven years */
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_REFUSED);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void an_ended_account_or_server_gets_nothing(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    struct iss_licensed rac;

    publishing_new(&publishing);
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    struct iss_license_order account =
        licensing_rac(&publishing.licensing, "bob@example.org");
    account.temporary = true;
    licensing_must(&publishing.licensing, &account, &rac);
    publishing.licensing.stores.now += 16 * 60;
    struct iss_license_order use = publishing_ul(&pl, &rac);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_CONDITIONS);
    use = publishing_ul(&pl, &publishing.bob);
    licensing_must(&publishing.licensing, &use, &ul);
    iss_licensed_clear(&ul);
    publishing.licensing.stores.now += 366 * DAY;
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_EXPIRED);
    iss_licensed_clear(&rac);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void an_excluded_account_gets_nothing(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;

    publishing_new(&publishing);
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    const struct iss_trusted excluded = {
        .kind = ISS_TRUST_EXCLUDED,
        .name = "bob",
        .text = {publishing.bob.chain, publishing.bob.chain_len},
        .uri = ""};
    CU_ASSERT_EQUAL_FATAL(iss_trust_add(publishing.licensing.root, &excluded,
                                        &publishing.licensing.error),
                          ISS_OK);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_REFUSED);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void the_same_order_is_the_same_license(void)
{
    static const uint8_t nonce[ISS_LICENSE_NONCE_SIZE] = {1, 2, 3};
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed first;
    struct iss_licensed second;

    publishing_new(&publishing);
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    use.nonce = nonce;
    licensing_must(&publishing.licensing, &use, &first);
    publishing.licensing.stores.now += HOUR;
    licensing_again(&publishing.licensing);
    licensing_must(&publishing.licensing, &use, &second);
    CU_ASSERT_TRUE(second.again);
    CU_ASSERT_STRING_EQUAL(first.document, second.document);
    iss_licensed_clear(&second);
    use.nonce = NULL;
    licensing_must(&publishing.licensing, &use, &second);
    CU_ASSERT_FALSE(second.again);
    CU_ASSERT_STRING_NOT_EQUAL(first.guid, second.guid);
    iss_licensed_clear(&first);
    iss_licensed_clear(&second);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

/* A domain whose key may sign could not be added; that it is a key in software
 * which could is what this test is about. */
static void trust_domain(struct publishing *publishing,
                         struct publishing *other,
                         const struct iss_licensed *pl)
{
    const char *chain = strstr(pl->chain + 1, "<XrML");
    struct iss_entry entry = iss_entry_of(ISS_REC_TRUST);
    struct xrml_document *document = NULL;
    struct iss_info info;
    uint8_t hash[ISS_HASH_SIZE];

    CU_ASSERT_PTR_NOT_NULL_FATAL(chain);
    CU_ASSERT_EQUAL_FATAL(
        xrml_parse(pl->document, pl->len, NULL, &document, NULL), ISS_OK);
    CU_ASSERT_EQUAL(
        xrml_key_hash(&xrml_fields(document)->issuer_key, hash, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_info(other->licensing.root, &info, NULL), ISS_OK);
    iss_entry_text(&entry, ISS_TAG_KIND,
                   iss_trust_kind_name(ISS_TRUST_PUBLISHING));
    iss_entry_text(&entry, ISS_TAG_NAME, "other");
    iss_entry_octets(&entry, ISS_TAG_KEY_HASH, hash, sizeof(hash));
    iss_entry_octets(&entry, ISS_TAG_TRUSTED, chain, strlen(chain));
    iss_entry_text(&entry, ISS_TAG_URI, info.key_uri);
    CU_ASSERT_EQUAL_FATAL(iss_journal_write(publishing->licensing.root, &entry,
                                            1, NULL,
                                            &publishing->licensing.error),
                          ISS_OK);
    xrml_document_free(document);
}

static void a_trusted_domains_content_is_licensed_by_this_server(void)
{
    struct publishing publishing;
    struct publishing other;
    struct iss_licensed pl;
    struct iss_licensed ul;
    uint8_t key[32];

    publishing_new(&publishing);
    publishing_new(&other);
    /* the pairs of two stores are the same, but for one made later */
    stores_close(&other.licensing.stores, other.licensing.root);
    stores_pass(&other.licensing.stores, ISS_REKEY);
    other.licensing.root =
        stores_open(&other.licensing.stores, other.licensing.stores.root);
    const struct iss_license_order order = publishing_pl(&other);
    licensing_must(&other.licensing, &order, &pl);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing,
                                  "neither this one nor a trusted publishing"));
    trust_domain(&publishing, &other, &pl);
    licensing_must(&publishing.licensing, &use, &ul);
    /* in its own name: the other's key has opened and not signed */
    char *issuer =
        licensing_between(ul.document, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    char *own = licensing_between(publishing.bob.document, "<ISSUER>",
                                  "<ISSUER>", "</ISSUER>");
    CU_ASSERT_STRING_EQUAL(issuer, own);
    CU_ASSERT_EQUAL(
        publishing_open(ul.document, "<VIEW>", NULL, publishing.bob_key, key),
        16);
    CU_ASSERT_EQUAL(memcmp(key, publishing_key, 16), 0);
    free(issuer);
    free(own);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    publishing_free(&other);
    publishing_free(&publishing);
}

UNIT_MAIN("license_ul", UNIT(bob_gets_what_he_was_granted),
          UNIT(the_owner_has_one_right_which_is_all),
          UNIT(what_a_client_has_published_is_licensed),
          UNIT(the_user_opens_with_it_what_it_is_for),
          UNIT(who_is_meant_is_found_by_mail_identifier_or_anyone),
          UNIT(an_identifier_of_somebody_else_is_not_his_mail_address),
          UNIT(whatever_is_wrong_behind_the_seal_is_one_refusal),
          UNIT(what_one_has_sealed_another_cannot_publish_as_his_own),
          UNIT(a_condition_that_is_not_known_is_not_left_out),
          UNIT(whom_rights_data_name_may_revoke_the_license),
          UNIT(what_the_documents_say_is_told_with_its_reason),
          UNIT(a_license_ends_with_what_it_depends_on),
          UNIT(an_ended_account_or_server_gets_nothing),
          UNIT(an_excluded_account_gets_nothing),
          UNIT(a_trusted_domains_content_is_licensed_by_this_server),
          UNIT(the_same_order_is_the_same_license))
