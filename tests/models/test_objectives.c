/* Objectives as OpenSLO writes them, on runs whose outages are known to the millisecond. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/measured.h"

/* As in tests/validation/test_hand_checked.c: ready at 3.041 s; the node dies at 604 s, the pod is not
 * ready from 650.020 to 958.061 s. */
#define SCENARIO(more)                                                                             \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 30m\n  nodes:\n  - {name: large, count: 1, capacity: {cpu: 8, memory: 32Gi}}\n"   \
    "  - {name: small, count: 1, capacity: {cpu: 4, memory: 16Gi}}\n"                              \
    "  timing: {apiWrite: 10ms, schedulingCycle: 1ms, endpointPropagation: 0}\n"                   \
    "  objects:\n  - apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n"       \
    "    spec:\n      selector: {matchLabels: {app: web}}\n"                                       \
    "      template:\n        metadata: {labels: {app: web}}\n"                                    \
    "        spec: {containers: [{name: web, image: 'web:1'}]}\n"                                  \
    "  - {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "     \
    "ports: [{port: 80}]}}\n"                                                                      \
    "  failures: [{kind: node-crash, nodes: large-0, at: 604}]\n" more
#define TRAFFIC       "  traffic: [{service: web, rate: 10, timeout: 1s}]\n"
#define DRAWN         "  traffic: [{service: web, rate: 10, timeout: 1s, mode: requests}]\n"
#define SOURCE(query) "{metricSource: {type: seatrial, spec: {query: '" query "'}}}"
#define RAW(query)    "{ratioMetric: {rawType: success, raw: " SOURCE(query) "}}"
#define RATIO(part, query, total)                                                                  \
    "{ratioMetric: {" part ": " SOURCE(query) ", total: " SOURCE(total) "}}"
#define THRESHOLD(query) "{thresholdMetric: " SOURCE(query) "}"
#define ROLLING          "timeWindow: [{duration: 28d, isRolling: true}]"
#define AVAILABLE        "available{workload=\"deployment/web\"}"
#define OF(metric)       metric "{service=\"web\"}"
#define SLO(name, fields)                                                                          \
    "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {name: " name                               \
    "}\nspec: {service: web, " fields "}\n"
#define UP(window, objective, more)                                                                \
    SLO("up", "indicator: {spec: " RAW(                                                            \
                  AVAILABLE) "}, " window                                                          \
                             ", budgetingMethod: Occurrences, objectives: [{" objective "}]" more)
#define TIMESLICES(sli, objective)                                                                 \
    SLO("up", "indicator: {spec: " sli "}, " ROLLING                                               \
              ", budgetingMethod: Timeslices, objectives: [{" objective "}]")
#define OCCURRENCES(sli, objective)                                                                \
    SLO("up", "indicator: {spec: " sli "}, " ROLLING                                               \
              ", budgetingMethod: Occurrences, objectives: [{" objective "}]")

/* The fields of the first objective: "attained false, attainment 0.8, budget 10 spent 5 at null". */
static char *told_of(const struct value *row)
{
    static const struct {
        const char *before, *path[3];
    } parts[] = { { "attained ", { "attained" } },
                  { ", ", { "attainment" } },
                  { " of ", { "observedSeconds" } },
                  { " s; budget ", { "budget", "total" } },
                  { ", spent ", { "budget", "spent" } },
                  { ", all of it by ", { "budget", "exhaustedSeconds" } } };
    struct writer out = { 0 };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct value *value =
            value_path(row, parts[i].path[0], parts[i].path[1], parts[i].path[2], NULL);
        writer_add(&out, parts[i].before);
        writer_add(&out, value_is_null(value)        ? "null"
                         : value->type == VALUE_BOOL ? (value->truth ? "true" : "false")
                                                     : value->text);
    }
    return writer_take(&out);
}

static const struct {
    const char *why, *scenario, *told;
} rows[] = {
    { "time without a ready replica, out of all from bring-up on",
      SCENARIO("") UP(ROLLING, "target: 0.9", ""),
      "attained false, 0.828576500632 of 1796.959 s; budget 179.6959, spent 308.041, all of it by "
      "829.7159" },
    { "a target that was met, in percent", SCENARIO("") UP(ROLLING, "targetPercent: 80", ""),
      "attained true, 0.828576500632 of 1796.959 s; budget 359.3918, spent 308.041, all of it by "
      "null" },
    { "650.02 to 958.061 touches six whole minutes",
      SCENARIO("")
          TIMESLICES(RAW(AVAILABLE), "target: 0.7, timeSliceTarget: 1, timeSliceWindow: 1m"),
      "attained true, 0.793103448276 of 1740 s; budget 522, spent 360, all of it by null" },
    { "of minute 10 only 9.98 s are bad, which is good enough; of minute 15 58.061 s",
      SCENARIO("")
          TIMESLICES(RAW(AVAILABLE), "target: 0.8, timeSliceTarget: 0.5, timeSliceWindow: 1"),
      "attained true, 0.827586206897 of 1740 s; budget 348, spent 300, all of it by null" },
    { "and whose 1.939 s are good enough for 3 in 100",
      SCENARIO("")
          TIMESLICES(RAW(AVAILABLE), "target: 0.8, timeSliceTarget: 0.03, timeSliceWindow: 1m"),
      "attained true, 0.862068965517 of 1740 s; budget 348, spent 240, all of it by null" },
    { "slices by their shares are the time again, but for the first that is cut",
      SCENARIO("")
          SLO("up", "indicator: {spec: " RAW(
                        AVAILABLE) "}, " ROLLING
                                   ", budgetingMethod: RatioTimeslices, objectives: [{target: 0.8, "
                                   "timeSliceWindow: 1m}]"),
      "attained true, 0.822964942529 of 1740 s; budget 348, spent 308.041, all of it by null" },
    { "what the Deployment says: two writes later, from 0 s on, 3.061 s more",
      SCENARIO("")
          OCCURRENCES(THRESHOLD("kube_deployment_status_replicas_ready{deployment=\"web\"}"),
                      "target: 0.8, op: gte, value: 1"),
      "attained true, 0.827165555556 of 1800 s; budget 360, spent 311.102, all of it by null" },
    { "replicas that are missing, of those that are wanted",
      SCENARIO("") OCCURRENCES(RATIO("bad", "missing_replicas{workload=\"deployment/web\"}",
                                     "wanted_replicas{workload=\"deployment/web\"}"),
                               "target: 0.9"),
      "attained false, 0.828576500632 of 1796.959 s; budget 179.6959, spent 308.041, all of it by "
      "829.7159" },
    { "one of two nodes is not Ready from 650.01 on, and both for their first 20 ms",
      SCENARIO("") OCCURRENCES(RATIO("good",
                                     "kube_node_status_condition{condition=\"Ready\", "
                                     "status=\"true\"}",
                                     "kube_node_info"),
                               "target: 0.5"),
      "attained true, 0.680547222222 of 1800 s; budget 1800, spent 1150.03, all of it by null" },
};

static const struct value *only_row(const struct value *summary)
{
    const struct value *list = value_get(summary, "objectives");
    cr_assert(list != NULL && list->count > 0, "no objectives");
    return list->items[0];
}

Test(objectives, are_judged_to_the_millisecond)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *summary = play_text(rows[i].scenario);
        char *told = told_of(only_row(summary));
        cr_expect_str_eq(told, rows[i].told, "%s: %s", rows[i].why, told);
        free(told);
        value_drop(summary);
    }
}

Test(objectives, of_availability_are_the_availability_of_the_workload)
{
    struct value *summary = play_text(SCENARIO("") UP(ROLLING, "target: 0.9", ""));
    const struct value *web = measured_row(summary, "deployment/web"), *up = only_row(summary);
    cr_expect(value_equal(value_get(up, "attainment"), value_get(web, "availability")));
    cr_expect(
        value_equal(value_path(up, "budget", "spent", NULL), value_get(web, "downtimeSeconds")));
    cr_expect(value_equal(value_get(up, "observedSeconds"), value_get(web, "observedSeconds")));
    value_drop(summary);
}

Test(objectives, of_requests_are_what_traffic_counted)
{
    static const char *const scenarios[] = {
        SCENARIO(TRAFFIC)
            OCCURRENCES(RATIO("good", OF("requests_ok"), OF("requests")), "target: 0.5"),
        SCENARIO(TRAFFIC)
            OCCURRENCES(RATIO("bad", OF("requests_failed"), OF("requests")), "target: 0.5"),
        SCENARIO(DRAWN)
            OCCURRENCES(RATIO("good", OF("requests_ok"), OF("requests")), "target: 0.5"),
    };
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        struct value *summary = play_text(scenarios[i]);
        const struct value *traffic = value_at(value_get(summary, "traffic"), 0);
        const struct value *up = only_row(summary);
        const double failed = value_double(value_get(traffic, "failed"), -1);
        const double spent = value_double(value_path(up, "budget", "spent", NULL), -2);
        const double share = value_double(value_get(traffic, "failedShare"), -1);
        cr_expect(failed > 3000);
        cr_expect_float_eq(spent, failed, 1e-6, "%zu: %.9g of %.9g", i, spent, failed);
        cr_expect_float_eq(1 - value_double(value_get(up, "attainment"), 5), share, 1e-9);
        value_drop(summary);
    }
}

Test(objectives, of_latency_count_answers)
{
    struct value *summary = play_text(
        SCENARIO("  traffic: [{service: web, rate: 50, mode: requests, serviceTime: {exponential: "
                 "{mean: 100ms}}}]\n")
            SLO("up", "indicator: {spec: " THRESHOLD(OF(
                          "request_latency_seconds")) "}, " ROLLING
                                                      ", budgetingMethod: Occurrences, objectives: "
                                                      "[{target: 0.9, op: lte, value: "
                                                      "0.3}]")
                SLO("bucket",
                    "indicator: {spec: " RATIO(
                        "good",
                        "request_latency_seconds_bucket{service=\"web\", "
                        "le=\"0.3\"}",
                        OF("request_latency_seconds_count")) "}, " ROLLING
                                                             ", budgetingMethod: Occurrences, "
                                                             "objectives: [{target: 0.9}]")
                    SLO("p99", "indicator: {spec: " THRESHOLD(
                                   "request_latency_seconds{service=\"web\", "
                                   "quantile=\"0.5\"}") "}, " ROLLING ", budgetingMethod: "
                                                        "Timeslices, "
                                                        "objectives: [{target: "
                                                        "0.9, op: lt, value: "
                                                        "0.1, timeSliceTarget: "
                                                        "1, timeSliceWindow: "
                                                        "1m}]"));
    const struct value *list = value_get(summary, "objectives");
    const double within = value_double(value_get(list->items[0], "attainment"), 0);
    /* 1 - exp(-3) of exponential times are below three means. */
    cr_expect_float_eq(within, 0.950213, 0.005, "%g", within);
    cr_expect(value_equal(value_get(list->items[0], "attainment"),
                          value_get(list->items[1], "attainment")));
    /* The median is 69 ms: below 100 ms in every minute; a minute without answers is good. */
    cr_expect_eq(value_int(value_get(list->items[2], "badSlices"), -1), 0);
    value_drop(summary);
}

Test(objectives, burn_budgets_and_alerts_tell_when)
{
    struct value *summary = play_text(SCENARIO("") UP(
        ROLLING, "target: 0.9",
        ", alertPolicies: [{alertPolicyRef: fast}, slow]") "---\napiVersion: openslo/v1\nkind: "
                                                           "AlertPolicy\nmetadata: {name: "
                                                           "fast}\nspec: {conditions: "
                                                           "[{conditionRef: burn}], "
                                                           "notificationTargets: [{targetRef: "
                                                           "me}]}\n"
                                                           "---\n{apiVersion: openslo/v1, kind: "
                                                           "AlertNotificationTarget, metadata: "
                                                           "{name: me}, spec: "
                                                           "{target: mail}}\n"
                                                           "---\napiVersion: openslo/v1\nkind: "
                                                           "AlertCondition\nmetadata: {name: "
                                                           "burn}\nspec: {severity: "
                                                           "page, condition: {kind: burnrate, "
                                                           "threshold: 2, lookbackWindow: 5m, "
                                                           "alertAfter: 1m}}\n"
                                                           "---\napiVersion: openslo/v1\nkind: "
                                                           "AlertPolicy\nmetadata: {name: "
                                                           "slow}\nspec: {conditions: "
                                                           "[{kind: AlertCondition, metadata: "
                                                           "{name: x}, spec: {severity: ticket, "
                                                           "condition: {kind: "
                                                           "burnrate, threshold: 6, "
                                                           "lookbackWindow: 10m, alertAfter: "
                                                           "0m}}}]}\n");
    const struct value *alerts = value_get(only_row(summary), "alerts");
    cr_assert_eq(alerts->count, 2);
    const struct value *fast = alerts->items[0];
    const struct value *firing = value_at(value_get(fast, "firings"), 0);
    /* A burn rate of 2 is 20 % of 5 minutes: 60 s after 650.02, and 60 s more; over when all but 60 s of
     * the window are good again. */
    cr_expect_eq(measured_time(value_get(firing, "atSeconds")), 770020 * SIM_MILLISECOND);
    cr_expect_eq(measured_time(value_get(firing, "resolvedSeconds")), 1198061 * SIM_MILLISECOND);
    cr_expect_eq(value_int(value_get(fast, "count"), 0), 1);
    cr_expect_float_eq(value_double(value_get(fast, "worstBurnRate"), 0), 10, 1e-9);
    /* 60 % of ten minutes are 360 s, and the outage has 308. */
    cr_expect_eq(value_int(value_get(alerts->items[1], "count"), -1), 0);
    cr_expect_float_eq(value_double(value_get(alerts->items[1], "worstBurnRate"), 0),
                       308.041 / 600 / 0.1, 1e-9);
    value_drop(summary);
}

/* Three days from noon on. */
#define NIGHTS(window)                                                                             \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 3d\n  startTime: 2026-01-01T12:00:00Z\n  nodes: [{name: node, count: 1}]\n"       \
    "  timing: {apiWrite: 0, schedulingCycle: 0, containerStart: 0, containerStop: 0, imageSize: " \
    "0}\n"                                                                                         \
    "  objects:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: web}\n"                   \
    "    spec: {containers: [{name: c, image: a}]}\n"                                              \
    "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {name: up}\nspec: {service: web, "          \
    "indicator: {spec: " THRESHOLD("kube_pod_info") "}, " window                                   \
                                                    ", budgetingMethod: Occurrences, objectives: " \
                                                    "[{target: 0.9, op: gte, value: 1}]}\n"

static const struct {
    const char *why, *scenario, *told; /* "from to complete" of each window, in hours */
} windows[] = {
    { "days of Berlin begin at 23 h of Greenwich",
      NIGHTS("timeWindow: [{duration: 1d, calendar: {startTime: '2025-12-01 00:00:00', timeZone: "
             "Europe/Berlin}}]"),
      "0-11 11-35! 35-59! 59-72 " },
    { "days of Greenwich",
      NIGHTS("timeWindow: [{duration: 1d, calendar: {startTime: '2026-06-01 00:00:00', timeZone: "
             "UTC}}]"),
      "0-12 12-36! 36-60! 60-72 " },
    { "a month that is not over, in which no window is complete",
      NIGHTS("timeWindow: [{duration: 1M, calendar: {startTime: '2026-01-01 00:00:00', timeZone: "
             "UTC}}]"),
      "0-72 " },
    { "a rolling window is the last one, where all are alike",
      NIGHTS("timeWindow: [{duration: 1d, isRolling: true}]"), "0-24! 48-72! " },
};

Test(objectives, follow_the_calendar_of_a_time_zone)
{
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct value *summary = play_text(windows[i].scenario);
        const struct value *list = value_get(only_row(summary), "windows");
        struct writer told = { 0 };
        for (size_t j = 0; j < list->count; j++)
            writer_format(&told, "%g-%g%s ",
                          value_double(value_get(list->items[j], "startSeconds"), 0) / 3600,
                          value_double(value_get(list->items[j], "endSeconds"), 0) / 3600,
                          value_truth(value_get(list->items[j], "complete"), false) ? "!" : "");
        cr_expect_str_eq(told.bytes, windows[i].told, "%s: %s", windows[i].why, told.bytes);
        writer_close(&told);
        value_drop(summary);
    }
}

/* What is wrong with a document, as its user is told. */
static const struct {
    const char *slo, *fault;
} faults[] = {
    { UP(ROLLING, "target: 0.9, timeSliceWindow: 1m", ""), "occurrences have no time slices" },
    { UP(ROLLING, "target: 1", ""), "leaves no error budget" },
    { UP(ROLLING, "target: 1.5", ""), "target: 1.5 is not between 0 and 1" },
    { UP(ROLLING, "targt: 0.9", ""), "targt: unknown field (did you mean target?)" },
    { UP(ROLLING, "target: 0.9, targetPercent: 90", ""), "say one of target and targetPercent" },
    { UP("timeWindow: []", "target: 0.9", ""), "one time window is expected" },
    { UP("timeWindow: [{duration: 4 weeks, isRolling: true}]", "target: 0.9", ""),
      "\"4 weeks\" is no duration" },
    { UP("timeWindow: [{duration: 1d}]", "target: 0.9", ""),
      "neither isRolling: true nor a calendar" },
    { UP("timeWindow: [{duration: 1d, calendar: {startTime: '2026-13-01 00:00:00', timeZone: "
         "UTC}}]",
         "target: 0.9", ""),
      "is no date and time without a zone" },
    { UP("timeWindow: [{duration: 1d, calendar: {startTime: '2026-01-01 00:00:00', timeZone: "
         "Europe/Berlim}}]",
         "target: 0.9", ""),
      "there is no zone Europe/Berlim" },
    { UP(ROLLING, "target: 0.9",
         ", alertPolicies: [fats]") "---\n{apiVersion: openslo/v1, kind: AlertPolicy, metadata: "
                                    "{name: fast}, spec: {conditions: "
                                    "[]}}\n",
      "there is no AlertPolicy fats (did you mean fast?)" },
    { TIMESLICES(RAW(AVAILABLE), "target: 0.9"), "timeSliceWindow is missing" },
    { TIMESLICES(RAW(AVAILABLE), "target: 0.9, timeSliceWindow: 1m"),
      "timeSliceTarget is missing" },
    { OCCURRENCES(RAW("avalable{workload=\"deployment/web\"}"), "target: 0.9"),
      "no simulated metric is called avalable (did you mean available?)" },
    { OCCURRENCES(RAW("available{worklod=\"deployment/web\"}"), "target: 0.9"),
      "say one of workload" },
    { OCCURRENCES(RAW("available{workload=\"deployment/wbe\"}"), "target: 0.9"),
      "there is no Deployment wbe in namespace default (did you mean web?)" },
    { OCCURRENCES(RAW("available{workload=~\"web\"}"), "target: 0.9"),
      "only label=\"value\" can be asked for: at character 19" },
    { OCCURRENCES(RAW("available{workload=\"web\"} > 1"), "target: 0.9"), "something more" },
    { OCCURRENCES(RATIO("good", OF("requests_ok"), OF("requests")), "target: 0.9"),
      "there is no traffic for service web" },
    { OCCURRENCES(THRESHOLD("kube_pod_status_phase{phase=\"Happy\"}"),
                  "target: 0.9, op: lt, value: 1"),
      "kube_pod_status_phase is known with phase=" },
    { OCCURRENCES(THRESHOLD("kube_pod_info"), "target: 0.9"), "needs op and value" },
    { "---\n{apiVersion: openslo/v1, kind: SLOO, metadata: {name: x}, spec: {}}\n",
      "openslo/v1 has no kind SLOO (did you mean SLO?)" },
    { SLO("up", "budgetingMethod: Occurrences, objectives: [{target: 0.9}], " ROLLING),
      "say one of indicator and indicatorRef" },
    { UP(ROLLING, "target: 0.9", "") UP(ROLLING, "target: 0.9", ""), "a second SLO up" },
};

Test(objectives, that_make_no_sense_are_told_with_their_place)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct scenario scenario;
        struct error_list list = { 0 }, warnings = { 0 };
        char *text = mem_format("%s%s", SCENARIO(""), faults[i].slo);
        scenario_init(&scenario);
        if (scenario_load(&scenario, text, strlen(text), "s.yaml", NULL, false, &list, &warnings)) {
            struct simulation *simulation =
                simulation_new(&scenario, (struct simulation_options){ 0 }, &list, &warnings);
            if (simulation != NULL)
                simulation_check(simulation, &list);
            simulation_free(simulation);
        }
        cr_expect_eq(list.count, 1, "%s: %zu faults", faults[i].fault, list.count);
        for (size_t j = 0; j < list.count && j < 1; j++) {
            cr_expect(strstr(list.items[j].text, faults[i].fault) != NULL, "%s: %s",
                      faults[i].fault, list.items[j].text);
            cr_expect(list.items[j].at.line > 15 && list.items[j].at.column > 0, "%s has no place",
                      faults[i].fault);
        }
        error_list_close(&list);
        error_list_close(&warnings);
        scenario_close(&scenario);
        free(text);
    }
}

Test(objectives, of_other_sources_are_left_out_with_a_warning)
{
    static const char text[] = SCENARIO(
        "") "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x}\nspec: {service: web, "
            "indicator: "
            "{spec: {thresholdMetric: {metricSource: {type: Datadog, spec: {query: "
            "'avg:x{*}'}}}}}, " ROLLING
            ", budgetingMethod: Occurrences, objectives: [{target: 0.9, op: lt, value: 1}]}\n";
    struct scenario scenario;
    struct error_list list = { 0 }, warnings = { 0 };
    scenario_init(&scenario);
    cr_assert(
        scenario_load(&scenario, text, sizeof text - 1, "s.yaml", NULL, false, &list, &warnings));
    struct simulation *simulation =
        simulation_new(&scenario, (struct simulation_options){ 0 }, &list, &warnings);
    cr_assert_eq(warnings.count, 1);
    cr_expect(strstr(warnings.items[0].text, "metrics of Datadog are not simulated") != NULL);
    simulation_free(simulation);
    error_list_close(&warnings);
    error_list_close(&list);
    scenario_close(&scenario);
}

Test(objectives, change_nothing_in_a_run)
{
    struct value *with = play_text(SCENARIO(TRAFFIC) OCCURRENCES(
        RATIO("good", OF("requests_ok"), OF("requests")), "target: 0.5"));
    struct value *without = play_text(SCENARIO(TRAFFIC));
    cr_expect(value_equal(value_get(with, "traceHash"), value_get(without, "traceHash")));
    cr_expect(value_equal(value_get(with, "traffic"), value_get(without, "traffic")));
    value_drop(with);
    value_drop(without);
}
