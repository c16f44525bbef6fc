#include "models/api/meta.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/api/scalar.h"
#include "sim/base/memory.h"

/* ---- identities ---- */

struct uid uid_from_bits(uint64_t high, uint64_t low)
{
    return (struct uid){ (high & ~0xF000ull) | 0x4000ull, (low & ~(3ull << 62)) | 1ull << 63 };
}

char *uid_print(struct uid uid, char text[UID_TEXT])
{
    snprintf(text, UID_TEXT, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(uid.high >> 32),
             (unsigned)(uid.high >> 16 & 0xFFFF), (unsigned)(uid.high & 0xFFFF),
             (unsigned)(uid.low >> 48), (unsigned long long)(uid.low & 0xFFFFFFFFFFFF));
    return text;
}

static int hex_digit(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uid_parse(const char *text, struct uid *uid)
{
    struct uid read = { 0, 0 };
    int digits = 0;
    for (int i = 0; i < UID_TEXT - 1; i++) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const int digit = dash ? 0 : hex_digit(text[i]);
        if (digit < 0 || (dash && text[i] != '-'))
            return false;
        uint64_t *half = digits < 16 ? &read.high : &read.low;
        if (!dash) {
            *half = *half << 4 | (unsigned)digit;
            digits++;
        }
    }
    if (text[UID_TEXT - 1] != '\0')
        return false;
    *uid = read;
    return true;
}

struct uid uid_from_text(const char *text)
{
    struct uid uid;
    if (!uid_parse(text, &uid))
        uid = (struct uid){ 0, *text != '\0' ? text_hash(text, strlen(text)) : 0 };
    return uid;
}

/* ---- times ---- */

static char *print_time(sim_time at, int64_t epoch_seconds, bool micro, char text[TIME_TEXT])
{
    const int64_t seconds = at / SIM_SECOND - (at % SIM_SECOND < 0);
    const int nanosecond = (int)(at - seconds * SIM_SECOND);
    scalar_time_write(text, TIME_TEXT, epoch_seconds + seconds, nanosecond, micro);
    return text;
}

char *time_print(sim_time at, int64_t epoch_seconds, char text[TIME_TEXT])
{
    return print_time(at, epoch_seconds, false, text);
}

char *time_print_micro(sim_time at, int64_t epoch_seconds, char text[TIME_TEXT])
{
    return print_time(at, epoch_seconds, true, text);
}

bool time_parse(const char *text, int64_t epoch_seconds, sim_time *at)
{
    int64_t unix_seconds;
    int nanosecond;
    if (!scalar_time_parse(text, &unix_seconds, &nanosecond))
        return false;
    const int64_t seconds = unix_seconds - epoch_seconds;
    if (__builtin_mul_overflow(seconds, SIM_SECOND, at))
        *at = seconds < 0 ? -SIM_FOREVER : SIM_FOREVER;
    else
        *at += nanosecond;
    return true;
}

/* ---- the record ---- */

void meta_hold(struct meta *meta)
{
    labels_hold(meta->labels);
    labels_hold(meta->annotations);
    owners_hold(meta->owners);
    finalizers_hold(meta->finalizers);
    text_hold(meta->generate_name);
    value_hold(meta->managers);
    value_hold(meta->document);
}

void meta_close(struct meta *meta)
{
    labels_drop(meta->labels);
    labels_drop(meta->annotations);
    owners_drop(meta->owners);
    finalizers_drop(meta->finalizers);
    text_drop(meta->generate_name);
    value_drop(meta->managers);
    value_drop(meta->document);
}

static void load_times(struct meta *meta, const struct value *metadata, int64_t epoch_seconds)
{
    const char *created = value_text(value_get(metadata, "creationTimestamp"), "");
    const char *deletion = value_text(value_get(metadata, "deletionTimestamp"), "");
    time_parse(created, epoch_seconds, &meta->created);
    meta->deleting = time_parse(deletion, epoch_seconds, &meta->deletion);
    const int64_t grace =
        value_int(value_get(metadata, "deletionGracePeriodSeconds"), meta->deleting ? -1 : 0);
    meta->deletion_grace_seconds = grace < INT32_MAX ? (int32_t)grace : INT32_MAX;
}

void meta_load(struct meta *meta, struct texts *texts, const struct value *metadata,
               int64_t epoch_seconds)
{
    text_assign(&meta->object.space,
                text_intern(texts, value_text(value_get(metadata, "namespace"), "")));
    text_assign(&meta->object.name,
                text_intern(texts, value_text(value_get(metadata, "name"), "")));
    meta->object.version =
        strtoull(value_text(value_get(metadata, "resourceVersion"), "0"), NULL, 10);
    uid_parse(value_text(value_get(metadata, "uid"), ""), &meta->uid);
    meta->generation = value_int(value_get(metadata, "generation"), 0);
    load_times(meta, metadata, epoch_seconds);
    meta->labels = labels_from_value(texts, value_get(metadata, "labels"));
    meta->annotations = labels_from_value(texts, value_get(metadata, "annotations"));
    meta->owners = owners_from_value(texts, value_get(metadata, "ownerReferences"));
    meta->finalizers = finalizers_from_value(texts, value_get(metadata, "finalizers"));
    meta->generate_name = text_intern(texts, value_text(value_get(metadata, "generateName"), ""));
    const struct value *managers = value_get(metadata, "managedFields");
    meta->managers = value_is_null(managers) ? NULL : value_hold(managers);
}

static void print_identity(const struct meta *meta, int64_t epoch_seconds, struct value *into)
{
    char text[TIME_TEXT];
    if (meta->uid.low != 0)
        value_set(into, "uid", value_new_string(uid_print(meta->uid, text)));
    if (meta->object.version != 0) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)meta->object.version);
        value_set(into, "resourceVersion", value_new_string(text));
    }
    if (meta->generation != 0)
        value_set(into, "generation", value_new_int(meta->generation));
    if (meta->uid.low != 0)
        value_set(into, "creationTimestamp",
                  value_new_string(time_print(meta->created, epoch_seconds, text)));
    if (!meta->deleting)
        return;
    value_set(into, "deletionTimestamp",
              value_new_string(time_print(meta->deletion, epoch_seconds, text)));
    if (meta->deletion_grace_seconds >= 0)
        value_set(into, "deletionGracePeriodSeconds", value_new_int(meta->deletion_grace_seconds));
}

static void set_text(struct value *into, const char *key, const struct text *text)
{
    if (text != NULL)
        value_set(into, key, value_new_text(text->s, text->length));
}

static void set_value(struct value *into, const char *key, struct value *value)
{
    if (value != NULL)
        value_set(into, key, value);
}

struct value *meta_print(const struct meta *meta, int64_t epoch_seconds)
{
    struct value *printed = value_new_map();
    set_text(printed, "name", meta->object.name);
    set_text(printed, "generateName", meta->generate_name);
    set_text(printed, "namespace", meta->object.space);
    print_identity(meta, epoch_seconds, printed);
    set_value(printed, "labels", labels_to_value(meta->labels));
    set_value(printed, "annotations", labels_to_value(meta->annotations));
    set_value(printed, "ownerReferences", owners_to_value(meta->owners));
    set_value(printed, "finalizers", finalizers_to_value(meta->finalizers));
    set_value(printed, "managedFields", value_hold(meta->managers));
    return printed;
}

uint64_t object_namespace_key(const struct object *object)
{
    return object->space != NULL ? object->space->hash : 0;
}
