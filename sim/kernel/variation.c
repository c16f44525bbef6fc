/* Draws of what departs from the usual course. */
#include "sim/kernel/variation.h"

#include "sim/kernel/run.h"

struct varied varied_of(const struct run *run, const char *what, const char *whose)
{
    const struct variation *variation = run->variation;
    struct varied varied = { 0 };
    if (variation != NULL)
        varied.strength = variation->strength(variation->context, what, whose);
    if (varied.strength > 0)
        varied.stream = run_stream(run, "", whose, what, 0);
    return varied;
}

static bool varies(const struct varied *varied, const struct run *run)
{
    return varied->strength > 0 && run_now(run) >= run->variation->from &&
           run_now(run) < run->variation->until;
}

bool varied_happens(struct varied *varied, const struct run *run, double probability)
{
    return varies(varied, run) && stream_uniform(&varied->stream) < probability * varied->strength;
}

sim_time varied_delay(struct varied *varied, const struct run *run, sim_time most)
{
    if (!varies(varied, run))
        return 0;
    const double u = stream_uniform(&varied->stream);
    return (sim_time)(u * u * u * varied->strength * (double)most);
}
