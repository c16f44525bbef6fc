/* Stages of KWOK: its rules in tables, its own examples, and stories by hand. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/jq_path.h"
#include "models/api/json.h"
#include "models/api/kwok_stage.h"
#include "models/api/yaml.h"
#include "sim/base/memory.h"
#include "models/api/node.h"
#include "tests/support/kubelet_stories.h"
#include "tests/support/shared.h"

/* ---- reading ---- */

static struct value *yaml_of(const char *text)
{
    struct error error = { 0 };
    struct value *value =
        yaml_read((struct yaml_piece){ text, strlen(text), { "test", 1, 1 } }, NULL, NULL, &error);
    cr_assert_not_null(value, "%s: %s", text, error.text);
    return value;
}

static char *file_text(const char *path)
{
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s cannot be read", path);
    struct writer text = { 0 };
    char part[4096];
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;)
        writer_add_bytes(&text, part, got);
    fclose(file);
    return writer_take(&text);
}

static char *stage_path(const char *pattern)
{
    char *below = mem_format("data/manifests/kwok-stages/kustomize/stage/%s", pattern);
    char *path = shared_path(below);
    free(below);
    return path;
}

static struct kwok_stage *stage_of(const char *spec)
{
    char *text =
        mem_format("{apiVersion: kwok.x-k8s.io/v1alpha1, kind: Stage, metadata: {name: s}, "
                   "spec: {resourceRef: {kind: Pod}, selector: {}, %s}}",
                   spec);
    struct value *document = yaml_of(text);
    struct kwok_stage *stage = kwok_stage_new(document, NULL, NULL);
    cr_assert_not_null(stage, "%s", text);
    value_drop(document);
    free(text);
    return stage;
}

/* ---- jq ---- */

static const struct {
    const char *jq, *found; /* NULL: an error of jq */
} paths[] = {
    { ".a", "" },
    { ".a.b.c", "" },
    { ".status.phase", "Running " },
    { ".status.conditions.[] | select( .type == \"Ready\" ) | .status", "True " },
    { ".status.conditions[] | select(.type != \"Ready\") | .status", "False " },
    { ".status.conditions[-1].type", "Ready " },
    { ".metadata.labels[\"a.b/c\"]", "x " },
    { ".metadata.labels.\"a.b/c\"", "x " },
    { ".metadata.owners.[].kind", NULL },
    { ".status.phase.name", NULL },
    { ".status.conditions.[].at.b", "" },
};

Test(kwok, finds_what_paths_of_jq_name)
{
    struct value *object = yaml_of(
        "{metadata: {labels: {a.b/c: x}}, status: {phase: Running, conditions: [{type: Init, "
        "status: 'False'}, {type: Ready, status: 'True'}]}}");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct error error = { 0 };
        struct jq_path *path = jq_path_parse(paths[i].jq, (struct place){ 0 }, &error);
        cr_assert_not_null(path, "%s: %s", paths[i].jq, error.text);
        struct jq_values values;
        const bool good = jq_path_run(path, object, &values);
        cr_expect_eq(good, paths[i].found != NULL, "%s", paths[i].jq);
        struct writer text = { 0 };
        for (size_t k = 0; k < values.count; k++)
            writer_format(&text, "%s ", value_text(values.items[k], "?"));
        char *found = writer_take(&text);
        cr_expect_str_eq(found, good ? paths[i].found : "", "%s", paths[i].jq);
        free(found);
        jq_values_close(&values);
        jq_path_free(path);
    }
    value_drop(object);
}

Test(kwok, refuses_what_it_does_not_understand_of_jq)
{
    static const char *const refused[] = { "",        "a",     ".a +1",     ".a | length",
                                           ".a[",     ".a[x]", "select(.a", ".a..b",
                                           ".a[1:2]", ".[\"a", "..",        ".a." };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error error = { 0 };
        cr_expect_null(jq_path_parse(refused[i], (struct place){ 0 }, &error), "%s", refused[i]);
        cr_expect_not_null(error.text, "%s", refused[i]);
        error_close(&error);
    }
}

/* ---- templates ---- */

/* Functions as the examples of KWOK write their answers down. */
static struct value *say(void *context, const char *name, struct value *const *arguments,
                         size_t count)
{
    (void)context;
    if (strcmp(name, "NodeConditions") == 0)
        return yaml_of(
            "[{type: Ready, status: 'True', reason: KubeletReady, message: kubelet is posting "
            "ready "
            "status}, {type: MemoryPressure, status: 'False', reason: KubeletHasSufficientMemory, "
            "message: kubelet has sufficient memory available}, {type: DiskPressure, status: "
            "'False', reason: KubeletHasNoDiskPressure, message: kubelet has no disk pressure}, "
            "{type: PIDPressure, status: 'False', reason: KubeletHasSufficientPID, message: "
            "kubelet "
            "has sufficient PID available}, {type: NetworkUnavailable, status: 'False', reason: "
            "RouteCreated, message: RouteController created a route}]");
    struct writer call = { 0 };
    writer_format(&call, "%s", name);
    for (size_t i = 0; i < count; i++) {
        char *json = json_text(arguments[i], (struct json_style){ 0 });
        writer_format(&call, "%s%s", i > 0 ? ", " : "(", json);
        free(json);
    }
    char *text = writer_take(&call);
    const bool many = strstr(name, "IPsWith") != NULL;
    struct value *list = value_new_list();
    for (int i = 0; i < 2; i++) {
        char *item = many ? mem_format("<%d of %s)>", i, text)
                          : mem_format("<%s%s>", text, count > 0 ? ")" : "");
        value_add(list, value_new_string(item));
        free(item);
    }
    free(text);
    if (many)
        return list;
    struct value *first = value_hold(list->items[0]);
    value_drop(list);
    return first;
}

static char *fill(const char *text, const char *document)
{
    struct error error = { 0 };
    struct go_template *template =
        go_template_parse(text, kwok_functions, (struct place){ 0 }, &error);
    cr_assert_not_null(template, "%s: %s", text, error.text);
    struct value *root = yaml_of(document);
    const struct go_functions functions = { kwok_functions, say, NULL };
    struct writer into = { 0 };
    go_template_run(template, root, &functions, &into);
    value_drop(root);
    go_template_free(template);
    return writer_take(&into);
}

static const struct {
    const char *template, *text;
} fillings[] = {
    { "a {{ .a }} {{ .b.c }} {{ .none }}", "a 1 x <no value>" },
    { "{{ if .no }}1{{ else if .a }}2{{ else }}3{{ end }}", "2" },
    { "{{ range $i, $x := .l }}{{ $i }}={{ $x.k }};{{ end }}", "0=p;1=q;" },
    { "{{ range .none }}x{{ else }}nothing{{ end }}", "nothing" },
    { "{{ with .b }}{{ .c }}{{ $.a }}{{ end }}", "x1" },
    { "{{ $x := false }}{{ range .l }}{{ if eq .k \"q\" }}{{ $x = true }}{{ end }}{{ end }}{{ $x "
      "}}",
      "true" },
    { "{{ or .no ( index .b \"no\" ) \"d\" | Quote }} {{ and .a .no }} {{ not .a }}",
      "\"d\" <no value> false" },
    { "{{ printf \"kwok-%s %d\" .b.c .a }}{{/* told */}}", "kwok-x 1" },
    { "a {{- .a -}} b", "a1b" },
    { "{{ Quote .a }}{{ YAML .b 1 }}{{ default \"d\" .no }}{{ len .l }}",
      "\"1\"  {\"c\":\"x\"}d2" },
    { "{{ NodeIPWith .b.c }}{{ `\"` }}", "<NodeIPWith(\"x\")>\"" },
};

Test(kwok, fills_templates_as_go_does)
{
    for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
        char *text = fill(fillings[i].template, "{a: 1, b: {c: x}, l: [{k: p}, {k: q}]}");
        cr_expect_str_eq(text, fillings[i].text, "%s gives %s", fillings[i].template, text);
        free(text);
    }
}

static const struct {
    const char *template, *why;
} refused[] = {
    { "{{ if .a }}", "line 1: a block has no {{ end }}" },
    { "\n\n{{ frobnicate .a }}", "line 3: this function is not understood: frobnicate" },
    { "{{ template \"x\" }}", "not understood: template" },
    { "{{ $x }}", "there is no variable $x" },
    { "{{ end }}", "without its beginning" },
    { "{{ .a", "does not end with }}" },
    { "{{ \"a }}", "a text does not end" },
    { "{{ 1.5 }}", "whole ones" },
    { "{{ .a | .b }}", "behind | is a function" },
    { "{{ range $x := .a }}{{ end }}{{ $x }}", "there is no variable $x" },
    { "{{ }}", "a command is missing" },
    { "{{ (.a }}", "not" },
};

Test(kwok, refuses_templates_with_their_line)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error error = { 0 };
        cr_expect_null(
            go_template_parse(refused[i].template, kwok_functions, (struct place){ 0 }, &error));
        cr_expect(error.text != NULL && strstr(error.text, refused[i].why) != NULL, "%s: %s",
                  refused[i].template, error.text);
        error_close(&error);
    }
}

/* ---- delays and weights ---- */

static const struct {
    const char *delay;
    double low, high; /* of what is drawn: [low, high), or the one value where they are equal */
} delays[] = {
    { "weight: 1", 0, 0 },
    { "delay: {durationMilliseconds: 1000}", 1, 1 },
    { "delay: {durationMilliseconds: 1000, jitterDurationMilliseconds: 5000}", 1, 5 },
    { "delay: {durationMilliseconds: 5000, jitterDurationMilliseconds: 1000}", 1, 1 },
    { "delay: {durationMilliseconds: 1000, jitterDurationMilliseconds: 1000}", 1, 1 },
    { "delay: {jitterDurationMilliseconds: 2000}", 0, 2 },
    { "delay: {durationMilliseconds: 1000, durationFrom: {expressionFrom: .wait}}", 7, 7 },
    { "delay: {durationMilliseconds: 1000, durationFrom: {expressionFrom: .absent}}", 1, 1 },
    { "delay: {durationMilliseconds: 1000, durationFrom: {expressionFrom: .bad}}", 0, 0 },
    { "delay: {durationMilliseconds: 1000, durationFrom: {expressionFrom: .at}}", 20, 20 },
    { "delay: {durationMilliseconds: 1000, jitterDurationFrom: {expressionFrom: .at}}", 1, 20 },
    { "delay: {durationMilliseconds: 1000, jitterDurationFrom: {expressionFrom: .past}}", 0, 0 },
    { "delay: {durationMilliseconds: 1000, jitterDurationFrom: {expressionFrom: .bad}}", 1, 1 },
};

Test(kwok, delays_are_drawn_below_the_jitter)
{
    struct value *object = yaml_of("{wait: 7s, bad: soon, at: '1970-01-01T00:00:30Z', past: "
                                   "'1970-01-01T00:00:01Z'}");
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        struct kwok_stage *stage = stage_of(delays[i].delay);
        struct stream luck = stream_of(1, "", "pod", "stage", 0);
        const double low = delays[i].low, high = delays[i].high;
        double sum = 0, least = 1e9, most = -1;
        for (int k = 0; k < 1000; k++) {
            const double delay =
                sim_time_to_seconds(kwok_stage_delay(stage, object, 10 * SIM_SECOND, 0, &luck));
            sum += delay / 1000;
            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
        cr_expect(least >= low && (most < high || low == high) && most <= high, "%s: %g to %g",
                  delays[i].delay, least, most);
        cr_expect_float_eq(sum, (low + high) / 2, (high - low) / 20 + 1e-9, "%s: %g on average",
                           delays[i].delay, sum);
        kwok_stage_free(stage);
    }
    value_drop(object);
}

/* Weights of three stages that match, and how often of 1,000 each is drawn. */
static const struct {
    const char *weights[3];
    double shares[3];
} draws[] = {
    { { "weight: 0", "weight: 0", "weight: 0" }, { 333, 333, 333 } },
    { { "weight: 1", "weight: 0", "weight: 0" }, { 1000, 0, 0 } },
    { { "weight: 1", "weight: 3", "weight: 0" }, { 250, 750, 0 } },
    { { "weight: 1", "weight: 10000", "weight: 0" }, { 0, 1000, 0 } },
    { { "weightFrom: {expressionFrom: .three}, weight: 9", "weight: 1", "weight: 0" },
      { 750, 250, 0 } },
    { { "weightFrom: {expressionFrom: .absent}, weight: 3", "weight: 1", "weight: 0" },
      { 750, 250, 0 } },
    { { "weightFrom: {expressionFrom: .bad}", "weight: 0", "weight: 0" }, { 0, 500, 500 } },
    { { "weightFrom: {expressionFrom: .bad}", "weightFrom: {expressionFrom: .bad}",
        "weightFrom: {expressionFrom: .bad}" },
      { 333, 333, 333 } },
};

Test(kwok, draws_among_all_stages_that_match_by_weight)
{
    struct value *object = yaml_of("{three: '0x3', bad: heavy}");
    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
        struct kwok_stage *stages[3];
        struct stream luck = stream_of(1, "", "pod", "stage", 0);
        int drawn[3] = { 0, 0, 0 };
        for (int k = 0; k < 3; k++)
            stages[k] = stage_of(draws[i].weights[k]);
        for (int k = 0; k < 1000; k++) {
            const struct kwok_stage *chosen = kwok_stage_choose(stages, 3, object, &luck);
            for (int s = 0; s < 3; s++)
                drawn[s] += stages[s] == chosen;
        }
        for (int s = 0; s < 3; s++) {
            const double share = draws[i].shares[s];
            cr_expect(share == 0 || share == 1000 ? abs(drawn[s] - (int)share) <= 1
                                                  : abs(drawn[s] - (int)share) < 60,
                      "row %zu: stage %d is drawn %d times of 1000", i, s, drawn[s]);
            kwok_stage_free(stages[s]);
        }
    }
    value_drop(object);
}

/* ---- KWOK's own examples ---- */

/* The status that the stage which an input is drawn for gives, as its output says. */
static void expect_example(const char *input_path)
{
    char *folder = mem_text(input_path, strlen(input_path));
    *strstr(folder, "/testdata/") = '\0';
    char *pattern = mem_format("%s/*.yaml", folder), *input = file_text(input_path);
    const int stem = (int)(strstr(input_path, ".input.yaml") - input_path);
    char *output_path = mem_format("%.*s.output.yaml", stem, input_path);
    char *output = file_text(output_path);
    struct value *object = yaml_of(input), *expected = yaml_of(output);
    const struct value *row = value_at(value_get(expected, "stages"), 0);
    struct kwok_stage *stages[20];
    size_t count = 0, step_count;
    glob_t found = { 0 };
    glob(pattern, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *text = file_text(found.gl_pathv[i]);
        struct value *document = yaml_of(text);
        if (strcmp(value_text(value_get(document, "kind"), ""), "Stage") == 0)
            cr_assert_not_null(stages[count++] = kwok_stage_new(document, NULL, NULL));
        value_drop(document);
        free(text);
    }
    struct stream luck = stream_of(1, "", "pod", "stage", 0);
    const struct kwok_stage *chosen = kwok_stage_choose(stages, count, object, &luck);
    cr_assert_not_null(chosen, "%s: no stage", input_path);
    cr_expect_str_eq(kwok_stage_name(chosen), value_text(value_get(row, "stage"), ""), "%s",
                     input_path);
    const struct kwok_step *steps = kwok_stage_steps(chosen, &step_count);
    const struct value *next = value_get(row, "next");
    cr_expect_eq(step_count, next->count, "%s", input_path);
    for (size_t i = 0; i < step_count && i < next->count; i++) {
        const char *kind = value_text(value_get(next->items[i], "kind"), "");
        cr_expect_eq(steps[i].remove, strcmp(kind, "delete") == 0, "%s", input_path);
        cr_expect_eq(steps[i].event != NULL, strcmp(kind, "event") == 0, "%s", input_path);
        if (steps[i].template == NULL)
            continue;
        const struct go_functions functions = { kwok_functions, say, NULL };
        struct writer text = { 0 };
        go_template_run(steps[i].template, object, &functions, &text);
        char *status = writer_take(&text);
        struct value *got = yaml_of(status);
        cr_expect(value_equal(got, value_path(next->items[i], "data", "status", NULL)), "%s: %s",
                  input_path, status);
        value_drop(got);
        free(status);
    }
    for (size_t i = 0; i < count; i++)
        kwok_stage_free(stages[i]);
    globfree(&found);
    value_drop(object);
    value_drop(expected);
    free(folder), free(pattern), free(input), free(output), free(output_path);
}

Test(kwok, gives_what_its_own_examples_of_pods_and_nodes_say)
{
    static const char *const patterns[] = { "pod/*/testdata/*.input.yaml",
                                            "node/*/testdata/*.input.yaml" };
    glob_t found = { 0 };
    for (int i = 0; i < 2; i++) {
        char *pattern = stage_path(patterns[i]);
        cr_assert_eq(glob(pattern, i > 0 ? GLOB_APPEND : 0, NULL, &found), 0, "%s", pattern);
        free(pattern);
    }
    for (size_t i = 0; i < found.gl_pathc; i++)
        expect_example(found.gl_pathv[i]);
    cr_expect_geq(found.gl_pathc, 11);
    globfree(&found);
}

/* ---- stories ---- */

#undef NODE
#undef POD
#define NODE(name, more)                                                                           \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name more                                \
    "}, status: {capacity: {cpu: '8', memory: 32Gi, pods: '110'}, allocatable: {cpu: '8', "        \
    "memory: "                                                                                     \
    "32Gi, pods: '110'}}}\n"
#define FAKE             ", annotations: {kwok.x-k8s.io/node: fake}"
#define KEY(stage, what) stage ".stage.kwok.x-k8s.io/" what
#define EXACT(stage, delay)                                                                        \
    KEY(stage, "delay") ": " delay ", " KEY(stage, "jitter-delay") ": " delay
#define POD(name, node, meta)                                                                      \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", " meta                            \
    "}, spec: {nodeName: " node ", containers: [{name: c, image: i}]}}\n"

static struct world *given_stages(const char *manifests, const char *const *files)
{
    struct world *world = given("");
    set_time(&world->cluster->settings.api_write, 0);
    for (; *files != NULL; files++) {
        char *pattern = stage_path(*files);
        glob_t found = { 0 };
        cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
        for (size_t i = 0; i < found.gl_pathc; i++) {
            char *text = file_text(found.gl_pathv[i]);
            if (strstr(text, "kind: Stage\n") != NULL)
                create(world, text);
            free(text);
        }
        globfree(&found);
        free(pattern);
    }
    create(world, manifests);
    return world;
}

static const char *const general[] = { "pod/general/*.yaml", NULL };

static void expect_phase(struct world *world, double at, const char *phase)
{
    until(world, at);
    expect_field(world, "pod/default/p", "status.phase", phase);
}

Test(kwok, a_pod_comes_at_the_times_its_annotations_say)
{
    struct world *w = given_stages(
        NODE("n0", FAKE)
            POD("p", "n0",
                "annotations: {" EXACT("pod-create", "2s") ", " EXACT("pod-ready", "3s") "}"),
        general);
    until(w, 1.9);
    expect_field(w, "pod/default/p", "status.podIP", NULL);
    expect_phase(w, 2.1, "Pending");
    cr_expect_neq(((const struct pod *)find(w, "pod/default/p"))->pod_ip, 0);
    expect_phase(w, 4.9, "Pending");
    expect_phase(w, 5.1, "Running");
    expect_field(w, "pod/default/p", "status.containerStatuses.0.ready", "true");
    done(w);
}

Test(kwok, a_pod_goes_between_its_delay_and_the_end_of_its_grace)
{
    struct world *w = given_stages(NODE("n0", FAKE) POD("p", "n0", ""), general);
    expect_phase(w, 20, "Running"); /* at most 5 s each to be created and to be ready */
    delete_object(w, "pod/default/p", PROPAGATE_DEFAULT);
    until(w, 20.9);
    cr_expect_not_null(find(w, "pod/default/p"));
    until(w, 50.1);
    cr_expect_null(find(w, "pod/default/p"));
    done(w);
}

Test(kwok, a_container_fails_a_second_after_it_runs)
{
    static const char *const files[] = { "pod/fast/*.yaml",
                                         "pod/chaos/pod-container-running-failed.yaml", NULL };
    struct world *w = given_stages(
        NODE("n0", FAKE) POD("p", "n0",
                             "labels: {pod-container-running-failed.stage.kwok.x-k8s.io: 'true'}, "
                             "annotations: {pod-container-running-failed.stage.kwok.x-k8s.io/"
                             "exit-code: '3'}"),
        files);
    expect_phase(w, 0.9, "Running");
    expect_phase(w, 1.1, "Failed");
    expect_field(w, "pod/default/p", "status.containerStatuses.0.state.terminated.exitCode", "3");
    done(w);
}

Test(kwok, jobs_complete_at_once_with_the_fast_stages)
{
    static const char *const files[] = { "pod/fast/*.yaml", "node/fast/*.yaml", NULL };
    struct world *w = given_stages(
        NODE("n0", "") "---\n{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: "
                       "{completions: 3, parallelism: 3, template: {spec: {restartPolicy: Never, "
                       "containers: [{name: c, image: i}]}}}}\n",
        files);
    until(w, 5);
    expect_field(w, "job/default/j", "status.succeeded", "3");
    done(w);
}

Test(kwok, a_node_is_not_ready_a_second_after_it_is_told_so)
{
    static const char *const files[] = { "node/fast/*.yaml", "node/chaos/*.yaml", NULL };
    struct world *w = given_stages(
        NODE("n0", ", labels: {node-not-ready.stage.kwok.x-k8s.io: 'true'}") NODE("n1", ""), files);
    until(w, 0.9);
    cr_expect(node_is_ready((const struct node *)find(w, "node/n0")));
    until(w, 1.1);
    cr_expect_not(node_is_ready((const struct node *)find(w, "node/n0")));
    cr_expect(node_is_ready((const struct node *)find(w, "node/n1")));
    expect_field(w, "node/n1", "status.phase", "Running");
    done(w);
}

Test(kwok, pods_of_nodes_that_are_not_fake_are_run_by_kubelets)
{
    struct world *w = given_stages(
        NODE("n0", FAKE) NODE("n1", "")
            POD("p", "n0", "annotations: {" EXACT("pod-create", "60s") "}") POD("q", "n1", ""),
        general);
    until(w, 50);
    expect_field(w, "pod/default/p", "status.phase", "Pending");
    expect_field(w, "pod/default/q", "status.phase", "Running");
    done(w);
}
