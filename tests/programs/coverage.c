/* How often intervals of 95 % cover the truth: 1,000 repeated experiments for each way to make one, on
 * models whose answers are known. Prints a table; exit status 1 when a share is not within 93 to 97 %.
 *
 *     coverage [EXPERIMENTS] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"
#include "tests/support/parts.h"

static const double confidence = 0.95;

/* What one run of a model shows: a series, and where it begins anew. */
struct recorder {
    struct batches batches;
    struct regeneration cycles;
    double reward, length; /* of the cycle under way */
    double sum, count;     /* of everything */
    bool keeps;            /* past the warm-up */
};

static void record(struct recorder *recorder, double reward, double length)
{
    recorder->reward += reward;
    recorder->length += length;
    recorder->sum += recorder->keeps ? reward : 0;
    recorder->count += recorder->keeps ? length : 0;
}

static void begin_cycle(struct recorder *recorder)
{
    if (recorder->length > 0)
        regeneration_add(&recorder->cycles, recorder->reward, recorder->length);
    recorder->reward = recorder->length = 0;
}

/* ---- M/M/1: the mean wait in line, service of mean 1 ---- */

struct queue_model {
    struct run *run;
    struct recorder *recorder;
    struct stream arrivals, services;
    double rate, speed;
    sim_time *line; /* of those in line: when they came */
    size_t first, waiting, places;
    bool busy;
};

static sim_time exponential(struct stream *stream, double mean)
{
    return sim_time_from_seconds(-mean * log(stream_uniform(stream)));
}

static void customer_leaves(void *subject, sim_time now);

static void serve(struct queue_model *queue, sim_time arrived, sim_time now)
{
    const double wait = sim_time_to_seconds(now - arrived);
    record(queue->recorder, wait, 1);
    if (queue->recorder->keeps)
        batches_add(&queue->recorder->batches, wait);
    queue->busy = true;
    run_at(queue->run, now + exponential(&queue->services, 1 / queue->speed), PRIORITY_WORLD,
           customer_leaves, queue);
}

static void customer_leaves(void *subject, sim_time now)
{
    struct queue_model *queue = subject;
    queue->busy = false;
    if (queue->waiting == 0)
        return;
    const sim_time arrived = queue->line[queue->first];
    queue->first = (queue->first + 1) % queue->places;
    queue->waiting--;
    serve(queue, arrived, now);
}

static void customer_comes(void *subject, sim_time now)
{
    struct queue_model *queue = subject;
    run_at(queue->run, now + exponential(&queue->arrivals, 1 / queue->rate), PRIORITY_WORLD,
           customer_comes, queue);
    if (!queue->busy) {
        begin_cycle(queue->recorder);
        serve(queue, now, now);
    } else if (queue->waiting < queue->places) {
        queue->line[(queue->first + queue->waiting++) % queue->places] = now;
    }
}

/* Whose luck a run has: replication `number` of an experiment, or its mirror. */
struct draw {
    uint64_t experiment, number;
    bool mirrored;
};

static struct stream drawn_by(struct draw draw, const char *purpose)
{
    char entity[64];
    snprintf(entity, sizeof entity, "experiment/%llu", (unsigned long long)draw.experiment);
    const struct stream stream = stream_of(1, "", entity, purpose, draw.number);
    return draw.mirrored ? stream_antithetic(stream) : stream;
}

/* Run for so many seconds, of which the first `warmup` are not kept. */
static void run_queue(struct recorder *recorder, struct draw draw, double speed, double warmup,
                      double seconds)
{
    enum { PLACES = 1 << 14 };
    struct queue_model queue = {
        .run = run_new(draw.experiment),
        .recorder = recorder,
        .arrivals = drawn_by(draw, "arrivals"),
        .services = drawn_by(draw, "services"),
        .rate = 0.8,
        .speed = speed,
        .line = mem_new(PLACES * sizeof(sim_time)),
        .places = PLACES,
    };
    *recorder = (struct recorder){ 0 };
    batches_init(&recorder->batches, 50);
    run_at(queue.run, 0, PRIORITY_WORLD, customer_comes, &queue);
    run_until(queue.run, sim_time_from_seconds(warmup));
    recorder->keeps = true;
    run_until(queue.run, sim_time_from_seconds(seconds));
    run_free(queue.run);
    free(queue.line);
}

static double wait_in_line(double speed)
{
    const double rho = 0.8 / speed;
    return rho / (1 - rho) / speed;
}

/* ---- two states: the share of the time that a part is down; 99 up, 1 down on average ---- */

struct part_model {
    struct run *run;
    struct recorder *recorder;
    struct stream lives, repairs;
    double repair; /* its mean */
    bool down;
    sim_time since, unit_ends; /* downtime is summed up unit by unit */
    double in_unit;
};

enum { UNIT = 200 }; /* seconds */

/* Let a stay in one state pass, cut at the ends of units. */
static void pass(struct part_model *part, sim_time now)
{
    while (part->since < now) {
        const sim_time end = now < part->unit_ends ? now : part->unit_ends;
        const double length = sim_time_to_seconds(end - part->since);
        record(part->recorder, part->down ? length : 0, length);
        part->in_unit += part->down ? length : 0;
        part->since = end;
        if (end < part->unit_ends)
            continue;
        batches_add(&part->recorder->batches, part->in_unit / UNIT);
        part->in_unit = 0;
        part->unit_ends += UNIT * SIM_SECOND;
    }
}

static void part_turns(void *subject, sim_time now)
{
    struct part_model *part = subject;
    pass(part, now);
    part->down = !part->down;
    if (!part->down)
        begin_cycle(part->recorder);
    const sim_time stay =
        part->down ? exponential(&part->repairs, part->repair) : exponential(&part->lives, 99);
    run_at(part->run, now + stay, PRIORITY_WORLD, part_turns, part);
}

static void run_part(struct recorder *recorder, struct draw draw, double repair, double seconds)
{
    struct part_model part = {
        .run = run_new(draw.experiment),
        .recorder = recorder,
        .lives = drawn_by(draw, "lives"),
        .repairs = drawn_by(draw, "repairs"),
        .repair = repair,
        .down = true, /* repaired at time 0 */
        .unit_ends = UNIT * SIM_SECOND,
    };
    *recorder = (struct recorder){ .keeps = true };
    batches_init(&recorder->batches, 1);
    run_at(part.run, 0, PRIORITY_WORLD, part_turns, &part);
    run_until(part.run, sim_time_from_seconds(seconds));
    pass(&part, sim_time_from_seconds(seconds));
    run_free(part.run);
}

static double share_down(double repair)
{
    return repair / (99 + repair);
}

/* ---- experiments ---- */

enum { REPLICATIONS = 20 };

static double average(const struct recorder *recorder)
{
    return recorder->sum / recorder->count;
}

static struct interval queue_replicated(uint64_t experiment)
{
    double means[REPLICATIONS];
    struct recorder recorder;
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        run_queue(&recorder, (struct draw){ experiment, i, false }, 1, 1000, 13000);
        means[i] = average(&recorder);
    }
    return interval_of(means, REPLICATIONS, confidence);
}

static struct interval queue_in_batches(uint64_t experiment)
{
    struct recorder recorder;
    run_queue(&recorder, (struct draw){ experiment, 0, false }, 1, 1000, 601000);
    return batches_interval(&recorder.batches, confidence, NULL);
}

static struct interval queue_in_cycles(uint64_t experiment)
{
    struct recorder recorder;
    run_queue(&recorder, (struct draw){ experiment, 0, false }, 1, 0, 600000);
    return regeneration_interval(&recorder.cycles, confidence);
}

/* The same customers before servers of speed 1 and 1.1. */
static struct interval queues_in_pairs(uint64_t experiment)
{
    double slow[REPLICATIONS], fast[REPLICATIONS];
    struct recorder recorder;
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        run_queue(&recorder, (struct draw){ experiment, i, false }, 1, 1000, 13000);
        slow[i] = average(&recorder);
        run_queue(&recorder, (struct draw){ experiment, i, false }, 1.1, 1000, 13000);
        fast[i] = average(&recorder);
    }
    return interval_of_difference(slow, fast, REPLICATIONS, confidence);
}

/* Each other run is the mirror of the one before. */
static struct interval queue_mirrored(uint64_t experiment)
{
    double means[REPLICATIONS];
    struct recorder recorder;
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        run_queue(&recorder, (struct draw){ experiment, i / 2, i % 2 == 1 }, 1, 1000, 13000);
        means[i] = average(&recorder);
    }
    return interval_of_pairs(means, REPLICATIONS, confidence);
}

static struct interval part_replicated(uint64_t experiment)
{
    double shares[REPLICATIONS];
    struct recorder recorder;
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        run_part(&recorder, (struct draw){ experiment, i, false }, 1, 20000);
        shares[i] = average(&recorder);
    }
    return interval_of(shares, REPLICATIONS, confidence);
}

static struct interval part_in_batches(uint64_t experiment)
{
    struct recorder recorder;
    run_part(&recorder, (struct draw){ experiment, 0, false }, 1, 400000);
    return batches_interval(&recorder.batches, confidence, NULL);
}

static struct interval part_in_cycles(uint64_t experiment)
{
    struct recorder recorder;
    run_part(&recorder, (struct draw){ experiment, 0, false }, 1, 400000);
    return regeneration_interval(&recorder.cycles, confidence);
}

/* The same lives with repairs that take 1 and 2 seconds on average. */
static struct interval parts_in_pairs(uint64_t experiment)
{
    double quick[REPLICATIONS], slow[REPLICATIONS];
    struct recorder recorder;
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        run_part(&recorder, (struct draw){ experiment, i, false }, 1, 20000);
        quick[i] = average(&recorder);
        run_part(&recorder, (struct draw){ experiment, i, false }, 2, 20000);
        slow[i] = average(&recorder);
    }
    return interval_of_difference(slow, quick, REPLICATIONS, confidence);
}

static struct interval part_mirrored(uint64_t experiment)
{
    double shares[REPLICATIONS];
    struct recorder recorder;
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        run_part(&recorder, (struct draw){ experiment, i / 2, i % 2 == 1 }, 1, 20000);
        shares[i] = average(&recorder);
    }
    return interval_of_pairs(shares, REPLICATIONS, confidence);
}

/* ---- three parts, all of which are seldom down: importance splitting ---- */

enum { PART_LIFE = 32 };

static double share_all_down(void)
{
    return pow(1.0 / (PART_LIFE + 1), 3);
}

static struct interval parts_split(uint64_t experiment)
{
    const struct splitting splitting = {
        .levels = 2, .thresholds = { 1, 2 }, .copies = { 8, 16 }, .until = 410 * SIM_SECOND
    };
    const sim_time warmup = 10 * SIM_SECOND;
    struct distribution *life = distribution_new_exponential(PART_LIFE);
    struct distribution *repair = distribution_new_exponential(1);
    double shares[REPLICATIONS];
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        struct parts *parts = parts_new(run_new(experiment * REPLICATIONS + i),
                                        (struct parts_plan){ 3, 3, 1, life, repair });
        struct splitting_tally tally = { 0 };
        run_until(parts->run, warmup);
        splitting_play(&splitting, &parts_splitting, parts, &tally, NULL);
        shares[i] = tally.reward / sim_time_to_seconds(splitting.until - warmup);
        parts_free(parts);
    }
    distribution_free(life);
    distribution_free(repair);
    return interval_of(shares, REPLICATIONS, confidence);
}

struct way {
    const char *model, *name;
    struct interval (*make)(uint64_t experiment);
    double truth;
};

static bool try_way(const struct way *way, uint64_t experiments)
{
    uint64_t covered = 0;
    double width = 0;
    for (uint64_t i = 0; i < experiments; i++) {
        const struct interval interval = way->make(i);
        covered += fabs(interval.mean - way->truth) <= interval.half_width;
        width += interval.half_width / fabs(way->truth) / (double)experiments;
    }
    const struct bounds share = proportion_of(covered, experiments, confidence);
    const bool good = share.estimate >= 0.93 && share.estimate <= 0.97;
    printf("| %s | %s | %.6g | %.1f %% | %.1f %% | [%.1f, %.1f] | %s |\n", way->model, way->name,
           way->truth, 100 * width, 100 * share.estimate, 100 * share.lower, 100 * share.upper,
           good ? "yes" : "NO");
    fflush(stdout);
    return good;
}

int main(int argc, char **argv)
{
    const struct way ways[] = {
        { "M/M/1, load 0.8: mean wait", "replication", queue_replicated, wait_in_line(1) },
        { "", "batch means", queue_in_batches, wait_in_line(1) },
        { "", "regenerative", queue_in_cycles, wait_in_line(1) },
        { "", "paired difference", queues_in_pairs, wait_in_line(1) - wait_in_line(1.1) },
        { "", "antithetic pairs", queue_mirrored, wait_in_line(1) },
        { "two states: share down", "replication", part_replicated, share_down(1) },
        { "", "batch means", part_in_batches, share_down(1) },
        { "", "regenerative", part_in_cycles, share_down(1) },
        { "", "paired difference", parts_in_pairs, share_down(2) - share_down(1) },
        { "", "antithetic pairs", part_mirrored, share_down(1) },
        { "three parts: share all down", "importance splitting", parts_split, share_all_down() },
    };
    const uint64_t experiments = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
    bool good = true;
    printf("# Coverage of intervals\n\n%llu repeated experiments each; intervals of 95 %%. "
           "`make coverage` writes this file.\n\n"
           "| model | interval | truth | half-width | covered | 95 %% of that | 93 to 97 |\n"
           "| --- | --- | ---: | ---: | ---: | --- | --- |\n",
           (unsigned long long)experiments);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        good = try_way(&ways[i], experiments) && good;
    return good ? 0 : 1;
}
