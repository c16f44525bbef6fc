/* Back-off that doubles, and is forgotten after a long success. */
#include "models/kubelet/back_off.h"

#include <stdbool.h>

#define FIRST_WAIT (10 * SIM_SECOND)

static sim_time shorter(sim_time a, sim_time b)
{
    return a < b ? a : b;
}

static bool is_forgotten(const struct back_off *back_off, sim_time failed, sim_time limit)
{
    return back_off->length == 0 || failed - back_off->used > 2 * limit;
}

sim_time back_off_wait(const struct back_off *back_off, sim_time failed, sim_time limit)
{
    return is_forgotten(back_off, failed, limit) ? 0 : back_off->length;
}

void back_off_use(struct back_off *back_off, sim_time failed, sim_time limit, sim_time now)
{
    const bool anew = is_forgotten(back_off, failed, limit);
    back_off->length = shorter(anew ? FIRST_WAIT : 2 * back_off->length, limit);
    back_off->used = now;
}
