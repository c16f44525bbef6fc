/* Pods and Deployments under the Pod Security Standards (shared/oracle/api/podsecurity.jsonl). */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_security.h"
#include "sim/base/memory.h"
#include "tests/support/tables.h"

/* The labels of the namespaces in which it was recorded. */
static const struct labels *labels_of(struct texts *texts, const char *level)
{
    const bool warns = strcmp(level, "warn") == 0, old = strcmp(level, "old") == 0;
    const struct labels *labels = labels_with(texts, NULL,
                                              warns ? "pod-security.kubernetes.io/warn"
                                                    : "pod-security.kubernetes.io/enforce",
                                              warns || old ? "restricted" : level);
    if (!old)
        return labels;
    const struct labels *versioned =
        labels_with(texts, labels, "pod-security.kubernetes.io/enforce-version", "v1.18");
    labels_drop(labels);
    return versioned;
}

/* What follows `violates PodSecurity "LEVEL": ` in the message, or in the warning, without the
 * backslashes of a header. */
static char *recorded_violations(const struct value *row)
{
    const struct value *warnings = value_get(row, "warnings");
    const char *text = value_text(value_get(row, "message"), "");
    struct writer plain = { 0 };
    if (*text == '\0' && warnings != NULL && warnings->count > 0)
        text = value_text(warnings->items[0], "");
    for (; *text != '\0'; text++)
        if (*text != '\\')
            writer_add_char(&plain, *text);
    char *whole = writer_take(&plain);
    const char *at = strstr(whole, "\": ");
    char *found = at != NULL ? mem_text(at + 3, strlen(at + 3)) : mem_text("", 0);
    if (strncmp(whole, "299 ", 4) == 0 && *found != '\0')
        found[strlen(found) - 1] = '\0'; /* the quote that ends the header */
    free(whole);
    return found;
}

static bool applies(const struct value *row)
{
    return value_get(row, "spec") != NULL;
}

static bool agrees(const struct value *row, struct writer *why)
{
    struct texts *texts = texts_new();
    const struct labels *labels = labels_of(texts, table_text(row, "level"));
    const bool warns = strcmp(table_text(row, "level"), "warn") == 0;
    const bool is_pod = strcmp(table_text(row, "kind"), "Pod") == 0;
    const struct pod_security_level level = pod_security_of(labels, warns ? "warn" : "enforce");
    char *found = pod_security_violations(value_get(row, "spec"), NULL, level);
    char *want = recorded_violations(row);
    bool same = table_expect(why, "violations", found != NULL ? found : "", want);
    const int status = is_pod && !warns && found != NULL ? 403 : 201;
    if (status != value_int(value_get(row, "status"), 0)) {
        writer_format(why, "status: got %d; ", status);
        same = false;
    }
    free(found);
    free(want);
    labels_drop(labels);
    texts_free(texts);
    return same;
}

const struct table podsecurity_table = {
    .name = "podsecurity",
    .columns = { "level", "kind", "spec", "status", NULL },
    .applies = applies,
    .agrees = agrees,
};
