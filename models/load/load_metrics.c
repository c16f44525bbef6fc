/* Who measures: metrics-server, and adapters of custom and external metrics.
 *
 * Nothing happens at a scrape: what it would have found is worked out when somebody asks. The rules
 * of the first figures of a container are those of metrics-server 0.8, pkg/storage/pod.go. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "models/load/load_private.h"

static const sim_time fresh_container = 10 * SIM_SECOND; /* its start counts as a scrape */
static const sim_time instant_window = 30 * SIM_SECOND;  /* as is said of figures of the moment */

/* When and over what time an answer was measured. */
struct scrape {
    sim_time from, at; /* equal: of the moment */
};

static sim_time now_of(const struct load *load)
{
    return run_now(load->cluster->run);
}

static sim_time resolution_of(const struct load *load)
{
    return load->cluster->settings.metric_resolution;
}

/* The newest scrape that answers now; negative: there was none yet. */
static sim_time last_scrape(const struct load *load)
{
    const sim_time resolution = resolution_of(load);
    const sim_time seen = now_of(load) - load->cluster->settings.metric_delay;
    if (resolution == 0)
        return now_of(load);
    return seen < 0 ? -1 : seen - seen % resolution;
}

/* ---- amounts ---- */

static const char *value_lookup(const void *labels, const char *key)
{
    return value_text(value_get(labels, key), NULL);
}

static bool is_named(const struct load_series *series, const struct text *metric,
                     const struct selector *selector)
{
    return strcmp(series->name, text_s(metric)) == 0 &&
           (selector == NULL || selector_matches(selector, value_lookup, series->labels));
}

/* In thousandths, rounded up from billionths, as a quantity is. */
static int64_t to_milli(double amount)
{
    const double nano = floor(amount * 1e9 + 1e-6);
    return nano < 9e18 ? (int64_t)ceil(nano / 1e6) : INT64_MAX / 1000;
}

static int64_t bytes_to_milli(double bytes)
{
    return bytes < 9e15 ? (int64_t)floor(bytes + 1e-6) * 1000 : INT64_C(9000000000000000000);
}

/* ---- a pod's CPU and memory ---- */

/* What one pod had of a shared load over a time, in amount times seconds. */
static double share_of(const struct loaded_pod *pod, const struct load_entry *entry,
                       const struct signal *signal, struct scrape scrape)
{
    double sum = 0;
    for (size_t i = 0; i < pod->interval_count; i++) {
        const struct load_interval *ready = &pod->intervals[i];
        const sim_time from = ready->from > scrape.from ? ready->from : scrape.from;
        const sim_time to = ready->to < scrape.at ? ready->to : scrape.at;
        if (from < to)
            sum += load_share_integral(entry, signal, from, to);
    }
    return sum;
}

static double present_share(const struct loaded_pod *pod, const struct load_entry *entry,
                            const struct signal *signal, sim_time at)
{
    return signal != NULL && loaded_pod_was_ready(pod, at) ? load_share_value(entry, signal, at)
                                                           : 0;
}

static double cores_of(const struct loaded_pod *pod, const struct load_entry *entry,
                       struct scrape scrape)
{
    double sum = 0;
    if (scrape.from == scrape.at) {
        sum = present_share(pod, entry, entry->shared.cpu, scrape.at);
        return entry->each.cpu != NULL ? sum + signal_value(entry->each.cpu, scrape.at) : sum;
    }
    if (entry->shared.cpu != NULL)
        sum += share_of(pod, entry, entry->shared.cpu, scrape);
    if (entry->each.cpu != NULL)
        sum += signal_integral(entry->each.cpu, scrape.from, scrape.at);
    return sum / sim_time_to_seconds(scrape.at - scrape.from);
}

static double bytes_of(const struct loaded_pod *pod, const struct load_entry *entry, sim_time at)
{
    const double shared = present_share(pod, entry, entry->shared.memory, at);
    return entry->each.memory != NULL ? shared + signal_value(entry->each.memory, at) : shared;
}

/* The container that an entry's load goes to. */
static const struct container *worker_of(const struct load_entry *entry, const struct pod *pod)
{
    for (size_t i = 0; entry != NULL && entry->container != NULL && i < pod->spec->container_count;
         i++)
        if (strcmp(text_s(pod->spec->containers[i].name), entry->container) == 0)
            return &pod->spec->containers[i];
    return &pod->spec->containers[0];
}

/* What others know that the first container used. */
static double foreign_cores(const struct load *load, const struct pod *pod, struct scrape scrape)
{
    double sum = 0;
    const struct cluster *cluster = load->cluster;
    for (size_t i = 0; i < cluster->usage_count && scrape.from < scrape.at; i++) {
        const struct usage_source *source = &cluster->usage_sources[i];
        sum += source->cpu_seconds(source->context, pod, scrape.from, scrape.at);
    }
    return scrape.from < scrape.at ? sum / sim_time_to_seconds(scrape.at - scrape.from) : 0;
}

static double container_cores(const struct load *load, const struct pod *pod,
                              const struct loaded_pod *loaded, const struct container *container,
                              struct scrape scrape)
{
    double sum = container == worker_of(NULL, pod) ? foreign_cores(load, pod, scrape) : 0;
    for (size_t i = 0; loaded != NULL && i < loaded->entry_count; i++)
        if (worker_of(loaded->entries[i], pod) == container)
            sum += cores_of(loaded, loaded->entries[i], scrape);
    const double limit = (double)container->cpu_milli_limit / 1000;
    return limit > 0 && sum > limit ? limit : sum;
}

static double container_bytes(const struct pod *pod, const struct loaded_pod *loaded,
                              const struct container *container, sim_time at)
{
    double sum = 0;
    for (size_t i = 0; loaded != NULL && i < loaded->entry_count; i++)
        if (worker_of(loaded->entries[i], pod) == container)
            sum += bytes_of(loaded, loaded->entries[i], at);
    return sum;
}

/* Since when all its containers run; negative: they do not. */
static sim_time running_since(const struct pod *pod)
{
    sim_time since = pod->started ? pod->start_time : -1;
    const struct container_statuses *statuses = pod->containers;
    const size_t init = pod->spec->init_container_count;
    if (pod->phase != POD_RUNNING)
        return -1;
    for (size_t i = init; statuses != NULL && i < statuses->count; i++) {
        if (statuses->items[i].state != CONTAINER_RUNNING)
            return -1;
        if (i == init || statuses->items[i].started_at > since)
            since = statuses->items[i].started_at;
    }
    return since;
}

/* The scrapes that a figure of the pod's CPU rests on. False when there are not enough of them. */
static bool find_scrapes(const struct load *load, const struct pod *pod, struct scrape *scrape)
{
    const sim_time at = last_scrape(load), since = running_since(pod);
    if (since < 0 || at < since)
        return false;
    *scrape = (struct scrape){ at, at };
    if (resolution_of(load) == 0)
        return true;
    scrape->from = at - resolution_of(load);
    if (scrape->from >= since)
        return true;
    scrape->from = since;
    return at - since >= fresh_container;
}

static const struct container *find_container(const struct pod *pod, const struct text *name)
{
    for (size_t i = 0; i < pod->spec->container_count; i++)
        if (pod->spec->containers[i].name == name)
            return &pod->spec->containers[i];
    return NULL;
}

static int64_t measure(const struct load *load, const struct pod *pod,
                       const struct loaded_pod *loaded, const struct container *container,
                       struct scrape scrape, bool is_cpu)
{
    return is_cpu ? to_milli(container_cores(load, pod, loaded, container, scrape))
                  : bytes_to_milli(container_bytes(pod, loaded, container, scrape.at));
}

static enum metric_found usage(void *context, const struct pod *pod, const char *resource,
                               const struct text *container, struct metric_sample *sample)
{
    const struct load *load = context;
    const struct loaded_pod *loaded = load_find_pod(load, object_key(&pod->meta.object));
    const bool is_cpu = strcmp(resource, "cpu") == 0;
    const struct container *one = container != NULL ? find_container(pod, container) : NULL;
    struct scrape scrape;
    if (!find_scrapes(load, pod, &scrape) ||
        (resolution_of(load) == 0 && (loaded == NULL || loaded->entry_count == 0)))
        return METRIC_ABSENT;
    if ((!is_cpu && strcmp(resource, "memory") != 0) || (container != NULL && one == NULL))
        return METRIC_PARTIAL;
    *sample = (struct metric_sample){ .at = scrape.at,
                                      .window = scrape.from < scrape.at ? scrape.at - scrape.from
                                                                        : instant_window };
    for (size_t i = 0; i < pod->spec->container_count; i++)
        if (one == NULL || one == &pod->spec->containers[i])
            sample->milli += measure(load, pod, loaded, &pod->spec->containers[i], scrape, is_cpu);
    return METRIC_FOUND;
}

/* ---- custom and external metrics ---- */

/* Is there any custom, or any external metric? Where there is none, nobody serves them. */
static bool is_served(const struct load *load, bool external)
{
    for (size_t i = 0; i < load->entry_count; i++) {
        const struct load_entry *entry = load->entries[i];
        if ((entry->kind == LOAD_EXTERNAL) == external &&
            entry->shared.series_count + entry->each.series_count > 0)
            return true;
    }
    return false;
}

/* Add the series of a name; true when there is one. */
static bool add_series(const struct load_amounts *amounts, const struct text *metric,
                       const struct selector *selector, sim_time at, double *sum)
{
    bool found = false;
    for (size_t i = 0; i < amounts->series_count; i++) {
        if (!is_named(&amounts->series[i], metric, selector))
            continue;
        found = true;
        *sum += signal_value(amounts->series[i].value, at);
    }
    return found;
}

static bool add_shares(const struct loaded_pod *pod, const struct load_entry *entry,
                       const struct text *metric, const struct selector *selector, sim_time at,
                       double *sum)
{
    bool found = false;
    for (size_t i = 0; i < entry->shared.series_count; i++) {
        if (!is_named(&entry->shared.series[i], metric, selector))
            continue;
        found = true;
        *sum += present_share(pod, entry, entry->shared.series[i].value, at);
    }
    return found;
}

static enum metric_found answer(bool found, double sum, sim_time at, struct metric_sample *sample)
{
    if (!found)
        return METRIC_ABSENT;
    *sample = (struct metric_sample){ at, instant_window, to_milli(sum) };
    return METRIC_FOUND;
}

static enum metric_found of_pod(void *context, const struct pod *pod, const struct text *metric,
                                const struct selector *series, struct metric_sample *sample)
{
    const struct load *load = context;
    const struct loaded_pod *loaded = load_find_pod(load, object_key(&pod->meta.object));
    const sim_time at = last_scrape(load), since = running_since(pod);
    double sum = 0;
    bool found = false;
    if (!is_served(load, false))
        return METRIC_UNSERVED;
    if (since < 0 || at < since)
        return METRIC_ABSENT;
    for (size_t i = 0; loaded != NULL && i < loaded->entry_count; i++) {
        const struct load_entry *entry = loaded->entries[i];
        found = add_shares(loaded, entry, metric, series, at, &sum) || found;
        found = add_series(&entry->each, metric, series, at, &sum) || found;
    }
    return answer(found, sum, at, sample);
}

static bool is_object(const struct load_entry *entry, const struct text *space,
                      const struct scale_reference *about)
{
    return entry->kind == LOAD_OF_OBJECT && entry->space_text == space &&
           strcasecmp(entry->object_kind, text_s(about->kind)) == 0 &&
           strcmp(entry->object_name, text_s(about->name)) == 0;
}

static enum metric_found of_object(void *context, const struct text *space,
                                   const struct scale_reference *about, const struct text *metric,
                                   const struct selector *series, struct metric_sample *sample)
{
    const struct load *load = context;
    const sim_time at = last_scrape(load);
    double sum = 0;
    bool found = false;
    if (!is_served(load, false))
        return METRIC_UNSERVED;
    for (size_t i = 0; at >= 0 && i < load->entry_count; i++)
        if (is_object(load->entries[i], space, about))
            found = add_series(&load->entries[i]->shared, metric, series, at, &sum) || found;
    return answer(found, sum, at, sample);
}

static enum metric_found external(void *context, const struct text *space,
                                  const struct text *metric, const struct selector *series,
                                  struct metric_sample *sample)
{
    const struct load *load = context;
    const sim_time at = last_scrape(load);
    double sum = 0;
    bool found = false;
    if (!is_served(load, true))
        return METRIC_UNSERVED;
    for (size_t i = 0; at >= 0 && i < load->entry_count; i++)
        if (load->entries[i]->kind == LOAD_EXTERNAL && load->entries[i]->space_text == space)
            found = add_series(&load->entries[i]->shared, metric, series, at, &sum) || found;
    return answer(found, sum, at, sample);
}

/* ---- until when all that stays ---- */

static sim_time earlier(sim_time a, sim_time b)
{
    return a < b ? a : b;
}

/* Until when a signal stays what it has been since `from`; `now` when it has changed since. */
static sim_time flat_until(const struct signal *signal, sim_time from, sim_time now)
{
    if (signal == NULL)
        return SIM_FOREVER;
    const sim_time next = signal_next_change(signal, from);
    return signal_is_flat(signal, from) && next > now ? next : now;
}

static sim_time amounts_until(const struct load_amounts *amounts, sim_time from, sim_time now)
{
    sim_time until =
        earlier(flat_until(amounts->cpu, from, now), flat_until(amounts->memory, from, now));
    for (size_t i = 0; i < amounts->series_count; i++)
        until = earlier(until, flat_until(amounts->series[i].value, from, now));
    return until;
}

static sim_time steady_until(void *context, const struct text *space, sim_time changed)
{
    const struct load *load = context;
    const struct cluster *cluster = load->cluster;
    const sim_time now = now_of(load), from = last_scrape(load) - resolution_of(load);
    sim_time until = SIM_FOREVER;
    if (resolution_of(load) == 0 || from < 0 || changed >= from)
        return now;
    for (size_t i = 0; i < load->entry_count && until > now; i++) {
        const struct load_entry *entry = load->entries[i];
        if (entry->space_text != space)
            continue;
        if (load_share_since(entry) >= from)
            return now;
        until = earlier(until, amounts_until(&entry->shared, from, now));
        until = earlier(until, amounts_until(&entry->each, from, now));
    }
    for (size_t i = 0; i < cluster->usage_count && until > now; i++) {
        const struct usage_source *source = &cluster->usage_sources[i];
        until = earlier(until, source->steady_until != NULL
                                   ? source->steady_until(source->context, space)
                                   : now);
    }
    return until;
}

void load_metrics_init(struct load *load)
{
    load->api = (struct metrics_api){ .context = load,
                                      .usage = usage,
                                      .of_pod = of_pod,
                                      .of_object = of_object,
                                      .external = external,
                                      .steady_until = steady_until };
}
