/* Two ways to one answer, on random clusters: what decide() makes of remembered answers, counts and
 * groups against decide_plainly(), which asks every plugin about every node, while objects of
 * every kind that a plugin reads come, change and go between placements.
 *
 * They must agree in outcome, feasible nodes, totals, ties and their order, rejections, message, and
 * in whom preemption would remove. 2,000 clusters of up to 500 nodes, in four parts. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/decision/post_filter.h"
#include "models/scheduler/trial/trial.h"
#include "tests/support/random_objects.h"
#include "tests/support/rows.h"
#include "tools/schedule/script_private.h"

enum { PARTS = 4, CLUSTERS = 500, STEPS = 100, TEMPLATES = 8, NOBODY = UINT32_MAX };

/* Configurations in turn: the default one samples. */
static const char *const configurations[] = {
    NULL,
    "{\"percentageOfNodesToScore\":100}",
    "{\"percentageOfNodesToScore\":100}",
    "{\"percentageOfNodesToScore\":100,\"profiles\":[{\"pluginConfig\":[{\"name\":"
    "\"NodeResourcesFit\",\"args\":{\"scoringStrategy\":{\"type\":\"MostAllocated\"}}}],"
    "\"plugins\":{\"score\":{\"disabled\":[{\"name\":\"NodeResourcesBalancedAllocation\"}]}}}]}",
    /* A plugin that counts filters before the others: the class cannot say who rejects first. */
    "{\"percentageOfNodesToScore\":60,\"profiles\":[{\"plugins\":{\"filter\":{\"enabled\":[{"
    "\"name\":\"PodTopologySpread\"},{\"name\":\"InterPodAffinity\"}]}}}]}",
    /* No scores: the first node that fits ends the search. */
    "{\"profiles\":[{\"plugins\":{\"score\":{\"disabled\":[{\"name\":\"*\"}]}}}]}",
};
enum { CONFIGURATIONS = sizeof configurations / sizeof *configurations };

/* What the whole part came across: a test that meets nothing proves nothing. */
struct encountered {
    size_t placed, rejected, known, ties, helped, narrowed, promised;
    uint64_t rejecting, scoring; /* bits: plugins of the default profile */
};

struct walk {
    struct trial *trial;
    const struct profile *profile;
    struct stream luck;
    uint64_t seed;
    size_t step, nodes, next_node, next_pod;
    bool nominates; /* in this cluster pods are promised room */
    char *templates[TEMPLATES];
    struct encountered *seen;
};

static size_t below(struct walk *walk, size_t limit)
{
    return stream_below(&walk->luck, limit);
}

static void put(struct walk *walk, const char *list, struct value *document)
{
    struct error_list faults = { 0 };
    if (!script_load_object(walk->trial, list, document, &faults))
        cr_assert_fail("%s: %s", list, faults.items[0].text);
    value_drop(document);
}

/* --- comparing ------------------------------------------------------------------------------ */

#define SAME(a, b)                                                                                 \
    cr_assert_eq(a, b, "seed %lu, step %zu: " #a " is %ld, " #b " %ld", walk->seed, walk->step,    \
                 (long)(a), (long)(b))

static void expect_same_rejections(const struct walk *walk)
{
    const struct decision *fast = &walk->trial->fast, *plain = &walk->trial->plain;
    SAME(fast->rejected_count, plain->rejected_count);
    SAME(fast->before_filters, plain->before_filters);
    SAME(fast->absent, plain->absent);
    for (size_t i = 0; i < plain->rejected_count; i++) {
        SAME(fast->rejected[i].slot, plain->rejected[i].slot);
        SAME(fast->rejected[i].rejection, plain->rejected[i].rejection);
    }
    if (plain->outcome == DECISION_REJECTED)
        SAME(fast->rejecting, plain->rejecting);
}

static void expect_same_nodes(const struct walk *walk)
{
    struct decision *fast = &walk->trial->fast;
    const struct decision *plain = &walk->trial->plain;
    SAME(fast->outcome, plain->outcome);
    SAME(decision_next_start(fast), decision_next_start(plain));
    SAME(fast->top_count, plain->top_count);
    SAME(fast->top_total, plain->top_total);
    for (size_t k = 0; k < plain->top_count; k++)
        SAME(decision_top(fast, k), plain->top[k]); /* before the list is made */
    decision_list(fast);
    SAME(fast->feasible_count, plain->feasible_count);
    for (size_t i = 0; i < plain->feasible_count; i++) {
        SAME(fast->feasible[i], plain->feasible[i]);
        SAME(fast->totals[i], plain->totals[i]);
    }
    for (size_t k = 0; k < plain->top_count; k++)
        SAME(fast->top[k], plain->top[k]);
    expect_same_rejections(walk);
}

static void expect_same_preemption(const struct walk *walk, const struct preemption *fast,
                                   const struct preemption *plain)
{
    SAME(fast->count, plain->count);
    SAME(fast->tie_count, plain->tie_count);
    SAME(fast->chosen, plain->chosen);
    for (size_t i = 0; i < plain->count; i++) {
        SAME(fast->candidates[i].slot, plain->candidates[i].slot);
        SAME(fast->candidates[i].count, plain->candidates[i].count);
        for (size_t j = 0; j < plain->candidates[i].count; j++)
            cr_assert_eq(fast->candidates[i].pods[j], plain->candidates[i].pods[j]);
    }
}

/* The first of equal candidates. */
static uint32_t choose_first(void *self, const struct question *question)
{
    (void)self;
    (void)question;
    return 0;
}

/* The message anew, plainly, and from memory. Where preemption would help, on which node. */
static uint32_t expect_same_message(struct walk *walk, const struct pod *pod)
{
    struct trial *trial = walk->trial;
    const struct chooser chooser = { choose_first, NULL };
    struct post_filter_round first = { .decision = &trial->fast, .pod = pod, .chooser = chooser };
    struct post_filter_round plain = { .decision = &trial->plain, .pod = pod, .chooser = chooser };
    struct post_filter_round second = { .decision = &trial->fast, .pod = pod, .chooser = chooser };
    char *said = decision_message(&trial->fast, &first);
    char *expected = decision_message(&trial->plain, &plain);
    cr_assert_str_eq(said, expected, "seed %lu, step %zu", walk->seed, walk->step);
    SAME(first.nomination, plain.nomination);
    if (!trial->fast.known)
        expect_same_preemption(walk, &first.preemption, &plain.preemption);
    decide(trial->templates, walk->profile, trial->snapshot, pod, trial->next_start, &trial->fast);
    walk->seen->known += trial->fast.known;
    char *again = decision_message(&trial->fast, &second);
    cr_assert_str_eq(again, expected, "seed %lu, step %zu", walk->seed, walk->step);
    const bool helps = plain.preemption.count > 0;
    const uint32_t slot =
        helps ? plain.preemption.candidates[plain.preemption.chosen].slot : NOBODY;
    walk->seen->helped += helps;
    post_filter_close(&first);
    post_filter_close(&plain);
    post_filter_close(&second);
    free(said);
    free(expected);
    free(again);
    return slot;
}

/* --- what happens --------------------------------------------------------------------------- */

static void note_scores(struct walk *walk)
{
    const struct decision *plain = &walk->trial->plain;
    const size_t width = plain->prepared->score_count;
    for (size_t i = 0; plain->feasible_count > 1 && i < plain->feasible_count * width; i++)
        if (plain->scores[i] != plain->scores[i % width])
            walk->seen->scoring |= (uint64_t)1 << plain->prepared->scores[i % width];
}

static void bind(struct walk *walk, const struct pod *pod)
{
    struct trial *trial = walk->trial;
    const uint32_t slot = trial->plain.top[below(walk, trial->plain.top_count)];
    walk->seen->placed++;
    walk->seen->ties += trial->plain.top_count > 1;
    note_scores(walk);
    trial_bind(trial, walk->profile, pod, trial->snapshot->nodes[slot]->name,
               (sim_time)walk->step * SIM_SECOND);
}

/* A new version of a pod, with another label, being deleted, or nominated to a node. */
static void change_pod(struct walk *walk, const struct pod *pod, const struct text *nominated)
{
    struct pod *changed = (struct pod *)object_copy(&pod->meta.object);
    if (nominated != NULL) {
        pod_set_nominated_node(changed, text_hold(nominated));
    } else if (below(walk, 3) == 0) {
        changed->meta.deleting = true;
    } else {
        const struct labels *labels = labels_with(walk->trial->run->texts, pod->meta.labels, "app",
                                                  below(walk, 2) ? "app-0" : "app-1");
        labels_drop(changed->meta.labels);
        changed->meta.labels = labels;
    }
    trial_put(walk->trial, &changed->meta.object);
}

static void try_pod(struct walk *walk, const struct pod *pod)
{
    struct trial *trial = walk->trial;
    struct writer why = { 0 };
    if (trial_gate(trial, walk->profile, pod, &why) == NULL) {
        snapshot_refresh(trial->snapshot);
        decide(trial->templates, walk->profile, trial->snapshot, pod, trial->next_start,
               &trial->fast);
        trial_decide_plainly(trial, walk->profile, pod);
        if (!trial->fast.known)
            expect_same_nodes(walk);
        const size_t next = decision_next_start(&trial->plain);
        walk->seen->narrowed += trial->plain.prepared->narrowed != NULL;
        walk->seen->promised += trial->nominator->first != NULL;
        if (trial->plain.outcome == DECISION_FOUND) {
            bind(walk, pod);
        } else {
            walk->seen->rejected++;
            walk->seen->rejecting |= trial->plain.rejecting;
            const uint32_t slot = expect_same_message(walk, pod);
            if (slot != NOBODY && walk->nominates)
                change_pod(walk, pod, trial->snapshot->nodes[slot]->name);
        }
        trial->next_start = next;
    }
    writer_close(&why);
}

static void try_new_pod(struct walk *walk)
{
    char name[16];
    const size_t number = walk->next_pod++;
    struct value *document =
        random_pod(&walk->luck, number, walk->templates[below(walk, TEMPLATES)]);
    const char *space = value_text(value_path(document, "metadata", "namespace", NULL), "");
    const bool team = strcmp(space, "team") == 0;
    snprintf(name, sizeof name, "p%zu", number);
    put(walk, "pods", document);
    try_pod(walk, pod_of(trial_find(walk->trial, KIND_POD, team ? "team" : "default", name)));
}

/* Some pod that was made and is still there, of those that wait or of those that do not. */
static const struct pod *some_pod(struct walk *walk, bool pending)
{
    for (int i = 0; walk->next_pod > 0 && i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%zu", below(walk, walk->next_pod));
        const struct object *found = trial_find(walk->trial, KIND_POD, "default", name);
        if (found == NULL)
            found = trial_find(walk->trial, KIND_POD, "team", name);
        if (found != NULL && trial_is_pending(pod_of(found)) == pending)
            return pod_of(found);
    }
    return NULL;
}

static void remove_object(struct walk *walk, enum kind kind, const char *space, const char *name)
{
    const struct object *found = trial_find(walk->trial, kind, space, name);
    if (found != NULL)
        trial_remove(walk->trial, object_key(found));
}

static void change_node(struct walk *walk)
{
    char name[16];
    const size_t number = below(walk, walk->next_node);
    snprintf(name, sizeof name, "n%zu", number);
    const struct object *found = trial_find(walk->trial, KIND_NODE, "", name);
    if (found == NULL || below(walk, 3) > 0)
        put(walk, "nodes", random_node(&walk->luck, below(walk, 4) ? number : walk->next_node++));
    else if (below(walk, 2) == 0)
        trial_remove_node(walk->trial, found->name);
    else
        trial_remove(walk->trial, object_key(found)); /* its pods still count */
}

/* Objects that plugins look up. */
static void change_other(struct walk *walk)
{
    char name[16];
    const size_t number = below(walk, RANDOM_CLAIMS);
    const bool goes = below(walk, 3) == 0;
    switch (below(walk, 7)) {
    case 0:
        put(walk, "namespaces", random_namespace(&walk->luck, below(walk, 2)));
        return;
    case 1:
        put(walk, "replicaSets", random_replicaset(&walk->luck, below(walk, 3)));
        return;
    case 2:
        snprintf(name, sizeof name, "s%zu", number);
        if (goes)
            remove_object(walk, KIND_SERVICE, "default", name);
        else
            put(walk, "services", random_service(&walk->luck, number));
        return;
    case 3:
        snprintf(name, sizeof name, "c%zu", number);
        if (goes)
            remove_object(walk, KIND_PERSISTENTVOLUMECLAIM, "default", name);
        else
            put(walk, "persistentVolumeClaims", random_claim(&walk->luck, number));
        return;
    case 4:
        put(walk, "persistentVolumes", random_volume(&walk->luck, number));
        return;
    case 5:
        put(walk, "podDisruptionBudgets", random_budget(&walk->luck, below(walk, 2)));
        return;
    default:
        put(walk, "csiNodes", random_csi_node(&walk->luck, below(walk, walk->next_node)));
    }
}

static void step(struct walk *walk)
{
    const bool empty = walk->trial->snapshot->node_count == 0;
    const size_t draw = empty ? 90 : below(walk, 100);
    const struct pod *pod = some_pod(walk, draw >= 60 && draw < 75);
    if (draw < 60)
        try_new_pod(walk);
    else if (draw < 70 && pod != NULL)
        try_pod(walk, pod);
    else if (draw < 75 && pod != NULL && walk->nominates)
        change_pod(walk, pod, walk->trial->snapshot->nodes[walk->trial->snapshot->order[0]]->name);
    else if (draw < 82 && pod != NULL)
        trial_remove(walk->trial, object_key(&pod->meta.object));
    else if (draw < 85 && pod != NULL)
        change_pod(walk, pod, NULL);
    else if (draw < 93)
        change_node(walk);
    else
        change_other(walk);
    snapshot_refresh(walk->trial->snapshot);
}

/* --- clusters -------------------------------------------------------------------------------- */

/* Most are small, so that many pods meet on few nodes; some have 500 nodes. Fewer than 100 are never
 * sampled. */
static size_t draw_size(struct walk *walk)
{
    const size_t draw = below(walk, 100);
    if (walk->seed % CONFIGURATIONS == 0 && draw < 75)
        return 100 + below(walk, 60);
    if (draw < 75)
        return 2 + below(walk, 40);
    return draw < 95 ? 40 + below(walk, 100) : 140 + below(walk, 361);
}

static void open_walk(struct walk *walk, uint64_t seed, struct encountered *seen)
{
    struct error_list errors = { 0 };
    const char *text = configurations[seed % CONFIGURATIONS];
    struct value *configuration = text != NULL ? rows_parse(text) : NULL;
    *walk = (struct walk){ .trial = trial_new(configuration, &errors),
                           .luck = stream_of(seed, "", "cluster", "test", 0),
                           .seed = seed,
                           .seen = seen };
    cr_assert_not_null(walk->trial);
    value_drop(configuration);
    walk->profile = walk->trial->configuration->profiles[0];
    for (size_t i = 0; i < TEMPLATES; i++)
        walk->templates[i] = random_template(&walk->luck);
    put(walk, "storageClasses", storage_class("wait", true));
    put(walk, "storageClasses", storage_class("now", false));
    for (size_t i = 0; i < 2; i++)
        put(walk, "namespaces", random_namespace(&walk->luck, i));
    for (size_t i = 0; i < RANDOM_CLAIMS; i++) {
        put(walk, "persistentVolumes", random_volume(&walk->luck, i));
        put(walk, "persistentVolumeClaims", random_claim(&walk->luck, i));
    }
    for (size_t i = 0; i < 3; i++)
        put(walk, "replicaSets", random_replicaset(&walk->luck, i));
    walk->nominates = below(walk, 4) == 0;
    walk->nodes = draw_size(walk);
    while (walk->next_node < walk->nodes) {
        if (below(walk, 2) == 0)
            put(walk, "csiNodes", random_csi_node(&walk->luck, walk->next_node));
        put(walk, "nodes", random_node(&walk->luck, walk->next_node++));
    }
    snapshot_refresh(walk->trial->snapshot);
}

static void play(uint64_t seed, struct encountered *seen)
{
    struct walk walk;
    open_walk(&walk, seed, seen);
    for (walk.step = 0; walk.step < STEPS; walk.step++)
        step(&walk);
    for (size_t i = 0; i < TEMPLATES; i++)
        free(walk.templates[i]);
    trial_free(walk.trial);
}

/* Plugins that must have rejected a pod, and whose scores must have told nodes apart. */
static const char *const rejecting[] = {
    "NodeUnschedulable", "TaintToleration",   "NodeAffinity",       "NodePorts",
    "NodeResourcesFit",  "VolumeBinding",     "VolumeRestrictions", "NodeVolumeLimits",
    "VolumeZone",        "PodTopologySpread", "InterPodAffinity",
};
static const char *const scoring[] = {
    "TaintToleration",   "NodeAffinity",     "NodeResourcesFit",
    "PodTopologySpread", "InterPodAffinity", "NodeResourcesBalancedAllocation",
    "ImageLocality",
};

static bool has(uint64_t plugins, const struct profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->plugin_count; i++)
        if (strcmp(profile->plugins[i].plugin->name, name) == 0)
            return plugins >> i & 1;
    return false;
}

static void play_part(uint64_t part)
{
    struct encountered seen = { 0 }, others = { 0 };
    struct error_list errors = { 0 };
    struct trial *usual = trial_new(NULL, &errors);
    for (uint64_t i = 0; i < CLUSTERS; i++) {
        const uint64_t seed = part * CLUSTERS + i + 1;
        play(seed, seed % CONFIGURATIONS < 3 ? &seen : &others);
    }
    for (size_t i = 0; i < sizeof rejecting / sizeof *rejecting; i++)
        cr_expect(has(seen.rejecting, usual->configuration->profiles[0], rejecting[i]),
                  "%s rejected nobody", rejecting[i]);
    for (size_t i = 0; i < sizeof scoring / sizeof *scoring; i++)
        cr_expect(has(seen.scoring, usual->configuration->profiles[0], scoring[i]),
                  "%s told no nodes apart", scoring[i]);
    cr_expect_gt(seen.placed, CLUSTERS * 4);
    cr_expect_gt(seen.rejected, CLUSTERS / 2);
    cr_expect_gt(seen.known, CLUSTERS / 5);
    cr_expect_gt(seen.ties, CLUSTERS / 2);
    cr_expect_gt(seen.helped, CLUSTERS / 20);
    cr_expect_gt(seen.narrowed, CLUSTERS / 20);
    cr_expect_gt(seen.promised, CLUSTERS / 20);
    trial_free(usual);
}

Test(decision_soak, both_ways_agree_on_the_first_500_clusters)
{
    play_part(0);
}

Test(decision_soak, both_ways_agree_on_the_second_500_clusters)
{
    play_part(1);
}

Test(decision_soak, both_ways_agree_on_the_third_500_clusters)
{
    play_part(2);
}

Test(decision_soak, both_ways_agree_on_the_last_500_clusters)
{
    play_part(3);
}
