/* What several metrics begin with: one row for each object of a kind, also after it is gone. */
#ifndef MODELS_METRICS_MEASURED_H
#define MODELS_METRICS_MEASURED_H

#include "models/api/meta.h"
#include "sim/base/table.h"
#include "sim/base/value.h"
#include "sim/store/object.h"

/* The first member of a metric's row. */
struct measured {
    struct table_node node; /* by uid */
    struct measured *next;  /* in order of creation */
    struct object_key key;  /* held */
    struct uid uid;
    bool deleted;
};

struct measured_rows {
    struct measured *first, **last;
    struct table by_uid;
};

void measured_init(struct measured_rows *rows);
/* Release all rows: `free_row` frees one, whose key was dropped. */
void measured_close(struct measured_rows *rows, void (*free_row)(struct measured *row));

/* The row of an object; NULL when there is none. O(1). */
struct measured *measured_find(const struct measured_rows *rows, struct uid uid);
/* A new row, zeroed memory of the caller's, becomes that of an object: the last one. */
void measured_add(struct measured_rows *rows, struct measured *row, const struct object *object);
/* Leave out the rows that are not to be kept. */
void measured_sweep(struct measured_rows *rows, bool (*keep)(const struct measured *row),
                    void (*free_row)(struct measured *row));

/* Name, namespace and `deleted`, into a row of the summary. */
void measured_print(const struct measured *row, struct value *map);

#endif
