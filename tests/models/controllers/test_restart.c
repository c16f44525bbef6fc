/* A controller manager that ends and begins again: it remembers nothing, and nothing is lost. */
#include <criterion/criterion.h>

#include "models/controllers/controller.h"
#include "tests/support/kubelet_stories.h"

#define WEB                                                                                        \
    "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3, "     \
    "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "       \
    "{containers: [{name: c, image: web}]}}}}\n"                                                   \
    "---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "    \
    "ports: [{port: 80}]}}\n"                                                                      \
    "---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: "        \
    "{minAvailable: 2, selector: {matchLabels: {app: web}}}}\n"

static void restart(struct world *w)
{
    controller_manager_restart(w->cluster, run_root(w->run, run_now(w->run), "restart", ""));
}

Test(restart, of_a_cluster_at_rest_writes_nothing)
{
    struct world *w = given(NODE("n0") NODE("n1") WEB);
    until(w, 100);
    expect_field(w, "deployment/default/web", "status.readyReplicas", "3");
    forget(w);
    restart(w);
    until(w, 1000);
    expect_trace(w, "", " 100.000 restart begins\n");
    done(w);
}

Test(restart, in_the_middle_makes_no_pod_twice)
{
    for (int step = 0; step < 40; step++) {
        struct world *w = given(NODE("n0") NODE("n1") WEB);
        until(w, step * 0.01);
        restart(w);
        until(w, 200);
        expect_field(w, "deployment/default/web", "status.replicas", "3");
        expect_field(w, "deployment/default/web", "status.readyReplicas", "3");
        cr_expect_eq(cache_count(w->cluster->cache, KIND_POD), 3);
        done(w);
    }
}
