/* Who has to make room, where, and for whom: the rules of preemption, row by row, on a trial. */
#include "models/scheduler/trial/trial.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

/* --- a small cluster, as text ------------------------------------------------------------------ */

static void put_node(struct trial *trial, const char *name, int cpu)
{
    const struct node *node = node_make(&trial->cluster->codec, name, cpu, 64, NULL);
    trial_put(trial, (struct object *)&node->meta.object);
}

/* "name priority cpu node start", of which `node` may be "-"; labels app=NAME without its number. */
static struct pod *make_pod(struct trial *trial, const char *text)
{
    char name[32], node[32], cpu[16], app[32];
    int priority, start = 0;
    const int fields = sscanf(text, "%31s %d %15s %31s %d", name, &priority, cpu, node, &start);
    cr_assert_geq(fields, 4, "%s", text);
    snprintf(app, sizeof app, "%s", name);
    app[strcspn(app, "0123456789")] = '\0';
    char *json = mem_format(
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"namespace\":"
        "\"default\",\"labels\":{\"app\":\"%s\"}},\"spec\":{\"schedulerName\":\"default-"
        "scheduler\","
        "\"priority\":%d,%s}}",
        name, app, priority, requests(cpu, "1Gi"));
    struct value *document = rows_parse(json);
    struct pod *pod = (struct pod *)kind_infos[KIND_POD].load(&trial->cluster->codec, document);
    value_drop(document);
    free(json);
    if (strcmp(node, "-") != 0) {
        pod->node_name = cluster_text(trial->cluster, node);
        pod->started = true;
        pod->start_time = start * SIM_SECOND;
    }
    return pod;
}

static void put_pod(struct trial *trial, const char *text)
{
    trial_put(trial, &make_pod(trial, text)->meta.object);
}

static void put_budget(struct trial *trial, const char *app, int allowed)
{
    char *json = mem_format(
        "{\"apiVersion\":\"policy/"
        "v1\",\"kind\":\"PodDisruptionBudget\",\"metadata\":{\"name\":\"%s\","
        "\"namespace\":\"default\"},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"%s\"}}},"
        "\"status\":{\"disruptionsAllowed\":%d,\"currentHealthy\":1,\"desiredHealthy\":1,"
        "\"expectedPods\":1}}",
        app, app, allowed);
    struct value *document = rows_parse(json);
    trial_put(trial, kind_infos[KIND_PODDISRUPTIONBUDGET].load(&trial->cluster->codec, document));
    value_drop(document);
    free(json);
}

static const struct pod *the_pod(const struct trial *trial, const char *name)
{
    return pod_of(trial_find(trial, KIND_POD, "default", name));
}

/* The first of equal ones. */
static uint32_t first(void *self, const struct question *question)
{
    (void)self;
    (void)question;
    return 0;
}

/* "NODE: victim, victim", or what the plugins say. Asked in both ways, which must agree. */
static char *outcome(struct trial *trial, const char *name)
{
    const struct profile *profile = trial->configuration->profiles[0];
    const struct pod *pod = the_pod(trial, name);
    char *texts[2] = { NULL, NULL };
    for (int plainly = 0; plainly < 2; plainly++) {
        const struct decision *decision = plainly ? &trial->plain : &trial->fast;
        struct writer told = { 0 };
        (plainly ? trial_decide_plainly : trial_decide)(trial, profile, pod);
        struct post_filter_round round = { .decision = decision,
                                           .pod = pod,
                                           .chooser = { first, NULL } };
        if (decision->outcome == DECISION_FOUND) {
            writer_format(&told, "fits %s",
                          trial->snapshot->nodes[decision_top(decision, 0)]->name->s);
        } else {
            free(decision_message(decision, &round));
            if (round.nomination == NOMINATION_SET) {
                const struct preemption *preemption = &round.preemption;
                const struct extender_victims *chosen = &preemption->candidates[preemption->chosen];
                writer_format(&told, "%s:", round.node->s);
                for (size_t i = 0; i < chosen->count; i++)
                    writer_format(&told, " %s", name_of(chosen->pods[i]));
            } else {
                writer_format(&told, "%s%s",
                              round.nomination == NOMINATION_UNCHANGED ? "unchanged, " : "",
                              round.message.bytes);
            }
        }
        post_filter_close(&round);
        texts[plainly] = writer_take(&told);
    }
    cr_expect_str_eq(texts[0], texts[1]);
    free(texts[0]);
    return texts[1];
}

static struct trial *trial_made(void)
{
    struct error_list errors = { 0 };
    struct trial *trial = trial_new(NULL, &errors);
    cr_assert_not_null(trial);
    return trial;
}

/* --- the rules ----------------------------------------------------------------------------------- */

enum { ROW_PODS = 8 };
static const struct {
    const char *why;
    const char *pods[ROW_PODS]; /* on nodes a, b of 4 CPUs; the last one waits */
    const char *budget;         /* app=..., whose budget allows no disruption */
    const char *want;
} rows[] = {
    { "all of lower priority are removed, then the most important ones come back first",
      { "x1 5 2 a 10", "x2 1 2 a 20", "y1 9 4 b 1", "new 10 2 -" },
      NULL,
      "a: x2" },
    { "of equal priority, who has run longer is more important",
      { "x1 1 2 a 10", "x2 1 2 a 20", "y1 9 4 b 1", "new 10 2 -" },
      NULL,
      "a: x2" },
    { "whom a budget protects comes back before the others, whatever its priority",
      { "x1 5 2 a 10", "z1 1 2 a 20", "y1 9 4 b 1", "new 10 2 -" },
      "z",
      "a: x1" },
    { "fewest violated budgets before anything else",
      { "z1 1 4 a 10", "y1 9 4 b 1", "new 10 2 -" },
      "z",
      "b: y1" },
    { "then the lowest highest priority",
      { "x1 5 4 a 10", "y1 3 2 b 1", "y2 3 2 b 1", "new 10 4 -" },
      NULL,
      "b: y1 y2" },
    { "then the lowest sum of priorities, each made positive: one of 3 before two of 3 and -5",
      { "x1 3 2 a 10", "x2 -5 2 a 10", "y1 3 4 b 1", "new 10 4 -" },
      NULL,
      "b: y1" },
    { "then, of the most important victims, the one that started last",
      { "x1 3 4 a 10", "y1 3 4 b 20", "new 10 4 -" },
      NULL,
      "b: y1" },
    { "pods of the same priority are not touched",
      { "x1 10 4 a 10", "y1 10 4 b 20", "new 10 4 -" },
      NULL,
      "no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims "
      "found for incoming pod." },
    { "where it would not fit even then, the filters' reasons are counted",
      { "x1 20 2 a 10", "x2 1 2 a 10", "y1 20 4 b 20", "new 10 3 -" },
      NULL,
      "no new claims to deallocate, preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 No "
      "preemption victims found for incoming pod." },
    { "a node that could never hold it is not helped: Unresolvable",
      { "x1 1 4 a 10", "y1 1 4 b 20", "new 10 5 -" },
      NULL,
      "no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not "
      "helpful for scheduling." },
};

Test(preemption, chooses_whom_and_where)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trial *trial = trial_made();
        put_node(trial, "a", 4);
        put_node(trial, "b", 4);
        for (size_t j = 0; j < ROW_PODS && rows[i].pods[j] != NULL; j++)
            put_pod(trial, rows[i].pods[j]);
        if (rows[i].budget != NULL)
            put_budget(trial, rows[i].budget, 0);
        char *got = outcome(trial, "new");
        cr_expect_str_eq(got, rows[i].want, "%s: %s", rows[i].why, got);
        free(got);
        trial_free(trial);
    }
}

static void set_nominated(struct trial *trial, const char *name, const char *node)
{
    struct pod *pod = (struct pod *)object_copy(&the_pod(trial, name)->meta.object);
    pod_set_nominated_node(pod, cluster_text(trial->cluster, node));
    trial_put(trial, &pod->meta.object);
}

/* 2 of 4 CPUs are free on a, and promised to a pod of priority 50. */
Test(preemption, respects_what_was_promised_to_others)
{
    static const struct {
        const char *why, *pod, *want;
    } cases[] = {
        { "a pod of lower priority leaves the promised room alone", "new 10 2 -", "a: x1" },
        { "so does one of the same priority", "new 50 2 -", "a: x1" },
        { "one of higher priority takes it", "new 51 2 -", "fits a" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trial *trial = trial_made();
        put_node(trial, "a", 4);
        put_pod(trial, "x1 1 2 a 10");
        put_pod(trial, "nom 50 2 -");
        set_nominated(trial, "nom", "a");
        put_pod(trial, cases[i].pod);
        char *got = outcome(trial, "new");
        cr_expect_str_eq(got, cases[i].want, "%s: %s", cases[i].why, got);
        free(got);
        trial_free(trial);
    }
}

/* b is emptier, but a was promised. */
Test(preemption, tries_the_promised_node_first_and_alone)
{
    struct trial *trial = trial_made();
    put_node(trial, "a", 4);
    put_node(trial, "b", 8);
    put_pod(trial, "x1 1 2 a 10");
    put_pod(trial, "new 10 2 -");
    set_nominated(trial, "new", "a");
    char *got = outcome(trial, "new");
    cr_expect_str_eq(got, "fits a");
    cr_expect(trial->plain.nominated_tried && trial->plain.nominated_taken);
    cr_expect_eq(decision_evaluated(&trial->plain), 1);
    free(got);
    trial_free(trial);
}

static void mark_leaving(struct trial *trial, const char *name, const char *reason)
{
    struct pod *pod = (struct pod *)object_copy(&the_pod(trial, name)->meta.object);
    pod->meta.deleting = true;
    pod_set_condition(pod, trial->run->texts, POD_DISRUPTION_TARGET, true, reason, NULL, 0);
    trial_put(trial, &pod->meta.object);
}

/* A victim on its way out of the promised node is waited for; anybody else who leaves is not. */
Test(preemption, waits_for_victims_that_are_leaving)
{
    static const struct {
        const char *reason, *want;
    } cases[] = {
        { "PreemptionByScheduler",
          "unchanged, no new claims to deallocate, preemption: not eligible due to a terminating "
          "pod on the nominated node." },
        { "DeletionByTaintManager", "a: x1" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trial *trial = trial_made();
        put_node(trial, "a", 4);
        put_pod(trial, "x1 1 4 a 10");
        put_pod(trial, "new 10 2 -");
        set_nominated(trial, "new", "a");
        mark_leaving(trial, "x1", cases[i].reason);
        char *got = outcome(trial, "new");
        cr_expect_str_eq(got, cases[i].want, "%s", got);
        free(got);
        trial_free(trial);
    }
}

/* --- arguments -------------------------------------------------------------------------------------- */

Test(preemption, refuses_arguments_that_mean_nothing)
{
    static const struct {
        const char *args, *want;
    } cases[] = {
        { "\"minCandidateNodesPercentage\": 101", "not between 0 and 100" },
        { "\"minCandidateNodesAbsolute\": -1", "not between 0" },
        { "\"minCandidateNodesPercentage\": 0, \"minCandidateNodesAbsolute\": 0", "no candidates" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error_list errors = { 0 };
        char *text = mem_format("{\"profiles\":[{\"pluginConfig\":[{\"name\":\"DefaultPreemption\","
                                "\"args\":{%s}}]}]}",
                                cases[i].args);
        struct value *configuration = rows_parse(text);
        struct trial *trial = trial_new(configuration, &errors);
        cr_expect_null(trial, "%s", cases[i].args);
        cr_assert_geq(errors.count, 1);
        cr_expect_not_null(strstr(errors.items[0].text, cases[i].want), "%s", errors.items[0].text);
        error_list_close(&errors);
        value_drop(configuration);
        free(text);
        trial_free(trial);
    }
}
