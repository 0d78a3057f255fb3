/* SPDX-License-Identifier: Apache-2.0 */
/* What an open store keeps between two licences: see desk.h. */
#include "desk.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "member.h"

struct iss_desk {
    struct earlier { /* a licensor key before a re-key */
        struct earlier *next;
        uint8_t hash[ISS_HASH_SIZE];
        EVP_PKEY *key;
    } * earlier; /* never closed before the store: licences on their way borrow
                    them */
};

void iss_desk_free(struct iss_desk *desk)
{
    if (desk == NULL)
        return;
    for (struct earlier *at = desk->earlier, *next = NULL; at != NULL;
         at = next) {
        next = at->next;
        EVP_PKEY_free(at->key);
        free(at);
    }
    free(desk);
}

static enum iss_status desk_of(struct iss *iss, struct iss_desk **out,
                               struct iss_error *error)
{
    if (iss->desk == NULL)
        iss->desk = calloc(1, sizeof(*iss->desk));
    *out = iss->desk;
    return *out != NULL ? ISS_OK
                        : iss_fail(error, ISS_INTERNAL, "out of memory");
}

/* ---- licensor keys ---------------------------------------------------------
 */

/* Opens one by its row, its public numbers compared. */
static enum iss_status open_earlier(struct iss *iss,
                                    const struct iss_key_row *row,
                                    EVP_PKEY **out, struct iss_error *error)
{
    char uri[ISS_URI_MAX];
    uint8_t hash[ISS_HASH_SIZE];
    struct enroll_key numbers;
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = iss_member_uri(iss, row->uri, uri, &cause);

    if (status == ISS_OK)
        status = iss_key_open(&iss->env, uri, out, &cause);
    if (status == ISS_OK)
        status = iss_key_public(*out, &numbers, &cause);
    if (status == ISS_OK)
        status = iss_key_hash(&numbers, hash, &cause);
    if (status == ISS_OK && memcmp(hash, row->hash, sizeof(hash)) != 0)
        status =
            iss_fail(&cause, ISS_CONFLICT,
                     "%s: this is not the store's earlier licensor key", uri);
    if (status == ISS_OK)
        return ISS_OK;
    EVP_PKEY_free(*out);
    *out = NULL;
    iss->token_failed = true;
    if (status == ISS_LOGIN && (iss->flags & ISS_READ_ONLY) == 0)
        iss_handle_login_refused(iss, cause.text);
    return iss_fail(error, status, "%s", cause.text);
}

static enum iss_status add_earlier(struct iss *iss, struct iss_desk *desk,
                                   const struct iss_key_row *row,
                                   EVP_PKEY **out, struct iss_error *error)
{
    struct earlier *at = calloc(1, sizeof(*at));
    enum iss_status status =
        at == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                   : open_earlier(iss, row, &at->key, error);

    if (status != ISS_OK) {
        free(at);
        return status;
    }
    memcpy(at->hash, row->hash, ISS_HASH_SIZE);
    at->next = desk->earlier;
    desk->earlier = at;
    *out = at->key;
    return ISS_OK;
}

static enum iss_status find_earlier(struct iss *iss, const uint8_t *hash,
                                    EVP_PKEY **out, struct iss_error *error)
{
    static const char purpose[] = "licensor"; /* -old, -next */
    struct iss_desk *desk = NULL;
    struct iss_key_row row = {0};
    enum iss_status status = desk_of(iss, &desk, error);

    if (status != ISS_OK)
        return status;
    for (struct earlier *at = desk->earlier; at != NULL; at = at->next)
        if (memcmp(at->hash, hash, ISS_HASH_SIZE) == 0) {
            *out = at->key;
            return ISS_OK;
        }
    status = iss_store_key_by_hash(iss->db, hash, &row, error);
    if (status == ISS_OK && row.seq != 0 && row.uri != NULL &&
        strncmp(row.purpose, purpose, strlen(purpose)) == 0)
        status = add_earlier(iss, desk, &row, out, error);
    iss_key_row_clear(&row);
    return status;
}

enum iss_status iss_desk_licensor(struct iss *iss,
                                  const uint8_t hash[static ISS_HASH_SIZE],
                                  EVP_PKEY **out, struct iss_error *error)
{
    struct enroll_key numbers;
    uint8_t present[ISS_HASH_SIZE];
    enum iss_status status =
        iss_handle_public(iss, ISS_KEY_LICENSOR, &numbers, error);

    *out = NULL;
    if (status == ISS_OK)
        status = iss_key_hash(&numbers, present, error);
    if (status != ISS_OK)
        return status;
    return memcmp(present, hash, ISS_HASH_SIZE) == 0
               ? iss_handle_key(iss, ISS_KEY_LICENSOR, out, &numbers, error)
               : find_earlier(iss, hash, out, error);
}
