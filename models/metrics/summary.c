/* How the metrics print what they share into the summary. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/failures/failures.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"

enum { CURVE_POINTS = 2000 }; /* of a curve, at most */

bool root_is_failure(const struct run *run, uint32_t root)
{
    const char *kind = run->roots[root].kind;
    return failures_include(kind) || strcmp(kind, "container-exit") == 0;
}

char *root_print(const struct run *run, uint32_t root)
{
    const struct text *name = run->roots[root].name;
    return name ? mem_text(name->s, name->length) : mem_format("%s", run->roots[root].kind);
}

/* Nanoseconds, of one replica or summed over many, as a number of seconds. */
static struct value *nanoseconds_print(replica_time time)
{
    char text[40];
    if (time == 0)
        return value_shared_zero();
    const replica_time size = time < 0 ? -time : time;
    int length = snprintf(text, sizeof text, "%s%" PRId64 ".%09" PRId64, time < 0 ? "-" : "",
                          (int64_t)(size / SIM_SECOND), (int64_t)(size % SIM_SECOND));
    while (text[length - 1] == '0')
        length--;
    text[text[length - 1] == '.' ? length - 1 : length] = '\0';
    return value_new_number(text);
}

struct value *seconds_print(sim_time time)
{
    return time == SIM_FOREVER ? value_shared_null() : nanoseconds_print(time);
}

struct value *number_print(double number)
{
    return isfinite(number) ? value_new_double(number) : value_shared_null();
}

struct value *tally_print(struct tally *tally)
{
    if (tally->count == 0)
        return value_shared_null();
    struct value *map = value_new_map();
    value_set(map, "count", value_new_int((int64_t)tally->count));
    value_set(map, "mean", number_print(tally->mean));
    value_set(map, "p50", number_print(tally_quantile(tally, 0.50)));
    value_set(map, "p95", number_print(tally_quantile(tally, 0.95)));
    value_set(map, "p99", number_print(tally_quantile(tally, 0.99)));
    value_set(map, "max", number_print(tally->most));
    return map;
}

static double share(sim_time part, sim_time whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

/* Losses with equal kinds of root, added up; `from` is where the first of a kind stands. */
static struct value *cause_print(const struct availability *of, const struct run *run,
                                 uint32_t from)
{
    const char *kind = run->roots[of->losses[from].root].kind;
    struct loss sum = { 0 };
    int64_t roots = 0;
    for (uint32_t i = from; i < of->loss_count; i++) {
        const struct loss *loss = &of->losses[i];
        if (strcmp(run->roots[loss->root].kind, kind) != 0)
            continue;
        sum.downtime += loss->downtime;
        sum.missing += loss->missing;
        sum.outages += loss->outages;
        sum.replicas += loss->replicas;
        roots++;
    }
    struct value *map = value_new_map();
    value_set(map, "kind", value_new_string(kind));
    value_set(map, "downtimeSeconds", seconds_print(sum.downtime));
    value_set(map, "downtimeShare", number_print(share(sum.downtime, of->downtime)));
    value_set(map, "notReadyReplicaSeconds", nanoseconds_print(sum.missing));
    value_set(map, "outages", value_new_int(sum.outages));
    value_set(map, "replicasLost", value_new_int(sum.replicas));
    value_set(map, "roots", value_new_int(roots));
    return map;
}

static bool is_first_of_kind(const struct availability *of, const struct run *run, uint32_t index)
{
    const char *kind = run->roots[of->losses[index].root].kind;
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(run->roots[of->losses[i].root].kind, kind) == 0)
            return false;
    return true;
}

static struct value *causes_print(const struct availability *of, const struct run *run)
{
    struct value *list = value_new_list();
    for (uint32_t i = 0; i < of->loss_count; i++)
        if (is_first_of_kind(of, run, i))
            value_add(list, cause_print(of, run, i));
    return list;
}

/* Each root that cost something, by when it began to: for marks on a curve. */
static struct value *losses_print(const struct availability *of, const struct run *run)
{
    struct value *list = value_new_list();
    for (uint32_t i = 0; i < of->loss_count; i++) {
        const struct loss *loss = &of->losses[i];
        struct value *map = value_new_map();
        char *cause = root_print(run, loss->root);
        value_set(map, "cause", value_new_string(cause));
        value_set(map, "kind", value_new_string(run->roots[loss->root].kind));
        value_set(map, "atSeconds", seconds_print(run->roots[loss->root].at));
        value_set(map, "downtimeSeconds", seconds_print(loss->downtime));
        value_set(map, "notReadyReplicaSeconds", nanoseconds_print(loss->missing));
        value_add(list, map);
        free(cause);
    }
    return list;
}

static struct value *outages_print(const struct availability *of, const struct run *run)
{
    struct value *list = value_new_list();
    for (uint32_t i = 0; i < of->outage_count; i++) {
        const struct outage *outage = &of->outages[i];
        struct value *map = value_new_map();
        char *cause = root_print(run, outage->cause.root);
        bool over = outage->end != SIM_FOREVER;
        value_set(map, "startSeconds", seconds_print(outage->start));
        value_set(map, "endSeconds", seconds_print(outage->end));
        value_set(map, "seconds", seconds_print((over ? outage->end : of->last) - outage->start));
        value_set(map, "cause", value_new_string(cause));
        value_set(map, "line", value_new_int((int64_t)outage->cause.id));
        value_add(list, map);
        free(cause);
    }
    return list;
}

static struct value *step_print(const struct level_step *step)
{
    struct value *point = value_new_list();
    value_add(point, seconds_print(step->at));
    value_add(point, value_new_int(step->wanted));
    value_add(point, value_new_int(step->ready));
    return point;
}

/* The curve of [seconds, wanted, ready]. Of a long one the first and the last step, and in each
 * stretch between the one with the fewest ready and the last: no dip is lost, nor its end. */
static struct value *curve_print(const struct availability *of)
{
    struct value *list = value_new_list();
    const uint32_t stretch = of->step_count / (CURVE_POINTS / 2) + 1;
    if (of->step_count > 0)
        value_add(list, step_print(&of->steps[0]));
    for (uint32_t i = 1; i < of->step_count; i += stretch) {
        const uint32_t last = (i + stretch < of->step_count ? i + stretch : of->step_count) - 1;
        uint32_t lowest = i;
        for (uint32_t j = i; j <= last; j++)
            if (of->steps[j].ready < of->steps[lowest].ready)
                lowest = j;
        if (lowest != last)
            value_add(list, step_print(&of->steps[lowest]));
        value_add(list, step_print(&of->steps[last]));
    }
    return list;
}

void availability_print(struct availability *of, const struct run *run, struct value *into)
{
    availability_advance(of, run_now(run));
    sim_time observed = availability_observed(of);
    value_set(into, "wanted", value_new_int(of->wanted));
    value_set(into, "ready", value_new_int(of->ready));
    value_set(into, "availability",
              observed > 0 ? number_print(1 - share(of->downtime, observed)) : value_new_null());
    value_set(into, "bringUpSeconds",
              of->counting ? seconds_print(of->brought_up) : value_new_null());
    value_set(into, "observedSeconds", seconds_print(observed));
    value_set(into, "downtimeSeconds", seconds_print(of->downtime));
    value_set(into, "degradedSeconds", seconds_print(of->degraded));
    value_set(into, "notReadyReplicaSeconds", nanoseconds_print(of->missing));
    value_set(into, "outages", outages_print(of, run));
    value_set(into, "causes", causes_print(of, run));
    value_set(into, "losses", losses_print(of, run));
    value_set(into, "curve", curve_print(of));
}

/* Downtime by kind of root: a family of its own, as its sum is told already. */
static void causes_sample(const struct availability *of, const struct run *run,
                          struct object_key key, const struct sampler *to)
{
    for (uint32_t i = 0; i < of->loss_count; i++) {
        const char *kind = run->roots[of->losses[i].root].kind;
        sim_time downtime = 0;
        if (!is_first_of_kind(of, run, i))
            continue;
        for (uint32_t j = i; j < of->loss_count; j++)
            if (strcmp(run->roots[of->losses[j].root].kind, kind) == 0)
                downtime += of->losses[j].downtime;
        if (downtime > 0)
            sample_take(to, "seatrial_downtime_by_cause_seconds_total",
                        sim_time_to_seconds(downtime), kind_infos[key.kind].name, text_s(key.space),
                        text_s(key.name), kind);
    }
}

void availability_sample(struct availability *of, const struct run *run, struct object_key key,
                         const struct sampler *to)
{
    const char *kind = kind_infos[key.kind].name, *space = text_s(key.space),
               *name = text_s(key.name);
    availability_advance(of, run_now(run));
    if (!of->counting)
        return;
    sample_take(to, "seatrial_observed_seconds_total",
                sim_time_to_seconds(availability_observed(of)), kind, space, name);
    sample_take(to, "seatrial_downtime_seconds_total", sim_time_to_seconds(of->downtime), kind,
                space, name);
    sample_take(to, "seatrial_degraded_seconds_total", sim_time_to_seconds(of->degraded), kind,
                space, name);
    sample_take(to, "seatrial_missing_replica_seconds_total", (double)of->missing / SIM_SECOND,
                kind, space, name);
    sample_take(to, "seatrial_outages_total", of->outage_count, kind, space, name);
    causes_sample(of, run, key, to);
}

struct value *row_head_print(const struct run *run, struct object_key key, bool deleted,
                             struct availability *availability, struct recovery *recovery)
{
    struct value *map = value_new_map();
    value_set(map, "kind", value_new_string(kind_infos[key.kind].name));
    value_set(map, "namespace", value_new_string(text_s(key.space)));
    value_set(map, "name", value_new_string(text_s(key.name)));
    value_set(map, "deleted", value_new_bool(deleted));
    availability_print(availability, run, map);
    recovery_print(recovery, map);
    return map;
}
