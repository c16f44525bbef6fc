/* Which ReplicaSet is a Deployment's new one, what revision each is, and which old ones are kept.
 *
 * A rollback is nothing of its own: `kubectl rollout undo` is a patch by the user that puts the
 * template of an old revision into the Deployment. Its ReplicaSet is then found to be the new one
 * and gets the next revision; the revisions it had before go into its history. Nor does a
 * rollout that misses its deadline roll back by itself: somebody has to undo it.
 *
 * Follows pkg/controller/deployment/sync.go and util/deployment_util.go of
 * kube-controller-manager, in the release named in docs/fidelity.md. The annotation
 * deprecated.deployment.rollback.to of the long gone extensions API is not obeyed. */
#include "models/controllers/deployment_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_template_hash.h"
#include "models/controllers/pod_control.h"
#include "sim/base/memory.h"

enum { NAME_LENGTH = 253 /* of a DNS subdomain */ };

/* ---- templates ---- */

/* The index from `i` on of a label that is not the pod-template-hash. */
static size_t next_label(const struct labels *labels, size_t i)
{
    if (i < labels->count && strcmp(labels->items[i].key->s, POD_TEMPLATE_HASH_LABEL) == 0)
        i++;
    return i;
}

/* The same labels, the pod-template-hash aside? Both are sorted by key; texts are interned. */
static bool same_labels(const struct labels *a, const struct labels *b)
{
    static const struct labels none = { 0 };
    a = a ? a : &none;
    b = b ? b : &none;
    size_t i = next_label(a, 0), j = next_label(b, 0);
    for (; i < a->count && j < b->count; i = next_label(a, i + 1), j = next_label(b, j + 1))
        if (a->items[i].key != b->items[j].key || a->items[i].value != b->items[j].value)
            return false;
    return i == a->count && j == b->count;
}

/* Does all metadata of `a` beside labels and annotations stand in `b`, too? */
static bool metadata_within(const struct value *a, const struct value *b)
{
    for (size_t i = 0; a != NULL && i < a->count; i++) {
        const char *key = a->entries[i].key;
        if (strcmp(key, "labels") != 0 && strcmp(key, "annotations") != 0 &&
            !value_equal(a->entries[i].value, value_get(b, key)))
            return false;
    }
    return true;
}

/* Would pods of the two be the same? */
static bool same_template(const struct pod_template *a, const struct pod_template *b)
{
    const struct value *left = value_get(a->document, "metadata");
    const struct value *right = value_get(b->document, "metadata");
    return value_equal(value_get(a->document, "spec"), value_get(b->document, "spec")) &&
           same_labels(a->labels, b->labels) && labels_equal(a->annotations, b->annotations) &&
           metadata_within(left, right) && metadata_within(right, left);
}

static int64_t newest_revision(const struct replicaset_list *list)
{
    int64_t newest = 0, revision;
    for (size_t i = 0; i < list->count; i++)
        if (annotation_revision(&list->items[i]->meta, &revision) && revision > newest)
            newest = revision;
    return newest;
}

/* ---- the new ReplicaSet is there ---- */

static void take_new_set(struct rollout *rollout, const struct replicaset *set)
{
    object_hold(&set->meta.object);
    if (rollout->new_set != NULL)
        object_drop(&rollout->new_set->meta.object);
    rollout->new_set = set;
}

/* Write the changed ReplicaSet and go on with it as the API server has it. */
static bool write_new_set(struct rollout *rollout, struct replicaset *next)
{
    struct client *client = rollout->client;
    const struct object_key key = object_key_hold(object_key(&next->meta.object));
    struct error error = { 0 };
    const bool written = client_update(client, &next->meta.object, &error) == REPLY_OK;
    error_close(&error);
    const struct object *stored = written ? client_read(client, key) : NULL;
    if (stored != NULL)
        take_new_set(rollout, (const struct replicaset *)stored);
    object_key_drop(key);
    return stored != NULL;
}

/* The Deployment's own revision, and an opinion on progress if it has none yet. */
static bool report_found(struct rollout *rollout, const struct replicaset *set)
{
    struct deployment *deployment = rollout->deployment;
    const char *revision = labels_get(set->meta.annotations, REVISION_ANNOTATION);
    bool changed = revision != NULL && annotation_set(&deployment->meta, rollout_texts(rollout),
                                                      REVISION_ANNOTATION, revision);
    if (deployment_has_deadline(deployment) &&
        conditions_find(deployment->conditions, "Progressing") == NULL) {
        deployment_set_condition(deployment,
                                 rollout_condition(rollout, "Progressing", CONDITION_TRUE,
                                                   "FoundNewReplicaSet",
                                                   "Found new replica set \"%s\"", name_of(set)));
        changed = true;
    }
    return !changed || rollout_write_copy(rollout);
}

static bool use_found(struct rollout *rollout, const struct replicaset *set, int64_t next_revision)
{
    const struct deployment *deployment = rollout->deployment;
    struct replicaset *next = (struct replicaset *)client_edit(&set->meta.object);
    const bool changed =
        deployment_annotate_new_set(deployment, rollout_texts(rollout), &next->meta, next_revision);
    if (changed || next->min_ready_seconds != deployment->min_ready_seconds) {
        next->min_ready_seconds = deployment->min_ready_seconds;
        return write_new_set(rollout, next);
    }
    object_drop(&next->meta.object);
    take_new_set(rollout, set);
    return report_found(rollout, set);
}

/* ---- the new ReplicaSet is to be made ---- */

/* The Deployment's template and selector with the hash as one label more. */
static void add_hash(const struct rollout *rollout, const char *hash, struct replicaset *set)
{
    const struct deployment *deployment = rollout->deployment;
    const struct codec *codec = &rollout->client->cluster->codec;
    struct value *template = value_hold(deployment->template->document);
    value_put(&template, value_new_string(hash), "metadata", "labels", POD_TEMPLATE_HASH_LABEL,
              NULL);
    set->template = pod_template_compile(codec, template);
    value_drop(template);

    struct value *selector =
        value_hold(value_path(deployment->meta.document, "spec", "selector", NULL));
    value_put(&selector, value_new_string(hash), "matchLabels", POD_TEMPLATE_HASH_LABEL, NULL);
    struct error error = { 0 };
    set->selector = selector_load(codec->texts, selector, &error);
    error_close(&error);
    set->meta.document = value_new_map();
    value_put(&set->meta.document, selector, "spec", "selector", NULL);
}

/* The name of a ReplicaSet is that of its Deployment, cut where it must be, and the hash. */
static const struct text *set_name(struct texts *texts, const struct deployment *deployment,
                                   const char *hash)
{
    const int most = NAME_LENGTH - 1 - (int)strlen(hash);
    return text_format(texts, "%.*s-%s", most, name_of(deployment), hash);
}

static struct replicaset *new_set(const struct rollout *rollout, int64_t revision)
{
    const struct deployment *deployment = rollout->deployment;
    struct texts *texts = rollout_texts(rollout);
    char hash[POD_TEMPLATE_HASH_SIZE];
    pod_template_hash(deployment->template->document,
                      deployment->collision_count >= 0 ? &deployment->collision_count : NULL, hash);

    struct object *object = object_new(object_kinds, KIND_REPLICASET);
    struct replicaset *set = (struct replicaset *)object;
    object->space = text_hold(deployment->meta.object.space);
    object->name = set_name(texts, deployment, hash);
    add_hash(rollout, hash, set);
    set->meta.labels = labels_hold(set->template->labels);
    set->meta.owners = owners_of_controller(texts, &deployment->meta, "apps/v1", "Deployment");
    set->min_ready_seconds = deployment->min_ready_seconds;
    set->terminating_replicas = -1;
    set->replicas = deployment_new_replicas(deployment, 0, replicaset_list_replicas(&rollout->old));
    deployment_annotate_new_set(deployment, texts, &set->meta, revision);
    deployment_annotate_replicas(deployment, texts, &set->meta);
    return set;
}

/* A ReplicaSet of this name is there. If it is ours and has our template, a lagging cache did
 * not show it; otherwise two templates have one hash, and the next attempt takes another. */
static bool resolve_clash(struct rollout *rollout, const struct text *name)
{
    struct deployment *deployment = rollout->deployment;
    const struct replicaset *present = (const struct replicaset *)client_get(
        rollout->client, KIND_REPLICASET, deployment->meta.object.space, name);
    if (present == NULL)
        return false;
    const struct owner *owner = meta_controller(&present->meta);
    if (owner != NULL && uid_equal(owner->uid, deployment->meta.uid) &&
        same_template(present->template, deployment->template)) {
        take_new_set(rollout, present);
        return true;
    }
    deployment->collision_count =
        deployment->collision_count < 0 ? 1 : deployment->collision_count + 1;
    rollout_write_copy(rollout);
    return false;
}

static void report_refused(struct rollout *rollout, const struct text *name,
                           const struct error *refused)
{
    struct deployment *deployment = rollout->deployment;
    if (deployment_has_deadline(deployment)) {
        deployment_set_condition(deployment,
                                 rollout_condition(rollout, "Progressing", CONDITION_FALSE,
                                                   "ReplicaSetCreateError",
                                                   "Failed to create new replica set \"%s\": %s",
                                                   text_s(name), refused->text));
        rollout_write_copy(rollout);
    }
    client_event(rollout->client, &deployment->meta.object, true, "ReplicaSetCreateError",
                 "Failed to create new replica set \"%s\": %s", text_s(name), refused->text);
}

static bool report_created(struct rollout *rollout, bool created, int64_t revision)
{
    struct deployment *deployment = rollout->deployment;
    const struct replicaset *set = rollout->new_set;
    if (created && set->replicas > 0)
        client_event(rollout->client, &deployment->meta.object, false, "ScalingReplicaSet",
                     "Scaled up replica set %s from 0 to %d", name_of(set), set->replicas);
    char number[24];
    snprintf(number, sizeof number, "%ld", (long)revision);
    bool changed =
        annotation_set(&deployment->meta, rollout_texts(rollout), REVISION_ANNOTATION, number);
    if (created && deployment_has_deadline(deployment)) {
        deployment_set_condition(deployment,
                                 rollout_condition(rollout, "Progressing", CONDITION_TRUE,
                                                   "NewReplicaSetCreated",
                                                   "Created new replica set \"%s\"", name_of(set)));
        changed = true;
    }
    return !changed || rollout_write_copy(rollout);
}

static bool create_new_set(struct rollout *rollout, int64_t revision)
{
    struct replicaset *made = new_set(rollout, revision);
    const struct text *name = text_hold(made->meta.object.name);
    const struct object *stored = NULL;
    struct error refused = { 0 };
    const enum reply reply = client_create(rollout->client, &made->meta.object, &stored, &refused);
    bool there = false;
    if (reply == REPLY_CREATED) {
        take_new_set(rollout, (const struct replicaset *)stored);
        there = true;
    } else if (reply == REPLY_ALREADY_EXISTS) {
        there = resolve_clash(rollout, name);
    } else if (!namespace_is_terminating(reply, &refused)) {
        report_refused(rollout, name, &refused);
    }
    error_close(&refused);
    text_drop(name);
    return there && report_created(rollout, reply == REPLY_CREATED, revision);
}

/* ---- both ---- */

/* The oldest with the Deployment's template: several may have it, by adoption. */
static const struct replicaset *find_new(const struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->all.count; i++)
        if (same_template(rollout->all.items[i]->template, rollout->deployment->template))
            return rollout->all.items[i];
    return NULL;
}

bool rollout_find_sets(struct rollout *rollout, bool create)
{
    const struct replicaset *found = find_new(rollout);
    replicaset_list_close(&rollout->old);
    for (size_t i = 0; i < rollout->all.count; i++)
        if (rollout->all.items[i] != found)
            replicaset_list_add(&rollout->old, rollout->all.items[i]);
    const int64_t next_revision = newest_revision(&rollout->old) + 1;
    if (found != NULL)
        return use_found(rollout, found, next_revision);
    return !create || create_new_set(rollout, next_revision);
}

/* ---- history ---- */

static int compare_revisions(const void *a, const void *b)
{
    const struct replicaset *left = *(const struct replicaset *const *)a;
    const struct replicaset *right = *(const struct replicaset *const *)b;
    int64_t left_revision, right_revision;
    if (annotation_revision(&left->meta, &left_revision) &&
        annotation_revision(&right->meta, &right_revision) && left_revision != right_revision)
        return left_revision < right_revision ? -1 : 1;
    return replicaset_compare_age(left, right);
}

/* Scaled down, and known to be so by the ReplicaSet controller. */
static bool is_unused(const struct replicaset *set)
{
    return set->status_replicas == 0 && set->replicas == 0 &&
           set->meta.generation <= set->observed_generation;
}

static bool delete_set(struct client *client, const struct replicaset *set)
{
    struct error error = { 0 };
    const enum reply reply =
        client_delete(client, object_key(&set->meta.object), delete_options_default(), &error);
    error_close(&error);
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND;
}

bool rollout_clean_up(struct rollout *rollout)
{
    const int32_t limit = rollout->deployment->revision_history_limit;
    struct replicaset_list history = { 0 };
    for (size_t i = 0; i < rollout->old.count; i++)
        if (!rollout->old.items[i]->meta.deleting)
            replicaset_list_add(&history, rollout->old.items[i]);
    bool done = true;
    if (history.count > (size_t)limit) {
        qsort(history.items, history.count, sizeof *history.items, compare_revisions);
        for (size_t i = 0; done && i < history.count - (size_t)limit; i++)
            done = !is_unused(history.items[i]) || delete_set(rollout->client, history.items[i]);
    }
    replicaset_list_close(&history);
    return done;
}
