/* Values, names and limits of the documents of Chaos Mesh. */
#include "models/api/chaos.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/go_duration.h"
#include "sim/base/memory.h"

/* ── values ── */

bool chaos_number(const struct value *value, double *number)
{
    *number = 0;
    if (value_is_null(value))
        return true;
    if (value->type != VALUE_STRING && value->type != VALUE_NUMBER)
        return false;
    char *end;
    *number = strtod(value->text, &end);
    return value->count > 0 && *end == '\0' && isfinite(*number) &&
           strpbrk(value->text, "xXpP") == NULL;
}

double chaos_amount(const struct value *value, double otherwise)
{
    double number;
    if (value_is_null(value) || (value->type == VALUE_STRING && value->count == 0) ||
        !chaos_number(value, &number))
        return otherwise;
    return number;
}

bool chaos_duration(const struct value *value, sim_time *time)
{
    const char *text = value_text(value, "");
    return *text != '\0' && go_duration_parse(text, time);
}

bool chaos_bytes(const char *text, double all, double *bytes)
{
    static const struct {
        const char *unit;
        double bytes;
    } units[] = {
        { "", 1 },         { "B", 1 },      { "K", 1024 },     { "KB", 1e3 },     { "KIB", 1024 },
        { "M", 0x1p20 },   { "MB", 1e6 },   { "MIB", 0x1p20 }, { "G", 0x1p30 },   { "GB", 1e9 },
        { "GIB", 0x1p30 }, { "T", 0x1p40 }, { "TB", 1e12 },    { "TIB", 0x1p40 },
    };
    char *end;
    const double amount = strtod(text, &end);
    if (end == text || amount < 0 || !isfinite(amount) || strpbrk(text, "xX") != NULL)
        return false;
    while (*end == ' ')
        end++;
    if (strcmp(end, "%") == 0) {
        *bytes = all * amount / 100;
        return amount <= 100;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcasecmp(end, units[i].unit) == 0) {
            *bytes = amount * units[i].bytes;
            return true;
        }
    return false;
}

/* ── kinds ── */

const char *chaos_block(const char *kind)
{
    static const struct {
        const char *kind, *block;
    } blocks[] = {
        { "PodChaos", "podChaos" },       { "NetworkChaos", "networkChaos" },
        { "StressChaos", "stressChaos" }, { "IOChaos", "ioChaos" },
        { "TimeChaos", "timeChaos" },     { "DNSChaos", "dnsChaos" },
        { "HTTPChaos", "httpChaos" },     { "KernelChaos", "kernelChaos" },
        { "JVMChaos", "jvmChaos" },       { "BlockChaos", "blockChaos" },
        { "AWSChaos", "awsChaos" },       { "GCPChaos", "gcpChaos" },
        { "AzureChaos", "azureChaos" },   { "PhysicalMachineChaos", "physicalmachineChaos" },
        { "Schedule", "schedule" },       { "Workflow", "workflow" },
        { "StatusCheck", "statusCheck" }, { "Task", "task" },
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (strcmp(blocks[i].kind, kind) == 0)
            return blocks[i].block;
    return NULL;
}

static bool action_is(const struct value *spec, const char *action)
{
    return strcmp(value_text(value_get(spec, "action"), ""), action) == 0;
}

bool chaos_is_one_shot(enum kind kind, const struct value *spec)
{
    switch (kind) {
    case KIND_PODCHAOS:
        return action_is(spec, "pod-kill") || action_is(spec, "container-kill");
    case KIND_AWSCHAOS:
        return action_is(spec, "ec2-restart");
    case KIND_GCPCHAOS:
        return action_is(spec, "node-reset");
    case KIND_AZURECHAOS:
        return action_is(spec, "vm-restart");
    default:
        return false;
    }
}

/* ── what has no effect ── */

static char *network_without_effect(const struct value *spec, const struct value **at)
{
    const struct value *action = value_get(spec, "action");
    const struct value *target = value_get(spec, "target"),
                       *external = value_get(spec, "externalTargets");
    *at = action;
    if (action_is(spec, "duplicate") || action_is(spec, "bandwidth"))
        return mem_format("packets are not simulated one by one: %s has no effect here",
                          value_text(action, ""));
    if (target == NULL && external != NULL && external->count > 0) {
        *at = external;
        return mem_format("nothing outside of the cluster is simulated: what is between pods and "
                          "externalTargets has no effect here");
    }
    if (target != NULL && value_get(value_get(target, "selector"), "labelSelectors") == NULL) {
        *at = target;
        return mem_format("requests tell where they come from by the labels of pods (`from` of "
                          "traffic): a target without labelSelectors has no effect here");
    }
    return NULL;
}

static char *machine_without_effect(const struct value *spec, const struct value **at)
{
    static const char *const acting[] = { "network-partition", "network-down", "network-delay",
                                          "network-loss", "vm" };
    *at = value_get(spec, "action");
    for (size_t i = 0; i < sizeof acting / sizeof *acting; i++)
        if (action_is(spec, acting[i]))
            return NULL;
    return mem_format("%s of a machine has no effect here (network-partition, network-down, "
                      "network-delay, network-loss and vm have)",
                      value_text(*at, ""));
}

char *chaos_without_effect(enum kind kind, const struct value *spec, const struct value **at)
{
    char *none = NULL;
    *at = value_get(spec, "action");
    switch (kind) {
    case KIND_NETWORKCHAOS:
        none = network_without_effect(spec, at);
        break;
    case KIND_PHYSICALMACHINECHAOS:
        none = machine_without_effect(spec, at);
        break;
    case KIND_IOCHAOS:
        if (!action_is(spec, "latency") && !action_is(spec, "fault"))
            none = mem_format("contents of files are not simulated: %s has no effect here",
                              value_text(*at, ""));
        break;
    case KIND_HTTPCHAOS:
        *at = value_get(spec, "replace") != NULL ? value_get(spec, "replace")
                                                 : value_get(spec, "patch");
        if (*at != NULL && value_get(spec, "abort") == NULL && value_get(spec, "delay") == NULL)
            none = mem_format("contents of requests are not simulated: this has no effect here");
        break;
    case KIND_STRESSCHAOS:
        *at = value_get(spec, "stressngStressors");
        if (value_get(spec, "stressors") == NULL)
            none = mem_format("command lines of stress-ng are not read: this has no effect here");
        break;
    case KIND_AWSCHAOS:
    case KIND_GCPCHAOS:
    case KIND_AZURECHAOS:
        if (action_is(spec, "detach-volume") || action_is(spec, "disk-loss") ||
            action_is(spec, "disk-detach"))
            none = mem_format("disks of instances are not simulated: %s has no effect here",
                              value_text(*at, ""));
        break;
    case KIND_TIMECHAOS:
        *at = value_get(spec, "timeOffset");
        none = mem_format("clocks of containers are not simulated: this has no effect here");
        break;
    case KIND_DNSCHAOS:
    case KIND_KERNELCHAOS:
    case KIND_JVMCHAOS:
    case KIND_BLOCKCHAOS:
        none =
            mem_format("what happens within containers is not simulated: a %s has no effect here",
                       kind_infos[kind].name);
        break;
    default:
        break;
    }
    return none;
}

/* Fields that say how exactly something is done, where that is not simulated. */
static const struct {
    const char *kind, *field, *below;
} idle[] = {
    { "NetworkChaos", "device", NULL },
    { "NetworkChaos", "targetDevice", NULL },
    { "NetworkChaos", "delay", "correlation" },
    { "NetworkChaos", "delay", "reorder" },
    { "NetworkChaos", "loss", "correlation" },
    { "NetworkChaos", "corrupt", "correlation" },
    { "NetworkChaos", "rate", NULL },
    { "StressChaos", "stressngStressors", NULL },
    { "IOChaos", "path", NULL },
    { "IOChaos", "methods", NULL },
    { "HTTPChaos", "path", NULL },
    { "HTTPChaos", "method", NULL },
    { "HTTPChaos", "code", NULL },
    { "HTTPChaos", "request_headers", NULL },
    { "HTTPChaos", "response_headers", NULL },
    { "HTTPChaos", "replace", NULL },
    { "HTTPChaos", "patch", NULL },
};

/* Does it ask for nothing in particular? */
static bool is_usual(const struct value *value)
{
    static const char *const usual[] = { "", "0", "*", "/*", "all" };
    if (value_is_null(value))
        return true;
    if (value->type == VALUE_LIST || value->type == VALUE_MAP)
        return value->count == 0;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (value->type != VALUE_BOOL && strcmp(value->text, usual[i]) == 0)
            return true;
    return false;
}

static void warn_of_idle(const struct value *spec, const char *kind, const char *where,
                         struct error_list *warnings)
{
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++) {
        if (strcmp(idle[i].kind, kind) != 0)
            continue;
        const struct value *value = value_path(spec, idle[i].field, idle[i].below, NULL);
        if (!is_usual(value))
            error_list_add(warnings, value->at, "%s%s%s%s has no effect here", where, idle[i].field,
                           idle[i].below != NULL ? "." : "",
                           idle[i].below != NULL ? idle[i].below : "");
    }
    const struct value *remote = value_get(spec, "remoteCluster");
    if (!is_usual(remote))
        error_list_add(warnings, remote->at, "%sremoteCluster has no effect here", where);
}

static void warn_of(const struct value *spec, const char *kind, const char *where,
                    const struct value *near, struct error_list *warnings)
{
    const enum kind row = kind_find("chaos-mesh.org/v1alpha1", kind);
    const struct value *at = NULL;
    char *none = kind_is_experiment(row) ? chaos_without_effect(row, spec, &at) : NULL;
    if (none != NULL)
        error_list_add(warnings, (at != NULL ? at : near)->at, "%s%s", where, none);
    else
        warn_of_idle(spec, kind, where, warnings);
    free(none);
}

static void warn_of_schedule(const struct value *spec, const char *where,
                             struct error_list *warnings)
{
    const char *type = value_text(value_get(spec, "type"), "");
    const char *block = chaos_block(type);
    const struct value *inner = block != NULL ? value_get(spec, block) : NULL;
    if (inner != NULL)
        warn_of(inner, type, where, inner, warnings);
}

static void warn_of_templates(const struct value *templates, struct error_list *warnings)
{
    for (size_t i = 0; templates != NULL && i < templates->count; i++) {
        const struct value *template = templates->items[i];
        const char *type = value_text(value_get(template, "templateType"), "");
        const char *block = chaos_block(type);
        const struct value *inner = block != NULL ? value_get(template, block) : NULL;
        char *where = mem_format("template %s: ", value_text(value_get(template, "name"), ""));
        if (inner != NULL && strcmp(type, "Schedule") == 0)
            warn_of_schedule(inner, where, warnings);
        else if (inner != NULL)
            warn_of(inner, type, where, inner, warnings);
        free(where);
    }
}

void chaos_warn(const struct value *document, struct error_list *warnings)
{
    const char *kind = value_text(value_get(document, "kind"), "");
    const struct value *spec = value_get(document, "spec");
    if (strncmp(value_text(value_get(document, "apiVersion"), ""), "chaos-mesh.org/", 15) != 0)
        return;
    char *where =
        mem_format("%s %s: ", kind, value_text(value_path(document, "metadata", "name", NULL), ""));
    if (strcmp(kind, "Schedule") == 0) {
        warn_of_schedule(spec, where, warnings);
        if (strcmp(value_text(value_get(spec, "type"), ""), "Workflow") == 0)
            warn_of_templates(value_path(spec, "workflow", "templates", NULL), warnings);
    } else if (strcmp(kind, "Workflow") == 0) {
        warn_of_templates(value_get(spec, "templates"), warnings);
    } else {
        warn_of(spec, kind, where, document, warnings);
    }
    free(where);
}
