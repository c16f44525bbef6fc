/* Distinct rejections, each stored once and named by a small number.
 *
 * A thousand nodes reject a pod for a handful of reasons: a node's answer is two bytes. */
#ifndef MODELS_SCHEDULER_REJECTION_TABLE_H
#define MODELS_SCHEDULER_REJECTION_TABLE_H

#include "models/scheduler/plugin.h"

typedef uint16_t rejection_id; /* 0: not rejected */

struct rejection_table {
    struct stored_rejection {
        const struct sched_plugin *plugin; /* NULL: the framework itself */
        enum rejection_code code;
        struct reason *reasons; /* owned; the texts are held */
        size_t count;
    } * items; /* items[0] is not used */
    size_t count, capacity;
};

void rejection_table_init(struct rejection_table *table);
void rejection_table_close(struct rejection_table *table);

/* The number of a rejection. O(distinct rejections). */
rejection_id rejection_table_add(struct rejection_table *table, const struct sched_plugin *plugin,
                                 const struct rejection *rejection);

#endif
