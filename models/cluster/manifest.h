/* Users' objects: texts of YAML or JSON into documents that fit their kinds.
 *
 * A text may hold several documents and lists of objects ("kind: List"). Objects of kinds that
 * Kubernetes has are checked against their schema; others, custom resources above all, are kept
 * as they are. The loader takes bytes and a name: whoever calls it opens the files. */
#ifndef MODELS_CLUSTER_MANIFEST_H
#define MODELS_CLUSTER_MANIFEST_H

#include "models/api/kinds.h"
#include "models/api/yaml.h"
#include "sim/base/error.h"

struct manifest_object {
    struct value *document; /* one reference */
    enum kind kind;         /* KIND_OTHER: of no kind that we have a row for */
};

/* Objects in the order they were given. */
struct manifest {
    struct manifest_object *items; /* owned */
    size_t count, capacity;
    struct documents objectives; /* documents of OpenSLO, which are no objects of a cluster */
};

/* How much to mind: bits. */
enum {
    MANIFEST_STRICT = 1,      /* an unknown field is a fault, in other than our own kinds as well */
    MANIFEST_FROM_FOLDER = 2, /* nobody named this file: what is no object at all is left out, with
                               * a warning (values of charts, dashboards, patches, forms) */
};

/* How many objects and documents of OpenSLO there are. */
static inline size_t manifest_size(const struct manifest *manifest)
{
    return manifest->count + manifest->objectives.count;
}

/* Append the objects of a text. Each fault is appended, and the object that has it left
 * out; so are warnings. False when there was a fault. `name` outlives the documents. */
bool manifest_load(struct manifest *manifest, const char *bytes, size_t length, const char *name,
                   int how, struct error_list *faults, struct error_list *warnings);

/* The same for one document that was read already; takes no reference. */
bool manifest_add(struct manifest *manifest, const struct value *document, int how,
                  struct error_list *faults, struct error_list *warnings);

void manifest_close(struct manifest *manifest);

/* What is kept but not simulated: "12 CustomResourceDefinition, 4 ServiceMonitor", by kind; NULL
 * when everything is simulated. The caller frees. */
char *manifest_kept(const struct manifest *manifest);

#endif
