/* What each metric of an autoscaler asks for, and what is said of it in status and events.
 *
 * Follows computeReplicasForMetrics() and what it calls in pkg/controller/podautoscaler/horizontal.go, in
 * the release named in docs/fidelity.md. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/controllers/horizontal_pod_autoscaler_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

#define NOWHERE ((struct place){ 0 })

/* One metric under way. */
struct asking {
    struct autoscaler_sync *sync;
    const struct metric_spec *metric;
    struct tolerances tolerances;
    struct pod_figures figures;
    struct proposal proposal;
    struct value *status; /* MetricStatus */
    char *name;           /* as rescalings tell it; owned */
};

static const struct metrics_api *api_of(const struct asking *asking)
{
    return asking->sync->client->cluster->metrics;
}

/* ---- selectors in Go's words ---- */

static void add_requirement(struct writer *out, const struct value *requirement)
{
    const struct value *values = value_get(requirement, "values");
    writer_format(out, "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[",
                  value_text(value_get(requirement, "key"), ""),
                  value_text(value_get(requirement, "operator"), ""));
    for (size_t i = 0; values != NULL && values->type == VALUE_LIST && i < values->count; i++)
        writer_format(out, "%s%s", i > 0 ? " " : "", value_text(values->items[i], ""));
    writer_add(out, "],},");
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const struct value_entry *const *)a)->key,
                  (*(const struct value_entry *const *)b)->key);
}

static void add_labels(struct writer *out, const struct value *labels)
{
    const size_t count = labels != NULL && labels->type == VALUE_MAP ? labels->count : 0;
    const struct value_entry **sorted = mem_new((count + 1) * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &labels->entries[i];
    if (count > 1)
        qsort((void *)sorted, count, sizeof *sorted, by_key);
    for (size_t i = 0; i < count; i++)
        writer_format(out, "%s: %s,", sorted[i]->key, value_text(sorted[i]->value, ""));
    free((void *)sorted);
}

/* A *LabelSelector printed with %+v; the caller frees. */
static char *print_selector(const struct value *selector)
{
    struct writer out = { 0 };
    const struct value *list = value_get(selector, "matchExpressions");
    if (value_is_null(selector))
        return mem_text("nil", 3);
    writer_add(&out, "&LabelSelector{MatchLabels:map[string]string{");
    add_labels(&out, value_get(selector, "matchLabels"));
    writer_add(&out, "},MatchExpressions:[]LabelSelectorRequirement{");
    for (size_t i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
        add_requirement(&out, list->items[i]);
    writer_add(&out, "},}");
    return writer_take(&out);
}

static char *print_series(const struct metric_spec *metric)
{
    return print_selector(value_path(metric->document, "metric", "selector", NULL));
}

/* ---- what is said ---- */

static struct value *milli_value(const struct asking *asking, int64_t milli)
{
    char text[QUANTITY_TEXT];
    struct quantity quantity = quantity_of_milli(milli);
    if (asking->metric->source <= METRIC_CONTAINER_RESOURCE &&
        strcmp(text_s(asking->metric->name), "memory") == 0)
        quantity.format = QUANTITY_BINARY_SI;
    return value_new_string(quantity_print(quantity, text));
}

static void put_copies(struct value **body, const struct value *from, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (!value_is_null(value_get(from, *keys)))
            value_put(body, value_hold(value_get(from, *keys)), *keys, NULL);
}

/* The status of a metric whose present value is this. */
static void say_current(struct asking *asking, const char *type, const char *field, const char *key)
{
    static const char *const copied[] = { "name", "container", "metric", "describedObject", NULL };
    struct value *body = value_new_map(), *current = value_new_map();
    if (strcmp(key, "averageUtilization") == 0) {
        value_set(current, key, value_new_int(asking->proposal.utilization));
        key = "averageValue";
    }
    value_set(current, key, milli_value(asking, asking->proposal.usage));
    put_copies(&body, asking->metric->document, copied);
    value_set(body, "current", current);
    asking->status = value_new_map();
    value_set(asking->status, "type", value_new_string(type));
    value_set(asking->status, field, body);
}

/* ---- the sources ---- */

static bool ask_utilization(struct asking *asking, struct error *error)
{
    struct pod_figures *figures = &asking->figures;
    return pods_have_figures(figures->items, figures->count, error) &&
           pod_figures_find_requests(figures, error) &&
           replicas_by_utilization(figures->items, figures->count, asking->sync->scale.replicas,
                                   asking->metric->utilization, asking->tolerances,
                                   &asking->proposal, error);
}

static bool ask_average(struct asking *asking, struct error *error)
{
    return replicas_by_average(asking->figures.items, asking->figures.count,
                               asking->sync->scale.replicas, asking->metric->average_milli,
                               asking->tolerances, &asking->proposal, error);
}

static bool ask_resource(struct asking *asking, struct error *error)
{
    const struct metric_spec *metric = asking->metric;
    const bool by_amount = metric->average_milli >= 0;
    const bool whole_pod = metric->source == METRIC_RESOURCE;
    const char *resource = text_s(metric->name);
    if (!pod_figures_measure(&asking->figures, asking->sync, metric, error) ||
        !(by_amount ? ask_average : ask_utilization)(asking, error))
        return error_wrap(error, "failed to get %s %s", resource,
                          by_amount ? "usage" : "utilization");
    say_current(asking, whole_pod ? "Resource" : "ContainerResource",
                whole_pod ? "resource" : "containerResource",
                by_amount ? "averageValue" : "averageUtilization");
    asking->name = by_amount ? mem_format("%s resource", resource)
                             : mem_format("%s %sresource utilization (percentage of request)",
                                          resource, whole_pod ? "" : "container ");
    return true;
}

static bool ask_pods(struct asking *asking, struct error *error)
{
    if (!pod_figures_measure(&asking->figures, asking->sync, asking->metric, error) ||
        !ask_average(asking, error))
        return false;
    say_current(asking, "Pods", "pods", "averageValue");
    asking->name = mem_format("pods metric %s", text_s(asking->metric->name));
    return true;
}

/* Pods that run and are ready; -1 with the error when there is none at all. */
static int32_t count_ready(const struct autoscaler_sync *sync, struct error *error)
{
    size_t count;
    int32_t ready = 0;
    const struct pod **pods = autoscaler_find_pods(sync, &count);
    for (size_t i = 0; i < count; i++)
        ready += pods[i]->phase == POD_RUNNING && pod_is_ready(pods[i]);
    free((void *)pods);
    if (count > 0)
        return ready;
    error_set(error, NOWHERE,
              "unable to calculate ready pods: no pods returned by selector while calculating "
              "replica count");
    return -1;
}

static bool is_beside(struct tolerances tolerances, int64_t usage, int64_t target)
{
    const double ratio = (double)usage / (double)target;
    return !(1.0 - tolerances.down <= ratio && ratio <= 1.0 + tolerances.up);
}

/* From one value for the whole target. */
static bool reckon_value(struct asking *asking, int64_t usage, struct error *error)
{
    const struct autoscaler_sync *sync = asking->sync;
    const struct metric_spec *metric = asking->metric;
    const int32_t current = sync->scale.replicas;
    int32_t ready = 0;
    if (current != 0 && is_beside(asking->tolerances, usage, metric->value_milli) &&
        (ready = count_ready(sync, error)) < 0)
        return false;
    replicas_by_value(usage, current, ready, metric->value_milli, asking->tolerances,
                      &asking->proposal);
    return true;
}

static void reckon_average(struct asking *asking, int64_t usage)
{
    replicas_by_value_per_pod(usage, asking->sync->scale.status_replicas,
                              asking->metric->average_milli, asking->tolerances, &asking->proposal);
}

static bool get_object(const struct asking *asking, int64_t *usage, struct error *error)
{
    const struct metrics_api *api = api_of(asking);
    const struct metric_spec *metric = asking->metric;
    struct metric_sample sample = { 0 };
    const enum metric_found found =
        api == NULL ? METRIC_UNSERVED
                    : api->of_object(api->context, asking->sync->key.space, &metric->about,
                                     metric->name, metric->selector, &sample);
    *usage = sample.milli;
    if (found == METRIC_FOUND)
        return true;
    if (found == METRIC_UNSERVED)
        metric_has_no_server(asking->metric, error);
    else
        error_set(error, NOWHERE,
                  "unable to fetch metrics from custom metrics API: the server could not find the "
                  "metric %s for %s %s",
                  text_s(metric->name), text_s(metric->about.kind), text_s(metric->about.name));
    char *why = error->text;
    error->text = mem_format("unable to get metric %s: %s on %s %s/%s", text_s(metric->name), why,
                             text_s(metric->about.kind), text_s(asking->sync->key.space),
                             text_s(metric->about.name));
    free(why);
    return false;
}

static bool ask_object(struct asking *asking, struct error *error)
{
    const struct metric_spec *metric = asking->metric;
    const bool by_value = metric->by_value && metric->value_milli >= 0;
    int64_t usage;
    if (!by_value && metric->average_milli < 0)
        return error_set(error, NOWHERE,
                         "invalid object metric source: neither a value target nor an average "
                         "value target was set");
    if (!get_object(asking, &usage, error) || (by_value && !reckon_value(asking, usage, error)))
        return false;
    if (!by_value)
        reckon_average(asking, usage);
    char *series = print_series(metric);
    asking->name =
        by_value ? mem_format("%s metric %s", text_s(metric->about.kind), text_s(metric->name))
                 : mem_format("external metric %s(%s)", text_s(metric->name), series);
    free(series);
    say_current(asking, "Object", "object", by_value ? "value" : "averageValue");
    return true;
}

static bool ask_external(struct asking *asking, struct error *error)
{
    const struct metrics_api *api = api_of(asking);
    const struct metric_spec *metric = asking->metric;
    const bool by_average = metric->average_milli >= 0;
    struct metric_sample sample = { 0 };
    char *series = print_series(metric);
    const enum metric_found found = api == NULL
                                        ? METRIC_UNSERVED
                                        : api->external(api->context, asking->sync->key.space,
                                                        metric->name, metric->selector, &sample);
    bool done = found == METRIC_FOUND;
    if (found == METRIC_UNSERVED)
        metric_has_no_server(asking->metric, error);
    else if (!done)
        error_set(error, NOWHERE, "no metrics returned from external metrics API");
    if (!done)
        error_wrap(error, "unable to get external metric %s/%s/%s", text_s(asking->sync->key.space),
                   text_s(metric->name), series);
    else if (by_average)
        reckon_average(asking, sample.milli);
    else
        done = reckon_value(asking, sample.milli, error);
    if (done) {
        asking->name = mem_format("external metric %s(%s)", text_s(metric->name), series);
        say_current(asking, "External", "external", by_average ? "averageValue" : "value");
    }
    free(series);
    return done;
}

/* Why a metric says nothing, as the sync tells it in the end. */
static void wrap(const struct metric_spec *metric, struct error *error)
{
    const char *name = text_s(metric->name);
    switch (metric->source) {
    case METRIC_RESOURCE:
        error_wrap(error, "failed to get %s resource metric value", name);
        break;
    case METRIC_CONTAINER_RESOURCE:
        error_wrap(error, "failed to get %s container metric value", text_s(metric->container));
        break;
    case METRIC_PODS:
        error_wrap(error, "failed to get pods metric value");
        break;
    case METRIC_OBJECT:
        if (!metric->by_value)
            error_wrap(error, "failed to get %s object metric", name);
        error_wrap(error, "failed to get object metric value");
        break;
    case METRIC_EXTERNAL:
        if (metric->average_milli >= 0)
            error_wrap(error, "failed to get %s external metric", name);
        else
            error_wrap(error, "failed to get external metric %s", name);
        error_wrap(error, "failed to get %s external metric value", name);
        break;
    }
}

static const struct {
    bool (*ask)(struct asking *asking, struct error *error);
    const char *reason; /* when it fails */
} sources[] = {
    [METRIC_RESOURCE] = { ask_resource, "FailedGetResourceMetric" },
    [METRIC_CONTAINER_RESOURCE] = { ask_resource, "FailedGetContainerResourceMetric" },
    [METRIC_PODS] = { ask_pods, "FailedGetPodsMetric" },
    [METRIC_OBJECT] = { ask_object, "FailedGetObjectMetric" },
    [METRIC_EXTERNAL] = { ask_external, "FailedGetExternalMetric" },
};

/* ---- all of them ---- */

static struct tolerances tolerances_of(const struct autoscaler_sync *sync)
{
    const struct settings *settings = &sync->client->cluster->settings;
    const struct autoscaler_spec *spec = sync->seen->spec;
    struct tolerances tolerances = { settings->hpa_tolerance, settings->hpa_tolerance };
    if (!spec->has_behavior || !settings->hpa_configurable_tolerance)
        return tolerances;
    if (spec->down.tolerance >= 0)
        tolerances.down = spec->down.tolerance;
    if (spec->up.tolerance >= 0)
        tolerances.up = spec->up.tolerance;
    return tolerances;
}

/* The first metric that failed, which the condition will tell of if need be. */
struct failure {
    int count;
    const char *reason;
    char *message; /* owned */
    struct error error;
};

static void note_failure(struct autoscaler_sync *sync, const struct metric_spec *metric,
                         struct failure *failure, struct error *error)
{
    const char *reason = sources[metric->source].reason;
    client_event(sync->client, &sync->seen->meta.object, true, reason, "%s", error->text);
    if (failure->count++ == 0) {
        failure->reason = reason;
        failure->message =
            mem_format("the HPA was unable to compute the replica count: %s", error->text);
        wrap(metric, error);
        failure->error = *error;
        *error = (struct error){ 0 };
    }
    error_close(error);
}

static struct value *nothing_said(void)
{
    struct value *status = value_new_map();
    value_set(status, "type", value_new_string(""));
    return status;
}

/* Ask one metric. False when it has no answer. */
static bool ask(struct autoscaler_sync *sync, const struct metric_spec *metric,
                struct value *statuses, struct failure *failure, struct proposal *proposal,
                char **name)
{
    struct asking asking = { .sync = sync, .metric = metric, .tolerances = tolerances_of(sync) };
    struct error error = { 0 };
    const bool asked = sources[metric->source].ask(&asking, &error);
    if (!asked)
        note_failure(sync, metric, failure, &error);
    value_add(statuses, asked ? asking.status : nothing_said());
    pod_figures_close(&asking.figures);
    *proposal = asking.proposal;
    *name = asking.name;
    return asked;
}

static bool is_the_only_one(struct autoscaler_sync *sync, struct error *error)
{
    char *rivals = autoscaler_rivals(controller_state(sync->client), sync->memory);
    if (rivals == NULL)
        return true;
    char *selector = selector_print(sync->scale.selector);
    error_set(error, NOWHERE, "pods by selector %s are controlled by multiple HPAs: %s", selector,
              rivals);
    client_event(sync->client, &sync->seen->meta.object, true, "AmbiguousSelector", "%s",
                 error->text);
    autoscaler_set_condition(sync, "ScalingActive", false, "AmbiguousSelector", "%s", error->text);
    free(selector);
    free(rivals);
    return false;
}

static bool check_selector(struct autoscaler_sync *sync, struct error *error)
{
    if (!selector_is_empty(sync->scale.selector))
        return is_the_only_one(sync, error);
    client_event(sync->client, &sync->seen->meta.object, true, "SelectorRequired",
                 "selector is required");
    autoscaler_set_condition(sync, "ScalingActive", false, "InvalidSelector",
                             "the HPA target's scale is missing a selector");
    return error_set(error, NOWHERE, "selector is required");
}

/* The highest proposal wins; one that failed forbids to go down. */
static int32_t choose(struct autoscaler_sync *sync, struct value *statuses, char **name,
                      struct failure *failure)
{
    const struct autoscaler_spec *spec = sync->seen->spec;
    int32_t replicas = 0;
    for (size_t i = 0; i < spec->metric_count; i++) {
        struct proposal proposal;
        char *proposed = NULL;
        const bool asked = ask(sync, &spec->metrics[i], statuses, failure, &proposal, &proposed);
        if (!asked || (replicas != 0 && proposal.replicas <= replicas)) {
            free(proposed);
            continue;
        }
        replicas = proposal.replicas;
        free(*name);
        *name = proposed;
    }
    return replicas;
}

int32_t autoscaler_ask_metrics(struct autoscaler_sync *sync, struct value **statuses, char **name,
                               struct error *error)
{
    const struct autoscaler_spec *spec = sync->seen->spec;
    struct failure failure = { 0 };
    *statuses = NULL;
    *name = NULL;
    if (!check_selector(sync, error)) {
        sync->failing = true;
        return -1;
    }
    assert(spec->metric_count > 0); /* defaults see to that */
    *statuses = value_new_list();
    int32_t replicas = choose(sync, *statuses, name, &failure);
    const bool all_failed = failure.count >= (int)spec->metric_count;
    if (failure.count > 0) {
        sync->failing = true;
        error_set(error, NOWHERE, "invalid metrics (%d invalid out of %zu), first error is: %s",
                  failure.count, spec->metric_count, failure.error.text);
    }
    if (all_failed || (failure.count > 0 && replicas < sync->scale.replicas)) {
        autoscaler_set_condition(sync, "ScalingActive", false, failure.reason, "%s",
                                 failure.message);
        replicas = -1;
    } else {
        autoscaler_set_condition(sync, "ScalingActive", true, "ValidMetricFound",
                                 "the HPA was able to successfully calculate a replica count from "
                                 "%s",
                                 *name != NULL ? *name : "");
    }
    error_close(&failure.error);
    free(failure.message);
    return replicas;
}
