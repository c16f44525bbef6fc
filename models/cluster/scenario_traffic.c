/* The entries of `traffic`: their files are written out, and what they say is checked. */
#include "models/cluster/scenario_private.h"
#include "models/traffic/traffic.h"
#include "sim/base/memory.h"
#include "sim/chance/arrivals.h"

static bool open_files(struct scenario_input *input, struct value **entry)
{
    const struct signal_opener opener = scenario_signal_opener(input);
    struct error error = { 0 };
    bool well = true;
    value_own(entry);
    if (value_get(*entry, "rate") != NULL)
        well = signal_open_files(value_slot(*entry, "rate"), &opener, &error) ||
               error_wrap(&error, "traffic: rate");
    if (well && value_get(*entry, "arrivals") != NULL)
        well = arrivals_open_file(value_slot(*entry, "arrivals"), &opener, &error) ||
               error_wrap(&error, "traffic: arrivals");
    error_list_take(input->faults, &error);
    return well;
}

void scenario_load_traffic(struct scenario_input *input, const struct value *from)
{
    struct documents *into = &input->scenario->traffic;
    struct value *entry = value_hold(from);
    if (!open_files(input, &entry) || !traffic_check(entry, input->faults)) {
        value_drop(entry);
        return;
    }
    MEM_GROW(into->items, into->count, into->capacity);
    into->items[into->count++] = entry;
}
