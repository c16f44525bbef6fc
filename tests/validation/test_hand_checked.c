/* Scenarios whose answers are worked out by hand, to the nanosecond: failures.
 *
 * In all of them a write to the API server takes 10 ms, an attempt of the scheduler 1 ms, sandbox
 * and container 1 s to start, an image of 100 MB 2 s to pull at 50 MB/s. Nothing else takes time:
 * watches deliver at once, and there is no readiness probe, so that a container is ready when it
 * runs. What is measured is what the API says: a pod is ready from the write that says so. Each
 * step of a chain begins when the write before it is seen:
 *
 *      0      the Deployment is created
 *      0.010  its ReplicaSet
 *      0.020  the first pod; the others of a batch a write later
 *      0.021  the scheduler has decided
 *      0.031  and bound the pod
 *      1.031  sandbox and container are made
 *      3.031  the image is there and the container runs
 *      3.041  the kubelet has reported that: the pod is ready, bring-up ends
 *      3.051  the EndpointSlice lists it: so it does for the Service */
#include <criterion/criterion.h>

#include "tests/support/measured.h"

/* Four crashes of the only container, at 600, 660, 720 and 1800 s. Each time
 *     + 0.010  the kubelet reports it: lost, after 0.010 s
 *     + wait   back-off, from the crash on
 *     + 1      the container is made
 *     + 0.010  and reported: ready, wait + 1.010 s after the crash
 * The first restart waits 0 s, the second 10 s, the third 20 s. From the third restart, at 740 s,
 * to the fourth crash there are 1060 s, more than twice the longest back-off of 300 s: forgotten,
 * 0 s. Down 1 + 11 + 21 + 1 = 34 s of 3600 - 3.041; recover (1.01 + 11.01 + 21.01 + 1.01) / 4. The
 * EndpointSlice follows both ways 0.010 s later, so a Service is down as long. */
Test(hand_checked, a_container_that_crashes_again_and_again_waits_longer_each_time)
{
    struct value *summary = play("tests/scenarios/container_crash.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 3596.959 after 3.041, availability 0.990547570879\n"
                    "down 34, degraded 34, not ready 34\n"
                    "detect 4 of mean 0.01, most 0.01, recover 4 of mean 8.51, most 21.01\n"
                    "outage 600.01 to 601.01 by container-crash/app=web\n"
                    "outage 660.01 to 671.01 by container-crash/app=web\n"
                    "outage 720.01 to 741.01 by container-crash/app=web\n"
                    "outage 1800.01 to 1801.01 by container-crash/app=web\n"
                    "container-crash: down 34, not ready 34, outages 4, replicas 4\n");
    expect_measured(summary, "service/web",
                    "observed 3596.949 after 3.051, availability 0.9905475446\n"
                    "down 34, degraded 34, not ready 34\n"
                    "detect 4 of mean 0.02, most 0.02, recover 4 of mean 8.52, most 21.02\n"
                    "outage 600.02 to 601.02 by container-crash/app=web\n"
                    "outage 660.02 to 671.02 by container-crash/app=web\n"
                    "outage 720.02 to 741.02 by container-crash/app=web\n"
                    "outage 1800.02 to 1801.02 by container-crash/app=web\n"
                    "container-crash: down 34, not ready 34, outages 4, replicas 4\n");
    value_drop(summary);
}

/* The node is without power from 604 to 637 s. Its Lease was renewed at 600 s, and would be missed
 * after 50 s, at 650 s: nobody misses it. At 637 s the kubelet starts and finds its container dead:
 *     637.010  it reports so: lost, 33.010 s after the crash
 *     638      sandbox and container are made anew; the image is still there
 *     638.010  ready again, 34.010 s after the crash
 * Down 1 s of 1800 - 3.041. It is the same pod, so nothing is rescheduled. */
Test(hand_checked, a_node_that_is_back_before_it_is_missed_starts_its_pods_anew)
{
    struct value *summary = play("tests/scenarios/node_returns.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 1796.959 after 3.041, availability 0.999443504276\n"
                    "down 1, degraded 1, not ready 1\n"
                    "detect 33.01, recover 34.01\n"
                    "outage 637.01 to 638.01 by node-crash/worker-0\n"
                    "node-crash: down 1, not ready 1, outages 1, replicas 1\n");
    value_drop(summary);
}

/* The node is cut off from 604 to 694 s; its containers run on.
 *     650.020  the pod is marked not ready, as in the story below, after 46.020 s
 *     694.020  the kubelet is heard of again and says Ready=True; the pod does not become ready by that
 *     700      the kubelet's status manager compares every 10 s what it knows with what it sees
 *     700.010  and puts it right: ready after 96.010 s
 * Down from 650.020 to 700.010. */
Test(hand_checked, a_node_that_is_heard_of_again_puts_its_pods_status_right)
{
    struct value *summary = play("tests/scenarios/network_cut.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 1796.959 after 3.041, availability 0.972180778749\n"
                    "down 49.99, degraded 49.99, not ready 49.99\n"
                    "detect 46.02, recover 96.01\n"
                    "outage 650.02 to 700.01 by node-crash/worker-0\n"
                    "node-crash: down 49.99, not ready 49.99, outages 1, replicas 1\n");
    value_drop(summary);
}

/* The larger node has the pod (it is emptier with it than the smaller one) and dies at 604 s. Leases
 * are renewed every 10 s from 0 on, so the last time at 600 s; the node lifecycle controller looks
 * every 5 s from 0 on, and saw that renewal in its pass at 600 s.
 *     650      50 s of silence are over in this pass
 *     650.010  the node is Unknown
 *     650.020  the pod is marked not ready: lost, 46.020 s after the crash
 *     655      the next pass sees the node Unknown
 *     655.010  and has tainted it unreachable:NoExecute
 *     955.010  300 s of toleration are over
 *     955.020  the pod gets its condition DisruptionTarget
 *     955.030  and is deleted, which its dead node never completes
 *     955.040  the ReplicaSet has another pod, since one that is on its way out does not count
 *     955.041  a decision
 *     955.051  bound: rescheduled 351.051 s after the crash
 *     956.051  sandbox and container
 *     958.051  the image, which the smaller node does not have yet
 *     958.061  ready: recovered 354.061 s after the crash
 * Down from 650.020 to 958.061. */
Test(hand_checked, a_lost_node_is_missed_then_tolerated_then_replaced)
{
    struct value *summary = play("tests/scenarios/node_loss.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 1796.959 after 3.041, availability 0.828576500632\n"
                    "down 308.041, degraded 308.041, not ready 308.041\n"
                    "detect 46.02, reschedule 351.051, recover 354.061\n"
                    "outage 650.02 to 958.061 by node-crash/large-0\n"
                    "node-crash: down 308.041, not ready 308.041, outages 1, replicas 1\n");
    expect_measured(summary, "service/web",
                    "observed 1796.949 after 3.051, availability 0.828575546663\n"
                    "down 308.041, degraded 308.041, not ready 308.041\n"
                    "detect 46.03, reschedule 351.051, recover 354.071\n"
                    "outage 650.03 to 958.071 by node-crash/large-0\n"
                    "node-crash: down 308.041, not ready 308.041, outages 1, replicas 1\n");
    value_drop(summary);
}

/* Zone a (worker-0) is without power from 604 to 1804 s; it has one of the three replicas of web,
 * which spread because an empty worker scores higher, and the only one of local, which may run
 * nowhere else and whose image takes no time. Both are treated as in the story above, local first:
 * it was bound first.
 *     650.020  local is marked not ready, after 46.020 s
 *     650.030  web is, by the write after that, after 46.030 s
 *     955.030  both are deleted, side by side
 *     955.040  both have new pods
 *     955.041  no node for local: it waits
 *     955.051  and says so, for which the scheduler waits
 *     955.052  a decision for web
 *     955.062  bound, after 351.062 s
 *     956.062  sandbox and container; the image is there already, for the other replica
 *     956.072  ready, after 352.072 s: degraded from 650.030 to 956.072
 *    1804      the kubelet starts
 *    1804.010  its Lease is renewed, and beside that
 *    1804.020  it has written Ready=True
 *    1804.030  the taint unreachable:NoSchedule is gone (NoExecute is tolerated for a while)
 *    1804.031  a decision for local
 *    1804.041  bound, after 1200.041 s
 *    1805.041  sandbox and container
 *    1805.051  ready, after 1201.051 s: down from 650.020 to 1805.051
 * Bring-up: local's pod is decided upon first, as above but for the image, ready at 1.041; the third
 * replica of web is created at 0.030, decided upon at 0.032 after the second, bound at 0.042,
 * ready 3.010 s later at 3.052. */
Test(hand_checked, a_zone_that_goes_out_degrades_what_is_spread_and_stops_what_is_bound_to_it)
{
    struct value *summary = play("tests/scenarios/zone_outage.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 3596.948 after 3.052, availability 1\n"
                    "down 0, degraded 306.042, not ready 306.042\n"
                    "detect 46.03, reschedule 351.062, recover 352.072\n"
                    "zone-outage: down 0, not ready 306.042, outages 0, replicas 1\n");
    expect_measured(summary, "deployment/local",
                    "observed 3598.959 after 1.041, availability 0.679065251924\n"
                    "down 1155.031, degraded 1155.031, not ready 1155.031\n"
                    "detect 46.02, reschedule 1200.041, recover 1201.051\n"
                    "outage 650.02 to 1805.051 by zone-outage/a\n"
                    "zone-outage: down 1155.031, not ready 1155.031, outages 1, replicas 1\n");
    value_drop(summary);
}

/* Of two replicas one is on worker-0, which dies at 604 s: lost at 650.020, replaced on the spare
 * node at 958.061, as in the story of the lost node. The containers of the other one crash
 *     at  700  back-off  0 s: not ready from  700.010 to  701.010
 *     at  720  back-off 10 s: not ready from  720.010 to  731.010
 *     at 1500  forgotten    : not ready from 1500.010 to 1501.010, and so is the replacement
 * (every crash is of two containers: before 958 s one of them is on the dead node, where nothing
 * is left to crash).
 * Down while no replica is ready: 1 + 11 + 1 s. The first 12 s go to the node's crash, which was open
 * first; the last second to the container's, of which each began an outage: the loss of the last
 * replica. Degraded from 650.020 to 958.061 and 1 s at 1500: 309.041 s. Replica-seconds: node
 * 308.041, containers 1 + 11 + 2 = 14.
 * Detect: (46.02 + 4 * 0.01) / 5. Recover: (354.061 + 3 * 1.01 + 11.01) / 5. */
Test(hand_checked, downtime_of_two_causes_goes_to_the_one_that_was_open_first)
{
    struct value *summary = play("tests/scenarios/two_causes.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 3596.949 after 3.051, availability 0.996385825876\n"
                    "down 13, degraded 309.041, not ready 322.041\n"
                    "detect 5 of mean 9.212, most 46.02, reschedule 351.051, "
                    "recover 5 of mean 73.6202, most 354.061\n"
                    "outage 700.01 to 701.01 by container-crash/app=web\n"
                    "outage 720.01 to 731.01 by container-crash/app=web\n"
                    "outage 1500.01 to 1501.01 by container-crash/app=web\n"
                    "node-crash: down 12, not ready 308.041, outages 0, replicas 1\n"
                    "container-crash: down 1, not ready 14, outages 3, replicas 4\n");
    value_drop(summary);
}

/* Notice at 600 s: the pod is evicted at once, and no replica any more. Its ReplicaSet makes another, on
 * the spare node, whose image is 2 s away:
 *     600.010  it is created,  600.011 decided,  600.021 bound
 *     601.021  sandbox and container,  603.021 the image is there and it runs
 *     603.031  reported: ready
 * The old one ends at 603 s, long before its machine does, at 720 s. */
Test(hand_checked, a_spot_node_with_a_handler_costs_a_start_on_another_node)
{
    struct value *summary = play("tests/scenarios/spot_reclaim.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 1796.959 after 3.041, availability 0.99831326146\n"
                    "down 3.031, degraded 3.031, not ready 3.031\n"
                    "detect 0, reschedule 0.021, recover 3.031\n"
                    "outage 600 to 603.031 by spot-reclaim/spot-0\n"
                    "spot-reclaim: down 3.031, not ready 3.031, outages 1, replicas 1\n");
    value_drop(summary);
}

/* The pod is taken by its kubelet at 0.031 s, and asked every 5 s from then on; it answers from 5.031 s on,
 * just in time for the second question: reported at 5.041 s, ready. The network is cut from 604 to 664 s.
 * The questions of 605.031, 610.031 and 615.031 s are not answered:
 *     615.041  not ready, 11.041 s after the cut
 *     665.031  the next question after 664 s is answered
 *     665.041  ready, 61.041 s after the cut: it was down for 50 s. */
Test(hand_checked, a_pod_that_nobody_reaches_is_missed_by_its_probe)
{
    struct value *summary = play("tests/scenarios/pod_network_fault.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 1794.959 after 5.041, availability 0.972144210536\n"
                    "down 50, degraded 50, not ready 50\n"
                    "detect 11.041, recover 61.041\n"
                    "outage 615.041 to 665.041 by network-fault/app=web\n"
                    "network-fault: down 50, not ready 50, outages 1, replicas 1\n");
    value_drop(summary);
}

/* As a node that is lost (see above), with the other replica on the other rack: not ready from 650.020 s, the
 * next one bound at 955.051 s to b, which has the image:
 *     956.051  sandbox and container, which runs
 *     956.061  reported: ready, 352.061 s after the crash
 * One of two is missing for 306.041 s, and the Deployment is never down. */
Test(hand_checked, a_rack_without_power_is_missed_given_up_and_replaced)
{
    struct value *summary = play("tests/scenarios/rack_outage.yaml");
    expect_measured(summary, "deployment/web",
                    "observed 1796.949 after 3.051, availability 1\n"
                    "down 0, degraded 306.041, not ready 306.041\n"
                    "detect 46.02, reschedule 351.051, recover 352.061\n"
                    "group-outage: down 0, not ready 306.041, outages 0, replicas 1\n");
    value_drop(summary);
}
