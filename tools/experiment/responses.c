/* What is measured of each run: places of its summary. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tools/experiment/experiment_private.h"

/* What is known of fields by their names: the end of the path. */
static const struct {
    const char *ending, *unit, *better;
} known[] = {
    { "availability", "share", "higher" },
    { "failedShare", "share", "lower" },
    { "downtimeSeconds", "s", "lower" },
    { "degradedSeconds", "s", "lower" },
    { "notReadyReplicaSeconds", "replica-s", "lower" },
    { "outages", NULL, "lower" },
    { "failed", NULL, "lower" },
    { "restarts", NULL, "lower" },
    { "recover.mean", "s", "lower" },
    { "recover.max", "s", "lower" },
    { "recover.p95", "s", "lower" },
    { "schedulingLatency.mean", "s", "lower" },
    { "schedulingLatency.p95", "s", "lower" },
    { "schedulingLatency.p99", "s", "lower" },
    { "latency.p99", "s", "lower" },
    { "meanPending", NULL, "lower" },
    { "cost", NULL, "lower" },
    { "attained", NULL, "higher" },
};

static bool ends_with(const char *text, const char *ending)
{
    const size_t length = strlen(text), tail = strlen(ending);
    return length > tail && strcmp(text + length - tail, ending) == 0 &&
           text[length - tail - 1] == '.';
}

static void look_up(struct experiment_response *response)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ends_with(response->text, known[i].ending)) {
            response->unit = known[i].unit;
            response->better = known[i].better;
        }
    response->how.from_complement = ends_with(response->text, "availability");
    response->how.is_judged = true;
    if (response->unit == NULL && ends_with(response->text, "seconds"))
        response->unit = "s";
}

static struct experiment_response *add_response(struct experiment *experiment, const char *path,
                                                struct place at)
{
    MEM_GROW(experiment->responses, experiment->response_count, experiment->response_capacity);
    struct experiment_response *response = &experiment->responses[experiment->response_count++];
    *response = (struct experiment_response){ .name = path, .text = path, .at = at };
    look_up(response);
    return response;
}

/* ── as the user gives them ── */

static double quantile_of(const char *statistic)
{
    return strcmp(statistic, "mean") == 0     ? 0
           : strcmp(statistic, "median") == 0 ? 0.5
                                              : strtod(statistic + 1, NULL) / 100;
}

static void read_response(struct experiment *experiment, const struct value *from,
                          struct error_list *faults)
{
    struct error error = { 0 };
    const struct value *path = from->type == VALUE_STRING ? from : value_get(from, "path");
    struct experiment_response *response = add_response(experiment, path->text, path->at);
    response->name = value_text(value_get(from, "name"), path->text);
    response->space = value_text(value_get(from, "namespace"), NULL);
    response->unit = value_text(value_get(from, "unit"), response->unit);
    response->better = value_text(value_get(from, "better"), response->better);
    response->how.by_bootstrap =
        strcmp(value_text(value_get(from, "interval"), "t"), "bootstrap") == 0;
    response->how.quantile = quantile_of(value_text(value_get(from, "statistic"), "mean"));
    response->path = document_path_parse(path->text, path->at, &error);
    error_list_take(faults, &error);
    for (size_t i = 0; i + 1 < experiment->response_count; i++)
        if (strcmp(experiment->responses[i].name, response->name) == 0)
            error_list_add(faults, path->at, "a second response \"%s\"", response->name);
}

/* ── the usual ones ── */

static void add_usual(struct experiment *experiment, const char *list, const struct value *row,
                      const char *field)
{
    const char *kind = value_text(value_get(row, "kind"), NULL);
    const char *name = value_text(value_get(row, "name"), "");
    char *lower = kind != NULL ? mem_text(kind, strlen(kind)) : NULL;
    for (char *c = lower; c != NULL && *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + ('a' - 'A')) : *c;
    const char *path = experiment_keep(
        experiment, lower != NULL ? mem_format("%s[%s/%s].%s", list, lower, name, field)
                                  : mem_format("%s[%s].%s", list, name, field));
    free(lower);
    struct experiment_response *response = add_response(experiment, path, (struct place){ 0 });
    const char *space = value_text(value_get(row, "namespace"), NULL);
    if (space != NULL)
        response->space = experiment_keep(experiment, mem_text(space, strlen(space)));
    response->path = document_path_parse(path, (struct place){ 0 }, NULL);
}

static void take_usual(struct experiment *experiment, const struct value *summary)
{
    const struct value *workloads = value_get(summary, "workloads");
    const struct value *traffic = value_get(summary, "traffic");
    for (size_t i = 0; workloads != NULL && i < workloads->count; i++)
        add_usual(experiment, "workloads", workloads->items[i], "availability");
    for (size_t i = 0; traffic != NULL && i < traffic->count; i++)
        add_usual(experiment, "traffic", traffic->items[i], "failedShare");
}

/* ── do they fit ── */

/* The summary of the first point at time 0; NULL with the faults. */
static struct value *first_summary(struct experiment *experiment, struct error_list *faults)
{
    struct error_list warnings = { 0 };
    const struct inputs *inputs = &experiment_first(experiment)->inputs;
    const struct simulation_options options = {
        .workload = inputs->has_workload ? &inputs->workload : NULL,
    };
    struct simulation *simulation = simulation_new(&inputs->scenario, options, faults, &warnings);
    struct value *summary = NULL;
    if (simulation != NULL && simulation_check(simulation, faults))
        summary = simulation_summary(simulation);
    simulation_free(simulation);
    error_list_close(&warnings);
    return summary;
}

static void check_response(const struct experiment_response *response, const struct value *summary,
                           struct error_list *faults)
{
    struct error error = { 0 };
    const struct value *found;
    const struct document_view view = { summary, response->space, true };
    if (document_path_find(response->path, view, &found, response->at, &error) && found != NULL &&
        (found->type == VALUE_MAP || found->type == VALUE_STRING))
        error_set(&error, response->at, "%s is %s, and a response is a number", response->text,
                  found->type == VALUE_MAP ? "a map: go on to one of its fields" : "a text");
    if (error.text != NULL)
        error_wrap(&error, "responses");
    error_list_take(faults, &error);
}

bool experiment_read_responses(struct experiment *experiment, const struct value *spec,
                               struct error_list *faults)
{
    const struct value *given = shape_get(spec, "responses");
    const size_t before = faults->count;
    for (size_t i = 0; i < shape_count(given); i++)
        read_response(experiment, shape_at(given, i), faults);
    if (faults->count > before)
        return false;
    struct value *summary = first_summary(experiment, faults);
    if (summary != NULL && shape_count(given) == 0)
        take_usual(experiment, summary);
    for (size_t i = 0; summary != NULL && i < experiment->response_count; i++)
        check_response(&experiment->responses[i], summary, faults);
    if (summary != NULL && experiment->response_count == 0)
        error_list_add(faults, experiment->document->at,
                       "nothing to measure: the scenario has no workload (give responses)");
    value_drop(summary);
    return faults->count == before;
}
