/* Which members of which record may be compared by content, and are then shared.
 *
 * The real API server compares the encoded objects (apiserver pkg/storage/etcd3 store.go,
 * GuaranteedUpdate); here equal versions are equal bytes once what is equal is shared. */
#include "models/cluster/unchanged.h"

#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/job.h"
#include "models/api/kinds.h"
#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/api/policy.h"
#include "models/api/statefulset.h"
#include "models/api/workloads.h"

static void exchange_bytes(void *a, void *b, size_t size)
{
    char held[size];
    memcpy(held, a, size);
    memcpy(a, b, size);
    memcpy(b, held, size);
}

static void share_meta(struct meta *copy, const struct meta *original)
{
    if (copy->labels != original->labels && labels_equal(copy->labels, original->labels)) {
        labels_drop(copy->labels);
        copy->labels = labels_hold(original->labels);
    }
    if (copy->annotations != original->annotations &&
        labels_equal(copy->annotations, original->annotations)) {
        labels_drop(copy->annotations);
        copy->annotations = labels_hold(original->annotations);
    }
    if (copy->owners != original->owners && owners_equal(copy->owners, original->owners)) {
        owners_drop(copy->owners);
        copy->owners = owners_hold(original->owners);
    }
    if (copy->finalizers != original->finalizers &&
        finalizers_equal(copy->finalizers, original->finalizers)) {
        finalizers_drop(copy->finalizers);
        copy->finalizers = finalizers_hold(original->finalizers);
    }
    if (copy->managers != original->managers && value_equal(copy->managers, original->managers)) {
        value_drop(copy->managers);
        copy->managers = value_hold(original->managers);
    }
    if (copy->document != original->document && value_equal(copy->document, original->document)) {
        value_drop(copy->document);
        copy->document = value_hold(original->document);
    }
}

static const struct conditions **conditions_of(struct object *object)
{
    switch ((enum kind)object->kind) {
    case KIND_NODE:
        return &((struct node *)object)->conditions;
    case KIND_REPLICASET:
        return &((struct replicaset *)object)->conditions;
    case KIND_DEPLOYMENT:
        return &((struct deployment *)object)->conditions;
    case KIND_DAEMONSET:
        return &((struct daemonset *)object)->conditions;
    case KIND_STATEFULSET:
        return &((struct statefulset *)object)->conditions;
    case KIND_JOB:
        return &((struct job *)object)->conditions;
    case KIND_PODDISRUPTIONBUDGET:
        return &((struct pod_disruption_budget *)object)->conditions;
    case KIND_NAMESPACE:
        return &((struct namespace_object *)object)->conditions;
    default:
        return NULL;
    }
}

static void share_conditions(struct object *copy, const struct object *original)
{
    const struct conditions **changed = conditions_of(copy);
    if (changed == NULL)
        return;
    const struct conditions *kept = *conditions_of((struct object *)original);
    if (*changed == kept || !conditions_equal(*changed, kept))
        return;
    conditions_drop(*changed);
    *changed = conditions_hold(kept);
}

static const struct pod_template **template_of(struct object *object)
{
    switch ((enum kind)object->kind) {
    case KIND_REPLICASET:
        return &((struct replicaset *)object)->template;
    case KIND_DEPLOYMENT:
        return &((struct deployment *)object)->template;
    case KIND_DAEMONSET:
        return &((struct daemonset *)object)->template;
    case KIND_STATEFULSET:
        return &((struct statefulset *)object)->template;
    case KIND_JOB:
        return &((struct job *)object)->template;
    default:
        return NULL;
    }
}

/* The same words, and the same pods come of them. */
static void share_template(struct object *copy, const struct object *original)
{
    const struct pod_template **changed = template_of(copy);
    if (changed == NULL)
        return;
    const struct pod_template *kept = *template_of((struct object *)original);
    if (*changed == kept || (*changed)->spec != kept->spec ||
        !value_equal((*changed)->document, kept->document))
        return;
    pod_template_drop(*changed);
    *changed = pod_template_hold(kept);
}

/* Container states and reasons of pods hold no member that must be compared by content. */
static bool pod_states_equal(const struct pod *a, const struct pod *b)
{
    const struct container_statuses *x = a->containers, *y = b->containers;
    if (x == y || x == NULL || y == NULL || x->count != y->count)
        return x == y;
    return memcmp(x->items, y->items, x->count * sizeof *x->items) == 0;
}

static bool pod_reasons_equal(const struct pod *a, const struct pod *b)
{
    if (a->reasons == b->reasons || a->reasons == NULL || b->reasons == NULL)
        return a->reasons == b->reasons;
    return a->reasons->nominated_node_name == b->reasons->nominated_node_name &&
           a->reasons->reason == b->reasons->reason && a->reasons->message == b->reasons->message &&
           memcmp(a->reasons->of, b->reasons->of, sizeof a->reasons->of) == 0;
}

/* The parts of a pod that are equal by content change hands by exchange with a throw-away copy. */
static void share_pod(struct pod *copy, const struct pod *original)
{
    const bool states =
        copy->containers != original->containers && pod_states_equal(copy, original);
    const bool reasons = copy->reasons != original->reasons && pod_reasons_equal(copy, original);
    if (!states && !reasons)
        return;
    struct pod *other = (struct pod *)object_copy(&original->meta.object);
    if (states)
        exchange_bytes(&copy->containers, &other->containers, sizeof copy->containers);
    if (reasons)
        exchange_bytes(&copy->reasons, &other->reasons, sizeof copy->reasons);
    object_drop(&other->meta.object);
}

static void share_volumes(const struct node_volumes **changed, const struct node_volumes *kept)
{
    if (*changed == kept || !node_volumes_equal(*changed, kept))
        return;
    node_volumes_drop(*changed);
    *changed = node_volumes_hold(kept);
}

static void share_node(struct node *copy, const struct node *original)
{
    share_volumes(&copy->volumes_in_use, original->volumes_in_use);
    share_volumes(&copy->volumes_attached, original->volumes_attached);
}

/* The record says nothing that its document and annotations do not. */
static bool follows_document(const struct object *object)
{
    return object->kind >= KIND_PERSISTENTVOLUMECLAIM && object->kind <= KIND_VOLUMEATTACHMENT;
}

static void share_followers(struct object *copy, const struct object *original)
{
    const struct meta *a = meta_of(copy), *b = meta_of(original);
    if (a->document != b->document || a->annotations != b->annotations)
        return;
    struct object *other = object_copy(original);
    exchange_bytes((char *)copy + sizeof(struct meta), (char *)other + sizeof(struct meta),
                   copy->type->size - sizeof(struct meta));
    object_drop(other);
}

void share_unchanged(struct object *copy, const struct object *original)
{
    share_meta((struct meta *)copy, meta_of(original));
    share_conditions(copy, original);
    share_template(copy, original);
    if (copy->kind == KIND_POD)
        share_pod((struct pod *)copy, pod_of(original));
    if (copy->kind == KIND_NODE)
        share_node((struct node *)copy, node_of(original));
    if (follows_document(copy))
        share_followers(copy, original);
}

bool is_unchanged(const struct object *a, const struct object *b)
{
    return memcmp((const char *)a + sizeof *a, (const char *)b + sizeof *b,
                  a->type->size - sizeof *a) == 0;
}
