/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: fault_sweep [--full] [--jobs N] [--stride N] [--seed N]
 *                    [--flow NAME] [--slow MS] [--leaks]
 *                    [--world NAME] [--one FLOW FUNCTION CALL BEHAVIOUR]
 *
 * In each world: runs each flow once as it is, then, in a process of its own
 * each time, with every behaviour at every call that was seen, once (CALL) and
 * from there on (CALL+): all of them (--full, or PRIVYSEAL_FULL=1), or one of
 * --stride: a case is in the sample by its name and the seed alone, so that
 * the sample is always the same. A crash and a hang are findings like others;
 * what uses up CPU_SECONDS hangs, however loaded the machine, and so does what
 * waits for HANG_SECONDS. Exit code 1 where there are any.
 */
#include "case.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    JOBS_MAX = 16,
    HANG_SECONDS = 300, /* of the clock: many waits of some seconds are none */
    CPU_SECONDS = 40,
    FLOWS_MAX = 64,
    STRIDE = 67, /* about 400 cases in each world */
    SHOWN = 200, /* findings */
    NAME = 160,
    LEAKED = 23 /* exit code */
};

/* LeakSanitizer's, where it is there. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

struct options {
    bool full;
    unsigned jobs;
    unsigned long stride; /* one of so many cases is in the sample */
    unsigned long seed;   /* of the sample */
    unsigned long slow;   /* ms; cases that took longer are named */
    bool leaks;           /* looked for, where the sanitizer is built in */
    const char *world, *flow;
    char *const *one; /* FLOW FUNCTION CALL BEHAVIOUR */
};

struct job {
    pid_t pid; /* 0: idle */
    struct timespec begun;
    struct sweep_case what;
    struct result *result; /* shared with the child */
    const struct result *dry;
};

struct sweep {
    struct options options;
    struct job jobs[JOBS_MAX];
    unsigned long runs, findings;
    unsigned long outcomes[3]; /* by verdict */
    unsigned long watched;     /* calls into the provider */
    struct result *dry;        /* of each flow */
};

static struct sweep sweep;

/* ---- children ---------------------------------------------------------- */

static bool leaks(void)
{
    return __lsan_do_recoverable_leak_check != NULL &&
           __lsan_do_recoverable_leak_check() != 0;
}

static void watch_child(void)
{
    const struct rlimit limit = {CPU_SECONDS, CPU_SECONDS + 1};

    (void)setrlimit(RLIMIT_CPU, &limit);
    (void)alarm(HANG_SECONDS);
}

static bool hung(int signal)
{
    return signal == SIGALRM || signal == SIGXCPU;
}

static void start(struct job *job, const struct sweep_case *what,
                  const struct result *dry)
{
    job->what = *what;
    job->dry = dry;
    memset(job->result, 0, sizeof(*job->result));
    if (dry != NULL)
        memcpy(job->result->shared.list, dry->shared.list, LIST_MAX);
    (void)fflush(NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &job->begun);
    job->pid = fork();
    if (job->pid == 0) {
        (void)setsid(); /* nobody is there to be asked for a PIN */
        watch_child();
        case_run(what, job->result);
        _exit(sweep.options.leaks && leaks() ? LEAKED : 0);
    }
}

static void report(const struct sweep_case *what, const char *finding)
{
    char name[NAME];

    if (++sweep.findings > SHOWN)
        return;
    case_name(what, name, sizeof(name));
    (void)printf("FOUND %s: %s\n", name, finding);
}

static void name_slow(const struct job *job)
{
    struct timespec now;
    char name[NAME];
    long ms;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (now.tv_sec - job->begun.tv_sec) * 1000 +
         (now.tv_nsec - job->begun.tv_nsec) / 1000000;
    if (sweep.options.slow == 0 || (unsigned long)ms < sweep.options.slow)
        return;
    case_name(&job->what, name, sizeof(name));
    (void)printf("%ld ms, %u tries: %s\n", ms, job->result->tries, name);
}

static void finish(struct job *job, int status)
{
    const char *finding = NULL;
    char text[64];

    job->pid = 0;
    sweep.runs++;
    name_slow(job);
    if (WIFSIGNALED(status)) {
        (void)snprintf(text, sizeof(text),
                       hung(WTERMSIG(status)) ? "hangs, in stage %d"
                                              : "died of signal %d",
                       hung(WTERMSIG(status)) ? (int)job->result->stage
                                              : WTERMSIG(status));
        finding = text;
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == LEAKED) {
        finding = "leaks memory";
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        (void)snprintf(text, sizeof(text), "left with code %d",
                       WEXITSTATUS(status));
        finding = text;
    } else {
        finding = case_judge(&job->what, job->result, job->dry);
    }
    sweep.outcomes[job->result->verdict]++;
    sweep.watched += job->result->shim_calls;
    if (finding != NULL)
        report(&job->what, finding);
}

/* Waits for a child of ours; returns its job. */
static struct job *wait_one(void)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);

    for (size_t i = 0; pid > 0 && i < sweep.options.jobs; i++) {
        if (sweep.jobs[i].pid == pid) {
            finish(&sweep.jobs[i], status);
            return &sweep.jobs[i];
        }
    }
    return NULL;
}

static bool any_busy(void)
{
    for (size_t i = 0; i < sweep.options.jobs; i++) {
        if (sweep.jobs[i].pid != 0)
            return true;
    }
    return false;
}

static struct job *idle_job(void)
{
    for (;;) {
        for (size_t i = 0; i < sweep.options.jobs; i++) {
            if (sweep.jobs[i].pid == 0)
                return &sweep.jobs[i];
        }
        (void)wait_one();
    }
}

static void drain(void)
{
    while (any_busy())
        (void)wait_one();
}

/* ---- the plan ---------------------------------------------------------- */

static unsigned long cases_of(const struct result *dry)
{
    unsigned long calls = 0, ways = 0;

    for (unsigned i = 0; case_function(i) != NULL; i++)
        calls += dry->shared.counts[i];
    while (case_behaviour((unsigned)ways) != NULL)
        ways++;
    return calls * ways * 2;
}

/* Of 2^64 even parts, the case's: the same in each run, and on each machine. */
static uint64_t lot(const struct sweep_case *c)
{
    uint64_t hash = 1469598103934665603u ^ sweep.options.seed;
    char name[NAME];

    case_name(c, name, sizeof(name));
    for (const char *at = name; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * 1099511628211u;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    return hash ^ hash >> 31;
}

/* Where there is one session and it is disowned, all that follows is waiting
 * for it: nothing is to be learnt there. */
static bool is_chosen(const struct sweep_case *c)
{
    if (world_is_limited() && case_disowns(c))
        return false;
    return sweep.options.full || lot(c) % sweep.options.stride == 0;
}

static void sweep_flow(const struct flow *flow, const struct result *dry)
{
    struct sweep_case c = {.flow = flow};

    for (c.function = 0; case_function(c.function) != NULL; c.function++) {
        for (c.call = 1; c.call <= dry->shared.counts[c.function]; c.call++) {
            for (c.behaviour = 0; case_behaviour(c.behaviour) != NULL;
                 c.behaviour++) {
                for (int stays = 0; stays < 2; stays++) {
                    c.stays = stays != 0;
                    if (is_chosen(&c))
                        start(idle_job(), &c, dry);
                }
            }
        }
    }
}

static bool has_type(const char *type)
{
    OSSL_LIB_CTX *libctx = world_context();
    EVP_KEYMGMT *keymgmt =
        EVP_KEYMGMT_fetch(libctx, type, "provider=privyseal");

    EVP_KEYMGMT_free(keymgmt);
    OSSL_LIB_CTX_free(libctx);
    return keymgmt != NULL;
}

/* In a child: the provider must not have been in the parent. */
static bool provider_has(const char *type)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(has_type(type) ? 0 : 1);
    return child > 0 && waitpid(child, &status, 0) == child &&
           WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Returns the number of cases; 0 where the flow cannot be run. */
static unsigned long run_dry(size_t i)
{
    const struct sweep_case c = {.flow = &flows[i]};
    unsigned long findings = sweep.findings;

    if (sweep.options.flow != NULL &&
        strcmp(sweep.options.flow, flows[i].name) != 0)
        return 0;
    if (!provider_has(flows[i].needs)) {
        (void)printf("%-14s not run: the provider has no %s keys\n",
                     flows[i].name, flows[i].needs);
        return 0;
    }
    start(&sweep.jobs[0], &c, &sweep.dry[i]);
    sweep.jobs[0].dry = sweep.jobs[0].result;
    drain();
    memcpy(&sweep.dry[i], sweep.jobs[0].result, sizeof(sweep.dry[i]));
    return sweep.findings == findings ? cases_of(&sweep.dry[i]) : 0;
}

/* Returns the number of cases that there are. */
static unsigned long run_world(void)
{
    unsigned long counts[FLOWS_MAX] = {0}, all = 0;

    memset(sweep.dry, 0, flow_count * sizeof(*sweep.dry));
    for (size_t i = 0; i < flow_count; i++)
        all += counts[i] = run_dry(i);
    for (size_t i = 0; i < flow_count; i++) {
        unsigned long runs = sweep.runs, findings = sweep.findings;

        if (counts[i] == 0)
            continue;
        sweep_flow(&flows[i], &sweep.dry[i]);
        drain();
        (void)printf("%-12s %-14s %6lu of %6lu cases, %lu findings\n",
                     world_name(world_current()), flows[i].name,
                     sweep.runs - runs, counts[i], sweep.findings - findings);
        (void)fflush(stdout);
    }
    return all;
}

static bool is_wanted(const char *world)
{
    return sweep.options.world == NULL ||
           strcmp(sweep.options.world, world) == 0;
}

static bool run_all(void)
{
    struct timespec from, to;
    unsigned long all = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (size_t i = 0; world_name(i) != NULL; i++) {
        if (!is_wanted(world_name(i)))
            continue;
        if (!world_make(i)) {
            (void)fprintf(stderr, "the token was not made\n");
            return false;
        }
        all += run_world();
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    (void)printf("%lu runs of %lu cases in %ld s: %lu right, %lu failed, %lu "
                 "undetectably wrong; %lu calls into the provider; %lu "
                 "findings\n",
                 sweep.runs, all, (long)(to.tv_sec - from.tv_sec),
                 sweep.outcomes[RIGHT], sweep.outcomes[FAILED],
                 sweep.outcomes[WRONG], sweep.watched, sweep.findings);
    return sweep.runs > 0;
}

static int run_one(void)
{
    char *const *one = sweep.options.one;
    struct sweep_case c = {.call = strtoul(one[2], NULL, 10),
                           .stays = strchr(one[2], '+') != NULL};
    struct result *result = sweep.jobs[0].result;
    size_t at = 0, world = 0;

    while (world_name(world) != NULL && !is_wanted(world_name(world)))
        world++;
    if (world_name(world) == NULL || !world_make(world))
        return 2;

    while (at < flow_count && strcmp(flows[at].name, one[0]) != 0)
        at++;
    while (case_function(c.function) != NULL &&
           strcmp(case_function(c.function), one[1]) != 0)
        c.function++;
    while (case_behaviour(c.behaviour) != NULL &&
           strcmp(case_behaviour(c.behaviour), one[3]) != 0)
        c.behaviour++;
    if (at == flow_count || case_function(c.function) == NULL ||
        case_behaviour(c.behaviour) == NULL)
        return 2;
    c.flow = &flows[at];
    sweep.options.flow = one[0];
    (void)run_dry(at);
    start(&sweep.jobs[0], &c, &sweep.dry[at]);
    drain();
    (void)printf("verdict %d, errors %u+%u: %s\nagain %d after %u tries: %s\n",
                 (int)result->verdict, result->ours, result->foreign,
                 result->error, (int)result->again, result->tries,
                 result->again_error);
    return sweep.findings != 0;
}

/* ---- start ------------------------------------------------------------- */

static bool read_options(int argc, char **argv)
{
    const char *full = getenv("PRIVYSEAL_FULL");
    struct options *options = &sweep.options;

    *options = (struct options){.jobs = 4, .stride = STRIDE};
    options->full = full != NULL && strcmp(full, "1") == 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--full") == 0)
            options->full = true;
        else if (strcmp(argv[i], "--leaks") == 0)
            options->leaks = true;
        else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
            options->jobs = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--stride") == 0 && i + 1 < argc)
            options->stride = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            options->seed = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--slow") == 0 && i + 1 < argc)
            options->slow = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--world") == 0 && i + 1 < argc)
            options->world = argv[++i];
        else if (strcmp(argv[i], "--flow") == 0 && i + 1 < argc)
            options->flow = argv[++i];
        else if (strcmp(argv[i], "--one") == 0 && i + 4 < argc)
            options->one = &argv[i + 1], i += 4;
        else
            return false;
    }
    return options->jobs > 0 && options->jobs <= JOBS_MAX &&
           options->stride > 0;
}

static void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        (void)fprintf(stderr, "usage: fault_sweep [--full] [--jobs N] "
                              "[--stride N] [--seed N]\n"
                              "       [--flow NAME] [--slow MS] [--leaks] "
                              "[--world NAME]\n"
                              "       [--one FLOW FUNCTION CALL BEHAVIOUR]\n");
        return 2;
    }
    sweep.dry = calloc(flow_count, sizeof(*sweep.dry));
    for (size_t i = 0; i < sweep.options.jobs; i++)
        sweep.jobs[i].result = shared_memory(sizeof(struct result));
    if (sweep.dry == NULL)
        return 2;
    if (sweep.options.one != NULL)
        return run_one();
    return !run_all() || sweep.findings != 0;
}
