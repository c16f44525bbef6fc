/* The table of verbs, and a command from its start to its end. */
#include "models/actions/actions.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/api/autoscaler.h"
#include "sim/base/memory.h"

/* The first that fits is meant, so two words stand before the first of them alone. */
static const struct verb *const verbs[] = {
    &verb_apply,           &verb_create_quota,
    &verb_create,          &verb_replace,
    &verb_delete,          &verb_scale,
    &verb_autoscale,       &verb_set_image,
    &verb_set_env,         &verb_set_resources,
    &verb_rollout_undo,    &verb_rollout_pause,
    &verb_rollout_resume,  &verb_rollout_restart,
    &verb_rollout_history, &verb_cordon,
    &verb_uncordon,        &verb_drain,
    &verb_taint,           &verb_label,
    &verb_annotate,        &verb_patch,
    &verb_rollout_status,  &verb_get,
    &verb_describe,        &verb_fail,
    &verb_restore,         NULL,
};

struct actions {
    struct cluster *cluster;
    struct action *first; /* those under way, the newest first */
};

struct actions *actions_new(struct cluster *cluster)
{
    struct actions *actions = mem_new(sizeof *actions);
    actions->cluster = cluster;
    return actions;
}

bool action_check(char *const *argv, size_t argc, struct place at, struct error *error)
{
    struct command command;
    const bool good = command_read(&command, verbs, argv, argc, at, error);
    command_close(&command);
    return good;
}

/* --- what a command prints ---------------------------------------------------------------- */

static void add_line(struct writer *writer, const char *before, const char *format,
                     va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    writer_format(writer, "%s%s\n", before, text);
    free(text);
}

void action_say(struct action *action, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(&action->out, "", format, arguments);
    va_end(arguments);
}

void action_warn(struct action *action, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(&action->err, "Warning: ", format, arguments);
    va_end(arguments);
}

void action_complain(struct action *action, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(&action->err, "", format, arguments);
    va_end(arguments);
}

void action_fail(struct action *action, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(&action->err, "error: ", format, arguments);
    va_end(arguments);
    action->rc = 1;
}

/* The reason of a Status with this code, as kubectl prints it. */
static const char *reason_of(enum reply reply)
{
    switch (reply) {
    case REPLY_BAD_REQUEST:
        return "BadRequest";
    case REPLY_FORBIDDEN:
        return "Forbidden";
    case REPLY_NOT_FOUND:
        return "NotFound";
    case REPLY_CONFLICT:
        return "Conflict";
    case REPLY_ALREADY_EXISTS:
        return "AlreadyExists";
    case REPLY_TOO_MANY_REQUESTS:
        return "TooManyRequests";
    default:
        return "InternalError";
    }
}

void action_refused(struct action *action, enum reply reply, const char *doing, struct error *error)
{
    const char *text = error->text != NULL ? error->text : "";
    if (reply == REPLY_UNAVAILABLE)
        action_complain(action, "The connection to the server 10.96.0.1:6443 was refused - did you "
                                "specify the right host or port?");
    else if (reply == REPLY_INVALID)
        action_complain(action, "The %s", text);
    else
        action_complain(action, "Error from server (%s): %s%s", reason_of(reply),
                        doing != NULL ? doing : "", text);
    action->rc = 1;
    error_close(error);
}

/* --- from start to end ---------------------------------------------------------------------- */

static void copy_request(struct action *action, const struct action_request *request)
{
    action->argv = mem_new((request->argc + 1) * sizeof *action->argv);
    for (; action->argc < request->argc; action->argc++) {
        const char *word = request->argv[action->argc];
        action->argv[action->argc] = mem_text(word, strlen(word));
    }
    const struct documents *from = request->documents;
    for (size_t i = 0; from != NULL && i < from->count; i++) {
        struct documents *into = &action->documents;
        MEM_GROW(into->items, into->count, into->capacity);
        into->items[into->count++] = autoscaler_from_v1(from->items[i]);
    }
    action->done = request->done;
    action->context = request->context;
}

static struct action *action_new(struct actions *owner, const struct action_request *request)
{
    struct action *action = mem_new(sizeof *action);
    action->owner = owner;
    action->cluster = owner->cluster;
    action->client = &owner->cluster->admin;
    copy_request(action, request);
    action->after = owner->first;
    if (action->after != NULL)
        action->after->before = action;
    owner->first = action;
    return action;
}

static void action_free(struct action *action)
{
    *(action->before != NULL ? &action->before->after : &action->owner->first) = action->after;
    if (action->after != NULL)
        action->after->before = action->before;
    if (action->work != NULL)
        action->close_work(action->work);
    command_close(&action->command);
    documents_close(&action->documents);
    for (size_t i = 0; i < action->argc; i++)
        free(action->argv[i]);
    free(action->argv);
    free(action->space);
    writer_close(&action->out);
    writer_close(&action->err);
    free(action);
}

void actions_free(struct actions *actions)
{
    while (actions->first != NULL)
        action_free(actions->first);
    free(actions);
}

void action_end(struct action *action)
{
    const struct action_reply reply = { action->rc, action->out.bytes ? action->out.bytes : "",
                                        action->err.bytes ? action->err.bytes : "" };
    if (action->done != NULL)
        action->done(action->context, &reply);
    action_free(action);
}

void action_resume(struct action *action)
{
    client_begin(action->client, action->cause);
}

/* What the root of a command is called: its arguments, or the objects of its documents. */
static char *root_name(const struct action *action)
{
    struct writer name = { 0 };
    for (size_t i = 0; i < action->command.word_count; i++)
        writer_format(&name, "%s%s", i ? " " : "", action->command.words[i]);
    for (size_t i = 0; i < action->documents.count; i++) {
        struct object_key key = action_key(action, action->documents.items[i]);
        char *printed = printed_name(key);
        writer_format(&name, "%s%s", name.length ? " " : "", printed);
        free(printed);
        object_key_drop(key);
    }
    return writer_take(&name);
}

static void begin_root(struct action *action)
{
    struct run *run = action->cluster->run;
    if (action->command.verb->root == NULL)
        return;
    char *name = root_name(action);
    action->cause = run_root(run, run_now(run), action->command.verb->root, name);
    free(name);
}

void action_start(struct actions *actions, const struct action_request *request)
{
    struct error error = { 0 };
    struct action *action = action_new(actions, request);
    if (!command_read(&action->command, verbs, action->argv, action->argc, (struct place){ 0 },
                      &error)) {
        action_fail(action, "%s", error.text);
        error_close(&error);
        action_end(action);
        return;
    }
    const char *space = command_flag(&action->command, "namespace");
    if (space == NULL)
        space = request->space != NULL ? request->space : "default";
    action->space = mem_text(space, strlen(space));
    begin_root(action);
    action_resume(action);
    if (actions->cluster->api_server.away && !action->command.verb->is_world) {
        action_refused(action, REPLY_UNAVAILABLE, NULL, &error);
        action_end(action);
    } else if (action->command.verb->start(action)) {
        action_end(action);
    }
}
