/* Why no node will do, in the words of FailedScheduling.
 *
 * Follows FitError.Error and RunPostFilterPlugins (pkg/scheduler/framework/types.go and
 * framework/runtime/framework.go) of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/decision.h"
#include "models/scheduler/fit_error.h"

/* What PreFilter said of the pod: it stands for all nodes. */
static void print_before_filters(const struct decision *decision, struct writer *into)
{
    const struct stored_rejection *rejection =
        &decision->rejections->items[decision->before_filters];
    writer_format(into, "0/%zu nodes are available: ", decision->all_nodes);
    for (size_t i = 0; i < rejection->count; i++)
        writer_format(into, "%s%s%s", i > 0 ? ", " : "", rejection->reasons[i].text,
                      text_s(rejection->reasons[i].about));
    writer_add(into, ".");
}

static void print_rejections(const struct decision *decision, struct writer *into)
{
    struct fit_error error = { 0 };
    const struct rejection_table *table = decision->rejections;
    size_t *nodes = mem_new(table->count * sizeof *nodes);
    for (size_t i = 0; i < decision->rejected_count; i++)
        nodes[decision->rejected[i].rejection]++;
    nodes[decision->absent] += decision->all_nodes - decision->rejected_count;
    for (size_t id = 1; id < table->count; id++)
        fit_error_add_rejection(&error, &table->items[id], nodes[id]);
    fit_error_print(&error, decision->all_nodes, into);
    fit_error_close(&error);
    free(nodes);
}

char *decision_post_filter(const struct decision *decision)
{
    const struct prepared *prepared = decision->prepared;
    const struct point *point = &prepared->profile->points[POINT_POST_FILTER];
    enum post_filter answer = POST_FILTER_NEXT;
    struct writer text = { 0 };
    for (size_t i = 0; i < point->count && answer == POST_FILTER_NEXT; i++) {
        const uint8_t plugin = point->items[i].plugin;
        const struct sched_call call = prepared_call(prepared, plugin);
        writer_add(&text, text.length > 0 ? ", " : "");
        answer = prepared->profile->plugins[plugin].plugin->post_filter(&call, decision, &text);
    }
    if (answer == POST_FILTER_HELPED)
        writer_clear(&text);
    return writer_take(&text);
}

static char *print_failure(const struct decision *decision)
{
    struct writer message = { 0 };
    if (decision->before_filters != 0)
        print_before_filters(decision, &message);
    else
        print_rejections(decision, &message);
    char *more = decision_post_filter(decision);
    writer_format(&message, "%s%s", *more != '\0' ? " " : "", more);
    free(more);
    return writer_take(&message);
}

char *decision_message(const struct decision *decision)
{
    struct known_failure *failure = decision->failure;
    if (decision->outcome == DECISION_NO_NODES)
        return mem_format("no nodes available to schedule pods");
    if (decision->outcome == DECISION_ERROR)
        return mem_text(decision->error.text, strlen(decision->error.text));
    if (decision->known)
        return mem_text(failure->message, strlen(failure->message));
    char *message = print_failure(decision);
    if (failure != NULL) {
        free(failure->message);
        *failure = (struct known_failure){ .message = mem_text(message, strlen(message)),
                                           .generation = decision->snapshot->generation,
                                           .rejecting = decision->rejecting,
                                           .evaluated = decision_evaluated(decision) };
    }
    return message;
}
