/* Distinct rejections, each stored once and named by a small number.
 *
 * A thousand nodes reject a pod for a handful of reasons: a node's answer is a number. */
#ifndef MODELS_SCHEDULER_REJECTION_TABLE_H
#define MODELS_SCHEDULER_REJECTION_TABLE_H

#include "models/scheduler/plugin.h"

typedef uint32_t rejection_id; /* 0: not rejected */

struct rejection_table {
    struct stored_rejection {
        const struct sched_plugin *plugin; /* NULL: the framework itself */
        enum rejection_code code;
        struct reason *reasons; /* owned; the texts are held */
        size_t count;
    } * items; /* items[0] is not used */
    size_t count, capacity;
    /* private: where to find them, by hash */
    rejection_id *places; /* 0: free */
    size_t place_count;   /* a power of two */
};

void rejection_table_init(struct rejection_table *table);
void rejection_table_close(struct rejection_table *table);

/* The number of a rejection. `likely` is a guess that saves looking for it: of the same plugin about
 * the same node the last time, say; 0: no guess. */
rejection_id rejection_table_add(struct rejection_table *table, const struct sched_plugin *plugin,
                                 const struct rejection *rejection, rejection_id likely);

#endif
