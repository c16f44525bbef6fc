/* Pod templates of workloads: shared, compiled once. */
#include <assert.h>
#include <stdlib.h>

#include "models/api/kinds_private.h"
#include "models/api/label_keys.h"
#include "models/api/workloads.h"
#include "sim/base/memory.h"

/* What the pods of the template get: their labels are those of the template. */
static const struct pod_spec *compile_spec(const struct codec *codec, struct value *document)
{
    struct value *spec = value_get(document, "spec");
    spec = spec ? value_hold(spec) : value_new_map();
    if (codec->admit_pod_spec != NULL)
        spec = codec->admit_pod_spec(codec->admit_context, spec);
    label_keys_merge(&spec, value_path(document, "metadata", "labels", NULL));
    const struct pod_spec *compiled = pod_spec_compile(codec->specs, spec);
    value_drop(spec);
    return compiled;
}

/* Templates that write the same PodSpec share its tree: a cluster has few, in many workloads. */
static void share_spec(struct pod_template *template)
{
    struct pod_spec *compiled = (struct pod_spec *)template->spec;
    struct value *spec = value_get(template->document, "spec");
    if (spec == NULL || spec == compiled->written)
        return;
    if (compiled->written == NULL)
        compiled->written = value_hold(spec);
    else if (value_equal(compiled->written, spec))
        value_set(value_own(&template->document), "spec", value_hold(compiled->written));
}

static struct pod_template *template_of(const struct codec *codec, struct value *document)
{
    const struct value *metadata = value_get(document, "metadata");
    struct pod_template *template = mem_new(sizeof *template);
    template->refs = 1;
    template->document = document ? value_hold(document) : value_new_map();
    template->labels = labels_from_value(codec->texts, value_get(metadata, "labels"));
    template->annotations = labels_from_value(codec->texts, value_get(metadata, "annotations"));
    return template;
}

const struct pod_template *pod_template_compile(const struct codec *codec, struct value *document)
{
    struct pod_template *template = template_of(codec, document);
    template->spec = compile_spec(codec, template->document);
    share_spec(template);
    return template;
}

const struct pod_template *pod_template_relabel(const struct codec *codec,
                                                const struct pod_template *template,
                                                struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    assert(spec == value_get(template->document, "spec"));
    struct pod_template *relabelled = template_of(codec, document);
    relabelled->spec =
        label_keys_matter(spec) ? compile_spec(codec, document) : pod_spec_hold(template->spec);
    return relabelled;
}

const struct pod_template *pod_template_hold(const struct pod_template *template)
{
    if (template != NULL)
        ((struct pod_template *)template)->refs++;
    return template;
}

void pod_template_drop(const struct pod_template *shared)
{
    struct pod_template *template = (struct pod_template *)shared;
    if (template == NULL || --template->refs > 0)
        return;
    value_drop(template->document);
    labels_drop(template->labels);
    labels_drop(template->annotations);
    pod_spec_drop(template->spec);
    free(template);
}
