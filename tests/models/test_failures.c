/* Failures: when they strike, and what they hold down. */
#include <criterion/criterion.h>
#include <math.h>

#include "models/failures/failures.h"
#include "tests/support/kubelet_stories.h"

#define ZONE_NODE(name, zone)                                                                      \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name                                     \
    ", labels: {topology.kubernetes.io/zone: " zone "}}}\n"

static void expect_machines(struct world *w, const char *text)
{
    expect_trace(w, "machine/", text);
}

Test(failures, strike_at_given_times_and_are_mended_after_theirs)
{
    struct world *w = given_nodes(NODE("n0") NODE("n1"), "");
    plan(w, "{kind: node-crash, nodes: [n1], at: [30s, 10s, 12s], lasts: 5s}");
    until(w, 100);
    expect_machines(w, "  10.000 machine/n1 create\n"
                       "  10.000 machine/n1 patch power off\n"
                       "  15.000 machine/n1 patch power on\n"
                       "  30.000 machine/n1 patch power off\n"
                       "  35.000 machine/n1 patch power on\n");
    done(w);
}

Test(failures, a_machine_comes_back_when_the_last_of_two_is_mended)
{
    struct world *w = given_nodes(ZONE_NODE("n0", "a") ZONE_NODE("n1", "b"), "");
    plan(w, "{kind: zone-outage, zones: a, at: 10s, lasts: 30s}");
    plan(w, "{kind: node-crash, nodes: n0, at: 20s, lasts: 40s}");
    until(w, 100);
    expect_machines(w, "  10.000 machine/n0 create\n"
                       "  10.000 machine/n0 patch power off\n"
                       "  60.000 machine/n0 patch power on\n");
    done(w);
}

/* The time at which n0 fails, whose lifetime is drawn from 140 to 200 seconds, when the run has other luck
 * from 150 on; 0: it has failed by then. */
static double fails_at_after_reseeding(uint64_t salt)
{
    struct world *w = given_nodes(NODE("n0"), "");
    plan(w, "{kind: node-crash, every: {uniform: {lower: 140s, upper: 200s}}, lasts: 1000s}");
    until(w, 150);
    double at = 0;
    if (find(w, "machine/n0") == NULL) {
        run_reseed(w->run, salt);
        until(w, 200.001);
        at = sim_time_to_seconds(run_root_of(w->run, find(w, "machine/n0")->cause)->at);
    }
    done(w);
    return at;
}

Test(failures, redraw_what_is_left_of_a_lifetime_when_a_run_gets_other_luck)
{
    enum { SALTS = 60 };
    double sum = 0;
    for (uint64_t salt = 1; salt <= SALTS; salt++) {
        const double at = fails_at_after_reseeding(salt);
        cr_assert(at > 150 && at < 200, "%g", at);
        sum += at;
    }
    /* Uniform from 150 to 200: 175, give or take three times 50 / sqrt(12 * 60). */
    cr_expect_lt(fabs(sum / SALTS - 175), 5.6, "%g", sum / SALTS);
    cr_expect_eq(fails_at_after_reseeding(1), fails_at_after_reseeding(1));
    cr_expect_neq(fails_at_after_reseeding(1), fails_at_after_reseeding(2));
}

Test(failures, begin_a_root_to_which_their_mending_belongs)
{
    struct world *w = given_nodes(NODE("n0"), "");
    plan(w, "{kind: node-crash, name: old-rack, at: 10s, lasts: 5s}");
    until(w, 100);
    const struct object *machine = find(w, "machine/n0");
    const struct root *root = run_root_of(w->run, machine->cause);
    cr_expect_str_eq(root->kind, "node-crash");
    cr_expect_str_eq(root->name->s, "node-crash/old-rack/n0");
    cr_expect_eq(root->at, 10 * SIM_SECOND);
    done(w);
}

Test(failures, take_the_containers_of_a_zone)
{
    struct world *w = given_nodes(ZONE_NODE("n0", "a") POD("web", ONE("")), "");
    until(w, 10);
    fail(w, "zone-outage", "a");
    until(w, 20);
    restore(w, "zone-outage", "a");
    until(w, 30);
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n"
                 "  20.000 pod/default/web patch not ready, exit code 255\n"
                 "  21.000 pod/default/web patch ready, restart 1\n");
    done(w);
}

Test(failures, a_bad_release_is_bad_until_it_is_mended)
{
    struct world *w = given_nodes(NODE("n0"), "");
    plan(w, "{kind: bad-release, image: 'app:1', at: 10s, lasts: 100s}");
    until(w, 20);
    create(w, POD("bad", ONE("")));
    until(w, 120);
    create(w, POD("good", ONE("")));
    until(w, 200);
    expect_trace(w, "pod/",
                 "  20.000 pod/default/bad create\n"
                 "  21.000 pod/default/bad patch Running\n"
                 " 120.000 pod/default/good create\n"
                 " 121.000 pod/default/good patch Running, ready\n");
    expect_field(w, "pod/default/bad", "status.conditions.2.reason", "ContainersNotReady");
    cr_expect_null(find(w, "image/app:1"), "nobody had described the image before");
    done(w);
}

static double first_crash(struct world *w, const char *node)
{
    for (size_t i = 0; i < w->line_count; i++)
        if (strcmp(w->lines[i].subject, node) == 0 &&
            strcmp(w->lines[i].text, "patch power off") == 0)
            return w->lines[i].at;
    return -1;
}

Test(failures, one_node_more_changes_nobodys_luck)
{
    const char *flaky = "{kind: node-crash, every: {exponential: {mean: 1h}}, lasts: 1m}";
    struct world *few = given_nodes(NODE("n1"), ""), *many = given_nodes(NODE("n0") NODE("n1"), "");
    plan(few, flaky);
    plan(many, flaky);
    until(few, 100000);
    until(many, 100000);
    const double alone = first_crash(few, "machine/n1");
    cr_expect(alone > 0, "it crashes in a day");
    cr_expect_eq(first_crash(many, "machine/n1"), alone);
    cr_expect_neq(first_crash(many, "machine/n0"), alone, "each node has its own luck");
    done(few);
    done(many);
}

Test(failures, a_node_that_joins_later_is_meant_too)
{
    struct world *w = given_nodes(NODE("n0"), "");
    plan(w, "{kind: node-crash, nodes: 'extra-*', every: 10s, lasts: 5s}");
    until(w, 100);
    create(w, NODE("extra-7"));
    until(w, 116);
    expect_machines(w, " 110.000 machine/extra-7 create\n"
                       " 110.000 machine/extra-7 patch power off\n"
                       " 115.000 machine/extra-7 patch power on\n");
    done(w);
}

/* Up 10 h and down 1 h on average, both exponential: up 10/11 of the time (renewal-reward
 * theorem). Over n cycles the standard error is about A (1 - A) sqrt(2 / n). */
Test(failures, the_time_a_node_is_up_follows_the_renewal_formula)
{
    enum { CYCLES = 20000 };
    struct world *w = given_nodes(NODE("n0"), "");
    plan(w,
         "{kind: node-crash, every: {exponential: {mean: 10h}}, lasts: {exponential: {mean: 1h}}}");
    const double end = CYCLES * 11 * 3600.0, want = 10 / 11.0;
    until(w, end);
    double up = 0, since = 0;
    for (size_t i = 0; i < w->line_count; i++) {
        if (strcmp(w->lines[i].text, "patch power off") == 0)
            up += w->lines[i].at - since;
        else if (strcmp(w->lines[i].text, "patch power on") == 0)
            since = w->lines[i].at;
    }
    const double error = want * (1 - want) * sqrt(2.0 / CYCLES);
    cr_expect(fabs(up / end - want) < 3 * error, "up %f of the time, not %f", up / end, want);
    done(w);
}

static const struct {
    const char *entry, *fault;
} bad[] = {
    { "{kind: node-crush, at: 1s}",
      "\"node-crush\" is no kind of failure (did you mean node-crash?)" },
    { "{kind: node-crash}", "failure: node-crash says neither `at` nor `every`" },
    { "{kind: bad-release, at: 1s}", "failure: bad-release has no `image`" },
    { "{kind: node-crash, every: 1h}",
      "failure: node-crash happens again and again (`every`), but never ends: it has no `lasts`" },
    { "{kind: bad-release, image: a, at: 1s, effect: boom}",
      "effect: \"boom\" is not one of never-ready, crash, pull" },
};

Test(failures, bad_entries_are_refused_with_a_reason)
{
    struct world *w = given_nodes(NODE("n0"), "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error_list faults = { 0 };
        cr_expect_not(plan_entry(w, bad[i].entry, &faults));
        cr_assert_eq(faults.count, 1);
        cr_expect_str_eq(faults.items[0].text, bad[i].fault);
        error_list_close(&faults);
    }
    done(w);
}

Test(failures, what_is_not_there_cannot_be_struck_or_mended_by_hand)
{
    struct world *w = given_nodes(NODE("n0"), "");
    struct error error = { 0 };
    cr_expect_not(failures_strike(w->cluster, "node-crash", "n9", &error));
    cr_expect_str_eq(error.text, "there is no node \"n9\"");
    error_close(&error);
    cr_expect_not(failures_mend(w->cluster, "node-crash", "n0", &error));
    cr_expect_str_eq(error.text, "there is no node-crash of n0 to restore from");
    error_close(&error);
    done(w);
}
