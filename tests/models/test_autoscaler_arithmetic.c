/* The arithmetic of HorizontalPodAutoscalers: from figures to replicas, and what windows, policies and
 * bounds leave of them. Every answer is worked out by hand beside its row. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/controllers/horizontal_pod_autoscaler_private.h"

static const struct tolerances usual = { 0.1, 0.1 };

/* ---- by what pods use ---- */

/* "c200" counts with 200; "u" unready, "m" missing, "i" ignored; all request 100. */
static size_t read_pods(const char *text, struct pod_figure *pods, int64_t request)
{
    size_t count = 0;
    for (; *text != '\0'; count++) {
        const char *kinds = "cumi";
        pods[count].counts = (enum pod_counts)(strchr(kinds, *text) - kinds);
        pods[count].request = request;
        pods[count].usage = strtoll(text + 1, (char **)&text, 10);
        text += *text == ' ';
    }
    return count;
}

static const struct {
    const char *why, *pods;
    int32_t current, target; /* percent of a request of 100 */
    struct tolerances tolerances;
    int32_t replicas, utilization;
    int64_t usage;
} utilization_rows[] = {
    { "(150+150)/200 = 150 %, /50 = 3, 3*2", "c150 c150", 2, 50, { 0.1, 0.1 }, 6, 150, 150 },
    { "55 % of 50 is 1.1: just within", "c55 c55", 2, 50, { 0.1, 0.1 }, 2, 55, 55 },
    { "56/50 = 1.12 is not: ceil(2.24)", "c56 c56", 2, 50, { 0.1, 0.1 }, 3, 56, 56 },
    { "45/50 = 0.9: just within", "c45 c45", 2, 50, { 0.1, 0.1 }, 2, 45, 45 },
    { "44/50: ceil(1.76) = 2", "c44 c44", 2, 50, { 0.1, 0.1 }, 2, 44, 44 },
    { "percents are cut: 119/200 = 59 %, 59/60 within", "c60 c59", 5, 60, { 0, 0.05 }, 2, 59, 59 },
    { "a tolerance of its own, each way: 59/60 below 1", "c60 c59", 5, 60, { 0.05, 0 }, 5, 59, 59 },
    { "those of pods, not of the spec: 3 figures of 10",
      "c30 c30 c30",
      10,
      60,
      { 0.1, 0.1 },
      2,
      30,
      30 },
    { "unready ones do not count on the way down", "c20 u u", 3, 50, { 0.1, 0.1 }, 1, 20, 20 },
    { "and use nothing on the way up: 300/400 = 75 %, 1.5*4",
      "c150 c150 u u",
      4,
      50,
      { 0.1, 0.1 },
      6,
      150,
      150 },
    { "up turns down with them: 60/300 = 20 %: stay", "c60 u u", 3, 50, { 0.1, 0.1 }, 3, 60, 60 },
    { "up is within tolerance with them: 100/200 = 50 %",
      "c100 u",
      2,
      50,
      { 0.1, 0.1 },
      2,
      100,
      100 },
    { "missing ones use all on the way down: (10+100)/200 = 55 %: up? stay",
      "c10 m",
      2,
      50,
      { 0.1, 0.1 },
      2,
      10,
      10 },
    { "still down with them: (10*9+100)/1000 = 19 %: 0.38*10 = 3.8",
      "c10 c10 c10 c10 c10 c10 c10 c10 c10 m",
      10,
      50,
      { 0.1, 0.1 },
      4,
      10,
      10 },
    { "or the target, if that is more: (100+150)/200 = 125 %, /150 = .83, 1.66",
      "c100 m",
      2,
      150,
      { 0.1, 0.1 },
      2,
      100,
      100 },
    { "missing ones use nothing on the way up: 300/300 = 100 %, 2*3",
      "c150 c150 m",
      3,
      50,
      { 0.1, 0.1 },
      6,
      150,
      150 },
    { "ignored ones are not there", "c150 i i", 3, 50, { 0.1, 0.1 }, 3, 150, 150 },
    { "down, but more figures than replicas: 40/50*4 = 3.2 > 2: stay",
      "c30 c30 c30 m",
      2,
      80,
      { 0.1, 0.1 },
      2,
      30,
      30 },
    { "exactly at the target, one missing: nothing is assumed",
      "c50 m",
      2,
      50,
      { 0, 0 },
      2,
      50,
      50 },
};

Test(autoscaler, replicas_follow_the_utilization)
{
    for (size_t i = 0; i < sizeof utilization_rows / sizeof *utilization_rows; i++) {
        struct pod_figure pods[12] = { 0 };
        struct proposal proposal;
        struct error error = { 0 };
        const size_t count = read_pods(utilization_rows[i].pods, pods, 100);
        cr_assert(replicas_by_utilization(pods, count, utilization_rows[i].current,
                                          utilization_rows[i].target,
                                          utilization_rows[i].tolerances, &proposal, &error));
        cr_expect_eq(proposal.replicas, utilization_rows[i].replicas, "%s: %d",
                     utilization_rows[i].why, proposal.replicas);
        cr_expect_eq(proposal.utilization, utilization_rows[i].utilization, "%s: %d %%",
                     utilization_rows[i].why, proposal.utilization);
        cr_expect_eq(proposal.usage, utilization_rows[i].usage, "%s", utilization_rows[i].why);
    }
}

Test(autoscaler, figures_may_say_nothing)
{
    struct pod_figure pods[4] = { 0 };
    struct proposal proposal;
    struct error error = { 0 };
    cr_expect_not(replicas_by_utilization(pods, read_pods("u m i", pods, 100), 3, 50, usual,
                                          &proposal, &error));
    cr_expect_str_eq(error.text,
                     "did not receive metrics for targeted pods (pods might be unready)");
    error_close(&error);
    cr_expect_not(
        replicas_by_utilization(pods, read_pods("c10", pods, 0), 1, 50, usual, &proposal, &error));
    cr_expect_str_eq(error.text, "no metrics returned matched known pods");
    error_close(&error);
    cr_expect_not(
        replicas_by_average(pods, read_pods("m", pods, 0), 1, 50, usual, &proposal, &error));
    error_close(&error);
}

static const struct {
    const char *why, *pods;
    int32_t current;
    int64_t target;
    int32_t replicas;
    int64_t usage;
} average_rows[] = {
    { "(20+11)/2 = 15, cut; 15/10 = 1.5*2", "c20 c11", 2, 10, 3, 15 },
    { "within", "c11", 1, 10, 1, 11 },
    { "missing ones are at the target on the way down: (2+10)/2 = 6: 0.6*2", "c2 m", 2, 10, 2, 2 },
    { "and use nothing on the way up: 60/3 = 20, 2*3", "c30 c30 m", 3, 10, 6, 30 },
    { "unready ones on the way up: 40/2 = 20", "c40 u", 2, 10, 4, 40 },
    { "the average of both would be down: stay", "c12 u", 2, 10, 2, 12 },
};

Test(autoscaler, replicas_follow_an_average)
{
    for (size_t i = 0; i < sizeof average_rows / sizeof *average_rows; i++) {
        struct pod_figure pods[8] = { 0 };
        struct proposal proposal;
        struct error error = { 0 };
        const size_t count = read_pods(average_rows[i].pods, pods, 7);
        cr_assert(replicas_by_average(pods, count, average_rows[i].current, average_rows[i].target,
                                      usual, &proposal, &error));
        cr_expect_eq(proposal.replicas, average_rows[i].replicas, "%s: %d", average_rows[i].why,
                     proposal.replicas);
        cr_expect_eq(proposal.usage, average_rows[i].usage, "%s", average_rows[i].why);
    }
}

Test(autoscaler, replicas_follow_a_value)
{
    static const struct {
        const char *why;
        int64_t usage, target;
        int32_t current, ready, replicas;
    } rows[] = {
        { "30/10 of 4 ready", 30, 10, 5, 4, 12 },
        { "within: the ready ones do not matter", 11, 10, 5, 4, 5 },
        { "12/10*3 = 3.6", 12, 10, 5, 3, 4 },
        { "from zero: ceil(25/10)", 25, 10, 0, 0, 3 },
        { "no more than fits", INT64_MAX, 1, 5, 4, INT32_MAX },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proposal proposal;
        replicas_by_value(rows[i].usage, rows[i].current, rows[i].ready, rows[i].target, usual,
                          &proposal);
        cr_expect_eq(proposal.replicas, rows[i].replicas, "%s: %d", rows[i].why, proposal.replicas);
        cr_expect_eq(proposal.usage, rows[i].usage, "%s", rows[i].why);
    }
}

Test(autoscaler, replicas_follow_a_value_for_each_pod)
{
    static const struct {
        const char *why;
        int64_t usage, target;
        int32_t status, replicas;
        int64_t each;
    } rows[] = {
        { "100/(30*2) = 1.67: ceil(100/30) = 4; 50 each", 100, 30, 2, 4, 50 },
        { "65/60 is within; ceil(65/2)", 65, 30, 2, 2, 33 },
        { "nobody is there: ceil(100/30)", 100, 30, 0, 4, INT64_MIN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proposal proposal;
        replicas_by_value_per_pod(rows[i].usage, rows[i].status, rows[i].target, usual, &proposal);
        cr_expect_eq(proposal.replicas, rows[i].replicas, "%s: %d", rows[i].why, proposal.replicas);
        cr_expect_eq(proposal.usage, rows[i].each, "%s: %lld", rows[i].why,
                     (long long)proposal.usage);
    }
}

/* ---- windows, policies, bounds ---- */

#define S SIM_SECOND

struct moment {
    int seconds;
    int32_t current, desired; /* given */
    int32_t replicas;         /* wanted, and taken over */
    const char *reason, *limit;
    bool limited;
};

/* One moment after the other, each with its rescaling. */
static void play(const char *why, const struct autoscaler_spec *spec, const struct moment *moments,
                 size_t count)
{
    struct autoscaler_memory memory = { 0 };
    for (size_t i = 0; i < count; i++) {
        const struct moment *moment = &moments[i];
        const sim_time now = moment->seconds * S;
        const struct normalized got =
            autoscaler_normalize(&memory, spec, 20 * S, moment->current, moment->desired, now);
        cr_expect_eq(got.replicas, moment->replicas, "%s, %d s: %d", why, moment->seconds,
                     got.replicas);
        cr_expect_str_eq(got.reason, moment->reason, "%s, %d s", why, moment->seconds);
        cr_expect_str_eq(got.limit_reason, moment->limit, "%s, %d s", why, moment->seconds);
        cr_expect_eq(got.limited, moment->limited, "%s, %d s", why, moment->seconds);
        if (got.replicas != moment->current)
            autoscaler_note_scaling(&memory, spec, moment->current, got.replicas, now);
    }
    free(memory.recommendations.items);
    free(memory.up.items);
    free(memory.down.items);
}

#define READY "ReadyForNewScale"
#define DOWN  "ScaleDownStabilized"
#define UP    "ScaleUpStabilized"
#define PLAY(why, spec, ...)                                                                       \
    play(why, spec, (const struct moment[]){ __VA_ARGS__ },                                        \
         sizeof((const struct moment[]){ __VA_ARGS__ }) / sizeof(struct moment))

Test(autoscaler, without_a_behavior_it_doubles_and_waits_before_it_shrinks)
{
    const struct autoscaler_spec spec = { .min_replicas = 2, .max_replicas = 10 };
    PLAY("up to twice as many, at least four, at most ten", &spec,
         { 0, 1, 9, 4, READY, "ScaleUpLimit", true }, { 5, 4, 9, 8, READY, "ScaleUpLimit", true },
         { 10, 8, 40, 10, READY, "TooManyReplicas", true },
         { 15, 10, 10, 10, DOWN, "TooManyReplicas", true });
    PLAY("the highest of 20 s holds; what is 20 s old does not count", &spec,
         { 0, 8, 8, 8, READY, "DesiredWithinRange", false },
         { 5, 8, 3, 8, DOWN, "DesiredWithinRange", false },
         { 10, 8, 6, 8, DOWN, "DesiredWithinRange", false },
         { 15, 8, 1, 8, DOWN, "DesiredWithinRange", false },
         { 20, 8, 1, 6, DOWN, "DesiredWithinRange", false },
         { 30, 6, 1, 2, READY, "TooFewReplicas", true });
}

#define POLICY(percent, value, period)                                                             \
    {                                                                                              \
        percent, value, period                                                                     \
    }

static struct scaling_rules rules(int64_t window, enum select_policy select,
                                  struct scaling_policy *policies, size_t count)
{
    return (struct scaling_rules){ window, -1, select, policies, count };
}

Test(autoscaler, policies_bound_the_rate_of_their_period)
{
    struct scaling_policy up[] = { POLICY(false, 2, 15), POLICY(true, 100, 10) };
    struct scaling_policy down[] = { POLICY(true, 50, 15), POLICY(false, 1, 15) };
    struct autoscaler_spec spec = { .min_replicas = 1, .max_replicas = 100, .has_behavior = true };
    spec.up = rules(0, SELECT_MAX, up, 2);
    spec.down = rules(0, SELECT_MAX, down, 2);
    PLAY("two in 15 s or doubled in 10 s, whichever is more", &spec,
         { 0, 1, 50, 3, READY, "ScaleUpLimit", true },  /* 1+2 or 2 */
         { 5, 3, 50, 3, READY, "ScaleUpLimit", true },  /* 3-2+2, (3-2)*2: no more yet */
         { 10, 3, 50, 6, READY, "ScaleUpLimit", true }, /* 3, or 3*2 as 10 s are over */
         { 15, 6, 7, 6, READY, "ScaleUpLimit", true },  /* 6-3+2 = 5, (6-3)*2 = 6 */
         { 20, 6, 7, 7, READY, "DesiredWithinRange", false });
    PLAY("half in 15 s, or one", &spec,
         { 0, 9, 1, 4, READY, "ScaleDownLimit", true },  /* 9/2 = 4.5 cut; 8 */
         { 5, 4, 1, 4, READY, "ScaleDownLimit", true },  /* (4+5)/2 = 4 */
         { 15, 4, 1, 2, READY, "ScaleDownLimit", true }, /* 4/2 */
         { 30, 2, 1, 1, READY, "DesiredWithinRange", false });
    spec.up = rules(0, SELECT_MIN, up, 2);
    spec.down = rules(0, SELECT_MIN, down, 2);
    PLAY("the lesser of both", &spec, { 0, 5, 50, 7, READY, "ScaleUpLimit", true },
         { 60, 7, 1, 6, READY, "ScaleDownLimit", true });
    spec.up = rules(0, SELECT_DISABLED, up, 2);
    spec.down = rules(0, SELECT_DISABLED, down, 2);
    PLAY("neither way", &spec, { 0, 5, 50, 5, READY, "ScaleUpLimit", true },
         { 60, 5, 1, 5, READY, "ScaleDownLimit", true });
    spec.up = rules(0, SELECT_MAX, (struct scaling_policy[]){ POLICY(true, 10, 60) }, 1);
    PLAY("what is added is rounded up", &spec, { 0, 1, 50, 2, READY, "ScaleUpLimit", true });
    spec.down = rules(0, SELECT_MAX, (struct scaling_policy[]){ POLICY(true, 100, 60) }, 1);
    PLAY("what was taken away may come back: (5+5)*1.1", &spec,
         { 0, 10, 5, 5, READY, "DesiredWithinRange", false },
         { 30, 5, 50, 11, READY, "ScaleUpLimit", true });
}

Test(autoscaler, bounds_go_before_rates)
{
    struct scaling_policy up[] = { POLICY(false, 4, 15) }, down[] = { POLICY(true, 100, 15) };
    struct autoscaler_spec spec = { .min_replicas = 3, .max_replicas = 8, .has_behavior = true };
    spec.up = rules(0, SELECT_MAX, up, 1);
    spec.down = rules(0, SELECT_MAX, down, 1);
    PLAY("4+4 is also the most", &spec, { 0, 4, 9, 8, READY, "TooManyReplicas", true },
         { 60, 8, 1, 3, READY, "TooFewReplicas", true });
}

Test(autoscaler, windows_hold_both_ways)
{
    struct scaling_policy any[] = { POLICY(true, 1000, 1) }, all[] = { POLICY(true, 100, 1) };
    struct autoscaler_spec spec = { .min_replicas = 1, .max_replicas = 100, .has_behavior = true };
    spec.up = rules(10, SELECT_MAX, any, 1);
    spec.down = rules(-1, SELECT_MAX, all, 1); /* 20 s, as the flag says */
    PLAY("up by the lowest of 10 s, down by the highest of 20 s", &spec,
         { 0, 5, 5, 5, READY, "DesiredWithinRange", false },
         { 5, 5, 9, 5, UP, "DesiredWithinRange", false },
         { 9, 5, 8, 5, UP, "DesiredWithinRange", false },
         { 10, 5, 10, 8, UP, "DesiredWithinRange", false },   /* 9, 8, 10 */
         { 20, 8, 2, 8, DOWN, "DesiredWithinRange", false },  /* 9, 8, 10: 8 stays between */
         { 31, 8, 3, 3, READY, "DesiredWithinRange", false }, /* 2 alone is younger */
         { 32, 3, 1, 3, DOWN, "DesiredWithinRange", false });
}

Test(autoscaler, a_settled_answer_stays)
{
    struct scaling_policy up[] = { POLICY(false, 4, 15) }, down[] = { POLICY(true, 100, 60) };
    struct autoscaler_spec spec = { .min_replicas = 1, .max_replicas = 9, .has_behavior = true };
    struct autoscaler_memory memory = { 0 };
    spec.up = rules(0, SELECT_MAX, up, 1);
    spec.down = rules(-1, SELECT_MAX, down, 1);
    autoscaler_normalize(&memory, &spec, 20 * S, 3, 3, 0);
    cr_expect(autoscaler_is_settled(&memory, &spec, 20 * S, 3, 0));
    autoscaler_normalize(&memory, &spec, 20 * S, 3, 2, 5 * S);
    cr_expect_not(autoscaler_is_settled(&memory, &spec, 20 * S, 2, 19 * S));
    cr_expect(autoscaler_is_settled(&memory, &spec, 20 * S, 2, 20 * S));
    autoscaler_note_scaling(&memory, &spec, 2, 4, 30 * S);
    cr_expect_not(autoscaler_is_settled(&memory, &spec, 20 * S, 2, 89 * S));
    cr_expect(autoscaler_is_settled(&memory, &spec, 20 * S, 2, 90 * S));
    free(memory.recommendations.items);
    free(memory.up.items);
}
