/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many licences side by side: the thread that calls is the desk (matter.h,
 * acts.h), which reads and writes orders and appends their records in groups,
 * while the threads of hands.h call the token and verify. At most LENT orders
 * are under way, so that memory does not grow with the list.
 */
#include "license.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "checkpoint.h"
#include "hands.h"
#include "matter.h"

enum {
    GROUP_MIN = 32, /* records that share a commit */
    LENT = 4,       /* groups: opened, at the hands, signed, one to spare */
    CLERKS_MAX = 4,
    TRIES = 2, /* of an order whose server's certificate changed meanwhile */
    PAUSE_MS = 5,
    PATIENCE_MS = 60000, /* for what another process signs */
    CHECKPOINT_MS = 60000
};

struct errand { /* an order on its way */
    struct iss_task task;
    const struct iss_env *env;
    uint64_t line;
    struct iss_license_order order;
    struct iss_matter matter;
    struct iss_act act;
    struct iss_acting acting;
    EVP_PKEY *with; /* a reference, while it is unsealed with */
    unsigned tries;
    int64_t waits; /* since when it is busy, 0: it is not */
};

struct pile {
    struct errand **at;
    size_t count;
};

struct run {
    struct iss *iss;
    const struct iss_batch *batch;
    struct iss_hands *hands;
    struct iss_signer *signer;
    size_t group, lent;
    struct errand *errands;
    struct pile idle, begin, finish, wait;
    size_t out; /* with the hands */
    bool more;
    int64_t checkpoint, retry; /* when, ms */
    enum iss_status status;    /* that ends it */
    struct iss_error error;
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void put(struct pile *pile, struct errand *errand)
{
    pile->at[pile->count++] = errand;
}

static struct errand *pull(struct pile *pile)
{
    return pile->count == 0 ? NULL : pile->at[--pile->count];
}

/* ---- steps of the threads ------------------------------------------------ */

/* A task is the first member of its errand. */
static struct errand *errand_of(struct iss_task *task)
{
    return (struct errand *)(void *)task;
}

static void do_unseal(struct iss_task *task)
{
    iss_matter_unseal(&errand_of(task)->matter);
}

static void do_prepare(struct iss_task *task)
{
    iss_acting_prepare(&errand_of(task)->acting);
}

static void do_sign(struct iss_task *task)
{
    iss_acting_sign(errand_of(task)->env, &errand_of(task)->acting);
}

static void do_verify(struct iss_task *task)
{
    iss_acting_verify(&errand_of(task)->acting);
}

static const struct iss_step unsealing[] = {{ISS_AT_HANDS, do_unseal},
                                            {ISS_AT_DESK, NULL}};
static const struct iss_step signing[] = {{ISS_AT_CLERKS, do_prepare},
                                          {ISS_AT_HANDS, do_sign},
                                          {ISS_AT_CLERKS, do_verify},
                                          {ISS_AT_DESK, NULL}};

static void lend(struct run *run, struct errand *errand,
                 const struct iss_step *steps)
{
    run->out++;
    iss_hands_give(run->hands, &errand->task, steps);
}

/* ---- the end of an order ------------------------------------------------- */

/* What is the matter with this server, this store or this token: the next
 * order would hear the same. */
static bool ends_batch(enum iss_status status)
{
    static const enum iss_status all[] = {
        ISS_INTERNAL, ISS_TOKEN,   ISS_LOGIN, ISS_STORE,  ISS_NOT_ENROLLED,
        ISS_EXPIRED,  ISS_JOURNAL, ISS_CLOCK, ISS_CLUSTER};
    bool found = false;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        found = found || all[i] == status;
    return found;
}

static void end_run(struct run *run, enum iss_status status,
                    const struct iss_error *why)
{
    if (run->status != ISS_OK || status == ISS_OK)
        return;
    run->status = status;
    run->error = *why;
}

static void empty(struct run *run, struct errand *errand)
{
    iss_acting_clear(run->iss, &errand->acting);
    iss_matter_clear(&errand->matter);
    EVP_PKEY_free(errand->with);
    errand->with = NULL;
    errand->waits = 0;
}

static void release(struct run *run, struct errand *errand)
{
    empty(run, errand);
    if (run->batch->release != NULL)
        run->batch->release(run->batch->arg, errand->line);
    put(&run->idle, errand);
}

static void tell(struct run *run, const struct iss_batch_result *result)
{
    struct iss_error why = {.status = ISS_OK};

    end_run(run, run->batch->done(run->batch->arg, result, &why), &why);
}

static void open_errand(struct run *run, struct errand *errand);

static void refuse(struct run *run, struct errand *errand,
                   enum iss_status status, const struct iss_error *why)
{
    if (status == ISS_CONFLICT && ++errand->tries < TRIES) {
        empty(run, errand);
        open_errand(run, errand);
        return;
    }
    if (!ends_batch(status))
        status = iss_matter_refuse(&errand->matter, status, why);
    if (ends_batch(status))
        end_run(run, status, why);
    else
        tell(run, &(struct iss_batch_result){.line = errand->line,
                                             .status = status,
                                             .text = why->text});
    release(run, errand);
}

/* What is finished and durable. */
static void answer(struct run *run, struct errand *errand)
{
    struct iss_licensed licensed;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status =
        iss_matter_answer(&errand->matter, &licensed, &why);

    if (status == ISS_OK)
        tell(run, &(struct iss_batch_result){
                      .line = errand->line, .text = "", .licensed = &licensed});
    else
        end_run(run, status, &why);
    if (status == ISS_OK)
        iss_licensed_clear(&licensed);
    release(run, errand);
}

/* ---- the desk ------------------------------------------------------------ */

static void write_errand(struct run *run, struct errand *errand)
{
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = errand->matter.done.intent == 0
                                 ? iss_matter_write(&errand->matter, &why)
                                 : ISS_OK;

    if (status != ISS_OK) {
        refuse(run, errand, status, &why);
        return;
    }
    iss_matter_act(&errand->matter, &errand->act);
    errand->acting.act = &errand->act;
    put(&run->begin, errand);
}

static void open_errand(struct run *run, struct errand *errand)
{
    struct iss_matter *matter = &errand->matter;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status =
        iss_matter_open(run->iss, &errand->order, matter, &why);
    bool open = status == ISS_OK && matter->done.intent == 0;

    /* the store may go over to another key meanwhile */
    if (open && matter->sealed.needed && matter->sealed.with != NULL) {
        if (EVP_PKEY_up_ref(matter->sealed.with) == 1)
            errand->with = matter->sealed.with;
        else
            status = iss_fail(&why, ISS_INTERNAL, "out of memory");
    }
    if (status != ISS_OK)
        refuse(run, errand, status, &why);
    else if (matter->done.again)
        answer(run, errand);
    else if (open && (matter->sealed.needed || matter->pair_needed))
        lend(run, errand, unsealing);
    else
        write_errand(run, errand);
}

static void open_next(struct run *run)
{
    struct errand *errand = pull(&run->idle);
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    memset(&errand->order, 0, sizeof(errand->order));
    errand->tries = 0;
    run->more = false;
    status = run->batch->next(run->batch->arg, &errand->order, &errand->line,
                              &run->more, &why);
    end_run(run, status, &why);
    if (status == ISS_OK && run->more)
        open_errand(run, errand);
    else
        put(&run->idle, errand);
}

/* After iss_acts_begin. */
static void sort_begun(struct run *run, struct errand *errand)
{
    struct iss_acting *acting = &errand->acting;

    if (acting->status != ISS_OK) {
        refuse(run, errand, acting->status, &acting->error);
    } else if (acting->busy) {
        if (errand->waits == 0)
            errand->waits = now_ms();
        put(&run->wait, errand);
    } else if (acting->done.again) {
        iss_done_clear(&errand->matter.done);
        errand->matter.done = acting->done;
        memset(&acting->done, 0, sizeof(acting->done));
        answer(run, errand);
    } else {
        lend(run, errand, signing);
    }
}

/* Takes up to a group from a pile; returns how many. */
static size_t gather(struct run *run, struct pile *pile,
                     struct errand **errands, struct iss_acting **acts)
{
    size_t count = pile->count < run->group ? pile->count : run->group;

    for (size_t i = 0; i < count; i++) {
        errands[i] = pile->at[i];
        acts[i] = &errands[i]->acting;
    }
    pile->count -= count;
    memmove(pile->at, pile->at + count, pile->count * sizeof(pile->at[0]));
    return count;
}

static void begin_group(struct run *run)
{
    struct errand *errands[ISS_HANDS_MAX];
    struct iss_acting *acts[ISS_HANDS_MAX];
    struct iss_error why = {.status = ISS_OK};
    size_t count = gather(run, &run->begin, errands, acts);
    enum iss_status status =
        iss_signer_get(run->iss, ISS_KEY_LICENSOR, &run->signer, &why);

    if (status == ISS_OK)
        iss_acts_begin(run->iss, run->signer, acts, count);
    end_run(run, status, &why);
    for (size_t i = 0; i < count; i++) {
        if (status == ISS_OK)
            sort_begun(run, errands[i]);
        else
            release(run, errands[i]);
    }
}

static void finish_group(struct run *run)
{
    struct errand *errands[ISS_HANDS_MAX];
    struct iss_acting *acts[ISS_HANDS_MAX];
    struct iss_error why = {.status = ISS_OK};
    size_t count = gather(run, &run->finish, errands, acts);
    enum iss_status status = ISS_OK;

    iss_acts_finish(run->iss, acts, count);
    for (size_t i = 0; i < count; i++) {
        if (acts[i]->status != ISS_OK) {
            end_run(run, acts[i]->status, &acts[i]->error);
            release(run, errands[i]);
            continue;
        }
        iss_done_clear(&errands[i]->matter.done);
        errands[i]->matter.done = acts[i]->done;
        memset(&acts[i]->done, 0, sizeof(acts[i]->done));
        answer(run, errands[i]);
    }
    if (now_ms() - run->checkpoint >= CHECKPOINT_MS)
        status = iss_checkpoint_write(run->iss, &why);
    else
        status = iss_checkpoint_keep_up(run->iss, &why);
    if (run->iss->due == false)
        run->checkpoint = now_ms();
    end_run(run, status, &why);
}

/* Those that somebody else is signing are asked for again. */
static void retry(struct run *run)
{
    struct iss_error why = {.status = ISS_OK};
    struct errand *errand = NULL;
    const int64_t now = now_ms();

    if (now - run->retry < PAUSE_MS)
        return;
    run->retry = now;
    while ((errand = pull(&run->wait)) != NULL) {
        if (now - errand->waits > PATIENCE_MS)
            end_run(run,
                    iss_fail(&why, ISS_STORE,
                             "lock: another process has held number %llu for "
                             "a minute",
                             (unsigned long long)errand->acting.row.intent),
                    &why);
        iss_acting_clear(run->iss, &errand->acting);
        errand->acting.act = &errand->act;
        put(&run->begin, errand);
    }
}

/* Nothing more is begun: what has no INTENT is given back. */
static void give_up(struct run *run)
{
    struct errand *errand = NULL;

    while ((errand = pull(&run->begin)) != NULL)
        release(run, errand);
    while ((errand = pull(&run->wait)) != NULL)
        release(run, errand);
}

static bool stopped(const struct run *run)
{
    return run->status != ISS_OK ||
           (run->batch->stop != NULL && run->batch->stop(run->batch->arg));
}

/* What comes back from the hands. */
static void collect(struct run *run, bool wait, bool stop)
{
    struct iss_task *task = iss_hands_take(run->hands, wait);

    for (; task != NULL; task = iss_hands_take(run->hands, false)) {
        struct errand *errand = errand_of(task);

        run->out--;
        if (errand->acting.signer != NULL)
            put(&run->finish, errand);
        else if (stop)
            release(run, errand);
        else
            write_errand(run, errand);
    }
}

static void pause_a_little(void)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

/* Does what is most urgent: the hands are to have work, records are to share
 * commits. False: all is done. */
static bool turn(struct run *run)
{
    const bool stop = stopped(run);
    bool hungry = iss_hands_queued(run->hands) < run->batch->jobs;

    collect(run, false, stop);
    if (stop)
        give_up(run);
    else
        retry(run);
    bool open = !stop && run->more && run->idle.count > 0;
    if (run->begin.count >= run->group ||
        (run->begin.count > 0 &&
         (!open || (hungry && run->begin.count >= run->group / 4))))
        begin_group(run);
    else if (run->finish.count >= run->group ||
             (run->finish.count > 0 && !open && (hungry || run->out == 0)))
        finish_group(run);
    else if (open)
        open_next(run);
    else if (run->out > 0)
        collect(run, true, stop);
    else if (run->wait.count > 0)
        pause_a_little();
    else
        return false;
    return true;
}

/* ---- all of it ----------------------------------------------------------- */

static bool make_pile(struct pile *pile, size_t size)
{
    pile->at = calloc(size, sizeof(struct errand *));
    return pile->at != NULL;
}

static enum iss_status prepare(struct run *run, struct iss_error *error)
{
    const unsigned jobs = run->batch->jobs;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned clerks = cores < 2 ? 1 : (unsigned)cores - 1;

    if (jobs == 0 || jobs > ISS_HANDS_MAX)
        return iss_fail(error, ISS_USAGE, "jobs: 1 to %d", ISS_HANDS_MAX);
    /* one hand leaves the desk time enough */
    clerks = jobs == 1 ? 0 : clerks < CLERKS_MAX ? clerks : CLERKS_MAX;
    run->group = jobs < GROUP_MIN ? GROUP_MIN : jobs;
    run->lent = LENT * run->group;
    run->errands = calloc(run->lent, sizeof(*run->errands));
    if (run->errands == NULL || !make_pile(&run->idle, run->lent) ||
        !make_pile(&run->begin, run->lent) ||
        !make_pile(&run->finish, run->lent) ||
        !make_pile(&run->wait, run->lent))
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    for (size_t i = 0; i < run->lent; i++) {
        run->errands[i].env = &run->iss->env;
        put(&run->idle, &run->errands[i]);
    }
    run->checkpoint = now_ms();
    return iss_hands_new(jobs, clerks, &run->hands, error);
}

enum iss_status iss_license_batch(struct iss *store,
                                  const struct iss_batch *batch,
                                  struct iss_error *error)
{
    struct run run = {.iss = store, .batch = batch, .more = true};
    enum iss_status status = prepare(&run, error);

    while (status == ISS_OK && turn(&run))
        continue;
    iss_hands_free(run.hands);
    iss_signer_drop(run.signer);
    free(run.errands);
    free(run.idle.at);
    free(run.begin.at);
    free(run.finish.at);
    free(run.wait.at);
    return status != ISS_OK || run.status == ISS_OK
               ? status
               : iss_fail(error, run.status, "%s", run.error.text);
}
