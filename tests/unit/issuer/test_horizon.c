/* SPDX-License-Identifier: Apache-2.0 */
/* What ends when, of an authority and a root with the documented lifetimes. */
#include <stdio.h>
#include <string.h>

#include "stores.h"
#include "unit.h"

enum { ENDS_MAX = 16, DAY = 86400, MINUTE = 60 };

struct seen {
    size_t count;
    struct {
        char what[64], name[128], then[512];
        int64_t from, until;
    } ends[ENDS_MAX];
};

static void take(void *arg, const struct iss_end *end)
{
    struct seen *seen = arg;

    CU_ASSERT_FATAL(seen->count < ENDS_MAX);
    (void)snprintf(seen->ends[seen->count].what, 64, "%s", end->what);
    (void)snprintf(seen->ends[seen->count].name, 128, "%s", end->name);
    (void)snprintf(seen->ends[seen->count].then, 512, "%s", end->then);
    seen->ends[seen->count].from = end->from;
    seen->ends[seen->count++].until = end->until;
}

static struct seen look(struct stores *stores, const char *dir, int64_t now)
{
    struct iss *store = stores_open(stores, dir);
    struct seen seen = {.count = 0};

    CU_ASSERT_EQUAL(iss_horizon(store, now, take, &seen, &stores->error),
                    ISS_OK);
    stores_close(stores, store);
    return seen;
}

static size_t find(const struct seen *seen, const char *what)
{
    size_t n = 0;

    while (n < seen->count && strcmp(seen->ends[n].what, what) != 0)
        n++;
    CU_ASSERT_FATAL(n < seen->count);
    return n;
}

static bool has(const struct seen *seen, const char *what)
{
    for (size_t n = 0; n < seen->count; n++)
        if (strcmp(seen->ends[n].what, what) == 0)
            return true;
    return false;
}

static void a_root_sees_its_chain_leaf_first_and_what_it_issues(void)
{
    struct stores stores;

    stores_new(&stores);
    stores_enroll(&stores);
    struct seen seen = look(&stores, stores.root, stores.now);
    const int64_t from = stores.now - stores.now % MINUTE;

    CU_ASSERT_EQUAL_FATAL(seen.count, 7);
    CU_ASSERT_STRING_EQUAL(seen.ends[0].what, "SLC");
    CU_ASSERT_EQUAL(seen.ends[0].until, xrml_time_add_years(from, 1));
    CU_ASSERT_STRING_EQUAL(seen.ends[1].what, "Enrollment Service certificate");
    CU_ASSERT_EQUAL(seen.ends[1].until, xrml_time_add_years(from, 15));
    CU_ASSERT_STRING_EQUAL(seen.ends[2].what, "CA certificate");
    CU_ASSERT_EQUAL(seen.ends[2].until, xrml_time_add_years(from, 30));
    CU_ASSERT_STRING_EQUAL(seen.ends[3].what, "CA certificate");
    CU_ASSERT_STRING_EQUAL(seen.ends[4].what, "anchor");
    CU_ASSERT_STRING_EQUAL(seen.ends[4].name, "Example EA Production Root");
    CU_ASSERT_EQUAL(seen.ends[4].until, 0);
    CU_ASSERT_STRING_EQUAL(seen.ends[5].what, "last license");
    CU_ASSERT_EQUAL(seen.ends[5].from, stores.now);
    CU_ASSERT_EQUAL(seen.ends[5].until, xrml_time_add_years(stores.now, 7));
    CU_ASSERT_STRING_EQUAL(seen.ends[6].what, "key size");
    CU_ASSERT_EQUAL(seen.ends[6].until, INT64_C(1924992000));
    for (size_t i = 0; i < seen.count; i++)
        CU_ASSERT_TRUE(seen.ends[i].then[0] != '\0');
    stores_free(&stores);
}

/* 15 years from 2026-11-21, and one less for the last whole year below. */
static void the_last_whole_slc_of_an_issuer_is_told(void)
{
    struct stores stores;

    stores_new(&stores);
    stores_enroll(&stores);
    struct seen seen = look(&stores, stores.root, stores.now);

    CU_ASSERT_PTR_NOT_NULL(
        strstr(seen.ends[find(&seen, "Enrollment Service certificate")].then,
               "from 2040-11-21 on it gives no SLC of 1 year"));
    CU_ASSERT_PTR_NULL(strstr(seen.ends[0].then, "from 20"));
    stores_free(&stores);
}

static void after_the_slc_has_ended_its_last_license_goes_on(void)
{
    struct stores stores;

    stores_new(&stores);
    stores_enroll(&stores);
    struct seen seen =
        look(&stores, stores.root, stores.now + (int64_t)800 * DAY);
    const size_t last = find(&seen, "last license");

    CU_ASSERT_EQUAL(seen.ends[last].from, seen.ends[0].until);
    CU_ASSERT_EQUAL(seen.ends[last].until,
                    xrml_time_add_years(seen.ends[0].until, 7));
    stores_free(&stores);
}

static void the_last_license_lives_as_long_as_the_longest_that_is_issued(void)
{
    struct stores stores;
    char path[ISS_PATH_MAX + 16];

    stores_new(&stores);
    stores_enroll(&stores);
    (void)snprintf(path, sizeof(path), "%s/privyseal.conf", stores.root);
    FILE *file = fopen(path, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_TRUE(fputs("license = 30d\nrac = 90d\nclc = 60d\n", file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
    struct seen seen = look(&stores, stores.root, stores.now);
    const size_t last = find(&seen, "last license");

    CU_ASSERT_EQUAL(seen.ends[last].until, stores.now + (int64_t)90 * DAY);
    stores_free(&stores);
}

static void a_pending_proof_ends_after_thirty_days(void)
{
    struct stores stores;
    struct iss_request request;

    stores_new(&stores);
    stores_export(&stores, &request);
    iss_request_clear(&request);
    struct seen seen = look(&stores, stores.root, stores.now);
    const size_t proof = find(&seen, "pending proof");

    CU_ASSERT_STRING_EQUAL(seen.ends[proof].name, "enroll");
    CU_ASSERT_EQUAL(seen.ends[proof].until,
                    stores.now + (int64_t)ISS_POP_DAYS * DAY);
    CU_ASSERT_FALSE(has(&seen, "SLC"));
    CU_ASSERT_FALSE(has(&seen, "last license"));
    stores_free(&stores);
}

static void an_authority_has_no_licenses(void)
{
    struct stores stores;

    stores_new(&stores);
    struct seen seen = look(&stores, stores.authority, stores.now);

    CU_ASSERT_STRING_EQUAL(seen.ends[0].what, "Enrollment Service certificate");
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.ends[0].then, "this authority"));
    CU_ASSERT_TRUE(has(&seen, "anchor"));
    CU_ASSERT_FALSE(has(&seen, "last license"));
    stores_free(&stores);
}

UNIT_MAIN("horizon", UNIT(a_root_sees_its_chain_leaf_first_and_what_it_issues),
          UNIT(the_last_whole_slc_of_an_issuer_is_told),
          UNIT(after_the_slc_has_ended_its_last_license_goes_on),
          UNIT(the_last_license_lives_as_long_as_the_longest_that_is_issued),
          UNIT(a_pending_proof_ends_after_thirty_days),
          UNIT(an_authority_has_no_licenses))
