/* From a user's document to a record, by the one way in. */
#include <string.h>

#include "models/api/schema_check.h"
#include "models/cluster/cluster.h"

/* Does a document say what it is? */
static bool check_kind(const struct value *document, struct error_list *errors)
{
    static const char *const fields[] = { "apiVersion", "kind" };
    for (int i = 0; i < 2; i++)
        if (*value_text(value_get(document, fields[i]), "") == '\0')
            return error_list_add(errors, document->at, "%s is not set", fields[i]);
    return true;
}

static bool check_schema(const struct value *document, struct error_list *errors,
                         struct error_list *warnings)
{
    const struct schema_kind *schema =
        schema_kind(value_text(value_get(document, "apiVersion"), ""),
                    value_text(value_get(document, "kind"), ""));
    return schema == NULL ||
           schema_check(document, schema->type, warnings == NULL, errors, warnings);
}

struct object *cluster_admit(struct cluster *cluster, const struct value *document,
                             const char *default_namespace, struct error_list *errors,
                             struct error_list *warnings)
{
    if (!check_kind(document, errors) || !check_schema(document, errors, warnings))
        return NULL;
    const enum kind kind = kind_find(value_text(value_get(document, "apiVersion"), ""),
                                     value_text(value_get(document, "kind"), ""));
    struct value *tree = value_hold(document);
    if (kind_infos[kind].namespaced && value_get(value_get(tree, "metadata"), "namespace") == NULL)
        value_put(&tree, value_new_string(default_namespace), "metadata", "namespace", NULL);
    struct object *object = kind_infos[kind].load(&cluster->codec, tree);
    value_drop(tree);
    return object;
}
