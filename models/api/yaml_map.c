/* Maps: keys in the order they stand, merges among them, and what stands twice. */
#include <stdlib.h>
#include <string.h>

#include "models/api/yaml_reader.h"
#include "sim/base/memory.h"

/* A map while it is read, and its keys that came from merges only. */
struct map_reading {
    struct value *map, *merged;
    struct yaml_extent extent;
};

static void note_again(struct error_list *list, const struct value *map, const char *key,
                       struct place at)
{
    if (list != NULL)
        error_list_add(list, at, "key \"%s\" already set in map at line %d", key,
                       value_find(map, key)->at.line);
}

/* Set a key; takes the key and the value. */
static void set_key(struct yaml_reader *reader, struct map_reading *reading, char *key,
                    struct place at, struct value *value, bool merging)
{
    bool was_merged = value_find(reading->merged, key) != NULL;
    if (value_find(reading->map, key) != NULL)
        note_again(was_merged || merging ? reader->overrides : reader->duplicates, reading->map,
                   key, at);
    if (merging)
        value_set(reading->merged, key, value_new_null());
    else if (was_merged)
        value_remove(reading->merged, key);
    value_set_at(reading->map, key, at, value);
}

static bool merge_map(struct yaml_reader *reader, struct map_reading *reading,
                      const struct value *from)
{
    if (from->type != VALUE_MAP)
        return error_set(reader->error, from->at,
                         "map merge requires map or sequence of maps as the value");
    for (size_t i = 0; i < from->count; i++) {
        const struct value_entry *entry = &from->entries[i];
        set_key(reader, reading, mem_text(entry->key, strlen(entry->key)), entry->at,
                value_hold(entry->value), true);
    }
    return true;
}

/* Of a list of maps the earlier ones win, so they come last. */
static bool read_merge(struct yaml_reader *reader, struct map_reading *reading)
{
    struct yaml_extent extent;
    struct value *from = yaml_next_event(reader) ? yaml_read_node(reader, &extent) : NULL;
    if (from == NULL)
        return false;
    bool good = true;
    if (from->type == VALUE_LIST)
        for (size_t i = from->count; i-- > 0 && good;)
            good = merge_map(reader, reading, from->items[i]);
    else
        good = merge_map(reader, reading, from);
    reading->extent.nodes += extent.nodes;
    if (reading->extent.height < extent.height)
        reading->extent.height = extent.height;
    value_drop(from);
    return good;
}

static char *key_of_alias(struct yaml_reader *reader, struct place at)
{
    struct yaml_extent extent;
    struct value *value = yaml_read_alias(reader, &extent);
    char *key = NULL;
    if (value == NULL)
        return NULL;
    if (value->type == VALUE_STRING || value->type == VALUE_NUMBER)
        key = mem_text(value->text, value->count);
    else if (value->type == VALUE_BOOL)
        key = mem_format("%s", value->truth ? "true" : "false");
    else
        error_set(reader->error, at, "invalid map key: an alias of a map, a list or nothing");
    if (key != NULL && strlen(key) != value->count && value->type == VALUE_STRING) {
        error_set(reader->error, at, "a key holds a NUL character");
        free(key);
        key = NULL;
    }
    value_drop(value);
    return key;
}

static char *read_key(struct yaml_reader *reader, struct place at)
{
    if (reader->event.type == YAML_ALIAS_EVENT)
        return key_of_alias(reader, at);
    if (reader->event.type == YAML_SCALAR_EVENT) {
        struct yaml_extent extent;
        char *key = yaml_check_scalar(reader)
                        ? yaml_scalar_key(yaml_scalar_at_hand(reader), at, reader->error)
                        : NULL;
        struct value *value = key != NULL && reader->event.data.scalar.anchor != NULL
                                  ? yaml_read_scalar(reader, &extent)
                                  : NULL;
        value_drop(value); /* its anchor keeps it */
        return key;
    }
    error_set(reader->error, at, "invalid map key: a %s%s",
              reader->event.type == YAML_MAPPING_START_EVENT ? "map" : "list",
              yaml_hint(reader, reader->event.start_mark));
    return NULL;
}

static bool is_merge(const struct yaml_reader *reader)
{
    if (reader->event.type != YAML_SCALAR_EVENT)
        return false;
    const char *tag = yaml_text(reader->event.data.scalar.tag);
    return strcmp(yaml_text(reader->event.data.scalar.value), "<<") == 0 &&
           (reader->event.data.scalar.plain_implicit ||
            (tag != NULL && strcmp(tag, "tag:yaml.org,2002:merge") == 0));
}

static bool read_entry(struct yaml_reader *reader, struct map_reading *reading)
{
    struct place at = yaml_place_of_event(reader);
    struct yaml_extent child;
    if (is_merge(reader))
        return read_merge(reader, reading);
    char *key = read_key(reader, at);
    if (key == NULL)
        return false;
    struct value *value = yaml_next_event(reader) ? yaml_read_node(reader, &child) : NULL;
    if (value == NULL) {
        free(key);
        return false;
    }
    set_key(reader, reading, key, at, value, false);
    yaml_extent_add(&reading->extent, child);
    return true;
}

bool yaml_read_entries(struct yaml_reader *reader, struct value *map, struct yaml_extent *extent)
{
    struct map_reading reading = { .map = map, .merged = value_new_map(), .extent = *extent };
    bool good = true, ended = false;
    while (good && !ended) {
        good = yaml_next_event(reader);
        ended = good && reader->event.type == YAML_MAPPING_END_EVENT;
        if (good && !ended)
            good = read_entry(reader, &reading);
    }
    value_drop(reading.merged);
    *extent = reading.extent;
    return good;
}
