/* Scenarios whose answers are worked out by hand, to the nanosecond: what users change.
 *
 * The times of a step are those of test_hand_checked.c: a write takes 10 ms, an attempt of the
 * scheduler 1 ms, sandbox and container 1 s to start, an image 2 s to pull. Users' own commands take
 * no time: what they write is there at the instant they do. */
#include <criterion/criterion.h>

#include "tests/support/measured.h"

/* Two replicas, one on worker-0, which dies at 604 s: lost at 650.020. At 700 s a new release comes,
 * with a surge of one and none to be missing.
 *     700.010  the new ReplicaSet is there, with one replica: 2 + 1 is what the surge allows
 *     700.020  its first pod
 *     700.031  bound to the spare node: the loss is rescheduled after 96.031 s
 *     701.031  sandbox and container; 2 s more for the new image
 *     703.041  ready: it makes up for the lost one, after 99.041 s
 *     703.051  its ReplicaSet says so
 *     703.061  three pods, of which two must stay: the old ReplicaSet shrinks to one
 *     703.071  and deletes its pod that is not ready, the one on the dead node
 *     703.081  the new ReplicaSet grows to two (the pass before wrote a status until 703.071)
 *     703.091  its second pod
 *     703.102  bound to worker-1
 *     706.112  ready, 3.010 s later
 *     706.122  its ReplicaSet says so
 *     706.132  the old ReplicaSet shrinks to none
 *     706.142  its last pod is deleted
 *     706.152  its ReplicaSet has no pod left, 706.162 and none ready (two writes of its status)
 *     706.172  the Deployment has: the rollout is complete
 * Degraded from 650.020 to 703.041; the eviction at 955 s finds nothing left to replace. The rollout
 * costs nothing: its surge was ready before anything of it went. */
Test(hand_checked_changes, a_rollout_mends_the_loss_of_a_node_before_the_eviction)
{
    struct value *summary = play("tests/scenarios/rollout_during_node_loss.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 1796.949 after 3.051, availability 1\n"
                    "down 0, degraded 53.021, not ready 53.021\n"
                    "detect 46.02, reschedule 96.031, recover 99.041\n"
                    "node-crash: down 0, not ready 53.021, outages 0, replicas 1\n");
    expect_rollouts(summary, "deployment/web",
                    "0 to 3.071 complete by bring-up\n"
                    "700 to 706.172 complete by set-image/deployment/web web=shop/web:2\n");
    value_drop(summary);
}

/* Two replicas, all of which may be missing. Probes are asked every 5 s from when the kubelet took the
 * pod (when it was bound), and answered 2 s after the container runs.
 *
 * Bring-up: the second pod is bound at 0.041, runs at 3.041, answers from 5.041 on, is asked at that
 * very moment, and reported ready at 5.051.
 *
 * The bad release at 600 s:
 *     600.010  the new ReplicaSet, with no replica yet: two are there, and there is no surge
 *     600.020  the Deployment's status
 *     600.030  the old ReplicaSet shrinks to none
 *     600.040  both of its pods are deleted: down
 *     661.010  no progress since 600.070: the deadline of 60 s was missed
 * Undone at 720 s:
 *     720.010  the old ReplicaSet gets the next revision
 *     720.020  again, from the version seen before: a conflict, and the pass begins anew
 *     720.030  the Deployment gets the revision
 *     720.040  the bad ReplicaSet shrinks to none
 *     720.050  the pass ends with a status from the version before 720.030: a conflict again
 *     720.060  the old ReplicaSet grows to two
 *     720.070  its first pod, 720.080 the second
 *     720.081  the first is bound, 720.091 the second
 *     721.081  it runs, its image being there; it answers from 723.081 on
 *     725.081  it is asked: 720.081 + 5
 *     725.091  it is ready: up again; 725.101 the second
 *     725.121  the Deployment has seen it: the rollback is complete
 * Down 725.091 - 600.040; degraded 0.010 longer; both replicas' times together 250.112. */
Test(hand_checked_changes, a_bad_release_costs_what_there_is_until_it_is_rolled_back)
{
    struct value *summary = play("tests/scenarios/bad_release.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 1794.949 after 5.051, availability 0.930331725303\n"
                    "down 125.051, degraded 125.061, not ready 250.112\n"
                    "outage 600.04 to 725.091 by set-image/deployment/web web=shop/web:2\n"
                    "set-image: down 125.051, not ready 250.112, outages 1, replicas 2\n");
    expect_rollouts(summary, "deployment/web",
                    "0 to 5.071 complete by bring-up\n"
                    "600 to 720 superseded too late by set-image/deployment/web web=shop/web:2\n"
                    "720 to 725.121 complete by rollout-undo/deployment/web\n");
    value_drop(summary);
}

/* The large node has both replicas, since they prefer it to being spread: 200 points against 68. Its
 * drain begins at 600 s; the budget lets one replica be missing.
 *     600      one is evicted: lost; the other is refused, and asked for again every 5 s
 *     600.010  its replacement is there
 *     600.021  bound to the small node
 *     601.021  sandbox and container; 2 s for the image
 *     603.031  ready: 3.031 s with one missing
 *     605      the other is evicted
 *     605.021  its replacement is bound
 *     606.031  ready, its image being there: 1.031 s
 * At 1200 s four are wanted, so two are missing from then on:
 *    1200.010  the ReplicaSet
 *    1200.020  the third pod, 1200.030 the fourth
 *    1200.031  the third is bound, 1200.041 the fourth
 *    1201.041  the third is ready: 1.041 s; 1201.051 the fourth: 1.051 s
 * At 1800 s two are too many, and nothing is missing. Nothing of this is a failure, so there is
 * nothing to detect or to recover from. The Service sees replicas come and go 0.010 s later, by the
 * EndpointSlice, but knows at once what is wanted: degraded 0.010 s longer. */
Test(hand_checked_changes, a_drain_waits_for_the_budget)
{
    struct value *summary = play("tests/scenarios/drain.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 3596.959 after 3.041, availability 1\n"
                    "down 0, degraded 5.113, not ready 6.154\n"
                    "drain: down 0, not ready 4.062, outages 0, replicas 2\n"
                    "scale: down 0, not ready 2.092, outages 0, replicas 2\n");
    expect_measured(summary, "service/web",
                    "observed 3596.949 after 3.051, availability 1\n"
                    "down 0, degraded 5.123, not ready 6.174\n"
                    "drain: down 0, not ready 4.062, outages 0, replicas 2\n"
                    "scale: down 0, not ready 2.112, outages 0, replicas 2\n");
    value_drop(summary);
}
