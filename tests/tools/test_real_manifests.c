/* Published applications, whole, as their users would try them: six nodes, a week. Every
 * Deployment and Service that their files name ends in a row, and a row that is not available
 * says why. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/yaml.h"
#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tests/support/shared.h"
#include "tools/commands/commands.h"
#include "tools/files.h"
#include "tools/inputs.h"

static const struct {
    const char *path; /* below data/manifests */
    size_t rows;      /* at least so many Deployments and Services: the files are what we think */
} applications[] = {
    { "online-boutique/release/kubernetes-manifests.yaml", 24 },
    { "sock-shop/complete-demo.yaml", 28 },
    { "sock-shop/manifests", 28 },
    { "istio-samples/bookinfo/platform/kube/bookinfo.yaml", 10 },
    { "voting-app", 9 },
    { "kubernetes-examples/web/guestbook/all-in-one/guestbook-all-in-one.yaml", 6 },
    { "kubernetes-examples/web/guestbook", 6 },
    { "kubernetes-examples/web/guestbook-go", 3 },
    { "kubernetes-examples/AI/vllm-deployment", 2 },
    { "kubernetes-examples/databases/mysql-cinder-pd", 1 },
    { "kubernetes-examples/_archived/storage/minio", 3 },
    { "kubernetes-examples/_archived/selenium", 3 },
    { "gke-samples/quickstarts/guestbook", 6 },
    { "gke-samples/quickstarts/wordpress-persistent-disks", 4 },
    { "gke-samples/quickstarts/hello-app/manifests", 3 },
    { "gke-samples/networking/load-balancing", 4 },
    { "ingress-nginx/deploy/static/provider/cloud/deploy.yaml", 3 },
    { "ingress-nginx/deploy/static/provider/baremetal/deploy.yaml", 3 },
    { "cert-manager/base/upstream/cert-manager.yaml", 5 },
    { "argo-cd/install.yaml", 14 },
    { "argo-cd/ha/namespace-install.yaml", 15 },
    { "kube-prometheus", 13 },
    { "kube-state-metrics/standard", 2 },
    { "kube-state-metrics/deploymentsharding", 4 },
    { "knative-serving", 8 },
    { "velero", 3 },
    { "strimzi", 2 },
    { "rook", 6 },
    { "longhorn", 15 },
    { "calico", 3 },
    { "gatekeeper/deploy/gatekeeper.yaml", 3 },
    { "falco-deploy", 5 },
    { "vault-k8s", 2 },
    { "linkerd-injected/inject_emojivoto_deployment.golden.yml", 1 },
};

enum { APPLICATIONS = sizeof applications / sizeof *applications };

/* ── what the files name, read from the documents alone ── */

static void count_document(struct value *named, const struct value *document)
{
    const char *version = value_text(value_get(document, "apiVersion"), "");
    const char *kind = value_text(value_get(document, "kind"), "");
    const struct value *items = value_get(document, "items");
    for (size_t i = 0; strcmp(kind, "List") == 0 && i < items->count; i++)
        count_document(named, items->items[i]);
    if (strcmp(kind, "Deployment") == 0
            ? strcmp(version, "apps/v1") != 0
            : strcmp(kind, "Service") != 0 || strcmp(version, "v1") != 0)
        return;
    const char *space = value_text(value_path(document, "metadata", "namespace", NULL), "default");
    char *key = mem_format("%s %s/%s", kind, space,
                           value_text(value_path(document, "metadata", "name", NULL), "?"));
    value_set(named, key, value_new_bool(true));
    free(key);
}

static void count_file(struct value *named, const char *path)
{
    struct documents documents = { 0 };
    struct error_list faults = { 0 };
    struct error error = { 0 };
    size_t length;
    char *bytes = file_read(path, &length, &error);
    cr_assert_not_null(bytes, "%s: %s", path, error.text);
    documents_read(&documents, bytes, length, path, &faults);
    for (size_t i = 0; i < documents.count; i++)
        count_document(named, documents.items[i]);
    documents_close(&documents);
    error_list_close(&faults);
    free(bytes);
}

/* {"Service default/web": true} */
static struct value *objects_named(const char *path)
{
    struct value *named = value_new_map();
    struct file_list files = { 0 };
    struct error error = { 0 };
    cr_assert(file_list_add(&files, path, true, &error), "%s: %s", path, error.text);
    for (size_t i = 0; i < files.count; i++)
        count_file(named, files.paths[i]);
    file_list_close(&files);
    return named;
}

/* ── what the program says ── */

/* As `seatrial run -f PATH -R --nodes 6x8cpu,32Gi --duration 7d`, up to the summary. */
static struct value *play(const char *path)
{
    char *arguments[] = { "run",     "-f",          (char *)path, "-R",
                          "--nodes", "6x8cpu,32Gi", "--duration", "7d" };
    struct command_line *line =
        command_line_read(&run_command, sizeof arguments / sizeof *arguments, arguments);
    struct inputs inputs;
    struct error_list faults = { 0 }, warnings = { 0 };
    cr_assert(inputs_read(&inputs, line), "%s is read", path);
    struct simulation *simulation =
        simulation_new(&inputs.scenario, (struct simulation_options){ 0 }, &faults, &warnings);
    errors_print(&faults);
    cr_assert_not_null(simulation, "%s is accepted", path);
    simulation_advance(simulation, inputs.scenario.duration);
    struct value *summary = simulation_summary(simulation);
    simulation_free(simulation);
    error_list_close(&faults);
    error_list_close(&warnings);
    inputs_close(&inputs);
    command_line_free(line);
    return summary;
}

static void expect_reason(const char *path, const struct value *row)
{
    const int64_t ready = value_int(value_get(row, "ready"), -1);
    const int64_t wanted = value_int(value_get(row, "wanted"), -1);
    const char *reason = value_text(value_get(row, "reason"), "");
    const bool is_fine =
        ready >= wanted && (ready > 0 || strcmp(value_get(row, "kind")->text, "Service") != 0);
    cr_expect(is_fine || *reason != '\0', "%s: %s %s is at %lld/%lld, without a reason", path,
              value_get(row, "kind")->text, value_get(row, "name")->text, (long long)ready,
              (long long)wanted);
}

/* Strike the rows of a list from what was named. */
static void strike_rows(const char *path, struct value *named, const struct value *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct value *row = rows->items[i];
        char *key = mem_format("%s %s/%s", value_get(row, "kind")->text,
                               value_get(row, "namespace")->text, value_get(row, "name")->text);
        value_remove(named, key);
        expect_reason(path, row);
        free(key);
    }
}

static void try_application(size_t i)
{
    char *below = mem_format("data/manifests/%s", applications[i].path);
    char *path = shared_path(below);
    free(below);
    struct value *named = objects_named(path);
    cr_expect_geq(named->count, applications[i].rows, "%s names %zu objects", path, named->count);
    struct value *summary = play(path);
    strike_rows(path, named, value_get(summary, "workloads"));
    strike_rows(path, named, value_get(summary, "services"));
    for (size_t k = 0; k < named->count; k++)
        cr_expect_fail("%s: no row for %s", path, named->entries[k].key);
    value_drop(summary);
    value_drop(named);
    free(path);
}

Test(real_manifests, end_in_a_row_for_each_deployment_and_service)
{
    char *probe = shared_path("data/manifests");
    struct file_list files = { 0 };
    struct error error = { 0 };
    const bool is_there = file_list_add(&files, probe, true, &error) && files.count > 1;
    file_list_close(&files);
    error_close(&error);
    free(probe);
    if (!is_there) {
        printf("    NOT RUN: %d applications\n", APPLICATIONS);
        return;
    }
    for (size_t i = 0; i < APPLICATIONS; i++)
        try_application(i);
}
