/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that a store has by its records, and those that it lacks. */
#include "handle.h"

enum iss_status iss_keys(struct iss *store, iss_held_fn *each, void *arg,
                         struct iss_error *error)
{
    enum iss_purpose purpose = ISS_KEY_AUDIT;
    enum iss_status status = ISS_OK;

    for (size_t n = 0;
         status == ISS_OK && iss_purpose_at(store->role, n, &purpose); n++) {
        struct iss_key_row row;

        status = iss_store_key_get(store->db, iss_purpose_name(purpose), &row,
                                   error);
        if (status == ISS_OK)
            each(arg, &(struct iss_held){
                          .purpose = iss_purpose_name(purpose),
                          .uri = row.seq != 0 && row.uri != NULL ? row.uri : "",
                          .made = row.seq != 0,
                          .id = row.id,
                          .hash = row.hash});
        iss_key_row_clear(&row);
    }
    return status;
}
