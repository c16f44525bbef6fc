/* The binding subresource: a pod gets its node.
 *
 * Follows pkg/registry/core/pod/storage/storage.go (BindingREST.setPodNodeAndMetadata) and the
 * admission plugin PodTopologyLabels (plugin/pkg/admission/podtopologylabels) of the release named
 * in docs/fidelity.md. A binding does not count as a change of the spec. */
#include "models/cluster/client_private.h"

#include <stdlib.h>

#include "models/api/node.h"
#include "models/api/pod.h"
#include "sim/base/memory.h"

static const char *const topology_labels[] = { "topology.kubernetes.io/zone",
                                               "topology.kubernetes.io/region" };

enum { TOPOLOGY_LABELS = 2, REMEMBERED = 64 };

/* The answer to "these labels on a node of this topology" that was given last. */
struct zone_answer {
    const struct labels *from, *into;
    const char *topology[TOPOLOGY_LABELS]; /* characters of texts that `into` holds */
};

struct zone_labels {
    struct texts *texts;
    struct zone_answer answers[REMEMBERED];
};

struct zone_labels *zone_labels_new(struct cluster *cluster)
{
    struct zone_labels *zone_labels = mem_new(sizeof *zone_labels);
    zone_labels->texts = cluster->run->texts;
    return zone_labels;
}

static void forget(struct zone_answer *answer)
{
    labels_drop(answer->from);
    labels_drop(answer->into);
    *answer = (struct zone_answer){ 0 };
}

void zone_labels_free(struct zone_labels *zone_labels)
{
    if (zone_labels == NULL)
        return;
    for (int i = 0; i < REMEMBERED; i++)
        forget(&zone_labels->answers[i]);
    free(zone_labels);
}

static const struct labels *with_topology(struct texts *texts, const struct labels *from,
                                          const char *const topology[TOPOLOGY_LABELS])
{
    const struct labels *labels = labels_hold(from);
    for (int i = 0; i < TOPOLOGY_LABELS; i++) {
        if (topology[i] == NULL)
            continue;
        const struct labels *more = labels_with(texts, labels, topology_labels[i], topology[i]);
        labels_drop(labels);
        labels = more;
    }
    return labels;
}

/* Where an answer is remembered depends on addresses, what it says does not: two equal sets
 * that are not shared cost memory, and nothing else. */
static const struct labels *labels_on_node(struct zone_labels *zone_labels,
                                           const struct labels *from, const struct node *node)
{
    const char *topology[TOPOLOGY_LABELS];
    for (int i = 0; i < TOPOLOGY_LABELS; i++)
        topology[i] = labels_get(node->meta.labels, topology_labels[i]);
    if (topology[0] == NULL && topology[1] == NULL)
        return labels_hold(from);
    const uint64_t where = ((uintptr_t)from ^ (uintptr_t)topology[0] << 7) * 0x9E3779B97F4A7C15u;
    struct zone_answer *answer = &zone_labels->answers[where >> 32 & (REMEMBERED - 1)];
    if (answer->into == NULL || answer->from != from || answer->topology[0] != topology[0] ||
        answer->topology[1] != topology[1]) {
        forget(answer);
        *answer = (struct zone_answer){ labels_hold(from),
                                        with_topology(zone_labels->texts, from, topology),
                                        { topology[0], topology[1] } };
    }
    return labels_hold(answer->into);
}

static enum reply refuse_binding(struct error *error, const struct pod *pod, const char *format,
                                 const char *detail)
{
    char *why = mem_format(format, name_of(pod), detail);
    enum reply reply =
        reply_refuse(error, REPLY_CONFLICT,
                     "Operation cannot be fulfilled on pods/binding \"%s\": %s", name_of(pod), why);
    free(why);
    return reply;
}

static enum reply check_binding(const struct pod *pod, struct error *error)
{
    if (pod->meta.deleting)
        return refuse_binding(error, pod, "pod %s is being deleted, cannot be assigned to a host%s",
                              "");
    if (pod->node_name != NULL)
        return refuse_binding(error, pod, "pod %s is already assigned to node \"%s\"",
                              pod->node_name->s);
    if (pod->gated)
        return refuse_binding(error, pod, "pod %s has non-empty .spec.schedulingGates%s", "");
    return REPLY_OK;
}

enum reply client_bind(struct client *client, struct object_key key, const struct text *node,
                       const struct labels *annotations, struct error *error)
{
    struct cluster *cluster = client->cluster;
    enum reply reply = client_call(client, error);
    if (reply != REPLY_OK)
        return reply;
    const struct object *before = store_get(cluster->store, key);
    if (before == NULL)
        return reply_missing(error, key);
    reply = check_binding(pod_of(before), error);
    if (reply != REPLY_OK)
        return reply;

    struct pod *after = (struct pod *)object_copy(before);
    after->node_name = text_hold(node);
    labels_take_over(cluster->run->texts, &after->meta.annotations, annotations);
    pod_set_condition(after, cluster->run->texts, POD_SCHEDULED, true, NULL, NULL, client->now);
    const struct object *target =
        store_get(cluster->store, (struct object_key){ KIND_NODE, NULL, node });
    if (target != NULL) {
        const struct labels *labels =
            labels_on_node(cluster->zone_labels, after->meta.labels, node_of(target));
        labels_drop(after->meta.labels);
        after->meta.labels = labels;
    }
    client_store(client, "bind", before, &after->meta.object);
    return REPLY_CREATED;
}
