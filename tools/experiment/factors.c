/* Factors and levels of an Experiment, and the points of its design. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/experiment/design.h"
#include "tools/experiment/experiment_private.h"
#include "tools/policies/policy.h"

/* ── levels ── */

/* What a value is called: as a text, or lists and maps as short as they can be said. */
static char *name_of_value(const struct value *value)
{
    char *text = shape_scalar_text(value);
    if (text != NULL)
        return text;
    if (value->type == VALUE_NULL)
        return mem_text("null", 4);
    if (value->type != VALUE_LIST)
        return json_text(value, (struct json_style){ 0 });
    struct writer out = { 0 };
    for (size_t i = 0; i < value->count; i++) {
        char *item = name_of_value(value->items[i]);
        writer_format(&out, "%s%s", i > 0 ? "," : "", item);
        free(item);
    }
    text = mem_text(out.bytes ? out.bytes : "", out.length);
    writer_close(&out);
    return text;
}

static struct experiment_level *add_level(struct experiment_factor *factor, char *name)
{
    MEM_GROW(factor->levels, factor->count, factor->capacity);
    struct experiment_level *level = &factor->levels[factor->count++];
    *level = (struct experiment_level){ .name = name };
    return level;
}

/* A value at the factor's path. */
static void add_value(const struct value *from, struct experiment_factor *factor,
                      const struct value *value)
{
    struct experiment_level *level = add_level(factor, name_of_value(value));
    level->edit = (struct edit){ .path = value_get(from, "path"),
                                 .target = shape_get(from, "target"),
                                 .space = shape_get(from, "namespace"),
                                 .value = value };
}

static void add_map(const struct experiment *experiment, struct experiment_factor *factor,
                    const struct value *value, struct error_list *faults)
{
    const struct field_path up = field_child(NULL, "levels");
    const struct field_path path = field_item(&up, factor->count);
    if (value->type != VALUE_MAP) {
        error_list_add(faults, value->at,
                       "factor %s has no path: its levels are maps with a name (or say which field "
                       "they are values of: path: spec.replicas)",
                       factor->name);
        return;
    }
    if (!shape_check(value, &level_shape, &path, faults))
        return;
    const char *name = value_get(value, "name")->text;
    struct experiment_level *level = add_level(factor, mem_text(name, strlen(name)));
    level->edit = (struct edit){ .level = value, .directory = experiment->base.directory };
}

static void add_policies(struct experiment *experiment, struct experiment_factor *factor,
                         const struct value *policies)
{
    for (size_t i = 0; i < shape_count(policies); i++) {
        const struct value *policy = shape_at(policies, i);
        struct value *level = value_new_map();
        level->at = policy->at;
        value_set(level, "name", value_hold(policy));
        value_set(level, "policy", value_hold(policy));
        struct experiment_level *added =
            add_level(factor, mem_text(policy->text, strlen(policy->text)));
        added->edit = (struct edit){ .level = experiment_keep_document(experiment, level) };
    }
}

static void check_names(const struct experiment_factor *factor, const struct value *from,
                        struct error_list *faults)
{
    for (size_t i = 0; i < factor->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(factor->levels[i].name, factor->levels[j].name) == 0)
                error_list_add(faults, from->at, "factor %s has two levels called \"%s\"",
                               factor->name, factor->levels[i].name);
}

static void read_factor(struct experiment *experiment, struct experiment_factor *factor,
                        const struct value *from, struct error_list *faults)
{
    const struct value *levels = shape_get(from, "levels"), *policies = shape_get(from, "policies");
    const bool has_path = shape_get(from, "path") != NULL;
    factor->name = value_get(from, "name")->text;
    factor->range = shape_get(from, "range");
    if ((levels != NULL) + (policies != NULL) + (factor->range != NULL) != 1 ||
        (levels != NULL && levels->count == 0)) {
        error_list_add(faults, from->at, "factor %s needs one of levels, policies and range",
                       factor->name);
        return;
    }
    if (factor->range != NULL && !has_path)
        error_list_add(faults, from->at, "factor %s: a range needs the path of its field",
                       factor->name);
    for (size_t i = 0; levels != NULL && i < levels->count; i++)
        if (has_path)
            add_value(from, factor, levels->items[i]);
        else
            add_map(experiment, factor, levels->items[i], faults);
    add_policies(experiment, factor, policies);
    check_names(factor, from, faults);
}

/* ── the baseline ── */

static struct experiment_factor *find_factor(const struct experiment *experiment, const char *name)
{
    for (size_t i = 0; i < experiment->factor_count; i++)
        if (strcmp(experiment->factors[i].name, name) == 0)
            return &experiment->factors[i];
    return NULL;
}

static void read_baseline_of(const struct experiment *experiment, const struct value_entry *entry,
                             struct error_list *faults)
{
    struct experiment_factor *factor = find_factor(experiment, entry->key);
    struct nearest near = nearest_to(entry->key);
    if (factor == NULL) {
        for (size_t i = 0; i < experiment->factor_count; i++)
            nearest_offer(&near, experiment->factors[i].name);
        error_list_add(faults, entry->at, "baseline: no factor is called %s%s%s%s", entry->key,
                       near.found ? " (did you mean " : "", near.found ? near.found : "",
                       near.found ? "?)" : "");
        return;
    }
    char *wanted = shape_scalar_text(entry->value);
    for (factor->baseline = 0; factor->baseline < factor->count; factor->baseline++)
        if (strcmp(factor->levels[factor->baseline].name, wanted) == 0)
            break;
    if (factor->baseline == factor->count)
        error_list_add(faults, entry->value->at, "baseline: factor %s has no level \"%s\"",
                       factor->name, wanted);
    free(wanted);
}

bool experiment_read_factors(struct experiment *experiment, const struct value *spec,
                             struct error_list *faults)
{
    const size_t before = faults->count;
    const struct value *factors = shape_get(spec, "factors"),
                       *baseline = shape_get(spec, "baseline");
    experiment->factor_count = shape_count(factors);
    experiment->factors = mem_new((experiment->factor_count + 1) * sizeof *experiment->factors);
    for (size_t i = 0; i < experiment->factor_count; i++) {
        const struct value *from = shape_at(factors, i);
        read_factor(experiment, &experiment->factors[i], from, faults);
        for (size_t j = 0; j < i; j++)
            if (strcmp(experiment->factors[j].name, experiment->factors[i].name) == 0)
                error_list_add(faults, from->at, "a second factor %s", experiment->factors[i].name);
    }
    for (size_t i = 0; baseline != NULL && i < baseline->count; i++)
        read_baseline_of(experiment, &baseline->entries[i], faults);
    return faults->count == before;
}

/* ── the design ── */

/* The number at a place of a range, as the user would write it; a new reference. */
static struct value *value_in(const struct value *range, double place)
{
    const double from = value_double(value_get(range, "from"), 0),
                 to = value_double(value_get(range, "to"), 0);
    const bool is_log = strcmp(value_text(value_get(range, "scale"), "linear"), "log") == 0;
    const bool is_whole = value_truth(value_get(range, "whole"), false);
    const char *unit = value_text(value_get(range, "unit"), "");
    double number = is_log     ? from * pow(to / from, place)
                    : is_whole ? floor(from + place * (to - from + 1))
                               : from + place * (to - from);
    if (is_whole)
        number = round(number);
    char *text = mem_format(is_whole ? "%.0f%s" : "%.6g%s", number, unit);
    struct value *value = *unit != '\0' ? value_new_string(text) : value_new_number(text);
    free(text);
    value->at = range->at;
    return value;
}

static bool check_ranges(const struct experiment *experiment, bool is_hypercube,
                         struct error_list *faults)
{
    const size_t before = faults->count;
    for (size_t i = 0; i < experiment->factor_count; i++) {
        const struct value *range = experiment->factors[i].range;
        const double from = value_double(value_get(range, "from"), 0),
                     to = value_double(value_get(range, "to"), 0);
        const bool is_log = strcmp(value_text(value_get(range, "scale"), ""), "log") == 0;
        if (range == NULL)
            continue;
        if (!is_hypercube)
            error_list_add(faults, range->at,
                           "factor %s: a range needs design: {latinHypercube: {points: ...}}",
                           experiment->factors[i].name);
        if (from >= to)
            error_list_add(faults, range->at, "factor %s: the range is empty",
                           experiment->factors[i].name);
        if (from <= 0 && is_log)
            error_list_add(faults, range->at, "factor %s: a logarithmic range begins above 0",
                           experiment->factors[i].name);
        else if (!isfinite(to - from) || (is_log && !isfinite(to / from)))
            error_list_add(faults, range->at, "factor %s: the range is wider than numbers go",
                           experiment->factors[i].name);
    }
    return faults->count == before;
}

static bool lay_out(struct experiment *experiment, const struct value *spec, struct design *design,
                    struct error_list *faults)
{
    const struct value *given = shape_get(spec, "design");
    const struct value *hypercube = shape_get(given, "latinHypercube");
    const char *name = given == NULL ? "fullFactorial" : value_text(given, "latinHypercube");
    struct design_factor *factors = mem_new((experiment->factor_count + 1) * sizeof *factors);
    for (size_t i = 0; i < experiment->factor_count; i++)
        factors[i] =
            (struct design_factor){ experiment->factors[i].count, experiment->factors[i].baseline };
    bool good = check_ranges(experiment, hypercube != NULL, faults);
    experiment->design = name;
    if (good && hypercube != NULL) {
        struct stream stream = stream_of(experiment->seed, "", "design", "latin-hypercube", 0);
        *design =
            design_latin_hypercube(factors, experiment->factor_count,
                                   (size_t)value_int(value_get(hypercube, "points"), 1), &stream);
    } else if (good && strcmp(name, "oneAtATime") == 0) {
        *design = design_one_at_a_time(factors, experiment->factor_count);
    } else if (good && strcmp(name, "fullFactorial") != 0) {
        good = error_list_add(faults, given->at,
                              "design \"%s\" is none of fullFactorial, oneAtATime and "
                              "{latinHypercube: {points: ...}}",
                              name);
    } else if (good && design_full_size(factors, experiment->factor_count) > DESIGN_POINTS_MOST) {
        good = error_list_add(faults, shape_get(spec, "factors")->at,
                              "the factors have more than %d combinations (try design: oneAtATime)",
                              DESIGN_POINTS_MOST);
    } else if (good) {
        *design = design_full_factorial(factors, experiment->factor_count);
    }
    free(factors);
    return good;
}

/* The level of a factor at a point: of a range a new one. */
static size_t level_at(struct experiment *experiment, size_t factor_number, struct design_cell cell,
                       const struct value *from)
{
    struct experiment_factor *factor = &experiment->factors[factor_number];
    if (factor->range == NULL)
        return cell.level;
    add_value(from, factor,
              experiment_keep_document(experiment, value_in(factor->range, cell.place)));
    return factor->count - 1;
}

static char *name_of_point(const struct experiment *experiment, const size_t *levels)
{
    struct writer out = { 0 };
    for (size_t i = 0; i < experiment->factor_count; i++)
        writer_format(&out, "%s%s=%s", i > 0 ? " " : "", experiment->factors[i].name,
                      experiment->factors[i].levels[levels[i]].name);
    if (out.length == 0)
        writer_format(&out, "as it is");
    char *name = mem_text(out.bytes, out.length);
    writer_close(&out);
    return name;
}

static void make_point(struct experiment *experiment, struct experiment_point *point,
                       const size_t *levels)
{
    const size_t count = experiment->factor_count;
    point->levels = mem_new((count + 1) * sizeof *point->levels);
    point->edits = mem_new((count + 1) * sizeof *point->edits);
    memcpy(point->levels, levels, count * sizeof *levels);
    for (size_t i = 0; i < count; i++)
        point->edits[i] = &experiment->factors[i].levels[levels[i]].edit;
    point->edit_count = count;
    point->name = name_of_point(experiment, levels);
}

/* The levels of all points: ranges have got theirs before anybody points at one. */
static size_t *levels_of(struct experiment *experiment, const struct value *spec,
                         const struct design *design)
{
    const struct value *factors = shape_get(spec, "factors");
    size_t *levels = mem_new((design->points * design->factors + 1) * sizeof *levels);
    for (size_t point = 0; point < design->points; point++)
        for (size_t i = 0; i < design->factors; i++)
            levels[point * design->factors + i] =
                level_at(experiment, i, design_at(design, point, i), shape_at(factors, i));
    return levels;
}

/* ── the counterfactual ── */

/* A point like the baseline, without one cause. */
static void make_without(struct experiment *experiment, const struct value *failure)
{
    struct experiment_point *point = &experiment->points[experiment->point_count++];
    const char *cause = variant_cause(failure);
    make_point(experiment, point, experiment->points[experiment->baseline].levels);
    point->off.level = experiment_keep_document(experiment, variant_without(failure));
    point->edits[point->edit_count++] = &point->off;
    point->without = mem_text(cause, strlen(cause));
    free(point->name);
    point->name = mem_format("without %s", cause);
}

/* The entries of the baseline's failures, each once. */
static size_t causes_of(const struct experiment *experiment, const struct value ***causes)
{
    const struct documents *failures =
        &experiment->points[experiment->baseline].inputs.scenario.failures;
    size_t count = 0;
    *causes = mem_new((failures->count + 1) * sizeof **causes);
    for (size_t i = 0; i < failures->count; i++) {
        bool known = false;
        for (size_t j = 0; j < count; j++)
            known = known ||
                    strcmp(variant_cause((*causes)[j]), variant_cause(failures->items[i])) == 0;
        if (!known)
            (*causes)[count++] = failures->items[i];
    }
    return count;
}

static void make_counterfactual(struct experiment *experiment)
{
    const struct value **causes;
    const size_t count = causes_of(experiment, &causes);
    experiment->points = mem_resize(experiment->points, (experiment->point_count + count + 1) *
                                                            sizeof *experiment->points);
    memset(&experiment->points[experiment->point_count], 0,
           (count + 1) * sizeof *experiment->points);
    for (size_t i = 0; i < count; i++)
        make_without(experiment, causes[i]);
    free(causes);
}

/* ── scenarios of points ── */

/* Warnings that another point gave already are not worth repeating. */
static void keep_new(struct error_list *from, struct error_list *warnings)
{
    for (size_t i = 0; i < from->count; i++) {
        bool known = false;
        for (size_t j = 0; j < warnings->count && !known; j++)
            known = strcmp(warnings->items[j].text, from->items[i].text) == 0;
        if (!known)
            error_list_take(warnings, &from->items[i]);
    }
    error_list_close(from);
}

/* Nobody waits for the first run to hear that there is no such policy. */
static void check_policy(const struct experiment_point *point, struct error_list *faults)
{
    struct error error = { 0 };
    if (point->policy != NULL && !policy_exists(point->policy, &error))
        error_list_take(faults, &error);
}

static void read_point(struct experiment *experiment, struct experiment_point *point,
                       struct error_list *faults, struct error_list *warnings)
{
    struct error_list found = { 0 }, told = { 0 };
    variant_read(&point->inputs, &experiment->base, point->edits, point->edit_count, &point->policy,
                 &found, &told);
    check_policy(point, &found);
    for (size_t i = 0; i < found.count; i++) {
        if (experiment->factor_count > 0)
            error_wrap(&found.items[i], "%s", point->name);
        error_list_take(faults, &found.items[i]);
    }
    error_list_close(&found);
    keep_new(&told, warnings);
}

bool experiment_make_points(struct experiment *experiment, const struct value *spec,
                            struct error_list *faults, struct error_list *warnings)
{
    struct design design = { 0 };
    const size_t before = faults->count;
    if (!lay_out(experiment, spec, &design, faults))
        return false;
    size_t *levels = levels_of(experiment, spec, &design);
    experiment->points = mem_new((design.points + 1) * sizeof *experiment->points);
    experiment->baseline = design.baseline;
    for (size_t i = 0; i < design.points; i++) {
        make_point(experiment, &experiment->points[experiment->point_count++],
                   &levels[i * design.factors]);
        if (faults->count - before < 20) /* more are the same again */
            read_point(experiment, &experiment->points[i], faults, warnings);
    }
    const bool has_baseline = design.baseline < design.points;
    free(levels);
    design_close(&design);
    if (experiment->wants_counterfactual && faults->count == before && has_baseline) {
        const size_t first = experiment->point_count;
        make_counterfactual(experiment);
        for (size_t i = first; i < experiment->point_count; i++)
            read_point(experiment, &experiment->points[i], faults, warnings);
    }
    if (!has_baseline)
        experiment->baseline = experiment->point_count;
    return faults->count == before;
}
