/* Two ways to one answer: counts kept up to date node by node against counts made anew, while nodes
 * and pods come, change and go; and what preemption would see against the two smallest domains that
 * kube-scheduler follows. */
#include "models/scheduler/plugins/spread_counts.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/decision/prepared.h"
#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

enum { NODES = 300, PODS = 900, STEPS = 1500, CLASSES = 5, DOMAINS = NODES + 2 };

#define CONSTRAINT(action, key, skew, more)                                                        \
    "{\"whenUnsatisfiable\":\"" action "\",\"topologyKey\":\"" key "\",\"maxSkew\":" #skew more    \
    ",\"labelSelector\":{\"matchLabels\":{\"app\":\"web\"}}}"
#define HARD(key, skew, more) CONSTRAINT("DoNotSchedule", key, skew, more)
#define SOFT(key, skew, more) CONSTRAINT("ScheduleAnyway", key, skew, more)
#define SPREAD(constraints)   "\"containers\":[],\"topologySpreadConstraints\":[" constraints "]"
#define HONORS                ",\"nodeTaintsPolicy\":\"Honor\""

/* Racks are few to begin with, and many in the end. */
static const char *const specs[CLASSES] = {
    SPREAD(HARD("zone", 2, "") "," HARD("rack", 1, "")),
    SPREAD(HARD("kubernetes.io/hostname", 1, HONORS)),
    SPREAD(SOFT("zone", 2, "") "," SOFT("kubernetes.io/hostname", 1, "")),
    SPREAD(HARD("zone", 1, HONORS ",\"minDomains\":3") "," SOFT(
        "rack", 3, HONORS)) ",\"nodeSelector\":{\"disk\":\"ssd\"}",
    SPREAD(HARD("rack", 2, ",\"matchLabelKeys\":[\"v\"]") "," SOFT("zone", 5, "")),
};

struct class
{
    const struct pod *pod;
    struct prepared prepared;
    size_t words[NODES];                /* by slot: how many; 0: not there */
    uint32_t group[NODES][GROUP_WORDS]; /* by slot */
};

struct walk {
    struct run *run;
    struct codec codec;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct stream stream;
    const struct pod *pods[PODS]; /* NULL: not there */
    size_t plugin;                /* its place in the profile */
    uint64_t seen;                /* changes of the snapshot that the classes have heard of */
    size_t racks;
    struct class classes[CLASSES];
    bool touched[NODES]; /* by slot: changed, or among the others of it */
};

static uint64_t below(struct walk *walk, uint64_t limit)
{
    return stream_below(&walk->stream, limit);
}

/* --- changes -------------------------------------------------------------------------------- */

static void set_node(struct walk *walk, size_t number)
{
    char zone[32] = "", rack[32] = "";
    if (below(walk, 10) > 0)
        snprintf(zone, sizeof zone, ",\"zone\":\"z%d\"", (int)below(walk, 4));
    if (below(walk, 10) > 0)
        snprintf(rack, sizeof rack, ",\"rack\":\"r%d\"", (int)below(walk, walk->racks));
    char *text =
        mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n%zu\","
                   "\"labels\":{\"kubernetes.io/hostname\":\"n%zu\",\"disk\":\"%s\"%s%s}},"
                   "\"spec\":{\"taints\":[%s]},\"status\":{}}",
                   number, number, below(walk, 4) ? "ssd" : "hdd", zone, rack,
                   below(walk, 8) ? "" : "{\"key\":\"hard\",\"effect\":\"NoSchedule\"}");
    struct value *document = rows_parse(text);
    struct object *node = kind_infos[KIND_NODE].load(&walk->codec, document);
    snapshot_set_node(walk->snapshot, node_of(node));
    object_drop(node);
    value_drop(document);
    free(text);
}

static const struct text *node_name(struct walk *walk, size_t number)
{
    char name[16];
    snprintf(name, sizeof name, "n%zu", number);
    return text_intern(walk->run->texts, name);
}

static void change_node(struct walk *walk)
{
    const size_t number = below(walk, NODES);
    const struct text *name = node_name(walk, number);
    if (snapshot_find_node(walk->snapshot, name) != NULL && below(walk, 3) == 0)
        snapshot_remove_node(walk->snapshot, name);
    else
        set_node(walk, number);
    text_drop(name);
}

/* A pod of app web (most of them) or db, in one of two versions and two namespaces. */
static const struct pod *make_pod(struct walk *walk, size_t number)
{
    char name[16];
    snprintf(name, sizeof name, "p%zu", number);
    struct pod *pod = (struct pod *)pod_make(&walk->codec, name, "\"containers\":[]");
    const struct labels *app =
        labels_with(walk->run->texts, NULL, "app", below(walk, 4) ? "web" : "db");
    pod->meta.labels = labels_with(walk->run->texts, app, "v", below(walk, 2) ? "1" : "2");
    labels_drop(app);
    if (below(walk, 8) == 0)
        text_assign(&pod->meta.object.space, text_intern(walk->run->texts, "other"));
    return pod;
}

static void change_pod(struct walk *walk)
{
    const size_t number = below(walk, PODS);
    const struct pod **pod = &walk->pods[number];
    if (*pod == NULL) {
        *pod = make_pod(walk, number);
        const struct text *name = node_name(walk, below(walk, NODES));
        snapshot_place(walk->snapshot, *pod, name, false);
        text_drop(name);
        return;
    }
    const struct placed_pod *placed =
        snapshot_find_pod(walk->snapshot, (*pod)->meta.object.space, (*pod)->meta.object.name);
    if (!(*pod)->meta.deleting && below(walk, 2)) {
        struct pod *deleting = (struct pod *)object_copy(&(*pod)->meta.object);
        deleting->meta.deleting = true;
        snapshot_place(walk->snapshot, deleting, placed->node->name, false);
        object_drop(&(*pod)->meta.object);
        *pod = deleting;
        return;
    }
    snapshot_remove_pod(walk->snapshot, (*pod)->meta.object.space, (*pod)->meta.object.name);
    object_drop(&(*pod)->meta.object);
    *pod = NULL;
}

/* --- one class ------------------------------------------------------------------------------ */

static bool is_node(const struct walk *walk, size_t slot)
{
    return slot < walk->snapshot->slot_count && walk->snapshot->nodes[slot] != NULL &&
           walk->snapshot->nodes[slot]->node != NULL;
}

/* Tell the class of the nodes that have changed. */
static void hear(struct walk *walk, struct class *class)
{
    const struct snapshot *snapshot = walk->snapshot;
    struct slot_list others = { 0 };
    memset(walk->touched, 0, sizeof walk->touched);
    for (uint64_t n = walk->seen; n < snapshot->change_count; n++) {
        const uint32_t slot = snapshot->changes[n % snapshot->change_capacity];
        const struct node_info gone = { .slot = slot };
        walk->touched[slot] = true;
        prepared_count(&class->prepared,
                       snapshot->nodes[slot] != NULL ? snapshot->nodes[slot] : &gone, &others);
    }
    for (size_t i = 0; i < others.count; i++)
        walk->touched[others.items[i]] = true;
    free(others.items);
    prepared_begin(&class->prepared);
}

/* Begin again: where all rules are soft, with the pods that they take and no other node. */
static void begin_anew(struct walk *walk, struct class *class)
{
    prepared_close(&class->prepared);
    prepared_init(&class->prepared, walk->configuration->profiles[0], class->pod, walk->snapshot);
    const struct sched_call call = prepared_call(&class->prepared, walk->plugin);
    const struct spread_rules *rules = class->prepared.compiled[walk->plugin];
    const bool all = pod_topology_spread_plugin.count_all(&call);
    cr_assert_eq(all, rules->hard_count == 0, "hard rules know every node");
    if (!all)
        prepared_count_all(&class->prepared);
    prepared_begin(&class->prepared);
    memset(walk->touched, 1, sizeof walk->touched);
}

/* Nobody else's group has changed. */
static void expect_groups(struct walk *walk, struct class *class, size_t step)
{
    const struct sched_call call = prepared_call(&class->prepared, walk->plugin);
    for (size_t slot = 0; slot < NODES; slot++) {
        uint32_t words[GROUP_WORDS];
        size_t count = 0;
        if (is_node(walk, slot))
            count = pod_topology_spread_plugin.group(&call, walk->snapshot->nodes[slot], words);
        if (!walk->touched[slot]) {
            cr_assert_eq(count, class->words[slot], "step %zu", step);
            cr_assert_eq(memcmp(words, class->group[slot], count * sizeof *words), 0,
                         "step %zu: slot %zu is unlike what it was", step, slot);
        }
        class->words[slot] = count;
        memcpy(class->group[slot], words, count * sizeof *words);
    }
}

static bool are_alike(const struct class *class, size_t a, size_t b)
{
    return class->words[a] == class->words[b] &&
           memcmp(class->group[a], class->group[b], class->words[a] * sizeof(uint32_t)) == 0;
}

static int verdict(const struct walk *walk, const struct prepared *prepared, size_t slot)
{
    const struct sched_call call = prepared_call(prepared, walk->plugin);
    struct rejection rejection = { 0 };
    if (!(prepared->filtering >> walk->plugin & 1) ||
        pod_topology_spread_plugin.filter(&call, walk->snapshot->nodes[slot], &rejection))
        return 0;
    return rejection.code == UNSCHEDULABLE ? 1 : 2;
}

/* Scores by slot of the nodes that fit; alike ones are one candidate when `grouped`. */
static bool score(const struct walk *walk, struct class *class, struct prepared *prepared,
                  bool grouped, int64_t scores[NODES])
{
    struct candidate items[NODES] = { 0 };
    uint32_t slots[NODES];
    int64_t packed[NODES];
    size_t count = 0, nodes = 0, k = 0;
    for (uint32_t slot = 0; slot < NODES; slot++) {
        if (!is_node(walk, slot) || verdict(walk, prepared, slot) != 0)
            continue;
        for (k = 0; grouped && k < count && !are_alike(class, slot, items[k].node->slot);)
            k++;
        if (grouped && k < count)
            items[k].count++;
        else
            items[count++] = (struct candidate){ walk->snapshot->nodes[slot], 1 };
        slots[nodes++] = slot;
    }
    const struct candidates candidates = { items, count, nodes };
    prepared_begin_scores(prepared, &candidates);
    if (!(prepared->scoring >> walk->plugin & 1))
        return false;
    const struct sched_call call = prepared_call(prepared, walk->plugin);
    for (k = 0; k < nodes; k++)
        packed[k] = pod_topology_spread_plugin.score(&call, walk->snapshot->nodes[slots[k]]);
    pod_topology_spread_plugin.normalize(&call, packed, nodes);
    for (k = 0; k < nodes; k++)
        scores[slots[k]] = packed[k];
    return true;
}

/* As counts that were made anew; and alike nodes are alike. */
static void expect_same(struct walk *walk, struct class *class, size_t step)
{
    struct prepared anew;
    int64_t kept[NODES] = { 0 }, fresh[NODES] = { 0 };
    prepared_init(&anew, walk->configuration->profiles[0], class->pod, walk->snapshot);
    prepared_count_all(&anew);
    prepared_begin(&anew);
    for (size_t slot = 0; slot < NODES; slot++)
        if (is_node(walk, slot))
            cr_assert_eq(verdict(walk, &class->prepared, slot), verdict(walk, &anew, slot),
                         "step %zu: slot %zu", step, slot);
    const bool scored = score(walk, class, &class->prepared, true, kept);
    cr_assert_eq(scored, score(walk, class, &anew, false, fresh));
    for (size_t slot = 0; slot < NODES; slot++)
        cr_assert_eq(kept[slot], fresh[slot], "step %zu: slot %zu scores %ld and %ld", step, slot,
                     (long)kept[slot], (long)fresh[slot]);
    for (size_t slot = 1; slot < NODES; slot++)
        if (is_node(walk, slot) && is_node(walk, slot - 1) && are_alike(class, slot, slot - 1)) {
            cr_assert_eq(kept[slot], kept[slot - 1], "step %zu", step);
            cr_assert_eq(verdict(walk, &anew, slot), verdict(walk, &anew, slot - 1));
        }
    prepared_close(&anew);
}

/* --- the two smallest domains ---------------------------------------------------------------- */

/* criticalPaths of filtering.go, with counts beside it. */
struct paths {
    struct {
        uint32_t domain;
        int64_t pods;
    } at[2];
    int64_t pods[DOMAINS];
    size_t domains;
};

static void update(struct paths *paths, uint32_t domain, int64_t pods)
{
    const int i = paths->at[0].domain == domain ? 0 : paths->at[1].domain == domain ? 1 : -1;
    if (i >= 0) {
        paths->at[i].pods = pods;
        if (paths->at[0].pods > paths->at[1].pods) {
            const struct paths was = *paths;
            paths->at[0] = was.at[1];
            paths->at[1] = was.at[0];
        }
    } else if (pods < paths->at[0].pods) {
        paths->at[1] = paths->at[0];
        paths->at[0].domain = domain;
        paths->at[0].pods = pods;
    } else if (pods < paths->at[1].pods) {
        paths->at[1].domain = domain;
        paths->at[1].pods = pods;
    }
}

static struct paths paths_of(const struct spread_count *count)
{
    struct paths paths = { .at = { { 0, INT32_MAX }, { 0, INT32_MAX } } };
    for (uint32_t domain = 1; domain < count->domain_capacity && domain < DOMAINS; domain++) {
        paths.pods[domain] = count->domains[domain].pods;
        if (count->domains[domain].nodes == 0)
            continue;
        paths.domains++;
        update(&paths, domain, paths.pods[domain]);
    }
    return paths;
}

/* Promise a node as many pods again and take the promise back, take its pods off and put them back,
 * and look at the fewest after each. */
static void expect_paths(struct walk *walk, struct class *class, size_t step)
{
    const struct spread_rules *rules = class->prepared.compiled[walk->plugin];
    const struct spread_counts *counts = class->prepared.counts[walk->plugin];
    const size_t slot = below(walk, NODES);
    if (rules->hard_count == 0 || !is_node(walk, slot))
        return;
    const struct sched_call call = prepared_call(&class->prepared, walk->plugin);
    const struct node_info *node = walk->snapshot->nodes[slot];
    const struct spread_share share = *spread_shares(&call, node->slot);
    const struct spread_matcher *matcher = &rules->matchers[rules->items[0].matcher];
    struct paths paths = paths_of(&counts->items[0]);
    static const int signs[] = { 1, -1, -1, 1 };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        for (const struct placed_pod *placed = node->first; placed; placed = placed->next) {
            const struct pod *pod = placed->pod;
            pod_topology_spread_plugin.pod_moved(&call, node, pod, signs[i]);
            if (share.counts && pod->meta.object.space == class->pod->meta.object.space &&
                spread_matcher_takes(matcher, pod->meta.labels))
                update(&paths, share.domain, paths.pods[share.domain] += signs[i]);
            const int64_t least =
                paths.domains < (size_t)rules->items[0].min_domains ? 0 : paths.at[0].pods;
            cr_assert_eq(spread_count_least(&counts->items[0], &rules->items[0]), least, "step %zu",
                         step);
        }
}

/* --- the walk ------------------------------------------------------------------------------- */

static void open_walk(struct walk *walk)
{
    struct error_list errors = { 0 };
    walk->run = run_new(1);
    walk->codec = codec_new(walk->run);
    walk->configuration = scheduler_configuration_load(walk->run->texts, NULL, &errors);
    walk->snapshot = snapshot_new(walk->run->texts, NULL);
    walk->stream = stream_of(7, "", "spread", "walk", 0);
    walk->racks = 10;
    const struct profile *profile = walk->configuration->profiles[0];
    while (profile->plugins[walk->plugin].plugin != &pod_topology_spread_plugin)
        walk->plugin++;
    for (size_t i = 0; i < CLASSES; i++) {
        struct pod *pod = (struct pod *)pod_make(&walk->codec, "asking", specs[i]);
        const struct labels *app = labels_with(walk->run->texts, NULL, "app", "web");
        pod->meta.labels = labels_with(walk->run->texts, app, "v", "1");
        labels_drop(app);
        walk->classes[i].pod = pod;
        prepared_init(&walk->classes[i].prepared, profile, pod, walk->snapshot);
    }
}

static void close_walk(struct walk *walk)
{
    for (size_t i = 0; i < CLASSES; i++) {
        prepared_close(&walk->classes[i].prepared);
        object_drop(&walk->classes[i].pod->meta.object);
    }
    for (size_t i = 0; i < PODS; i++)
        if (walk->pods[i] != NULL)
            object_drop(&walk->pods[i]->meta.object);
    snapshot_free(walk->snapshot);
    scheduler_configuration_free(walk->configuration);
    codec_close(&walk->codec);
    run_free(walk->run);
}

Test(spread_counts, are_those_made_anew)
{
    struct walk *walk = mem_new(sizeof *walk);
    size_t rejected = 0, by_number = 0;
    open_walk(walk);
    for (size_t step = 0; step < STEPS; step++) {
        walk->racks = 10 + step * 1000 / STEPS;
        for (size_t i = below(walk, 6); i > 0; i--)
            change_pod(walk);
        if (below(walk, 2))
            change_node(walk);
        snapshot_refresh(walk->snapshot);
        for (size_t i = 0; i < CLASSES; i++) {
            struct class *class = &walk->classes[i];
            if (below(walk, 20) == 0)
                begin_anew(walk, class);
            else
                hear(walk, class);
            expect_groups(walk, class, step);
            expect_same(walk, class, step);
            expect_paths(walk, class, step);
            const size_t slot = below(walk, NODES);
            rejected += is_node(walk, slot) && verdict(walk, &class->prepared, slot) == 1;
        }
        walk->seen = walk->snapshot->change_count;
        const struct spread_counts *counts = walk->classes[0].prepared.counts[walk->plugin];
        by_number += counts->items[1].by_number;
    }
    cr_expect_gt(rejected, STEPS / 10, "spread rejects some");
    cr_expect(by_number > STEPS / 10 && by_number < STEPS * 9 / 10,
              "racks were few, and became many: %zu", by_number);
    close_walk(walk);
    free(walk);
}
