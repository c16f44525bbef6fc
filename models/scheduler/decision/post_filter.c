/* One round of PostFilter plugins; see post_filter.h. */
#include "models/scheduler/decision/post_filter.h"

#include <stdlib.h>

#include "models/scheduler/decision/decision.h"

void preemption_close(struct preemption *preemption)
{
    for (size_t i = 0; i < preemption->count; i++)
        free(preemption->candidates[i].pods);
    free(preemption->candidates);
    free(preemption->ties);
    *preemption = (struct preemption){ 0 };
}

void post_filter_close(struct post_filter_round *round)
{
    preemption_close(&round->preemption);
    writer_close(&round->message);
}

bool post_filter_run(struct post_filter_round *round)
{
    const struct prepared *prepared = round->decision->prepared;
    const struct point *point = &prepared->profile->points[POINT_POST_FILTER];
    enum post_filter answer = POST_FILTER_NEXT;
    for (size_t i = 0; i < point->count && answer == POST_FILTER_NEXT; i++) {
        const uint8_t plugin = point->items[i].plugin;
        const struct sched_call call = prepared_call(prepared, plugin);
        writer_add(&round->message, round->message.length > 0 ? ", " : "");
        answer = prepared->profile->plugins[plugin].plugin->post_filter(&call, round);
    }
    if (answer == POST_FILTER_HELPED)
        writer_clear(&round->message);
    return answer == POST_FILTER_HELPED;
}
