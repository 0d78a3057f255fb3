/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/license.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "issuer/handle.h"
#include "issuer/journal.h"
#include "stores.h"
#include "unit.h"

enum { ORDERS = 448, JOBS = 8, UNDER_WAY = 384 };

/* A list of templates, and what came of each line. */
struct list {
    uint64_t count, bad; /* each bad-th order is none; 0: all are good */
    bool publishing;     /* licenses of this kind, not templates */
    uint64_t same;       /* lines from here on repeat line 1; 0: none */
    uint64_t at, lent, most;
    long pause_ms;  /* before each order */
    uint64_t first; /* the line that was being asked for when one was told */
    uint64_t stop_after;           /* 0: never */
    uint64_t fail_next, fail_done; /* lines */
    unsigned told[ORDERS + 1], released[ORDERS + 1];
    enum iss_status status[ORDERS + 1];
    char *document[ORDERS + 1];
    uint64_t record[ORDERS + 1];
    unsigned good, again, refused;
    uint8_t nonces[ORDERS + 1][ISS_LICENSE_NONCE_SIZE];
};

static const struct iss_grant grants[] = {
    {.right = "VIEW", .mail = "ann@example.org"},
    {.right = "PRINT", .mail = "bob@example.org"}};
static const struct iss_terms terms = {
    .text = "LCID 1033:NAME Internal:DESCRIPTION For us alone;",
    .grants = grants,
    .grant_count = sizeof(grants) / sizeof(grants[0])};

static const struct iss_terms author = {.owner = {.mail = "ann@example.org"},
                                        .grants = grants,
                                        .grant_count =
                                            sizeof(grants) / sizeof(grants[0])};
static const struct iss_terms ended = {
    .owner = {.mail = "ann@example.org"},
    .validity = {.present = true, .from = 60, .until = 120},
    .grants = grants,
    .grant_count = sizeof(grants) / sizeof(grants[0])};
static const uint8_t content_key[16] = {1, 2, 3};

/* A publishing license, or what is refused when it is written. */
static void publish(struct iss_license_order *order, bool good)
{
    order->kind = ISS_PL;
    order->terms = good ? &author : &ended;
    order->content_key = content_key;
    order->content_key_len = sizeof(content_key);
}

static enum iss_status next(void *arg, struct iss_license_order *order,
                            uint64_t *line, bool *more, struct iss_error *error)
{
    struct list *list = arg;

    const struct timespec pause = {.tv_nsec = list->pause_ms * 1000000};

    *more = list->at < list->count;
    if (!*more)
        return ISS_OK;
    if (list->pause_ms > 0)
        (void)nanosleep(&pause, NULL);
    *line = ++list->at;
    if (*line == list->fail_next)
        return iss_fail(error, ISS_MALFORMED, "line %d: unreadable",
                        (int)*line);
    uint8_t *nonce = list->nonces[*line];
    uint64_t seed = list->same != 0 && *line >= list->same ? 1 : *line;
    memcpy(nonce, &seed, sizeof(seed));
    *order = (struct iss_license_order){.kind = ISS_TEMPLATE, .nonce = nonce};
    if (list->bad == 0 || *line % list->bad != 0)
        order->terms = &terms;
    if (list->publishing)
        publish(order, order->terms != NULL);
    list->lent++;
    if (list->lent > list->most)
        list->most = list->lent;
    return ISS_OK;
}

static enum iss_status done(void *arg, const struct iss_batch_result *result,
                            struct iss_error *error)
{
    struct list *list = arg;
    const uint64_t line = result->line;

    CU_ASSERT_EQUAL(list->released[line], 0);
    if (list->first == 0)
        list->first = list->at;
    list->told[line]++;
    list->status[line] = result->status;
    if (result->licensed == NULL) {
        CU_ASSERT_NOT_EQUAL(result->status, ISS_OK);
        CU_ASSERT_NOT_EQUAL(result->text[0], '\0');
        list->refused++;
        return ISS_OK;
    }
    CU_ASSERT_STRING_EQUAL(result->text, "");
    list->good++;
    list->again += result->licensed->again;
    list->record[line] = result->licensed->record;
    if (list->document[line] == NULL)
        list->document[line] = strdup(result->licensed->document);
    else
        CU_ASSERT_STRING_EQUAL(list->document[line],
                               result->licensed->document);
    return line == list->fail_done ? iss_fail(error, ISS_STORE, "no more room")
                                   : ISS_OK;
}

static void release(void *arg, uint64_t line)
{
    struct list *list = arg;

    list->released[line]++;
    list->lent--;
}

static bool stop(void *arg)
{
    const struct list *list = arg;
    return list->stop_after != 0 && list->good >= list->stop_after;
}

/* From the first line on; documents that are known are compared. */
static enum iss_status run(struct stores *stores, struct list *list,
                           unsigned jobs)
{
    const struct iss_batch batch = {.jobs = jobs,
                                    .next = next,
                                    .done = done,
                                    .release = release,
                                    .stop = stop,
                                    .arg = list};
    struct iss *store = stores_open(stores, stores->root);

    list->at = list->lent = list->most = 0;
    list->good = list->again = list->refused = 0;
    memset(list->told, 0, sizeof(list->told));
    memset(list->released, 0, sizeof(list->released));
    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_license_batch(store, &batch, &stores->error);
    CU_ASSERT_EQUAL(list->lent, 0);
    CU_ASSERT_TRUE(list->most <= UNDER_WAY);
    for (uint64_t i = 1; i <= list->count; i++)
        CU_ASSERT_TRUE(list->told[i] <= 1 && list->released[i] <= 1);
    struct iss_info info;
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_TRUE(status == ISS_TOKEN || info.unfinished == 0);
    CU_ASSERT_EQUAL(iss_close(store, NULL), ISS_OK);
    return status;
}

struct fixture {
    struct stores stores;
    struct list *list;
    unsigned before; /* RESULTs of the store, its own making */
};

static void begin(struct fixture *fixture, uint64_t count)
{
    stores_new(&fixture->stores);
    stores_enroll(&fixture->stores);
    fixture->before =
        stores_records(&fixture->stores, fixture->stores.root, ISS_REC_RESULT);
    fixture->list = calloc(1, sizeof(*fixture->list));
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture->list);
    fixture->list->count = count;
}

/* RESULTs that there are beyond the store's own. */
static unsigned results(struct fixture *fixture)
{
    return stores_records(&fixture->stores, fixture->stores.root,
                          ISS_REC_RESULT) -
           fixture->before;
}

/* The journal is whole, every signature verifies. */
static void end(struct fixture *fixture)
{
    const struct iss_log_check all = {0};
    struct iss_log_verdict verdict;
    struct iss *store = stores_open(&fixture->stores, fixture->stores.root);

    CU_ASSERT_EQUAL(iss_log_verify(store, &all, &verdict, NULL), ISS_OK);
    CU_ASSERT_EQUAL(verdict.unfinished, 0);
    CU_ASSERT_EQUAL(iss_close(store, NULL), ISS_OK);
    for (size_t i = 0; i <= ORDERS; i++)
        free(fixture->list->document[i]);
    free(fixture->list);
    stores_free(&fixture->stores);
}

/* What the next order would hear as well ends a batch; what is wrong with one
 * order does not keep the others from being answered. */
static void a_batch_ends_with_its_server_and_not_with_an_order(void)
{
    static const enum iss_status ends[] = {
        ISS_INTERNAL, ISS_TOKEN,   ISS_LOGIN, ISS_STORE,  ISS_NOT_ENROLLED,
        ISS_EXPIRED,  ISS_JOURNAL, ISS_CLOCK, ISS_CLUSTER};
    static const enum iss_status goes_on[] = {
        ISS_OK,        ISS_USAGE, ISS_REFUSED, ISS_MALFORMED, ISS_CONFLICT,
        ISS_SIGNATURE, ISS_KEY,   ISS_XML,     ISS_SEMANTICS, ISS_REVOKED};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        CU_ASSERT_TRUE(iss_batch_ends(ends[i]));
    for (size_t i = 0; i < sizeof(goes_on) / sizeof(goes_on[0]); i++)
        CU_ASSERT_FALSE(iss_batch_ends(goes_on[i]));
}

static void every_order_is_issued_once(void)
{
    static const unsigned jobs[] = {1, JOBS, 64};
    struct fixture f;

    for (size_t n = 0; n < sizeof(jobs) / sizeof(jobs[0]); n++) {
        begin(&f, n == 1 ? ORDERS : ORDERS / 4);
        CU_ASSERT_EQUAL(run(&f.stores, f.list, jobs[n]), ISS_OK);
        CU_ASSERT_EQUAL(f.list->good, f.list->count);
        CU_ASSERT_EQUAL(f.list->again, 0);
        CU_ASSERT_EQUAL(results(&f), f.list->count);
        for (uint64_t i = 2; i <= f.list->count && f.list->refused == 0; i++)
            CU_ASSERT_STRING_NOT_EQUAL(f.list->document[i],
                                       f.list->document[i - 1]);
        end(&f);
    }
}

/* They are written beside the desk, by as many threads as there are. */
static void what_is_written_beside_the_desk_is_issued_or_refused(void)
{
    enum { BAD = 7 };
    static const unsigned jobs[] = {1, JOBS, 64};
    struct fixture f;

    for (size_t n = 0; n < sizeof(jobs) / sizeof(jobs[0]); n++) {
        begin(&f, ORDERS / 4);
        f.list->publishing = true;
        f.list->bad = BAD;
        CU_ASSERT_EQUAL(run(&f.stores, f.list, jobs[n]), ISS_OK);
        for (uint64_t i = 1; i <= f.list->count; i++) {
            CU_ASSERT_EQUAL(f.list->told[i], 1);
            CU_ASSERT_EQUAL(f.list->status[i],
                            i % BAD == 0 ? ISS_REFUSED : ISS_OK);
        }
        CU_ASSERT_EQUAL(results(&f), f.list->good);
        end(&f);
    }
}

/* Orders or a token so slow that a group of them takes long. */
static void what_is_signed_is_not_kept_for_its_group(void)
{
    enum { GROUP = 64, PAUSE_MS = 40 };
    struct fixture f;

    begin(&f, ORDERS / 4);
    f.list->pause_ms = PAUSE_MS;
    CU_ASSERT_EQUAL(run(&f.stores, f.list, 1), ISS_OK);
    CU_ASSERT_EQUAL(f.list->good, f.list->count);
    CU_ASSERT_TRUE(f.list->first < GROUP);
    end(&f);
}

static void the_same_list_again_gives_the_same_documents(void)
{
    struct fixture f;

    begin(&f, ORDERS / 4);
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_OK);
    f.stores.now += 1000000;
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_OK);
    CU_ASSERT_EQUAL(f.list->good, f.list->count);
    CU_ASSERT_EQUAL(f.list->again, f.list->count);
    CU_ASSERT_EQUAL(results(&f), f.list->count);
    end(&f);
}

static void one_order_twice_in_a_list_is_one_license(void)
{
    struct fixture f;

    begin(&f, ORDERS / 4);
    f.list->same = 50;
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_OK);
    CU_ASSERT_EQUAL(f.list->good, f.list->count);
    CU_ASSERT_EQUAL(results(&f), 49);
    for (uint64_t i = 50; i <= f.list->count; i++) {
        CU_ASSERT_EQUAL(f.list->record[i], f.list->record[1]);
        CU_ASSERT_STRING_EQUAL(f.list->document[i], f.list->document[1]);
    }
    end(&f);
}

static void a_refused_order_does_not_end_the_batch(void)
{
    struct fixture f;

    begin(&f, ORDERS / 4);
    f.list->bad = 7;
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_OK);
    CU_ASSERT_EQUAL(f.list->refused, f.list->count / 7);
    CU_ASSERT_EQUAL(f.list->good, f.list->count - f.list->count / 7);
    for (uint64_t i = 7; i <= f.list->count; i += 7)
        CU_ASSERT_EQUAL(f.list->status[i], ISS_MALFORMED);
    CU_ASSERT_EQUAL(stores_records(&f.stores, f.stores.root, ISS_REC_DENY),
                    f.list->count / 7);
    end(&f);
}

static void what_was_begun_is_finished_before_it_ends(void)
{
    struct fixture f;

    begin(&f, ORDERS);
    f.list->fail_next = 150;
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_MALFORMED);
    CU_ASSERT_STRING_EQUAL(f.stores.error.text, "line 150: unreadable");
    CU_ASSERT_EQUAL(results(&f), f.list->good);
    f.list->fail_next = 0;
    f.list->fail_done = 20;
    f.list->stop_after = 0;
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_STORE);
    CU_ASSERT_STRING_EQUAL(f.stores.error.text, "no more room");
    f.list->fail_done = 0;
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_OK);
    CU_ASSERT_EQUAL(f.list->good, ORDERS);
    CU_ASSERT_EQUAL(results(&f), ORDERS);
    end(&f);
}

static void a_stopped_batch_goes_on_where_it_was(void)
{
    struct fixture f;
    uint64_t rounds = 0, last = 0;

    begin(&f, ORDERS);
    f.list->stop_after = 1;
    for (; last < ORDERS && rounds < ORDERS; rounds++) {
        CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_OK);
        CU_ASSERT_TRUE(f.list->good > last || f.list->good == ORDERS);
        CU_ASSERT_EQUAL(results(&f), f.list->good);
        last = f.list->good;
        f.list->stop_after = last + 60;
    }
    CU_ASSERT_TRUE(rounds > 1);
    CU_ASSERT_EQUAL(results(&f), ORDERS);
    end(&f);
}

static void many_processes_with_one_list_issue_nothing_twice(void)
{
    enum { RACERS = 4 };
    struct fixture f;
    pid_t children[RACERS];
    int state = 0;

    begin(&f, ORDERS);
    for (int i = 0; i < RACERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(run(&f.stores, f.list, 2) != ISS_OK ||
                  f.list->good != ORDERS || CU_get_number_of_failures() != 0);
    }
    for (int i = 0; i < RACERS; i++) {
        CU_ASSERT_EQUAL(waitpid(children[i], &state, 0), children[i]);
        CU_ASSERT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    }
    CU_ASSERT_EQUAL(results(&f), ORDERS);
    CU_ASSERT_EQUAL(run(&f.stores, f.list, 2), ISS_OK);
    CU_ASSERT_EQUAL(f.list->again, ORDERS);
    end(&f);
}

/* A key that is there but cannot sign: as a token that goes away. */
static EVP_PKEY *public_half(struct iss *store)
{
    struct enroll_key numbers;
    uint8_t *spki = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(
        iss_handle_public(store, ISS_KEY_LICENSOR, &numbers, NULL), ISS_OK);
    const struct xrml_key view = iss_key_view(&numbers);
    CU_ASSERT_EQUAL_FATAL(xrml_key_spki(&view, &spki, &len, NULL), ISS_OK);
    const uint8_t *at = spki;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);
    free(spki);
    return key;
}

static void a_token_that_goes_away_loses_nothing(void)
{
    struct fixture f;

    begin(&f, ORDERS / 4);
    const struct iss_batch batch = {.jobs = JOBS,
                                    .next = next,
                                    .done = done,
                                    .release = release,
                                    .stop = stop,
                                    .arg = f.list};
    struct iss *store = stores_open(&f.stores, f.stores.root);
    store->keys[ISS_KEY_LICENSOR] = public_half(store);
    CU_ASSERT_EQUAL(iss_license_batch(store, &batch, &f.stores.error),
                    ISS_TOKEN);
    CU_ASSERT_EQUAL(f.list->good, 0);
    CU_ASSERT_EQUAL(iss_close(store, NULL), ISS_OK);
    CU_ASSERT_EQUAL(results(&f), 0);
    unsigned intents = stores_records(&f.stores, f.stores.root, ISS_REC_INTENT);
    CU_ASSERT_TRUE(intents > f.before);
    f.stores.now += 1000000;
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_OK);
    CU_ASSERT_EQUAL(f.list->good, f.list->count);
    CU_ASSERT_EQUAL(results(&f), f.list->count);
    /* those that were open were finished with their own octets */
    CU_ASSERT_EQUAL(stores_records(&f.stores, f.stores.root, ISS_REC_INTENT),
                    f.before + f.list->count);
    end(&f);
}

static void an_empty_list_is_no_failure_and_jobs_have_bounds(void)
{
    struct fixture f;

    begin(&f, 0);
    CU_ASSERT_EQUAL(run(&f.stores, f.list, JOBS), ISS_OK);
    CU_ASSERT_EQUAL(run(&f.stores, f.list, 0), ISS_USAGE);
    CU_ASSERT_EQUAL(run(&f.stores, f.list, 65), ISS_USAGE);
    CU_ASSERT_STRING_EQUAL(f.stores.error.text, "jobs: 1 to 64");
    end(&f);
}

UNIT_MAIN("batch", UNIT(a_batch_ends_with_its_server_and_not_with_an_order),
          UNIT(every_order_is_issued_once),
          UNIT(what_is_written_beside_the_desk_is_issued_or_refused),
          UNIT(what_is_signed_is_not_kept_for_its_group),
          UNIT(the_same_list_again_gives_the_same_documents),
          UNIT(one_order_twice_in_a_list_is_one_license),
          UNIT(a_refused_order_does_not_end_the_batch),
          UNIT(what_was_begun_is_finished_before_it_ends),
          UNIT(a_stopped_batch_goes_on_where_it_was),
          UNIT(many_processes_with_one_list_issue_nothing_twice),
          UNIT(a_token_that_goes_away_loses_nothing),
          UNIT(an_empty_list_is_no_failure_and_jobs_have_bounds))
