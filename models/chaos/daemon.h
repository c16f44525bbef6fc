/* The daemon of Chaos Mesh: what experiments do to machines, containers and networks.
 *
 * It writes Machines, the world below the API, as failures do (models/failures/machines.h), and remembers
 * what it did for whom, so that all of it can be undone. It outlives the controllers of Chaos Mesh.
 *
 * Each experiment is the root of what it causes: "pod-chaos/default/pod-kill-example". What a Schedule
 * or a Workflow makes is told under its name, so that one row of a summary has all of it. */
#ifndef MODELS_CHAOS_DAEMON_H
#define MODELS_CHAOS_DAEMON_H

#include "models/api/ailment.h"
#include "models/cluster/cluster.h"

extern const struct component chaos_daemon; /* "chaos-daemon" */

struct daemon;
struct daemon *chaos_daemon_of(const struct cluster *cluster);

/* The cause of what an experiment does: its root, begun when it is first asked for. */
struct cause daemon_cause(struct daemon *daemon, const struct object *experiment, sim_time now);

/* What belongs to one record of an experiment. The text is borrowed for the call. */
struct deed {
    const struct object *experiment;
    const char *id; /* of the record, with its selector key */
    sim_time now;   /* when: the experiment's controller may be ahead of the run */
};

/* Give an ailment to a machine. */
void daemon_ail(struct daemon *daemon, struct deed deed, struct object_key machine,
                struct ailment ailment);
/* Take the power from a node's machine, or its network. */
void daemon_take(struct daemon *daemon, struct deed deed, const struct text *node, bool network);
/* Take the power from a node's machine, and give it back after a while. */
void daemon_restart(struct daemon *daemon, struct deed deed, const struct text *node,
                    sim_time after);
/* Kill a container's process. */
void daemon_kill(struct daemon *daemon, struct deed deed, const struct text *node, struct uid pod,
                 int container);
/* Say what the containers of an image do: create an Image. Takes the reference. */
void daemon_describe(struct daemon *daemon, struct deed deed, struct object *image);
/* Undo all that was done in a deed and lasts. */
void daemon_recover(struct daemon *daemon, struct deed deed);
/* Undo everything, for everybody. */
void daemon_end(struct daemon *daemon);
/* The experiment is gone: forget its root. */
void daemon_forget(struct daemon *daemon, struct uid experiment);

#endif
