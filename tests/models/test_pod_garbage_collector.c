/* Pods that nobody else takes away. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "models/controllers/controller.h"
#include "tests/support/world.h"

#define NODE "{apiVersion: v1, kind: Node, metadata: {name: n0}}\n"
#define POD(name)                                                                                  \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {nodeName: n0, "           \
    "terminationGracePeriodSeconds: 30, containers: [{name: c, image: x}]}}\n"

static const struct component *const components[] = { &controller_manager, NULL };

static struct world *given_cluster(const char *manifests, const char *flags)
{
    struct world *w = given_with("", components, flags);
    distribution_free(w->cluster->settings.api_write);
    w->cluster->settings.api_write = distribution_new_constant(0);
    create(w, manifests);
    until(w, 0);
    return w;
}

static bool succeed(struct object *object, void *context)
{
    (void)context;
    ((struct pod *)object)->phase = POD_SUCCEEDED;
    return true;
}

static void end_pod(struct world *w, const char *name)
{
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, name), succeed, NULL, NULL);
}

/* Looks are at 0, 20, 40, ...: the node goes at 25, is missed at 40, and for 40 s at 80. */
Test(pod_garbage_collector, takes_the_pods_of_a_node_that_is_no_more)
{
    struct world *w = given_cluster(NODE POD("web") POD("done"), "");
    end_pod(w, "pod/default/done");
    until(w, 25);
    delete_object(w, "node/n0", PROPAGATE_DEFAULT);
    until(w, 79);
    cr_expect_not_null(find(w, "pod/default/web"));
    until(w, 100);
    expect_trace(w, "pod/default/web",
                 "   0.000 pod/default/web create\n"
                 "  80.000 pod/default/web patch Failed\n"
                 "  80.000 pod/default/web remove\n");
    cr_expect_null(find(w, "pod/default/done"));
    done(w);
}

Test(pod_garbage_collector, leaves_them_when_the_node_is_there_again)
{
    struct world *w = given_cluster(NODE POD("web"), "");
    until(w, 25);
    delete_object(w, "node/n0", PROPAGATE_DEFAULT);
    until(w, 70);
    create(w, NODE);
    until(w, 200);
    cr_expect_not_null(find(w, "pod/default/web"));
    done(w);
}

/* No kubelet answers, so the pod cannot end by itself. */
Test(pod_garbage_collector, takes_pods_that_stop_on_a_node_out_of_service)
{
    struct world *w = given_cluster(
        "{apiVersion: v1, kind: Node, metadata: {name: n0}, spec: {taints: [{key: "
        "node.kubernetes.io/out-of-service, value: nodeshutdown, effect: NoSchedule}]}}\n" POD(
            "stopping") POD("staying"),
        "");
    until(w, 25);
    delete_object(w, "pod/default/stopping", PROPAGATE_DEFAULT);
    until(w, 39);
    cr_expect_not_null(find(w, "pod/default/stopping"));
    until(w, 41);
    cr_expect_null(find(w, "pod/default/stopping"));
    cr_expect_not_null(find(w, "pod/default/staying"));
    done(w);
}

Test(pod_garbage_collector, takes_the_oldest_of_too_many_that_have_ended)
{
    struct world *w = given_cluster(NODE, "terminated-pod-gc-threshold=2");
    for (int i = 0; i < 4; i++) {
        char manifest[256], name[32];
        until(w, i);
        snprintf(manifest, sizeof manifest, POD("p%d"), i);
        create(w, manifest);
        snprintf(name, sizeof name, "pod/default/p%d", i);
        end_pod(w, name);
    }
    create(w, POD("running"));
    until(w, 30);
    cr_expect_null(find(w, "pod/default/p0"));
    cr_expect_null(find(w, "pod/default/p1"));
    cr_expect_not_null(find(w, "pod/default/p2"));
    cr_expect_not_null(find(w, "pod/default/running"));
    done(w);
}
