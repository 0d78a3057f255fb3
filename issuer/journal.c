/* SPDX-License-Identifier: Apache-2.0 */
/* Records and their chain: see journal.h. */
#include "journal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "event.h"
#include "xrml_hash.h"

enum form { TEXT, OCTETS, NUMBER };

static const char *const types[] = {
#define TYPE(name, number) [number] = #name,
#include "journal.def"
#undef TYPE
};

static const struct tag_row { /* by number; name NULL: none */
    const char *name;
    enum form form;
} tags[] = {
#define TAG(name, number, form, text) [number] = {(text), (form)},
#include "journal.def"
#undef TAG
};

/* Offsets of the encoding. */
static const uint8_t magic[] = {'P', 'S', 'J', '1'};
enum {
    SEQ_AT = sizeof(magic),
    PREV_AT = SEQ_AT + 8,
    TIME_AT = PREV_AT + ISS_HASH_SIZE,
    TYPE_AT = TIME_AT + 8,
    COUNT_AT = TYPE_AT + 2,
    HEADER_SIZE = COUNT_AT + 2,
    FIELD_HEADER = 6,
    NUMBER_SIZE = 8
};

static void put(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        out[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t get(const uint8_t *in, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | in[i];
    return value;
}

static const char *type_name(unsigned type)
{
    return type < sizeof(types) / sizeof(types[0]) ? types[type] : NULL;
}

static const struct tag_row *find_tag(unsigned tag)
{
    return tag < sizeof(tags) / sizeof(tags[0]) && tags[tag].name != NULL
               ? &tags[tag]
               : NULL;
}

/* ---- writing ----------------------------------------------------------- */

struct iss_entry iss_entry_of(enum iss_record_type type)
{
    return (struct iss_entry){.type = type};
}

void iss_entry_octets(struct iss_entry *entry, enum iss_tag tag,
                      const void *data, size_t len)
{
    if (data == NULL || len == 0 || entry->count == ISS_RECORD_FIELDS)
        return;
    size_t at = entry->count++;
    while (at > 0 && entry->values[at - 1].tag > tag) {
        entry->values[at] = entry->values[at - 1];
        at--;
    }
    entry->values[at] =
        (struct iss_value){.tag = tag, .data = data, .len = len};
}

void iss_entry_text(struct iss_entry *entry, enum iss_tag tag, const char *text)
{
    iss_entry_octets(entry, tag, text, text == NULL ? 0 : strlen(text));
}

void iss_entry_number(struct iss_entry *entry, enum iss_tag tag,
                      uint64_t number)
{
    static const uint8_t place[NUMBER_SIZE];

    iss_entry_octets(entry, tag, place, sizeof(place));
    for (size_t i = 0; i < entry->count; i++) {
        struct iss_value *value = &entry->values[i];
        if (value->tag != (unsigned)tag)
            continue;
        value->data = NULL;
        put(value->number, number, sizeof(value->number));
    }
}

/* The octet that the hash covers before the record stands in front. */
static uint8_t *encode(const struct iss_entry *entry, uint64_t seq,
                       const uint8_t *prev, int64_t time, size_t *len)
{
    size_t size = HEADER_SIZE;

    for (size_t i = 0; i < entry->count; i++)
        size += FIELD_HEADER + entry->values[i].len;
    *len = size;
    uint8_t *data = size > ISS_RECORD_MAX ? NULL : malloc(size + 1);
    if (data == NULL)
        return NULL;
    uint8_t *record = data + 1;
    data[0] = 0;
    memcpy(record, magic, sizeof(magic));
    put(record + SEQ_AT, seq, 8);
    memcpy(record + PREV_AT, prev, ISS_HASH_SIZE);
    put(record + TIME_AT, (uint64_t)time, 8);
    put(record + TYPE_AT, entry->type, 2);
    put(record + COUNT_AT, entry->count, 2);
    uint8_t *out = record + HEADER_SIZE;
    for (size_t i = 0; i < entry->count; i++) {
        const struct iss_value *value = &entry->values[i];
        const void *from = value->data == NULL ? value->number : value->data;

        put(out, value->tag, 2);
        put(out + 2, value->len, 4);
        memcpy(out + FIELD_HEADER, from, value->len);
        out += FIELD_HEADER + value->len;
    }
    return data;
}

struct head { /* the newest record */
    uint64_t seq;
    int64_t time;
    uint8_t hash[ISS_HASH_SIZE];
};

static enum iss_status read_head(struct iss_store *db, struct head *head,
                                 struct iss_error *error)
{
    struct iss_loaded newest = {0};
    uint64_t seq = 0;
    enum iss_status status = iss_store_head(db, &seq, error);

    memset(head, 0, sizeof(*head));
    if (status != ISS_OK || seq == 0)
        return status;
    status = iss_journal_load(db, seq, &newest, error);
    if (status == ISS_OK) {
        head->seq = seq;
        head->time = newest.decoded.record.time;
        memcpy(head->hash, newest.row.hash, sizeof(head->hash));
    }
    iss_loaded_clear(&newest);
    return status;
}

static enum iss_status append_one(struct iss *iss,
                                  const struct iss_entry *entry,
                                  struct head *head, struct iss_error *error)
{
    struct iss_row row = {.seq = head->seq + 1};
    struct iss_decoded decoded;
    int64_t time = entry->time == 0 ? iss_clock_now(&iss->env) : entry->time;
    enum iss_status status = ISS_INTERNAL;

    if (time > head->time)
        head->time = time;
    uint8_t *data = encode(entry, row.seq, head->hash, head->time, &row.len);

    if (data == NULL) {
        status =
            iss_fail(error, ISS_INTERNAL,
                     "journal: a record of %zu octets cannot be made", row.len);
        goto out;
    }
    row.record = data + 1;
    memcpy(row.prev, head->hash, ISS_HASH_SIZE);
    status = iss_sha256(data, row.len + 1, row.hash, error);
    if (status == ISS_OK && !iss_record_decode(row.record, row.len, &decoded))
        status = iss_fail(error, ISS_INTERNAL,
                          "journal: record %llu cannot be read back",
                          (unsigned long long)row.seq);
    if (status == ISS_OK)
        status = iss_store_append(iss->db, &row, error);
    if (status == ISS_OK)
        status = iss_index_apply(iss->db, &decoded.record, error);
    head->seq = row.seq;
    memcpy(head->hash, row.hash, ISS_HASH_SIZE);
out:
    free(data);
    return status;
}

/* Refusals do not: the PIN is not asked for because of a bad request. */
static bool asks_for_checkpoint(unsigned type)
{
    return type != ISS_REC_DENY && type != ISS_REC_LOGIN_FAIL &&
           type != ISS_REC_CLOCK && type != ISS_REC_RECOVER &&
           type != ISS_REC_CHECKPOINT;
}

enum iss_status iss_journal_append(struct iss *iss, struct iss_entry *entries,
                                   size_t count, uint64_t *first,
                                   struct iss_error *error)
{
    struct head head;
    enum iss_status status = read_head(iss->db, &head, error);

    if (status != ISS_OK)
        return status;
    if (first != NULL)
        *first = head.seq + 1;
    for (size_t i = 0; i < count && status == ISS_OK; i++)
        status = append_one(iss, &entries[i], &head, error);
    for (size_t i = 0; i < count && status == ISS_OK; i++)
        iss->due = iss->due || asks_for_checkpoint(entries[i].type);
    return status;
}

enum iss_status iss_journal_write(struct iss *iss, struct iss_entry *entries,
                                  size_t count, uint64_t *first,
                                  struct iss_error *error)
{
    enum iss_status status = iss_store_begin(iss->db, error);

    if (status != ISS_OK)
        return status;
    status = iss_journal_append(iss, entries, count, first, error);
    if (status == ISS_OK)
        return iss_store_commit(iss->db, error);
    iss_store_rollback(iss->db);
    return status;
}

enum iss_status iss_journal_time(struct iss *iss, int64_t *now,
                                 struct iss_error *error)
{
    char clock[ISS_CLOCK_SIZE] = "?";
    char newest[ISS_CLOCK_SIZE] = "?";
    struct head head;
    enum iss_status status = read_head(iss->db, &head, error);

    *now = iss_clock_now(&iss->env);
    if (status != ISS_OK || *now >= head.time)
        return status;
    if (head.time - *now > ISS_CLOCK_TOLERANCE) {
        bool accepted = false;

        status = iss_time_accepted(iss, *now, head.time, &accepted, error);
        /* records go on with the journal's time, documents with the clock's */
        if (status != ISS_OK || accepted)
            return status;
        (void)iss_clock_print(*now, clock);
        (void)iss_clock_print(head.time, newest);
        return iss_fail(error, ISS_CLOCK,
                        "clock: it is %s here, but the newest record of the "
                        "journal is of %s",
                        clock, newest);
    }
    *now = head.time;
    return ISS_OK;
}

void iss_journal_clock(struct iss *iss, const char *cause)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_CLOCK);

    if ((iss->flags & ISS_READ_ONLY) != 0)
        return;
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_CLASS, iss_status_name(ISS_CLOCK));
    iss_entry_text(&entry, ISS_TAG_CAUSE, cause);
    iss_entry_number(&entry, ISS_TAG_CLOCK, (uint64_t)iss_clock_now(&iss->env));
    (void)(iss_journal_write(iss, &entry, 1, NULL, NULL) == ISS_OK);
}

/* ---- reading ----------------------------------------------------------- */

static bool printable(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((text[i] < ' ' && text[i] != '\n') || text[i] == 0x7f)
            return false;
    return true;
}

bool iss_record_decode(const uint8_t *data, size_t len, struct iss_decoded *out)
{
    size_t at = HEADER_SIZE;
    unsigned last = 0;

    /* not the fields: there is room for many and most records have few */
    memset(&out->record, 0, sizeof(out->record));
    out->prev = NULL;
    if (len < HEADER_SIZE || len > ISS_RECORD_MAX ||
        memcmp(data, magic, sizeof(magic)) != 0)
        return false;
    out->record.seq = get(data + SEQ_AT, 8);
    out->record.time = (int64_t)get(data + TIME_AT, 8);
    out->record.type = (unsigned)get(data + TYPE_AT, 2);
    out->record.type_name = type_name(out->record.type);
    out->record.field_count = (size_t)get(data + COUNT_AT, 2);
    out->record.fields = out->fields;
    out->prev = data + PREV_AT;
    if (out->record.type_name == NULL ||
        out->record.field_count > ISS_RECORD_FIELDS)
        return false;
    for (size_t i = 0; i < out->record.field_count; i++) {
        struct iss_field *field = &out->fields[i];

        if (len - at < FIELD_HEADER)
            return false;
        field->tag = (unsigned)get(data + at, 2);
        field->len = (size_t)get(data + at + 2, 4);
        field->value = data + at + FIELD_HEADER;
        const struct tag_row *row = find_tag(field->tag);
        if (row == NULL || field->tag <= last || field->len == 0 ||
            field->len > len - at - FIELD_HEADER)
            return false;
        last = field->tag;
        field->name = row->name;
        field->text = row->form == TEXT;
        field->number = row->form == NUMBER;
        if ((field->number && field->len != NUMBER_SIZE) ||
            (field->text && !printable(field->value, field->len)))
            return false;
        at += FIELD_HEADER + field->len;
    }
    return at == len;
}

static enum iss_status hash_with(EVP_MD_CTX *ctx, const uint8_t *data,
                                 size_t len, uint8_t hash[static ISS_HASH_SIZE],
                                 struct iss_error *error)
{
    static const uint8_t leaf[] = {0};
    const EVP_MD *md = xrml_digest_md(XRML_SHA256);

    if (ctx == NULL || md == NULL || EVP_DigestInit_ex(ctx, md, NULL) != 1 ||
        EVP_DigestUpdate(ctx, leaf, sizeof(leaf)) != 1 ||
        EVP_DigestUpdate(ctx, data, len) != 1 ||
        EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
        return iss_fail(error, ISS_INTERNAL, "SHA-256 is not to be had");
    return ISS_OK;
}

enum iss_status iss_record_hash(const uint8_t *data, size_t len,
                                uint8_t hash[static ISS_HASH_SIZE],
                                struct iss_error *error)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    enum iss_status status = hash_with(ctx, data, len, hash, error);

    EVP_MD_CTX_free(ctx);
    return status;
}

void iss_walk_end(struct iss_walk *walk)
{
    EVP_MD_CTX_free(walk->ctx);
    walk->ctx = NULL;
}

const struct iss_field *iss_record_field(const struct iss_record *record,
                                         enum iss_tag tag)
{
    for (size_t i = 0; i < record->field_count; i++)
        if (record->fields[i].tag == (unsigned)tag)
            return &record->fields[i];
    return NULL;
}

uint64_t iss_record_number(const struct iss_record *record, enum iss_tag tag)
{
    const struct iss_field *field = iss_record_field(record, tag);
    return field == NULL ? 0 : get(field->value, field->len);
}

bool iss_record_text(const struct iss_record *record, enum iss_tag tag,
                     char *out, size_t size)
{
    const struct iss_field *field = iss_record_field(record, tag);
    size_t len = field == NULL ? 0 : field->len;

    if (len >= size)
        return false;
    if (len > 0)
        memcpy(out, field->value, len);
    out[len] = '\0';
    return true;
}

const uint8_t *iss_record_octets(const struct iss_record *record,
                                 enum iss_tag tag, size_t len)
{
    const struct iss_field *field = iss_record_field(record, tag);
    return field == NULL || field->len != len ? NULL : field->value;
}

enum iss_status iss_walk_step(struct iss_walk *walk, const struct iss_row *row,
                              struct iss_decoded *decoded,
                              struct iss_error *error)
{
    uint8_t hash[ISS_HASH_SIZE];
    const char *fault = NULL;

    if (walk->ctx == NULL)
        walk->ctx = EVP_MD_CTX_new();
    enum iss_status status =
        hash_with(walk->ctx, row->record, row->len, hash, error);
    if (status != ISS_OK)
        return status;
    if (!iss_record_decode(row->record, row->len, decoded))
        fault = "is no record";
    else if (row->seq != walk->seq + 1 || decoded->record.seq != row->seq)
        fault = "does not follow the one before: records are missing";
    else if (memcmp(hash, row->hash, sizeof(hash)) != 0)
        fault = "has been changed";
    else if (memcmp(decoded->prev, walk->hash, ISS_HASH_SIZE) != 0 ||
             memcmp(row->prev, walk->hash, ISS_HASH_SIZE) != 0)
        fault = "does not continue the chain";
    else if (decoded->record.time < walk->time)
        fault = "is older than the one before";
    if (fault != NULL)
        return iss_fail(error, ISS_JOURNAL, "journal: record %llu %s",
                        (unsigned long long)(walk->seq + 1), fault);
    walk->seq = row->seq;
    walk->time = decoded->record.time;
    memcpy(walk->hash, hash, sizeof(hash));
    decoded->record.hash = walk->hash;
    return ISS_OK;
}

enum iss_status iss_journal_load(struct iss_store *db, uint64_t seq,
                                 struct iss_loaded *out,
                                 struct iss_error *error)
{
    uint8_t hash[ISS_HASH_SIZE];
    enum iss_status status = ISS_OK;

    memset(out, 0, sizeof(*out));
    status = iss_store_record(db, seq, &out->row, &out->data, error);
    if (status == ISS_OK && out->row.seq == 0)
        status = iss_fail(error, ISS_JOURNAL, "journal: record %llu is missing",
                          (unsigned long long)seq);
    if (status == ISS_OK)
        status = iss_record_hash(out->row.record, out->row.len, hash, error);
    if (status == ISS_OK &&
        (memcmp(hash, out->row.hash, sizeof(hash)) != 0 ||
         !iss_record_decode(out->row.record, out->row.len, &out->decoded) ||
         out->decoded.record.seq != seq ||
         memcmp(out->decoded.prev, out->row.prev, ISS_HASH_SIZE) != 0))
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu has been changed",
                          (unsigned long long)seq);
    out->decoded.record.hash = out->row.hash;
    out->decoded.record.fields = out->decoded.fields;
    return status;
}

void iss_loaded_clear(struct iss_loaded *loaded)
{
    free(loaded->data);
    memset(loaded, 0, sizeof(*loaded));
}
