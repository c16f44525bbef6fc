/* The eviction subresource: delete a pod if its budget allows.
 *
 * Follows pkg/registry/core/pod/storage/eviction.go of the release named in docs/fidelity.md.
 * The steps of one call happen at one instant here, so none of them conflicts. */
#include "models/cluster/eviction.h"

#include <inttypes.h>
#include <string.h>

#include "models/api/planted.h"
#include "models/api/pod.h"
#include "models/cluster/client_private.h"
#include "sim/base/memory.h"

enum { MOST_DISRUPTED = 2000 };

static const char refused[] = "Cannot evict pod as it would violate the pod's disruption budget.";

enum { MOST_BUDGETS = 8 }; /* that are told of a pod with too many of them */

/* The budgets that select a pod. */
struct budgets {
    const struct pod *pod;
    const struct pod_disruption_budget *found[MOST_BUDGETS]; /* the first ones */
    int count;
};

static void count_budget(void *context, const struct object *object)
{
    struct budgets *budgets = context;
    const struct pod_disruption_budget *budget = (const struct pod_disruption_budget *)object;
    /* An empty selector matches every pod of the namespace, as policy/v1 says. */
    if (object->space != budgets->pod->meta.object.space || budget->selector == NULL ||
        !selector_matches(budget->selector, labels_lookup, budgets->pod->meta.labels))
        return;
    if (budgets->count < MOST_BUDGETS)
        budgets->found[budgets->count] = budget;
    budgets->count++;
}

/* Nobody loses anything: the pod does not run, or goes already. */
static bool needs_no_budget(const struct pod *pod)
{
    return pod_is_terminal(pod) || pod->phase == POD_PENDING || pod->meta.deleting;
}

/* A pod that is not ready costs nothing where the policy says so, or as long as enough others
 * are healthy. */
static bool costs_nothing(const struct pod *pod, const struct pod_disruption_budget *budget)
{
    if (pod_is_ready(pod))
        return false;
    return budget->always_allow_unhealthy ||
           (budget->current_healthy >= budget->desired_healthy && budget->desired_healthy > 0);
}

char *eviction_cause(const struct pod_disruption_budget *budget)
{
    const char *name = name_of(budget);
    const struct condition *allowed = conditions_find(budget->conditions, "DisruptionAllowed");
    if (budget->observed_generation < budget->meta.generation)
        return mem_format("The disruption budget %s is still being processed by the server.", name);
    if (budget->current_healthy <= budget->desired_healthy)
        return mem_format("The disruption budget %s needs %" PRId32 " healthy pods and has %" PRId32
                          " currently",
                          name, budget->desired_healthy, budget->current_healthy);
    if (allowed != NULL && strcmp(text_s(allowed->reason), "SyncFailed") == 0)
        return mem_format("The disruption budget %s does not allow evicting pods currently because "
                          "it failed sync: %s",
                          name, text_s(allowed->message));
    return mem_format("The disruption budget %s does not allow evicting pods currently", name);
}

static enum reply refuse_budget(struct error *error, const struct pod_disruption_budget *budget,
                                const char *why)
{
    return reply_refuse(error, REPLY_FORBIDDEN,
                        "poddisruptionbudgets.policy \"%s\" is forbidden: %s", name_of(budget),
                        why);
}

static enum reply check_budget(const struct pod_disruption_budget *budget, struct error *error)
{
    if (budget->observed_generation < budget->meta.generation)
        return reply_refuse(error, REPLY_TOO_MANY_REQUESTS, "%s", refused);
    if (budget->disruptions_allowed < 0)
        return refuse_budget(error, budget, "pdb disruptions allowed is negative");
    if (budget->disrupted != NULL && budget->disrupted->count > MOST_DISRUPTED)
        return refuse_budget(
            error, budget,
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    if (budget->disruptions_allowed == 0)
        return reply_refuse(error, REPLY_TOO_MANY_REQUESTS, "%s", refused);
    return REPLY_OK;
}

/* Take one disruption and remember the pod until the disruption controller sees it go. */
static void spend_budget(struct client *client, const struct pod_disruption_budget *before,
                         const struct text *pod)
{
    struct pod_disruption_budget *after =
        (struct pod_disruption_budget *)object_copy(&before->meta.object);
    after->disruptions_allowed--;
    if (after->disruptions_allowed == 0)
        pod_disruption_budget_set_allowed(after, client->cluster->run->texts, client->now);
    const struct disrupted_pods *more = disrupted_pods_with(after->disrupted, pod, client->now);
    disrupted_pods_drop(after->disrupted);
    after->disrupted = more;
    client_store(client, "update-status", &before->meta.object, &after->meta.object);
}

static void tell(const struct client *client, const struct pod *pod,
                 const struct pod_disruption_budget *budget, enum reply reply)
{
    const struct cluster *cluster = client->cluster;
    if (cluster->hear_eviction != NULL)
        cluster->hear_eviction(cluster->eviction_listener,
                               &(struct eviction_answer){ pod, budget, reply, client->now });
}

static enum reply ask_budgets(struct client *client, const struct pod *pod, struct error *error)
{
    struct budgets budgets = { .pod = pod };
    store_each(client->cluster->store, KIND_PODDISRUPTIONBUDGET, count_budget, &budgets);
    if (budgets.count == 0)
        return REPLY_OK;
    if (budgets.count > 1) {
        for (int i = 0; i < budgets.count && i < MOST_BUDGETS; i++)
            tell(client, pod, budgets.found[i], REPLY_INTERNAL_ERROR);
        return reply_refuse(error, REPLY_INTERNAL_ERROR,
                            "This pod has more than one PodDisruptionBudget, which the eviction "
                            "subresource does not support.");
    }
    const struct pod_disruption_budget *budget = budgets.found[0];
    if (PLANTED(PLANTED_STALE_BUDGET)) {
        const struct object *known =
            cache_get(client->cluster->cache, object_key(&budget->meta.object));
        budget = known != NULL ? (const struct pod_disruption_budget *)known : budget;
    }
    const bool is_free = costs_nothing(pod, budget);
    const enum reply reply = is_free ? REPLY_OK : check_budget(budget, error);
    tell(client, pod, budget, reply);
    if (reply == REPLY_OK && !is_free)
        spend_budget(client, budget, pod->meta.object.name);
    return reply;
}

static void mark_disrupted(struct client *client, const struct object *before)
{
    struct pod *after = (struct pod *)object_copy(before);
    pod_set_condition(after, client->cluster->run->texts, POD_DISRUPTION_TARGET, true,
                      "EvictionByEvictionAPI", "Eviction API: evicting", client->now);
    client_store(client, "evict", before, &after->meta.object);
}

enum reply client_evict(struct client *client, struct object_key key, int64_t grace_seconds,
                        struct error *error)
{
    struct store *store = client->cluster->store;
    enum reply reply = client_call(client, error);
    if (reply != REPLY_OK)
        return reply;
    const struct object *before = store_get(store, key);
    if (before == NULL)
        return reply_missing(error, key);
    if (!needs_no_budget(pod_of(before))) {
        reply = ask_budgets(client, pod_of(before), error);
        if (reply != REPLY_OK)
            return reply;
    }
    if (!meta_of(before)->deleting)
        mark_disrupted(client, before);
    struct delete_options options = delete_options_default();
    options.grace_seconds = grace_seconds;
    client_delete_object(client, store_get(store, key), options);
    return REPLY_CREATED;
}
