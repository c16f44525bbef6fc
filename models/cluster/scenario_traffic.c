/* The entries of `traffic`: their files are written out, and what they say is checked. */
#include <string.h>

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

static const char *name_of_source(const struct value *entry)
{
    return value_text(shape_get(entry, "name"), value_text(shape_get(entry, "service"), ""));
}

/* Two of one name would draw the same luck, and could not be told apart in the summary. */
static bool is_new(struct scenario_input *input, const struct value *entry)
{
    const struct documents *others = &input->scenario->traffic;
    const char *space = value_text(shape_get(entry, "namespace"), "default");
    for (size_t i = 0; i < others->count; i++) {
        const struct value *other = others->items[i];
        if (strcmp(name_of_source(other), name_of_source(entry)) == 0 &&
            strcmp(value_text(shape_get(other, "namespace"), "default"), space) == 0)
            return error_list_add(input->faults, entry->at,
                                  "traffic: a second source is called \"%s\" (the first stands in "
                                  "line %d): give one a name of its own",
                                  name_of_source(entry), other->at.line);
    }
    return true;
}

void scenario_load_traffic(struct scenario_input *input, const struct value *from)
{
    struct documents *into = &input->scenario->traffic;
    struct value *entry = value_hold(from);
    if (!open_files(input, &entry) || !traffic_check(entry, input->faults) ||
        !is_new(input, entry)) {
        value_drop(entry);
        return;
    }
    MEM_GROW(into->items, into->count, into->capacity);
    into->items[into->count++] = entry;
}
