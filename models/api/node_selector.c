/* Node selectors: terms of which one must hold, each made of expressions and fields that must all
 * hold.
 *
 * Follows component-helpers scheduling/corev1/nodeaffinity/nodeaffinity.go and PreFilter of the
 * scheduler's NodeAffinity plugin, Kubernetes 1.36.4. An empty term matches no node. */
#include <stdlib.h>
#include <string.h>

#include "models/api/selector_private.h"
#include "sim/base/memory.h"

struct node_term {
    const struct selector *expressions; /* NULL when it has none */
    struct requirements fields;         /* In and NotIn with one value each */
};

struct node_selector {
    uint32_t refs;
    struct node_term *terms;
    size_t term_count;
    bool has_names; /* every term asks for names */
    const struct text **names;
    size_t name_count;
};

/* ── reading ── */

static size_t list_count(const struct value *list)
{
    return list != NULL && list->type == VALUE_LIST ? list->count : 0;
}

static bool load_operator(const struct value *expression, enum selector_operator *operator,
                          bool of_fields, struct error *error)
{
    const char *text = value_text(value_get(expression, "operator"), "");
    if (!operator_from_text(text, true, operator) ||
        (of_fields && *operator!= OPERATOR_IN && * operator!= OPERATOR_NOT_IN))
        return error_set(error, expression->at,
                         "operator: Unsupported value: \"%s\": supported values: %s", text,
                         of_fields ? "\"In\", \"NotIn\""
                                   : "\"DoesNotExist\", \"Exists\", \"Gt\", \"In\", \"Lt\", "
                                     "\"NotIn\"");
    return true;
}

static bool load_expressions(struct node_term *term, struct texts *texts, const struct value *list,
                             struct error *error)
{
    struct requirements requirements = { 0 };
    for (size_t i = 0; i < list_count(list); i++) {
        enum selector_operator operator;
        if (!load_operator(value_at(list, i), &operator, false, error) ||
            !requirements_add_expression(&requirements, texts, value_at(list, i), operator,
                                         error)) {
            requirements_close(&requirements);
            return error_wrap(error, "matchExpressions[%zu]", i);
        }
    }
    if (requirements.count > 0)
        term->expressions = selector_from(&requirements);
    return true;
}

/* Field names and values are no labels, so that there is nothing to check but their number. */
static bool load_field(struct node_term *term, struct texts *texts, const struct value *field,
                       struct error *error)
{
    enum selector_operator operator;
    if (!load_operator(field, &operator, true, error))
        return false;
    const struct value *values = value_get(field, "values");
    if (list_count(values) != 1)
        return error_set(error, field->at, "values: must have one element");
    struct requirement requirement = { .operator= operator, .value_count = 1 };
    requirement.key = text_intern(texts, value_text(value_get(field, "key"), ""));
    requirement.values = mem_new(sizeof *requirement.values);
    requirement.values[0] = text_intern(texts, value_text(value_at(values, 0), ""));
    MEM_GROW(term->fields.items, term->fields.count, term->fields.capacity);
    term->fields.items[term->fields.count++] = requirement;
    return true;
}

static bool load_term(struct node_term *term, struct texts *texts, const struct value *from,
                      struct error *error)
{
    const struct value *fields = value_get(from, "matchFields");
    if (!load_expressions(term, texts, value_get(from, "matchExpressions"), error))
        return false;
    for (size_t i = 0; i < list_count(fields); i++)
        if (!load_field(term, texts, value_at(fields, i), error))
            return error_wrap(error, "matchFields[%zu]", i);
    return true;
}

/* ── the names that a selector asks for ── */

static bool asks_for_name(const struct requirement *field)
{
    return field->operator== OPERATOR_IN && field->key != NULL &&
           strcmp(field->key->s, "metadata.name") == 0;
}

/* True when the term asks for names; *name is the one that all of its fields agree on, or
 * NULL when they contradict each other. */
static bool term_name(const struct node_term *term, const struct text **name)
{
    bool asks = false;
    *name = NULL;
    for (size_t i = 0; i < term->fields.count; i++) {
        if (!asks_for_name(&term->fields.items[i]))
            continue;
        const struct text *wanted = term->fields.items[i].values[0];
        *name = !asks || *name == wanted ? wanted : NULL;
        asks = true;
    }
    return asks;
}

static void add_name(struct node_selector *selector, const struct text *name)
{
    for (size_t i = 0; i < selector->name_count; i++)
        if (selector->names[i] == name)
            return;
    if (name != NULL)
        selector->names[selector->name_count++] = name;
}

static void find_names(struct node_selector *selector, bool has_empty_term)
{
    selector->names = mem_new((selector->term_count + 1) * sizeof *selector->names);
    selector->has_names = selector->term_count > 0 && !has_empty_term;
    for (size_t i = 0; i < selector->term_count; i++) {
        const struct text *name;
        if (!term_name(&selector->terms[i], &name))
            selector->has_names = false;
        add_name(selector, name);
    }
}

/* ── the public functions ── */

static bool is_empty_term(const struct value *term)
{
    return list_count(value_get(term, "matchExpressions")) == 0 &&
           list_count(value_get(term, "matchFields")) == 0;
}

/* From `count` terms; `list` NULL: the only one is `only`. */
static const struct node_selector *load_terms(struct texts *texts, const struct value *list,
                                              const struct value *only, size_t count,
                                              struct error *error)
{
    struct node_selector *selector = mem_new(sizeof *selector);
    bool has_empty_term = false, good = true;
    selector->refs = 1;
    selector->terms = mem_new((count + 1) * sizeof *selector->terms);
    for (size_t i = 0; i < count && good; i++) {
        const struct value *term = list == NULL ? only : value_at(list, i);
        if (is_empty_term(term)) {
            has_empty_term = true;
            continue;
        }
        good = load_term(&selector->terms[selector->term_count++], texts, term, error);
        if (!good && list != NULL)
            error_wrap(error, "nodeSelectorTerms[%zu]", i);
    }
    find_names(selector, has_empty_term);
    if (good)
        return selector;
    node_selector_drop(selector);
    return NULL;
}

const struct node_selector *node_selector_load(struct texts *texts, const struct value *from,
                                               struct error *error)
{
    const struct value *terms = value_get(from, "nodeSelectorTerms");
    return load_terms(texts, terms, NULL, list_count(terms), error);
}

const struct node_selector *node_selector_load_term(struct texts *texts, const struct value *from,
                                                    struct error *error)
{
    return load_terms(texts, NULL, from, 1, error);
}

const struct node_selector *node_selector_hold(const struct node_selector *selector)
{
    if (selector != NULL)
        ((struct node_selector *)selector)->refs++;
    return selector;
}

void node_selector_drop(const struct node_selector *selector)
{
    struct node_selector *held = (struct node_selector *)selector;
    if (held == NULL || --held->refs > 0)
        return;
    for (size_t i = 0; i < held->term_count; i++) {
        selector_drop(held->terms[i].expressions);
        requirements_close(&held->terms[i].fields);
    }
    free(held->terms);
    free(held->names);
    free(held);
}

static bool term_matches(const struct node_term *term, selector_lookup *lookup, const void *labels,
                         const char *node_name)
{
    if (term->expressions != NULL && !selector_matches(term->expressions, lookup, labels))
        return false;
    for (size_t i = 0; i < term->fields.count; i++) {
        const struct requirement *field = &term->fields.items[i];
        bool is_name = strcmp(text_s(field->key), "metadata.name") == 0;
        if (!requirement_matches(field, is_name ? node_name : ""))
            return false;
    }
    return true;
}

bool node_selector_matches(const struct node_selector *selector, selector_lookup *lookup,
                           const void *labels, const char *node_name)
{
    for (size_t i = 0; i < selector->term_count; i++)
        if (term_matches(&selector->terms[i], lookup, labels, node_name))
            return true;
    return false;
}

bool node_selector_names(const struct node_selector *selector, const struct text *const **names,
                         size_t *count)
{
    if (!selector->has_names)
        return false;
    *names = selector->names;
    *count = selector->name_count;
    return true;
}
