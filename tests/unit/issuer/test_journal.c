/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/journal.h"

#include <stdlib.h>
#include <string.h>

#include "stores.h"
#include "unit.h"

static enum iss_status keep(void *arg, const struct iss_row *row,
                            struct iss_error *error)
{
    struct iss_row *out = arg;
    uint8_t *copy = malloc(row->len);

    (void)error;
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, row->record, row->len);
    *out = *row;
    out->record = copy;
    return ISS_OK;
}

/* Record 1 of a journal is GENESIS: magic, number 1, no predecessor, the time,
 * type 1, then fields of ascending tags: octet for octet as documented. */
static void a_record_is_encoded_as_documented(void)
{
    static const char guid_tag[] = "\x00\x01\x00\x00\x00\x26{";
    static const char host_tag[] = "\x00\x18\x00\x00\x00\x05host1";
    struct stores stores;
    struct iss_row row = {0};
    uint8_t header[56] = {0};

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_store_each(store->db, 1, 1, keep, &row, NULL), ISS_OK);
    (void)unit_hex("50534a31 0000000000000001", header, sizeof(header));
    (void)unit_hex("000000006b016ba0", header + 44, 8); /* STORES_NOW */
    (void)unit_hex("0001", header + 52, 2);
    CU_ASSERT_EQUAL(memcmp(row.record, header, 54), 0);
    CU_ASSERT_EQUAL(memcmp(row.record + 56, guid_tag, sizeof(guid_tag) - 1), 0);
    CU_ASSERT_PTR_NOT_NULL(
        memmem(row.record, row.len, host_tag, sizeof(host_tag) - 1));
    free((void *)(uintptr_t)row.record);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void a_changed_octet_of_any_record_is_seen(void)
{
    struct stores stores;
    struct iss_error error = {0};
    uint64_t size = 0;

    stores_new(&stores);
    stores_enroll(&stores);
    struct iss *store = stores_open(&stores, stores.root);
    struct iss_walk walk = {0};
    CU_ASSERT_EQUAL(iss_store_head(store->db, &size, NULL), ISS_OK);
    for (uint64_t seq = 1; seq <= size; seq++) {
        struct iss_row row = {0};
        struct iss_decoded decoded;
        struct iss_walk here;

        CU_ASSERT_EQUAL(iss_store_each(store->db, seq, seq, keep, &row, NULL),
                        ISS_OK);
        uint8_t *record = (uint8_t *)(uintptr_t)row.record;
        unsigned missed = 0;
        for (size_t i = 0; i < row.len; i++) {
            here = walk;
            here.ctx = NULL;
            record[i] ^= 0x20;
            missed +=
                iss_walk_step(&here, &row, &decoded, &error) != ISS_JOURNAL;
            iss_walk_end(&here);
            record[i] ^= 0x20;
        }
        CU_ASSERT_EQUAL(missed, 0);
        for (size_t len = 0; len < row.len; len++)
            missed += iss_record_decode(record, len, &decoded);
        CU_ASSERT_EQUAL(missed, 0);
        CU_ASSERT_EQUAL(iss_walk_step(&walk, &row, &decoded, NULL), ISS_OK);
        free(record);
    }
    iss_walk_end(&walk);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void tags_ascend_and_stand_once(void)
{
    /* two fields, op and guid, as if they had been written the wrong way */
    uint8_t record[512] = {0};
    struct iss_decoded decoded;
    size_t len = unit_hex("50534a31 0000000000000001", record, sizeof(record));

    len += 40;
    len += unit_hex("0004 0002"
                    "0001 00000001 61"
                    "0011 00000001 62",
                    record + len, sizeof(record) - len);
    CU_ASSERT_TRUE(iss_record_decode(record, len, &decoded));
    CU_ASSERT_STRING_EQUAL(decoded.record.type_name, "EXPORT");
    CU_ASSERT_STRING_EQUAL(decoded.record.fields[1].name, "op");
    CU_ASSERT_FALSE(iss_record_decode(record, len - 1, &decoded));
    CU_ASSERT_FALSE(iss_record_decode(record, len + 1, &decoded));
    record[52 + 4 + 1] = 0x11; /* twice the tag 17 */
    CU_ASSERT_FALSE(iss_record_decode(record, len, &decoded));
    record[52 + 4 + 1] = 0x12; /* 18 before 17 */
    CU_ASSERT_FALSE(iss_record_decode(record, len, &decoded));
    record[52 + 4 + 1] = 0x01;
    record[52 + 1] = 99; /* no such type */
    CU_ASSERT_FALSE(iss_record_decode(record, len, &decoded));
}

static void a_number_has_eight_octets_and_text_is_printable(void)
{
    uint8_t record[512] = {0};
    struct iss_decoded decoded;
    size_t head =
        unit_hex("50534a31 0000000000000001", record, sizeof(record)) + 40;
    size_t len = head + unit_hex("0009 0001 0021 00000007 00000000000001",
                                 record + head, sizeof(record) - head);
    CU_ASSERT_FALSE(iss_record_decode(record, len, &decoded));
    len = head + unit_hex("0009 0001 0021 00000008 0000000000000102",
                          record + head, sizeof(record) - head);
    CU_ASSERT_TRUE(iss_record_decode(record, len, &decoded));
    CU_ASSERT_EQUAL(iss_record_number(&decoded.record, ISS_TAG_INTENT), 0x102);
    len = head + unit_hex("0009 0001 0001 00000002 611b", record + head,
                          sizeof(record) - head);
    CU_ASSERT_FALSE(iss_record_decode(record, len, &decoded));
}

UNIT_MAIN("journal", UNIT(a_record_is_encoded_as_documented),
          UNIT(a_changed_octet_of_any_record_is_seen),
          UNIT(tags_ascend_and_stand_once),
          UNIT(a_number_has_eight_octets_and_text_is_printable))
