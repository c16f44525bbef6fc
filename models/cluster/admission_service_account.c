/* The admission plugin ServiceAccount: whose pod it is, and what comes with that.
 *
 * Follows plugin/pkg/admission/serviceaccount/admission.go of the release named in
 * docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models/api/meta.h"
#include "models/cluster/admission_private.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"

#define TOKEN_VOLUME "kube-api-access-"
#define TOKEN_PATH   "/var/run/secrets/kubernetes.io/serviceaccount"
#define ENFORCED     "kubernetes.io/enforce-mountable-secrets"

enum { TOKEN_SECONDS = 3607, FILE_MODE = 0644, SUFFIX = 5 };

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* ── the token ── */

static struct value *file_item(const char *first_key, const char *first, const char *path)
{
    struct value *item = value_new_map();
    if (first != NULL)
        value_set(item, first_key, value_new_string(first));
    value_set(item, "path", value_new_string(path));
    return item;
}

static struct value *list_of(struct value *item)
{
    struct value *list = value_new_list();
    value_add(list, item);
    return list;
}

/* Token, certificate and namespace in one directory. */
static struct value *token_volume(const char *name)
{
    struct value *volume = value_new_map(), *sources = value_new_list();
    struct value *token = value_new_map(), *root = value_new_map(), *space = value_new_map();
    struct value *item = file_item(NULL, NULL, "namespace");
    value_put(&token, value_new_int(TOKEN_SECONDS), "serviceAccountToken", "expirationSeconds",
              NULL);
    value_put(&token, value_new_string("token"), "serviceAccountToken", "path", NULL);
    value_put(&root, value_new_string("kube-root-ca.crt"), "configMap", "name", NULL);
    value_put(&root, list_of(file_item("key", "ca.crt", "ca.crt")), "configMap", "items", NULL);
    value_put(&item, value_new_string("v1"), "fieldRef", "apiVersion", NULL);
    value_put(&item, value_new_string("metadata.namespace"), "fieldRef", "fieldPath", NULL);
    value_put(&space, list_of(item), "downwardAPI", "items", NULL);
    value_add(sources, token);
    value_add(sources, root);
    value_add(sources, space);
    value_set(volume, "name", value_new_string(name));
    value_put(&volume, sources, "projected", "sources", NULL);
    value_put(&volume, value_new_int(FILE_MODE), "projected", "defaultMode", NULL);
    return volume;
}

/* Mount it where nothing else is mounted. True when a container needed it. */
static bool mount_token(struct value **spec, const char *key, const char *volume)
{
    const struct value *list = value_get(*spec, key);
    bool mounted = false;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct value *mounts = value_get(list->items[i], "volumeMounts");
        bool taken = false;
        for (size_t j = 0; mounts != NULL && j < mounts->count; j++)
            taken |= strcmp(text_of(mounts->items[j], "mountPath"), TOKEN_PATH) == 0;
        if (taken)
            continue;
        struct value *own = value_own(value_slot(value_own(spec), key));
        struct value *container = value_own(&own->items[i]);
        if (mounts == NULL)
            value_set(container, "volumeMounts", value_new_list());
        struct value *mount = value_new_map();
        value_set(mount, "name", value_new_string(volume));
        value_set(mount, "readOnly", value_new_bool(true));
        value_set(mount, "mountPath", value_new_string(TOKEN_PATH));
        value_add(value_own(value_slot(container, "volumeMounts")), mount);
        list = own;
        mounted = true;
    }
    return mounted;
}

/* Five characters drawn from a name: the same pod has the same volume in every run. */
static char *volume_name(const char *space, const char *name)
{
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    char *seed = mem_format("%s/%s", space, name);
    uint64_t hash = text_hash(seed, strlen(seed));
    char suffix[SUFFIX + 1] = "";
    for (int i = 0; i < SUFFIX; i++, hash /= sizeof alphabet - 1)
        suffix[i] = alphabet[hash % (sizeof alphabet - 1)];
    free(seed);
    return mem_format(TOKEN_VOLUME "%s", suffix);
}

static void add_token(struct value **spec, const char *space, const char *name)
{
    const struct value *volumes = value_get(*spec, "volumes");
    char *volume = NULL;
    for (size_t i = 0; volumes != NULL && i < volumes->count && volume == NULL; i++) {
        const char *given = text_of(volumes->items[i], "name");
        if (strncmp(given, TOKEN_VOLUME, strlen(TOKEN_VOLUME)) == 0)
            volume = mem_text(given, strlen(given));
    }
    bool present = volume != NULL;
    if (!present)
        volume = volume_name(space, name);
    bool needed = mount_token(spec, "initContainers", volume);
    needed |= mount_token(spec, "containers", volume);
    if (needed && !present) {
        if (value_get(*spec, "volumes") == NULL)
            value_set(value_own(spec), "volumes", value_new_list());
        value_add(value_own(value_slot(value_own(spec), "volumes")), token_volume(volume));
    }
    free(volume);
}

/* ── the account ── */

static bool find_account(const struct admission *admission, const char *space, const char *name,
                         const struct object **found)
{
    *found = NULL;
    return admission->find_service_account == NULL ||
           admission->find_service_account(admission->context, space, name, found);
}

/* The pod says whether it wants a token; else its account does; else it gets one. */
static bool mounts_token(const struct value *spec, const struct object *account)
{
    static const char *const key = "automountServiceAccountToken";
    const bool usual =
        account == NULL || value_truth(value_get(meta_of(account)->document, key), true);
    return value_truth(value_get(spec, key), usual);
}

static void take_pull_secrets(struct value **spec, const struct value *secrets)
{
    const struct value *own = value_get(*spec, "imagePullSecrets");
    if ((own == NULL || own->count == 0) && secrets != NULL && secrets->count > 0)
        value_set(value_own(spec), "imagePullSecrets", value_hold(secrets));
}

bool admission_service_account(const struct admission *admission, struct value **spec,
                               const char *space, const char *name, struct refusal *refusal)
{
    const char *account = text_of(*spec, "serviceAccountName");
    const struct object *found;
    if (*account == '\0') {
        value_set(value_own(spec), "serviceAccountName", value_new_string("default"));
        value_set(*spec, "serviceAccount", value_new_string("default"));
        account = "default";
    }
    if (!find_account(admission, space, account, &found))
        return refuse_document(refusal, 403,
                               "pods \"%s\" is forbidden: error looking up service account %s/%s: "
                               "serviceaccount \"%s\" not found",
                               name, space, account, account);
    if (mounts_token(*spec, found))
        add_token(spec, space, name);
    if (found != NULL)
        take_pull_secrets(spec, value_get(meta_of(found)->document, "imagePullSecrets"));
    return true;
}

/* ── Secrets ── */

static bool lists_name(const struct value *references, const char *name)
{
    for (size_t i = 0; references != NULL && i < references->count; i++)
        if (strcmp(text_of(references->items[i], "name"), name) == 0)
            return true;
    return false;
}

/* strconv.ParseBool of the annotation. */
static bool is_enforced(const struct object *account)
{
    static const char *const truths[] = { "1", "t", "T", "TRUE", "true", "True" };
    const char *text = labels_get(meta_of(account)->annotations, ENFORCED);
    for (size_t i = 0; text != NULL && i < sizeof truths / sizeof *truths; i++)
        if (strcmp(truths[i], text) == 0)
            return true;
    return false;
}

/* A pod that its account does not let use a Secret. */
struct secrets {
    const struct value *allowed, *pull_allowed;
    const char *account, *pod;
    struct refusal *refusal;
};

static bool check_volumes(const struct secrets *secrets, const struct value *volumes)
{
    for (size_t i = 0; volumes != NULL && i < volumes->count; i++) {
        const struct value *source = value_get(volumes->items[i], "secret");
        const char *name = text_of(source, "secretName");
        if (!value_is_null(source) && !lists_name(secrets->allowed, name))
            return refuse_document(
                secrets->refusal, 403,
                "pods \"%s\" is forbidden: volume with secret.secretName=\"%s\" is not allowed "
                "because service account %s does not reference that secret",
                secrets->pod, name, secrets->account);
    }
    return true;
}

static bool check_environment(const struct secrets *secrets, const struct value *container,
                              const char *word)
{
    const struct value *env = value_get(container, "env");
    for (size_t i = 0; env != NULL && i < env->count; i++) {
        const struct value *key = value_path(env->items[i], "valueFrom", "secretKeyRef", NULL);
        if (!value_is_null(key) && !lists_name(secrets->allowed, text_of(key, "name")))
            return refuse_document(secrets->refusal, 403,
                                   "pods \"%s\" is forbidden: %s %s with envVar %s referencing "
                                   "secret.secretName=\"%s\" is not allowed because service "
                                   "account %s does not reference that secret",
                                   secrets->pod, word, text_of(container, "name"),
                                   text_of(env->items[i], "name"), text_of(key, "name"),
                                   secrets->account);
    }
    return true;
}

static bool check_containers(const struct secrets *secrets, const struct value *containers,
                             const char *word)
{
    for (size_t i = 0; containers != NULL && i < containers->count; i++)
        if (!check_environment(secrets, containers->items[i], word))
            return false;
    return true;
}

static bool check_pull_secrets(const struct secrets *secrets, const struct value *references)
{
    for (size_t i = 0; references != NULL && i < references->count; i++) {
        const char *name = text_of(references->items[i], "name");
        if (!lists_name(secrets->pull_allowed, name))
            return refuse_document(
                secrets->refusal, 403,
                "pods \"%s\" is forbidden: imagePullSecrets[%zu].name=\"%s\" is not allowed "
                "because service account %s does not reference that imagePullSecret",
                secrets->pod, i, name, secrets->account);
    }
    return true;
}

bool admission_check_secrets(const struct admission *admission, const struct value *spec,
                             const char *space, const char *name, struct refusal *refusal)
{
    const char *account = text_of(spec, "serviceAccountName");
    const struct object *found;
    if (!find_account(admission, space, account, &found) || found == NULL || !is_enforced(found))
        return true;
    const struct secrets secrets = { value_get(meta_of(found)->document, "secrets"),
                                     value_get(meta_of(found)->document, "imagePullSecrets"),
                                     account, name, refusal };
    return check_volumes(&secrets, value_get(spec, "volumes")) &&
           check_containers(&secrets, value_get(spec, "initContainers"), "init container") &&
           check_containers(&secrets, value_get(spec, "containers"), "container") &&
           check_pull_secrets(&secrets, value_get(spec, "imagePullSecrets"));
}
