/* Why no node will do, in the words of FailedScheduling.
 *
 * Follows FitError.Error (pkg/scheduler/framework/types.go) of the release named in
 * docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/decision/decision_private.h"
#include "models/scheduler/decision/fit_error.h"
#include "models/scheduler/decision/post_filter.h"

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

static char *print_failure(const struct decision *decision, const char *more)
{
    struct writer message = { 0 };
    if (decision->before_filters != 0)
        print_before_filters(decision, &message);
    else
        print_rejections(decision, &message);
    writer_format(&message, "%s%s", *more != '\0' ? " " : "", more);
    return writer_take(&message);
}

/* What was found out stands for every pod of the class while nothing changes; help does not. */
static void remember(const struct decision *decision, const struct post_filter_round *round,
                     const char *message)
{
    struct known_failure *failure = decision->failure;
    free(failure->message);
    *failure = (struct known_failure){ .message = mem_text(message, strlen(message)),
                                       .nomination = round->nomination,
                                       .generation = decision->snapshot->generation,
                                       .nominated = snapshot_nominations(decision->snapshot),
                                       .rejecting = decision->rejecting,
                                       .evaluated = decision_evaluated(decision) };
}

char *decision_message(const struct decision *decision, struct post_filter_round *round)
{
    if (decision->outcome == DECISION_NO_NODES) {
        round->nomination = NOMINATION_CLEARED;
        return mem_format("no nodes available to schedule pods");
    }
    if (decision->outcome == DECISION_ERROR) {
        round->nomination = NOMINATION_CLEARED;
        return mem_text(decision->error.text, strlen(decision->error.text));
    }
    if (decision->known) {
        round->nomination = decision->failure->nomination;
        return mem_text(decision->failure->message, strlen(decision->failure->message));
    }
    const bool helped = post_filter_run(round);
    const char *more = round->message.length > 0 ? round->message.bytes : "";
    char *message = print_failure(decision, more);
    if (decision->failure != NULL && !helped && !decision_is_promised(decision, round->pod))
        remember(decision, round, message);
    return message;
}
