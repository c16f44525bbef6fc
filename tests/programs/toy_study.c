/* toy_study DIR [OPTION]...: a study whose replications are a few draws and a known amount of work, run by
 * the same runner as `seatrial experiment`. Prints its table, made of what it takes.
 *
 * Point p has mean p + 1; a replication draws from the stream of (point, replication). A batch is of so
 * many at each point; the study goes on until every mean is as precise as is wanted. Some take much
 * longer than others, so that they arrive in another order each time. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/chance/stream.h"
#include "sim/stat/interval.h"
#include "tools/experiment/runner.h"

struct toy {
    uint32_t points, batch, most; /* replications of each point */
    double precision;             /* relative half-width; 0: play `most` */
    double work;                  /* thousands of draws that one replication costs, on average */
    struct task failing;
    const char *how; /* segv, exit, fault, hang; NULL: none fails */
    FILE *taken;     /* a line for each that was taken; NULL: none */

    uint32_t asked, judged; /* replications of each point */
    uint32_t looks;
    double *values; /* [point * most + replication] */
    struct task *tasks, *tasks_ahead, *tasks_all;
};

static struct task *list(const struct toy *toy, uint32_t from, uint32_t to, struct task **into,
                         size_t *count)
{
    *count = 0;
    *into = mem_resize(*into, ((size_t)toy->points * (to - from) + 1) * sizeof **into);
    for (uint32_t replication = from; replication < to; replication++)
        for (uint32_t point = 0; point < toy->points; point++)
            (*into)[(*count)++] = (struct task){ point, replication };
    return *into;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct interval interval(const struct toy *toy, uint32_t point)
{
    return interval_of(&toy->values[(size_t)point * toy->most], toy->judged, 0.95);
}

static bool is_precise(const struct toy *toy)
{
    for (uint32_t point = 0; point < toy->points; point++)
        if (toy->judged < 2 || !(interval_relative(interval(toy, point)) <= toy->precision))
            return false;
    return true;
}

static size_t next(void *context, const struct task **tasks)
{
    struct toy *toy = context;
    size_t count;
    toy->judged = toy->asked;
    toy->looks++;
    if (toy->asked == toy->most || (toy->precision > 0 && toy->asked > 0 && is_precise(toy)))
        return 0;
    const uint32_t from = toy->asked;
    toy->asked = least(from + toy->batch, toy->most);
    *tasks = list(toy, from, toy->asked, &toy->tasks, &count);
    return count;
}

static size_t ahead(void *context, const struct task **tasks)
{
    struct toy *toy = context;
    size_t count;
    *tasks =
        list(toy, toy->asked, least(toy->asked + toy->batch, toy->most), &toy->tasks_ahead, &count);
    return count;
}

static size_t all(void *context, const struct task **tasks)
{
    struct toy *toy = context;
    size_t count;
    *tasks = list(toy, 0, toy->most, &toy->tasks_all, &count);
    return count;
}

static bool fail(const char *how, struct error *error)
{
    if (strcmp(how, "segv") == 0)
        signal(SIGSEGV, SIG_DFL), raise(SIGSEGV); /* past handlers of sanitizers and MPI */
    if (strcmp(how, "exit") == 0)
        _exit(7);
    if (strcmp(how, "hang") == 0)
        pause();
    return error_set(error, (struct place){ 0 }, "the toy is broken");
}

static bool play(void *context, struct task task, struct writer *result, struct error *error)
{
    const struct toy *toy = context;
    char name[32];
    snprintf(name, sizeof name, "point/%u", task.point);
    struct stream luck = stream_of(7, "", name, "toy", task.replication);
    if (toy->how != NULL && task.point == toy->failing.point &&
        task.replication == toy->failing.replication)
        return fail(toy->how, error);
    const double value = -log(stream_uniform(&luck)) * (task.point + 1);
    uint64_t draws = (uint64_t)(toy->work * 2000 * stream_uniform(&luck)), sum = 0;
    while (draws-- > 0)
        sum += stream_bits(&luck) >> 32;
    writer_format(result, "{\"value\":%.17g,\"sum\":%llu}", value, (unsigned long long)sum);
    return true;
}

static bool take(void *context, struct task task, const char *json, size_t length,
                 struct error *error)
{
    struct toy *toy = context;
    struct value *document = json_read(json, length, (struct place){ 0 }, NULL, error);
    if (document == NULL)
        return false;
    toy->values[(size_t)task.point * toy->most + task.replication] =
        value_double(value_get(document, "value"), NAN);
    value_drop(document);
    if (toy->taken != NULL)
        fprintf(toy->taken, "%u %u\n", task.point, task.replication);
    return true;
}

static void name(void *context, uint32_t point, struct writer *out)
{
    (void)context;
    writer_format(out, "mean=%u", point + 1);
}

static void replay(void *context, struct task task, struct writer *out)
{
    (void)context;
    writer_format(out, "toy_study --only %u/%u", task.point, task.replication);
}

static void describe(void *context, struct writer *out)
{
    const struct toy *toy = context;
    if (toy->judged > 1)
        writer_format(out, "mean=1: %.4f ± %.4f", interval(toy, 0).mean,
                      interval(toy, 0).half_width);
}

static void print(const struct toy *toy)
{
    printf("looks %u\n", toy->looks);
    for (uint32_t point = 0; point < toy->points; point++)
        printf("point %u replications %u mean %.17g half-width %.17g\n", point, toy->judged,
               interval(toy, point).mean, interval(toy, point).half_width);
}

static const struct option options[] = {
    { "workers", 1, NULL, 'w' },  { "points", 1, NULL, 'p' },
    { "batch", 1, NULL, 'b' },    { "most", 1, NULL, 'm' },
    { "work", 1, NULL, 'k' },     { "precision", 1, NULL, 'u' },
    { "shard", 1, NULL, 's' },    { "fail", 1, NULL, 'f' },
    { "at", 1, NULL, 'a' },       { "taken", 1, NULL, 't' },
    { "identity", 1, NULL, 'i' }, { "program", 1, NULL, 'g' },
    { "guess", 0, NULL, 'n' },    { 0 },
};

/* False with a message. */
static bool read_option(int option, struct toy *toy, struct runner_job *job)
{
    struct error error = { 0 };
    switch (option) {
    case 'w':
        job->workers = (unsigned)atoi(optarg);
        return true;
    case 'p':
        toy->points = (uint32_t)atoi(optarg);
        return true;
    case 'b':
        toy->batch = (uint32_t)atoi(optarg);
        return true;
    case 'm':
        toy->most = (uint32_t)atoi(optarg);
        return true;
    case 'k':
        toy->work = atof(optarg);
        return true;
    case 'u':
        toy->precision = atof(optarg);
        return true;
    case 'f':
        toy->how = optarg;
        return true;
    case 'a':
        return sscanf(optarg, "%u/%u", &toy->failing.point, &toy->failing.replication) == 2;
    case 't':
        return (toy->taken = fopen(optarg, "a")) != NULL;
    case 'i':
        job->identity = optarg;
        return true;
    case 'g':
        job->program = optarg;
        return true;
    case 'n':
        job->ahead = NULL;
        return true;
    case 's':
        if (shard_read(optarg, &job->shard, &error))
            return true;
        fprintf(stderr, "toy_study: %s\n", error.text);
        error_close(&error);
        return false;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct toy toy = { .points = 3, .batch = 5, .most = 40, .work = 1 };
    struct runner_job job = {
        .identity = "0123456789abcdef",
        .program = "1",
        .document = "kind: Toy\n",
        .context = &toy,
        .next = next,
        .ahead = ahead,
        .all = all,
        .play = play,
        .take = take,
        .name = name,
        .replay = replay,
        .describe = describe,
    };
    struct runner_tally tally;
    struct error error = { 0 };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!read_option(option, &toy, &job))
            return 2;
    if (optind != argc - 1)
        return 2;
    if (toy.taken != NULL)
        setvbuf(toy.taken, NULL, _IONBF, 0); /* what was said is said, whoever is killed */
    job.directory = argv[optind];
    job.points = toy.points;
    toy.values = mem_new((size_t)toy.points * toy.most * sizeof *toy.values);
    const enum runner_end end = runner_run(&job, &tally, &error);
    if (end == RUNNER_DONE && job.shard.count == 0)
        print(&toy);
    if (end == RUNNER_DONE)
        fprintf(stderr, "found %zu played %zu ahead %zu\n", tally.found, tally.played, tally.ahead);
    else
        fprintf(stderr, "toy_study: %s\n", error.text);
    error_close(&error);
    if (toy.taken != NULL)
        fclose(toy.taken);
    free(toy.values);
    free(toy.tasks);
    free(toy.tasks_ahead);
    free(toy.tasks_all);
    return runner_exit_status(end);
}
