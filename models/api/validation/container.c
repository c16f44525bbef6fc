/* Containers, init containers and ephemeral containers of a pod.
 *
 * Follows validateContainers(), validateInitContainers() and validateEphemeralContainers() of
 * pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };
static const char *const message_policies[] = { "File", "FallbackToLogsOnError", NULL };

/* Does an earlier item of a list carry the same text under a key? */
static bool is_earlier(const struct value *list, size_t index, const char *key)
{
    const char *text = text_at(list->items[index], key);
    for (size_t i = 0; i < index; i++)
        if (strcmp(text_at(list->items[i], key), text) == 0)
            return true;
    return false;
}

static bool is_named(const struct value *list, const char *name)
{
    for (size_t i = 0; i < size_of(list); i++)
        if (strcmp(text_at(list->items[i], "name"), name) == 0)
            return true;
    return false;
}

static void check_port_name(struct field_errors *errors, const struct value *ports, size_t index,
                            const struct field_path *path)
{
    const struct value *name = value_get(ports->items[index], "name");
    if (*value_text(name, "") == '\0')
        return;
    if (!text_fits(name->text, text_port_name))
        check_text(errors, name, CHILD(path, "name"), text_port_name);
    else if (is_earlier(ports, index, "name"))
        field_duplicate(errors, CHILD(path, "name"), name, NULL);
}

static void check_ports(struct field_errors *errors, const struct value *ports,
                        const struct field_path *path)
{
    for (size_t i = 0; i < size_of(ports); i++) {
        const struct value *port = ports->items[i];
        const struct field_path *item = ITEM(path, i);
        check_port_name(errors, ports, i, item);
        if (number_at(port, "containerPort") == 0)
            field_required(errors, CHILD(item, "containerPort"), port, "%s", "");
        else
            check_port(errors, value_get(port, "containerPort"), CHILD(item, "containerPort"));
        if (number_at(port, "hostPort") != 0)
            check_port(errors, value_get(port, "hostPort"), CHILD(item, "hostPort"));
        check_choice(errors, port, "protocol", item, protocols, REQUIRED);
    }
}

static void check_resize_policy(struct pod_check *check, const struct value *policies,
                                const struct field_path *path)
{
    static const char *const resources[] = { "cpu", "memory", NULL };
    static const char *const restarts[] = { "NotRequired", "RestartContainer", NULL };
    bool never = strcmp(text_at(check->spec, "restartPolicy"), "Never") == 0;
    for (size_t i = 0; i < size_of(policies); i++) {
        const struct value *name = value_get(policies->items[i], "resourceName");
        const struct value *restart = value_get(policies->items[i], "restartPolicy");
        if (is_earlier(policies, i, "resourceName"))
            field_duplicate(check->errors, ITEM(path, i), name, NULL);
        if (*value_text(name, "") == '\0')
            field_required(check->errors, path, policies->items[i], "%s", "");
        else if (!one_of(name->text, resources))
            field_unsupported(check->errors, path, name, NULL, resources);
        if (*value_text(restart, "") == '\0')
            field_required(check->errors, path, policies->items[i], "%s", "");
        else if (!one_of(restart->text, restarts))
            field_unsupported(check->errors, path, restart, NULL, restarts);
        if (never && strcmp(value_text(restart, ""), "NotRequired") != 0)
            field_invalid(check->errors, path, restart,
                          "must be 'NotRequired' when `restartPolicy` is 'Never'");
    }
}

/* What all containers have in common. */
static void check_container(struct pod_check *check, const struct value *container,
                            const struct field_path *path)
{
    struct field_errors *errors = check->errors;
    check_required_text(errors, container, "name", path, text_dns_label);
    check_required_text(errors, container, "image", path, NULL);
    check_choice(errors, container, "terminationMessagePolicy", path, message_policies, REQUIRED);
    check_ports(errors, value_get(container, "ports"), CHILD(path, "ports"));
    check_env(errors, value_get(container, "env"), CHILD(path, "env"));
    check_env_from(errors, value_get(container, "envFrom"), CHILD(path, "envFrom"));
    check_mounts(check, container, path);
    check_choice(errors, container, "imagePullPolicy", path, pull_policies, REQUIRED);
    check_resources(check, value_get(container, "resources"), CHILD(path, "resources"), false);
    check_resize_policy(check, value_get(container, "resizePolicy"), CHILD(path, "resizePolicy"));
    check_container_security(check, value_get(container, "securityContext"),
                             CHILD(path, "securityContext"));
}

static void check_restart_rule(struct field_errors *errors, const struct value *rule,
                               const struct field_path *path)
{
    static const char *const rule_actions[] = { "Restart", NULL };
    static const char *const operators[] = { "In", "NotIn", NULL };
    const struct value *codes = value_get(rule, "exitCodes");
    if (!one_of(text_at(rule, "action"), rule_actions))
        field_unsupported(errors, CHILD(path, "action"), value_get(rule, "action"), NULL,
                          rule_actions);
    if (codes == NULL) {
        field_required(errors, CHILD(path, "exitCodes"), rule, "must be specified");
        return;
    }
    if (!one_of(text_at(codes, "operator"), operators))
        field_unsupported(errors, CHILD(CHILD(path, "exitCodes"), "operator"),
                          value_get(codes, "operator"), NULL, operators);
    if (size_of(value_get(codes, "values")) > 255)
        field_too_many(errors, CHILD(CHILD(path, "exitCodes"), "values"), codes,
                       size_of(value_get(codes, "values")), 255);
}

/* A container's own restart policy, and the rules by exit code that refine it. */
static void check_restart_policy(struct field_errors *errors, const struct value *container,
                                 const struct field_path *path)
{
    enum { RULES = 20 };
    static const char *const policies[] = { "Always", "Never", "OnFailure", NULL };
    const struct value *rules = value_get(container, "restartPolicyRules");
    check_choice(errors, container, "restartPolicy", path, policies, OPTIONAL);
    if (size_of(rules) > 0 && !has(container, "restartPolicy"))
        field_required(errors, CHILD(path, "restartPolicy"), container,
                       "must specify restartPolicy when restart rules are used");
    if (size_of(rules) > RULES)
        field_too_many(errors, CHILD(path, "restartPolicyRules"), rules, size_of(rules), RULES);
    for (size_t i = 0; i < size_of(rules); i++)
        check_restart_rule(errors, rules->items[i], ITEM(CHILD(path, "restartPolicyRules"), i));
}

/* Host ports of containers that run at the same time, each once: "TCP//80". */
static void check_host_ports(struct field_errors *errors, const struct value *containers,
                             size_t first, size_t count, const struct field_path *path)
{
    struct value *taken = value_new_list();
    for (size_t c = 0; c < count; c++) {
        const struct value *ports = value_get(containers->items[first + c], "ports");
        for (size_t i = 0; i < size_of(ports); i++) {
            const struct value *port = value_get(ports->items[i], "hostPort");
            if (value_int(port, 0) == 0)
                continue;
            char *text = mem_format("%s/%s/%s", text_at(ports->items[i], "protocol"),
                                    text_at(ports->items[i], "hostIP"), port->text);
            char *quoted = field_quote(text);
            if (list_has(taken, text))
                field_duplicate(errors, CHILD(ITEM(CHILD(ITEM(path, c), "ports"), i), "hostPort"),
                                port, quoted);
            else
                value_add(taken, value_new_string(text));
            free(quoted);
            free(text);
        }
    }
    value_drop(taken);
}

void check_containers(struct pod_check *check, const struct field_path *path)
{
    const struct value *containers = value_get(check->spec, "containers");
    if (size_of(containers) == 0) {
        field_required(check->errors, path, check->spec, "%s", "");
        return;
    }
    for (size_t i = 0; i < size_of(containers); i++) {
        const struct value *container = containers->items[i];
        const struct field_path *item = ITEM(path, i);
        check_container(check, container, item);
        if (is_earlier(containers, i, "name"))
            field_duplicate(check->errors, CHILD(item, "name"), value_get(container, "name"), NULL);
        check_lifecycle(check, value_get(container, "lifecycle"), CHILD(item, "lifecycle"));
        check_probes(check, container, item);
        check_restart_policy(check->errors, container, item);
    }
    check_host_ports(check->errors, containers, 0, size_of(containers), path);
}

/* What only containers that stay may have. */
static void check_passing(struct field_errors *errors, const struct value *container,
                          const struct field_path *path)
{
    static const char *const members[] = { "lifecycle", "livenessProbe", "readinessProbe",
                                           "startupProbe" };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (has(container, members[i]))
            field_forbidden(errors, CHILD(path, members[i]), value_get(container, members[i]),
                            "may not be set for init containers without restartPolicy=Always");
}

void check_init_containers(struct pod_check *check, const struct field_path *path)
{
    const struct value *containers = value_get(check->spec, "initContainers");
    const struct value *regular = value_get(check->spec, "containers");
    for (size_t i = 0; i < size_of(containers); i++) {
        const struct value *container = containers->items[i];
        const struct field_path *item = ITEM(path, i);
        const char *name = text_at(container, "name");
        check_container(check, container, item);
        check_restart_policy(check->errors, container, item);
        if (is_named(regular, name) || (*name != '\0' && is_earlier(containers, i, "name")))
            field_duplicate(check->errors, CHILD(item, "name"), value_get(container, "name"), NULL);
        check_host_ports(check->errors, containers, i, 1, path);
        if (strcmp(text_at(container, "restartPolicy"), "Always") == 0) {
            check_lifecycle(check, value_get(container, "lifecycle"), CHILD(item, "lifecycle"));
            check_probes(check, container, item);
        } else {
            check_passing(check->errors, container, item);
        }
    }
}

/* Ephemeral containers have no place for what belongs to the workload. */
static void check_debug_members(struct field_errors *errors, const struct value *container,
                                const struct field_path *path)
{
    static const char *const members[] = { "ports",          "resources",    "livenessProbe",
                                           "readinessProbe", "startupProbe", "lifecycle" };
    static const char *const parts[] = { "subPath", "subPathExpr" };
    const struct value *mounts = value_get(container, "volumeMounts");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (size_of(value_get(container, members[i])) > 0)
            field_forbidden(errors, CHILD(path, members[i]), value_get(container, members[i]),
                            "cannot be set for an Ephemeral Container");
    for (size_t i = 0; i < size_of(mounts); i++)
        for (size_t j = 0; j < 2; j++)
            if (*text_at(mounts->items[i], parts[j]) != '\0')
                field_forbidden(errors, CHILD(ITEM(CHILD(path, "volumeMounts"), i), parts[j]),
                                value_get(mounts->items[i], parts[j]),
                                "cannot be set for an Ephemeral Container");
}

void check_ephemeral_containers(struct pod_check *check, const struct field_path *path)
{
    const struct value *containers = value_get(check->spec, "ephemeralContainers");
    const struct value *regular = value_get(check->spec, "containers");
    const struct value *init = value_get(check->spec, "initContainers");
    for (size_t i = 0; i < size_of(containers); i++) {
        const struct value *container = containers->items[i];
        const struct field_path *item = ITEM(path, i);
        const char *name = text_at(container, "name");
        const char *target = text_at(container, "targetContainerName");
        check_container(check, container, item);
        if (is_named(regular, name) || is_named(init, name) || is_earlier(containers, i, "name"))
            field_duplicate(check->errors, CHILD(item, "name"), value_get(container, "name"), NULL);
        if (*target != '\0' && !is_named(regular, target) && !is_named(init, target))
            field_not_found(check->errors, CHILD(item, "targetContainerName"),
                            value_get(container, "targetContainerName"), NULL);
        check_debug_members(check->errors, container, item);
    }
}

void check_images_for_pod(struct field_errors *errors, const struct value *containers,
                          const struct field_path *path)
{
    for (size_t i = 0; i < size_of(containers); i++)
        if (!is_trimmed(text_at(containers->items[i], "image")))
            field_invalid(errors, CHILD(ITEM(path, i), "image"),
                          value_get(containers->items[i], "image"),
                          "must not have leading or trailing whitespace");
}
