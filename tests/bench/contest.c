/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that take turns. */
#include "contest.h"

#include <dlfcn.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct bench_bridge *const bridges[] = {
    &bench_raw,    &bench_copy,   &bench_privyseal, &bench_pkcs11_provider,
    &bench_engine, &bench_gnutls, &bench_file};

const struct bench_bridge *bench_bridge_find(const char *name)
{
    for (size_t i = 0; i < sizeof(bridges) / sizeof(bridges[0]); i++) {
        if (strcmp(bridges[i]->name, name) == 0)
            return bridges[i];
    }
    return NULL;
}

/* ---- one process ------------------------------------------------------- */

struct lane { /* a thread's own cache lines */
    _Alignas(128) void *thread;
    const struct bench_bridge *bridge;
    unsigned long operations, errors;
};

struct process {
    const struct bench_bridge *bridge;
    const struct bench_target *target;
    void *key;
    void *threads[BENCH_OPS][CONTEST_THREADS]; /* by enum bench_op, made once */
};

static atomic_bool go, stop;

static double now_us(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double cpu_us(void)
{
    return now_us(CLOCK_PROCESS_CPUTIME_ID);
}

double contest_calls(const struct bench_target *target, const char *function)
{
    void *module = dlopen(target->module, RTLD_NOW | RTLD_NOLOAD);
    unsigned long (*count)(const char *) = NULL;

    if (module != NULL)
        *(void **)&count = dlsym(module, "privyseal_fault_count");
    return count != NULL ? (double)count(function) : -1;
}

static void *run_lane(void *arg)
{
    struct lane *lane = arg;
    unsigned long operations = 0, errors = 0;

    while (!atomic_load_explicit(&go, memory_order_acquire))
        (void)sched_yield();
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        if (lane->bridge->once(lane->thread))
            operations++;
        else
            errors++;
    }
    lane->operations = operations;
    lane->errors = errors;
    return NULL;
}

static bool prepare(struct process *process, const struct contest_turn *turn)
{
    for (int i = 0; i < turn->threads; i++) {
        void **thread = &process->threads[turn->op][i];

        if (*thread == NULL)
            *thread = process->bridge->thread_new(process->key, turn->op);
        if (*thread == NULL)
            return false;
    }
    return true;
}

static void slice(struct process *process, const struct contest_turn *turn,
                  struct contest_score *score)
{
    static struct lane lanes[CONTEST_THREADS];
    pthread_t ids[CONTEST_THREADS];
    const struct timespec pause = {turn->milliseconds / 1000,
                                   turn->milliseconds % 1000 * 1000000L};
    double wall, cpu;

    atomic_store(&go, false);
    atomic_store(&stop, false);
    for (int i = 0; i < turn->threads; i++) {
        lanes[i] = (struct lane){.thread = process->threads[turn->op][i],
                                 .bridge = process->bridge};
        if (pthread_create(&ids[i], NULL, run_lane, &lanes[i]) != 0)
            _exit(1);
    }
    wall = now_us(CLOCK_MONOTONIC);
    cpu = cpu_us();
    atomic_store(&go, true);
    (void)nanosleep(&pause, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < turn->threads; i++) {
        (void)pthread_join(ids[i], NULL);
        score->operations += (double)lanes[i].operations;
        score->errors += (double)lanes[i].errors;
    }
    score->wall_us = now_us(CLOCK_MONOTONIC) - wall;
    score->cpu_us = cpu_us() - cpu;
}

static void single(struct process *process, const struct contest_turn *turn,
                   struct contest_score *score)
{
    const double before = contest_calls(process->target, "*");

    if (process->bridge->once(process->threads[turn->op][0]))
        score->operations = 1;
    else
        score->errors = 1;
    score->calls =
        before < 0 ? -1 : contest_calls(process->target, "*") - before;
}

static void serve(struct process *process, int from, int to)
{
    struct contest_turn turn;

    while (read(from, &turn, sizeof(turn)) == (ssize_t)sizeof(turn)) {
        struct contest_score score = {.calls = -1};

        if (!prepare(process, &turn))
            score.errors = 1;
        else if (turn.milliseconds == 0)
            single(process, &turn, &score);
        else
            slice(process, &turn, &score);
        if (write(to, &score, sizeof(score)) != (ssize_t)sizeof(score))
            break;
    }
}

static bool start(struct contest *contest, struct contest_entrant *entrant)
{
    struct process process = {.bridge = entrant->bridge,
                              .target = &contest->target};
    int there[2], back[2];
    char ready = 0;

    if (pipe(there) != 0 || pipe(back) != 0)
        return false;
    entrant->pid = fork();
    if (entrant->pid == 0) {
        (void)close(there[1]);
        (void)close(back[0]);
        process.key = process.bridge->open(process.target);
        ready = process.key != NULL ? 'y' : 'n';
        if (write(back[1], &ready, 1) == 1 && ready == 'y')
            serve(&process, there[0], back[1]);
        _exit(0); /* how a bridge ends is not measured here */
    }
    (void)close(there[0]);
    (void)close(back[1]);
    entrant->to = there[1];
    entrant->from = back[0];
    return read(entrant->from, &ready, 1) == 1 && ready == 'y';
}

/* ---- all of them ------------------------------------------------------- */

static _Noreturn void usage(const char *why)
{
    (void)fprintf(
        stderr,
        "%s\n"
        "usage: bench_NAME --module FILE --token LABEL --pin PIN --key LABEL\n"
        "  [--type rsa|ec] [--init-args TEXT] [--provider FILE]\n"
        "  [--file PEM] [--bridges A,B,...] [--threads 1,2,8]\n"
        "  [--raw-threads N] [--rounds N] [--ms N] [--title TEXT]\n"
        "  [--op sign|digest]\n",
        why);
    exit(2);
}

static void take_threads(struct contest *contest, char *list)
{
    char *rest = NULL;

    contest->thread_counts = 0;
    for (char *word = strtok_r(list, ",", &rest);
         word != NULL && contest->thread_counts < CONTEST_LIST;
         word = strtok_r(NULL, ",", &rest)) {
        const long n = strtol(word, NULL, 10);

        if (n < 1 || n > CONTEST_THREADS)
            usage("--threads: 1 to 64 each");
        contest->threads[contest->thread_counts++] = (int)n;
    }
}

static void take_bridges(struct contest *contest, char *list)
{
    char *rest = NULL;

    contest->count = 0;
    for (char *word = strtok_r(list, ",", &rest);
         word != NULL && contest->count < CONTEST_BRIDGES;
         word = strtok_r(NULL, ",", &rest)) {
        const struct bench_bridge *bridge = bench_bridge_find(word);

        if (bridge == NULL)
            usage("--bridges: no such bridge");
        contest->entrants[contest->count++] =
            (struct contest_entrant){.bridge = bridge};
    }
}

static void take_options(struct contest *contest, int argc, char **argv)
{
    static const struct option options[] = {
        {"module", 1, NULL, 'm'},      {"token", 1, NULL, 't'},
        {"pin", 1, NULL, 'p'},         {"key", 1, NULL, 'k'},
        {"type", 1, NULL, 'y'},        {"init-args", 1, NULL, 'i'},
        {"provider", 1, NULL, 'P'},    {"file", 1, NULL, 'f'},
        {"bridges", 1, NULL, 'b'},     {"threads", 1, NULL, 'T'},
        {"raw-threads", 1, NULL, 'w'}, {"rounds", 1, NULL, 'r'},
        {"ms", 1, NULL, 's'},          {"title", 1, NULL, 'n'},
        {"op", 1, NULL, 'o'},          {NULL, 0, NULL, 0}};
    struct bench_target *target = &contest->target;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        const char **texts[] = {['m'] = &target->module,
                                ['t'] = &target->token,
                                ['p'] = &target->pin,
                                ['k'] = &target->label,
                                ['i'] = &target->init_args,
                                ['P'] = &target->provider,
                                ['f'] = &target->file,
                                ['n'] = &contest->title,
                                [127] = NULL};
        int *numbers[] = {['w'] = &contest->raw_threads,
                          ['r'] = &contest->rounds,
                          ['s'] = &contest->milliseconds,
                          [127] = NULL};

        if (option == '?' || option > 126)
            usage("unknown option");
        else if (texts[option] != NULL)
            *texts[option] = optarg;
        else if (numbers[option] != NULL)
            *numbers[option] = (int)strtol(optarg, NULL, 10);
        else if (option == 'y')
            target->ec = strcmp(optarg, "ec") == 0;
        else if (option == 'o')
            contest->skip[strcmp(optarg, "sign") == 0 ? BENCH_DIGEST
                                                      : BENCH_SIGN] = true;
        else if (option == 'b')
            take_bridges(contest, optarg);
        else if (option == 'T')
            take_threads(contest, optarg);
    }
    if (!target->module || !target->token || !target->pin || !target->label)
        usage("--module, --token, --pin and --key are needed");
}

void contest_start(struct contest *contest, int argc, char **argv)
{
    char all[] = "raw,raw+copy,privyseal,pkcs11-provider,libp11-engine,gnutls";
    char one[] = "1";
    size_t kept = 0;

    *contest = (struct contest){.rounds = 7, .milliseconds = 200, .title = ""};
    take_bridges(contest, all);
    take_threads(contest, one);
    take_options(contest, argc, argv);
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < contest->count; i++) {
        struct contest_entrant entrant = contest->entrants[i];

        if (start(contest, &entrant))
            contest->entrants[kept++] = entrant;
        else
            (void)fprintf(stderr, "# %s %s: left out: it does not open\n",
                          contest->title, entrant.bridge->name);
    }
    contest->count = kept;
}

bool contest_turn(const struct contest *contest, size_t entrant,
                  const struct contest_turn *turn, struct contest_score *score)
{
    const struct contest_entrant *e = &contest->entrants[entrant];
    struct contest_turn mine = *turn;

    if (contest->raw_threads > 0 && mine.threads > contest->raw_threads &&
        (e->bridge == &bench_raw || e->bridge == &bench_copy))
        mine.threads = contest->raw_threads;
    return write(e->to, &mine, sizeof(mine)) == (ssize_t)sizeof(mine) &&
           read(e->from, score, sizeof(*score)) == (ssize_t)sizeof(*score);
}

void contest_end(struct contest *contest)
{
    for (size_t i = 0; i < contest->count; i++) {
        (void)close(contest->entrants[i].to);
        (void)close(contest->entrants[i].from);
        (void)kill(contest->entrants[i].pid, SIGKILL);
        (void)waitpid(contest->entrants[i].pid, NULL, 0);
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double contest_median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return count == 0 ? 0 : (values[(count - 1) / 2] + values[count / 2]) / 2;
}
