/* Reads stages, and draws what they leave to chance. */
#include "models/api/kwok_stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/go_duration.h"
#include "models/api/jq_path.h"
#include "models/api/meta.h"
#include "sim/base/memory.h"

const char *const kwok_functions[] = { "Now",       "NodeIP",     "NodeName",
                                       "NodePort",  "NodeIPWith", "NodeIPsWith",
                                       "PodIPWith", "PodIPsWith", "NodeConditions",
                                       "Version",   NULL };

enum { WEIGHT = INT32_MAX }; /* the most there is */

enum relation { IN, NOT_IN, EXISTS, DOES_NOT_EXIST };

struct requirement {
    struct jq_path *key; /* owned */
    enum relation relation;
    const struct value *values; /* of the document */
};

struct kwok_stage {
    struct value *document;
    struct requirement *requirements; /* owned */
    size_t requirement_count, requirement_capacity;
    struct kwok_step *steps; /* owned */
    size_t step_count, step_capacity;
    struct jq_path *weight, *duration, *jitter; /* owned; NULL: not asked for */
};

/* What is told to whom while one is read. */
struct reading {
    struct kwok_stage *stage;
    kwok_fault *fault;
    void *context;
    bool failed;
};

static void fail(struct reading *reading, const char *path, const struct value *at,
                 const char *text)
{
    reading->failed = true;
    if (reading->fault != NULL)
        reading->fault(reading->context, path, at, text);
}

static const struct value *spec_of(const struct kwok_stage *stage)
{
    return value_get(stage->document, "spec");
}

const char *kwok_stage_name(const struct kwok_stage *stage)
{
    return value_text(value_path(stage->document, "metadata", "name", NULL), "");
}

bool kwok_stage_is_immediate(const struct kwok_stage *stage)
{
    return value_truth(value_get(spec_of(stage), "immediateNextStage"), false);
}

const struct kwok_step *kwok_stage_steps(const struct kwok_stage *stage, size_t *count)
{
    *count = stage->step_count;
    return stage->steps;
}

bool kwok_stage_is_of(const struct value *document, const char *kind)
{
    const char *group =
        value_text(value_path(document, "spec", "resourceRef", "apiGroup", NULL), "");
    const char *of = value_text(value_path(document, "spec", "resourceRef", "kind", NULL), "");
    return strcmp(of, kind) == 0 && (*group == '\0' || strcmp(group, "v1") == 0);
}

/* ---- reading ---- */

static size_t count_of(const struct value *value)
{
    return value != NULL && (value->type == VALUE_LIST || value->type == VALUE_MAP) ? value->count
                                                                                    : 0;
}

static struct jq_path *read_jq(struct reading *reading, const char *path, const struct value *text)
{
    struct error error = { 0 };
    struct jq_path *jq = jq_path_parse(value_text(text, ""), (struct place){ 0 }, &error);
    if (jq == NULL)
        fail(reading, path, text, error.text);
    error_close(&error);
    return jq;
}

/* CEL, and jq in a block of its own, are other ways to say what a key says. */
static bool is_plain(struct reading *reading, const char *path, const struct value *map)
{
    static const char *const blocks[] = { "jq", "cel" };
    for (int i = 0; i < 2; i++)
        if (!value_is_null(value_get(map, blocks[i]))) {
            fail(reading, path, value_get(map, blocks[i]),
                 "expressions in blocks jq and cel are not understood (say it as a path of jq, in "
                 "key and operator or in expressionFrom)");
            return false;
        }
    return true;
}

static void read_requirement(struct reading *reading, const struct value *expression)
{
    static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist" };
    static const char path[] = "selector.matchExpressions";
    struct kwok_stage *stage = reading->stage;
    const struct value *relation = value_get(expression, "operator");
    const struct value *values = value_get(expression, "values");
    size_t which = 0;
    if (!is_plain(reading, path, expression))
        return;
    while (which < 4 && strcmp(operators[which], value_text(relation, "")) != 0)
        which++;
    if (which == 4)
        fail(reading, path, relation != NULL ? relation : expression,
             "an operator is In, NotIn, Exists or DoesNotExist");
    else if ((which < 2) != (count_of(values) > 0))
        fail(reading, path, values != NULL ? values : relation,
             which < 2 ? "for 'in', 'notin' operators, values set can't be empty"
                       : "values set must be empty for exists and does not exist");
    MEM_GROW(stage->requirements, stage->requirement_count, stage->requirement_capacity);
    stage->requirements[stage->requirement_count++] =
        (struct requirement){ read_jq(reading, path, value_get(expression, "key")),
                              (enum relation)which, values };
}

static struct jq_path *read_from(struct reading *reading, const char *path,
                                 const struct value *from)
{
    if (from == NULL || value_is_null(from) || !is_plain(reading, path, from))
        return NULL;
    return read_jq(reading, path, value_get(from, "expressionFrom"));
}

static struct kwok_step *add_step(struct kwok_stage *stage)
{
    MEM_GROW(stage->steps, stage->step_count, stage->step_capacity);
    stage->steps[stage->step_count] =
        (struct kwok_step){ .root = "", .subresource = "", .type = "" };
    return &stage->steps[stage->step_count++];
}

static struct go_template *read_template(struct reading *reading, const char *path,
                                         const struct value *text)
{
    struct error error = { 0 };
    struct go_template *template =
        go_template_parse(value_text(text, ""), kwok_functions, (struct place){ 0 }, &error);
    if (template == NULL)
        fail(reading, path, text, error.text);
    error_close(&error);
    return template;
}

static void read_patch(struct reading *reading, const char *path, const struct value *patch)
{
    static const char *const types[] = { "", "json", "merge", "strategic" };
    const struct value *type = value_get(patch, "type");
    size_t which = 0;
    while (which < 4 && strcmp(types[which], value_text(type, "")) != 0)
        which++;
    if (which == 4)
        fail(reading, path, type, "the type of a patch is json, merge or strategic");
    if (!value_is_null(value_get(patch, "impersonation")))
        fail(reading, path, value_get(patch, "impersonation"), "nobody is impersonated here");
    const char *sub = value_text(value_get(patch, "subresource"), "");
    if (*sub != '\0' && strcmp(sub, "status") != 0)
        fail(reading, path, value_get(patch, "subresource"), "the only subresource is status");
    struct go_template *template = read_template(reading, path, value_get(patch, "template"));
    struct kwok_step *step = add_step(reading->stage);
    step->template = template;
    step->root = value_text(value_get(patch, "root"), "");
    step->subresource = sub;
    step->type = value_text(type, "");
}

/* Events, finalizers and deletion stand in `next` as in a step. */
static bool read_deeds(struct kwok_stage *stage, const struct value *map)
{
    struct kwok_step deeds = { .root = "", .subresource = "", .type = "" };
    deeds.event = value_get(map, "event");
    deeds.finalizers = value_get(map, "finalizers");
    deeds.remove = value_truth(value_get(map, "delete"), false);
    if (deeds.event != NULL || deeds.finalizers != NULL || deeds.remove)
        *add_step(stage) = deeds;
    return deeds.remove;
}

static void read_next(struct reading *reading, const struct value *next)
{
    const struct value *template = value_get(next, "statusTemplate");
    const struct value *patches = value_get(next, "patches");
    if (read_deeds(reading->stage, next))
        return; /* what else there is does not count */
    if (*value_text(template, "") != '\0') {
        struct go_template *read = read_template(reading, "next.statusTemplate", template);
        struct kwok_step *step = add_step(reading->stage);
        step->template = read;
        step->root = step->subresource = "status";
    }
    for (size_t i = 0; i < count_of(patches); i++)
        read_patch(reading, "next.patches", patches->items[i]);
}

static void read_steps(struct reading *reading, const struct value *steps)
{
    for (size_t i = 0; i < count_of(steps); i++) {
        const struct value *step = steps->items[i];
        read_deeds(reading->stage, step);
        if (!value_is_null(value_get(step, "patch")))
            read_patch(reading, "steps", value_get(step, "patch"));
        if (!value_is_null(value_get(step, "apply")))
            fail(reading, "steps", value_get(step, "apply"),
                 "apply, which makes other objects, is not understood");
    }
}

struct kwok_stage *kwok_stage_new(const struct value *document, kwok_fault *fault, void *context)
{
    struct kwok_stage *stage = mem_new(sizeof *stage);
    struct reading reading = { stage, fault, context, false };
    stage->document = value_hold(document);
    const struct value *spec = spec_of(stage), *delay = value_get(spec, "delay");
    const struct value *list = value_path(spec, "selector", "matchExpressions", NULL);
    for (size_t i = 0; i < count_of(list); i++)
        read_requirement(&reading, list->items[i]);
    stage->weight = read_from(&reading, "weightFrom", value_get(spec, "weightFrom"));
    stage->duration = read_from(&reading, "delay.durationFrom", value_get(delay, "durationFrom"));
    stage->jitter =
        read_from(&reading, "delay.jitterDurationFrom", value_get(delay, "jitterDurationFrom"));
    read_next(&reading, value_get(spec, "next"));
    read_steps(&reading, value_get(spec, "steps"));
    if (!reading.failed)
        return stage;
    kwok_stage_free(stage);
    return NULL;
}

void kwok_stage_free(struct kwok_stage *stage)
{
    if (stage == NULL)
        return;
    for (size_t i = 0; i < stage->requirement_count; i++)
        jq_path_free(stage->requirements[i].key);
    for (size_t i = 0; i < stage->step_count; i++)
        go_template_free(stage->steps[i].template);
    jq_path_free(stage->weight);
    jq_path_free(stage->duration);
    jq_path_free(stage->jitter);
    free(stage->requirements);
    free(stage->steps);
    value_drop(stage->document);
    free(stage);
}

/* ---- matching ---- */

static bool has_all(const struct value *wanted, const struct value *present)
{
    for (size_t i = 0; i < count_of(wanted); i++)
        if (!value_equal(value_get(present, wanted->entries[i].key), wanted->entries[i].value))
            return false;
    return true;
}

/* Values of jq as texts: numbers are whole or do not count. */
static bool is_among(const struct value *value, const struct value *values)
{
    const char *text = value->type == VALUE_BOOL ? (value->truth ? "true" : "false")
                       : value->type == VALUE_STRING || value->type == VALUE_NUMBER ? value->text
                                                                                    : NULL;
    for (size_t i = 0; text != NULL && i < count_of(values); i++)
        if (strcmp(value_text(values->items[i], ""), text) == 0)
            return true;
    return false;
}

/* Where jq has an error there are no values. */
static bool holds(const struct requirement *requirement, const struct value *object)
{
    struct jq_values found;
    bool has = false;
    jq_path_run(requirement->key, object, &found);
    for (size_t i = 0; i < found.count; i++)
        has |= requirement->relation >= EXISTS || is_among(found.items[i], requirement->values);
    jq_values_close(&found);
    return has == (requirement->relation == IN || requirement->relation == EXISTS);
}

bool kwok_stage_matches(const struct kwok_stage *stage, const struct value *object)
{
    const struct value *selector = value_get(spec_of(stage), "selector");
    const struct value *meta = value_get(object, "metadata");
    if (value_is_null(selector) ||
        !has_all(value_get(selector, "matchLabels"), value_get(meta, "labels")) ||
        !has_all(value_get(selector, "matchAnnotations"), value_get(meta, "annotations")))
        return false;
    for (size_t i = 0; i < stage->requirement_count; i++)
        if (!holds(&stage->requirements[i], object))
            return false;
    return true;
}

/* ---- weights ---- */

/* A text as strconv.ParseInt(text, 0, 0) reads it. -1: there is no weight that can be read. */
static int64_t weight_of(const struct kwok_stage *stage, const struct value *object)
{
    const int64_t literal = value_int(value_get(spec_of(stage), "weight"), 0);
    struct jq_values found = { 0 };
    int64_t weight = literal;
    if (stage->weight != NULL && jq_path_run(stage->weight, object, &found) && found.count > 0) {
        const struct value *first = found.items[0];
        if (first->type == VALUE_NUMBER) {
            const double number = value_double(first, 0);
            weight = number > WEIGHT ? WEIGHT : number < 0 ? -1 : (int64_t)number;
        } else if (first->type == VALUE_STRING) {
            char *end;
            errno = 0;
            weight = strtoll(first->text, &end, 0);
            if (end == first->text || *end != '\0' || errno != 0)
                weight = -1;
        }
    }
    jq_values_close(&found);
    return weight < WEIGHT ? weight : WEIGHT;
}

const struct kwok_stage *kwok_stage_choose(struct kwok_stage *const *stages, size_t count,
                                           const struct value *object, struct stream *luck)
{
    struct candidate {
        const struct kwok_stage *stage;
        int64_t weight;
    } *matching = mem_new((count + 1) * sizeof *matching);
    size_t matches = 0, readable = 0;
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        if (kwok_stage_matches(stages[i], object)) {
            const int64_t weight = weight_of(stages[i], object);
            matching[matches++] = (struct candidate){ stages[i], weight };
            readable += weight >= 0;
            total += weight > 0 ? (uint64_t)weight : 0;
        }
    const struct kwok_stage *chosen = matches > 0 ? matching[0].stage : NULL;
    if (matches > 1) {
        /* Without weights every one counts once: of those that can be read, if any. */
        uint64_t at = stream_below(luck, total > 0 ? total : readable > 0 ? readable : matches);
        for (size_t i = 0; i < matches; i++) {
            const int64_t weight = matching[i].weight;
            const uint64_t share = total > 0 ? (weight > 0 ? (uint64_t)weight : 0)
                                             : (uint64_t)(readable == 0 || weight >= 0);
            if (at < share) {
                chosen = matching[i].stage;
                break;
            }
            at -= share;
        }
    }
    free(matching);
    return chosen;
}

/* ---- delays ---- */

/* False: there is no duration that can be read. */
static bool duration(const struct jq_path *from, const struct value *literal,
                     const struct value *object, sim_time now, int64_t epoch_seconds,
                     sim_time *time)
{
    struct jq_values found = { 0 };
    const bool has_literal = !value_is_null(literal);
    bool good = has_literal;
    const int64_t milliseconds = value_int(literal, 0);
    *time =
        milliseconds < SIM_FOREVER / SIM_MILLISECOND ? milliseconds * SIM_MILLISECOND : SIM_FOREVER;
    if (from != NULL && jq_path_run(from, object, &found) && found.count > 0) {
        const char *text = value_text(found.items[0], "");
        sim_time at;
        good = time_parse(text, epoch_seconds, &at);
        if (good)
            *time = at - now;
        else
            good = *text != '\0' && go_duration_parse(text, time);
    }
    jq_values_close(&found);
    return good;
}

sim_time kwok_stage_delay(const struct kwok_stage *stage, const struct value *object, sim_time now,
                          int64_t epoch_seconds, struct stream *luck)
{
    const struct value *delay = value_get(spec_of(stage), "delay");
    const struct value *literal = value_get(delay, "durationMilliseconds");
    sim_time time = 0, jitter = 0;
    if (value_is_null(delay))
        return 0;
    const bool plain = value_is_null(literal); /* stands for 0 */
    if (!duration(stage->duration, plain ? value_shared_zero() : literal, object, now,
                  epoch_seconds, &time))
        return 0;
    if (duration(stage->jitter, value_get(delay, "jitterDurationMilliseconds"), object, now,
                 epoch_seconds, &jitter))
        time = jitter <= time
                   ? jitter
                   : time + (sim_time)stream_below(luck, (uint64_t)jitter - (uint64_t)time);
    return time < 0 ? 0 : time;
}

/* ---- what has no effect ---- */

void kwok_warn(const struct value *document, struct error_list *warnings)
{
    const struct value *reference = value_path(document, "spec", "resourceRef", "kind", NULL);
    if (strcmp(value_text(value_get(document, "kind"), ""), "Stage") != 0 ||
        strncmp(value_text(value_get(document, "apiVersion"), ""), "kwok.x-k8s.io/", 14) != 0 ||
        kwok_stage_is_of(document, "Pod") || kwok_stage_is_of(document, "Node"))
        return;
    error_list_add(warnings, reference != NULL ? reference->at : document->at,
                   "stages of Pods and Nodes are played: one of a %s has no effect here",
                   value_text(reference, "kind without a name"));
}
