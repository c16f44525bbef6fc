/* ResourceQuotas and LimitRanges.
 *
 * Follows ValidateResourceQuota() and ValidateLimitRange() of pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/amounts.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

/* ── ResourceQuota ── */

/* Does a scope of pods, or of claims, mean anything for a resource of this name? Only names that
 * Kubernetes knows are asked about. */
static bool scope_applies(const char *scope, const char *resource)
{
    static const char *const compute[] = { "cpu",          "memory",
                                           "limits.cpu",   "limits.memory",
                                           "requests.cpu", "requests.memory",
                                           "pods",         NULL };
    static const char *const of_claims[] = { "persistentvolumeclaims", "requests.storage", NULL };
    static const char *const scopes[] = { "Terminating",
                                          "NotTerminating",
                                          "NotBestEffort",
                                          "PriorityClass",
                                          "CrossNamespacePodAffinity",
                                          NULL };
    if (!is_quota_resource(resource))
        return true;
    if (strcmp(scope, "BestEffort") == 0)
        return strcmp(resource, "pods") == 0;
    if (strcmp(scope, "VolumeAttributesClass") == 0)
        return one_of(resource, of_claims);
    return !one_of(scope, scopes) || one_of(resource, compute);
}

static bool is_scope(const char *text)
{
    static const char *const scopes[] = { "Terminating",
                                          "NotTerminating",
                                          "BestEffort",
                                          "NotBestEffort",
                                          "PriorityClass",
                                          "CrossNamespacePodAffinity",
                                          "VolumeAttributesClass",
                                          NULL };
    return one_of(text, scopes);
}

/* How many of the quota's resources a scope does not apply to. */
static size_t strangers_to(const char *scope, const struct value *hard)
{
    size_t count = 0;
    for (size_t i = 0; i < size_of(hard); i++)
        count += !scope_applies(scope, hard->entries[i].key);
    return count;
}

static void check_scopes(struct field_errors *errors, const struct value *spec,
                         const struct field_path *path)
{
    const struct value *scopes = value_get(spec, "scopes");
    static const char *const pairs[][2] = { { "BestEffort", "NotBestEffort" },
                                            { "Terminating", "NotTerminating" } };
    for (size_t i = 0; i < size_of(scopes); i++) {
        const char *scope = value_text(scopes->items[i], "");
        if (!is_scope(scope))
            field_invalid(errors, path, scopes, "unsupported scope");
        for (size_t n = strangers_to(scope, value_get(spec, "hard")); n > 0; n--)
            field_invalid(errors, path, scopes, "unsupported scope applied to resource");
    }
    for (size_t i = 0; i < 2; i++)
        if (list_has(scopes, pairs[i][0]) && list_has(scopes, pairs[i][1]))
            field_invalid(errors, path, scopes, "conflicting scopes");
}

static void check_operator(struct field_errors *errors, const struct value *expression,
                           const struct field_path *path)
{
    static const char *const existing[] = {
        "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity",
        NULL
    };
    const struct value *operator= value_get(expression, "operator");
    const struct value *values = value_get(expression, "values");
    const char *text = value_text(operator, "");
    const bool lists = strcmp(text, "In") == 0 || strcmp(text, "NotIn") == 0;
    const bool exists = strcmp(text, "Exists") == 0 || strcmp(text, "DoesNotExist") == 0;
    if (one_of(text_at(expression, "scopeName"), existing) && strcmp(text, "Exists") != 0)
        field_invalid(errors, CHILD(path, "operator"), operator,
                      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                      "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                      "ResourceQuotaScopeNotBestEffort or "
                      "ResourceQuotaScopeCrossNamespacePodAffinity");
    if (lists && size_of(values) == 0)
        field_required(errors, CHILD(path, "values"), expression,
                       "must be at least one value when `operator` is 'In' or 'NotIn' for scope "
                       "selector");
    else if (exists && size_of(values) > 0)
        field_invalid(errors, CHILD(path, "values"), values,
                      "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope "
                      "selector");
    else if (!lists && !exists)
        field_invalid(errors, CHILD(path, "operator"), operator, "not a valid selector operator");
}

static bool selects(const struct value *expressions, const char *scope)
{
    for (size_t i = 0; i < size_of(expressions); i++)
        if (strcmp(text_at(expressions->items[i], "scopeName"), scope) == 0)
            return true;
    return false;
}

static void check_scope_selector(struct field_errors *errors, const struct value *spec,
                                 const struct field_path *path)
{
    const struct value *selector = value_get(spec, "scopeSelector");
    const struct value *expressions = value_get(selector, "matchExpressions");
    const struct field_path *at = CHILD(path, "matchExpressions");
    for (size_t i = 0; i < size_of(expressions); i++) {
        const struct value *scope = value_get(expressions->items[i], "scopeName");
        if (!is_scope(value_text(scope, "")))
            field_invalid(errors, CHILD(at, "scopeName"), scope, "unsupported scope");
        for (size_t n = strangers_to(value_text(scope, ""), value_get(spec, "hard")); n > 0; n--)
            invalid_struct(errors, selector, "core/v1.ScopeSelector", at,
                           "unsupported scope applied to resource");
        check_operator(errors, expressions->items[i], at);
    }
    if ((selects(expressions, "BestEffort") && selects(expressions, "NotBestEffort")) ||
        (selects(expressions, "Terminating") && selects(expressions, "NotTerminating")))
        field_invalid(errors, at, value_get(spec, "scopes"), "conflicting scopes");
}

void check_resource_quota(struct field_errors *errors, const struct value *quota)
{
    const struct value *spec = value_get(quota, "spec"), *hard = value_get(spec, "hard");
    const struct field_path *path = CHILD(NULL, "spec");
    for (size_t i = 0; i < size_of(hard); i++) {
        const struct value_entry *entry = &hard->entries[i];
        const struct field_path *at = KEY(CHILD(path, "hard"), entry->key);
        check_quota_resource(errors, entry->key, entry->value, at);
        check_quantity(errors, entry->key, entry->value, at);
    }
    check_scopes(errors, spec, CHILD(path, "scopes"));
    check_scope_selector(errors, spec, CHILD(path, "scopeSelector"));
}

/* The scopes stay, in whatever order they are given again. */
void check_resource_quota_update(struct field_errors *errors, const struct value *now,
                                 const struct value *before)
{
    const struct value *is = value_path(now, "spec", "scopes", NULL);
    const struct value *was = value_path(before, "spec", "scopes", NULL);
    bool same = true;
    check_resource_quota(errors, now);
    for (size_t i = 0; i < size_of(is); i++)
        same &= list_has(was, value_text(is->items[i], ""));
    for (size_t i = 0; i < size_of(was); i++)
        same &= list_has(is, value_text(was->items[i], ""));
    if (!same)
        field_invalid(errors, CHILD(CHILD(NULL, "spec"), "scopes"), is, "field is immutable");
}

/* ── LimitRange ── */

/* One item of a LimitRange: its type, its lists and where it stands. */
struct item {
    const char *type;
    const struct value *node;
    const struct field_path *path;
    struct amounts min, max, usual, usual_request, ratio;
};

static void check_limit_type(struct field_errors *errors, const struct value *type,
                             const struct field_path *path)
{
    static const char *const types[] = { "Pod", "Container", "PersistentVolumeClaim", NULL };
    const size_t faults = errors->count;
    const char *text = value_text(type, "");
    check_text(errors, type, path, text_label_key);
    if (errors->count == faults && strchr(text, '/') == NULL && !one_of(text, types))
        field_invalid(errors, path, type, "must be a standard limit type or fully qualified");
}

static void check_names(struct field_errors *errors, const struct item *item, const char *key)
{
    const struct value *list = value_get(item->node, key);
    const bool of_containers =
        strcmp(item->type, "Pod") == 0 || strcmp(item->type, "Container") == 0;
    for (size_t i = 0; i < size_of(list); i++)
        check_limited_resource(errors, list->entries[i].key, list->entries[i].value,
                               KEY(CHILD(item->path, key), list->entries[i].key), of_containers);
}

static void forbid_defaults(struct field_errors *errors, const struct item *item)
{
    static const char *const keys[] = { "default", "defaultRequest" };
    for (size_t i = 0; i < 2; i++)
        if (size_of(value_get(item->node, keys[i])) > 0)
            field_forbidden(errors, CHILD(item->path, keys[i]), value_get(item->node, keys[i]),
                            "may not be specified when `type` is 'Pod'");
}

/* Blame one amount of a list: "LOW is greater than HIGH", both told. `shown` is what is printed. */
static void blame(struct field_errors *errors, const struct item *item, const char *key,
                  const char *resource, struct quantity shown, const char *format,
                  struct quantity low, struct quantity high)
{
    char first[QUANTITY_TEXT], second[QUANTITY_TEXT], printed[QUANTITY_TEXT];
    char *quoted = field_quote(quantity_print(shown, printed));
    char *detail = mem_format("%s %s is greater than %s %s", format, quantity_print(low, first),
                              format + strlen(format) + 1, quantity_print(high, second));
    field_invalid_printed(errors, KEY(CHILD(item->path, key), resource),
                          value_path(item->node, key, resource, NULL), quoted, "%s", detail);
    free(detail);
    free(quoted);
}

/* Two lists of which the first may not be above the second; their words are told in between. */
static bool is_above(const struct amounts *low, const struct amounts *high, const char *resource)
{
    const struct quantity *a = amounts_find(low, resource), *b = amounts_find(high, resource);
    return a != NULL && b != NULL && quantity_compare(*a, *b) > 0;
}

static void check_order(struct field_errors *errors, const struct item *item, const char *resource)
{
    const struct quantity min = amounts_get(&item->min, resource);
    const struct quantity max = amounts_get(&item->max, resource);
    const struct quantity usual = amounts_get(&item->usual, resource);
    const struct quantity request = amounts_get(&item->usual_request, resource);
    if (is_above(&item->min, &item->max, resource))
        blame(errors, item, "min", resource, min, "min value\0max value", min, max);
    if (is_above(&item->min, &item->usual_request, resource))
        blame(errors, item, "defaultRequest", resource, request, "min value\0default request value",
              min, request);
    if (is_above(&item->usual_request, &item->max, resource))
        blame(errors, item, "defaultRequest", resource, request, "default request value\0max value",
              request, max);
    if (is_above(&item->usual_request, &item->usual, resource))
        blame(errors, item, "defaultRequest", resource, request,
              "default request value\0default limit value", request, usual);
    if (is_above(&item->min, &item->usual, resource))
        blame(errors, item, "default", resource, min, "min value\0default value", min, usual);
    if (is_above(&item->usual, &item->max, resource))
        blame(errors, item, "default", resource, max, "default value\0max value", usual, max);
}

static void blame_ratio(struct field_errors *errors, const struct item *item, const char *resource,
                        const char *detail)
{
    char *whole = mem_format("%s", detail);
    invalid_amount(errors, KEY(CHILD(item->path, "maxLimitRequestRatio"), resource),
                   value_path(item->node, "maxLimitRequestRatio", resource, NULL), whole);
    free(whole);
}

static void check_ratio(struct field_errors *errors, const struct item *item, const char *resource)
{
    const struct quantity *ratio = amounts_find(&item->ratio, resource);
    const struct quantity *min = amounts_find(&item->min, resource);
    const struct quantity *max = amounts_find(&item->max, resource);
    char text[QUANTITY_TEXT];
    if (ratio == NULL)
        return;
    quantity_print(*ratio, text);
    if (quantity_compare(*ratio, quantity_of_units(1, QUANTITY_DECIMAL_SI)) < 0) {
        char *detail = mem_format("ratio %s is less than 1", text);
        blame_ratio(errors, item, resource, detail);
        free(detail);
    }
    if (min == NULL || max == NULL)
        return;
    const double most = (double)max->nano / (double)min->nano;
    if ((double)ratio->nano / 1e9 > most) {
        char *detail = mem_format("ratio %s is greater than max/min = %f", text, most);
        blame_ratio(errors, item, resource, detail);
        free(detail);
    }
}

/* What cannot be overcommitted has its default as its request. */
static void check_equal(struct field_errors *errors, const struct item *item, const char *resource)
{
    const struct quantity *usual = amounts_find(&item->usual, resource);
    const struct quantity *request = amounts_find(&item->usual_request, resource);
    char first[QUANTITY_TEXT], second[QUANTITY_TEXT];
    if (usual == NULL || request == NULL || may_be_overcommitted(resource) ||
        quantity_compare(*usual, *request) == 0)
        return;
    char *detail =
        mem_format("default value %s must equal to defaultRequest value %s in %s",
                   quantity_print(*usual, first), quantity_print(*request, second), resource);
    invalid_amount(errors, KEY(CHILD(item->path, "defaultRequest"), resource),
                   value_path(item->node, "defaultRequest", resource, NULL), detail);
    free(detail);
}

/* All resources that an item names, in the order of their names. */
static struct amounts names_of(const struct item *item)
{
    struct amounts all = { 0 };
    amounts_raise(&all, &item->max);
    amounts_raise(&all, &item->min);
    amounts_raise(&all, &item->usual);
    amounts_raise(&all, &item->usual_request);
    amounts_raise(&all, &item->ratio);
    amounts_sort(&all);
    return all;
}

static void check_item(struct field_errors *errors, struct item *item)
{
    const bool is_pod = strcmp(item->type, "Pod") == 0;
    check_names(errors, item, "max");
    check_names(errors, item, "min");
    if (is_pod) {
        forbid_defaults(errors, item);
        item->usual.count = item->usual_request.count = 0;
    } else {
        check_names(errors, item, "default");
        check_names(errors, item, "defaultRequest");
    }
    if (strcmp(item->type, "PersistentVolumeClaim") == 0 &&
        amounts_find(&item->min, "storage") == NULL && amounts_find(&item->max, "storage") == NULL)
        field_required(errors, CHILD(item->path, "limits"), item->node,
                       "either minimum or maximum storage value is required, but neither was "
                       "provided");
    check_names(errors, item, "maxLimitRequestRatio");
    struct amounts names = names_of(item);
    for (size_t i = 0; i < names.count; i++) {
        check_order(errors, item, names.items[i].name);
        check_ratio(errors, item, names.items[i].name);
        check_equal(errors, item, names.items[i].name);
    }
    amounts_close(&names);
}

void check_limit_range(struct field_errors *errors, const struct value *range)
{
    const struct value *list = value_path(range, "spec", "limits", NULL);
    const struct field_path *path = CHILD(CHILD(NULL, "spec"), "limits");
    for (size_t i = 0; i < size_of(list); i++) {
        const struct value *node = list->items[i], *type = value_get(node, "type");
        struct item item = { .type = value_text(type, ""), .node = node, .path = ITEM(path, i) };
        item.min = amounts_load(value_get(node, "min"));
        item.max = amounts_load(value_get(node, "max"));
        item.usual = amounts_load(value_get(node, "default"));
        item.usual_request = amounts_load(value_get(node, "defaultRequest"));
        item.ratio = amounts_load(value_get(node, "maxLimitRequestRatio"));
        check_limit_type(errors, type, CHILD(item.path, "type"));
        for (size_t j = 0; j < i; j++)
            if (strcmp(text_at(list->items[j], "type"), item.type) == 0) {
                field_duplicate(errors, CHILD(item.path, "type"), type, NULL);
                break;
            }
        check_item(errors, &item);
        amounts_close(&item.min);
        amounts_close(&item.max);
        amounts_close(&item.usual);
        amounts_close(&item.usual_request);
        amounts_close(&item.ratio);
    }
}
