/* The volumes that were there before a recording began.
 *
 * Volumes have no namespace, so that a recording does not show them: it tells only that the claims of
 * its classes, which no StorageClass describes, were bound to volumes made by hand (notes.md). */
#include <string.h>

#include "models/api/yaml.h"
#include "sim/base/memory.h"
#include "tests/support/replay_private.h"

enum { VOLUMES = 16 };

static void make_volumes(struct player *player, const struct value *claim)
{
    const struct value *spec = value_get(claim, "spec");
    const char *class = value_text(value_get(spec, "storageClassName"), "");
    struct value *capacity = value_path(spec, "resources", "requests", NULL);
    for (int i = 0; *class != '\0' && capacity != NULL && i < VOLUMES; i++) {
        struct value *volume = value_new_map();
        char *name = mem_format("%s-pv%d", class, i);
        value_set(volume, "apiVersion", value_new_string("v1"));
        value_set(volume, "kind", value_new_string("PersistentVolume"));
        value_put(&volume, value_new_string(name), "metadata", "name", NULL);
        value_put(&volume, value_new_string(class), "spec", "storageClassName", NULL);
        value_put(&volume, value_hold(capacity), "spec", "capacity", NULL);
        value_put(&volume, value_hold(value_get(spec, "accessModes")), "spec", "accessModes", NULL);
        value_put(&volume, value_new_string("/data"), "spec", "hostPath", "path", NULL);
        player_create(player, volume);
        value_drop(volume);
        free(name);
    }
}

static void make_for(struct player *player, const struct value *document)
{
    const struct value *templates = value_path(document, "spec", "volumeClaimTemplates", NULL);
    for (size_t i = 0; templates != NULL && i < templates->count; i++)
        make_volumes(player, templates->items[i]);
    if (strcmp(value_text(value_get(document, "kind"), ""), "PersistentVolumeClaim") == 0)
        make_volumes(player, document);
}

void player_make_volumes(struct player *player)
{
    const struct value *steps = player->recorded.steps;
    for (size_t i = 0; i < steps->count; i++) {
        const char *text = value_text(value_get(steps->items[i], "stdin"), "");
        struct documents documents = { 0 };
        struct error_list faults = { 0 };
        if (strstr(text, "storageClassName") == NULL)
            continue;
        documents_read(&documents, text, strlen(text), "stdin", &faults);
        for (size_t k = 0; k < documents.count; k++)
            make_for(player, documents.items[k]);
        documents_close(&documents);
        error_list_close(&faults);
    }
}
