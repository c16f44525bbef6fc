/* A binary heap in an array; see waiting_pod.h. */
#include <assert.h>
#include <stdlib.h>

#include "models/scheduler/queue/waiting_pod.h"

void waiting_heap_close(struct waiting_heap *heap)
{
    free(heap->items);
    heap->items = NULL;
    heap->count = heap->capacity = 0;
}

static void put(struct waiting_heap *heap, size_t at, struct waiting_pod *pod)
{
    heap->items[at] = pod;
    pod->at = at;
}

static void rise(struct waiting_heap *heap, size_t at)
{
    struct waiting_pod *pod = heap->items[at];
    while (at > 0 && heap->before(pod, heap->items[(at - 1) / 2])) {
        put(heap, at, heap->items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(heap, at, pod);
}

static void sink(struct waiting_heap *heap, size_t at)
{
    struct waiting_pod *pod = heap->items[at];
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && heap->before(heap->items[child + 1], heap->items[child]))
            child++;
        if (!heap->before(heap->items[child], pod))
            break;
        put(heap, at, heap->items[child]);
    }
    put(heap, at, pod);
}

void waiting_heap_add(struct waiting_heap *heap, struct waiting_pod *pod)
{
    MEM_GROW(heap->items, heap->count, heap->capacity);
    put(heap, heap->count++, pod);
    rise(heap, pod->at);
}

void waiting_heap_remove(struct waiting_heap *heap, struct waiting_pod *pod)
{
    const size_t at = pod->at;
    assert(at < heap->count && heap->items[at] == pod);
    struct waiting_pod *last = heap->items[--heap->count];
    if (last == pod)
        return;
    put(heap, at, last);
    rise(heap, at);
    sink(heap, last->at);
}
