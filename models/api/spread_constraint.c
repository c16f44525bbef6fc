/* Read topologySpreadConstraints; see spread_constraint.h. */
#include "models/api/spread_constraint.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static bool honors(const struct value *from, const char *policy, const char *otherwise)
{
    return strcmp(value_text(value_get(from, policy), otherwise), "Honor") == 0;
}

static void load_match_label_keys(struct texts *texts, const struct value *list,
                                  struct spread_constraint *constraint)
{
    if (list == NULL || list->count == 0)
        return;
    constraint->match_label_key_count = list->count;
    constraint->match_label_keys = mem_new(list->count * sizeof *constraint->match_label_keys);
    for (size_t i = 0; i < list->count; i++)
        constraint->match_label_keys[i] = text_intern(texts, value_text(value_at(list, i), ""));
}

static void load(struct texts *texts, const struct value *from,
                 struct spread_constraint *constraint)
{
    struct error error = { 0 };
    *constraint = (struct spread_constraint){
        .max_skew = (int32_t)value_int(value_get(from, "maxSkew"), 0),
        .min_domains = (int32_t)value_int(value_get(from, "minDomains"), 1),
        .topology_key = text_intern(texts, value_text(value_get(from, "topologyKey"), "")),
        .hard = strcmp(value_text(value_get(from, "whenUnsatisfiable"), ""), "DoNotSchedule") == 0,
        .honors_affinity = honors(from, "nodeAffinityPolicy", "Honor"),
        .honors_taints = honors(from, "nodeTaintsPolicy", "Ignore"),
        .selector = selector_load(texts, value_get(from, "labelSelector"), &error),
    };
    if (constraint->selector == NULL)
        constraint->selector = selector_load(texts, NULL, &error);
    error_close(&error);
    load_match_label_keys(texts, value_get(from, "matchLabelKeys"), constraint);
}

struct spread_constraint *spread_constraints_load(struct texts *texts, const struct value *list,
                                                  size_t *count)
{
    *count = list != NULL && list->type == VALUE_LIST ? list->count : 0;
    if (*count == 0)
        return NULL;
    struct spread_constraint *constraints = mem_new(*count * sizeof *constraints);
    for (size_t i = 0; i < *count; i++)
        load(texts, value_at(list, i), &constraints[i]);
    return constraints;
}

void spread_constraints_free(struct spread_constraint *constraints, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_drop(constraints[i].topology_key);
        selector_drop(constraints[i].selector);
        for (size_t k = 0; k < constraints[i].match_label_key_count; k++)
            text_drop(constraints[i].match_label_keys[k]);
        free(constraints[i].match_label_keys);
    }
    free(constraints);
}
