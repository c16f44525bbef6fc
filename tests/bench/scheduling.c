/* How many placements a CPU second gives: the queue, the decision and the snapshot alone, without
 * store, kubelets and virtual time.
 *
 * The workload is W1 of shared/workloads: pods of 16 templates arrive on nodes of 64 cores and
 * 256 GiB, stay for 600 s on average and keep 80 % of the cpu in use. The pods are drawn
 * here by the rules of gen_workload.py, so the bench needs no file.
 *
 *     build/bench/scheduling [DIRECTORY]     prints a table; also writes DIRECTORY/scheduling.md */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "models/scheduler/decision.h"
#include "models/scheduler/scheduling_queue.h"
#include "tests/support/rows.h"

enum { TEMPLATES = 16 };
static const int64_t cores[] = { 1000, 2000, 4000, 8000 }, gib_per_core[] = { 1, 2, 4, 8 };

/* --- the stream of gen_workload.py: SplitMix64 -------------------------------------------------- */

static double next_uniform(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static size_t pick(const double *tops, double u)
{
    size_t i = 0;
    while (i < 3 && u >= tops[i])
        i++;
    return i;
}

struct coming {
    double at, until;
    uint8_t template;
    struct pod *pod;
};

static struct coming *draw_pods(size_t count, size_t nodes, uint64_t seed)
{
    static const double cpu_tops[] = { 0.2, 0.5, 0.8 }, ratio_tops[] = { 0.3, 0.7, 0.9 };
    const double mean = 600, gap = mean / (0.8 * (double)nodes * 64000 / 3600);
    struct coming *coming = mem_new(count * sizeof *coming);
    double at = 0;
    for (size_t i = 0; i < count; i++) {
        at += -gap * log(1 - next_uniform(&seed));
        const size_t cpu = pick(cpu_tops, next_uniform(&seed));
        const size_t ratio = pick(ratio_tops, next_uniform(&seed));
        coming[i].at = at;
        coming[i].template = (uint8_t)(cpu * 4 + ratio);
        coming[i].until = at - mean * log(1 - next_uniform(&seed));
    }
    return coming;
}

/* --- records ------------------------------------------------------------------------------------- */

struct bench {
    struct run *run;
    struct pod_specs *specs;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct scheduling_queue *queue;
    struct decision decision;
    size_t next_start, placed, rejected;
    const struct pod_spec *spec_of[TEMPLATES];
    bool plainly;
};

static void nothing_to_do(void *subject)
{
    (void)subject;
}

static const struct pod_spec *new_spec(struct bench *bench, int64_t cpu, int64_t gib)
{
    char text[256];
    snprintf(
        text, sizeof text,
        "{\"schedulerName\":\"default-scheduler\",\"preemptionPolicy\":\"PreemptLowerPriority\","
        "\"containers\":[{\"name\":\"c\",\"image\":\"work:1\",\"resources\":{\"requests\":"
        "{\"cpu\":\"%dm\",\"memory\":\"%dGi\"}}}]}",
        (int)cpu, (int)gib);
    struct value *document = rows_parse(text);
    const struct pod_spec *spec = pod_spec_compile(bench->specs, document);
    value_drop(document);
    return spec;
}

static void add_node(struct bench *bench, size_t number, struct node_resources *offers)
{
    struct node *node = (struct node *)object_new(object_kinds, KIND_NODE);
    node->meta.object.name = text_format(bench->run->texts, "node-%zu", number);
    node->allocatable = offers;
    offers->refs++;
    snapshot_set_node(bench->snapshot, node);
    object_drop(&node->meta.object);
}

static void open_bench(struct bench *bench, size_t nodes, bool plainly)
{
    struct error_list errors = { 0 };
    *bench = (struct bench){ .run = run_new(1), .plainly = plainly };
    struct texts *texts = bench->run->texts;
    bench->specs = pod_specs_new(texts);
    bench->configuration = scheduler_configuration_load(texts, NULL, &errors);
    bench->snapshot = snapshot_new(texts, NULL);
    bench->templates = template_cache_new();
    bench->queue = scheduling_queue_new(bench->run, bench->configuration, nothing_to_do, NULL);
    struct node_resources *offers = mem_new(sizeof *offers);
    *offers = (struct node_resources){ .refs = 1,
                                       .pods = 110,
                                       .resources = { .cpu_milli = 64000,
                                                      .memory_bytes = (int64_t)256 << 30 } };
    for (size_t i = 0; i < nodes; i++)
        add_node(bench, i, offers);
    for (size_t i = 0; i < TEMPLATES; i++)
        bench->spec_of[i] =
            new_spec(bench, cores[i / 4], cores[i / 4] / 1000 * gib_per_core[i % 4]);
}

static void close_bench(struct bench *bench)
{
    decision_close(&bench->decision);
    scheduling_queue_free(bench->queue);
    template_cache_free(bench->templates);
    snapshot_free(bench->snapshot);
    scheduler_configuration_free(bench->configuration);
    for (size_t i = 0; i < TEMPLATES; i++)
        pod_spec_drop(bench->spec_of[i]);
    pod_specs_free(bench->specs);
    run_free(bench->run);
}

static struct pod *new_pod(struct bench *bench, size_t number, uint8_t template)
{
    struct pod *pod = (struct pod *)object_new(object_kinds, KIND_POD);
    pod->meta.object.name = text_format(bench->run->texts, "pod-%zu", number);
    pod->meta.object.space = text_intern(bench->run->texts, "default");
    pod->spec = pod_spec_hold(bench->spec_of[template]);
    return pod;
}

/* --- the measured work -------------------------------------------------------------------------------- */

static void leave(struct bench *bench, struct coming *coming)
{
    const struct object *object = &coming->pod->meta.object;
    if (snapshot_remove_pod(bench->snapshot, object->space, object->name)) {
        const struct cluster_event event = {
            .kind = KIND_POD, .action = EVENT_DELETE, .label = "AssignedPodDelete", .before = object
        };
        scheduling_queue_event(bench->queue, &event, (struct cause){ 0, 0 });
    }
    object_drop(object);
    coming->pod = NULL;
}

static void place(struct bench *bench, const struct pod *pod)
{
    const struct profile *profile = bench->configuration->profiles[0];
    scheduling_queue_add(bench->queue, pod, profile, (struct cause){ 0, 0 });
    struct waiting_pod *waiting = scheduling_queue_pop(bench->queue);
    snapshot_refresh(bench->snapshot);
    (bench->plainly ? decide_plainly : decide)(bench->templates, profile, bench->snapshot, pod,
                                               bench->next_start, &bench->decision);
    bench->next_start = decision_next_start(&bench->decision);
    if (bench->decision.outcome == DECISION_FOUND) {
        const uint32_t taken =
            run_choose(bench->run, "node", name_of(pod), 1, (uint32_t)bench->decision.top_count);
        const uint32_t slot = decision_top(&bench->decision, taken);
        snapshot_place(bench->snapshot, pod, bench->snapshot->nodes[slot]->name, true);
        bench->placed++;
    } else {
        bench->rejected++;
    }
    scheduling_queue_done(bench->queue, waiting);
}

/* Departures, earliest first: a heap of indexes. */
struct departures {
    const struct coming *coming;
    size_t *items, count;
};

static void push_departure(struct departures *heap, size_t pod)
{
    size_t at = heap->count++;
    for (; at > 0 && heap->coming[heap->items[(at - 1) / 2]].until > heap->coming[pod].until;
         at = (at - 1) / 2)
        heap->items[at] = heap->items[(at - 1) / 2];
    heap->items[at] = pod;
}

static size_t pop_departure(struct departures *heap)
{
    const size_t first = heap->items[0], last = heap->items[--heap->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count &&
            heap->coming[heap->items[child + 1]].until < heap->coming[heap->items[child]].until)
            child++;
        if (heap->coming[heap->items[child]].until >= heap->coming[last].until)
            break;
        heap->items[at] = heap->items[child];
    }
    heap->items[at] = last;
    return first;
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* CPU seconds of scheduling `count` pods, making their records not counted. */
static double run_once(struct bench *bench, struct coming *coming, size_t count)
{
    struct departures heap = { coming, mem_new(count * sizeof *heap.items), 0 };
    for (size_t i = 0; i < count; i++)
        coming[i].pod = new_pod(bench, i, coming[i].template);
    const double began = cpu_seconds();
    for (size_t i = 0; i < count; i++) {
        while (heap.count > 0 && coming[heap.items[0]].until <= coming[i].at)
            leave(bench, &coming[pop_departure(&heap)]);
        place(bench, coming[i].pod);
        push_departure(&heap, i);
    }
    const double took = cpu_seconds() - began;
    while (heap.count > 0)
        leave(bench, &coming[pop_departure(&heap)]);
    free(heap.items);
    return took;
}

/* --- the table ------------------------------------------------------------------------------------------- */

static const struct {
    const char *what;
    size_t nodes, pods;
    int percentage;
    bool plainly;
    int runs;
} rows[] = {
    { "adaptive sampling (W1)", 1000, 100000, 0, false, 3 },
    { "every node scored", 1000, 100000, 100, false, 3 },
    { "adaptive sampling", 5000, 100000, 0, false, 3 },
    { "every node scored", 5000, 50000, 100, false, 3 },
    { "every plugin asked (reference)", 1000, 5000, 0, true, 1 },
};

/* The table goes to standard output and, if one is given, into a file. */
static void say(FILE *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
    if (file == NULL)
        return;
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
}

static void measure(size_t row, FILE *file)
{
    double least = INFINITY;
    size_t placed = 0, rejected = 0;
    for (int i = 0; i < rows[row].runs; i++) {
        struct bench bench;
        struct coming *coming = draw_pods(rows[row].pods, rows[row].nodes, 1);
        open_bench(&bench, rows[row].nodes, rows[row].plainly);
        bench.configuration->profiles[0]->percentage_of_nodes_to_score = rows[row].percentage;
        const double took = run_once(&bench, coming, rows[row].pods);
        least = took < least ? took : least;
        placed = bench.placed;
        rejected = bench.rejected;
        close_bench(&bench);
        free(coming);
    }
    say(file, "| %s | %zu | %zu | %zu | %.3f | %.0f | %.2f |\n", rows[row].what, rows[row].nodes,
        placed, rejected, least, (double)rows[row].pods / least,
        1e6 * least / (double)rows[row].pods);
}

static FILE *open_results(const char *directory)
{
    char *path = mem_format("%s/scheduling.md", directory);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        perror(path);
    free(path);
    return file;
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? open_results(argv[1]) : NULL;
    if (argc > 1 && file == NULL)
        return 1;
    say(file,
        "# Scheduling throughput\n\n"
        "Workload W1 of `gen_workload.py` (16 templates, 64 cores and 256 GiB a node), seed 1: "
        "queue, decision and\nsnapshot alone. CPU seconds, the least of the runs. "
        "Command: `make bench`.\n\n"
        "| what | nodes | placed | rejected | CPU s | pods/CPU s | us/pod |\n"
        "|------|------:|-------:|---------:|------:|-----------:|-------:|\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        measure(i, file);
    if (file != NULL)
        fclose(file);
    return 0;
}
