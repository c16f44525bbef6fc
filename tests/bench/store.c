/* What a write costs: pods created, changed and deleted through the client, with the cluster's
 * cache, its indexes and three watchers. Prints nanoseconds of CPU for each write, and bytes for
 * each pod beside its record and its name.
 *
 *     build/bench/store [pods, default 1000000] */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "models/cluster/cluster.h"

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static size_t memory_in_use(void)
{
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void count_delivery(void *self, const struct watch_event *event)
{
    (void)event;
    ++*(size_t *)self;
}

static struct object *template_pod(struct cluster *cluster)
{
    struct value *document = value_new_map(), *containers = value_new_list();
    struct value *container = value_new_map();
    struct error_list errors = { 0 };
    value_set(container, "name", value_new_string("c"));
    value_set(container, "image", value_new_string("img:1"));
    value_add(containers, container);
    value_set(document, "apiVersion", value_new_string("v1"));
    value_set(document, "kind", value_new_string("Pod"));
    value_put(&document, value_new_string("template"), "metadata", "name", NULL);
    value_put(&document, value_new_string("web"), "metadata", "labels", "app", NULL);
    value_put(&document, containers, "spec", "containers", NULL);
    struct object *pod = cluster_admit(cluster, document, "default", &errors, NULL);
    value_drop(document);
    return pod;
}

/* One round of writes over all pods: a client acts at one instant per thousand. */
struct bench {
    struct cluster *cluster;
    struct client client;
    const struct object *template;
    long pods;
};

typedef void write_fn(struct bench *bench, struct object_key key);

static void create_pod(struct bench *bench, struct object_key key)
{
    struct object *pod = client_edit(bench->template);
    text_assign(&pod->name, text_hold(key.name));
    client_create(&bench->client, pod, NULL, NULL);
}

static bool start(struct object *object, void *texts)
{
    struct pod *pod = (struct pod *)object;
    pod->phase = POD_RUNNING;
    pod->node_name = text_intern(texts, "node-1");
    return true;
}

static void start_pod(struct bench *bench, struct object_key key)
{
    client_patch(&bench->client, key, start, bench->cluster->run->texts, NULL);
}

static bool make_ready(struct object *object, void *texts)
{
    return pod_set_condition((struct pod *)object, texts, POD_READY, true, NULL, NULL, 7);
}

static void ready_pod(struct bench *bench, struct object_key key)
{
    client_patch(&bench->client, key, make_ready, bench->cluster->run->texts, NULL);
}

static void delete_pod(struct bench *bench, struct object_key key)
{
    client_delete(&bench->client, key, (struct delete_options){ .grace_seconds = 0 }, NULL);
}

static void round_of(struct bench *bench, const char *name, write_fn *write)
{
    struct run *run = bench->cluster->run;
    const double begin = cpu_seconds();
    for (long i = 0; i < bench->pods; i++) {
        if (i % 1000 == 0) {
            run_until(run, run_now(run) + SIM_SECOND * 10);
            client_begin(&bench->client, (struct cause){ 0, 0 });
        }
        const struct text *pod = text_format(run->texts, "pod-%ld", i);
        write(bench, (struct object_key){ KIND_POD, bench->template->space, pod });
        text_drop(pod);
    }
    run_until(run, run_now(run) + SIM_SECOND * 10);
    printf("%-8s %7.0f ns/write\n", name, (cpu_seconds() - begin) * 1e9 / (double)bench->pods);
}

int main(int argc, char **argv)
{
    static const struct component *const nobody[] = { NULL };
    size_t heard[3] = { 0, 0, 0 };
    struct settings settings;
    settings_init(&settings);
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_new_with(run, "", settings, nobody);
    struct bench bench = { .cluster = cluster,
                           .template = template_pod(cluster),
                           .pods = argc > 1 ? atol(argv[1]) : 1000000 };
    client_init(&bench.client, cluster, "bench", 0, 0, NULL);
    for (int i = 0; i < 3; i++)
        cache_watch(cluster->cache, (struct watcher){ &heard[i], count_delivery });

    const size_t before = memory_in_use();
    round_of(&bench, "create", create_pod);
    const size_t after = memory_in_use();
    round_of(&bench, "bind", start_pod);
    round_of(&bench, "ready", ready_pod);
    round_of(&bench, "delete", delete_pod);
    const double each = (double)(after - before) / (double)bench.pods;
    printf("%.0f bytes a pod, %zu of them its record\n", each, sizeof(struct pod));
    printf("%zu deliveries\n", heard[0] + heard[1] + heard[2]);

    object_drop(bench.template);
    client_close(&bench.client);
    cluster_free(cluster);
    run_free(run);
    return 0;
}
