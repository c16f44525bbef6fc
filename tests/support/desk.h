/* A user at a cluster: kubectl's commands, in process, and what the last one replied.
 *
 *     struct desk *desk = desk_at(w);
 *     kubectl(desk, "scale deployment/web --replicas=2", NULL);
 *     cr_expect_str_eq(desk->printed, "deployment.apps/web scaled\n");
 *     desk_leave(desk);
 */
#ifndef TESTS_SUPPORT_DESK_H
#define TESTS_SUPPORT_DESK_H

#include "models/actions/actions.h"
#include "tests/support/world.h"

struct desk {
    struct world *world; /* borrowed */
    struct actions *actions;
    int rc;        /* -1: the command goes on */
    char *printed; /* output, then errors; NULL until the first command has ended */
};

struct desk *desk_at(struct world *world);
/* Commands that still go on end with it. Before the world is done. */
void desk_leave(struct desk *desk);

/* Start a command line, as behind "kubectl", with documents for -f - (NULL: none). */
void kubectl(struct desk *desk, const char *command, const char *documents);

/* One command that ends at once: its output and errors, which the caller frees. */
char *kubectl_prints(struct world *world, const char *command);

#endif
