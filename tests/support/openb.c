/* The openb traces; see openb.h. */
#include "tests/support/openb.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/shared.h"

static bool read_table(struct csv *csv, const char *format, const char *name)
{
    char *below = mem_format(format, name), *path = shared_path(below);
    const bool found = csv_read(csv, path);
    free(below);
    free(path);
    return found;
}

static void load_nodes(struct openb *openb)
{
    const struct csv *table = &openb->node_table;
    const size_t name = csv_column(table, "sn"), cpu = csv_column(table, "cpu_milli");
    const size_t memory = csv_column(table, "memory_mib"), gpu = csv_column(table, "gpu");
    const size_t model = csv_column(table, "model");
    openb->node_count = table->rows;
    openb->nodes = mem_new(table->rows * sizeof *openb->nodes);
    for (size_t i = 0; i < table->rows; i++) {
        openb->nodes[i] = (struct openb_node){ .name = csv_cell(table, i, name),
                                               .model = csv_cell(table, i, model),
                                               .cpu_milli = csv_int(table, i, cpu),
                                               .memory_mib = csv_int(table, i, memory),
                                               .gpus = (int)csv_int(table, i, gpu) };
        openb->gpus += openb->nodes[i].gpus;
    }
}

static uint32_t find_class(struct openb *openb, const struct openb_class *pod)
{
    for (uint32_t i = 0; i < openb->class_count; i++) {
        const struct openb_class *class = &openb->classes[i];
        if (class->cpu_milli == pod->cpu_milli && class->memory_mib == pod->memory_mib &&
            class->num_gpu == pod->num_gpu && class->gpu_milli == pod->gpu_milli &&
            strcmp(class->gpu_spec, pod->gpu_spec) == 0)
            return i;
    }
    MEM_GROW(openb->classes, openb->class_count, openb->class_capacity);
    openb->classes[openb->class_count] = *pod;
    return (uint32_t)openb->class_count++;
}

/* What a pod without GPU says of GPUs is not meant. */
static struct openb_class read_pod(const struct csv *table, size_t row)
{
    struct openb_class pod = { .cpu_milli = csv_int(table, row, csv_column(table, "cpu_milli")),
                               .memory_mib = csv_int(table, row, csv_column(table, "memory_mib")),
                               .num_gpu = (int)csv_int(table, row, csv_column(table, "num_gpu")),
                               .gpu_spec = "" };
    if (pod.num_gpu == 0)
        return pod;
    const int64_t milli = csv_int(table, row, csv_column(table, "gpu_milli"));
    pod.gpu_milli = (int)(milli < 1000 ? milli : 1000);
    pod.gpu_spec = csv_cell(table, row, csv_column(table, "gpu_spec"));
    return pod;
}

bool openb_load(struct openb *openb, const char *trace)
{
    *openb = (struct openb){ 0 };
    if (!read_table(&openb->node_table, "data/traces/openb/openb_node_list_%s.csv", "gpu_node") ||
        (!read_table(&openb->pod_table, "data/traces/openb/openb_pod_list_%s.csv", trace) &&
         !read_table(&openb->pod_table, "data/traces/openb/openb_pod_list_%s.csv.gz", trace))) {
        openb_close(openb);
        return false;
    }
    load_nodes(openb);
    openb->pod_count = openb->pod_table.rows;
    openb->class_of = mem_new(openb->pod_count * sizeof *openb->class_of);
    for (size_t i = 0; i < openb->pod_count; i++) {
        const struct openb_class pod = read_pod(&openb->pod_table, i);
        openb->class_of[i] = find_class(openb, &pod);
        openb->classes[openb->class_of[i]].pods++;
    }
    return true;
}

void openb_close(struct openb *openb)
{
    free(openb->classes);
    free(openb->class_of);
    free(openb->nodes);
    csv_close(&openb->node_table);
    csv_close(&openb->pod_table);
    *openb = (struct openb){ 0 };
}
