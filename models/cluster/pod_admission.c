#include "models/cluster/pod_admission.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/pod_security.h"
#include "models/api/policy.h"
#include "models/api/validation.h"
#include "models/cluster/admission.h"
#include "models/cluster/admission_private.h"
#include "models/cluster/admit.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

/* A name that stands for that of each pod while its template is admitted. */
#define SOME_NAME    "seatrial-name-of-pod"
#define LIMIT_RANGER "kubernetes.io/limit-ranger"

enum { TEMPLATED = 1 }; /* flag of a record: it is as its template made it */

/* What became of one template in one namespace. */
struct admitted {
    struct table_node node;
    struct admitted *next;       /* in the list of all */
    const struct pod_spec *from; /* held, as are the others */
    const struct text *space;
    const struct pod_spec *to;
    char *annotation;              /* of LimitRanger; NULL: none */
    enum reply reply, check_reply; /* of the mutating and of the judging plugins */
    char *refused, *check_refused; /* with SOME_NAME for the pod's; NULL: they let it in */
};

struct pod_admissions {
    struct cluster *cluster;
    struct table table;
    struct admitted *all;
    /* The last template and namespace where nothing was special. */
    uint32_t plain_id;
    const struct text *plain_space; /* held */
};

struct pod_admissions *pod_admissions_new(struct cluster *cluster)
{
    struct pod_admissions *admissions = mem_new(sizeof *admissions);
    admissions->cluster = cluster;
    table_init(&admissions->table);
    return admissions;
}

static void forget(struct pod_admissions *admissions)
{
    struct admitted *next;
    for (struct admitted *one = admissions->all; one != NULL; one = next) {
        next = one->next;
        table_remove(&admissions->table, &one->node);
        pod_spec_drop(one->from);
        pod_spec_drop(one->to);
        text_drop(one->space);
        free(one->annotation);
        free(one->refused);
        free(one->check_refused);
        free(one);
    }
    admissions->all = NULL;
    admissions->plain_id = 0;
    text_assign(&admissions->plain_space, NULL);
}

void pod_admissions_free(struct pod_admissions *admissions)
{
    if (admissions == NULL)
        return;
    forget(admissions);
    table_close(&admissions->table);
    free(admissions);
}

void pod_mark_templated(struct object *pod)
{
    pod->flags |= TEMPLATED;
}

void pod_admissions_note(struct pod_admissions *admissions, const struct object *written)
{
    const bool is_class = written->kind == KIND_OTHER &&
                          strncmp(name_of(written), "node.k8s.io/RuntimeClass/", 25) == 0;
    /* The account that every namespace gets says nothing. */
    const bool is_silent = written->kind == KIND_SERVICEACCOUNT &&
                           strcmp(name_of(written), "default") == 0 && account_is_silent(written);
    if (is_silent)
        return;
    if (is_class || written->kind == KIND_LIMITRANGE || written->kind == KIND_SERVICEACCOUNT ||
        written->kind == KIND_PRIORITYCLASS || written->kind == KIND_NAMESPACE)
        forget(admissions);
}

/* ── is anything special? ── */

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

static bool has_its_class(const struct admission *admission, const struct pod_spec *spec)
{
    struct priority_class class = { NULL, 0, true };
    const char *name = spec->priority_class_name != NULL ? spec->priority_class_name->s : NULL;
    const bool found = admission->find_priority_class(admission->context, name, &class);
    if (name == NULL)
        return !found && spec->priority == 0;
    return found && class.value == spec->priority && class.preempts == spec->preempts;
}

static void note_any(void *to, const struct object *limit_range)
{
    (void)limit_range;
    *(bool *)to = true;
}

static bool is_plain(const struct admission *admission, const struct pod_spec *spec,
                     const char *space)
{
    const struct object *account = NULL;
    bool limited = false;
    const struct labels *labels = admission->namespace_labels(admission->context, space);
    const char *name = text_of(spec->document, "serviceAccountName");
    if (*text_of(spec->document, "runtimeClassName") != '\0' || !has_its_class(admission, spec) ||
        pod_security_of(labels, "enforce").level != POD_PRIVILEGED)
        return false;
    if (!admission->find_service_account(admission->context, space, name, &account) ||
        (account != NULL && !account_is_silent(account)))
        return false;
    admission->each_limit_range(admission->context, space, note_any, &limited);
    return !limited;
}

/* ── admitting a template again ── */

static bool is_token(const struct value *volume)
{
    const struct value *sources = value_path(volume, "projected", "sources", NULL);
    return strncmp(text_of(volume, "name"), "kube-api-access-", 16) == 0 &&
           value_get(value_at(sources, 0), "serviceAccountToken") != NULL;
}

static void unmount(struct value **spec, const char *list, const char *volume)
{
    const struct value *containers = value_get(*spec, list);
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        struct value *own = value_own(value_slot(value_own(spec), list));
        struct value *container = value_own(&own->items[i]);
        const struct value *mounts = value_get(container, "volumeMounts");
        for (size_t j = mounts != NULL ? mounts->count : 0; j-- > 0;)
            if (strcmp(text_of(mounts->items[j], "name"), volume) == 0) {
                value_cut(value_own(value_slot(container, "volumeMounts")), j);
                mounts = value_get(container, "volumeMounts");
            }
        if (mounts != NULL && mounts->count == 0)
            value_remove(container, "volumeMounts");
    }
}

/* The token that the template got, for an account that gives none. */
static void take_token_back(struct value **spec)
{
    const struct value *volumes = value_get(*spec, "volumes");
    for (size_t i = volumes != NULL ? volumes->count : 0; i-- > 0;) {
        if (!is_token(volumes->items[i]))
            continue;
        char *name = mem_format("%s", text_of(volumes->items[i], "name"));
        struct value *own = value_own(value_slot(value_own(spec), "volumes"));
        value_cut(own, i);
        if (own->count == 0)
            value_remove(*spec, "volumes");
        unmount(spec, "initContainers", name);
        unmount(spec, "containers", name);
        free(name);
        return;
    }
}

static bool gives_no_token(const struct admission *admission, const struct value *spec,
                           const char *space)
{
    static const char *const key = "automountServiceAccountToken";
    const struct object *account = NULL;
    return value_get(spec, key) == NULL &&
           admission->find_service_account(admission->context, space,
                                           text_of(spec, "serviceAccountName"), &account) &&
           account != NULL && !value_truth(value_get(meta_of(account)->document, key), true);
}

/* The pod as a document, without what its priority class gave the template. */
static struct value *document_of(const struct admission *admission, const struct pod *pod)
{
    const char *space = text_s(pod->meta.object.space);
    struct value *document = value_new_map(), *spec = value_hold(pod->spec->document);
    struct value *labels = labels_to_value(pod->meta.labels);
    struct value *annotations = labels_to_value(pod->meta.annotations);
    value_own(&spec);
    value_remove(spec, "priority");
    value_remove(spec, "preemptionPolicy");
    if (gives_no_token(admission, spec, space))
        take_token_back(&spec);
    value_set(document, "apiVersion", value_new_string("v1"));
    value_set(document, "kind", value_new_string("Pod"));
    value_put(&document, value_new_string(SOME_NAME), "metadata", "name", NULL);
    value_put(&document, value_new_string(space), "metadata", "namespace", NULL);
    if (labels != NULL)
        value_put(&document, labels, "metadata", "labels", NULL);
    if (annotations != NULL)
        value_put(&document, annotations, "metadata", "annotations", NULL);
    value_set(document, "spec", spec);
    return document;
}

static char *take_message(struct refusal *refusal, enum reply *reply)
{
    char *message = refusal->message;
    *reply = (enum reply)refusal->code;
    refusal->message = NULL;
    refusal_close(refusal);
    return message;
}

static void judge(const struct admission *admission, struct admitted *one,
                  const struct value *document)
{
    const struct schema_kind *kind = schema_kind("v1", "Pod");
    struct refusal refusal = { 0 };
    validate_create(document, kind, &refusal.fields);
    if (refusal.fields.count > 0) {
        refusal.code = REPLY_INVALID;
        refusal.message = validation_message(&refusal.fields, document);
    } else {
        admission_check(admission, document, kind, &refusal);
    }
    if (refusal.code != 0)
        one->check_refused = take_message(&refusal, &one->check_reply);
    refusal_close(&refusal);
}

static void admit_again(const struct admission *admission, struct codec *codec,
                        struct admitted *one, const struct pod *pod)
{
    const struct schema_kind *kind = schema_kind("v1", "Pod");
    struct value *document = document_of(admission, pod);
    struct refusal refusal = { 0 };
    if (!admission_mutate(admission, &document, kind, &refusal)) {
        one->refused = take_message(&refusal, &one->reply);
    } else {
        const char *note =
            value_text(value_path(document, "metadata", "annotations", LIMIT_RANGER, NULL), "");
        one->to = pod_spec_compile(codec->specs, value_get(document, "spec"));
        one->annotation = *note != '\0' ? mem_text(note, strlen(note)) : NULL;
        judge(admission, one, document);
    }
    value_drop(document);
}

/* ── the pods ── */

static uint64_t hash_of(const struct pod *pod)
{
    return pod->meta.object.space->hash ^ pod->spec->id * 0x9E3779B97F4A7C15u;
}

static struct admitted *find(const struct pod_admissions *admissions, const struct pod_spec *from,
                             const struct text *space, uint64_t hash)
{
    struct table_node *node = table_first(&admissions->table, hash);
    for (; node != NULL; node = table_again(node)) {
        struct admitted *one = (struct admitted *)node; /* its first member */
        if (one->from == from && one->space == space)
            return one;
    }
    return NULL;
}

static const struct admitted *admit_template(struct pod_admissions *admissions,
                                             const struct admission *admission,
                                             const struct pod *pod)
{
    const uint64_t hash = hash_of(pod);
    struct admitted *one = find(admissions, pod->spec, pod->meta.object.space, hash);
    if (one != NULL)
        return one;
    one = mem_new(sizeof *one);
    *one = (struct admitted){ .from = pod_spec_hold(pod->spec),
                              .space = text_hold(pod->meta.object.space),
                              .reply = REPLY_OK,
                              .check_reply = REPLY_OK,
                              .next = admissions->all };
    admissions->all = one;
    table_add(&admissions->table, &one->node, hash);
    admit_again(admission, &admissions->cluster->codec, one, pod);
    return one;
}

/* The message with the pod's own name in it. */
static enum reply refuse_pod(struct error *error, enum reply reply, const char *message,
                             const char *name)
{
    const char *at = strstr(message, SOME_NAME);
    if (at == NULL)
        return reply_refuse(error, reply, "%s", message);
    return reply_refuse(error, reply, "%.*s%s%s", (int)(at - message), message, name,
                        at + strlen(SOME_NAME));
}

enum reply pod_admit(struct client *client, struct pod *pod, const struct admitted **admitted,
                     struct error *error)
{
    struct pod_admissions *admissions = client->cluster->pod_admissions;
    const struct text *space = pod->meta.object.space;
    *admitted = NULL;
    if ((pod->meta.object.flags & TEMPLATED) == 0 ||
        (admissions->plain_id == pod->spec->id && admissions->plain_space == space))
        return REPLY_OK;
    const struct admission admission = cluster_admission(client->cluster, space->s);
    if (is_plain(&admission, pod->spec, space->s)) {
        admissions->plain_id = pod->spec->id;
        text_assign(&admissions->plain_space, text_hold(space));
        return REPLY_OK;
    }
    const struct admitted *one = admit_template(admissions, &admission, pod);
    if (one->refused != NULL)
        return refuse_pod(error, one->reply, one->refused,
                          pod->meta.object.name != NULL ? name_of(pod)
                                                        : text_s(pod->meta.generate_name));
    pod_spec_drop(pod->spec);
    pod->spec = pod_spec_hold(one->to);
    if (one->annotation != NULL) {
        const struct labels *annotations = labels_with(
            client->cluster->run->texts, pod->meta.annotations, LIMIT_RANGER, one->annotation);
        labels_drop(pod->meta.annotations);
        pod->meta.annotations = annotations;
    }
    *admitted = one;
    return REPLY_OK;
}

enum reply pod_admit_check(const struct admitted *admitted, const struct pod *pod,
                           struct error *error)
{
    if (admitted == NULL || admitted->check_refused == NULL)
        return REPLY_OK;
    return refuse_pod(error, admitted->check_reply, admitted->check_refused, name_of(pod));
}
