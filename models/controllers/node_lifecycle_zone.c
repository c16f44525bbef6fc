/* Zones: how many of their nodes are unhealthy, and how fast they may be emptied.
 *
 * When a zone fails as a whole the network is the likelier culprit, so evictions slow down or stop.
 * Follows ComputeZoneState, handleDisruption and scheduler/rate_limited_queue.go of
 * pkg/controller/nodelifecycle of the release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/controllers/node_lifecycle_private.h"
#include "sim/base/memory.h"

/* How often the queues are looked at. */
static const sim_time tainting_period = 100 * SIM_MILLISECOND;

/* ---- zones ---- */

static const struct text *zone_name(struct node_lifecycle *state, const struct node *node)
{
    const char *region = labels_get(node->meta.labels, "topology.kubernetes.io/region");
    if (region == NULL || *region == '\0')
        return text_hold(node->zone);
    return text_format(state->cluster->run->texts, "%s:%s", region, text_s(node->zone));
}

static struct zone *zone_new(struct node_lifecycle *state, const struct text *name)
{
    struct zone *zone = mem_new(sizeof *zone);
    zone->name = text_hold(name);
    zone->qps = state->cluster->settings.node_eviction_rate;
    MEM_GROW(state->zones, state->zone_count, state->zone_capacity);
    return state->zones[state->zone_count++] = zone;
}

struct zone *zone_of(struct node_lifecycle *state, const struct node *node)
{
    const struct text *name = zone_name(state, node);
    size_t i = 0;
    while (i < state->zone_count && state->zones[i]->name != name)
        i++;
    struct zone *zone = i < state->zone_count ? state->zones[i] : zone_new(state, name);
    text_drop(name);
    return zone;
}

void zones_close(struct node_lifecycle *state)
{
    for (size_t i = 0; i < state->zone_count; i++) {
        struct zone *zone = state->zones[i];
        for (size_t k = 0; k < zone->count; k++)
            text_drop(zone->waiting[k]);
        free(zone->waiting);
        text_drop(zone->name);
        free(zone);
    }
    free(state->zones);
}

/* ---- the queue of a zone ---- */

void zone_withdraw(struct zone *zone, const struct text *node)
{
    for (size_t i = 0; i < zone->count; i++) {
        if (zone->waiting[i] != node)
            continue;
        zone->count--;
        memmove(&zone->waiting[i], &zone->waiting[i + 1],
                (zone->count - i) * sizeof *zone->waiting);
        text_drop(node);
        return;
    }
}

void zone_enqueue(struct zone *zone, const struct text *node)
{
    for (size_t i = 0; i < zone->count; i++)
        if (zone->waiting[i] == node)
            return;
    MEM_GROW(zone->waiting, zone->count, zone->capacity);
    zone->waiting[zone->count++] = text_hold(node);
}

/* Take the token, if it is there. */
static bool zone_accepts(struct zone *zone, sim_time now)
{
    if (zone->qps <= 0 || now < zone->refilled)
        return false;
    zone->refilled = sim_time_after(now, sim_time_from_seconds(1 / zone->qps));
    return true;
}

/* A new rate begins with a full bucket, unless somebody would have had to wait at the old one. */
static void zone_set_rate(struct zone *zone, double qps, sim_time now)
{
    if (zone->qps == qps)
        return;
    const bool free = zone_accepts(zone, now);
    zone->qps = qps;
    zone->refilled = now;
    if (!free)
        zone_accepts(zone, now);
}

static void taint_head(struct client *client, struct node_lifecycle *state, struct zone *zone)
{
    const struct text *name = text_hold(zone->waiting[0]);
    zone_withdraw(zone, name);
    const struct object *object = client_get(client, KIND_NODE, NULL, name);
    const struct node_health *health = node_health_find(state, name);
    const struct condition *ready =
        object != NULL ? conditions_find(node_of(object)->conditions, "Ready") : NULL;
    if (health != NULL)
        client->cause = health->cause;
    if (ready != NULL && ready->status != CONDITION_TRUE) {
        const bool silent = ready->status == CONDITION_UNKNOWN;
        node_add_taint(client, name, silent ? taint_unreachable : taint_not_ready, NO_EXECUTE);
        node_remove_taint(client, name, silent ? taint_not_ready : taint_unreachable, NO_EXECUTE);
    }
    text_drop(name);
}

void zones_taint(struct client *client, struct node_lifecycle *state)
{
    const sim_time now = run_now(client->cluster->run);
    for (size_t i = 0; i < state->zone_count; i++) {
        struct zone *zone = state->zones[i];
        while (zone->count > 0 && zone_accepts(zone, now))
            taint_head(client, state, zone);
    }
}

sim_time zones_next_turn(const struct node_lifecycle *state, sim_time now)
{
    sim_time next = SIM_FOREVER;
    for (size_t i = 0; i < state->zone_count; i++) {
        const struct zone *zone = state->zones[i];
        if (zone->count > 0 && zone->qps > 0 && zone->refilled < next)
            next = zone->refilled > now ? zone->refilled : now;
    }
    if (next == SIM_FOREVER)
        return SIM_FOREVER;
    return (next + tainting_period - 1) / tainting_period * tainting_period;
}

/* ---- disruption ---- */

static enum zone_state judge(const struct zone *zone, double threshold)
{
    const int total = zone->ready + zone->not_ready;
    if (zone->ready == 0 && zone->not_ready > 0)
        return ZONE_FULL_DISRUPTION;
    /* In single precision, as the flag is. */
    if (zone->not_ready > 2 && (float)zone->not_ready / (float)total >= (float)threshold)
        return ZONE_PARTIAL_DISRUPTION;
    return ZONE_NORMAL;
}

static void count_nodes(struct node_lifecycle *state)
{
    for (size_t i = 0; i < state->zone_count; i++)
        state->zones[i]->ready = state->zones[i]->not_ready = 0;
    for (size_t i = 0; i < state->count; i++) {
        const struct node_health *health = state->nodes[i];
        if (!health->known || !health->counts)
            continue;
        if (health->has_ready && health->ready == CONDITION_TRUE)
            health->zone->ready++;
        else
            health->zone->not_ready++;
    }
}

static double rate_of(const struct settings *settings, const struct zone *zone)
{
    if (zone->next != ZONE_PARTIAL_DISRUPTION)
        return settings->node_eviction_rate;
    const bool large = zone->ready + zone->not_ready > settings->large_cluster_size_threshold;
    return large ? settings->secondary_node_eviction_rate : 0;
}

static void enter_master_disruption(struct client *client, struct node_lifecycle *state,
                                    sim_time pass)
{
    struct cache_cursor cursor = client_list(client, KIND_NODE);
    while (cache_next(&cursor))
        node_mark_reachable(client, state, node_of(cursor.object));
    for (size_t i = 0; i < state->zone_count; i++) {
        if (!state->zones[i]->present)
            continue;
        zone_set_rate(state->zones[i], 0, pass);
        state->zones[i]->state = ZONE_FULL_DISRUPTION;
    }
    for (size_t i = 0; i < state->count; i++)
        node_health_look_again(state, state->nodes[i], pass);
}

/* Everybody gets the whole grace period from this pass on. */
static void leave_master_disruption(struct node_lifecycle *state, sim_time pass)
{
    for (size_t i = 0; i < state->count; i++) {
        state->nodes[i]->probe = pass;
        node_health_look_again(state, state->nodes[i], pass);
    }
}

void zones_judge(struct client *client, struct node_lifecycle *state, sim_time pass)
{
    const struct settings *settings = &client->cluster->settings;
    bool all_are_full = true, all_were_full = true, any = false;
    count_nodes(state);
    for (size_t i = 0; i < state->zone_count; i++) {
        struct zone *zone = state->zones[i];
        const bool was_present = zone->present;
        zone->present = zone->ready + zone->not_ready > 0;
        if (!zone->present || !was_present)
            zone->state = ZONE_INITIAL;
        if (!zone->present)
            continue;
        any = true;
        zone->next = judge(zone, settings->unhealthy_zone_threshold);
        all_are_full = all_are_full && zone->next == ZONE_FULL_DISRUPTION;
        all_were_full = all_were_full && zone->state == ZONE_FULL_DISRUPTION;
    }
    if (!any || (all_are_full && all_were_full))
        return;
    if (all_are_full) {
        enter_master_disruption(client, state, pass);
        return;
    }
    if (all_were_full)
        leave_master_disruption(state, pass);
    for (size_t i = 0; i < state->zone_count; i++) {
        struct zone *zone = state->zones[i];
        if (!zone->present || (zone->state == zone->next && !all_were_full))
            continue;
        zone_set_rate(zone, rate_of(settings, zone), pass);
        zone->state = zone->next;
    }
}
