/* The process that has loaded a shared object: what the policy sees, and its answers.
 *
 * It trusts whoever asks, which is this program, and nothing that the policy says: that is checked
 * where the answer arrives. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tools/policies/fixed_score.h"
#include "tools/policies/shared_object_private.h"

/* --- what was received ---------------------------------------------------------------------- */

struct pair {
    const char *key, *value;
};

struct amount {
    int resource;
    int64_t allocatable, requested; /* of a pod: what it requests */
};

/* Names, labels and amounts of a pod or node. The texts lie in `memory`. */
struct described {
    char *memory; /* owned; NULL: there is nothing */
    const char *space, *name;
    int32_t priority;
    struct pair *labels; /* owned */
    size_t label_count;
    struct amount *amounts; /* owned */
    size_t amount_count;
};

struct seatrial_pod {
    struct described is;
};
struct seatrial_node {
    struct described is;
};

struct hosted {
    struct seatrial_host host; /* first: what the policy is given */
    const struct so_hosting *hosting;
    const struct seatrial_policy *policy;
    void *state;
    int fd;
    double now;
    char **resources; /* owned; those behind the common ones, by number */
    size_t resource_count, resource_capacity;
    struct seatrial_pod pod;
    struct seatrial_node **nodes; /* by slot; owned */
    size_t node_capacity;
    struct writer answer;
};

static const char *take_bytes(const char **at, size_t length)
{
    const char *bytes = *at;
    *at += length;
    return bytes;
}

static uint32_t take_number(const char **at)
{
    uint32_t number;
    memcpy(&number, take_bytes(at, sizeof number), sizeof number);
    return number;
}

static int64_t take_amount(const char **at)
{
    int64_t amount;
    memcpy(&amount, take_bytes(at, sizeof amount), sizeof amount);
    return amount;
}

static const char *take_text(const char **at)
{
    const uint32_t length = take_number(at);
    return take_bytes(at, (size_t)length + 1);
}

static int resource_number(struct hosted *hosted, const char *name)
{
    static const char *const common[SO_COMMON] = { "cpu", "memory", "ephemeral-storage", "pods" };
    for (int i = 0; i < SO_COMMON; i++)
        if (strcmp(name, common[i]) == 0)
            return i;
    for (size_t i = 0; i < hosted->resource_count; i++)
        if (strcmp(name, hosted->resources[i]) == 0)
            return SO_COMMON + (int)i;
    MEM_GROW(hosted->resources, hosted->resource_count, hosted->resource_capacity);
    hosted->resources[hosted->resource_count] = mem_text(name, strlen(name));
    return SO_COMMON + (int)hosted->resource_count++;
}

static void described_close(struct described *is)
{
    free(is->memory);
    free(is->labels);
    free(is->amounts);
    *is = (struct described){ 0 };
}

/* Copies `length` bytes and points into the copy. */
static void described_read(struct hosted *hosted, struct described *is, const char *bytes,
                           size_t length)
{
    described_close(is);
    is->memory = mem_new(length + 1);
    memcpy(is->memory, bytes, length);
    const char *at = is->memory;
    is->space = take_text(&at);
    is->name = take_text(&at);
    is->priority = (int32_t)take_number(&at);
    is->label_count = take_number(&at);
    is->labels = mem_new((is->label_count + 1) * sizeof *is->labels);
    for (size_t i = 0; i < is->label_count; i++) {
        is->labels[i].key = take_text(&at);
        is->labels[i].value = take_text(&at);
    }
    is->amount_count = take_number(&at);
    is->amounts = mem_new((is->amount_count + 1) * sizeof *is->amounts);
    for (size_t i = 0; i < is->amount_count; i++) {
        is->amounts[i].resource = resource_number(hosted, take_text(&at));
        is->amounts[i].allocatable = take_amount(&at);
        is->amounts[i].requested = take_amount(&at);
    }
}

static void read_node(struct hosted *hosted, const char **at)
{
    const uint32_t slot = take_number(at), length = take_number(at);
    if (slot >= hosted->node_capacity) {
        const size_t before = hosted->node_capacity;
        hosted->node_capacity = (size_t)slot * 2 + 64;
        hosted->nodes = mem_resize(hosted->nodes, hosted->node_capacity * sizeof *hosted->nodes);
        memset(hosted->nodes + before, 0, (hosted->node_capacity - before) * sizeof *hosted->nodes);
    }
    if (hosted->nodes[slot] == NULL)
        hosted->nodes[slot] = mem_new(sizeof *hosted->nodes[slot]);
    described_read(hosted, &hosted->nodes[slot]->is, take_bytes(at, length), length);
}

/* --- what the policy may ask ---------------------------------------------------------------- */

static int host_resource(const struct seatrial_host *host, const char *name)
{
    return resource_number((struct hosted *)host, name);
}

static double host_now(const struct seatrial_host *host)
{
    return ((const struct hosted *)host)->now;
}

static const char *label_of(const struct described *is, const char *key)
{
    for (size_t i = 0; i < is->label_count; i++)
        if (strcmp(is->labels[i].key, key) == 0)
            return is->labels[i].value;
    return NULL;
}

/* The common resources come first, in the order of their numbers. */
static const struct amount *amount_of(const struct described *is, int resource)
{
    static const struct amount nothing = { 0 };
    if (resource >= 0 && resource < SO_COMMON)
        return &is->amounts[resource];
    for (size_t i = SO_COMMON; i < is->amount_count; i++)
        if (is->amounts[i].resource == resource)
            return &is->amounts[i];
    return &nothing;
}

static const char *host_pod_namespace(const struct seatrial_pod *pod)
{
    return pod->is.space;
}

static const char *host_pod_name(const struct seatrial_pod *pod)
{
    return pod->is.name;
}

static const char *host_pod_label(const struct seatrial_pod *pod, const char *key)
{
    return label_of(&pod->is, key);
}

static int32_t host_pod_priority(const struct seatrial_pod *pod)
{
    return pod->is.priority;
}

static int64_t host_pod_request(const struct seatrial_pod *pod, int resource)
{
    return amount_of(&pod->is, resource)->requested;
}

static const char *host_node_name(const struct seatrial_node *node)
{
    return node->is.name;
}

static const char *host_node_label(const struct seatrial_node *node, const char *key)
{
    return label_of(&node->is, key);
}

static int64_t host_node_allocatable(const struct seatrial_node *node, int resource)
{
    return amount_of(&node->is, resource)->allocatable;
}

static int64_t host_node_free(const struct seatrial_node *node, int resource)
{
    const struct amount *amount = amount_of(&node->is, resource);
    return amount->allocatable - amount->requested;
}

static const struct seatrial_host host_functions = {
    .abi = SEATRIAL_POLICY_ABI,
    .resource = host_resource,
    .pod_namespace = host_pod_namespace,
    .pod_name = host_pod_name,
    .pod_label = host_pod_label,
    .pod_priority = host_pod_priority,
    .pod_request = host_pod_request,
    .node_name = host_node_name,
    .node_label = host_node_label,
    .node_allocatable = host_node_allocatable,
    .node_free = host_node_free,
    .now = host_now,
};

/* --- conversation --------------------------------------------------------------------------- */

/* False when nobody asks any more. */
static bool read_all(int fd, char *bytes, size_t length)
{
    while (length > 0) {
        const ssize_t got = read(fd, bytes, length);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        bytes += got > 0 ? got : 0;
        length -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static void write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        const ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno != EINTR)
            _exit(0); /* nobody wants to know */
        bytes += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

static void answer(struct hosted *hosted, struct so_answer head)
{
    head.bytes = (uint32_t)hosted->answer.length;
    write_all(hosted->fd, (const char *)&head, sizeof head);
    write_all(hosted->fd, hosted->answer.bytes, hosted->answer.length);
}

static void answer_text(struct hosted *hosted, bool is_fault, const char *text)
{
    writer_clear(&hosted->answer);
    writer_add(&hosted->answer, text);
    answer(hosted, (struct so_answer){ .fault = is_fault });
}

/* --- loading -------------------------------------------------------------------------------- */

/* A path without a slash is meant as a file, not as a library of the system. */
static void *load(const char *path)
{
    char *here = mem_format("%s%s", strchr(path, '/') != NULL ? "" : "./", path);
    void *object = dlopen(here, RTLD_NOW | RTLD_LOCAL);
    free(here);
    return object;
}

/* NULL, or what is wrong with it; the caller frees. */
static char *open_policy(struct hosted *hosted)
{
    const struct seatrial_policy *(*exported)(void) = NULL;
    hosted->hosting->where->phase = SO_LOADING;
    void *object = load(hosted->hosting->path);
    if (object == NULL)
        return mem_format("cannot be loaded: %s", dlerror());
    *(void **)&exported = dlsym(object, "seatrial_policy");
    if (exported == NULL)
        return mem_format("is no policy: it has no function seatrial_policy()");
    const struct seatrial_policy *policy = exported();
    if (policy == NULL || policy->abi == 0 || policy->abi > SEATRIAL_POLICY_ABI)
        return mem_format("was built for version %u of policy.h, this program has %d",
                          policy != NULL ? policy->abi : 0, SEATRIAL_POLICY_ABI);
    if (policy->score == NULL && policy->filter == NULL && policy->choose == NULL)
        return mem_format("is no policy: it has neither filter(), score() nor choose()");
    hosted->policy = policy;
    hosted->hosting->where->phase = SO_OPENING;
    if (policy->open != NULL &&
        (hosted->state = policy->open(&hosted->host, hosted->hosting->seed)) == NULL)
        return mem_format("refuses to work: open() returned NULL");
    return NULL;
}

/* --- answering ------------------------------------------------------------------------------ */

/* The slots in question, and what the policy says of them. */
struct round {
    const struct seatrial_node **nodes;
    uint32_t *slots;
    char *keeps;
    double *scores;
    size_t count, kept;
};

static void ask_filter(struct hosted *hosted, struct round *round)
{
    hosted->hosting->where->phase = SO_FILTERING;
    for (size_t i = 0; i < round->count; i++) {
        hosted->hosting->where->slot = round->slots[i];
        round->keeps[i] =
            hosted->policy->filter == NULL ||
            hosted->policy->filter(hosted->state, &hosted->host, &hosted->pod, round->nodes[i]);
        round->kept += round->keeps[i];
    }
}

static void ask_score(struct hosted *hosted, struct round *round)
{
    if (round->kept < 2 || hosted->policy->score == NULL)
        return;
    hosted->hosting->where->phase = SO_SCORING;
    for (size_t i = 0; i < round->count; i++) {
        hosted->hosting->where->slot = round->slots[i];
        if (round->keeps[i])
            round->scores[i] =
                hosted->policy->score(hosted->state, &hosted->host, &hosted->pod, round->nodes[i]);
    }
}

/* The nodes with the highest score into best[], and which they are into at[]; 0 when a score is
 * none. */
static size_t find_best(const struct round *round, const struct seatrial_node **best, uint32_t *at)
{
    int64_t highest = INT64_MIN;
    size_t count = 0;
    for (size_t i = 0; i < round->count; i++) {
        int64_t score;
        if (!round->keeps[i])
            continue;
        if (!fixed_score(round->scores[i], &score))
            return 0;
        if (score > highest)
            count = 0;
        if (score < highest)
            continue;
        highest = score;
        best[count] = round->nodes[i];
        at[count++] = (uint32_t)i;
    }
    return count;
}

/* One more than the chosen one's place; 0 when there is nothing to choose. A choice that is none
 * is passed on as a place that is none. */
static uint32_t ask_choose(struct hosted *hosted, const struct round *round)
{
    if (hosted->policy->choose == NULL || round->kept < 2)
        return 0;
    const struct seatrial_node **best = mem_new(round->count * sizeof *best);
    uint32_t *at = mem_new(round->count * sizeof *at), chosen = 0;
    const size_t count = find_best(round, best, at);
    hosted->hosting->where->phase = SO_CHOOSING;
    if (count > 1) {
        const size_t choice =
            hosted->policy->choose(hosted->state, &hosted->host, &hosted->pod, best, count);
        chosen = choice < count ? at[choice] + 1 : UINT32_MAX;
    }
    free(best);
    free(at);
    return chosen;
}

static void answer_question(struct hosted *hosted, struct round *round)
{
    struct so_answer head = { 0 };
    ask_filter(hosted, round);
    ask_score(hosted, round);
    head.chosen = ask_choose(hosted, round);
    hosted->hosting->where->phase = SO_WAITING;
    writer_clear(&hosted->answer);
    writer_add_bytes(&hosted->answer, round->keeps, round->count);
    writer_add_bytes(&hosted->answer, (const char *)round->scores,
                     round->count * sizeof *round->scores);
    answer(hosted, head);
}

static void take_question(struct hosted *hosted, const struct so_question *question,
                          const char *bytes)
{
    const char *at = bytes;
    struct round round = { .count = question->slots };
    const uint32_t pod_length = take_number(&at);
    hosted->now = question->now;
    described_read(hosted, &hosted->pod.is, take_bytes(&at, pod_length), pod_length);
    for (uint32_t i = 0; i < question->rows; i++)
        read_node(hosted, &at);
    round.slots = mem_new((round.count + 1) * sizeof *round.slots);
    round.nodes = mem_new((round.count + 1) * sizeof *round.nodes);
    round.keeps = mem_new(round.count + 1);
    round.scores = mem_new((round.count + 1) * sizeof *round.scores);
    for (size_t i = 0; i < round.count; i++) {
        round.slots[i] = take_number(&at);
        round.nodes[i] = hosted->nodes[round.slots[i]];
    }
    answer_question(hosted, &round);
    free(round.slots);
    free(round.nodes);
    free(round.keeps);
    free(round.scores);
}

void shared_object_host(int fd, const void *hosting)
{
    struct hosted hosted = { .host = host_functions, .hosting = hosting, .fd = fd };
    struct so_question question;
    char *fault = open_policy(&hosted);
    hosted.hosting->where->phase = SO_WAITING;
    if (fault != NULL) {
        answer_text(&hosted, true, fault);
        return;
    }
    answer_text(&hosted, false, hosted.policy->name != NULL ? hosted.policy->name : "");
    while (read_all(fd, (char *)&question, sizeof question)) {
        char *bytes = mem_new((size_t)question.bytes + 1);
        if (!read_all(fd, bytes, question.bytes))
            return;
        take_question(&hosted, &question, bytes);
        free(bytes);
    }
    if (hosted.policy->close != NULL)
        hosted.policy->close(hosted.state);
}
