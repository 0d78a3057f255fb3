/* SPDX-License-Identifier: Apache-2.0 */
/* What records mean for the tables, in a store that lives in memory. */
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "unit.h"

static const char body_hash[] =
    "97f980903afa23c506171d99c8cd45aae3b92c737ac84c251993704c3a6e6032";

static struct iss_store *scratch(void)
{
    struct iss_store *db = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_store_scratch(&db, NULL), ISS_OK);
    return db;
}

/* A record as the journal would hold it, from an entry that is one. */
static enum iss_status apply(struct iss_store *db,
                             const struct iss_entry *entry, uint64_t seq)
{
    struct iss_field fields[ISS_RECORD_FIELDS];
    const struct iss_record record = {.seq = seq,
                                      .time = 1000 + (int64_t)seq,
                                      .type = entry->type,
                                      .type_name = "RECORD",
                                      .field_count = entry->count,
                                      .fields = fields};

    for (size_t i = 0; i < entry->count; i++)
        fields[i] = (struct iss_field){.tag = entry->values[i].tag,
                                       .value = entry->values[i].data != NULL
                                                    ? entry->values[i].data
                                                    : entry->values[i].number,
                                       .len = entry->values[i].len};
    return iss_index_apply(db, &record, NULL);
}

static const uint8_t *hash_of(uint8_t octet)
{
    static uint8_t hashes[256][ISS_HASH_SIZE];

    memset(hashes[octet], octet, ISS_HASH_SIZE);
    return hashes[octet];
}

static struct iss_entry intent(uint8_t digest, const char *guid, uint8_t key,
                               const char *url, const char *op)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_INTENT);

    iss_entry_text(&entry, ISS_TAG_KIND, "slc");
    iss_entry_text(&entry, ISS_TAG_OP, op);
    iss_entry_octets(&entry, ISS_TAG_DIGEST, hash_of(digest), ISS_HASH_SIZE);
    iss_entry_octets(&entry, ISS_TAG_SUBJECT, hash_of(key), ISS_HASH_SIZE);
    iss_entry_text(&entry, ISS_TAG_GUID, guid);
    iss_entry_text(&entry, ISS_TAG_URL, url);
    iss_entry_text(&entry, ISS_TAG_PRINCIPAL, "p");
    iss_entry_text(&entry, ISS_TAG_SIGNED, "<BODY>x</BODY>");
    return entry;
}

static struct iss_entry result(uint64_t of)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_RESULT);

    iss_entry_number(&entry, ISS_TAG_INTENT, of);
    return entry;
}

static void an_intent_is_open_until_it_ends_once(void)
{
    struct iss_store *db = scratch();
    struct iss_entry entry = intent(1, "{a}", 1, "https://a", "enroll");
    struct iss_entry end = result(5);
    struct iss_entry closed = iss_entry_of(ISS_REC_VOID);
    struct iss_issue_row row;
    uint64_t open = 0;

    iss_entry_number(&closed, ISS_TAG_INTENT, 5);
    CU_ASSERT_EQUAL(apply(db, &end, 4), ISS_JOURNAL);
    CU_ASSERT_EQUAL(apply(db, &entry, 5), ISS_OK);
    CU_ASSERT_EQUAL(apply(db, &entry, 6), ISS_CONFLICT);
    CU_ASSERT_EQUAL(iss_store_issue_open_count(db, &open, NULL), ISS_OK);
    CU_ASSERT_EQUAL(open, 1);
    CU_ASSERT_EQUAL(apply(db, &end, 7), ISS_OK);
    CU_ASSERT_EQUAL(apply(db, &end, 8), ISS_JOURNAL);
    CU_ASSERT_EQUAL(apply(db, &closed, 9), ISS_JOURNAL);
    CU_ASSERT_EQUAL(iss_store_issue_by_request(db, hash_of(1), &row, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 5);
    CU_ASSERT_EQUAL(row.result, 7);
    CU_ASSERT_EQUAL(iss_store_issue_open_count(db, &open, NULL), ISS_OK);
    CU_ASSERT_EQUAL(open, 0);
    iss_store_close(db);
}

/* printf '<BODY>x</BODY>' | iconv -t UTF-16LE | sha256sum */
static void a_finished_one_is_found_by_its_body(void)
{
    struct iss_store *db = scratch();
    struct iss_entry entry = intent(1, "{a}", 1, "https://a", "enroll");
    struct iss_entry end = result(5);
    struct iss_issue_row row;
    uint8_t body[ISS_HASH_SIZE];

    CU_ASSERT_EQUAL(unit_hex(body_hash, body, sizeof(body)), sizeof(body));
    CU_ASSERT_EQUAL(apply(db, &entry, 5), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_issue_by_body(db, body, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 0);
    CU_ASSERT_EQUAL(apply(db, &end, 6), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_issue_by_body(db, body, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 5);
    CU_ASSERT_EQUAL(row.result, 6);
    iss_store_close(db);
}

static void a_guid_changes_its_key_by_rekey_only(void)
{
    struct iss_store *db = scratch();
    struct iss_entry first = intent(1, "{a}", 1, "https://a", "enroll");
    struct iss_entry renewal = intent(2, "{a}", 1, "https://b", "renew");
    struct iss_entry stolen = intent(3, "{a}", 2, "https://b", "renew");
    struct iss_entry rekey = intent(4, "{a}", 2, "https://b", "rekey");
    struct iss_entry other = intent(5, "{b}", 1, "https://c", "enroll");
    struct iss_entry place = intent(6, "{b}", 3, "https://b", "enroll");
    char *guid = NULL;

    CU_ASSERT_EQUAL(apply(db, &first, 1), ISS_OK);
    CU_ASSERT_EQUAL(apply(db, &renewal, 2), ISS_OK);
    CU_ASSERT_EQUAL(apply(db, &stolen, 3), ISS_CONFLICT);
    iss_store_close(db);
    db = scratch();
    CU_ASSERT_EQUAL(apply(db, &first, 1), ISS_OK);
    CU_ASSERT_EQUAL(apply(db, &renewal, 2), ISS_OK);
    CU_ASSERT_EQUAL(apply(db, &rekey, 4), ISS_OK);
    /* the old key stays this GUID's, and the URL too */
    CU_ASSERT_EQUAL(apply(db, &other, 5), ISS_CONFLICT);
    CU_ASSERT_EQUAL(apply(db, &place, 6), ISS_CONFLICT);
    CU_ASSERT_EQUAL(iss_store_guid_by_key(db, hash_of(1), &guid, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(guid, "{a}");
    free(guid);
    iss_store_close(db);
}

static void a_member_s_newest_record_counts(void)
{
    struct iss_store *db = scratch();
    struct iss_member_row row;
    uint64_t count = 0;

    for (uint64_t seq = 3; seq <= 5; seq++) {
        struct iss_entry entry = iss_entry_of(ISS_REC_MEMBER);

        iss_entry_text(&entry, ISS_TAG_MEMBER, seq == 4 ? "b" : "a");
        iss_entry_text(&entry, ISS_TAG_GUID, "{s}");
        iss_entry_text(&entry, ISS_TAG_HOST, "h");
        iss_entry_text(&entry, ISS_TAG_URI,
                       seq == 5 ? "pkcs11:new" : "pkcs11:");
        CU_ASSERT_EQUAL(apply(db, &entry, seq), ISS_OK);
    }
    CU_ASSERT_EQUAL(iss_store_member_count(db, &count, NULL), ISS_OK);
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_EQUAL(iss_store_member_get(db, "a", &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.seq, 5);
    CU_ASSERT_STRING_EQUAL(row.uri, "pkcs11:new");
    iss_member_row_clear(&row);
    CU_ASSERT_EQUAL(iss_store_member_after(db, 0, &row, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(row.name, "b");
    iss_member_row_clear(&row);
    CU_ASSERT_EQUAL(iss_store_member_get(db, "c", &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.seq, 0);
    iss_store_close(db);
}

/* Each field that a table needs, left out. */
static void a_record_that_lacks_a_field_means_nothing(void)
{
    struct iss_entry whole[] = {
        intent(1, "{a}", 1, "https://a", "enroll"),
        iss_entry_of(ISS_REC_KEY),
        iss_entry_of(ISS_REC_EXPORT),
        iss_entry_of(ISS_REC_IMPORT),
        iss_entry_of(ISS_REC_ADMIT),
        iss_entry_of(ISS_REC_MEMBER),
        iss_entry_of(ISS_REC_RESULT),
    };
    static const enum iss_tag needed[] = {ISS_TAG_DIGEST, ISS_TAG_SIGNED,
                                          ISS_TAG_SUBJECT, ISS_TAG_GUID};

    for (size_t i = 1; i < sizeof(whole) / sizeof(whole[0]); i++) {
        struct iss_store *db = scratch();

        CU_ASSERT_EQUAL(apply(db, &whole[i], 1), ISS_JOURNAL);
        iss_store_close(db);
    }
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        struct iss_entry entry = iss_entry_of(ISS_REC_INTENT);
        struct iss_store *db = scratch();

        for (size_t k = 0; k < whole[0].count; k++)
            if (whole[0].values[k].tag != (unsigned)needed[i])
                entry.values[entry.count++] = whole[0].values[k];
        CU_ASSERT_EQUAL(entry.count, whole[0].count - 1);
        CU_ASSERT_EQUAL(apply(db, &entry, 1), ISS_JOURNAL);
        iss_store_close(db);
    }
}

UNIT_MAIN("index", UNIT(an_intent_is_open_until_it_ends_once),
          UNIT(a_finished_one_is_found_by_its_body),
          UNIT(a_guid_changes_its_key_by_rekey_only),
          UNIT(a_member_s_newest_record_counts),
          UNIT(a_record_that_lacks_a_field_means_nothing))
