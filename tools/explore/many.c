/* Many runs, dealt out to processes: process k of n makes every n-th run, from the k-th on.
 *
 * Each tells of what it finds through one pipe; all look at one number that they share, the first seed with a
 * finding, beyond which nobody needs to go. So the same runs decide whatever the number of processes. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tools/explore/exploration.h"

enum { MOST_JOBS = 256, MOST_CRASHES = 50 };

/* What the processes share. */
struct board {
    _Atomic uint64_t first;          /* number of the first run with a finding */
    _Atomic uint64_t done, events;   /* runs, and what happened in them */
    _Atomic uint64_t now[MOST_JOBS]; /* the run that a process is at */
};

static void worker(const struct exploration *exploration, struct board *board, uint64_t number,
                   uint64_t from, int out)
{
    alarm(0);
    for (uint64_t i = from; i < exploration->runs; i += (uint64_t)exploration->jobs) {
        if (!exploration->keep_going && i > atomic_load(&board->first))
            break;
        struct variance variance = { .seed = exploration->first_seed + i };
        struct finding finding;
        struct error_list faults = { 0 };
        atomic_store(&board->now[number], i);
        alarm(60);
        explore_once(exploration->scenario, &variance, (struct exploring){ 0 }, &finding, &faults);
        error_list_close(&faults);
        atomic_fetch_add(&board->done, 1);
        atomic_fetch_add(&board->events, finding.events);
        if (!finding_is_one(&finding))
            continue;
        uint64_t first = atomic_load(&board->first);
        while (i < first && !atomic_compare_exchange_weak(&board->first, &first, i))
            ;
        if (write(out, &finding, sizeof finding) != sizeof finding)
            _exit(1);
    }
    _exit(0);
}

static pid_t start(const struct exploration *exploration, struct board *board, uint64_t number,
                   uint64_t from, const int ends[2])
{
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(1);
        worker(exploration, board, number, from, ends[1]);
    }
    return pid;
}

static void take(struct exploration_result *result, const struct finding *finding)
{
    MEM_GROW(result->findings, result->count, result->capacity);
    result->findings[result->count++] = *finding;
}

static int by_seed(const void *a, const void *b)
{
    const uint64_t left = ((const struct finding *)a)->seed;
    const uint64_t right = ((const struct finding *)b)->seed;
    return (left > right) - (left < right);
}

/* A process ended in the middle of a run: that is what it found. */
static void note_crash(const struct exploration *exploration, struct board *board,
                       struct exploration_result *result, uint64_t at)
{
    struct finding crash = { .invariant = "crash",
                             .text = "the program ended in the middle of the run",
                             .seed = exploration->first_seed + at };
    uint64_t first = atomic_load(&board->first);
    while (at < first && !atomic_compare_exchange_weak(&board->first, &first, at))
        ;
    atomic_fetch_add(&board->done, 1);
    take(result, &crash);
}

/* Read findings until a process ends, or nothing comes for a while. */
static void listen(const struct exploration *exploration, const struct board *board, int in,
                   struct exploration_result *result)
{
    struct timeval patience = { .tv_usec = 50000 };
    struct finding finding;
    fd_set ready;
    FD_ZERO(&ready);
    FD_SET(in, &ready);
    while (select(in + 1, &ready, NULL, NULL, &patience) > 0) {
        if (read(in, &finding, sizeof finding) != sizeof finding)
            return;
        take(result, &finding);
        FD_SET(in, &ready);
    }
    if (exploration->progress != NULL)
        exploration->progress(exploration->context,
                              (double)atomic_load(&board->done) / (double)exploration->runs);
}

static void work(const struct exploration *exploration, struct board *board,
                 struct exploration_result *result)
{
    const int jobs = exploration->jobs;
    pid_t *processes = mem_new((size_t)jobs * sizeof *processes);
    int ends[2], left = jobs, crashes = 0;
    if (pipe(ends) != 0)
        abort();
    for (int i = 0; i < jobs; i++)
        processes[i] = start(exploration, board, (uint64_t)i, (uint64_t)i, ends);
    while (left > 0) {
        listen(exploration, board, ends[0], result);
        for (int i = 0, status; i < jobs; i++) {
            if (processes[i] == 0 || waitpid(processes[i], &status, WNOHANG) != processes[i])
                continue;
            processes[i] = 0;
            left--;
            const uint64_t at = atomic_load(&board->now[i]);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                continue;
            note_crash(exploration, board, result, at);
            if (++crashes < MOST_CRASHES) {
                processes[i] = start(exploration, board, (uint64_t)i, at + (uint64_t)jobs, ends);
                left++;
            }
        }
    }
    listen(exploration, board, ends[0], result);
    close(ends[0]);
    close(ends[1]);
    free(processes);
}

struct exploration_result explore_many(const struct exploration *exploration)
{
    struct exploration_result result = { 0 };
    struct exploration dealt = *exploration;
    struct board *board =
        mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED)
        abort();
    dealt.jobs = dealt.jobs < 1 ? 1 : dealt.jobs > MOST_JOBS ? MOST_JOBS : dealt.jobs;
    atomic_store(&board->first, UINT64_MAX);
    work(&dealt, board, &result);
    result.events = atomic_load(&board->events);
    munmap(board, sizeof *board);
    if (result.count > 1)
        qsort(result.findings, result.count, sizeof *result.findings, by_seed);
    result.runs = exploration->runs;
    if (!exploration->keep_going && result.count > 0) {
        result.count = 1; /* what others found beyond is chance */
        result.runs = result.findings[0].seed - exploration->first_seed + 1;
    }
    return result;
}

void exploration_result_close(struct exploration_result *result)
{
    free(result->findings);
    *result = (struct exploration_result){ 0 };
}
