/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/event.h"

#include <string.h>

#include "answers.h"
#include "issuer/journal.h"
#include "unit.h"

enum { DAY = 86400 };

static int64_t end_of(const struct stores *stores)
{
    return xrml_time_add_years(stores->now, 1);
}

static int tell(struct stores *stores)
{
    struct iss *store = stores_open(stores, stores->root);
    int event = -1;

    CU_ASSERT_EQUAL(iss_event(store, &event, &stores->error), ISS_OK);
    stores_close(stores, store);
    return event;
}

static enum iss_status may_issue(struct stores *stores)
{
    struct iss *store = stores_open(stores, stores->root);

    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_may_issue(store, &stores->error);
    stores_close(stores, store);
    return status;
}

/* R104: 30 days, 7 days and the end itself belong to the event. */
static void events_stand_from_their_second_on(void)
{
    static const struct {
        int64_t left;
        int event;
    } cases[] = {
        {INT64_C(365) * DAY, 0},
        {30 * DAY + 1, 0},
        {30 * DAY, ISS_EVENT_MONTH},
        {7 * DAY + 1, ISS_EVENT_MONTH},
        {7 * DAY, ISS_EVENT_WEEK},
        {1, ISS_EVENT_WEEK},
        {0, ISS_EVENT_EXPIRED},
        {-1, ISS_EVENT_EXPIRED},
        {INT64_C(-8) * 365 * DAY, ISS_EVENT_EXPIRED},
    };
    struct iss_info info = {.generation = 1,
                            .slc = {true, STORES_NOW, STORES_NOW + DAY}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CU_ASSERT_EQUAL(iss_event_at(&info, info.slc.until - cases[i].left),
                        cases[i].event);
    info.generation = 0;
    CU_ASSERT_EQUAL(iss_event_at(&info, info.slc.until), 0);
}

static void each_event_is_recorded_once_for_a_certificate(void)
{
    struct stores stores;

    answers_new(&stores, ISS_ROOT);
    CU_ASSERT_EQUAL(tell(&stores), 0);
    answers_pass(&stores, ISS_ENROLL, 1);
    int64_t end = end_of(&stores);
    CU_ASSERT_EQUAL(tell(&stores), 0);
    stores.now = end - 29 * DAY;
    CU_ASSERT_EQUAL(tell(&stores), ISS_EVENT_MONTH);
    CU_ASSERT_EQUAL(tell(&stores), 0);
    stores.now = end - 6 * DAY;
    CU_ASSERT_EQUAL(tell(&stores), ISS_EVENT_WEEK);
    stores.now = end;
    CU_ASSERT_EQUAL(tell(&stores), ISS_EVENT_EXPIRED);
    stores.now = end + 366 * DAY;
    CU_ASSERT_EQUAL(tell(&stores), 0);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_EVENT), 3);
    /* the next certificate has its own */
    answers_pass(&stores, ISS_RENEW, 2);
    CU_ASSERT_EQUAL(tell(&stores), 0);
    stores.now = end_of(&stores) - DAY;
    CU_ASSERT_EQUAL(tell(&stores), ISS_EVENT_WEEK);
    CU_ASSERT_EQUAL(tell(&stores), 0);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_EVENT), 4);
    stores_free(&stores);
}

static void an_event_names_its_certificate(void)
{
    struct stores stores;
    struct iss_slc_row slc;
    struct iss_loaded record = {0};
    char note[64];
    uint64_t seq = 0;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    stores.now = end_of(&stores);
    CU_ASSERT_EQUAL(tell(&stores), ISS_EVENT_EXPIRED);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_store_newest(store->db, ISS_REC_EVENT, 0, &seq, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL_FATAL(iss_journal_load(store->db, seq, &record, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL(iss_store_slc_get(store->db, &slc, NULL), ISS_OK);
    const uint8_t *of =
        iss_record_octets(&record.decoded.record, ISS_TAG_AFTER, ISS_HASH_SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(of);
    CU_ASSERT_EQUAL(memcmp(of, slc.body_hash, ISS_HASH_SIZE), 0);
    CU_ASSERT_EQUAL(iss_record_number(&record.decoded.record, ISS_TAG_EVENT),
                    18);
    CU_ASSERT_TRUE(iss_record_text(&record.decoded.record, ISS_TAG_NOTE, note,
                                   sizeof(note)));
    CU_ASSERT_STRING_EQUAL(note, "LicensorCertExpiredEvent");
    iss_slc_row_clear(&slc);
    iss_loaded_clear(&record);
    stores_close(&stores, store);
    stores_free(&stores);
}

/* A store that only may be read tells what stands, and journals nothing. */
static void a_store_open_for_reading_journals_no_event(void)
{
    struct stores stores;
    struct iss *store = NULL;
    int event = -1;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    stores.now = end_of(&stores);
    CU_ASSERT_EQUAL(
        iss_open(&stores.env, stores.root, ISS_READ_ONLY, &store, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(iss_event(store, &event, NULL), ISS_OK);
    CU_ASSERT_EQUAL(event, 0);
    iss_free(store);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_EVENT), 0);
    stores_free(&stores);
}

static void only_a_certificate_in_force_issues(void)
{
    struct stores stores;

    answers_new(&stores, ISS_ROOT);
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_NOT_ENROLLED);
    answers_pass(&stores, ISS_ENROLL, 1);
    int64_t end = end_of(&stores);
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_OK);
    stores.now = end - 1;
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_OK);
    stores.now = end;
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_EXPIRED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "2027-11-21T10:00"));
    /* what it has issued still verifies: its own chain does */
    struct iss *store = stores_open(&stores, stores.root);
    struct xrml_chain chain = {0};
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;
    const struct xrml_policy policy = {.now = stores.now};
    CU_ASSERT_EQUAL(iss_chain(store, &chain, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_anchors(store, &anchors, NULL), ISS_OK);
    CU_ASSERT_EQUAL(
        xrml_chain_verify(NULL, &chain, anchors, &policy, &report, NULL),
        ISS_OK);
    CU_ASSERT_TRUE(report.nodes[0].ended);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    stores_close(&stores, store);
    answers_pass(&stores, ISS_RENEW, 2);
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_OK);
    stores_free(&stores);
}

static void accept(struct stores *stores)
{
    struct iss *store = stores_open(stores, stores->root);

    CU_ASSERT_EQUAL(iss_accept_time(store, NULL), ISS_OK);
    stores_close(stores, store);
}

static void a_clock_set_back_is_refused_until_it_is_accepted(void)
{
    struct stores stores;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    /* right clocks need no word */
    unsigned records = stores_records(&stores, stores.root, ISS_REC_CLOCK);
    accept(&stores);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_CLOCK),
                    records);
    /* twenty days ahead for a while, and ten of them by mistake */
    stores.now += 20 * DAY;
    answers_pass(&stores, ISS_RENEW, 2);
    stores.now -= 10 * DAY;
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_CLOCK);
    accept(&stores);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_CLOCK),
                    records + 1);
    /* the certificate of the wrong time has not begun, which is another
     * matter: the clock itself is believed */
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_CLOCK);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "begins"));
    answers_pass(&stores, ISS_RENEW, 3);
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_OK);
    accept(&stores);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_CLOCK),
                    records + 1);
    /* back once more, by more than was accepted */
    stores.now -= 301;
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_CLOCK);
    stores_free(&stores);
}

/* Once the clock has caught up, setting it back asks again. */
static void an_acceptance_is_spent_when_the_clock_has_caught_up(void)
{
    struct stores stores;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    stores.now += 20 * DAY;
    answers_pass(&stores, ISS_RENEW, 2);
    stores.now -= DAY;
    accept(&stores);
    answers_pass(&stores, ISS_RENEW, 3);
    stores.now += 2 * DAY;
    answers_pass(&stores, ISS_RENEW, 4);
    stores.now -= DAY;
    CU_ASSERT_EQUAL(may_issue(&stores), ISS_CLOCK);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "newest record"));
    stores_free(&stores);
}

UNIT_MAIN("event", UNIT(events_stand_from_their_second_on),
          UNIT(each_event_is_recorded_once_for_a_certificate),
          UNIT(an_event_names_its_certificate),
          UNIT(a_store_open_for_reading_journals_no_event),
          UNIT(only_a_certificate_in_force_issues),
          UNIT(a_clock_set_back_is_refused_until_it_is_accepted),
          UNIT(an_acceptance_is_spent_when_the_clock_has_caught_up))
