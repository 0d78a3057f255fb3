/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The six tests over a chain (docs/formats/verify.md). The key that verifies a
 * document comes from the next document or an anchor, never from itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "xrml_document.h"
#include "xrml_key.h"
#include "xrml_kind.h"
#include "xrml_place.h"
#include "xrml_revocation.h"

enum test { FORM, SIGNED, SEMANTICS, CONDITIONS, REVOCATION, KEY };

enum { STRONG_BITS = 2048, LEAST_BITS = 1024, RANGE_TEXT = 48 };

static const char *const names[XRML_TESTS] = {[FORM] = "XML",
                                              [SIGNED] = "signature",
                                              [SEMANTICS] = "semantics",
                                              [CONDITIONS] = "conditions",
                                              [REVOCATION] = "revocation",
                                              [KEY] = "issuer's key"};

static const enum iss_status statuses[XRML_TESTS] = {
    [FORM] = ISS_XML,
    [SIGNED] = ISS_SIGNATURE,
    [SEMANTICS] = ISS_SEMANTICS,
    [CONDITIONS] = ISS_CONDITIONS,
    [REVOCATION] = ISS_REVOKED,
    [KEY] = ISS_KEY};

struct link { /* one document and its issuer */
    const struct xrml_document *document, *issuer; /* issuer NULL: the last */
    const struct xrml_fields *fields;
    const struct xrml_key *key; /* the issuer's; NULL: no anchor has it */
    const struct xrml_chain *chain;
    const struct xrml_policy *policy;
    size_t n;
    enum xrml_role issuer_role;
    struct xrml_node *node;
};

const char *xrml_test_name(unsigned test)
{
    return test >= 1 && test <= XRML_TESTS ? names[test - 1] : "none";
}

/* Fails a test for the first reason that is found. */
__attribute__((format(printf, 3, 4))) static void
fail(const struct link *link, enum test test, const char *format, ...)
{
    va_list arguments;

    if (link->node->tests[test] == XRML_FAILED)
        return;
    link->node->tests[test] = XRML_FAILED;
    va_start(arguments, format);
    if (vsnprintf(link->node->reasons[test], sizeof(link->node->reasons[test]),
                  format, arguments) < 0)
        link->node->reasons[test][0] = '\0';
    va_end(arguments);
}

static void remark(const struct link *link, enum test test, const char *text)
{
    (void)snprintf(link->node->reasons[test], sizeof(link->node->reasons[test]),
                   "%s", text);
}

/* Passed, unless something has failed it. */
static void conclude(const struct link *link, enum test test)
{
    if (link->node->tests[test] == XRML_NOT_RUN)
        link->node->tests[test] = XRML_PASSED;
}

/* ---- 1: the form was read; what of it deserves a word -----------------------
 */

static void test_form(const struct link *link)
{
    link->node->rewritten = link->document->rewritten;
    if (link->node->rewritten)
        remark(link, FORM, "white space between tags was removed");
    conclude(link, FORM);
}

/* ---- 2: signature
 * ------------------------------------------------------------ */

static bool is_weak(const struct xrml_key *key, size_t bits)
{
    return key != NULL && key->modulus != NULL && xrml_key_bits(key) < bits;
}

static void test_legacy(const struct link *link)
{
    const struct xrml_key *certified = &link->fields->principal_key;
    bool sha1 = xrml_digest_row(link->document->signature.digest)->legacy;

    link->node->legacy = sha1 ||
                         is_weak(&link->fields->issuer_key, STRONG_BITS) ||
                         is_weak(certified, STRONG_BITS);
    if (link->node->legacy && !link->policy->legacy)
        fail(link, SIGNED, "%s: accepted with --legacy only",
             sha1 ? "SHA-1 signature" : "RSA key under 2048 bits");
    if (is_weak(&link->fields->issuer_key, LEAST_BITS) ||
        is_weak(certified, LEAST_BITS))
        fail(link, SIGNED, "RSA key under 1024 bits");
}

/* A signature by the key that the document itself names is verified once;
 * whether that is the issuer's key is asked each time. */
static enum iss_status verify_once(OSSL_LIB_CTX *libctx,
                                   const struct link *link,
                                   struct iss_error *error)
{
    struct xrml_shared *shared = link->document->shared;
    const bool own = xrml_key_same(link->key, &link->fields->issuer_key);

    if (own && atomic_load_explicit(&shared->genuine, memory_order_relaxed))
        return ISS_OK;
    enum iss_status status = xrml_signature_verify(
        libctx, link->key, &link->document->signature, error);
    if (own && status == ISS_OK)
        atomic_store_explicit(&shared->genuine, true, memory_order_relaxed);
    return status;
}

static enum iss_status test_signature(OSSL_LIB_CTX *libctx,
                                      const struct link *link,
                                      struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = xrml_digest_check(link->document, &cause);

    if (status == ISS_OK && link->key != NULL)
        status = verify_once(libctx, link, &cause);
    if (status == ISS_INTERNAL)
        return iss_fail(error, status, "document %zu: %s", link->n + 1,
                        cause.text);
    if (status != ISS_OK)
        fail(link, SIGNED, "%s", cause.text);
    test_legacy(link);
    if (link->key != NULL)
        conclude(link, SIGNED);
    else if (link->node->tests[SIGNED] == XRML_NOT_RUN)
        remark(link, SIGNED, "no anchor has the issuer's key");
    return ISS_OK;
}

/* ---- 3: semantics
 * -------------------------------------------------------------- */

/* ISSUER repeats the issuer's PRINCIPAL: literally, but for publishing licenses
 * and templates, which have it from a client or without SECURITYLEVEL, and for
 * revocation lists, which may have an object of their own. */
static bool names_issuer(const struct link *link)
{
    const struct xrml_fields *own = link->fields;
    const struct xrml_fields *above = xrml_fields(link->issuer);

    if (own->type == XRML_REVOCATION_LIST && own->issuer.type != NULL &&
        strcmp(own->issuer.type, "Revocation-List") == 0)
        return true;
    if (own->type == XRML_PL || own->type == XRML_TEMPLATE ||
        own->type == XRML_REVOCATION_LIST)
        return xrml_object_same(&own->issuer, &above->principal);
    return above->principal_text != NULL &&
           own->issuer_text_len == above->principal_text_len &&
           memcmp(own->issuer_text, above->principal_text,
                  own->issuer_text_len) == 0;
}

static void test_issuing(const struct link *link, enum xrml_role role)
{
    const struct xrml_fields *own = link->fields;

    if (!own->may_issue || !own->range.present ||
        own->principal_key.modulus == NULL)
        fail(link, SEMANTICS, "does not grant its principal the right ISSUE");
    if (!xrml_object_same(&own->descriptor, &own->work))
        fail(link, SEMANTICS, "OBJECT of WORK is not that of DESCRIPTOR");
    if (!xrml_in_family(own->type))
        return;
    if (own->body_version == NULL || strcmp(own->body_version, "3.0") != 0)
        fail(link, SEMANTICS, "BODY is not of version 3.0");
    if ((role == XRML_ROLE_SLC || role == XRML_ROLE_SUB_SLC ||
         role == XRML_ROLE_BARE_SLC) &&
        own->principal.address == NULL)
        fail(link, SEMANTICS, "names no URL of the server");
}

static void test_repeats(const struct link *link)
{
    for (size_t i = 0; i < link->n; i++) {
        const struct xrml_document *other = link->chain->documents[i];
        if (memcmp(other->body_hash, link->document->body_hash,
                   XRML_HASH_MAX) == 0)
            fail(link, SEMANTICS, "is the same as document %zu", i + 1);
        if (xrml_in_family(other->fields.type) &&
            xrml_in_family(link->fields->type) &&
            xrml_key_same(&other->fields.principal_key,
                          &link->fields->principal_key))
            fail(link, SEMANTICS, "certifies the key of document %zu", i + 1);
    }
}

static void test_hierarchy(const struct link *link)
{
    unsigned set = 0;

    for (size_t i = link->n; i < link->chain->count; i++)
        if (xrml_in_family(link->chain->documents[i]->fields.type))
            set |= xrml_hierarchies(&link->chain->documents[i]->fields);
    if (set == (XRML_PRODUCTION | XRML_PRE_PRODUCTION))
        fail(link, SEMANTICS,
             "names of the production and the pre-production hierarchy");
}

/* What a license of its kind has: its form is test 1, the rest test 3. */
static enum iss_status test_kind(const struct link *link,
                                 struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = xrml_kind_check(link->document, link->issuer,
                                             link->issuer_role, &cause);

    if (status == ISS_INTERNAL)
        return iss_fail(error, status, "document %zu: %s", link->n + 1,
                        cause.text);
    if (status != ISS_OK)
        fail(link, status == ISS_XML ? FORM : SEMANTICS, "%s", cause.text);
    return ISS_OK;
}

static enum xrml_role test_semantics(const struct link *link)
{
    enum xrml_role role = XRML_ROLE_NONE;
    bool issuing =
        xrml_in_family(link->fields->type) || link->fields->type == XRML_CLC;

    if (!xrml_place_of(link->fields, link->issuer_role, &link->node->place,
                       &role))
        fail(link, SEMANTICS, "%s: not what its issuer may issue",
             xrml_type_text(link->fields->type));
    if (link->issuer != NULL && link->key != NULL &&
        xrml_key_same(link->key, &link->fields->issuer_key) &&
        !names_issuer(link))
        fail(link, SEMANTICS, "ISSUER is not the PRINCIPAL of document %zu",
             link->n + 2);
    if (issuing)
        test_issuing(link, role);
    test_repeats(link);
    test_hierarchy(link);
    return role;
}

/* ---- 4: conditions
 * --------------------------------------------------------------- */

static const char *range_text(const struct xrml_range *range,
                              char out[RANGE_TEXT])
{
    char from[XRML_TIME_SIZE] = "?";
    char until[XRML_TIME_SIZE] = "?";

    (void)xrml_time_print(range->from, from);
    (void)xrml_time_print(range->until, until);
    (void)snprintf(out, RANGE_TEXT, "%s to %s", from, until);
    return out;
}

static void within(const struct link *link, const struct xrml_range *range,
                   int64_t time, const char *what)
{
    char words[RANGE_TEXT];
    char when[XRML_TIME_SIZE] = "?";

    if (!range->present || (time >= range->from && time < range->until))
        return;
    (void)xrml_time_print(time, when);
    fail(link, CONDITIONS, "%s %s is outside %s", what, when,
         range_text(range, words));
}

static void test_conditions(const struct link *link)
{
    const struct xrml_fields *own = link->fields;
    struct xrml_node *node = link->node;
    const struct xrml_range *ranges[] = {&own->validity, &own->range};

    within(link, &own->validity, own->issued, "own VALIDITYTIME: ISSUEDTIME");
    within(link, &own->range, own->issued, "own RANGETIME: ISSUEDTIME");
    if (link->issuer != NULL) {
        const struct xrml_fields *above = xrml_fields(link->issuer);
        within(link, &above->range, own->issued,
               "issuer's RANGETIME: ISSUEDTIME");
        within(link, &above->validity, own->issued,
               "issuer's VALIDITYTIME: ISSUEDTIME");
    }
    if (link->n == 0 && link->policy->at_set) {
        within(link, &own->validity, link->policy->at, "VALIDITYTIME:");
        within(link, &own->range, link->policy->at, "RANGETIME:");
    }
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (ranges[i]->present &&
            (node->ends == 0 || ranges[i]->until < node->ends))
            node->ends = ranges[i]->until;
    node->ended = node->ends != 0 && link->policy->now >= node->ends;
    conclude(link, CONDITIONS);
    if (node->ended && node->tests[CONDITIONS] == XRML_PASSED)
        remark(link, CONDITIONS, "held when it was issued, has ended since");
}

/* ---- 5: revocation
 * ------------------------------------------------------------ */

/* Lists must be as new as conditions ask when the leaf was issued, or at the
 * time asked for. */
static enum iss_status test_revocation(const struct link *link,
                                       struct iss_error *error)
{
    const struct xrml_policy *policy = link->policy;
    struct iss_error cause = {.status = ISS_OK};
    int64_t at = policy->at_set
                     ? policy->at
                     : xrml_fields(link->chain->documents[0])->issued;
    enum iss_status status = xrml_revocations_check(
        policy->revocations, link->chain, link->n, at, &cause);

    if (status == ISS_INTERNAL)
        return iss_fail(error, status, "document %zu: %s", link->n + 1,
                        cause.text);
    if (status != ISS_OK)
        fail(link, REVOCATION, "%s", cause.text);
    else if (policy->revocations == NULL)
        remark(link, REVOCATION, "no revocation list was given");
    if (policy->revocations != NULL)
        conclude(link, REVOCATION);
    return ISS_OK;
}

/* ---- 6: the issuer's key
 * ------------------------------------------------------------ */

static void test_key(const struct link *link)
{
    if (link->key == NULL)
        fail(link, KEY, "no anchor has the key that ISSUER names");
    else if (!xrml_key_same(link->key, &link->fields->issuer_key))
        fail(link, KEY, "ISSUER names another key than document %zu certifies",
             link->n + 2);
    conclude(link, KEY);
}

/* ---- the chain
 * ----------------------------------------------------------------------- */

static const struct xrml_key *find_anchor(const struct xrml_anchors *anchors,
                                          const struct xrml_key *key,
                                          size_t *out)
{
    for (size_t i = 0; i < xrml_anchors_count(anchors); i++)
        if (xrml_key_same(xrml_anchor_key(anchors, i), key)) {
            *out = i;
            return xrml_anchor_key(anchors, i);
        }
    return NULL;
}

static void judge(const struct xrml_chain *chain, struct xrml_report *report,
                  struct iss_error *error)
{
    for (size_t i = 0; i < report->count; i++)
        for (unsigned test = 0; test < XRML_TESTS; test++) {
            const struct xrml_fields *fields = xrml_fields(chain->documents[i]);
            if (report->nodes[i].tests[test] != XRML_FAILED)
                continue;
            report->failed_node = i;
            report->failed_test = test + 1;
            report->status = iss_fail(
                error, statuses[test], "document %zu (%s %s): test %u, %s: %s",
                i + 1, xrml_type_text(fields->type),
                fields->descriptor.id != NULL ? fields->descriptor.id
                                              : "without GUID",
                test + 1, names[test], report->nodes[i].reasons[test]);
            return;
        }
}

enum iss_status xrml_chain_verify(OSSL_LIB_CTX *libctx,
                                  const struct xrml_chain *chain,
                                  const struct xrml_anchors *anchors,
                                  const struct xrml_policy *policy,
                                  struct xrml_report *report,
                                  struct iss_error *error)
{
    enum xrml_role role = XRML_ROLE_ANCHOR;

    memset(report, 0, sizeof(*report));
    report->count = chain->count;
    if (chain->count == 0) {
        report->failed_test = FORM + 1;
        report->status = iss_fail(error, ISS_XML, "chain: no document");
        return report->status;
    }
    /* From the anchor down: what a document is depends on who issued it. */
    for (size_t n = chain->count; n-- > 0;) {
        struct link link = {.document = chain->documents[n],
                            .fields = xrml_fields(chain->documents[n]),
                            .chain = chain,
                            .policy = policy,
                            .n = n,
                            .issuer_role = role,
                            .node = &report->nodes[n]};
        if (n + 1 < chain->count) {
            link.issuer = chain->documents[n + 1];
            link.key = &xrml_fields(link.issuer)->principal_key;
        } else {
            link.key =
                find_anchor(anchors, &link.fields->issuer_key, &report->anchor);
        }
        if (link.key != NULL && link.key->modulus == NULL)
            link.key = NULL;
        test_form(&link);
        report->status = test_signature(libctx, &link, error);
        if (report->status != ISS_OK)
            return report->status;
        role = test_semantics(&link);
        report->status = test_kind(&link, error);
        if (report->status != ISS_OK)
            return report->status;
        conclude(&link, SEMANTICS);
        test_conditions(&link);
        report->status = test_revocation(&link, error);
        if (report->status != ISS_OK)
            return report->status;
        test_key(&link);
    }
    judge(chain, report, error);
    return report->status;
}
