/* The API server goes away and comes back. */
#include <criterion/criterion.h>

#include "models/api/node.h"
#include "models/api/pod.h"
#include "tests/support/desk.h"
#include "tests/support/kubelet_stories.h"

#define WEB                                                                                        \
    "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, "     \
    "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "       \
    "{containers: [{name: c, image: web}]}}}}\n"

static void expect_kubectl(struct world *w, int rc, const char *said)
{
    struct desk *desk = desk_at(w);
    kubectl(desk, "scale deployment/web --replicas=3", NULL);
    cr_expect_eq(desk->rc, rc);
    cr_expect_str_eq(desk->printed, said);
    desk_leave(desk);
}

Test(api_outage, refuses_users_in_the_words_of_kubectl)
{
    struct world *w = given(NODE("n0") WEB);
    plan(w, "{kind: api-outage, at: 100s, lasts: 5s}");
    until(w, 102);
    expect_kubectl(w, 1,
                   "The connection to the server 10.96.0.1:6443 was refused - did you specify "
                   "the right host or port?\n");
    until(w, 110);
    expect_kubectl(w, 0, "deployment.apps/web scaled\n");
    until(w, 200);
    expect_field(w, "deployment/default/web", "status.readyReplicas", "3");
    done(w);
}

Test(api_outage, lets_containers_run_on_and_hears_of_them_afterwards)
{
    struct world *w = given_nodes(NODE("n0") POD("web", ONE("")), "");
    plan(w, "{kind: api-outage, at: 10s, lasts: 20s}");
    until(w, 12);
    fail(w, "container-crash", "web");
    forget(w);
    until(w, 29);
    expect_trace(w, "pod/", "");
    until(w, 60);
    expect_field(w, "pod/default/web", "status.containerStatuses.0.restartCount", "1");
    expect_field(w, "pod/default/web", "status.containerStatuses.0.lastState.terminated.finishedAt",
                 "1970-01-01T00:00:12Z");
    done(w);
}

/* A pod deleted in the middle of it is replaced as soon as the server is back: the controllers have
 * kept their lease. */
Test(api_outage, that_is_short_leaves_the_controllers_leading)
{
    struct world *w = given(NODE("n0") WEB);
    until(w, 100);
    create(w, "{apiVersion: v1, kind: Pod, metadata: {name: late}, spec: {containers: [{name: c, "
              "image: web}]}}");
    plan(w, "{kind: api-outage, at: 100s, lasts: 9s}");
    until(w, 108.9);
    expect_field(w, "pod/default/late", "spec.nodeName", NULL);
    until(w, 109.1);
    expect_field(w, "pod/default/late", "spec.nodeName", "n0");
    done(w);
}

static const struct text *node_ready(struct world *w, const char *node)
{
    return conditions_find(node_of(find(w, node))->conditions, "Ready")->reason;
}

/* Leaders give up 10 to 12 s after the server went. The new ones try every 2 to 4.4 s, so they first see
 * the old lease up to 4.4 s after the server is back, at 160 s, and lead when it has not changed for
 * 15 s, at their next try: between 175 and 183.8 s. From then on a node has 50 s to show up. */
Test(api_outage, that_is_long_makes_new_leaders_who_know_nothing)
{
    struct world *w = given(NODE("n0") NODE("n1") WEB);
    plan(w, "{kind: api-outage, at: 100s, lasts: 60s}");
    plan(w, "{kind: node-crash, nodes: n1, at: 110s}");
    until(w, 159.9);
    forget(w);
    until(w, 174.9);
    expect_trace(w, "replicaset/", "");
    expect_trace(w, "deployment/", "");
    until(w, 224.9);
    cr_expect_str_eq(node_ready(w, "node/n1")->s, "KubeletReady");
    until(w, 240);
    cr_expect_str_eq(node_ready(w, "node/n1")->s, "NodeStatusUnknown");
    cr_expect_str_eq(node_ready(w, "node/n0")->s, "KubeletReady");
    until(w, 1000);
    expect_field(w, "deployment/default/web", "status.readyReplicas", "2");
    done(w);
}

/* The same without an election: the node is lost as soon as the server is back, 50 s after its last
 * renewal. */
Test(api_outage, without_an_election_nobody_begins_anew)
{
    struct world *w = given_with(NODE("n0") NODE("n1") WEB, NULL, "leader-elect=false");
    plan(w, "{kind: api-outage, at: 100s, lasts: 60s}");
    plan(w, "{kind: node-crash, nodes: n1, at: 105s}");
    until(w, 159.9);
    cr_expect_str_eq(node_ready(w, "node/n1")->s, "KubeletReady");
    until(w, 300);
    cr_expect_str_eq(node_ready(w, "node/n1")->s, "NodeStatusUnknown");
    done(w);
}

/* Whatever time it begins and ends, work that was under way is finished. */
Test(api_outage, at_any_moment_of_a_rollout_ends_well)
{
    for (int step = 0; step < 40; step++) {
        struct world *w = given(NODE("n0") NODE("n1") WEB);
        char entry[100];
        snprintf(entry, sizeof entry, "{kind: api-outage, at: %dms, lasts: %ds}", 100 * step,
                 1 + step);
        plan(w, entry);
        until(w, 600);
        expect_field(w, "deployment/default/web", "status.readyReplicas", "2");
        expect_field(w, "deployment/default/web", "status.replicas", "2");
        cr_expect_eq(cache_count(w->cluster->cache, KIND_POD), 2);
        done(w);
    }
}
