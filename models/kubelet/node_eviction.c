/* The eviction manager: one look at the node's memory.
 *
 * Follows eviction_manager.go and helpers.go in pkg/kubelet/eviction of the release named in
 * docs/fidelity.md, for the signal memory.available with its hard threshold. */
#include <stdlib.h>

#include "models/api/quantity.h"
#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

#define POLLS_EVERY SIM_SECOND        /* podCleanupPollFreq */
#define WAITS_FOR   (30 * SIM_SECOND) /* podCleanupTimeout */
#define GRACE       SIM_SECOND        /* immediateEvictionGracePeriodSeconds */

/* --- whom ------------------------------------------------------------------------------ */

static bool is_active(const struct pod_worker *worker)
{
    return worker->stage >= STAGE_VOLUMES && worker->stage <= STAGE_LIVE;
}

/* By how much a pod uses more than it asked for. */
static double excess(const struct pod_worker *worker, sim_time now)
{
    return memory_used_by(worker, now) - (double)worker->pod->spec->requests.memory_bytes;
}

/* Pods that use more than they asked for go first, of those the ones of lower priority, of those
 * the ones that use more above what they asked for. */
static bool goes_before(const struct pod_worker *a, const struct pod_worker *b, sim_time now)
{
    const double of_a = excess(a, now), of_b = excess(b, now);
    if ((of_a > 0) != (of_b > 0))
        return of_a > 0;
    if (a->pod->spec->priority != b->pod->spec->priority)
        return a->pod->spec->priority < b->pod->spec->priority;
    return of_a > of_b;
}

static struct pod_worker *choose_victim(const struct kubelet_node *node, sim_time now)
{
    struct pod_worker *chosen = NULL;
    for (struct pod_worker *worker = node->first; worker != NULL; worker = worker->next)
        if (is_active(worker) && worker->pod->spec->priority < CRITICAL_PRIORITY &&
            (chosen == NULL || goes_before(worker, chosen, now)))
            chosen = worker;
    return chosen;
}

/* --- why ------------------------------------------------------------------------------- */

static char *printed(double bytes, char text[QUANTITY_TEXT])
{
    return quantity_print(quantity_of_units((int64_t)bytes, QUANTITY_BINARY_SI), text);
}

static const struct text *explain(const struct pod_worker *worker, double available, sim_time now)
{
    const struct kubelet_node *node = worker->node;
    struct writer out = { 0 };
    char one[QUANTITY_TEXT], other[QUANTITY_TEXT];
    writer_format(&out,
                  "The node was low on resource: memory. Threshold quantity: %s, available: %s. ",
                  printed(memory_threshold(node), one), printed(available, other));
    for (size_t i = 0; i < node->memory.count; i++) {
        const struct memory_user *user = &node->memory.users[i];
        const struct container *container = worker_container(worker, user->container);
        const double asked = (double)container->requests.memory_bytes;
        const double used = user->worker == worker ? memory_user_bytes(user, now) : 0;
        if (used > asked)
            writer_format(&out,
                          "Container %s was using %s, request is %s, has larger consumption of "
                          "memory. ",
                          text_s(container->name), printed(used, one), printed(asked, other));
    }
    char *text = writer_take(&out);
    const struct text *message = text_intern(worker_run(worker)->texts, text);
    free(text);
    return message;
}

/* --- the look -------------------------------------------------------------------------- */

static void evict(struct pod_worker *worker, double available, sim_time now)
{
    struct node_memory *memory = &worker->node->memory;
    worker->cause =
        run_root(worker_run(worker), now, "memory-pressure", text_s(worker->node->name));
    text_assign(&worker->evicted, explain(worker, available, now));
    client_begin(&worker->node->client, worker->cause);
    WORKER_EVENT(worker, true, "Evicted", "%s", text_s(worker->evicted));
    termination_begin(worker, GRACE, now);
    pod_worker_wake(worker);
    memory->victim = worker->pod->meta.uid;
    memory->asks = now + POLLS_EVERY;
    memory->gives_up = now + WAITS_FOR;
}

/* Is the pod that was evicted last still there? Then the next look is put off. */
static bool waits_for_victim(struct kubelet_node *node, sim_time now)
{
    struct node_memory *memory = &node->memory;
    if (memory->gives_up == 0)
        return false;
    const struct pod_worker *victim = pod_worker_find(node->kubelet, memory->victim);
    if (victim != NULL && victim->node == node && victim->stage < STAGE_ENDED &&
        now < memory->gives_up) {
        memory->asks = now + POLLS_EVERY;
        return true;
    }
    memory->gives_up = 0;
    return false;
}

static void note_pressure(struct kubelet_node *node, bool low, sim_time now)
{
    struct node_memory *memory = &node->memory;
    const sim_time period = node->kubelet->cluster->settings.eviction_pressure_transition_period;
    if (low)
        memory->pressed = now;
    const bool pressure = low || (memory->pressure && now - memory->pressed < period);
    if (pressure == memory->pressure)
        return;
    memory->pressure = pressure;
    node_status_changed(node, now);
}

void eviction_look(struct kubelet_node *node, sim_time now)
{
    if (waits_for_victim(node, now))
        return;
    const double available = memory_room(node) - memory_used(node, now);
    const bool low = available < memory_threshold(node);
    node->memory.looked = now;
    note_pressure(node, low, now);
    if (!low)
        return;
    const struct object *object = client_get(&node->client, KIND_NODE, NULL, node->name);
    if (object != NULL && node->online)
        client_event(&node->client, object, true, "EvictionThresholdMet",
                     "Attempting to reclaim memory");
    struct pod_worker *victim = choose_victim(node, now);
    if (victim != NULL)
        evict(victim, available > 0 ? available : 0, now);
}
