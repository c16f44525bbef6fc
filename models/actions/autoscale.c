/* kubectl autoscale: a HorizontalPodAutoscaler for each target.
 *
 * Follows pkg/cmd/autoscale/autoscale.go of kubectl of the release named in docs/fidelity.md. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/api/quantity.h"
#include "sim/base/memory.h"

static const struct flag_kind autoscale_flags[] = {
    FLAG_FILENAME,
    FLAG_SELECTOR,
    FLAG_ALL,
    { "min", 0, false },
    { "max", 0, false },
    { "cpu", 0, false },
    { "memory", 0, false },
    { "cpu-percent", 0, false },
    { "name", 0, false },
    FLAG_END,
};

/* ---- targets of metrics ---- */

static bool is_percentage(const char *text)
{
    const size_t length = strlen(text);
    return length > 0 && text[length - 1] == '%';
}

/* A number without a unit is in this one. */
static char *with_unit(const char *text, const char *unit)
{
    char *end;
    const double number = strtod(text, &end);
    return end != text && *end == '\0' ? mem_format("%g%s", number, unit)
                                       : mem_text(text, strlen(text));
}

static bool check_amount(const struct command *command, const char *name, struct place at,
                         struct error *error)
{
    const char *text = command_flag(command, name);
    struct quantity quantity;
    char *end;
    if (text == NULL || *text == '\0')
        return true;
    if (is_percentage(text)) {
        const long percent = strtol(text, &end, 10);
        return (end > text && strcmp(end, "%") == 0 && percent >= 0 && percent <= INT32_MAX) ||
               error_set(error, at, "invalid percentage value: %.*s", (int)strlen(text) - 1, text);
    }
    char *amount = with_unit(text, "");
    const bool fits = quantity_parse(amount, &quantity, NULL);
    free(amount);
    return fits || error_set(error, at, "invalid resource %s value: %s", name, text);
}

static bool check_autoscale(const struct command *command, struct place at, struct error *error)
{
    static const char *const numbers[] = { "min", "max", "cpu-percent" };
    if (command_flag(command, "max") == NULL)
        return error_set(error, at, "required flag(s) \"max\" not set");
    for (size_t i = 0; i < 3; i++)
        if (!command_check_number(command, numbers[i], at, error))
            return false;
    const int64_t max = command_number(command, "max", -1),
                  min = command_number(command, "min", -1);
    if (max < 1)
        return error_set(error, at,
                         "--max=MAXPODS is required and must be at least 1, max: %" PRId64, max);
    if (max < min)
        return error_set(error, at,
                         "--max=MAXPODS must be larger or equal to --min=MINPODS, max: %" PRId64
                         ", min: %" PRId64,
                         max, min);
    if (command_number(command, "cpu-percent", -1) > 0 && command_flag(command, "cpu") != NULL)
        return error_set(error, at, "--cpu-percent and --cpu are mutually exclusive");
    return check_amount(command, "cpu", at, error) && check_amount(command, "memory", at, error) &&
           targets_check(command, command->word_count, at, error);
}

static void add_metric(struct value *metrics, const char *resource, const char *type,
                       const char *key, struct value *amount)
{
    struct value *metric = value_new_map();
    value_set(metric, "type", value_new_string("Resource"));
    value_put(&metric, value_new_string(resource), "resource", "name", NULL);
    value_put(&metric, value_new_string(type), "resource", "target", "type", NULL);
    value_put(&metric, amount, "resource", "target", key, NULL);
    value_add(metrics, metric);
}

static void add_flag(struct value *metrics, const struct command *command, const char *resource,
                     const char *unit)
{
    const char *text = command_flag(command, resource);
    if (text == NULL || *text == '\0')
        return;
    if (is_percentage(text)) {
        add_metric(metrics, resource, "Utilization", "averageUtilization",
                   value_new_int(strtol(text, NULL, 10)));
        return;
    }
    char *amount = with_unit(text, unit);
    add_metric(metrics, resource, "AverageValue", "averageValue", value_new_string(amount));
    free(amount);
}

static struct value *metrics_of(const struct command *command)
{
    const int64_t percent = command_number(command, "cpu-percent", -1);
    struct value *metrics = value_new_list();
    if (percent > 0)
        add_metric(metrics, "cpu", "Utilization", "averageUtilization", value_new_int(percent));
    add_flag(metrics, command, "cpu", "m");
    add_flag(metrics, command, "memory", "Mi");
    return metrics;
}

/* ---- the command ---- */

static struct value *autoscaler_for(const struct action *action, struct object_key target)
{
    const struct command *command = &action->command;
    const struct kind_info *info = &kind_infos[target.kind];
    const char *name = command_flag(command, "name");
    struct value *document = value_new_map(), *metrics = metrics_of(command);
    value_set(document, "apiVersion", value_new_string("autoscaling/v2"));
    value_set(document, "kind", value_new_string("HorizontalPodAutoscaler"));
    value_put(&document, value_new_string(name != NULL ? name : text_s(target.name)), "metadata",
              "name", NULL);
    value_put(&document, value_new_string(text_s(target.space)), "metadata", "namespace", NULL);
    value_put(&document, value_new_string(info->api_version), "spec", "scaleTargetRef",
              "apiVersion", NULL);
    value_put(&document, value_new_string(info->name), "spec", "scaleTargetRef", "kind", NULL);
    value_put(&document, value_new_string(text_s(target.name)), "spec", "scaleTargetRef", "name",
              NULL);
    value_put(&document, value_new_int(command_number(command, "max", 1)), "spec", "maxReplicas",
              NULL);
    if (command_number(command, "min", -1) > 0)
        value_put(&document, value_new_int(command_number(command, "min", 1)), "spec",
                  "minReplicas", NULL);
    if (metrics->count > 0)
        value_put(&document, value_hold(metrics), "spec", "metrics", NULL);
    value_drop(metrics);
    return document;
}

static void autoscale(struct action *action, struct object_key target)
{
    if (target.kind != KIND_DEPLOYMENT && target.kind != KIND_REPLICASET &&
        target.kind != KIND_STATEFULSET && target.kind != KIND_REPLICATIONCONTROLLER) {
        action_fail(action, "cannot autoscale a %s: could not find scale subresource for %s",
                    kind_infos[target.kind].name, kind_infos[target.kind].plural);
        return;
    }
    struct value *document = autoscaler_for(action, target);
    const struct object_key key = action_key(action, document);
    if (action_create_as(action, document, NULL)) {
        char *name = printed_name(key);
        action_say(action, "%s autoscaled", name);
        free(name);
    }
    object_key_drop(key);
    value_drop(document);
}

static bool start_autoscale(struct action *action)
{
    struct targets targets;
    if (command_flag(&action->command, "cpu-percent") != NULL)
        action_complain(action,
                        "Flag --cpu-percent has been deprecated, Use --cpu with percentage or "
                        "resource quantity format (e.g., '70%%' for utilization or '500m' for "
                        "milliCPU).");
    targets_find(&targets, action, action->command.word_count);
    for (size_t i = 0; i < targets.count; i++)
        autoscale(action, targets.items[i]);
    targets_close(&targets);
    return true;
}

const struct verb verb_autoscale = {
    .name = "autoscale",
    .root = "autoscale",
    .flags = autoscale_flags,
    .check = check_autoscale,
    .start = start_autoscale,
};
