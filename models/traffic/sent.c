/* Marks in an array that forgets its beginning. */
#include "models/traffic/sent.h"

#include <stdlib.h>

void sent_init(struct sent *sent, sim_time at)
{
    *sent = (struct sent){ .marks = NULL };
    MEM_GROW(sent->marks, sent->count, sent->capacity);
    sent->marks[sent->count++] = (struct mark){ .at = at };
}

void sent_close(struct sent *sent)
{
    free(sent->marks);
}

/* The last mark that is as old stays: what is between it and the next one may be asked for. */
static void forget(struct sent *sent, sim_time before)
{
    while (sent->first + 1 < sent->count && sent->marks[sent->first + 1].at <= before)
        sent->first++;
    if (sent->first <= sent->count / 2)
        return;
    sent->count -= sent->first;
    memmove(sent->marks, sent->marks + sent->first, sent->count * sizeof *sent->marks);
    sent->first = 0;
}

double (*sent_mark(struct sent *sent, sim_time at, sim_time kept))[ATTEMPTS]
{
    if (sent->marks[sent->count - 1].at == at)
        return sent->marks[sent->count - 1].sent;
    forget(sent, at - kept);
    MEM_GROW(sent->marks, sent->count, sent->capacity);
    sent->marks[sent->count] = sent->marks[sent->count - 1];
    sent->marks[sent->count].at = at;
    return sent->marks[sent->count++].sent;
}

/* The last mark not after `at`, or the first one. */
static size_t mark_before(const struct sent *sent, sim_time at)
{
    size_t low = sent->first, high = sent->count;
    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;
        if (sent->marks[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double sent_read(const struct sent *sent, const struct arrivals *arrivals, enum tier tier,
                 int attempt, sim_time at)
{
    const size_t index = mark_before(sent, at);
    const struct mark *before = &sent->marks[index], *after = before + 1;
    const double begin = before->sent[tier][attempt];
    if (index + 1 == sent->count || at <= before->at || after->sent[tier][attempt] == begin)
        return begin;
    const double whole = arrivals_expected(arrivals, before->at, after->at);
    const double part = whole > 0 ? arrivals_expected(arrivals, before->at, at) / whole
                                  : (double)(at - before->at) / (double)(after->at - before->at);
    return begin + part * (after->sent[tier][attempt] - begin);
}
