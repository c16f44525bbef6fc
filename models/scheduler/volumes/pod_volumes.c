/* Claims and what they choose; see pod_volumes.h. */
#include "models/scheduler/volumes/pod_volumes.h"

#include <stdlib.h>

#include "models/scheduler/volumes/assumed_volumes.h"
#include "models/scheduler/volumes/claims.h"
#include "models/scheduler/snapshot/listers.h"

/* A claim that is not bound yet, and waits for its consumer. */
struct unbound_claim {
    const struct persistent_volume_claim *claim; /* held */
    const struct storage_class *class;           /* held */
    const struct csi_storage_capacity **rooms;   /* held: where the class has room for the claim */
    size_t room_count;
    bool needs_room;                          /* the driver says where it has room */
    const struct persistent_volume **volumes; /* held: bound to it beforehand, in the order in
                                                  * which they appeared, then by size */
    size_t volume_count, beforehand;
};

struct pod_volumes {
    const struct text *why;                 /* held */
    const struct persistent_volume **bound; /* held: NULL where a claim's volume is gone */
    size_t bound_count;
    struct unbound_claim *unbound; /* with a node selected first, then by ascending size */
    size_t unbound_count;
};

/* --- volumes that fit a claim, whatever the node ------------------------------------------------ */

static void insert_volume(struct unbound_claim *unbound, const struct persistent_volume *volume,
                          size_t at)
{
    unbound->volumes =
        mem_resize(unbound->volumes, (unbound->volume_count + 1) * sizeof *unbound->volumes);
    memmove(&unbound->volumes[at + 1], &unbound->volumes[at],
            (unbound->volume_count - at) * sizeof *unbound->volumes);
    unbound->volumes[at] = persistent_volume_of(object_hold(&volume->meta.object));
    unbound->volume_count++;
}

/* Behind those that are not larger: of equal ones the one that appeared first is taken, where the
 * real one takes any. */
static void add_free_volume(struct unbound_claim *unbound, const struct persistent_volume *volume)
{
    size_t low = unbound->beforehand, high = unbound->volume_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (unbound->volumes[middle]->capacity_bytes <= volume->capacity_bytes)
            low = middle + 1;
        else
            high = middle;
    }
    insert_volume(unbound, volume, low);
}

static void list_volumes(struct unbound_claim *unbound, const struct snapshot *snapshot)
{
    const struct persistent_volume_claim *claim = unbound->claim;
    for (struct cache_cursor c = lister_all(snapshot, KIND_PERSISTENTVOLUME); lister_next(&c);) {
        const struct persistent_volume *volume = persistent_volume_of(c.object);
        if (volume->claimed && !persistent_volume_is_for(volume, claim))
            continue; /* nobody assumes a volume that is another claim's */
        volume = persistent_volume_of(
            assumed_get(snapshot, KIND_PERSISTENTVOLUME, NULL, c.object->name));
        if (persistent_volume_fits(volume, claim) && persistent_volume_is_for(volume, claim))
            insert_volume(unbound, volume, unbound->beforehand++);
        else if (persistent_volume_is_free_for(volume, claim))
            add_free_volume(unbound, volume);
    }
}

/* --- room that drivers publish -------------------------------------------------------------------- */

static void list_rooms(struct unbound_claim *unbound, const struct snapshot *snapshot)
{
    const struct csi_driver *driver = (const struct csi_driver *)lister_get(
        snapshot, KIND_CSIDRIVER, NULL, unbound->class->provisioner);
    unbound->needs_room =
        driver != NULL && driver->storage_capacity && unbound->claim->asks_for_size;
    if (!unbound->needs_room)
        return;
    for (struct cache_cursor c = lister_all(snapshot, KIND_CSISTORAGECAPACITY); lister_next(&c);) {
        const struct csi_storage_capacity *room = (const struct csi_storage_capacity *)c.object;
        if (room->class_name != unbound->class->meta.object.name || room->nodes == NULL ||
            room->limit_bytes < 0 || room->limit_bytes < unbound->claim->request_bytes)
            continue;
        unbound->rooms =
            mem_resize(unbound->rooms, (unbound->room_count + 1) * sizeof *unbound->rooms);
        unbound->rooms[unbound->room_count++] =
            (const struct csi_storage_capacity *)object_hold(c.object);
    }
}

static bool has_room(const struct unbound_claim *unbound, const struct labels *node)
{
    for (size_t i = 0; i < unbound->room_count; i++)
        if (selector_matches(unbound->rooms[i]->nodes, labels_lookup, node))
            return true;
    return !unbound->needs_room;
}

/* --- claims ------------------------------------------------------------------------------------------ */

static bool claim_before(const struct persistent_volume_claim *a,
                         const struct persistent_volume_claim *b)
{
    const bool first = claim_selected_node(a) != NULL, second = claim_selected_node(b) != NULL;
    return first != second ? first : !first && a->request_bytes < b->request_bytes;
}

static void add_unbound(struct pod_volumes *volumes, const struct snapshot *snapshot,
                        const struct persistent_volume_claim *claim,
                        const struct storage_class *class)
{
    struct unbound_claim unbound = {
        .claim = claim_of(object_hold(&claim->meta.object)),
        .class = (const struct storage_class *)object_hold(&class->meta.object),
    };
    size_t at = volumes->unbound_count++;
    if (claim_selected_node(claim) == NULL)
        list_volumes(&unbound, snapshot);
    list_rooms(&unbound, snapshot);
    for (; at > 0 && claim_before(claim, volumes->unbound[at - 1].claim); at--)
        volumes->unbound[at] = volumes->unbound[at - 1];
    volumes->unbound[at] = unbound;
}

static void add_bound(struct pod_volumes *volumes, const struct snapshot *snapshot,
                      const struct persistent_volume_claim *claim)
{
    const struct object *volume =
        assumed_get(snapshot, KIND_PERSISTENTVOLUME, NULL, claim->volume_name);
    volumes->bound[volumes->bound_count++] = persistent_volume_of(object_hold(volume));
}

/* What is wrong with a claim, whatever it is bound to; a new text, NULL: nothing. */
static const struct text *why_unusable(const struct snapshot *snapshot, const struct pod *pod,
                                       const struct pod_volume *mounted,
                                       const struct persistent_volume_claim *claim)
{
    struct texts *texts = snapshot->texts;
    const struct text *why = NULL;
    char *name = volume_claim_name(pod, mounted);
    const bool made = mounted->type == POD_VOLUME_EPHEMERAL;
    if (claim == NULL)
        why = text_format(texts,
                          made ? "waiting for ephemeral volume controller to create the "
                                 "persistentvolumeclaim \"%s\""
                               : "persistentvolumeclaim \"%s\" not found",
                          name);
    else if (claim->phase == CLAIM_LOST)
        why = text_format(texts,
                          "persistentvolumeclaim \"%s\" bound to non-existent persistentvolume "
                          "\"%s\"",
                          name, text_s(claim->volume_name));
    else if (claim->meta.deleting)
        why = text_format(texts, "persistentvolumeclaim \"%s\" is being deleted", name);
    else if (made && !claim_is_made_for(claim, pod))
        why = text_format(texts, "PVC %s/%s was not created for pod %s/%s (pod is not owner)",
                          namespace_of(claim), name, namespace_of(pod), name_of(pod));
    free(name);
    return why;
}

/* A claim that names a volume, or does not wait for a consumer, is bound by the PV controller. */
static void add_claim(struct pod_volumes *volumes, const struct snapshot *snapshot,
                      const struct text *space, const struct text *name)
{
    const struct persistent_volume_claim *claim =
        claim_of(assumed_get(snapshot, KIND_PERSISTENTVOLUMECLAIM, space, name));
    const struct storage_class *class = (const struct storage_class *)lister_get(
        snapshot, KIND_STORAGECLASS, NULL, claim->class_name);
    if (claim_is_bound(claim))
        add_bound(volumes, snapshot, claim);
    else if (claim->volume_name == NULL && class != NULL && class->waits_for_consumer)
        add_unbound(volumes, snapshot, claim, class);
    else if (volumes->why == NULL)
        volumes->why =
            text_intern(snapshot->texts, "pod has unbound immediate PersistentVolumeClaims");
}

struct pod_volumes *pod_volumes_new(const struct snapshot *snapshot, const struct pod *pod)
{
    const struct pod_spec *spec = pod->spec;
    if (!claims_are_mounted(spec, true))
        return NULL;
    struct pod_volumes *volumes = mem_new(sizeof *volumes);
    volumes->bound = mem_new(spec->volume_count * sizeof *volumes->bound);
    volumes->unbound = mem_new(spec->volume_count * sizeof *volumes->unbound);
    for (size_t i = 0; i < spec->volume_count && volumes->why == NULL; i++)
        if (volume_has_claim(&spec->volumes[i]))
            volumes->why = why_unusable(snapshot, pod, &spec->volumes[i],
                                        volume_claim(snapshot, pod, &spec->volumes[i]));
    for (size_t i = 0; i < spec->volume_count && volumes->why == NULL; i++)
        if (volume_has_claim(&spec->volumes[i]))
            add_claim(volumes, snapshot, pod->meta.object.space,
                      volume_claim(snapshot, pod, &spec->volumes[i])->meta.object.name);
    return volumes;
}

static void close_unbound(struct unbound_claim *unbound)
{
    object_drop(&unbound->claim->meta.object);
    object_drop(&unbound->class->meta.object);
    for (size_t i = 0; i < unbound->volume_count; i++)
        object_drop(&unbound->volumes[i]->meta.object);
    for (size_t i = 0; i < unbound->room_count; i++)
        object_drop(&unbound->rooms[i]->meta.object);
    free(unbound->volumes);
    free(unbound->rooms);
}

void pod_volumes_free(struct pod_volumes *volumes)
{
    if (volumes == NULL)
        return;
    for (size_t i = 0; i < volumes->bound_count; i++)
        if (volumes->bound[i] != NULL)
            object_drop(&volumes->bound[i]->meta.object);
    for (size_t i = 0; i < volumes->unbound_count; i++)
        close_unbound(&volumes->unbound[i]);
    text_drop(volumes->why);
    free(volumes->bound);
    free(volumes->unbound);
    free(volumes);
}

const struct text *pod_volumes_why(const struct pod_volumes *volumes)
{
    return volumes->why;
}

size_t pod_volumes_unbound(const struct pod_volumes *volumes)
{
    return volumes->unbound_count;
}

/* --- a node ------------------------------------------------------------------------------------------- */

#define NO_AFFINITY "node(s) didn't match PersistentVolume's node affinity"
#define NO_VOLUME   "node(s) didn't find available persistent volumes to bind"
#define NO_ROOM     "node(s) did not have enough free storage"
#define VOLUME_GONE "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"

/* The first of the bound ones that will not do decides. */
static bool check_bound(const struct pod_volumes *volumes, const struct labels *node,
                        const char **why)
{
    for (size_t i = 0; i < volumes->bound_count; i++) {
        *why = volumes->bound[i] == NULL ? VOLUME_GONE : NO_AFFINITY;
        if (volumes->bound[i] == NULL || !persistent_volume_reaches(volumes->bound[i], node))
            return false;
    }
    return true;
}

static bool is_chosen(const struct volume_choice *choices, size_t count,
                      const struct persistent_volume *volume)
{
    for (size_t i = 0; i < count; i++)
        if (choices[i].volume == volume)
            return true;
    return false;
}

/* The volume for one claim; NULL when none fits. A volume bound to it beforehand is the only one
 * that will do. */
static const struct persistent_volume *find_volume(const struct unbound_claim *unbound,
                                                   const struct labels *node,
                                                   const struct volume_choice *choices,
                                                   size_t count)
{
    for (size_t i = 0; i < unbound->volume_count; i++) {
        const struct persistent_volume *volume = unbound->volumes[i];
        if (is_chosen(choices, count, volume))
            continue;
        if (persistent_volume_reaches(volume, node))
            return volume;
        if (i < unbound->beforehand)
            return NULL;
    }
    return NULL;
}

static bool can_provision(const struct unbound_claim *unbound, const struct labels *node)
{
    const struct storage_class *class = unbound->class;
    return class->provisioner != NULL &&
           strcmp(class->provisioner->s, "kubernetes.io/no-provisioner") != 0 &&
           (class->allowed_nodes == NULL ||
            node_selector_matches(class->allowed_nodes, labels_lookup, node, ""));
}

/* Those that found no volume are provisioned, if all of them can be; NULL, or why not. */
static const char *check_provisions(const struct pod_volumes *volumes, const struct labels *node,
                                    const struct volume_choice *choices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (choices[i].volume != NULL)
            continue;
        if (!can_provision(&volumes->unbound[i], node))
            return NO_VOLUME;
        if (!has_room(&volumes->unbound[i], node))
            return NO_ROOM;
    }
    return NULL;
}

/* A claim with a node selected is provisioned there and nowhere else. */
static const char *choose(const struct pod_volumes *volumes, const struct node *node,
                          struct volume_choice *choices)
{
    const struct labels *labels = node->meta.labels;
    for (size_t i = 0; i < volumes->unbound_count; i++) {
        const char *selected = claim_selected_node(volumes->unbound[i].claim);
        if (selected != NULL && strcmp(selected, name_of(node)) != 0)
            return NO_VOLUME;
    }
    for (size_t i = 0; i < volumes->unbound_count; i++)
        choices[i] = (struct volume_choice){
            .claim = volumes->unbound[i].claim,
            .volume = find_volume(&volumes->unbound[i], labels, choices, i),
        };
    return check_provisions(volumes, labels, choices, volumes->unbound_count);
}

bool pod_volumes_choose(const struct pod_volumes *volumes, const struct node *node,
                        struct volume_choice *choices, size_t *count, struct rejection *rejection)
{
    const char *why = NULL;
    const bool reachable = check_bound(volumes, node->meta.labels, &why);
    const bool gone = !reachable && strcmp(why, VOLUME_GONE) == 0;
    const char *missing = choose(volumes, node, choices);
    *count = volumes->unbound_count;
    if (!reachable && !gone)
        reject(rejection, UNRESOLVABLE, NO_AFFINITY);
    if (missing != NULL)
        reject(rejection, UNRESOLVABLE, missing);
    if (gone)
        reject(rejection, UNRESOLVABLE, VOLUME_GONE);
    return reachable && missing == NULL;
}
