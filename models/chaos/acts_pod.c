/* PodChaos: pods are deleted, run another image for a while, or have containers killed.
 *
 * Follows controllers/chaosimpl/podchaos of Chaos Mesh 2.7. */
#include <stdlib.h>
#include <string.h>

#include "models/api/image.h"
#include "models/chaos/acts_private.h"

/* What podFailurePauseImage of the controller's configuration is. */
static const char pause_image[] = "gcr.io/google-containers/pause:latest";
enum { PAUSE_BYTES = 300 * 1000 };

/* A call on behalf of the experiment, which is the cause of what follows from it. */
static struct cause enter(const struct act *act)
{
    const struct cause before = act->client->cause;
    act->client->cause = daemon_cause(act->daemon, act->experiment, act->client->now);
    return before;
}

static char *pod_kill(const struct act *act)
{
    const struct pod *pod = act_pod(act);
    const char *name = strchr(act->id, '/');
    if (pod == NULL)
        return mem_format("pods \"%s\" not found", name + 1);
    const struct cause before = enter(act);
    struct error error = { 0 };
    const enum reply reply =
        client_delete(act->client, object_key(&pod->meta.object),
                      (struct delete_options){
                          .grace_seconds = value_int(value_get(act->spec, "gracePeriod"), 0) },
                      &error);
    act->client->cause = before;
    char *why = reply == REPLY_OK ? NULL : mem_format("%s", error.text != NULL ? error.text : "");
    error_close(&error);
    return why;
}

static char *container_kill(const struct act *act)
{
    char *why = NULL;
    const struct pod *pod = act_running_pod(act, &why);
    if (pod == NULL)
        return why;
    const int container = act_container(act, pod);
    const size_t at = pod->spec->init_container_count + (size_t)container;
    if (container < 0 || pod->containers == NULL ||
        pod->containers->items[at].state != CONTAINER_RUNNING)
        return mem_format("container is not running");
    struct deed deed = act_deed(act);
    daemon_kill(act->daemon, deed, pod->node_name, pod->meta.uid, container);
    free((char *)deed.id);
    return NULL;
}

/* ---- pod-failure: other images ---- */

/* The pause container runs and answers nobody: an Image whose process is not ready for a hundred years. */
static void describe_pause(const struct act *act)
{
    struct client *client = act->client;
    const struct text *name = cluster_text(client->cluster, pause_image);
    if (client_read(client, (struct object_key){ KIND_IMAGE, NULL, name }) != NULL) {
        text_drop(name);
        return;
    }
    struct image *image = (struct image *)object_new(object_kinds, KIND_IMAGE);
    image->meta.object.name = name;
    image->size_bytes = PAUSE_BYTES;
    image->start_probability = 1;
    image->ready = distribution_new_constant(100 * 365.25 * 86400);
    struct deed deed = act_deed(act);
    daemon_describe(act->daemon, deed, &image->meta.object);
    free((char *)deed.id);
}

/* "PodChaos-pod-failure-example-web-normal": as pkg/annotation names them. */
static char *annotation_of(const struct act *act, const char *container, bool init)
{
    return mem_format("%s-%s-%s", name_of(act->experiment), container, init ? "init" : "normal");
}

/* Exchange the images of one list of containers; false when nothing changed. */
static bool exchange(const struct act *act, struct value **document, bool init, bool fail)
{
    struct value **spec = value_slot(value_own(document), "spec");
    const char *key = init ? "initContainers" : "containers";
    bool changed = false;
    for (size_t i = 0; i < value_count(value_get(*spec, key)); i++) {
        struct value **list = value_slot(value_own(spec), key);
        struct value **container = &value_own(list)->items[i];
        char *note = annotation_of(act, value_text(value_get(*container, "name"), ""), init);
        const struct value *noted = value_path(*document, "metadata", "annotations", note, NULL);
        if (fail && noted == NULL) {
            struct value *image = value_hold(value_get(*container, "image"));
            value_set(value_own(container), "image", value_new_string(pause_image));
            value_put(document, image, "metadata", "annotations", note, NULL);
            changed = true;
        } else if (!fail && noted != NULL) {
            value_set(value_own(container), "image", value_hold(noted));
            struct value **metadata = value_slot(value_own(document), "metadata");
            value_remove(value_own(value_slot(value_own(metadata), "annotations")), note);
            changed = true;
        }
        spec = value_slot(value_own(document), "spec");
        free(note);
    }
    return changed;
}

static char *patch_images(const struct act *act, const struct pod *pod, bool fail)
{
    struct cluster *cluster = act->client->cluster;
    struct error_list faults = { 0 }, warnings = { 0 };
    struct error error = { 0 };
    struct value *document = cluster_print(cluster, &pod->meta.object);
    char *why = NULL;
    /* Both are called, whatever the first one says. */
    const bool plain = exchange(act, &document, false, fail);
    const bool init = exchange(act, &document, true, fail);
    const bool changed = plain || init;
    struct object *object =
        changed ? cluster_admit_update(cluster, document, &pod->meta.object, &faults, &warnings)
                : NULL;
    const struct cause before = enter(act);
    if (object != NULL && client_update(act->client, object, &error) != REPLY_OK)
        why = mem_format("%s", error.text != NULL ? error.text : "the pod was not changed");
    else if (changed && object == NULL)
        why = mem_format("%s", faults.count > 0 ? faults.items[0].text : "the pod was not changed");
    act->client->cause = before;
    error_close(&error);
    error_list_close(&faults);
    error_list_close(&warnings);
    value_drop(document);
    return why;
}

static char *pod_failure(const struct act *act)
{
    const struct pod *pod = act_pod(act);
    const char *name = strchr(act->id, '/');
    if (pod == NULL)
        return mem_format("pods \"%s\" not found", name + 1);
    describe_pause(act);
    return patch_images(act, pod, true);
}

char *pod_apply(const struct act *act)
{
    if (text_is(act->spec, "action", "pod-kill"))
        return pod_kill(act);
    if (text_is(act->spec, "action", "container-kill"))
        return container_kill(act);
    return pod_failure(act);
}

char *pod_recover(const struct act *act)
{
    const struct pod *pod = act_pod(act);
    if (!text_is(act->spec, "action", "pod-failure") || pod == NULL)
        return NULL; /* there is nothing to recover from */
    return patch_images(act, pod, false);
}
