/* Pods and nodes; see scheduler_objects.h. */
#include "tests/support/scheduler_objects.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tests/support/rows.h"

struct codec codec_new(struct run *run)
{
    return (struct codec){ .texts = run->texts,
                           .specs = pod_specs_new(run->texts),
                           .clock = run->queue };
}

void codec_close(struct codec *codec)
{
    pod_specs_free(codec->specs);
}

static struct object *load(const struct codec *codec, enum kind kind, char *text)
{
    struct value *document = rows_parse(text);
    struct object *object = kind_infos[kind].load(codec, document);
    value_drop(document);
    free(text);
    return object;
}

const struct node *node_make(const struct codec *codec, const char *name, int cpu, int gib,
                             const char *zone)
{
    char *labels = zone == NULL ? mem_format("{}")
                                : mem_format("{\"topology.kubernetes.io/zone\":\"%s\"}", zone);
    char *text =
        mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\","
                   "\"labels\":%s},\"spec\":{},\"status\":{\"allocatable\":{\"cpu\":\"%d\","
                   "\"memory\":\"%dGi\",\"pods\":\"110\"}}}",
                   name, labels, cpu, gib);
    free(labels);
    return node_of(load(codec, KIND_NODE, text));
}

const struct pod *pod_make(const struct codec *codec, const char *name, const char *spec)
{
    char *text = mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\","
                            "\"namespace\":\"default\"},\"spec\":{"
                            "\"schedulerName\":\"default-scheduler\",%s}}",
                            name, spec);
    struct object *pod = load(codec, KIND_POD, text);
    ((struct pod *)pod)->meta.uid.low = pod->name->hash;
    return pod_of(pod);
}

const char *requests(const char *cpu, const char *memory)
{
    static char text[256];
    snprintf(text, sizeof text,
             "\"containers\":[{\"name\":\"c\",\"image\":\"app:1\",\"resources\":{\"requests\":"
             "{\"cpu\":\"%s\",\"memory\":\"%s\"}}}]",
             cpu, memory);
    return text;
}
