/* What the objects of namespaces with quotas use, kept up to date change by change.
 *
 * A quota is counted over all objects of its namespace when it is new, when its spec has changed, and
 * when a pod has outlived its deletion; from then on each change of an object adds or
 * takes what it is about. Namespaces without quotas cost a look into a table. */
#ifndef MODELS_CONTROLLERS_QUOTA_COUNTS_H
#define MODELS_CONTROLLERS_QUOTA_COUNTS_H

#include "models/api/quota.h"
#include "models/cluster/client.h"
#include "sim/base/table.h"

/* One quota. */
struct quota_count {
    struct table_node node;
    struct object_key key; /* held */
    const struct text **names;
    struct amounts sums; /* of spec.hard's names, in its order; the names are held above */
    size_t name_count;
    bool stale;       /* to be counted anew */
    sim_time as_of;   /* when all pods were looked at: it decides which of them have expired */
    sim_time expires; /* when the first of the others does; SIM_FOREVER: none is being deleted */
};

struct quota_counts {
    struct table table; /* by namespace */
    size_t count;
};

void quota_counts_init(struct quota_counts *counts);
void quota_counts_close(struct quota_counts *counts);

/* Count this quota from now on, or anew; or no more. */
void quota_counts_renew(struct quota_counts *counts, const struct object *quota);
void quota_counts_forget(struct quota_counts *counts, struct object_key key);

/* Take in a change of an object of any kind but Events, as the client's cache shows it. */
void quota_counts_note(struct quota_counts *counts, const struct client *client,
                       const struct watch_event *event);

/* What the namespace of a quota uses of it now, as of client->now; borrowed until the next change.
 * NULL when the quota is not counted. O(1), or O(objects of the namespace) when it is stale. */
const struct amounts *quota_counts_used(struct quota_counts *counts, const struct client *client,
                                        const struct object *quota);

#endif
