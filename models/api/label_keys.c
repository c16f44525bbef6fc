/* matchLabelKeys and mismatchLabelKeys; see label_keys.h. */
#include "models/api/label_keys.h"

/* A requirement for each of the pod's labels that a list names. */
static void merge_keys(struct value *term, const char *list, const char *operator,
                       const struct value * labels)
{
    const struct value *keys = value_get(term, list);
    for (size_t i = 0; keys != NULL && i < keys->count; i++) {
        const struct value *label = value_get(labels, value_text(keys->items[i], ""));
        if (label == NULL)
            continue;
        struct value *requirement = value_new_map(), *values = value_new_list();
        value_add(values, value_hold(label));
        value_set(requirement, "key", value_hold(keys->items[i]));
        value_set(requirement, "operator", value_new_string(operator));
        value_set(requirement, "values", values);
        struct value *selector = value_own(value_slot(term, "labelSelector"));
        if (value_get(selector, "matchExpressions") == NULL)
            value_set(selector, "matchExpressions", value_new_list());
        value_add(value_own(value_slot(selector, "matchExpressions")), requirement);
    }
}

/* The terms of a list, or one member of each of its items. Without a selector a term selects
 * nothing and takes no keys. */
static void merge_list(struct value **holder, const char *key, const char *member,
                       const struct value *labels)
{
    if (value_get(*holder, key) == NULL)
        return;
    struct value *list = value_own(value_slot(value_own(holder), key));
    for (size_t i = 0; i < list->count; i++) {
        struct value **term = &list->items[i];
        if (member != NULL)
            term = value_slot(value_own(term), member);
        if (value_get(*term, "labelSelector") == NULL)
            continue;
        merge_keys(value_own(term), "matchLabelKeys", "In", labels);
        merge_keys(*term, "mismatchLabelKeys", "NotIn", labels);
    }
}

bool label_keys_matter(const struct value *spec)
{
    const struct value *affinity = value_get(spec, "affinity");
    return value_get(spec, "topologySpreadConstraints") != NULL ||
           value_get(affinity, "podAffinity") != NULL ||
           value_get(affinity, "podAntiAffinity") != NULL;
}

void label_keys_merge(struct value **spec, const struct value *labels)
{
    static const char *const kinds[] = { "podAffinity", "podAntiAffinity" };
    if (labels == NULL)
        return;
    merge_list(spec, "topologySpreadConstraints", NULL, labels);
    for (size_t i = 0; i < 2; i++) {
        if (value_path(*spec, "affinity", kinds[i], NULL) == NULL)
            continue;
        struct value **affinity = value_slot(value_own(spec), "affinity");
        struct value **terms = value_slot(value_own(affinity), kinds[i]);
        merge_list(terms, "preferredDuringSchedulingIgnoredDuringExecution", "podAffinityTerm",
                   labels);
        merge_list(terms, "requiredDuringSchedulingIgnoredDuringExecution", NULL, labels);
    }
}
