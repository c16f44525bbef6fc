/* Alibaba's cluster-trace-v2026-spot-gpu (Duan et al., GFS, ASPLOS 2026): jobs with high priority and jobs
 * on spot GPUs, and nodes.
 *
 * A job becomes a Job of its workers; two PriorityClasses let high priority preempt spot, and what
 * was preempted comes again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/convert/formats.h"
#include "tools/convert/trace_table.h"

enum { NOTHING, JOBS, NODES };

static bool has_name(char cells[][64], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(cells[i], name) == 0)
            return true;
    return false;
}

static int role(const struct trace_input *input)
{
    char cells[16][64];
    const size_t count = trace_head_cells(input, cells, 16);
    if (has_name(cells, count, "job_type") && has_name(cells, count, "worker_num"))
        return JOBS;
    if (has_name(cells, count, "gpu_capacity_num") && has_name(cells, count, "node_name"))
        return NODES;
    return NOTHING;
}

static const char model_label[] = "nvidia.com/gpu.product";

/* ── nodes ── */

static void read_nodes(struct conversion *conversion, struct trace_input *input)
{
    struct trace_table table;
    double gpus, cores;
    trace_table_open(&table, input, conversion->faults);
    trace_table_name_columns(&table);
    const size_t model_at = trace_table_column(&table, "gpu_model", true);
    const size_t gpu_at = trace_table_column(&table, "gpu_capacity_num", true);
    const size_t cpu_at = trace_table_column(&table, "cpu_num", true);
    const size_t name_at = trace_table_column(&table, "node_name", true);
    while (trace_table_next(&table)) {
        if (!trace_table_number(&table, gpu_at, "gpu_capacity_num", 0, 64, &gpus) ||
            !trace_table_number(&table, cpu_at, "cpu_num", 0, 1e6, &cores))
            continue;
        struct value *capacity = value_new_map(), *labels = value_new_map();
        char *id = name_of_trace(trace_table_cell(&table, name_at));
        char *name = mem_format("node-%s", id);
        value_set(capacity, "cpu", milli_value((int64_t)(cores * 1000)));
        value_set(capacity, "memory", bytes_value((int64_t)(cores * 0x1p33)));
        if (gpus > 0)
            value_set(capacity, "nvidia.com/gpu", milli_value(1000 * (int64_t)gpus));
        value_set(labels, model_label, value_new_string(trace_table_cell(&table, model_at)));
        value_add(conversion->nodes, node_of_trace(name, capacity, labels));
        conversion_count(conversion, "nodes", 1);
        conversion_count(conversion, "GPUs of them", (int64_t)gpus);
        free(name);
        free(id);
    }
    trace_table_close(&table);
}

/* ── jobs ── */

struct columns {
    size_t name, organization, model, cpu, gpu, workers, at, duration, type;
};

static void read_job(struct conversion *conversion, struct trace_table *table,
                     const struct columns *columns, struct writer *cells)
{
    const char *type = trace_table_cell(table, columns->type);
    const bool is_spot = strcmp(type, "Spot") == 0;
    double cpu, gpus, workers, at, duration;
    char gpu_text[24] = "";
    if (!is_spot && strcmp(type, "HP") != 0) {
        error_list_add(conversion->faults, trace_table_place(table, columns->type),
                       "job_type: \"%.40s\" is neither HP nor Spot", type);
        return;
    }
    if (!trace_table_number(table, columns->cpu, "cpu_request", 0, 1e6, &cpu) ||
        !trace_table_number(table, columns->gpu, "gpu_request", 0, 64, &gpus) ||
        !trace_table_number(table, columns->workers, "worker_num", 1, 1000000, &workers) ||
        !trace_table_number(table, columns->at, "submit_time", 0, 1e9, &at) ||
        !trace_table_number(table, columns->duration, "duration", 0, 1e9, &duration))
        return;
    if (gpus != (double)(int64_t)gpus) {
        conversion_count(conversion, "jobs that ask for part of a GPU: for a whole one", 1);
        gpus = (double)((int64_t)gpus + 1);
    }
    if (gpus > 0)
        snprintf(gpu_text, sizeof gpu_text, "%d", (int)gpus);
    writer_clear(cells);
    add_cell(cells, "Job");
    add_cell(cells, is_spot ? "spot" : "high-priority");
    add_cell(cells, gpu_text);
    add_cell(cells, trace_table_cell(table, columns->model));
    add_cell(cells, trace_table_cell(table, columns->organization));
    char *id = name_of_trace(trace_table_cell(table, columns->name));
    char *name = mem_format("job-%s", id);
    const size_t rows = conversion->row_count;
    conversion_add_row(conversion, sim_time_from_seconds(at), sim_time_from_seconds(duration),
                       (int64_t)(cpu * 1000), (int64_t)(cpu * 0x1p32), (uint32_t)workers, name,
                       cells->bytes);
    if (conversion->row_count > rows) {
        conversion_count(conversion, is_spot ? "spot jobs" : "high-priority jobs", 1);
        conversion_count(conversion, "pods", (int64_t)workers);
        conversion_count(conversion, "GPU-seconds of work", (int64_t)(gpus * workers * duration));
    }
    free(name);
    free(id);
}

static void read_jobs(struct conversion *conversion, struct trace_input *input)
{
    struct trace_table table;
    struct writer cells = { 0 };
    const size_t before = conversion->faults->count;
    trace_table_open(&table, input, conversion->faults);
    trace_table_name_columns(&table);
    const struct columns columns = { trace_table_column(&table, "job_name", true),
                                     trace_table_column(&table, "organization", false),
                                     trace_table_column(&table, "gpu_model", true),
                                     trace_table_column(&table, "cpu_request", true),
                                     trace_table_column(&table, "gpu_request", true),
                                     trace_table_column(&table, "worker_num", true),
                                     trace_table_column(&table, "submit_time", true),
                                     trace_table_column(&table, "duration", true),
                                     trace_table_column(&table, "job_type", true) };
    while (conversion->faults->count == before && trace_table_next(&table))
        read_job(conversion, &table, &columns, &cells);
    while (conversion->faults->count > before && trace_table_next(&table))
        read_job(conversion, &table, &columns, &cells); /* more faults of the same file */
    writer_close(&cells);
    trace_table_close(&table);
}

static void add_priority(struct conversion *conversion, const char *name, int64_t value,
                         const char *policy)
{
    struct value *class = value_new_map();
    value_set(class, "apiVersion", value_new_string("scheduling.k8s.io/v1"));
    value_set(class, "kind", value_new_string("PriorityClass"));
    value_put(&class, value_new_string(name), "metadata", "name", NULL);
    value_set(class, "value", value_new_int(value));
    value_set(class, "preemptionPolicy", value_new_string(policy));
    value_add(conversion->objects, class);
}

/* The trace has none; how often is up to the user. */
static void add_reclaims(struct conversion *conversion)
{
    const sim_time mean = conversion->options->reclaim_every;
    struct value *failure = value_new_map(), *failures = value_new_list();
    char text[SIM_TIME_TEXT];
    value_set(failure, "kind", value_new_string("spot-reclaim"));
    value_put(&failure, value_new_string(sim_time_print(mean, text)), "every", "exponential",
              "mean", NULL);
    value_set(failure, "lasts", value_new_string("10m"));
    value_add(failures, failure);
    value_set(conversion->spec, "failures", failures);
    conversion_note(conversion,
                    "--reclaim-every: each node is taken back with two minutes' notice "
                    "after an exponential time of mean %s, and there is another one ten "
                    "minutes later.",
                    text);
}

static void convert(struct conversion *conversion)
{
    struct trace_input *input;
    conversion->columns =
        ",kind,priorityClassName,requests[nvidia.com/gpu],nodeSelector[nvidia.com/"
        "gpu.product],labels[organization]";
    for (size_t i = 0; (input = conversion_input(conversion, role, NODES, i)) != NULL; i++)
        read_nodes(conversion, input);
    for (size_t i = 0; (input = conversion_input(conversion, role, JOBS, i)) != NULL; i++)
        read_jobs(conversion, input);
    add_priority(conversion, "high-priority", 1000000, "PreemptLowerPriority");
    add_priority(conversion, "spot", 1000, "Never");
    conversion_note(conversion, "A job is a Job of worker_num pods at once, each of which asks for "
                                "cpu_request and gpu_request (nvidia.com/gpu) on nodes of its "
                                "gpu_model and runs for the duration.");
    conversion_note(conversion,
                    "HP jobs have the PriorityClass high-priority and preempt those of the class "
                    "spot, which come again from their beginning: the trace does not say what "
                    "checkpoints save.");
    conversion_note(conversion, "The trace has no memory: nodes get 8 GiB a core, pods 4 GiB a "
                                "core, so that CPU and GPUs decide.");
    if (conversion->options->reclaim_every > 0)
        add_reclaims(conversion);
    conversion_note(conversion,
                    "Lost: quotas of organizations (kept as a label). The trace does not "
                    "say when nodes were taken back (--reclaim-every makes that up).");
    if (conversion_input(conversion, role, JOBS, 0) == NULL)
        conversion_note(conversion, "No jobs were given: nothing arrives.");
}

const struct trace_format spot_gpu_format = {
    .name = "spot-gpu",
    .summary = "Alibaba v2026 spot GPU: jobs of high priority and spot jobs, and nodes",
    .inputs = "job_info_df.csv and node_info_df.csv",
    .takes_any = true,
    .role = role,
    .convert = convert,
};
