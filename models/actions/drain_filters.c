/* Which pods a drain evicts, leaves, or stumbles over.
 *
 * Follows kubectl pkg/drain/filters.go: the filters in its order, the first one that refuses
 * decides, and of the warnings the last one is printed. */
#include <string.h>

#include "models/actions/drain_private.h"

typedef enum verdict filter_fn(const struct command *command, const struct pod *pod,
                               const char **reason);

static enum verdict say(enum verdict verdict, const char **reason, const char *why)
{
    *reason = why;
    return verdict;
}

static enum verdict daemonset_filter(const struct command *command, const struct pod *pod,
                                     const char **reason)
{
    const struct owner *controller = meta_controller(&pod->meta);
    if (controller == NULL || strcmp(text_s(controller->kind), "DaemonSet") != 0 ||
        pod_is_terminal(pod))
        return PASS;
    if (command_switch(command, "ignore-daemonsets", false))
        return say(SKIP_WITH, reason, "ignoring DaemonSet-managed Pods");
    return say(FAIL_WITH, reason,
               "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)");
}

static enum verdict mirror_filter(const struct command *command, const struct pod *pod,
                                  const char **reason)
{
    (void)command;
    (void)reason;
    return labels_get(pod->meta.annotations, "kubernetes.io/config.mirror") != NULL ? SKIP_WITH
                                                                                    : PASS;
}

static bool has_local_storage(const struct pod *pod)
{
    const struct value *volumes = value_get(pod->spec->document, "volumes");
    for (size_t i = 0; volumes != NULL && i < volumes->count; i++)
        if (!value_is_null(value_get(volumes->items[i], "emptyDir")))
            return true;
    return false;
}

static enum verdict local_storage_filter(const struct command *command, const struct pod *pod,
                                         const char **reason)
{
    if (!has_local_storage(pod) || pod_is_terminal(pod))
        return PASS;
    if (command_switch(command, "delete-emptydir-data", false))
        return say(PASS_WITH, reason, "deleting Pods with local storage");
    return say(FAIL_WITH, reason,
               "cannot delete Pods with local storage (use --delete-emptydir-data to override)");
}

static enum verdict unreplicated_filter(const struct command *command, const struct pod *pod,
                                        const char **reason)
{
    if (pod_is_terminal(pod) || meta_controller(&pod->meta) != NULL)
        return PASS;
    if (command_switch(command, "force", false))
        return say(PASS_WITH, reason, "deleting Pods that declare no controller");
    return say(FAIL_WITH, reason,
               "cannot delete Pods that declare no controller (use --force to override)");
}

enum verdict drain_verdict(const struct command *command, const struct pod *pod,
                           const char **reason)
{
    static filter_fn *const filters[] = { daemonset_filter, mirror_filter, local_storage_filter,
                                          unreplicated_filter };
    enum verdict last = PASS;
    *reason = NULL;
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        const char *why = NULL;
        const enum verdict verdict = filters[i](command, pod, &why);
        *reason = why;
        last = verdict;
        if (verdict == SKIP_WITH || verdict == FAIL_WITH)
            break;
    }
    return last;
}
