/* What was measured of the pods that an autoscaler selects, and which of them count.
 *
 * Follows groupPods() and calculateRequests() of pkg/controller/podautoscaler/replica_calculator.go and
 * the errors of metrics/client.go, in the release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/controllers/horizontal_pod_autoscaler_private.h"
#include "sim/base/memory.h"

#define NOWHERE ((struct place){ 0 })

static sim_time whole_seconds(sim_time at)
{
    return at - at % SIM_SECOND;
}

/* Times of objects are whole seconds. */
static bool is_unready_for_cpu(struct pod_figures *figures, const struct pod *pod,
                               const struct metric_sample *sample)
{
    const struct settings *settings = &figures->sync->client->cluster->settings;
    const sim_time now = figures->sync->client->now;
    const bool ready = pod_is_ready(pod);
    if (!(pod->conditions_present >> POD_READY & 1) || !pod->started)
        return true;
    const sim_time started = whole_seconds(pod->start_time);
    const sim_time changed = whole_seconds(pod->transitions[POD_READY]);
    const sim_time begun = sim_time_after(started, settings->hpa_cpu_initialization_period);
    if (begun > now) {
        figures->sync->steady = now;
        return !ready || sample->at < changed + sample->window;
    }
    return !ready && sim_time_after(started, settings->hpa_initial_readiness_delay) > changed;
}

static enum pod_counts count_pod(struct pod_figures *figures, const struct pod *pod,
                                 enum metric_found found, const struct metric_sample *sample)
{
    const bool is_resource = figures->metric->source <= METRIC_CONTAINER_RESOURCE;
    if (pod->meta.deleting || pod->phase == POD_FAILED)
        return POD_IGNORED;
    if (pod->phase == POD_PENDING)
        return POD_UNREADY;
    if (found != METRIC_FOUND)
        return POD_MISSING;
    if (is_resource && strcmp(text_s(figures->metric->name), "cpu") == 0 &&
        is_unready_for_cpu(figures, pod, sample))
        return POD_UNREADY;
    return POD_COUNTS;
}

static enum metric_found measure(const struct pod_figures *figures, const struct pod *pod,
                                 struct metric_sample *sample)
{
    const struct metrics_api *api = figures->sync->client->cluster->metrics;
    const struct metric_spec *metric = figures->metric;
    if (api == NULL)
        return METRIC_UNSERVED;
    return metric->source == METRIC_PODS
               ? api->of_pod(api->context, pod, metric->name, metric->selector, sample)
               : api->usage(api->context, pod, text_s(metric->name), metric->container, sample);
}

/* The pods in the cache, in the order in which they came to match. The caller frees the array. */
const struct pod **autoscaler_find_pods(const struct autoscaler_sync *sync, size_t *count)
{
    const struct autoscaler_memory *memory = sync->memory;
    const struct pod **pods = mem_new((memory->pod_count + 1) * sizeof *pods);
    *count = 0;
    for (size_t i = 0; i < memory->pod_count; i++) {
        const struct object *pod =
            client_get(sync->client, KIND_POD, memory->space, memory->pods[i]);
        if (pod != NULL)
            pods[(*count)++] = pod_of(pod);
    }
    return pods;
}

bool metric_has_no_server(const struct metric_spec *metric, struct error *error)
{
    switch (metric->source) {
    case METRIC_RESOURCE:
    case METRIC_CONTAINER_RESOURCE:
        return error_set(error, NOWHERE,
                         "unable to fetch metrics from resource metrics API: the server could not "
                         "find the requested resource (get pods.metrics.k8s.io)");
    case METRIC_EXTERNAL:
        return error_set(error, NOWHERE,
                         "unable to fetch metrics from external metrics API: the server could not "
                         "find the requested resource (get %s.external.metrics.k8s.io)",
                         text_s(metric->name));
    default:
        return error_set(error, NOWHERE,
                         "unable to fetch metrics from custom metrics API: no custom metrics API "
                         "(custom.metrics.k8s.io) registered");
    }
}

static bool nothing_measured(const struct pod_figures *figures, struct error *error)
{
    if (figures->metric->source == METRIC_PODS)
        return error_set(error, NOWHERE,
                         "unable to fetch metrics from custom metrics API: the server could not "
                         "find the metric %s for pods",
                         text_s(figures->metric->name));
    return error_set(error, NOWHERE, "no metrics returned from resource metrics API");
}

bool pod_figures_measure(struct pod_figures *figures, struct autoscaler_sync *sync,
                         const struct metric_spec *metric, struct error *error)
{
    size_t listed = 0;
    bool served = sync->client->cluster->metrics != NULL;
    figures->sync = sync;
    figures->metric = metric;
    figures->pods = autoscaler_find_pods(sync, &figures->count);
    figures->items = mem_new((figures->count + 1) * sizeof *figures->items);
    for (size_t i = 0; i < figures->count; i++) {
        struct metric_sample sample = { 0 };
        const enum metric_found found = measure(figures, figures->pods[i], &sample);
        served = found != METRIC_UNSERVED;
        listed += found >= METRIC_PARTIAL;
        figures->items[i] =
            (struct pod_figure){ .counts = count_pod(figures, figures->pods[i], found, &sample),
                                 .usage = sample.milli };
    }
    if (listed > 0)
        return true;
    const bool told =
        served ? nothing_measured(figures, error) : metric_has_no_server(figures->metric, error);
    return told ||
           (figures->metric->source == METRIC_PODS
                ? error_wrap(error, "unable to get metric %s", text_s(figures->metric->name))
                : error_wrap(error, "unable to get metrics for resource %s",
                             text_s(figures->metric->name)));
}

/* ---- what pods request ---- */

static int64_t request_of(const struct container *container, const char *resource)
{
    const int64_t amount = resources_get(&container->requests, resource);
    return strcmp(resource, "cpu") == 0 ? amount : amount * 1000;
}

static bool says_request(const struct value *document, const char *resource)
{
    return !value_is_null(value_path(document, "resources", "requests", resource, NULL));
}

struct requests {
    const char *resource;
    const struct text *container; /* NULL: all of them */
    const struct pod *pod;
    int64_t sum;
    bool found;
};

/* Add what one container requests. False with the error when it says nothing. */
static bool add_container(struct requests *requests, const struct container *container,
                          const struct value *document, struct error *error)
{
    if (requests->found || (requests->container != NULL && requests->container != container->name))
        return true;
    if (!says_request(document, requests->resource))
        return error_set(error, NOWHERE, "missing request for %s in container %s of Pod %s",
                         requests->resource, text_s(container->name), name_of(requests->pod));
    requests->sum += request_of(container, requests->resource);
    requests->found = requests->container != NULL;
    return true;
}

static bool sum_containers(struct requests *requests, struct error *error)
{
    const struct pod_spec *spec = requests->pod->spec;
    const struct value *list = value_get(spec->document, "containers");
    const struct value *first = value_get(spec->document, "initContainers");
    for (size_t i = 0; i < spec->container_count; i++)
        if (!add_container(requests, &spec->containers[i], value_at(list, i), error))
            return false;
    for (size_t i = 0; i < spec->init_container_count; i++)
        if (spec->init_containers[i].sidecar &&
            !add_container(requests, &spec->init_containers[i], value_at(first, i), error))
            return false;
    if (requests->container != NULL && !requests->found)
        return error_set(error, NOWHERE, "container %s not found in Pod %s",
                         text_s(requests->container), name_of(requests->pod));
    return true;
}

/* Requests at the pod's level go before those of its containers. */
static bool sum_pod(struct requests *requests, bool *at_pod_level, struct error *error)
{
    const struct pod_spec *spec = requests->pod->spec;
    const struct value *own = value_path(spec->document, "resources", "requests", NULL);
    *at_pod_level = requests->container == NULL && own != NULL && own->count > 0;
    if (!*at_pod_level)
        return sum_containers(requests, error);
    const int64_t amount = resources_get(pod_requests(requests->pod), requests->resource);
    requests->sum = strcmp(requests->resource, "cpu") == 0 ? amount : amount * 1000;
    return requests->sum > 0 || value_get(own, requests->resource) != NULL ||
           error_set(error, NOWHERE, "missing pod-level request for %s in Pod %s",
                     requests->resource, name_of(requests->pod));
}

/* Pods of one template request the same. */
bool pod_figures_find_requests(struct pod_figures *figures, struct error *error)
{
    const struct pod *const *pods = figures->pods;
    const struct pod_spec *spec = NULL;
    int64_t request = 0;
    for (size_t i = 0; i < figures->count; i++) {
        if (pods[i]->spec != spec || pods[i]->resized != NULL) {
            bool at_pod_level;
            struct requests requests = { text_s(figures->metric->name), figures->metric->container,
                                         pods[i], 0, false };
            if (!sum_pod(&requests, &at_pod_level, error))
                return false;
            spec = pods[i]->resized == NULL ? pods[i]->spec : NULL;
            request = requests.sum;
        }
        figures->items[i].request = request;
    }
    return true;
}

void pod_figures_close(struct pod_figures *figures)
{
    free((void *)figures->pods);
    free(figures->items);
}
