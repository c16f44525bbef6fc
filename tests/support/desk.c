#include "tests/support/desk.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/cluster/scenario_private.h"
#include "sim/base/memory.h"

struct desk *desk_at(struct world *world)
{
    struct desk *desk = mem_new(sizeof *desk);
    desk->world = world;
    desk->actions = actions_new(world->cluster);
    return desk;
}

void desk_leave(struct desk *desk)
{
    actions_free(desk->actions);
    free(desk->printed);
    free(desk);
}

static void take_reply(void *context, const struct action_reply *reply)
{
    struct desk *desk = context;
    free(desk->printed);
    desk->rc = reply->rc;
    desk->printed = mem_format("%s%s", reply->out, reply->err);
}

void kubectl(struct desk *desk, const char *command, const char *documents)
{
    struct documents read = { 0 };
    struct error_list faults = { 0 };
    struct error error = { 0 };
    char **words;
    size_t count;
    cr_assert(words_split(command, (struct place){ 0 }, &words, &count, &error));
    if (documents != NULL)
        documents_read(&read, documents, strlen(documents), "stdin", &faults);
    cr_assert_eq(faults.count, 0);
    desk->rc = -1;
    action_start(desk->actions, &(struct action_request){ .argv = words,
                                                          .argc = count,
                                                          .documents = &read,
                                                          .done = take_reply,
                                                          .context = desk });
    documents_close(&read);
    words_free(words, count);
}

char *kubectl_prints(struct world *world, const char *command)
{
    struct desk *desk = desk_at(world);
    kubectl(desk, command, NULL);
    cr_assert_neq(desk->rc, -1, "%s goes on", command);
    char *printed = desk->printed;
    desk->printed = NULL;
    desk_leave(desk);
    return printed;
}
