/* The eviction subresource, with the answers recorded from the real API server (the project's
 * oracle, controllers/pdb-unhealthy-policy and drain-pdb). */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/pod.h"
#include "models/api/policy.h"
#include "models/cluster/eviction.h"
#include "tests/support/world.h"

static const struct component *const nobody[] = { NULL };

/* A pod and its state. */
struct state {
    enum pod_phase phase;
    bool ready;
    struct texts *texts;
};

static bool set_state(struct object *object, void *context)
{
    const struct state *state = context;
    struct pod *pod = (struct pod *)object;
    pod->phase = state->phase;
    pod->node_name = text_intern(state->texts, "n0");
    pod_set_condition(pod, state->texts, POD_READY, state->ready, NULL, NULL, 0);
    return true;
}

static void put(struct world *w, const char *name, enum pod_phase phase, bool ready)
{
    char text[512], path[64];
    snprintf(text, sizeof text,
             "{apiVersion: v1, kind: Pod, metadata: {name: %s, labels: {app: web}}, spec: "
             "{containers: [{name: c, image: 'img:1'}], terminationGracePeriodSeconds: 30}}",
             name);
    create(w, text);
    snprintf(path, sizeof path, "pod/default/%s", name);
    struct state state = { phase, ready, w->run->texts };
    client_patch(w->user, key_of(w, path), set_state, &state, NULL);
}

/* What the disruption controller has found. */
struct budget {
    int allowed, healthy, desired;
    int64_t observed;
    bool always;
};

static bool set_budget(struct object *object, void *context)
{
    const struct budget *budget = context;
    struct pod_disruption_budget *pdb = (struct pod_disruption_budget *)object;
    pdb->disruptions_allowed = budget->allowed;
    pdb->current_healthy = budget->healthy;
    pdb->desired_healthy = budget->desired;
    pdb->observed_generation = budget->observed;
    pdb->always_allow_unhealthy = budget->always;
    return true;
}

static void put_budget(struct world *w, const char *name, struct budget budget)
{
    char text[512], path[64];
    snprintf(text, sizeof text,
             "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: %s}, spec: "
             "{minAvailable: 1, selector: {matchLabels: {app: web}}}}",
             name);
    create(w, text);
    snprintf(path, sizeof path, "pdb/default/%s", name);
    client_patch(w->user, key_of(w, path), set_budget, &budget, NULL);
}

static const char violates[] = "Cannot evict pod as it would violate the pod's disruption budget.";

Test(eviction, asks_the_budget_only_where_it_would_cost_something)
{
    static const struct {
        const char *why;
        enum pod_phase phase;
        bool ready;
        struct budget budget;
        enum reply reply;
        const char *message, *cause;
    } rows[] = {
        { "the budget allows one",
          POD_RUNNING,
          true,
          { 1, 4, 3, 1, false },
          REPLY_CREATED,
          NULL,
          NULL },
        { "the budget allows none",
          POD_RUNNING,
          true,
          { 0, 3, 3, 1, false },
          REPLY_TOO_MANY_REQUESTS,
          violates,
          "The disruption budget p needs 3 healthy pods and has 3 currently" },
        { "not ready, too few healthy",
          POD_RUNNING,
          false,
          { 0, 0, 1, 1, false },
          REPLY_TOO_MANY_REQUESTS,
          violates,
          "The disruption budget p needs 1 healthy pods and has 0 currently" },
        { "not ready, AlwaysAllow",
          POD_RUNNING,
          false,
          { 0, 0, 1, 1, true },
          REPLY_CREATED,
          NULL,
          NULL },
        { "not ready, enough healthy",
          POD_RUNNING,
          false,
          { 0, 2, 2, 1, false },
          REPLY_CREATED,
          NULL,
          NULL },
        { "pending pods are not asked for",
          POD_PENDING,
          false,
          { 0, 0, 1, 1, false },
          REPLY_CREATED,
          NULL,
          NULL },
        { "a bare pod under maxUnavailable",
          POD_RUNNING,
          true,
          { 0, 1, 0, 1, false },
          REPLY_TOO_MANY_REQUESTS,
          violates,
          "The disruption budget p does not allow evicting pods currently" },
        { "the controller has not seen this generation",
          POD_RUNNING,
          true,
          { 1, 4, 3, 0, false },
          REPLY_TOO_MANY_REQUESTS,
          violates,
          "The disruption budget p is still being processed by the server." },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = given_with("", nobody, "");
        struct error error = { 0 };
        put(w, "a", rows[i].phase, rows[i].ready);
        put_budget(w, "p", rows[i].budget);
        cr_expect_eq(client_evict(w->user, key_of(w, "pod/default/a"), -1, &error), rows[i].reply,
                     "%s", rows[i].why);
        if (rows[i].message != NULL) {
            char *cause =
                eviction_cause((const struct pod_disruption_budget *)find(w, "pdb/default/p"));
            cr_expect_str_eq(error.text, rows[i].message, "%s", rows[i].why);
            cr_expect_str_eq(cause, rows[i].cause, "%s", rows[i].why);
            free(cause);
        } else {
            expect_field(w, "pod/default/a", "metadata.deletionGracePeriodSeconds", "30");
        }
        error_close(&error);
        done(w);
    }
}

Test(eviction, spends_the_budget_and_marks_the_pod)
{
    struct world *w = given_with("", nobody, "");
    put(w, "a", POD_RUNNING, true);
    put(w, "b", POD_RUNNING, true);
    put_budget(w, "p", (struct budget){ 1, 4, 3, 1, false });
    until(w, 7.5);
    client_begin(w->user, (struct cause){ 0, 0 });
    cr_expect_eq(client_evict(w->user, key_of(w, "pod/default/a"), -1, NULL), REPLY_CREATED);
    expect_field(w, "pdb/default/p", "status.disruptionsAllowed", "0");
    expect_field(w, "pdb/default/p", "status.disruptedPods", "{\"a\":\"1970-01-01T00:00:07Z\"}");
    expect_field(w, "pdb/default/p", "status.conditions.0.reason", "InsufficientPods");
    cr_expect(pod_condition_is_true(pod_of(find(w, "pod/default/a")), POD_DISRUPTION_TARGET));
    cr_expect_str_eq(pod_condition_reason(pod_of(find(w, "pod/default/a")), POD_DISRUPTION_TARGET),
                     "EvictionByEvictionAPI");
    cr_expect_eq(client_evict(w->user, key_of(w, "pod/default/b"), -1, NULL),
                 REPLY_TOO_MANY_REQUESTS);
    done(w);
}

Test(eviction, of_a_pod_with_two_budgets_is_an_internal_error)
{
    struct world *w = given_with("", nobody, "");
    struct error error = { 0 };
    put(w, "a", POD_RUNNING, true);
    put_budget(w, "p", (struct budget){ 1, 4, 3, 1, false });
    put_budget(w, "q", (struct budget){ 1, 4, 3, 1, false });
    cr_expect_eq(client_evict(w->user, key_of(w, "pod/default/a"), -1, &error),
                 REPLY_INTERNAL_ERROR);
    cr_expect_str_eq(error.text, "This pod has more than one PodDisruptionBudget, which the "
                                 "eviction subresource does not support.");
    error_close(&error);
    done(w);
}
