/* The fields of OpenSLO's documents, and what must hold of one document by itself. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/openslo.h"
#include "models/cluster/openslo_private.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

const char openslo_version[] = "openslo/v1";

enum { MOST_DESCRIPTION = 1050, MOST_NAME = 255 }; /* characters */

#define DESCRIPTION SHAPE_FIELD("description", SHAPE_TEXT, "what it is", .form = SHAPE_OR_EMPTY)

static const struct shape_field metadata_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "its name", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("displayName", SHAPE_TEXT, "its name for people", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("labels", SHAPE_VALUE, "a text, or a list of them, by key"),
    SHAPE_FIELD("annotations", SHAPE_TEXT_MAP, "annotations"),
    SHAPE_END,
};
static const struct shape metadata_shape = { .name = "SloMetadata", .fields = metadata_fields };

/* ---- SLI ---- */

static const struct shape_field source_fields[] = {
    SHAPE_FIELD("metricSourceRef", SHAPE_TEXT, "the name of a DataSource"),
    SHAPE_FIELD("type", SHAPE_TEXT, "seatrial, or another source of metrics"),
    SHAPE_FIELD("spec", SHAPE_VALUE, "the query", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape source_shape = { .name = "MetricSource", .fields = source_fields };

static const struct shape_field metric_fields[] = {
    SHAPE_FIELD("metricSource", SHAPE_STRUCT, "where it comes from", .form = SHAPE_REQUIRED,
                .of = &source_shape),
    SHAPE_END,
};
static const struct shape metric_shape = { .name = "Metric", .fields = metric_fields };

static const struct shape_field ratio_fields[] = {
    SHAPE_FIELD("counter", SHAPE_BOOL, "the metrics only grow"),
    SHAPE_FIELD("good", SHAPE_STRUCT, "what is good of the total", .of = &metric_shape),
    SHAPE_FIELD("bad", SHAPE_STRUCT, "what is bad of the total", .of = &metric_shape),
    SHAPE_FIELD("total", SHAPE_STRUCT, "the total", .of = &metric_shape),
    SHAPE_FIELD("rawType", SHAPE_TEXT, "what the raw share is of",
                .choices = (const char *const[]){ "success", "failure", NULL }),
    SHAPE_FIELD("raw", SHAPE_STRUCT, "the share itself", .of = &metric_shape),
    SHAPE_END,
};
static const struct shape ratio_shape = { .name = "RatioMetric", .fields = ratio_fields };

static const struct shape_field sli_fields[] = {
    DESCRIPTION,
    SHAPE_FIELD("thresholdMetric", SHAPE_STRUCT, "held against a value", .of = &metric_shape),
    SHAPE_FIELD("ratioMetric", SHAPE_STRUCT, "a share of a total", .of = &ratio_shape),
    SHAPE_END,
};
static const struct shape sli_shape = { .name = "SliSpec", .fields = sli_fields };

static const struct shape_field indicator_fields[] = {
    SHAPE_FIELD("metadata", SHAPE_STRUCT, "its name", .of = &metadata_shape),
    SHAPE_FIELD("spec", SHAPE_STRUCT, "what is measured", .form = SHAPE_REQUIRED, .of = &sli_shape),
    SHAPE_END,
};
static const struct shape indicator_shape = { .name = "Indicator", .fields = indicator_fields };

/* ---- alerts ---- */

static const struct shape_field burn_fields[] = {
    SHAPE_FIELD("kind", SHAPE_TEXT, "what is looked at",
                .choices = (const char *const[]){ "burnrate", NULL }),
    SHAPE_FIELD("op", SHAPE_TEXT, "how burn rate and threshold compare",
                .choices = (const char *const[]){ "lte", "gte", "lt", "gt", NULL }),
    SHAPE_FIELD("threshold", SHAPE_NUMBER, "the burn rate", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("lookbackWindow", SHAPE_TEXT, "over how long", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("alertAfter", SHAPE_TEXT, "how long it must hold"),
    SHAPE_END,
};
static const struct shape burn_shape = { .name = "BurnRate", .fields = burn_fields };

static const struct shape_field condition_fields[] = {
    DESCRIPTION,
    SHAPE_FIELD("severity", SHAPE_TEXT, "page, ticket, ...", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("condition", SHAPE_STRUCT, "the condition", .form = SHAPE_REQUIRED,
                .of = &burn_shape),
    SHAPE_END,
};
static const struct shape condition_shape = { .name = "AlertConditionSpec",
                                              .fields = condition_fields };

static const struct shape_field target_fields[] = {
    DESCRIPTION,
    SHAPE_FIELD("target", SHAPE_TEXT, "who is told", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape target_shape = { .name = "AlertNotificationTargetSpec",
                                           .fields = target_fields };

/* Either a reference, or the object itself. */
static const struct shape_field condition_item_fields[] = {
    SHAPE_FIELD("conditionRef", SHAPE_TEXT, "the name of an AlertCondition"),
    SHAPE_FIELD("apiVersion", SHAPE_TEXT, "openslo/v1"),
    SHAPE_FIELD("kind", SHAPE_TEXT, "AlertCondition",
                .choices = (const char *const[]){ "AlertCondition", NULL }),
    SHAPE_FIELD("metadata", SHAPE_STRUCT, "its name", .of = &metadata_shape),
    SHAPE_FIELD("spec", SHAPE_STRUCT, "the condition", .of = &condition_shape),
    SHAPE_END,
};
static const struct shape condition_item_shape = { .name = "AlertConditionItem",
                                                   .fields = condition_item_fields };
static const struct shape_field target_item_fields[] = {
    SHAPE_FIELD("targetRef", SHAPE_TEXT, "the name of an AlertNotificationTarget"),
    SHAPE_FIELD("apiVersion", SHAPE_TEXT, "openslo/v1"),
    SHAPE_FIELD("kind", SHAPE_TEXT, "AlertNotificationTarget",
                .choices = (const char *const[]){ "AlertNotificationTarget", NULL }),
    SHAPE_FIELD("metadata", SHAPE_STRUCT, "its name", .of = &metadata_shape),
    SHAPE_FIELD("spec", SHAPE_STRUCT, "the target", .of = &target_shape),
    SHAPE_END,
};
static const struct shape target_item_shape = { .name = "AlertNotificationTargetItem",
                                                .fields = target_item_fields };

static const struct shape_field policy_fields[] = {
    DESCRIPTION,
    SHAPE_FIELD("alertWhenNoData", SHAPE_BOOL, "tell when there are no data"),
    SHAPE_FIELD("alertWhenResolved", SHAPE_BOOL, "tell when it is over"),
    SHAPE_FIELD("alertWhenBreaching", SHAPE_BOOL, "tell when the condition holds"),
    SHAPE_FIELD("conditions", SHAPE_STRUCT, "one alert condition",
                .form = SHAPE_REQUIRED | SHAPE_LIST, .of = &condition_item_shape),
    SHAPE_FIELD("notificationTargets", SHAPE_STRUCT, "who is told", .form = SHAPE_LIST,
                .of = &target_item_shape),
    SHAPE_END,
};
static const struct shape policy_shape = { .name = "AlertPolicySpec", .fields = policy_fields };

static const struct shape_field policy_item_fields[] = {
    SHAPE_FIELD("alertPolicyRef", SHAPE_TEXT, "the name of an AlertPolicy"),
    SHAPE_FIELD("apiVersion", SHAPE_TEXT, "openslo/v1"),
    SHAPE_FIELD("kind", SHAPE_TEXT, "AlertPolicy",
                .choices = (const char *const[]){ "AlertPolicy", NULL }),
    SHAPE_FIELD("metadata", SHAPE_STRUCT, "its name", .of = &metadata_shape),
    SHAPE_FIELD("spec", SHAPE_STRUCT, "the policy", .of = &policy_shape),
    SHAPE_END,
};
static const struct shape policy_item_shape = { .name = "AlertPolicyItem",
                                                .fields = policy_item_fields };

/* ---- SLO ---- */

static const struct shape_field calendar_fields[] = {
    SHAPE_FIELD("startTime", SHAPE_TEXT, "a date and time, without a zone", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("timeZone", SHAPE_TEXT, "of the tz database", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape calendar_shape = { .name = "Calendar", .fields = calendar_fields };

static const struct shape_field window_fields[] = {
    SHAPE_FIELD("duration", SHAPE_TEXT, "28d, 4w, 1M", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("isRolling", SHAPE_BOOL, "it moves with the time"),
    SHAPE_FIELD("calendar", SHAPE_STRUCT, "it begins at dates", .of = &calendar_shape),
    SHAPE_END,
};
static const struct shape window_shape = { .name = "TimeWindow", .fields = window_fields };

static const struct shape_field objective_fields[] = {
    SHAPE_FIELD("displayName", SHAPE_TEXT, "its name for people", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("op", SHAPE_TEXT, "how a threshold metric compares with the value",
                .choices = (const char *const[]){ "lte", "gte", "lt", "gt", NULL }),
    SHAPE_FIELD("value", SHAPE_NUMBER, "what a threshold metric is compared with"),
    SHAPE_FIELD("target", SHAPE_NUMBER, "the share that is to be good", .most = 1),
    SHAPE_FIELD("targetPercent", SHAPE_NUMBER, "the same in percent", .most = 100),
    SHAPE_FIELD("timeSliceTarget", SHAPE_NUMBER, "of a slice that counts as good", .most = 1),
    SHAPE_FIELD("timeSliceWindow", SHAPE_VALUE, "minutes, or 5m"),
    SHAPE_END,
};
static const struct shape objective_shape = { .name = "Objective", .fields = objective_fields };

static const struct shape_field slo_fields[] = {
    DESCRIPTION,
    SHAPE_FIELD("service", SHAPE_TEXT, "what it is about", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("indicator", SHAPE_STRUCT, "what is measured", .of = &indicator_shape),
    SHAPE_FIELD("indicatorRef", SHAPE_TEXT, "the name of an SLI"),
    SHAPE_FIELD("timeWindow", SHAPE_STRUCT, "one time window", .form = SHAPE_LIST,
                .of = &window_shape),
    SHAPE_FIELD("budgetingMethod", SHAPE_TEXT, "what is counted", .form = SHAPE_REQUIRED,
                .choices =
                    (const char *const[]){ "Occurrences", "Timeslices", "RatioTimeslices", NULL }),
    SHAPE_FIELD("objectives", SHAPE_STRUCT, "targets", .form = SHAPE_REQUIRED | SHAPE_LIST,
                .of = &objective_shape),
    SHAPE_FIELD("alertPolicies", SHAPE_STRUCT, "policies, or their names",
                .form = SHAPE_LIST | SHAPE_OR_TEXT, .of = &policy_item_shape),
    SHAPE_END,
};
static const struct shape slo_shape = { .name = "SloSpec", .fields = slo_fields };

static const struct shape_field service_fields[] = { DESCRIPTION, SHAPE_END };
static const struct shape service_shape = { .name = "SloService", .fields = service_fields };

static const struct shape_field data_source_fields[] = {
    DESCRIPTION,
    SHAPE_FIELD("type", SHAPE_TEXT, "seatrial, or another source of metrics",
                .form = SHAPE_REQUIRED),
    SHAPE_FIELD("connectionDetails", SHAPE_VALUE, "anything"),
    SHAPE_END,
};
static const struct shape data_source_shape = { .name = "DataSource",
                                                .fields = data_source_fields };

/* ---- documents ---- */

/* A document's head with the spec of its kind. */
#define DOCUMENT(name_, spec_)                                                                     \
    static const struct shape_field name_##_document_fields[] = {                                  \
        SHAPE_FIELD("apiVersion", SHAPE_TEXT, "openslo/v1", .form = SHAPE_REQUIRED),               \
        SHAPE_FIELD("kind", SHAPE_TEXT, "its kind", .form = SHAPE_REQUIRED),                       \
        SHAPE_FIELD("metadata", SHAPE_STRUCT, "its name", .form = SHAPE_REQUIRED,                  \
                    .of = &metadata_shape),                                                        \
        SHAPE_FIELD("spec", SHAPE_STRUCT, "what it says", .form = SHAPE_REQUIRED, .of = &(spec_)), \
        SHAPE_END,                                                                                 \
    };                                                                                             \
    static const struct shape name_##_document = { .name = #name_,                                 \
                                                   .fields = name_##_document_fields }
DOCUMENT(slo, slo_shape);
DOCUMENT(sli, sli_shape);
DOCUMENT(service, service_shape);
DOCUMENT(data_source, data_source_shape);
DOCUMENT(policy, policy_shape);
DOCUMENT(condition, condition_shape);
DOCUMENT(target, target_shape);

static const struct {
    const char *kind;
    const struct shape *shape;
} documents[] = {
    { "SLO", &slo_document },
    { "SLI", &sli_document },
    { "Service", &service_document },
    { "DataSource", &data_source_document },
    { "AlertPolicy", &policy_document },
    { "AlertCondition", &condition_document },
    { "AlertNotificationTarget", &target_document },
};

bool openslo_is_one(const struct value *document)
{
    return strcmp(value_text(value_get(document, "apiVersion"), ""), openslo_version) == 0;
}

static bool check_description(const struct value *spec, struct error_list *faults)
{
    const struct value *text = shape_get(spec, "description");
    size_t length = 0;
    for (size_t i = 0; text != NULL && i < text->count; i++)
        length += (text->text[i] & 0xc0) != 0x80; /* UTF-8: a character begins */
    return length <= MOST_DESCRIPTION ||
           error_list_add(faults, text->at, "spec.description: %zu characters are more than %d",
                          length, MOST_DESCRIPTION);
}

static bool check_name(const struct value *metadata, struct error_list *faults)
{
    const struct value *name = value_get(metadata, "name");
    static const char usual[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.|/\\";
    if (name->count > MOST_NAME)
        return error_list_add(faults, name->at, "metadata.name: more than %d characters",
                              MOST_NAME);
    const size_t good = strspn(name->text, usual);
    return name->text[good] == '\0' ||
           error_list_add(faults, name->at,
                          "metadata.name: \"%s\" has a character that no name has, at %zu "
                          "(letters, digits and -_.|/\\)",
                          name->text, good + 1);
}

/* Texts, or lists of texts. */
static bool check_labels(const struct value *metadata, struct error_list *faults)
{
    const struct value *labels = shape_get(metadata, "labels");
    if (labels == NULL)
        return true;
    if (labels->type != VALUE_MAP)
        return error_list_add(faults, labels->at, "metadata.labels: expected a map");
    for (size_t i = 0; i < labels->count; i++) {
        const struct value *label = labels->entries[i].value;
        bool fits = label->type == VALUE_STRING || label->type == VALUE_LIST;
        for (size_t j = 0; label->type == VALUE_LIST && j < label->count; j++)
            fits = fits && label->items[j]->type == VALUE_STRING;
        if (!fits)
            return error_list_add(faults, label->at,
                                  "metadata.labels.%s: expected a text or a list of texts",
                                  labels->entries[i].key);
    }
    return true;
}

static const struct shape *shape_of_kind(const struct value *document, struct error_list *faults)
{
    const struct value *kind = value_get(document, "kind");
    struct nearest near = nearest_to(kind->text);
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        if (strcmp(documents[i].kind, kind->text) == 0)
            return documents[i].shape;
        nearest_offer(&near, documents[i].kind);
    }
    error_list_add(faults, kind->at, "openslo/v1 has no kind %s%s%s%s", kind->text,
                   near.found ? " (did you mean " : "", near.found ? near.found : "",
                   near.found ? "?)" : "");
    return NULL;
}

bool openslo_check(const struct value *document, struct error_list *faults)
{
    const struct shape *shape = shape_of_kind(document, faults);
    const struct value *metadata = value_get(document, "metadata");
    if (shape == NULL || !shape_check(document, shape, NULL, faults))
        return false;
    const bool well = check_description(value_get(document, "spec"), faults);
    return check_name(metadata, faults) && check_labels(metadata, faults) && well;
}
