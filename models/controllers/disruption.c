/* Keep the status of PodDisruptionBudgets: how many pods may be disrupted now.
 *
 * The eviction of a pod spends from the status at once; this controller counts again whenever a
 * pod changes. A pod that several budgets select is counted by one of them, whichever: the
 * eviction of such a pod is refused anyway. Follows pkg/controller/disruption/disruption.go of
 * kube-controller-manager, in the release named in docs/fidelity.md. Of a pod that several
 * budgets select and that is gone, nobody is told which was chosen. */
#include <stdlib.h>
#include <string.h>

#include "models/api/policy.h"
#include "models/controllers/controller.h"
#include "models/controllers/disruption_private.h"
#include "models/controllers/pod_control.h"
#include "sim/base/memory.h"

/* An eviction that was granted is expected to be seen for so long, and a pod that was to be
 * disrupted is believed to be for so long. */
static const sim_time deletion_timeout = 2 * SIM_MINUTE, stale_after = 2 * SIM_MINUTE;
/* A recheck passes through the back-off of the work queue. */
static const sim_time recheck_backoff = 5 * SIM_MILLISECOND;

static const struct pod_disruption_budget *budget_of(const struct object *object)
{
    return (const struct pod_disruption_budget *)object;
}

static sim_time whole_seconds(sim_time time)
{
    return time - time % SIM_SECOND;
}

/* ---- pods ---- */

static bool selects(const struct pod_disruption_budget *budget, const struct pod *pod)
{
    return budget->selector != NULL &&
           selector_matches(budget->selector, labels_lookup, pod->meta.labels);
}

static struct pod_list pods_of(const struct client *client,
                               const struct pod_disruption_budget *budget)
{
    struct pod_list pods = { 0 };
    struct cache_cursor all = client_list_namespace(client, KIND_POD, budget->meta.object.space);
    while (cache_next(&all))
        if (selects(budget, pod_of(all.object)))
            pod_list_add(&pods, pod_of(all.object));
    return pods;
}

static const struct disrupted_pod *find_disrupted(const struct disrupted_pods *disrupted,
                                                  const struct text *name)
{
    for (size_t i = 0; disrupted != NULL && i < disrupted->count; i++)
        if (disrupted->items[i].pod == name)
            return &disrupted->items[i];
    return NULL;
}

/* Ready, not on its way out, and not promised to an eviction. */
static int32_t count_healthy(const struct pod_list *pods, const struct disrupted_pods *disrupted)
{
    int32_t healthy = 0;
    for (size_t i = 0; i < pods->count; i++) {
        const struct pod *pod = pods->items[i];
        healthy += pod_is_ready(pod) && !pod->meta.deleting &&
                   find_disrupted(disrupted, pod->meta.object.name) == NULL;
    }
    return healthy;
}

/* The evictions that are still to be seen, one new reference; *recheck is when the first of them
 * is given up, SIM_FOREVER for none. */
static const struct disrupted_pods *still_disrupted(struct client *client,
                                                    const struct pod_disruption_budget *budget,
                                                    const struct pod_list *pods, sim_time *recheck)
{
    const struct disrupted_pods *left = NULL;
    *recheck = SIM_FOREVER;
    for (size_t i = 0; budget->disrupted != NULL && i < pods->count; i++) {
        const struct pod *pod = pods->items[i];
        const struct disrupted_pod *found =
            find_disrupted(budget->disrupted, pod->meta.object.name);
        if (found == NULL || pod->meta.deleting)
            continue;
        const sim_time until = whole_seconds(found->at) + deletion_timeout;
        if (until < client->now) {
            /* The namespace stands where the budget's name is meant, in Kubernetes, too. */
            client_event(client, &pod->meta.object, true, "NotDeleted",
                         "Pod was expected by PDB %s/%s to be deleted but it wasn't",
                         namespace_of(budget), namespace_of(budget));
            continue;
        }
        const struct disrupted_pods *more = disrupted_pods_with(left, found->pod, found->at);
        disrupted_pods_drop(left);
        left = more;
        *recheck = until < *recheck ? until : *recheck;
    }
    return left;
}

/* ---- status ---- */

static bool condition_is_right(const struct pod_disruption_budget *budget)
{
    const struct condition *present = conditions_find(budget->conditions, "DisruptionAllowed");
    const bool allowed = budget->disruptions_allowed > 0;
    return present != NULL && present->observed_generation == budget->observed_generation &&
           present->status == (allowed ? CONDITION_TRUE : CONDITION_FALSE) &&
           strcmp(text_s(present->reason), allowed ? "SufficientPods" : "InsufficientPods") == 0;
}

static bool status_is_same(const struct pod_disruption_budget *a,
                           const struct pod_disruption_budget *b)
{
    const size_t disrupted_a = a->disrupted ? a->disrupted->count : 0;
    const size_t disrupted_b = b->disrupted ? b->disrupted->count : 0; /* a subset of a's */
    return a->current_healthy == b->current_healthy && a->desired_healthy == b->desired_healthy &&
           a->expected_pods == b->expected_pods &&
           a->disruptions_allowed == b->disruptions_allowed && disrupted_a == disrupted_b &&
           a->observed_generation == b->observed_generation;
}

static enum reply write_status(struct client *client, struct pod_disruption_budget *next,
                               struct error *error)
{
    return client_update_status(client, &next->meta.object, error);
}

/* Count what the pods are now. A budget that expects no pods allows nothing: its first ones may
 * be on their way. */
static struct pod_disruption_budget *recount(struct client *client,
                                             const struct pod_disruption_budget *budget,
                                             const struct pod_list *pods,
                                             struct expected_pods expected, sim_time *recheck)
{
    struct pod_disruption_budget *next =
        (struct pod_disruption_budget *)client_edit(&budget->meta.object);
    disrupted_pods_drop(next->disrupted);
    next->disrupted = still_disrupted(client, budget, pods, recheck);
    next->current_healthy = count_healthy(pods, next->disrupted);
    next->desired_healthy = expected.desired_healthy;
    next->expected_pods = expected.count;
    const int32_t spare = next->current_healthy - next->desired_healthy;
    next->disruptions_allowed = expected.count > 0 && spare > 0 ? spare : 0;
    next->observed_generation = budget->meta.generation;
    return next;
}

static enum reply write_count(struct client *client, const struct pod_disruption_budget *budget,
                              struct pod_disruption_budget *next, struct error *error)
{
    if (status_is_same(budget, next) && condition_is_right(budget)) {
        object_drop(&next->meta.object);
        return REPLY_OK;
    }
    pod_disruption_budget_set_allowed(next, client->cluster->codec.texts, client->now);
    return write_status(client, next, error);
}

static void warn_of_unmanaged(struct client *client, const struct pod_disruption_budget *budget)
{
    char *selector =
        label_selector_print(value_path(budget->meta.document, "spec", "selector", NULL));
    client_event(client, &budget->meta.object, true, "UnmanagedPods",
                 "Pods selected by this PodDisruptionBudget (selector: %s) were found to be "
                 "unmanaged. As a result, the status of the PDB cannot be calculated correctly, "
                 "which may result in undefined behavior. To account for these pods please set "
                 "\".spec.minAvailable\" field of the PDB to an integer value.",
                 selector);
    free(selector);
}

/* False with the error when the pods expected cannot be known. */
static bool sync_budget(struct client *client, const struct pod_disruption_budget *budget,
                        enum reply *reply, struct error *error)
{
    struct pod_list pods = pods_of(client, budget);
    struct expected_pods expected = { 0 };
    sim_time recheck = SIM_FOREVER;
    if (pods.count == 0)
        client_event(client, &budget->meta.object, false, "NoPods", "No matching pods found");
    const bool known = expected_pods_of(client, budget, &pods, &expected, error);
    if (known && expected.unmanaged)
        warn_of_unmanaged(client, budget);
    if (known)
        *reply =
            write_count(client, budget, recount(client, budget, &pods, expected, &recheck), error);
    else
        client_event(client, &budget->meta.object, true, "CalculateExpectedPodCountFailed",
                     "Failed to calculate the number of expected pods: %s", error->text);
    if (known && *reply == REPLY_OK && recheck != SIM_FOREVER)
        controller_requeue_after(client, object_key(&budget->meta.object),
                                 recheck - client->now + recheck_backoff);
    pod_list_close(&pods);
    return known;
}

/* When nothing else can be said, at least nothing may be disrupted. */
static enum reply fail_safe(struct client *client, const struct pod_disruption_budget *budget,
                            const struct error *why)
{
    struct texts *texts = client->cluster->codec.texts;
    struct pod_disruption_budget *next =
        (struct pod_disruption_budget *)client_edit(&budget->meta.object);
    const struct condition *present = conditions_find(next->conditions, "DisruptionAllowed");
    next->disruptions_allowed = 0;
    const bool was_false = present != NULL && present->status == CONDITION_FALSE;
    const struct conditions *before = next->conditions;
    next->conditions = conditions_with(
        before, (struct condition){ .type = text_intern(texts, "DisruptionAllowed"),
                                    .reason = text_intern(texts, "SyncFailed"),
                                    .message = text_intern(texts, why->text),
                                    .status = CONDITION_FALSE,
                                    .transition = was_false ? present->transition
                                                            : whole_seconds(client->now),
                                    .observed_generation = next->observed_generation });
    conditions_drop(before);
    struct error error = { 0 };
    const enum reply reply = write_status(client, next, &error);
    error_close(&error);
    return reply;
}

static enum outcome reconcile_budget(struct client *client, struct object_key key)
{
    const struct object *object = client_get(client, KIND_PODDISRUPTIONBUDGET, key.space, key.name);
    if (object == NULL)
        return RECONCILED;
    const struct pod_disruption_budget *budget = budget_of(object);
    struct error error = { 0 };
    enum reply reply = REPLY_OK;
    const bool known = sync_budget(client, budget, &reply, &error);
    if (!known || (reply != REPLY_OK && reply != REPLY_CONFLICT))
        reply = fail_safe(client, budget, &error);
    error_close(&error);
    return reply == REPLY_OK ? RECONCILED : RETRY;
}

/* ---- single pods ---- */

/* A live pod that somebody has marked as about to be disrupted. */
static bool awaits_disruption(const struct pod *pod)
{
    return pod_condition_is_true(pod, POD_DISRUPTION_TARGET) && !pod->meta.deleting &&
           !pod_is_terminal(pod) &&
           strcmp(pod_condition_reason(pod, POD_DISRUPTION_TARGET), "TerminationByKubelet") != 0;
}

static sim_time stale_at(const struct pod *pod)
{
    return whole_seconds(pod->transitions[POD_DISRUPTION_TARGET]) + stale_after;
}

/* The disruption did not come: take the mark away. */
static enum outcome unmark(struct client *client, const struct pod *pod)
{
    struct pod *next = (struct pod *)client_edit(&pod->meta.object);
    pod_set_condition(next, client->cluster->codec.texts, POD_DISRUPTION_TARGET, false, NULL, NULL,
                      client->now);
    struct error error = { 0 };
    const enum reply reply = client_update_status(client, &next->meta.object, &error);
    error_close(&error);
    return reply == REPLY_OK ? RECONCILED : RETRY;
}

static size_t count_budgets(const struct client *client, const struct pod *pod)
{
    size_t count = 0;
    struct cache_cursor all =
        client_list_namespace(client, KIND_PODDISRUPTIONBUDGET, pod->meta.object.space);
    while (cache_next(&all))
        count += selects(budget_of(all.object), pod);
    return count;
}

/* The budgets that select a pod, in order of creation. */
struct choice_of_budget {
    const struct client *client;
    const struct pod *pod;
};

static const struct object *budget_at(const struct choice_of_budget *choice, uint32_t place)
{
    struct cache_cursor all = client_list_namespace(choice->client, KIND_PODDISRUPTIONBUDGET,
                                                    choice->pod->meta.object.space);
    while (cache_next(&all))
        if (selects(budget_of(all.object), choice->pod) && place-- == 0)
            return all.object;
    return NULL;
}

static const char *budget_name(const void *choice, uint32_t place)
{
    return name_of(budget_at(choice, place));
}

/* One of the budgets that select a pod, NULL for none. Which, Kubernetes leaves to the order of a
 * map. */
static const struct object *choose_budget(const struct client *client, const struct pod *pod)
{
    const struct choice_of_budget choice = { client, pod };
    const uint32_t count = (uint32_t)count_budgets(client, pod);
    uint32_t place = 0;
    if (count > 1)
        place = run_choose_named(client->cluster->run,
                                 (struct question){ .purpose = "budget-of-pod",
                                                    .entity = name_of(pod),
                                                    .options = count,
                                                    .name = budget_name,
                                                    .context = &choice },
                                 pod->meta.object.version);
    return budget_at(&choice, place);
}

static enum outcome reconcile_pod(struct client *client, struct object_key key)
{
    const struct object *object = client_get(client, KIND_POD, key.space, key.name);
    if (object == NULL)
        return RECONCILED;
    const struct pod *pod = pod_of(object);
    if (count_budgets(client, pod) > 1) {
        const struct object *chosen = choose_budget(client, pod);
        client_event(client, object, true, "MultiplePodDisruptionBudgets",
                     "Pod \"%s\"/\"%s\" matches multiple PodDisruptionBudgets.  Chose \"%s\" "
                     "arbitrarily.",
                     namespace_of(pod), name_of(pod), name_of(chosen));
        controller_requeue_after(client, object_key(chosen), 0);
    }
    if (awaits_disruption(pod) && stale_at(pod) <= client->now)
        return unmark(client, pod);
    return RECONCILED;
}

static enum outcome disruption_reconcile(struct client *client, struct object_key key)
{
    return key.kind == KIND_POD ? reconcile_pod(client, key) : reconcile_budget(client, key);
}

/* ---- what wakes it ---- */

static void wake_for_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct client *client = controller_client(controller);
    const struct pod *pod = pod_of(event->object);
    const bool gone = event->type == WATCH_DELETED;
    const size_t budgets = count_budgets(client, pod);
    if (budgets == 1 || (budgets > 1 && gone))
        controller_wake(controller, object_key(choose_budget(client, pod)), event->cause);
    else if (budgets > 1)
        controller_wake(controller, object_key(event->object), event->cause);
    if (!gone && awaits_disruption(pod)) {
        const sim_time left = stale_at(pod) - run_now(client->cluster->run);
        controller_wake_after(controller, object_key(event->object), left > 0 ? left : 0,
                              event->cause);
    }
}

const struct controller disruption_controller = {
    .name = "disruption-controller",
    .source = "controllermanager",
    .reconciles = KIND_PODDISRUPTIONBUDGET,
    .wakes_on = { { KIND_POD, wake_for_pod }, { KIND_PODDISRUPTIONBUDGET, wake_self } },
    .reconcile = disruption_reconcile,
};
