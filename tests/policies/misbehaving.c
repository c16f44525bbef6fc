/* A shared object that does what $SEATRIAL_TEST_POLICY says, from its third attempt on. */
#include <math.h>
#include <seatrial/policy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct misbehaving {
    const char *how;
    char pod[128]; /* of the last attempt */
    int attempts;
    const struct seatrial_host *host;
};

static const char *how(void)
{
    const char *said = getenv("SEATRIAL_TEST_POLICY");
    return said != NULL ? said : "";
}

static int is(const struct misbehaving *self, const char *what)
{
    return self->attempts >= 3 && strcmp(self->how, what) == 0;
}

static void *open_it(const struct seatrial_host *host, uint64_t seed)
{
    struct misbehaving *self = calloc(1, sizeof *self);
    self->how = how();
    self->host = host;
    printf("opened with seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    if (strcmp(self->how, "refuse") == 0) {
        free(self);
        return NULL;
    }
    if (strcmp(self->how, "crash when opened") == 0)
        raise(SIGSEGV);
    while (strcmp(self->how, "hang when opened") == 0)
        pause();
    return self;
}

static void count(struct misbehaving *self, const struct seatrial_pod *pod)
{
    if (strcmp(self->pod, self->host->pod_name(pod)) == 0)
        return;
    snprintf(self->pod, sizeof self->pod, "%s", self->host->pod_name(pod));
    self->attempts++;
}

static int filter(void *state, const struct seatrial_host *host, const struct seatrial_pod *pod,
                  const struct seatrial_node *node)
{
    struct misbehaving *self = state;
    (void)host;
    (void)node;
    count(self, pod);
    if (is(self, "crash in filter"))
        raise(SIGSEGV);
    while (is(self, "hang in filter"))
        continue;
    return !is(self, "reject all");
}

static double score(void *state, const struct seatrial_host *host, const struct seatrial_pod *pod,
                    const struct seatrial_node *node)
{
    struct misbehaving *self = state;
    (void)pod;
    if (is(self, "crash") && strcmp(host->node_name(node), "node-1") == 0)
        *(volatile int *)8 = 1; /* nothing is there */
    if (is(self, "abort"))
        abort();
    if (is(self, "divide"))
        raise(SIGFPE);
    if (is(self, "exit"))
        exit(7);
    while (is(self, "hang"))
        pause();
    if (is(self, "not a number"))
        return NAN;
    if (is(self, "infinite"))
        return -INFINITY;
    if (is(self, "too large"))
        return 1e13;
    return 0;
}

static size_t choose(void *state, const struct seatrial_host *host, const struct seatrial_pod *pod,
                     const struct seatrial_node *const *best, size_t count)
{
    const struct misbehaving *self = state;
    (void)host;
    (void)pod;
    (void)best;
    while (is(self, "hang in choose"))
        pause();
    return is(self, "choose") ? count : 0;
}

const struct seatrial_policy *seatrial_policy(void)
{
    static struct seatrial_policy policy = {
        SEATRIAL_POLICY_ABI, "misbehaving", open_it, NULL, filter, score, choose
    };
    if (strcmp(how(), "of the future") == 0)
        policy.abi = SEATRIAL_POLICY_ABI + 1;
    return &policy;
}
