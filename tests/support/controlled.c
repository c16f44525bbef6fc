#include "tests/support/controlled.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "models/api/machine.h"
#include "models/api/pod.h"
#include "models/controllers/controller.h"
#include "sim/base/memory.h"

/* ---- pods that start and stop by themselves ---- */

/* What a pod does next; all of them hang off the cluster until they have happened. */
struct step {
    struct controlled *controlled;
    struct object_key key;
    struct step *next, **link;
};

static struct step *step_new(struct controlled *controlled, const struct object *object)
{
    struct step *step = mem_new(sizeof *step);
    *step = (struct step){ controlled, object_key_hold(object_key(object)), controlled->steps,
                           &controlled->steps };
    if (step->next != NULL)
        step->next->link = &step->next;
    controlled->steps = step;
    return step;
}

static void step_free(struct step *step)
{
    *step->link = step->next;
    if (step->next != NULL)
        step->next->link = step->link;
    object_key_drop(step->key);
    free(step);
}

static bool bind(struct object *object, void *context)
{
    struct pod *pod = (struct pod *)object;
    pod->node_name = text_intern(context, "n0");
    return true;
}

static bool start(struct object *object, void *context)
{
    struct pod *pod = (struct pod *)object;
    const struct controlled *controlled = context;
    const char *ready = labels_get(pod->meta.labels, "ready");
    pod->phase = POD_RUNNING;
    pod_set_condition(pod, controlled->run->texts, POD_READY,
                      ready == NULL || strcmp(ready, "never") != 0, NULL, NULL,
                      run_now(controlled->run));
    return true;
}

static struct client *client_of(struct controlled *controlled)
{
    client_begin(&controlled->cluster->admin, (struct cause){ 0, 0 });
    return &controlled->cluster->admin;
}

static void pod_is_bound(void *subject, sim_time now)
{
    struct step *step = subject;
    (void)now;
    client_patch(client_of(step->controlled), step->key, bind, step->controlled->run->texts, NULL);
    step_free(step);
}

static void pod_starts(void *subject, sim_time now)
{
    struct step *step = subject;
    (void)now;
    client_patch(client_of(step->controlled), step->key, start, step->controlled, NULL);
    step_free(step);
}

static void pod_stops(void *subject, sim_time now)
{
    struct step *step = subject;
    struct delete_options at_once = { .grace_seconds = 0 };
    (void)now;
    client_delete(client_of(step->controlled), step->key, at_once, NULL);
    step_free(step);
}

static void hear_pod(struct controlled *controlled, const struct watch_event *event)
{
    struct run *run = controlled->run;
    const bool deleting = meta_of(event->object)->deleting;
    if (event->type == WATCH_ADDED) {
        run_at(run, event->at, PRIORITY_WORLD, pod_is_bound, step_new(controlled, event->object));
        run_at(run, event->at + SIM_SECOND, PRIORITY_WORLD, pod_starts,
               step_new(controlled, event->object));
    } else if (event->type == WATCH_MODIFIED && deleting && !meta_of(event->before)->deleting) {
        run_at(run, event->at + SIM_SECOND, PRIORITY_WORLD, pod_stops,
               step_new(controlled, event->object));
    }
}

/* ---- the story ---- */

static void hear_replicaset(struct controlled *controlled, const struct watch_event *event)
{
    const struct replicaset *set = (const struct replicaset *)event->object;
    const struct replicaset *before = (const struct replicaset *)event->before;
    const int32_t was = before ? before->replicas : 0;
    const double at = sim_time_to_seconds(event->at);
    if (event->type == WATCH_DELETED)
        writer_format(&controlled->story, "%.3f %s deleted\n", at, name_of(set));
    else if (event->type == WATCH_ADDED || was != set->replicas)
        writer_format(&controlled->story, "%.3f %s %d -> %d\n", at, name_of(set), was,
                      set->replicas);
}

static const char *progress_of(const struct object *object)
{
    const struct condition *progress =
        object ? conditions_find(((const struct deployment *)object)->conditions, "Progressing")
               : NULL;
    return progress ? text_s(progress->reason) : "";
}

static void hear_deployment(struct controlled *controlled, const struct watch_event *event)
{
    const char *reason = progress_of(event->object);
    if (event->type == WATCH_MODIFIED && strcmp(reason, progress_of(event->before)) != 0)
        writer_format(&controlled->story, "%.3f %s: %s\n", sim_time_to_seconds(event->at),
                      name_of(event->object), reason);
}

static void hear(void *self, const struct watch_event *event)
{
    if (event->object->kind == KIND_POD)
        hear_pod(self, event);
    else if (event->object->kind == KIND_REPLICASET)
        hear_replicaset(self, event);
    else if (event->object->kind == KIND_DEPLOYMENT)
        hear_deployment(self, event);
}

/* ---- the cluster ---- */

/* Node n0, whose Lease is renewed for ever. */
static void add_node(struct controlled *controlled)
{
    struct texts *texts = controlled->run->texts;
    struct client *client = client_of(controlled);
    struct object *node = object_new(object_kinds, KIND_NODE);
    node->name = text_intern(texts, "n0");
    client_create(client, node, NULL, NULL);
    struct lease *lease = (struct lease *)object_new(object_kinds, KIND_LEASE);
    lease->meta.object.space = text_intern(texts, "kube-node-lease");
    lease->meta.object.name = text_intern(texts, "n0");
    lease->period = SIM_SECOND;
    lease->last = SIM_FOREVER;
    client_create(client, &lease->meta.object, NULL, NULL);
}

struct controlled *controlled_new(void)
{
    static const struct component *const components[] = { &controller_manager, NULL };
    struct controlled *controlled = mem_new(sizeof *controlled);
    struct settings settings;
    settings_init(&settings);
    settings.kube_api_qps = 0;
    distribution_free(settings.api_write);
    settings.api_write = distribution_new_constant(0);
    controlled->run = run_new(1);
    controlled->cluster = cluster_new_with(controlled->run, "", settings, components);
    add_node(controlled);
    cache_watch(controlled->cluster->cache, (struct watcher){ controlled, hear });
    return controlled;
}

void controlled_free(struct controlled *controlled)
{
    while (controlled->steps != NULL)
        step_free(controlled->steps);
    cluster_free(controlled->cluster);
    run_free(controlled->run);
    writer_close(&controlled->story);
    free(controlled);
}

struct replacement {
    const struct object *by;
};

/* Spec, labels and annotations of another record; the status stays. */
static bool replace(struct object *object, void *context)
{
    const struct replacement *replacement = context;
    struct object *next = object_copy(replacement->by);
    struct meta *meta = (struct meta *)next;
    const struct meta *present = meta_of(object);
    kind_infos[object->kind].take_status(next, object);
    meta->uid = present->uid;
    meta->created = present->created;
    meta->generation = present->generation;
    const struct labels *annotations = labels_hold(present->annotations);
    labels_drop(meta->annotations);
    meta->annotations = annotations;
    /* Exchange the contents, so that what the object held is released with `next`. */
    const size_t size = object->type->size;
    char *held = mem_new(size);
    memcpy(held, object, size);
    memcpy((char *)object + sizeof *object, (char *)next + sizeof *next, size - sizeof *next);
    memcpy((char *)next + sizeof *next, held + sizeof *object, size - sizeof *object);
    free(held);
    object_drop(next);
    return true;
}

void controlled_apply(struct controlled *controlled, const char *json)
{
    struct error error = { 0 };
    struct value *document =
        json_read(json, strlen(json), (struct place){ "test", 1, 1 }, NULL, &error);
    cr_assert_not_null(document, "%s", error.text);
    const enum kind kind = kind_find(value_text(value_get(document, "apiVersion"), ""),
                                     value_text(value_get(document, "kind"), ""));
    struct object *object = kind_infos[kind].load(&controlled->cluster->codec, document);
    value_drop(document);
    if (object->space == NULL)
        object->space = cluster_text(controlled->cluster, "default");
    struct client *client = client_of(controlled);
    if (client_read(client, object_key(object)) == NULL) {
        cr_assert_eq(client_create(client, object, NULL, &error), REPLY_CREATED, "%s", error.text);
        return;
    }
    struct replacement replacement = { object };
    cr_assert_eq(client_patch(client, object_key(object), replace, &replacement, &error), REPLY_OK,
                 "%s", error.text);
    object_drop(object);
}

static struct object_key key_of(const struct controlled *controlled, enum kind kind,
                                const char *name)
{
    return (struct object_key){ (uint16_t)kind, text_find(controlled->run->texts, "default"),
                                text_find(controlled->run->texts, name) };
}

void controlled_delete(struct controlled *controlled, enum kind kind, const char *name)
{
    client_delete(client_of(controlled), key_of(controlled, kind, name), delete_options_default(),
                  NULL);
}

void controlled_wait(struct controlled *controlled, double seconds)
{
    run_until(controlled->run, run_now(controlled->run) + sim_time_from_seconds(seconds));
}

const void *controlled_get(const struct controlled *controlled, enum kind kind, const char *name)
{
    return store_get(controlled->cluster->store, key_of(controlled, kind, name));
}

size_t controlled_count(const struct controlled *controlled, enum kind kind)
{
    return store_count(controlled->cluster->store, (uint16_t)kind);
}

void controlled_expect(struct controlled *controlled, const char *expected)
{
    char *story = writer_take(&controlled->story);
    cr_expect_str_eq(story, expected);
    free(story);
}

char *controlled_deployment(const char *name, int replicas, int version, const char *strategy,
                            const char *extra)
{
    return mem_format(
        "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\","
        " \"metadata\": {\"name\": \"%s\"},"
        " \"spec\": {\"replicas\": %d, \"revisionHistoryLimit\": 10,"
        "  \"progressDeadlineSeconds\": 600, %s \"strategy\": %s,"
        "  \"selector\": {\"matchLabels\": {\"app\": \"%s\"}},"
        "  \"template\": {\"metadata\": {\"labels\": {\"app\": \"%s\"}},"
        "   \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"registry.example/app:%d\","
        "     \"imagePullPolicy\": \"IfNotPresent\", \"resources\": {},"
        "     \"terminationMessagePath\": \"/dev/termination-log\","
        "     \"terminationMessagePolicy\": \"File\"}],"
        "    \"dnsPolicy\": \"ClusterFirst\", \"restartPolicy\": \"Always\","
        "    \"schedulerName\": \"default-scheduler\", \"securityContext\": {},"
        "    \"terminationGracePeriodSeconds\": 30}}}}",
        name, replicas, extra, strategy, name, name, version);
}
