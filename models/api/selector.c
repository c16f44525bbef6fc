/* Label selectors: what they hold, how they match and print, and how they are read from documents.
 *
 * Follows apimachinery pkg/labels/selector.go and LabelSelectorAsSelector in
 * pkg/apis/meta/v1/helpers.go of Kubernetes 1.36.4, messages included. */
#include "models/api/selector.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/selector_private.h"
#include "models/api/text_rules.h"
#include "sim/base/memory.h"

/* ── requirements ── */

/* A number as strconv.ParseInt reads it. */
static bool parse_int(const char *text, int64_t *number)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno == 0;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(text_s(*(const struct text *const *)a), text_s(*(const struct text *const *)b));
}

bool requirement_matches(const struct requirement *requirement, const char *value)
{
    bool among = false;
    for (size_t i = 0; value != NULL && i < requirement->value_count && !among; i++)
        among = strcmp(text_s(requirement->values[i]), value) == 0;
    int64_t number;
    switch (requirement->operator) {
    case OPERATOR_IN:
    case OPERATOR_EQUALS:
    case OPERATOR_DOUBLE_EQUALS:
        return among;
    case OPERATOR_NOT_IN:
    case OPERATOR_NOT_EQUALS:
        return !among;
    case OPERATOR_EXISTS:
        return value != NULL;
    case OPERATOR_DOES_NOT_EXIST:
        return value == NULL;
    case OPERATOR_GREATER:
        return value != NULL && parse_int(value, &number) && number > requirement->number;
    case OPERATOR_LESS:
        return value != NULL && parse_int(value, &number) && number < requirement->number;
    }
    return false;
}

void requirement_close(struct requirement *requirement)
{
    text_drop(requirement->key);
    for (size_t i = 0; i < requirement->value_count; i++)
        text_drop(requirement->values[i]);
    free(requirement->values);
}

void requirements_close(struct requirements *list)
{
    for (size_t i = 0; i < list->count; i++)
        requirement_close(&list->items[i]);
    free(list->items);
    *list = (struct requirements){ 0 };
}

/* ── what a requirement must be ── */

/* The phrases of an aggregate error: one stands alone, several in brackets. */
struct phrases {
    struct writer text;
    int count;
};

/* The value that a phrase quotes: one text, or all of them as a list. */
static void quote(struct writer *out, const char *const *values, size_t count, bool as_list)
{
    if (as_list)
        writer_add(out, count == 0 ? "null" : "[");
    for (size_t i = 0; i < count; i++) {
        writer_add(out, i > 0 ? "," : "");
        json_print_string(out, values[i], strlen(values[i]), false);
    }
    writer_add(out, as_list && count > 0 ? "]" : "");
}

static struct writer *phrase_start(struct phrases *phrases)
{
    if (phrases->count++ > 0)
        writer_add(&phrases->text, ", ");
    return &phrases->text;
}

static void check_key(struct phrases *phrases, const char *path, const char *key)
{
    char *problem = text_problem(key, text_label_key);
    if (problem == NULL)
        return;
    struct writer *out = phrase_start(phrases);
    writer_format(out, "%skey: Invalid value: ", path);
    quote(out, &key, 1, false);
    writer_format(out, ": %s", problem);
    free(problem);
}

static const char *count_rule(enum selector_operator operator, size_t count)
{
    switch (operator) {
    case OPERATOR_IN:
    case OPERATOR_NOT_IN:
        return count > 0 ? NULL : "for 'in', 'notin' operators, values set can't be empty";
    case OPERATOR_EXISTS:
    case OPERATOR_DOES_NOT_EXIST:
        return count == 0 ? NULL : "values set must be empty for exists and does not exist";
    case OPERATOR_GREATER:
    case OPERATOR_LESS:
        return count == 1 ? NULL : "for 'Gt', 'Lt' operators, exactly one value is required";
    default:
        return count == 1 ? NULL : "exact-match compatibility requires one single value";
    }
}

static void check_count(struct phrases *phrases, const char *path, enum selector_operator operator,
                        const char * const * values, size_t count)
{
    const char *rule = count_rule(operator, count);
    if (rule == NULL)
        return;
    struct writer *out = phrase_start(phrases);
    writer_format(out, "%svalues: Invalid value: ", path);
    quote(out, values, count, true);
    writer_format(out, ": %s", rule);
}

static void check_number(struct phrases *phrases, const char *path, size_t index, const char *value)
{
    int64_t number;
    if (parse_int(value, &number))
        return;
    struct writer *out = phrase_start(phrases);
    writer_format(out, "%svalues[%zu]: Invalid value: ", path, index);
    quote(out, &value, 1, false);
    writer_add(out, ": for 'Gt', 'Lt' operators, the value must be an integer");
}

static void check_value(struct phrases *phrases, const char *path, const char *key, size_t index,
                        const char *value)
{
    char *problem = text_problem(value, text_label_value);
    if (problem == NULL)
        return;
    struct writer *out = phrase_start(phrases);
    writer_format(out, "%svalues[%zu][%s]: Invalid value: ", path, index, key);
    quote(out, &value, 1, false);
    writer_format(out, ": %s", problem);
    free(problem);
}

bool requirements_add(struct requirements *list, struct texts *texts, const char *path,
                      const char *key, enum selector_operator operator, const char * const * values,
                      size_t value_count, struct place at, struct error *error)
{
    bool numeric = operator== OPERATOR_GREATER || operator== OPERATOR_LESS;
    struct phrases phrases = { 0 };
    check_key(&phrases, path, key);
    check_count(&phrases, path, operator, values, value_count);
    for (size_t i = 0; numeric && i < value_count; i++)
        check_number(&phrases, path, i, values[i]);
    for (size_t i = 0; i < value_count; i++)
        check_value(&phrases, path, key, i, values[i]);
    if (phrases.count > 0) {
        error_set(error, at, phrases.count > 1 ? "[%s]" : "%s", phrases.text.bytes);
        writer_close(&phrases.text);
        return false;
    }
    struct requirement requirement = {
        .key = text_intern(texts, key), .operator= operator, .value_count = value_count };
    requirement.values = mem_new((value_count + 1) * sizeof *requirement.values);
    for (size_t i = 0; i < value_count; i++)
        requirement.values[i] = text_intern(texts, values[i]);
    if (numeric)
        parse_int(values[0], &requirement.number);
    qsort(requirement.values, value_count, sizeof *requirement.values, compare_texts);
    MEM_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = requirement;
    return true;
}

bool requirements_add_expression(struct requirements *list, struct texts *texts,
                                 const struct value *expression, enum selector_operator operator,
                                 struct error * error)
{
    const struct value *values = value_get(expression, "values");
    size_t count = values != NULL && values->type == VALUE_LIST ? values->count : 0;
    const char **copies = mem_new((count + 1) * sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = value_text(value_at(values, i), "");
    bool good =
        requirements_add(list, texts, "", value_text(value_get(expression, "key"), ""), operator,
                         copies, count, expression->at, error);
    free(copies);
    return good;
}

bool operator_from_text(const char *text, bool of_nodes, enum selector_operator *operator)
{
    static const char *const names[] = { "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt" };
    for (int i = 0; i < (of_nodes ? 6 : 4); i++)
        if (strcmp(text, names[i]) == 0) {
            *operator=(enum selector_operator) i;
            return true;
        }
    return false;
}

/* ── selectors ── */

/* By key; those with equal keys stay in the order they were given. */
static void sort_by_key(struct requirement *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct requirement item = items[i];
        size_t at = i;
        for (; at > 0 && strcmp(text_s(items[at - 1].key), text_s(item.key)) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

const struct selector *selector_from(struct requirements *list)
{
    struct selector *selector =
        mem_new(sizeof *selector + list->count * sizeof *selector->requirements);
    selector->refs = 1;
    selector->count = list->count;
    if (list->count > 0)
        memcpy(selector->requirements, list->items, list->count * sizeof *list->items);
    sort_by_key(selector->requirements, selector->count);
    free(list->items);
    *list = (struct requirements){ 0 };
    return selector;
}

static bool load_labels(struct requirements *list, struct texts *texts, const struct value *map,
                        struct error *error)
{
    for (size_t i = 0; map != NULL && map->type == VALUE_MAP && i < map->count; i++) {
        const char *value = value_text(map->entries[i].value, "");
        if (!requirements_add(list, texts, "", map->entries[i].key, OPERATOR_EQUALS, &value, 1,
                              map->entries[i].at, error))
            return false;
    }
    return true;
}

static bool load_expressions(struct requirements *list, struct texts *texts,
                             const struct value *expressions, struct error *error)
{
    for (size_t i = 0; i < (expressions == NULL ? 0 : expressions->count); i++) {
        const struct value *expression = value_at(expressions, i);
        if (expression == NULL)
            return true; /* not a list: the schema check has said so */
        const char *text = value_text(value_get(expression, "operator"), "");
        enum selector_operator operator;
        if (!operator_from_text(text, false, &operator))
            return error_set(error, expression->at, "\"%s\" is not a valid label selector operator",
                             text);
        if (!requirements_add_expression(list, texts, expression, operator, error))
            return false;
    }
    return true;
}

const struct selector *selector_load(struct texts *texts, const struct value *from,
                                     struct error *error)
{
    struct requirements list = { 0 };
    if (value_is_null(from)) {
        struct selector *nothing = mem_new(sizeof *nothing);
        *nothing = (struct selector){ .refs = 1, .nothing = true };
        return nothing;
    }
    if (load_labels(&list, texts, value_get(from, "matchLabels"), error) &&
        load_expressions(&list, texts, value_get(from, "matchExpressions"), error))
        return selector_from(&list);
    requirements_close(&list);
    return NULL;
}

const struct selector *selector_hold(const struct selector *selector)
{
    if (selector != NULL)
        ((struct selector *)selector)->refs++;
    return selector;
}

void selector_drop(const struct selector *selector)
{
    struct selector *held = (struct selector *)selector;
    if (held == NULL || --held->refs > 0)
        return;
    for (size_t i = 0; i < held->count; i++)
        requirement_close(&held->requirements[i]);
    free(held);
}

bool selector_matches(const struct selector *selector, selector_lookup *lookup, const void *context)
{
    for (size_t i = 0; i < selector->count; i++) {
        const struct requirement *requirement = &selector->requirements[i];
        if (!requirement_matches(requirement, lookup(context, requirement->key->s)))
            return false;
    }
    return !selector->nothing;
}

bool selector_is_empty(const struct selector *selector)
{
    return selector->count == 0 && !selector->nothing;
}

static void print_requirement(struct writer *out, const struct requirement *requirement)
{
    static const char *const before[] = {
        [OPERATOR_IN] = " in (",         [OPERATOR_NOT_IN] = " notin (",
        [OPERATOR_EXISTS] = "",          [OPERATOR_DOES_NOT_EXIST] = "",
        [OPERATOR_GREATER] = ">",        [OPERATOR_LESS] = "<",
        [OPERATOR_EQUALS] = "=",         [OPERATOR_NOT_EQUALS] = "!=",
        [OPERATOR_DOUBLE_EQUALS] = "==",
    };
    bool is_set = requirement->operator== OPERATOR_IN || requirement->operator== OPERATOR_NOT_IN;
    writer_add(out, requirement->operator== OPERATOR_DOES_NOT_EXIST ? "!" : "");
    writer_add(out, text_s(requirement->key));
    writer_add(out, before[requirement->operator]);
    for (size_t i = 0; i < requirement->value_count; i++) {
        writer_add(out, i > 0 ? "," : "");
        writer_add(out, text_s(requirement->values[i]));
    }
    writer_add(out, is_set ? ")" : "");
}

char *selector_print(const struct selector *selector)
{
    struct writer out = { 0 };
    for (size_t i = 0; i < selector->count; i++) {
        writer_add(&out, i > 0 ? "," : "");
        print_requirement(&out, &selector->requirements[i]);
    }
    return writer_take(&out);
}
