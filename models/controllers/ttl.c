/* The TTL controller: tells kubelets by an annotation how long they may cache Secrets and
 * ConfigMaps: the longer, the more nodes there are.
 *
 * Follows pkg/controller/ttl/ttl_controller.go of the release named in docs/fidelity.md. Nothing here
 * depends on the annotation; it is seen when Nodes are compared with real ones. */
#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/controllers/controller.h"

static const char annotation[] = "node.alpha.kubernetes.io/ttl";

/* Steps with hysteresis: up when there are more nodes than `most`, down when fewer than `least`. */
static const struct {
    size_t least, most;
    const char *seconds;
} steps[] = {
    { 0, 100, "0" },     { 90, 500, "15" },      { 450, 1000, "30" },
    { 900, 2000, "60" }, { 1800, 10000, "300" }, { 9000, SIZE_MAX, "600" },
};

struct ttl {
    size_t step;
};

static void count(struct ttl *ttl, size_t nodes)
{
    while (nodes > steps[ttl->step].most)
        ttl->step++;
    while (nodes < steps[ttl->step].least)
        ttl->step--;
}

struct annotating {
    struct texts *texts;
    const char *seconds;
};

static bool annotate(struct object *object, void *context)
{
    const struct annotating *change = context;
    struct meta *meta = (struct meta *)object;
    const struct labels *old = meta->annotations;
    meta->annotations = labels_with(change->texts, old, annotation, change->seconds);
    labels_drop(old);
    return meta->annotations != old;
}

static enum outcome ttl_reconcile(struct client *client, struct object_key key)
{
    const struct ttl *ttl = controller_state(client);
    const struct object *node = client_get(client, KIND_NODE, NULL, key.name);
    if (node == NULL)
        return RECONCILED;
    struct annotating change = { client->cluster->run->texts, steps[ttl->step].seconds };
    const char *present = labels_get(meta_of(node)->annotations, annotation);
    if (present == NULL || strcmp(present, change.seconds) != 0)
        client_patch(client, key, annotate, &change, NULL);
    return RECONCILED;
}

static void wake_node(struct controller_run *controller, const struct watch_event *event)
{
    const struct client *client = controller_client(controller);
    struct ttl *ttl = controller_run_state(controller);
    count(ttl, cache_count(client->cache, KIND_NODE));
    if (event->type == WATCH_DELETED)
        return;
    const char *present = labels_get(meta_of(event->object)->annotations, annotation);
    if (present == NULL || strcmp(present, steps[ttl->step].seconds) != 0)
        controller_wake(controller, object_key(event->object), event->cause);
}

static int ttl_workers(const struct settings *settings)
{
    (void)settings;
    return 5;
}

const struct controller ttl_controller = {
    .name = "ttl-controller",
    .reconciles = KIND_NODE,
    .wakes_on = { { KIND_NODE, wake_node } },
    .reconcile = ttl_reconcile,
    .workers = ttl_workers,
    .state_size = sizeof(struct ttl),
};
