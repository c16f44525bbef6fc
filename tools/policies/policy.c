/* From a text to somebody who decides; see policy.h. */
#include "tools/policies/policy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "models/api/yaml.h"
#include "models/scheduler/configuration/policies.h"
#include "models/scheduler/configuration/profile.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "tools/files.h"
#include "tools/policies/http_extender.h"
#include "tools/policies/json_lines.h"
#include "tools/policies/shared_object.h"

struct policy {
    const char *text;
    struct outside_options options;
    struct value *configuration; /* a KubeSchedulerConfiguration */
    char *bytes;                 /* of the file it came from: its places */
    struct extenders extenders;
    const struct extender **list; /* what `extenders` borrows */

    /* what stands behind them */
    struct texts *texts;
    struct scheduler_configuration *checked; /* of `configuration`: its extenders */
    struct http_extender **http;
    size_t http_count;
    struct shared_object *object;
    struct json_lines *lines;
    char *command;
};

/* The default filters, and nobody's scores but the policy's. Every node is looked at. */
static const char decided_outside[] =
    "{percentageOfNodesToScore: 100, profiles: [{plugins: {score: {disabled: [{name: '*'}]}}}]}";

/* --- what a text means ------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

static bool is_url(const char *text)
{
    return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

static bool is_configuration(const char *text)
{
    return ends_with(text, ".yaml") || ends_with(text, ".yml") || ends_with(text, ".json");
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* A command has blanks, or names a program that is there. */
static bool is_command(const char *text)
{
    return strchr(text, ' ') != NULL || ends_with(text, ".py") || strncmp(text, "fd:", 3) == 0 ||
           (strchr(text, '/') != NULL && is_file(text));
}

bool policy_exists(const char *text, struct error *error)
{
    const struct place at = { .file = "--policy" };
    if (scheduling_policy_find(text) != NULL || is_url(text))
        return true;
    if (is_configuration(text) || ends_with(text, ".so") ||
        (ends_with(text, ".py") && strchr(text, ' ') == NULL))
        return is_file(text) || error_set(error, at, "%s: no such file", text);
    if (is_command(text))
        return true;
    struct writer known = { 0 };
    struct nearest near = nearest_to(text);
    for (const struct scheduling_policy *policy = scheduling_policies; policy->name != NULL;
         policy++) {
        writer_format(&known, "%s, ", policy->name);
        nearest_offer(&near, policy->name);
    }
    error_set(error, at,
              "unknown policy \"%s\"%s%s%s (try %sa .so, .py or .yaml file, a command or a URL)",
              text, near.found != NULL ? ": did you mean " : "",
              near.found != NULL ? near.found : "", near.found != NULL ? "?" : "", known.bytes);
    writer_close(&known);
    return false;
}

/* --- configurations ----------------------------------------------------------------------------- */

static struct value *parse(const char *text, const char *name, struct error *error)
{
    const struct yaml_piece piece = { text, strlen(text), { name, 1, 1 } };
    return yaml_read(piece, NULL, NULL, error);
}

/* The one document of a file; whether it fits is seen when it is checked. */
static bool read_configuration(struct policy *policy, struct error_list *faults)
{
    struct error error = { 0 };
    struct documents documents = { 0 };
    const size_t before = faults->count;
    size_t length;
    policy->bytes = file_read(policy->text, &length, &error);
    if (policy->bytes == NULL) {
        error_list_take(faults, &error);
        return false;
    }
    documents_read(&documents, policy->bytes, length, policy->text, faults);
    if (faults->count == before && documents.count != 1)
        error_list_add(faults, (struct place){ .file = policy->text },
                       "has %zu documents, and not the one KubeSchedulerConfiguration",
                       documents.count);
    if (documents.count > 0)
        policy->configuration = value_hold(documents.items[0]);
    documents_close(&documents);
    return faults->count == before;
}

/* The default profile and one extender, whose scores of 0 to 10 count as much as one plugin's. */
static struct value *configuration_of_url(const char *url, sim_time limit)
{
    char timeout[SIM_TIME_TEXT];
    struct value *configuration = value_new_map(), *list = value_new_list();
    struct value *extender = value_new_map();
    value_set(extender, "urlPrefix", value_new_string(url));
    value_set(extender, "filterVerb", value_new_string("filter"));
    value_set(extender, "prioritizeVerb", value_new_string("prioritize"));
    value_set(extender, "weight", value_new_int(1));
    value_set(extender, "httpTimeout", value_new_string(sim_time_print(limit, timeout)));
    value_add(list, extender);
    value_set(configuration, "extenders", list);
    return configuration;
}

/* Check the configuration, and open its extenders. */
static bool open_configuration(struct policy *policy, struct error_list *faults)
{
    policy->checked = scheduler_configuration_load(policy->texts, policy->configuration, faults);
    if (policy->checked == NULL)
        return false;
    const struct extender_configurations *extenders = &policy->checked->extenders;
    policy->http = mem_new((extenders->count + 1) * sizeof *policy->http);
    policy->list = mem_new((extenders->count + 1) * sizeof *policy->list);
    for (size_t i = 0; i < extenders->count; i++) {
        policy->http[i] = http_extender_open(&extenders->items[i]);
        policy->list[policy->extenders.count++] = http_extender_extender(policy->http[i]);
        policy->http_count++;
    }
    return true;
}

/* --- processes ----------------------------------------------------------------------------------- */

/* A path that the shell leaves alone, behind the interpreter of a .py file. */
static char *command_of(const char *text)
{
    if (strchr(text, ' ') != NULL || !ends_with(text, ".py"))
        return mem_text(text, strlen(text));
    struct writer command = { 0 };
    writer_add(&command, "exec python3 '");
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '\'')
            writer_add(&command, "'\\''");
        else
            writer_add_char(&command, *c);
    writer_add(&command, "'");
    return writer_take(&command);
}

static bool open_process(struct policy *policy, struct error_list *faults)
{
    struct error error = { 0 };
    policy->list = mem_new(sizeof *policy->list);
    if (ends_with(policy->text, ".so")) {
        policy->object = shared_object_open(policy->text, &policy->options, &error);
        if (policy->object != NULL)
            policy->list[0] = shared_object_extender(policy->object);
    } else {
        policy->command = command_of(policy->text);
        policy->lines = json_lines_open(policy->text, policy->command, &policy->options, &error);
        if (policy->lines != NULL)
            policy->list[0] = json_lines_extender(policy->lines);
    }
    if (policy->list[0] == NULL) {
        error_wrap(&error, "policy %s", policy->text);
        error_list_take(faults, &error);
        return false;
    }
    policy->extenders.count = 1;
    return true;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static bool open_any(struct policy *policy, struct error_list *faults)
{
    const struct scheduling_policy *named = scheduling_policy_find(policy->text);
    struct error error = { 0 };
    if (!policy_exists(policy->text, &error)) {
        error_list_take(faults, &error);
        return false;
    }
    if (named != NULL)
        policy->configuration = scheduling_policy_read(named);
    else if (is_url(policy->text))
        policy->configuration = configuration_of_url(policy->text, policy->options.limit);
    else if (is_configuration(policy->text)) {
        if (!read_configuration(policy, faults))
            return false;
    } else {
        policy->configuration = parse(decided_outside, policy->text, &error);
        return open_process(policy, faults);
    }
    return open_configuration(policy, faults);
}

static struct policy *policy_new(const char *text, const struct outside_options *options)
{
    struct policy *policy = mem_new(sizeof *policy);
    policy->text = text;
    policy->options = *options;
    policy->texts = texts_new();
    if (policy->options.start_limit == 0)
        policy->options.start_limit = START_LIMIT_SECONDS * SIM_SECOND;
    if (policy->options.limit == 0)
        policy->options.limit = ANSWER_LIMIT_SECONDS * SIM_SECOND;
    return policy;
}

/* The policy, if it could be opened. */
static struct policy *policy_if(bool opened, struct policy *policy)
{
    if (opened) {
        policy->extenders.items = policy->list;
        return policy;
    }
    policy_close(policy);
    return NULL;
}

struct policy *policy_open(const char *text, const struct outside_options *options,
                           struct error_list *faults)
{
    struct policy *policy = policy_new(text, options);
    return policy_if(open_any(policy, faults), policy);
}

struct policy *policy_open_configuration(const struct value *configuration,
                                         const struct outside_options *options,
                                         struct error_list *faults)
{
    struct policy *policy = policy_new("", options);
    policy->configuration = value_hold(configuration);
    return policy_if(open_configuration(policy, faults), policy);
}

void policy_close(struct policy *policy)
{
    if (policy == NULL)
        return;
    json_lines_close(policy->lines);
    shared_object_close(policy->object);
    for (size_t i = 0; i < policy->http_count; i++)
        http_extender_close(policy->http[i]);
    if (policy->checked != NULL)
        scheduler_configuration_free(policy->checked);
    extenders_close(&policy->extenders);
    value_drop(policy->configuration);
    texts_free(policy->texts);
    free(policy->http);
    free(policy->list);
    free(policy->command);
    free(policy->bytes);
    free(policy);
}

void policy_apply(struct policy *policy, struct settings *settings)
{
    value_drop(settings->scheduler_configuration);
    settings->scheduler_configuration = value_hold(policy->configuration);
    settings->extenders = policy->extenders.count > 0 ? &policy->extenders : NULL;
}

const char *policy_failure(const struct policy *policy)
{
    return policy != NULL ? policy->extenders.failure.text : NULL;
}

const char *policy_ignored(const struct policy *policy, size_t *count)
{
    *count = policy->extenders.ignored_count;
    return policy->extenders.ignored.text;
}

void policy_end(struct policy *policy, sim_time now, const struct value *pods)
{
    if (policy->lines != NULL && policy_failure(policy) == NULL)
        json_lines_end(policy->lines, now, pods);
}
