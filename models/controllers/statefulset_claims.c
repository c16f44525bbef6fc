/* The claims of a StatefulSet's pods: made with the pod, and kept or deleted as
 * persistentVolumeClaimRetentionPolicy says, by way of owner references.
 *
 * Follows pkg/controller/statefulset/{stateful_pod_control,stateful_set_utils}.go of the release
 * named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/storage.h"
#include "models/cluster/cluster.h"
#include "models/controllers/statefulset_private.h"
#include "sim/base/memory.h"

static const struct object *find_claim(const struct stateful_sync *sync,
                                       const struct value *template, int64_t ordinal)
{
    char *name = statefulset_claim_name(sync->set, template, ordinal);
    const struct text *known = text_find(sync->client->cluster->run->texts, name);
    free(name);
    return known == NULL ? NULL
                         : client_get(sync->client, KIND_PERSISTENTVOLUMECLAIM,
                                      sync->set->meta.object.space, known);
}

static size_t template_count(const struct stateful_sync *sync)
{
    const struct value *claims = statefulset_claims(sync->set);
    return claims != NULL ? claims->count : 0;
}

static const struct value *template_at(const struct stateful_sync *sync, size_t i)
{
    return statefulset_claims(sync->set)->items[i];
}

/* ---- making ---- */

static struct object *claim_new(const struct stateful_sync *sync, const struct value *template,
                                int64_t ordinal)
{
    const struct codec *codec = &sync->client->cluster->codec;
    struct value *tree = value_new_map();
    char *name = statefulset_claim_name(sync->set, template, ordinal);
    value_set(tree, "apiVersion", value_new_string("v1"));
    value_set(tree, "kind", value_new_string("PersistentVolumeClaim"));
    value_set(tree, "metadata", value_hold(value_get(template, "metadata")));
    value_put(&tree, value_new_string(name), "metadata", "name", NULL);
    value_put(&tree, value_new_string(namespace_of(sync->set)), "metadata", "namespace", NULL);
    value_set(tree, "spec", value_hold(value_get(template, "spec")));
    value_put(&tree, value_new_string("Pending"), "status", "phase", NULL);
    struct object *claim = kind_infos[KIND_PERSISTENTVOLUMECLAIM].load(codec, tree);
    struct meta *meta = (struct meta *)claim;
    const struct labels *selected =
        labels_from_value(codec->texts, value_path(sync->set->meta.document, "spec", "selector",
                                                   "matchLabels", NULL));
    labels_take_over(codec->texts, &meta->labels, selected);
    labels_drop(selected);
    value_drop(tree);
    free(name);
    return claim;
}

static bool create_claim(struct stateful_sync *sync, const struct value *template, int64_t ordinal,
                         struct error *error)
{
    const struct object *about = &sync->set->meta.object;
    struct object *claim = claim_new(sync, template, ordinal);
    const struct text *name = text_hold(claim->name);
    struct error refused = { 0 };
    const enum reply reply = client_create(sync->client, claim, NULL, &refused);
    const char *of = name_of(sync->set);
    if (reply == REPLY_CREATED)
        client_event(sync->client, about, false, "SuccessfulCreate",
                     "Create Claim %s Pod %s-%lld in StatefulSet %s success", text_s(name), of,
                     (long long)ordinal, of);
    else
        error_set(error, refused.at, "failed to create PVC %s: %s", text_s(name), refused.text);
    if (reply != REPLY_CREATED && reply != REPLY_ALREADY_EXISTS)
        client_event(sync->client, about, true, "FailedCreate",
                     "Create Claim %s for Pod %s-%lld in StatefulSet %s failed error: %s",
                     text_s(name), of, (long long)ordinal, of, refused.text);
    error_close(&refused);
    text_drop(name);
    return reply == REPLY_CREATED;
}

bool stateful_claims_create(struct stateful_sync *sync, int64_t ordinal, struct error *error)
{
    bool done = true;
    for (size_t i = 0; i < template_count(sync); i++) {
        const struct object *claim = find_claim(sync, template_at(sync, i), ordinal);
        if (claim == NULL)
            done &= create_claim(sync, template_at(sync, i), ordinal, error);
        else if (meta_of(claim)->deleting)
            done = error_set(error, (struct place){ 0 }, "pvc %s is being deleted", name_of(claim));
    }
    return done;
}

/* ---- who owns a claim ---- */

/* The set and the pod as owners of a claim. */
struct claim_owners {
    const struct meta *set;
    const struct text *pod_name;
    const struct meta *pod; /* NULL: not there yet; no reference has its uid then */
};

static struct claim_owners owners_for(const struct stateful_sync *sync, int64_t ordinal,
                                      const struct pod *pod)
{
    return (struct claim_owners){
        .set = &sync->set->meta,
        .pod_name = text_format(sync->client->cluster->run->texts, "%s-%lld", name_of(sync->set),
                                (long long)ordinal),
        .pod = pod != NULL ? &pod->meta : NULL,
    };
}

static bool names(const struct owner *owner, const char *api_version, const char *kind,
                  const struct text *name)
{
    return strcmp(text_s(owner->api_version), api_version) == 0 &&
           strcmp(text_s(owner->kind), kind) == 0 && owner->name == name;
}

static bool names_set(const struct owner *owner, const struct claim_owners *ours)
{
    return names(owner, "apps/v1", "StatefulSet", ours->set->object.name);
}

static bool names_pod(const struct owner *owner, const struct claim_owners *ours)
{
    return names(owner, "v1", "Pod", ours->pod_name);
}

static bool is_set(const struct owner *owner, const struct claim_owners *ours)
{
    return uid_equal(owner->uid, ours->set->uid);
}

static bool is_pod(const struct owner *owner, const struct claim_owners *ours)
{
    return ours->pod != NULL && uid_equal(owner->uid, ours->pod->uid);
}

/* Does any owner of the claim answer yes? */
static bool any(const struct meta *claim, const struct claim_owners *ours,
                bool (*asks)(const struct owner *owner, const struct claim_owners *ours))
{
    for (uint32_t i = 0; claim->owners != NULL && i < claim->owners->count; i++)
        if (asks(&claim->owners->items[i], ours))
            return true;
    return false;
}

/* Of a set or pod of the same name that was before. */
static bool is_stale(const struct owner *owner, const struct claim_owners *ours)
{
    return (names_set(owner, ours) && !is_set(owner, ours)) ||
           (names_pod(owner, ours) && !is_pod(owner, ours));
}

static bool is_stale_pod(const struct owner *owner, const struct claim_owners *ours)
{
    return names_pod(owner, ours) && !is_pod(owner, ours);
}

/* Somebody else controls it, or one of ours that was before. */
static bool is_unexpected(const struct owner *owner, const struct claim_owners *ours)
{
    if (names_set(owner, ours) || names_pod(owner, ours))
        return is_stale(owner, ours);
    return owner->controller;
}

static bool is_ours_without_control(const struct owner *owner, const struct claim_owners *ours)
{
    return (is_set(owner, ours) || is_pod(owner, ours)) && !owner->controller;
}

static bool retains(const struct statefulset *set)
{
    return !set->deletes_claims_with_set && !set->deletes_claims_when_scaled;
}

static bool has_unexpected(const struct statefulset *set, const struct meta *claim,
                           const struct claim_owners *ours)
{
    return !retains(set) && any(claim, ours, is_unexpected);
}

/* Is the ordinal one of those that are wanted? */
static bool in_range(const struct statefulset *set, int64_t ordinal)
{
    return ordinal >= set->start && ordinal < (int64_t)set->start + set->replicas;
}

/* Of a pod that is scaled away the claim goes with the pod, of others with the set. */
static bool pod_should_own(const struct statefulset *set, int64_t ordinal)
{
    return set->deletes_claims_when_scaled && !in_range(set, ordinal);
}

static bool set_should_own(const struct statefulset *set, int64_t ordinal)
{
    return set->deletes_claims_with_set && !pod_should_own(set, ordinal);
}

static bool is_up_to_date(const struct statefulset *set, const struct meta *claim,
                          const struct claim_owners *ours, int64_t ordinal)
{
    const bool of_set = any(claim, ours, is_set), of_pod = any(claim, ours, is_pod);
    if (any(claim, ours, is_stale))
        return true; /* what went before is not to be touched */
    if (has_unexpected(set, claim, ours))
        return !of_set && !of_pod;
    return !any(claim, ours, is_ours_without_control) && of_set == set_should_own(set, ordinal) &&
           of_pod == pod_should_own(set, ordinal);
}

static void replace_owners(struct meta *claim, const struct owners *owners)
{
    owners_drop(claim->owners);
    claim->owners = owners;
}

static void set_owners(struct stateful_sync *sync, struct meta *claim,
                       const struct claim_owners *ours, int64_t ordinal)
{
    struct texts *texts = sync->client->cluster->run->texts;
    const bool unexpected = has_unexpected(sync->set, claim, ours);
    replace_owners(claim, owners_without(claim->owners, ours->set->uid));
    if (ours->pod != NULL)
        replace_owners(claim, owners_without(claim->owners, ours->pod->uid));
    if (unexpected)
        return;
    if (set_should_own(sync->set, ordinal))
        replace_owners(claim, owners_with_controller(texts, claim->owners, ours->set, "apps/v1",
                                                     "StatefulSet"));
    else if (pod_should_own(sync->set, ordinal) && ours->pod != NULL)
        replace_owners(claim, owners_with_controller(texts, claim->owners, ours->pod, "v1", "Pod"));
}

/* ---- what the controller asks ---- */

bool stateful_claims_are_stale(const struct stateful_sync *sync, int64_t ordinal)
{
    bool stale = false;
    if (!sync->set->deletes_claims_when_scaled)
        return false;
    const struct claim_owners ours = owners_for(sync, ordinal, NULL);
    for (size_t i = 0; i < template_count(sync) && !stale; i++) {
        const struct object *claim = find_claim(sync, template_at(sync, i), ordinal);
        stale = claim != NULL && any(meta_of(claim), &ours, is_stale_pod);
    }
    text_drop(ours.pod_name);
    return stale;
}

bool stateful_claims_match(const struct stateful_sync *sync, int64_t ordinal, const struct pod *pod)
{
    bool match = true;
    if (template_count(sync) == 0)
        return true;
    const struct claim_owners ours = owners_for(sync, ordinal, pod);
    for (size_t i = 0; i < template_count(sync) && match; i++) {
        const struct object *claim = find_claim(sync, template_at(sync, i), ordinal);
        match = claim == NULL || is_up_to_date(sync->set, meta_of(claim), &ours, ordinal);
    }
    text_drop(ours.pod_name);
    return match;
}

static bool update_claim(struct stateful_sync *sync, const struct object *claim,
                         const struct claim_owners *ours, int64_t ordinal, struct error *error)
{
    if (has_unexpected(sync->set, meta_of(claim), ours))
        client_event(sync->client, &sync->set->meta.object, true, "ConflictingController",
                     "PersistentVolumeClaim %s has a conflicting OwnerReference that acts as a "
                     "manging controller, the retention policy is ignored for this claim",
                     name_of(claim));
    if (is_up_to_date(sync->set, meta_of(claim), ours, ordinal))
        return true;
    struct object *changed = client_edit(claim);
    struct error refused = { 0 };
    set_owners(sync, (struct meta *)changed, ours, ordinal);
    const bool done = client_update(sync->client, changed, &refused) == REPLY_OK;
    if (!done)
        error_set(error, refused.at, "could not update claim %s for delete policy ownerRefs: %s",
                  name_of(claim), refused.text);
    error_close(&refused);
    return done;
}

bool stateful_claims_update(struct stateful_sync *sync, int64_t ordinal, const struct pod *pod,
                            struct error *error)
{
    bool done = true;
    if (template_count(sync) == 0)
        return true;
    const struct claim_owners ours = owners_for(sync, ordinal, pod);
    for (size_t i = 0; i < template_count(sync) && done; i++) {
        const struct object *claim = find_claim(sync, template_at(sync, i), ordinal);
        done = claim == NULL || update_claim(sync, claim, &ours, ordinal, error);
    }
    text_drop(ours.pod_name);
    return done;
}
