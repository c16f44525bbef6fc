/* Terms of inter-pod affinity; see pod_affinity.h. */
#include "models/api/pod_affinity.h"

#include <stdlib.h>

#include "sim/base/memory.h"

static const struct selector *load_selector(struct texts *texts, const struct value *from)
{
    struct error error = { 0 };
    const struct selector *selector = selector_load(texts, from, &error);
    error_close(&error); /* validation has refused what is none */
    return selector;
}

static void load_term(struct texts *texts, const struct value *from, struct affinity_term *term)
{
    const struct value *names = value_get(from, "namespaces");
    const struct value *spaces = value_get(from, "namespaceSelector");
    term->topology_key = text_intern(texts, value_text(value_get(from, "topologyKey"), ""));
    term->selector = load_selector(texts, value_get(from, "labelSelector"));
    if (!value_is_null(spaces))
        term->namespace_selector = load_selector(texts, spaces);
    if (names == NULL || names->count == 0)
        return;
    term->namespaces = mem_new(names->count * sizeof *term->namespaces);
    for (size_t i = 0; i < names->count; i++)
        term->namespaces[term->namespace_count++] =
            text_intern(texts, value_text(value_at(names, i), ""));
}

static struct affinity_terms load_required(struct texts *texts, const struct value *affinity)
{
    const struct value *list =
        value_get(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
    struct affinity_terms terms = { 0 };
    if (list == NULL || list->count == 0)
        return terms;
    terms.items = mem_new(list->count * sizeof *terms.items);
    while (terms.count < list->count) {
        load_term(texts, value_at(list, terms.count), &terms.items[terms.count]);
        terms.count++;
    }
    return terms;
}

static struct affinity_terms load_preferred(struct texts *texts, const struct value *affinity)
{
    const struct value *list =
        value_get(affinity, "preferredDuringSchedulingIgnoredDuringExecution");
    struct affinity_terms terms = { 0 };
    if (list == NULL || list->count == 0)
        return terms;
    terms.items = mem_new(list->count * sizeof *terms.items);
    while (terms.count < list->count) {
        const struct value *from = value_at(list, terms.count);
        struct affinity_term *term = &terms.items[terms.count++];
        load_term(texts, value_get(from, "podAffinityTerm"), term);
        term->weight = (int32_t)value_int(value_get(from, "weight"), 0);
    }
    return terms;
}

static bool select_namespaces(const struct affinity_terms *terms)
{
    for (size_t i = 0; i < terms->count; i++)
        if (terms->items[i].namespace_selector != NULL)
            return true;
    return false;
}

struct pod_affinity *pod_affinity_load(struct texts *texts, const struct value *affinity)
{
    const struct value *with = value_get(affinity, "podAffinity");
    const struct value *without = value_get(affinity, "podAntiAffinity");
    struct pod_affinity *loaded = mem_new(sizeof *loaded);
    loaded->required = load_required(texts, with);
    loaded->preferred = load_preferred(texts, with);
    loaded->required_anti = load_required(texts, without);
    loaded->preferred_anti = load_preferred(texts, without);
    loaded->has_namespace_selector =
        select_namespaces(&loaded->required) || select_namespaces(&loaded->preferred) ||
        select_namespaces(&loaded->required_anti) || select_namespaces(&loaded->preferred_anti);
    if (loaded->required.count + loaded->preferred.count + loaded->required_anti.count +
            loaded->preferred_anti.count >
        0)
        return loaded;
    pod_affinity_free(loaded);
    return NULL;
}

static void close_terms(struct affinity_terms *terms)
{
    for (size_t i = 0; i < terms->count; i++) {
        struct affinity_term *term = &terms->items[i];
        text_drop(term->topology_key);
        selector_drop(term->selector);
        selector_drop(term->namespace_selector);
        for (size_t k = 0; k < term->namespace_count; k++)
            text_drop(term->namespaces[k]);
        free(term->namespaces);
    }
    free(terms->items);
}

void pod_affinity_free(struct pod_affinity *affinity)
{
    if (affinity == NULL)
        return;
    close_terms(&affinity->required);
    close_terms(&affinity->preferred);
    close_terms(&affinity->required_anti);
    close_terms(&affinity->preferred_anti);
    free(affinity);
}

bool affinity_term_selects(const struct affinity_term *term, const struct labels *labels)
{
    return term->selector != NULL && selector_matches(term->selector, labels_lookup, labels);
}

bool affinity_term_reaches(const struct affinity_term *term, const struct text *own,
                           const struct text *space)
{
    if (term->namespace_count == 0 && term->namespace_selector == NULL)
        return own == space;
    for (size_t i = 0; i < term->namespace_count; i++)
        if (term->namespaces[i] == space)
            return true;
    return term->namespace_selector != NULL && selector_is_empty(term->namespace_selector);
}

bool affinity_term_matches(const struct affinity_term *term, const struct text *own,
                           const struct text *space, const struct labels *space_labels,
                           const struct labels *labels)
{
    return (affinity_term_reaches(term, own, space) ||
            (term->namespace_selector != NULL &&
             selector_matches(term->namespace_selector, labels_lookup, space_labels))) &&
           affinity_term_selects(term, labels);
}
