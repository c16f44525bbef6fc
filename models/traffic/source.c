/* An entry of a scenario's `traffic`: read and checked, and at work in one of the two ways. */
#include <stdlib.h>

#include "models/cluster/shape.h"
#include "models/traffic/traffic_private.h"

#define USUAL_SERVICE_TIME (50 * SIM_MILLISECOND)
#define USUAL_TIMEOUT      (10 * SIM_SECOND)
#define USUAL_BACK_OFF     (100 * SIM_MILLISECOND)
enum { USUAL_PROXIES = 10 };

/* ---- the two ways ---- */

void source_pass(struct proxy *proxy, sim_time to)
{
    if (proxy->expected != NULL)
        expected_pass(proxy, to);
    else
        drawn_pass(proxy->source, to);
}

void source_pass_all(struct source *source, sim_time to)
{
    for (size_t i = 0; i < source->proxy_count; i++)
        source_pass(&source->proxies[i], to);
}

void source_changed(struct proxy *proxy, sim_time at)
{
    if (proxy->expected != NULL)
        expected_changed(proxy, at);
}

void source_lose(struct member *member, enum traffic_reason reason, struct why why, sim_time at)
{
    if (member->proxy->expected != NULL)
        expected_lose(member, reason, why, at);
    else
        drawn_lose(member, reason, why, at);
}

sim_time source_back_off(const struct source *source, int attempt)
{
    return source->back_off << attempt;
}

/* ---- reading ---- */

static bool wrong(struct error_list *faults, struct error *error, const char *what)
{
    error_wrap(error, "traffic: %s", what);
    error_list_take(faults, error);
    return false;
}

static bool read_arrivals(struct source *source, const struct value *entry,
                          struct error_list *faults)
{
    const struct value *rate = shape_get(entry, "rate"), *how = shape_get(entry, "arrivals");
    struct error error = { 0 };
    if (arrivals_are_given(how) && rate != NULL)
        return error_list_add(faults, rate->at,
                              "traffic: arrivals at given times have no rate: leave one out");
    if (!arrivals_are_given(how) && rate == NULL)
        return error_list_add(faults, entry->at,
                              "traffic: there is neither a rate nor a list of arrival times");
    if (rate != NULL && (source->rate = signal_load(rate, NULL, &error)) == NULL)
        return wrong(faults, &error, "rate");
    source->arrivals = arrivals_load(how, source->rate, &error);
    return source->arrivals != NULL || wrong(faults, &error, "arrivals");
}

static sim_time duration_of(const struct value *entry, const char *name, sim_time otherwise)
{
    const struct value *from = shape_get(entry, name);
    if (from != NULL)
        shape_duration(from, &otherwise, NULL);
    return otherwise;
}

static enum shutdown shutdown_of(const struct value *entry)
{
    const char *text = value_text(shape_get(entry, "shutdown"), "drain");
    return strcmp(text, "reset") == 0    ? SHUTDOWN_RESET
           : strcmp(text, "ignore") == 0 ? SHUTDOWN_IGNORE
                                         : SHUTDOWN_DRAIN;
}

/* The share of service times that are at most the time-out: the largest u whose quantile is. */
double share_in_time(const struct distribution *service_time, sim_time timeout)
{
    const double limit = sim_time_to_seconds(timeout);
    double low = 0, high = 1;
    if (distribution_is_constant(service_time))
        return distribution_mean(service_time) <= limit ? 1 : 0;
    for (int i = 0; i < 60; i++) {
        const double middle = low + (high - low) / 2;
        if (middle > 0 && middle < 1 && distribution_quantile(service_time, middle) <= limit)
            low = middle;
        else
            high = middle;
    }
    return low > 1 - 1e-12 ? 1 : low;
}

static bool read_answers(struct source *source, const struct value *entry,
                         struct error_list *faults)
{
    const struct value *service_time = shape_get(entry, "serviceTime");
    struct error error = { 0 };
    source->service_time = service_time == NULL
                               ? distribution_new_constant(sim_time_to_seconds(USUAL_SERVICE_TIME))
                               : distribution_load(service_time, &error);
    if (source->service_time == NULL)
        return wrong(faults, &error, "serviceTime");
    source->timeout = duration_of(entry, "timeout", USUAL_TIMEOUT);
    if (source->timeout == 0)
        return error_list_add(faults, shape_get(entry, "timeout")->at,
                              "traffic: timeout must be more than 0");
    source->in_time = share_in_time(source->service_time, source->timeout);
    source->retries = (int)value_int(shape_get(entry, "retries"), 0);
    source->back_off = duration_of(entry, "backoff", USUAL_BACK_OFF);
    if (source->back_off > SIM_DAY || source->timeout > SIM_DAY)
        return error_list_add(faults, entry->at, "traffic: backoff and timeout are at most a day");
    source->shutdown = shutdown_of(entry);
    source->concurrency = value_int(shape_get(entry, "concurrency"), 0);
    source->cpu_per_request = sim_time_to_seconds(duration_of(entry, "cpuPerRequest", 0));
    return true;
}

static bool read_source(struct source *source, const struct value *entry, struct error_list *faults)
{
    if (!read_arrivals(source, entry, faults) || !read_answers(source, entry, faults))
        return false;
    const struct value *concurrency = shape_get(entry, "concurrency");
    const char *mode = value_text(shape_get(entry, "mode"), "expected");
    if (source->concurrency > 0 && strcmp(mode, "requests") != 0)
        return error_list_add(faults, concurrency->at,
                              "traffic: a pod of limited concurrency is a queue, whose requests "
                              "are counted one by one (say mode: requests)");
    return true;
}

static void source_close(struct source *source)
{
    arrivals_free(source->arrivals);
    signal_free(source->rate);
    distribution_free(source->service_time);
}

bool traffic_check(const struct value *entry, struct error_list *faults)
{
    struct source source = { 0 };
    const bool well = read_source(&source, entry, faults);
    source_close(&source);
    return well;
}

/* ---- making and freeing ---- */

/* Proxies that all take the same time know the same, so that one is enough. */
static size_t count_of_proxies(const struct source *source, const struct value *entry)
{
    const struct settings *settings = &source->traffic->cluster->settings;
    return distribution_is_constant(settings->endpoint_propagation)
               ? 1
               : (size_t)value_int(shape_get(entry, "proxies"), USUAL_PROXIES);
}

/* As far back as measurements look: the second last scrape, of which the answer is late. */
static sim_time usage_memory(const struct settings *settings)
{
    return 3 * settings->metric_resolution + settings->metric_delay + SIM_SECOND;
}

struct source *source_new(struct traffic *traffic, const struct value *entry,
                          struct error_list *faults)
{
    struct source *source = mem_new(sizeof *source);
    if (!read_source(source, entry, faults)) {
        source_close(source);
        free(source);
        return NULL;
    }
    const char *service = value_text(shape_get(entry, "service"), "");
    const bool drawn = strcmp(value_text(shape_get(entry, "mode"), ""), "requests") == 0;
    struct texts *texts = traffic->cluster->run->texts;
    const struct value *from = shape_get(entry, "from");
    source->traffic = traffic;
    if (from != NULL) {
        const char *space = value_text(shape_get(entry, "namespace"), "default");
        source->who.labels = labels_from_value(texts, shape_get(from, "labels"));
        source->who.space = text_intern(texts, value_text(shape_get(from, "namespace"), space));
    }
    source->passed = run_now(traffic->cluster->run);
    if (source->cpu_per_request > 0)
        source->memory = usage_memory(&traffic->cluster->settings);
    ledger_init(&source->ledger, text_intern(texts, value_text(shape_get(entry, "name"), service)),
                text_intern(texts, value_text(shape_get(entry, "namespace"), "default")),
                text_intern(texts, service), drawn);
    source->proxy_count = count_of_proxies(source, entry);
    source->proxies = mem_new(source->proxy_count * sizeof *source->proxies);
    if (drawn)
        source->drawn = drawn_new(source);
    else
        source->expected = expected_new(source);
    for (size_t i = 0; i < source->proxy_count; i++) {
        proxy_init(&source->proxies[i], source, i);
        if (!drawn)
            expected_proxy_new(&source->proxies[i]);
    }
    return source;
}

void source_free(struct source *source)
{
    for (size_t i = 0; i < source->proxy_count; i++)
        proxy_close(&source->proxies[i]);
    free(source->proxies);
    expected_free(source->expected);
    drawn_free(source->drawn);
    paces_free(source);
    labels_drop(source->who.labels);
    text_drop(source->who.space);
    agenda_close(&source->agenda);
    ledger_close(&source->ledger);
    source_close(source);
    free(source);
}
