/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's side against a server that this test plays with libcrypto and the
 * documents' own functions: what is published the server can open, and what the
 * server licenses opens for whom it is meant, and for nobody else.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml_revocation.h"
#include "issuer/xrml_rights.h"
#include "people.h"
#include "unit.h"

static const int64_t now = HIERARCHY_TIME + 120;
static const int64_t day = 86400;

static struct people world;
static uint8_t content_key[ISS_CONTENT_KEY_MAX];
static const char content_guid[] = "{0c000000-0000-4000-8000-000000000001}";

static void close_world(void)
{
    people_close(&world);
}

/* Made once: keys take their time. */
static void need_world(void)
{
    static int opened;

    if (opened)
        return;
    opened = 1;
    for (size_t i = 0; i < sizeof(content_key); i++)
        content_key[i] = (uint8_t)(i * 5 + 3);
    people_open(&world);
    CU_ASSERT_EQUAL(atexit(close_world), 0);
}

static const struct person *person(int n)
{
    need_world();
    return &world.persons[n];
}

static const struct iss_grant grants[] = {
    {.right = "view", .mail = "bo@example.org"},
    {.right = "Print",
     .mail = "bo@example.org",
     .range = {true, HIERARCHY_TIME, HIERARCHY_TIME + 10 * 86400}},
    {.right = "DOCEDIT"}};

static struct iss_terms terms_of(void)
{
    return (struct iss_terms){
        .text = "LCID 1033:NAME Plan & <draft>:DESCRIPTION of Anna;",
        .grants = grants,
        .grant_count = sizeof(grants) / sizeof(grants[0]),
        .referral = "mailto:anna@example.org",
        .content_guid = content_guid};
}

static struct client_publication publication_of(const struct iss_terms *terms)
{
    const struct person *anna = person(ANNA);

    return (struct client_publication){.clc = &anna->clc,
                                       .key = anna->clc_key,
                                       .terms = terms,
                                       .content_key = content_key,
                                       .content_key_len = sizeof(content_key),
                                       .now = now};
}

static void publish(struct xrml_chain *pl)
{
    const struct iss_terms terms = terms_of();
    const struct client_publication what = publication_of(&terms);
    struct iss_error error = {.status = ISS_OK};
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = client_publish(NULL, &what, &text, &len, &error);

    if (status != ISS_OK)
        puts(error.text);
    CU_ASSERT_EQUAL_FATAL(status, ISS_OK);
    *pl = (struct xrml_chain){0};
    CU_ASSERT_EQUAL_FATAL(xrml_chain_append(pl, text, len, 0, &error), ISS_OK);
    free(text);
}

static struct client_use use_of(const struct xrml_chain *pl,
                                const struct xrml_chain *ul, int user)
{
    return (struct client_use){.ul = ul,
                               .pl = pl,
                               .rac = &person(user)->rac,
                               .key = person(user)->account_key,
                               .anchors = world.anchors,
                               .right = "VIEW",
                               .now = now};
}

/* Refused with that status, and these words in the reason. */
static void expect(const struct client_use *use, enum iss_status wanted,
                   const char *words)
{
    struct iss_error error = {.status = ISS_OK};
    struct sealed_secret key;
    enum iss_status status = client_open_content(NULL, use, &key, &error);

    CU_ASSERT_EQUAL(status, wanted);
    if (wanted == ISS_OK) {
        CU_ASSERT_EQUAL(key.len, sizeof(content_key));
        CU_ASSERT_EQUAL(memcmp(key.octets, content_key, sizeof(content_key)),
                        0);
        if (status != ISS_OK)
            puts(error.text);
        return;
    }
    CU_ASSERT_EQUAL(key.len, 0);
    if (strstr(error.text, words) == NULL) {
        CU_FAIL("another reason");
        printf("wanted: %s\nsaid: %s\n", words, error.text);
    }
}

/* ---- keys
 */

static void keys_open_for_whom_they_are_sealed(void)
{
    const struct person *anna = person(ANNA);
    const struct person *bo = person(BO);
    EVP_PKEY *key = NULL;
    struct iss_error error = {.status = ISS_OK};

    CU_ASSERT_EQUAL(client_open_key(NULL, anna->rac.documents[0],
                                    anna->machine_key, &key, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(key, anna->account_key), 1);
    EVP_PKEY_free(key);
    CU_ASSERT_EQUAL(client_open_key(NULL, anna->clc.documents[0],
                                    anna->account_key, &key, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(key, anna->clc_key), 1);
    EVP_PKEY_free(key);

    CU_ASSERT_EQUAL(client_open_key(NULL, anna->rac.documents[0],
                                    bo->machine_key, &key, &error),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NULL(key);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "not for this machine"));
    error = (struct iss_error){.status = ISS_OK};
    CU_ASSERT_EQUAL(client_open_key(NULL, anna->clc.documents[0],
                                    bo->account_key, &key, &error),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "not for this account"));
    error = (struct iss_error){.status = ISS_OK};
    CU_ASSERT_EQUAL(client_open_key(NULL, world.server.documents[0],
                                    anna->machine_key, &key, &error),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "holds no private key"));
}

/* ---- publishing
 */

static void what_is_published_verifies_and_names_its_server(void)
{
    struct xrml_chain pl;
    struct xrml_report report;
    struct xrml_reading *reading = NULL;
    const struct xrml_policy policy = {.at_set = true, .at = now, .now = now};

    publish(&pl);
    CU_ASSERT_EQUAL(
        xrml_chain_verify(NULL, &pl, world.anchors, &policy, &report, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(pl.count, 1 + person(ANNA)->clc.count);
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(pl.documents[0], &reading, NULL),
                          ISS_OK);
    const struct xrml_license *l = xrml_reading_license(reading);
    const struct xrml_fields *server = xrml_fields(world.server.documents[0]);
    CU_ASSERT_STRING_EQUAL(l->principal.object.name, server->principal.name);
    CU_ASSERT_EQUAL(
        memcmp(l->principal.key.modulus, server->principal_key.modulus, 256),
        0);
    CU_ASSERT_STRING_EQUAL(l->issuer.object.name, "anna@example.org");
    CU_ASSERT_STRING_EQUAL(l->owner.name, "anna@example.org");
    CU_ASSERT_STRING_EQUAL(l->work.id, content_guid);
    CU_ASSERT_STRING_EQUAL(l->points[0].object.address,
                           "https://rms.example/licensing");
    CU_ASSERT_STRING_EQUAL(l->referral.address, "mailto:anna@example.org");
    CU_ASSERT_STRING_EQUAL(l->text,
                           "LCID 1033:NAME Plan & <draft>:DESCRIPTION of "
                           "Anna;");
    xrml_reading_free(reading);
    xrml_chain_clear(&pl);
}

/* What the author allowed, as the server reads it. */
static void rights_data_say_what_was_allowed(void)
{
    struct xrml_chain pl;
    struct xrml_reading *reading = NULL;
    struct xrml_reading *inner = NULL;
    struct xrml_document *data = NULL;

    publish(&pl);
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(pl.documents[0], &reading, NULL),
                          ISS_OK);
    const char *rights = xrml_rights_of(xrml_reading_license(reading));
    CU_ASSERT_PTR_NOT_NULL_FATAL(rights);
    CU_ASSERT_EQUAL_FATAL(xrml_rights_open(NULL, content_key,
                                           sizeof(content_key), rights, &data,
                                           NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(data, &inner, NULL), ISS_OK);
    const struct xrml_license *l = xrml_reading_license(inner);
    CU_ASSERT_EQUAL_FATAL(l->right_count, 4);
    CU_ASSERT_STRING_EQUAL(l->rights[0].name, "OWNER");
    CU_ASSERT_STRING_EQUAL(l->rights[1].name, "VIEW");
    CU_ASSERT_STRING_EQUAL(l->rights[1].user.name, "bo@example.org");
    CU_ASSERT_STRING_EQUAL(l->rights[2].name, "PRINT");
    CU_ASSERT_TRUE(l->rights[2].range.present);
    CU_ASSERT_STRING_EQUAL(l->rights[3].name, "DOCEDIT");
    CU_ASSERT_STRING_EQUAL(l->rights[3].user.id_type, "Internal");
    CU_ASSERT_STRING_EQUAL(l->work.id, content_guid);
    xrml_reading_free(inner);
    xrml_document_free(data);
    xrml_reading_free(reading);
    xrml_chain_clear(&pl);
}

static void who_may_not_publish_is_told_why(void)
{
    const struct iss_terms terms = terms_of();
    struct iss_terms wrong = terms;
    static const struct iss_grant bad = {.right = "view<",
                                         .mail = "a@example.org"};
    char *text = NULL;
    size_t len = 0;
    struct iss_error error = {.status = ISS_OK};
    struct client_publication what = publication_of(&terms);

    what.now = now + 301 * day;
    CU_ASSERT_EQUAL(client_publish(NULL, &what, &text, &len, &error),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "holds until"));
    what = publication_of(&terms);
    what.key = person(BO)->clc_key;
    CU_ASSERT_EQUAL(client_publish(NULL, &what, &text, &len, NULL),
                    ISS_REFUSED);
    what = publication_of(&terms);
    what.clc = &person(ANNA)->rac;
    CU_ASSERT_EQUAL(client_publish(NULL, &what, &text, &len, NULL),
                    ISS_REFUSED);
    what = publication_of(&terms);
    what.content_key_len = 31;
    CU_ASSERT_EQUAL(client_publish(NULL, &what, &text, &len, NULL), ISS_USAGE);
    what = publication_of(&wrong);
    wrong.grant_count = 0;
    CU_ASSERT_EQUAL(client_publish(NULL, &what, &text, &len, NULL),
                    ISS_MALFORMED);
    wrong.grant_count = 1;
    wrong.grants = &bad;
    CU_ASSERT_EQUAL(client_publish(NULL, &what, &text, &len, NULL),
                    ISS_MALFORMED);
    wrong = terms;
    wrong.content_guid = "nobody";
    CU_ASSERT_EQUAL(client_publish(NULL, &what, &text, &len, NULL),
                    ISS_MALFORMED);
    CU_ASSERT_PTR_NULL(text);
}

/* ---- opening
 */

static void bo_may_view_and_print_and_nothing_else(void)
{
    struct xrml_chain pl;
    struct xrml_chain ul = {0};
    struct xrml_right rights[] = {
        {.name = "VIEW"},
        {.name = "PRINT", .range = {true, HIERARCHY_TIME, now + day}}};

    publish(&pl);
    people_license(&world, &pl, person(BO), rights, 2, &ul);
    struct client_use use = use_of(&pl, &ul, BO);
    expect(&use, ISS_OK, NULL);
    use.right = "PRINT";
    expect(&use, ISS_OK, NULL);
    use.right = "EDIT";
    expect(&use, ISS_REFUSED, "does not grant the right EDIT");
    use.right = "VIEWS";
    expect(&use, ISS_REFUSED, "does not grant");
    xrml_chain_clear(&ul);
    xrml_chain_clear(&pl);
}

static void another_account_is_refused(void)
{
    struct xrml_chain pl;
    struct xrml_chain ul = {0};
    struct xrml_right rights[] = {{.name = "VIEW"}};

    publish(&pl);
    people_license(&world, &pl, person(BO), rights, 1, &ul);
    struct client_use use = use_of(&pl, &ul, ANNA);
    expect(&use, ISS_REFUSED,
           "issued to bo@example.org, this account is anna@example.org");
    use.rac = &person(BO)->rac;
    expect(&use, ISS_REFUSED, "of another key than this machine has opened");
    xrml_chain_clear(&ul);
    xrml_chain_clear(&pl);
}

static void time_ends_what_it_is_to_end(void)
{
    struct xrml_chain pl;
    struct xrml_chain ul = {0};
    struct xrml_right rights[] = {
        {.name = "VIEW", .interval = {.present = true, .hours = 2}},
        {.name = "PRINT", .range = {true, now + day, now + 2 * day}},
        {.name = "EDIT"}};

    publish(&pl);
    people_license(&world, &pl, person(BO), rights, 3, &ul);
    struct client_use use = use_of(&pl, &ul, BO);
    use.right = "PRINT";
    expect(&use, ISS_REFUSED, "PRINT has not begun");
    use.now = now + 2 * day;
    expect(&use, ISS_REFUSED, "PRINT has ended");
    use.now = now + 2 * day - 120;
    expect(&use, ISS_OK, NULL);
    use.right = "VIEW";
    expect(&use, ISS_OK, NULL);
    use.first_use = use.now - 7199;
    expect(&use, ISS_OK, NULL);
    use.first_use = use.now - 7200;
    expect(&use, ISS_REFUSED, "VIEW has ended: first used");
    use.first_use = use.now + 1;
    expect(&use, ISS_REFUSED, "yet to come");
    /* the account's certificate has ended */
    use.first_use = 0;
    use.now = now + 301 * day;
    expect(&use, ISS_CONDITIONS, "account certificate");
    xrml_chain_clear(&ul);
    xrml_chain_clear(&pl);
}

static void a_license_of_other_content_is_refused(void)
{
    static const char other[] = "{0c000000-0000-4000-8000-000000000002}";
    struct xrml_chain pl;
    struct xrml_chain second = {0};
    struct xrml_chain ul = {0};
    struct xrml_right rights[] = {{.name = "VIEW"}};
    struct iss_terms terms = terms_of();
    const struct client_publication what = publication_of(&terms);
    char *text = NULL;
    size_t len = 0;

    terms.content_guid = other;
    publish(&pl);
    CU_ASSERT_EQUAL_FATAL(client_publish(NULL, &what, &text, &len, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_chain_append(&second, text, len, 0, NULL),
                          ISS_OK);
    people_license(&world, &second, person(BO), rights, 1, &ul);
    struct client_use use = use_of(&pl, &ul, BO);
    expect(&use, ISS_REFUSED, other);
    free(text);
    xrml_chain_clear(&ul);
    xrml_chain_clear(&second);
    xrml_chain_clear(&pl);
}

/* One character of the publishing license changed. */
static void an_altered_license_is_refused(void)
{
    struct xrml_chain pl;
    struct xrml_chain ul = {0};
    struct xrml_chain altered = {0};
    struct xrml_right rights[] = {{.name = "VIEW"}};
    size_t len = 0;

    publish(&pl);
    people_license(&world, &pl, person(BO), rights, 1, &ul);
    const char *text = xrml_text(pl.documents[0], &len);
    char *copy = malloc(len + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, text, len);
    copy[len] = '\0';
    char *draft = strstr(copy, "draft");
    CU_ASSERT_PTR_NOT_NULL_FATAL(draft);
    draft[0] = 'D';
    CU_ASSERT_EQUAL_FATAL(xrml_chain_append(&altered, copy, len, 0, NULL),
                          ISS_OK);
    for (size_t i = 1; i < pl.count; i++) {
        const char *next = xrml_text(pl.documents[i], &len);
        CU_ASSERT_EQUAL(xrml_chain_append(&altered, next, len, 0, NULL),
                        ISS_OK);
    }
    struct client_use use = use_of(&altered, &ul, BO);
    expect(&use, ISS_SIGNATURE, "publishing license");
    use.pl = &ul;
    expect(&use, ISS_REFUSED, "no publishing license");
    free(copy);
    xrml_chain_clear(&altered);
    xrml_chain_clear(&ul);
    xrml_chain_clear(&pl);
}

static void what_is_revoked_is_refused(void)
{
    struct xrml_chain pl;
    struct xrml_chain ul = {0};
    struct xrml_chain list = {0};
    struct xrml_chain nothing = {0};
    struct xrml_right rights[] = {{.name = "VIEW"}};
    struct xrml_revocations *lists = NULL;
    const struct xrml_fields *server = NULL;

    publish(&pl);
    people_license(&world, &pl, person(BO), rights, 1, &ul);
    server = xrml_fields(world.server.documents[0]);
    struct xrml_revoke revoke = {
        .kind = XRML_REVOKED_CONTENT_ID,
        .object = {.id_type = "MS-GUID", .id = content_guid}};
    const struct xrml_license fields = {
        .type = XRML_REVOCATION_LIST,
        .guid = "{20000000-0000-0000-0000-000000000009}",
        .issued = now,
        .issuer = {.object = server->principal, .key = server->principal_key},
        .revoked_count = 1,
        .revoked = &revoke};
    people_sign(&fields, hierarchy_key(SLC_KEY), &nothing, &list);
    CU_ASSERT_EQUAL_FATAL(xrml_revocations_new(&lists, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        xrml_revocations_add(lists, NULL, list.documents[0], NULL), ISS_OK);
    struct client_use use = use_of(&pl, &ul, BO);
    expect(&use, ISS_OK, NULL);
    use.lists = lists;
    expect(&use, ISS_REVOKED, "publishing license");
    xrml_revocations_free(lists);
    xrml_chain_clear(&list);
    xrml_chain_clear(&ul);
    xrml_chain_clear(&pl);
}

/* ---- the owner
 */

static void the_owner_opens_without_the_server(void)
{
    struct xrml_chain pl;
    struct xrml_chain ul = {0};
    const struct iss_terms terms = terms_of();
    const struct client_publication what = publication_of(&terms);
    struct iss_error error = {.status = ISS_OK};
    char *text = NULL;
    size_t len = 0;

    publish(&pl);
    CU_ASSERT_EQUAL(client_license_owner(NULL, &what, pl.documents[0],
                                         person(BO)->rac.documents[0], &text,
                                         &len, &error),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "two users"));
    CU_ASSERT_EQUAL_FATAL(client_license_owner(NULL, &what, pl.documents[0],
                                               person(ANNA)->rac.documents[0],
                                               &text, &len, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_chain_append(&ul, text, len, 0, NULL), ISS_OK);
    struct client_use use = use_of(&pl, &ul, ANNA);
    expect(&use, ISS_OK, NULL);
    use.right = "EXPORT";
    expect(&use, ISS_OK, NULL);
    free(text);
    xrml_chain_clear(&ul);
    xrml_chain_clear(&pl);
}

/* Bo's client licenses Bo for what Anna has published: it knows no key of it,
 * and its word counts for nothing. */
static void a_client_licenses_only_what_it_has_published(void)
{
    struct xrml_chain pl;
    struct xrml_chain ul = {0};
    const struct iss_terms terms = terms_of();
    struct client_publication what = publication_of(&terms);
    char *text = NULL;
    size_t len = 0;

    publish(&pl);
    what.clc = &person(BO)->clc;
    what.key = person(BO)->clc_key;
    CU_ASSERT_EQUAL_FATAL(client_license_owner(NULL, &what, pl.documents[0],
                                               person(BO)->rac.documents[0],
                                               &text, &len, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_chain_append(&ul, text, len, 0, NULL), ISS_OK);
    struct client_use use = use_of(&pl, &ul, BO);
    expect(&use, ISS_REFUSED, "has not published this content");
    free(text);
    xrml_chain_clear(&ul);
    xrml_chain_clear(&pl);
}

UNIT_MAIN("client", UNIT(keys_open_for_whom_they_are_sealed),
          UNIT(what_is_published_verifies_and_names_its_server),
          UNIT(rights_data_say_what_was_allowed),
          UNIT(who_may_not_publish_is_told_why),
          UNIT(bo_may_view_and_print_and_nothing_else),
          UNIT(another_account_is_refused), UNIT(time_ends_what_it_is_to_end),
          UNIT(a_license_of_other_content_is_refused),
          UNIT(an_altered_license_is_refused), UNIT(what_is_revoked_is_refused),
          UNIT(the_owner_opens_without_the_server),
          UNIT(a_client_licenses_only_what_it_has_published))
