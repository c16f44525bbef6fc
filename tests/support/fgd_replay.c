/* The experiment of the FGD paper on our scheduler; see fgd_replay.h. */
#include "tests/support/fgd_replay.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "models/scheduler/decision/assume.h"
#include "models/scheduler/decision/decision.h"
#include "models/scheduler/plugins/fragmentation.h"
#include "models/scheduler/configuration/policies.h"
#include "sim/kernel/run.h"
#include "tests/support/rows.h"

struct replay {
    const struct fgd_input *input;
    struct run *run;
    struct pod_specs *specs;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct decision decision;
    const struct pod_spec **spec_of; /* by class; held */
    const struct labels **asks;      /* by class: annotations; held */
    const struct text *space;
    int32_t *line_of_slot;

    struct typical_pods *typical;
    double *fragmentation; /* by slot, as of the last change */
    double fragmentation_sum;
    int64_t arrived_milli, left_milli;
    struct fgd_outcome *outcome;
};

/* --- the scheduler ------------------------------------------------------------------------- */

static void add_entry(struct value *map, const char *key, int64_t number)
{
    value_set(map, key, value_new_int(number));
}

/* FGDScore is told what pods are typical: the whole trace. */
static struct value *configuration_of(const struct openb *openb, const char *policy)
{
    struct value *document = scheduling_policy_read(scheduling_policy_find(policy));
    struct value *list = value_new_list(), *plugin = value_new_map();
    for (size_t i = 0; i < openb->class_count; i++) {
        const struct openb_class *class = &openb->classes[i];
        struct value *sort = value_new_map();
        add_entry(sort, "cpuMilli", class->cpu_milli);
        add_entry(sort, "gpuCount", class->num_gpu);
        add_entry(sort, "gpuMilli", class->gpu_milli);
        value_set(sort, "gpuSpec", value_new_string(class->gpu_spec));
        add_entry(sort, "pods", (int64_t) class->pods);
        value_add(list, sort);
    }
    value_set(plugin, "name", value_new_string("FGDScore"));
    value_put(&plugin, list, "args", "typicalPods", NULL);
    struct value *configs = value_new_list();
    value_add(configs, plugin);
    value_set(value_at(value_get(document, "profiles"), 0), "pluginConfig", configs);
    return document;
}

static const struct pod_spec *spec_of(struct replay *replay, const struct openb_class *class)
{
    char *text =
        mem_format("{\"schedulerName\":\"default-scheduler\",\"containers\":[{\"name\":\"c\","
                   "\"image\":\"i\",\"resources\":{\"requests\":{\"cpu\":\"%lldm\","
                   "\"memory\":\"%lldMi\"}}}]}",
                   (long long)class->cpu_milli, (long long)class->memory_mib);
    struct value *document = rows_parse(text);
    const struct pod_spec *spec = pod_spec_compile(replay->specs, document);
    value_drop(document);
    free(text);
    return spec;
}

static void annotate(struct replay *replay, const struct labels **labels, const char *key,
                     const char *value)
{
    const struct labels *more = labels_with(replay->run->texts, *labels, key, value);
    labels_drop(*labels);
    *labels = more;
}

static const struct labels *asks_of(struct replay *replay, const struct openb_class *class)
{
    const struct labels *labels = NULL;
    char number[32];
    if (class->num_gpu == 0)
        return NULL;
    snprintf(number, sizeof number, "%d", class->num_gpu);
    annotate(replay, &labels, GPU_COUNT_ANNOTATION, number);
    snprintf(number, sizeof number, "%d", class->gpu_milli);
    annotate(replay, &labels, GPU_MILLI_ANNOTATION, number);
    if (class->gpu_spec[0] != '\0')
        annotate(replay, &labels, GPU_MODEL_ANNOTATION, class->gpu_spec);
    return labels;
}

static void add_node(struct replay *replay, const struct openb_node *from)
{
    struct texts *texts = replay->run->texts;
    struct node *node = (struct node *)object_new(object_kinds, KIND_NODE);
    struct node_resources *offers = mem_new(sizeof *offers);
    *offers = (struct node_resources){
        .refs = 1,
        .pods = 1001,
        .resources = { .cpu_milli = from->cpu_milli,
                       .memory_bytes = from->memory_mib << 20,
                       .extended = mem_new(sizeof(struct extended_resource)),
                       .extended_count = 1 },
    };
    offers->resources.extended[0] =
        (struct extended_resource){ text_intern(texts, GPU_COUNT_ANNOTATION), from->gpus };
    node->meta.object.name = text_intern(texts, from->name);
    node->meta.labels = labels_with(texts, NULL, GPU_MODEL_ANNOTATION, from->model);
    node->allocatable = offers;
    snapshot_set_node(replay->snapshot, node);
    object_drop(&node->meta.object);
}

/* Nodes join by rank, so that of equal ones the first by slot is the one of lowest rank. */
static void add_nodes(struct replay *replay, size_t column)
{
    const struct openb *openb = replay->input->openb;
    const struct csv *ranks = replay->input->nodes;
    assert(ranks->rows == openb->node_count);
    replay->line_of_slot = mem_new(ranks->rows * sizeof *replay->line_of_slot);
    for (size_t rank = 0; rank < ranks->rows; rank++) {
        const int64_t line = csv_int(ranks, rank, column);
        add_node(replay, &openb->nodes[line]);
        replay->line_of_slot[rank] = (int32_t)line;
    }
}

static void replay_open(struct replay *replay)
{
    const struct openb *openb = replay->input->openb;
    struct error_list errors = { 0 };
    replay->run = run_new(replay->input->seed);
    struct texts *texts = replay->run->texts;
    struct value *document = configuration_of(openb, replay->input->policy);
    replay->specs = pod_specs_new(texts);
    replay->configuration = scheduler_configuration_load(texts, document, &errors);
    assert(replay->configuration != NULL);
    value_drop(document);
    replay->snapshot = snapshot_new(texts, NULL);
    replay->templates = template_cache_new();
    replay->space = text_intern(texts, "default");
    replay->spec_of = mem_new(openb->class_count * sizeof *replay->spec_of);
    replay->asks = mem_new(openb->class_count * sizeof *replay->asks);
    for (size_t i = 0; i < openb->class_count; i++) {
        replay->spec_of[i] = spec_of(replay, &openb->classes[i]);
        replay->asks[i] = asks_of(replay, &openb->classes[i]);
    }
}

static void replay_close(struct replay *replay)
{
    decision_close(&replay->decision);
    template_cache_free(replay->templates);
    snapshot_free(replay->snapshot);
    scheduler_configuration_free(replay->configuration);
    typical_pods_free(replay->typical);
    for (size_t i = 0; i < replay->input->openb->class_count; i++) {
        pod_spec_drop(replay->spec_of[i]);
        labels_drop(replay->asks[i]);
    }
    free(replay->spec_of);
    free(replay->asks);
    free(replay->line_of_slot);
    free(replay->fragmentation);
    text_drop(replay->space);
    pod_specs_free(replay->specs);
    run_free(replay->run);
}

/* --- what is measured ------------------------------------------------------------------------ */

static void measure_node(struct replay *replay, const struct node_info *node)
{
    struct gpu_room room = { .model = node->gpus->model,
                             .cpu_milli = node->node->allocatable->resources.cpu_milli -
                                          node->requested.cpu_milli,
                             .count = node->gpus->count };
    for (int i = 0; i < room.count; i++)
        room.left[i] = node_gpu_left(node->gpus, i);
    double *known = &replay->fragmentation[node->slot];
    replay->fragmentation_sum -= *known;
    *known = fragmentation_of(replay->typical, &room);
    replay->fragmentation_sum += *known;
}

static void measure_all(struct replay *replay)
{
    const struct openb *openb = replay->input->openb;
    const struct snapshot *snapshot = replay->snapshot;
    replay->typical = typical_pods_new();
    for (size_t i = 0; i < openb->class_count; i++) {
        const struct openb_class *class = &openb->classes[i];
        struct gpu_request request;
        const char *fault;
        gpu_request_load(replay->run->texts, replay->asks[i], &request, &fault);
        typical_pods_add(replay->typical, class->cpu_milli, request, (int64_t) class->pods);
    }
    typical_pods_choose(replay->typical, 95);
    replay->fragmentation = mem_new(snapshot->slot_count * sizeof *replay->fragmentation);
    for (size_t slot = 0; slot < snapshot->slot_count; slot++)
        measure_node(replay, snapshot->nodes[slot]);
    replay->left_milli = openb->gpus * GPU_MILLI;
}

static double hundredths(double percent)
{
    return round(percent * 100) / 100;
}

/* The state after an arrival goes into the mean of the point it is at. */
static void record(struct replay *replay)
{
    const double all = (double)replay->input->openb->gpus * GPU_MILLI;
    const double fragmented = replay->fragmentation_sum;
    const size_t point = (size_t)rint(100 * (double)replay->arrived_milli / all);
    if (point >= FGD_POINTS)
        return;
    struct fgd_curve *curve = &replay->outcome->curve[point];
    curve->allocated += hundredths(100 * (double)replay->outcome->gpu_milli / all);
    curve->fragmented += 100 * fragmented / all;
    curve->fragmented_ratio += 100 * fragmented / (double)replay->left_milli;
    curve->records++;
}

static void take_means(struct fgd_outcome *outcome)
{
    for (size_t i = 0; i < FGD_POINTS; i++) {
        struct fgd_curve *curve = &outcome->curve[i];
        const double records = curve->records > 0 ? (double)curve->records : 1;
        curve->allocated /= records;
        curve->fragmented /= records;
        curve->fragmented_ratio /= records;
    }
}

/* --- arrivals --------------------------------------------------------------------------------- */

/* The node of lowest rank, or any of them where chance is the policy. */
static const struct node_info *choose(struct replay *replay, const struct pod *pod)
{
    const struct decision *decision = &replay->decision;
    size_t taken = 0;
    if (strcmp(replay->input->policy, "random") == 0)
        taken = run_choose(replay->run, "node", name_of(pod), 0, (uint32_t)decision->top_count);
    return replay->snapshot->nodes[decision_top(decision, taken)];
}

static const struct node_info *schedule(struct replay *replay, const struct pod *pod)
{
    const struct profile *profile = replay->configuration->profiles[0];
    snapshot_refresh(replay->snapshot);
    (replay->input->plainly ? decide_plainly : decide)(replay->templates, profile, replay->snapshot,
                                                       pod, 0, &replay->decision);
    if (replay->decision.outcome != DECISION_FOUND)
        return NULL;
    const struct node_info *node = choose(replay, pod);
    struct assumed assumed = assume_pod(profile, replay->snapshot, pod, node, replay->run);
    snapshot_place(replay->snapshot, assumed.pod, node->name, true);
    assumed_close(&assumed);
    return node;
}

static void arrive(struct replay *replay, uint32_t class)
{
    const struct openb_class *asked = &replay->input->openb->classes[class];
    const int64_t gpu_milli = asked->num_gpu * asked->gpu_milli;
    struct fgd_outcome *outcome = replay->outcome;
    struct pod *pod = (struct pod *)object_new(object_kinds, KIND_POD);
    pod->meta.object.name = text_format(replay->run->texts, "openb-%zu", outcome->arrived);
    pod->meta.object.space = text_hold(replay->space);
    pod->meta.annotations = labels_hold(replay->asks[class]);
    pod->spec = pod_spec_hold(replay->spec_of[class]);
    const struct node_info *node = schedule(replay, pod);
    object_drop(&pod->meta.object);
    replay->arrived_milli += gpu_milli;
    outcome->chosen[outcome->arrived++] = node != NULL ? replay->line_of_slot[node->slot] : -1;
    if (node != NULL) {
        outcome->gpu_milli += gpu_milli;
        outcome->cpu_milli += asked->cpu_milli;
        replay->left_milli -= gpu_milli;
        measure_node(replay, node);
    } else {
        outcome->failed++;
    }
}

bool fgd_replay(const struct fgd_input *input, struct fgd_outcome *outcome)
{
    struct replay replay = { .input = input, .outcome = outcome };
    char seed[32];
    snprintf(seed, sizeof seed, "seed%u", input->seed);
    const size_t column = csv_column(input->pods, seed), ranks = csv_column(input->nodes, seed);
    *outcome = (struct fgd_outcome){ 0 };
    if (column == input->pods->columns || ranks == input->nodes->columns)
        return false;
    outcome->chosen = mem_new(input->pods->rows * sizeof *outcome->chosen);
    replay_open(&replay);
    add_nodes(&replay, ranks);
    measure_all(&replay);
    record(&replay);
    for (size_t i = 0; i < input->pods->rows && (input->limit == 0 || i < input->limit); i++) {
        if (csv_cell(input->pods, i, column)[0] == '\0')
            break; /* other seeds have more arrivals */
        arrive(&replay, input->openb->class_of[csv_int(input->pods, i, column)]);
        record(&replay);
    }
    take_means(outcome);
    replay_close(&replay);
    return true;
}

void fgd_outcome_close(struct fgd_outcome *outcome)
{
    free(outcome->chosen);
    *outcome = (struct fgd_outcome){ 0 };
}
