/* Extenders as a configuration writes them, and the policies that have a name. */
#include "models/scheduler/extender.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/decision/decision.h"
#include "models/scheduler/configuration/policies.h"
#include "models/scheduler/configuration/profile.h"
#include "models/scheduler/scheduler.h"
#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

/* --- the configuration -------------------------------------------------------------------- */

static struct scheduler_configuration *load(struct run *run, const char *extenders,
                                            struct error_list *errors)
{
    char *text = mem_format("{\"extenders\":[%s]}", extenders);
    struct value *document = rows_parse(text);
    struct scheduler_configuration *configuration =
        scheduler_configuration_load(run->texts, document, errors);
    value_drop(document);
    free(text);
    return configuration;
}

Test(extender_configuration, reads_what_a_cluster_operator_writes)
{
    struct run *run = run_new(1);
    struct error_list errors = { 0 };
    struct scheduler_configuration *configuration = load(
        run,
        "{\"urlPrefix\":\"http://127.0.0.1:8888/scheduler\",\"filterVerb\":\"filter\","
        "\"prioritizeVerb\":\"prioritize\",\"weight\":3,\"httpTimeout\":\"1500ms\","
        "\"nodeCacheCapable\":true,\"managedResources\":[{\"name\":\"example.com/fpga\","
        "\"ignoredByScheduler\":true}]},{\"urlPrefix\":\"http://other\",\"bindVerb\":\"bind\"}",
        &errors);
    cr_assert_not_null(configuration);
    cr_assert_eq(configuration->extenders.count, 2);
    const struct extender_configuration *first = &configuration->extenders.items[0];
    cr_expect_str_eq(first->url_prefix, "http://127.0.0.1:8888/scheduler");
    cr_expect_str_eq(first->filter_verb, "filter");
    cr_expect_null(first->bind_verb);
    cr_expect_eq(first->weight, 3);
    cr_expect_eq(first->http_timeout, 1500 * SIM_MILLISECOND);
    cr_expect(first->node_cache_capable && !first->ignorable);
    cr_expect_str_eq(first->managed_resources[0], "example.com/fpga");
    cr_expect_eq(configuration->extenders.items[1].http_timeout, 5 * SIM_SECOND);
    scheduler_configuration_free(configuration);
    run_free(run);
}

Test(extender_configuration, refuses_what_the_real_one_refuses)
{
    static const struct {
        const char *extenders, *want;
    } rows[] = {
        { "{\"filterVerb\":\"filter\"}", "an extender has no urlPrefix" },
        { "{\"urlPrefix\":\"http://x\",\"prioritizeVerb\":\"p\"}",
          "an extender with a prioritizeVerb must have a positive weight" },
        { "{\"urlPrefix\":\"http://x\",\"prioritizeVerb\":\"p\",\"weight\":-2}",
          "an extender with a prioritizeVerb must have a positive weight" },
        { "{\"urlPrefix\":\"http://x\",\"bindVerb\":\"b\"},"
          "{\"urlPrefix\":\"http://y\",\"bindVerb\":\"b\"}",
          "more than one extender has a bindVerb" },
        { "{\"urlPrefix\":\"http://x\",\"managedResources\":[{\"name\":\"cpu\"}]}",
          "managedResources: \"cpu\" is not the name of an extended resource" },
        { "{\"urlPrefix\":\"http://x\",\"httpTimeout\":\"soon\"}",
          "extenders[0].httpTimeout: \"soon\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run *run = run_new(1);
        struct error_list errors = { 0 };
        cr_expect_null(load(run, rows[i].extenders, &errors));
        cr_assert_eq(errors.count, 1, "%s", rows[i].extenders);
        cr_expect_str_eq(errors.items[0].text, rows[i].want);
        error_list_close(&errors);
        run_free(run);
    }
}

Test(extender_configuration, knows_which_pods_are_its_business)
{
    static const struct {
        const char *why, *spec;
        bool want;
    } rows[] = {
        { "a container that asks for it",
          "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"example.com/fpga\":1}}}]",
          true },
        { "a limit counts as well",
          "\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"example.com/fpga\":1}}}]",
          true },
        { "an init container counts, too",
          "\"containers\":[{\"name\":\"c\"}],\"initContainers\":[{\"name\":\"i\",\"resources\":"
          "{\"requests\":{\"example.com/fpga\":2}}}]",
          true },
        { "another resource does not",
          "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"example.com/gpu\":1}}}]",
          false },
    };
    struct run *run = run_new(1);
    struct codec codec = codec_new(run);
    struct error_list errors = { 0 };
    struct scheduler_configuration *configuration = load(
        run, "{\"urlPrefix\":\"http://x\",\"managedResources\":[{\"name\":\"example.com/fpga\"}]}",
        &errors);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pod *pod = pod_make(&codec, "p", rows[i].spec);
        cr_expect_eq(extender_configuration_wants(&configuration->extenders.items[0], pod),
                     rows[i].want, "%s", rows[i].why);
        object_drop(&pod->meta.object);
    }
    scheduler_configuration_free(configuration);
    codec_close(&codec);
    run_free(run);
}

/* --- in the cycle --------------------------------------------------------------------------- */

/* An extender of the test's own: what it answers to which question. */
struct script {
    const char *rejects, *never; /* a node it does not keep, and one it never accepts */
    const char *likes;           /* a node it gives a score to */
    int64_t liking;
    enum extender_reply filter, prioritize, bind;
    size_t asked;
};

static bool is_node(const struct extender_call *call, size_t i, const char *name)
{
    return name != NULL && strcmp(call->snapshot->nodes[call->slots[i]]->name->s, name) == 0;
}

static enum extender_reply script_filter(void *state, const struct extender_call *call,
                                         struct extender_verdict *verdicts, struct error *error)
{
    struct script *script = state;
    script->asked++;
    for (size_t i = 0; i < call->count; i++)
        if (is_node(call, i, script->rejects))
            verdicts[i] =
                (struct extender_verdict){ EXTENDER_REJECTS,
                                           text_intern(call->snapshot->texts, "no fpga left") };
        else if (is_node(call, i, script->never))
            verdicts[i] = (struct extender_verdict){ EXTENDER_NEVER_ACCEPTS, NULL };
    if (script->filter != EXTENDER_ANSWERED)
        error_set(error, (struct place){ 0 }, "the filter is on strike");
    return script->filter;
}

static enum extender_reply script_prioritize(void *state, const struct extender_call *call,
                                             int64_t *scores, struct error *error)
{
    struct script *script = state;
    for (size_t i = 0; i < call->count; i++)
        scores[i] = is_node(call, i, script->likes) ? script->liking : 0;
    if (script->prioritize != EXTENDER_ANSWERED)
        error_set(error, (struct place){ 0 }, "the scores are lost");
    return script->prioritize;
}

static enum extender_reply script_bind(void *state, const struct pod *pod, const struct text *node,
                                       struct error *error)
{
    const struct script *script = state;
    if (script->bind != EXTENDER_ANSWERED)
        error_set(error, (struct place){ 0 }, "%s may not go to %s", pod->meta.object.name->s,
                  node->s);
    return script->bind;
}

/* Three nodes, the scheduler alone, and one pod; `small` is the least attractive of the nodes. */
struct cycle {
    struct run *run;
    struct cluster *cluster;
    struct extender extender;
    const struct extender *list[1];
    struct extenders extenders;
};

static void create(struct cluster *cluster, const void *record)
{
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    client_create(&cluster->admin, (struct object *)record, NULL, NULL);
}

static const struct pod *play(struct cycle *cycle, struct script *script, bool ignorable)
{
    static const struct component *const only_scheduler[] = { &scheduler_component, NULL };
    struct settings settings;
    settings_init(&settings);
    cycle->run = run_new(1);
    cycle->extender = (struct extender){ .name = "http://x",
                                         .ignorable = ignorable,
                                         .state = script,
                                         .filter = script_filter,
                                         .prioritize = script_prioritize,
                                         .bind = script_bind };
    cycle->list[0] = &cycle->extender;
    cycle->extenders = (struct extenders){ .items = cycle->list, .count = 1 };
    settings.extenders = &cycle->extenders;
    cycle->cluster = cluster_new_with(cycle->run, "", settings, only_scheduler);
    const struct codec *codec = &cycle->cluster->codec;
    create(cycle->cluster, node_make(codec, "small", 4, 8, NULL));
    create(cycle->cluster, node_make(codec, "middle", 8, 16, NULL));
    create(cycle->cluster, node_make(codec, "large", 16, 32, NULL));
    create(cycle->cluster, pod_make(codec, "web", requests("2", "4Gi")));
    run_until(cycle->run, SIM_SECOND / 2);
    return pod_of(client_get(&cycle->cluster->admin, KIND_POD,
                             text_find(cycle->run->texts, "default"),
                             text_find(cycle->run->texts, "web")));
}

static void cycle_close(struct cycle *cycle)
{
    cluster_free(cycle->cluster);
    run_free(cycle->run);
    extenders_close(&cycle->extenders);
}

Test(extender, has_its_say_behind_filters_and_scores)
{
    static const struct {
        const char *why;
        struct script script;
        bool ignorable;
        const char *node, *reason, *message;
        bool stops;
    } rows[] = {
        { "without objections the emptiest node is taken", { 0 }, false, "large", "", "", false },
        { "a rejected node is not", { .rejects = "large" }, false, "middle", "", "", false },
        { "scores are added to the totals",
          { .likes = "small", .liking = 1000 },
          false,
          "small",
          "",
          "",
          false },
        { "one that is left is taken without scores",
          { .rejects = "large", .never = "middle", .prioritize = EXTENDER_BROKEN },
          false,
          "small",
          "",
          "",
          false },
        { "an extender's own error fails the attempt, as an error",
          { .filter = EXTENDER_REFUSED },
          false,
          "",
          "SchedulerError",
          "http://x: the filter is on strike",
          false },
        { "one that does not answer ends the run",
          { .filter = EXTENDER_BROKEN },
          false,
          "",
          "",
          "",
          true },
        { "unless it is ignorable", { .filter = EXTENDER_BROKEN }, true, "large", "", "", false },
        { "the same for scores", { .prioritize = EXTENDER_BROKEN }, false, "", "", "", true },
        { "who binds may object",
          { .bind = EXTENDER_REFUSED },
          false,
          "",
          "SchedulerError",
          "http://x: web may not go to large",
          false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct script script = rows[i].script;
        struct cycle cycle = { 0 };
        const struct pod *pod = play(&cycle, &script, rows[i].ignorable);
        cr_expect_str_eq(text_s(pod->node_name), rows[i].node, "%s: %s", rows[i].why,
                         text_s(pod->node_name));
        if (*rows[i].reason != '\0') {
            cr_expect_str_eq(pod_condition_reason(pod, POD_SCHEDULED), rows[i].reason, "%s",
                             rows[i].why);
            cr_expect_str_eq(pod_condition_message(pod, POD_SCHEDULED), rows[i].message, "%s",
                             rows[i].why);
        }
        cr_expect_eq(cycle.extenders.failure.text != NULL, rows[i].stops, "%s", rows[i].why);
        cr_expect_eq(run_now(cycle.run) < SIM_SECOND / 2, rows[i].stops, "%s", rows[i].why);
        cr_expect_eq(cycle.extenders.ignored_count > 0, rows[i].ignorable, "%s", rows[i].why);
        cycle_close(&cycle);
    }
}

Test(extender, says_why_in_the_message_of_the_pod_and_is_asked_again)
{
    struct script script = { .rejects = "large" };
    struct cycle cycle = { 0 };
    const struct pod *pod = play(&cycle, &script, false);
    cr_expect_str_eq(text_s(pod->node_name), "middle");
    create(cycle.cluster, pod_make(&cycle.cluster->codec, "next", requests("15", "20Gi")));
    run_until(cycle.run, 2 * SIM_SECOND);
    const struct pod *next =
        pod_of(client_get(&cycle.cluster->admin, KIND_POD, text_find(cycle.run->texts, "default"),
                          text_find(cycle.run->texts, "next")));
    cr_expect_null(next->node_name);
    const char *message = pod_condition_message(next, POD_SCHEDULED);
    cr_expect_not_null(strstr(message, "1 no fpga left"), "%s", message);
    cr_expect_not_null(strstr(message, "2 Insufficient cpu"), "%s", message);
    /* Any event wakes it: here another node, on which it would not fit. */
    script.rejects = NULL;
    create(cycle.cluster, node_make(&cycle.cluster->codec, "tiny", 1, 1, NULL));
    run_until(cycle.run, 30 * SIM_SECOND);
    cr_expect_str_eq(text_s(pod_of(client_get(&cycle.cluster->admin, KIND_POD,
                                              text_find(cycle.run->texts, "default"),
                                              text_find(cycle.run->texts, "next")))
                                ->node_name),
                     "large");
    cycle_close(&cycle);
}

/* --- two ways to one answer --------------------------------------------------------------- */

/* Rejects, and prefers, by the numbers of node and pod. */
static uint64_t mixed(const struct extender_call *call, size_t i)
{
    const uint64_t node = call->snapshot->nodes[call->slots[i]]->name->hash;
    return (node ^ call->pod->meta.object.name->hash) * 0x9E3779B97F4A7C15u >> 32;
}

static enum extender_reply mixed_filter(void *state, const struct extender_call *call,
                                        struct extender_verdict *verdicts, struct error *error)
{
    (void)error;
    const uint64_t *sort = state;
    for (size_t i = 0; i < call->count; i++)
        if (mixed(call, i) % *sort == 0)
            verdicts[i] = (struct extender_verdict){
                mixed(call, i) % 3 == 0 ? EXTENDER_NEVER_ACCEPTS : EXTENDER_REJECTS,
                text_intern(call->snapshot->texts, "it has its reasons")
            };
    return EXTENDER_ANSWERED;
}

static enum extender_reply mixed_prioritize(void *state, const struct extender_call *call,
                                            int64_t *scores, struct error *error)
{
    (void)state;
    (void)error;
    for (size_t i = 0; i < call->count; i++)
        scores[i] = (int64_t)(mixed(call, i) % 5) * 10;
    return EXTENDER_ANSWERED;
}

struct two_ways {
    struct run *run;
    struct codec codec;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct decision fast, plain;
    size_t found, rejected;
};

static void expect_same(struct two_ways *ways, const struct pod *pod)
{
    const struct decision *fast = &ways->fast, *plain = &ways->plain;
    decide(ways->templates, ways->configuration->profiles[0], ways->snapshot, pod, 0, &ways->fast);
    decide_plainly(ways->templates, ways->configuration->profiles[0], ways->snapshot, pod, 0,
                   &ways->plain);
    cr_assert_eq(fast->outcome, plain->outcome);
    cr_assert_eq(decision_evaluated(fast), decision_evaluated(plain));
    if (plain->outcome != DECISION_FOUND) {
        ways->rejected++;
        return;
    }
    ways->found++;
    cr_assert_eq(fast->top_count, plain->top_count);
    for (size_t k = 0; k < plain->top_count; k++)
        cr_assert_eq(decision_top(fast, k), decision_top(plain, k));
}

static void walk(const char *configuration, const struct extender *extender)
{
    struct two_ways ways = { .run = run_new(1), .templates = template_cache_new() };
    struct error_list errors = { 0 };
    struct value *document = rows_parse(configuration);
    struct extenders extenders = { .items = &extender, .count = 1 };
    ways.codec = codec_new(ways.run);
    ways.configuration = scheduler_configuration_load(ways.run->texts, document, &errors);
    ways.configuration->profiles[0]->extenders = &extenders;
    ways.snapshot = snapshot_new(ways.run->texts, NULL);
    for (int i = 0; i < 24; i++) {
        char *name = mem_format("n%d", i);
        const struct node *node = node_make(&ways.codec, name, 2 + i % 3 * 2, 8, NULL);
        snapshot_set_node(ways.snapshot, node);
        object_drop(&node->meta.object);
        free(name);
    }
    for (int i = 0; i < 250; i++) {
        char *name = mem_format("p%d", i);
        const struct pod *pod =
            pod_make(&ways.codec, name, requests(i % 2 == 0 ? "1" : "500m", "256Mi"));
        snapshot_refresh(ways.snapshot);
        expect_same(&ways, pod);
        if (ways.plain.outcome == DECISION_FOUND)
            snapshot_place(ways.snapshot, pod,
                           ways.snapshot->nodes[decision_top(&ways.plain, 0)]->name, false);
        object_drop(&pod->meta.object);
        free(name);
    }
    cr_expect_gt(ways.found, 20);
    cr_expect_gt(ways.rejected, 20, "the cluster is full at the end");
    decision_close(&ways.fast);
    decision_close(&ways.plain);
    template_cache_free(ways.templates);
    snapshot_free(ways.snapshot);
    scheduler_configuration_free(ways.configuration);
    codec_close(&ways.codec);
    value_drop(document);
    run_free(ways.run);
}

Test(extender, is_asked_the_same_by_what_is_remembered_and_by_the_plain_way)
{
    static const char *const configurations[] = {
        "{}", "{\"profiles\":[{\"plugins\":{\"score\":{\"disabled\":[{\"name\":\"*\"}]}}}]}"
    };
    uint64_t seldom = 7, often = 2;
    const struct extender all[] = {
        { .name = "picky",
          .state = &seldom,
          .filter = mixed_filter,
          .prioritize = mixed_prioritize },
        { .name = "very picky", .state = &often, .filter = mixed_filter },
        { .name = "fond", .prioritize = mixed_prioritize },
    };
    for (size_t i = 0; i < sizeof configurations / sizeof *configurations; i++)
        for (size_t j = 0; j < sizeof all / sizeof *all; j++)
            walk(configurations[i], &all[j]);
}

/* --- policies ------------------------------------------------------------------------------- */

Test(policies, each_is_a_configuration_that_loads)
{
    struct run *run = run_new(1);
    for (const struct scheduling_policy *policy = scheduling_policies; policy->name != NULL;
         policy++) {
        struct error_list errors = { 0 };
        struct value *document = scheduling_policy_read(policy);
        struct scheduler_configuration *configuration =
            scheduler_configuration_load(run->texts, document, &errors);
        cr_expect_not_null(configuration, "%s: %s", policy->name,
                           errors.count > 0 ? errors.items[0].text : "");
        cr_expect_eq(scheduling_policy_find(policy->name), policy, "%s is there once",
                     policy->name);
        if (configuration != NULL)
            scheduler_configuration_free(configuration);
        error_list_close(&errors);
        value_drop(document);
    }
    cr_expect_null(scheduling_policy_find("no such policy"));
    run_free(run);
}
