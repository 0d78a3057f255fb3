/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/rights.h"

#include <stdlib.h>
#include <string.h>

#include "issuer/xrml_rights.h"
#include "unit.h"

static void names_of_rights_are_in_upper_case(void)
{
    static const struct {
        const char *name, *right; /* NULL: none */
    } rows[] = {
        {"view", "VIEW"},
        {"Print", "PRINT"},
        {"VIEWRIGHTSDATA", "VIEWRIGHTSDATA"},
        {"replyall", "REPLYALL"},
        {"x-Own_right.2", "X-OWN_RIGHT.2"},
        {"a", "A"},
        {"abcdefghijabcdefghijabcdefghijabcdefghij",
         "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJ"},
        {"abcdefghijabcdefghijabcdefghijabcdefghijk", NULL},
        {"", NULL},
        {"2nd", NULL},
        {"-x", NULL},
        {"two words", NULL},
        {"a\"b", NULL},
        {"<VIEW>", NULL},
        {"\xc3\xa4", NULL},
    };
    char out[ISS_RIGHT_MAX + 1];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const bool good = iss_right_name(rows[i].name, out);
        CU_ASSERT_EQUAL(good, rows[i].right != NULL);
        if (good)
            CU_ASSERT_STRING_EQUAL(out, rows[i].right);
    }
}

static void names_of_policies_have_their_form(void)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"LCID 1033:NAME Secret:DESCRIPTION For few;", true},
        /* as the specification's own template has it */
        {" LCID 1033:NAME CONTOSO Template:DESCRIPTION Template for CONTOSO;",
         true},
        {"LCID 1033:NAME a:DESCRIPTION b;LCID 1053:NAME c:DESCRIPTION d;",
         true},
        {"LCID 1033:NAME a:DESCRIPTION ;", true},
        {"LCID 1033:NAME a:DESCRIPTION b", false},
        {"LCID x:NAME a:DESCRIPTION b;", false},
        {"LCID 1033:NAME :DESCRIPTION b;", false},
        {"LCID 1033:NAME a;", false},
        {"LCID 1033:NAME a:DESCRIPTION b;more", false},
        {"Secret", false},
        {"", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(iss_policy_text_good(rows[i].text), rows[i].good);
}

static void mail_addresses_are_the_same_without_case(void)
{
    CU_ASSERT_TRUE(iss_mail_same("a@B.org", "A@b.ORG"));
    CU_ASSERT_FALSE(iss_mail_same("a@b.org", "a@b.or"));
    CU_ASSERT_FALSE(iss_mail_same("a@b.or", "a@b.org"));
    CU_ASSERT_FALSE(iss_mail_same("", ""));
    CU_ASSERT_FALSE(iss_mail_same(NULL, NULL));
    CU_ASSERT_FALSE(iss_mail_same("a@b.org", NULL));
    /* beyond ASCII to the letter: nobody is taken for another */
    CU_ASSERT_FALSE(iss_mail_same("\xc3\xa4@b.org", "\xc3\x84@b.org"));
}

/* ---- from terms ---------------------------------------------------------- */

static void terms_become_rights_with_the_owner_first(void)
{
    const struct iss_grant grants[] = {
        {.right = "view", .mail = "bob@example.org"},
        {.right = "VIEW", .mail = "Bob@Example.org"}, /* the same again */
        {.right = "view"},
        {.right = "edit",
         .mail = "bob@example.org",
         .range = {.present = true, .from = 60, .until = 120}},
    };
    const struct iss_terms terms = {.grants = grants, .grant_count = 4};
    struct iss_rights rights;

    CU_ASSERT_EQUAL_FATAL(iss_rights_of_terms(&terms, &rights, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(rights.count, 4);
    CU_ASSERT_STRING_EQUAL(rights.rights[0].name, "OWNER");
    CU_ASSERT_STRING_EQUAL(rights.rights[0].user.id_type, "Internal");
    CU_ASSERT_STRING_EQUAL(rights.rights[0].user.id, "Owner");
    CU_ASSERT_STRING_EQUAL(rights.rights[1].name, "VIEW");
    CU_ASSERT_STRING_EQUAL(rights.rights[1].user.id_type, "Unspecified");
    CU_ASSERT_STRING_EQUAL(rights.rights[1].user.name, "bob@example.org");
    CU_ASSERT_STRING_EQUAL(rights.rights[2].user.id, "ANYONE");
    CU_ASSERT_PTR_NULL(rights.rights[2].user.name);
    CU_ASSERT_STRING_EQUAL(rights.rights[3].name, "EDIT");
    CU_ASSERT_EQUAL(rights.rights[3].range.until, 120);
    iss_rights_clear(&rights);
}

static void terms_that_say_nothing_clear_are_refused(void)
{
    static const struct {
        struct iss_grant grants[2];
        size_t count;
        const char *said;
    } rows[] = {
        {{{.right = "no such"}}, 1, "no name of a right"},
        {{{.right = NULL}}, 1, "no name of a right"},
        {{{.right = "VIEW", .mail = "bob"}}, 1, "no mail address"},
        {{{.right = "VIEW", .mail = ""}}, 1, "no mail address"},
        {{{.right = "VIEW",
           .range = {.present = true, .from = 120, .until = 120}}},
         1,
         "ends before"},
        {{{.right = "VIEW", .interval = {.present = true}}}, 1, "no time"},
        {{{.right = "VIEW",
           .interval = {.present = true, .days = UINT32_C(1) << 31}}},
         1,
         "too long"},
        {{{.right = "VIEW", .mail = "a@b.org"},
          {.right = "view",
           .mail = "A@b.org",
           .interval = {.present = true, .days = 1}}},
         2,
         "different conditions"},
        {{{.right = "VIEW"}}, ISS_RIGHTS_GRANTED_MAX + 1, "at most 127"},
    };
    struct iss_rights rights;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct iss_terms terms = {.grants = rows[i].grants,
                                        .grant_count = rows[i].count};
        struct iss_error error = {.status = ISS_OK};

        CU_ASSERT_EQUAL(iss_rights_of_terms(&terms, &rights, &error),
                        ISS_MALFORMED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, rows[i].said));
        CU_ASSERT_PTR_NULL(rights.rights);
    }
}

/* ---- whose they are -------------------------------------------------------
 */

enum { NOW = 1000000 * 60 };

#define BOB                                                 \
    {                                                       \
        .id_type = "Unspecified", .name = "bob@example.org" \
    }
#define FROM_TO(a, b)                              \
    {                                              \
        .present = true, .from = (a), .until = (b) \
    }

struct held_row {
    const char *what;
    struct xrml_range when;
    struct xrml_interval how_long;
    struct xrml_right said[4];
    bool owner;
    const char *held; /* "NAME from until days;" each, from and until to NOW */
};

static const struct held_row held_rows[] = {
    {.what = "plain",
     .said = {{.name = "VIEW", .user = BOB}},
     .held = "VIEW 0 1000 0;"},
    {.what = "an owner",
     .said = {{.name = "VIEW", .user = BOB}},
     .owner = true,
     .held = "OWNER 0 1000 0;"},
    {.what = "Owner for who is not",
     .said = {{.name = "OWNER",
               .user = {.id_type = "Internal", .id = "Owner"}}},
     .held = ""},
    {.what = "nobody has it by being the first principal",
     .said = {{.name = "VIEW", .first = true, .user = BOB}},
     .held = ""},
    {.what = "of a type that nobody knows",
     .said = {{.name = "VIEW",
               .user = {.id_type = "Group", .name = "bob@example.org"}}},
     .held = ""},
    {.what = "no name at all",
     .said = {{.name = "VIEW", .user = {.id_type = "Unspecified"}}},
     .held = ""},
    {.what = "an identifier in capital letters",
     .said = {{.name = "VIEW", .user = {.id_type = "Windows", .id = "s-1-5"}}},
     .held = "VIEW 0 1000 0;"},
    {.what = "an identifier of another kind",
     .said = {{.name = "VIEW",
               .user = {.id_type = "Passport",
                        .id = "S-1-5",
                        .name = "bob@example.org"}}},
     .held = ""},
    {.what = "an end of its own",
     .said = {{.name = "VIEW",
               .user = BOB,
               .range = FROM_TO(NOW - 60, NOW + 60)}},
     .held = "VIEW 0 60 0;"},
    {.what = "a condition before all",
     .when = FROM_TO(NOW - 600, NOW + 120),
     .said = {{.name = "VIEW",
               .user = BOB,
               .range = FROM_TO(NOW + 60, NOW + 600)},
              {.name = "EDIT", .user = BOB}},
     .held = "VIEW 60 120 0;EDIT 0 120 0;"},
    {.what = "the shorter of two intervals",
     .how_long = {.present = true, .days = 2},
     .said = {{.name = "VIEW",
               .user = BOB,
               .interval = {.present = true, .days = 5}},
              {.name = "EDIT",
               .user = BOB,
               .interval = {.present = true, .days = 1}},
              {.name = "PRINT", .user = BOB}},
     .held = "VIEW 0 1000 2;EDIT 0 1000 1;PRINT 0 1000 2;"},
    {.what = "all ended",
     .said = {{.name = "VIEW", .user = BOB, .range = FROM_TO(NOW - 600, NOW)}},
     .held = ""},
    {.what = "none begun",
     .said = {{.name = "VIEW",
               .user = BOB,
               .range = FROM_TO(NOW + 60, NOW + 600)}},
     .held = ""},
    {.what = "two conditions without anything in common",
     .when = FROM_TO(NOW, NOW + 60),
     .said = {{.name = "VIEW",
               .user = BOB,
               .range = FROM_TO(NOW + 60, NOW + 90)}},
     .held = ""},
    {.what = "one covers the other, whichever is first",
     .said = {{.name = "VIEW", .user = BOB, .range = FROM_TO(NOW, NOW + 60)},
              {.name = "VIEW", .user = BOB},
              {.name = "EDIT", .user = BOB},
              {.name = "EDIT",
               .user = BOB,
               .interval = {.present = true, .days = 1}}},
     .held = "VIEW 0 1000 0;EDIT 0 1000 0;"},
    {.what = "neither covers the other",
     .said = {{.name = "VIEW", .user = BOB, .range = FROM_TO(NOW, NOW + 60)},
              {.name = "VIEW",
               .user = BOB,
               .interval = {.present = true, .days = 1}}},
     .held = "VIEW 0 60 0;VIEW 0 1000 1;"},
    {.what = "OWNER is all there is to say",
     .said = {{.name = "VIEW", .user = BOB},
              {.name = "OWNER", .user = BOB, .range = FROM_TO(NOW, NOW + 60)}},
     .held = "OWNER 0 60 0;"},
    {.what = "an OWNER who is none yet",
     .said = {{.name = "VIEW", .user = BOB},
              {.name = "OWNER",
               .user = BOB,
               .range = FROM_TO(NOW + 60, NOW + 90)}},
     .held = "VIEW 0 1000 0;"},
};

static void what_is_somebodys_follows_from_who_and_when(void)
{
    static struct xrml_right held[XRML_RIGHTS_MAX];
    const struct xrml_range within = FROM_TO(NOW, NOW + 1000);

    for (size_t i = 0; i < sizeof(held_rows) / sizeof(held_rows[0]); i++) {
        const struct held_row *row = &held_rows[i];
        struct xrml_right said[4];
        const struct iss_holder holder = {.id_type = "Windows",
                                          .id = "S-1-5",
                                          .mail = "Bob@example.org",
                                          .owner = row->owner};
        char text[256] = "";

        memcpy(said, row->said, sizeof(said));
        struct xrml_license rights = {
            .when = row->when, .how_long = row->how_long, .rights = said};
        while (rights.right_count < 4 && said[rights.right_count].name != NULL)
            rights.right_count++;
        const size_t count =
            iss_rights_held(&rights, &holder, &within, NOW, held);
        for (size_t k = 0; k < count; k++) {
            const size_t used = strlen(text);
            CU_ASSERT_TRUE(held[k].first);
            (void)snprintf(text + used, sizeof(text) - used, "%s %d %d %u;",
                           held[k].name, (int)(held[k].range.from - NOW),
                           (int)(held[k].range.until - NOW),
                           held[k].interval.present ? held[k].interval.days
                                                    : 0);
        }
        CU_ASSERT_STRING_EQUAL(text, row->held);
        if (strcmp(text, row->held) != 0)
            (void)fprintf(stderr, "%s: \"%s\"\n", row->what, text);
    }
}

static void the_specifications_own_rights_data_give_its_own_license(void)
{
    char path[4096];
    size_t len = 0;
    struct xrml_document *document = NULL;
    struct xrml_reading *reading = NULL;
    static struct xrml_right held[XRML_RIGHTS_MAX];
    int64_t from = 0;
    int64_t until = 0;

    if (unit_samples() == NULL) {
        unit_skip("no samples");
        return;
    }
    (void)snprintf(path, sizeof(path), "%s/spec-examples/MS-RMPR-4.5.5-ERD.xml",
                   unit_samples());
    char *text = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    while (len > 0 && text[len - 1] != '>')
        text[--len] = '\0';
    CU_ASSERT_EQUAL_FATAL(xrml_unsigned_parse(text, len, &document, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, NULL), ISS_OK);
    const struct xrml_license *rights = xrml_reading_license(reading);
    CU_ASSERT_TRUE(xrml_time_parse("2010-06-11T21:44", 16, &from));
    CU_ASSERT_TRUE(xrml_time_parse("2010-07-12T06:59", 16, &until));
    const struct xrml_range within = {
        .present = true, .from = from, .until = from + 86400 * 2556};
    struct iss_holder holder = {
        .id_type = "Windows",
        .id = "S-1-5-21-3270430776-546919264-923996561-1119",
        .mail = "user@contoso.com"};
    /* 4.5.6: VIEW until then, and nothing else */
    CU_ASSERT_EQUAL(iss_rights_held(rights, &holder, &within, from, held), 1);
    CU_ASSERT_STRING_EQUAL(held[0].name, "VIEW");
    CU_ASSERT_EQUAL(held[0].range.until, until);
    holder.mail = "owner@contoso.com";
    CU_ASSERT_EQUAL(iss_rights_held(rights, &holder, &within, from, held), 1);
    CU_ASSERT_STRING_EQUAL(held[0].name, "OWNER");
    holder.mail = "other@contoso.com";
    CU_ASSERT_EQUAL(iss_rights_held(rights, &holder, &within, from, held), 0);
    xrml_reading_free(reading);
    xrml_document_free(document);
    free(text);
}

UNIT_MAIN("rights", UNIT(names_of_rights_are_in_upper_case),
          UNIT(names_of_policies_have_their_form),
          UNIT(mail_addresses_are_the_same_without_case),
          UNIT(terms_become_rights_with_the_owner_first),
          UNIT(terms_that_say_nothing_clear_are_refused),
          UNIT(what_is_somebodys_follows_from_who_and_when),
          UNIT(the_specifications_own_rights_data_give_its_own_license))
