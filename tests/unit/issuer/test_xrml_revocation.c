/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a revocation list hits, and how old it may be. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml_revocation.h"
#include "licenses.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { DAY = 86400, HASH_TEXT = 64, MANY = 1800 };

static char last_error[ISS_TEXT_MAX];

/* ---- lists -----------------------------------------------------------------
 */

static struct xrml_document *parse(struct license *license)
{
    struct xrml_document *document = NULL;
    char *text = license_text(license);

    CU_ASSERT_EQUAL_FATAL(xrml_parse(text, strlen(text), NULL, &document, NULL),
                          ISS_OK);
    free(text);
    return document;
}

static struct xrml_revocations *new_set(void)
{
    struct xrml_revocations *set = NULL;

    CU_ASSERT_EQUAL_FATAL(xrml_revocations_new(&set, NULL), ISS_OK);
    return set;
}

static enum iss_status add(struct xrml_revocations *set, struct license *list)
{
    struct xrml_document *document = parse(list);
    struct iss_error error = {.status = ISS_OK};
    enum iss_status status = xrml_revocations_add(set, NULL, document, &error);

    memcpy(last_error, error.text, sizeof(last_error));
    xrml_document_free(document);
    return status;
}

static void make_list(int signer, const struct xrml_revoke *revoke,
                      struct license *list)
{
    license_make(LICENSE_LIST, false, list);
    list->signer = signer;
    list->fields.issuer.object =
        (struct xrml_object){.type = "Revocation-List",
                             .id_type = "ascii-tag",
                             .id = "External revocation authority",
                             .name = "Example revocation"};
    if (revoke == NULL)
        return;
    list->revoked[0] = *revoke;
    list->fields.revoked_count = 1;
}

static struct xrml_revocations *one_list(int signer,
                                         const struct xrml_revoke *revoke)
{
    struct xrml_revocations *set = new_set();
    struct license list;

    make_list(signer, revoke, &list);
    CU_ASSERT_EQUAL(add(set, &list), ISS_OK);
    return set;
}

static struct xrml_revoke by_id(enum xrml_revoked kind, const char *id)
{
    return (struct xrml_revoke){.kind = kind,
                                .object = {.id_type = "MS-GUID", .id = id}};
}

static struct xrml_revoke by_key(enum xrml_revoked kind, int key)
{
    return (struct xrml_revoke){.kind = kind, .key = *hierarchy_numbers(key)};
}

/* ---- a chain: use license, SLC, Enrollment Service, Enrollment CA, CA ------
 */

struct world {
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_key revokers[2]; /* of the SLC, when it has some */
    struct license ul;
    struct xrml_chain chain;
    struct xrml_report report;
    struct xrml_policy policy;
};

static void begin(struct world *world)
{
    *world = (struct world){.policy = {.now = HIERARCHY_TIME}};
    hierarchy_rows(world->rows);
    license_make(LICENSE_UL, false, &world->ul);
}

static void close_chain(struct world *world)
{
    struct license *const licenses[] = {&world->ul};

    license_chain(licenses, 1, world->rows, SLC_ROW, &world->chain);
}

static void end(struct world *world)
{
    xrml_chain_clear(&world->chain);
}

static enum iss_status judge(struct world *world,
                             const struct xrml_revocations *set)
{
    struct xrml_anchors *anchors = hierarchy_anchors(ROOT_KEY);
    struct iss_error error = {.status = ISS_OK};

    world->policy.revocations = set;
    enum iss_status status = xrml_chain_verify(
        NULL, &world->chain, anchors, &world->policy, &world->report, &error);
    memcpy(last_error, error.text, sizeof(last_error));
    xrml_anchors_free(anchors);
    return status;
}

/* Judges under one list with one entry, and frees it. */
static enum iss_status judge_revoked(struct world *world, int signer,
                                     struct xrml_revoke revoke)
{
    struct xrml_revocations *set = one_list(signer, &revoke);
    enum iss_status status = judge(world, set);

    xrml_revocations_free(set);
    return status;
}

/* ---- what is revoked -------------------------------------------------------
 */

/* The hash that the document itself prints in its SIGNATURE. */
static void printed_digest(const struct xrml_document *document,
                           char out[HASH_TEXT])
{
    size_t len = 0;
    const char *text = xrml_text(document, &len);
    const char *value = strstr(strstr(text, "<SIGNATURE>"), "size=\"256\">");

    (void)snprintf(out, HASH_TEXT, "%.44s", value + strlen("size=\"256\">"));
}

/* SHA-1 over UTF-16LE of a BODY that is ASCII. */
static void sha1_of_body(const struct xrml_document *document,
                         char out[HASH_TEXT])
{
    size_t len = 0;
    const char *body = xrml_body(document, &len);
    uint8_t *units = calloc(len, 2);
    uint8_t hash[20];

    CU_ASSERT_PTR_NOT_NULL_FATAL(units);
    for (size_t i = 0; i < len; i++)
        units[2 * i] = (uint8_t)body[i];
    CU_ASSERT_EQUAL(EVP_Digest(units, 2 * len, hash, NULL, EVP_sha1(), NULL),
                    1);
    (void)EVP_EncodeBlock((uint8_t *)out, hash, sizeof(hash));
    free(units);
}

static void every_way_to_name_a_license_revokes_it(void)
{
    struct world world;
    char hash[HASH_TEXT], sha1[HASH_TEXT];

    begin(&world);
    /* ASCII, for the SHA-1 above */
    world.rows[SLC_ROW].fields.principal.name = "RMS01";
    world.ul.fields.issuer.object.name = "RMS01";
    close_chain(&world);
    printed_digest(world.chain.documents[0], hash);
    sha1_of_body(world.chain.documents[0], sha1);
    const struct {
        struct xrml_revoke revoke;
        const char *words;
    } rows[] = {
        {by_id(XRML_REVOKED_ID, world.ul.fields.guid), "its identifier"},
        {{.kind = XRML_REVOKED_HASH, .digest = "SHA256", .hash = hash},
         "the hash of its BODY"},
        {{.kind = XRML_REVOKED_HASH, .digest = "SHA1", .hash = sha1},
         "SHA-1 hash"},
        {by_key(XRML_REVOKED_KEY, RAC_KEY), "its key"},
        {by_key(XRML_REVOKED_ISSUER_KEY, SLC_KEY), "its issuer's key"},
        {by_id(XRML_REVOKED_ISSUER_ID,
               "{00000000-0000-0000-0000-000000000005}"),
         "its issuer's identifier"},
        {by_id(XRML_REVOKED_CONTENT_ID, world.ul.fields.work.id),
         "its content"},
        {by_id(XRML_REVOKED_PRINCIPAL_ID, "S-1-5-21-1-2-3-1000"),
         "its principal"},
    };

    CU_ASSERT_EQUAL(judge(&world, NULL), ISS_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_EQUAL(judge_revoked(&world, SLC_KEY, rows[i].revoke),
                        ISS_REVOKED);
        CU_ASSERT_EQUAL(world.report.failed_node, 0);
        CU_ASSERT_EQUAL(world.report.failed_test, 5);
        CU_ASSERT_PTR_NOT_NULL(strstr(last_error, rows[i].words));
        CU_ASSERT_PTR_NOT_NULL(strstr(last_error, "Example revocation"));
    }
    end(&world);
}

static void a_guid_is_compared_in_any_form(void)
{
    static const char *const forms[] = {
        "{20000000-0000-0000-0000-000000000005}",
        "20000000-0000-0000-0000-000000000005"};
    struct world world;

    begin(&world);
    world.ul.fields.guid = "{ABCDEF00-0000-0000-0000-000000000005}";
    close_chain(&world);
    CU_ASSERT_EQUAL(
        judge_revoked(
            &world, SLC_KEY,
            by_id(XRML_REVOKED_ID, "{abcdef00-0000-0000-0000-000000000005}")),
        ISS_REVOKED);
    for (size_t i = 0; i < COUNT(forms); i++)
        CU_ASSERT_EQUAL(
            judge_revoked(&world, SLC_KEY, by_id(XRML_REVOKED_ID, forms[i])),
            ISS_OK);
    CU_ASSERT_EQUAL(world.report.nodes[0].tests[4], XRML_PASSED);
    end(&world);
}

static void what_names_something_else_revokes_nothing(void)
{
    struct world world;

    begin(&world);
    close_chain(&world);
    const struct xrml_revoke others[] = {
        by_id(XRML_REVOKED_CONTENT_ID, world.ul.fields.guid),
        by_id(XRML_REVOKED_PRINCIPAL_ID, world.ul.fields.guid),
        by_id(XRML_REVOKED_ID, world.ul.fields.work.id),
        by_key(XRML_REVOKED_KEY, CLC_KEY),
        by_key(XRML_REVOKED_ISSUER_KEY, RAC_KEY),
        {.kind = XRML_REVOKED_HASH,
         .digest = "SHA256",
         .hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        CU_ASSERT_EQUAL(judge_revoked(&world, SLC_KEY, others[i]), ISS_OK);
    end(&world);
}

/* R122: a device. */
static void an_account_certificate_is_revoked_with_its_machine(void)
{
    struct world world;

    begin(&world);
    license_make(LICENSE_RAC, false, &world.ul);
    close_chain(&world);
    CU_ASSERT_EQUAL(judge_revoked(&world, SLC_KEY,
                                  by_id(XRML_REVOKED_PRINCIPAL_ID,
                                        world.ul.fields.machine.object.id)),
                    ISS_REVOKED);
    end(&world);
}

/* ---- by whom ---------------------------------------------------------------
 */

/* R121: everything under a revoked SLC is invalid. */
static void who_issued_it_or_what_is_above_may_revoke(void)
{
    struct world world;
    static const int above[] = {SLC_KEY, ESC_KEY, ECA_KEY, CA_KEY, ROOT_KEY};

    begin(&world);
    close_chain(&world);
    for (size_t node = 0; node < COUNT(above); node++) {
        const struct xrml_fields *fields =
            xrml_fields(world.chain.documents[node]);
        for (size_t i = 0; i < COUNT(above); i++) {
            CU_ASSERT_EQUAL(
                judge_revoked(&world, above[i],
                              by_id(XRML_REVOKED_ID, fields->descriptor.id)),
                i >= node ? ISS_REVOKED : ISS_OK);
            CU_ASSERT_EQUAL(world.report.failed_node, i >= node ? node : 0);
        }
    }
    CU_ASSERT_EQUAL(judge_revoked(&world, SUB_KEY,
                                  by_id(XRML_REVOKED_ID, world.ul.fields.guid)),
                    ISS_OK);
    CU_ASSERT_EQUAL(judge_revoked(&world, RAC_KEY,
                                  by_id(XRML_REVOKED_ID, world.ul.fields.guid)),
                    ISS_OK);
    end(&world);
}

/* MS-RMPR 2.2.9.3.4. */
static void a_third_party_revokes_what_names_its_key(void)
{
    const struct xrml_revoke slc =
        by_id(XRML_REVOKED_ID, "{10000000-0000-0000-0000-000000000002}");
    const struct xrml_revoke esc =
        by_id(XRML_REVOKED_ID, "{10000000-0000-0000-0000-000000000003}");
    struct world world;

    begin(&world);
    close_chain(&world);
    const struct xrml_revoke ul = by_id(XRML_REVOKED_ID, world.ul.fields.guid);
    CU_ASSERT_EQUAL(judge_revoked(&world, REVOKER_KEY, slc), ISS_OK);
    CU_ASSERT_EQUAL(judge_revoked(&world, REVOKER_KEY, ul), ISS_OK);
    end(&world);
    begin(&world);
    world.revokers[0] = *hierarchy_numbers(ESC_KEY);
    world.revokers[1] = *hierarchy_numbers(REVOKER_KEY);
    world.rows[SLC_ROW].fields.revokers = world.revokers;
    world.rows[SLC_ROW].fields.revoker_count = 2;
    close_chain(&world);
    CU_ASSERT_EQUAL(judge(&world, NULL), ISS_OK);
    CU_ASSERT_EQUAL(judge_revoked(&world, REVOKER_KEY, slc), ISS_REVOKED);
    CU_ASSERT_EQUAL(world.report.failed_node, 1);
    CU_ASSERT_EQUAL(judge_revoked(&world, REVOKER_KEY, ul), ISS_REVOKED);
    CU_ASSERT_EQUAL(judge_revoked(&world, REVOKER_KEY, esc), ISS_OK);
    end(&world);
}

/* ---- REFRESH ---------------------------------------------------------------
 */

static void give_refresh(struct xrml_license *l, const char *address,
                         uint32_t days)
{
    l->refresh.count = 1;
    l->refresh.points[0].object =
        (struct xrml_object){.type = "Revocation",
                             .id_type = "ascii-tag",
                             .id = "External revocation authority",
                             .name = "Lists",
                             .address = address};
    l->refresh.points[0].key = *hierarchy_numbers(REVOKER_KEY);
    l->refresh.interval = (struct xrml_interval){.present = true, .days = days};
}

static enum iss_status judge_list_of(struct world *world, int signer,
                                     int64_t issued)
{
    struct xrml_revocations *set = new_set();
    struct license list;

    make_list(signer, NULL, &list);
    list.fields.issued = issued;
    CU_ASSERT_EQUAL(add(set, &list), ISS_OK);
    enum iss_status status = judge(world, set);
    xrml_revocations_free(set);
    return status;
}

static void a_license_names_who_may_revoke_it_and_nothing_above(void)
{
    struct world world;

    begin(&world);
    give_refresh(&world.ul.fields, "https://lists.example", 0);
    close_chain(&world);
    CU_ASSERT_EQUAL(judge_revoked(&world, REVOKER_KEY,
                                  by_id(XRML_REVOKED_ID, world.ul.fields.guid)),
                    ISS_REVOKED);
    CU_ASSERT_EQUAL(
        judge_revoked(
            &world, REVOKER_KEY,
            by_id(XRML_REVOKED_ID, "{10000000-0000-0000-0000-000000000002}")),
        ISS_OK);
    end(&world);
}

static void an_interval_asks_for_a_list_of_that_age(void)
{
    struct world world;

    begin(&world);
    give_refresh(&world.ul.fields, "https://lists.example", 30);
    close_chain(&world);
    CU_ASSERT_EQUAL(judge(&world, NULL), ISS_REVOKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(last_error, "none is at hand"));
    CU_ASSERT_EQUAL(judge_list_of(&world, SLC_KEY, HIERARCHY_TIME),
                    ISS_REVOKED);
    CU_ASSERT_EQUAL(judge_list_of(&world, REVOKER_KEY, HIERARCHY_TIME), ISS_OK);
    /* judged when the license was issued */
    const int64_t oldest =
        xrml_fields(world.chain.documents[0])->issued - 30 * (int64_t)DAY;
    CU_ASSERT_EQUAL(judge_list_of(&world, REVOKER_KEY, oldest), ISS_OK);
    CU_ASSERT_EQUAL(judge_list_of(&world, REVOKER_KEY, oldest - 60),
                    ISS_REVOKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(last_error, "one since"));
    /* and at the time that is asked for */
    world.policy.at_set = true;
    world.policy.at = HIERARCHY_TIME + 60 * (int64_t)DAY;
    CU_ASSERT_EQUAL(judge_list_of(&world, REVOKER_KEY, HIERARCHY_TIME),
                    ISS_REVOKED);
    CU_ASSERT_EQUAL(
        judge_list_of(&world, REVOKER_KEY, world.policy.at - 29 * (int64_t)DAY),
        ISS_OK);
    end(&world);
}

static void without_interval_a_list_of_any_age_will_do(void)
{
    struct world world;

    begin(&world);
    give_refresh(&world.ul.fields, "https://lists.example", 0);
    close_chain(&world);
    CU_ASSERT_EQUAL(judge(&world, NULL), ISS_REVOKED);
    CU_ASSERT_EQUAL(judge_list_of(&world, REVOKER_KEY, 0), ISS_OK);
    end(&world);
    begin(&world); /* and no list where none can be fetched */
    give_refresh(&world.ul.fields, NULL, 0);
    close_chain(&world);
    CU_ASSERT_EQUAL(judge(&world, NULL), ISS_OK);
    end(&world);
}

static void the_newest_list_of_a_key_says_how_fresh_it_is(void)
{
    static const int64_t ages[] = {40 * (int64_t)DAY, 0, 35 * (int64_t)DAY};
    struct xrml_revocations *set = new_set();
    struct world world;

    begin(&world);
    give_refresh(&world.ul.fields, "https://lists.example", 30);
    close_chain(&world);
    for (size_t i = 0; i < COUNT(ages); i++) {
        struct license list;
        make_list(REVOKER_KEY, NULL, &list);
        list.fields.issued = HIERARCHY_TIME - ages[i];
        CU_ASSERT_EQUAL(add(set, &list), ISS_OK);
        CU_ASSERT_EQUAL(judge(&world, set), i == 0 ? ISS_REVOKED : ISS_OK);
    }
    xrml_revocations_free(set);
    end(&world);
}

static void a_template_asks_for_no_list_itself(void)
{
    struct world world;

    begin(&world);
    license_make(LICENSE_TEMPLATE, false, &world.ul);
    give_refresh(&world.ul.fields, "https://lists.example", 30);
    close_chain(&world);
    CU_ASSERT_EQUAL(judge(&world, NULL), ISS_OK);
    end(&world);
}

/* ---- taking lists ----------------------------------------------------------
 */

static void a_list_must_be_one_and_signed_by_whom_it_names(void)
{
    struct xrml_revocations *set = new_set();
    struct license list;
    struct license other;

    license_make(LICENSE_UL, false, &other);
    CU_ASSERT_EQUAL(add(set, &other), ISS_SEMANTICS);
    make_list(SLC_KEY, NULL, &list);
    list.fields.issuer.key = *hierarchy_numbers(REVOKER_KEY);
    CU_ASSERT_EQUAL(add(set, &list), ISS_SIGNATURE);
    make_list(SLC_KEY, NULL, &list);
    list.revoked[0] = by_id(XRML_REVOKED_ID, "");
    list.fields.revoked_count = 1;
    CU_ASSERT_EQUAL(add(set, &list), ISS_SEMANTICS);
    CU_ASSERT_PTR_NOT_NULL(strstr(last_error, "REVOKE 1"));
    make_list(SLC_KEY, NULL, &list);
    list.revoked[0] = (struct xrml_revoke){
        .kind = XRML_REVOKED_HASH, .digest = "SHA256", .hash = "AAAA"};
    list.fields.revoked_count = 1;
    CU_ASSERT_EQUAL(add(set, &list), ISS_SEMANTICS);
    CU_ASSERT_EQUAL(xrml_revocations_count(set), 0);
    xrml_revocations_free(set);
}

static void the_same_list_counts_once_and_there_is_an_end(void)
{
    struct xrml_revocations *set = new_set();
    struct license list;

    for (int i = 0; i < XRML_LISTS_MAX; i++) {
        make_list(SLC_KEY, NULL, &list);
        list.fields.issued += i * (int64_t)60;
        CU_ASSERT_EQUAL(add(set, &list), ISS_OK);
        CU_ASSERT_EQUAL(add(set, &list), ISS_OK);
        CU_ASSERT_EQUAL(xrml_revocations_count(set), (size_t)i + 1);
    }
    list.fields.issued += 60;
    CU_ASSERT_EQUAL(add(set, &list), ISS_SEMANTICS);
    xrml_revocations_free(set);
}

/* Two long lists; all that they name is found, nothing else is. */
static void every_entry_of_long_lists_counts(void)
{
    static struct xrml_revoke revoked[MANY];
    static char ids[MANY][XRML_GUID_SIZE];
    struct xrml_revocations *set = new_set();
    struct world world;

    for (int n = 0; n < 2; n++) {
        struct license list;
        make_list(SLC_KEY, NULL, &list);
        for (int i = 0; i < MANY; i++) {
            (void)snprintf(ids[i], XRML_GUID_SIZE,
                           "{30000000-0000-0000-%04d-%012d}", n,
                           (i * 7919) % MANY);
            revoked[i] = by_id(XRML_REVOKED_ID, ids[i]);
        }
        list.fields.revoked = revoked;
        list.fields.revoked_count = MANY;
        CU_ASSERT_EQUAL(add(set, &list), ISS_OK);
    }
    for (int i = 0; i < 2 * MANY + 2; i += 97) {
        char id[XRML_GUID_SIZE];
        begin(&world);
        (void)snprintf(id, sizeof(id), "{30000000-0000-0000-%04d-%012d}",
                       i / MANY, i % MANY);
        world.ul.fields.guid = id;
        close_chain(&world);
        CU_ASSERT_EQUAL(judge(&world, set),
                        i < 2 * MANY ? ISS_REVOKED : ISS_OK);
        end(&world);
    }
    xrml_revocations_free(set);
}

struct asking {
    const struct world *world;
    const struct xrml_revocations *set;
    size_t revoked;
};

static void *ask(void *arg)
{
    struct asking *asking = arg;

    for (int i = 0; i < 200; i++)
        for (size_t node = 0; node < asking->world->chain.count; node++)
            asking->revoked +=
                xrml_revocations_check(asking->set, &asking->world->chain, node,
                                       HIERARCHY_TIME, NULL) == ISS_REVOKED;
    return NULL;
}

static void many_threads_ask_one_set(void)
{
    struct world world;
    struct asking askings[4];
    pthread_t threads[COUNT(askings)];

    begin(&world);
    close_chain(&world);
    const struct xrml_revoke revoke =
        by_id(XRML_REVOKED_ID, world.ul.fields.guid);
    struct xrml_revocations *set = one_list(SLC_KEY, &revoke);
    for (size_t i = 0; i < COUNT(askings); i++) {
        askings[i] = (struct asking){.world = &world, .set = set};
        CU_ASSERT_EQUAL_FATAL(
            pthread_create(&threads[i], NULL, ask, &askings[i]), 0);
    }
    for (size_t i = 0; i < COUNT(askings); i++) {
        CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
        CU_ASSERT_EQUAL(askings[i].revoked, 200);
    }
    xrml_revocations_free(set);
    end(&world);
}

static void weak_lists_are_taken_when_asked_only(void)
{
    struct xrml_revocations *set = new_set();
    EVP_PKEY *weak = EVP_RSA_gen(1024);
    struct license list;

    CU_ASSERT_PTR_NOT_NULL_FATAL(weak);
    make_list(SLC_KEY, NULL, &list);
    list.with = weak;
    CU_ASSERT_EQUAL(add(set, &list), ISS_SIGNATURE);
    CU_ASSERT_PTR_NOT_NULL(strstr(last_error, "--legacy"));
    xrml_revocations_legacy(set, true);
    CU_ASSERT_EQUAL(add(set, &list), ISS_OK);
    xrml_revocations_legacy(set, false);
    xrml_revocations_free(set);
    EVP_PKEY_free(weak);
}

UNIT_MAIN("xrml_revocation", UNIT(every_way_to_name_a_license_revokes_it),
          UNIT(a_guid_is_compared_in_any_form),
          UNIT(what_names_something_else_revokes_nothing),
          UNIT(an_account_certificate_is_revoked_with_its_machine),
          UNIT(who_issued_it_or_what_is_above_may_revoke),
          UNIT(a_third_party_revokes_what_names_its_key),
          UNIT(a_license_names_who_may_revoke_it_and_nothing_above),
          UNIT(an_interval_asks_for_a_list_of_that_age),
          UNIT(without_interval_a_list_of_any_age_will_do),
          UNIT(the_newest_list_of_a_key_says_how_fresh_it_is),
          UNIT(a_template_asks_for_no_list_itself),
          UNIT(a_list_must_be_one_and_signed_by_whom_it_names),
          UNIT(the_same_list_counts_once_and_there_is_an_end),
          UNIT(every_entry_of_long_lists_counts),
          UNIT(many_threads_ask_one_set),
          UNIT(weak_lists_are_taken_when_asked_only))
