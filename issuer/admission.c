/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the access list: see admission.h. */
#include "admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish.h"

enum {
    HEX_SIZE = 2 * ISS_HASH_SIZE + 1,
    KEYS_MAX = ISS_NOTE_SIGNERS + 1,
    ROOM_BEFORE = 160
};

static const char list_name[] = "acl";

static const enum iss_acl_op acl_ops[] = {
    [ISS_ENROLL] = ISS_ACL_ENROLL,
    [ISS_RENEW] = ISS_ACL_RENEW,
    [ISS_REKEY] = ISS_ACL_REKEY,
    [ISS_SUB_ENROLL] = ISS_ACL_SUB_ENROLL,
};

static const char *const whose_names[] = {[ISS_ACL_GUID_NEW] = "new",
                                          [ISS_ACL_GUID_OWN] = "own",
                                          [ISS_ACL_GUID_OTHER] = "other"};

struct evidence { /* who asks, and who runs the command */
    char hashes[KEYS_MAX][HEX_SIZE];
    struct iss_acl_proof proofs[ISS_ACL_PROOF_MAX];
    size_t count;
    size_t person; /* the first of the person's own */
};

/* ---- who
 * ---------------------------------------------------------------------- */

/* A name that no list can hold says nothing, and would break a line. */
static bool is_plain(const char *name)
{
    for (const char *at = name; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return name[0] != '\0';
}

static void prove(struct evidence *evidence, enum iss_acl_kind kind,
                  const char *value)
{
    if (evidence->count < ISS_ACL_PROOF_MAX)
        evidence->proofs[evidence->count++] =
            (struct iss_acl_proof){.kind = kind, .value = value};
}

/* Every key whose signature in the proof verifies, the certificate that a
 * renewal replaces, and the person behind the command. */
static enum iss_status collect(const struct iss_case *matter,
                               struct evidence *evidence,
                               struct iss_error *error)
{
    const struct iss_pop *pop = &matter->pop;
    const struct iss_env *env = &matter->iss->env;
    size_t hashes = 0;
    enum iss_status status = ISS_OK;

    memset(evidence, 0, sizeof(*evidence));
    for (size_t i = 0; i < pop->sig_count && status == ISS_OK; i++) {
        uint8_t hash[ISS_HASH_SIZE];

        status = iss_key_hash(&pop->sigs[i].key, hash, error);
        if (status != ISS_OK)
            return status;
        iss_hex(hash, sizeof(hash), evidence->hashes[hashes]);
        prove(evidence, ISS_ACL_KEY_SHA256, evidence->hashes[hashes++]);
    }
    if (pop->has_predecessor) {
        iss_hex(pop->predecessor, ISS_HASH_SIZE, evidence->hashes[hashes]);
        prove(evidence, ISS_ACL_SLC_SHA256, evidence->hashes[hashes]);
    }
    evidence->person = evidence->count;
    if (env->groups_cut ||
        evidence->count + env->group_count + 1 > ISS_ACL_PROOF_MAX)
        return iss_fail(error, ISS_REFUSED,
                        "acl: %s is in more than %d groups: who vouches cannot "
                        "be told",
                        env->user == NULL ? "the user" : env->user,
                        ISS_ACL_PROOF_MAX - KEYS_MAX - 1);
    if (env->user != NULL && is_plain(env->user))
        prove(evidence, ISS_ACL_UNIX_USER, env->user);
    for (size_t i = 0; i < env->group_count; i++)
        if (is_plain(env->groups[i]))
            prove(evidence, ISS_ACL_UNIX_GROUP, env->groups[i]);
    return status;
}

static const char *kind_word(enum iss_acl_kind kind)
{
    static const char *const words[] = {
#define ACL_KIND(name, word, form) word,
#include "acl_words.def"
#undef ACL_KIND
    };
    return words[kind];
}

static void write_proofs(const struct evidence *evidence,
                         struct iss_admission *out)
{
    size_t used = 0;

    out->proofs[0] = '\0';
    for (size_t i = 0; i < evidence->count; i++) {
        const struct iss_acl_proof *proof = &evidence->proofs[i];
        int n = snprintf(out->proofs + used, sizeof(out->proofs) - used,
                         "%s%s%s", used > 0 ? "\n" : "", kind_word(proof->kind),
                         proof->value);

        if (n < 0 || (size_t)n >= sizeof(out->proofs) - used)
            break;
        used += (size_t)n;
    }
    out->proofs[used] = '\0';
}

/* The first of the proofs that leads to the principal, by its kind. */
static void name_proof(const struct iss_acl *acl,
                       const struct evidence *evidence, int64_t now,
                       struct iss_admission *out)
{
    enum iss_acl_cause cause;

    for (size_t i = 0; i < evidence->count; i++) {
        const struct iss_acl_proof *proof = &evidence->proofs[i];
        const char *word = kind_word(proof->kind);

        if (iss_acl_who(acl, proof, 1, now, &cause) == NULL)
            continue;
        (void)snprintf(out->proven, sizeof(out->proven), "%.*s",
                       (int)strcspn(word, ":"), word);
        return;
    }
}

/* ---- what was before
 * ------------------------------------------------------------ */

static enum iss_status find_whose(const struct iss_case *matter,
                                  const char *principal,
                                  enum iss_acl_guid *whose,
                                  struct iss_error *error)
{
    char *holder = NULL;
    enum iss_status status = iss_store_principal_of_guid(
        matter->iss->db, matter->verdict->request.guid, &holder, error);

    *whose = ISS_ACL_GUID_OTHER;
    if (holder == NULL)
        *whose = ISS_ACL_GUID_NEW;
    else if (principal != NULL && strcmp(holder, principal) == 0)
        *whose = ISS_ACL_GUID_OWN;
    free(holder);
    return status;
}

static enum iss_status find_past(const struct iss_case *matter,
                                 const char *principal,
                                 struct iss_acl_past **past, size_t *count,
                                 uint64_t *outstanding, struct iss_error *error)
{
    struct iss_store *db = matter->iss->db;
    struct iss_admitted *rows = NULL;
    enum iss_status status = ISS_OK;

    *past = NULL;
    *count = 0;
    *outstanding = 0;
    if (principal == NULL)
        return ISS_OK;
    status = iss_store_admit_past(db, principal, &rows, count, error);
    if (status == ISS_OK)
        status =
            iss_store_admit_valid(db, principal, matter->verdict->request.guid,
                                  matter->now, outstanding, error);
    if (status == ISS_OK)
        *past = calloc(*count + 1, sizeof(**past));
    if (status == ISS_OK && *past == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    for (size_t i = 0; status == ISS_OK && i < *count; i++)
        (*past)[i] = (struct iss_acl_past){
            .op = iss_acl_op_of(rows[i].op, strlen(rows[i].op)),
            .time = rows[i].time};
    free(rows);
    return status;
}

/* ---- saying it
 * ------------------------------------------------------------------ */

struct reasons {
    char *text;
    size_t size, used;
};

static void say(struct reasons *reasons, const char *between, const char *text)
{
    int n = snprintf(reasons->text + reasons->used,
                     reasons->size - reasons->used, "%s%s", between, text);

    if (n > 0)
        reasons->used += (size_t)n;
    if (reasons->used >= reasons->size)
        reasons->used = reasons->size - 1;
}

static void explain(const struct iss_acl *acl,
                    const struct iss_acl_decision *decision,
                    struct iss_admission *out)
{
    struct reasons reasons = {.text = out->text, .size = sizeof(out->text)};
    char line[96];

    if (decision->cause == ISS_ACL_ALLOWED) {
        (void)snprintf(out->text, sizeof(out->text),
                       "line %u of the access list allows it to %s",
                       decision->line, decision->principal);
        return;
    }
    if (decision->cause == ISS_ACL_DENIED) {
        (void)snprintf(out->text, sizeof(out->text),
                       "line %u of the access list denies it", decision->line);
        return;
    }
    if (decision->cause != ISS_ACL_NO_RULE) {
        (void)snprintf(
            out->text, sizeof(out->text), "%s (default deny; %zu rules)",
            iss_acl_cause_text(decision->cause), iss_acl_rule_count(acl));
        return;
    }
    (void)snprintf(line, sizeof(line),
                   "no rule allows this (default deny; %zu rules)",
                   iss_acl_rule_count(acl));
    say(&reasons, "", line);
    if (decision->nearest == 0)
        return;
    (void)snprintf(line, sizeof(line), "line %u: ", decision->nearest);
    say(&reasons, "; ", line);
    const char *between = "";
    for (unsigned why = 0; why < ISS_ACL_WHYS; why++)
        if ((decision->why & 1u << why) != 0) {
            say(&reasons, between, iss_acl_why_text((enum iss_acl_why)why));
            between = ", ";
        }
}

/* ---- deciding
 * ------------------------------------------------------------------- */

/* A list that is not there, not to be trusted or not valid denies everything.
 */
static enum iss_status open_list(struct iss *iss, struct iss_acl **acl,
                                 struct iss_admission *out,
                                 struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    const char *ending = "";
    char path[ISS_PATH_MAX];
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = ISS_OK;

    if (!iss_path_join(path, iss->dir, list_name))
        return iss_fail(error, ISS_USAGE, "%s: path too long", iss->dir);
    status = iss_acl_read(path, &text, &len, &cause);
    if (status == ISS_OK)
        status = iss_sha256(text, len, out->hash, error);
    if (status == ISS_OK) {
        out->read = true;
        status = iss_acl_parse(path, text, len, acl, &cause);
        ending = "; an invalid list allows nothing";
    }
    free(text);
    if (status == ISS_OK) {
        out->serial = iss_acl_serial(*acl);
        return ISS_OK;
    }
    if (status == ISS_INTERNAL)
        return status;
    out->status = ISS_REFUSED;
    (void)snprintf(out->text, sizeof(out->text), "%.*s%s", ROOM_BEFORE,
                   cause.text, ending);
    return ISS_OK;
}

static enum iss_status ask(struct iss_case *matter, const struct iss_acl *acl,
                           const struct evidence *evidence,
                           struct iss_admission *out, struct iss_error *error)
{
    const struct enroll_request *request = &matter->verdict->request;
    char subject[HEX_SIZE];
    enum iss_acl_cause cause = ISS_ACL_NOBODY;
    const char *principal = iss_acl_who(acl, evidence->proofs, evidence->count,
                                        matter->now, &cause);
    struct iss_acl_past *past = NULL;
    size_t past_count = 0;
    uint64_t outstanding = 0;
    enum iss_status status = find_whose(matter, principal, &out->whose, error);

    if (status == ISS_OK)
        status = find_past(matter, principal, &past, &past_count, &outstanding,
                           error);
    if (status != ISS_OK)
        goto out;
    iss_hex(matter->subject, ISS_HASH_SIZE, subject);
    const struct iss_acl_question question = {
        .proofs = evidence->proofs,
        .proof_count = evidence->count,
        .as = matter->as,
        .op = acl_ops[matter->op],
        .url = request->url,
        .guid = request->guid,
        .whose = out->whose,
        .subject_key = subject,
        .key_bits = (unsigned)(request->key.modulus_len * 8),
        .days = matter->days,
        .years = matter->iss->conf.slc_years,
        .now = matter->now,
        .past = past,
        .past_count = past_count,
        .outstanding =
            outstanding > UINT32_MAX ? UINT32_MAX : (unsigned)outstanding,
        .approver = evidence->proofs + evidence->person,
        .approver_count = evidence->count - evidence->person};
    const struct iss_acl_decision decision =
        iss_acl_decide(acl, &question, NULL, NULL);
    out->status = decision.cause == ISS_ACL_ALLOWED ? ISS_OK : ISS_REFUSED;
    out->until = decision.until;
    out->line = decision.line;
    if (decision.principal != NULL) {
        (void)snprintf(out->principal, sizeof(out->principal), "%s",
                       decision.principal);
        name_proof(acl, evidence, matter->now, out);
    }
    principal = iss_acl_who(acl, question.approver, question.approver_count,
                            matter->now, &cause);
    if (principal != NULL)
        (void)snprintf(out->approver, sizeof(out->approver), "%s", principal);
    explain(acl, &decision, out);
out:
    free(past);
    return status;
}

enum iss_status iss_admit(struct iss_case *matter,
                          struct iss_admission *admission,
                          struct iss_error *error)
{
    struct evidence *evidence = malloc(sizeof(*evidence));
    struct iss_acl *acl = NULL;
    enum iss_status status = ISS_OK;

    memset(admission, 0, sizeof(*admission));
    if (evidence == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    admission->asked = true;
    if (matter->as != NULL)
        (void)snprintf(admission->stated, sizeof(admission->stated), "%s",
                       matter->as);
    status = collect(matter, evidence, error);
    if (status == ISS_OK) {
        write_proofs(evidence, admission);
        status = open_list(matter->iss, &acl, admission, error);
    }
    if (status == ISS_OK && acl != NULL)
        status = ask(matter, acl, evidence, admission, error);
    iss_acl_free(acl);
    free(evidence);
    return status;
}

enum iss_status iss_admit_again(struct iss_case *matter,
                                struct iss_admission *admission,
                                struct iss_error *error)
{
    struct iss_admission *now = malloc(sizeof(*now));
    enum iss_status status = ISS_OK;

    if (now == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    status = iss_admit(matter, now, error);
    if (status == ISS_OK && now->status == ISS_OK &&
        (now->until != admission->until || now->line != admission->line ||
         memcmp(now->hash, admission->hash, sizeof(now->hash)) != 0)) {
        now->status = ISS_REFUSED;
        (void)snprintf(now->text, sizeof(now->text),
                       "the list was changed while the request was judged; "
                       "bring it again");
    }
    if (status == ISS_OK && now->status != ISS_OK)
        status = iss_fail(error, now->status, "acl: %s", now->text);
    memcpy(admission, now, sizeof(*now));
    free(now);
    return status;
}

/* ---- records
 * -------------------------------------------------------------------- */

void iss_admission_describe(const struct iss_admission *admission,
                            struct iss_entry *entry)
{
    if (!admission->asked)
        return;
    if (admission->read) {
        iss_entry_octets(entry, ISS_TAG_ACL_HASH, admission->hash,
                         sizeof(admission->hash));
        iss_entry_number(entry, ISS_TAG_ACL_SERIAL, admission->serial);
        iss_entry_number(entry, ISS_TAG_ACL_LINE, admission->line);
    }
    iss_entry_text(entry, ISS_TAG_PRINCIPAL, admission->principal);
    iss_entry_text(entry, ISS_TAG_PROVEN, admission->proven);
    iss_entry_text(entry, ISS_TAG_PROOFS, admission->proofs);
    iss_entry_text(entry, ISS_TAG_APPROVER, admission->approver);
    iss_entry_text(entry, ISS_TAG_STATED, admission->stated);
    iss_entry_text(entry, ISS_TAG_WHOSE, whose_names[admission->whose]);
    iss_entry_text(entry, ISS_TAG_TRANSPORT, "offline");
}

enum iss_status iss_admission_recall(struct iss *iss, uint64_t intent,
                                     struct iss_verdict *verdict,
                                     struct iss_error *error)
{
    struct iss_loaded loaded = {0};
    const struct iss_record *record = &loaded.decoded.record;
    enum iss_status status =
        iss_journal_load(iss->db, intent - 1, &loaded, error);

    if (status == ISS_OK && record->type == ISS_REC_ADMIT) {
        const uint8_t *hash =
            iss_record_octets(record, ISS_TAG_ACL_HASH, ISS_HASH_SIZE);

        if (hash != NULL)
            memcpy(verdict->acl_hash, hash, sizeof(verdict->acl_hash));
        if (!iss_record_text(record, ISS_TAG_PRINCIPAL, verdict->principal,
                             sizeof(verdict->principal)))
            verdict->principal[0] = '\0';
        verdict->acl_line =
            (unsigned)iss_record_number(record, ISS_TAG_ACL_LINE);
        verdict->acl_serial =
            (uint32_t)iss_record_number(record, ISS_TAG_ACL_SERIAL);
    }
    iss_loaded_clear(&loaded);
    return status;
}

enum iss_status iss_admission_note_list(struct iss *iss,
                                        const struct iss_admission *admission,
                                        struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_ACL);
    struct iss_loaded record = {0};
    uint64_t seq = 0;
    bool known = false;
    enum iss_status status = ISS_OK;

    if (!admission->read)
        return ISS_OK;
    status = iss_store_newest(iss->db, ISS_REC_ACL, 0, &seq, error);
    if (status == ISS_OK && seq > 0)
        status = iss_journal_load(iss->db, seq, &record, error);
    if (status == ISS_OK && seq > 0) {
        const uint8_t *hash = iss_record_octets(
            &record.decoded.record, ISS_TAG_ACL_HASH, ISS_HASH_SIZE);

        known =
            hash != NULL && memcmp(hash, admission->hash, ISS_HASH_SIZE) == 0;
    }
    iss_loaded_clear(&record);
    if (status != ISS_OK || known)
        return status;
    iss_entry_octets(&entry, ISS_TAG_ACL_HASH, admission->hash,
                     sizeof(admission->hash));
    iss_entry_number(&entry, ISS_TAG_ACL_SERIAL, admission->serial);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    return iss_journal_append(iss, &entry, 1, NULL, error);
}
