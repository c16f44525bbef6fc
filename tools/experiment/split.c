/* A scenario as splitting sees it. */
#include "tools/experiment/split.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/document_path.h"
#include "models/metrics/availability.h"
#include "sim/base/memory.h"
#include "tools/experiment/split_process.h"

/* ── reading ── */

static const struct shape_field split_fields[] = {
    SHAPE_FIELD("level", SHAPE_TEXT, "how near an outage is: workloads[deployment/web].missing",
                .form = SHAPE_REQUIRED),
    SHAPE_FIELD("thresholds", SHAPE_NUMBER, "levels at which a run is copied, the nearest last",
                .form = SHAPE_LIST | SHAPE_REQUIRED),
    SHAPE_FIELD("copies", SHAPE_COUNT, "runs there are after each threshold, one for each of them",
                .least = 1, .most = 10000, .form = SHAPE_LIST | SHAPE_REQUIRED),
    SHAPE_END,
};
const struct shape split_shape = { .name = "Splitting", .fields = split_fields };

static bool bad_level(const struct value *level, struct error_list *faults)
{
    return error_list_add(faults, level->at,
                          "splitting.level: \"%s\" is no level (try "
                          "workloads[deployment/NAME].missing or services[NAME].ready)",
                          level->text);
}

/* "workloads[deployment/web].missing" in its parts. */
static bool read_level(struct split_plan *plan, const struct value *level,
                       struct error_list *faults)
{
    const char *open = strchr(level->text, '['), *close = strrchr(level->text, ']');
    if (open == NULL || close == NULL || close < open)
        return bad_level(level, faults);
    const char *slash = memchr(open, '/', (size_t)(close - open));
    const char *name = slash != NULL ? slash + 1 : open + 1;
    plan->list = mem_text(level->text, (size_t)(open - level->text));
    plan->row = mem_text(level->text, (size_t)(close + 1 - level->text));
    plan->name = mem_text(name, (size_t)(close - name));
    plan->kind = KIND_SERVICE;
    if (slash != NULL) {
        char *type = mem_text(open + 1, (size_t)(slash - open - 1));
        plan->kind = kind_of_resource(type);
        free(type);
    }
    const bool has_list = strcmp(plan->list, "workloads") == 0
                              ? slash != NULL && plan->kind != KIND_COUNT
                              : strcmp(plan->list, "services") == 0 && plan->kind == KIND_SERVICE;
    plan->descends = strcmp(close, "].ready") == 0;
    return (has_list && *plan->name != '\0' &&
            (plan->descends || strcmp(close, "].missing") == 0)) ||
           bad_level(level, faults);
}

/* A level that descends is turned over, so that importance ascends. */
static bool read_thresholds(struct split_plan *plan, const struct value *thresholds,
                            const struct value *copies, struct error_list *faults)
{
    struct splitting *splitting = &plan->splitting;
    if (thresholds->count == 0 || thresholds->count > SPLITTING_LEVELS)
        return error_list_add(faults, thresholds->at, "splitting.thresholds: 1 to %d of them",
                              SPLITTING_LEVELS);
    if (copies->count != thresholds->count)
        return error_list_add(faults, copies->at,
                              "splitting.copies: one number for each threshold: %zu, not %zu",
                              thresholds->count, copies->count);
    splitting->levels = thresholds->count;
    for (size_t i = 0; i < splitting->levels; i++) {
        const double level = value_double(thresholds->items[i], 0);
        splitting->thresholds[i] = plan->descends ? -level : level;
        splitting->copies[i] = (unsigned)value_int(copies->items[i], 1);
        if (i > 0 && splitting->thresholds[i] <= splitting->thresholds[i - 1])
            return error_list_add(faults, thresholds->items[i]->at,
                                  "splitting.thresholds: they must %s, as the level comes near an "
                                  "outage",
                                  plan->descends ? "descend" : "ascend");
    }
    return true;
}

bool split_plan_read(struct split_plan *plan, const struct value *from, const char *space,
                     struct error_list *faults)
{
    static const struct field_path path = { .name = "splitting" };
    *plan = (struct split_plan){ .kind = KIND_COUNT };
    if (from->type != VALUE_MAP)
        return error_list_add(faults, from->at, "splitting is a map of level, thresholds, copies");
    if (!shape_check(from, &split_shape, &path, faults))
        return false;
    plan->space = space != NULL ? mem_text(space, strlen(space)) : NULL;
    const bool has_level = read_level(plan, shape_get(from, "level"), faults);
    return read_thresholds(plan, shape_get(from, "thresholds"), shape_get(from, "copies"),
                           faults) &&
           has_level;
}

void split_plan_close(struct split_plan *plan)
{
    free(plan->list);
    free(plan->row);
    free(plan->name);
    free(plan->space);
    *plan = (struct split_plan){ 0 };
}

/* ── playing ── */

struct played {
    struct run *run;
    const struct split_plan *plan;
    const struct availability *row;
};

static struct run *run_of(void *state)
{
    return ((struct played *)state)->run;
}

static double importance(void *state)
{
    const struct played *played = state;
    const struct availability *row = played->row;
    return played->plan->descends ? -row->ready : row->wanted - row->ready;
}

static double is_down(void *state)
{
    const struct availability *row = ((struct played *)state)->row;
    return row->ready == 0 && row->wanted > 0;
}

static bool branch(void *state, uint64_t salt, const struct splitting_trial *trial,
                   struct splitting_tally *tally, struct error *error)
{
    return split_by_fork(run_of(state), state, salt, trial, tally, error);
}

static const struct splitting_model scenario_splitting = { run_of, importance, is_down, branch };

bool split_play(struct simulation *simulation, const struct scenario *scenario,
                const struct split_plan *plan, struct split_result *result, struct error *error)
{
    struct splitting splitting = plan->splitting;
    struct played played = { .run = simulation_run(simulation), .plan = plan };
    *result = (struct split_result){ 0 };
    simulation_advance(simulation, scenario->measure_from);
    played.row = simulation_availability(simulation, plan->kind, plan->space, plan->name);
    if (played.row == NULL)
        return error_set(error, (struct place){ 0 },
                         "splitting: there is no %s in %s when measuring begins", plan->name,
                         plan->list);
    result->tally.events = played.run->events;
    splitting.until = scenario->duration;
    if (!splitting_play(&splitting, &scenario_splitting, &played, &result->tally, error))
        return false;
    result->unavailability =
        result->tally.reward / sim_time_to_seconds(scenario->duration - scenario->measure_from);
    result->outages = result->tally.begun;
    result->events = result->tally.events;
    return true;
}

static void put_field(const struct split_plan *plan, const char *field, double number,
                      struct value **summary)
{
    char *where = mem_format("%s.%s", plan->row, field), *text = mem_format("%.17g", number);
    struct document_path *path = document_path_parse(where, (struct place){ 0 }, NULL);
    document_path_put(path, summary, plan->space, value_new_number(text), (struct place){ 0 },
                      NULL);
    document_path_free(path);
    free(where);
    free(text);
}

void split_put(const struct split_plan *plan, const struct split_result *result,
               struct value **summary)
{
    put_field(plan, "availability", 1 - result->unavailability, summary);
    put_field(plan, "downtimeSeconds", result->tally.reward, summary);
    put_field(plan, "outages", result->outages, summary);
}
