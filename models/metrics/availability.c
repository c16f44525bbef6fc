/* Vacancies, outages and their causes. See availability.h for the rules. */
#include "models/metrics/availability.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static struct loss *loss_of(struct availability *of, uint32_t root)
{
    for (uint32_t i = of->loss_count; i-- > 0;) /* what cost something last does so now, mostly */
        if (of->losses[i].root == root)
            return &of->losses[i];
    MEM_GROW(of->losses, of->loss_count, of->loss_capacity);
    struct loss *loss = &of->losses[of->loss_count++];
    *loss = (struct loss){ .root = root };
    return loss;
}

static bool is_down(const struct availability *of)
{
    return of->ready == 0 && of->wanted > 0;
}

void availability_advance(struct availability *of, sim_time now)
{
    sim_time passed = now - of->last;
    assert(passed >= 0);
    of->last = now;
    if (!of->counting || passed == 0)
        return;
    for (uint32_t i = 0; i < of->open_count; i++)
        loss_of(of, of->open[i].root)->missing += (replica_time)passed * of->open[i].vacant;
    of->missing += (replica_time)passed * of->vacant;
    if (of->vacancy_count > 0)
        of->degraded += passed;
    if (is_down(of)) {
        of->downtime += passed;
        loss_of(of, of->vacancies[0].cause.root)->downtime += passed;
    }
}

/* So many more vacancies of a root are open, or fewer. */
static void note_open(struct availability *of, uint32_t root, int32_t more)
{
    uint32_t i = of->open_count;
    while (i > 0 && of->open[i - 1].root != root)
        i--;
    if (i == 0) {
        MEM_GROW(of->open, of->open_count, of->open_capacity);
        i = ++of->open_count;
        of->open[i - 1] = (struct open_root){ .root = root };
    }
    of->open[i - 1].vacant += more;
    if (of->open[i - 1].vacant > 0)
        return;
    of->open_count--;
    memmove(&of->open[i - 1], &of->open[i], (of->open_count - (i - 1)) * sizeof *of->open);
}

static void open_vacancies(struct availability *of, struct vacancy vacancy)
{
    MEM_GROW(of->vacancies, of->vacancy_count, of->vacancy_capacity);
    of->vacancies[of->vacancy_count++] = vacancy;
    of->vacant += vacancy.count;
    note_open(of, vacancy.cause.root, vacancy.count);
    if (of->counting)
        loss_of(of, vacancy.cause.root)->replicas += (uint32_t)vacancy.count;
}

/* Take at most `count` out of an entry; returns it as it was. */
static struct vacancy close_vacancies(struct availability *of, int32_t index, int32_t count)
{
    struct vacancy *entry = &of->vacancies[index];
    const struct vacancy before = *entry;
    const int32_t closed = count < before.count ? count : before.count;
    entry->count -= closed;
    of->vacant -= closed;
    note_open(of, before.cause.root, -closed);
    if (entry->count == 0) {
        of->vacancy_count--;
        memmove(entry, entry + 1, (size_t)(of->vacancy_count - index) * sizeof before);
    }
    return before;
}

static void begin_outage(struct availability *of, sim_time now, struct cause cause)
{
    MEM_GROW(of->outages, of->outage_count, of->outage_capacity);
    of->outages[of->outage_count++] = (struct outage){ now, SIM_FOREVER, cause };
    loss_of(of, cause.root)->outages++;
}

static void note_step(struct availability *of, sim_time now)
{
    if (of->step_count > 0 && of->steps[of->step_count - 1].at == now)
        of->step_count--;
    MEM_GROW(of->steps, of->step_count, of->step_capacity);
    of->steps[of->step_count++] = (struct level_step){ now, of->wanted, of->ready };
}

/* After a change: start the clock at the first full readiness, begin and end outages, and
 * note the step. `was_down` is as it stood before. */
static void settle(struct availability *of, sim_time now, bool was_down, struct cause cause)
{
    if (!of->counting && of->wanted > 0 && of->ready >= of->wanted) {
        of->counting = true;
        of->brought_up = of->began = now;
    }
    if (of->counting && is_down(of) && !was_down)
        begin_outage(of, now, cause);
    if (of->counting && !is_down(of) && was_down)
        of->outages[of->outage_count - 1].end = now;
    note_step(of, now);
}

void availability_want(struct availability *of, sim_time now, int32_t wanted, struct cause cause)
{
    if (wanted == of->wanted)
        return;
    bool was_down = of->counting && is_down(of);
    availability_advance(of, now);
    of->wanted = wanted;
    const int32_t missing = wanted > of->ready ? wanted - of->ready : 0;
    while (of->vacant > missing) /* the youngest are wanted no more */
        close_vacancies(of, of->vacancy_count - 1, of->vacant - missing);
    if (of->vacant < missing)
        open_vacancies(of, (struct vacancy){ cause, 0, now, missing - of->vacant });
    settle(of, now, was_down, cause);
}

void availability_lose(struct availability *of, sim_time now, uint64_t replica, struct cause cause)
{
    assert(of->ready > 0);
    bool was_down = of->counting && is_down(of);
    availability_advance(of, now);
    of->ready--;
    if (of->ready < of->wanted)
        open_vacancies(of, (struct vacancy){ cause, replica, now, 1 });
    settle(of, now, was_down, cause);
}

/* The vacancy that a replica closes, by the rule at the top of the header. */
static int32_t vacancy_for(const struct availability *of, uint64_t replica, uint32_t root)
{
    for (int32_t i = 0; i < of->vacancy_count; i++)
        if (of->vacancies[i].replica == replica)
            return i;
    for (int32_t i = 0; i < of->vacancy_count; i++)
        if (of->vacancies[i].cause.root == root)
            return i;
    return 0;
}

bool availability_gain(struct availability *of, sim_time now, uint64_t replica,
                       uint32_t created_for, struct vacancy *filled)
{
    bool was_down = of->counting && is_down(of);
    bool fills = of->vacancy_count > 0;
    availability_advance(of, now);
    of->ready++;
    if (fills) {
        struct vacancy closed = close_vacancies(of, vacancy_for(of, replica, created_for), 1);
        if (filled != NULL)
            *filled = closed;
    }
    settle(of, now, was_down, (struct cause){ 0 });
    return fills;
}

sim_time availability_observed(const struct availability *of)
{
    return of->counting ? of->last - of->began : 0;
}

void availability_restart(struct availability *of, sim_time now)
{
    availability_advance(of, now);
    const bool down = of->counting && is_down(of);
    const struct cause cause = down ? of->outages[of->outage_count - 1].cause : (struct cause){ 0 };
    of->began = now;
    of->downtime = of->degraded = 0;
    of->missing = 0;
    of->outage_count = of->loss_count = of->step_count = 0;
    if (down)
        begin_outage(of, now, cause);
    note_step(of, now);
}

void availability_close(struct availability *of)
{
    free(of->vacancies);
    free(of->open);
    free(of->outages);
    free(of->losses);
    free(of->steps);
    *of = (struct availability){ 0 };
}
