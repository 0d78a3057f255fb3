/* SPDX-License-Identifier: Apache-2.0 */
/* A record of the journal: fields lie within it and fill it; tables take it or
 * refuse it. */
#include <stdint.h>
#include <stdlib.h>

#include "issuer/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { HEADER = 56, FIELD = 6 };
    static struct iss_store *db;
    struct iss_decoded decoded;
    size_t sum = HEADER;

    if (db == NULL && iss_store_scratch(&db, NULL) != ISS_OK)
        abort();
    if (!iss_record_decode(data, size, &decoded))
        return 0;
    for (size_t i = 0; i < decoded.record.field_count; i++) {
        const struct iss_field *field = &decoded.record.fields[i];

        if (field->value < data || field->value + field->len > data + size)
            __builtin_trap();
        sum += FIELD + field->len;
    }
    if (sum != size)
        __builtin_trap();
    if (iss_store_begin(db, NULL) != ISS_OK)
        abort();
    (void)(iss_index_apply(db, &decoded.record, NULL) == ISS_OK);
    iss_store_rollback(db);
    return 0;
}
