/* What the checks share: walking containers, and the words of their reports. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_security_private.h"
#include "sim/base/memory.h"

const char *security_text(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* ── containers ── */

bool security_next(struct security_each *each)
{
    static const char *const lists[] = { "initContainers", "containers", "ephemeralContainers" };
    for (; each->list < 3; each->list++, each->index = 0) {
        const struct value *list = value_get(each->spec, lists[each->list]);
        if (list == NULL || each->index >= list->count)
            continue;
        each->container = list->items[each->index++];
        each->context = value_get(each->container, "securityContext");
        return true;
    }
    return false;
}

/* ── texts ── */

void words_add(struct words *words, const char *word)
{
    MEM_GROW(words->items, words->count, words->capacity);
    words->items[words->count++] = word;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void words_sort(struct words *words)
{
    size_t kept = 0;
    if (words->count > 1)
        qsort(words->items, words->count, sizeof *words->items, by_text);
    for (size_t i = 0; i < words->count; i++)
        if (i == 0 || strcmp(words->items[i], words->items[kept - 1]) != 0)
            words->items[kept++] = words->items[i];
    words->count = kept;
}

void words_write(struct writer *out, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        writer_format(out, "%s\"%s\"", i > 0 ? ", " : "", words->items[i]);
}

/* container "c", or containers "c", "d" */
void words_write_containers(struct writer *out, const struct words *names)
{
    writer_add(out, names->count == 1 ? "container " : "containers ");
    words_write(out, names);
}

/* Report a reason with its detail, which is released. */
void security_report(struct security *security, const char *reason, struct writer *detail)
{
    writer_format(&security->text, "%s%s (%s)", security->text.length > 0 ? ", " : "", reason,
                  detail->bytes);
    writer_close(detail);
}

/* "pod and container "c"": who sets something; the names are released. */
struct writer security_setters(bool pod, struct words *names)
{
    struct writer out = { 0 };
    if (pod)
        writer_add(&out, "pod");
    if (names->count > 0) {
        writer_add(&out, pod ? " and " : "");
        words_write_containers(&out, names);
    }
    free(names->items);
    *names = (struct words){ 0 };
    return out;
}

/* Report the containers that do something, unless there are none. */
void security_report_containers(struct security *security, const char *reason, struct words *names,
                                const char *what)
{
    if (names->count == 0)
        return;
    struct writer detail = security_setters(false, names);
    writer_add(&detail, what);
    security_report(security, reason, &detail);
}

/* ── what several ask ── */

/* From 1.25 on nothing of Linux is asked of pods of Windows. */
bool security_is_windows(const struct security *security)
{
    return security->minor >= 25 &&
           strcmp(value_text(value_path(security->spec, "os", "name", NULL), ""), "windows") == 0;
}

/* From 1.35 on a pod with users of its own may be root among them. */
bool security_has_own_users(const struct security *security)
{
    return security->minor >= 35 && !value_truth(value_get(security->spec, "hostUsers"), true);
}

const struct value *security_pod_context(const struct security *security)
{
    return value_get(security->spec, "securityContext");
}

bool security_among(const char *text, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return false;
}

/* Capabilities that containers add and that are not among these; who adds them in *names. */
struct words security_added(const struct security *security, const char *const *allowed,
                            struct words *names)
{
    struct words found = { 0 };
    for (struct security_each each = { .spec = security->spec }; security_next(&each);) {
        const struct value *add = value_path(each.context, "capabilities", "add", NULL);
        const size_t before = found.count;
        for (size_t i = 0; add != NULL && i < add->count; i++)
            if (!security_among(value_text(add->items[i], ""), allowed))
                words_add(&found, value_text(add->items[i], ""));
        if (found.count > before)
            words_add(names, security_text(each.container, "name"));
    }
    words_sort(&found);
    return found;
}

void words_write_added(struct writer *detail, struct words *names, struct words *found)
{
    words_write_containers(detail, names);
    writer_add(detail, " must not include ");
    words_write(detail, found);
    writer_add(detail, " in securityContext.capabilities.add");
}
