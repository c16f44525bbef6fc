/* What an attempt costs: against measurements of the real scheduler, and under load. */
#include "models/scheduler/attempt_cost.h"

#include <criterion/criterion.h>
#include <math.h>

#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/scheduler.h"
#include "tests/support/scheduler_objects.h"

/* --- measured -------------------------------------------------------------------------------------- */

/* p50 of CPU time of ScheduleOne without the binding, kube-scheduler 1.36.4, 16 workers on about one
 * core: what the default rates were fitted to. Feasible and visited nodes are those of the sampling. */
static const struct {
    const char *what;
    size_t nodes, visited, feasible;
    bool spread;
    size_t preferring, repelling; /* running pods with such terms */
    double milliseconds;
} measured[] = {
    { "simple", 100, 100, 100, false, 0, 0, 0.56 },
    { "fits nowhere", 100, 100, 0, false, 0, 0, 0.24 },
    { "spread over zones, two of three are refused", 100, 100, 33, true, 0, 0, 0.54 },
    { "preferred anti-affinity", 100, 100, 100, false, 200, 0, 1.12 },
    { "required anti-affinity", 100, 100, 73, false, 0, 200, 1.11 },
    { "simple, sampled", 1000, 420, 420, false, 0, 0, 1.76 },
    { "fits nowhere", 1000, 1000, 0, false, 0, 0, 1.67 },
    { "spread", 1000, 1000, 333, true, 0, 0, 5.61 },
    { "preferred anti-affinity", 1000, 420, 420, false, 2000, 0, 5.34 },
    { "required anti-affinity", 1000, 420, 420, false, 0, 2000, 3.43 },
    { "simple, every node", 1000, 1000, 1000, false, 0, 0, 3.02 },
    { "simple, sampled", 5000, 500, 500, false, 0, 0, 2.35 },
    { "fits nowhere", 5000, 5000, 0, false, 0, 0, 9.31 },
    { "spread", 5000, 1500, 500, true, 0, 0, 10.11 },
    { "preferred anti-affinity", 5000, 500, 500, false, 10000, 0, 21.49 },
    { "required anti-affinity", 5000, 500, 500, false, 0, 10000, 18.67 },
    { "simple, every node", 5000, 5000, 5000, false, 0, 0, 20.05 },
};

/* The measurements themselves are good to a factor of 1.4 or so. */
Test(attempt_cost, is_what_was_measured_within_half)
{
    struct profile profile = { 0 };
    struct settings settings;
    double logarithms = 0;
    const size_t count = sizeof measured / sizeof *measured;
    settings_init(&settings);
    profile.plugins[0].plugin = &pod_topology_spread_plugin;
    profile.plugin_count = 1;
    for (size_t i = 0; i < count; i++) {
        const size_t plugins = measured[i].spread ? 1 : 0;
        const struct prepared prepared = { .profile = &profile,
                                           .filter_count = plugins,
                                           .score_count = plugins };
        const struct snapshot snapshot = { .pods_preferring = measured[i].preferring,
                                           .pods_repelling = measured[i].repelling };
        const struct decision decision = { .prepared = &prepared,
                                           .snapshot = &snapshot,
                                           .all_nodes = measured[i].nodes,
                                           .feasible_count = measured[i].feasible,
                                           .rejected_count =
                                               measured[i].visited - measured[i].feasible };
        const double got = 1e3 * attempt_cost_median(&settings.attempt_cost, &decision);
        const double off = log(got / measured[i].milliseconds);
        cr_expect(fabs(off) < log(1.7), "%s of %zu: %.2f ms, not %.2f", measured[i].what,
                  measured[i].nodes, got, measured[i].milliseconds);
        logarithms += off;
    }
    cr_expect(fabs(logarithms / (double)count) < log(1.15), "all together off by %.2f",
              exp(logarithms / (double)count));
    settings_close(&settings);
}

/* --- under load --------------------------------------------------------------------------------------- */

enum { NODES = 50, ARRIVALS = 5000 };

struct load {
    struct cluster *cluster;
    struct stream stream;
    double rate; /* per second */
    size_t created;
    double waited; /* seconds from creation to PodScheduled, of all pods */
    size_t bound;
};

static void arrive(void *subject, sim_time now)
{
    struct load *load = subject;
    struct cluster *cluster = load->cluster;
    char name[16];
    snprintf(name, sizeof name, "p%zu", load->created);
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    client_create(&cluster->admin,
                  (struct object *)pod_make(&cluster->codec, name, requests("200m", "800Mi")), NULL,
                  NULL);
    if (++load->created < ARRIVALS)
        run_at(cluster->run,
               now + sim_time_from_seconds(-log(stream_uniform(&load->stream)) / load->rate),
               PRIORITY_WORK, arrive, load);
}

static void add_waits(struct load *load)
{
    for (struct cache_cursor c = client_list(&load->cluster->admin, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        if (!pod_condition_is_true(pod, POD_SCHEDULED))
            continue;
        load->waited += sim_time_to_seconds(pod->transitions[POD_SCHEDULED] - pod->meta.created);
        load->bound++;
    }
}

/* The pods are spread evenly, so every node stays feasible to the end.
 *
 * Poisson arrivals at one server: from Pollaczek and Khinchine, the time from the arrival to the end
 * of service is E[S] + rate E[S^2] / (2 (1 - rate E[S])) on average. Here S is the median of 50 nodes
 * filtered and scored, 265 us, times a lognormal factor of sigma 0.55, and the load is 0.6. */
Test(attempt_cost, keeps_pods_waiting_as_a_queue_of_one_server_does)
{
    static const struct component *const only_scheduler[] = { &scheduler_component, NULL };
    struct settings settings;
    settings_init(&settings);
    settings.scheduler_qps = 1e6;
    settings.scheduler_burst = 1000000;
    struct error error = { 0 };
    struct value *none = value_new_int(0);
    cr_assert(settings_set_timing(&settings, "apiWrite", none, &error));
    value_drop(none);
    struct run *run = run_new(1);
    struct load load = { .cluster = cluster_new_with(run, "", settings, only_scheduler) };
    const double median = 50e-6 + NODES * (1.85e-6 + 2.45e-6), sigma = 0.55;
    const double mean = median * exp(sigma * sigma / 2);
    const double square = median * median * exp(2 * sigma * sigma);
    load.rate = 0.6 / mean;
    load.stream = stream_of(1, "", "load", "arrivals", 0);
    for (int i = 0; i < NODES; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        client_begin(&load.cluster->admin, (struct cause){ 0, 0 });
        client_create(&load.cluster->admin,
                      (struct object *)node_make(&load.cluster->codec, name, 32, 128, NULL), NULL,
                      NULL);
    }
    run_at(run, SIM_SECOND, PRIORITY_WORK, arrive, &load);
    run_until(run, 100 * SIM_SECOND);
    add_waits(&load);
    const double want = mean + load.rate * square / (2 * (1 - load.rate * mean));
    const double got = load.waited / (double)load.bound;
    cr_expect_eq(load.bound, ARRIVALS);
    cr_expect(fabs(got - want) < 0.1 * want, "%.1f us, not %.1f", 1e6 * got, 1e6 * want);
    cluster_free(load.cluster);
    run_free(run);
}

Test(attempt_cost, gives_way_to_a_cycle_of_the_scenarios_own)
{
    struct settings settings;
    struct error error = { 0 };
    struct value *own = value_new_string("7ms");
    const struct decision decision = { 0 };
    struct stream stream = stream_of(1, "", "s", "p", 0);
    settings_init(&settings);
    cr_assert(settings_set_timing(&settings, "schedulingCycle", own, &error));
    cr_expect_eq(attempt_cost_sample(&settings, &decision, &stream), 7 * SIM_MILLISECOND);
    value_drop(own);
    settings_close(&settings);
}
