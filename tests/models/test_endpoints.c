/* Endpoints, the older form of EndpointSlices. */
#include <criterion/criterion.h>

#include "models/controllers/controller.h"
#include "tests/support/world.h"

#define POD(name, port)                                                                            \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {app: web}}, spec: "      \
    "{nodeName: n0, containers: [{name: c, image: x, ports: [{name: web, containerPort: " port     \
    ", protocol: TCP}]}]}}\n"

static const struct component *const components[] = { &controller_manager, NULL };

static const char shop[] =
    "{apiVersion: v1, kind: Node, metadata: {name: n0}}\n"
    "---\n"
    "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.96.0.1,\n"
    "   selector: {app: web}, ports: [{name: http, port: 80, protocol: TCP, targetPort: web},\n"
    "   {name: metrics, port: 90, protocol: TCP, targetPort: 9100}]}}\n"
    "---\n"
    "{apiVersion: v1, kind: Service, metadata: {name: hl}, spec: {clusterIP: None,\n"
    "   publishNotReadyAddresses: true, selector: {app: web}}}\n";

struct report {
    struct world *world;
    uint32_t ip;
    bool ready;
};

static bool report_status(struct object *object, void *context)
{
    const struct report *report = context;
    struct pod *pod = (struct pod *)object;
    pod->phase = POD_RUNNING;
    pod->pod_ip = report->ip;
    pod_set_condition(pod, report->world->run->texts, POD_READY, report->ready, NULL, NULL,
                      report->world->user->now);
    return true;
}

static void kubelet_reports(struct world *world, const char *pod, uint32_t last, bool ready)
{
    struct report report = { world, 10u << 24 | last, ready };
    client_begin(world->user, (struct cause){ 0, 0 });
    client_patch(world->user, key_of(world, pod), report_status, &report, NULL);
}

static struct world *given_pods(const char *settings)
{
    struct world *w = given_with(shop, components, settings);
    create(w, POD("a", "8080") POD("b", "8081"));
    kubelet_reports(w, "pod/default/a", 7, true);
    kubelet_reports(w, "pod/default/b", 8, false);
    until(w, 5);
    return w;
}

Test(endpoints, tell_ready_pods_from_others)
{
    struct world *w = given_pods("keep-events=true");
    const char *web = "endpoints/default/web", *hl = "endpoints/default/hl";
    expect_field(w, web, "metadata.labels",
                 "{\"endpoints.kubernetes.io/managed-by\":\"endpoint-controller\"}");
    expect_field(w, hl, "metadata.labels",
                 "{\"endpoints.kubernetes.io/managed-by\":\"endpoint-controller\","
                 "\"service.kubernetes.io/headless\":\"\"}");
    expect_field(w, hl, "subsets.0.addresses.0.targetRef.name", "a");
    expect_field(w, hl, "subsets.0.addresses.1.targetRef.name", "b");
    expect_field(w, hl, "subsets.0.ports", NULL);
    done(w);
}

/* a serves http at 8080, b at 8081, both serve metrics at 9100: three subsets. */
Test(endpoints, group_pods_by_the_ports_they_serve)
{
    struct world *w = given_pods("keep-events=true");
    const char *web = "endpoints/default/web";
    expect_field(w, web, "subsets.0.ports",
                 "[{\"name\":\"http\",\"port\":8080,\"protocol\":\"TCP\"}]");
    expect_field(w, web, "subsets.0.addresses.0.ip", "10.0.0.7");
    expect_field(w, web, "subsets.0.notReadyAddresses", NULL);
    expect_field(w, web, "subsets.1.ports",
                 "[{\"name\":\"metrics\",\"port\":9100,\"protocol\":\"TCP\"}]");
    expect_field(w, web, "subsets.1.notReadyAddresses.0.ip", "10.0.0.8");
    expect_field(w, web, "subsets.2.addresses", NULL);
    expect_field(w, web, "subsets.2.notReadyAddresses.0.targetRef.name", "b");
    done(w);
}

Test(endpoints, leave_pods_that_are_stopping_out)
{
    struct world *w = given_pods("keep-events=true");
    delete_object(w, "pod/default/a", PROPAGATE_DEFAULT);
    until(w, 6);
    expect_field(w, "endpoints/default/web", "subsets.0.notReadyAddresses.0.targetRef.name", "b");
    expect_field(w, "endpoints/default/web", "subsets.0.addresses", NULL);
    expect_field(w, "endpoints/default/hl", "subsets.0.addresses.0.targetRef.name", "a");
    done(w);
}

Test(endpoints, go_with_their_service)
{
    struct world *w = given_pods("keep-events=true");
    delete_object(w, "service/default/web", PROPAGATE_DEFAULT);
    until(w, 6);
    cr_expect_null(find(w, "endpoints/default/web"));
    cr_expect_not_null(find(w, "endpoints/default/hl"));
    done(w);
}

Test(endpoints, are_not_kept_unless_asked)
{
    struct world *w = given_pods("");
    cr_expect_null(find(w, "endpoints/default/web"));
    done(w);
}
