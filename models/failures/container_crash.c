/* Containers of running pods fail: `count` pods out of those that a selector matches.
 *
 * Which ones is left open by the failure, and so a recorded choice. By hand the target is a
 * selector ("app=web") in any namespace, or a pod: "web-1", "shop/web-1". */
#include <stdlib.h>
#include <string.h>

#include "models/failures/patients.h"

/* The index of the container that is meant; -1: the pod has none of that name. */
static int container_index(const struct blow *blow, const struct pod *pod)
{
    const char *name = value_text(value_get(blow->options, "container"), NULL);
    for (size_t i = 0; i < pod->spec->container_count; i++)
        if (name == NULL || strcmp(name, text_s(pod->spec->containers[i].name)) == 0)
            return (int)i;
    return -1;
}

static void container_crash_strike(struct blow *blow)
{
    struct victims victims = victims_find(blow);
    const int exit_code = (int)value_int(value_get(blow->options, "exitCode"), 1);
    int64_t wanted = value_int(value_get(blow->options, "count"), 1);
    while (wanted-- > 0 && victims.count > 0) {
        const uint32_t i = run_choose(blow->client->cluster->run, "container-crash", blow->target,
                                      blow->number << 16 | victims.count, (uint32_t)victims.count);
        const struct pod *pod = victims.items[i];
        const int container = container_index(blow, pod);
        if (container >= 0)
            machine_fail_container(blow, pod->node_name, pod->meta.uid, container, exit_code);
        victims.items[i] = victims.items[--victims.count];
    }
    free(victims.items);
}

static void container_crash_check(const struct value *options, struct error_list *faults)
{
    selector_check(options, "pods", faults);
}

const struct failure container_crash = {
    .name = "container-crash",
    .targets = TARGET_NAMED,
    .target_field = "pods",
    .target_optional = true,
    .check = container_crash_check,
    .strike = container_crash_strike,
};
