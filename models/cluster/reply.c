/* Follows apimachinery pkg/api/errors of the release named in docs/fidelity.md. */
#include "models/cluster/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds.h"
#include "models/api/quota.h"

static void set_text(struct error *error, const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    error_set(error, (struct place){ 0 }, "%s", text);
    free(text);
}

enum reply reply_refuse(struct error *error, enum reply reply, const char *format, ...)
{
    if (error == NULL)
        return reply;
    va_list arguments;
    va_start(arguments, format);
    set_text(error, format, arguments);
    va_end(arguments);
    return reply;
}

/* An object of a kind without a row is named "group/Kind/name". */
static char *other_resource_text(const char *name, char text[RESOURCE_TEXT])
{
    const size_t group = strcspn(name, "/");
    const char *kind = name[group] != '\0' ? name + group + 1 : name;
    char *resource = quota_resource(name, group, kind, strcspn(kind, "/"));
    snprintf(text, RESOURCE_TEXT, "%s", resource);
    free(resource);
    return text;
}

const char *own_name(struct object_key key)
{
    const char *name = text_s(key.name);
    const char *kind = key.kind == KIND_OTHER ? strchr(name, '/') : NULL;
    const char *own = kind != NULL ? strchr(kind + 1, '/') : NULL;
    return own != NULL ? own + 1 : name;
}

char *resource_text(struct object_key key, char text[RESOURCE_TEXT])
{
    if (key.kind == KIND_OTHER)
        return other_resource_text(text_s(key.name), text);
    const struct kind_info *info = &kind_infos[key.kind];
    const char *version = info->api_version != NULL ? info->api_version : "";
    const char *slash = strchr(version, '/');
    const int group = slash != NULL ? (int)(slash - version) : 0;
    snprintf(text, RESOURCE_TEXT, "%s%s%.*s", info->plural, group > 0 ? "." : "", group, version);
    return text;
}

enum reply reply_missing(struct error *error, struct object_key key)
{
    char resource[RESOURCE_TEXT];
    return reply_refuse(error, REPLY_NOT_FOUND, "%s \"%s\" not found", resource_text(key, resource),
                        own_name(key));
}

enum reply reply_conflict(struct error *error, struct object_key key, const char *format, ...)
{
    if (error == NULL)
        return REPLY_CONFLICT;
    char resource[RESOURCE_TEXT];
    va_list arguments;
    va_start(arguments, format);
    set_text(error, format, arguments);
    va_end(arguments);
    error_wrap(error, "Operation cannot be fulfilled on %s \"%s\"", resource_text(key, resource),
               own_name(key));
    return REPLY_CONFLICT;
}
