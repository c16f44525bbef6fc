/* podFailurePolicy: what the failure of a pod means for its Job; successPolicy: when enough of its
 * indexes have succeeded.
 *
 * Follows pkg/controller/job/{pod_failure_policy,success_policy}.go of kube-controller-manager, in the
 * release named in docs/fidelity.md. Pods here have no condition that is Unknown. */
#include <stdlib.h>
#include <string.h>

#include "models/controllers/job_private.h"
#include "sim/base/memory.h"

/* ---- failures ---- */

static bool is(const struct value *map, const char *key, const char *text)
{
    return strcmp(value_text(value_get(map, key), ""), text) == 0;
}

static bool exit_code_matches(const struct value *rule, int32_t code)
{
    const struct value *values = value_get(rule, "values");
    bool listed = false;
    for (size_t i = 0; values != NULL && i < values->count; i++)
        listed |= value_int(values->items[i], 0) == code;
    return listed == is(rule, "operator", "In");
}

/* The first container of a range that ended with an exit code the rule means; NULL: none. */
static const struct container_status *container_that_matches(const struct pod *pod,
                                                             const struct value *rule,
                                                             uint32_t first, uint32_t end,
                                                             const char **name)
{
    const char *wanted = value_text(value_get(rule, "containerName"), NULL);
    const uint32_t init = (uint32_t)pod->spec->init_container_count;
    for (uint32_t i = first; i < end; i++) {
        const struct container_status *status = &pod->containers->items[i];
        *name = text_s(i < init ? pod->spec->init_containers[i].name
                                : pod->spec->containers[i - init].name);
        if (status->state == CONTAINER_TERMINATED && status->exit_code != 0 &&
            (wanted == NULL || strcmp(wanted, *name) == 0) &&
            exit_code_matches(rule, status->exit_code))
            return status;
    }
    return NULL;
}

/* Why a rule on exit codes matches, for the message; NULL: it does not. The caller frees. */
static char *matches_exit_codes(const struct pod *pod, const struct value *rule)
{
    if (pod->containers == NULL)
        return NULL;
    const uint32_t init = (uint32_t)pod->spec->init_container_count;
    const char *name;
    const struct container_status *found =
        container_that_matches(pod, rule, init, pod->containers->count, &name);
    if (found == NULL)
        found = container_that_matches(pod, rule, 0, init, &name);
    return found == NULL ? NULL
                         : mem_format("Container %s for pod %s/%s failed with exit code %d", name,
                                      namespace_of(pod), name_of(pod), found->exit_code);
}

static char *matches_conditions(const struct pod *pod, const struct value *patterns)
{
    for (enum pod_condition type = 0; type < POD_CONDITIONS; type++) {
        if (!(pod->conditions_present >> type & 1))
            continue;
        const char *status = pod_condition_is_true(pod, type) ? "True" : "False";
        for (size_t i = 0; i < patterns->count; i++)
            if (is(patterns->items[i], "type", pod_condition_name(type)) &&
                is(patterns->items[i], "status", status))
                return mem_format("Pod %s/%s has condition %s", namespace_of(pod), name_of(pod),
                                  pod_condition_name(type));
    }
    return NULL;
}

static char *rule_matches(const struct pod *pod, const struct value *rule)
{
    const struct value *codes = value_get(rule, "onExitCodes");
    const struct value *conditions = value_get(rule, "onPodConditions");
    if (!value_is_null(codes))
        return matches_exit_codes(pod, codes);
    return value_is_null(conditions) ? NULL : matches_conditions(pod, conditions);
}

enum job_failure job_failure_of(const struct job *job, const struct pod *pod, char **message)
{
    static const char *const actions[] = {
        [FAILURE_COUNTS] = "Count",
        [FAILURE_IGNORED] = "Ignore",
        [FAILURE_FAILS_JOB] = "FailJob",
        [FAILURE_FAILS_INDEX] = "FailIndex",
    };
    const struct value *rules = value_get(job_failure_policy(job), "rules");
    for (size_t i = 0; rules != NULL && i < rules->count; i++) {
        char *why = rule_matches(pod, rules->items[i]);
        if (why == NULL)
            continue;
        enum job_failure found = FAILURE_COUNTS;
        for (enum job_failure action = FAILURE_COUNTS; action <= FAILURE_FAILS_INDEX; action++)
            if (is(rules->items[i], "action", actions[action]))
                found = action;
        if (found == FAILURE_FAILS_JOB && message != NULL)
            *message = mem_format("%s matching FailJob rule at index %zu", why, i);
        free(why);
        return found;
    }
    return FAILURE_COUNTS;
}

/* ---- success ---- */

static int64_t count_common(const struct intervals *a, const struct intervals *b)
{
    int64_t common = 0;
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        const struct interval *x = &a->items[i], *y = &b->items[j];
        const int32_t first = x->first > y->first ? x->first : y->first;
        const int32_t last = x->last < y->last ? x->last : y->last;
        common += last >= first ? last - first + 1 : 0;
        if (x->last <= y->last)
            i++;
        else
            j++;
    }
    return common;
}

static bool success_rule_met(const struct job *job, const struct value *rule,
                             const struct intervals *succeeded)
{
    const struct value *indexes = value_get(rule, "succeededIndexes");
    const int64_t count = value_int(value_get(rule, "succeededCount"), INT64_MAX);
    if (value_is_null(indexes))
        return intervals_total(succeeded) >= count;
    struct intervals wanted = intervals_parse(value_text(indexes, ""), job->completions);
    const int64_t common = count_common(&wanted, succeeded), all = intervals_total(&wanted);
    intervals_close(&wanted);
    return all > 0 && (common == all || common >= count);
}

int job_success_rule(const struct job *job, const struct intervals *succeeded)
{
    const struct value *rules = value_get(job_success_policy(job), "rules");
    for (size_t i = 0; rules != NULL && succeeded->count > 0 && i < rules->count; i++)
        if (success_rule_met(job, rules->items[i], succeeded))
            return (int)i;
    return -1;
}
