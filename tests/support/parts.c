/* Two kinds of events: a part fails, and a repair ends. */
#include "tests/support/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/chain.h"

static void part_due(void *subject, sim_time now);

/* ---- times ---- */

static const struct distribution *length_of(const struct part *part)
{
    return part->state == PART_WORKS ? part->parts->plan.life : part->parts->plan.repair;
}

static void arm(struct part *part, double seconds)
{
    struct run *run = part->parts->run;
    run_cancel(run, &part->due);
    part->due = run_at(run, sim_time_after(run_now(run), sim_time_from_seconds(seconds)),
                       PRIORITY_WORLD, part_due, part);
}

static void part_begins(struct part *part, enum part_state state, sim_time now)
{
    part->state = state;
    part->since = now;
    arm(part, distribution_sample(length_of(part), &part->luck));
}

static void redraw(void *subject, uint64_t salt)
{
    struct parts *parts = subject;
    const sim_time now = run_now(parts->run);
    for (int i = 0; i < parts->plan.count; i++) {
        struct part *part = &parts->items[i];
        part->luck = stream_branch(part->luck, salt);
        if (part->state != PART_WAITS)
            arm(part, distribution_sample_residual(
                          length_of(part), sim_time_to_seconds(now - part->since), &part->luck));
    }
}

/* ---- events ---- */

static void settle(struct parts *parts, sim_time now, int more)
{
    parts->failed += more;
    level_set(&parts->failed_level, now, parts->failed);
    level_set(&parts->down_level, now, parts_down(parts));
    if (parts->changed != NULL)
        parts->changed(parts->context, parts, now);
}

static void part_fails(struct part *part, sim_time now)
{
    struct parts *parts = part->parts;
    const int in_repair = parts->failed - parts->waiting;
    if (in_repair < parts->plan.repairers) {
        part_begins(part, PART_IN_REPAIR, now);
    } else {
        part->state = PART_WAITS;
        parts->line[parts->waiting++] = (int)(part - parts->items);
    }
    settle(parts, now, 1);
}

static void part_is_repaired(struct part *part, sim_time now)
{
    struct parts *parts = part->parts;
    part_begins(part, PART_WORKS, now);
    if (parts->waiting > 0) {
        part_begins(&parts->items[parts->line[0]], PART_IN_REPAIR, now);
        memmove(parts->line, parts->line + 1, (size_t)--parts->waiting * sizeof *parts->line);
    }
    settle(parts, now, -1);
}

static void part_due(void *subject, sim_time now)
{
    struct part *part = subject;
    part->due = 0;
    if (part->state == PART_WORKS)
        part_fails(part, now);
    else
        part_is_repaired(part, now);
}

/* ---- set up ---- */

static size_t size_of(int count)
{
    return sizeof(struct parts) + (size_t)count * sizeof(struct part);
}

struct parts *parts_new(struct run *run, struct parts_plan plan)
{
    struct parts *parts = mem_new(size_of(plan.count));
    assert(plan.count <= (int)(sizeof parts->line / sizeof *parts->line));
    parts->run = run;
    parts->plan = plan;
    level_init(&parts->failed_level, run_now(run), 0);
    level_init(&parts->down_level, run_now(run), parts_down(parts));
    for (int i = 0; i < plan.count; i++) {
        struct part *part = &parts->items[i];
        part->parts = parts;
        part->luck = run_stream(run, "", "part", "life", (uint64_t)i);
        part_begins(part, PART_WORKS, run_now(run));
    }
    parts->luck = (struct luck_holder){ .reseeded = redraw, .subject = parts };
    luck_hold(run, &parts->luck);
    return parts;
}

void parts_free(struct parts *parts)
{
    luck_leave(&parts->luck);
    run_free(parts->run);
    free(parts);
}

/* ---- splitting ---- */

static struct run *run_of(void *state)
{
    return ((struct parts *)state)->run;
}

static double count_failed(void *state)
{
    return ((struct parts *)state)->failed;
}

static double is_down(void *state)
{
    return parts_down(state);
}

/* The same parts in a run of their own. What was to come in the first run is drawn by redraw(). */
static struct parts *copy_of(const struct parts *parts)
{
    struct parts *copy = mem_new(size_of(parts->plan.count));
    memcpy(copy, parts, size_of(parts->plan.count));
    copy->run = run_new(parts->run->seed);
    copy->run->luck = parts->run->luck;
    queue_advance(copy->run->queue, run_now(parts->run));
    for (int i = 0; i < copy->plan.count; i++) {
        copy->items[i].parts = copy;
        copy->items[i].due = 0;
    }
    copy->luck = (struct luck_holder){ .reseeded = redraw, .subject = copy };
    luck_hold(copy->run, &copy->luck);
    return copy;
}

static bool branch(void *state, uint64_t salt, const struct splitting_trial *trial,
                   struct splitting_tally *tally, struct error *error)
{
    struct parts *copy = copy_of(state);
    run_reseed(copy->run, salt);
    const bool done = splitting_play_copy(trial, copy, tally, error);
    parts_free(copy);
    return done;
}

const struct splitting_model parts_splitting = { run_of, count_failed, is_down, branch };

double parts_plain_cost(struct parts_plan plan)
{
    const size_t count = (size_t)plan.count;
    struct chain *chain = chain_new(count + 1);
    double down[17] = { 0 };
    for (size_t i = 0; i < count; i++) {
        chain_rate(chain, i, i + 1, (double)(count - i) / distribution_mean(plan.life));
        chain_rate(chain, i + 1, i, (double)(i + 1) / distribution_mean(plan.repair));
    }
    down[count] = 1;
    chain_solve(chain);
    const double cost = chain_variance(chain, down) * chain_events(chain);
    chain_free(chain);
    return cost;
}
