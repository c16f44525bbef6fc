/* The kinds of Chaos Mesh: what their CRDs and webhooks refuse.
 *
 * Enumerations and required fields come from the schema, as with the CRDs. The rest follows
 * the webhooks in api/v1alpha1 of Chaos Mesh 2.7. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/chaos.h"
#include "models/api/cron_schedule.h"
#include "models/api/validation/validation_private.h"

/* ── what the CRDs say ── */

static void check_shape(struct field_errors *errors, const struct value *node,
                        const struct schema_type *type, const struct field_path *path);

static bool is_ours(const struct schema_type *type)
{
    return strncmp(type->name, "chaos/", 6) == 0;
}

static void check_member(struct field_errors *errors, const struct value *node,
                         const struct schema_field *field, const struct field_path *path)
{
    const struct value *member = value_get(node, field->json);
    const struct field_path *at = CHILD(path, field->json);
    if (value_is_null(member)) {
        if (field->required)
            field_required(errors, at, node, "%s", "");
        return;
    }
    if (field->enumeration != NULL && member->type == VALUE_STRING &&
        !one_of(member->text, field->enumeration))
        field_unsupported(errors, at, member, NULL, field->enumeration);
    check_shape(errors, member, field->type, at);
}

static void check_shape(struct field_errors *errors, const struct value *node,
                        const struct schema_type *type, const struct field_path *path)
{
    type = schema_pointee(type);
    if (type->shape == SCHEMA_LIST && node->type == VALUE_LIST &&
        is_ours(schema_pointee(type->element)))
        for (size_t i = 0; i < node->count; i++)
            check_shape(errors, node->items[i], type->element, ITEM(path, i));
    if (type->shape != SCHEMA_STRUCT || node->type != VALUE_MAP || !is_ours(type))
        return;
    for (size_t i = 0; i < type->member_count; i++)
        check_member(errors, node, type->members[i], path);
}

/* ── rules that repeat ── */

static void check_duration(struct field_errors *errors, const struct value *map, const char *key,
                           const struct field_path *path)
{
    const struct value *text = value_get(map, key);
    sim_time time;
    if (!value_is_null(text) && *value_text(text, "") != '\0' && !chaos_duration(text, &time))
        field_invalid(errors, CHILD(path, key), text,
                      "parse %s field error: time: invalid duration (say 30s, 5m or 1h30m)", key);
}

/* A number, perhaps in a text, within bounds. */
static void check_amount(struct field_errors *errors, const struct value *map, const char *key,
                         const struct field_path *path, double low, double high)
{
    const struct value *value = value_get(map, key);
    double number;
    if (value_is_null(value) || (value->type == VALUE_STRING && value->count == 0))
        return;
    if (!chaos_number(value, &number))
        field_invalid(errors, CHILD(path, key), value, "parse %s field error: it is no number",
                      key);
    else if (number < low || number > high)
        field_invalid(errors, CHILD(path, key), value, "must be between %g and %g", low, high);
}

static void check_least(struct field_errors *errors, const struct value *map, const char *key,
                        const struct field_path *path, int64_t least)
{
    const struct value *value = value_get(map, key);
    if (!value_is_null(value) && value_int(value, least) < least)
        field_invalid(errors, CHILD(path, key), value, "should be greater than or equal to %lld",
                      (long long)least);
}

/* validatePodSelector: the value that a mode asks for. */
static void check_mode(struct field_errors *errors, const struct value *spec,
                       const struct field_path *path)
{
    const char *mode = text_at(spec, "mode");
    const struct value *value = value_get(spec, "value");
    const bool percent =
        strcmp(mode, "fixed-percent") == 0 || strcmp(mode, "random-max-percent") == 0;
    double number;
    if (!percent && strcmp(mode, "fixed") != 0)
        return;
    if (value_is_null(value) || !chaos_number(value, &number) || !(fabs(number) <= 1e9) ||
        number != floor(number))
        field_invalid(errors, CHILD(path, "value"),
                      value_is_null(value) ? value_get(spec, "mode") : value,
                      "parse value field error: with mode %s it is a whole number, such as \"%s\"",
                      mode, percent ? "50" : "2");
    else if (!percent && number <= 0)
        field_invalid(errors, CHILD(path, "value"), value,
                      "value must be greater than 0 with mode:%s", mode);
    else if (percent && (number <= 0 || number > 100))
        field_invalid(errors, CHILD(path, "value"), value,
                      "value of %g is invalid, Must be (0,100] with mode:%s", number, mode);
}

/* ── each kind's spec ── */

static void check_pod_chaos(struct field_errors *errors, const struct value *spec,
                            const struct field_path *path)
{
    check_least(errors, spec, "gracePeriod", path, 0);
    if (strcmp(text_at(spec, "action"), "container-kill") == 0 &&
        size_of(value_get(spec, "containerNames")) == 0)
        field_invalid(errors, CHILD(path, "containerNames"), value_get(spec, "action"),
                      "the name of container is empty on container-kill action");
}

static void check_netem(struct field_errors *errors, const struct value *spec, const char *block,
                        const struct field_path *path)
{
    const struct value *netem = value_get(spec, block);
    const struct field_path *at = CHILD(path, block);
    check_amount(errors, netem, block, at, 0, 100);
    check_amount(errors, netem, "correlation", at, 0, 100);
    check_duration(errors, netem, "latency", at);
    check_duration(errors, netem, "jitter", at);
    check_amount(errors, value_get(netem, "reorder"), "reorder", CHILD(at, "reorder"), 0, 100);
}

/* "1mbps": bytes a second, by tc's units. */
static bool is_rate(const char *text)
{
    static const char *const units[] = { "bps", "kbps", "mbps", "gbps", "tbps", NULL };
    char *end;
    strtod(text, &end);
    while (*end == ' ')
        end++;
    return end != text && one_of(end, units);
}

static void check_network_chaos(struct field_errors *errors, const struct value *spec,
                                const struct field_path *path)
{
    static const char *const blocks[] = { "delay", "loss", "duplicate", "corrupt" };
    const struct value *external = value_get(spec, "externalTargets");
    const char *direction = text_at(spec, "direction");
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        check_netem(errors, spec, blocks[i], path);
    const struct value *rate = value_path(spec, "bandwidth", "rate", NULL);
    if (rate != NULL && !is_rate(value_text(rate, "")))
        field_invalid(errors, CHILD(CHILD(path, "bandwidth"), "rate"), rate,
                      "parse rate field error: its unit is one of bps, kbps, mbps, gbps, tbps");
    check_least(errors, value_get(spec, "bandwidth"), "limit", CHILD(path, "bandwidth"), 1);
    check_least(errors, value_get(spec, "bandwidth"), "buffer", CHILD(path, "bandwidth"), 1);
    if (has(spec, "target"))
        check_mode(errors, value_get(spec, "target"), CHILD(path, "target"));
    if (size_of(external) > 0 && strcmp(text_at(spec, "action"), "partition") != 0 &&
        (strcmp(direction, "from") == 0 || strcmp(direction, "both") == 0))
        field_invalid(errors, CHILD(path, "direction"), value_get(spec, "direction"),
                      "external targets cannot be used with `from` and `both` direction in netem "
                      "action yet");
}

static void check_stress_chaos(struct field_errors *errors, const struct value *spec,
                               const struct field_path *path)
{
    const struct value *stressors = value_get(spec, "stressors");
    const struct value *memory = value_get(stressors, "memory"), *cpu = value_get(stressors, "cpu");
    const struct field_path *at = CHILD(path, "stressors");
    const struct value *size = value_get(memory, "size");
    double bytes;
    if (*text_at(spec, "stressngStressors") == '\0' && memory == NULL && cpu == NULL)
        field_invalid(errors, at, spec, "missing stressors");
    for (int i = 0; i < 2; i++) {
        const struct value *stressor = i == 0 ? memory : cpu;
        if (stressor != NULL)
            check_range(errors, stressor, "workers", CHILD(at, i == 0 ? "memory" : "cpu"), 1, 8192);
    }
    if (*value_text(size, "") != '\0' && !chaos_bytes(size->text, 0, &bytes))
        field_invalid(errors, CHILD(CHILD(at, "memory"), "size"), size,
                      "incorrect bytes format (say 256MB, 1GiB or 50%%)");
    if (has(cpu, "load"))
        check_range(errors, cpu, "load", CHILD(at, "cpu"), 0, 100);
}

static void check_io_chaos(struct field_errors *errors, const struct value *spec,
                           const struct field_path *path)
{
    check_duration(errors, spec, "delay", path);
    check_amount(errors, spec, "percent", path, 0, 100);
    if (strcmp(text_at(spec, "action"), "fault") == 0)
        check_range(errors, spec, "errno", path, 1, 133);
}

static void check_time_chaos(struct field_errors *errors, const struct value *spec,
                             const struct field_path *path)
{
    const struct value *clocks = value_get(spec, "clockIds");
    check_duration(errors, spec, "timeOffset", path);
    for (size_t i = 0; i < size_of(clocks); i++)
        if (strncmp(value_text(clocks->items[i], ""), "CLOCK_", 6) != 0)
            field_invalid(errors, ITEM(CHILD(path, "clockIds"), i), clocks->items[i],
                          "unknown clock id");
}

static void check_http_chaos(struct field_errors *errors, const struct value *spec,
                             const struct field_path *path)
{
    check_range(errors, spec, "port", path, 1, 65535);
    check_duration(errors, spec, "delay", path);
}

static void check_needs(struct field_errors *errors, const struct value *spec, const char *action,
                        const char *key, const struct field_path *path)
{
    if (strcmp(text_at(spec, "action"), action) == 0 && !has(spec, key))
        field_invalid(errors, CHILD(path, key), value_get(spec, "action"),
                      "at least one is required on %s action", action);
}

static void check_machine_chaos(struct field_errors *errors, const struct value *spec,
                                const struct field_path *path)
{
    const struct value *action = value_get(spec, "action");
    if (value_text(action, NULL) != NULL && !has(spec, action->text))
        field_invalid(errors, CHILD(path, action->text), action,
                      "the configuration corresponding to action is required");
    if (size_of(value_get(spec, "address")) == 0 && !has(spec, "selector"))
        field_invalid(errors, CHILD(path, "address"), action,
                      "one of address or selector should be specified");
}

static void check_status_check(struct field_errors *errors, const struct value *spec,
                               const struct field_path *path)
{
    static const char *const counts[] = { "timeoutSeconds", "intervalSeconds", "failureThreshold",
                                          "successThreshold", "recordsHistoryLimit" };
    const struct value *http = value_get(spec, "http");
    const struct field_path *at = CHILD(path, "http");
    const struct value *code = value_path(http, "criteria", "statusCode", NULL);
    int low = 0, high = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        check_least(errors, spec, counts[i], path, 1);
    if (http == NULL) {
        field_invalid(errors, at, spec, "the detail of http status check is required");
        return;
    }
    if (strncmp(text_at(http, "url"), "http://", 7) != 0 &&
        strncmp(text_at(http, "url"), "https://", 8) != 0)
        field_invalid(errors, CHILD(at, "url"), value_get(http, "url"), "invalid http request url");
    const char *text = code != NULL && (code->type == VALUE_STRING || code->type == VALUE_NUMBER)
                           ? code->text
                           : "";
    const int read = sscanf(text, "%4d-%4d", &low, &high);
    if (code != NULL &&
        (read < 1 || low < 100 || low > 599 || (read == 2 && (high < low || high > 599))))
        field_invalid(errors, CHILD(CHILD(at, "criteria"), "statusCode"), code,
                      "invalid status code (say 200 or 200-400)");
}

static void check_spec(struct field_errors *errors, const struct value *spec, const char *kind,
                       const struct field_path *path);

static void check_schedule_spec(struct field_errors *errors, const struct value *spec,
                                const struct field_path *path)
{
    const struct value *schedule = value_get(spec, "schedule");
    const char *type = text_at(spec, "type"), *block = chaos_block(type);
    struct error error = { 0 };
    struct cron_schedule *read =
        schedule == NULL ? NULL
                         : cron_schedule_new(value_text(schedule, ""), NULL, errors->zones, false,
                                             schedule->at, &error);
    if (schedule != NULL && read == NULL)
        field_invalid(errors, CHILD(path, "schedule"), schedule, "parse schedule field error: %s",
                      error.text);
    cron_schedule_free(read);
    error_close(&error);
    check_least(errors, spec, "historyLimit", path, 1);
    check_least(errors, spec, "startingDeadlineSeconds", path, 1);
    if (block != NULL && !has(spec, block))
        field_required(errors, CHILD(path, block), spec, "the spec of a %s", type);
    else if (block != NULL)
        check_spec(errors, value_get(spec, block), type, CHILD(path, block));
}

static const struct value *template_of(const struct value *templates, const char *name)
{
    for (size_t i = 0; i < size_of(templates); i++)
        if (strcmp(text_at(templates->items[i], "name"), name) == 0)
            return templates->items[i];
    return NULL;
}

static void check_template(struct field_errors *errors, const struct value *template,
                           const struct value *templates, const struct field_path *path)
{
    const char *type = text_at(template, "templateType"), *block = chaos_block(type);
    const struct value *children = value_get(template, "children");
    if (template_of(templates, text_at(template, "name")) != template)
        field_duplicate(errors, CHILD(path, "name"), value_get(template, "name"), NULL);
    check_duration(errors, template, "deadline", path);
    if (strcmp(type, "Suspend") == 0 && !has(template, "deadline"))
        field_required(errors, CHILD(path, "deadline"), template, "a Suspend ends with it");
    for (size_t i = 0; i < size_of(children); i++)
        if (template_of(templates, value_text(children->items[i], "")) == NULL)
            field_invalid(errors, ITEM(CHILD(path, "children"), i), children->items[i],
                          "can't find a template with this name");
    if (block != NULL && !has(template, block))
        field_required(errors, CHILD(path, block), template, "the spec of a %s", type);
    else if (block != NULL && strcmp(type, "Task") != 0)
        check_spec(errors, value_get(template, block), type, CHILD(path, block));
}

static void check_workflow_spec(struct field_errors *errors, const struct value *spec,
                                const struct field_path *path)
{
    const struct value *entry = value_get(spec, "entry"), *templates = value_get(spec, "templates");
    if (template_of(templates, value_text(entry, "")) == NULL)
        field_invalid(errors, CHILD(path, "entry"), entry,
                      "can't find a template with this name in spec.templates");
    for (size_t i = 0; i < size_of(templates); i++)
        check_template(errors, templates->items[i], templates, ITEM(CHILD(path, "templates"), i));
}

/* ── all of them ── */

static void check_spec(struct field_errors *errors, const struct value *spec, const char *kind,
                       const struct field_path *path)
{
    static const struct {
        const char *kind;
        void (*check)(struct field_errors *errors, const struct value *spec,
                      const struct field_path *path);
    } rules[] = {
        { "PodChaos", check_pod_chaos },
        { "NetworkChaos", check_network_chaos },
        { "StressChaos", check_stress_chaos },
        { "IOChaos", check_io_chaos },
        { "TimeChaos", check_time_chaos },
        { "HTTPChaos", check_http_chaos },
        { "PhysicalMachineChaos", check_machine_chaos },
        { "Schedule", check_schedule_spec },
        { "Workflow", check_workflow_spec },
        { "StatusCheck", check_status_check },
    };
    check_duration(errors, spec, "duration", path);
    check_mode(errors, spec, path);
    check_needs(errors, spec, "detach-volume", "volumeID", path);
    check_needs(errors, spec, "detach-volume", "deviceName", path);
    check_needs(errors, spec, "disk-loss", "deviceNames", path);
    check_needs(errors, spec, "disk-detach", "diskName", path);
    check_needs(errors, spec, "disk-detach", "lun", path);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].kind, kind) == 0)
            rules[i].check(errors, spec, path);
}

void check_chaos(struct field_errors *errors, const struct value *document)
{
    const struct schema_kind *kind =
        schema_kind(text_at(document, "apiVersion"), text_at(document, "kind"));
    const struct schema_field *field = schema_field(kind->type, "spec");
    const struct value *spec = value_get(document, "spec");
    const size_t before = errors->count;
    if (spec == NULL) {
        field_required(errors, CHILD(NULL, "spec"), document, "%s", "");
        return;
    }
    check_shape(errors, spec, field->type, CHILD(NULL, "spec"));
    if (errors->count == before)
        check_spec(errors, spec, kind->kind, CHILD(NULL, "spec"));
}

/* What runs goes on as it began. */
void check_chaos_update(struct field_errors *errors, const struct value *document,
                        const struct value *old)
{
    const enum kind kind = kind_find(text_at(document, "apiVersion"), text_at(document, "kind"));
    if (kind_is_experiment(kind) &&
        !value_equal(value_get(document, "spec"), value_get(old, "spec")))
        field_forbidden(errors, CHILD(NULL, "spec"), value_get(document, "spec"),
                        "Cannot update chaos spec");
    else
        check_chaos(errors, document);
}
