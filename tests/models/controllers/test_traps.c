/* The 29 rules of TRAPS.md beside the recordings, and where each is tested: a test by its name, or a
 * recording that is replayed. This test looks whether they are there; rules that nothing else looks at
 * are told as stories below. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/world.h"

static const struct {
    int rule;
    const char *what;
    const char *file; /* below tests/models; NULL: `name` is a recording */
    const char *name;
} rows[] = {
    { 1, "pod-template-hash", "test_pod_template_hash.c", "equals_the_recorded_ones" },
    { 1, "its collisions", NULL, "deploy-hash-collision" },
    { 2, "quirks of the dump", "test_pod_template_hash.c", "equals_the_recorded_ones" },
    { 3, "revisions of StatefulSets", "test_statefulset.c",
      "hashes_its_revisions_as_the_real_one" },
    { 3, "revisions of DaemonSets", "test_daemonset.c", "names_its_revisions_as_the_real_one" },
    { 4, "bounds of Deployments", "test_tables.c",
      "bounds_of_rolling_updates_are_those_of_the_deployment_controller" },
    { 4, "budgets round up", "test_disruption.c",
      "bounds_refer_to_what_the_deployment_wants_and_round_up" },
    { 4, "DaemonSets round up", NULL, "ds-rollout-5-maxunavailable-50pct" },
    { 4, "StatefulSets round down, to 1", "test_statefulset.c",
      "replaces_as_many_as_may_be_missing" },
    { 5, "maxUnavailable is dropped without its gate", NULL,
      "sts-maxunavailable-5-2-orderedready" },
    { 5, "and counts with it", NULL, "sts-maxunavailable-5-2-orderedready-gated" },
    { 6, "which pod goes", "test_pod_ranking.c", "follows_the_eight_rules_in_their_order" },
    { 6, "pods of siblings count", NULL, "rs-scaledown-spread" },
    { 7, "slow start", "controllers/test_traps.c", "pods_are_made_1_2_4_at_a_time" },
    { 8, "up before down", NULL, "deploy-rollout-r10-s25pct-u25pct" },
    { 8, "unhealthy ones first", NULL, "deploy-unhealthy-cleanup" },
    { 9, "proportional scaling", NULL, "deploy-proportional-10" },
    { 9, "its rounding", "test_deployment.c", "keeps_the_shares_and_rounds_halves_away" },
    { 10, "terminatingReplicas", NULL, "deploy-scale-3-6-2" },
    { 11, "reasons of Progressing", NULL, "deploy-progress-deadline-10" },
    { 12, "revisions after a rollback", NULL, "deploy-history-limit-2" },
    { 13, "Recreate waits", "test_deployment.c", "recreate_waits_for_the_last_old_pod_to_be_gone" },
    { 14, "a DaemonSet's next pod", NULL, "ds-rollout-4-maxunavailable-1" },
    { 14, "a StatefulSet's next pod", NULL, "sts-pod-lost" },
    { 15, "DaemonSets and lost nodes", NULL, "ds-lifecycle-3" },
    { 16, "a broken pod stays", NULL, "sts-stuck-update" },
    { 16, "the start ordinal", NULL, "sts-start-5" },
    { 17, "counting by finalizers", "test_job.c",
      "ends_as_its_rules_say_and_no_pod_keeps_the_finalizer" },
    { 18, "back-off of Jobs", "test_job.c", "waits_twice_as_long_after_each_failure_in_a_row" },
    { 19, "the limit of failures", NULL, "job-backoff-3" },
    { 19, "three at once", NULL, "job-backoff-parallel" },
    { 20, "replaced after the end", NULL, "job-podreplacement-failed" },
    { 20, "replaced while it ends", NULL, "job-podreplacement-terminatingorfailed" },
    { 21, "names and late starts of CronJobs", NULL, "cronjob-policies" },
    { 22, "limits and windows of autoscalers", NULL, "hpa-cpu-t50-100-300-80-20" },
    { 23, "lost nodes", NULL, "node-notready-tol3" },
    { 23, "the collector of pods", "test_pod_garbage_collector.c",
      "takes_the_pods_of_a_node_that_is_no_more" },
    { 24, "what budgets say", NULL, "pdb-r3-minavailable-2" },
    { 24, "two budgets", "test_eviction.c", "of_a_pod_with_two_budgets_is_an_internal_error" },
    { 25, "foreground", "test_garbage_collector.c",
      "foreground_deletes_the_root_after_those_that_block_it" },
    { 25, "owners that never were", "test_garbage_collector.c",
      "an_owner_that_never_was_is_no_owner" },
    { 27, "events that are combined", NULL, "quota-limitrange" },
    { 28, "zones of bound pods", "test_client.c",
      "gives_the_pod_its_node_and_the_zone_of_the_node" },
    { 29, "20 calls a second, 30 at once", "controllers/test_traps.c",
      "a_controller_makes_30_calls_at_once_and_20_a_second" },
};
/* 26 is of ValidatingAdmissionPolicies, which are not simulated (docs/fidelity.md). */

static bool holds(const char *path, const char *text)
{
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && getline(&line, &size, file) > 0)
        found = strstr(line, text) != NULL;
    if (file != NULL)
        fclose(file);
    free(line);
    return found;
}

Test(traps, each_rule_has_a_test)
{
    bool tested[30] = { [26] = true };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = rows[i].file != NULL ? mem_format("tests/models/%s", rows[i].file)
                                          : mem_format("tests/oracle/controllers/%s", rows[i].name);
        cr_expect(rows[i].file != NULL ? holds(path, rows[i].name) : access(path, R_OK) == 0,
                  "rule %d, %s: %s %s is not there", rows[i].rule, rows[i].what, path,
                  rows[i].name);
        tested[rows[i].rule] = true;
        free(path);
    }
    for (int rule = 1; rule <= 29; rule++)
        cr_expect(tested[rule], "rule %d has no test", rule);
}

/* ---- stories ---- */

#define REPLICASET(replicas)                                                                       \
    "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: " replicas    \
    ", selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "     \
    "{containers: [{name: c, image: 'app:1'}]}}}}\n"

/* How many pods were made at each instant: "1 2 4 3 ". */
static char *batches(struct world *world)
{
    struct writer out = { 0 };
    double at = -1;
    int count = 0;
    for (size_t i = 0; i <= world->line_count; i++) {
        const struct world_line *line = i < world->line_count ? &world->lines[i] : NULL;
        const bool counts = line != NULL && strncmp(line->subject, "pod/", 4) == 0 &&
                            strncmp(line->text, "create", 6) == 0;
        if (line != NULL && !counts)
            continue;
        if (line == NULL || line->at > at) {
            if (count > 0)
                writer_format(&out, "%d ", count);
            count = 0;
        }
        count++;
        at = line != NULL ? line->at : at;
    }
    return writer_take(&out);
}

/* Rule 7: batches of 1, 2, 4, ... each of which ends before the next begins: 10 = 1 + 2 + 4 + 3. */
Test(traps, pods_are_made_1_2_4_at_a_time)
{
    struct world *world = given_with("", NULL, "kube-api-qps=1000 kube-api-burst=1000");
    create(world, REPLICASET("10"));
    until(world, 5);
    char *made = batches(world);
    cr_expect_str_eq(made, "1 2 4 3 ");
    free(made);
    done(world);
}

/* Rule 29: of 60 pods 30 come with the tokens of the burst and the others at 20 a second, so that the
 * last comes after (60 - 30) / 20 = 1.5 s, a little later for the status, which takes tokens, too. */
Test(traps, a_controller_makes_30_calls_at_once_and_20_a_second)
{
    struct world *world = given("");
    create(world, REPLICASET("60"));
    until(world, 10);
    size_t count = 0;
    double first = -1, last = -1;
    for (size_t i = 0; i < world->line_count; i++) {
        const struct world_line *line = &world->lines[i];
        if (strncmp(line->subject, "pod/", 4) != 0 || strncmp(line->text, "create", 6) != 0)
            continue;
        first = count++ == 0 ? line->at : first;
        last = line->at;
    }
    cr_expect_eq(count, 60);
    cr_expect(last - first > 1.35 && last - first < 1.8, "the last comes %g s after the first",
              last - first);
    done(world);
}
