/* SPDX-License-Identifier: Apache-2.0 */
/* What ends when: certificates, anchors, a pending proof, the licenses that
 * outlive them all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "key.h"
#include "lifetime.h"
#include "pop.h"

enum { THEN_SIZE = 512, SMALL_KEY = 2048 };

/* 2031-01-01: keys of 112 bits strength sign until the end of 2030. */
static const int64_t small_key_ends = INT64_C(1924992000);

struct horizon {
    struct iss *store;
    int64_t now;
    struct xrml_chain chain;
    struct xrml_anchors *anchors;
    struct xrml_report report;
    iss_end_fn *each;
    void *arg;
};

static void say(const struct horizon *h, const struct iss_end *end)
{
    h->each(h->arg, end);
}

/* ---- certificates ---------------------------------------------------------
 */

/* The words for a certificate, by its place and by whose it is. */
static const struct words {
    enum xrml_place place;
    bool own; /* the leaf of this store's chain */
    const char *what, *then;
} words[] = {
    {XRML_PLACE_SLC, true, "SLC",
     "this server issues nothing until privyseal renew; what it has issued "
     "stays valid, for that is judged as of its issue"},
    {XRML_PLACE_SUB_SLC, true, "SLC",
     "this server issues nothing until privyseal renew; what it has issued "
     "stays valid, for that is judged as of its issue"},
    {XRML_PLACE_SLC, false, "root's SLC",
     "the root answers no request, so that this server cannot renew before "
     "the root has; what is issued stays valid"},
    {XRML_PLACE_ENROLLMENT_SERVICE, true, "Enrollment Service certificate",
     "this authority answers no request; what it has signed stays valid"},
    {XRML_PLACE_ENROLLMENT_SERVICE, false, "Enrollment Service certificate",
     "the authority answers no request, so that nothing below it is renewed "
     "before it has a new one"},
    {XRML_PLACE_CA, false, "CA certificate",
     "no certificate below it is made anew: the authority has to be founded "
     "again, and its anchor carried to every server"},
};

static const struct words *words_of(enum xrml_place place, bool own)
{
    static const struct words other = {
        XRML_PLACE_UNKNOWN, false, "certificate",
        "nothing can be issued under it; what is issued stays valid"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i].place == place && words[i].own == own)
            return &words[i];
    return &other;
}

static const char *name_of(const struct xrml_fields *fields)
{
    return fields->principal.name != NULL ? fields->principal.name
           : fields->principal.id != NULL ? fields->principal.id
                                          : "";
}

/* No certificate outlives its issuer's: what is issued below one is cut short
 * long before it ends. */
static void add_last_full(const struct horizon *h, enum xrml_place place,
                          const struct xrml_range *range,
                          char then[static THEN_SIZE])
{
    char date[XRML_TIME_SIZE];
    const int years = h->store->conf.slc_years;
    const int64_t last = xrml_time_add_years(range->until, -years);
    const size_t used = strlen(then);

    if ((place != XRML_PLACE_ENROLLMENT_SERVICE && place != XRML_PLACE_SLC) ||
        last <= range->from || !xrml_time_print(last, date))
        return;
    (void)snprintf(then + used, THEN_SIZE - used,
                   "; from %.10s on it gives no SLC of %d year%s any more",
                   date, years, years == 1 ? "" : "s");
}

static void say_certificate(const struct horizon *h, size_t n)
{
    const struct xrml_fields *fields = xrml_fields(h->chain.documents[n]);
    const enum xrml_place place =
        n < h->report.count ? h->report.nodes[n].place : XRML_PLACE_UNKNOWN;
    const struct words *w = words_of(place, n == 0);
    char then[THEN_SIZE];

    (void)snprintf(then, sizeof(then), "%s", w->then);
    if (n > 0 || h->store->role == ISS_AUTHORITY)
        add_last_full(h, place, &fields->range, then);
    say(h, &(struct iss_end){
               .what = w->what,
               .name = name_of(fields),
               .from = fields->range.present ? fields->range.from : 0,
               .until = fields->range.present ? fields->range.until : 0,
               .then = then});
}

static void say_anchors(const struct horizon *h)
{
    for (size_t i = 0; i < xrml_anchors_count(h->anchors); i++)
        say(h, &(struct iss_end){
                   .what = "anchor",
                   .name = xrml_anchor_name(h->anchors, i),
                   .then = "a key that is pinned has no end of its own: it "
                           "is trusted until it is taken out of anchors.pem"});
}

/* ---- what is not in the chain ---------------------------------------------
 */

static enum iss_status say_pending(const struct horizon *h,
                                   struct iss_error *error)
{
    struct iss_pending_row pending;
    struct iss_pop *pop = calloc(1, sizeof(*pop));
    enum iss_status status =
        iss_store_pending_get(h->store->db, &pending, error);

    if (pop == NULL && status == ISS_OK)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK && pending.op != NULL &&
        iss_pop_parse((const char *)pending.proof.data, pending.proof.len, pop,
                      NULL) == ISS_OK)
        say(h, &(struct iss_end){
                   .what = "pending proof",
                   .name = iss_op_name(pop->op),
                   .from = pop->created,
                   .until = pop->expires,
                   .then = "the request is refused where it was carried to: "
                           "export it anew"});
    iss_pending_row_clear(&pending);
    free(pop);
    return status;
}

/* The longest that anything issued at a time lives: a license, an account
 * certificate, a client licensor certificate. */
static int64_t last_end(const struct horizon *h, int64_t issued)
{
    const struct iss_conf *conf = &h->store->conf;
    const struct iss_lifetime *lifetimes[] = {&conf->license, &conf->clc,
                                              &conf->rac};
    /* account certificates are a root's */
    const size_t count = h->store->role == ISS_ROOT ? 3 : 2;
    int64_t end = issued;

    for (size_t i = 0; i < count; i++) {
        const int64_t at = iss_lifetime_end(lifetimes[i], issued);

        end = at > end ? at : end;
    }
    return end;
}

/* A license is valid as long as it says, whatever ends above it meanwhile. */
static void say_last_license(const struct horizon *h)
{
    const struct xrml_range *slc = &xrml_fields(h->chain.documents[0])->range;
    const int64_t issued =
        slc->present && h->now >= slc->until ? slc->until : h->now;

    if (h->store->role == ISS_AUTHORITY || !slc->present || h->now < slc->from)
        return;
    say(h, &(struct iss_end){
               .what = "last license",
               .name = issued == h->now ? "if it is issued now"
                                        : "issued before the SLC ended",
               .from = issued,
               .until = last_end(h, issued),
               .then = "nothing issued so far is of use any more; until then "
                       "whoever reads has to trust the anchor, and the key "
                       "must be kept"});
}

static void say_small_key(const struct horizon *h)
{
    const struct xrml_fields *leaf = xrml_fields(h->chain.documents[0]);

    if (leaf->principal_key.modulus_len * 8 > SMALL_KEY)
        return;
    say(h, &(struct iss_end){
               .what = "key size",
               .name = "RSA-2048",
               .from = leaf->range.present ? leaf->range.from : 0,
               .until = small_key_ends,
               .then = h->store->role == ISS_AUTHORITY
                           ? "NIST SP 800-131A lets keys of this strength "
                             "sign until the end of 2030: found an authority "
                             "with larger keys before"
                           : "NIST SP 800-131A lets keys of this strength "
                             "sign until the end of 2030: change to a larger "
                             "key (privyseal renew --rekey) before"});
}

static enum iss_status say_chain(struct horizon *h, struct iss_error *error)
{
    const struct xrml_policy policy = {.now = h->now};
    struct iss_error ignored = {.status = ISS_OK};
    enum iss_status status = iss_chain(h->store, &h->chain, &ignored);

    /* not enrolled, or init not finished: there is no chain to end */
    if (status == ISS_NOT_ENROLLED || status == ISS_USAGE)
        return ISS_OK;
    if (status != ISS_OK)
        return iss_fail(error, status, "%s", ignored.text);
    /* for the places alone: a chain that fails now is shown all the same */
    if (h->anchors != NULL)
        (void)(xrml_chain_verify(h->store->env.libctx, &h->chain, h->anchors,
                                 &policy, &h->report, &ignored) == ISS_OK);
    for (size_t n = 0; n < h->chain.count; n++)
        say_certificate(h, n);
    return ISS_OK;
}

enum iss_status iss_horizon(struct iss *store, int64_t now, iss_end_fn *each,
                            void *arg, struct iss_error *error)
{
    struct horizon *h = calloc(1, sizeof(*h));
    struct iss_error ignored = {.status = ISS_OK};
    enum iss_status status;

    if (h == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    h->store = store;
    h->now = now;
    h->each = each;
    h->arg = arg;
    /* an interrupted init has none yet */
    if (iss_anchors(store, &h->anchors, &ignored) != ISS_OK)
        h->anchors = NULL;
    status = say_chain(h, error);
    if (status == ISS_OK && h->anchors != NULL)
        say_anchors(h);
    if (status == ISS_OK)
        status = say_pending(h, error);
    if (status == ISS_OK && h->chain.count > 0) {
        say_last_license(h);
        say_small_key(h);
    }
    xrml_chain_clear(&h->chain);
    xrml_anchors_free(h->anchors);
    free(h);
    return status;
}
