/* Which pods a drain evicts, leaves, or stumbles over.
 *
 * Follows kubectl pkg/drain/filters.go: the filters in its order, the first one that refuses
 * decides, and of the warnings the last one is printed. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/drain_private.h"
#include "sim/base/memory.h"

/* What drain makes of a pod. */
enum verdict {
    PASS,      /* evict it */
    PASS_WITH, /* evict it, and warn why */
    SKIP_WITH, /* leave it, and warn why */
    FAIL_WITH  /* the drain cannot be done */
};

/* Asks for the reason to print as well. */
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

static enum verdict drain_verdict(const struct command *command, const struct pod *pod,
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

/* --- reasons ------------------------------------------------------------------------------ */

/* Pods by the reason for which they are left, warned of or refused; in order of appearance. */
enum { MOST_REASONS = 8 };
struct reasons {
    struct reason {
        const char *text;
        struct writer pods;
    } items[MOST_REASONS];
    size_t count;
};

static void add_reason(struct reasons *reasons, const char *text, const struct pod *pod)
{
    size_t i = 0;
    while (i < reasons->count && strcmp(reasons->items[i].text, text) != 0)
        i++;
    if (i == reasons->count)
        reasons->items[reasons->count++] = (struct reason){ .text = text };
    struct writer *pods = &reasons->items[i].pods;
    writer_format(pods, "%s%s/%s", pods->length ? ", " : "", namespace_of(pod), name_of(pod));
}

/* All of them as one text: "REASON: pods", with something between. The caller frees. */
static char *take_reasons(struct reasons *reasons, const char *between)
{
    struct writer all = { 0 };
    for (size_t i = 0; i < reasons->count; i++) {
        writer_format(&all, "%s%s: %s", i ? between : "", reasons->items[i].text,
                      reasons->items[i].pods.bytes);
        writer_close(&reasons->items[i].pods);
    }
    return writer_take(&all);
}

/* --- pods --------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct pod *left = *(const struct pod *const *)a, *right = *(const struct pod *const *)b;
    const int spaces = strcmp(namespace_of(left), namespace_of(right));
    return spaces != 0 ? spaces : strcmp(name_of(left), name_of(right));
}

struct pods_of_node {
    const struct text *node;
    const struct selector *selector; /* of --pod-selector; NULL: all */
    const struct pod **items;
    size_t count, capacity;
};

static void add_pod(void *context, const struct object *object)
{
    struct pods_of_node *pods = context;
    const struct pod *pod = pod_of(object);
    if (pod->node_name != pods->node ||
        (pods->selector != NULL &&
         !selector_matches(pods->selector, labels_lookup, pod->meta.labels)))
        return;
    MEM_GROW(pods->items, pods->count, pods->capacity);
    pods->items[pods->count++] = pod;
}

/* As the API server lists them: from the store, by namespace and name. */
static const struct pod **list_pods(const struct action *action, const struct text *node,
                                    size_t *count)
{
    const char *text = command_flag(&action->command, "pod-selector");
    struct cluster *cluster = action->cluster;
    struct pods_of_node pods = { .node = node };
    if (text != NULL)
        pods.selector = selector_parse(cluster->run->texts, text, (struct place){ 0 }, NULL);
    store_each(cluster->store, KIND_POD, add_pod, &pods);
    if (pods.count > 0)
        qsort(pods.items, pods.count, sizeof *pods.items, by_name);
    if (pods.selector != NULL)
        selector_drop(pods.selector);
    *count = pods.count;
    return pods.items;
}

const struct pod **drain_pods(const struct action *action, const struct text *node, size_t *count,
                              char **refused, char **warned)
{
    struct reasons against = { .count = 0 }, warnings = { .count = 0 };
    size_t all, kept = 0;
    const struct pod **pods = list_pods(action, node, &all);
    for (size_t i = 0; i < all; i++) {
        const char *reason = NULL;
        const enum verdict verdict = drain_verdict(&action->command, pods[i], &reason);
        if (reason != NULL)
            add_reason(verdict == FAIL_WITH ? &against : &warnings, reason, pods[i]);
        if (verdict == PASS || verdict == PASS_WITH)
            pods[kept++] = pods[i];
    }
    *count = kept;
    *refused = take_reasons(&against, "\n");
    *warned = take_reasons(&warnings, "; ");
    return pods;
}
