/* Reservations of volumes; see assumed_volumes.h. */
#include "models/scheduler/volumes/assumed_volumes.h"

#include <stdlib.h>

#include "models/scheduler/snapshot/listers.h"

static void free_reservation(struct volume_reservation *reservation)
{
    for (size_t i = 0; i < reservation->count; i++)
        object_drop(reservation->objects[i]);
    free(reservation->objects);
    text_drop(reservation->node);
    object_key_drop(reservation->pod);
    free(reservation);
}

void assumed_volumes_close(struct assumed_volumes *assumed)
{
    for (size_t i = 0; i < assumed->count; i++)
        free_reservation(assumed->items[i]);
    free(assumed->items);
}

struct volume_reservation *assumed_volumes_reserve(struct assumed_volumes *assumed,
                                                   const struct pod *pod, const struct text *node)
{
    struct volume_reservation *reservation = mem_new(sizeof *reservation);
    reservation->pod = object_key_hold(object_key(&pod->meta.object));
    reservation->node = text_hold(node);
    MEM_GROW(assumed->items, assumed->count, assumed->capacity);
    assumed->items[assumed->count++] = reservation;
    return reservation;
}

void volume_reservation_add(struct assumed_volumes *assumed, struct volume_reservation *reservation,
                            struct object *object)
{
    reservation->objects =
        mem_resize(reservation->objects, (reservation->count + 1) * sizeof *reservation->objects);
    reservation->objects[reservation->count++] = object;
    assumed->changes++;
}

static size_t place_of(const struct assumed_volumes *assumed, const struct pod *pod)
{
    size_t at = 0;
    while (at < assumed->count &&
           !object_key_equal(assumed->items[at]->pod, object_key(&pod->meta.object)))
        at++;
    return at;
}

struct volume_reservation *assumed_volumes_of(const struct assumed_volumes *assumed,
                                              const struct pod *pod)
{
    const size_t at = place_of(assumed, pod);
    return at < assumed->count ? assumed->items[at] : NULL;
}

void assumed_volumes_drop(struct assumed_volumes *assumed, const struct pod *pod)
{
    const size_t at = place_of(assumed, pod);
    if (at == assumed->count)
        return;
    free_reservation(assumed->items[at]);
    assumed->count--;
    memmove(&assumed->items[at], &assumed->items[at + 1],
            (assumed->count - at) * sizeof *assumed->items);
    assumed->changes++;
}

const struct object *assumed_get(const struct snapshot *snapshot, enum kind kind,
                                 const struct text *space, const struct text *name)
{
    const struct object *known = lister_get(snapshot, kind, space, name);
    const struct assumed_volumes *assumed = snapshot->assumed;
    const struct object_key key = { (uint16_t)kind, space, name };
    for (size_t i = 0; known != NULL && i < assumed->count; i++)
        for (size_t k = 0; k < assumed->items[i]->count; k++) {
            const struct object *object = assumed->items[i]->objects[k];
            if (object_key_equal(object_key(object), key) && object->version >= known->version)
                return object;
        }
    return known;
}
