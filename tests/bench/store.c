/* What a write costs: pods created, bound, changed and deleted through the client, with the
 * cluster's cache, its indexes and three watchers. Prints nanoseconds of CPU for each write, with
 * the name that each needs, and bytes for each pod beside its record and its name. */
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

static bool run_on_node(struct object *object, void *texts)
{
    struct pod *pod = (struct pod *)object;
    pod->phase = POD_RUNNING;
    pod->node_name = text_intern(texts, "node-1");
    return true;
}

static void bind_pod(struct bench *bench, struct object_key key)
{
    client_patch(&bench->client, key, run_on_node, bench->cluster->run->texts, NULL);
}

static bool make_ready(struct object *object, void *texts)
{
    return pod_set_condition((struct pod *)object, texts, POD_READY, true, NULL, NULL, 7);
}

static void change_pod(struct bench *bench, struct object_key key)
{
    client_patch(&bench->client, key, make_ready, bench->cluster->run->texts, NULL);
}

static void delete_pod(struct bench *bench, struct object_key key)
{
    client_delete(&bench->client, key, (struct delete_options){ .grace_seconds = 0 }, NULL);
}

static double round_of(struct bench *bench, write_fn *write)
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
    return (cpu_seconds() - begin) * 1e9 / (double)bench->pods;
}

enum { CREATE, BIND, CHANGE, DELETE, WRITES, RUNS = 3 };

struct result {
    double nanoseconds[WRITES];
    double bytes; /* of a pod, its record and its name */
};

static write_fn *const writes[WRITES] = { create_pod, bind_pod, change_pod, delete_pod };

static struct result measure(long pods)
{
    static const struct component *const nobody[] = { NULL };
    size_t heard[3] = { 0, 0, 0 };
    struct result result;
    struct settings settings;
    settings_init(&settings);
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_new_with(run, "", settings, nobody);
    struct bench bench = { .cluster = cluster, .template = template_pod(cluster), .pods = pods };
    client_init(&bench.client, cluster, "bench", 0, 0, NULL);
    for (int i = 0; i < 3; i++)
        cache_watch(cluster->cache, (struct watcher){ &heard[i], count_delivery });

    const size_t before = memory_in_use();
    for (int i = 0; i < WRITES; i++) {
        result.nanoseconds[i] = round_of(&bench, writes[i]);
        if (i == CREATE)
            result.bytes = (double)(memory_in_use() - before) / (double)pods;
    }
    object_drop(bench.template);
    client_close(&bench.client);
    cluster_free(cluster);
    run_free(run);
    return result;
}

/* The least of the runs, each figure by itself. */
static struct result least(long pods)
{
    struct result best = measure(pods);
    for (int run = 1; run < RUNS; run++) {
        const struct result result = measure(pods);
        for (int i = 0; i < WRITES; i++)
            if (result.nanoseconds[i] < best.nanoseconds[i])
                best.nanoseconds[i] = result.nanoseconds[i];
    }
    return best;
}

int main(void)
{
    static const long sizes[] = { 1000, 10000, 100000, 1000000 };
    printf("# What a write costs\n\n"
           "Through the client, with a cache, its indexes and three watchers. Nanoseconds of CPU "
           "for a\n"
           "write, the least of %d runs. Bytes of a pod beside its record of %zu, its name "
           "included.\n"
           "Command: `make bench`.\n\n"
           "| pods | create | bind | change | delete | bytes |\n"
           "|-----:|-------:|-----:|-------:|-------:|------:|\n",
           RUNS, sizeof(struct pod));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct result result = least(sizes[i]);
        printf("| %ld |", sizes[i]);
        for (int j = 0; j < WRITES; j++)
            printf(" %.0f |", result.nanoseconds[j]);
        printf(" %.0f |\n", result.bytes - (double)sizeof(struct pod));
    }
    return 0;
}
