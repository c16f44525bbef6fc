/* The model of load, and what is measured of it: shares by hand, scrapes, and what an entry may not say. */
#include "models/load/load.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/kubelet/kubelet.h"
#include "sim/base/memory.h"
#include "tests/support/kubelet_stories.h"
#include "tests/support/rows.h"

#define WORKER(name, spec)                                                                         \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {app: web}}, spec: "      \
    "{nodeName: n0, containers: [{name: c, image: 'app:1'" spec "}, {name: side, image: 'app:1'}]" \
    "}}\n"

/* Containers start 1 s after each other, and their pod is ready with the second. */
static struct world *given_load(const char *pods, const char *entry)
{
    static const struct component *const parts[] = { &kubelets, &load_component, NULL };
    struct world *w = given_with("", parts, "");
    struct settings *settings = &w->cluster->settings;
    struct error_list faults = { 0 };
    set_time(&settings->api_write, 0);
    set_time(&settings->image_size, 0);
    set_time(&settings->container_start, 1);
    set_time(&settings->container_ready, 2);
    set_time(&settings->container_stop, 3);
    struct value *document = rows_parse(entry);
    cr_assert(load_plan(w->cluster, document, &faults), "%s", faults.items[0].text);
    value_drop(document);
    create(w, NODE("n0"));
    create(w, pods);
    until(w, 0);
    return w;
}

/* "1100m at 30 over 15", or what there is instead. */
static char *measured(struct world *w, const char *pod, const char *resource, const char *container)
{
    static const char *const missing[] = { "unserved", "absent", "partial" };
    const struct metrics_api *api = w->cluster->metrics;
    struct metric_sample sample = { 0 };
    const struct text *name = cluster_text(w->cluster, container);
    const enum metric_found found =
        api->usage(api->context, pod_of(find(w, pod)), resource, name, &sample);
    text_drop(name);
    if (found != METRIC_FOUND)
        return mem_text(missing[found], strlen(missing[found]));
    return mem_format("%lldm at %g over %g", (long long)sample.milli,
                      sim_time_to_seconds(sample.at), sim_time_to_seconds(sample.window));
}

static void expect_usage(struct world *w, double at, const char *pod, const char *resource,
                         const char *container, const char *want)
{
    until(w, at);
    char *have = measured(w, pod, resource, container);
    cr_expect_str_eq(have, want, "%g s, %s of %s: %s", at, resource, pod, have);
    free(have);
}

#define SHARED                                                                                     \
    "{\"pods\": \"app=web\", \"cpu\": 2, \"memory\": \"12Mi\", \"perPod\": {\"cpu\": \"100m\"}}"

Test(load, ready_pods_share_what_they_all_use)
{
    struct world *w = given_load(WORKER("a", "") WORKER("b", ""), SHARED);
    expect_usage(w, 14.9, "pod/default/a", "cpu", NULL, "absent"); /* no scrape but that at 0 */
    /* It runs since 2, and has 1 core and 100m since. */
    expect_usage(w, 15, "pod/default/a", "cpu", NULL, "1100m at 15 over 13");
    expect_usage(w, 30, "pod/default/a", "cpu", NULL, "1100m at 30 over 15");
    expect_usage(w, 44, "pod/default/a", "memory", NULL, "6291456000m at 30 over 15");
    expect_usage(w, 44, "pod/default/a", "cpu", "c", "1100m at 30 over 15");
    expect_usage(w, 44, "pod/default/a", "cpu", "side", "0m at 30 over 15");
    expect_usage(w, 44, "pod/default/a", "cpu", "none", "partial");
    expect_usage(w, 44, "pod/default/a", "nvidia.com/gpu", NULL, "partial");
    until(w, 51);
    delete_object(w, "pod/default/b", PROPAGATE_DEFAULT);
    /* 6 s with the other, 9 s alone: (6*1 + 9*2)/15 = 1.6. */
    expect_usage(w, 60, "pod/default/a", "cpu", NULL, "1700m at 60 over 15");
    expect_usage(w, 75, "pod/default/a", "cpu", NULL, "2100m at 75 over 15");
    create(w, WORKER("c", "")); /* runs at 77 */
    expect_usage(w, 90, "pod/default/c", "cpu", NULL, "1100m at 90 over 13");
    /* 2 s alone, 13 s with the new one: 17/15 = 1.1333, rounded up. */
    expect_usage(w, 90, "pod/default/a", "cpu", NULL, "1234m at 90 over 15");
    done(w);
}

Test(load, a_container_that_has_just_started_waits_for_its_second_scrape)
{
    struct world *w = given_load("", SHARED);
    until(w, 5.5);
    create(w, WORKER("a", "")); /* runs at 7.5, 7.5 s before the scrape */
    expect_usage(w, 29, "pod/default/a", "cpu", NULL, "absent");
    expect_usage(w, 30, "pod/default/a", "cpu", NULL, "2100m at 30 over 15");
    done(w);
}

Test(load, figures_lag_by_scrapes_and_delays)
{
    struct world *w = given_load(
        WORKER("a", ""),
        "{\"pods\": \"\", \"perPod\": {\"cpu\": {\"steps\": [{\"at\": 0, \"value\": \"200m\"}, "
        "{\"at\": \"50s\", \"value\": \"1\"}]}, \"memory\": {\"line\": [{\"at\": 0, \"value\": 0}, "
        "{\"at\": 100, \"value\": 1000}]}}}");
    w->cluster->settings.metric_delay = 4 * SIM_SECOND;
    expect_usage(w, 48.9, "pod/default/a", "cpu", NULL, "200m at 30 over 15");
    expect_usage(w, 63.9, "pod/default/a", "cpu", NULL, "200m at 45 over 15");
    /* 5 s at 0.2 and 10 s at 1: 11/15 = 0.7333. */
    expect_usage(w, 64, "pod/default/a", "cpu", NULL, "734m at 60 over 15");
    expect_usage(w, 64, "pod/default/a", "memory", NULL, "600000m at 60 over 15");
    w->cluster->settings.metric_resolution = 0;
    expect_usage(w, 72, "pod/default/a", "cpu", NULL, "1000m at 72 over 30");
    done(w);
}

Test(load, a_limit_is_a_limit)
{
    struct world *w = given_load(WORKER("a", ", resources: {limits: {cpu: 300m}}"), SHARED);
    expect_usage(w, 30, "pod/default/a", "cpu", NULL, "300m at 30 over 15");
    done(w);
}

static double half_a_core(void *context, const struct pod *pod, sim_time from, sim_time to)
{
    (void)context;
    return strcmp(name_of(pod), "a") == 0 ? sim_time_to_seconds(to - from) / 2 : 0;
}

Test(load, others_may_know_of_more)
{
    struct world *w = given_load(WORKER("a", "") WORKER("b", ""), SHARED);
    cluster_add_usage(w->cluster, (struct usage_source){ NULL, half_a_core, NULL });
    expect_usage(w, 30, "pod/default/a", "cpu", NULL, "1600m at 30 over 15");
    expect_usage(w, 30, "pod/default/b", "cpu", NULL, "1100m at 30 over 15");
    done(w);
}

Test(load, follows_what_selects_its_pods)
{
    struct world *w = given_load(WORKER("a", ""), "{\"service\": \"web\", \"cpu\": 1}");
    expect_usage(w, 30, "pod/default/a", "cpu", NULL, "0m at 30 over 15");
    create(w, "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "
              "ports: [{port: 80}]}}");
    expect_usage(w, 45, "pod/default/a", "cpu", NULL, "1000m at 45 over 15");
    load_clear(w->cluster);
    expect_usage(w, 60, "pod/default/a", "cpu", NULL, "0m at 60 over 15");
    done(w);
}

Test(load, says_what_is_wrong_with_an_entry)
{
    static const struct {
        const char *entry, *fault;
    } rows[] = {
        { "{\"cpu\": 1}",
          "load: what it is of is missing (workload, service, pods, object or external)" },
        { "{\"service\": \"a\", \"pods\": \"\"}",
          "load: it is of several things (choose one of workload, service, pods, object and "
          "external)" },
        { "{\"workload\": \"web\"}",
          "load: \"web\" is not a kind and a name (try deployment/web)" },
        { "{\"workload\": \"service/web\"}",
          "load: service is no kind of workload (try deployment)" },
        { "{\"object\": \"main\", \"metrics\": []}",
          "load: \"main\" is not a kind and a name (try ingress/main)" },
        { "{\"object\": \"ingress/main\", \"cpu\": 1}", "load: cpu of an object means nothing" },
        { "{\"external\": [], \"metrics\": []}",
          "load: metrics of external metrics means nothing" },
        { "{\"pods\": \"a=\", \"cpu\": \"x\"}",
          "load: cpu: \"x\" is not a quantity (try 4, 500m or 2Gi)" },
        { "{\"pods\": \"a=b\", \"cpu\": \"-1\"}", "load: cpu: must not be negative" },
        { "{\"pods\": \"a=b\", \"perPod\": {\"memory\": {\"spkes\": 1}}}",
          "load: memory: unknown signal \"spkes\" (try spikes)" },
        { "{\"pods\": \"a=(\", \"cpu\": 1}", NULL },
        { "{\"external\": [{\"name\": \"q\", \"value\": []}]}", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error_list faults = { 0 };
        struct value *entry = rows_parse(rows[i].entry);
        cr_expect_not(load_check(entry, &faults), "%s", rows[i].entry);
        cr_assert_gt(faults.count, 0, "%s", rows[i].entry);
        if (rows[i].fault != NULL)
            cr_expect_str_eq(faults.items[0].text, rows[i].fault);
        error_list_close(&faults);
        value_drop(entry);
    }
}
