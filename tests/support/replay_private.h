/* What the files of the replay share: a recorded scenario under way. */
#ifndef TESTS_SUPPORT_REPLAY_PRIVATE_H
#define TESTS_SUPPORT_REPLAY_PRIVATE_H

#include "models/actions/actions.h"
#include "tests/support/emitted.h"
#include "tests/support/recorded.h"
#include "tests/support/replay.h"

struct player {
    struct replay *replay;
    struct recorded recorded;
    struct run *run;
    struct cluster *cluster;
    struct actions *actions;
    struct emitted emitted;
    struct prefix {
        enum kind kind;
        char *text; /* owned: "web-" */
        size_t made;
    } * prefixes; /* of random names, with the number of objects made */
    size_t prefix_count, prefix_capacity;
    sim_time late; /* by how much the present step comes later than recorded */
};

/* Create an object that was there before. */
void player_create(struct player *player, const struct value *document);
/* Create the volumes that the recording's claims were bound to. */
void player_make_volumes(struct player *player);

/* Let things happen up to a recorded time. */
void player_advance(struct player *player, sim_time recorded);

/* A text of the recording with our names in it. A pod that is gone here, although the recorded user
 * still found it, stands for one of its equals that we kept. The caller frees. */
char *player_raw(const struct player *player, const char *text);

/* One step of steps.json. */
void player_step(struct player *player, const struct value *step);
/* A step that is a call of the API. */
void player_call(struct player *player, const struct value *step);
/* A step that waits: go on until our cluster is there, too. */
void player_wait(struct player *player, const struct value *step);

/* Count a command or call; `differs` says how its reply is another one, NULL: it is not. */
void player_replied(struct player *player, const char *what, const char *differs);

#endif
