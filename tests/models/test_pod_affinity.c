/* Which pods a term of inter-pod affinity selects, row by row. */
#include "models/api/pod_affinity.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/kinds.h"
#include "models/api/workloads.h"
#include "tests/support/rows.h"

/* Single quotes stand for double ones. */
static struct value *parse(const char *text)
{
    char *json = strdup(text);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    struct value *tree = rows_parse(json);
    free(json);
    return tree;
}

static struct texts *texts;
static struct pod_affinities *affinities;

static void open_affinities(void)
{
    texts = texts_new();
    affinities = pod_affinities_new(texts);
}

static void close_affinities(void)
{
    pod_affinities_free(affinities);
    texts_free(texts);
}

TestSuite(pod_affinity, .init = open_affinities, .fini = close_affinities);

static const struct pod_affinity *load(const char *text)
{
    struct value *tree = parse(text);
    const struct pod_affinity *affinity = pod_affinity_load(affinities, tree);
    value_drop(tree);
    return affinity;
}

#define REQUIRED(term)                                                                             \
    "{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone'" term \
    "}]}}"

static const struct {
    const char *why, *affinity, *space, *space_labels, *labels;
    bool want;
} rows[] = {
    { "by its labels, in the pod's own namespace",
      REQUIRED(",'labelSelector':{'matchLabels':{'app':'web'}}"), "shop", "{}", "{'app':'web'}",
      true },
    { "other labels", REQUIRED(",'labelSelector':{'matchLabels':{'app':'web'}}"), "shop", "{}",
      "{'app':'db'}", false },
    { "no labelSelector selects nothing", REQUIRED(""), "shop", "{}", "{'app':'web'}", false },
    { "an empty one selects everything", REQUIRED(",'labelSelector':{}"), "shop", "{}", "{}",
      true },
    { "another namespace is not the pod's own", REQUIRED(",'labelSelector':{}"), "team", "{}", "{}",
      false },
    { "a listed namespace", REQUIRED(",'labelSelector':{},'namespaces':['team','x']"), "team", "{}",
      "{}", true },
    { "who lists namespaces leaves the own one out",
      REQUIRED(",'labelSelector':{},'namespaces':['team']"), "shop", "{}", "{}", false },
    { "an empty list is no list", REQUIRED(",'labelSelector':{},'namespaces':[]"), "shop", "{}",
      "{}", true },
    { "an empty namespaceSelector takes every namespace",
      REQUIRED(",'labelSelector':{},'namespaceSelector':{}"), "far", "{}", "{}", true },
    { "a namespace by its labels",
      REQUIRED(",'labelSelector':{},'namespaceSelector':{'matchLabels':{'env':'prod'}}"), "far",
      "{'env':'prod'}", "{}", true },
    { "not by others, not even the own one",
      REQUIRED(",'labelSelector':{},'namespaceSelector':{'matchLabels':{'env':'prod'}}"), "shop",
      "{'env':'dev'}", "{}", false },
    { "listed or selected: either will do",
      REQUIRED(",'labelSelector':{},'namespaces':['shop'],"
               "'namespaceSelector':{'matchLabels':{'env':'prod'}}"),
      "shop", "{'env':'dev'}", "{}", true },
};

Test(pod_affinity, selects_pods_by_labels_and_namespace)
{
    const struct text *own = text_intern(texts, "shop");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pod_affinity *affinity = load(rows[i].affinity);
        struct value *labels = parse(rows[i].labels), *spaces = parse(rows[i].space_labels);
        const struct labels *of_pod = labels_from_value(texts, labels);
        const struct labels *of_space = labels_from_value(texts, spaces);
        const struct text *space = text_intern(texts, rows[i].space);
        cr_assert_eq(affinity->required.count, 1);
        cr_expect_eq(
            affinity_term_matches(&affinity->required.items[0], own, space, of_space, of_pod),
            rows[i].want, "%s", rows[i].why);
        text_drop(space);
        labels_drop(of_pod);
        labels_drop(of_space);
        value_drop(labels);
        value_drop(spaces);
        pod_affinity_drop(affinity);
    }
    text_drop(own);
}

Test(pod_affinity, knows_the_four_lists_apart)
{
    const struct pod_affinity *affinity =
        load("{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
             "[{'topologyKey':'a'},{'topologyKey':'b'}]},"
             "'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
             "[{'topologyKey':'c'}],'preferredDuringSchedulingIgnoredDuringExecution':"
             "[{'weight':7,'podAffinityTerm':{'topologyKey':'d','namespaceSelector':{}}}]}}");
    cr_assert_eq(affinity->required.count, 2);
    cr_expect_str_eq(text_s(affinity->required.items[1].topology_key), "b");
    cr_expect_eq(affinity->preferred.count, 0);
    cr_assert_eq(affinity->required_anti.count, 1);
    cr_expect_str_eq(text_s(affinity->required_anti.items[0].topology_key), "c");
    cr_assert_eq(affinity->preferred_anti.count, 1);
    cr_expect_eq(affinity->preferred_anti.items[0].weight, 7);
    cr_expect(affinity->has_namespace_selector);
    pod_affinity_drop(affinity);
    cr_expect_null(load("{'nodeAffinity':{},'podAffinity':{}}"));
}

Test(pod_affinity, is_shared_by_templates_that_ask_for_the_same)
{
    const char *once = REQUIRED(",'labelSelector':{}");
    const struct pod_affinity *first = load(once), *second = load(once);
    const struct pod_affinity *other = load(REQUIRED(""));
    cr_expect_eq(first, second);
    cr_expect_neq(first, other);
    pod_affinity_drop(first);
    cr_expect_eq(second->required.count, 1);
    pod_affinity_drop(second);
    pod_affinity_drop(other);
}

/* The template's labels have 'v', not 'w'. */
Test(pod_affinity, of_a_template_names_the_values_of_its_label_keys)
{
    struct codec codec = { .texts = texts, .specs = pod_specs_new(texts) };
    struct value *document =
        parse("{'metadata':{'labels':{'v':'1'}},'spec':{'containers':[{'name':'c','image':'i'}],"
              "'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
              "[{'topologyKey':'zone','labelSelector':{},'matchLabelKeys':['v','w'],"
              "'mismatchLabelKeys':['w']}]}}}}");
    const struct pod_template *template = pod_template_compile(&codec, document);
    char *selector = selector_print(template->spec->pod_affinity->required_anti.items[0].selector);
    cr_expect_str_eq(selector, "v in (1)");
    free(selector);
    pod_template_drop(template);
    value_drop(document);
    pod_specs_free(codec.specs);
}
