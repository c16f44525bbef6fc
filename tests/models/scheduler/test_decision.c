/* Two ways to one answer: remembered decisions against asking every plugin about every node, and
 * the snapshot against a recount, while nodes and pods come, change and go. */
#include "models/scheduler/decision/decision.h"
#include "models/scheduler/decision/post_filter.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

enum { NODES = 150, PODS = 400, STEPS = 4000, TEMPLATES = 6 };

static const char *const specs[TEMPLATES] = {
    "\"containers\":[{\"name\":\"c\",\"image\":\"a:1\",\"resources\":{\"requests\":"
    "{\"cpu\":\"700m\",\"memory\":\"1Gi\"}}}]",
    "\"containers\":[{\"name\":\"c\",\"image\":\"b\"}],\"tolerations\":[{\"key\":\"soft\","
    "\"operator\":\"Exists\",\"effect\":\"PreferNoSchedule\"}]",
    "\"priority\":10,\"containers\":[{\"name\":\"c\",\"image\":\"a:1\",\"ports\":[{"
    "\"containerPort\":"
    "80,\"hostPort\":80,\"protocol\":\"TCP\"}],\"resources\":{\"requests\":{\"cpu\":\"2\"}}}]",
    "\"containers\":[{\"name\":\"c\",\"image\":\"b:latest\",\"resources\":{\"requests\":"
    "{\"example.com/gpu\":\"2\",\"memory\":\"3Gi\"}}}]",
    "\"containers\":[{\"name\":\"c\",\"image\":\"c:1\"}],\"affinity\":{\"nodeAffinity\":{"
    "\"preferredDuringSchedulingIgnoredDuringExecution\":[{\"weight\":7,\"preference\":"
    "{\"matchExpressions\":[{\"key\":\"disk\",\"operator\":\"In\",\"values\":[\"ssd\"]}]}}]}}",
    "\"containers\":[{\"name\":\"c\",\"image\":\"a:1\",\"resources\":{\"requests\":{\"cpu\":"
    "\"1500m\",\"memory\":\"512Mi\"}}}],\"nodeSelector\":{\"disk\":\"ssd\"}",
};

struct walk {
    struct run *run;
    struct codec codec;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct decision fast, plain;
    struct stream stream;
    const struct pod *pods[PODS]; /* NULL: not there */
    bool node_there[NODES];
    size_t start, found, nowhere; /* where to begin; decisions of either outcome */
};

static uint64_t below(struct walk *walk, uint64_t limit)
{
    return stream_below(&walk->stream, limit);
}

static void set_node(struct walk *walk, size_t number)
{
    static const char *const taints[] = { "", "{\"key\":\"soft\",\"effect\":\"PreferNoSchedule\"}",
                                          "{\"key\":\"hard\",\"effect\":\"NoSchedule\"}", "" };
    static const char *const images[] = { "", "{\"names\":[\"a:1\"],\"sizeBytes\":300000000}",
                                          "{\"names\":[\"b:latest\"],\"sizeBytes\":900000000}" };
    char *text = mem_format(
        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n%zu\",\"labels\":{"
        "\"topology.kubernetes.io/zone\":\"z%d\",\"disk\":\"%s\"}},\"spec\":{\"unschedulable\":%s,"
        "\"taints\":[%s]},\"status\":{\"images\":[%s],\"allocatable\":{\"cpu\":\"%d\",\"memory\":"
        "\"%dGi\",\"pods\":\"%d\",\"example.com/gpu\":\"%d\"}}}",
        number, (int)below(walk, 3), below(walk, 2) ? "ssd" : "hdd",
        below(walk, 10) == 0 ? "true" : "false", taints[below(walk, 4)], images[below(walk, 3)],
        2 + (int)below(walk, 7), 4 + (int)below(walk, 13), 4 + (int)below(walk, 8),
        (int)below(walk, 3));
    struct value *document = rows_parse(text);
    struct object *node = kind_infos[KIND_NODE].load(&walk->codec, document);
    snapshot_set_node(walk->snapshot, node_of(node));
    walk->node_there[number] = true;
    object_drop(node);
    value_drop(document);
    free(text);
}

static void change_node(struct walk *walk)
{
    const size_t number = below(walk, NODES);
    if (!walk->node_there[number] || below(walk, 3) > 0) {
        set_node(walk, number);
        return;
    }
    char name[16];
    snprintf(name, sizeof name, "n%zu", number);
    const struct text *text = text_intern(walk->run->texts, name);
    snapshot_remove_node(walk->snapshot, text);
    walk->node_there[number] = false;
    text_drop(text);
}

static void expect_same(struct walk *walk, size_t step)
{
    for (size_t k = 0; k < walk->fast.top_count; k++)
        cr_assert_eq(decision_top(&walk->fast, k), walk->plain.top[k], "step %zu", step);
    decision_list(&walk->fast);
    const struct decision *a = &walk->fast, *b = &walk->plain;
    cr_assert_eq(a->outcome, b->outcome, "step %zu", step);
    cr_assert_eq(a->feasible_count, b->feasible_count, "step %zu", step);
    cr_assert_eq(a->rejected_count, b->rejected_count, "step %zu", step);
    for (size_t i = 0; i < a->feasible_count; i++) {
        cr_assert_eq(a->feasible[i], b->feasible[i], "step %zu", step);
        cr_assert_eq(a->totals[i], b->totals[i], "step %zu: node %zu of %zu scores %ld and %ld",
                     step, i, a->feasible_count, a->totals[i], b->totals[i]);
    }
    for (size_t i = 0; i < a->rejected_count; i++)
        cr_assert_eq(a->rejected[i].rejection, b->rejected[i].rejection, "step %zu", step);
    cr_assert_eq(a->top_count, b->top_count, "step %zu", step);
    cr_assert_eq(a->rejecting, b->rejecting, "step %zu", step);
}

static char *message_of(const struct decision *decision, const struct pod *pod)
{
    struct post_filter_round round = { .decision = decision, .pod = pod };
    char *message = decision_message(decision, &round);
    post_filter_close(&round);
    return message;
}

/* Told anew, told from memory (which says nothing of pods that preemption helps), and told
 * plainly. */
static void expect_same_message(struct walk *walk, const struct pod *pod, size_t step)
{
    const struct profile *profile = walk->configuration->profiles[0];
    char *first = message_of(&walk->fast, pod), *plain = message_of(&walk->plain, pod);
    decide(walk->templates, profile, walk->snapshot, pod, walk->start, &walk->fast);
    char *second = message_of(&walk->fast, pod);
    cr_assert(walk->fast.known || strstr(plain, "preemption") == NULL, "step %zu", step);
    cr_assert_str_eq(first, plain, "step %zu", step);
    cr_assert_str_eq(second, plain, "step %zu", step);
    cr_assert_eq(walk->fast.rejecting, walk->plain.rejecting, "step %zu", step);
    free(first);
    free(second);
    free(plain);
}

static void schedule(struct walk *walk, size_t number, size_t step)
{
    const struct profile *profile = walk->configuration->profiles[0];
    char name[16];
    snprintf(name, sizeof name, "p%zu", number);
    const struct pod *pod = pod_make(&walk->codec, name, specs[below(walk, TEMPLATES)]);
    snapshot_refresh(walk->snapshot);
    decide(walk->templates, profile, walk->snapshot, pod, walk->start, &walk->fast);
    decide_plainly(walk->templates, profile, walk->snapshot, pod, walk->start, &walk->plain);
    if (!walk->fast.known)
        expect_same(walk, step);
    walk->start = decision_next_start(&walk->fast);
    *(walk->fast.outcome == DECISION_FOUND ? &walk->found : &walk->nowhere) += 1;
    if (walk->fast.outcome != DECISION_FOUND) {
        expect_same_message(walk, pod, step);
        object_drop(&pod->meta.object);
        return;
    }
    const uint32_t slot = decision_top(&walk->fast, below(walk, walk->fast.top_count));
    snapshot_place(walk->snapshot, pod, walk->snapshot->nodes[slot]->name, below(walk, 2));
    walk->pods[number] = pod;
}

static void forget(struct walk *walk, size_t number)
{
    const struct object *pod = &walk->pods[number]->meta.object;
    cr_assert(snapshot_remove_pod(walk->snapshot, pod->space, pod->name));
    object_drop(pod);
    walk->pods[number] = NULL;
}

/* A node's sums against its pods, one by one. */
static void recount(const struct node_info *info, size_t step)
{
    int64_t cpu = 0, memory = 0, nonzero_cpu = 0, gpus = 0;
    size_t pods = 0, ports = 0;
    for (const struct placed_pod *placed = info->first; placed != NULL; placed = placed->next) {
        const struct pod_spec *spec = placed->pod->spec;
        cpu += spec->requests.cpu_milli;
        memory += spec->requests.memory_bytes;
        nonzero_cpu += spec->nonzero_cpu_milli;
        gpus += resources_get(&spec->requests, "example.com/gpu");
        ports += spec->host_port_count;
        pods++;
    }
    cr_assert_eq(info->requested.cpu_milli, cpu, "step %zu", step);
    cr_assert_eq(info->requested.memory_bytes, memory, "step %zu", step);
    cr_assert_eq(info->nonzero_cpu_milli, nonzero_cpu, "step %zu", step);
    cr_assert_eq(resources_get(&info->requested, "example.com/gpu"), gpus, "step %zu", step);
    cr_assert_eq(info->pod_count, pods, "step %zu", step);
    cr_assert_eq(info->port_count, ports, "step %zu", step);
}

static void recount_all(const struct walk *walk, size_t step)
{
    const struct snapshot *snapshot = walk->snapshot;
    size_t nodes = 0, pods = 0, there = 0;
    for (size_t i = 0; i < snapshot->slot_count; i++) {
        if (snapshot->nodes[i] == NULL)
            continue;
        recount(snapshot->nodes[i], step);
        nodes += snapshot->nodes[i]->node != NULL;
        pods += snapshot->nodes[i]->pod_count;
    }
    for (size_t i = 0; i < PODS; i++)
        there += walk->pods[i] != NULL;
    cr_assert_eq(pods, there, "step %zu", step);
    cr_assert_eq(nodes, snapshot->zones.node_count, "step %zu", step);
}

static void open_walk(struct walk *walk, uint64_t seed)
{
    struct error_list errors = { 0 };
    *walk = (struct walk){ .run = run_new(seed) };
    walk->codec = codec_new(walk->run);
    walk->configuration = scheduler_configuration_load(walk->run->texts, NULL, &errors);
    walk->snapshot = snapshot_new(walk->run->texts, NULL);
    walk->templates = template_cache_new();
    walk->stream = stream_of(seed, "", "walk", "test", 0);
    for (size_t i = 0; i < NODES; i += 1 + below(walk, 2))
        set_node(walk, i);
}

static void close_walk(struct walk *walk)
{
    for (size_t i = 0; i < PODS; i++)
        if (walk->pods[i] != NULL)
            forget(walk, i);
    decision_close(&walk->fast);
    decision_close(&walk->plain);
    template_cache_free(walk->templates);
    snapshot_free(walk->snapshot);
    scheduler_configuration_free(walk->configuration);
    codec_close(&walk->codec);
    run_free(walk->run);
}

Test(decision, remembered_answers_equal_fresh_ones_on_a_random_walk)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct walk walk;
        open_walk(&walk, seed);
        for (size_t step = 0; step < STEPS; step++) {
            const size_t number = below(&walk, PODS);
            if (below(&walk, 20) == 0)
                change_node(&walk);
            if (walk.pods[number] != NULL)
                forget(&walk, number);
            else
                schedule(&walk, number, step);
            if (step % 50 == 0)
                recount_all(&walk, step);
        }
        cr_expect_gt(walk.found, STEPS / 3);
        cr_expect_gt(walk.nowhere, 0);
        close_walk(&walk);
    }
}

Test(decision, looks_for_as_many_nodes_as_the_real_scheduler)
{
    static const struct {
        const char *why;
        int percentage;
        size_t nodes, want;
    } rows[] = {
        { "fewer than 100 nodes are all looked at", 30, 99, 99 },
        { "never fewer than 100", 10, 200, 100 },
        { "50 - 1000/125 = 42 %", 0, 1000, 420 },
        { "50 - 5000/125 = 10 %", 0, 5000, 500 },
        { "never less than 5 %", 0, 20000, 1000 },
        { "a given percentage counts as it is", 70, 150, 105 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(nodes_to_find(rows[i].percentage, rows[i].nodes), rows[i].want, "%s",
                     rows[i].why);
}

Test(node_order, takes_one_node_of_each_zone_in_turn)
{
    struct run *run = run_new(1);
    struct codec codec = codec_new(run);
    struct snapshot *snapshot = snapshot_new(run->texts, NULL);
    static const struct {
        const char *name, *zone;
    } nodes[] = { { "a1", "a" }, { "a2", "a" }, { "b1", "b" }, { "x1", NULL }, { "a3", "a" } };
    static const char *const want[] = { "a1", "b1", "x1", "a2", "a3" };
    for (size_t i = 0; i < 5; i++) {
        const struct node *node = node_make(&codec, nodes[i].name, 4, 8, nodes[i].zone);
        snapshot_set_node(snapshot, node);
        object_drop(&node->meta.object);
    }
    snapshot_refresh(snapshot);
    cr_assert_eq(snapshot->node_count, 5);
    for (size_t i = 0; i < 5; i++)
        cr_expect_str_eq(snapshot->nodes[snapshot->order[i]]->name->s, want[i]);
    snapshot_free(snapshot);
    codec_close(&codec);
    run_free(run);
}
