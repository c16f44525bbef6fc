/* Any text as kubectl commands, one a line, in a small cluster. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "models/actions/actions.h"
#include "models/cluster/scenario_private.h"
#include "sim/base/memory.h"

static const char objects[] =
    "{apiVersion: v1, kind: Node, metadata: {name: n0}, status: {allocatable: {cpu: 4, memory: "
    "8Gi, pods: 110}}}\n---\n"
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n---\n"
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: "
    "{app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "
    "a}]}}}}\n";

static void do_command(struct actions *actions, char **words, size_t count,
                       const struct documents *documents)
{
    struct error error = { 0 };
    action_check(words, count, (struct place){ .file = "fuzz", .line = 1 }, &error);
    error_close(&error);
    action_start(actions,
                 &(struct action_request){ .argv = words, .argc = count, .documents = documents });
}

static void do_lines(struct actions *actions, struct run *run, char *text,
                     const struct documents *documents)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        struct error error = { 0 };
        char **words;
        size_t count;
        if (words_split(line, (struct place){ 0 }, &words, &count, &error)) {
            do_command(actions, words, count, documents);
            words_free(words, count);
        }
        error_close(&error);
        run_until(run, run_now(run) + SIM_SECOND);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char apply[] = "apply -f -", *text = mem_text((const char *)bytes, length);
    struct settings settings;
    struct documents documents = { 0 };
    struct error_list faults = { 0 };
    settings_init(&settings);
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_new(run, "", settings);
    struct actions *actions = actions_new(cluster);
    documents_read(&documents, objects, sizeof objects - 1, "objects", &faults);
    do_lines(actions, run, apply, &documents);
    do_lines(actions, run, text, &documents);
    actions_free(actions);
    cluster_free(cluster);
    run_free(run);
    documents_close(&documents);
    error_list_close(&faults);
    free(text);
    return 0;
}
