/* Probes and lifecycle hooks: exactly one handler each.
 *
 * Follows validateProbe(), validateHandler() and validateLifecycle() of pkg/apis/core/validation. */
#include <inttypes.h>
#include <string.h>

#include "models/api/validation/validation_private.h"

static void check_exec(struct pod_check *check, const struct value *action,
                       const struct field_path *path)
{
    if (size_of(value_get(action, "command")) == 0)
        field_required(check->errors, CHILD(path, "command"), action, "%s", "");
}

static void check_http(struct pod_check *check, const struct value *action,
                       const struct field_path *path)
{
    static const char *const schemes[] = { "HTTP", "HTTPS", NULL };
    const struct value *headers = value_get(action, "httpHeaders");
    check_required_text(check->errors, action, "path", path, NULL);
    check_port_or_name(check->errors, value_get(action, "port"), CHILD(path, "port"));
    check_choice(check->errors, action, "scheme", path, schemes, OPTIONAL);
    for (size_t i = 0; i < size_of(headers); i++)
        check_text(check->errors, value_get(headers->items[i], "name"), CHILD(path, "httpHeaders"),
                   text_http_header);
}

static void check_socket(struct pod_check *check, const struct value *action,
                         const struct field_path *path)
{
    check_port_or_name(check->errors, value_get(action, "port"), CHILD(path, "port"));
}

static void check_sleep(struct pod_check *check, const struct value *action,
                        const struct field_path *path)
{
    const struct value *seconds = value_get(action, "seconds");
    int64_t grace = value_int(check->grace, 0);
    if (check->grace != NULL && (value_int(seconds, 0) < 0 || value_int(seconds, 0) > grace))
        field_invalid(check->errors, path, seconds,
                      "must be non-negative and less than terminationGracePeriodSeconds (%" PRId64
                      ")",
                      grace);
}

static const struct {
    const char *name;
    void (*check)(struct pod_check *check, const struct value *action,
                  const struct field_path *path);
    bool of_probes, of_hooks;
} actions[] = {
    { "exec", check_exec, true, true },        { "httpGet", check_http, true, true },
    { "tcpSocket", check_socket, true, true }, { "grpc", check_socket, true, false },
    { "sleep", check_sleep, false, true },
};

static void check_handler(struct pod_check *check, const struct value *node,
                          const struct field_path *path, bool is_probe)
{
    bool given = false;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        const struct field_path *at = CHILD(path, actions[i].name);
        if (!has(node, actions[i].name) || !(is_probe ? actions[i].of_probes : actions[i].of_hooks))
            continue;
        if (given)
            field_forbidden(check->errors, at, value_get(node, actions[i].name),
                            "may not specify more than 1 handler type");
        else
            actions[i].check(check, value_get(node, actions[i].name), at);
        given = true;
    }
    if (!given)
        field_required(check->errors, path, node, "must specify a handler type");
}

static void check_probe(struct pod_check *check, const struct value *probe,
                        const struct field_path *path)
{
    static const char *const counts[] = { "initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                                          "successThreshold", "failureThreshold" };
    const struct value *grace = value_get(probe, "terminationGracePeriodSeconds");
    check_handler(check, probe, path, true);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        check_not_negative(check->errors, probe, counts[i], path);
    if (grace != NULL && value_int(grace, 1) <= 0)
        field_invalid(check->errors, CHILD(path, "terminationGracePeriodSeconds"), grace,
                      "must be greater than 0");
}

/* A probe that ends a container or lets it start succeeds at once or not at all. */
static void check_single_success(struct pod_check *check, const struct value *container,
                                 const char *name, const struct field_path *path)
{
    const struct value *probe = value_get(container, name);
    if (value_is_null(probe))
        return;
    check_probe(check, probe, CHILD(path, name));
    if (number_at(probe, "successThreshold") != 1)
        field_invalid(check->errors, CHILD(CHILD(path, name), "successThreshold"),
                      value_get(probe, "successThreshold"), "must be 1");
}

void check_probes(struct pod_check *check, const struct value *container,
                  const struct field_path *path)
{
    const struct value *readiness = value_get(container, "readinessProbe");
    check_single_success(check, container, "livenessProbe", path);
    if (!value_is_null(readiness)) {
        const struct field_path *at = CHILD(path, "readinessProbe");
        check_probe(check, readiness, at);
        if (has(readiness, "terminationGracePeriodSeconds"))
            field_invalid(check->errors, CHILD(at, "terminationGracePeriodSeconds"),
                          value_get(readiness, "terminationGracePeriodSeconds"),
                          "must not be set for readinessProbes");
    }
    check_single_success(check, container, "startupProbe", path);
}

void check_lifecycle(struct pod_check *check, const struct value *lifecycle,
                     const struct field_path *path)
{
    static const char *const hooks[] = { "postStart", "preStop" };
    for (size_t i = 0; i < 2; i++)
        if (has(lifecycle, hooks[i]))
            check_handler(check, value_get(lifecycle, hooks[i]), CHILD(path, hooks[i]), false);
}
