#include "models/api/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"

static void hold_reference(const struct object_reference *about)
{
    text_hold(about->api_version);
    text_hold(about->kind);
    text_hold(about->space);
    text_hold(about->name);
    text_hold(about->field_path);
}

static void close_reference(const struct object_reference *about)
{
    text_drop(about->api_version);
    text_drop(about->kind);
    text_drop(about->space);
    text_drop(about->name);
    text_drop(about->field_path);
}

static void event_hold(struct object *copy)
{
    struct event_record *event = (struct event_record *)copy;
    meta_hold(&event->meta);
    hold_reference(&event->about);
    text_hold(event->reason);
    text_hold(event->message);
    text_hold(event->component);
    text_hold(event->host);
}

static void event_close(struct object *object)
{
    struct event_record *event = (struct event_record *)object;
    meta_close(&event->meta);
    close_reference(&event->about);
    text_drop(event->reason);
    text_drop(event->message);
    text_drop(event->component);
    text_drop(event->host);
}

const struct object_kind event_kind = {
    .name = "event",
    .size = sizeof(struct event_record),
    .hold = event_hold,
    .close = event_close,
};

static void load_reference(const struct codec *codec, const struct value *from,
                           struct object_reference *about)
{
    about->api_version = intern_value(codec, value_get(from, "apiVersion"));
    about->kind = intern_value(codec, value_get(from, "kind"));
    about->space = intern_value(codec, value_get(from, "namespace"));
    about->name = intern_value(codec, value_get(from, "name"));
    about->field_path = intern_value(codec, value_get(from, "fieldPath"));
    about->version = strtoull(value_text(value_get(from, "resourceVersion"), "0"), NULL, 10);
    uid_parse(value_text(value_get(from, "uid"), ""), &about->uid);
}

struct object *event_load(const struct codec *codec, const struct value *tree)
{
    static const char *const held[] = { "involvedObject",    "type",   "reason",
                                        "message",           "source", "firstTimestamp",
                                        "lastTimestamp",     "count",  "reportingComponent",
                                        "reportingInstance", NULL };
    struct event_record *event = (struct event_record *)record_new(codec, KIND_EVENT, tree);
    const struct value *source = value_get(tree, "source");
    load_reference(codec, value_get(tree, "involvedObject"), &event->about);
    event->warning = strcmp(value_text(value_get(tree, "type"), ""), "Warning") == 0;
    event->reason = intern_value(codec, value_get(tree, "reason"));
    event->message = intern_value(codec, value_get(tree, "message"));
    event->component = intern_value(codec, value_get(source, "component"));
    if (event->component == NULL)
        event->component = intern_value(codec, value_get(tree, "reportingComponent"));
    event->host = intern_value(codec, value_get(source, "host"));
    event->count = (int32_t)value_int(value_get(tree, "count"), 0);
    time_of_value(codec, value_get(tree, "firstTimestamp"), &event->first);
    time_of_value(codec, value_get(tree, "lastTimestamp"), &event->last);
    for (const char *const *key = held; *key != NULL; key++)
        document_cut(&event->meta.document, *key, NULL);
    return &event->meta.object;
}

static void print_reference(const struct object_reference *about, struct value **tree)
{
    char text[UID_TEXT];
    value_put(tree, text_value(about->kind), "involvedObject", "kind", NULL);
    PUT_TEXT(tree, about->space, "involvedObject", "namespace");
    PUT_TEXT(tree, about->name, "involvedObject", "name");
    if (about->uid.low != 0)
        value_put(tree, value_new_string(uid_print(about->uid, text)), "involvedObject", "uid",
                  NULL);
    PUT_TEXT(tree, about->api_version, "involvedObject", "apiVersion");
    PUT_TEXT(tree, about->field_path, "involvedObject", "fieldPath");
    if (about->version == 0)
        return;
    snprintf(text, sizeof text, "%llu", (unsigned long long)about->version);
    value_put(tree, value_new_string(text), "involvedObject", "resourceVersion", NULL);
}

struct value *event_print(const struct codec *codec, const struct object *object)
{
    const struct event_record *event = (const struct event_record *)object;
    struct value *tree = record_print_begin(codec, object);
    print_reference(&event->about, &tree);
    value_set(tree, "type", value_new_string(event->warning ? "Warning" : "Normal"));
    value_set(tree, "reason", text_value(event->reason));
    value_set(tree, "message", text_value(event->message));
    PUT_TEXT(&tree, event->component, "source", "component");
    PUT_TEXT(&tree, event->host, "source", "host");
    value_set(tree, "firstTimestamp", time_value(codec, event->first));
    value_set(tree, "lastTimestamp", time_value(codec, event->last));
    value_set(tree, "count", value_new_int(event->count));
    value_set(tree, "reportingComponent", text_value(event->component));
    value_set(tree, "reportingInstance", text_value(event->host));
    return record_print_end(tree);
}
