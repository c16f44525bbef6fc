/* What Go reads is what sim_time_parse() reads, but for days; and a number needs a unit, unless it is 0. */
#include "models/api/go_duration.h"

#include <string.h>

bool go_duration_parse(const char *text, sim_time *time)
{
    struct error error = { 0 };
    const bool good =
        strchr(text, 'd') == NULL &&
        sim_time_parse(text[0] == '+' ? text + 1 : text, (struct place){ 0 }, time, &error);
    error_close(&error);
    return good;
}
