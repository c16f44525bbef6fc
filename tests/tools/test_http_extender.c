/* Scheduler extenders over HTTP: a real process that listens, and each way in which it can go wrong. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/support/program.h"
#include "tests/support/rows.h"
#include "tools/policies/peer.h"

TestSuite(http_extender, .timeout = 180);

/* A server of tests/policies/extender.py, and a folder with what it is asked and how it is called. */
struct server {
    struct peer peer;
    char *folder;
    int port;
};

static struct server server_start(const char *how)
{
    struct server server = { .folder = folder_new() };
    struct error error = { 0 };
    size_t length;
    char *command =
        mem_format("exec python3 tests/policies/extender.py '%s' '%s/log'", how, server.folder);
    cr_assert(peer_start(&server.peer, command, &error), "%s", error.text);
    const char *port = peer_read_line(&server.peer, &length, 60 * SIM_SECOND, &error);
    cr_assert_not_null(port, "%s", error.text);
    server.port = atoi(port);
    free(command);
    return server;
}

static void server_stop(struct server *server)
{
    peer_close(&server->peer);
    folder_remove(server->folder);
}

/* What it was asked with a verb, as a list of questions. */
static struct value *questions(const struct server *server, const char *verb)
{
    char *path = mem_format("%s/log", server->folder);
    struct rows *rows = rows_open(path);
    struct value *list = value_new_list(), *row;
    while ((row = rows_next(rows)) != NULL) {
        if (strcmp(value_text(value_get(row, "verb"), ""), verb) == 0)
            value_add(list, value_hold(value_get(row, "question")));
        value_drop(row);
    }
    rows_close(rows);
    free(path);
    return list;
}

#define BOTH_VERBS "filterVerb: filter, prioritizeVerb: prioritize, weight: 1"

/* `seatrial run` of the scenario with one extender whose configuration has these members. */
static struct program_run play(const struct server *server, const char *members,
                               const char *scenario)
{
    char *configuration =
        mem_format("apiVersion: kubescheduler.config.k8s.io/v1\n"
                   "kind: KubeSchedulerConfiguration\n"
                   "extenders: [{urlPrefix: \"http://127.0.0.1:%d/scheduler/\", %s}]\n",
                   server->port, members);
    folder_write(server->folder, "config.yaml", configuration);
    char *arguments = mem_format("run %s -o json --out %s/out --policy %s/config.yaml", scenario,
                                 server->folder, server->folder);
    struct program_run run = program_run(arguments);
    free(configuration);
    free(arguments);
    return run;
}

static const char usual[] = "tests/policies/scenario.yaml";

static int64_t bound(const struct value *summary)
{
    return value_int(value_path(summary, "pods", "bound", NULL), -1);
}

/* --- it decides ------------------------------------------------------------------------------ */

static int64_t most_pods(const struct value *summary, size_t node)
{
    return value_int(value_get(value_at(value_get(summary, "nodes"), node), "maxPods"), -1);
}

Test(http_extender, its_scores_count_as_much_as_its_weight_says)
{
    static const struct {
        const char *why, *members;
        int64_t want; /* pods on node-2, which it prefers */
    } rows[] = {
        { "10 x weight 100 x 10 outweigh every plugin",
          "filterVerb: filter, prioritizeVerb: prioritize, weight: 100", 12 },
        { "the same with names only",
          "filterVerb: filter, prioritizeVerb: prioritize, weight: 100, nodeCacheCapable: true",
          12 },
        { "one that only filters leaves it to the plugins, which spread", "filterVerb: filter", 4 },
        { "one that is asked for a resource that no pod wants is not asked",
          "filterVerb: filter, prioritizeVerb: prioritize, weight: 100, "
          "managedResources: [{name: example.com/fpga}]",
          4 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server = server_start("");
        struct program_run run = play(&server, rows[i].members, usual);
        cr_assert_eq(run.status, 0, "%s: %s", rows[i].why, run.err.bytes);
        struct value *summary = program_run_json(&run);
        cr_expect_eq(bound(summary), 12, "%s", rows[i].why);
        cr_expect_eq(most_pods(summary, 2), rows[i].want, "%s: %ld", rows[i].why,
                     (long)most_pods(summary, 2));
        value_drop(summary);
        program_run_close(&run);
        server_stop(&server);
    }
}

/* The documents are those of k8s.io/kube-scheduler/extender/v1. */
Test(http_extender, is_sent_what_kube_scheduler_sends)
{
    struct server server = server_start("");
    struct program_run run = play(&server, BOTH_VERBS ", bindVerb: bind", usual);
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *filters = questions(&server, "filter"), *binds = questions(&server, "bind");
    const struct value *first = value_at(filters, 0), *bind = value_at(binds, 0);
    const struct value *node = value_at(value_path(first, "Nodes", "items", NULL), 0);
    cr_expect_eq(filters->count, 12);
    cr_expect_eq(value_path(first, "Nodes", "items", NULL)->count, 3,
                 "only nodes that passed the filters");
    cr_expect(value_is_null(value_get(first, "NodeNames")));
    cr_expect_str_eq(value_text(value_path(node, "metadata", "name", NULL), ""), "node-0");
    cr_expect_str_eq(value_text(value_path(node, "status", "allocatable", "cpu", NULL), ""), "16");
    cr_expect_str_eq(value_text(value_path(first, "Pod", "metadata", "labels", "app", NULL), ""),
                     "web");
    cr_expect_str_eq(value_text(value_path(first, "Pod", "spec", "schedulerName", NULL), ""),
                     "default-scheduler");
    cr_expect_eq(binds->count, 12, "the extender is told of every binding");
    cr_expect_str_eq(value_text(value_get(bind, "PodNamespace"), ""), "default");
    cr_expect_str_eq(value_text(value_get(bind, "PodName"), ""),
                     value_text(value_path(first, "Pod", "metadata", "name", NULL), "?"));
    cr_expect_str_eq(value_text(value_get(bind, "PodUID"), ""),
                     value_text(value_path(first, "Pod", "metadata", "uid", NULL), "?"));
    cr_expect_eq(strncmp(value_text(value_get(bind, "Node"), ""), "node-", 5), 0);
    value_drop(filters);
    value_drop(binds);
    program_run_close(&run);
    server_stop(&server);
}

Test(http_extender, takes_answers_in_any_spelling_and_of_any_length)
{
    static const char *const ways[] = { "lower case", "long", "no scores" };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct server server = server_start(ways[i]);
        struct program_run run = play(&server, BOTH_VERBS ", nodeCacheCapable: true", usual);
        cr_expect_eq(run.status, 0, "%s: %s", ways[i], run.err.bytes);
        if (run.status == 0) {
            struct value *summary = program_run_json(&run);
            cr_expect_eq(bound(summary), 12, "%s", ways[i]);
            value_drop(summary);
        }
        program_run_close(&run);
        server_stop(&server);
    }
}

/* What it refuses in its own words is an answer: pods wait, and the run goes on. */
Test(http_extender, may_refuse_and_its_words_reach_the_pod)
{
    static const struct {
        const char *how, *members, *want;
        int64_t bound;
    } rows[] = {
        { "reject", BOTH_VERBS, "3 no fpga left", 2 },
        { "reject for good", BOTH_VERBS, "3 no fpga", 2 },
        { "refuse", BOTH_VERBS, "no licence left", 2 },
        { "refuse to bind", BOTH_VERBS ", bindVerb: bind", "not there", 2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server = server_start(rows[i].how);
        struct program_run run = play(&server, rows[i].members, usual);
        char *events = mem_format("%s/out", server.folder);
        cr_expect_eq(run.status, 0, "%s: %s", rows[i].how, run.err.bytes);
        cr_expect_not_null(strstr(run.out.bytes, rows[i].want), "%s: %s", rows[i].how,
                           run.out.bytes);
        if (run.status == 0) {
            struct value *summary = program_run_json(&run);
            cr_expect_eq(bound(summary), rows[i].bound, "%s: %ld", rows[i].how,
                         (long)bound(summary));
            folder_check_events(events);
            value_drop(summary);
        }
        free(events);
        program_run_close(&run);
        server_stop(&server);
    }
}

/* Two nodes, a pod of no importance on each, and later one that takes the place of either. */
static const char pressed[] =
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: pressed}\n"
    "spec:\n  duration: 2m\n  nodes: [{name: node, count: 2, capacity: {cpu: 2, memory: 8Gi}}]\n"
    "  timeline: [{at: 10s, kubectl: scale deployment/vip --replicas=1}]\n"
    "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\n"
    "value: 1000\n"
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: low}\n"
    "spec:\n  replicas: 2\n  selector: {matchLabels: {app: low}}\n  template:\n"
    "    metadata: {labels: {app: low}}\n    spec:\n      containers:\n"
    "      - {name: c, image: low, resources: {requests: {cpu: 1500m}}}\n"
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: vip}\n"
    "spec:\n  replicas: 0\n  selector: {matchLabels: {app: vip}}\n  template:\n"
    "    metadata: {labels: {app: vip}}\n    spec:\n      priorityClassName: high\n"
    "      containers:\n      - {name: c, image: vip, resources: {requests: {cpu: 1500m}}}\n";

/* The test's server agrees to the last of the nodes only. */
Test(http_extender, has_a_say_in_whom_preemption_costs)
{
    static const char *const ways[] = { "preemptVerb: preempt",
                                        "preemptVerb: preempt, nodeCacheCapable: true" };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct server server = server_start("");
        char *scenario = mem_format("%s/pressed.yaml", server.folder);
        folder_write(server.folder, "pressed.yaml", pressed);
        struct program_run run = play(&server, ways[i], scenario);
        cr_assert_eq(run.status, 0, "%s: %s", ways[i], run.err.bytes);
        struct value *summary = program_run_json(&run), *asked = questions(&server, "preempt");
        const struct value *first = value_at(asked, 0);
        const struct value *victims =
            value_get(first, i == 0 ? "NodeNameToVictims" : "NodeNameToMetaVictims");
        cr_expect_eq(value_int(value_path(summary, "pods", "preempted", NULL), -1), 1);
        cr_expect_geq(asked->count, 1);
        cr_expect(victims != NULL && victims->count == 2, "either node would do");
        char *events = mem_format("grep -c 'vip-.*bound to node-1' %s/out/events.jsonl >/dev/null",
                                  server.folder);
        cr_expect_eq(system(events), 0, "it went where the extender agreed");
        free(events);
        value_drop(asked);
        value_drop(summary);
        free(scenario);
        program_run_close(&run);
        server_stop(&server);
    }
}

/* --- it goes wrong ---------------------------------------------------------------------------- */

/* Its third filter, or what follows it, goes wrong: two pods have been placed. */
static void expect_failed(const char *how, const char *members, const char *want)
{
    struct server server = server_start(how);
    struct program_run run = play(&server, members, usual);
    char *prefix = mem_format("policy http://127.0.0.1:%d/scheduler/: ", server.port);
    char *folder = mem_format("%s/out", server.folder);
    cr_expect_eq(run.status, 3, "%s: status %d: %s", how, run.status, run.err.bytes);
    cr_expect_not_null(strstr(run.err.bytes, prefix), "%s: %s", how, run.err.bytes);
    cr_expect_not_null(strstr(run.err.bytes, want), "%s: not \"%s\" but %s", how, want,
                       run.err.bytes);
    if (run.status == 3) {
        struct value *summary = program_run_json(&run);
        cr_expect_eq(bound(summary), 2, "%s: %ld", how, (long)bound(summary));
        cr_expect_not_null(value_path(summary, "stopped", "policy", NULL));
        cr_expect_gt(folder_check_events(folder), 10);
        value_drop(summary);
    }
    free(prefix);
    free(folder);
    program_run_close(&run);
    server_stop(&server);
}

Test(http_extender, that_goes_wrong_is_named)
{
    static const struct {
        const char *how, *members, *want;
    } rows[] = {
        { "crash", BOTH_VERBS, "filter: " },
        { "hang up", BOTH_VERBS, "filter: Server returned nothing" },
        { "cut", BOTH_VERBS, "filter: Transferred a partial file" },
        { "status", BOTH_VERBS, "filter: answered with HTTP status 500" },
        { "nonsense", BOTH_VERBS, "filter: answered nonsense (" },
        { "half", BOTH_VERBS, "filter: answered nonsense (" },
        { "a list", BOTH_VERBS, "filter: answered nonsense (it is no JSON object): [" },
        { "unknown node", BOTH_VERBS,
          "filter: claims a filtered node \"node-99\" which is not found in the input node list" },
        { "unknown node", BOTH_VERBS ", nodeCacheCapable: true",
          "filter: claims a filtered node \"node-99\" which is not found in the input node list" },
        { "unknown host", BOTH_VERBS,
          "prioritize: gives a score to the node \"node-99\", about which it was not asked" },
        { "half a score", BOTH_VERBS,
          "prioritize: answered nonsense (the Score of node \"node-0\" is not a whole number" },
        { "too long", BOTH_VERBS, "filter: answered with more than 64 MiB" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_failed(rows[i].how, rows[i].members, rows[i].want);
}

Test(http_extender, that_hangs_is_given_up)
{
    expect_failed("hang", BOTH_VERBS ", httpTimeout: 2s", "filter: did not answer within 2s");
}

Test(http_extender, that_may_be_ignored_is)
{
    struct server server = server_start("status");
    struct program_run run = play(&server, BOTH_VERBS ", ignorable: true", usual);
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    cr_expect_not_null(strstr(run.err.bytes, "filter: answered with HTTP status 500 (and 19 more); "
                                             "it is ignorable"),
                       "ten filters and ten priorities: %s", run.err.bytes);
    struct value *summary = program_run_json(&run);
    cr_expect_eq(bound(summary), 12, "everybody goes on without it");
    value_drop(summary);
    program_run_close(&run);
    server_stop(&server);
}

/* The same configuration by the scheduler's own option, without --policy. */
Test(http_extender, of_the_schedulers_configuration_is_asked_as_well)
{
    struct server server = server_start("status");
    char *configuration = mem_format("apiVersion: kubescheduler.config.k8s.io/v1\n"
                                     "kind: KubeSchedulerConfiguration\n"
                                     "extenders: [{urlPrefix: \"http://127.0.0.1:%d\", %s}]\n",
                                     server.port, BOTH_VERBS);
    folder_write(server.folder, "config.yaml", configuration);
    char *arguments = mem_format("run %s --scheduler-config %s/config.yaml", usual, server.folder);
    struct program_run run = program_run(arguments);
    cr_expect_eq(run.status, 3, "%s", run.err.bytes);
    cr_expect_not_null(strstr(run.err.bytes, "filter: answered with HTTP status 500"), "%s",
                       run.err.bytes);
    free(configuration);
    free(arguments);
    program_run_close(&run);
    server_stop(&server);
}

Test(http_extender, that_is_not_there_ends_the_run)
{
    struct program_run run =
        program_run("run tests/policies/scenario.yaml --policy http://127.0.0.1:1/none");
    cr_expect_eq(run.status, 3);
    cr_expect_not_null(strstr(run.err.bytes, "policy http://127.0.0.1:1/none: filter: "), "%s",
                       run.err.bytes);
    program_run_close(&run);
}
