/* PodDisruptionBudgets: how many pods may go now. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "models/api/pod.h"
#include "models/controllers/disruption_private.h"
#include "sim/base/memory.h"
#include "tests/support/controlled.h"

#define ROLLING                                                                                    \
    "{\"type\": \"RollingUpdate\", \"rollingUpdate\": {\"maxSurge\": 1, \"maxUnavailable\": 0}}"

static void apply_deployment(struct controlled *c, int replicas)
{
    char *json = controlled_deployment("web", replicas, 1, ROLLING, "");
    controlled_apply(c, json);
    free(json);
}

static void apply_budget(struct controlled *c, const char *name, const char *app, const char *bound)
{
    char *json = mem_format("{\"apiVersion\": \"policy/v1\", \"kind\": \"PodDisruptionBudget\","
                            " \"metadata\": {\"name\": \"%s\"},"
                            " \"spec\": {\"selector\": {\"matchLabels\": {\"app\": \"%s\"}}, %s}}",
                            name, app, bound);
    controlled_apply(c, json);
    free(json);
}

static const struct pod_disruption_budget *budget(const struct controlled *c, const char *name)
{
    return controlled_get(c, KIND_PODDISRUPTIONBUDGET, name);
}

Test(disruption, bounds_refer_to_what_the_deployment_wants_and_round_up)
{
    static const struct {
        const char *why, *bound;
        int32_t expected, desired, allowed;
    } rows[] = {
        { "a plain minimum", "\"minAvailable\": 2", 5, 2, 3 },
        { "50 % of 5 is 2.5, so 3 stay", "\"minAvailable\": \"50%\"", 5, 3, 2 },
        { "30 % of 5 is 1.5, so 2 may go", "\"maxUnavailable\": \"30%\"", 5, 3, 2 },
        { "more may go than there are", "\"maxUnavailable\": 7", 5, 0, 5 },
        { "nobody may go", "\"minAvailable\": \"100%\"", 5, 5, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct controlled *c = controlled_new();
        apply_deployment(c, 5);
        apply_budget(c, "p", "web", rows[i].bound);
        controlled_wait(c, 3);
        cr_expect_eq(budget(c, "p")->expected_pods, rows[i].expected, "%s", rows[i].why);
        cr_expect_eq(budget(c, "p")->desired_healthy, rows[i].desired, "%s", rows[i].why);
        cr_expect_eq(budget(c, "p")->disruptions_allowed, rows[i].allowed, "%s", rows[i].why);
        const struct condition *says =
            conditions_find(budget(c, "p")->conditions, "DisruptionAllowed");
        cr_expect_str_eq(text_s(says->reason),
                         rows[i].allowed > 0 ? "SufficientPods" : "InsufficientPods");
        controlled_free(c);
    }
}

Test(disruption, a_budget_without_pods_allows_nothing)
{
    struct controlled *c = controlled_new();
    apply_budget(c, "p", "nobody", "\"minAvailable\": 0");
    controlled_wait(c, 1);
    cr_expect_eq(budget(c, "p")->disruptions_allowed, 0);
    cr_expect_eq(budget(c, "p")->observed_generation, 1);
    controlled_free(c);
}

static void first_pod(void *context, const struct object *object)
{
    const struct object **first = context;
    if (*first == NULL)
        *first = object;
}

static enum reply evict_one(struct controlled *c)
{
    const struct object *pod = NULL;
    store_each(c->cluster->store, KIND_POD, first_pod, &pod);
    client_begin(&c->cluster->admin, (struct cause){ 0, 0 });
    return client_evict(&c->cluster->admin, object_key(pod), -1, NULL);
}

Test(disruption, evictions_wait_until_the_next_pod_is_ready)
{
    struct controlled *c = controlled_new();
    apply_deployment(c, 3);
    apply_budget(c, "p", "web", "\"maxUnavailable\": 1");
    controlled_wait(c, 2);
    cr_expect_eq(evict_one(c), REPLY_CREATED);
    cr_expect_eq(budget(c, "p")->disruptions_allowed, 0, "the eviction has spent it");
    cr_expect_eq(budget(c, "p")->disrupted->count, 1);
    controlled_wait(c, 0.5);
    cr_expect_null(budget(c, "p")->disrupted, "it was seen to go");
    cr_expect_eq(budget(c, "p")->current_healthy, 2);
    controlled_wait(c, 1);
    cr_expect_eq(budget(c, "p")->disruptions_allowed, 1, "its successor is ready");
    controlled_free(c);
}

/* Which one counts them is left open; it hears of them from the reconcile of a pod. */
Test(disruption, pods_of_two_budgets_are_counted_by_one_of_them)
{
    struct controlled *c = controlled_new();
    apply_budget(c, "half", "web", "\"minAvailable\": \"50%\"");
    apply_budget(c, "most", "web", "\"maxUnavailable\": 1");
    apply_deployment(c, 6);
    controlled_wait(c, 2);
    cr_expect(budget(c, "half")->current_healthy == 6 || budget(c, "most")->current_healthy == 6);
    cr_expect_eq(evict_one(c), REPLY_INTERNAL_ERROR, "Kubernetes evicts no pod of two budgets");
    controlled_free(c);
}

static bool promise(struct object *object, void *context)
{
    struct pod_disruption_budget *changed = (struct pod_disruption_budget *)object;
    const struct object *pod = context;
    changed->disrupted = disrupted_pods_with(NULL, pod->name, 2 * SIM_SECOND);
    return true;
}

Test(disruption, an_eviction_that_never_comes_is_given_up_after_two_minutes)
{
    struct controlled *c = controlled_new();
    apply_deployment(c, 3);
    apply_budget(c, "p", "web", "\"maxUnavailable\": 1");
    controlled_wait(c, 2);
    const struct object *pod = NULL;
    store_each(c->cluster->store, KIND_POD, first_pod, &pod);
    client_begin(&c->cluster->admin, (struct cause){ 0, 0 });
    client_patch(&c->cluster->admin, object_key(&budget(c, "p")->meta.object), promise, (void *)pod,
                 NULL);
    controlled_wait(c, 119.9);
    cr_expect_eq(budget(c, "p")->current_healthy, 2);
    controlled_wait(c, 0.2);
    cr_expect_eq(budget(c, "p")->current_healthy, 3);
    cr_expect_eq(budget(c, "p")->disruptions_allowed, 1);
    controlled_free(c);
}

Test(disruption, a_mark_on_a_pod_that_is_not_disrupted_is_taken_away_after_two_minutes)
{
    struct controlled *c = controlled_new();
    controlled_apply(c,
                     "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"},"
                     " \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"i\"}]},"
                     " \"status\": {\"phase\": \"Pending\"}}");
    controlled_wait(c, 2);
    struct pod *marked = (struct pod *)client_edit(controlled_get(c, KIND_POD, "a"));
    pod_set_condition(marked, c->run->texts, POD_DISRUPTION_TARGET, true, "PreemptionByScheduler",
                      "", run_now(c->run));
    client_begin(&c->cluster->admin, (struct cause){ 0, 0 });
    client_update_status(&c->cluster->admin, &marked->meta.object, NULL);
    controlled_wait(c, 119.9);
    cr_expect(pod_condition_is_true(controlled_get(c, KIND_POD, "a"), POD_DISRUPTION_TARGET));
    controlled_wait(c, 0.2);
    cr_expect_not(pod_condition_is_true(controlled_get(c, KIND_POD, "a"), POD_DISRUPTION_TARGET));
    controlled_free(c);
}

Test(label_selector_print, writes_what_go_writes)
{
    static const char json[] =
        "{\"matchLabels\": {\"tier\": \"db\", \"app\": \"bare\"}, \"matchExpressions\":"
        " [{\"key\": \"zone\", \"operator\": \"In\", \"values\": [\"a\", \"b\"]}]}";
    struct error error = { 0 };
    struct value *selector = json_read(json, strlen(json), (struct place){ 0 }, NULL, &error);
    char *text = label_selector_print(selector);
    cr_expect_str_eq(text, "&LabelSelector{MatchLabels:map[string]string{app: bare,tier: db,},"
                           "MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{"
                           "Key:zone,Operator:In,Values:[a b],},},}");
    free(text);
    value_drop(selector);
}
