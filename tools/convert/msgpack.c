/* MessagePack through msgpack-c, whose C interface reads a whole document at a time.
 *
 * The library allocates what a header promises before it looks whether the bytes are there, and does not say
 * where a document ends too soon. So the bytes are walked first: one pass that only counts. The
 * format is that of github.com/msgpack/msgpack/blob/master/spec.md. */
#include "tools/convert/msgpack.h"

#include <inttypes.h>
#include <math.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

/* ── the walk ── */

struct walk {
    const unsigned char *bytes;
    size_t at, length;
    const char *name;
    struct error *error;
};

static bool broken(const struct walk *walk, size_t at, const char *what)
{
    return error_set(walk->error, (struct place){ .file = walk->name }, "at byte %zu: %s", at,
                     what);
}

/* A number of `width` bytes, big end first. */
static bool take_length(struct walk *walk, size_t width, size_t *number)
{
    *number = 0;
    if (walk->length - walk->at < width)
        return broken(walk, walk->length, "the file ends within a value");
    for (size_t i = 0; i < width; i++)
        *number = *number << 8 | walk->bytes[walk->at++];
    return true;
}

static bool skip(struct walk *walk, size_t count)
{
    if (walk->length - walk->at < count)
        return broken(walk, walk->length, "the file ends within a value");
    walk->at += count;
    return true;
}

static bool walk_value(struct walk *walk, int depth);

/* Every member takes a byte at least, so that no header can promise more than there is. */
static bool walk_members(struct walk *walk, size_t begin, size_t count, int depth)
{
    if (count > walk->length - walk->at)
        return broken(walk, begin, "more members than the file has bytes");
    for (size_t i = 0; i < count; i++)
        if (!walk_value(walk, depth + 1))
            return false;
    return true;
}

static bool walk_sized(struct walk *walk, size_t width, size_t more)
{
    size_t length;
    return take_length(walk, width, &length) && skip(walk, length) && skip(walk, more);
}

static bool walk_container(struct walk *walk, size_t begin, size_t width, size_t each, int depth)
{
    size_t count;
    return take_length(walk, width, &count) && walk_members(walk, begin, count * each, depth);
}

static bool walk_value(struct walk *walk, int depth)
{
    const size_t begin = walk->at;
    if (depth > MSGPACK_DEPTH)
        return broken(walk, begin, "nested too deeply");
    if (begin >= walk->length)
        return broken(walk, begin, "the file ends where a value is expected");
    const unsigned char head = walk->bytes[walk->at++];
    if (head < 0x80 || head >= 0xe0) /* small numbers */
        return true;
    if (head < 0x90)
        return walk_members(walk, begin, 2 * (size_t)(head & 15), depth);
    if (head < 0xa0)
        return walk_members(walk, begin, head & 15, depth);
    if (head < 0xc0)
        return skip(walk, head & 31);
    switch (head) {
    case 0xc0: /* nil, false, true */
    case 0xc2:
    case 0xc3:
        return true;
    case 0xc4: /* bytes, */
    case 0xc5:
    case 0xc6:
        return walk_sized(walk, (size_t)1 << (head - 0xc4), 0);
    case 0xc7: /* extensions, */
    case 0xc8:
    case 0xc9:
        return walk_sized(walk, (size_t)1 << (head - 0xc7), 1);
    case 0xca: /* float, double, */
        return skip(walk, 4);
    case 0xcb:
        return skip(walk, 8);
    case 0xcc: /* numbers without and with sign, */
    case 0xcd:
    case 0xce:
    case 0xcf:
        return skip(walk, (size_t)1 << (head - 0xcc));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return skip(walk, (size_t)1 << (head - 0xd0));
    case 0xd4: /* extensions of a fixed length, */
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return skip(walk, 1 + ((size_t)1 << (head - 0xd4)));
    case 0xd9: /* texts, lists, maps */
    case 0xda:
    case 0xdb:
        return walk_sized(walk, (size_t)1 << (head - 0xd9), 0);
    case 0xdc:
    case 0xdd:
        return walk_container(walk, begin, head == 0xdc ? 2 : 4, 1, depth);
    case 0xde:
    case 0xdf:
        return walk_container(walk, begin, head == 0xde ? 2 : 4, 2, depth);
    default:
        return broken(walk, begin, "a byte that begins no value");
    }
}

/* ── documents ── */

static struct value *text_value(const char *bytes, size_t length)
{
    struct writer text = { 0 };
    writer_add(&text, "");
    json_add_text(&text, bytes, length);
    struct value *value = value_new_text(text.bytes, text.length);
    writer_close(&text);
    return value;
}

static struct value *number_value(const char *format, double number)
{
    char text[40];
    snprintf(text, sizeof text, format, number);
    return isfinite(number) ? value_new_number(text) : value_new_null();
}

static struct value *unsigned_value(uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    return value_new_number(text);
}

static struct value *value_of(const msgpack_object *object);

/* The text that stands for a key; the caller frees. Bytes after a NUL are lost. */
static char *key_of(const msgpack_object *object)
{
    struct value *value = value_of(object);
    char *text = value->type == VALUE_STRING ? mem_text(value->text, strlen(value->text))
                                             : json_text(value, (struct json_style){ 0 });
    value_drop(value);
    return text;
}

static struct value *map_of(const msgpack_object_map *from)
{
    struct value *map = value_new_map();
    for (uint32_t i = 0; i < from->size; i++) {
        char *key = key_of(&from->ptr[i].key);
        value_set(map, key, value_of(&from->ptr[i].val));
        free(key);
    }
    return map;
}

static struct value *value_of(const msgpack_object *object)
{
    struct value *list;
    switch (object->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        return value_new_bool(object->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return unsigned_value(object->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return value_new_int(object->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return number_value("%.17g", object->via.f64);
    case MSGPACK_OBJECT_STR:
        return text_value(object->via.str.ptr, object->via.str.size);
    case MSGPACK_OBJECT_BIN:
        return text_value(object->via.bin.ptr, object->via.bin.size);
    case MSGPACK_OBJECT_ARRAY:
        list = value_new_list();
        for (uint32_t i = 0; i < object->via.array.size; i++)
            value_add(list, value_of(&object->via.array.ptr[i]));
        return list;
    case MSGPACK_OBJECT_MAP:
        return map_of(&object->via.map);
    default:
        return value_new_null(); /* nil, and extensions, which mean nothing here */
    }
}

struct value *msgpack_document(const char *bytes, size_t length, const char *name,
                               struct error *error)
{
    struct walk walk = { (const unsigned char *)bytes, 0, length, name, error };
    if (!walk_value(&walk, 0))
        return NULL;
    if (walk.at < length) {
        broken(&walk, walk.at, "bytes behind the end of the document");
        return NULL;
    }
    msgpack_unpacked unpacked;
    size_t at = 0;
    msgpack_unpacked_init(&unpacked);
    struct value *value = NULL;
    if (msgpack_unpack_next(&unpacked, bytes, length, &at) == MSGPACK_UNPACK_SUCCESS)
        value = value_of(&unpacked.data);
    else
        broken(&walk, at, "msgpack-c cannot read it");
    msgpack_unpacked_destroy(&unpacked);
    return value;
}
