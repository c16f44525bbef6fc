/* What a scenario says about nodes and zones that it does not have: most likely a name that was
 * mistyped, and a failure that would strike nothing without a word. */
#include <string.h>

#include "models/cluster/scenario_private.h"
#include "sim/base/nearest.h"

static const char zone_label[] = "topology.kubernetes.io/zone";

/* The name or zone of the node at `index`, first those of groups, then those of manifests; NULL for
 * an object that is no node, or a node without a zone. */
static const char *node_says(const struct scenario *scenario, size_t index, bool zone)
{
    const struct value *node = NULL;
    if (index < scenario->nodes.count)
        node = scenario->nodes.items[index];
    else if (scenario->objects.items[index - scenario->nodes.count].kind == KIND_NODE)
        node = scenario->objects.items[index - scenario->nodes.count].document;
    const struct value *metadata = value_get(node, "metadata");
    return value_text(zone ? value_get(value_get(metadata, "labels"), zone_label)
                           : value_get(metadata, "name"),
                      NULL);
}

static void check_name(const struct scenario_input *input, const struct value *name, bool zone)
{
    const struct scenario *scenario = input->scenario;
    struct nearest near = nearest_to(name->text);
    for (size_t i = 0; i < scenario->nodes.count + scenario->objects.count; i++) {
        const char *known = node_says(scenario, i, zone);
        if (known != NULL && strcmp(known, name->text) == 0)
            return;
        if (known != NULL)
            nearest_offer(&near, known);
    }
    const char *what = zone ? "zone" : "node";
    if (near.found != NULL)
        error_list_add(input->warnings, name->at,
                       "failure: no %s is called \"%s\" (did you mean %s?)", what, name->text,
                       near.found);
    else
        error_list_add(input->warnings, name->at, "failure: no %s is called \"%s\"", what,
                       name->text);
}

/* Patterns may mean what comes later. */
static void check_names(const struct scenario_input *input, const struct value *names, bool zone)
{
    for (size_t i = 0; i < shape_count(names); i++)
        if (strchr(shape_at(names, i)->text, '*') == NULL)
            check_name(input, shape_at(names, i), zone);
}

static bool has_nodes(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->nodes.count + scenario->objects.count; i++)
        if (node_says(scenario, i, false) != NULL)
            return true;
    return false;
}

void scenario_warn(const struct scenario_input *input)
{
    if (!has_nodes(input->scenario))
        return; /* they come from elsewhere: --nodes */
    const struct documents *failures = &input->scenario->failures;
    for (size_t i = 0; i < failures->count; i++) {
        check_names(input, value_get(failures->items[i], "nodes"), false);
        check_names(input, value_get(failures->items[i], "zones"), true);
    }
}
