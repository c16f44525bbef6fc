/* Give every namespace the ConfigMap with the certificate of the API server's authority.
 *
 * Follows pkg/controller/certificates/rootcacertpublisher/publisher.go of the release named in
 * docs/fidelity.md. Nothing here is signed, so the certificate is an empty text. */
#include <string.h>

#include "models/api/policy.h"
#include "models/controllers/controller.h"
#include "models/controllers/namespace_moment.h"
#include "models/controllers/pod_control.h"

static const char map_name[] = "kube-root-ca.crt", description[] = "kubernetes.io/description";
static const char says[] =
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters.";

static struct value *certificate(void)
{
    struct value *data = value_new_map();
    value_set(data, "ca.crt", value_new_string(""));
    return data;
}

static void describe(struct texts *texts, struct meta *map)
{
    const struct labels *annotations = labels_with(texts, map->annotations, description, says);
    labels_drop(map->annotations);
    map->annotations = annotations;
    value_put(&map->document, certificate(), "data", NULL);
}

static bool is_as_published(const struct meta *map)
{
    struct value *data = certificate();
    const bool same = value_equal(value_get(map->document, "data"), data) &&
                      labels_get(map->annotations, description) != NULL;
    value_drop(data);
    return same;
}

static enum outcome publish(struct client *client, const struct text *space,
                            const struct text *name)
{
    struct object *map = object_new(object_kinds, KIND_CONFIGMAP);
    struct error error = { 0 };
    map->space = text_hold(space);
    map->name = text_hold(name);
    ((struct meta *)map)->document = value_new_map();
    describe(client->cluster->run->texts, (struct meta *)map);
    const enum reply reply = client_create(client, map, NULL, &error);
    const bool done = reply == REPLY_CREATED || reply == REPLY_NOT_FOUND ||
                      namespace_is_terminating(reply, &error);
    error_close(&error);
    return done ? RECONCILED : RETRY;
}

static enum outcome root_ca_reconcile(struct client *client, struct object_key key)
{
    const struct text *name = cluster_text(client->cluster, map_name);
    const struct object *map = client_get(client, KIND_CONFIGMAP, key.name, name);
    enum outcome outcome = RECONCILED;
    if (map == NULL) {
        outcome = publish(client, key.name, name);
    } else if (!is_as_published(meta_of(map))) {
        struct object *changed = client_edit(map);
        describe(client->cluster->run->texts, (struct meta *)changed);
        outcome = client_update(client, changed, NULL) == REPLY_OK ? RECONCILED : RETRY;
    }
    text_drop(name);
    return outcome;
}

static void wake_namespace(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type != WATCH_DELETED &&
        !((const struct namespace_object *)event->object)->terminating)
        controller_wake_after(controller, object_key(event->object), NAMESPACE_MOMENT,
                              event->cause);
}

static void wake_map(struct controller_run *controller, const struct watch_event *event)
{
    const struct object_key space = { KIND_NAMESPACE, NULL, event->object->space };
    if (event->type != WATCH_ADDED && strcmp(name_of(event->object), map_name) == 0)
        controller_wake(controller, space, event->cause);
}

const struct controller root_ca_publisher_controller = {
    .name = "root-ca-certificate-publisher-controller",
    .reconciles = KIND_NAMESPACE,
    .wakes_on = { { KIND_NAMESPACE, wake_namespace }, { KIND_CONFIGMAP, wake_map } },
    .reconcile = root_ca_reconcile,
};
