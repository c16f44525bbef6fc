/* One pod on each node that fits. */
#include "models/api/daemonset.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/event.h"
#include "models/api/node.h"
#include "models/controllers/controller.h"
#include "models/kubelet/kubelet.h"
#include "models/scheduler/scheduler.h"
#include "sim/base/writer.h"
#include "tests/support/kubelet_stories.h"

#define POOL(name, pool)                                                                           \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {pool: " pool            \
    "}}, status: {allocatable: {cpu: '4', memory: 8Gi, pods: '10'}}}\n"
#define SET(image, strategy)                                                                       \
    "---\n{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: ag}, spec: {selector: "          \
    "{matchLabels: {app: ag}}, updateStrategy: {" strategy                                         \
    "}, template: {metadata: {labels: {app: ag}}, "                                                \
    "spec: {nodeSelector: {pool: blue}, containers: [{name: c, image: '" image "'}]}}}}\n"
#define BY_ONE "type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}"

/* Calls take no time; a container takes 1 s to start and 3 s to stop. */
static struct world *given_cluster(const char *manifests)
{
    static const struct component *const parts[] = { &controller_manager, &scheduler_component,
                                                     &kubelets, NULL };
    struct world *w = given_with("", parts, "keep-events=true");
    set_plain_times(w, 3);
    create(w, manifests);
    until(w, 0);
    return w;
}

static const struct daemonset *set_of(struct world *w)
{
    return daemonset_of(find(w, "daemonset/default/ag"));
}

/* desired current misscheduled ready updated available unavailable */
static void expect_status(struct world *w, const char *want)
{
    const struct daemonset *set = set_of(w);
    char text[64];
    snprintf(text, sizeof text, "%d %d %d %d %d %d %d", set->desired, set->current,
             set->misscheduled, set->ready, set->updated, set->available, set->unavailable);
    cr_expect_str_eq(text, want);
}

/* "n0 n1": the nodes of its pods that run and are not being deleted, in order of creation. */
static void expect_pods_on(struct world *w, const char *want)
{
    struct writer nodes = { 0 };
    struct cache_cursor cursor = client_list_owned(w->user, KIND_POD, set_of(w)->meta.uid);
    while (cache_next(&cursor))
        if (!meta_of(cursor.object)->deleting && pod_is_ready(pod_of(cursor.object)))
            writer_format(&nodes, "%s%s", nodes.length > 0 ? " " : "",
                          text_s(pod_of(cursor.object)->node_name));
    char *text = writer_take(&nodes);
    cr_expect_str_eq(text, want);
    free(text);
}

Test(daemonset, runs_on_every_node_that_fits)
{
    struct world *w =
        given_cluster(POOL("n0", "blue") POOL("n1", "red") POOL("n2", "blue") SET("x:1", BY_ONE));
    until(w, 5);
    expect_status(w, "2 2 0 2 2 2 0");
    expect_pods_on(w, "n0 n2");
    create(w, POOL("n3", "blue"));
    until(w, 10);
    expect_status(w, "3 3 0 3 3 3 0");
    done(w);
}

static bool relabel(struct object *object, void *texts)
{
    struct node *node = (struct node *)object;
    const struct labels *old = node->meta.labels;
    node->meta.labels = labels_with(texts, old, "pool", "red");
    labels_drop(old);
    return true;
}

Test(daemonset, leaves_a_node_that_no_longer_fits)
{
    struct world *w = given_cluster(POOL("n0", "blue") POOL("n1", "blue") SET("x:1", BY_ONE));
    until(w, 5);
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "node/n0"), relabel, w->run->texts, NULL);
    until(w, 6);
    expect_status(w, "1 1 1 1 1 1 0");
    until(w, 10);
    expect_status(w, "1 1 0 1 1 1 0");
    expect_pods_on(w, "n1");
    done(w);
}

Test(daemonset, has_pods_that_tolerate_what_happens_to_nodes)
{
    struct world *w = given_cluster(POOL("n0", "blue") SET("x:1", BY_ONE));
    until(w, 5);
    struct cache_cursor cursor = client_list_owned(w->user, KIND_POD, set_of(w)->meta.uid);
    cr_assert(cache_next(&cursor));
    char name[128];
    snprintf(name, sizeof name, "pod/default/%s", name_of(cursor.object));
    expect_field(w, name, "spec.affinity",
                 "{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":"
                 "{\"nodeSelectorTerms\":[{\"matchFields\":[{\"key\":\"metadata.name\","
                 "\"operator\":\"In\",\"values\":[\"n0\"]}]}]}}}");
    expect_field(w, name, "spec.tolerations.1",
                 "{\"effect\":\"NoExecute\",\"key\":\"node.kubernetes.io/unreachable\","
                 "\"operator\":\"Exists\"}");
    expect_field(w, name, "spec.tolerations.5.key", "node.kubernetes.io/unschedulable");
    expect_field(w, name, "spec.tolerations.6", NULL);
    expect_field(w, name, "metadata.labels.pod-template-generation", "1");
    done(w);
}

/* The recorded template of node-notready-tol3. */
Test(daemonset, names_its_revisions_as_the_real_one)
{
    struct world *w = given_cluster(
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: ag}, spec: {selector: "
        "{matchLabels: {app: ag}}, template: {metadata: {labels: {app: ag}}, spec: {containers: "
        "[{image: 'registry.example/app:1', name: c}], nodeSelector: {pool: nr3}, tolerations: "
        "[{effect: NoSchedule, key: dedicated, operator: Equal, value: nr3}]}}}}");
    until(w, 1);
    const char *name = "controllerrevision/default/ag-77865484d8";
    cr_assert_not_null(find(w, name));
    expect_field(w, name, "revision", "1");
    expect_field(w, name, "data.spec.template.$patch", "replace");
    expect_field(w, name, "metadata.labels.controller-revision-hash", "77865484d8");
    done(w);
}

/* ---- rolling updates ---- */

static void set_image(struct world *w, const char *manifest)
{
    struct error_list faults = { 0 };
    struct object *before = object_hold(find(w, "daemonset/default/ag"));
    struct world *other = given_cluster(manifest);
    struct value *tree = cluster_print(other->cluster, find(other, "daemonset/default/ag"));
    struct object *after = kind_infos[KIND_DAEMONSET].load(&w->cluster->codec, tree);
    ((struct meta *)after)->uid = meta_of(before)->uid;
    after->version = 0;
    client_begin(w->user, (struct cause){ 0, 0 });
    cr_expect_eq(client_update(w->user, after, NULL), REPLY_OK);
    value_drop(tree);
    done(other);
    object_drop(before);
    error_list_close(&faults);
}

/* How many pods were unavailable at once while rolling, and how many there were at most. */
static void roll(struct world *w, const char *manifest, int *least_ready, int *most_pods)
{
    *least_ready = 1000;
    *most_pods = 0;
    set_image(w, manifest);
    for (int tenths = 0; tenths < 400; tenths++) {
        until(w, 10 + tenths / 10.0);
        int ready = 0, pods = 0;
        struct cache_cursor cursor = client_list_owned(w->user, KIND_POD, set_of(w)->meta.uid);
        while (cache_next(&cursor)) {
            pods++;
            ready += pod_is_ready(pod_of(cursor.object)) && !meta_of(cursor.object)->deleting;
        }
        *least_ready = ready < *least_ready ? ready : *least_ready;
        *most_pods = pods > *most_pods ? pods : *most_pods;
    }
}

#define FOUR_NODES POOL("n0", "blue") POOL("n1", "blue") POOL("n2", "blue") POOL("n3", "blue")

Test(daemonset, replaces_its_pods_a_few_at_a_time)
{
    struct world *w = given_cluster(FOUR_NODES SET("x:1", BY_ONE));
    int least_ready, most_pods;
    until(w, 10);
    roll(w, SET("x:2", BY_ONE), &least_ready, &most_pods);
    expect_status(w, "4 4 0 4 4 4 0");
    cr_expect_eq(least_ready, 3);
    cr_expect_eq(most_pods, 4);
    expect_field(w, "daemonset/default/ag", "metadata.annotations",
                 "{\"deprecated.daemonset.template.generation\":\"2\"}");
    done(w);
}

Test(daemonset, starts_new_pods_beside_the_old_when_it_may_surge)
{
#define SURGING "type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 2}"
    struct world *w = given_cluster(FOUR_NODES SET("x:1", SURGING));
    int least_ready, most_pods;
    until(w, 10);
    roll(w, SET("x:2", SURGING), &least_ready, &most_pods);
    expect_status(w, "4 4 0 4 4 4 0");
    cr_expect_eq(least_ready, 4);
    cr_expect_eq(most_pods, 8, "two new beside four old, and as many that are stopping: %d",
                 most_pods);
    done(w);
}

Test(daemonset, waits_for_somebody_to_delete_its_pods)
{
    struct world *w = given_cluster(FOUR_NODES SET("x:1", "type: OnDelete"));
    int least_ready, most_pods;
    until(w, 10);
    roll(w, SET("x:2", "type: OnDelete"), &least_ready, &most_pods);
    expect_status(w, "4 4 0 4 0 4 0");
    cr_expect_eq(least_ready, 4);
    done(w);
}

/* Revisions 1 and 2; going back makes the first one the third. */
Test(daemonset, takes_an_old_revision_up_again)
{
    struct world *w = given_cluster(POOL("n0", "blue") SET("x:1", BY_ONE));
    int least_ready, most_pods;
    until(w, 10);
    roll(w, SET("x:2", BY_ONE), &least_ready, &most_pods);
    set_image(w, SET("x:1", BY_ONE));
    until(w, 60);
    cr_expect_eq(cache_count(w->cluster->cache, KIND_CONTROLLERREVISION), 2);
    struct cache_cursor cursor = client_list(w->user, KIND_CONTROLLERREVISION);
    cr_assert(cache_next(&cursor));
    cr_expect_eq(value_int(value_get(meta_of(cursor.object)->document, "revision"), 0), 3);
    done(w);
}

/* ---- pods that fail ---- */

static bool fail_pod(struct object *object, void *context)
{
    (void)context;
    ((struct pod *)object)->phase = POD_FAILED;
    return true;
}

static void fail_all(struct world *w)
{
    client_begin(w->user, (struct cause){ 0, 0 });
    struct cache_cursor cursor = client_list_owned(w->user, KIND_POD, set_of(w)->meta.uid);
    while (cache_next(&cursor))
        if (!meta_of(cursor.object)->deleting)
            client_patch(w->user, object_key(cursor.object), fail_pod, NULL, NULL);
}

struct said {
    const char *reason;
    int count;
};

static void count_event(void *context, const struct object *object)
{
    struct said *said = context;
    const struct event_record *event = (const struct event_record *)object;
    if (strcmp(text_s(event->reason), said->reason) == 0)
        said->count += event->count;
}

static int events_of(struct world *w, const char *reason)
{
    struct said said = { reason, 0 };
    store_each(w->cluster->store, KIND_EVENT, count_event, &said);
    return said.count;
}

Test(daemonset, replaces_failed_pods_with_patience)
{
    struct world *w = given_cluster(POOL("n0", "blue") SET("x:1", BY_ONE));
    until(w, 5);
    fail_all(w);
    until(w, 10);
    cr_expect_eq(events_of(w, "FailedDaemonPod"), 1);
    expect_pods_on(w, "n0");
    fail_all(w);
    until(w, 20);
    cr_expect_eq(events_of(w, "FailedDaemonPod"), 2);
    expect_pods_on(w, "n0");
    done(w);
}
