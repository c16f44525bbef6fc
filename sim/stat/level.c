/* Areas are summed at each change, in the order of time. */
#include "sim/stat/level.h"

#include <assert.h>

void level_init(struct level *level, sim_time now, double value)
{
    *level =
        (struct level){ .value = value, .begin = now, .since = now, .least = value, .most = value };
}

void level_set(struct level *level, sim_time now, double value)
{
    assert(now >= level->since);
    const double lasted = (double)(now - level->since);
    level->area += level->value * lasted;
    level->square_area += level->value * level->value * lasted;
    level->since = now;
    level->value = value;
    level->least = value < level->least ? value : level->least;
    level->most = value > level->most ? value : level->most;
}

void level_add(struct level *level, sim_time now, double change)
{
    level_set(level, now, level->value + change);
}

void level_restart(struct level *level, sim_time now)
{
    level_init(level, now, level->value);
}

double level_area(const struct level *level, sim_time now)
{
    assert(now >= level->since);
    return (level->area + level->value * (double)(now - level->since)) / 1e9;
}

double level_mean(const struct level *level, sim_time now)
{
    if (now == level->begin)
        return level->value;
    return level_area(level, now) / sim_time_to_seconds(now - level->begin);
}

double level_variance(const struct level *level, sim_time now)
{
    if (now == level->begin)
        return 0;
    const double tail = level->value * level->value * (double)(now - level->since);
    const double mean = level_mean(level, now);
    const double variance =
        (level->square_area + tail) / (double)(now - level->begin) - mean * mean;
    return variance > 0 ? variance : 0;
}
