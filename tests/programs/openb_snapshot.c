/* openb_snapshot: the openb trace as `kubectl get nodes,pods -A -o json` would print it.
 *
 * 1,523 nodes and the 8,152 pods of the default trace, all of them waiting. GPUs are what Alibaba's
 * gpushare scheduler calls them: nodes offer a number of GPUs and their milli, pods ask for milli
 * as a resource that cannot be overcommitted, and by annotations for the rest
 * (models/scheduler/snapshot/gpus.h), which policies that know GPUs read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "models/api/meta.h"
#include "models/scheduler/snapshot/gpus.h"
#include "sim/base/memory.h"
#include "tests/support/csv.h"
#include "tests/support/shared.h"

#define GPU_MILLI_RESOURCE "alibabacloud.com/gpu-milli"

/* Takes the text. */
static struct value *own_text(char *text)
{
    struct value *value = value_new_string(text);
    free(text);
    return value;
}

static struct value *milli(int64_t amount)
{
    return own_text(mem_format("%" PRId64 "m", amount));
}

static struct value *number(int64_t amount)
{
    return own_text(mem_format("%" PRId64, amount));
}

static struct value *object(const char *kind, const char *name, uint64_t id)
{
    struct value *document = value_new_map();
    char uid[UID_TEXT];
    value_set(document, "apiVersion", value_new_string("v1"));
    value_set(document, "kind", value_new_string(kind));
    value_put(&document, value_new_string(name), "metadata", "name", NULL);
    value_put(&document, value_new_string(uid_print(uid_from_bits(1, id), uid)), "metadata", "uid",
              NULL);
    return document;
}

static struct value *node_document(const struct csv *csv, size_t row)
{
    const char *name = csv_cell(csv, row, csv_column(csv, "sn"));
    const char *model = csv_cell(csv, row, csv_column(csv, "model"));
    const int64_t gpus = csv_int(csv, row, csv_column(csv, "gpu"));
    const int64_t memory = csv_int(csv, row, csv_column(csv, "memory_mib"));
    struct value *node = object("Node", name, row + 1), *offers = value_new_map();
    value_put(&node, value_new_string(name), "metadata", "labels", "kubernetes.io/hostname", NULL);
    if (*model != '\0')
        value_put(&node, value_new_string(model), "metadata", "labels",
                  "alibabacloud.com/gpu-card-model", NULL);
    value_set(offers, "cpu", milli(csv_int(csv, row, csv_column(csv, "cpu_milli"))));
    value_set(offers, "memory", own_text(mem_format("%" PRId64 "Mi", memory)));
    value_set(offers, "pods", number(110));
    if (gpus > 0) {
        value_set(offers, "alibabacloud.com/gpu-count", number(gpus));
        value_set(offers, GPU_MILLI_RESOURCE, number(gpus * GPU_MILLI));
    }
    value_put(&node, value_hold(offers), "status", "capacity", NULL);
    value_put(&node, offers, "status", "allocatable", NULL);
    return node;
}

static void ask_for_gpus(struct value **pod, struct value *wants, const struct csv *csv, size_t row)
{
    const int64_t count = csv_int(csv, row, csv_column(csv, "num_gpu"));
    const int64_t each = csv_int(csv, row, csv_column(csv, "gpu_milli"));
    const char *models = csv_cell(csv, row, csv_column(csv, "gpu_spec"));
    if (count == 0)
        return;
    value_set(wants, GPU_MILLI_RESOURCE, number(count * each));
    value_put(pod, number(count), "metadata", "annotations", GPU_COUNT_ANNOTATION, NULL);
    value_put(pod, number(each), "metadata", "annotations", GPU_MILLI_ANNOTATION, NULL);
    if (*models != '\0')
        value_put(pod, value_new_string(models), "metadata", "annotations", GPU_MODEL_ANNOTATION,
                  NULL);
}

static struct value *pod_document(const struct csv *csv, size_t row)
{
    const int64_t memory = csv_int(csv, row, csv_column(csv, "memory_mib"));
    struct value *pod = object("Pod", csv_cell(csv, row, csv_column(csv, "name")), 10000 + row);
    struct value *wants = value_new_map(), *container = value_new_map(), *list = value_new_list();
    value_put(&pod, value_new_string("default"), "metadata", "namespace", NULL);
    value_set(wants, "cpu", milli(csv_int(csv, row, csv_column(csv, "cpu_milli"))));
    value_set(wants, "memory", own_text(mem_format("%" PRId64 "Mi", memory)));
    ask_for_gpus(&pod, wants, csv, row);
    value_set(container, "name", value_new_string("main"));
    value_set(container, "image", value_new_string("registry.k8s.io/pause:3.10"));
    value_put(&container, value_hold(wants), "resources", "limits", NULL);
    value_put(&container, wants, "resources", "requests", NULL);
    value_add(list, container);
    value_put(&pod, list, "spec", "containers", NULL);
    value_put(&pod, value_new_int(0), "spec", "priority", NULL);
    value_put(&pod, value_new_string("Pending"), "status", "phase", NULL);
    return pod;
}

static bool read_table(struct csv *csv, const char *below)
{
    char *path = shared_path(below);
    const bool good = csv_read(csv, path);
    if (!good)
        fprintf(stderr, "openb_snapshot: %s is not there\n", path);
    free(path);
    return good;
}

int main(void)
{
    struct csv nodes = { 0 }, pods = { 0 };
    if (!read_table(&nodes, "data/traces/openb/openb_node_list_all_node.csv") ||
        !read_table(&pods, "data/traces/openb/openb_pod_list_default.csv"))
        return 2;
    struct value *list = value_new_map(), *items = value_new_list();
    value_set(list, "apiVersion", value_new_string("v1"));
    value_set(list, "kind", value_new_string("List"));
    for (size_t i = 0; i < nodes.rows; i++)
        value_add(items, node_document(&nodes, i));
    for (size_t i = 0; i < pods.rows; i++)
        value_add(items, pod_document(&pods, i));
    value_set(list, "items", items);
    char *text = json_text(list, (struct json_style){ .indent = 4 });
    puts(text);
    free(text);
    value_drop(list);
    csv_close(&nodes);
    csv_close(&pods);
    return 0;
}
