/* What is the matter with a machine that is neither without power nor without network.
 *
 * An ailment is of a whole node or of one pod on it: it is slow, its network is bad, its disk is.
 * A Machine has any number of them at once; machine_strain() says what they come to for one pod
 * and one end of a connection. What they do:
 *
 *   slowness      what takes time on the machine takes so many times as long: making sandboxes and
 *                 containers, becoming ready, stopping, pulls, answers to probes and requests;
 *   network       each packet to or from the peer takes `latency`, give or take up to `jitter`
 *                 (uniform, as tc-netem(8) draws it), or is lost with probability `loss`; lost ones
 *                 are sent again after a retransmission time-out, doubled each time (RFC 6298);
 *                 `cut`: nothing passes;
 *   crash         containers exit at once, with an error; `never_ready`: their processes answer
 *                 nobody: of a pod that is made badly rather than of its surroundings;
 *   disk          reads and writes take `slowness` times as long (pulls, creations); a share
 *                 `errors` of what reads from it fails: starts of containers, answers to probes;
 *                 `lost`: nothing can be read, and when it is replaced, images are gone.
 *
 *   stress        of a pod's container: so much memory and so many cores are used beside what its
 *                 process uses, until that ends;
 *   resets        of a network: a share of requests, and of what probes ask over it, has its connection
 *                 reset once it has come.
 *
 * What has begun before an ailment goes on as it was; what begins meanwhile suffers from it. */
#ifndef MODELS_API_AILMENT_H
#define MODELS_API_AILMENT_H

#include "models/api/labels.h"
#include "models/api/meta.h"
#include "models/api/selector.h"

/* Who is at the other end; combined with |. */
enum machine_peer {
    PEER_CONTROL_PLANE = 1, /* of heartbeats and all that a kubelet says and hears */
    PEER_REGISTRY = 2,      /* of image pulls */
    PEER_CLIENTS = 4,       /* of requests of traffic */
    PEER_KUBELET = 8,       /* of probes of a pod; a node's own network has no part in them */
    PEER_ALL = 15
};

/* Which packets; combined with |. */
enum network_direction { NETWORK_OUT = 1, NETWORK_IN = 2, NETWORK_BOTH = 3 };

struct network_ailment {
    int peers;                /* enum machine_peer; 0: the network is well */
    int direction;            /* of the packets, as the machine sees them; a cut stops both ways */
    sim_time latency, jitter; /* of each packet */
    double loss;              /* probability, of each packet */
    bool cut;
    double resets; /* share of requests whose connection is reset */
    /* Of PEER_CLIENTS only those whose labels match, in this namespace; NULL: whoever they are. */
    const struct selector *clients;   /* held */
    const struct text *clients_space; /* held */
};

struct disk_ailment {
    double slowness; /* at least 1 */
    double errors;   /* share of reads that fail */
    bool lost;
};

struct ailment {
    uint64_t id;     /* tells those of a machine apart */
    struct uid pod;  /* whose it is; zero: the node's, and so of all pods on it */
    double slowness; /* at least 1 */
    bool crash, never_ready;
    struct network_ailment network;
    struct disk_ailment disk;
    int32_t container; /* of a pod: index in its template's containers, of the following */
    int64_t memory;    /* bytes */
    double cores;
    struct cause cause; /* of it; not part of a document */
};

/* The ailments of a machine: immutable, shared by its versions. NULL: none. */
struct ailments {
    uint32_t refs;
    size_t count;
    struct ailment items[]; /* in the order in which they began */
};

/* One that does nothing, to be filled in. */
struct ailment ailment_none(void);

/* New ones with one more, or without one; `list` may be NULL, and is left alone. */
const struct ailments *ailments_with(const struct ailments *list, const struct ailment *more);
const struct ailments *ailments_without(const struct ailments *list, uint64_t id);
const struct ailments *ailments_hold(const struct ailments *list);
void ailments_drop(const struct ailments *list);

/* What they come to. Factors multiply, latencies add up, what is lost by any is lost. */
struct strain {
    double slowness;      /* 1: none */
    double disk_slowness; /* 1: none */
    double disk_errors;   /* share of reads that fail; 1 with a lost disk */
    bool disk_lost;
    bool crash, never_ready;
    bool cut;
    sim_time latency, jitter; /* of one packet there and one back, together */
    double loss_out, loss_in; /* of each packet */
    double resets;            /* share of requests */
    struct cause cause; /* of the last that slows or strains; with `cut`, of the last that cuts */
};

/* The strain of nobody. */
struct strain strain_none(void);
/* The same, whatever caused them? */
bool strain_equal(const struct strain *a, const struct strain *b);

/* The client of PEER_CLIENTS: all NULL: from outside of the cluster. */
struct client_labels {
    const struct text *space;
    const struct labels *labels;
};

/* The strain of a node (zero: of no pod) or of a pod, and of its connections to one peer. `who` is
 * asked of PEER_CLIENTS; NULL: from outside. A node's network strains its pods' connections, too,
 * but not those to the kubelet. */
struct strain ailments_strain(const struct ailments *list, struct uid pod, enum machine_peer peer,
                              const struct client_labels *who);
/* The two strains of both ends of a connection, and of the disk and speed of the first. */
struct strain strain_join(struct strain server, struct strain client);

/* A time on a machine that is so many times as slow; exact where it is not. */
sim_time strained(sim_time time, double slowness);

/* The list as a Machine has it in its spec, and back. */
struct codec;
struct value *ailments_print(const struct ailments *list);
const struct ailments *ailments_load(const struct codec *codec, const struct value *from);

#endif
