/* What is measured of Jobs, CronJobs, budgets, commands, Events, and rollouts of StatefulSets and
 * DaemonSets: stories that say themselves what they expect (`expect:`). */
#include <criterion/criterion.h>

#include "tests/support/measured.h"

/* A second to start, nothing else takes time; two nodes, an hour. */
#define STORY                                                                                      \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 1h\n"                                                                             \
    "  timing: {apiWrite: 0, schedulingCycle: 0, containerStart: 1s, containerStop: 0, "           \
    "imageSize: 0}\n"                                                                              \
    "  nodes: [{name: worker, count: 2, zone: a}]\n"                                               \
    "  images:\n"                                                                                  \
    "  - {name: 'bad', runTime: 5s, exitCode: 1}\n"                                                \
    "  - {name: 'task', runTime: 59s}\n"                                                           \
    "  - {name: 'long', runTime: 100s}\n"
#define TEMPLATE(image)                                                                            \
    "{metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: " image "}]}}"
#define BATCH(image) "{spec: {restartPolicy: Never, containers: [{name: c, image: " image "}]}}"
#define SET(kind, more)                                                                            \
    "---\n{apiVersion: apps/v1, kind: " kind ", metadata: {name: web}, spec: {" more               \
    "selector: {matchLabels: {app: web}}, template: " TEMPLATE("a") "}}\n"
#define BUDGET(name)                                                                               \
    "---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: " name               \
    "}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}\n"
#define THAT(path, bound) "  - {that: '" path "', path: '" path "', " bound "}\n"

static void play_and_expect(const char *story)
{
    struct value *summary = play_text(story);
    expect_held(summary);
    value_drop(summary);
}

/* A pod starts for 1 s and runs for 5 s. The second is made 10 s after the first has failed, the
 * next ones after 20 and 40 s; the fourth failure is more than backoffLimit. */
Test(metrics, a_job_waits_longer_after_each_failure)
{
    play_and_expect(
        STORY "  expect:\n" THAT("jobs[job/import].outcome", "is: failed") THAT(
            "jobs[job/import].reason",
            "is: BackoffLimitExceeded") THAT("jobs[job/import].podsCreated", "is: 4")
            THAT("jobs[job/import].failed", "is: 4") THAT("jobs[job/import].completions", "is: 1")
                THAT("jobs[job/import].startSeconds",
                     "is: 0") THAT("jobs[job/import].attempts[0].waitedSeconds", "is: null")
                    THAT("jobs[job/import].attempts[0].endSeconds",
                         "is: 6") THAT("jobs[job/import].attempts[0].outcome", "is: failed")
                        THAT("jobs[job/import].attempts[1].createdSeconds",
                             "is: 16") THAT("jobs[job/import].attempts[1].waitedSeconds", "is: 10")
                            THAT("jobs[job/import].attempts[2].waitedSeconds", "is: 20")
                                THAT("jobs[job/import].attempts[3].waitedSeconds", "is: 40")
                                    THAT("jobs[job/import].attempts[3].endSeconds",
                                         "is: 94") THAT("jobs[job/import].attempts", "is: 4")
                                        THAT("jobs[job/nobody].outcome",
                                             "is: null") "---\n{apiVersion: batch/v1, kind: Job, "
                                                         "metadata: {name: import}, "
                                                         "spec: {backoffLimit: 3, template: " BATCH(
                                                             "bad") "}}\n");
}

/* A Job begins at every quarter, 0.1 s later as the controller sleeps so long, and ends within two
 * minutes. The one of the full hour would be made after the end of the run. */
Test(metrics, a_cronjob_tells_its_runs)
{
    play_and_expect(
        STORY "  expect:\n" THAT("cronJobs[cj/report].jobs", "is: 3") THAT(
            "cronJobs[cj/report].complete", "is: 3") THAT("cronJobs[cj/report].failed", "is: 0")
            THAT("cronJobs[cj/report].underWay",
                 "is: 0") THAT("cronJobs[cj/report].maxUnderWay",
                               "is: 1") THAT("cronJobs[cj/report].startDelay.max", "is: 0.1")
                THAT("cronJobs[cj/report].runs[0].scheduled", "is: '2026-01-01T01:15:00+01:00'")
                    THAT("cronJobs[cj/report].runs[0].scheduledSeconds",
                         "is: 900") THAT("cronJobs[cj/report].runs[0].startDelaySeconds", "is: 0.1")
                        THAT("cronJobs[cj/report].runs[0].outcome", "is: complete")
                            THAT("cronJobs[cj/report].runs[-1].scheduled",
                                 "is: '2026-01-01T01:45:00+01:00'")
                                THAT("jobs", "is: 0") "---\n{apiVersion: batch/v1, kind: CronJob, "
                                                      "metadata: {name: report}, spec: {schedule: "
                                                      "'*/15 * * * *', timeZone: Europe/Berlin, "
                                                      "jobTemplate: {spec: {template: " BATCH(
                                                          "task") "}}}}\n");
}

/* A start every minute, of a task that takes 101 s, never two at one time, none later than 10 s: those of
 * the odd minutes are made, those of the even ones missed. From 30m30s to 50m30s it is suspended: the
 * twenty starts of that time are not missed. So 1, 3, ..., 29 and 51, ..., 59 are made, and 2, ..., 30 and
 * 52, ..., 58 missed; the one of the last minute is not over. */
Test(metrics, a_cronjob_tells_what_it_missed)
{
    play_and_expect(
        STORY
        "  timeline:\n"
        "  - {at: 30m30s, patch: {target: cronjob/often, type: merge, patch: {spec: {suspend: "
        "true}}}}\n"
        "  - {at: 50m30s, patch: {target: cronjob/often, type: merge, patch: {spec: {suspend: "
        "false}}}}\n"
        "  expect:\n"
        "  - {that: before, path: 'cronJobs[cj/often].missed', at: 30m, is: 14}\n"
        "  - {that: made, path: 'cronJobs[cj/often].jobs', at: 30m, is: 15}\n" THAT(
            "cronJobs[cj/often].missed", "is: 19")
            THAT("cronJobs[cj/often].jobs",
                 "is: 20") "---\n{apiVersion: batch/v1, kind: CronJob, metadata: {name: often}, "
                           "spec: {schedule: "
                           "'* * * * *', concurrencyPolicy: Forbid, startingDeadlineSeconds: 10, "
                           "jobTemplate: {spec: "
                           "{template: " BATCH("long") "}}}}\n");
}

/* Four pods, of which one may be missing. The two of worker-0 are asked for at 600 s: the first
 * eviction is granted, and its replacement is ready a second later. Until then others are refused,
 * again after 5 s they are granted. None is allowed until the pods are ready at first, and for a second
 * after either eviction. */
Test(metrics, a_budget_tells_what_it_refused)
{
    play_and_expect(
        STORY "  timeline:\n  - {at: 10m, drain: worker-0}\n"
              "  expect:\n" THAT("disruptionBudgets[pdb/one].granted", "is: 2")
                  THAT("disruptionBudgets[pdb/one].refused", "is: 1")
                      THAT("disruptionBudgets[pdb/one].ambiguous", "is: 0")
                          THAT("disruptionBudgets[pdb/one].blockedSeconds", "is: 3")
                              THAT("disruptionBudgets[pdb/one].disruptionsAllowed", "is: 1")
                                  THAT("disruptionBudgets[pdb/one].desiredHealthy", "is: 3")
                                      THAT("commands[0].exitStatus", "is: 0")
                                          THAT("commands[0].endSeconds", "is: 606")
                                              SET("Deployment", "replicas: 4, ") BUDGET("one"));
}

/* kubectl gives up at once: nobody could ever grant it. */
Test(metrics, two_budgets_of_one_pod_are_ambiguous)
{
    play_and_expect(STORY "  timeline:\n  - {at: 10m, drain: worker-0}\n"
                          "  expect:\n" THAT("disruptionBudgets[pdb/one].granted", "is: 0")
                              THAT("disruptionBudgets[pdb/one].ambiguous", "atLeast: 1")
                                  THAT("disruptionBudgets[pdb/two].ambiguous", "atLeast: 1")
                                      THAT("commands[0].exitStatus", "is: 1")
                                          THAT("commands[0].command", "is: drain worker-0")
                                              THAT("workloads[deployment/web].podsDeleted", "is: 0")
                                                  SET("Deployment", "replicas: 4, ") BUDGET("one")
                                                      BUDGET("two"));
}

/* Three pods of a StatefulSet, from the last to the first: a second each, as they stop at once. */
Test(metrics, rollouts_of_statefulsets_are_told)
{
    play_and_expect(
        STORY "  timeline:\n  - {at: 10m, setImage: {target: statefulset/web, images: {c: b}}}\n"
              "  expect:\n" THAT("workloads[sts/web].rollouts", "is: 2")
                  THAT("workloads[sts/web].rollouts[0].endSeconds", "is: 3")
                      THAT("workloads[sts/web].rollouts[1].startSeconds", "is: 600")
                          THAT("workloads[sts/web].rollouts[1].seconds", "is: 3")
                              THAT("workloads[sts/web].rollouts[1].outcome", "is: complete")
                                  THAT("workloads[sts/web].podsCreated", "is: 6")
                                      THAT("workloads[sts/web].podsDeleted", "is: 3")
                                          SET("StatefulSet", "replicas: 3, serviceName: web, "));
}

/* With a partition only those from it on are to be updated. */
Test(metrics, a_partitioned_rollout_is_complete_without_the_rest)
{
    play_and_expect(
        STORY "  timeline:\n  - {at: 10m, setImage: {target: statefulset/web, images: {c: b}}}\n"
              "  expect:\n" THAT("workloads[sts/web].rollouts[1].seconds", "is: 1")
                  THAT("workloads[sts/web].rollouts[1].outcome", "is: complete")
                      THAT("workloads[sts/web].podsCreated", "is: 4")
                          SET("StatefulSet", "replicas: 3, serviceName: web, "
                                             "updateStrategy: {rollingUpdate: {partition: 2}}, "));
}

/* One node after the other, a second each. */
Test(metrics, rollouts_of_daemonsets_are_told)
{
    play_and_expect(
        STORY "  timeline:\n  - {at: 10m, setImage: {target: daemonset/web, images: {c: b}}}\n"
              "  expect:\n" THAT("workloads[ds/web].rollouts", "is: 2")
                  THAT("workloads[ds/web].rollouts[0].endSeconds", "is: 1")
                      THAT("workloads[ds/web].rollouts[1].seconds", "is: 2")
                          THAT("workloads[ds/web].rollouts[1].outcome", "is: complete")
                              SET("DaemonSet", ""));
}

/* Only where Events are kept. */
Test(metrics, events_are_added_up_by_reason)
{
    play_and_expect(
        STORY "  settings: {keep-events: true}\n"
              "  expect:\n" THAT("eventReasons[reason=SuccessfulCreate].kind", "is: ReplicaSet")
                  THAT("eventReasons[reason=SuccessfulCreate].count", "is: 4")
                      THAT("eventReasons[reason=Scheduled].count", "is: 4")
                          THAT("eventReasons[reason=Scheduled].type", "is: Normal")
                              SET("Deployment", "replicas: 4, "));
}
