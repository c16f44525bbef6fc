/* Where a pod may go: tolerations, affinity, spread and gates.
 *
 * Follows validateAffinity(), ValidateTolerations() and validateTopologySpreadConstraints() of
 * pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

#define REQUIRED_TERMS  "requiredDuringSchedulingIgnoredDuringExecution"
#define PREFERRED_TERMS "preferredDuringSchedulingIgnoredDuringExecution"

void check_taint_effect(struct field_errors *errors, const struct value *map,
                        const struct field_path *path, enum presence presence)
{
    static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };
    if (presence == REQUIRED || *text_at(map, "effect") != '\0')
        check_choice(errors, map, "effect", path, effects, presence);
}

/* All complaints about a label value in one text, under the operator's name. */
static void check_toleration_value(struct field_errors *errors, const struct value *toleration,
                                   const struct field_path *path)
{
    struct complaints complaints = { 0 };
    struct writer joined = { 0 };
    text_label_value(&complaints, text_at(toleration, "value"));
    for (size_t i = 0; i < complaints.count; i++)
        writer_format(&joined, "%s%s", i > 0 ? ";" : "", complaints.items[i]);
    if (complaints.count > 0)
        field_invalid(errors, CHILD(path, "operator"), value_get(toleration, "value"), "%s",
                      joined.bytes);
    writer_close(&joined);
    complaints_close(&complaints);
}

static void check_toleration_operator(struct field_errors *errors, const struct value *toleration,
                                      const struct field_path *path)
{
    static const char *const operators[] = { "Equal", "Exists", NULL };
    const char *operator= text_at(toleration, "operator");
    if (*operator== '\0' || strcmp(operator, "Equal") == 0) {
        check_toleration_value(errors, toleration, path);
    } else if (strcmp(operator, "Exists") == 0) {
        if (*text_at(toleration, "value") != '\0')
            field_invalid(errors, CHILD(path, "operator"), value_get(toleration, "value"),
                          "value must be empty when `operator` is 'Exists'");
    } else {
        field_unsupported(errors, CHILD(path, "operator"), value_get(toleration, "operator"), NULL,
                          operators);
    }
}

void check_tolerations(struct field_errors *errors, const struct value *tolerations,
                       const struct field_path *path)
{
    for (size_t i = 0; i < size_of(tolerations); i++) {
        const struct value *toleration = tolerations->items[i];
        const struct field_path *item = ITEM(path, i);
        check_optional_text(errors, toleration, "key", item, text_label_key);
        if (*text_at(toleration, "key") == '\0' &&
            strcmp(text_at(toleration, "operator"), "Exists") != 0)
            field_invalid(errors, CHILD(item, "operator"), value_get(toleration, "operator"),
                          "operator must be Exists when `key` is empty, which means \"match all "
                          "values and all keys\"");
        if (has(toleration, "tolerationSeconds") &&
            strcmp(text_at(toleration, "effect"), "NoExecute") != 0)
            field_invalid(errors, CHILD(item, "effect"), value_get(toleration, "effect"),
                          "effect must be 'NoExecute' when `tolerationSeconds` is set");
        check_toleration_operator(errors, toleration, item);
        check_taint_effect(errors, toleration, item, OPTIONAL);
    }
}

/* ── nodes ── */

static void check_values_count(struct field_errors *errors, const struct value *requirement,
                               const struct field_path *path)
{
    static const char *const sets[] = { "In", "NotIn", NULL };
    static const char *const keys[] = { "Exists", "DoesNotExist", NULL };
    static const char *const numbers[] = { "Gt", "Lt", NULL };
    const char *operator= text_at(requirement, "operator");
    const struct value *values = value_get(requirement, "values");
    const struct field_path *at = CHILD(path, "values");
    if (one_of(operator, sets)) {
        if (size_of(values) == 0)
            field_required(errors, at, requirement,
                           "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (one_of(operator, keys)) {
        if (size_of(values) > 0)
            field_forbidden(errors, at, values,
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else if (one_of(operator, numbers)) {
        if (size_of(values) != 1)
            field_required(errors, at, requirement,
                           "must be specified single value when `operator` is 'Lt' or 'Gt'");
    } else {
        field_invalid(errors, CHILD(path, "operator"), value_get(requirement, "operator"),
                      "not a valid selector operator");
    }
}

static void check_expression(struct field_errors *errors, const struct value *requirement,
                             const struct field_path *path, bool preferred)
{
    const struct value *values = value_get(requirement, "values");
    check_values_count(errors, requirement, path);
    check_text(errors, value_get(requirement, "key"), CHILD(path, "key"), text_label_key);
    for (size_t i = 0; i < size_of(values) && !preferred; i++)
        check_text(errors, values->items[i], ITEM(CHILD(path, "values"), i), text_label_value);
}

static void check_match_field(struct field_errors *errors, const struct value *requirement,
                              const struct field_path *path)
{
    static const char *const sets[] = { "In", "NotIn", NULL };
    const struct value *values = value_get(requirement, "values");
    if (!one_of(text_at(requirement, "operator"), sets))
        field_invalid(errors, CHILD(path, "operator"), value_get(requirement, "operator"),
                      "not a valid selector operator");
    else if (size_of(values) != 1)
        field_required(errors, CHILD(path, "values"), requirement,
                       "must be only one value when `operator` is 'In' or 'NotIn' for node field "
                       "selector");
    if (strcmp(text_at(requirement, "key"), "metadata.name") != 0) {
        field_invalid(errors, CHILD(path, "key"), value_get(requirement, "key"),
                      "not a valid field selector key");
        return;
    }
    for (size_t i = 0; i < size_of(values); i++)
        check_text(errors, values->items[i], ITEM(CHILD(path, "values"), i), text_dns_subdomain);
}

static void check_term(struct field_errors *errors, const struct value *term,
                       const struct field_path *path, bool preferred)
{
    const struct value *expressions = value_get(term, "matchExpressions");
    const struct value *fields = value_get(term, "matchFields");
    for (size_t i = 0; i < size_of(expressions); i++)
        check_expression(errors, expressions->items[i], ITEM(CHILD(path, "matchExpressions"), i),
                         preferred);
    for (size_t i = 0; i < size_of(fields); i++)
        check_match_field(errors, fields->items[i], ITEM(CHILD(path, "matchFields"), i));
}

void check_node_selector(struct field_errors *errors, const struct value *selector,
                         const struct field_path *path)
{
    const struct value *terms = value_get(selector, "nodeSelectorTerms");
    const struct field_path *at = CHILD(path, "nodeSelectorTerms");
    if (size_of(terms) == 0)
        field_required(errors, at, selector, "must have at least one node selector term");
    for (size_t i = 0; i < size_of(terms); i++)
        check_term(errors, terms->items[i], ITEM(at, i), false);
}

static void check_weight(struct field_errors *errors, const struct value *term,
                         const struct field_path *path)
{
    int64_t weight = number_at(term, "weight");
    if (weight < 1 || weight > 100)
        invalid_number(errors, term, "weight", path, "must be in the range 1-100");
}

static void check_node_affinity(struct field_errors *errors, const struct value *affinity,
                                const struct field_path *path)
{
    const struct value *preferred = value_get(affinity, PREFERRED_TERMS);
    if (has(affinity, REQUIRED_TERMS))
        check_node_selector(errors, value_get(affinity, REQUIRED_TERMS),
                            CHILD(path, REQUIRED_TERMS));
    for (size_t i = 0; i < size_of(preferred); i++) {
        const struct field_path *item = ITEM(CHILD(path, PREFERRED_TERMS), i);
        check_weight(errors, preferred->items[i], item);
        check_term(errors, value_get(preferred->items[i], "preference"), CHILD(item, "preference"),
                   true);
    }
}

/* ── other pods ── */

static void check_label_keys(struct field_errors *errors, const struct value *keys,
                             const struct value *selector, const struct field_path *path)
{
    if (size_of(keys) == 0)
        return;
    if (value_is_null(selector)) {
        field_forbidden(errors, path, keys, "must not be specified when labelSelector is not set");
        return;
    }
    for (size_t i = 0; i < size_of(keys); i++)
        check_text(errors, keys->items[i], ITEM(path, i), text_label_key);
}

/* Whose keys are requirements of the selector already: admission added one for each key, so a key
 * that is there twice was there before. */
static void check_keys_are_new(struct field_errors *errors, const struct value *term,
                               const struct field_path *path)
{
    const struct value *keys = value_get(term, "matchLabelKeys");
    const struct value *labels = value_path(term, "labelSelector", "matchLabels", NULL);
    const struct value *list = value_path(term, "labelSelector", "matchExpressions", NULL);
    for (size_t i = 0; i < size_of(list); i++) {
        const char *key = text_at(list->items[i], "key");
        bool known = has(labels, key);
        for (size_t j = 0; j < i; j++)
            known |= strcmp(text_at(list->items[j], "key"), key) == 0;
        for (size_t j = size_of(keys); known && j-- > 0;)
            if (strcmp(value_text(keys->items[j], ""), key) == 0) {
                field_invalid(errors, ITEM(path, j), keys->items[j],
                              "exists in both matchLabelKeys and labelSelector");
                break;
            }
    }
}

static void check_match_keys(struct field_errors *errors, const struct value *term,
                             const struct field_path *path)
{
    const struct value *keys = value_get(term, "matchLabelKeys");
    const struct value *others = value_get(term, "mismatchLabelKeys");
    const struct value *selector = value_get(term, "labelSelector");
    check_label_keys(errors, keys, selector, CHILD(path, "matchLabelKeys"));
    check_label_keys(errors, others, selector, CHILD(path, "mismatchLabelKeys"));
    check_keys_are_new(errors, term, path);
    for (size_t i = 0; i < size_of(keys); i++)
        if (list_has(others, value_text(keys->items[i], "")))
            field_invalid(errors, ITEM(CHILD(path, "matchLabelKeys"), i), keys->items[i],
                          "exists in both matchLabelKeys and mismatchLabelKeys");
}

static void check_pod_term(struct field_errors *errors, const struct value *term,
                           const struct field_path *path)
{
    const struct value *spaces = value_get(term, "namespaces");
    check_label_selector(errors, value_get(term, "labelSelector"), CHILD(path, "labelSelector"));
    check_label_selector(errors, value_get(term, "namespaceSelector"),
                         CHILD(path, "namespaceSelector"));
    for (size_t i = 0; i < size_of(spaces); i++)
        check_text(errors, spaces->items[i], CHILD(path, "namespace"), text_dns_label);
    check_match_keys(errors, term, path);
    if (*text_at(term, "topologyKey") == '\0')
        field_required(errors, CHILD(path, "topologyKey"), term, "can not be empty");
    check_text(errors, value_get(term, "topologyKey"), CHILD(path, "topologyKey"), text_label_key);
}

static void check_pod_affinity(struct field_errors *errors, const struct value *affinity,
                               const struct field_path *path)
{
    const struct value *required = value_get(affinity, REQUIRED_TERMS);
    const struct value *preferred = value_get(affinity, PREFERRED_TERMS);
    for (size_t i = 0; i < size_of(required); i++)
        check_pod_term(errors, required->items[i], ITEM(CHILD(path, REQUIRED_TERMS), i));
    for (size_t i = 0; i < size_of(preferred); i++) {
        const struct field_path *item = ITEM(CHILD(path, PREFERRED_TERMS), i);
        check_weight(errors, preferred->items[i], item);
        check_pod_term(errors, value_get(preferred->items[i], "podAffinityTerm"),
                       CHILD(item, "podAffinityTerm"));
    }
}

void check_affinity(struct field_errors *errors, const struct value *affinity,
                    const struct field_path *path)
{
    check_node_affinity(errors, value_get(affinity, "nodeAffinity"), CHILD(path, "nodeAffinity"));
    check_pod_affinity(errors, value_get(affinity, "podAffinity"), CHILD(path, "podAffinity"));
    check_pod_affinity(errors, value_get(affinity, "podAntiAffinity"),
                       CHILD(path, "podAntiAffinity"));
}

/* ── spread ── */

/* Two constraints may not share key and action; the earlier one is blamed. */
static void check_not_repeated(struct field_errors *errors, const struct value *constraints,
                               size_t index, const struct field_path *path)
{
    const struct value *one = constraints->items[index];
    const char *key = text_at(one, "topologyKey"), *action = text_at(one, "whenUnsatisfiable");
    for (size_t i = index + 1; i < constraints->count; i++) {
        const struct value *other = constraints->items[i];
        if (strcmp(text_at(other, "topologyKey"), key) != 0 ||
            strcmp(text_at(other, "whenUnsatisfiable"), action) != 0)
            continue;
        char *pair = mem_format("{%s, %s}", key, action);
        char *quoted = field_quote(pair);
        field_duplicate(errors, CHILD(path, "{topologyKey, whenUnsatisfiable}"), one, quoted);
        free(quoted);
        free(pair);
        return;
    }
}

static void check_min_domains(struct field_errors *errors, const struct value *constraint,
                              const struct field_path *path)
{
    const struct value *domains = value_get(constraint, "minDomains");
    const char *action = text_at(constraint, "whenUnsatisfiable");
    if (domains == NULL)
        return;
    if (value_int(domains, 0) <= 0)
        field_invalid(errors, path, domains, "must be greater than zero");
    if (strcmp(action, "DoNotSchedule") != 0)
        field_invalid(errors, path, domains,
                      "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not %s", action);
}

void check_topology_spread(struct field_errors *errors, const struct value *constraints,
                           const struct field_path *path)
{
    static const char *const choices[] = { "DoNotSchedule", "ScheduleAnyway", NULL };
    static const char *const policies[] = { "Honor", "Ignore", NULL };
    for (size_t i = 0; i < size_of(constraints); i++) {
        const struct value *constraint = constraints->items[i];
        const struct field_path *item = ITEM(path, i);
        if (number_at(constraint, "maxSkew") <= 0)
            invalid_number(errors, constraint, "maxSkew", item, "must be greater than zero");
        if (*text_at(constraint, "topologyKey") == '\0')
            field_required(errors, CHILD(item, "topologyKey"), constraint, "can not be empty");
        if (!one_of(text_at(constraint, "whenUnsatisfiable"), choices))
            field_unsupported(errors, CHILD(item, "whenUnsatisfiable"),
                              value_get(constraint, "whenUnsatisfiable"), NULL, choices);
        check_not_repeated(errors, constraints, i, item);
        check_min_domains(errors, constraint, CHILD(item, "minDomains"));
        check_choice(errors, constraint, "nodeAffinityPolicy", item, policies, OPTIONAL);
        check_choice(errors, constraint, "nodeTaintsPolicy", item, policies, OPTIONAL);
        check_match_keys(errors, constraint, item);
        check_label_selector(errors, value_get(constraint, "labelSelector"),
                             CHILD(item, "labelSelector"));
    }
}

void check_scheduling_gates(struct field_errors *errors, const struct value *gates,
                            const struct field_path *path)
{
    for (size_t i = 0; i < size_of(gates); i++) {
        const struct value *name = value_get(gates->items[i], "name");
        bool again = false;
        check_text(errors, name, ITEM(path, i), text_label_key);
        for (size_t j = 0; j < i; j++)
            again |= strcmp(text_at(gates->items[j], "name"), value_text(name, "")) == 0;
        if (again)
            field_duplicate(errors, ITEM(path, i), name, NULL);
    }
}
