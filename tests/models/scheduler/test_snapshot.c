/* What the snapshot keeps by single changes against a recount: populations, topologies and the ring
 * of changes, while nodes and pods come, change and go. */
#include "models/scheduler/snapshot/snapshot.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

enum { NODES = 40, PODS = 200, STEPS = 3000 };

struct walk {
    struct run *run;
    struct codec codec;
    struct snapshot *snapshot;
    struct stream stream;
    const struct text *zone, *rack;
    const struct object *pods[PODS]; /* held; NULL: not there */
    uint64_t seen;                   /* changes read so far */
};

static size_t below(struct walk *walk, size_t limit)
{
    return stream_below(&walk->stream, limit);
}

static struct object *load(struct walk *walk, enum kind kind, char *text)
{
    struct value *document = rows_parse(text);
    struct object *object = kind_infos[kind].load(&walk->codec, document);
    value_drop(document);
    free(text);
    return object;
}

static const struct text *node_name(struct walk *walk, size_t number)
{
    return text_format(walk->run->texts, "n%zu", number);
}

/* One of three zones or none, one of ten racks of which one has an empty name. */
static void change_node(struct walk *walk)
{
    const size_t number = below(walk, NODES), zone = below(walk, 4), rack = below(walk, 10);
    const struct text *name = node_name(walk, number);
    if (below(walk, 3) == 0) {
        snapshot_remove_node(walk->snapshot, name);
    } else {
        char *zone_label = zone == 3 ? mem_text("", 0) : mem_format("\"zone\":\"z%zu\",", zone);
        char *rack_name = rack == 0 ? mem_text("", 0) : mem_format("r%zu", rack);
        struct object *node = load(
            walk, KIND_NODE,
            mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\","
                       "\"labels\":{%s\"rack\":\"%s\"}},\"spec\":{},\"status\":{}}",
                       name->s, zone_label, rack_name));
        snapshot_set_node(walk->snapshot, node_of(node));
        object_drop(node);
        free(zone_label);
        free(rack_name);
    }
    text_drop(name);
}

#define TERMS                                                                                      \
    ",\"affinity\":{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":"      \
    "[{\"topologyKey\":\"rack\",\"labelSelector\":{}}]}}"

/* Two that are the same, one that is two whole ones, and none. */
static const char *const gpu_indexes[] = { "1", "1", "0-2", "" };

static void change_pod(struct walk *walk)
{
    const size_t number = below(walk, PODS);
    if (walk->pods[number] != NULL && below(walk, 2) == 0) {
        const struct object *pod = walk->pods[number];
        cr_assert(snapshot_remove_pod(walk->snapshot, pod->space, pod->name));
        object_drop(pod);
        walk->pods[number] = NULL;
        return;
    }
    struct object *pod =
        load(walk, KIND_POD,
             mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p%zu\","
                        "\"namespace\":\"s%zu\",\"labels\":{\"app\":\"a%zu\"},\"annotations\":{"
                        "\"alibabacloud.com/gpu-index\":\"%s\"}%s},\"spec\":{"
                        "\"containers\":[{\"name\":\"c\",\"image\":\"i%zu\"}]%s}}",
                        number, number % 2, below(walk, 3), gpu_indexes[below(walk, 4)],
                        below(walk, 4) ? "" : ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"",
                        below(walk, 2), below(walk, 3) ? "" : TERMS));
    const struct text *node = node_name(walk, below(walk, NODES));
    snapshot_place(walk->snapshot, pod_of(pod), node, below(walk, 2));
    text_drop(node);
    if (walk->pods[number] != NULL)
        object_drop(walk->pods[number]);
    walk->pods[number] = pod;
}

/* --- recounts ------------------------------------------------------------------------------- */

static void recount_populations(const struct walk *walk, const struct node_info *info)
{
    size_t pods = 0;
    for (const struct placed_pod *placed = info->first; placed != NULL; placed = placed->next) {
        const struct population *population = placed->population;
        cr_assert_eq(walk->snapshot->populations[population->number], population);
        cr_assert_eq(population->spec, placed->pod->spec);
        cr_assert_eq(population->space, placed->pod->meta.object.space);
        cr_assert_eq(population->deleting, placed->pod->meta.deleting);
        cr_assert(labels_equal(population->labels, placed->pod->meta.labels));
    }
    for (size_t i = 0; i < info->population_count; i++) {
        size_t found = 0;
        for (const struct placed_pod *placed = info->first; placed != NULL; placed = placed->next)
            found += placed->population == info->populations[i].population;
        cr_assert_eq(found, info->populations[i].pods);
        pods += found;
    }
    cr_assert_eq(pods, info->pod_count);
}

static void recount_gpus(const struct node_info *info)
{
    int used[3] = { 0 };
    uint32_t one = 0, two = 0;
    for (const struct placed_pod *placed = info->first; placed != NULL; placed = placed->next) {
        const char *index = labels_get(placed->pod->meta.annotations, GPU_INDEX_ANNOTATION);
        const bool is_one = strcmp(index, "1") == 0, is_two = strcmp(index, "0-2") == 0;
        one += is_one;
        two += is_two;
        used[1] += is_one ? GPU_MILLI : 0;
        used[0] += is_two ? GPU_MILLI : 0;
        used[2] += is_two ? GPU_MILLI : 0;
    }
    cr_assert(info->gpus != NULL || one + two == 0);
    for (int i = 0; info->gpus != NULL && i < 3; i++)
        cr_assert_eq(info->gpus->used[i], used[i]);
    cr_assert(info->gpus == NULL || (info->gpus->pods[1] == one && info->gpus->pods[2] == two));
}

static void recount_cluster(const struct walk *walk)
{
    const struct snapshot *snapshot = walk->snapshot;
    size_t pods = 0, live = 0, with_terms = 0;
    for (size_t i = 0; i < snapshot->population_limit; i++) {
        const struct population *population = snapshot->populations[i];
        if (population == NULL)
            continue;
        pods += population->pods;
        with_terms += population->spec->pod_affinity != NULL;
    }
    for (size_t i = 0; i < snapshot->with_terms_count; i++) {
        const struct term_owner *owner = snapshot->with_terms[i];
        size_t populations = 0;
        for (size_t k = 0; k < snapshot->population_limit; k++)
            populations += snapshot->populations[k] != NULL &&
                           snapshot->populations[k]->owner == owner &&
                           snapshot->populations[k]->spec->pod_affinity == owner->terms &&
                           snapshot->populations[k]->space == owner->space;
        cr_assert_eq(populations, owner->populations);
        with_terms -= populations;
    }
    cr_assert_eq(with_terms, 0);
    cr_assert_leq(snapshot->with_terms_count, 2); /* two namespaces, one set of terms */
    for (size_t i = 0; i < PODS; i++)
        live += walk->pods[i] != NULL;
    cr_assert_eq(pods, live);
}

static void recount_topology(const struct walk *walk, const struct text *key)
{
    const struct snapshot *snapshot = walk->snapshot;
    const struct topology *topology = snapshot_topology((struct snapshot *)snapshot, key);
    size_t listed = 0, in_use = 0, with_label = 0;
    for (size_t number = 1; number < topology->domain_limit; number++) {
        const struct topology_domain *domain = &topology->domains[number];
        in_use += domain->count > 0;
        listed += domain->count;
        for (size_t i = 0; i < domain->count; i++)
            cr_assert_eq(topology->domain_of[domain->slots[i]], number);
    }
    cr_assert_eq(in_use, topology->domain_count);
    for (size_t slot = 0; slot < snapshot->slot_count; slot++) {
        const struct node_info *info = snapshot->nodes[slot];
        const struct node *node = info != NULL ? info->node : NULL;
        const char *value = node != NULL ? labels_get(node->meta.labels, key->s) : NULL;
        const uint32_t domain = topology->domain_of[slot];
        cr_assert_eq(value == NULL, domain == 0);
        if (value != NULL)
            cr_assert_str_eq(text_s(topology->domains[domain].value), value);
        with_label += value != NULL;
    }
    cr_assert_eq(with_label, listed);
}

/* Every slot whose generation is new stands among the changes since the last look. */
static void read_changes(struct walk *walk, uint64_t generation_before)
{
    const struct snapshot *snapshot = walk->snapshot;
    cr_assert_leq(snapshot->change_count - walk->seen, snapshot->change_capacity);
    for (size_t slot = 0; slot < snapshot->slot_count; slot++) {
        bool found = snapshot->generations[slot] <= generation_before;
        for (uint64_t i = walk->seen; i < snapshot->change_count && !found; i++)
            found = snapshot->changes[i % snapshot->change_capacity] == slot;
        cr_assert(found, "slot %zu", slot);
    }
    walk->seen = snapshot->change_count;
}

Test(snapshot, single_changes_equal_a_recount)
{
    struct walk walk = { .run = run_new(1) };
    walk.codec = codec_new(walk.run);
    walk.snapshot = snapshot_new(walk.run->texts, NULL);
    walk.stream = stream_of(1, "", "walk", "snapshot", 0);
    walk.zone = text_intern(walk.run->texts, "zone");
    walk.rack = text_intern(walk.run->texts, "rack");
    for (size_t step = 0; step < STEPS; step++) {
        const uint64_t generation = walk.snapshot->generation;
        if (below(&walk, 4) == 0)
            change_node(&walk);
        else
            change_pod(&walk);
        snapshot_refresh(walk.snapshot);
        read_changes(&walk, generation);
        recount_topology(&walk, walk.zone);
        if (step > STEPS / 2)
            recount_topology(&walk, walk.rack); /* asked for late: it begins with what is there */
        for (size_t i = 0; step % 20 == 0 && i < walk.snapshot->slot_count; i++)
            if (walk.snapshot->nodes[i] != NULL) {
                recount_populations(&walk, walk.snapshot->nodes[i]);
                recount_gpus(walk.snapshot->nodes[i]);
            }
        recount_cluster(&walk);
    }
    cr_expect_gt(walk.snapshot->population_limit, 10);
    for (size_t i = 0; i < PODS; i++)
        if (walk.pods[i] != NULL)
            object_drop(walk.pods[i]);
    snapshot_free(walk.snapshot);
    text_drop(walk.zone);
    text_drop(walk.rack);
    codec_close(&walk.codec);
    run_free(walk.run);
}
