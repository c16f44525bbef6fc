/* Reference counts of records. */
#include "sim/store/object.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"

struct object *object_new(const struct object_kind *const *kinds, uint16_t kind)
{
    struct object *object = mem_new(kinds[kind]->size);
    object->type = kinds[kind];
    object->kind = kind;
    object->refs = 1;
    return object;
}

struct object *object_copy(const struct object *object)
{
    struct object *copy = mem_resize(NULL, object->type->size);
    memcpy(copy, object, object->type->size);
    copy->refs = 1;
    text_hold(copy->space);
    text_hold(copy->name);
    if (copy->type->hold != NULL)
        copy->type->hold(copy);
    return copy;
}

struct object *object_hold(const struct object *object)
{
    if (object != NULL)
        ((struct object *)object)->refs++;
    return (struct object *)object;
}

void object_drop(const struct object *shared)
{
    struct object *object = (struct object *)shared;
    if (object == NULL)
        return;
    assert(object->refs > 0);
    if (--object->refs > 0)
        return;
    if (object->type->close != NULL)
        object->type->close(object);
    text_drop(object->space);
    text_drop(object->name);
    free(object);
}

struct object_key object_key_hold(struct object_key key)
{
    text_hold(key.space);
    text_hold(key.name);
    return key;
}

void object_key_drop(struct object_key key)
{
    text_drop(key.space);
    text_drop(key.name);
}
