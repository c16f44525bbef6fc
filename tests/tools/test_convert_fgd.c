/* A converted openb trace under the policies of the FGD paper: each pod goes where the recorded run of
 * the same order has it. Where nodes are equally good, that run took the first. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tests/support/converted.h"
#include "tests/support/fgd_published.h"
#include "tests/support/program.h"
#include "tests/support/shared.h"
#include "tools/commands/commands.h"
#include "tools/inputs.h"
#include "models/scheduler/configuration/policies.h"

enum {
    PODS = 8000
}; /* of 10,866 arrivals, for all of which it holds: more waits than runs by then */

/* The pods of the recorded order, and the nodes in the order of their ranks, as openb's tables. */
static void write_order(const struct fgd_published *published, const char *folder)
{
    const struct openb *openb = &published->openb[0];
    const size_t column = csv_column(&published->pods[0], "seed42");
    const size_t rank = csv_column(&published->nodes[0], "seed42");
    struct writer pods = { 0 }, nodes = { 0 };
    writer_add(&pods, "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n");
    for (size_t i = 0; i < PODS; i++) {
        const size_t line = (size_t)csv_int(&published->pods[0], i, column);
        const struct openb_class *class = &openb->classes[openb->class_of[line]];
        writer_format(&pods, "openb-%zu,%ld,%ld,%d,%d,%s\n", i, (long)class->cpu_milli,
                      (long)class->memory_mib, class->num_gpu, class->gpu_milli, class->gpu_spec);
    }
    writer_add(&nodes, "sn,cpu_milli,memory_mib,gpu,model\n");
    for (size_t i = 0; i < openb->node_count; i++) {
        const struct openb_node *node = &openb->nodes[csv_int(&published->nodes[0], i, rank)];
        writer_format(&nodes, "%s,%ld,%ld,%d,%s\n", node->name, (long)node->cpu_milli,
                      (long)node->memory_mib, node->gpus, node->model);
    }
    folder_write(folder, "pods.csv", pods.bytes);
    folder_write(folder, "nodes.csv", nodes.bytes);
    writer_close(&pods);
    writer_close(&nodes);
}

/* fgd.json of the trace as it is: what is typical is what the whole of it asks for. */
static void write_typical(const char *folder)
{
    char *trace = shared_path("data/traces/openb/openb_pod_list_default.csv");
    value_drop(converted(folder, trace));
    char *text = converted_text(folder, "fgd.json");
    cr_assert_not_null(text);
    folder_write(folder, "fgd.json", text);
    free(text);
    free(trace);
}

/* Of nodes that are equally good, that of the lowest rank; `context` has the ranks by name. */
static uint32_t take_first(void *context, const struct question *question)
{
    uint32_t first = 0;
    int64_t least = INT64_MAX;
    if (strcmp(question->purpose, "node") != 0)
        return question->options; /* no opinion */
    for (uint32_t i = 0; i < question->options; i++) {
        const char *name = question->name(question->context, i);
        const int64_t rank = value_int(value_get(context, name), INT64_MAX);
        if (rank < least) {
            least = rank;
            first = i;
        }
    }
    return first;
}

static struct value *ranks_of(const struct fgd_published *published)
{
    const struct csv *order = &published->nodes[0];
    struct value *ranks = value_new_map();
    for (size_t i = 0; i < order->rows; i++)
        value_set(ranks,
                  published->openb[0].nodes[csv_int(order, i, csv_column(order, "seed42"))].name,
                  value_new_int((int64_t)i));
    return ranks;
}

static const char *node_of(const struct cluster *cluster, size_t number)
{
    char *name = mem_format("openb-%zu", number);
    const struct object_key key = { KIND_POD, text_find(cluster->run->texts, "default"),
                                    text_find(cluster->run->texts, name) };
    const struct object *object = key.name != NULL ? store_get(cluster->store, key) : NULL;
    free(name);
    return object != NULL ? text_s(pod_of(object)->node_name) : "(no pod)";
}

static void expect_placements(const struct fgd_published *published, const char *folder,
                              const struct fgd_policy *policy)
{
    char *scenario = mem_format("%s/out/scenario.yaml", folder);
    char *configuration = mem_format("--scheduler-config=%s/%s.json", folder, policy->policy);
    char *arguments[] = { (char *)"run", scenario, configuration, NULL };
    struct command_line *line = command_line_read(&run_command, 3, arguments);
    const size_t column = csv_column(&published->placements, policy->published);
    struct error_list faults = { 0 }, warnings = { 0 };
    struct inputs inputs;
    cr_assert(inputs_read(&inputs, line));
    struct simulation *simulation =
        simulation_new(&inputs.scenario, (struct simulation_options){ .without_metrics = true },
                       &faults, &warnings);
    cr_assert_not_null(simulation);
    struct value *ranks = ranks_of(published);
    simulation_run(simulation)->decide = take_first;
    simulation_run(simulation)->decide_context = ranks;
    simulation_advance(simulation, inputs.scenario.duration);
    size_t agreed = 0;
    for (; agreed < PODS; agreed++) {
        const int64_t want = csv_int(&published->placements, agreed, column);
        const char *name = want < 0 ? "" : published->openb[0].nodes[want].name;
        if (strcmp(node_of(simulation_cluster(simulation), agreed), name) != 0)
            break;
    }
    cr_expect_eq(agreed, PODS, "%s: arrival %zu goes to %s", policy->policy, agreed,
                 node_of(simulation_cluster(simulation), agreed));
    simulation_free(simulation);
    value_drop(ranks);
    error_list_close(&faults);
    error_list_close(&warnings);
    inputs_close(&inputs);
    command_line_free(line);
    free(configuration);
    free(scenario);
}

/* The other policies need to know nothing of the trace. */
static void write_policies(const char *folder)
{
    for (size_t i = 1; i < FGD_POLICIES; i++) {
        const char *policy = fgd_policies[i].policy;
        char *name = mem_format("%s.json", policy);
        char *text = mem_format("apiVersion: kubescheduler.config.k8s.io/v1\n"
                                "kind: KubeSchedulerConfiguration\n%s\n",
                                scheduling_policy_find(policy)->configuration);
        if (strcmp(policy, "fgd") != 0)
            folder_write(folder, name, text);
        free(name);
        free(text);
    }
}

Test(convert_fgd, places_the_pods_of_openb_where_the_study_does)
{
    struct fgd_published published;
    char *folder = folder_new();
    if (!fgd_published_load(&published)) {
        printf("NOT RUN: %d placements of five policies, for want of the shared data "
               "(SEATRIAL_SHARED)\n",
               5 * PODS);
        folder_remove(folder);
        return;
    }
    write_order(&published, folder);
    write_typical(folder);
    write_policies(folder);
    char *arguments = mem_format("%s/pods.csv %s/nodes.csv --in-order", folder, folder);
    value_drop(converted(folder, arguments));
    for (size_t i = 1; i < FGD_POLICIES; i++)
        expect_placements(&published, folder, &fgd_policies[i]);
    free(arguments);
    fgd_published_close(&published);
    folder_remove(folder);
}
