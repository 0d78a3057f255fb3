/* SPDX-License-Identifier: Apache-2.0 */
/* Another access list against what a root has decided, from records written
 * here by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/acl.h"
#include "issuer/journal.h"
#include "stores.h"
#include "unit.h"

enum { DAY = 86400, LAST = 16 };

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct deed { /* one record of the past */
    bool admitted;
    const char *op, *principal, *credentials, *guid, *url, *stated;
    int day; /* since the beginning */
    uint64_t days, bits;
};

static void append(struct stores *stores, struct iss *root,
                   const struct deed *deed, uint8_t n)
{
    struct iss_entry entry =
        iss_entry_of(deed->admitted ? ISS_REC_ADMIT : ISS_REC_DENY);
    uint8_t digest[ISS_HASH_SIZE];
    uint8_t subject[ISS_HASH_SIZE];
    const uint8_t list[ISS_HASH_SIZE] = {1};

    memset(digest, n, sizeof(digest));
    memset(subject, 0x5a, sizeof(subject));
    entry.time = STORES_NOW + (int64_t)deed->day * DAY;
    iss_entry_octets(&entry, ISS_TAG_DIGEST, digest, sizeof(digest));
    iss_entry_octets(&entry, ISS_TAG_SUBJECT, subject, sizeof(subject));
    iss_entry_octets(&entry, ISS_TAG_ACL_HASH, list, sizeof(list));
    iss_entry_number(&entry, ISS_TAG_ACL_LINE, n);
    iss_entry_text(&entry, ISS_TAG_OP, deed->op);
    iss_entry_text(&entry, ISS_TAG_PRINCIPAL, deed->principal);
    iss_entry_text(&entry, ISS_TAG_PROOFS, deed->credentials);
    iss_entry_text(&entry, ISS_TAG_GUID, deed->guid);
    iss_entry_text(&entry, ISS_TAG_URL, deed->url);
    iss_entry_text(&entry, ISS_TAG_STATED, deed->stated);
    iss_entry_number(&entry, ISS_TAG_BITS, deed->bits);
    if (deed->days > 0)
        iss_entry_number(&entry, ISS_TAG_DAYS, deed->days);
    if (deed->admitted)
        iss_entry_number(&entry, ISS_TAG_UNTIL,
                         (uint64_t)(entry.time + 365 * DAY));
    CU_ASSERT_EQUAL_FATAL(
        iss_journal_write(root, &entry, 1, NULL, &stores->error), ISS_OK);
}

struct seen {
    size_t count;
    struct {
        bool then, now;
        unsigned line_then, line_now;
        char principal[ISS_ACL_NAME_MAX + 1], cause[128];
    } rows[LAST];
};

static void note(void *arg, const struct iss_replayed *replayed)
{
    struct seen *seen = arg;

    CU_ASSERT_FATAL(seen->count < LAST);
    seen->rows[seen->count].then = replayed->allowed_then;
    seen->rows[seen->count].now = replayed->allowed_now;
    seen->rows[seen->count].line_then = replayed->line_then;
    seen->rows[seen->count].line_now = replayed->line_now;
    (void)snprintf(seen->rows[seen->count].principal,
                   sizeof(seen->rows[0].principal), "%s", replayed->principal);
    (void)snprintf(seen->rows[seen->count].cause, sizeof(seen->rows[0].cause),
                   "%s", replayed->cause);
    seen->count++;
}

static void replay(struct stores *stores, const struct deed *deeds,
                   size_t count, const char *list, struct seen *seen)
{
    struct iss_acl *acl = NULL;

    memset(seen, 0, sizeof(*seen));
    stores_new(stores);
    struct iss *root = stores_open(stores, stores->root);
    for (size_t i = 0; i < count; i++)
        append(stores, root, &deeds[i], (uint8_t)(i + 1));
    CU_ASSERT_EQUAL_FATAL(
        iss_acl_parse("list", list, strlen(list), &acl, &stores->error),
        ISS_OK);
    const uint64_t before = stores_records(stores, stores->root, ISS_REC_ADMIT);
    CU_ASSERT_EQUAL(iss_acl_replay(root, acl, note, seen, &stores->error),
                    ISS_OK);
    /* looking changes nothing */
    CU_ASSERT_EQUAL(stores_records(stores, stores->root, ISS_REC_ADMIT),
                    before);
    iss_acl_free(acl);
    iss_free(root);
    stores_free(stores);
}

#define G(n) "{00000000-0000-4000-8000-00000000000" #n "}"
#define U(n) "https://" #n ".example/_wmcs"

static void quotas_and_holdings_are_those_of_the_past(void)
{
    static const struct deed deeds[] = {
        {true, "sub-enroll", "lab", "key-sha256:" A, G(1), U(a), NULL, 0, 0,
         2048},
        /* the quota of one in 30 days is used up */
        {false, "sub-enroll", "lab", "key-sha256:" A, G(2), U(a), NULL, 1, 0,
         2048},
        /* outstanding: another of its GUIDs has a certificate */
        {false, "sub-enroll", "lab", "key-sha256:" A, G(2), U(a), NULL, 40, 0,
         2048},
        /* its own GUID */
        {true, "renew", "lab", "key-sha256:" A, G(1), U(a), NULL, 41, 0, 2048},
        /* somebody else's */
        {false, "renew", "other", "key-sha256:" B, G(1), U(b), NULL, 42, 0,
         2048},
        /* after the end of all that was issued */
        {true, "sub-enroll", "lab", "key-sha256:" A, G(2), U(a), NULL, 500, 0,
         2048},
    };
    static const bool same[] = {true, false, false, true, false, true};
    static const char list[] =
        "privyseal-acl 1\n"
        "principal lab key-sha256:" A "\n"
        "principal other key-sha256:" B "\n"
        "allow lab op=sub-enroll,renew url=" U(a) "\n"
                                                  "allow other op=renew url=" U(
                                                      b) "\n"
                                                         "end 4\n";
    struct stores stores;
    struct seen seen;

    replay(&stores, deeds, sizeof(deeds) / sizeof(deeds[0]), list, &seen);
    CU_ASSERT_EQUAL_FATAL(seen.count, sizeof(deeds) / sizeof(deeds[0]));
    for (size_t i = 0; i < seen.count; i++) {
        CU_ASSERT_EQUAL(seen.rows[i].then, deeds[i].admitted);
        CU_ASSERT_EQUAL(seen.rows[i].now, same[i]);
        CU_ASSERT_EQUAL(seen.rows[i].line_then, i + 1);
        CU_ASSERT_EQUAL(seen.rows[i].line_now, same[i] ? 4 : 0);
        CU_ASSERT_STRING_EQUAL(seen.rows[i].principal, deeds[i].principal);
    }
}

static void every_field_of_the_record_is_weighed(void)
{
    static const struct deed deeds[] = {
        {false, "sub-enroll", "", "key-sha256:" B "\nunix-user:anna", G(1),
         U(a), NULL, 0, 0, 2048},
        /* the person vouches where no key is listed */
        {false, "sub-enroll", "", "key-sha256:" B "\nunix-group:ops", G(2),
         U(b), NULL, 1, 0, 2048},
        {false, "sub-enroll", "", "key-sha256:" A, G(3), U(c), NULL, 2, 0,
         3072},
        {false, "sub-enroll", "", "key-sha256:" A, G(3), U(c), NULL, 3, 31,
         2048},
        {false, "sub-enroll", "", "key-sha256:" A, G(3), U(c), "ops", 4, 0,
         2048},
        {false, "sub-enroll", "", "key-sha256:" A "\nunix-group:ops", G(3),
         U(c), "lab", 5, 30, 2048},
    };
    static const char list[] = "privyseal-acl 1\n"
                               "principal lab key-sha256:" A "\n"
                               "principal ops unix-group:ops\n"
                               "allow ops op=sub-enroll url=" U(
                                   b) "\n"
                                      "allow lab op=sub-enroll url=" U(
                                          c) " key=rsa:2048 max-validity=30d"
                                             " require=approval:ops\n"
                                             "end 4\n";
    static const bool now[] = {false, true, false, false, false, true};
    static const char *const causes[] = {"nobody whom",       "allowed",
                                         "no allow rule",     "no allow",
                                         "another principal", "allowed"};
    struct stores stores;
    struct seen seen;

    replay(&stores, deeds, sizeof(deeds) / sizeof(deeds[0]), list, &seen);
    CU_ASSERT_EQUAL_FATAL(seen.count, sizeof(deeds) / sizeof(deeds[0]));
    for (size_t i = 0; i < seen.count; i++) {
        CU_ASSERT_FALSE(seen.rows[i].then);
        CU_ASSERT_EQUAL(seen.rows[i].now, now[i]);
        CU_ASSERT_EQUAL(
            strncmp(seen.rows[i].cause, causes[i], strlen(causes[i])), 0);
    }
}

static void count_differences(void *arg, const struct iss_replayed *replayed)
{
    unsigned *counts = arg;

    counts[replayed->allowed_then]++;
    counts[2] +=
        replayed->allowed_then != replayed->allowed_now ||
        (replayed->allowed_now && (replayed->line_then != replayed->line_now ||
                                   strcmp(replayed->principal, "lab") != 0));
}

/* Whatever a root has decided, the same list decides the same again. */
static void the_same_list_says_the_same(void)
{
    static const char list[] =
        "privyseal-acl 1\n"
        "principal lab unix-user:operator\n"
        "allow lab op=sub-enroll,renew"
        " url=https://*.example/* quota=3/10d"
        " outstanding=2 max-validity=20d\n"
        "deny * op=sub-enroll url=https://s09.example/*\n"
        "end 3\n";
    enum { FIRST = 7, SERVERS = 4, ROUNDS = 24 };
    struct stores stores;
    struct forged forged[SERVERS];
    struct iss_answer last[SERVERS];
    struct iss_acl *acl = NULL;
    unsigned counts[3] = {0, 0, 0};

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, list);
    for (unsigned i = 0; i < SERVERS; i++)
        stores_forge_sub(&stores, FIRST + i, &forged[i]);
    memset(last, 0, sizeof(last));
    for (unsigned i = 0; i < ROUNDS; i++) {
        const unsigned n = (i * i + i / 3) % SERVERS;
        struct iss_answer answer;
        const bool known = last[n].response != NULL;

        stores.now += (int64_t)(i % 5) * DAY + 61;
        stores_forge_next(&stores, &forged[n],
                          known ? ISS_RENEW : ISS_SUB_ENROLL, &last[n]);
        forged[n].pop.has_predecessor = known;
        stores_forged_print(&stores, &forged[n]);
        const enum iss_status status =
            stores_serve(&stores, &forged[n], i % 7 == 6 ? "desk" : NULL,
                         i % 4 == 3 ? 25 : 0, &answer);
        CU_ASSERT_TRUE(status == ISS_OK || status == ISS_REFUSED);
        if (status == ISS_OK) {
            iss_answer_clear(&last[n]);
            last[n] = answer;
        } else {
            iss_answer_clear(&answer);
        }
    }
    CU_ASSERT_EQUAL_FATAL(
        iss_acl_parse("list", list, strlen(list), &acl, &stores.error), ISS_OK);
    struct iss *root = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(
        iss_acl_replay(root, acl, count_differences, counts, &stores.error),
        ISS_OK);
    CU_ASSERT_EQUAL(counts[0] + counts[1], ROUNDS);
    CU_ASSERT_TRUE(counts[0] > 3 && counts[1] > 3);
    CU_ASSERT_EQUAL(counts[2], 0);
    stores_close(&stores, root);
    iss_acl_free(acl);
    for (unsigned i = 0; i < SERVERS; i++) {
        iss_answer_clear(&last[i]);
        stores_forged_clear(&forged[i]);
    }
    stores_free(&stores);
}

static void an_authority_has_no_list(void)
{
    static const char list[] = "privyseal-acl 1\nend 0\n";
    struct stores stores;
    struct iss_acl *acl = NULL;
    struct seen seen = {.count = 0};

    stores_new(&stores);
    struct iss *authority = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL_FATAL(
        iss_acl_parse("list", list, strlen(list), &acl, &stores.error), ISS_OK);
    CU_ASSERT_EQUAL(iss_acl_replay(authority, acl, note, &seen, &stores.error),
                    ISS_REFUSED);
    CU_ASSERT_EQUAL(seen.count, 0);
    iss_acl_free(acl);
    stores_close(&stores, authority);
    stores_free(&stores);
}

UNIT_MAIN("replay", UNIT(quotas_and_holdings_are_those_of_the_past),
          UNIT(every_field_of_the_record_is_weighed),
          UNIT(the_same_list_says_the_same), UNIT(an_authority_has_no_list))
