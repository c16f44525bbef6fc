/* From documents to objectives: what refers to what, and whether it makes sense together. */
#include "models/cluster/openslo.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models/cluster/openslo_private.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

/* What goes on while SLOs are read. */
struct reader {
    struct value *const *documents;
    size_t count;
    zone_reader *zones;
    struct error_list *faults, *warnings;
};

static const char *kind_of(const struct value *document)
{
    return value_text(value_get(document, "kind"), "");
}

static const char *name_of(const struct value *document)
{
    return value_text(value_path(document, "metadata", "name", NULL), "");
}

/* The document of a kind that a text names. NULL with the error, which knows a name like it. */
static const struct value *find(const struct reader *reader, const char *kind,
                                const struct value *name, struct error *error)
{
    struct nearest near = nearest_to(name->text);
    for (size_t i = 0; i < reader->count; i++) {
        const struct value *document = reader->documents[i];
        if (strcmp(kind_of(document), kind) != 0)
            continue;
        if (strcmp(name_of(document), name->text) == 0)
            return document;
        nearest_offer(&near, name_of(document));
    }
    error_set(error, name->at, "there is no %s %s%s%s%s", kind, name->text,
              near.found ? " (did you mean " : "", near.found ? near.found : "",
              near.found ? "?)" : "");
    return NULL;
}

/* ---- numbers ---- */

bool slo_share(const struct value *from, const char *what, struct spending_share *share,
               struct error *error)
{
    spending_amount digits = 0, whole = 1;
    int count = 0;
    bool fraction = false;
    for (const char *c = from->text; *c != '\0'; c++) {
        if (*c == '.') {
            fraction = true;
        } else if (*c >= '0' && *c <= '9') {
            digits = digits * 10 + (*c - '0');
            whole *= fraction ? 10 : 1;
            count += digits > 0;
        } else {
            return error_set(error, from->at, "%s: write %s in plain digits", what, from->text);
        }
    }
    *share = (struct spending_share){ digits, whole };
    return count <= 15 ||
           error_set(error, from->at, "%s: %s has more than 15 digits", what, from->text);
}

/* 1 - target, exactly. */
static bool read_target(const struct value *objective, struct spending_share *miss,
                        struct error *error)
{
    const struct value *target = shape_get(objective, "target");
    const struct value *percent = shape_get(objective, "targetPercent");
    const struct value *given = target ? target : percent;
    struct spending_share share;
    if ((target == NULL) == (percent == NULL))
        return error_set(error, objective->at, "objectives: say one of target and targetPercent");
    if (!slo_share(given, target ? "objectives: target" : "objectives: targetPercent", &share,
                   error))
        return false;
    if (percent != NULL)
        share.whole *= 100;
    *miss = (struct spending_share){ share.whole - share.part, share.whole };
    return miss->part > 0 ||
           error_set(error, given->at,
                     "objectives: a target of %s leaves no error budget (OpenSLO has targets below "
                     "%s)",
                     given->text, target ? "1" : "100");
}

/* ---- where metrics come from ---- */

/* The query of a metric; NULL with the error or, without one, where its source is not simulated. */
static const struct value *read_query(const struct reader *reader, const struct value *metric,
                                      struct slo *slo, struct error *error)
{
    const struct value *source = value_get(metric, "metricSource");
    const struct value *ref = shape_get(source, "metricSourceRef"),
                       *spec = value_get(source, "spec");
    const struct value *type = shape_get(source, "type");
    if (ref != NULL) {
        const struct value *data = find(reader, "DataSource", ref, error);
        if (data == NULL)
            return NULL;
        if (type == NULL)
            type = value_path(data, "spec", "type", NULL);
    }
    if (type == NULL) {
        error_set(error, source->at,
                  "metricSource: neither a type nor a metricSourceRef (try type: seatrial)");
        return NULL;
    }
    slo->foreign = strcasecmp(type->text, "prometheus") == 0;
    if (!slo->foreign && strcasecmp(type->text, "seatrial") != 0 &&
        strcasecmp(type->text, "sim") != 0) {
        error_list_add(reader->warnings, type->at,
                       "SLO %s: metrics of %s are not simulated: the objective is not measured "
                       "(try type: seatrial)",
                       slo->name, type->text);
        return NULL;
    }
    const struct value *query = spec->type == VALUE_MAP ? shape_get(spec, "query") : NULL;
    if (query == NULL || query->type != VALUE_STRING)
        error_set(error, spec->at,
                  "metricSource: spec has no query (try query: available{workload=\"deployment/"
                  "web\"})");
    for (size_t i = 0; error->text == NULL && i < spec->count; i++) {
        if (strcmp(spec->entries[i].key, "query") != 0 && !slo->foreign)
            error_set(error, spec->entries[i].at,
                      "metricSource: spec has no %s here (a query is "
                      "all)",
                      spec->entries[i].key);
    }
    return error->text == NULL ? query : NULL;
}

static bool read_ratio(const struct reader *reader, const struct value *ratio, struct slo *slo,
                       struct error *error)
{
    const struct value *good = shape_get(ratio, "good"), *bad = shape_get(ratio, "bad");
    const struct value *total = shape_get(ratio, "total"), *raw = shape_get(ratio, "raw");
    const struct value *type = shape_get(ratio, "rawType");
    if (raw != NULL && (good != NULL || bad != NULL || total != NULL))
        return error_set(error, raw->at,
                         "ratioMetric: raw stands alone, without good, bad and "
                         "total");
    if (raw != NULL && type == NULL)
        return error_set(error, raw->at, "ratioMetric: raw needs a rawType: success or failure");
    if (raw == NULL && type != NULL)
        return error_set(error, type->at, "ratioMetric: rawType is of raw, which is not there");
    if (raw == NULL && (good == NULL) == (bad == NULL))
        return error_set(error, ratio->at, "ratioMetric: say one of good and bad, with total");
    if (raw == NULL && total == NULL)
        return error_set(error, ratio->at, "ratioMetric: total is missing");
    slo->indicator = good != NULL                         ? SLO_GOOD
                     : bad != NULL                        ? SLO_BAD
                     : strcmp(type->text, "success") == 0 ? SLO_RAW_SUCCESS
                                                          : SLO_RAW_FAILURE;
    slo->first = read_query(reader, good ? good : bad ? bad : raw, slo, error);
    if (slo->first == NULL || total == NULL)
        return slo->first != NULL;
    slo->total = read_query(reader, total, slo, error);
    return slo->total != NULL;
}

/* False with the error or, without one, where the SLO is not measured. */
static bool read_indicator(const struct reader *reader, const struct value *spec, struct slo *slo,
                           struct error *error)
{
    const struct value *ref = shape_get(spec, "indicatorRef");
    const struct value *indicator = shape_get(spec, "indicator");
    if ((ref == NULL) == (indicator == NULL))
        return error_set(error, spec->at, "say one of indicator and indicatorRef");
    if (ref != NULL && (indicator = find(reader, "SLI", ref, error)) == NULL)
        return error_wrap(error, "indicatorRef");
    const struct value *sli = value_get(indicator, "spec");
    const struct value *ratio = shape_get(sli, "ratioMetric");
    const struct value *threshold = shape_get(sli, "thresholdMetric");
    if ((ratio == NULL) == (threshold == NULL))
        return error_set(error, sli->at, "indicator: say one of ratioMetric and thresholdMetric");
    if (ratio != NULL)
        return read_ratio(reader, ratio, slo, error);
    slo->indicator = SLO_THRESHOLD;
    slo->first = read_query(reader, threshold, slo, error);
    return slo->first != NULL;
}

/* ---- objectives ---- */

static bool read_slices(const struct value *from, const struct slo *slo,
                        struct slo_objective *objective, struct error *error)
{
    const struct value *window = shape_get(from, "timeSliceWindow");
    const struct value *target = shape_get(from, "timeSliceTarget");
    struct spending_share share;
    if (slo->method == SLO_OCCURRENCES) {
        if (window != NULL || target != NULL)
            return error_set(error, (window ? window : target)->at,
                             "objectives: occurrences have no time slices (budgetingMethod: "
                             "Timeslices has)");
        return true;
    }
    if (window == NULL)
        return error_set(error, from->at, "objectives: timeSliceWindow is missing");
    if (window->type == VALUE_NUMBER) {
        const double minutes = value_double(window, 0);
        if (!(minutes > 0 && minutes <= 1e6))
            return error_set(error, window->at,
                             "objectives: timeSliceWindow: %s minutes are no "
                             "slice",
                             window->text);
        objective->slice = sim_time_from_seconds(60 * minutes);
    } else if (!slo_duration(window, "objectives: timeSliceWindow", &objective->slice, error)) {
        return false;
    }
    if (objective->slice <= 0)
        return error_set(error, window->at, "objectives: timeSliceWindow: a slice of nothing");
    if (slo->method == SLO_TIMESLICES && target == NULL)
        return error_set(error, from->at, "objectives: timeSliceTarget is missing");
    if (slo->method == SLO_RATIO_TIMESLICES && target != NULL)
        return error_set(error, target->at,
                         "objectives: the mean of slices' shares has no timeSliceTarget "
                         "(budgetingMethod: Timeslices has)");
    if (target != NULL) {
        if (!slo_share(target, "objectives: timeSliceTarget", &share, error))
            return false;
        objective->slice_miss = (struct spending_share){ share.whole - share.part, share.whole };
    }
    return true;
}

static bool read_objective(const struct value *from, const struct slo *slo,
                           struct slo_objective *objective, struct error *error)
{
    static const char *const operators[] = { "lte", "lt", "gte", "gt" };
    const struct value *op = shape_get(from, "op");
    objective->value = shape_get(from, "value");
    objective->name = value_text(shape_get(from, "displayName"), NULL);
    if (slo->indicator == SLO_THRESHOLD && (op == NULL || objective->value == NULL))
        return error_set(error, from->at, "objectives: a thresholdMetric needs op and value");
    for (int i = SLO_LTE; op != NULL && i <= SLO_GT; i++)
        if (strcmp(op->text, operators[i]) == 0)
            objective->op = (enum slo_operator)i;
    return read_target(from, &objective->miss, error) && read_slices(from, slo, objective, error);
}

static bool read_objectives(const struct value *spec, struct slo *slo, struct error *error)
{
    const struct value *list = value_get(spec, "objectives");
    if (list->count == 0)
        return error_set(error, list->at, "objectives: there is none");
    if (slo->indicator == SLO_THRESHOLD && list->count > 1)
        return error_set(error, list->items[1]->at,
                         "objectives: a thresholdMetric has one objective");
    slo->objectives = mem_new(list->count * sizeof *slo->objectives);
    for (; slo->objective_count < list->count; slo->objective_count++)
        if (!read_objective(list->items[slo->objective_count], slo,
                            &slo->objectives[slo->objective_count], error))
            return false;
    return true;
}

/* ---- alerts ---- */

static bool read_condition(const struct value *document, const struct value *policy,
                           const char *policy_name, struct slo *slo, struct error *error)
{
    const struct value *spec = value_get(document, "spec");
    const struct value *condition = value_get(spec, "condition");
    const struct value *op = shape_get(condition, "op"),
                       *after = shape_get(condition, "alertAfter");
    const struct value *breaching = shape_get(policy, "alertWhenBreaching");
    struct slo_alert alert = {
        .policy = policy_name,
        .condition = name_of(document),
        .severity = value_text(value_get(spec, "severity"), ""),
        .strictly = op != NULL && op->text[2] == '\0', /* lt or gt; OpenSLO writes both for "too
                                                        * high" */
        .when_breaching = value_truth(breaching, true),
        .when_resolved = value_truth(value_get(policy, "alertWhenResolved"), false),
    };
    if (!slo_share(value_get(condition, "threshold"), "condition: threshold", &alert.threshold,
                   error) ||
        !slo_duration(value_get(condition, "lookbackWindow"), "condition: lookbackWindow",
                      &alert.lookback, error) ||
        (after != NULL && !slo_duration(after, "condition: alertAfter", &alert.after, error)))
        return false;
    if (alert.lookback == 0)
        return error_set(error, value_get(condition, "lookbackWindow")->at,
                         "condition: lookbackWindow: a window of nothing");
    MEM_GROW(slo->alerts, slo->alert_count, slo->alert_capacity);
    slo->alerts[slo->alert_count++] = alert;
    return true;
}

/* A reference, or what stands there itself. */
static const struct value *refer(const struct reader *reader, const struct value *item,
                                 const char *ref_name, const char *kind, struct error *error)
{
    const struct value *ref = item->type == VALUE_STRING ? item : shape_get(item, ref_name);
    const struct value *spec = item->type == VALUE_MAP ? shape_get(item, "spec") : NULL;
    if ((ref == NULL) == (spec == NULL)) {
        error_set(error, item->at, "say one of %s and an %s with its spec", ref_name, kind);
        return NULL;
    }
    return ref != NULL ? find(reader, kind, ref, error) : item;
}

static bool read_policy(const struct reader *reader, const struct value *item, struct slo *slo,
                        struct error *error)
{
    const struct value *document = refer(reader, item, "alertPolicyRef", "AlertPolicy", error);
    const struct value *policy = value_get(document, "spec");
    const struct value *conditions = value_get(policy, "conditions");
    const struct value *targets = shape_get(policy, "notificationTargets");
    if (document == NULL)
        return error_wrap(error, "alertPolicies");
    if (conditions->count != 1)
        return error_set(error, conditions->at, "alertPolicies: conditions: one is expected");
    for (size_t i = 0; targets != NULL && i < targets->count; i++)
        if (refer(reader, targets->items[i], "targetRef", "AlertNotificationTarget", error) == NULL)
            return error_wrap(error, "alertPolicies: notificationTargets");
    const struct value *condition =
        refer(reader, conditions->items[0], "conditionRef", "AlertCondition", error);
    return (condition != NULL &&
            read_condition(condition, policy, name_of(document), slo, error)) ||
           error_wrap(error, "alertPolicies");
}

/* ---- the whole ---- */

static void slo_close(struct slo *slo)
{
    free(slo->objectives);
    free(slo->alerts);
}

static bool read_slo(const struct reader *reader, const struct value *document, struct slo *slo,
                     struct error *error)
{
    static const char *const methods[] = { "Occurrences", "Timeslices", "RatioTimeslices" };
    const struct value *spec = value_get(document, "spec");
    const struct value *policies = shape_get(spec, "alertPolicies");
    const char *method = value_text(value_get(spec, "budgetingMethod"), "");
    slo->name = name_of(document);
    slo->service = value_text(value_get(spec, "service"), "");
    slo->at = document->at;
    for (int i = 0; i < 3; i++)
        if (strcmp(methods[i], method) == 0)
            slo->method = (enum slo_method)i;
    if (!read_indicator(reader, spec, slo, error) || !read_objectives(spec, slo, error) ||
        !slo_window_read(shape_get(spec, "timeWindow"), spec->at, reader->zones, &slo->window,
                         error))
        return false;
    for (size_t i = 0; policies != NULL && i < policies->count; i++)
        if (!read_policy(reader, policies->items[i], slo, error))
            return false;
    return true;
}

/* Two documents of one kind and name: which is meant? */
static void check_names(const struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct value *a = reader->documents[j], *b = reader->documents[i];
            if (strcmp(kind_of(a), kind_of(b)) == 0 && strcmp(name_of(a), name_of(b)) == 0) {
                error_list_add(reader->faults, b->at, "a second %s %s (the first is in line %d)",
                               kind_of(b), name_of(b), a->at.line);
                break;
            }
        }
}

bool slo_list_read(struct slo_list *list, struct value *const *documents, size_t count,
                   zone_reader *zones, struct error_list *faults, struct error_list *warnings)
{
    const struct reader reader = { documents, count, zones, faults, warnings };
    const size_t before = faults->count;
    check_names(&reader);
    for (size_t i = 0; i < count; i++) {
        struct error error = { 0 };
        struct slo slo = { 0 };
        if (strcmp(kind_of(documents[i]), "SLO") != 0)
            continue;
        if (read_slo(&reader, documents[i], &slo, &error)) {
            MEM_GROW(list->items, list->count, list->capacity);
            list->items[list->count++] = slo;
            continue;
        }
        if (error.text != NULL) {
            error_wrap(&error, "SLO %s", slo.name);
            error_list_take(faults, &error);
        }
        slo_close(&slo);
    }
    return faults->count == before;
}

void slo_list_close(struct slo_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        slo_close(&list->items[i]);
    free(list->items);
    *list = (struct slo_list){ 0 };
}
