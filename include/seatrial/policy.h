/* A scheduling policy of your own as a shared object.
 *
 *     cc -shared -fPIC -O2 -I/usr/local/include my_policy.c -o my_policy.so
 *     seatrial run scenario.yaml --policy ./my_policy.so
 *
 * The object exports one function, seatrial_policy(), which returns a struct of functions. At every
 * attempt to place a pod the filters of kube-scheduler's default profile are asked first; then,
 * about each node that is left, filter(), and about each that it keeps, score(). The pod goes to the
 * node with the highest score. Scores that agree to six decimals are equal; of equal nodes choose()
 * takes one, or, without it, the run's seed.
 *
 * The policy runs in a process of its own, in one thread: it may keep what it likes in its state,
 * and when it crashes or does not answer in time, seatrial says so and ends the run. To give the
 * same answers in every run it should draw luck only from the seed that open() is given. What it
 * prints on standard output goes to standard error.
 *
 * This header includes nothing of seatrial and is stable: a later release may add members at the
 * end of the structs, and then raises SEATRIAL_POLICY_ABI; it goes on loading older policies. */
#ifndef SEATRIAL_POLICY_H
#define SEATRIAL_POLICY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SEATRIAL_POLICY_ABI 1

/* A pod to be placed and a node, seen through the functions below. Good for one call. */
struct seatrial_pod;
struct seatrial_node;

/* Resources are numbers: these four, and whatever seatrial_host.resource() says. Amounts are
 * thousandths of a CPU, bytes, and otherwise units. */
enum {
    SEATRIAL_CPU_MILLI,
    SEATRIAL_MEMORY_BYTES,
    SEATRIAL_EPHEMERAL_STORAGE_BYTES,
    SEATRIAL_PODS /* how many pods; a pod requests 1 */
};

/* What a policy may ask. Texts are borrowed: good for one call. */
struct seatrial_host {
    uint32_t abi; /* of the seatrial that loads the policy */

    /* The number of any resource by its name ("nvidia.com/gpu"); it stays the same for the run. */
    int (*resource)(const struct seatrial_host *host, const char *name);

    const char *(*pod_namespace)(const struct seatrial_pod *pod);
    const char *(*pod_name)(const struct seatrial_pod *pod);
    const char *(*pod_label)(const struct seatrial_pod *pod,
                             const char *key); /* NULL: it has none */
    int32_t (*pod_priority)(const struct seatrial_pod *pod);
    int64_t (*pod_request)(const struct seatrial_pod *pod, int resource);

    const char *(*node_name)(const struct seatrial_node *node);
    const char *(*node_label)(const struct seatrial_node *node, const char *key);
    int64_t (*node_allocatable)(const struct seatrial_node *node, int resource);
    int64_t (*node_free)(const struct seatrial_node *node, int resource); /* not yet requested */

    /* Seconds of virtual time since the start of the run. */
    double (*now)(const struct seatrial_host *host);
};

struct seatrial_policy {
    uint32_t abi;     /* SEATRIAL_POLICY_ABI */
    const char *name; /* for messages */

    /* Once, before anything else: the policy's own state, which every call is given. The host lives
     * as long as the policy. Returning NULL refuses to work. NULL: there is no state. */
    void *(*open)(const struct seatrial_host *host, uint64_t seed);
    void (*close)(void *state);

    /* May the pod go there? 0: no. NULL: to every node. */
    int (*filter)(void *state, const struct seatrial_host *host, const struct seatrial_pod *pod,
                  const struct seatrial_node *node);
    /* How good is the node? Higher is better; finite, and no further from 0 than 1e12. Not asked when
     * only one node is left. */
    double (*score)(void *state, const struct seatrial_host *host, const struct seatrial_pod *pod,
                    const struct seatrial_node *node);
    /* Which of the equally good nodes, from 0 to count - 1? NULL: the seed decides. */
    size_t (*choose)(void *state, const struct seatrial_host *host, const struct seatrial_pod *pod,
                     const struct seatrial_node *const *best, size_t count);
};

/* What the shared object exports. */
const struct seatrial_policy *seatrial_policy(void);

#ifdef __cplusplus
}
#endif

#endif
