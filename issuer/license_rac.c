/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Account certificate (RAC): MS-RMPR 2.2.9.5, 3.3.4.1. A user has one key pair
 * on all machines; each RAC holds it sealed to one machine.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "key.h"
#include "matter.h"
#include "trust.h"

enum { EARLIER = 15 * 60 }; /* seconds: clocks of machines, MS-RMPR 3.3.4.1 */

struct rac {
    struct iss_identity who;
    struct iss_account known; /* of this user, as it is kept */
    struct iss_account kept;  /* as it is kept from now on */
    struct iss_entry entry;   /* of that */
};

static void free_rac(void *data)
{
    struct rac *rac = data;

    if (rac == NULL)
        return;
    iss_account_clear(&rac->known);
    iss_account_clear(&rac->kept);
    free(rac);
}

/* ---- what is asked ---------------------------------------------------------
 */

static enum iss_status read_machine(struct iss_matter *matter,
                                    struct iss_error *error)
{
    enum iss_status status =
        iss_matter_chain(matter, "machine certificate", &matter->order->machine,
                         ISS_ACCEPT_MACHINES, &matter->machine, error);

    if (status != ISS_OK)
        return status;
    const struct xrml_fields *leaf = xrml_fields(matter->machine.documents[0]);
    return leaf->type == XRML_MACHINE_CERTIFICATE &&
                   leaf->principal_key.modulus != NULL
               ? ISS_OK
               : iss_fail(error, ISS_SEMANTICS,
                          "machine certificate: it is a %s",
                          xrml_type_text(leaf->type));
}

/* The pair of a user who has one is to be opened in the token. */
static enum iss_status ask_token(struct iss_matter *matter, struct rac *rac,
                                 struct iss_error *error)
{
    struct iss_matter_sealed *sealed = &matter->sealed;
    enum iss_status status =
        iss_matter_licensor(matter, rac->known.holder, &sealed->with, error);

    if (status == ISS_OK && sealed->with == NULL)
        status = iss_fail(error, ISS_CONFLICT,
                          "account %s: its key pair is sealed to a key that "
                          "this store never had",
                          rac->who.account);
    if (status == ISS_OK)
        status = iss_account_bound(rac->who.account, rac->known.hash,
                                   &sealed->element, error);
    if (status != ISS_OK)
        return status;
    sealed->needed = true;
    sealed->lid = (struct sealed_lid){.libctx = matter->iss->env.libctx,
                                      .form = SEALED_V2,
                                      .kind = SEALED_PRIVATE_KEY,
                                      .element = sealed->element,
                                      .element_len = strlen(sealed->element)};
    sealed->data = rac->known.sealed.data;
    sealed->len = rac->known.sealed.len;
    rac->known.sealed.data = NULL;
    return ISS_OK;
}

static enum iss_status find_pair(struct iss_matter *matter, struct rac *rac,
                                 struct iss_error *error)
{
    enum iss_status status =
        iss_account_find(matter->iss, rac->who.account, &rac->known, error);

    if (status != ISS_OK)
        return status;
    if (!rac->known.known) {
        matter->pair_needed = true;
        return ISS_OK;
    }
    memcpy(matter->account, rac->known.hash, ISS_HASH_SIZE);
    matter->has_account = true;
    status = iss_trust_excluded(matter->iss, rac->known.hash, error);
    return status == ISS_OK ? ask_token(matter, rac, error) : status;
}

static enum iss_status read_order(struct iss_matter *matter,
                                  struct iss_error *error)
{
    const struct iss_license_order *order = matter->order;
    const struct iss_conf *conf = &matter->iss->conf;
    struct rac *rac = calloc(1, sizeof(*rac));
    enum iss_status status = ISS_OK;

    matter->data = rac;
    matter->free_data = free_rac;
    if (rac == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    status = iss_identity_of(matter->iss->guid, &order->user, &rac->who, error);
    if (status != ISS_OK)
        return status;
    memcpy(matter->user, rac->who.mail, strlen(rac->who.mail) + 1);
    if (!matter->iss->can_unseal)
        return iss_fail(error, ISS_REFUSED,
                        "%s: its licensor key does not unseal: it could not "
                        "give a user the same key pair on another machine",
                        matter->iss->dir);
    status = iss_matter_range(
        matter, order->temporary ? &conf->rac_temporary : &conf->rac,
        &matter->range, error);
    if (status == ISS_OK)
        status = read_machine(matter, error);
    return status == ISS_OK ? find_pair(matter, rac, error) : status;
}

/* ---- what is written -------------------------------------------------------
 */

/* The pair as it came out of the token. */
static enum iss_status take_pair(struct iss_matter *matter,
                                 const struct rac *rac, struct iss_error *error)
{
    struct enroll_key numbers;
    uint8_t hash[ISS_HASH_SIZE] = {0};
    enum iss_status status =
        sealed_to_key(&matter->sealed.secret, &matter->pair, error);

    sealed_secret_wipe(&matter->sealed.secret);
    if (status == ISS_OK)
        status = iss_key_public(matter->pair, &numbers, error);
    if (status == ISS_OK)
        status = iss_key_hash(&numbers, hash, error);
    return status == ISS_OK && memcmp(hash, rac->known.hash, sizeof(hash)) != 0
               ? iss_fail(error, ISS_JOURNAL,
                          "account %s: what is kept sealed is another pair",
                          rac->who.account)
               : status;
}

/* A new pair, and one that an earlier licensor key holds, is kept sealed to the
 * present one from now on. */
static enum iss_status keep_pair(struct iss_matter *matter, struct rac *rac,
                                 struct iss_error *error)
{
    struct iss *iss = matter->iss;
    struct enroll_key licensor;
    uint8_t holder[ISS_HASH_SIZE];
    enum iss_status status =
        iss_handle_public(iss, ISS_KEY_LICENSOR, &licensor, error);

    if (status == ISS_OK)
        status = iss_key_hash(&licensor, holder, error);
    if (status != ISS_OK ||
        (rac->known.known &&
         memcmp(holder, rac->known.holder, sizeof(holder)) == 0))
        return status;
    status = iss_account_seal(iss->env.libctx, rac->who.account, matter->pair,
                              &licensor, &rac->kept, error);
    if (status != ISS_OK)
        return status;
    iss_account_record(iss, rac->who.account, &rac->kept, &rac->entry);
    matter->extra = &rac->entry;
    return ISS_OK;
}

/* What a RAC says of the machine: its object and these levels, as servers order
 * them. */
static void copy_machine(const struct xrml_principal *machine,
                         struct xrml_principal *out)
{
    static const char *const levels[] = {"Manufacturer", "Platform",
                                         "Repository"};

    out->object = machine->object;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        for (size_t j = 0; j < machine->level_count; j++)
            if (strcmp(machine->levels[j].name, levels[i]) == 0)
                out->levels[out->level_count++] = machine->levels[j];
}

static enum iss_status build(struct iss_matter *matter, const struct rac *rac,
                             const struct xrml_license *machine,
                             const char *bits, const char *address,
                             struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);
    const struct xrml_range *range = &matter->range;
    struct enroll_key numbers;
    enum iss_status status = iss_key_public(matter->pair, &numbers, error);

    if (status == ISS_OK)
        status = iss_key_hash(&numbers, matter->subject, error);
    if (status != ISS_OK)
        return status;
    matter->has_subject = true;
    struct xrml_license fields = {
        .type = XRML_RAC,
        .guid = matter->guid,
        .issued = range->from,
        .validity = {true, range->from - EARLIER, range->until},
        .issuer_text = own->principal_text,
        .issuer_text_len = own->principal_text_len,
        .point_count = 1,
        .points = {{.object = {.type = "Activation",
                               .id_type = "MS-GUID",
                               .id = "{8BA9EA80-99E4-4a2b-9764-4CD84F77C3A0}",
                               .name =
                                   "Microsoft Identity Certification Server",
                               .address = address}}},
        .principal = {.object = {.type = "Group-Identity",
                                 .id_type = rac->who.id_type,
                                 .id = rac->who.id,
                                 .name = rac->who.mail},
                      .key = iss_key_view(&numbers),
                      .level_count = 3,
                      .levels = {{"Group-Identity-Credential-Type",
                                  matter->order->temporary ? "Temporary"
                                                           : "Persistent"},
                                 {"Group-Identity-Type", "Group"},
                                 {"Group-Identity-Policy",
                                  "Group-Identity-Credential"}}},
        .machine = {.bits = {sealed_form_name(SEALED_V2), bits}}};
    copy_machine(&machine->principal, &fields.machine);
    return xrml_license_build(&fields, &matter->body, error);
}

static enum iss_status write_rac(struct iss_matter *matter,
                                 struct iss_error *error)
{
    struct rac *rac = matter->data;
    struct sealed_secret secret = {.len = 0};
    struct xrml_reading *reading = NULL;
    const struct xrml_license *machine = NULL;
    char *bits = NULL;
    char *address = NULL;
    enum iss_status status =
        rac->known.known ? take_pair(matter, rac, error) : ISS_OK;

    if (status == ISS_OK)
        status = keep_pair(matter, rac, error);
    if (status == ISS_OK)
        status =
            xrml_license_read(matter->machine.documents[0], &reading, error);
    if (status == ISS_OK)
        status = sealed_from_key(matter->pair, &secret, error);
    if (status != ISS_OK)
        goto out;
    machine = xrml_reading_license(reading);
    status = iss_matter_recipient(matter, &machine->principal.key, error);
    if (status == ISS_OK)
        status =
            iss_matter_seal(matter, SEALED_PRIVATE_KEY, &secret, &bits, error);
    if (status == ISS_OK)
        status = iss_matter_address(matter, "/certification", &address, error);
    if (status == ISS_OK)
        status = build(matter, rac, machine, bits, address, error);
out:
    sealed_secret_wipe(&secret);
    xrml_reading_free(reading);
    free(address);
    free(bits);
    return status;
}

const struct iss_license_profile iss_license_rac = {
    .kind = "rac", .root_only = true, .read = read_order, .write = write_rac};
