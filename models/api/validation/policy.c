/* PodDisruptionBudgets, PriorityClasses, Leases and Events.
 *
 * Follows pkg/apis/{policy,scheduling,coordination}/validation and events.go of
 * pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"

enum { HIGHEST_USER_PRIORITY = 1000000000, SYSTEM_CLUSTER_CRITICAL = 2000000000 };

void check_disruption_budget(struct field_errors *errors, const struct value *budget)
{
    static const char *const policies[] = { "AlwaysAllow", "IfHealthyBudget", NULL };
    const struct value *spec = value_get(budget, "spec");
    const struct field_path *path = CHILD(NULL, "spec");
    if (has(spec, "minAvailable") && has(spec, "maxUnavailable"))
        invalid_struct(errors, spec, "policy/v1.PodDisruptionBudgetSpec", path,
                       "minAvailable and maxUnavailable cannot be both set");
    check_int_or_percent_at(errors, spec, "minAvailable", path);
    check_int_or_percent_at(errors, spec, "maxUnavailable", path);
    check_label_selector(errors, value_get(spec, "selector"), CHILD(path, "selector"));
    check_choice(errors, spec, "unhealthyPodEvictionPolicy", path, policies, OPTIONAL);
}

/* The two classes that every cluster has. */
static const struct {
    const char *name;
    int64_t value;
} system_classes[] = {
    { "system-cluster-critical", SYSTEM_CLUSTER_CRITICAL },
    { "system-node-critical", SYSTEM_CLUSTER_CRITICAL + 1000 },
};

/* Why a class with a system's name is not the system's; NULL when it is. */
static const char *impostor(const struct value *class, const char *name)
{
    for (size_t i = 0; i < 2; i++) {
        if (strcmp(system_classes[i].name, name) != 0)
            continue;
        if (number_at(class, "value") != system_classes[i].value)
            return "value";
        return truth_at(class, "globalDefault") ? "globalDefault" : NULL;
    }
    return "name";
}

static void check_system_class(struct field_errors *errors, const struct value *class,
                               const struct value *name)
{
#define RESERVED                                                                                   \
    "priority class names with 'system-' prefix are reserved for system use only. error: "
    const struct field_path *path = CHILD(CHILD(NULL, "metadata"), "name");
    const char *wrong = impostor(class, name->text);
    bool is_node = strcmp(name->text, "system-node-critical") == 0;
    if (wrong == NULL)
        return;
    if (strcmp(wrong, "name") == 0)
        field_forbidden(errors, path, name, RESERVED "%s is not a known system priority class",
                        name->text);
    else if (strcmp(wrong, "value") == 0)
        field_forbidden(errors, path, name, RESERVED "value of %s PriorityClass must be %d",
                        name->text, SYSTEM_CLUSTER_CRITICAL + 1000 * is_node);
    else
        field_forbidden(errors, path, name,
                        RESERVED "globalDefault of %s PriorityClass must be false", name->text);
}

void check_priority_class(struct field_errors *errors, const struct value *class)
{
    static const char *const policies[] = { "PreemptLowerPriority", "Never", NULL };
    const struct value *name = value_path(class, "metadata", "name", NULL);
    if (strncmp(value_text(name, ""), "system-", 7) == 0)
        check_system_class(errors, class, name);
    else if (number_at(class, "value") > HIGHEST_USER_PRIORITY)
        field_forbidden(errors, CHILD(NULL, "value"), value_get(class, "value"),
                        "maximum allowed value of a user defined priority is %d",
                        HIGHEST_USER_PRIORITY);
    if (has(class, "preemptionPolicy"))
        check_choice(errors, class, "preemptionPolicy", NULL, policies, REQUIRED);
}

void check_priority_class_update(struct field_errors *errors, const struct value *now,
                                 const struct value *before)
{
    if (number_at(now, "value") != number_at(before, "value"))
        field_forbidden(errors, CHILD(NULL, "value"), value_get(now, "value"),
                        "may not be changed in an update.");
    check_immutable(errors, value_get(now, "preemptionPolicy"),
                    value_get(before, "preemptionPolicy"), CHILD(NULL, "preemptionPolicy"), NULL);
}

static void check_lease_strategy(struct field_errors *errors, const struct value *strategy,
                                 const struct field_path *path)
{
    static const char *const strategies[] = { "OldestEmulationVersion", NULL };
    const char *text = value_text(strategy, "");
    const struct field_path *at = CHILD(path, "strategy"); /* named twice by the API server */
    if (strchr(text, '/') != NULL)
        check_text(errors, strategy, at, text_label_key);
    else if (!one_of(text, strategies))
        field_unsupported(errors, at, strategy, NULL, strategies);
}

void check_lease(struct field_errors *errors, const struct value *lease)
{
    const struct value *spec = value_get(lease, "spec");
    const struct field_path *path = CHILD(NULL, "spec");
    if (has(spec, "leaseDurationSeconds") && number_at(spec, "leaseDurationSeconds") <= 0)
        invalid_number(errors, spec, "leaseDurationSeconds", path, "must be greater than 0");
    check_not_negative(errors, spec, "leaseTransitions", path);
    if (has(spec, "strategy"))
        check_lease_strategy(errors, value_get(spec, "strategy"), CHILD(path, "strategy"));
    if (*text_at(spec, "preferredHolder") != '\0' && *text_at(spec, "strategy") == '\0')
        field_forbidden(errors, CHILD(path, "preferredHolder"), value_get(spec, "preferredHolder"),
                        "may only be specified if `strategy` is defined");
}

static void check_length(struct field_errors *errors, const struct value *event, const char *key,
                         size_t most)
{
    const struct value *text = value_get(event, key);
    if (text != NULL && text->count > most)
        field_invalid_printed(errors, CHILD(NULL, key), text, "\"\"",
                              "can have at most %zu characters", most);
}

/* Events that give a time of their own are of the newer kind. */
static void check_new_event(struct field_errors *errors, const struct value *event)
{
    const char *reporter = "reportingComponent";
    if (*text_at(event, reporter) == '\0')
        field_required(errors, CHILD(NULL, "reportingController"), event, "%s", "");
    check_text(errors, value_get(event, reporter), CHILD(NULL, "reportingController"),
               text_label_key);
    check_required_text(errors, event, "reportingInstance", NULL, NULL);
    check_length(errors, event, "reportingInstance", 128);
    check_required_text(errors, event, "action", NULL, NULL);
    check_length(errors, event, "action", 128);
    check_required_text(errors, event, "reason", NULL, NULL);
    check_length(errors, event, "reason", 128);
    check_length(errors, event, "message", 1024);
}

void check_event(struct field_errors *errors, const struct value *event)
{
    const struct value *space = value_path(event, "involvedObject", "namespace", NULL);
    const char *own = text_at(value_get(event, "metadata"), "namespace");
    const char *other = value_text(space, "");
    bool is_new = has(event, "eventTime");
    bool fits = strcmp(own, other) == 0;
    if (*other == '\0')
        fits =
            strcmp(own, "default") == 0 || (is_new ? strcmp(own, "kube-system") == 0 : *own == 0);
    if (is_new && *other != '\0')
        fits = true;
    if (!fits)
        field_invalid(errors, CHILD(CHILD(NULL, "involvedObject"), "namespace"), space,
                      "does not match event.namespace");
    if (is_new)
        check_new_event(errors, event);
    check_text(errors, value_path(event, "metadata", "namespace", NULL), CHILD(NULL, "namespace"),
               text_dns_subdomain);
}
