/* Requests and answers of the built-in admission plugins: a setup, then steps one after the other in
 * one cluster (shared/oracle/api/admission-builtin.jsonl). */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/schema_print.h"
#include "models/cluster/admission.h"
#include "models/cluster/cluster.h"
#include "models/controllers/controller.h"
#include "sim/base/memory.h"
#include "tests/support/rows.h"
#include "tests/support/tables.h"

#define SPACE "bi"

struct playing {
    struct run *run;
    struct cluster *cluster;
    struct writer *why;
};

static void wait(struct playing *playing)
{
    run_until(playing->run, run_now(playing->run) + SIM_SECOND);
}

/* ── requests ── */

/* The status, and the message or the stored object. */
struct answer {
    int status;
    char *message;        /* owned; NULL when there is none */
    struct value *object; /* a reference */
};

static void answer_close(struct answer *answer)
{
    free(answer->message);
    value_drop(answer->object);
}

static struct answer post(struct playing *playing, const struct value *document)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct refusal refusal = { 0 };
    struct error error = { 0 };
    struct answer answer = { 0 };
    const struct object *stored = NULL;
    struct cluster *cluster = playing->cluster;
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    struct object *object =
        cluster_admit_or_refuse(cluster, document, SPACE, &refusal, &faults, &warnings);
    if (object != NULL) {
        answer.status = client_create(&cluster->admin, object, &stored, &error) % 1000;
        answer.message = error.text;
        answer.object = stored != NULL ? cluster_print(cluster, stored) : NULL;
    } else {
        answer.status = refusal.code;
        answer.message = refusal.message;
        refusal.message = NULL;
    }
    refusal_close(&refusal);
    error_list_close(&faults);
    error_list_close(&warnings);
    return answer;
}

static struct answer delete_it(struct playing *playing, const struct value *step)
{
    const struct cluster *cluster = playing->cluster;
    const char *name = value_text(value_path(step, "object", "metadata", "name", NULL), "");
    struct object_key key = { (uint16_t)kind_of_resource(table_text(step, "kind")),
                              cluster_text(cluster, SPACE), cluster_text(cluster, name) };
    client_begin(&playing->cluster->admin, (struct cause){ 0, 0 });
    const enum reply reply =
        client_delete(&playing->cluster->admin, key, delete_options_default(), NULL);
    object_key_drop(key);
    return (struct answer){ .status = (int)reply % 1000 };
}

/* ── comparing ── */

/* What another cluster gives: times, versions, addresses. */
static struct value *without_gifts(const struct value *object)
{
    static const char *const meta_keys[] = { "creationTimestamp", "resourceVersion", "uid" };
    static const char *const spec_keys[] = { "clusterIP", "clusterIPs" };
    struct value *bare = value_hold(object);
    struct value *meta = value_own(value_slot(value_own(&bare), "metadata"));
    for (size_t i = 0; i < 3; i++)
        value_remove(meta, meta_keys[i]);
    for (size_t i = 0; i < 2; i++)
        if (value_path(bare, "spec", spec_keys[i], NULL) != NULL)
            value_remove(value_own(value_slot(bare, "spec")), spec_keys[i]);
    return bare;
}

static bool same_object(struct playing *playing, const struct value *got, const struct value *want)
{
    struct value *ours = without_gifts(got), *theirs = without_gifts(want);
    const bool same = table_same(ours, theirs);
    if (!same) {
        char *left = rows_print(ours), *right = rows_print(theirs);
        table_expect(playing->why, "object", left, right);
        free(left);
        free(right);
    }
    value_drop(ours);
    value_drop(theirs);
    return same;
}

/* Where the recording was made nobody published the ConfigMap that every namespace has here. */
static bool same_usage(struct playing *playing, const char *quota, const struct value *want)
{
    struct cluster *cluster = playing->cluster;
    const struct text *space = cluster_text(cluster, SPACE), *name = cluster_text(cluster, quota);
    const struct object *stored =
        store_get(cluster->store, (struct object_key){ KIND_RESOURCEQUOTA, space, name });
    const struct value *used =
        value_path(stored ? meta_of(stored)->document : NULL, "status", "used", NULL);
    bool same = used != NULL && used->count == want->count;
    for (size_t i = 0; i < want->count && same; i++) {
        const char *key = want->entries[i].key;
        const char *got = value_text(value_get(used, key), "none");
        char shifted[24];
        snprintf(shifted, sizeof shifted, "%ld", strtol(got, NULL, 10) - 1);
        const bool map = strcmp(key, "configmaps") == 0 || strcmp(key, "count/configmaps") == 0;
        same = table_expect(playing->why, key, map ? shifted : got,
                            value_text(want->entries[i].value, ""));
    }
    text_drop(space);
    text_drop(name);
    return same;
}

static bool play_step(struct playing *playing, const struct value *step)
{
    const bool creates = strcmp(table_text(step, "method"), "POST") == 0;
    const struct value *response = value_get(step, "response");
    const struct value *usage = value_get(step, "quotaUsed");
    struct answer answer =
        creates ? post(playing, value_get(step, "object")) : delete_it(playing, step);
    const int status = (int)value_int(value_get(step, "status"), 0);
    bool same = answer.status == status;
    if (!same)
        writer_format(playing->why, "status: got %d, want %d; ", answer.status, status);
    else if (answer.message != NULL)
        same =
            table_expect(playing->why, "message", answer.message, table_text(response, "message"));
    else if (answer.object != NULL)
        same = same_object(playing, answer.object, response);
    answer_close(&answer);
    wait(playing);
    for (size_t i = 0; usage != NULL && i < usage->count; i++)
        same &= same_usage(playing, usage->entries[i].key, usage->entries[i].value);
    return same;
}

/* ── a row ── */

/* Its namespace, and the custom kind of the oracle's API server. */
static void make_world(struct playing *playing)
{
    static const char *const documents[] = {
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" SPACE "\"}}",
        "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\","
        "\"metadata\":{\"name\":\"widgets.oracle.example\"},\"spec\":{\"group\":\"oracle.example\","
        "\"scope\":\"Namespaced\",\"names\":{\"plural\":\"widgets\",\"kind\":\"Widget\"},"
        "\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true}]}}",
    };
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct value *document = rows_parse(documents[i]);
        struct answer made = post(playing, document);
        answer_close(&made);
        value_drop(document);
    }
    wait(playing);
}

static void set_up(struct playing *playing, const struct value *row)
{
    static const struct component *const components[] = { &controller_manager, NULL };
    const struct value *setup = value_get(row, "setup");
    struct settings settings;
    settings_init(&settings);
    playing->run = run_new(1);
    playing->cluster = cluster_new_with(playing->run, "", settings, components);
    make_world(playing);
    for (size_t i = 0; setup != NULL && i < setup->count; i++) {
        struct answer answer = post(playing, setup->items[i]);
        if (answer.status != REPLY_CREATED)
            writer_format(playing->why, "setup %zu: %s; ", i,
                          answer.message != NULL ? answer.message : "refused");
        answer_close(&answer);
    }
    wait(playing);
}

static bool agrees(const struct value *row, struct writer *why)
{
    struct playing playing = { .why = why };
    const struct value *steps = value_get(row, "steps");
    bool same = true;
    set_up(&playing, row);
    for (size_t i = 0; i < steps->count; i++)
        same &= play_step(&playing, steps->items[i]);
    cluster_free(playing.cluster);
    run_free(playing.run);
    return same;
}

const struct table builtin_table = {
    .name = "admission-builtin",
    .columns = { "id", "family", "setup", "steps", NULL },
    .agrees = agrees,
};
