/* EndpointSlices follow the pods of their Service. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/controllers/controller.h"
#include "models/controllers/endpointslice_private.h"
#include "models/api/pod.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "sim/chance/stream.h"
#include "tests/support/world.h"

/* ---- how endpoints are spread, without a cluster ---- */

static struct texts *texts;
static struct slice_plan plan;
static struct value *ports, *other_ports;

static struct value *port_list(int number)
{
    struct value *list = value_new_list(), *port = value_new_map();
    value_set(port, "port", value_new_int(number));
    value_add(list, port);
    return list;
}

static void open_plan(void)
{
    texts = texts_new();
    ports = port_list(80);
    other_ports = port_list(81);
    plan = (struct slice_plan){ 0 };
}

static void close_plan(void)
{
    slice_plan_close(&plan);
    value_drop(ports);
    value_drop(other_ports);
    texts_free(texts);
}

TestSuite(slice_plan, .init = open_plan, .fini = close_plan);

static struct endpoint endpoint(uint64_t uid)
{
    return (struct endpoint){ .uid = { 0, uid }, .ready = true };
}

/* A slice of `count` endpoints with uids from `first`. */
static struct endpoint_slice *slice_of(uint64_t first, size_t count, struct value *of_ports)
{
    struct endpoint_slice *slice =
        (struct endpoint_slice *)object_new(object_kinds, KIND_ENDPOINTSLICE);
    struct endpoints *list = count > 0 ? endpoints_new(count) : NULL;
    for (size_t i = 0; i < count; i++)
        list->items[i] = endpoint(first + i);
    slice->endpoints = list;
    slice->meta.document = value_new_map();
    if (of_ports != NULL)
        value_set(slice->meta.document, "ports", value_hold(of_ports));
    return slice;
}

static void want(uint64_t first, size_t count, const struct value *of_ports)
{
    for (size_t i = 0; i < count; i++)
        slice_plan_want(&plan, endpoint(first + i), of_ports);
}

/* "100 98+ 0-": endpoints of each slice; + is a change, - a deletion, * a new slice. */
static void expect_plan(const char *text)
{
    struct writer out = { 0 };
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned_slice *slice = &plan.slices[i];
        const char *mark = slice->old == NULL ? "*"
                           : slice->unwanted  ? "-"
                           : slice->changed   ? "+"
                                              : "";
        writer_format(&out, "%s%zu%s", i > 0 ? " " : "", slice->count, mark);
    }
    char *found = writer_take(&out);
    cr_expect_str_eq(found, text);
    free(found);
}

Test(slice_plan, has_at_most_a_hundred_endpoints_in_a_slice)
{
    want(1, 250, ports);
    slice_plan_decide(&plan, NULL);
    expect_plan("100* 100* 50*");
}

Test(slice_plan, keeps_a_placeholder_for_a_service_without_endpoints)
{
    slice_plan_decide(&plan, NULL);
    expect_plan("0*");
}

Test(slice_plan, leaves_the_placeholder_alone)
{
    struct endpoint_slice *placeholder = slice_of(0, 0, NULL);
    slice_plan_take(&plan, placeholder, true);
    slice_plan_decide(&plan, NULL);
    expect_plan("0");
    object_drop(&placeholder->meta.object);
}

Test(slice_plan, turns_the_placeholder_into_the_first_slice)
{
    struct endpoint_slice *placeholder = slice_of(0, 0, NULL);
    slice_plan_take(&plan, placeholder, true);
    want(1, 3, ports);
    slice_plan_decide(&plan, NULL);
    expect_plan("3+");
    cr_expect_eq(plan.slices[0].ports, ports);
    object_drop(&placeholder->meta.object);
}

Test(slice_plan, fills_slices_that_change_anyway_before_others)
{
    struct endpoint_slice *a = slice_of(1, 60, ports), *b = slice_of(101, 90, ports);
    slice_plan_take(&plan, a, true);
    slice_plan_take(&plan, b, true);
    want(2, 59, ports);   /* one of a is gone */
    want(101, 90, ports); /* b is as it was */
    want(500, 5, ports);
    slice_plan_decide(&plan, NULL);
    expect_plan("64+ 90");
    object_drop(&a->meta.object);
    object_drop(&b->meta.object);
}

Test(slice_plan, fits_the_rest_into_the_fullest_slice_that_takes_it_whole)
{
    struct endpoint_slice *a = slice_of(1, 60, ports), *b = slice_of(101, 90, ports);
    struct endpoint_slice *c = slice_of(301, 96, ports);
    slice_plan_take(&plan, a, true);
    slice_plan_take(&plan, b, true);
    slice_plan_take(&plan, c, true);
    want(1, 60, ports);
    want(101, 90, ports);
    want(301, 96, ports);
    want(500, 7, ports);
    slice_plan_decide(&plan, NULL);
    expect_plan("60 97+ 96");
    object_drop(&a->meta.object);
    object_drop(&b->meta.object);
    object_drop(&c->meta.object);
}

Test(slice_plan, keeps_pods_with_other_ports_apart)
{
    struct endpoint_slice *a = slice_of(1, 2, ports);
    slice_plan_take(&plan, a, true);
    want(1, 1, ports);
    want(2, 1, other_ports); /* the pod serves another port now */
    slice_plan_decide(&plan, NULL);
    expect_plan("1+ 1*");
    object_drop(&a->meta.object);
}

Test(slice_plan, gives_nothing_to_slices_of_an_earlier_service)
{
    struct endpoint_slice *a = slice_of(1, 2, ports);
    slice_plan_take(&plan, a, false);
    want(1, 2, ports);
    slice_plan_decide(&plan, NULL);
    expect_plan("0- 2*");
    object_drop(&a->meta.object);
}

/* ---- stories ---- */

static const struct component *const components[] = { &controller_manager, NULL };

static const char shop[] =
    "{apiVersion: v1, kind: Node, metadata: {name: n0, labels: {topology.kubernetes.io/zone: a}}}\n"
    "---\n"
    "{apiVersion: v1, kind: Service, metadata: {name: web, labels: {tier: front}}, spec:\n"
    "  {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{name: http, port: 80,\n"
    "   protocol: TCP, targetPort: web}]}}\n"
    "---\n"
    "{apiVersion: v1, kind: Service, metadata: {name: hl}, spec:\n"
    "  {clusterIP: None, publishNotReadyAddresses: true, selector: {app: web},\n"
    "   ports: [{port: 80, protocol: TCP, targetPort: 80}]}}\n"
    "---\n"
    "{apiVersion: v1, kind: Service, metadata: {name: byhand}, spec: {clusterIP: 10.96.0.2,\n"
    "   ports: [{port: 80, protocol: TCP, targetPort: 80}]}}\n";

#define POD(name, label)                                                                           \
    "{apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {app: " label "}}, spec: "     \
    "{nodeName: n0, containers: [{name: c, image: x, ports: [{name: web, containerPort: 8080, "    \
    "protocol: TCP}]}]}}"

struct report {
    struct world *world;
    bool running, ready;
};

static bool report_status(struct object *object, void *context)
{
    const struct report *report = context;
    struct pod *pod = (struct pod *)object;
    pod->phase = report->running ? POD_RUNNING : POD_SUCCEEDED;
    pod->pod_ip = 10u << 24 | 7;
    pod_set_condition(pod, report->world->run->texts, POD_READY, report->ready, NULL, NULL,
                      report->world->user->now);
    return true;
}

static void kubelet_reports(struct world *world, const char *pod, bool running, bool ready)
{
    client_begin(world->user, (struct cause){ 0, 0 });
    struct report report = { world, running, ready };
    client_patch(world->user, key_of(world, pod), report_status, &report, NULL);
}

/* The only slice of a Service; the test fails when there is another number of them. */
static const char *slice_name(struct world *world, const char *service)
{
    static char name[256];
    int count = 0;
    struct cache_cursor cursor = client_list(world->user, KIND_ENDPOINTSLICE);
    while (cache_next(&cursor)) {
        const struct endpoint_slice *slice = (const struct endpoint_slice *)cursor.object;
        if (strcmp(text_s(slice->service), service) != 0)
            continue;
        snprintf(name, sizeof name, "endpointslice/default/%s", name_of(slice));
        count++;
    }
    cr_assert_eq(count, 1, "%d slices of %s", count, service);
    return name;
}

static void expect_endpoint(struct world *world, const char *service, const char *conditions)
{
    expect_field(world, slice_name(world, service), "endpoints.0.conditions", conditions);
}

#define CONDITIONS(ready, serving, terminating)                                                    \
    "{\"ready\":" ready ",\"serving\":" serving ",\"terminating\":" terminating "}"

Test(endpointslice, begins_with_a_placeholder)
{
    struct world *w = given_with(shop, components, "");
    until(w, 1);
    const char *slice = slice_name(w, "hl");
    expect_field(w, slice, "endpoints", "null");
    expect_field(w, slice, "ports", "null");
    expect_field(w, slice, "addressType", "IPv4");
    expect_field(w, slice, "metadata.labels",
                 "{\"endpointslice.kubernetes.io/managed-by\":\"endpointslice-controller.k8s.io\","
                 "\"kubernetes.io/service-name\":\"hl\",\"service.kubernetes.io/headless\":\"\"}");
    expect_field(w, slice, "metadata.generateName", "hl-");
    expect_field(w, slice_name(w, "web"), "metadata.labels.tier", "front");
    expect_field(w, slice_name(w, "web"), "metadata.generation", "1");
    done(w);
}

Test(endpointslice, follows_readiness_and_termination)
{
    struct world *w = given_with(shop, components, "");
    until(w, 1);
    create(w, POD("p", "web"));
    until(w, 2);
    expect_field(w, slice_name(w, "web"), "endpoints", "null"); /* it has no address yet */
    kubelet_reports(w, "pod/default/p", true, false);
    until(w, 3);
    expect_endpoint(w, "web", CONDITIONS("false", "false", "false"));
    expect_endpoint(w, "hl", CONDITIONS("true", "false", "false"));
    kubelet_reports(w, "pod/default/p", true, true);
    until(w, 4);
    expect_endpoint(w, "web", CONDITIONS("true", "true", "false"));
    expect_field(w, slice_name(w, "web"), "endpoints.0.zone", "a");
    expect_field(w, slice_name(w, "web"), "ports",
                 "[{\"name\":\"http\",\"port\":8080,\"protocol\":\"TCP\"}]");
    expect_field(w, slice_name(w, "hl"), "ports",
                 "[{\"name\":\"\",\"port\":80,\"protocol\":\"TCP\"}]");
    delete_object(w, "pod/default/p", PROPAGATE_DEFAULT);
    until(w, 5);
    expect_endpoint(w, "web", CONDITIONS("false", "true", "true"));
    expect_endpoint(w, "hl", CONDITIONS("true", "true", "true"));
    kubelet_reports(w, "pod/default/p", false, false);
    until(w, 6);
    expect_field(w, slice_name(w, "web"), "endpoints", "null");
    expect_field(w, slice_name(w, "web"), "ports", "null");
    done(w);
}

Test(endpointslice, tells_when_the_change_happened_that_it_shows)
{
    struct world *w = given_with(shop, components, "");
    until(w, 1);
    expect_field(w, slice_name(w, "web"), "metadata.annotations",
                 "{\"endpoints.kubernetes.io/last-change-trigger-time\":\"1970-01-01T00:00:00Z\"}");
    create(w, POD("p", "web"));
    until(w, 7);
    kubelet_reports(w, "pod/default/p", true, true);
    until(w, 9);
    expect_field(w, slice_name(w, "web"), "metadata.annotations",
                 "{\"endpoints.kubernetes.io/last-change-trigger-time\":\"1970-01-01T00:00:07Z\"}");
    delete_object(w, "pod/default/p", PROPAGATE_DEFAULT);
    until(w, 10);
    expect_field(w, slice_name(w, "web"), "metadata.annotations", NULL);
    done(w);
}

Test(endpointslice, forgets_a_pod_that_lost_its_label)
{
    struct world *w = given_with(shop, components, "");
    create(w, POD("p", "web"));
    kubelet_reports(w, "pod/default/p", true, true);
    until(w, 1);
    expect_endpoint(w, "web", CONDITIONS("true", "true", "false"));
    struct object *pod = client_edit(find(w, "pod/default/p"));
    labels_drop(((struct meta *)pod)->labels);
    ((struct meta *)pod)->labels = labels_with(w->run->texts, NULL, "app", "debug");
    client_begin(w->user, (struct cause){ 0, 0 });
    client_update(w->user, pod, NULL);
    until(w, 2);
    expect_field(w, slice_name(w, "web"), "endpoints", "null");
    done(w);
}

Test(endpointslice, comes_back_when_a_user_deletes_it)
{
    struct world *w = given_with(shop, components, "");
    until(w, 1);
    char first[256];
    snprintf(first, sizeof first, "%s", slice_name(w, "web"));
    delete_object(w, first, PROPAGATE_DEFAULT);
    until(w, 1.5);
    cr_expect_null(find(w, first));
    until(w, 3);
    cr_expect_str_neq(slice_name(w, "web"), first, "a new one, a second later");
    done(w);
}

Test(endpointslice, leaves_services_without_selector_to_their_users)
{
    struct world *w = given_with(shop, components, "");
    until(w, 1);
    cr_expect_eq(cache_count(w->cluster->cache, KIND_ENDPOINTSLICE), 2);
    done(w);
}

/* ---- a walk: slices are kept up to date by single pods ---- */

enum { WALK_PODS = 350, WALK_STEPS = 250 };

static const char *walk_name(size_t number)
{
    static char name[32];
    snprintf(name, sizeof name, "pod/default/p%zu", number);
    return name;
}

static bool change_label(struct object *object, void *world)
{
    struct meta *meta = (struct meta *)object;
    const bool web = strcmp(labels_get(meta->labels, "app"), "web") == 0;
    labels_drop(meta->labels);
    meta->labels =
        labels_with(((struct world *)world)->run->texts, NULL, "app", web ? "debug" : "web");
    return true;
}

/* One change of one thing. */
static void walk_step(struct world *w, struct stream *luck)
{
    const size_t number = stream_below(luck, WALK_PODS);
    const char *name = walk_name(number);
    client_begin(w->user, (struct cause){ 0, 0 });
    if (find(w, name) == NULL) {
        char *pod = mem_format(POD("p%zu", "web"), number);
        create(w, pod);
        free(pod);
        return;
    }
    switch (stream_below(luck, 8)) {
    case 0:
        delete_object(w, name, PROPAGATE_DEFAULT);
        break;
    case 1:
        client_patch(w->user, key_of(w, name), change_label, w, NULL);
        break;
    default:
        kubelet_reports(w, name, stream_below(luck, 12) > 0, stream_below(luck, 3) > 0);
    }
}

/* Every pod that has an endpoint is in one slice as it is, and nobody else is. */
static void expect_all_pods(struct world *w, size_t step)
{
    size_t shown = 0, pods = 0;
    struct cache_cursor slices = client_list(w->user, KIND_ENDPOINTSLICE);
    while (cache_next(&slices)) {
        const struct endpoint_slice *slice = (const struct endpoint_slice *)slices.object;
        if (strcmp(text_s(slice->service), "web") != 0 || slice->endpoints == NULL)
            continue;
        cr_assert_leq(slice->endpoints->count, ENDPOINTS_PER_SLICE);
        for (size_t i = 0; i < slice->endpoints->count; i++) {
            const struct endpoint *shows = &slice->endpoints->items[i];
            const struct object_key key = { KIND_POD, slice->meta.object.space, shows->pod };
            const struct pod *pod = pod_of(client_read(w->user, key));
            cr_assert(pod != NULL && uid_equal(pod->meta.uid, shows->uid), "step %zu", step);
            cr_assert_str_eq(labels_get(pod->meta.labels, "app"), "web", "step %zu", step);
            cr_assert_eq(shows->serving, pod_is_ready(pod), "step %zu", step);
            cr_assert_eq(shows->terminating, pod->meta.deleting, "step %zu", step);
            shown++;
        }
    }
    for (struct cache_cursor all = client_list(w->user, KIND_POD); cache_next(&all);) {
        const struct pod *pod = pod_of(all.object);
        pods += pod->pod_ip != 0 && !pod_is_terminal(pod) &&
                strcmp(labels_get(pod->meta.labels, "app"), "web") == 0;
    }
    cr_assert_eq(shown, pods, "step %zu: %zu endpoints of %zu pods", step, shown, pods);
}

Test(endpointslice, shows_exactly_the_selected_pods_whatever_changes)
{
    struct world *w = given_with(shop, components, "kube-api-qps=0");
    struct stream luck = stream_of(11, "", "endpoints", "walk", 0);
    double now = 1;
    until(w, now);
    for (size_t i = 0; i < WALK_PODS * 3; i++)
        walk_step(w, &luck);
    for (size_t step = 0; step < WALK_STEPS; step++) {
        for (uint64_t i = stream_below(&luck, 6); i > 0; i--)
            walk_step(w, &luck);
        if (stream_below(&luck, 40) == 0) {
            struct cache_cursor slices = client_list(w->user, KIND_ENDPOINTSLICE);
            cr_assert(cache_next(&slices));
            char *name = mem_format("endpointslice/default/%s", name_of(slices.object));
            delete_object(w, name, PROPAGATE_DEFAULT);
            free(name);
        }
        until(w, now += 0.02); /* in the middle of it */
        walk_step(w, &luck);
        until(w, now += 5);
        expect_all_pods(w, step);
    }
    done(w);
}
