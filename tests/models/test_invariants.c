/* Invariants: each is told when somebody in a controller's name does what it must not do, and says
 * nothing when it does what it may. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/job.h"
#include "models/api/node.h"
#include "models/api/policy.h"
#include "models/api/workloads.h"
#include "models/cluster/eviction.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"
#include "sim/base/memory.h"
#include "tests/support/world.h"

static const struct component *const nobody[] = { NULL };

struct watched {
    struct world *world;
    struct invariants_run *watch;
};

static struct watched watched(const char *manifests)
{
    struct watched watched = { .world = given_with(manifests, nobody, "") };
    watched.watch = invariants_start(watched.world->cluster, false);
    return watched;
}

/* Whoever acts from now on. */
static void act_as(struct watched *watched, const char *client)
{
    watched->world->user->name = client;
}

/* How often this invariant was broken; others must not have been. */
static size_t broken(const struct watched *watched, const char *name)
{
    size_t count;
    const struct violation *found = invariants_found(watched->watch, &count);
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(found[i].invariant->name, name, "%s", found[i].text);
    return count;
}

static void over(struct watched *watched)
{
    invariants_stop(watched->watch);
    done(watched->world);
}

/* A pod that "kind/default/name" controls. */
static void make_pod(struct watched *watched, const char *api_version, const char *kind,
                     const char *owner, const char *name)
{
    char uid[UID_TEXT];
    char *path = mem_format("%s/default/%s", kind, owner);
    for (char *c = path; *c != '/'; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    uid_print(meta_of(find(watched->world, path))->uid, uid);
    char *text = mem_format("{apiVersion: v1, kind: Pod, metadata: {name: %s, labels: {app: web}, "
                            "ownerReferences: [{apiVersion: %s, kind: %s, name: %s, uid: %s, "
                            "controller: true}]}, spec: {containers: [{name: c, image: 'i:1', "
                            "resources: {requests: {cpu: 600m}}}]}}",
                            name, api_version, kind, owner, uid);
    create(watched->world, text);
    free(text);
    free(path);
}

struct change {
    void (*act)(struct object *object, struct texts *texts, int32_t number);
    struct texts *texts;
    int32_t number;
};

static bool apply_change(struct object *object, void *context)
{
    const struct change *change = context;
    change->act(object, change->texts, change->number);
    return true;
}

static void patch(struct watched *watched, const char *name,
                  void (*act)(struct object *object, struct texts *texts, int32_t number),
                  int32_t number)
{
    struct change change = { act, watched->world->run->texts, number };
    client_begin(watched->world->user, (struct cause){ 0 });
    client_patch(watched->world->user, key_of(watched->world, name), apply_change, &change, NULL);
}

static void set_node(struct object *object, struct texts *texts, int32_t number)
{
    text_assign(&((struct pod *)object)->node_name, text_format(texts, "n%d", number));
}

static void set_ready(struct object *object, struct texts *texts, int32_t number)
{
    pod_set_condition((struct pod *)object, texts, POD_READY, number != 0, NULL, NULL, 0);
}

static void set_replicas(struct object *object, struct texts *texts, int32_t number)
{
    (void)texts;
    ((struct replicaset *)object)->replicas = number;
}

static void set_available(struct object *object, struct texts *texts, int32_t number)
{
    (void)texts;
    ((struct replicaset *)object)->available_replicas = number;
}

static void set_succeeded(struct object *object, struct texts *texts, int32_t number)
{
    (void)texts;
    ((struct job *)object)->succeeded = number;
}

static const char replicaset[] =
    "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: 2, selector: "
    "{matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: "
    "[{name: c, image: 'i:1'}]}}}}";

Test(invariants, a_replicaset_makes_and_deletes_no_more_than_it_lacks_or_has_too_many)
{
    struct watched w = watched(replicaset);
    act_as(&w, "replicaset-controller");
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-a");
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-b");
    cr_expect_eq(broken(&w, "replicas"), 0, "two are wanted");
    until(w.world, 1);
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-c");
    cr_expect_eq(broken(&w, "replicas"), 1, "a third is not");
    until(w.world, 2);
    delete_object(w.world, "pod/default/web-c", PROPAGATE_DEFAULT);
    cr_expect_eq(broken(&w, "replicas"), 1, "it may go again");
    until(w.world, 3);
    delete_object(w.world, "pod/default/web-a", PROPAGATE_DEFAULT);
    cr_expect_eq(broken(&w, "replicas"), 2, "but no other");
    over(&w);
}

Test(invariants, a_status_does_not_count_pods_as_available_that_are_not)
{
    struct watched w = watched(replicaset);
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-a");
    patch(&w, "pod/default/web-a", set_ready, 1);
    until(w.world, 1);
    act_as(&w, "replicaset-controller");
    patch(&w, "replicaset/default/web", set_available, 1);
    cr_expect_eq(broken(&w, "available"), 0);
    patch(&w, "replicaset/default/web", set_available, 2);
    cr_expect_eq(broken(&w, "available"), 1);
    over(&w);
}

static const char statefulset[] =
    "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {replicas: 3, "
    "serviceName: db, podManagementPolicy: Parallel, selector: {matchLabels: {app: web}}, "
    "template: "
    "{metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: 'i:1'}]}}}}";

Test(invariants, a_statefulset_has_one_pod_for_an_ordinal_and_waits_until_it_is_gone)
{
    struct watched w = watched(statefulset);
    act_as(&w, "statefulset-controller");
    make_pod(&w, "apps/v1", "StatefulSet", "db", "db-0");
    make_pod(&w, "apps/v1", "StatefulSet", "db", "db-1");
    cr_expect_eq(broken(&w, "ordinal"), 0);
    make_pod(&w, "apps/v1", "StatefulSet", "db", "db-01");
    cr_expect_eq(broken(&w, "ordinal"), 1, "one is one");
    patch(&w, "pod/default/db-0", set_node, 0);
    until(w.world, 1);
    const struct delete_options now = { .grace_seconds = 0 };
    client_begin(w.world->user, (struct cause){ 0 });
    client_delete(w.world->user, key_of(w.world, "pod/default/db-0"), now, NULL);
    cr_expect_eq(broken(&w, "ordinal"), 2, "it may still run on n0");
    over(&w);
}

Test(invariants, a_user_may_force_what_a_controller_may_not)
{
    struct watched w = watched(statefulset);
    make_pod(&w, "apps/v1", "StatefulSet", "db", "db-0");
    patch(&w, "pod/default/db-0", set_node, 0);
    const struct delete_options now = { .grace_seconds = 0 };
    client_begin(w.world->user, (struct cause){ 0 });
    client_delete(w.world->user, key_of(w.world, "pod/default/db-0"), now, NULL);
    cr_expect_eq(broken(&w, "ordinal"), 0);
    over(&w);
}

static const char node[] =
    "{apiVersion: v1, kind: Node, metadata: {name: n0}, status: {allocatable: "
    "{cpu: 1, memory: 1Gi, pods: 10}, capacity: {cpu: 1, memory: 1Gi, pods: 10}}}\n---\n";

Test(invariants, a_pod_stays_on_its_node_and_nodes_have_room)
{
    char *manifests = mem_format("%s%s", node, replicaset);
    struct watched w = watched(manifests);
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-a");
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-b");
    patch(&w, "pod/default/web-a", set_node, 0);
    cr_expect_eq(broken(&w, "allocatable"), 0, "600 m of 1000 m");
    patch(&w, "pod/default/web-b", set_node, 0);
    cr_expect_eq(broken(&w, "allocatable"), 1, "1200 m of 1000 m");
    over(&w);
    w = watched(manifests);
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-a");
    patch(&w, "pod/default/web-a", set_node, 0);
    patch(&w, "pod/default/web-a", set_node, 1);
    cr_expect_eq(broken(&w, "one-node"), 1);
    over(&w);
    free(manifests);
}

Test(invariants, nothing_is_collected_whose_owner_lives)
{
    struct watched w = watched(replicaset);
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-a");
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-b");
    act_as(&w, "garbage-collector-controller");
    delete_object(w.world, "pod/default/web-a", PROPAGATE_BACKGROUND);
    cr_expect_eq(broken(&w, "living-owner"), 1);
    act_as(&w, "kubectl");
    delete_object(w.world, "replicaset/default/web", PROPAGATE_BACKGROUND);
    act_as(&w, "garbage-collector-controller");
    delete_object(w.world, "pod/default/web-b", PROPAGATE_BACKGROUND);
    cr_expect_eq(broken(&w, "living-owner"), 1, "its owner is gone");
    over(&w);
}

Test(invariants, what_is_left_without_an_owner_is_found_at_rest)
{
    struct watched w = watched(replicaset);
    make_pod(&w, "apps/v1", "ReplicaSet", "web", "web-a");
    delete_object(w.world, "replicaset/default/web", PROPAGATE_BACKGROUND);
    until(w.world, 1);
    cr_expect_eq(broken(&w, "living-owner"), 0);
    invariants_rest(w.watch);
    cr_expect_eq(broken(&w, "living-owner"), 1);
    over(&w);
}

Test(invariants, a_job_counts_what_has_ended)
{
    struct watched w =
        watched("{apiVersion: batch/v1, kind: Job, metadata: {name: sum}, spec: {completions: 2, "
                "template: {spec: {restartPolicy: Never, containers: [{name: c, "
                "image: 'i:1'}]}}}}");
    act_as(&w, "job-controller");
    patch(&w, "job/default/sum", set_succeeded, 1);
    cr_expect_geq(broken(&w, "job-count"), 1, "no pod has succeeded");
    over(&w);
}

/* ---- bounds of Deployments ---- */

static void set_owner(struct object *object, struct texts *texts, const struct meta *owner)
{
    struct meta *meta = (struct meta *)object;
    owners_drop(meta->owners);
    meta->owners = owners_of_controller(texts, owner, "apps/v1", "Deployment");
}

struct adoption {
    struct texts *texts;
    const struct meta *owner;
};

static bool adopt(struct object *object, void *context)
{
    const struct adoption *adoption = context;
    set_owner(object, adoption->texts, adoption->owner);
    return true;
}

Test(invariants, a_deployment_keeps_to_its_bounds)
{
    char *deployment = mem_format(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, "
        "strategy: "
        "{rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}, selector: {matchLabels: {app: web}}, "
        "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "
        "'i:1'}]}}}}\n---\n%s",
        replicaset);
    struct watched w = watched(deployment);
    struct adoption adoption = { w.world->run->texts,
                                 meta_of(find(w.world, "deployment/default/web")) };
    client_patch(w.world->user, key_of(w.world, "replicaset/default/web"), adopt, &adoption, NULL);
    patch(&w, "replicaset/default/web", set_available, 2);
    until(w.world, 1);
    act_as(&w, "deployment-controller");
    patch(&w, "replicaset/default/web", set_replicas, 3);
    cr_expect_eq(broken(&w, "max-surge"), 0, "2 and 1 more");
    patch(&w, "replicaset/default/web", set_replicas, 4);
    cr_expect_eq(broken(&w, "max-surge"), 1);
    over(&w);
    free(deployment);
}

/* ---- judgement ---- */

Test(invariants, bounds_are_those_of_kubernetes)
{
    static const struct {
        const char *why;
        struct int_or_percent surge, unavailable;
        int32_t replicas, most, least;
    } rows[] = {
        { "a quarter of 10: 2.5 up, 2.5 down", { true, 25 }, { true, 25 }, 10, 13, 8 },
        { "a quarter of 1: 1 up, 0 down", { true, 25 }, { true, 25 }, 1, 2, 1 },
        { "neither lets anything move, so one may be missing",
          { false, 0 },
          { true, 10 },
          5,
          5,
          4 },
        { "no more than there are may be missing", { false, 1 }, { false, 9 }, 3, 4, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t most, least;
        rollout_bounds(rows[i].surge, rows[i].unavailable, rows[i].replicas, &most, &least);
        cr_expect_eq(most, rows[i].most, "%s", rows[i].why);
        cr_expect_eq(least, rows[i].least, "%s", rows[i].why);
    }
}

Test(invariants, a_history_knows_what_there_was_to_see)
{
    struct history history = { 0 };
    int32_t least, most;
    for (int32_t i = 1; i <= 5; i++)
        history_note(&history, i * 10, i * i);
    cr_expect(history_since(&history, 30, &least, &most));
    cr_expect_eq(least, 4, "until just before 30 it was 4");
    cr_expect_eq(most, 25);
    cr_expect(history_since(&history, 51, &least, &most));
    cr_expect_eq(least, 25);
    for (int32_t i = 0; i < 2 * HISTORY_LENGTH; i++)
        history_note(&history, 100 + i, i % 2);
    cr_expect_not(history_since(&history, 40, &least, &most), "nobody remembers");
}
