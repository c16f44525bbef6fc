/* podFailurePolicy and successPolicy of Jobs.
 *
 * Follows validatePodFailurePolicy() and validateSuccessPolicy() of pkg/apis/batch/validation. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

enum { RULES = 20, CONDITIONS = 20, EXIT_CODES = 255, INDEXES_BYTES = 64 * 1024 };

/* ---- failure ---- */

/* A text that must be one of these, whose list is told in Go's words. */
static void check_told_choice(struct field_errors *errors, const struct value *map, const char *key,
                              const struct field_path *path, const char *const *choices,
                              const char *told)
{
    if (*text_at(map, key) == '\0')
        field_required(errors, CHILD(path, key), map, "valid values: [%s]", told);
    else if (!one_of(text_at(map, key), choices))
        field_unsupported(errors, CHILD(path, key), value_get(map, key), NULL, choices);
}

static bool is_container(const struct value *spec, const char *name)
{
    static const char *const lists[] = { "containers", "initContainers" };
    for (size_t i = 0; i < 2; i++) {
        const struct value *list = value_path(spec, "template", "spec", lists[i], NULL);
        for (size_t j = 0; j < size_of(list); j++)
            if (strcmp(text_at(list->items[j], "name"), name) == 0)
                return true;
    }
    return false;
}

static void check_codes(struct field_errors *errors, const struct value *rule,
                        const struct field_path *path)
{
    const struct value *codes = value_get(rule, "values");
    bool ordered = true;
    if (size_of(codes) == 0)
        field_invalid_printed(errors, path, rule, codes != NULL ? "[]" : "null",
                              "at least one value is required");
    else if (codes->count > EXIT_CODES)
        field_too_many(errors, path, codes, codes->count, EXIT_CODES);
    for (size_t i = 0; i < size_of(codes); i++) {
        const int64_t code = value_int(codes->items[i], 0);
        bool seen = false;
        if (strcmp(text_at(rule, "operator"), "In") == 0 && code == 0)
            field_invalid(errors, ITEM(path, i), codes->items[i],
                          "must not be 0 for the In operator");
        for (size_t j = 0; j < i; j++)
            seen |= value_int(codes->items[j], 0) == code;
        if (seen)
            field_duplicate(errors, ITEM(path, i), codes->items[i], NULL);
        ordered &= i == 0 || value_int(codes->items[i - 1], 0) <= code;
    }
    if (!ordered)
        field_invalid(errors, path, codes, "must be ordered");
}

static void check_exit_codes(struct field_errors *errors, const struct value *spec,
                             const struct value *rule, const struct field_path *path)
{
    static const char *const operators[] = { "In", "NotIn", NULL };
    const struct value *container = value_get(rule, "containerName");
    check_told_choice(errors, rule, "operator", path, operators, "\"In\" \"NotIn\"");
    if (!value_is_null(container) && !is_container(spec, value_text(container, "")))
        field_invalid(errors, CHILD(path, "containerName"), container,
                      "must be one of the container or initContainer names in the pod template");
    check_codes(errors, rule, CHILD(path, "values"));
}

static void check_conditions(struct field_errors *errors, const struct value *patterns,
                             const struct field_path *path)
{
    static const char *const states[] = { "False", "True", "Unknown", NULL };
    if (patterns->count > CONDITIONS)
        field_too_many(errors, path, patterns, patterns->count, CONDITIONS);
    for (size_t i = 0; i < patterns->count; i++) {
        const struct field_path *item = ITEM(path, i);
        check_text(errors, value_get(patterns->items[i], "type"), CHILD(item, "type"),
                   text_label_key);
        check_told_choice(errors, patterns->items[i], "status", item, states,
                          "\"False\" \"True\" \"Unknown\"");
    }
}

static void check_rule(struct field_errors *errors, const struct value *spec,
                       const struct value *rule, const struct field_path *path)
{
    static const char *const actions[] = { "Count", "FailIndex", "FailJob", "Ignore", NULL };
    const struct value *codes = value_get(rule, "onExitCodes");
    const struct value *conditions = value_get(rule, "onPodConditions");
    const bool by_index = strcmp(text_at(rule, "action"), "FailIndex") == 0;
    if (by_index && !has(spec, "backoffLimitPerIndex"))
        field_invalid(errors, CHILD(path, "action"), value_get(rule, "action"),
                      "requires the backoffLimitPerIndex to be set");
    check_told_choice(errors, rule, "action", path, actions,
                      "\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"");
    if (!value_is_null(codes))
        check_exit_codes(errors, spec, codes, CHILD(path, "onExitCodes"));
    if (size_of(conditions) > 0)
        check_conditions(errors, conditions, CHILD(path, "onPodConditions"));
    if (!value_is_null(codes) && size_of(conditions) > 0)
        field_invalid_printed(errors, path, rule, NULL,
                              "specifying both OnExitCodes and OnPodConditions is not supported");
    if (value_is_null(codes) && size_of(conditions) == 0)
        field_invalid_printed(errors, path, rule, NULL,
                              "specifying one of OnExitCodes and OnPodConditions is required");
}

void check_job_failure_policy(struct field_errors *errors, const struct value *spec,
                              const struct field_path *path)
{
    const struct value *rules = value_path(spec, "podFailurePolicy", "rules", NULL);
    const struct field_path *at = CHILD(CHILD(path, "podFailurePolicy"), "rules");
    if (size_of(rules) > RULES)
        field_too_many(errors, at, rules, rules->count, RULES);
    for (size_t i = 0; i < size_of(rules); i++)
        check_rule(errors, spec, rules->items[i], ITEM(at, i));
}

/* ---- success ---- */

/* One bound of an interval, below `completions`; NULL, or what is wrong with it, to be freed. */
static char *read_index(const char *text, int64_t completions, int64_t *index)
{
    char *end;
    char *quoted = field_quote(text), *fault = NULL;
    *index = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || strchr(" \t\n\v\f\r", *text) != NULL)
        fault = mem_format("cannot convert string to integer for index: %s", quoted);
    else if (*index >= completions)
        fault = mem_format("too large index: %s", quoted);
    free(quoted);
    return fault;
}

static char *not_increasing(int64_t previous, int64_t current)
{
    return mem_format("non-increasing order, previous: %" PRId64 ", current: %" PRId64, previous,
                      current);
}

/* "3" or "3-5"; cuts its text. */
static char *read_interval(char *text, int64_t completions, int64_t *first, int64_t *last)
{
    char *hyphen = strchr(text, '-');
    if (hyphen != NULL && strchr(hyphen + 1, '-') != NULL) {
        char *quoted = field_quote(text);
        char *fault = mem_format("the fragment %s violates the requirement that an index interval "
                                 "can have at most two parts separated by '-'",
                                 quoted);
        free(quoted);
        return fault;
    }
    if (hyphen != NULL)
        *hyphen = '\0';
    char *fault = read_index(text, completions, first);
    *last = *first;
    if (fault != NULL || hyphen == NULL)
        return fault;
    fault = read_index(hyphen + 1, completions, last);
    return fault != NULL || *first < *last ? fault : not_increasing(*first, *last);
}

/* How many indexes a text such as "0-2,5" names; what is wrong with it, to be freed, or NULL. */
static char *count_indexes(const char *text, int64_t completions, int64_t *count)
{
    char *copy = mem_text(text, strlen(text)), *rest = copy, *fault = NULL;
    int64_t total = 0, previous = 0, first = 0, last = 0;
    for (char *interval; fault == NULL && *text != '\0' && (interval = strsep(&rest, ","));) {
        fault = read_interval(interval, completions, &first, &last);
        if (fault == NULL && total > 0 && previous >= first)
            fault = not_increasing(previous, first);
        total += last - first + 1;
        previous = last;
    }
    *count = fault == NULL ? total : 0;
    free(copy);
    return fault;
}

static void check_succeeded_count(struct field_errors *errors, const struct value *rule,
                                  const struct field_path *path, int64_t completions,
                                  int64_t indexes)
{
    const struct field_path *at = CHILD(path, "succeededCount");
    const struct value *count = value_get(rule, "succeededCount");
    check_not_negative(errors, rule, "succeededCount", path);
    if (number_at(rule, "succeededCount") > completions)
        field_invalid(errors, at, count,
                      "must be less than or equal to %" PRId64
                      " (the number of specified completions)",
                      completions);
    if (has(rule, "succeededIndexes") && number_at(rule, "succeededCount") > indexes)
        field_invalid(errors, at, count,
                      "must be less than or equal to %" PRId64
                      " (the number of indexes in the specified succeededIndexes field)",
                      indexes);
}

static void check_success_rule(struct field_errors *errors, const struct value *rule,
                               const struct field_path *path, int64_t completions)
{
    const struct value *indexes = value_get(rule, "succeededIndexes");
    const struct field_path *at = CHILD(path, "succeededIndexes");
    int64_t count = 0;
    if (!has(rule, "succeededCount") && !has(rule, "succeededIndexes"))
        field_required(errors, path, rule,
                       "at least one of succeededCount or succeededIndexes must be specified");
    if (has(rule, "succeededIndexes")) {
        char *fault = count_indexes(value_text(indexes, ""), completions, &count);
        if (strlen(value_text(indexes, "")) > INDEXES_BYTES)
            field_too_long(errors, at, indexes, INDEXES_BYTES);
        if (fault != NULL)
            field_invalid(errors, at, indexes, "error parsing succeededIndexes: %s", fault);
        free(fault);
    }
    if (has(rule, "succeededCount"))
        check_succeeded_count(errors, rule, path, completions, count);
}

void check_job_success_policy(struct field_errors *errors, const struct value *spec,
                              const struct field_path *path)
{
    const struct value *rules = value_path(spec, "successPolicy", "rules", NULL);
    const struct field_path *at = CHILD(CHILD(path, "successPolicy"), "rules");
    if (size_of(rules) == 0)
        field_required(errors, at, value_get(spec, "successPolicy"),
                       "at least one rules must be specified when the successPolicy is specified");
    if (size_of(rules) > RULES)
        field_too_many(errors, at, rules, rules->count, RULES);
    for (size_t i = 0; i < size_of(rules); i++)
        check_success_rule(errors, rules->items[i], ITEM(at, i), number_at(spec, "completions"));
}
