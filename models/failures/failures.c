/* The failures of a cluster: whom the entries mean, and what is done by hand.
 *
 * What happens to one target in the course of time stands in failure_target.c. */
#include "models/failures/failures.h"

#include <stdlib.h>

#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/failures/failures_private.h"
#include "models/failures/machines.h"
#include "sim/base/hash.h"
#include "sim/base/memory.h"
#include "sim/chance/published.h"

struct machine_holds *failures_holds(struct failures *failures)
{
    return &failures->holds;
}

struct cluster *failures_cluster(const struct failures *failures)
{
    return failures->cluster;
}

uint64_t failures_number(struct failures *failures)
{
    return ++failures->last_number;
}
static void failures_reseeded(void *subject, uint64_t salt)
{
    struct failures *all = subject;
    for (struct target *target = all->targets; target != NULL; target = target->next)
        target_reseed(target, salt);
}

/* --- targets --------------------------------------------------------------------------- */

static struct target *target_find(const struct failures *failures, const struct failure *failure,
                                  const struct failure_plan *plan, const char *name)
{
    struct target *target = failures->targets;
    for (; target != NULL; target = target->next)
        if (target->failure == failure && target->plan == plan &&
            strcmp(text_s(target->name), name) == 0)
            return target;
    return NULL;
}

static struct target *target_new(struct failures *failures, const struct failure *failure,
                                 const struct failure_plan *plan, const char *name)
{
    static const char *const spaces[] = { "node", "zone", "failure", "cluster", "group", "" };
    const enum failure_targets targets = plan != NULL ? plan->targets : failure_by_hand(failure);
    const struct cluster *cluster = failures->cluster;
    const uint64_t branch = plan ? plan->branch : 0;
    struct target *target = mem_new(sizeof *target);
    char *entity = plan != NULL && plan->shared_luck
                       ? mem_format("failure/%s", plan->name != NULL ? plan->name : "")
                       : mem_format("%s/%s", spaces[targets], name);
    char *repair = mem_format("%s-repair", failure->name);
    target->failures = failures;
    target->failure = failure;
    target->plan = plan;
    target->name = cluster_text(cluster, name);
    target->recorded = -1;
    target->health = run_stream(cluster->run, cluster->id, entity, failure->name, branch);
    target->repair = run_stream(cluster->run, cluster->id, entity, repair, branch);
    free(entity);
    free(repair);
    *failures->end = target;
    failures->end = &target->next;
    return target;
}

static void target_plan(struct failures *failures, const struct failure_plan *plan,
                        const char *name)
{
    if (target_find(failures, plan->failure, plan, name) == NULL)
        target_wait(target_new(failures, plan->failure, plan, name),
                    run_now(failures->cluster->run));
}

struct cause failures_strike_planned(struct failures *failures, struct failure_plan *plan,
                                     const char *name)
{
    struct target *target = target_find(failures, plan->failure, plan, name);
    if (target == NULL)
        target = target_new(failures, plan->failure, plan, name);
    if (!target->struck)
        target_strike(target);
    return target->cause;
}

struct blow failures_blow(struct failures *failures, const struct failure_plan *plan,
                          const char *target, struct cause cause)
{
    client_begin(&failures->client, cause);
    return (struct blow){ .failures = failures,
                          .client = &failures->client,
                          .options = plan->entry,
                          .target = target,
                          .targets = plan->targets };
}

/* A node, and with it perhaps a zone, that a plan may mean. */
static void plan_meets(struct failures *failures, const struct failure_plan *plan,
                       const struct node *node)
{
    const enum failure_targets targets = plan->targets;
    if (!plan->enabled)
        return;
    if (targets == TARGET_NODES && failure_plan_means(plan, name_of(node)))
        target_plan(failures, plan, name_of(node));
    if (targets == TARGET_ZONES && node->zone != NULL &&
        failure_plan_means(plan, text_s(node->zone)))
        target_plan(failures, plan, text_s(node->zone));
    const char *group = targets == TARGET_GROUPS
                            ? labels_get(node->meta.labels, failure_group_label(plan->entry))
                            : NULL;
    if (group != NULL && failure_plan_means(plan, group))
        target_plan(failures, plan, group);
}

static void pod_heard(struct failures *all, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object), *before = (const struct pod *)event->before;
    if (pod->node_name == NULL || (before != NULL && before->node_name != NULL))
        return;
    for (size_t i = 0; i < all->plan_count; i++)
        if (all->plans[i]->enabled && all->plans[i]->failure->pod_bound != NULL)
            all->plans[i]->failure->pod_bound(all, all->plans[i], pod);
}

static void failures_deliver(void *self, const struct watch_event *event)
{
    struct failures *all = self;
    if (all->over || event->type == WATCH_DELETED)
        return;
    if (event->object->kind == KIND_POD)
        pod_heard(all, event);
    if (event->object->kind != KIND_NODE)
        return;
    for (size_t i = 0; i < all->plan_count; i++)
        plan_meets(all, all->plans[i], node_of(event->object));
}

/* --- entries --------------------------------------------------------------------------- */

static bool same_name(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* An entry with a name has the luck of its name, whoever else is there. Those without are told apart by
 * how many of their kind and name come before, whether or not they are enabled. */
static uint64_t branch_of(const struct failures *all, const struct failure_plan *plan)
{
    uint64_t before = 0;
    for (size_t i = 0; i < all->plan_count; i++)
        before +=
            all->plans[i]->failure == plan->failure && same_name(all->plans[i]->name, plan->name);
    return plan->name == NULL ? before : hash_bytes(plan->name, strlen(plan->name)) + before;
}

bool failures_plan(struct cluster *cluster, struct value *entry, struct error_list *faults)
{
    struct failures *all = cluster_component(cluster, "failures");
    struct failure_plan *plan = mem_new(sizeof *plan);
    if (!failure_plan_read(plan, entry, faults)) {
        failure_plan_close(plan);
        free(plan);
        return false;
    }
    plan->branch = branch_of(all, plan);
    MEM_GROW(all->plans, all->plan_count, all->plan_capacity);
    all->plans[all->plan_count++] = plan;
    if (!plan->enabled)
        return true;
    if (plan->failure->follows && plan->failure->probability == NULL)
        return true; /* its targets are found as it happens */
    if (plan->targets == TARGET_NAMED)
        target_plan(all, plan, value_text(value_get(entry, plan->target_field), ""));
    if (plan->targets == TARGET_CLUSTER)
        target_plan(all, plan, "");
    for (struct cache_cursor nodes = client_list(&all->client, KIND_NODE); cache_next(&nodes);)
        plan_meets(all, plan, node_of(nodes.object));
    return true;
}

bool failures_open_files(struct value **entry, const struct signal_opener *opener,
                         struct error *error)
{
    return failure_trace_open(entry, opener, error);
}

bool failures_check(const struct value *entry, struct error_list *faults)
{
    struct failure_plan plan;
    const bool good = failure_plan_read(&plan, entry, faults);
    failure_plan_close(&plan);
    return good;
}

bool failures_know(const char *kind, struct place at, struct error *error)
{
    return failure_find(kind, at, error) != NULL;
}

/* --- sources --------------------------------------------------------------------------- */

static void add_source(void *context, const struct published *published)
{
    struct value *list = context, *source = value_new_map();
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "name"), ""), published->name) == 0) {
            value_drop(source);
            return;
        }
    value_set(source, "name", value_new_string(published->name));
    value_set(source, "what", value_new_string(published->what));
    value_set(source, "source", value_new_string(published->source));
    value_add(list, source);
}

struct value *failures_sources(const struct cluster *cluster)
{
    const struct failures *all = cluster_component(cluster, "failures");
    struct value *list = value_new_list();
    for (size_t i = 0; all != NULL && i < all->plan_count; i++) {
        const struct failure_plan *plan = all->plans[i];
        distribution_each_published(plan->every, add_source, list);
        distribution_each_published(plan->lasts, add_source, list);
        distribution_each_published(plan->spread.within, add_source, list);
    }
    return list;
}

/* --- by hand --------------------------------------------------------------------------- */

static bool target_exists(const struct failures *all, const struct failure *failure,
                          const char *name)
{
    const enum failure_targets targets = failure_by_hand(failure);
    if (targets == TARGET_NAMED || targets == TARGET_CLUSTER)
        return true;
    for (struct cache_cursor nodes = client_list(&all->client, KIND_NODE); cache_next(&nodes);) {
        const struct node *node = node_of(nodes.object);
        const char *known = targets == TARGET_NODES   ? name_of(node)
                            : targets == TARGET_ZONES ? text_s(node->zone)
                                                      : node_group(node, failure_group_label(NULL));
        if (known != NULL && strcmp(known, name) == 0)
            return true;
    }
    return false;
}

bool failures_strike(struct cluster *cluster, const char *kind, const char *name,
                     struct error *error)
{
    struct failures *all = cluster_component(cluster, "failures");
    const struct failure *failure = failure_find(kind, (struct place){ 0 }, error);
    if (failure == NULL)
        return false;
    if (failure->follows && failure->probability == NULL)
        return error_set(error, (struct place){ 0 },
                         "%s follows from what others do: it cannot be done by hand", kind);
    if (!target_exists(all, failure, name))
        return error_set(error, (struct place){ 0 }, "there is no %s \"%s\"",
                         failure_by_hand(failure) == TARGET_NODES ? "node" : "zone", name);
    struct target *target = target_find(all, failure, NULL, name);
    if (target == NULL)
        target = target_new(all, failure, NULL, name);
    if (target->struck)
        return error_set(error, (struct place){ 0 }, "%s %s is not over yet", kind, name);
    target_strike(target);
    return true;
}

/* What was struck and has this name: by hand first. */
static struct target *find_struck(const struct failures *all, const struct failure *failure,
                                  const char *name)
{
    struct target *found = NULL;
    for (struct target *target = all->targets; target != NULL; target = target->next)
        if (target->struck && target->failure == failure &&
            strcmp(text_s(target->name), name) == 0 && (found == NULL || target->plan == NULL))
            found = target;
    return found;
}

bool failures_mend(struct cluster *cluster, const char *kind, const char *name, struct error *error)
{
    struct failures *all = cluster_component(cluster, "failures");
    const struct failure *failure = failure_find(kind, (struct place){ 0 }, error);
    if (failure == NULL)
        return false;
    struct target *target = find_struck(all, failure, name);
    if (target == NULL)
        return error_set(error, (struct place){ 0 }, "there is no %s of %s to restore from", kind,
                         name);
    target_mend(target);
    if (target->plan != NULL)
        target_wait(target, run_now(cluster->run));
    return true;
}

void failures_end(struct cluster *cluster)
{
    struct failures *all = cluster_component(cluster, "failures");
    for (struct target *target = all->targets; target != NULL; target = target->next) {
        run_cancel(cluster->run, &target->due);
        target_forget(target);
        if (target->struck)
            target_mend(target);
    }
    all->over = true;
}

/* --- the component --------------------------------------------------------------------- */

static void *failures_start(struct cluster *cluster)
{
    struct failures *all = mem_new(sizeof *all);
    all->cluster = cluster;
    all->end = &all->targets;
    client_init(&all->client, cluster, "failures", 0, 0, all);
    all->client.free_of_charge = all->client.is_world = true;
    all->luck = (struct luck_holder){ .reseeded = failures_reseeded, .subject = all };
    luck_hold(cluster->run, &all->luck);
    cache_watch(all->client.cache, (struct watcher){ all, failures_deliver });
    return all;
}

static void failures_stop(void *state)
{
    struct failures *all = state;
    luck_leave(&all->luck);
    while (all->targets != NULL) {
        struct target *target = all->targets;
        all->targets = target->next;
        run_cancel(all->cluster->run, &target->due);
        run_cancel(all->cluster->run, &target->step);
        target_forget(target);
        text_drop(target->name);
        free(target->memory);
        free(target);
    }
    for (size_t i = 0; i < all->plan_count; i++) {
        failure_plan_close(all->plans[i]);
        free(all->plans[i]);
    }
    free(all->plans);
    machine_holds_close(&all->holds);
    client_close(&all->client);
    free(all);
}

const struct component failure_planner = {
    .name = "failures",
    .start = failures_start,
    .stop = failures_stop,
};
