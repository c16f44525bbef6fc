/* Pods, their templates and what stands in them.
 *
 * Follows SetDefaults_Pod(), SetDefaults_PodSpec(), SetDefaults_Container() ... of
 * pkg/apis/core/v1/defaults.go. */
#include <string.h>

#include "models/api/defaults/defaults_private.h"
#include "models/api/quantity.h"

/* ── images ── */

static bool is_tag(const char *tag, size_t length)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    return length > 0 && length <= 128 && strspn(tag, set) >= length &&
           strchr(".-", tag[0]) == NULL;
}

/* Lower-case words with single separators between them: a component of a repository's path. */
static bool is_component(const char *text, size_t length)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    if (length == 0 || strchr(word, text[0]) == NULL || strchr(word, text[length - 1]) == NULL)
        return false;
    for (size_t i = 1; i < length; i++) {
        bool separator = strchr(word, text[i]) == NULL, after = strchr(word, text[i - 1]) == NULL;
        if (separator && strchr("._-", text[i]) == NULL)
            return false;
        if (separator && after && (text[i] != text[i - 1] || text[i] == '.'))
            return false;
    }
    return true;
}

/* The first component is a host when it could not be a path: a.b, a:5000, localhost, Upper. */
static bool is_host(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (strchr(".:ABCDEFGHIJKLMNOPQRSTUVWXYZ", text[i]) != NULL)
            return true;
    return length == strlen("localhost") && strncmp(text, "localhost", length) == 0;
}

static bool is_repository(const char *text, size_t length)
{
    const char *end = text + length;
    const char *slash = memchr(text, '/', length);
    if (slash != NULL && is_host(text, (size_t)(slash - text)))
        text = slash + 1;
    for (;;) {
        slash = memchr(text, '/', (size_t)(end - text));
        if (!is_component(text, (size_t)((slash ? slash : end) - text)))
            return false;
        if (slash == NULL)
            return true;
        text = slash + 1;
    }
}

const char *default_pull_policy(const char *image)
{
    const char *digest = strchr(image, '@');
    const char *end = digest ? digest : image + strlen(image);
    const char *slash = memrchr(image, '/', (size_t)(end - image));
    const char *name = slash ? slash + 1 : image;
    const char *colon = memchr(name, ':', (size_t)(end - name));
    const char *repository_end = colon ? colon : end;
    if (!is_repository(image, (size_t)(repository_end - image)))
        return "IfNotPresent"; /* no reference at all: it has no tag */
    if (colon == NULL)
        return digest ? "IfNotPresent" : "Always";
    size_t length = (size_t)(end - colon - 1);
    bool latest = length == strlen("latest") && strncmp(colon + 1, "latest", length) == 0;
    return latest && is_tag(colon + 1, length) ? "Always" : "IfNotPresent";
}

void default_container(struct value **node)
{
    if (*default_reads(*node, "imagePullPolicy") == '\0')
        default_text(node, "imagePullPolicy", default_pull_policy(default_reads(*node, "image")));
    default_text(node, "terminationMessagePath", "/dev/termination-log");
    default_text(node, "terminationMessagePolicy", "File");
}

void default_probe(struct value **node)
{
    default_count(node, "timeoutSeconds", 1);
    default_count(node, "periodSeconds", 10);
    default_count(node, "successThreshold", 1);
    default_count(node, "failureThreshold", 3);
}

void default_http_get(struct value **node)
{
    default_text(node, "path", "/");
    default_text(node, "scheme", "HTTP");
}

void default_object_field(struct value **node)
{
    default_text(node, "apiVersion", "v1");
}

/* The account stands under its old name as well. */
static void default_account(struct value **node)
{
    const char *account = default_reads(*node, "serviceAccountName");
    if (*account == '\0')
        account = default_reads(*node, "serviceAccount");
    if (*account == '\0' || (strcmp(account, default_reads(*node, "serviceAccount")) == 0 &&
                             strcmp(account, default_reads(*node, "serviceAccountName")) == 0))
        return;
    struct value *name = value_new_string(account);
    value_set(value_own(node), "serviceAccountName", value_hold(name));
    value_set(*node, "serviceAccount", name);
}

void default_pod_spec(struct value **node)
{
    default_account(node);
    default_text(node, "dnsPolicy", "ClusterFirst");
    default_text(node, "restartPolicy", "Always");
    default_map(node, "securityContext");
    default_int(node, "terminationGracePeriodSeconds", 30);
    default_text(node, "schedulerName", "default-scheduler");
}

/* ── what a Pod gets that a template does not ── */

/* The list under a key, to be changed item by item; NULL when there is none. */
static struct value *own_list(struct value **spec, const char *key)
{
    const struct value *list = value_get(*spec, key);
    if (list == NULL || list->type != VALUE_LIST || list->count == 0)
        return NULL;
    return value_own(value_slot(value_own(spec), key));
}

/* What is limited and not requested is requested up to its limit. */
static void request_limits(struct value **container)
{
    const struct value *limits = value_path(*container, "resources", "limits", NULL);
    const struct value *requests = value_path(*container, "resources", "requests", NULL);
    for (size_t i = 0; limits != NULL && i < limits->count; i++) {
        const struct value_entry *limit = &limits->entries[i];
        if (value_get(requests, limit->key) != NULL)
            continue;
        value_put(container, value_hold(limit->value), "resources", "requests", limit->key, NULL);
        limits = value_path(*container, "resources", "limits", NULL);
        requests = value_path(*container, "resources", "requests", NULL);
    }
}

/* On the host's network every port is a port of the host. */
static void open_host_ports(struct value **container)
{
    struct value *ports = own_list(container, "ports");
    for (size_t i = 0; ports != NULL && i < ports->count; i++) {
        const struct value *port = value_get(ports->items[i], "containerPort");
        if (port != NULL && value_int(value_get(ports->items[i], "hostPort"), 0) == 0)
            value_set(value_own(&ports->items[i]), "hostPort", value_hold(port));
    }
}

static void fill_containers(struct value **spec, const char *key)
{
    bool host = value_truth(value_get(*spec, "hostNetwork"), false);
    struct value *list = own_list(spec, key);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        request_limits(&list->items[i]);
        if (host)
            open_host_ports(&list->items[i]);
    }
}

static struct quantity request_of(const struct value *container, const char *resource)
{
    struct quantity amount;
    const struct value *request = value_path(container, "resources", "requests", resource, NULL);
    if (request == NULL || !quantity_load(request, &amount, NULL))
        return (struct quantity){ 0 };
    return amount;
}

static struct quantity larger(struct quantity a, struct quantity b)
{
    return quantity_compare(a, b) < 0 ? b : a;
}

/* What the containers request together: sidecars run beside everything after them, the other
 * init containers one by one (component-helpers/resource AggregateContainerRequests). */
static struct quantity request_of_all(const struct value *spec, const char *resource)
{
    struct quantity sum = { 0 }, sidecars = { 0 }, most = { 0 };
    const struct value *containers = value_get(spec, "containers");
    const struct value *init = value_get(spec, "initContainers");
    for (size_t i = 0; containers != NULL && i < containers->count; i++)
        sum = quantity_add(sum, request_of(containers->items[i], resource));
    for (size_t i = 0; init != NULL && i < init->count; i++) {
        struct quantity own = request_of(init->items[i], resource);
        if (strcmp(default_reads(init->items[i], "restartPolicy"), "Always") == 0)
            sidecars = own = quantity_add(sidecars, own);
        else
            own = quantity_add(sidecars, own);
        most = larger(most, own);
    }
    return larger(quantity_add(sum, sidecars), most);
}

/* A pod with limits of its own requests what its containers do, or else its limits. */
static void request_for_pod(struct value **spec)
{
    static const char *const resources[] = { "cpu", "memory" };
    const struct value *limits = value_path(*spec, "resources", "limits", NULL);
    if (limits == NULL || limits->count == 0)
        return;
    for (size_t i = 0; i < 2; i++) {
        char text[QUANTITY_TEXT];
        struct quantity all = request_of_all(*spec, resources[i]);
        const struct value *limit = value_path(*spec, "resources", "limits", resources[i], NULL);
        if (value_path(*spec, "resources", "requests", resources[i], NULL) != NULL)
            continue;
        if (all.nano > 0)
            value_put(spec, value_new_string(quantity_print(all, text)), "resources", "requests",
                      resources[i], NULL);
        else if (limit != NULL)
            value_put(spec, value_hold(limit), "resources", "requests", resources[i], NULL);
    }
}

void default_pod(struct value **node)
{
    struct value **spec = value_slot(value_own(node), "spec");
    value_own(spec);
    fill_containers(spec, "containers");
    fill_containers(spec, "initContainers");
    request_for_pod(spec);
    default_bool(spec, "enableServiceLinks", true);
}
