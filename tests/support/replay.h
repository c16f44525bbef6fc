/* A recorded scenario, played again in our cluster.
 *
 * The control plane has the flags of the README.md beside the recordings, the nodes are run by the
 * stage-table kubelet, users do what steps.json says. Steps begin at their recorded times; where our
 * cluster is not yet where a recorded wait ended, everything after it comes so much later. */
#ifndef TESTS_SUPPORT_REPLAY_H
#define TESTS_SUPPORT_REPLAY_H

#include "sim/base/error.h"
#include "sim/base/writer.h"

struct replay {
    struct writer timeline, events; /* ours, as lines of JSON */
    struct writer replies;          /* commands that replied otherwise than recorded, as text */
    size_t commands, agreed;        /* of the steps that are commands or calls */
    size_t not_played;              /* of other users, who may not */
};

/* Play a recorded directory. False with the error when it cannot be read. */
bool replay_play(struct replay *replay, const char *directory, struct error *error);
void replay_close(struct replay *replay);

/* Write timeline.jsonl and events.jsonl into a directory, which is made if it is not there. */
bool replay_write(const struct replay *replay, const char *directory, struct error *error);

#endif
