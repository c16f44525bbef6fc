/* How many requests fail, worked out by hand: counted in the mean, exactly so many.
 *
 * Three pods that take their requests in turn, 100 a second, a service time of 50 ms; a pod is
 * deleted or its node fails at 60 s, and the proxies know of it a second after its EndpointSlice. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/scenario_private.h"
#include "models/traffic/traffic.h"
#include "sim/base/memory.h"
#include "tests/support/lost_requests.h"
#include "tests/support/measured.h"
#include "tests/support/rows.h"

#define AT_60(command) "  timeline: [{at: 60s, kubectl: \"" command "\"}]\n"

#define STOPS_IN(time) TIMING("containerStart: 1s, endpointPropagation: 1s, containerStop: " time)
#define SLEEP(seconds) ", lifecycle: {preStop: {exec: {command: [sleep, '" seconds "']}}}"

Test(traffic, fails_while_proxies_send_to_a_pod_that_was_told_to_stop)
{
    static const struct request_story stories[] = {
        { "a third of 100 a second, for the second until the proxies know",
          STOPS_IN("5s"),
          TRAFFIC(""),
          THREE(""),
          AT_60("delete pod a"),
          { { "refused", "stopping", 100 / 3. } } },
        { "an application that is gone before it has answered: 50 ms of a third, too",
          STOPS_IN("0"),
          TRAFFIC(""),
          THREE(""),
          AT_60("delete pod a"),
          { { "refused", "stopping", 100 / 3. }, { "reset", "stopping", 5 / 3. } } },
        { "one that drops what it is working on, though it stays",
          STOPS_IN("5s"),
          TRAFFIC(", shutdown: reset"),
          THREE(""),
          AT_60("delete pod a"),
          { { "refused", "stopping", 100 / 3. }, { "reset", "stopping", 5 / 3. } } },
        { "one that goes on until it ends, 5 s later: nobody sends to it then",
          STOPS_IN("5s"),
          TRAFFIC(", shutdown: ignore"),
          THREE(""),
          AT_60("delete pod a"),
          { { 0 } } },
        { "the same ends half a second before the proxies know",
          STOPS_IN("500ms"),
          TRAFFIC(", shutdown: ignore"),
          THREE(""),
          AT_60("delete pod a"),
          { { "refused", "stopping", 50 / 3. }, { "reset", "stopping", 5 / 3. } } },
        { "answers that take 2 s, of which the application waits for 500 ms: each of the last 2 s "
          "sent one in flight, three quarters of it too late",
          STOPS_IN("500ms"),
          TRAFFIC(", serviceTime: 2s"),
          THREE(""),
          AT_60("delete pod a"),
          { { "refused", "stopping", 100 / 3. }, { "reset", "stopping", 1.5 * 100 / 3. } } },
    };
    EXPECT(stories);
}

Test(traffic, does_not_fail_when_a_pre_stop_hook_outlasts_the_proxies)
{
    static const struct request_story stories[] = {
        { "5 s of sleep against 1 s",
          STOPS_IN("0"),
          TRAFFIC(""),
          THREE(SLEEP("5")),
          AT_60("delete pod a"),
          { { 0 } } },
        { "what is sent last is answered 50 ms later",
          STOPS_IN("0"),
          TRAFFIC(""),
          THREE(SLEEP("1.05")),
          AT_60("delete pod a"),
          { { 0 } } },
        { "20 ms less: who was sent in the last 20 ms is lost",
          STOPS_IN("0"),
          TRAFFIC(""),
          THREE(SLEEP("1.03")),
          AT_60("delete pod a"),
          { { "reset", "stopping", 2 / 3. } } },
        { "half a second too short",
          STOPS_IN("5s"),
          TRAFFIC(""),
          THREE(SLEEP("0.5")),
          AT_60("delete pod a"),
          { { "refused", "stopping", 50 / 3. } } },
        { "a proxy that takes 7 s",
          TIMING("containerStart: 1s, containerStop: 5s, "
                 "endpointPropagation: 7s"),
          TRAFFIC(""),
          THREE(SLEEP("5")),
          AT_60("delete pod a"),
          { { "refused", "stopping", 200 / 3. } } },
    };
    EXPECT(stories);
}

Test(traffic, fails_while_a_pod_is_ready_and_does_not_listen)
{
/* d is there at 61 s and listens at 64 s. Without a probe it is ready at 61 s, and sent its
     * quarter from 62 s on. */
#define CREATE                                                                                     \
    "  timeline:\n  - {at: 60s, apply: [{apiVersion: v1, kind: Pod, metadata: {name: d, "          \
    "labels: {app: web}}, spec: {nodeName: node-0, containers: [{name: c, image: 'slow:1'"
#define SLOW "  images: [{name: 'slow:1', ready: 3s}]\n"
    static const struct request_story stories[] = {
        { "without a probe",
          STOPS_IN("0"),
          TRAFFIC("") SLOW,
          THREE(""),
          CREATE "}]}}]}\n",
          { { "refused", "starting", 2 * 100 / 4. } } },
        { "with one",
          STOPS_IN("0"),
          TRAFFIC("") SLOW,
          THREE(""),
          CREATE ", readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}}]}}]}\n",
          { { 0 } } },
    };
    EXPECT(stories);
}

Test(traffic, goes_to_pods_that_terminate_when_no_other_is_left)
{
    static const struct request_story stories[] = {
        { "it serves through its hook, is refused until the proxies know of its end, and then "
          "there is nobody",
          STOPS_IN("0"),
          TRAFFIC(""),
          POD("a", "node-0", SLEEP("5")),
          AT_60("delete pod a"),
          { { "no-endpoint", "none-known", 54 * 100 },
            { "refused", "stopping", 100 },
            { "reset", "stopping", 5 } } },
        { "there never was one",
          STOPS_IN("0"),
          TRAFFIC(""),
          "",
          AT_60("cordon node-2"),
          { { "no-endpoint", "none-known", 9000 } } },
    };
    EXPECT(stories);
}

Test(traffic, times_out_on_nodes_that_are_silent)
{
/* The node is back before anybody has noticed. */
#define FAILS(kind) "  failures: [{kind: node-crash, nodes: node-0, at: 60s, lasts: 5s" kind "}]\n"
    static const struct request_story stories[] = {
        { "without network for 5 s: a third, and 50 ms of it in flight",
          STOPS_IN("0"),
          TRAFFIC(""),
          THREE(""),
          FAILS(", network: true"),
          { { "timed-out", "network-cut", 5 * 100 / 3. + 5 / 3. } } },
        { "without power: its pod is started again, which takes a second, in which nobody listens",
          STOPS_IN("0"),
          TRAFFIC(""),
          THREE(""),
          FAILS(""),
          { { "refused", "ended", 100 / 3. },
            { "timed-out", "node-down", 5 * 100 / 3. + 5 / 3. } } },
    };
    EXPECT(stories);
}

Test(traffic, times_out_on_answers_that_take_too_long)
{
    static const struct request_story stories[] = {
        { "exponential of mean 1 s, a time-out of 2 s: exp(-2) of all",
          STOPS_IN("0"),
          TRAFFIC(", serviceTime: {exponential: {mean: 1s}}, timeout: 2s"),
          THREE(""),
          AT_60("cordon node-2"),
          { { "timed-out", "slow", 9000 * 0.1353352832366127 } } },
        { "once more: the square of it, but for those who came in the last 2.1 s",
          STOPS_IN("0"),
          TRAFFIC(", serviceTime: {exponential: {mean: 1s}}, timeout: 2s, retries: 1"),
          THREE(""),
          AT_60("cordon node-2"),
          { { "timed-out", "slow", 9000 * 0.01831563888873418 } } },
        { "always",
          STOPS_IN("0"),
          TRAFFIC(", serviceTime: 3s, timeout: 2s"),
          THREE(""),
          AT_60("cordon node-2"),
          { { "timed-out", "slow", 9000 } } },
        { "never",
          STOPS_IN("0"),
          TRAFFIC(", serviceTime: 2s, timeout: 2s"),
          THREE(""),
          AT_60("cordon node-2"),
          { { 0 } } },
    };
    EXPECT(stories);
}

Test(traffic, is_tried_again)
{
    static const struct request_story stories[] = {
        { "a third of a third fails twice, if its second attempt falls into the same second",
          STOPS_IN("5s"),
          TRAFFIC(", retries: 1, backoff: 100ms"),
          THREE(""),
          AT_60("delete pod a"),
          { { "refused", "stopping", 0.9 * 100 / 9. } } },
        { "and of those a third, of 100, 200 and 400 ms",
          STOPS_IN("5s"),
          TRAFFIC(", retries: 3, backoff: 100ms"),
          THREE(""),
          AT_60("delete pod a"),
          { { "refused", "stopping", 0.3 * 100 / 81. } } },
        { "a second later there is nobody who refuses",
          STOPS_IN("5s"),
          TRAFFIC(", retries: 1, backoff: 1s"),
          THREE(""),
          AT_60("delete pod a"),
          { { 0 } } },
        { "those in flight come back at one instant, and a third meets who is gone",
          STOPS_IN("0"),
          TRAFFIC(", retries: 1, backoff: 0s"),
          THREE(""),
          AT_60("delete pod a"),
          { { "refused", "stopping", 100 / 9. + 5 / 9. } } },
    };
    EXPECT(stories);
}

/* What failed, for whom and when, of a story in which something did. */
Test(traffic, tells_when_and_because_of_what_it_fails)
{
    struct value *summary =
        play_text(HEAD STOPS_IN("0") TRAFFIC("") AT_60("delete pod a") SERVICE THREE(""));
    const struct value *row = value_at(value_get(summary, "traffic"), 0);
    const struct value *episodes = value_get(row, "episodes");
    cr_expect_eq(requests_number(row, "firstFailureSeconds"), 60);
    cr_expect_eq(requests_number(row, "lastFailureSeconds"), 61);
    cr_assert_eq(episodes->count, 1);
    cr_expect_eq(requests_number(episodes->items[0], "startSeconds"), 60);
    cr_expect_eq(requests_number(episodes->items[0], "endSeconds"), 61);
    cr_expect(requests_near(requests_number(episodes->items[0], "failed"), 105 / 3.));
    cr_expect_str_eq(value_text(value_get(episodes->items[0], "cause"), ""), "delete/pod a");
    cr_expect(requests_near(requests_number(row, "failedShare"), 105 / 3. / 9000));
    value_drop(summary);
}

Test(traffic, costs_nothing_for_each_request)
{
    /* 10^8 a second for two minutes: in the mean, no sooner said than done. */
    struct value *summary = play_text(HEAD STOPS_IN(
        "5s") "  traffic: [{service: web, rate: 1e8}]\n" AT_60("delete pod a") SERVICE THREE(""));
    const struct value *row = value_at(value_get(summary, "traffic"), 0);
    cr_expect(requests_near(requests_number(row, "requests"), 9e9));
    cr_expect(requests_near(requests_number(row, "failed"), 1e8 / 3));
    value_drop(summary);
}

Test(traffic, leaves_the_trace_alone)
{
    static const char *const traffic[] = { "", TRAFFIC(""), TRAFFIC(", mode: requests"),
                                           TRAFFIC(", retries: 3, shutdown: ignore") };
    char first[20] = "";
    for (size_t i = 0; i < 4; i++) {
        char *yaml = mem_format("%s%s%s%s%s%s", HEAD, STOPS_IN("{uniform: {lower: 1, upper: 9}}"),
                                traffic[i], AT_60("delete pod a"), SERVICE, THREE(""));
        struct value *summary = play_text(yaml);
        const char *hash = value_text(value_get(summary, "traceHash"), "");
        if (i == 0)
            memcpy(first, hash, strlen(hash) + 1);
        cr_expect_str_eq(hash, first, "%zu", i);
        cr_expect_eq(value_get(summary, "traffic")->count, i > 0);
        value_drop(summary);
        free(yaml);
    }
}

Test(traffic, tells_how_much_a_pod_is_asked)
{
    struct scenario scenario;
    scenario_given(&scenario,
                   HEAD STOPS_IN("5s") TRAFFIC("") AT_60("delete pod a") SERVICE THREE(""), "t");
    struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
    struct cluster *cluster = simulation_cluster(simulation);
    simulation_advance(simulation, 50 * SIM_SECOND);
    struct object_key key = { KIND_POD, cluster_text(cluster, "default"),
                              cluster_text(cluster, "b") };
    const struct uid b = meta_of(client_read(&cluster->admin, key))->uid;
    key.name = cluster_text(cluster, "a");
    const struct uid a = meta_of(client_read(&cluster->admin, key))->uid;
    struct traffic *traffic = traffic_of(cluster);
    cr_expect(requests_near(traffic_pod_rate(traffic, a, 50 * SIM_SECOND), 100 / 3.));
    simulation_advance(simulation, 60 * SIM_SECOND + SIM_SECOND / 2);
    cr_expect_eq(traffic_pod_rate(traffic, a, run_now(cluster->run)), 0, "it takes none");
    cr_expect(requests_near(traffic_pod_rate(traffic, b, run_now(cluster->run)), 100 / 3.));
    simulation_advance(simulation, 62 * SIM_SECOND);
    cr_expect(requests_near(traffic_pod_rate(traffic, b, run_now(cluster->run)), 50));
    simulation_free(simulation);
    scenario_close(&scenario);
}

Test(traffic, makes_one_episode_of_failures_less_than_a_second_apart)
{
    static const struct {
        double from, to; /* of failures, in the order in which they are told of */
    } told[] = { { 10, 12 }, { 20, 21 },     { 12.9, 13 }, { 30, 31 },
                 { 2, 3 },   { 14.1, 19.5 }, { 40, 40 } };
    static const struct {
        double start, end, requests;
    } want[] = { { 2, 3, 16 }, { 10, 13, 5 }, { 14.1, 21, 34 }, { 30, 31, 8 }, { 40, 40, 64 } };
    struct ledger ledger;
    ledger_init(&ledger, NULL, NULL, NULL, false);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        ledger_fail(&ledger, TRAFFIC_REFUSED, TRAFFIC_STARTING, (struct cause){ 0 },
                    sim_time_from_seconds(told[i].from), sim_time_from_seconds(told[i].to),
                    (double)(1 << i));
    cr_assert_eq(ledger.episode_count, sizeof want / sizeof *want, "%zu", ledger.episode_count);
    for (size_t i = 0; i < ledger.episode_count; i++) {
        const struct traffic_episode *episode = &ledger.episodes[i];
        cr_expect_eq(episode->start, sim_time_from_seconds(want[i].start), "%zu", i);
        cr_expect_eq(episode->end, sim_time_from_seconds(want[i].end), "%zu", i);
        cr_expect_eq(episode->requests, want[i].requests, "%zu: %g", i, episode->requests);
    }
    cr_expect_eq(ledger.losses[0]->first, 2 * SIM_SECOND);
    cr_expect_eq(ledger.losses[0]->last, 40 * SIM_SECOND);
    cr_expect_eq(ledger.failed, 127);
    ledger_close(&ledger);
}

/* CPU seconds that whoever measures is told of a pod. */
static double cpu_of(struct simulation *simulation, const char *pod, double from, double to)
{
    struct cluster *cluster = simulation_cluster(simulation);
    const struct object_key key = { KIND_POD, cluster_text(cluster, "default"),
                                    cluster_text(cluster, pod) };
    const struct object *object = client_read(&cluster->admin, key);
    double sum = 0;
    for (size_t i = 0; i < cluster->usage_count; i++)
        sum += cluster->usage_sources[i].cpu_seconds(cluster->usage_sources[i].context,
                                                     pod_of(object), sim_time_from_seconds(from),
                                                     sim_time_from_seconds(to));
    return sum;
}

Test(traffic, costs_the_pods_that_take_it)
{
    /* 100 a second, 30 ms each: a core for each of three, one and a half for each of two, once the
     * proxies know, at 61 s. */
    static const char *const modes[] = { "", ", mode: requests" };
    for (int i = 0; i < 2; i++) {
        char *yaml =
            mem_format("%s%s  traffic: [{service: web, rate: 100, cpuPerRequest: 30ms%s}]\n%s%s%s",
                       HEAD, STOPS_IN("5s"), modes[i], AT_60("delete pod a"), SERVICE, THREE(""));
        struct scenario scenario;
        scenario_given(&scenario, yaml, "t");
        struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
        const double off = i == 0 ? 1e-9 : 1.5; /* drawn: 333 of 30 ms, give or take 18 */
        simulation_advance(simulation, 50 * SIM_SECOND);
        cr_expect_float_eq(cpu_of(simulation, "b", 40, 50), 10, off, "%g",
                           cpu_of(simulation, "b", 40, 50));
        simulation_advance(simulation, 62 * SIM_SECOND);
        cr_expect_float_eq(cpu_of(simulation, "a", 55, 62), 5, off, "until 60 s: %g",
                           cpu_of(simulation, "a", 55, 62));
        simulation_advance(simulation, 70 * SIM_SECOND);
        cr_expect_float_eq(cpu_of(simulation, "b", 55, 65), 6 * 1 + 4 * 1.5, off, "%g",
                           cpu_of(simulation, "b", 55, 65));
        simulation_free(simulation);
        scenario_close(&scenario);
        free(yaml);
    }
}

/* ---- files ---- */

/* "rate.csv": 10 a second, from 20 s on 30. "arrivals.csv": three, of which one is early. */
static bool open_file(void *context, const char *path, struct scenario_input *input,
                      struct error *error)
{
    static const char rate[] = "time,rate\n0s,10\n20s,30\n";
    static const char arrivals[] = "# seconds\n1\n1.5\n\n40s\n";
    (void)context, (void)error;
    if (strcmp(path, "two") == 0)
        scenario_take_file(input, rate, strlen(rate), "dir/two");
    const bool is_rate = strcmp(path, "arrivals.csv") != 0;
    scenario_take_file(input, is_rate ? rate : arrivals, strlen(is_rate ? rate : arrivals), path);
    return true;
}

static bool load_with_files(struct scenario *scenario, const char *traffic,
                            struct error_list *faults)
{
    static const struct scenario_opener opener = { .open = open_file };
    char *yaml = mem_format("apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: "
                            "t}\nspec:\n  duration: 1m\n  traffic: [{service: web, %s}]\n",
                            traffic);
    struct error_list warnings = { 0 };
    scenario_init(scenario);
    const bool well =
        scenario_load(scenario, yaml, strlen(yaml), "t", &opener, true, faults, &warnings);
    error_list_close(&warnings);
    free(yaml);
    return well;
}

Test(traffic, comes_as_files_say)
{
    static const struct {
        const char *traffic;
        double requests; /* in a minute, in which nobody answers */
    } cases[] = {
        { "rate: {file: {path: rate.csv}}", 20 * 10 + 40 * 30 },
        { "rate: {file: {path: rate.csv, every: 40s}}", 20 * 10 + 20 * 30 + 20 * 10 },
        { "arrivals: {file: {path: arrivals.csv}}", 3 },
        { "arrivals: {file: {path: arrivals.csv}}, mode: requests", 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error_list faults = { 0 };
        struct scenario scenario;
        cr_assert(load_with_files(&scenario, cases[i].traffic, &faults), "%s", cases[i].traffic);
        struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
        simulation_advance(simulation, scenario.duration);
        struct value *summary = simulation_summary(simulation);
        const struct value *row = value_at(value_get(summary, "traffic"), 0);
        cr_expect(requests_near(requests_number(row, "requests"), cases[i].requests), "%s: %g",
                  cases[i].traffic, requests_number(row, "requests"));
        cr_expect_eq(requests_number(row, "failed"), requests_number(row, "requests"));
        value_drop(summary);
        simulation_free(simulation);
        struct value *printed = scenario_print(&scenario);
        const struct value *entry = value_at(value_path(printed, "spec", "traffic", NULL), 0);
        cr_expect_null(value_path(entry, "rate", "file", NULL), "it stands alone");
        cr_expect_null(value_path(entry, "arrivals", "file", NULL));
        value_drop(printed);
        scenario_close(&scenario);
    }
}

Test(traffic, takes_one_file_for_one_rate)
{
    struct error_list faults = { 0 };
    struct scenario scenario;
    cr_expect_not(load_with_files(&scenario, "rate: {file: {path: two}}", &faults));
    cr_assert_eq(faults.count, 1);
    cr_expect_str_eq(faults.items[0].text,
                     "traffic: rate: file: \"two\": one file is expected, not 2");
    error_list_close(&faults);
    scenario_close(&scenario);
}
