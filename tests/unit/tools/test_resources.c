/* SPDX-License-Identifier: Apache-2.0 */
/* What exit code stands for which state. */
#include "tools/resources.h"

#include "unit.h"

enum { DAY = 86400, UNTIL = 2000 * DAY };

static struct iss_info info_of(enum iss_state state, bool certified)
{
    return (struct iss_info){
        .state = state,
        .slc = {.present = certified, .from = 0, .until = UNTIL}};
}

static void gives(enum iss_state state, bool certified, int64_t now,
                  enum iss_status expected)
{
    struct iss_info info = info_of(state, certified);

    CU_ASSERT_EQUAL(tool_resources_status(&info, now), expected);
}

static void without_a_certificate_the_state_decides(void)
{
    gives(ISS_UNENROLLED, false, 0, ISS_NOT_ENROLLED);
    gives(ISS_ENROLLMENT_PENDING, false, 0, ISS_PENDING);
    gives(ISS_ENROLLED, false, 0, ISS_OK);
}

static void thirty_and_seven_days_before_the_end_are_warned_of(void)
{
    gives(ISS_ENROLLED, true, UNTIL - 30 * DAY - 1, ISS_OK);
    gives(ISS_ENROLLED, true, UNTIL - 30 * DAY, ISS_EXPIRES_MONTH);
    gives(ISS_ENROLLED, true, UNTIL - 7 * DAY - 1, ISS_EXPIRES_MONTH);
    gives(ISS_ENROLLED, true, UNTIL - 7 * DAY, ISS_EXPIRES_WEEK);
    gives(ISS_ENROLLED, true, UNTIL - 1, ISS_EXPIRES_WEEK);
    gives(ISS_ENROLLED, true, UNTIL, ISS_EXPIRED);
    gives(ISS_SLC_EXPIRED, true, UNTIL + 1, ISS_EXPIRED);
}

static void of_a_pending_renewal_the_graver_thing_is_said(void)
{
    gives(ISS_RENEWAL_PENDING, true, 0, ISS_PENDING);
    gives(ISS_RENEWAL_PENDING, true, UNTIL - DAY, ISS_EXPIRES_WEEK);
    gives(ISS_RENEWAL_PENDING, true, UNTIL, ISS_EXPIRED);
}

/* status --at: what the state will be, not what it is. */
static void a_time_to_come_decides_over_the_present_state(void)
{
    gives(ISS_SLC_EXPIRED, true, 0, ISS_OK);
    gives(ISS_ENROLLED, true, UNTIL + 100 * DAY, ISS_EXPIRED);
}

UNIT_MAIN("resources", UNIT(without_a_certificate_the_state_decides),
          UNIT(thirty_and_seven_days_before_the_end_are_warned_of),
          UNIT(of_a_pending_renewal_the_graver_thing_is_said),
          UNIT(a_time_to_come_decides_over_the_present_state))
