/* Terms of inter-pod affinity; see pod_affinity.h. */
#include "models/api/pod_affinity.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/base/table.h"

struct pod_affinities {
    struct texts *texts;
    struct table by_content;
};

/* What the table knows of an affinity, around it. */
struct entry {
    struct pod_affinity affinity;
    struct table_node by_content;
    uint32_t refs;
    struct pod_affinities *home;
    struct value *with, *without; /* held: the documents of both sides */
};

#define ENTRY_OF(node, member) ((struct entry *)((char *)(node)-offsetof(struct entry, member)))

struct pod_affinities *pod_affinities_new(struct texts *texts)
{
    struct pod_affinities *affinities = mem_new(sizeof *affinities);
    affinities->texts = texts;
    table_init(&affinities->by_content);
    return affinities;
}

void pod_affinities_free(struct pod_affinities *affinities)
{
    assert(affinities->by_content.count == 0);
    table_close(&affinities->by_content);
    free(affinities);
}

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

static uint64_t content_hash(const struct value *with, const struct value *without)
{
    const uint64_t left = with != NULL ? value_hash(with) : 1;
    const uint64_t right = without != NULL ? value_hash(without) : 2;
    return (left * 0x9E3779B97F4A7C15u ^ right) * 0x9E3779B97F4A7C15u;
}

static struct entry *find(const struct pod_affinities *affinities, uint64_t hash,
                          const struct value *with, const struct value *without)
{
    struct table_node *found = table_first(&affinities->by_content, hash);
    for (; found != NULL; found = table_again(found)) {
        struct entry *entry = ENTRY_OF(found, by_content);
        if (value_equal(entry->with, with) && value_equal(entry->without, without))
            return entry;
    }
    return NULL;
}

static struct entry *compile(struct pod_affinities *home, struct value *with, struct value *without)
{
    struct entry *entry = mem_new(sizeof *entry);
    struct pod_affinity *made = &entry->affinity;
    entry->home = home;
    entry->with = value_hold(with);
    entry->without = value_hold(without);
    made->required = load_required(home->texts, with);
    made->preferred = load_preferred(home->texts, with);
    made->required_anti = load_required(home->texts, without);
    made->preferred_anti = load_preferred(home->texts, without);
    made->has_namespace_selector =
        select_namespaces(&made->required) || select_namespaces(&made->preferred) ||
        select_namespaces(&made->required_anti) || select_namespaces(&made->preferred_anti);
    return entry;
}

static bool has_terms(const struct pod_affinity *affinity)
{
    return affinity->required.count + affinity->preferred.count + affinity->required_anti.count +
               affinity->preferred_anti.count >
           0;
}

static void free_entry(struct entry *entry)
{
    close_terms(&entry->affinity.required);
    close_terms(&entry->affinity.preferred);
    close_terms(&entry->affinity.required_anti);
    close_terms(&entry->affinity.preferred_anti);
    value_drop(entry->with);
    value_drop(entry->without);
    free(entry);
}

const struct pod_affinity *pod_affinity_load(struct pod_affinities *affinities,
                                             const struct value *affinity)
{
    struct value *with = value_get(affinity, "podAffinity");
    struct value *without = value_get(affinity, "podAntiAffinity");
    if (value_is_null(with) && value_is_null(without))
        return NULL;
    const uint64_t hash = content_hash(with, without);
    struct entry *entry = find(affinities, hash, with, without);
    if (entry == NULL) {
        entry = compile(affinities, with, without);
        if (!has_terms(&entry->affinity)) {
            free_entry(entry);
            return NULL;
        }
        table_add(&affinities->by_content, &entry->by_content, hash);
    }
    entry->refs++;
    return &entry->affinity;
}

void pod_affinity_drop(const struct pod_affinity *affinity)
{
    if (affinity == NULL)
        return;
    struct entry *entry = ENTRY_OF(affinity, affinity);
    if (--entry->refs > 0)
        return;
    table_remove(&entry->home->by_content, &entry->by_content);
    free_entry(entry);
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
