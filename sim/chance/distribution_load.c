/* Distributions as a scenario writes them, in and out. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/chance/distribution_private.h"
#include "sim/chance/parameters.h"
#include "sim/chance/published.h"

/* ---- parameters ---- */

/* A number, or where it is an amount a duration in seconds. */
static bool number_load(const struct value *from, bool is_amount, double *number, bool *in_time,
                        struct error *error)
{
    sim_time time;
    if (from->type == VALUE_NUMBER) {
        *number = value_double(from, NAN);
        return true;
    }
    if (from->type != VALUE_STRING || !is_amount)
        return error_set(error, from->at, "is not a %s", is_amount ? "duration" : "number");
    if (!sim_time_parse(from->text, from->at, &time, error))
        return false;
    *number = sim_time_to_seconds(time);
    *in_time = true;
    return true;
}

static bool parameter_load(const struct value *from, const struct parameter *parameter,
                           double *number, bool *in_time, struct error *error)
{
    if (!number_load(from, parameter->is_amount, number, in_time, error))
        return error_wrap(error, "%s", parameter->name);
    const char *fault = range_fault(parameter->range, *number);
    return fault == NULL || error_set(error, from->at, "%s %s", parameter->name, fault);
}

/* ---- families ---- */

static struct distribution *load_parameters(const struct family *family, const struct value *map,
                                            struct error *error)
{
    const char *names[DISTRIBUTION_PARAMETERS + 1] = { NULL };
    double numbers[DISTRIBUTION_PARAMETERS] = { 0 };
    bool in_time = false;
    for (int i = 0; i < DISTRIBUTION_PARAMETERS; i++)
        names[i] = family->parameters[i].name;
    if (!parameters_check(map, names, error))
        return NULL;
    for (int i = 0; names[i] != NULL; i++) {
        const struct value *from = parameters_need(map, names[i], error);
        if (from == NULL ||
            !parameter_load(from, &family->parameters[i], &numbers[i], &in_time, error))
            return NULL;
    }
    if (family == family_find("uniform") && numbers[0] > numbers[1]) {
        error_set(error, value_get(map, "upper")->at, "upper is below lower");
        return NULL;
    }
    struct distribution *distribution = distribution_new(family, numbers[0], numbers[1]);
    distribution->in_time = in_time;
    return distribution;
}

/* "p99.9" is 0.999; 0 for anything else. */
static double read_percentile(const char *key)
{
    double percent = 0, scale = 1;
    if (*key++ != 'p' || *key < '0' || *key > '9')
        return 0;
    for (; *key >= '0' && *key <= '9'; key++)
        percent = percent * 10 + (*key - '0');
    if (*key == '.')
        for (key++; *key >= '0' && *key <= '9'; key++) {
            percent = percent * 10 + (*key - '0');
            scale *= 10;
        }
    percent /= scale;
    return *key == '\0' && percent > 0 && percent < 100 ? percent / 100 : 0;
}

static struct distribution *load_quantiles(const struct value *map, struct error *error)
{
    double p[2] = { 0 }, at[2] = { 0 };
    bool in_time = false;
    if (map->count != 2) {
        error_set(error, map->at, "needs two quantiles, as {p50: 2s, p99: 30s}");
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        const struct value_entry *entry = &map->entries[i];
        const struct parameter parameter = { entry->key, true, POSITIVE };
        p[i] = read_percentile(entry->key);
        if (p[i] == 0) {
            error_set(error, entry->at, "\"%.60s\" is not a quantile (try p50, p99 or p99.9)",
                      entry->key);
            return NULL;
        }
        if (!parameter_load(entry->value, &parameter, &at[i], &in_time, error))
            return NULL;
    }
    struct distribution *distribution = distribution_new(family_find("lognormal"), 0, 1);
    distribution->in_time = in_time;
    if (lognormal_fit(distribution, p, at))
        return distribution;
    error_set(error, map->at, "the larger quantile must have the larger value");
    distribution_free(distribution);
    return NULL;
}

static bool names_quantile(const struct value *map)
{
    for (size_t i = 0; i < map->count; i++)
        if (read_percentile(map->entries[i].key) > 0)
            return true;
    return false;
}

/* A list of numbers that are not negative, into new memory. */
static double *load_numbers(const struct value *list, const struct parameter *parameter,
                            bool *in_time, struct error *error)
{
    if (list->type != VALUE_LIST || list->count == 0) {
        error_set(error, list->at, "%s must be a list of at least one", parameter->name);
        return NULL;
    }
    double *numbers = mem_new(list->count * sizeof *numbers);
    for (size_t i = 0; i < list->count; i++)
        if (!parameter_load(list->items[i], parameter, &numbers[i], in_time, error)) {
            free(numbers);
            return NULL;
        }
    return numbers;
}

static bool check_weights(const struct value *values, const struct value *list,
                          const double *weights, struct error *error)
{
    double sum = 0;
    if (list->count != values->count)
        return error_set(error, list->at, "there are %zu weights for %zu values", list->count,
                         values->count);
    for (size_t i = 0; i < list->count; i++)
        sum += weights[i];
    return sum > 0 || error_set(error, list->at, "all weights are 0");
}

static struct distribution *load_empirical(const struct value *map, struct error *error)
{
    static const struct parameter value = { "values", true, NOT_NEGATIVE };
    static const struct parameter weight = { "weights", false, NOT_NEGATIVE };
    const char *const names[] = { value.name, weight.name, NULL };
    struct distribution *distribution = NULL;
    double *values = NULL, *weights = NULL;
    bool in_time = false, ignored = false;

    const struct value *value_list = NULL, *weight_list = value_get(map, weight.name);
    if (!parameters_check(map, names, error) ||
        (value_list = parameters_need(map, value.name, error)) == NULL ||
        (values = load_numbers(value_list, &value, &in_time, error)) == NULL)
        goto done;
    if (weight_list != NULL &&
        ((weights = load_numbers(weight_list, &weight, &ignored, error)) == NULL ||
         !check_weights(value_list, weight_list, weights, error)))
        goto done;
    distribution = distribution_new_empirical(values, weights, value_list->count);
    distribution->in_time = in_time;
done:
    free(values);
    free(weights);
    return distribution;
}

/* One part of a mixture: {weight, of}. */
static struct distribution *load_part(const struct value *from, double *weight, struct error *error)
{
    static const struct parameter parameter = { "weight", false, NOT_NEGATIVE };
    static const char *const names[] = { "weight", "of", NULL };
    const struct value *number, *of;
    bool ignored = false;
    if (from->type != VALUE_MAP) {
        error_set(error, from->at, "a part is {weight: 1, of: {...}}");
        return NULL;
    }
    if (!parameters_check(from, names, error) ||
        (number = parameters_need(from, "weight", error)) == NULL ||
        (of = parameters_need(from, "of", error)) == NULL ||
        !parameter_load(number, &parameter, weight, &ignored, error))
        return NULL;
    return distribution_load(of, error);
}

enum { MOST_PARTS = 100 };

static struct distribution *load_mixture(const struct value *list, struct error *error)
{
    struct distribution *parts[MOST_PARTS] = { NULL }, *mixture = NULL;
    double weights[MOST_PARTS], total = 0;
    size_t count = 0;
    if (list->type != VALUE_LIST || list->count == 0 || list->count > MOST_PARTS) {
        error_set(error, list->at, "must be a list of parts, {weight: 1, of: {...}}, at most %d",
                  MOST_PARTS);
        return NULL;
    }
    for (; count < list->count; count++) {
        parts[count] = load_part(list->items[count], &weights[count], error);
        if (parts[count] == NULL)
            goto done;
        total += weights[count];
    }
    if (total > 0)
        mixture = distribution_new_mixture(parts, weights, count);
    else
        error_set(error, list->at, "all weights are 0");
done:
    for (size_t i = 0; i < count; i++)
        distribution_free(parts[i]);
    return mixture;
}

static struct distribution *load_published(const struct value *name, struct error *error)
{
    struct distribution *known = distribution_new_published(value_text(name, ""));
    struct nearest near = nearest_to(value_text(name, ""));
    if (known != NULL)
        return known;
    for (size_t i = 0; i < published_count; i++)
        nearest_offer(&near, published_table[i].name);
    error_set(error, name->at, "nothing is published under \"%.60s\" (did you mean %s?)",
              value_text(name, ""), near.found ? near.found : published_table[0].name);
    return NULL;
}

static struct distribution *load_family(const struct family *family, const struct value *map,
                                        struct error *error)
{
    if (family == family_find("mixture"))
        return load_mixture(map, error);
    if (map->type != VALUE_MAP) {
        error_set(error, map->at, "has no parameters");
        return NULL;
    }
    if (family == family_find("empirical"))
        return load_empirical(map, error);
    if (family == family_find("lognormal") && names_quantile(map))
        return load_quantiles(map, error);
    return load_parameters(family, map, error);
}

static void unknown_family(const struct value_entry *entry, struct error *error)
{
    struct nearest near = nearest_to(entry->key);
    for (size_t i = 0; i < family_count; i++)
        nearest_offer(&near, families[i].name);
    error_set(error, entry->at, "unknown distribution \"%.60s\" (try %s)", entry->key,
              near.found ? near.found
                         : "exponential, uniform, weibull, gamma, pareto, lognormal, "
                           "empirical, mixture or published");
}

struct distribution *distribution_load(const struct value *from, struct error *error)
{
    struct distribution *distribution = NULL;
    if (from->type == VALUE_NUMBER || from->type == VALUE_STRING) {
        const struct parameter value = { "a constant", true, NOT_NEGATIVE };
        double number;
        bool in_time = false;
        if (!parameter_load(from, &value, &number, &in_time, error))
            return NULL;
        distribution = distribution_new_constant(number);
        distribution->in_time = in_time;
    } else if (from->type != VALUE_MAP || from->count != 1) {
        error_set(error, from->at,
                  "a distribution is a value (2s) or one name with its parameters "
                  "({exponential: {mean: 10m}})");
    } else if (strcmp(from->entries[0].key, "published") == 0) {
        distribution = load_published(from->entries[0].value, error);
    } else if (family_find(from->entries[0].key) == NULL) {
        unknown_family(&from->entries[0], error);
    } else {
        const struct family *family = family_find(from->entries[0].key);
        distribution = load_family(family, from->entries[0].value, error);
        if (distribution == NULL)
            error_wrap(error, "%s", family->name);
    }
    return distribution;
}

/* ---- printing ---- */

/* The fewest digits that read back as the same number. */
static struct value *print_number(double number)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return value_new_number(text);
}

/* A duration if it was one and nanoseconds can say it. */
static struct value *print_amount(const struct distribution *distribution, double amount)
{
    char text[SIM_TIME_TEXT];
    const sim_time time = sim_time_from_seconds(amount);
    if (!distribution->in_time || sim_time_to_seconds(time) != amount)
        return print_number(amount);
    return value_new_string(sim_time_print(time, text));
}

static struct value *print_quantiles(const struct distribution *distribution)
{
    struct value *map = value_new_map();
    for (int i = 0; i < 2; i++) {
        char key[40];
        snprintf(key, sizeof key, "p%.12g", distribution->given.p[i] * 100);
        value_set(map, key, print_amount(distribution, distribution->given.at[i]));
    }
    return map;
}

static struct value *print_outcomes(const struct distribution *distribution)
{
    struct value *map = value_new_map(), *values = value_new_list(), *weights = value_new_list();
    for (size_t i = 0; i < distribution->count; i++) {
        value_add(values, print_amount(distribution, distribution->outcomes[i].value));
        value_add(weights, print_number(distribution->outcomes[i].weight));
    }
    value_set(map, "values", values);
    value_set(map, "weights", weights);
    return map;
}

static struct value *print_parameters(const struct distribution *distribution)
{
    struct value *map = value_new_map();
    for (int i = 0; i < DISTRIBUTION_PARAMETERS; i++) {
        const struct parameter *parameter = &distribution->family->parameters[i];
        const double number = distribution->parameters[i];
        if (parameter->name != NULL)
            value_set(map, parameter->name,
                      parameter->is_amount ? print_amount(distribution, number)
                                           : print_number(number));
    }
    return map;
}

static struct value *print_parts(const struct distribution *distribution)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < distribution->count; i++) {
        struct value *part = value_new_map();
        value_set(part, "weight", print_number(distribution->outcomes[i].weight));
        value_set(part, "of", distribution_print(distribution->parts[i]));
        value_add(list, part);
    }
    return list;
}

struct value *distribution_print(const struct distribution *distribution)
{
    struct value *map = NULL, *parameters;
    if (distribution->published == NULL && distribution_is_constant(distribution))
        return print_amount(distribution, distribution->parameters[0]);
    map = value_new_map();
    if (distribution->published != NULL) {
        value_set(map, "published", value_new_string(distribution->published->name));
        return map;
    }
    if (distribution->parts != NULL)
        parameters = print_parts(distribution);
    else if (distribution->count > 0)
        parameters = print_outcomes(distribution);
    else if (distribution->given.p[0] > 0)
        parameters = print_quantiles(distribution);
    else
        parameters = print_parameters(distribution);
    value_set(map, distribution->family->name, parameters);
    return map;
}
