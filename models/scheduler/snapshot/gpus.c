/* Requests for GPUs, and what is left of a node's; see gpus.h. */
#include "models/scheduler/snapshot/gpus.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* --- requests ------------------------------------------------------------------------------ */

/* A whole number within limits, and nothing else. */
static bool parse_number(const char *text, int least, int most, int *number)
{
    int sum = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || at - text > 5)
            return false;
        sum = sum * 10 + (*at - '0');
    }
    *number = sum;
    return *text != '\0' && sum >= least && sum <= most;
}

/* "T4|V100M16"; empty names are skipped, as they occur in traces. */
static void parse_models(struct texts *texts, const char *text, struct gpu_request *request)
{
    request->spec = text_intern(texts, text);
    while (text != NULL && *text != '\0') {
        const size_t length = strcspn(text, "|");
        if (length > 0) {
            request->models =
                mem_resize(request->models, (request->model_count + 1) * sizeof *request->models);
            request->models[request->model_count++] = text_intern_length(texts, text, length);
        }
        text += length + (text[length] == '|');
    }
}

bool gpu_request_parse(struct texts *texts, const char *count, const char *milli,
                       const char *models, struct gpu_request *request, const char **fault)
{
    *request = (struct gpu_request){ .milli = GPU_MILLI };
    if (count == NULL && milli == NULL)
        return true;
    request->count = 1;
    if (milli != NULL && !parse_number(milli, 0, GPU_MILLI, &request->milli)) {
        *fault = GPU_MILLI_ANNOTATION " is not a whole number from 0 to 1000";
        return false;
    }
    if (count != NULL && !parse_number(count, 0, NODE_GPUS, &request->count)) {
        *fault = GPU_COUNT_ANNOTATION " is not a whole number from 0 to 64";
        return false;
    }
    if (request->milli == 0)
        request->count = 0;
    if (request->count > 0)
        parse_models(texts, models, request);
    return true;
}

bool gpu_request_load(struct texts *texts, const struct labels *annotations,
                      struct gpu_request *request, const char **fault)
{
    return gpu_request_parse(texts, labels_get(annotations, GPU_COUNT_ANNOTATION),
                             labels_get(annotations, GPU_MILLI_ANNOTATION),
                             labels_get(annotations, GPU_MODEL_ANNOTATION), request, fault);
}

void gpu_request_close(struct gpu_request *request)
{
    for (size_t i = 0; i < request->model_count; i++)
        text_drop(request->models[i]);
    free(request->models);
    text_drop(request->spec);
    *request = (struct gpu_request){ 0 };
}

/* --- what is left --------------------------------------------------------------------------- */

int node_gpus_left(const struct node_gpus *gpus)
{
    int left = 0;
    for (int i = 0; gpus != NULL && i < gpus->count; i++)
        left += node_gpu_left(gpus, i);
    return left;
}

bool node_gpus_have_model(const struct node_gpus *gpus, const struct gpu_request *request)
{
    for (size_t i = 0; i < request->model_count; i++)
        if (gpus != NULL && request->models[i] == gpus->model)
            return true;
    return request->model_count == 0;
}

bool node_gpus_suffice(const struct node_gpus *gpus, const struct gpu_request *request)
{
    int enough = 0;
    for (int i = 0; gpus != NULL && i < gpus->count && enough < request->count; i++)
        enough += node_gpu_left(gpus, i) >= request->milli;
    return enough >= request->count;
}

bool node_gpus_best_fit(const struct node_gpus *gpus, const struct gpu_request *request,
                        int indexes[NODE_GPUS])
{
    int found = 0;
    for (int i = 0; gpus != NULL && i < gpus->count; i++) {
        if (node_gpu_left(gpus, i) < request->milli)
            continue;
        int at = found; /* behind those with as little left: they have lower indexes */
        for (; at > 0 && node_gpu_left(gpus, indexes[at - 1]) > node_gpu_left(gpus, i); at--)
            indexes[at] = indexes[at - 1];
        indexes[at] = i;
        found++;
    }
    return found >= request->count;
}

/* --- indexes --------------------------------------------------------------------------------- */

const struct text *gpu_index_text(struct texts *texts, const int *indexes, int count)
{
    struct writer text = { 0 };
    for (int i = 0; i < count; i++)
        writer_format(&text, "%s%d", i > 0 ? "-" : "", indexes[i]);
    const struct text *interned = text_intern(texts, text.bytes);
    writer_close(&text);
    return interned;
}

/* The indexes of "2-3"; 0 when it is no such list. */
static int parse_indexes(const char *text, int indexes[NODE_GPUS])
{
    int count = 0;
    while (text != NULL && *text != '\0') {
        char *end;
        const long index = strtol(text, &end, 10);
        if (end == text || index < 0 || index >= NODE_GPUS || count == NODE_GPUS ||
            (*end != '\0' && *end != '-'))
            return 0;
        indexes[count++] = (int)index;
        text = end + (*end == '-');
    }
    return count;
}

/* --- kept by the snapshot ------------------------------------------------------------------- */

static struct node_gpus *own(struct node_gpus **gpus)
{
    if (*gpus == NULL)
        *gpus = mem_new(sizeof **gpus);
    return *gpus;
}

void node_gpus_learn(struct node_gpus **gpus, struct texts *texts, const struct node *node)
{
    const struct node_resources *offers = node->allocatable;
    const int64_t count =
        offers != NULL ? resources_get(&offers->resources, GPU_COUNT_ANNOTATION) : 0;
    if (count == 0 && *gpus == NULL)
        return;
    own(gpus)->count = count > NODE_GPUS ? NODE_GPUS : (int)count;
    text_assign(&(*gpus)->model,
                text_intern(texts, labels_get(node->meta.labels, GPU_MODEL_ANNOTATION)));
}

void node_gpus_count(struct node_gpus **gpus, const struct pod *pod, int sign)
{
    const struct labels *annotations = pod->meta.annotations;
    int indexes[NODE_GPUS], milli = GPU_MILLI;
    const int count = parse_indexes(labels_get(annotations, GPU_INDEX_ANNOTATION), indexes);
    const char *asked = labels_get(annotations, GPU_MILLI_ANNOTATION);
    if (count == 0 || (asked != NULL && !parse_number(asked, 1, GPU_MILLI, &milli)))
        return;
    struct node_gpus *known = own(gpus);
    for (int i = 0; i < count; i++)
        known->used[indexes[i]] += sign * milli;
    known->pods[count == 1 && milli < GPU_MILLI ? 0 : count] += (uint32_t)sign;
}

static bool same_annotation(const struct pod *a, const struct pod *b, const char *key)
{
    const char *of_a = labels_get(a->meta.annotations, key);
    const char *of_b = labels_get(b->meta.annotations, key);
    return of_a == NULL || of_b == NULL ? of_a == of_b : strcmp(of_a, of_b) == 0;
}

bool same_gpus(const struct pod *a, const struct pod *b)
{
    return a->meta.annotations == b->meta.annotations ||
           (same_annotation(a, b, GPU_INDEX_ANNOTATION) &&
            same_annotation(a, b, GPU_MILLI_ANNOTATION));
}

struct node_gpus *node_gpus_copy(const struct node_gpus *gpus)
{
    if (gpus == NULL)
        return NULL;
    struct node_gpus *copy = mem_new(sizeof *copy);
    *copy = *gpus;
    text_hold(copy->model);
    return copy;
}

void node_gpus_free(struct node_gpus *gpus)
{
    if (gpus != NULL)
        text_drop(gpus->model);
    free(gpus);
}
