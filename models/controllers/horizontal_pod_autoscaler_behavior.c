/* What is left of a recommendation: windows, rates, bounds.
 *
 * Follows normalizeDesiredReplicas() and normalizeDesiredReplicasWithBehaviors() of
 * pkg/controller/podautoscaler/horizontal.go, in the release named in docs/fidelity.md. There every sync
 * takes a moment, so that what is remembered is never exactly a window old; here it can be, and counts
 * as older. */
#include <math.h>

#include "models/controllers/horizontal_pod_autoscaler_private.h"
#include "sim/base/memory.h"

static int32_t lesser(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Sums wrap around, as Go's do. */
static int32_t plus(int64_t a, int64_t b)
{
    return (int32_t)(uint32_t)(uint64_t)(a + b);
}

/* ---- what was recommended lately ---- */

static bool is_older(sim_time at, sim_time window, sim_time now)
{
    return now - at >= window;
}

static sim_time seconds(int64_t count)
{
    return count * SIM_SECOND;
}

/* How long what the metrics ask for is remembered, on the way down and on the way up. */
struct windows {
    sim_time down, up;
};

static struct windows windows_of(const struct autoscaler_spec *spec, sim_time window)
{
    if (!spec->has_behavior)
        return (struct windows){ window, 0 };
    return (struct windows){ spec->down.window_seconds >= 0 ? seconds(spec->down.window_seconds)
                                                            : window - window % SIM_SECOND,
                             spec->up.window_seconds >= 0 ? seconds(spec->up.window_seconds) : 0 };
}

/* In the place of the last one that is too old for both windows, or at the end. */
static void remember(struct autoscaler_memory *memory, struct windows windows, int32_t replicas,
                     sim_time now)
{
    struct recommendations *list = &memory->recommendations;
    const sim_time longest = windows.down > windows.up ? windows.down : windows.up;
    const struct recommendation newest = { replicas, now };
    for (size_t i = list->count; i-- > 0;)
        if (is_older(list->items[i].at, longest, now)) {
            list->items[i] = newest;
            return;
        }
    MEM_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = newest;
}

/* The highest of a window, or its lowest, with this one. */
static int32_t extreme(const struct autoscaler_memory *memory, sim_time window, int32_t replicas,
                       int32_t choose(int32_t, int32_t), sim_time now)
{
    const struct recommendations *list = &memory->recommendations;
    for (size_t i = 0; i < list->count; i++)
        if (!is_older(list->items[i].at, window, now))
            replicas = choose(replicas, list->items[i].replicas);
    return replicas;
}

void autoscaler_note_idle(struct autoscaler_memory *memory, const struct autoscaler_spec *spec,
                          sim_time window, int32_t desired, sim_time at)
{
    remember(memory, windows_of(spec, window), desired, at);
}

/* ---- how much was scaled lately ---- */

static int32_t changed_within(const struct scale_events *events, int32_t period_seconds,
                              sim_time now)
{
    int32_t sum = 0;
    for (size_t i = 0; i < events->count; i++)
        if (!is_older(events->items[i].at, seconds(period_seconds), now))
            sum = plus(sum, events->items[i].change);
    return sum;
}

static int32_t longest_period(const struct scaling_rules *rules)
{
    int32_t longest = 0;
    for (size_t i = 0; i < rules->policy_count; i++)
        longest = greater(longest, rules->policies[i].period_seconds);
    return longest;
}

static void remember_scaling(struct scale_events *events, const struct scaling_rules *rules,
                             int32_t change, sim_time now)
{
    const sim_time period = seconds(longest_period(rules));
    struct scale_event *outdated = NULL;
    for (size_t i = 0; i < events->count; i++) {
        events->items[i].outdated |= is_older(events->items[i].at, period, now);
        if (events->items[i].outdated)
            outdated = &events->items[i];
    }
    if (outdated == NULL) {
        MEM_GROW(events->items, events->count, events->capacity);
        outdated = &events->items[events->count++];
    }
    *outdated = (struct scale_event){ change, now, false };
}

void autoscaler_note_scaling(struct autoscaler_memory *memory, const struct autoscaler_spec *spec,
                             int32_t before, int32_t after, sim_time now)
{
    if (!spec->has_behavior)
        return;
    if (after > before)
        remember_scaling(&memory->up, &spec->up, plus(after, -(int64_t)before), now);
    else
        remember_scaling(&memory->down, &spec->down, plus(before, -(int64_t)after), now);
}

/* ---- bounds ---- */

static int32_t proposed(const struct scaling_policy *policy, int32_t start, bool up)
{
    const double share = (double)policy->value / 100;
    if (!policy->percent)
        return up ? plus(start, policy->value) : plus(start, -(int64_t)policy->value);
    return up ? go_int32(ceil((double)start * (1 + share))) : go_int32((double)start * (1 - share));
}

/* How far the policies let it go from here. */
static int32_t limit_of(const struct autoscaler_memory *memory, const struct scaling_rules *rules,
                        bool up, int32_t current, sim_time now)
{
    const bool farthest_is_greatest = up == (rules->select == SELECT_MAX);
    int32_t limit = farthest_is_greatest ? INT32_MIN : INT32_MAX;
    if (rules->select == SELECT_DISABLED)
        return current;
    for (size_t i = 0; i < rules->policy_count; i++) {
        const struct scaling_policy *policy = &rules->policies[i];
        const int32_t added = changed_within(&memory->up, policy->period_seconds, now);
        const int32_t taken = changed_within(&memory->down, policy->period_seconds, now);
        const int32_t allowed = proposed(policy, plus((int64_t)current - added, taken), up);
        limit = farthest_is_greatest ? greater(limit, allowed) : lesser(limit, allowed);
    }
    return up ? greater(limit, current) : lesser(limit, current);
}

static void limited(struct normalized *into, int32_t replicas, const char *reason,
                    const char *message)
{
    into->limited = into->replicas != replicas;
    into->replicas = replicas;
    into->limit_reason = reason;
    into->limit_message = message;
}

static const char too_fast[] =
    "the desired replica count is increasing faster than the maximum scale rate";
static const char too_many[] = "the desired replica count is more than the maximum replica count";
static const char too_few[] = "the desired replica count is less than the minimum replica count";
static const char within[] = "the desired count is within the acceptable range";

/* Without a behavior: at most twice as many, or four. */
static void bound_plainly(struct normalized *into, const struct autoscaler_spec *spec,
                          int32_t current)
{
    const int32_t limit = go_int32(fmax(2.0 * (double)current, 4.0));
    const bool rate_limits = spec->max_replicas > limit;
    if (into->replicas < spec->min_replicas)
        limited(into, spec->min_replicas, "TooFewReplicas", too_few);
    else if (into->replicas > (rate_limits ? limit : spec->max_replicas))
        limited(into, rate_limits ? limit : spec->max_replicas,
                rate_limits ? "ScaleUpLimit" : "TooManyReplicas",
                rate_limits ? too_fast : too_many);
    else
        limited(into, into->replicas, "DesiredWithinRange", within);
}

static void bound_by_policies(struct normalized *into, const struct autoscaler_memory *memory,
                              const struct autoscaler_spec *spec, int32_t current, sim_time now)
{
    const bool up = into->replicas > current, down = into->replicas < current;
    const int32_t limit = up     ? limit_of(memory, &spec->up, true, current, now)
                          : down ? limit_of(memory, &spec->down, false, current, now)
                                 : current;
    if (up && into->replicas > lesser(limit, spec->max_replicas))
        limited(into, lesser(limit, spec->max_replicas),
                spec->max_replicas > limit ? "ScaleUpLimit" : "TooManyReplicas",
                spec->max_replicas > limit ? too_fast : too_many);
    else if (down && into->replicas < greater(limit, spec->min_replicas))
        limited(into, greater(limit, spec->min_replicas),
                spec->min_replicas < limit ? "ScaleDownLimit" : "TooFewReplicas",
                spec->min_replicas < limit
                    ? "the desired replica count is decreasing faster than the maximum scale rate"
                    : too_few);
    else
        limited(into, into->replicas, "DesiredWithinRange", within);
}

/* ---- the whole ---- */

/* From the present number into what lies between the lowest recent recommendation and the highest. */
static int32_t stabilize(const struct autoscaler_memory *memory, struct windows windows,
                         int32_t current, int32_t desired, sim_time now)
{
    const int32_t least = extreme(memory, windows.up, desired, lesser, now);
    const int32_t most = extreme(memory, windows.down, desired, greater, now);
    return lesser(greater(current, least), most);
}

struct normalized autoscaler_normalize(struct autoscaler_memory *memory,
                                       const struct autoscaler_spec *spec, sim_time window,
                                       int32_t current, int32_t desired, sim_time now)
{
    const struct windows windows = windows_of(spec, window);
    const bool up = spec->has_behavior && desired >= current;
    struct normalized result = { .reason = "ReadyForNewScale",
                                 .message = "recommended size matches current size" };
    result.replicas = spec->has_behavior ? stabilize(memory, windows, current, desired, now)
                                         : extreme(memory, windows.down, desired, greater, now);
    remember(memory, windows, desired, now);
    if (result.replicas != desired) {
        result.reason = up ? "ScaleUpStabilized" : "ScaleDownStabilized";
        result.message = up ? "recent recommendations were lower than current one, applying the "
                              "lowest recent recommendation"
                            : "recent recommendations were higher than current one, applying the "
                              "highest recent recommendation";
    }
    if (spec->has_behavior)
        bound_by_policies(&result, memory, spec, current, now);
    else
        bound_plainly(&result, spec, current);
    return result;
}

static bool is_forgotten(const struct scale_events *events, const struct autoscaler_spec *spec,
                         sim_time now)
{
    const int32_t period = greater(longest_period(&spec->up), longest_period(&spec->down));
    return changed_within(events, period, now) == 0;
}

bool autoscaler_is_settled(const struct autoscaler_memory *memory,
                           const struct autoscaler_spec *spec, sim_time window, int32_t desired,
                           sim_time now)
{
    const struct windows windows = windows_of(spec, window);
    return extreme(memory, windows.down, desired, greater, now) == desired &&
           extreme(memory, windows.down, desired, lesser, now) == desired &&
           extreme(memory, windows.up, desired, lesser, now) == desired &&
           extreme(memory, windows.up, desired, greater, now) == desired &&
           is_forgotten(&memory->up, spec, now) && is_forgotten(&memory->down, spec, now);
}
