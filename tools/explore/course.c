/* How a seed varies a run: see docs/explore.md.
 *
 * Not everything at once: a seed leaves about half of the things that may vary in their usual course, and
 * some seeds vary next to nothing, so that what needs one thing late and another in time is found. */
#include "tools/explore/course.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static const sim_time most_jitter = 20 * SIM_SECOND;

/* ---- strength ---- */

static bool is_wanted(const struct variance *variance, const char *item)
{
    for (size_t i = 0; i < variance->count; i++)
        if (strcmp(variance->items[i], item) == 0)
            return true;
    return !variance->only;
}

static double strength_of(void *context, const char *what, const char *whose)
{
    struct course *course = context;
    char *item = mem_format("%s:%s", what, whose);
    struct stream stream = stream_of(course->variance->seed, "explore", whose, what, 0);
    const double u = stream_uniform(&stream), v = stream_uniform(&stream);
    double strength = is_wanted(course->variance, item) && u < course->wildness ? v : 0;
    course->loses |= strength > 0 && strcmp(what, "watch-lost") == 0;
    if (strength > 0 && course->varied != NULL) {
        struct variance *varied = course->varied;
        bool known = false;
        for (size_t i = 0; i < varied->count; i++)
            known |= strcmp(varied->items[i], item) == 0;
        if (!known) {
            MEM_GROW(varied->items, varied->count, varied->capacity);
            varied->items[varied->count++] = item;
            return strength;
        }
    }
    free(item);
    return strength;
}

static double wildness_of(uint64_t seed)
{
    static const double levels[] = { 0.1, 0.3, 0.5, 0.5, 0.8 };
    struct stream stream = stream_of(seed, "explore", "", "wildness", 0);
    return levels[stream_below(&stream, sizeof levels / sizeof *levels)];
}

/* ---- times of the scenario ---- */

/* So much later or earlier, from one stream. */
struct jitter {
    double strength;
    struct stream stream;
};

static struct jitter jitter_of(struct course *course, const char *whose)
{
    return (struct jitter){
        .strength = strength_of(course, "times", whose),
        .stream = stream_of(course->variance->seed, "explore", whose, "jitter", 0),
    };
}

static sim_time jitter_time(struct jitter *jitter, sim_time at, sim_time end)
{
    if (jitter->strength <= 0)
        return at;
    const double u = 2 * stream_uniform(&jitter->stream) - 1;
    const double shift = u * (u < 0 ? -u : u) * jitter->strength * (double)most_jitter;
    const sim_time moved = at + (sim_time)shift;
    return moved < 0 ? 0 : moved < end ? moved : end;
}

/* What users do keeps its order. */
static void vary_timeline(struct course *course)
{
    struct scenario *scenario = &course->scenario;
    struct jitter jitter = jitter_of(course, "timeline");
    struct scenario_action *actions =
        mem_new((scenario->action_count + 1) * sizeof *scenario->actions);
    sim_time last = 0;
    for (size_t i = 0; i < scenario->action_count; i++) {
        actions[i] = scenario->actions[i];
        actions[i].at = jitter_time(&jitter, actions[i].at, scenario->duration);
        if (actions[i].at < last)
            actions[i].at = last;
        last = actions[i].at;
    }
    scenario->actions = actions;
}

static struct value *moved_time(struct jitter *jitter, const struct value *at, sim_time end)
{
    char text[SIM_TIME_TEXT];
    sim_time time;
    struct error error = { 0 };
    const bool parsed = value_text(at, NULL) != NULL
                            ? sim_time_parse(value_text(at, ""), at->at, &time, &error)
                            : (time = sim_time_from_seconds(value_double(at, 0)), true);
    error_close(&error);
    if (!parsed)
        return value_hold(at);
    return value_new_string(sim_time_print(jitter_time(jitter, time, end), text));
}

static bool is_list(const struct value *value)
{
    return value != NULL && value->type == VALUE_LIST;
}

static void vary_failures(struct course *course)
{
    struct scenario *scenario = &course->scenario;
    struct jitter jitter = jitter_of(course, "failures");
    const struct documents from = scenario->failures;
    scenario->failures = (struct documents){ 0 };
    for (size_t i = 0; i < from.count; i++) {
        struct value *entry = value_hold(from.items[i]);
        const struct value *at = value_get(entry, "at");
        struct value *moved = is_list(at) ? value_new_list() : NULL;
        for (size_t j = 0; is_list(at) && j < at->count; j++)
            value_add(moved, moved_time(&jitter, at->items[j], scenario->duration));
        if (at != NULL && !is_list(at))
            moved = moved_time(&jitter, at, scenario->duration);
        if (moved != NULL)
            value_set(value_own(&entry), "at", moved);
        MEM_GROW(scenario->failures.items, scenario->failures.count, scenario->failures.capacity);
        scenario->failures.items[scenario->failures.count++] = entry;
    }
}

/* ---- how long things take ---- */

/* Instead of a constant, anything from a fraction of it to its threefold. */
static void vary_timing(struct course *course, struct distribution **slot, const char *whose,
                        double usual)
{
    const double strength = strength_of(course, "durations", whose);
    if (strength <= 0 || *slot == NULL || !distribution_is_constant(*slot))
        return;
    const double mean = distribution_mean(*slot) > 0 ? distribution_mean(*slot) : usual;
    distribution_free(*slot);
    *slot = distribution_new_uniform(mean * (1 - 0.9 * strength), mean * (1 + 2 * strength));
}

static void vary_timings(struct course *course)
{
    struct settings *settings = &course->scenario.settings;
    vary_timing(course, &settings->container_start, "containerStart", 1);
    vary_timing(course, &settings->container_ready, "containerReady", 1);
    vary_timing(course, &settings->container_stop, "containerStop", 1);
    vary_timing(course, &settings->pre_stop, "preStop", 1);
    vary_timing(course, &settings->api_write, "apiWrite", 0.01);
}

/* ---- the whole ---- */

void course_init(struct course *course, const struct scenario *scenario,
                 const struct variance *variance, struct variance *varied)
{
    *course = (struct course){ .variance = variance,
                               .varied = varied,
                               .wildness = wildness_of(variance->seed),
                               .scenario = *scenario };
    course->variation = (struct variation){
        .strength = strength_of,
        .context = course,
        .from = variance->from,
        .until = variance->until > 0 ? variance->until : scenario->duration,
    };
    course->scenario.seed = variance->seed;
    course->scenario.measure_from = 0;
    course->scenario.settings = settings_copy(&scenario->settings);
    vary_timeline(course);
    vary_failures(course);
    vary_timings(course);
}

void course_close(struct course *course)
{
    struct scenario *scenario = &course->scenario;
    free(scenario->actions);
    for (size_t i = 0; i < scenario->failures.count; i++)
        value_drop(scenario->failures.items[i]);
    free(scenario->failures.items);
    settings_close(&scenario->settings);
}
