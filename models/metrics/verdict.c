/* Judging expectations: find the value, compare it exactly, tell both. */
#include "models/metrics/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/kinds.h"
#include "models/cluster/shape.h"
#include "sim/base/decimal.h"
#include "sim/base/memory.h"

/* ── values ── */

static const char *type_name(enum value_type type)
{
    static const char *const names[] = { "null",   "a boolean", "a number",
                                         "a text", "a list",    "a map" };
    return names[type];
}

/* A scalar, or the number of a list's items; a new reference. NULL with the error for a map. */
static struct value *scalar_of(const struct value *found, struct place at, struct error *error)
{
    if (found == NULL)
        return value_new_null();
    if (found->type == VALUE_LIST)
        return value_new_int((int64_t)found->count);
    if (found->type != VALUE_MAP)
        return value_hold(found);
    error_set(error, at, "there is a map, not a value: go on to one of its fields");
    return NULL;
}

/* How a number compares with a bound: <0, 0, >0. False where the bound is none of a number. */
static bool compare(const struct value *number, const struct value *bound, int *order,
                    struct error *error)
{
    char *text = shape_amount_text(bound);
    if (text == NULL)
        return error_set(error, bound->at, "a number stands there, and \"%s\" is none (try 3, 90s)",
                         bound->text);
    *order = decimal_compare(number->text, text);
    free(text);
    return true;
}

static bool is_equal(const struct value *value, const struct value *bound, bool *held,
                     struct error *error)
{
    int order = 0;
    *held = false;
    if (value->type == VALUE_NULL || bound->type == VALUE_NULL) {
        *held = value->type == bound->type;
        return true;
    }
    if (value->type == VALUE_NUMBER &&
        (bound->type == VALUE_NUMBER || bound->type == VALUE_STRING)) {
        if (!compare(value, bound, &order, error))
            return false;
        *held = order == 0;
        return true;
    }
    if (value->type != bound->type)
        return error_set(error, bound->at, "%s stands there, and the bound is %s",
                         type_name(value->type), type_name(bound->type));
    *held = value_equal(value, bound);
    return true;
}

static bool is_within(const struct value *value, const struct scenario_expectation *expectation,
                      bool *held, struct error *error)
{
    const struct value *least = expectation->least, *most = expectation->most;
    int above = 0, below = 0;
    *held = false;
    if (value->type == VALUE_NULL)
        return true;
    if (value->type != VALUE_NUMBER)
        return error_set(error, (least ? least : most)->at,
                         "%s stands there, which is neither more nor less than anything (try is)",
                         type_name(value->type));
    if ((least != NULL && !compare(value, least, &above, error)) ||
        (most != NULL && !compare(value, most, &below, error)))
        return false;
    *held = above >= 0 && below <= 0;
    return true;
}

/* False with the error where value and bounds are not of a kind. */
static bool judge(const struct value *value, const struct scenario_expectation *expectation,
                  bool *held, struct error *error)
{
    return expectation->is != NULL ? is_equal(value, expectation->is, held, error)
                                   : is_within(value, expectation, held, error);
}

/* ── documents ── */

static struct place path_place(const struct scenario_expectation *expectation)
{
    return value_get(expectation->entry, "path")->at;
}

/* What stands at the path; a new reference. NULL with the error where it does not fit. */
static struct value *find(const struct scenario_expectation *expectation, struct document_view view,
                          struct error *error)
{
    const struct value *found;
    const struct place at = path_place(expectation);
    if (!document_path_find(expectation->path, view, &found, at, error))
        return NULL;
    return scalar_of(found, at, error);
}

/* The object's document now; a new reference, NULL where there is none. */
static struct value *object_document(const struct scenario_expectation *expectation,
                                     const struct cluster *cluster)
{
    const bool spaced = kind_infos[expectation->kind].namespaced;
    const struct object_key key = { (uint16_t)expectation->kind,
                                    spaced ? cluster_text(cluster, expectation->space) : NULL,
                                    cluster_text(cluster, expectation->name) };
    const struct object *object = store_get(cluster->store, key);
    struct value *document = object != NULL ? cluster_print(cluster, object) : NULL;
    object_key_drop(key);
    return document;
}

static struct value *find_in_summary(const struct scenario_expectation *expectation,
                                     const struct value *summary, struct error *error)
{
    return find(
        expectation,
        (struct document_view){ .root = summary, .space = expectation->space, .is_whole = true },
        error);
}

static struct value *find_now(const struct scenario_expectation *expectation,
                              const struct cluster *cluster, const struct value *summary,
                              struct error *error)
{
    if (expectation->kind == KIND_COUNT)
        return find_in_summary(expectation, summary, error);
    struct value *document = object_document(expectation, cluster);
    struct value *found = find(expectation, (struct document_view){ .root = document }, error);
    value_drop(document);
    return found;
}

/* ── verdicts ── */

/* What the user wrote, in an order of ours. */
static struct value *verdict_begin(const struct scenario_expectation *expectation)
{
    static const char *const fields[] = { "that", "object",  "path",   "namespace", "at",
                                          "is",   "atLeast", "atMost", "between" };
    struct value *verdict = value_new_map();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct value *given = value_get(expectation->entry, fields[i]);
        if (given != NULL && (given == expectation->is || given->type != VALUE_NULL))
            value_set(verdict, fields[i], value_hold(given));
    }
    return verdict;
}

static struct value *verdict_end(struct value *verdict, struct value *value, bool held,
                                 const char *problem)
{
    value_set(verdict, "value", value != NULL ? value : value_new_null());
    value_set(verdict, "held", value_new_bool(held));
    if (problem != NULL)
        value_set(verdict, "problem", value_new_string(problem));
    return verdict;
}

struct value *verdict_of(const struct scenario_expectation *expectation,
                         const struct cluster *cluster, const struct value *summary)
{
    struct error error = { 0 };
    bool held = false;
    struct value *verdict = verdict_begin(expectation);
    struct value *value = find_now(expectation, cluster, summary, &error);
    if (value != NULL)
        judge(value, expectation, &held, &error);
    verdict_end(verdict, value, held, error.text);
    error_close(&error);
    return verdict;
}

struct value *verdict_too_late(const struct scenario_expectation *expectation)
{
    return verdict_end(verdict_begin(expectation), NULL, false, "the run ended before");
}

bool verdict_check(const struct scenario_expectation *expectation, const struct value *summary,
                   struct error_list *faults)
{
    struct error error = { 0 };
    bool held;
    if (expectation->kind != KIND_COUNT)
        return true;
    struct value *value = find_in_summary(expectation, summary, &error);
    if (value != NULL && value->type != VALUE_NULL)
        judge(value, expectation, &held, &error);
    value_drop(value);
    if (error.text == NULL)
        return true;
    error_wrap(&error, "expect");
    error_list_take(faults, &error);
    return false;
}
