/* VolumeBinding: the pod's volumes can be reached from the node, and claims that wait for the pod
 * find or get a volume there.
 *
 * Reserve sets the volumes aside, PreBind writes them and waits until the PV controller has bound
 * them. It would score nodes by the use of their storage only under a gate that is off. Follows
 * pkg/scheduler/framework/plugins/volumebinding of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/cluster/client.h"
#include "models/cluster/cluster.h"
#include "models/scheduler/volumes/assumed_volumes.h"
#include "models/scheduler/volumes/claims.h"
#include "models/scheduler/snapshot/listers.h"
#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/volumes/pod_volumes.h"

/* --- arguments ------------------------------------------------------------------------------- */

struct volume_binding_args {
    sim_time timeout; /* of a binding */
};

/* A shape would belong to the scores; configuration_check.c refuses it. */
static void *volume_binding_configure(struct texts *texts, const struct value *args,
                                      struct error_list *errors)
{
    const int64_t seconds = value_int(value_get(args, "bindTimeoutSeconds"), 600);
    struct volume_binding_args *made = mem_new(sizeof *made);
    (void)texts;
    (void)errors;
    made->timeout = seconds < SIM_FOREVER / SIM_SECOND ? seconds * SIM_SECOND : SIM_FOREVER;
    return made;
}

/* --- the class --------------------------------------------------------------------------------- */

static void *volume_binding_compile(const struct sched_call *call)
{
    return pod_volumes_new(call->snapshot, call->pod);
}

static void volume_binding_discard(void *compiled)
{
    pod_volumes_free(compiled);
}

static uint64_t volume_binding_epoch(const struct sched_call *call)
{
    static const enum kind kinds[] = { KIND_PERSISTENTVOLUMECLAIM, KIND_PERSISTENTVOLUME,
                                       KIND_STORAGECLASS,          KIND_CSIDRIVER,
                                       KIND_CSISTORAGECAPACITY,    KIND_COUNT };
    if (!claims_are_mounted(call->spec, true))
        return 0;
    return lister_epoch(call->snapshot, kinds) + call->snapshot->assumed->changes;
}

/* --- filters ------------------------------------------------------------------------------------ */

static enum pre_filter volume_binding_pre_filter(const struct sched_call *call,
                                                 struct narrowed *narrowed,
                                                 struct rejection *rejection)
{
    const struct pod_volumes *volumes = call->compiled;
    (void)narrowed;
    if (volumes == NULL)
        return PRE_FILTER_SKIP;
    if (pod_volumes_why(volumes) == NULL)
        return PRE_FILTER_GO;
    reject_about(rejection, UNRESOLVABLE, "", pod_volumes_why(volumes));
    return PRE_FILTER_REJECTED;
}

static bool volume_binding_filter(const struct sched_call *call, const struct node_info *node,
                                  struct rejection *rejection)
{
    const struct pod_volumes *volumes = call->compiled;
    struct volume_choice choices[pod_volumes_unbound(volumes) + 1];
    size_t count;
    return pod_volumes_choose(volumes, node->node, choices, &count, rejection);
}

/* Always skipped: it scores only under the gate StorageCapacityScoring. */
static bool volume_binding_pre_score(const struct sched_call *call,
                                     const struct candidates *candidates)
{
    (void)call;
    (void)candidates;
    return false;
}

static int64_t volume_binding_score(const struct sched_call *call, const struct node_info *node)
{
    (void)call;
    (void)node;
    return 0;
}

/* --- binding --------------------------------------------------------------------------------------- */

/* What the choice makes of the volume or the claim. */
static struct object *assume(const struct volume_choice *choice, struct texts *texts,
                             const struct text *node)
{
    if (choice->volume != NULL) {
        struct object *copy = object_copy(&choice->volume->meta.object);
        persistent_volume_set_claim((struct persistent_volume *)copy, texts, choice->claim);
        return copy;
    }
    struct object *copy = object_copy(&choice->claim->meta.object);
    claim_select_node((struct persistent_volume_claim *)copy, texts, node);
    return copy;
}

/* The pod's own claims are looked up anew: those of its class may have changed since. */
static bool volume_binding_reserve(const struct sched_call *call, const struct pod *pod,
                                   const struct node_info *node, struct rejection *rejection)
{
    struct assumed_volumes *assumed = call->snapshot->assumed;
    struct pod_volumes *volumes = pod_volumes_new(call->snapshot, pod);
    bool done = true;
    if (volumes != NULL && pod_volumes_unbound(volumes) > 0 && node->node != NULL) {
        struct volume_choice choices[pod_volumes_unbound(volumes) + 1];
        size_t count;
        done = pod_volumes_choose(volumes, node->node, choices, &count, rejection);
        struct volume_reservation *reservation =
            done ? assumed_volumes_reserve(assumed, pod, node->name) : NULL;
        for (size_t i = 0; done && i < count; i++)
            volume_reservation_add(assumed, reservation,
                                   assume(&choices[i], call->snapshot->texts, node->name));
    }
    pod_volumes_free(volumes);
    return done;
}

static void volume_binding_unreserve(const struct sched_call *call, const struct pod *pod,
                                     const struct node_info *node)
{
    (void)node;
    assumed_volumes_drop(call->snapshot->assumed, pod);
}

/* Write what was assumed; from then on it has the versions of the writes. */
static bool write_reservation(struct client *client, struct volume_reservation *reservation,
                              struct error *error)
{
    for (size_t i = 0; i < reservation->count; i++) {
        const struct object_key key = object_key(reservation->objects[i]);
        const enum reply reply = client_update(client, object_copy(reservation->objects[i]), error);
        const struct object *stored = client_read(client, key);
        if ((reply != REPLY_OK && reply != REPLY_CREATED) || stored == NULL)
            return false;
        reservation->objects[i]->version = stored->version;
    }
    reservation->written = true;
    return true;
}

static enum pre_bind fail(struct error *error, const char *format, const char *name)
{
    error_set(error, (struct place){ 0 }, format, name);
    error_wrap(error, "binding volumes");
    return PRE_BIND_FAILED;
}

/* A volume with the claim that it was set aside for. */
static enum pre_bind check_volume(const struct client *client, const struct object *written,
                                  const struct node *node, struct error *error)
{
    const struct persistent_volume *volume =
        persistent_volume_of(client_get(client, KIND_PERSISTENTVOLUME, NULL, written->name));
    const struct persistent_volume *wanted = persistent_volume_of(written);
    const struct persistent_volume_claim *claim = claim_of(
        client_get(client, KIND_PERSISTENTVOLUMECLAIM, wanted->claim_space, wanted->claim_name));
    if (volume == NULL || claim == NULL)
        return fail(error, "failed to check binding: could not find \"%s\"",
                    volume == NULL ? text_s(written->name) : text_s(wanted->claim_name));
    if (volume->meta.object.version < written->version)
        return PRE_BIND_WAIT;
    if (node == NULL || !persistent_volume_reaches(volume, node->meta.labels))
        return fail(error, "pv \"%s\" node affinity doesn't match node", text_s(written->name));
    if (!volume->claimed || !volume->claim_has_uid)
        return fail(error, "ClaimRef got reset for pv \"%s\"", text_s(written->name));
    return claim_is_bound(claim) ? PRE_BIND_DONE : PRE_BIND_WAIT;
}

/* A claim that is being provisioned. Whoever cannot do it takes the annotation away. */
static enum pre_bind check_claim(const struct client *client, const struct object *written,
                                 const struct text *node, struct error *error)
{
    const struct persistent_volume_claim *claim =
        claim_of(client_get(client, KIND_PERSISTENTVOLUMECLAIM, written->space, written->name));
    if (claim == NULL)
        return fail(error, "failed to check provisioning pvc: could not find \"%s\"",
                    text_s(written->name));
    if (claim->meta.object.version < written->version)
        return PRE_BIND_WAIT;
    const char *selected = claim_selected_node(claim);
    if (selected == NULL || strcmp(selected, node->s) != 0)
        return fail(error, "provisioning failed for PVC \"%s\"", text_s(written->name));
    return claim_is_bound(claim) ? PRE_BIND_DONE : PRE_BIND_WAIT;
}

static enum pre_bind check_reservation(const struct client *client,
                                       const struct volume_reservation *reservation,
                                       const struct node *node, struct error *error)
{
    enum pre_bind all = PRE_BIND_DONE;
    if (client_get(client, KIND_POD, reservation->pod.space, reservation->pod.name) == NULL)
        return fail(error, "pod does not exist any more: pod \"%s\" not found",
                    text_s(reservation->pod.name));
    for (size_t i = 0; i < reservation->count && all == PRE_BIND_DONE; i++)
        all = reservation->objects[i]->kind == KIND_PERSISTENTVOLUME
                  ? check_volume(client, reservation->objects[i], node, error)
                  : check_claim(client, reservation->objects[i], reservation->node, error);
    if (all == PRE_BIND_WAIT && client->now >= reservation->deadline)
        return fail(error, "%s", "context deadline exceeded");
    return all;
}

static enum pre_bind volume_binding_pre_bind(const struct sched_call *call, struct client *client,
                                             const struct pod *pod, const struct node_info *node,
                                             bool again, struct error *error)
{
    const struct volume_binding_args *args = call->args;
    struct volume_reservation *reservation = assumed_volumes_of(call->snapshot->assumed, pod);
    if (reservation == NULL)
        return PRE_BIND_DONE;
    if (!again) {
        reservation->deadline = sim_time_after(client->now, args->timeout);
        return write_reservation(client, reservation, error) ? PRE_BIND_WAIT : PRE_BIND_FAILED;
    }
    const enum pre_bind answer =
        check_reservation(client, reservation, node != NULL ? node->node : NULL, error);
    if (answer == PRE_BIND_DONE)
        assumed_volumes_drop(call->snapshot->assumed, pod);
    return answer;
}

/* --- hints ------------------------------------------------------------------------------------------ */

static bool class_changed(const void *args, const struct pod *pod, const struct object *before,
                          const struct object *after)
{
    (void)args;
    (void)pod;
    return before == NULL || !value_equal(value_get(meta_of(before)->document, "allowedTopologies"),
                                          value_get(meta_of(after)->document, "allowedTopologies"));
}

static bool claim_changed(const void *args, const struct pod *pod, const struct object *before,
                          const struct object *after)
{
    (void)args;
    (void)before;
    return claim_is_of_pod(after, pod, true);
}

static bool plugins_moved(const void *args, const struct pod *pod, const struct object *before,
                          const struct object *after)
{
    (void)args;
    (void)pod;
    return before == NULL || strcmp(csi_node_migrated((const struct csi_node *)before),
                                    csi_node_migrated((const struct csi_node *)after)) != 0;
}

/* Only pods with inline volumes of the driver wake: the real one looks at no claims here. */
static bool room_counts_no_more(const void *args, const struct pod *pod,
                                const struct object *before, const struct object *after)
{
    (void)args;
    if (!((const struct csi_driver *)before)->storage_capacity ||
        ((const struct csi_driver *)after)->storage_capacity)
        return false;
    for (size_t i = 0; i < pod->spec->volume_count; i++)
        if (pod->spec->volumes[i].type == POD_VOLUME_CSI && pod->spec->volumes[i].id == after->name)
            return true;
    return false;
}

static bool room_grew(const void *args, const struct pod *pod, const struct object *before,
                      const struct object *after)
{
    (void)args;
    (void)pod;
    return before == NULL || ((const struct csi_storage_capacity *)after)->limit_bytes >
                                 ((const struct csi_storage_capacity *)before)->limit_bytes;
}

const struct sched_plugin volume_binding_plugin = {
    .name = "VolumeBinding",
    .configure = volume_binding_configure,
    .release = free,
    .compile = volume_binding_compile,
    .discard = volume_binding_discard,
    .traits = claims_traits,
    .epoch = volume_binding_epoch,
    .events = { { KIND_STORAGECLASS, EVENT_ADD | EVENT_UPDATE, class_changed },
                { KIND_PERSISTENTVOLUMECLAIM, EVENT_ADD | EVENT_UPDATE, claim_changed },
                { KIND_PERSISTENTVOLUME, EVENT_ADD | EVENT_UPDATE, NULL },
                { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_LABEL, NULL },
                { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL },
                { KIND_CSINODE, EVENT_ADD | EVENT_UPDATE, plugins_moved },
                { KIND_CSIDRIVER, EVENT_UPDATE, room_counts_no_more },
                { KIND_CSISTORAGECAPACITY, EVENT_ADD | EVENT_UPDATE, room_grew } },
    .pre_filter = volume_binding_pre_filter,
    .filter = volume_binding_filter,
    .pre_score = volume_binding_pre_score,
    .score = volume_binding_score,
    .reserve = volume_binding_reserve,
    .unreserve = volume_binding_unreserve,
    .pre_bind = volume_binding_pre_bind,
};
