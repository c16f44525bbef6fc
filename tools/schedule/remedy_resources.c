/* NodeResourcesFit: how much less a pod would have to ask for, or who would have to leave. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "tools/schedule/remedy_private.h"

/* --- amounts ---------------------------------------------------------------------------------- */

/* One resource of a pod on a node. */
struct shortage {
    const char *name;
    int64_t wanted, free; /* free: what others leave of the allocatable; may be negative */
};

enum { SHORTAGES = 32 };

static int64_t free_of(const struct node_info *node, const char *name)
{
    static const struct resources nothing;
    const struct resources *offers =
        node->node->allocatable != NULL ? &node->node->allocatable->resources : &nothing;
    return resources_get(offers, name) - resources_get(&node->requested, name);
}

/* The resources of which there is not enough. */
static size_t shortages_of(const struct pod *pod, const struct node_info *node,
                           struct shortage shortages[SHORTAGES])
{
    static const char *const names[] = { "cpu", "memory", "ephemeral-storage" };
    const struct resources *wants = pod_requests(pod);
    size_t count = 0;
    for (size_t i = 0; i < 3 + wants->extended_count && count < SHORTAGES; i++) {
        const char *name = i < 3 ? names[i] : wants->extended[i - 3].name->s;
        const struct shortage one = { name, resources_get(wants, name), free_of(node, name) };
        if (one.wanted > one.free && one.wanted > 0)
            shortages[count++] = one;
    }
    return count;
}

static bool has_room_for_one(const struct node_info *node)
{
    const int64_t pods = node->node->allocatable != NULL ? node->node->allocatable->pods : 0;
    return (int64_t)node->pod_count < pods;
}

static char *print_amount(const char *name, int64_t amount)
{
    char text[QUANTITY_TEXT];
    if (strcmp(name, "cpu") == 0)
        return mem_format("%lldm", (long long)amount);
    if (strcmp(name, "memory") != 0 && strcmp(name, "ephemeral-storage") != 0)
        return mem_format("%lld", (long long)amount);
    amount = amount >= 1 << 20 ? amount >> 20 << 20 : amount; /* whole Mi read better */
    return mem_format("%s", quantity_print(quantity_of_units(amount, QUANTITY_BINARY_SI), text));
}

double remedy_fraction_that_fits(const struct pod *pod, const struct node_info *node)
{
    struct shortage shortages[SHORTAGES];
    const size_t count = shortages_of(pod, node, shortages);
    double least = has_room_for_one(node) ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        const double fraction = (double)shortages[i].free / (double)shortages[i].wanted;
        least = fraction < least ? fraction : least;
    }
    return least;
}

/* --- asking for less -------------------------------------------------------------------------- */

/* What a container asks for of a resource, in the units of shortages. */
static int64_t request_of(const struct container *container, const char *name)
{
    return resources_get(&container->requests, name);
}

static void set_request(struct value **container, const char *name, int64_t amount)
{
    char *text = mem_format("%lld%s", (long long)amount, strcmp(name, "cpu") == 0 ? "m" : "");
    value_put(container, value_new_string(text), "resources", "requests", name, NULL);
    free(text);
}

/* Take from each container, in order, as much as it has; of ordinary containers only: where init
 * containers ask for more than all of them, the change is tried and found wanting. */
static void take_away(struct attempted *attempted, const char *name, int64_t amount)
{
    const struct pod_spec *spec = attempted->pod->spec;
    struct value *pod = value_own(&attempted->pod_document);
    struct value *list = value_own(value_slot(value_own(value_slot(pod, "spec")), "containers"));
    for (size_t i = 0; i < spec->container_count && amount > 0 && i < list->count; i++) {
        const int64_t has = request_of(&spec->containers[i], name);
        const int64_t less = has < amount ? has : amount;
        set_request(&list->items[i], name, has - less);
        amount -= less;
    }
}

bool remedy_ask_for_less(struct attempted *attempted)
{
    struct shortage shortages[SHORTAGES];
    const size_t count = shortages_of(attempted->pod, attempted->node, shortages);
    if (count == 0 || !has_room_for_one(attempted->node))
        return false;
    for (size_t i = 0; i < count; i++) {
        const int64_t at_most = shortages[i].free > 0 ? shortages[i].free : 0;
        char *limit = print_amount(shortages[i].name, at_most);
        char *now = print_amount(shortages[i].name, shortages[i].wanted);
        take_away(attempted, shortages[i].name, shortages[i].wanted - at_most);
        attempted_say(attempted, "its %s request is at most %s (now %s)", shortages[i].name, limit,
                      now);
        free(limit);
        free(now);
    }
    return true;
}

/* --- making room ------------------------------------------------------------------------------------ */

/* Whose pod it is, as people call it: of a ReplicaSet its Deployment's name. The caller frees. */
static char *workload_of(const struct pod *pod)
{
    const struct owner *owner = meta_controller(&pod->meta);
    const char *hash = labels_get(pod->meta.labels, "pod-template-hash");
    if (owner == NULL)
        return mem_format("%s", "");
    const size_t length = strlen(owner->name->s), tail = hash != NULL ? strlen(hash) + 1 : 0;
    const bool is_hashed =
        tail > 1 && length > tail && strcmp(owner->name->s + length - tail + 1, hash) == 0;
    return mem_text(owner->name->s, is_hashed ? length - tail : length);
}

static bool comes_back(const struct pod *pod)
{
    const struct owner *owner = meta_controller(&pod->meta);
    return owner != NULL && strcmp(owner->kind->s, "DaemonSet") == 0;
}

/* Pods of one workload on one node. */
struct group {
    char *workload;          /* owned; "": pods that nobody owns, each alone */
    const struct pod **pods; /* owned: those that give most first */
    size_t count, capacity;
};

struct groups {
    struct group *items;
    size_t count, capacity;
};

static void close_groups(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        free(groups->items[i].workload);
        free(groups->items[i].pods);
    }
    free(groups->items);
}

static struct group *group_named(struct groups *groups, char *workload)
{
    for (size_t i = 0; i < groups->count && *workload != '\0'; i++)
        if (strcmp(groups->items[i].workload, workload) == 0) {
            free(workload);
            return &groups->items[i];
        }
    MEM_GROW(groups->items, groups->count, groups->capacity);
    groups->items[groups->count] = (struct group){ .workload = workload };
    return &groups->items[groups->count++];
}

static void add_pod(struct group *group, const struct pod *pod)
{
    MEM_GROW(group->pods, group->count, group->capacity);
    group->pods[group->count++] = pod;
}

/* The first group has all pods of the node. */
static struct groups groups_on(const struct node_info *node)
{
    struct groups groups = { 0 };
    group_named(&groups, mem_format("%s", ""));
    for (const struct placed_pod *placed = node->first; placed != NULL; placed = placed->next) {
        if (comes_back(placed->pod))
            continue;
        add_pod(group_named(&groups, workload_of(placed->pod)), placed->pod);
        add_pod(&groups.items[0], placed->pod);
    }
    return groups;
}

/* How many of the pods, the first ones, have to leave; SIZE_MAX: not even all of them are enough. */
static size_t enough_of(const struct group *group, const struct pod *pod,
                        const struct node_info *node)
{
    struct shortage shortages[SHORTAGES];
    const size_t count = shortages_of(pod, node, shortages);
    for (size_t gone = 0; gone <= group->count; gone++) {
        bool enough = gone > 0 || has_room_for_one(node);
        for (size_t i = 0; i < count; i++) {
            enough = enough && shortages[i].free >= shortages[i].wanted;
            if (gone < group->count)
                shortages[i].free +=
                    resources_get(pod_requests(group->pods[gone]), shortages[i].name);
        }
        if (enough)
            return gone;
    }
    return SIZE_MAX;
}

/* Those that ask for most of what is short first, the others as they came. */
static void sort_group(struct group *group, const char *resource)
{
    for (size_t i = 1; i < group->count; i++) {
        const struct pod *pod = group->pods[i];
        const int64_t gives = resources_get(pod_requests(pod), resource);
        size_t at = i;
        for (; at > 0 && resources_get(pod_requests(group->pods[at - 1]), resource) < gives; at--)
            group->pods[at] = group->pods[at - 1];
        group->pods[at] = pod;
    }
}

static void sort_groups(struct groups *groups, const struct pod *pod, const struct node_info *node)
{
    struct shortage shortages[SHORTAGES];
    if (shortages_of(pod, node, shortages) == 0)
        return;
    for (size_t i = 0; i < groups->count; i++)
        sort_group(&groups->items[i], shortages[0].name);
}

/* The fewest pods of one workload, or, where no workload is enough, of all; the group is the index. */
static size_t fewest(struct groups *groups, const struct pod *pod, const struct node_info *node,
                     size_t *group)
{
    size_t least = SIZE_MAX;
    sort_groups(groups, pod, node);
    for (size_t i = 1; i < groups->count; i++) {
        const size_t count = enough_of(&groups->items[i], pod, node);
        if (count < least) {
            least = count;
            *group = i;
        }
    }
    if (least == SIZE_MAX) {
        least = enough_of(&groups->items[0], pod, node);
        *group = 0;
    }
    return least;
}

size_t remedy_pods_in_the_way(const struct pod *pod, const struct node_info *node)
{
    struct groups groups = groups_on(node);
    size_t group = 0;
    const size_t count = fewest(&groups, pod, node, &group);
    close_groups(&groups);
    return count;
}

bool remedy_make_room(struct attempted *attempted)
{
    const char *node = attempted->node->name->s;
    struct groups groups = groups_on(attempted->node);
    size_t at = 0;
    const size_t count = fewest(&groups, attempted->pod, attempted->node, &at);
    const struct group *group = &groups.items[at];
    const bool helps = count != SIZE_MAX && count > 0;
    for (size_t i = 0; helps && i < count; i++)
        attempted_let_leave(attempted, group->pods[i]);
    if (helps && at == 0)
        attempted_say(attempted, "%zu of its pods leave %s", count, node);
    else if (helps && *group->workload == '\0')
        attempted_say(attempted, "%s/%s leaves %s", namespace_of(group->pods[0]),
                      name_of(group->pods[0]), node);
    else if (helps)
        attempted_say(attempted, "%zu of %s's pods leave%s %s", count, group->workload,
                      count == 1 ? "s" : "", node);
    close_groups(&groups);
    return helps;
}
