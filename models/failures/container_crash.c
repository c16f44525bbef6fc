/* Containers of running pods fail: `count` pods out of those that a selector matches.
 *
 * Which ones is left open by the failure, and so a recorded choice. By hand the target is a
 * selector ("app=web") in any namespace, or a pod: "web-1", "shop/web-1". */
#include <stdlib.h>

#include "models/api/pod.h"
#include "models/failures/machines.h"
#include "sim/base/memory.h"

struct victims {
    const struct pod **items; /* borrowed for the length of a strike; in order of creation */
    size_t count, capacity;
};

static bool names_pod(const char *target, const struct pod *pod)
{
    const char *slash = strchr(target, '/');
    const char *space = slash ? target : "default";
    const size_t length = slash ? (size_t)(slash - target) : strlen(space);
    return strcmp(slash ? slash + 1 : target, name_of(pod)) == 0 &&
           strlen(namespace_of(pod)) == length && memcmp(namespace_of(pod), space, length) == 0;
}

static bool is_running(const struct pod *pod)
{
    return pod->phase == POD_RUNNING && pod->node_name != NULL && !pod->meta.deleting;
}

static bool is_meant(const struct blow *blow, const struct selector *selector,
                     const struct pod *pod)
{
    const char *space = value_text(value_get(blow->options, "namespace"), NULL);
    if (selector == NULL)
        return names_pod(blow->target, pod);
    return (space == NULL || strcmp(space, namespace_of(pod)) == 0) &&
           selector_matches(selector, labels_lookup, pod->meta.labels);
}

static struct victims find_victims(const struct blow *blow)
{
    struct texts *texts = blow->client->cluster->run->texts;
    const struct selector *selector = NULL;
    struct victims victims = { 0 };
    struct error error = { 0 };
    if (strpbrk(blow->target, "=,!") != NULL || blow->options != NULL)
        selector = selector_parse(texts, blow->target, (struct place){ 0 }, &error);
    error_close(&error); /* an entry's selector was checked; another matches no pod */
    for (struct cache_cursor all = client_list(blow->client, KIND_POD); cache_next(&all);) {
        const struct pod *pod = pod_of(all.object);
        if (!is_running(pod) || !is_meant(blow, selector, pod))
            continue;
        MEM_GROW(victims.items, victims.count, victims.capacity);
        victims.items[victims.count++] = pod;
    }
    selector_drop(selector);
    return victims;
}

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
    struct victims victims = find_victims(blow);
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
    const struct value *pods = value_get(options, "pods");
    struct texts *texts = texts_new();
    struct error error = { 0 };
    if (pods != NULL)
        selector_drop(selector_parse(texts, value_text(pods, ""), pods->at, &error));
    if (error.text != NULL)
        error_wrap(&error, "pods");
    error_list_take(faults, &error);
    texts_free(texts);
}

const struct failure container_crash = {
    .name = "container-crash",
    .targets = TARGET_NAMED,
    .target_field = "pods",
    .target_optional = true,
    .check = container_crash_check,
    .strike = container_crash_strike,
};
