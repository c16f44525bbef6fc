/* The entries of `load`: their files are written out, and what they say is checked. */
#include "models/cluster/scenario_private.h"
#include "models/load/load.h"
#include "sim/base/memory.h"

/* Signals may stand anywhere below an entry. */
static bool open_files(struct value **at, const struct signal_opener *opener, struct error *error)
{
    if (!signal_open_files(at, opener, error))
        return false;
    if ((*at)->type == VALUE_MAP) {
        value_own(at);
        for (size_t i = 0; i < (*at)->count; i++)
            if (!open_files(&(*at)->entries[i].value, opener, error))
                return error_wrap(error, "%s", (*at)->entries[i].key);
    } else if ((*at)->type == VALUE_LIST) {
        value_own(at);
        for (size_t i = 0; i < (*at)->count; i++)
            if (!open_files(&(*at)->items[i], opener, error))
                return false;
    }
    return true;
}

void scenario_load_load(struct scenario_input *input, const struct value *from)
{
    struct documents *into = &input->scenario->load;
    const struct signal_opener opener = scenario_signal_opener(input);
    struct error error = { 0 };
    struct value *entry = value_hold(from);
    if (!open_files(&entry, &opener, &error)) {
        error_wrap(&error, "load");
        error_list_take(input->faults, &error);
    } else if (load_check(entry, input->faults)) {
        MEM_GROW(into->items, into->count, into->capacity);
        into->items[into->count++] = entry;
        return;
    }
    value_drop(entry);
}
