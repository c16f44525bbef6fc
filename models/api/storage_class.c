/* The records of StorageClasses; see storage.h. */
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/storage.h"

static void storage_class_hold(struct object *copy)
{
    struct storage_class *class = (struct storage_class *)copy;
    meta_hold(&class->meta);
    text_hold(class->provisioner);
    node_selector_hold(class->allowed_nodes);
}

static void storage_class_close(struct object *object)
{
    struct storage_class *class = (struct storage_class *)object;
    meta_close(&class->meta);
    text_drop(class->provisioner);
    node_selector_drop(class->allowed_nodes);
}

const struct object_kind storage_class_kind = {
    .name = "storageclass",
    .size = sizeof(struct storage_class),
    .hold = storage_class_hold,
    .close = storage_class_close,
};

/* One term of topologies as a term of a node selector: each expression is an In. */
static struct value *topology_term(const struct value *from)
{
    const struct value *list = value_get(from, "matchLabelExpressions");
    struct value *term = value_new_map(), *expressions = value_new_list();
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        struct value *expression = value_new_map();
        value_set(expression, "key", value_hold(value_get(list->items[i], "key")));
        value_set(expression, "operator", value_new_string("In"));
        value_set(expression, "values", value_hold(value_get(list->items[i], "values")));
        value_add(expressions, expression);
    }
    value_set(term, "matchExpressions", expressions);
    return term;
}

/* TopologySelectorTerms mean what NodeSelectorTerms do. */
static const struct node_selector *load_topologies(struct texts *texts, const struct value *terms)
{
    if (terms == NULL || terms->count == 0)
        return NULL;
    struct value *selector = value_new_map(), *list = value_new_list();
    struct error error = { 0 };
    for (size_t i = 0; i < terms->count; i++)
        value_add(list, topology_term(terms->items[i]));
    value_set(selector, "nodeSelectorTerms", list);
    const struct node_selector *loaded = node_selector_load(texts, selector, &error);
    error_close(&error);
    value_drop(selector);
    return loaded;
}

struct object *storage_class_load(const struct codec *codec, const struct value *tree)
{
    struct storage_class *class =
        (struct storage_class *)record_new(codec, KIND_STORAGECLASS, tree);
    const char *mode = value_text(value_get(tree, "volumeBindingMode"), "");
    class->provisioner = intern_value(codec, value_get(tree, "provisioner"));
    class->waits_for_consumer = strcmp(mode, "WaitForFirstConsumer") == 0;
    class->allowed_nodes = load_topologies(codec->texts, value_get(tree, "allowedTopologies"));
    return &class->meta.object;
}

struct value *storage_class_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}

const char *storage_class_provisioner(const struct storage_class *class)
{
    if (class == NULL || class->provisioner == NULL)
        return "provisioner.seatrial.dev";
    const struct migrated_plugin *moved = migrated_plugin_named(class->provisioner->s);
    return moved != NULL ? moved->driver : class->provisioner->s;
}

bool storage_class_is_default(const struct storage_class *class)
{
    static const char *const keys[] = { "storageclass.kubernetes.io/is-default-class",
                                        "storageclass.beta.kubernetes.io/is-default-class" };
    for (size_t i = 0; i < 2; i++) {
        const char *value = labels_get(class->meta.annotations, keys[i]);
        if (value != NULL && strcmp(value, "true") == 0)
            return true;
    }
    return false;
}
