/* Rules about a whole cluster: see the header. */
#include "tests/support/soak_checks.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/json.h"
#include "models/api/node.h"
#include "models/api/workloads.h"
#include "tests/support/measured.h"

struct check {
    const struct cluster *cluster;
    struct writer *complaints;
};

/* ---- prints ---- */

static char *print_again(const struct cluster *cluster, const struct object *object,
                         const struct value *tree)
{
    const struct kind_info *info = &kind_infos[object->kind];
    struct object *again = info->load(&cluster->codec, tree);
    again->kind = object->kind;
    struct value *printed = cluster_print(cluster, again);
    char *text = json_text(printed, (struct json_style){ .indent = 0 });
    value_drop(printed);
    object_drop(again);
    return text;
}

static void check_print(void *context, const struct object *object)
{
    struct check *check = context;
    struct value *tree = cluster_print(check->cluster, object);
    char *once = json_text(tree, (struct json_style){ .indent = 0 });
    char *twice = print_again(check->cluster, object, tree);
    if (strcmp(once, twice) != 0)
        writer_format(check->complaints, "print: %s\n    %s\n    %s\n", name_of(object), once,
                      twice);
    free(once);
    free(twice);
    value_drop(tree);
}

void soak_check_prints(const struct cluster *cluster, struct writer *complaints)
{
    struct check check = { cluster, complaints };
    for (uint16_t kind = 0; kind < KIND_COUNT; kind++)
        if (kind != KIND_LEASE)
            store_each(cluster->store, kind, check_print, &check);
}

/* ---- the summary ---- */

static const struct meta *find_owner(const struct cache *cache, const struct meta *object,
                                     enum kind kind)
{
    const struct owner *controller = meta_controller(object);
    if (controller == NULL)
        return NULL;
    const struct object_key key = { kind, object->object.space, controller->name };
    const struct object *owner = cache_get(cache, key);
    return owner != NULL && uid_equal(meta_of(owner)->uid, controller->uid) ? meta_of(owner) : NULL;
}

static int count_ready(const struct cluster *cluster, const struct meta *deployment)
{
    int ready = 0;
    for (struct cache_cursor c = cache_list(cluster->cache, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        const struct meta *set = find_owner(cluster->cache, &pod->meta, KIND_REPLICASET);
        if (set != NULL && find_owner(cluster->cache, set, KIND_DEPLOYMENT) == deployment)
            ready += pod_is_ready(pod) && pod_is_active(pod);
    }
    return ready;
}

static void check_sums(const struct value *row, sim_time now, struct writer *complaints)
{
    const char *name = value_text(value_get(row, "name"), "?");
    const struct value *causes = value_get(row, "causes");
    sim_time down = 0, missing = 0;
    for (size_t i = 0; i < causes->count; i++) {
        down += measured_time(value_get(causes->items[i], "downtimeSeconds"));
        missing += measured_time(value_get(causes->items[i], "notReadyReplicaSeconds"));
    }
    if (down != measured_time(value_get(row, "downtimeSeconds")) ||
        missing != measured_time(value_get(row, "notReadyReplicaSeconds")))
        writer_format(complaints, "shares: those of %s do not add up\n", name);
    const struct value *began = value_get(row, "bringUpSeconds");
    const sim_time observed = measured_time(value_get(row, "observedSeconds"));
    const sim_time want = value_is_null(began) ? 0 : now - measured_time(began);
    if (observed != want)
        writer_format(complaints, "observed: %s for %lld of %lld ns\n", name, (long long)observed,
                      (long long)want);
    if (down > observed)
        writer_format(complaints, "observed: %s is down for longer\n", name);
}

static void check_curve(const struct cluster *cluster, const struct value *row,
                        struct writer *complaints)
{
    const char *name = value_text(value_get(row, "name"), "?");
    const struct object_key key = { KIND_DEPLOYMENT, text_find(cluster->run->texts, "default"),
                                    text_find(cluster->run->texts, name) };
    const struct object *object = cache_get(cluster->cache, key);
    const int64_t wanted = value_int(value_get(row, "wanted"), -1);
    const int64_t ready = value_int(value_get(row, "ready"), -1);
    if (object == NULL || meta_of(object)->deleting)
        return;
    const int replicas = ((const struct deployment *)object)->replicas;
    const int counted = count_ready(cluster, meta_of(object));
    if (wanted != replicas || ready != counted)
        writer_format(complaints, "curve: %s has %d of %d ready, measured are %lld of %lld\n", name,
                      counted, replicas, (long long)ready, (long long)wanted);
}

/* Measured is what has come to be; a cache that lags shows what was, and cannot be compared. */
static bool can_recount(const struct cluster *cluster, const struct value *row)
{
    return cluster->settings.cache_lag == NULL && !value_truth(value_get(row, "deleted"), false) &&
           strcmp(value_text(value_get(row, "kind"), ""), "Deployment") == 0;
}

void soak_check_summary(struct simulation *simulation, struct writer *complaints)
{
    static const char *const lists[] = { "workloads", "services" };
    const struct cluster *cluster = simulation_cluster(simulation);
    struct value *summary = simulation_summary(simulation);
    for (size_t i = 0; i < 2; i++) {
        const struct value *list = value_get(summary, lists[i]);
        for (size_t j = 0; j < list->count; j++) {
            const struct value *row = list->items[j];
            check_sums(row, run_now(cluster->run), complaints);
            if (can_recount(cluster, row))
                check_curve(cluster, row, complaints);
        }
    }
    value_drop(summary);
}

/* ---- invariants ---- */

void soak_complain(const struct invariants_run *watch, struct writer *complaints)
{
    size_t count;
    const struct violation *found = invariants_found(watch, &count);
    char time[SIM_TIME_TEXT];
    for (size_t i = 0; i < count; i++)
        writer_format(complaints, "%s: at %s %s\n", found[i].invariant->name,
                      sim_time_print(found[i].at, time), found[i].text);
}

void soak_check_rest(struct cluster *cluster, struct writer *complaints)
{
    struct invariants_run *watch = invariants_start(cluster, false);
    invariants_rest(watch);
    soak_complain(watch, complaints);
    invariants_stop(watch);
}
