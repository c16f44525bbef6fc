/* Images that nodes hold, as the real cache keeps account of them: one state for each name.
 *
 * Follows addNodeImageStates in pkg/scheduler/backend/cache/cache.go of the release named in
 * docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/snapshot/snapshot_private.h"

static struct image_state *image_state_of(struct snapshot *snapshot, const struct text *name,
                                          int64_t size_bytes)
{
    struct table_node *found = table_first(&snapshot->by_image_name, name->hash);
    for (; found != NULL; found = table_again(found)) {
        struct image_state *state = (struct image_state *)found;
        if (state->name == name)
            return state;
    }
    struct image_state *state = pool_take(&snapshot->image_states);
    state->name = text_hold(name);
    state->size_bytes = size_bytes;
    table_add(&snapshot->by_image_name, &state->by_name, name->hash);
    return state;
}

static void image_state_drop(struct snapshot *snapshot, struct image_state *state)
{
    if (--state->node_count > 0)
        return;
    table_remove(&snapshot->by_image_name, &state->by_name);
    text_drop(state->name);
    pool_give(&snapshot->image_states, state);
}

void node_info_forget_images(struct snapshot *snapshot, struct node_info *info)
{
    for (size_t i = 0; i < info->image_count; i++)
        image_state_drop(snapshot, (struct image_state *)info->images[i].state);
    free(info->images);
    info->images = NULL;
    info->image_count = 0;
}

static bool holds_image(const struct node_info *info, const struct image_state *state)
{
    for (size_t i = 0; i < info->image_count; i++)
        if (info->images[i].state == state)
            return true;
    return false;
}

void node_info_learn_images(struct snapshot *snapshot, struct node_info *info,
                            const struct node_images *images)
{
    size_t names = 0;
    for (size_t i = 0; images != NULL && i < images->count; i++)
        names += images->items[i].name_count;
    if (names == 0)
        return;
    info->images = mem_new(names * sizeof *info->images);
    for (size_t i = 0; i < images->count; i++)
        for (size_t j = 0; j < images->items[i].name_count; j++) {
            const struct text *name = images->items[i].names[j];
            struct image_state *state =
                name == NULL ? NULL : image_state_of(snapshot, name, images->items[i].size_bytes);
            if (state == NULL || holds_image(info, state))
                continue;
            state->node_count++;
            info->images[info->image_count++] = (struct held_image){ .state = state };
        }
}
