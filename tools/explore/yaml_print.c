/* Documents as YAML, for people to read and to play again: block style where it is long, what fits on
 * a line as JSON, which is YAML too. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tools/explore/exploration.h"

enum { LINE = 88, INDENT = 2 };

static void print_block(struct writer *out, const struct value *value, size_t depth, bool begun);

static void indent(struct writer *out, size_t depth)
{
    for (size_t i = 0; i < depth * INDENT; i++)
        writer_add_char(out, ' ');
}

static bool is_compound(const struct value *value)
{
    return (value->type == VALUE_LIST || value->type == VALUE_MAP) && value->count > 0;
}

/* What stands behind "key:" or "-". */
static void print_value(struct writer *out, const struct value *value, size_t depth, bool item)
{
    char *line = json_text(value, (struct json_style){ .indent = 0 });
    const bool fits = strlen(line) + depth * INDENT < LINE;
    if (!is_compound(value) || (fits && depth > 1)) {
        writer_format(out, " %s\n", line);
    } else if (item && value->type == VALUE_MAP) {
        writer_add_char(out, ' ');
        print_block(out, value, depth, true);
    } else {
        writer_add_char(out, '\n');
        print_block(out, value, depth, false);
    }
    free(line);
}

static void print_key(struct writer *out, const char *key)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
    if (*key != '\0' && strspn(key, plain) == strlen(key) && strchr("-./0123456789", *key) == NULL)
        writer_add(out, key);
    else
        json_print_string(out, key, strlen(key), false);
}

/* `begun`: the first line already stands behind "- ". */
static void print_block(struct writer *out, const struct value *value, size_t depth, bool begun)
{
    for (size_t i = 0; i < value->count; i++) {
        if (!begun)
            indent(out, depth);
        begun = false;
        if (value->type == VALUE_LIST) {
            writer_add_char(out, '-');
            print_value(out, value->items[i], depth + 1, true);
        } else {
            print_key(out, value->entries[i].key);
            writer_add_char(out, ':');
            print_value(out, value->entries[i].value, depth + 1, false);
        }
    }
}

char *yaml_print(const struct value *document)
{
    struct writer out = { 0 };
    print_block(&out, document, 0, false);
    return writer_take(&out);
}
