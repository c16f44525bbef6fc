/* What a scenario expects: a sentence, where to look, and bounds. Judging it is
 * models/metrics/verdict.h. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/scenario_private.h"
#include "sim/base/decimal.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

void scenario_expectation_close(struct scenario_expectation *expectation)
{
    document_path_free(expectation->path);
    value_drop(expectation->entry);
}

/* The object that `object` names, TYPE/NAME. */
static bool load_object(const struct value *object, struct scenario_expectation *into,
                        struct error *error)
{
    const char *slash = strchr(object->text, '/');
    if (slash == NULL || slash[1] == '\0')
        return error_set(error, object->at, "expect: object: \"%s\" is not TYPE/NAME",
                         object->text);
    char *type = mem_text(object->text, (size_t)(slash - object->text));
    into->kind = kind_of_resource(type);
    into->name = slash + 1;
    struct nearest near = nearest_to(type);
    for (int kind = 0; kind < KIND_OTHER && into->kind == KIND_COUNT; kind++) {
        nearest_offer(&near, kind_infos[kind].plural);
        nearest_offer(&near, kind_infos[kind].name);
    }
    if (into->kind == KIND_COUNT)
        error_set(error, object->at, "expect: object: no resource type is called \"%s\"%s%s%s",
                  type, near.found ? " (did you mean " : "", near.found ? near.found : "",
                  near.found ? "?)" : "");
    free(type);
    return into->kind != KIND_COUNT;
}

static bool load_between(const struct value *pair, struct scenario_expectation *into,
                         struct error *error)
{
    if (pair->count != 2)
        return error_set(error, pair->at,
                         "expect: between: two bounds are expected, the least and the most");
    into->least = pair->items[0];
    into->most = pair->items[1];
    char *least = shape_amount_text(into->least), *most = shape_amount_text(into->most);
    if (decimal_compare(least, most) > 0)
        error_set(error, pair->at, "expect: between: the first bound, %s, is more than the second",
                  into->least->text);
    free(least);
    free(most);
    return error->text == NULL;
}

/* One of is, atLeast, atMost and between. */
static bool load_bounds(const struct value *entry, struct scenario_expectation *into,
                        struct error *error)
{
    const struct value *pair = shape_get(entry, "between");
    into->is = value_get(entry, "is"); /* which may be null */
    into->least = shape_get(entry, "atLeast");
    into->most = shape_get(entry, "atMost");
    if ((into->is != NULL) + (into->least != NULL) + (into->most != NULL) + (pair != NULL) != 1)
        return error_set(error, entry->at, "expect: say one of is, atLeast, atMost and between");
    if (into->is != NULL && (into->is->type == VALUE_LIST || into->is->type == VALUE_MAP))
        return error_set(error, into->is->at,
                         "expect: is: expected a number, a text, a boolean or null");
    return pair == NULL || load_between(pair, into, error);
}

static bool load(const struct value *entry, struct scenario_expectation *into, struct error *error)
{
    const struct value *path = value_get(entry, "path"), *object = shape_get(entry, "object");
    const struct value *at = shape_get(entry, "at");
    into->at = SIM_FOREVER;
    into->kind = KIND_COUNT;
    into->space = value_text(shape_get(entry, "namespace"), "default");
    if (at != NULL)
        shape_duration(at, &into->at, NULL);
    if (object != NULL && !load_object(object, into, error))
        return false;
    into->path = document_path_parse(path->text, path->at, error);
    if (into->path == NULL)
        return error_wrap(error, "expect: path");
    return load_bounds(entry, into, error);
}

bool scenario_load_expectation(struct scenario_input *input, const struct value *entry)
{
    struct scenario *scenario = input->scenario;
    struct scenario_expectation expectation = { .entry = value_hold(entry) };
    struct error error = { 0 };
    if (!load(entry, &expectation, &error)) {
        error_list_take(input->faults, &error);
        scenario_expectation_close(&expectation);
        return false;
    }
    char end[SIM_TIME_TEXT];
    if (expectation.at != SIM_FOREVER && expectation.at > scenario->duration)
        error_list_add(input->warnings, value_get(entry, "at")->at,
                       "expect: by then the run is over (it ends at %s)",
                       sim_time_print(scenario->duration, end));
    MEM_GROW(scenario->expectations, scenario->expectation_count, scenario->expectation_capacity);
    scenario->expectations[scenario->expectation_count++] = expectation;
    return true;
}
