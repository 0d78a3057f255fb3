/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many licenses side by side: the thread that calls is the desk (matter.h,
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
#include "errand.h"
#include "matter.h"

enum {
    GROUP_MIN = 64, /* records that share a commit */
    LENT = 6,       /* groups: being written, written, at the hands, signed,
                       two to spare */
    CLERKS_MAX = 4,
    TRIES = 2, /* of an order whose server's certificate changed meanwhile */
    PAUSE_MS = 5,
    PATIENCE_MS = 60000, /* for what another process signs */
    FINISH_MS = 1000,    /* what is signed waits no longer for its group */
    CHECKPOINT_MS = 60000
};

struct run {
    struct iss *iss;
    const struct iss_batch *batch;
    struct iss_hands *hands;
    struct iss_signer *signer;
    size_t group, lent;
    struct iss_errand *errands;
    struct iss_pile idle, begin, finish, wait;
    size_t out; /* with the hands */
    bool more;
    int64_t checkpoint, retry, finished; /* when, ms */
    enum iss_status status;              /* that ends it */
    struct iss_error error;
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void lend(struct run *run, struct iss_errand *errand,
                 const struct iss_step *steps)
{
    run->out++;
    iss_hands_give(run->hands, &errand->task, steps);
}

bool iss_batch_ends(enum iss_status status)
{
    static const enum iss_status all[] = {
        ISS_INTERNAL, ISS_TOKEN,   ISS_LOGIN, ISS_STORE,  ISS_NOT_ENROLLED,
        ISS_EXPIRED,  ISS_JOURNAL, ISS_CLOCK, ISS_CLUSTER};
    bool found = false;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        found = found || all[i] == status;
    return found;
}

/* ---- the end of an order ------------------------------------------------- */

static void end_run(struct run *run, enum iss_status status,
                    const struct iss_error *why)
{
    if (run->status != ISS_OK || status == ISS_OK)
        return;
    run->status = status;
    run->error = *why;
}

static void empty(struct run *run, struct iss_errand *errand)
{
    iss_acting_clear(run->iss, &errand->acting);
    iss_matter_clear(&errand->matter);
    EVP_PKEY_free(errand->with);
    errand->with = NULL;
    errand->waits = 0;
}

static void release(struct run *run, struct iss_errand *errand)
{
    empty(run, errand);
    if (run->batch->release != NULL)
        run->batch->release(run->batch->arg, errand->line);
    iss_pile_put(&run->idle, errand);
}

static void tell(struct run *run, const struct iss_batch_result *result)
{
    struct iss_error why = {.status = ISS_OK};

    end_run(run, run->batch->done(run->batch->arg, result, &why), &why);
}

static void open_errand(struct run *run, struct iss_errand *errand);

static void refuse(struct run *run, struct iss_errand *errand,
                   enum iss_status status, const struct iss_error *why)
{
    if (status == ISS_CONFLICT && ++errand->tries < TRIES) {
        empty(run, errand);
        open_errand(run, errand);
        return;
    }
    if (!iss_batch_ends(status))
        status = iss_matter_refuse(&errand->matter, status, why);
    if (iss_batch_ends(status))
        end_run(run, status, why);
    else
        tell(run, &(struct iss_batch_result){.line = errand->line,
                                             .status = status,
                                             .text = why->text});
    release(run, errand);
}

/* What is finished and durable. */
static void answer(struct run *run, struct iss_errand *errand)
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

static void write_errand(struct run *run, struct iss_errand *errand)
{
    struct iss_matter *matter = &errand->matter;

    if (matter->done.intent == 0 && !matter->apart)
        iss_errand_write(errand);
    if (matter->done.intent == 0 && errand->written != ISS_OK) {
        refuse(run, errand, errand->written, &errand->why);
        return;
    }
    iss_matter_act(&errand->matter, &errand->act);
    errand->acting.act = &errand->act;
    iss_pile_put(&run->begin, errand);
}

static void open_errand(struct run *run, struct iss_errand *errand)
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
        lend(run, errand,
             matter->apart ? iss_errand_unsealing_and_writing
                           : iss_errand_unsealing);
    else if (open && matter->apart)
        lend(run, errand, iss_errand_writing);
    else
        write_errand(run, errand);
}

static void open_next(struct run *run)
{
    struct iss_errand *errand = iss_pile_pull(&run->idle);
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
        iss_pile_put(&run->idle, errand);
}

static void put_off(struct run *run, struct iss_errand *errand)
{
    if (errand->waits == 0)
        errand->waits = now_ms();
    iss_pile_put(&run->wait, errand);
}

/* Another order of this list that is the same act and is being signed: its lock
 * is this process's own, and would not keep a second signature away. */
static bool has_twin(const struct run *run, const struct iss_errand *errand)
{
    for (size_t i = 0; i < run->lent; i++)
        if (run->errands[i].acting.locked &&
            memcmp(run->errands[i].matter.digest, errand->matter.digest,
                   ISS_HASH_SIZE) == 0)
            return true;
    return false;
}

/* After iss_acts_begin. */
static void sort_begun(struct run *run, struct iss_errand *errand)
{
    struct iss_acting *acting = &errand->acting;

    if (acting->status != ISS_OK) {
        refuse(run, errand, acting->status, &acting->error);
    } else if (acting->busy) {
        put_off(run, errand);
    } else if (acting->done.again) {
        iss_done_clear(&errand->matter.done);
        errand->matter.done = acting->done;
        memset(&acting->done, 0, sizeof(acting->done));
        answer(run, errand);
    } else {
        lend(run, errand, iss_errand_signing);
    }
}

/* Takes up to a group from a pile; returns how many. */
static size_t gather(struct run *run, struct iss_pile *pile,
                     struct iss_errand **errands, struct iss_acting **acts)
{
    size_t taken = pile->count < run->group ? pile->count : run->group;
    size_t count = 0;

    for (size_t i = 0; i < taken; i++) {
        struct iss_errand *errand = pile->at[i];

        if (!errand->acting.locked && has_twin(run, errand)) {
            put_off(run, errand);
            continue;
        }
        errands[count] = errand;
        acts[count++] = &errand->acting;
    }
    pile->count -= taken;
    memmove(pile->at, pile->at + taken, pile->count * sizeof(pile->at[0]));
    return count;
}

static void begin_group(struct run *run)
{
    struct iss_errand *errands[ISS_HANDS_MAX];
    struct iss_acting *acts[ISS_HANDS_MAX];
    struct iss_error why = {.status = ISS_OK};
    size_t count = gather(run, &run->begin, errands, acts);
    enum iss_status status =
        count == 0
            ? ISS_OK
            : iss_signer_get(run->iss, ISS_KEY_LICENSOR, &run->signer, &why);

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
    struct iss_errand *errands[ISS_HANDS_MAX];
    struct iss_acting *acts[ISS_HANDS_MAX];
    struct iss_error why = {.status = ISS_OK};
    size_t count = gather(run, &run->finish, errands, acts);
    enum iss_status status = ISS_OK;

    iss_acts_finish(run->iss, acts, count);
    run->finished = now_ms();
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
    struct iss_errand *errand = NULL;
    const int64_t now = now_ms();

    if (now - run->retry < PAUSE_MS)
        return;
    run->retry = now;
    while ((errand = iss_pile_pull(&run->wait)) != NULL) {
        if (now - errand->waits > PATIENCE_MS)
            end_run(run,
                    iss_fail(&why, ISS_STORE,
                             "lock: another process has held number %llu for "
                             "a minute",
                             (unsigned long long)errand->acting.row.intent),
                    &why);
        iss_acting_clear(run->iss, &errand->acting);
        errand->acting.act = &errand->act;
        iss_pile_put(&run->begin, errand);
    }
}

/* Nothing more is begun: what has no INTENT is given back. */
static void give_up(struct run *run)
{
    struct iss_errand *errand = NULL;

    while ((errand = iss_pile_pull(&run->begin)) != NULL)
        release(run, errand);
    while ((errand = iss_pile_pull(&run->wait)) != NULL)
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
        struct iss_errand *errand = iss_errand_of(task);

        run->out--;
        if (errand->acting.signer != NULL)
            iss_pile_put(&run->finish, errand);
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

/* Signed, and to be told: a group of them, or those that a slow token gave. */
static bool finish_due(const struct run *run, bool open, bool hungry)
{
    if (run->finish.count == 0)
        return false;
    return run->finish.count >= run->group ||
           now_ms() - run->finished >= FINISH_MS ||
           (!open && (hungry || run->out == 0));
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
    else if (finish_due(run, open, hungry))
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
    if (run->errands == NULL || !iss_pile_make(&run->idle, run->lent) ||
        !iss_pile_make(&run->begin, run->lent) ||
        !iss_pile_make(&run->finish, run->lent) ||
        !iss_pile_make(&run->wait, run->lent))
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    for (size_t i = 0; i < run->lent; i++)
        iss_pile_put(&run->idle, &run->errands[i]);
    run->checkpoint = run->finished = now_ms();
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
