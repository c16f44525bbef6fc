/* Which keys a map of parameters has. */
#include "sim/chance/parameters.h"

#include <string.h>

#include "sim/base/nearest.h"

bool parameters_check(const struct value *map, const char *const *names, struct error *error)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct value_entry *entry = &map->entries[i];
        struct nearest near = nearest_to(entry->key);
        size_t known = 0;
        for (; names[known] != NULL && strcmp(names[known], entry->key) != 0; known++)
            nearest_offer(&near, names[known]);
        if (names[known] != NULL)
            continue;
        const char *guess = near.found ? near.found : names[0];
        return error_set(error, entry->at, "unknown parameter \"%.60s\" (try %s)", entry->key,
                         guess);
    }
    return true;
}

const struct value *parameters_need(const struct value *map, const char *name, struct error *error)
{
    const struct value *found = value_get(map, name);
    if (found == NULL)
        error_set(error, map->at, "has no %s", name);
    return found;
}
