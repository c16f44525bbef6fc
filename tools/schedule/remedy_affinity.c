/* PodTopologySpread and InterPodAffinity: how much looser a pod would have to be, or who repels it. */
#include <stdlib.h>
#include <string.h>

#include "tools/schedule/remedy_private.h"

/* --- topology spread --------------------------------------------------------------------------- */

enum { MOST_SKEW = 64, MOST_TRIES = 200 };

/* The member of a constraint of the pod as it would be. */
static void set_constraint(struct attempted *attempted, size_t index, const char *key,
                           struct value *value)
{
    struct value *spec = value_own(value_slot(value_own(&attempted->pod_document), "spec"));
    struct value *list = value_own(value_slot(spec, "topologySpreadConstraints"));
    value_put(&list->items[index], value, key, NULL);
}

static bool relax_one(struct attempted *attempted, size_t index)
{
    const struct spread_constraint *constraint = &attempted->pod->spec->spread[index];
    for (int skew = constraint->max_skew + 1; skew <= constraint->max_skew + MOST_SKEW; skew++) {
        set_constraint(attempted, index, "maxSkew", value_new_int(skew));
        if (!attempted_works(attempted, "PodTopologySpread"))
            continue;
        attempted_say(attempted, "maxSkew of its constraint on %s is at least %d (now %d)",
                      text_s(constraint->topology_key), skew, constraint->max_skew);
        return true;
    }
    set_constraint(attempted, index, "maxSkew", value_new_int(constraint->max_skew));
    return false;
}

bool remedy_relax_spread(struct attempted *attempted)
{
    const struct pod_spec *spec = attempted->pod->spec;
    for (size_t i = 0; i < spec->spread_count; i++)
        if (spec->spread[i].hard && relax_one(attempted, i))
            return true;
    for (size_t i = 0; i < spec->spread_count; i++)
        set_constraint(attempted, i, "whenUnsatisfiable", value_new_string("ScheduleAnyway"));
    if (spec->spread_count > 0)
        attempted_say(attempted, "its spread constraints are ScheduleAnyway");
    return spec->spread_count > 0;
}

/* --- affinity ------------------------------------------------------------------------------------ */

static bool drop_terms(struct attempted *attempted, const char *kind)
{
    if (value_path(attempted->pod_document, "spec", "affinity", kind, NULL) == NULL)
        return false;
    struct value *spec = value_own(value_slot(value_own(&attempted->pod_document), "spec"));
    struct value *affinity = value_own(value_slot(spec, "affinity"));
    value_remove(value_own(value_slot(affinity, kind)),
                 "requiredDuringSchedulingIgnoredDuringExecution");
    return true;
}

bool remedy_drop_affinity(struct attempted *attempted)
{
    static const struct {
        const char *kind, *text;
    } rows[] = { { "podAntiAffinity", "it has no required pod anti-affinity" },
                 { "podAffinity", "it has no required pod affinity" } };
    for (size_t i = 0; i < 2; i++) {
        struct value *before = value_hold(attempted->pod_document);
        const bool helps =
            drop_terms(attempted, rows[i].kind) && attempted_works(attempted, "InterPodAffinity");
        if (helps) {
            value_drop(before);
            attempted_say(attempted, "%s", rows[i].text);
            return true;
        }
        value_drop(attempted->pod_document);
        attempted->pod_document = before;
    }
    return false;
}

/* Pods on the node first, then everybody, one at a time. */
static bool try_without(struct attempted *attempted, const struct pod *pod)
{
    attempted_let_leave(attempted, pod);
    if (attempted_works(attempted, "InterPodAffinity")) {
        attempted_say(attempted, "%s/%s leaves %s", namespace_of(pod), name_of(pod),
                      text_s(pod->node_name));
        return true;
    }
    object_drop(attempted->leaving[--attempted->leaving_count]);
    return false;
}

bool remedy_remove_repelling(struct attempted *attempted)
{
    size_t tries = 0, count = 0;
    const size_t all = cache_count(attempted->trial->cluster->cache, KIND_POD);
    const struct pod **pods = mem_new((all + 1) * sizeof *pods);
    bool found = false;
    for (const struct placed_pod *placed = attempted->node->first; placed; placed = placed->next)
        pods[count++] = placed->pod;
    for (struct cache_cursor c = cache_list(attempted->trial->cluster->cache, KIND_POD);
         cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        if (pod->node_name != NULL && pod->node_name != attempted->node->name && count < all)
            pods[count++] = pod;
    }
    for (size_t i = 0; i < count; i++)
        object_hold(&pods[i]->meta.object); /* trying replaces versions */
    for (size_t i = 0; i < count && tries++ < MOST_TRIES && !found; i++)
        found = try_without(attempted, pods[i]);
    for (size_t i = 0; i < count; i++)
        object_drop(&pods[i]->meta.object);
    free(pods);
    return found;
}
