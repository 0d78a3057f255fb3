/* SPDX-License-Identifier: Apache-2.0 */
/* What the passing of time means for a server: events 16, 17 and 18, the right
 * to issue, a clock that stands behind the journal. */
#include "event.h"

#include <string.h>

#include "clock.h"
#include "desk.h"
#include "journal.h"
#include "trust.h"

static const char accepted_note[] = "accepted";

/* The nearest first. */
static const struct {
    int event;
    int64_t days; /* left, at most */
    const char *text;
} events[] = {
    {ISS_EVENT_EXPIRED, 0, "LicensorCertExpiredEvent"},
    {ISS_EVENT_WEEK, 7, "LicensorCertExpiresInOneWeekEvent"},
    {ISS_EVENT_MONTH, 30, "LicensorCertExpiresInOneMonthEvent"},
};

/* ---- expiry
 * ------------------------------------------------------------------- */

int iss_event_at(const struct iss_info *info, int64_t now)
{
    if (info->generation == 0 || !info->slc.present)
        return 0;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (info->slc.until - now <= events[i].days * ISS_CLOCK_DAY)
            return events[i].event;
    return 0;
}

/* Whether this event of this certificate stands in the journal. */
static enum iss_status is_known(struct iss *iss, int event,
                                const uint8_t *body_hash, bool *known,
                                struct iss_error *error)
{
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    *known = false;
    do {
        struct iss_loaded record = {0};

        status = iss_store_newest(iss->db, ISS_REC_EVENT, seq, &seq, error);
        if (status != ISS_OK || seq == 0)
            break;
        status = iss_journal_load(iss->db, seq, &record, error);
        if (status != ISS_OK)
            break;
        const struct iss_record *at = &record.decoded.record;
        const uint8_t *of = iss_record_octets(at, ISS_TAG_AFTER, ISS_HASH_SIZE);
        bool same = of != NULL && memcmp(of, body_hash, ISS_HASH_SIZE) == 0;
        *known =
            same && iss_record_number(at, ISS_TAG_EVENT) == (uint64_t)event;
        iss_loaded_clear(&record);
        if (!same)
            break; /* of an earlier certificate: there is none of this */
    } while (!*known);
    return status;
}

static enum iss_status write_event(struct iss *iss, int event,
                                   const uint8_t *body_hash,
                                   struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_EVENT);

    iss_entry_number(&entry, ISS_TAG_EVENT, (uint64_t)event);
    iss_entry_octets(&entry, ISS_TAG_AFTER, body_hash, ISS_HASH_SIZE);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i].event == event)
            iss_entry_text(&entry, ISS_TAG_NOTE, events[i].text);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    return iss_journal_append(iss, &entry, 1, NULL, error);
}

enum iss_status iss_event(struct iss *store, int *event,
                          struct iss_error *error)
{
    struct iss_slc_row slc = {0};
    struct iss_info info;
    bool known = true;
    enum iss_status status = iss_info(store, &info, error);
    int stands = 0;

    *event = 0;
    if (status != ISS_OK)
        return status;
    stands = iss_event_at(&info, iss_clock_now(&store->env));
    if (stands == 0 || (store->flags & ISS_READ_ONLY) != 0)
        return ISS_OK;
    status = iss_store_begin(store->db, error);
    if (status != ISS_OK)
        return status;
    status = iss_store_slc_get(store->db, &slc, error);
    if (status == ISS_OK)
        status = is_known(store, stands, slc.body_hash, &known, error);
    if (status == ISS_OK && !known)
        status = write_event(store, stands, slc.body_hash, error);
    iss_slc_row_clear(&slc);
    if (status != ISS_OK || known) {
        iss_store_rollback(store->db);
        return status;
    }
    status = iss_store_commit(store->db, error);
    if (status == ISS_OK)
        *event = stands;
    return status;
}

enum iss_status iss_slc_holds(const struct iss *iss,
                              const struct xrml_range *slc, int64_t now,
                              struct iss_error *error)
{
    char ended[XRML_TIME_SIZE] = "?";

    (void)xrml_time_print(slc->until, ended);
    if (now >= slc->until)
        return iss_fail(error, ISS_EXPIRED,
                        "%s: its certificate expired on %s: it issues nothing "
                        "until that is renewed",
                        iss->dir, ended);
    (void)xrml_time_print(slc->from, ended);
    if (now < slc->from)
        return iss_fail(error, ISS_CLOCK,
                        "%s: its certificate begins on %s only: compare the "
                        "clocks",
                        iss->dir, ended);
    return ISS_OK;
}

enum iss_status iss_may_issue(struct iss *store, struct iss_error *error)
{
    struct xrml_chain own = {.count = 0};
    struct iss_info info;
    uint64_t generation = 0;
    int64_t now = 0;
    enum iss_status status = iss_journal_time(store, &now, error);

    if (status != ISS_OK || store->role == ISS_AUTHORITY)
        return status;
    status = iss_info(store, &info, error);
    if (status != ISS_OK)
        return status;
    if (info.generation == 0)
        return iss_fail(error, ISS_NOT_ENROLLED,
                        "%s: not enrolled: it has no certificate to issue with",
                        store->dir);
    status = iss_slc_holds(store, &info.slc, now, error);
    if (status == ISS_OK)
        status = iss_desk_own(store, 0, &own, &generation, error);
    if (status == ISS_OK)
        status = iss_trust_own(store, &own, generation, error);
    xrml_chain_clear(&own);
    return status;
}

/* ---- clock
 * -------------------------------------------------------------------- */

enum iss_status iss_time_accepted(struct iss *iss, int64_t now, int64_t newest,
                                  bool *accepted, struct iss_error *error)
{
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    *accepted = false;
    do {
        struct iss_loaded record = {0};
        char note[sizeof(accepted_note)];

        status = iss_store_newest(iss->db, ISS_REC_CLOCK, seq, &seq, error);
        if (status != ISS_OK || seq == 0)
            break;
        status = iss_journal_load(iss->db, seq, &record, error);
        if (status != ISS_OK)
            break;
        const struct iss_record *at = &record.decoded.record;
        bool is = iss_record_text(at, ISS_TAG_NOTE, note, sizeof(note)) &&
                  strcmp(note, accepted_note) == 0;
        int64_t clock = (int64_t)iss_record_number(at, ISS_TAG_CLOCK);
        /* a later record has a later time once the clock has caught up */
        bool spent = at->time < newest;
        iss_loaded_clear(&record);
        if (is || spent) {
            *accepted = is && !spent && now + ISS_CLOCK_TOLERANCE >= clock;
            break;
        }
    } while (status == ISS_OK);
    return status;
}

enum iss_status iss_accept_time(struct iss *store, struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_CLOCK);
    int64_t now = 0;
    enum iss_status status = iss_journal_time(store, &now, NULL);

    if (status == ISS_OK)
        return ISS_OK; /* there is nothing to accept */
    if (status != ISS_CLOCK)
        return iss_fail(error, status, "%s: the journal cannot be read",
                        store->dir);
    iss_entry_text(&entry, ISS_TAG_NOTE, accepted_note);
    iss_entry_number(&entry, ISS_TAG_CLOCK,
                     (uint64_t)iss_clock_now(&store->env));
    iss_entry_text(&entry, ISS_TAG_HOST, store->host);
    iss_entry_text(&entry, ISS_TAG_USER, store->user);
    return iss_journal_write(store, &entry, 1, NULL, error);
}
