/* Streams of a run, and those who keep some. */
#include "sim/kernel/luck.h"

#include "sim/kernel/run.h"

struct luck luck_of_replication(uint64_t seed, uint64_t number, bool antithetic)
{
    return (struct luck){ .seed = seed + (antithetic ? number / 2 : number),
                          .mirrored = antithetic && number % 2 == 1 };
}

struct stream run_stream(const struct run *run, const char *cluster, const char *entity,
                         const char *purpose, uint64_t branch)
{
    const struct stream stream = stream_of(run->luck.seed, cluster, entity, purpose, branch);
    return run->luck.mirrored ? stream_antithetic(stream) : stream;
}

void luck_hold(struct run *run, struct luck_holder *holder)
{
    holder->next = NULL;
    holder->link = run->holders_end;
    *run->holders_end = holder;
    run->holders_end = &holder->next;
    holder->run = run;
}

void luck_leave(struct luck_holder *holder)
{
    if (holder->run == NULL)
        return;
    *holder->link = holder->next;
    *(holder->next != NULL ? &holder->next->link : &holder->run->holders_end) = holder->link;
    holder->run = NULL;
}

void run_reseed(struct run *run, uint64_t salt)
{
    struct stream other = stream_of(run->luck.seed, "", "", "reseed", salt);
    run->luck.seed = stream_bits(&other);
    for (struct luck_holder *holder = run->holders; holder != NULL; holder = holder->next)
        if (holder->stream != NULL)
            *holder->stream = stream_branch(*holder->stream, run->luck.seed);
    for (struct luck_holder *holder = run->holders; holder != NULL; holder = holder->next)
        if (holder->reseeded != NULL)
            holder->reseeded(holder->subject, run->luck.seed);
}
