/* What the Deployment controller writes into annotations: revisions, and what it last scaled for.
 *
 * Follows pkg/controller/deployment/util/deployment_util.go of kube-controller-manager, in the
 * release named in docs/fidelity.md. */
#include "models/controllers/deployment_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { HISTORY_CHARACTERS = 2000 /* of one annotation: about 100 revisions */ };

static const char DESIRED_REPLICAS[] = "deployment.kubernetes.io/desired-replicas";
static const char MAX_REPLICAS[] = "deployment.kubernetes.io/max-replicas";
static const char REVISION_HISTORY[] = "deployment.kubernetes.io/revision-history";

/* What a Deployment does not hand on to its ReplicaSets. */
static const char *const kept_annotations[] = {
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION_ANNOTATION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
};

bool annotation_set(struct meta *meta, struct texts *texts, const char *key, const char *value)
{
    const char *present = labels_get(meta->annotations, key);
    if (present != NULL && strcmp(present, value) == 0)
        return false;
    const struct labels *annotations = labels_with(texts, meta->annotations, key, value);
    labels_drop(meta->annotations);
    meta->annotations = annotations;
    return true;
}

/* ---- what it last scaled for ---- */

/* A number that is not negative; false when there is none. */
static bool read_number(const struct meta *meta, const char *key, int32_t *number)
{
    const char *text = labels_get(meta->annotations, key);
    if (text == NULL || !isdigit((unsigned char)*text))
        return false;
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || value > INT32_MAX)
        return false;
    *number = (int32_t)value;
    return true;
}

bool annotation_desired_replicas(const struct meta *set, int32_t *number)
{
    return read_number(set, DESIRED_REPLICAS, number);
}

bool annotation_max_replicas(const struct meta *set, int32_t *number)
{
    return read_number(set, MAX_REPLICAS, number);
}

static int32_t most_replicas(const struct deployment *deployment)
{
    return deployment->replicas + deployment_fenceposts(deployment).surge;
}

bool deployment_has_annotated_replicas(const struct deployment *deployment, const struct meta *set)
{
    int32_t desired, most;
    return annotation_desired_replicas(set, &desired) && desired == deployment->replicas &&
           annotation_max_replicas(set, &most) && most == most_replicas(deployment);
}

static void set_number(struct meta *meta, struct texts *texts, const char *key, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", (long)number);
    annotation_set(meta, texts, key, text);
}

void deployment_annotate_replicas(const struct deployment *deployment, struct texts *texts,
                                  struct meta *set)
{
    set_number(set, texts, DESIRED_REPLICAS, deployment->replicas);
    set_number(set, texts, MAX_REPLICAS, most_replicas(deployment));
}

/* ---- revisions ---- */

static bool parse_revision(const char *text, int64_t *revision)
{
    char *end;
    *revision = strtoll(text, &end, 10);
    return end != text && *end == '\0';
}

bool annotation_revision(const struct meta *set, int64_t *revision)
{
    const char *text = labels_get(set->annotations, REVISION_ANNOTATION);
    *revision = 0;
    return text == NULL || parse_revision(text, revision);
}

static bool is_kept(const char *key)
{
    for (size_t i = 0; i < sizeof kept_annotations / sizeof *kept_annotations; i++)
        if (strcmp(key, kept_annotations[i]) == 0)
            return true;
    return false;
}

static bool hand_on_annotations(const struct deployment *deployment, struct texts *texts,
                                struct meta *set)
{
    const struct labels *annotations = deployment->meta.annotations;
    bool changed = false;
    for (size_t i = 0; annotations != NULL && i < annotations->count; i++) {
        const struct label *item = &annotations->items[i];
        if (!is_kept(item->key->s))
            changed |= annotation_set(set, texts, item->key->s, text_s(item->value));
    }
    return changed;
}

/* Append a revision to the history, leaving out the oldest where it gets too long. */
static void remember_revision(struct meta *set, struct texts *texts, const char *revision)
{
    const char *history = labels_get(set->annotations, REVISION_HISTORY);
    if (history == NULL || *history == '\0' || *history == ',') {
        annotation_set(set, texts, REVISION_HISTORY, revision);
        return;
    }
    while (strlen(history) + strlen(revision) + 1 > HISTORY_CHARACTERS) {
        const char *comma = strchr(history, ',');
        if (comma == NULL)
            break;
        history = comma + 1;
    }
    char *longer = mem_format("%s,%s", history, revision);
    annotation_set(set, texts, REVISION_HISTORY, longer);
    free(longer);
}

bool deployment_annotate_new_set(const struct deployment *deployment, struct texts *texts,
                                 struct meta *set, int64_t next_revision)
{
    bool changed = hand_on_annotations(deployment, texts, set);
    int64_t revision;
    if (!annotation_revision(set, &revision))
        return false; /* somebody wrote nonsense there: Kubernetes leaves the ReplicaSet alone */
    if (revision >= next_revision)
        return changed;
    const char *present = labels_get(set->annotations, REVISION_ANNOTATION);
    char *former = present ? mem_text(present, strlen(present)) : NULL;
    set_number(set, texts, REVISION_ANNOTATION, next_revision);
    if (former != NULL)
        remember_revision(set, texts, former);
    free(former);
    return true;
}
