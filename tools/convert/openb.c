/* openb: Alibaba's cluster-trace-gpu-v2023, the trace of the FGD paper (Weng et al., USENIX ATC 2023).
 *
 * Pods are a table (name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec,qos,pod_phase,creation_time,
 * deletion_time,scheduled_time]), nodes another one (sn,cpu_milli,memory_mib,gpu,model) or Node
 * objects. What is asked of GPUs becomes the annotations of docs/gpus.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml.h"
#include "models/scheduler/configuration/policies.h"
#include "sim/base/memory.h"
#include "tools/convert/formats.h"
#include "tools/convert/trace_table.h"

enum { NOTHING, PODS, NODES, NODE_OBJECTS };
enum { MOST_GPUS = 64, PODS_OF_A_NODE = 1001 }; /* as the trace's own Node objects say */

static int role(const struct trace_input *input)
{
    char cells[5][64];
    const size_t count = trace_head_cells(input, cells, 5);
    if (count == 5 && strcmp(cells[3], "num_gpu") == 0 && strcmp(cells[4], "gpu_milli") == 0)
        return PODS;
    if (count == 5 && strcmp(cells[0], "sn") == 0 && strcmp(cells[3], "gpu") == 0)
        return NODES;
    if (memmem(input->head, input->head_length, "alibabacloud.com/gpu-c", 22) != NULL &&
        memmem(input->head, input->head_length, "kind: Node", 10) != NULL)
        return NODE_OBJECTS;
    return NOTHING;
}

/* ── nodes ── */

static void read_nodes(struct conversion *conversion, struct trace_input *input)
{
    struct trace_table table;
    double cpu, memory, gpus;
    trace_table_open(&table, input, conversion->faults);
    if (!trace_table_name_columns(&table)) {
        trace_table_close(&table);
        return;
    }
    const size_t name = trace_table_column(&table, "sn", true);
    const size_t cpu_at = trace_table_column(&table, "cpu_milli", true);
    const size_t memory_at = trace_table_column(&table, "memory_mib", true);
    const size_t gpu_at = trace_table_column(&table, "gpu", true);
    const size_t model = trace_table_column(&table, "model", false);
    while (trace_table_next(&table)) {
        if (!trace_table_number(&table, cpu_at, "cpu_milli", 0, 1e9, &cpu) ||
            !trace_table_number(&table, memory_at, "memory_mib", 0, 1e12, &memory) ||
            !trace_table_number(&table, gpu_at, "gpu", 0, MOST_GPUS, &gpus))
            continue;
        struct value *capacity = value_new_map(), *labels = value_new_map();
        char *called = name_of_trace(trace_table_cell(&table, name));
        value_set(capacity, "cpu", milli_value((int64_t)cpu));
        value_set(capacity, "memory", bytes_value((int64_t)memory << 20));
        value_set(capacity, "pods", milli_value(1000 * PODS_OF_A_NODE));
        if (gpus > 0)
            value_set(capacity, "alibabacloud.com/gpu-count", milli_value(1000 * (int64_t)gpus));
        if (*trace_table_cell(&table, model) != '\0')
            value_set(labels, "alibabacloud.com/gpu-card-model",
                      value_new_string(trace_table_cell(&table, model)));
        value_add(conversion->nodes, node_of_trace(called, capacity, labels));
        conversion_count(conversion, "nodes", 1);
        conversion_count(conversion, "GPUs of them", (int64_t)gpus);
        free(called);
    }
    trace_table_close(&table);
}

static void read_node_objects(struct conversion *conversion, struct trace_input *input)
{
    struct documents documents = { 0 };
    struct error error = { 0 };
    size_t length;
    char *bytes = trace_input_read_all(input, &length, &error);
    if (bytes == NULL) {
        error_list_take(conversion->faults, &error);
        return;
    }
    documents_read(&documents, bytes, length, input->name, conversion->faults);
    for (size_t i = 0; i < documents.count; i++) {
        const struct value *document = documents.items[i];
        if (strcmp(value_text(value_get(document, "kind"), ""), "Node") != 0) {
            error_list_add(conversion->faults, document->at, "this is no Node");
            continue;
        }
        const struct value *gpus =
            value_path(document, "status", "allocatable", "alibabacloud.com/gpu-count", NULL);
        value_add(conversion->nodes, value_hold(document));
        conversion_count(conversion, "nodes", 1);
        conversion_count(conversion, "GPUs of them", atoi(value_text(gpus, "0")));
    }
    documents_close(&documents);
    free(bytes);
}

/* ── what is typical: FGDScore learns it from the whole trace, as in the paper ── */

struct sort {
    int64_t cpu_milli, memory_mib, gpus, gpu_milli, pods;
    char *models; /* owned */
};

struct sorts {
    struct sort *items;
    size_t count, capacity;
};

static void sorts_add(struct sorts *sorts, const struct sort *sort)
{
    for (size_t i = 0; i < sorts->count; i++) {
        struct sort *known = &sorts->items[i];
        if (known->cpu_milli == sort->cpu_milli && known->memory_mib == sort->memory_mib &&
            known->gpus == sort->gpus && known->gpu_milli == sort->gpu_milli &&
            strcmp(known->models, sort->models) == 0) {
            known->pods++;
            return;
        }
    }
    MEM_GROW(sorts->items, sorts->count, sorts->capacity);
    sorts->items[sorts->count] = *sort;
    sorts->items[sorts->count].models = mem_text(sort->models, strlen(sort->models));
    sorts->items[sorts->count++].pods = 1;
}

static struct value *typical_pods(const struct sorts *sorts)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < sorts->count; i++) {
        const struct sort *sort = &sorts->items[i];
        struct value *entry = value_new_map();
        value_set(entry, "cpuMilli", value_new_int(sort->cpu_milli));
        value_set(entry, "gpuCount", value_new_int(sort->gpus));
        value_set(entry, "gpuMilli", value_new_int(sort->gpu_milli));
        value_set(entry, "gpuSpec", value_new_string(sort->models));
        value_set(entry, "pods", value_new_int(sort->pods));
        value_add(list, entry);
    }
    return list;
}

/* fgd.json: the policy fgd that knows these pods, for --scheduler-config. */
static void write_fgd(struct conversion *conversion, const struct sorts *sorts)
{
    struct value *document = scheduling_policy_read(scheduling_policy_find("fgd"));
    struct value *plugin = value_new_map(), *plugins = value_new_list();
    value_set(plugin, "name", value_new_string("FGDScore"));
    value_put(&plugin, typical_pods(sorts), "args", "typicalPods", NULL);
    value_add(plugins, plugin);
    struct value **profiles = value_slot(document, "profiles");
    value_own(profiles);
    value_set(value_own(&(*profiles)->items[0]), "pluginConfig", plugins);
    value_set(document, "apiVersion", value_new_string("kubescheduler.config.k8s.io/v1"));
    value_set(document, "kind", value_new_string("KubeSchedulerConfiguration"));
    char *text = json_text(document, (struct json_style){ .indent = 1 });
    value_set(conversion->files, "fgd.json", value_new_string(text));
    value_drop(document);
    free(text);
}

/* The default profile, which shares GPUs. */
static void share_gpus(struct conversion *conversion)
{
    static const char profile[] =
        "{\"apiVersion\":\"kubescheduler.config.k8s.io/v1\",\"kind\":"
        "\"KubeSchedulerConfiguration\",\"profiles\":[{\"plugins\":{\"multiPoint\":{\"enabled\":"
        "[{\"name\":\"Open-Gpu-Share\"}]},\"filter\":{\"enabled\":[{\"name\":"
        "\"Open-Gpu-Share\"}]}}}]}";
    struct error error = { 0 };
    value_set(conversion->spec, "schedulerConfiguration",
              json_read(profile, strlen(profile), (struct place){ 0 }, NULL, &error));
}

/* ── pods ── */

struct columns {
    size_t name, cpu, memory, gpus, milli, models, qos, phase, created, deleted, scheduled;
    bool has_times;
};

static bool find_columns(struct trace_table *table, struct columns *columns)
{
    const size_t before = table->faults->count;
    *columns = (struct columns){ .name = trace_table_column(table, "name", true),
                                 .cpu = trace_table_column(table, "cpu_milli", true),
                                 .memory = trace_table_column(table, "memory_mib", true),
                                 .gpus = trace_table_column(table, "num_gpu", true),
                                 .milli = trace_table_column(table, "gpu_milli", true),
                                 .models = trace_table_column(table, "gpu_spec", false),
                                 .qos = trace_table_column(table, "qos", false),
                                 .phase = trace_table_column(table, "pod_phase", false),
                                 .created = trace_table_column(table, "creation_time", false),
                                 .deleted = trace_table_column(table, "deletion_time", false),
                                 .scheduled = trace_table_column(table, "scheduled_time", false) };
    columns->has_times = columns->created != SIZE_MAX && columns->deleted != SIZE_MAX;
    return table->faults->count == before;
}

/* When it came, and how long it ran: from when it was scheduled, or as long as it was there. */
static bool read_times(struct conversion *conversion, struct trace_table *table,
                       const struct columns *columns, sim_time *at, sim_time *duration)
{
    double created, deleted, scheduled;
    if (!columns->has_times) {
        *at = *duration = 0;
        return true;
    }
    if (!trace_table_number(table, columns->created, "creation_time", 0, 1e9, &created) ||
        !trace_table_number(table, columns->deleted, "deletion_time", 0, 1e9, &deleted))
        return false;
    scheduled = created;
    if (*trace_table_cell(table, columns->scheduled) == '\0')
        conversion_count(conversion, "pods that the trace never scheduled", 1);
    else if (!trace_table_number(table, columns->scheduled, "scheduled_time", 0, 1e9, &scheduled))
        return false;
    *at = sim_time_from_seconds(created);
    *duration = sim_time_from_seconds(deleted - scheduled);
    if (deleted < scheduled)
        conversion_count(conversion, "pods deleted before they were scheduled: they run 0 s", 1);
    return true;
}

static void read_pod(struct conversion *conversion, struct trace_table *table,
                     const struct columns *columns, struct sorts *sorts, struct writer *cells)
{
    double cpu, memory, gpus, milli = 0;
    sim_time at, duration;
    char count[24] = "", share[24] = "";
    const char *models = "";
    if (!trace_table_number(table, columns->cpu, "cpu_milli", 0, 1e9, &cpu) ||
        !trace_table_number(table, columns->memory, "memory_mib", 0, 1e12, &memory) ||
        !trace_table_number(table, columns->gpus, "num_gpu", 0, MOST_GPUS, &gpus) ||
        (gpus > 0 && !trace_table_number(table, columns->milli, "gpu_milli", 1, 1e6, &milli)) ||
        !read_times(conversion, table, columns, &at, &duration))
        return;
    if (gpus > 0) { /* what a pod without GPU says of them is not meant */
        milli = milli < 1000 ? milli : 1000;
        models = trace_table_cell(table, columns->models);
        snprintf(count, sizeof count, "%d", (int)gpus);
        snprintf(share, sizeof share, "%d", (int)milli);
    }
    writer_clear(cells);
    add_cell(cells, count);
    add_cell(cells, share);
    add_cell(cells, models);
    add_cell(cells, trace_table_cell(table, columns->qos));
    const bool failed = strcmp(trace_table_cell(table, columns->phase), "Failed") == 0;
    add_cell(cells, failed ? "1" : "");
    const size_t rows = conversion->row_count;
    char *name = name_of_trace(trace_table_cell(table, columns->name));
    conversion_add_row(conversion, at, duration, (int64_t)cpu, (int64_t)memory << 20, 0, name,
                       cells->bytes);
    free(name);
    if (conversion->row_count == rows)
        return;
    conversion_count(conversion, "pods", 1);
    conversion_count(conversion, "of a GPU in thousandths, that pods ask for",
                     (int64_t)(gpus * milli));
    if (failed)
        conversion_count(conversion, "pods that fail at their end", 1);
    sorts_add(sorts, &(struct sort){ (int64_t)cpu, (int64_t)memory, (int64_t)gpus, (int64_t)milli,
                                     0, (char *)models });
}

static void read_pods(struct conversion *conversion, struct trace_input *input, struct sorts *sorts)
{
    struct trace_table table;
    struct columns columns;
    struct writer cells = { 0 };
    trace_table_open(&table, input, conversion->faults);
    if (trace_table_name_columns(&table) && find_columns(&table, &columns)) {
        if (!columns.has_times && !conversion->options->in_order)
            error_list_add(conversion->faults, (struct place){ input->name, 1, 1 },
                           "this variant of the trace has no times (--in-order lets a pod arrive "
                           "each second)");
        else
            while (trace_table_next(&table))
                read_pod(conversion, &table, &columns, sorts, &cells);
    }
    writer_close(&cells);
    trace_table_close(&table);
}

static void add_notes(struct conversion *conversion)
{
    conversion_note(conversion, "A pod of the trace is a bare pod of its name; cpu_milli and "
                                "memory_mib are its requests, num_gpu, gpu_milli and gpu_spec the "
                                "annotations of docs/gpus.md, qos a label.");
    if (conversion->options->in_order)
        conversion_note(
            conversion,
            "--in-order: from the tenth minute on a pod arrives each second in the order of the "
            "rows, and none leaves; the trace's times are not used.");
    else
        conversion_note(conversion,
                        "A pod arrives at creation_time and runs for deletion_time - "
                        "scheduled_time from its start (- creation_time where the trace never "
                        "scheduled it), so that waiting here moves its end. Pods whose phase is "
                        "Failed end with exit code 1.");
    conversion_note(conversion, "Lost: where the trace's own scheduler put pods (it does not say), "
                                "what they really used, limits.");
    conversion_note(conversion,
                    "The scheduler is the default profile with Open-Gpu-Share. --policy "
                    "takes others; --scheduler-config fgd.json is the policy fgd that "
                    "knows all pods of the trace, as in the paper.");
}

static void convert(struct conversion *conversion)
{
    struct sorts sorts = { 0 };
    struct trace_input *input;
    conversion->columns = ",annotations[alibabacloud.com/gpu-count],annotations[alibabacloud.com/"
                          "gpu-milli],annotations[alibabacloud.com/gpu-card-model],labels[qos],"
                          "exit_code";
    for (size_t i = 0; (input = conversion_input(conversion, role, NODES, i)) != NULL; i++)
        read_nodes(conversion, input);
    for (size_t i = 0; (input = conversion_input(conversion, role, NODE_OBJECTS, i)) != NULL; i++)
        read_node_objects(conversion, input);
    for (size_t i = 0; (input = conversion_input(conversion, role, PODS, i)) != NULL; i++)
        read_pods(conversion, input, &sorts);
    add_notes(conversion);
    share_gpus(conversion);
    write_fgd(conversion, &sorts);
    for (size_t i = 0; i < sorts.count; i++)
        free(sorts.items[i].models);
    free(sorts.items);
}

const struct trace_format openb_format = {
    .name = "openb",
    .summary = "Alibaba GPU v2023 (openb): pods that share GPUs, and their nodes",
    .inputs = "openb_pod_list_*.csv, and openb_node_list_*.csv or .yaml",
    .role = role,
    .convert = convert,
};
