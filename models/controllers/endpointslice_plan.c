/* Spread endpoints over slices of at most a hundred, moving as few as possible.
 *
 * Follows reconcileByPortMapping and finalize of staging/src/k8s.io/endpointslice/reconciler.go of
 * the release named in docs/fidelity.md. Where that walks a Go map, we go by creation. */
#include "models/controllers/endpointslice_private.h"

#include <stdlib.h>

#include "sim/base/memory.h"

void slice_plan_want(struct slice_plan *plan, struct endpoint endpoint, const struct value *ports)
{
    MEM_GROW(plan->wanted, plan->wanted_count, plan->wanted_capacity);
    plan->wanted[plan->wanted_count++] = (struct wanted_endpoint){ endpoint, ports, false };
}

static struct planned_slice *add_slice(struct slice_plan *plan, const struct endpoint_slice *old,
                                       const struct value *ports)
{
    MEM_GROW(plan->slices, plan->count, plan->capacity);
    plan->slices[plan->count] = (struct planned_slice){ .old = old, .ports = ports };
    return &plan->slices[plan->count++];
}

void slice_plan_take(struct slice_plan *plan, const struct endpoint_slice *old, bool owned)
{
    const struct value *ports = value_get(old->meta.document, "ports");
    struct planned_slice *slice = add_slice(plan, old, value_is_null(ports) ? NULL : ports);
    slice->uid = old->meta.uid.low;
    slice->owned = owned;
    slice->unwanted = !owned;
}

void slice_plan_close(struct slice_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        free(plan->slices[i].items);
    free(plan->slices);
    free(plan->wanted);
    *plan = (struct slice_plan){ 0 };
}

/* ---- endpoints that are in a slice already ---- */

static int by_uid(const void *a, const void *b)
{
    const uint64_t left = (*(struct wanted_endpoint *const *)a)->endpoint.uid.low;
    const uint64_t right = (*(struct wanted_endpoint *const *)b)->endpoint.uid.low;
    return (left > right) - (left < right);
}

static struct wanted_endpoint **index_by_uid(const struct slice_plan *plan)
{
    struct wanted_endpoint **index = mem_new((plan->wanted_count + 1) * sizeof(void *));
    for (size_t i = 0; i < plan->wanted_count; i++)
        index[i] = &plan->wanted[i];
    qsort(index, plan->wanted_count, sizeof *index, by_uid);
    return index;
}

static struct wanted_endpoint *find_wanted(struct wanted_endpoint **index, size_t count,
                                           const struct endpoint *endpoint)
{
    struct wanted_endpoint key = { .endpoint = *endpoint }, *at = &key;
    struct wanted_endpoint **found = bsearch(&at, index, count, sizeof *index, by_uid);
    return found != NULL ? *found : NULL;
}

static void append(struct planned_slice *slice, const struct endpoint *endpoint)
{
    MEM_GROW(slice->items, slice->count, slice->capacity);
    slice->items[slice->count++] = *endpoint;
}

static bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
    return a->pod == b->pod && a->node == b->node && a->zone == b->zone &&
           a->hostname == b->hostname && a->address == b->address && a->ready == b->ready &&
           a->serving == b->serving && a->terminating == b->terminating;
}

static bool has_changed(const struct slice_plan *plan, const struct endpoint *endpoint)
{
    return plan->has_changed == NULL || plan->has_changed(plan->context, endpoint->uid.low);
}

/* Endpoints that stay as they are need not be copied unless the slice changes otherwise. */
static void copy_old(struct planned_slice *slice)
{
    const struct endpoints *old = slice->old->endpoints;
    slice->same = false;
    slice->count = 0;
    for (size_t i = 0; old != NULL && i < old->count; i++)
        append(slice, &old->items[i]);
}

static void keep_endpoints(const struct slice_plan *plan, struct planned_slice *slice,
                           struct wanted_endpoint **index, size_t count)
{
    const struct endpoints *old = slice->old->endpoints;
    const size_t old_count = old ? old->count : 0;
    for (size_t i = 0; i < old_count; i++) {
        if (!has_changed(plan, &old->items[i])) {
            append(slice, &old->items[i]);
            continue;
        }
        struct wanted_endpoint *wanted = find_wanted(index, count, &old->items[i]);
        if (wanted == NULL || wanted->placed || !value_equal(wanted->ports, slice->ports))
            continue;
        wanted->placed = true;
        append(slice, &wanted->endpoint);
        slice->changed = slice->changed || !endpoint_equal(&wanted->endpoint, &old->items[i]);
    }
    slice->changed = slice->changed || slice->count != old_count;
    slice->unwanted = slice->count == 0;
}

/* ---- endpoints that are not ---- */

static size_t missing_of(const struct slice_plan *plan, const struct value *ports)
{
    size_t missing = 0;
    for (size_t i = 0; i < plan->wanted_count; i++)
        missing += !plan->wanted[i].placed && plan->wanted[i].ports == ports;
    return missing;
}

static void fill(struct slice_plan *plan, struct planned_slice *slice, const struct value *ports)
{
    if (slice->same)
        copy_old(slice);
    for (size_t i = 0; i < plan->wanted_count && slice->count < ENDPOINTS_PER_SLICE; i++) {
        struct wanted_endpoint *wanted = &plan->wanted[i];
        if (wanted->placed || wanted->ports != ports)
            continue;
        wanted->placed = true;
        append(slice, &wanted->endpoint);
        slice->changed = true;
    }
}

/* The fullest slice with room for some more endpoints of these ports. */
static struct planned_slice *find_room(const struct slice_plan *plan, const struct value *ports,
                                       bool changed, size_t room)
{
    struct planned_slice *best = NULL;
    for (size_t i = 0; i < plan->count; i++) {
        struct planned_slice *slice = &plan->slices[i];
        if (slice->unwanted || slice->changed != changed ||
            slice->count + room > ENDPOINTS_PER_SLICE || !value_equal(slice->ports, ports))
            continue;
        if (best == NULL || slice->count > best->count)
            best = slice;
    }
    return best;
}

static void place(struct slice_plan *plan, const struct value *ports)
{
    size_t missing = missing_of(plan, ports);
    struct planned_slice *slice;
    while (missing > 0 && (slice = find_room(plan, ports, true, 1)) != NULL) {
        fill(plan, slice, ports);
        missing = missing_of(plan, ports);
    }
    while (missing > 0) {
        slice = missing < ENDPOINTS_PER_SLICE ? find_room(plan, ports, false, missing) : NULL;
        fill(plan, slice != NULL ? slice : add_slice(plan, NULL, ports), ports);
        missing = missing_of(plan, ports);
    }
}

/* ---- the whole ---- */

static bool is_placeholder(const struct planned_slice *slice, const struct labels *labels)
{
    return slice->old != NULL && slice->ports == NULL && slice->old->endpoints == NULL &&
           labels_equal(slice->old->meta.labels, labels);
}

/* Kube-proxy must find at least one slice for each Service. */
static void keep_placeholder(struct slice_plan *plan, const struct labels *labels)
{
    for (size_t i = 0; i < plan->count; i++)
        if (!plan->slices[i].unwanted)
            return;
    if (plan->count == 1 && is_placeholder(&plan->slices[0], labels))
        plan->slices[0].unwanted = false;
    else
        add_slice(plan, NULL, NULL);
}

/* Rather change a slice that would be deleted than delete it and make another. */
static void reuse_unwanted(struct slice_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct planned_slice *unwanted = &plan->slices[i], *last = &plan->slices[plan->count - 1];
        if (last->old != NULL)
            return;
        if (!unwanted->unwanted || !unwanted->owned)
            continue;
        const struct endpoint_slice *old = unwanted->old;
        free(unwanted->items);
        *unwanted = *last;
        unwanted->old = old;
        unwanted->uid = old->meta.uid.low;
        unwanted->owned = unwanted->changed = true;
        plan->count--;
    }
}

void slice_plan_decide(struct slice_plan *plan, const struct labels *labels)
{
    struct wanted_endpoint **index = index_by_uid(plan);
    for (size_t i = 0; i < plan->count; i++) {
        struct planned_slice *slice = &plan->slices[i];
        if (slice->unwanted)
            continue;
        if (slice->same) {
            slice->count = slice->old->endpoints != NULL ? slice->old->endpoints->count : 0;
            slice->unwanted = slice->count == 0;
        } else {
            keep_endpoints(plan, slice, index, plan->wanted_count);
        }
        slice->changed = slice->changed || !labels_equal(slice->old->meta.labels, labels);
        if (slice->changed && slice->same)
            copy_old(slice);
    }
    free(index);
    for (size_t i = 0; i < plan->wanted_count; i++)
        if (!plan->wanted[i].placed)
            place(plan, plan->wanted[i].ports);
    keep_placeholder(plan, labels);
    reuse_unwanted(plan);
}
