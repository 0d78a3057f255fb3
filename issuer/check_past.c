/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a request against what was issued before. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A re-key brings a key that was never certified, or, where its answer was
 * lost, the one that was certified last. */
static enum iss_status check_new_key(struct iss_case *matter,
                                     struct iss_finding *finding,
                                     struct iss_error *error)
{
    struct iss_octets present = {0};
    uint8_t old[ISS_HASH_SIZE];
    enum iss_status status = iss_store_key_of_guid(
        matter->iss->db, matter->verdict->request.guid, &present, error);

    if (status == ISS_OK && matter->verdict->has_proof)
        status = iss_key_hash(&matter->pop.sigs[1].key, old, error);
    if (status == ISS_OK &&
        (present.len != ISS_HASH_SIZE || !matter->verdict->has_proof ||
         memcmp(present.data, matter->subject, ISS_HASH_SIZE) != 0 ||
         memcmp(old, matter->subject, ISS_HASH_SIZE) == 0))
        iss_find(finding, ISS_CONFLICT,
                 "the new key was certified before: a re-key needs another");
    free(present.data);
    return status;
}

enum iss_status iss_check_key_reuse(struct iss_case *matter,
                                    struct iss_finding *finding,
                                    struct iss_error *error)
{
    const char *guid = matter->verdict->request.guid;
    struct iss_key_row own;
    char *known = NULL;
    enum iss_status status = ISS_OK;

    if (matter->iss == NULL)
        return ISS_OK;
    status =
        iss_store_key_by_hash(matter->iss->db, matter->subject, &own, error);
    if (status == ISS_OK && own.seq != 0)
        iss_find(finding, ISS_CONFLICT, "the key is one of this issuer's own");
    iss_key_row_clear(&own);
    if (status == ISS_OK && finding->status == ISS_OK)
        status = iss_store_guid_by_key(matter->iss->db, matter->subject, &known,
                                       error);
    if (known != NULL && strcmp(known, guid) != 0)
        (void)snprintf(finding->text, sizeof(finding->text),
                       "the key was certified for %s", known);
    if (known != NULL && strcmp(known, guid) != 0)
        finding->status = ISS_CONFLICT;
    if (known != NULL && finding->status == ISS_OK && matter->op == ISS_REKEY)
        status = check_new_key(matter, finding, error);
    finding->always = finding->status != ISS_OK;
    free(known);
    return status;
}

enum iss_status iss_check_guid_reuse(struct iss_case *matter,
                                     struct iss_finding *finding,
                                     struct iss_error *error)
{
    const char *guid = matter->verdict->request.guid;
    struct iss_octets present = {0};
    enum iss_status status = ISS_OK;

    if (matter->iss == NULL)
        return ISS_OK;
    if (strcmp(guid, matter->iss->guid) == 0) {
        finding->always = true;
        iss_find(finding, ISS_CONFLICT, "the GUID is this issuer's own");
        return ISS_OK;
    }
    status = iss_store_key_of_guid(matter->iss->db, guid, &present, error);
    if (present.data != NULL && matter->op != ISS_REKEY &&
        memcmp(present.data, matter->subject, ISS_HASH_SIZE) != 0)
        iss_find(finding, ISS_CONFLICT,
                 "the GUID was certified for another key");
    if (present.data == NULL &&
        (matter->op == ISS_RENEW || matter->op == ISS_REKEY))
        iss_find(finding, ISS_CONFLICT,
                 "a renewal of a GUID that is not known");
    free(present.data);
    /* the table of places has one key of a GUID */
    finding->always = finding->status != ISS_OK;
    return status;
}

/* A server that was certified for another URL: no fault, but worth a look. */
static enum iss_status check_move(struct iss_case *matter,
                                  struct iss_finding *finding,
                                  struct iss_error *error)
{
    struct iss_octets present = {0};
    enum iss_status status = iss_store_key_of_guid(
        matter->iss->db, matter->verdict->request.guid, &present, error);

    if (present.data != NULL) {
        finding->warn = true;
        iss_find(finding, ISS_REFUSED, "another URL than the server had");
    }
    free(present.data);
    return status;
}

enum iss_status iss_check_url_reuse(struct iss_case *matter,
                                    struct iss_finding *finding,
                                    struct iss_error *error)
{
    const struct enroll_request *request = &matter->verdict->request;
    char *holder = NULL;
    enum iss_status status = ISS_OK;

    if (matter->iss == NULL)
        return ISS_OK;
    status =
        iss_store_guid_by_url(matter->iss->db, request->url, &holder, error);
    if (status == ISS_OK && holder == NULL)
        return check_move(matter, finding, error);
    if (holder != NULL && strcmp(holder, request->guid) != 0) {
        finding->status = ISS_CONFLICT;
        /* the table of places has one holder of a URL */
        finding->always = true;
        (void)snprintf(finding->text, sizeof(finding->text), "held by %s",
                       holder);
    }
    free(holder);
    return status;
}
