/* Follows staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go of the release named in
 * docs/fidelity.md. */
#include <stdlib.h>

#include "models/controllers/endpointslice_private.h"
#include "sim/base/memory.h"

void slice_tracker_expect(struct slice_tracker *tracker, const struct endpoint_slice *slice,
                          bool deleted)
{
    MEM_GROW(tracker->items, tracker->count, tracker->capacity);
    tracker->items[tracker->count++] = (struct pending_write){
        .space = text_hold(slice->meta.object.space),
        .service = text_hold(slice->service),
        .uid = slice->meta.uid.low,
        .version = deleted ? 0 : slice->meta.object.version,
    };
}

static void forget(struct slice_tracker *tracker, size_t at)
{
    text_drop(tracker->items[at].space);
    text_drop(tracker->items[at].service);
    tracker->items[at] = tracker->items[--tracker->count];
}

bool slice_tracker_saw(struct slice_tracker *tracker, const struct endpoint_slice *slice,
                       bool deleted)
{
    const uint64_t version = deleted ? 0 : slice->meta.object.version;
    for (size_t i = 0; i < tracker->count; i++) {
        if (tracker->items[i].uid != slice->meta.uid.low || tracker->items[i].version != version)
            continue;
        forget(tracker, i);
        return true;
    }
    return false;
}

bool slice_tracker_is_stale(const struct slice_tracker *tracker, const struct text *space,
                            const struct text *service)
{
    for (size_t i = 0; i < tracker->count; i++)
        if (tracker->items[i].space == space && tracker->items[i].service == service)
            return true;
    return false;
}

void slice_tracker_close(struct slice_tracker *tracker)
{
    while (tracker->count > 0)
        forget(tracker, tracker->count - 1);
    free(tracker->items);
}
