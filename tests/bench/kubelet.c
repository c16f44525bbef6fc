/* What a pod costs its kubelet: pods that come bound, run for a while and are deleted.
 *
 * No scheduler and no controllers, so what is measured is the kubelet with the writes and
 * watches that it causes. Prints CPU microseconds and writes for each pod, and bytes for each
 * live pod. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "models/api/pod.h"
#include "models/kubelet/kubelet.h"
#include "sim/base/memory.h"

enum { NODES = 1000, PODS = 100000 };

struct load {
    struct run *run;
    struct cluster *cluster;
    struct client user;
    const struct pod_spec *spec;
    const struct labels *annotations[64]; /* run times */
    struct stream luck;
    int made, live, most_live;
    size_t least_bytes, most_bytes;
};

static size_t bytes_used(void)
{
    return mallinfo2().uordblks;
}

static void make_node(struct load *load, int number)
{
    struct value *tree = value_new_map();
    char name[32];
    snprintf(name, sizeof name, "n%d", number);
    value_put(&tree, value_new_string(name), "metadata", "name", NULL);
    client_create(&load->user, kind_infos[KIND_NODE].load(&load->cluster->codec, tree), NULL, NULL);
    value_drop(tree);
}

static void make_spec(struct load *load)
{
    struct value *tree = value_new_map(), *container = value_new_map(), *list = value_new_list();
    value_set(container, "name", value_new_string("c"));
    value_set(container, "image", value_new_string("work:1"));
    value_add(list, container);
    value_set(tree, "containers", list);
    value_set(tree, "restartPolicy", value_new_string("Never"));
    load->spec = pod_spec_compile(load->cluster->codec.specs, tree);
    value_drop(tree);
}

static void make_annotations(struct load *load)
{
    for (int i = 0; i < 64; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d.%ds", 100 + 20 * i, i % 10);
        load->annotations[i] = labels_with(load->run->texts, NULL, "seatrial.dev/run-time", text);
    }
}

static void pod_arrives(void *subject, sim_time now)
{
    struct load *load = subject;
    struct pod *pod = (struct pod *)object_new(object_kinds, KIND_POD);
    char node[32];
    snprintf(node, sizeof node, "n%d", (int)stream_below(&load->luck, NODES));
    pod->meta.object.space = cluster_text(load->cluster, "default");
    pod->meta.object.name = text_format(load->run->texts, "pod-%d", load->made);
    pod->meta.annotations = labels_hold(load->annotations[stream_below(&load->luck, 64)]);
    pod->spec = pod_spec_hold(load->spec);
    pod->node_name = cluster_text(load->cluster, node);
    client_begin(&load->user, (struct cause){ 0 });
    client_create(&load->user, &pod->meta.object, NULL, NULL);
    load->made++;
    load->live++;
    if (load->live > load->most_live) {
        load->most_live = load->live;
        load->most_bytes = bytes_used();
    }
    if (load->made < PODS)
        run_at(load->run, now + 40 * SIM_MILLISECOND, PRIORITY_WORLD, pod_arrives, load);
}

/* Whoever made the pods removes them when they are done. */
struct removal {
    struct load *load;
    struct object_key key;
};

static void pod_leaves(void *subject, sim_time now)
{
    (void)now;
    struct removal *removal = subject;
    client_begin(&removal->load->user, (struct cause){ 0 });
    client_delete(&removal->load->user, removal->key, delete_options_default(), NULL);
    removal->load->live--;
    object_key_drop(removal->key);
    free(removal);
}

static void pod_changed(void *self, const struct watch_event *event)
{
    struct load *load = self;
    if (event->object->kind != KIND_POD || event->type != WATCH_MODIFIED ||
        !pod_is_terminal(pod_of(event->object)))
        return;
    struct removal *removal = mem_new(sizeof *removal);
    *removal = (struct removal){ load, object_key_hold(object_key(event->object)) };
    run_at(load->run, run_now(load->run), PRIORITY_WORK, pod_leaves, removal);
}

static double seconds_since(clock_t start)
{
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* The same with or without kubelets; without them pods stay. */
static double measure(const struct component *const *parts, struct load *load)
{
    struct settings settings;
    settings_init(&settings);
    *load = (struct load){ .run = run_new(1) };
    load->cluster = cluster_new_with(load->run, "", settings, parts);
    load->luck = stream_of(1, "", "load", "bench", 0);
    client_init(&load->user, load->cluster, "load", 0, 0, NULL);
    load->user.free_of_charge = true;
    make_spec(load);
    make_annotations(load);
    for (int i = 0; i < NODES; i++)
        make_node(load, i);
    run_until(load->run, 0);
    cache_watch(load->cluster->cache, (struct watcher){ load, pod_changed });
    load->least_bytes = bytes_used();
    run_at(load->run, 0, PRIORITY_WORLD, pod_arrives, load);
    const clock_t start = clock();
    run_until(load->run, 3 * SIM_HOUR);
    return seconds_since(start);
}

static void release(struct load *load)
{
    for (int i = 0; i < 64; i++)
        labels_drop(load->annotations[i]);
    pod_spec_drop(load->spec);
    client_close(&load->user);
    cluster_free(load->cluster);
    run_free(load->run);
}

int main(void)
{
    static const struct component *const nobody[] = { NULL };
    static const struct component *const nodes[] = { &kubelets, NULL };
    struct load load;
    const double without = measure(nobody, &load);
    release(&load);
    const double with = measure(nodes, &load);
    printf("%d pods on %d nodes, %d at once\n", PODS, NODES, load.most_live);
    printf("  %6.2f us CPU for each pod, %.2f of it for making it\n", with * 1e6 / PODS,
           without * 1e6 / PODS);
    printf("  %6.2f events for each pod\n", (double)load.run->events / PODS);
    printf("  %6.0f bytes for each live pod\n",
           (double)(load.most_bytes - load.least_bytes) / load.most_live);
    release(&load);
    return 0;
}
