/* Make a scenario smaller as long as it still breaks the same invariant.
 *
 * Delta debugging: parts are left out, many at once before single ones; numbers are lowered; what is
 * varied is taken away. A candidate is played under the seed that was found and, when that shows
 * nothing, under a few more: what is left out may have shifted other luck. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/explore/exploration.h"

enum { MOST_RUNS = 3000, OTHER_SEEDS = 8, ROUNDS = 4 };

struct shrinking {
    const struct scenario *original;
    struct shrunk best;
    void (*progress)(void *context, double done);
    void *context;
    bool changed;
};

/* ---- one candidate ---- */

static bool play(struct shrinking *shrinking, const struct scenario *scenario,
                 struct variance *variance, struct finding *finding)
{
    const uint64_t seed = variance->seed;
    for (uint64_t i = 0; i <= OTHER_SEEDS && shrinking->best.tried < MOST_RUNS; i++) {
        variance->seed = seed + i;
        shrinking->best.tried++;
        *finding = explore_apart(scenario, variance);
        if (strcmp(finding->invariant, shrinking->best.finding.invariant) == 0)
            return true;
    }
    variance->seed = seed;
    return false;
}

static bool load(const struct shrinking *shrinking, const struct value *document,
                 struct scenario *scenario)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    char *text = json_text(document, (struct json_style){ .indent = 0 });
    scenario_init(scenario);
    scenario->settings.zones = shrinking->original->settings.zones;
    const bool well =
        scenario_load(scenario, text, strlen(text), "shrunk", NULL, false, &faults, &warnings);
    scenario_complete(scenario); /* as the program does that replays it */
    error_list_close(&faults);
    error_list_close(&warnings);
    free(text);
    return well;
}

/* Keep the candidate if it breaks the same invariant. Takes both. */
static bool offer(struct shrinking *shrinking, struct value *document, struct variance variance)
{
    struct scenario scenario;
    struct finding finding;
    const bool better =
        load(shrinking, document, &scenario) && play(shrinking, &scenario, &variance, &finding);
    scenario_close(&scenario);
    if (shrinking->progress != NULL)
        shrinking->progress(shrinking->context, (double)shrinking->best.tried / MOST_RUNS);
    struct value *dropped = better ? shrinking->best.document : document;
    struct variance old = better ? shrinking->best.variance : variance;
    if (better) {
        shrinking->best.document = document;
        shrinking->best.variance = variance;
        shrinking->best.finding = finding;
        shrinking->changed = true;
    }
    value_drop(dropped);
    variance_close(&old);
    return better;
}

static bool offer_document(struct shrinking *shrinking, struct value *document)
{
    return offer(shrinking, document, variance_copy(&shrinking->best.variance));
}

static bool offer_variance(struct shrinking *shrinking, struct variance variance)
{
    return offer(shrinking, value_hold(shrinking->best.document), variance);
}

/* ---- lists of the scenario ---- */

static struct value *spec_of(struct value **document)
{
    return value_own(value_slot(value_own(document), "spec"));
}

static size_t length_of(const struct shrinking *shrinking, const char *list)
{
    const struct value *value = value_path(shrinking->best.document, "spec", list, NULL);
    return value != NULL ? value->count : 0;
}

static struct value *without_items(const struct shrinking *shrinking, const char *name,
                                   size_t first, size_t count)
{
    struct value *document = value_copy(shrinking->best.document);
    struct value *list = value_own(value_slot(spec_of(&document), name));
    for (size_t i = 0; i < count && first < list->count; i++)
        value_cut(list, first);
    return document;
}

static void shrink_list(struct shrinking *shrinking, const char *name)
{
    size_t chunk = (length_of(shrinking, name) + 1) / 2;
    for (; chunk > 0; chunk /= 2)
        for (size_t i = 0; i < length_of(shrinking, name);)
            if (!offer_document(shrinking, without_items(shrinking, name, i, chunk)))
                i += chunk;
}

static void shrink_map(struct shrinking *shrinking, const char *name)
{
    for (size_t i = 0; i < length_of(shrinking, name);) {
        struct value *document = value_copy(shrinking->best.document);
        struct value *map = value_own(value_slot(spec_of(&document), name));
        value_remove(map, map->entries[i].key);
        if (!offer_document(shrinking, document))
            i++;
    }
}

/* ---- numbers ---- */

static struct value *with_number(const struct shrinking *shrinking, size_t object,
                                 const char *field, int64_t number)
{
    struct value *document = value_copy(shrinking->best.document);
    struct value *list = value_own(value_slot(spec_of(&document), "objects"));
    struct value *spec = value_own(value_slot(value_own(&list->items[object]), "spec"));
    value_set(spec, field, value_new_int(number));
    return document;
}

static void shrink_number(struct shrinking *shrinking, size_t object, const char *field)
{
    for (int64_t least = 1;;) {
        const struct value *objects = value_path(shrinking->best.document, "spec", "objects", NULL);
        const struct value *value = value_path(objects->items[object], "spec", field, NULL);
        const int64_t number = value_int(value, 0);
        if (number <= least)
            return;
        if (!offer_document(shrinking, with_number(shrinking, object, field, least)))
            least = least + (number - least + 1) / 2;
        if (least >= number)
            return;
    }
}

static void shrink_numbers(struct shrinking *shrinking)
{
    static const char *const fields[] = { "replicas", "parallelism", "completions",
                                          "minReadySeconds" };
    for (size_t i = 0; i < length_of(shrinking, "objects"); i++)
        for (size_t j = 0; j < sizeof fields / sizeof *fields; j++)
            shrink_number(shrinking, i, fields[j]);
}

/* The scenario ends soon after what was found. */
static void shrink_duration(struct shrinking *shrinking)
{
    sim_time duration = 0;
    struct error error = { 0 };
    const struct value *text = value_path(shrinking->best.document, "spec", "duration", NULL);
    sim_time_parse(value_text(text, "0"), (struct place){ 0 }, &duration, &error);
    error_close(&error);
    const sim_time end = (shrinking->best.finding.at / SIM_SECOND + 1) * SIM_SECOND;
    const sim_time offers[] = { duration / 4, duration / 2, end };
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        char printed[SIM_TIME_TEXT];
        const sim_time rounded = (offers[i] + SIM_SECOND - 1) / SIM_SECOND * SIM_SECOND;
        if (rounded <= 0 || rounded >= duration)
            continue;
        struct value *document = value_copy(shrinking->best.document);
        value_set(spec_of(&document), "duration",
                  value_new_string(sim_time_print(rounded, printed)));
        if (offer_document(shrinking, document))
            return;
    }
}

/* ---- what is varied ---- */

static struct variance without_varied(const struct variance *from, size_t first, size_t count)
{
    struct variance left = variance_copy(from);
    for (size_t i = 0; i < count && first < left.count; i++) {
        free(left.items[first]);
        for (size_t j = first + 1; j < left.count; j++)
            left.items[j - 1] = left.items[j];
        left.count--;
    }
    return left;
}

static void shrink_varied(struct shrinking *shrinking)
{
    struct variance *best = &shrinking->best.variance;
    if (!best->only)
        return;
    for (size_t chunk = (best->count + 1) / 2; chunk > 0; chunk /= 2)
        for (size_t i = 0; i < best->count;)
            if (!offer_variance(shrinking, without_varied(best, i, chunk)))
                i += chunk;
}

static void shrink_window(struct shrinking *shrinking)
{
    const struct variance *best = &shrinking->best.variance;
    struct variance cut = variance_copy(best);
    const sim_time end = (shrinking->best.finding.at / SIM_SECOND + 1) * SIM_SECOND;
    cut.from = best->from;
    cut.until = best->until > 0 && best->until < end ? best->until : end;
    if (best->only && best->count == 0) {
        variance_close(&cut);
        return;
    }
    offer_variance(shrinking, cut);
    for (sim_time size = (best->until - best->from) / 2; size >= SIM_SECOND; size /= 2) {
        struct variance late = variance_copy(best), early = variance_copy(best);
        late.from = (late.from + size) / SIM_SECOND * SIM_SECOND;
        early.until = (early.until - size) / SIM_SECOND * SIM_SECOND;
        if (late.from < late.until && late.from > best->from)
            offer_variance(shrinking, late);
        else
            variance_close(&late);
        if (early.from < early.until && early.until < best->until && best->until > 0)
            offer_variance(shrinking, early);
        else
            variance_close(&early);
    }
}

/* Begin with the names of what the seed varies, so that they can be taken away one by one. */
static void name_varied(struct shrinking *shrinking)
{
    struct variance named = { .seed = shrinking->best.variance.seed, .only = true };
    struct finding finding;
    struct error_list faults = { 0 };
    if (strcmp(shrinking->best.finding.invariant, "crash") == 0)
        return; /* in this process it would be our end */
    explore_once(shrinking->original, &shrinking->best.variance,
                 (struct exploring){ .varied = &named }, &finding, &faults);
    error_list_close(&faults);
    offer_variance(shrinking, named);
}

/* ---- the whole ---- */

/* Leave out what says no more than the defaults. */
static void drop_defaults(struct value *spec, const char *name, const struct value *usual)
{
    struct value *map = value_get(spec, name) ? value_own(value_slot(spec, name)) : NULL;
    for (size_t i = 0; map != NULL && i < map->count;) {
        const struct value *other = value_get(usual, map->entries[i].key);
        if (other != NULL && value_equal(other, map->entries[i].value))
            value_remove(map, map->entries[i].key);
        else
            i++;
    }
    if (map != NULL && map->count == 0)
        value_remove(spec, name);
}

static struct value *print_short(const struct scenario *scenario)
{
    struct scenario empty;
    scenario_init(&empty);
    struct value *document = scenario_print(scenario), *usual = scenario_print(&empty);
    struct value *spec = spec_of(&document);
    drop_defaults(spec, "settings", value_path(usual, "spec", "settings", NULL));
    drop_defaults(spec, "timing", value_path(usual, "spec", "timing", NULL));
    value_remove(spec, "expect");
    value_remove(spec, "measure");
    value_remove(spec, "seed");
    value_drop(usual);
    scenario_close(&empty);
    return document;
}

/* Lists of which nothing is left say nothing. */
static void drop_empty(struct shrinking *shrinking)
{
    static const char *const lists[] = { "timeline", "failures", "objects" };
    struct value *spec = spec_of(&shrinking->best.document);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct value *list = value_get(spec, lists[i]);
        if (list != NULL && list->count == 0)
            value_remove(spec, lists[i]);
    }
}

struct shrunk explore_shrink(const struct scenario *scenario, const struct finding *finding,
                             void (*progress)(void *context, double done), void *context)
{
    struct shrinking shrinking = {
        .original = scenario,
        .best = { .document = print_short(scenario),
                  .variance = { .seed = finding->seed },
                  .finding = *finding },
        .progress = progress,
        .context = context,
    };
    name_varied(&shrinking);
    shrink_varied(&shrinking);
    shrinking.changed = true;
    for (int round = 0; round < ROUNDS && shrinking.changed; round++) {
        shrinking.changed = false;
        shrink_list(&shrinking, "timeline");
        shrink_list(&shrinking, "failures");
        shrink_list(&shrinking, "objects");
        shrink_map(&shrinking, "settings");
        shrink_map(&shrinking, "timing");
        shrink_numbers(&shrinking);
        shrink_duration(&shrinking);
        shrink_varied(&shrinking);
    }
    shrink_window(&shrinking);
    drop_empty(&shrinking);
    return shrinking.best;
}

void shrunk_close(struct shrunk *shrunk)
{
    value_drop(shrunk->document);
    variance_close(&shrunk->variance);
}
