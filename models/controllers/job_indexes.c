/* Sets of completion indexes as ordered intervals: "0-2,5" is what status.completedIndexes says of a
 * hundred thousand as shortly as of four.
 *
 * Follows orderedIntervals of pkg/controller/job/indexed_job_utils.go of kube-controller-manager, in
 * the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/controllers/job_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

void intervals_append(struct intervals *intervals, struct interval added)
{
    struct interval *last = intervals->count > 0 ? &intervals->items[intervals->count - 1] : NULL;
    if (last != NULL && added.first <= last->last + 1) {
        last->last = added.last > last->last ? added.last : last->last;
        return;
    }
    MEM_GROW(intervals->items, intervals->count, intervals->capacity);
    intervals->items[intervals->count++] = added;
}

struct intervals intervals_parse(const char *text, int32_t limit)
{
    struct intervals parsed = { 0 };
    while (text != NULL && *text != '\0') {
        char *end;
        const long first = strtol(text, &end, 10);
        const long last = *end == '-' ? strtol(end + 1, &end, 10) : first;
        if (end == text || first < 0 || first >= limit)
            break; /* they are in order: the rest is not below the limit either */
        intervals_append(
            &parsed, (struct interval){ (int32_t)first, last < limit ? (int32_t)last : limit - 1 });
        text = *end == ',' ? end + 1 : end;
        if (text == end && *end != '\0')
            break;
    }
    return parsed;
}

struct intervals intervals_union(const struct intervals *a, const struct intervals *b)
{
    struct intervals both = { 0 };
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        const bool first = j == b->count || (i < a->count && a->items[i].first < b->items[j].first);
        intervals_append(&both, first ? a->items[i++] : b->items[j++]);
    }
    return both;
}

bool intervals_have(const struct intervals *intervals, int32_t index)
{
    size_t low = 0, high = intervals->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (intervals->items[middle].last < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < intervals->count && intervals->items[low].first <= index;
}

int64_t intervals_total(const struct intervals *intervals)
{
    int64_t total = 0;
    for (size_t i = 0; i < intervals->count; i++)
        total += (int64_t)intervals->items[i].last - intervals->items[i].first + 1;
    return total;
}

/* Two neighbours are listed one by one, three and more as a range. */
const struct text *intervals_print(const struct intervals *intervals, struct texts *texts)
{
    struct writer writer = { 0 };
    for (size_t i = 0; i < intervals->count; i++) {
        const struct interval *item = &intervals->items[i];
        writer_format(&writer, "%s%d", i > 0 ? "," : "", item->first);
        if (item->last > item->first)
            writer_format(&writer, "%c%d", item->last == item->first + 1 ? ',' : '-', item->last);
    }
    const struct text *text = text_intern_length(texts, writer.bytes, writer.length);
    writer_close(&writer);
    return text;
}

void intervals_close(struct intervals *intervals)
{
    free(intervals->items);
    *intervals = (struct intervals){ 0 };
}
