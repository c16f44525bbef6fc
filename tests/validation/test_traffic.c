/* Failed requests, counted in two ways: in the mean, and one by one.
 *
 * What fails of a Poisson stream, each request by its own luck, is Poisson again, so that so many
 * drawn failures have a standard error of the root of what is expected. Stories are played once;
 * both ways see the same cluster. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/measured.h"

static double number_of(const struct value *map, const char *name)
{
    return value_double(value_get(map, name), 0);
}

/* How many standard errors two counts are apart; both 0: none. */
static double apart(double drawn, double expected)
{
    return drawn == expected ? 0 : fabs(drawn - expected) / sqrt(expected > 0 ? expected : 1e-9);
}

/* ---- stories ---- */

#define HEAD                                                                                       \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 20m\n  measure: {from: 1m}\n  nodes: [{name: node, count: 5}]\n"                  \
    "  images: [{name: 'web:1', ready: {uniform: {lower: 2s, upper: 6s}}}, "                       \
    "{name: 'web:2', ready: {uniform: {lower: 2s, upper: 6s}}}]\n"
#define TWICE(traffic)                                                                             \
    "  traffic:\n  - {service: web, " traffic "}\n"                                                \
    "  - {service: web, name: one-by-one, mode: requests, " traffic "}\n"
#define WEB(strategy, container)                                                                   \
    "---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "    \
    "ports: [{port: 80}]}}\n"                                                                      \
    "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 5, "     \
    "strategy: {" strategy "}, selector: {matchLabels: {app: web}}, template: {metadata: "         \
    "{labels: {app: web}}, spec: {terminationGracePeriodSeconds: 8, containers: [{name: c, "       \
    "image: 'web:1', ports: [{containerPort: 80}]" container "}]}}}}\n"
#define PROBE   ", readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}"
#define RELEASE "  timeline: [{at: 5m, kubectl: \"set image deployment/web c=web:2\"}]\n"

static const struct {
    const char *why, *yaml;
    double least; /* failures, so that there is something to compare */
} stories[] = {
    { "a rollout with nothing to prevent failures",
      HEAD TWICE("rate: 500, serviceTime: {exponential: {mean: 200ms}}") RELEASE WEB("", ""),
      1000 },
    { "a rollout with probes, applications that drop what they work on, proxies of many speeds",
      HEAD "  timing: {endpointPropagation: {exponential: {mean: 2s}}, containerStop: "
           "{uniform: {lower: 0s, upper: 10s}}}\n" TWICE(
               "rate: 800, serviceTime: {lognormal: {p50: 100ms, p99: 3s}}, shutdown: reset, "
               "timeout: 2s") RELEASE WEB("", PROBE),
      1000 },
    { "the same where they go on until they are killed",
      HEAD "  timing: {endpointPropagation: {uniform: {lower: 1s, upper: 20s}}, containerStop: "
           "20s}\n" TWICE("rate: 500, serviceTime: {gamma: {shape: 2, scale: 500ms}}, "
                          "shutdown: ignore, proxies: 4") RELEASE WEB("", PROBE),
      1000 },
    { "all at once: nobody is left",
      HEAD TWICE("rate: 300, serviceTime: 300ms") RELEASE WEB("type: Recreate", PROBE), 1000 },
    { "retries through a rollout",
      HEAD "  timing: {endpointPropagation: 3s}\n" TWICE(
          "rate: 5000, serviceTime: {exponential: {mean: 200ms}}, retries: 2, backoff: 300ms, "
          "shutdown: reset") RELEASE WEB("", ""),
      1000 },
    { "a node that dies, with retries after time-outs",
      HEAD "  failures: [{kind: node-crash, nodes: node-1, at: 5m, lasts: 5m}]\n" TWICE(
          "rate: 1000, serviceTime: {exponential: {mean: 500ms}}, retries: 3, timeout: 3s, "
          "backoff: 1s") WEB("", PROBE),
      50 },
    { "a network that comes and goes, at a rate that rises and falls",
      HEAD "  failures: [{kind: node-crash, network: true, every: {exponential: {mean: 4m}}, "
           "lasts: {exponential: {mean: 20s}}}]\n" TWICE(
               "rate: {diurnal: {mean: 400, amplitude: 380, peak: 5m, period: 10m}}, "
               "serviceTime: {uniform: {lower: 0s, upper: 4s}}, timeout: 3s, retries: 1")
               WEB("", PROBE),
      1000 },
    { "containers that crash",
      HEAD "  failures: [{kind: container-crash, every: {exponential: {mean: 10s}}}]\n" TWICE(
          "rate: {spikes: {base: 100, height: 900, at: 2m, lasts: 30s, every: 3m}}, "
          "serviceTime: {pareto: {shape: 2.5, scale: 200ms}}, retries: 1") WEB("", PROBE),
      100 },
};

static void expect_agreement(const char *why, const struct value *expected,
                             const struct value *drawn, double least)
{
    static const char *const reasons[] = { "no-endpoint", "refused", "reset", "timed-out" };
    const double requests = number_of(expected, "requests"), failed = number_of(expected, "failed");
    cr_expect_lt(apart(number_of(drawn, "requests"), requests), 3, "%s: %g requests of %g", why,
                 number_of(drawn, "requests"), requests);
    cr_expect_lt(apart(number_of(drawn, "failed"), failed), 3, "%s: %g failed of %g", why,
                 number_of(drawn, "failed"), failed);
    cr_expect_geq(failed, least, "%s: %g failed", why, failed);
    for (size_t i = 0; i < 4; i++) {
        const double one = number_of(value_get(drawn, "reasons"), reasons[i]);
        const double mean = number_of(value_get(expected, "reasons"), reasons[i]);
        cr_expect_lt(apart(one, mean), 3, "%s: %s %g of %g", why, reasons[i], one, mean);
    }
    const double retries = number_of(expected, "attempts") - requests;
    const double made = number_of(drawn, "attempts") - number_of(drawn, "requests");
    cr_expect(fabs(made - retries) <= 0.02 * retries + 20, "%s: %g retries of %g", why, made,
              retries);
}

Test(traffic, both_ways_to_count_agree)
{
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        struct value *summary = play_text(stories[i].yaml);
        const struct value *rows = value_get(summary, "traffic");
        expect_agreement(stories[i].why, rows->items[0], rows->items[1], stories[i].least);
        value_drop(summary);
    }
}

/* ---- the lesson: a rolling update, with and without what prevents failures ---- */

#define LESSON(name) "scenarios/reconciliation/02_rolling_update/" name ".yaml"

Test(traffic, a_rolling_update_with_readiness_and_pre_stop_loses_no_request)
{
    struct value *summary = play(LESSON("scenario"));
    const struct value *rows = value_get(summary, "traffic");
    for (size_t i = 0; i < 2; i++) {
        cr_expect_geq(number_of(rows->items[i], "requests"), 1e6);
        cr_expect_str_eq(value_get(rows->items[i], "failed")->text, "0", "exactly");
        cr_expect_eq(value_get(rows->items[i], "losses")->count, 0);
    }
    value_drop(summary);
}

/* The only loss of a row: whom it sent to, and from when to when. */
static void expect_loss(const struct value *row, const char *fault, double first, double last)
{
    const struct value *losses = value_get(row, "losses");
    cr_assert_eq(losses->count, 1);
    const struct value *loss = losses->items[0];
    cr_expect_str_eq(value_text(value_get(loss, "reason"), ""), "refused");
    cr_expect_str_eq(value_text(value_get(loss, "fault"), ""), fault);
    cr_expect_str_eq(value_text(value_get(loss, "cause"), ""),
                     "set-image/deployment/web web=shop/web:2");
    cr_expect_float_eq(number_of(loss, "firstSeconds"), first, 0.2, "first at %g",
                       number_of(loss, "firstSeconds"));
    cr_expect_float_eq(number_of(loss, "lastSeconds"), last, 0.2, "last at %g",
                       number_of(loss, "lastSeconds"));
}

/* The release is at 120 s; a pod takes 1 s to start, 5 s more to listen, and the probe sees it within
 * another second; a write takes 5 ms.
 * Without readiness the first is Ready at 121.03 s and the first of ten proxies hears of it 0.1 s
 * later or more; the fourth has started some 3 s after that, and listens 5 s later.
 * Without the hook the first old pod goes when the first new one is ready, at 126.03 s, the
 * fourth 3 times 6.03 s later, and the last proxy hears of that within 3 s. */
Test(traffic, a_rolling_update_without_either_shows_how_many_it_loses_and_when)
{
    struct value *summary = play(LESSON("what_if_no_readiness"));
    const struct value *rows = value_get(summary, "traffic");
    expect_agreement("without readiness", rows->items[0], rows->items[1], 3000);
    expect_loss(rows->items[0], "starting", 121.4, 129.1);
    value_drop(summary);
    summary = play(LESSON("what_if_no_pre_stop"));
    rows = value_get(summary, "traffic");
    expect_agreement("without a hook", rows->items[0], rows->items[1], 3000);
    expect_loss(rows->items[0], "stopping", 126.03, 146.8);
    cr_expect_eq(value_get(rows->items[0], "episodes")->count, 4, "once for each old pod");
    value_drop(summary);
}

/* ---- requests that autoscalers see ---- */

/* Each request takes 10 ms of CPU, and a pod is to use half of the 500m it asks for: 100 a second are
 * one core, for four pods; 400 a second, from 10 min on, for sixteen. */
static double replicas_wanted(const char *mode, double minutes)
{
    char *yaml = mem_format(
        "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"
        "  duration: %gm\n  nodes: [{name: node, count: 5}]\n"
        "  traffic: [{service: web, mode: %s, cpuPerRequest: 10ms, "
        "rate: {steps: [{at: 0s, value: 100}, {at: 10m, value: 400}]}}]\n"
        "---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "
        "ports: [{port: 80}]}}\n"
        "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, "
        "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "
        "{containers: [{name: c, image: 'web:1', resources: {requests: {cpu: 500m}}" PROBE
        "}]}}}}\n"
        "---\n{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, "
        "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, "
        "minReplicas: 2, maxReplicas: 30, metrics: [{type: Resource, resource: {name: cpu, target: "
        "{type: Utilization, averageUtilization: 50}}}]}}\n",
        minutes, mode);
    struct value *summary = play_text(yaml);
    const double wanted = number_of(measured_row(summary, "deployment/web"), "wanted");
    value_drop(summary);
    free(yaml);
    return wanted;
}

Test(traffic, autoscalers_scale_to_what_requests_cost)
{
    static const char *const modes[] = { "expected", "requests" };
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(replicas_wanted(modes[i], 9), 4, "%s", modes[i]);
        cr_expect_eq(replicas_wanted(modes[i], 30), 16, "%s", modes[i]);
    }
}

/* ---- a pod as a queueing station ---- */

/* Erlang's C formula by the recurrence of his B (Gross et al., "Fundamentals of Queueing Theory",
 * section 3.3): the mean wait, in mean service times. */
static double wait_of_mmc(int servers, double rho)
{
    const double offered = servers * rho;
    double blocked = 1;
    for (int c = 1; c <= servers; c++)
        blocked = offered * blocked / (c + offered * blocked);
    return blocked / (1 - rho * (1 - blocked)) / (servers * (1 - rho));
}

/* One pod of c servers of 100 ms each, asked at rho c / 0.1 s for 50,000 s of steady state. */
static double latency_of(int servers, double rho, const char *service_time)
{
    char *yaml = mem_format(
        "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"
        "  duration: 60000s\n  measure: {from: 10000s}\n  nodes: [{name: node, count: 1}]\n"
        "  traffic: [{service: web, rate: %g, mode: requests, concurrency: %d, serviceTime: %s, "
        "timeout: 1h}]\n"
        "---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "
        "ports: [{port: 80}]}}\n"
        "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, spec: "
        "{containers: [{name: c, image: a}]}}\n",
        rho * servers / 0.1, servers, service_time);
    struct value *summary = play_text(yaml);
    const struct value *row = value_at(value_get(summary, "traffic"), 0);
    const double mean = number_of(value_get(row, "latency"), "mean");
    cr_expect_eq(number_of(row, "failed"), 0);
    value_drop(summary);
    free(yaml);
    return mean;
}

Test(traffic, pods_of_limited_concurrency_are_queueing_stations)
{
    static const struct {
        const char *why, *service_time;
        int servers;
        double rho, variation; /* of the service time, squared */
        /* Three standard errors: of M/M/1 the root of rho (2 + 5 rho - 4 rho^2 + rho^3) /
         * (1 - rho)^4 / n service times (Whitt 1989), relative; of the others a little more than
         * what they were seen to vary by. */
        double tolerance;
    } rows[] = {
        { "M/M/1", "{exponential: {mean: 100ms}}", 1, 0.5, 1, 0.016 },
        { "M/M/1, busier", "{exponential: {mean: 100ms}}", 1, 0.8, 1, 0.042 },
        { "M/M/2", "{exponential: {mean: 100ms}}", 2, 0.75, 1, 0.03 },
        { "M/M/8", "{exponential: {mean: 100ms}}", 8, 0.8, 1, 0.015 },
        { "M/D/1", "100ms", 1, 0.8, 0, 0.03 },
        { "M/G/1: gamma of shape 2", "{gamma: {shape: 2, scale: 50ms}}", 1, 0.7, 0.5, 0.03 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* Pollaczek and Khinchine for one server; exact for exponential service of any number. */
        const double wait = wait_of_mmc(rows[i].servers, rows[i].rho) * (1 + rows[i].variation) / 2;
        const double want = 0.1 * (1 + wait);
        const double got = latency_of(rows[i].servers, rows[i].rho, rows[i].service_time);
        cr_expect_float_eq(got, want, rows[i].tolerance * want, "%s: %g s, not %g s", rows[i].why,
                           got, want);
    }
}
