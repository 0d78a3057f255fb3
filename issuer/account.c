/* SPDX-License-Identifier: Apache-2.0 */
/* Users and their key pairs: see account.h. */
#include "account.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"

/* ---- identities ------------------------------------------------------------
 */

/* S-1-5-21-...: revision, authority, at most 15 numbers (MS-DTYP 2.4.2.1). */
static bool sid_normal(const char *text, char out[static ISS_USER_ID_MAX + 1])
{
    enum { PARTS_MAX = 17, DIGITS_MAX = 15 };
    const size_t len = strlen(text);
    size_t parts = 0, digits = 0;

    if (len > ISS_USER_ID_MAX || (text[0] != 'S' && text[0] != 's') ||
        strncmp(text + 1, "-1-", 3) != 0)
        return false;
    for (size_t i = 1; i < len; i++) {
        if (text[i] == '-') {
            if (++parts > PARTS_MAX || (parts > 1 && digits == 0))
                return false;
            digits = 0;
        } else if (text[i] < '0' || text[i] > '9' || ++digits > DIGITS_MAX ||
                   (digits == 2 && text[i - 1] == '0')) {
            return false; /* one SID, one text: no zeros in front */
        }
    }
    memcpy(out, text, len + 1);
    out[0] = 'S';
    return digits > 0 && parts > 2;
}

static bool guid_normal(const char *text, char out[static ISS_USER_ID_MAX + 1])
{
    char guid[XRML_GUID_SIZE];

    if (!xrml_guid_normal(text, guid))
        return false;
    memcpy(out, guid, sizeof(guid));
    return true;
}

/* Sixteen digits of hex, in upper case. */
static bool puid_normal(const char *text, char out[static ISS_USER_ID_MAX + 1])
{
    enum { PUID_DIGITS = 16 };

    if (strlen(text) != PUID_DIGITS)
        return false;
    for (size_t i = 0; i < PUID_DIGITS; i++) {
        const char c = text[i];
        const bool lower = c >= 'a' && c <= 'f';

        if (!lower && (c < '0' || c > '9') && (c < 'A' || c > 'F'))
            return false;
        out[i] = lower ? (char)(c - 'a' + 'A') : c;
    }
    out[PUID_DIGITS] = '\0';
    return true;
}

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static void sid_from(const uint8_t *hash, char *out)
{
    (void)snprintf(out, ISS_USER_ID_MAX + 1, "S-1-5-21-%u-%u-%u-%u",
                   number_at(hash), number_at(hash + 4), number_at(hash + 8),
                   number_at(hash + 12));
}

/* As a GUID of version 8: of the maker's own making (RFC 9562 5.8). */
static void guid_from(const uint8_t *hash, char *out)
{
    enum { OCTETS = 16 };
    uint8_t octets[OCTETS];
    char hex[2 * OCTETS + 1];

    memcpy(octets, hash, sizeof(octets));
    octets[6] = (uint8_t)((octets[6] & 0x0f) | 0x80);
    octets[8] = (uint8_t)((octets[8] & 0x3f) | 0x80);
    iss_hex(octets, sizeof(octets), hex);
    (void)snprintf(out, ISS_USER_ID_MAX + 1, "{%.8s-%.4s-%.4s-%.4s-%.12s}", hex,
                   hex + 8, hex + 12, hex + 16, hex + 20);
}

static void puid_from(const uint8_t *hash, char *out)
{
    (void)snprintf(out, ISS_USER_ID_MAX + 1, "%08X%08X", number_at(hash),
                   number_at(hash + 4));
}

static const struct id_form {
    const char *type, *form;
    bool (*normal)(const char *text, char *out);
    void (*from)(const uint8_t *hash, char *out);
} id_forms[] = {
    {"Windows", "a SID, as S-1-5-21-1-2-3-1000", sid_normal, sid_from},
    {"Federation", "a GUID", guid_normal, guid_from},
    {"Passport", "a PUID of 16 hexadecimal digits", puid_normal, puid_from}};

static const struct id_form *form_of(const char *type)
{
    const char *wanted = type == NULL ? id_forms[0].type : type;

    for (size_t i = 0; i < sizeof(id_forms) / sizeof(id_forms[0]); i++)
        if (strcmp(id_forms[i].type, wanted) == 0)
            return &id_forms[i];
    return NULL;
}

static enum iss_status make_id(const struct id_form *form, const char *guid,
                               const char *mail, char *out,
                               struct iss_error *error)
{
    char text[XRML_GUID_SIZE + ISS_MAIL_MAX + 2];
    uint8_t hash[ISS_HASH_SIZE];
    int n = snprintf(text, sizeof(text), "%s\n%s", guid, mail);

    if (n < 0 || (size_t)n >= sizeof(text))
        return iss_fail(error, ISS_INTERNAL, "account: no room for its mail");
    for (char *c = text + strlen(guid); *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    enum iss_status status = iss_sha256(text, (size_t)n, hash, error);
    if (status == ISS_OK)
        form->from(hash, out);
    return status;
}

enum iss_status iss_identity_of(const char *guid, const struct iss_user *user,
                                struct iss_identity *out,
                                struct iss_error *error)
{
    const struct id_form *form = form_of(user->id_type);
    enum iss_status status = ISS_OK;

    memset(out, 0, sizeof(*out));
    if (form == NULL)
        return iss_fail(error, ISS_MALFORMED,
                        "user: %s: not Windows, Federation or Passport",
                        user->id_type);
    if (user->mail == NULL || !iss_mail_good(user->mail))
        return iss_fail(error, ISS_MALFORMED, "user: %s: not a mail address",
                        user->mail == NULL ? "nobody" : user->mail);
    (void)snprintf(out->id_type, sizeof(out->id_type), "%s", form->type);
    (void)snprintf(out->mail, sizeof(out->mail), "%s", user->mail);
    if (user->id == NULL)
        status = make_id(form, guid, user->mail, out->id, error);
    else if (!form->normal(user->id, out->id))
        status = iss_fail(error, ISS_MALFORMED, "user: %s: not %s", user->id,
                          form->form);
    (void)snprintf(out->account, sizeof(out->account), "%s:%s", out->id_type,
                   out->id);
    return status;
}

/* ---- pairs -----------------------------------------------------------------
 */

void iss_account_clear(struct iss_account *account)
{
    free(account->spki.data);
    free(account->sealed.data);
    memset(account, 0, sizeof(*account));
}

/* To whose key it is sealed stands in its record alone. */
static enum iss_status find_holder(struct iss *iss, uint64_t seq,
                                   struct iss_account *account,
                                   struct iss_error *error)
{
    struct iss_loaded record = {0};
    enum iss_status status = iss_journal_load(iss->db, seq, &record, error);
    const uint8_t *holder =
        status == ISS_OK ? iss_record_octets(&record.decoded.record,
                                             ISS_TAG_ISSUER, ISS_HASH_SIZE)
                         : NULL;

    if (holder != NULL)
        memcpy(account->holder, holder, ISS_HASH_SIZE);
    else if (status == ISS_OK)
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu: ACCOUNT does not say to which "
                          "key it is sealed",
                          (unsigned long long)seq);
    iss_loaded_clear(&record);
    return status;
}

enum iss_status iss_account_find(struct iss *iss, const char *name,
                                 struct iss_account *account,
                                 struct iss_error *error)
{
    struct iss_account_row row = {0};
    enum iss_status status = iss_store_account_get(iss->db, name, &row, error);

    memset(account, 0, sizeof(*account));
    if (status != ISS_OK || row.seq == 0)
        goto out;
    status = find_holder(iss, row.seq, account, error);
    if (status != ISS_OK)
        goto out;
    account->known = true;
    memcpy(account->hash, row.hash, ISS_HASH_SIZE);
    account->spki = row.spki;
    account->sealed = row.sealed;
    row.spki.data = NULL;
    row.sealed.data = NULL;
out:
    iss_account_row_clear(&row);
    return status;
}

enum iss_status iss_account_bound(const char *name,
                                  const uint8_t hash[static 32], char **out,
                                  struct iss_error *error)
{
    char hex[2 * ISS_HASH_SIZE + 1];

    iss_hex(hash, ISS_HASH_SIZE, hex);
    if (asprintf(out, "privyseal-account 1\n%s\n%s\n", name, hex) >= 0)
        return ISS_OK;
    *out = NULL;
    return iss_fail(error, ISS_INTERNAL, "out of memory");
}

static enum iss_status seal(OSSL_LIB_CTX *libctx, const char *bound,
                            EVP_PKEY *pair, const struct enroll_key *holder,
                            struct iss_account *account,
                            struct iss_error *error)
{
    const struct sealed_lid lid = {.libctx = libctx,
                                   .form = SEALED_V2,
                                   .kind = SEALED_PRIVATE_KEY,
                                   .element = bound,
                                   .element_len = strlen(bound)};
    const struct xrml_key to = iss_key_view(holder);
    struct sealed_secret secret = {.len = 0};
    enum iss_status status = sealed_from_key(pair, &secret, error);

    account->sealed.data = malloc(SEALED_MAX);
    if (status == ISS_OK && account->sealed.data == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        status = sealed_close(&lid, &to, &secret, account->sealed.data,
                              &account->sealed.len, error);
    sealed_secret_wipe(&secret);
    return status;
}

enum iss_status iss_account_seal(OSSL_LIB_CTX *libctx, const char *name,
                                 EVP_PKEY *pair,
                                 const struct enroll_key *holder,
                                 struct iss_account *account,
                                 struct iss_error *error)
{
    struct enroll_key numbers;
    char *bound = NULL;
    enum iss_status status = iss_key_public(pair, &numbers, error);

    memset(account, 0, sizeof(*account));
    if (status != ISS_OK)
        return status;
    const struct xrml_key view = iss_key_view(&numbers);
    status = iss_key_hash(&numbers, account->hash, error);
    if (status == ISS_OK)
        status = iss_key_hash(holder, account->holder, error);
    if (status == ISS_OK)
        status = xrml_key_spki(&view, &account->spki.data, &account->spki.len,
                               error);
    if (status == ISS_OK)
        status = iss_account_bound(name, account->hash, &bound, error);
    if (status == ISS_OK)
        status = seal(libctx, bound, pair, holder, account, error);
    free(bound);
    if (status != ISS_OK)
        iss_account_clear(account);
    return status;
}

void iss_account_record(const struct iss *iss, const char *name,
                        const struct iss_account *account,
                        struct iss_entry *entry)
{
    *entry = iss_entry_of(ISS_REC_ACCOUNT);
    iss_entry_text(entry, ISS_TAG_ACCOUNT, name);
    iss_entry_octets(entry, ISS_TAG_KEY_HASH, account->hash, ISS_HASH_SIZE);
    iss_entry_octets(entry, ISS_TAG_SPKI, account->spki.data,
                     account->spki.len);
    iss_entry_octets(entry, ISS_TAG_ISSUER, account->holder, ISS_HASH_SIZE);
    iss_entry_octets(entry, ISS_TAG_SEALED, account->sealed.data,
                     account->sealed.len);
    iss_entry_text(entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(entry, ISS_TAG_USER, iss->user);
}
