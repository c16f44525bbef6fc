/* Requests for shared GPUs, and which GPUs of a node a pod gets. */
#include "models/scheduler/snapshot/gpus.h"

#include <criterion/criterion.h>

#include "sim/base/memory.h"

/* --- requests ------------------------------------------------------------------------------- */

static const struct {
    const char *why, *count, *milli, *models;
    int want_count, want_milli;
    size_t want_models;
    bool fine, share;
} requests[] = {
    { "a part of one GPU", "1", "460", NULL, 1, 460, 0, true, true },
    { "the count is 1 when it is not given", NULL, "460", NULL, 1, 460, 0, true, true },
    { "a GPU is whole when nothing else is said", "4", NULL, NULL, 4, 1000, 0, true, false },
    { "a whole GPU is not shared", "1", "1000", "", 1, 1000, 0, true, false },
    { "no annotations, no GPU", NULL, NULL, "T4", 0, 1000, 0, true, false },
    { "0 milli of 0 GPUs, as traces write", "0", "0", NULL, 0, 0, 0, true, false },
    { "any of two models; empty names are skipped", "8", "1000", "G2||G3|", 8, 1000, 2, true,
      false },
    { "more than a whole GPU", "1", "1001", NULL, 0, 0, 0, false, false },
    { "a fraction", "1", "0.5", NULL, 0, 0, 0, false, false },
    { "an empty text is no number", "1", "", NULL, 0, 0, 0, false, false },
    { "more GPUs than a node may have", "65", "1000", NULL, 0, 0, 0, false, false },
    { "a number that would overflow", "1", "99999999999999999999", NULL, 0, 0, 0, false, false },
};

Test(gpus, are_asked_for_by_annotations)
{
    struct texts *texts = texts_new();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct gpu_request request;
        const char *fault = NULL;
        const bool fine = gpu_request_parse(texts, requests[i].count, requests[i].milli,
                                            requests[i].models, &request, &fault);
        cr_expect_eq(fine, requests[i].fine, "%s", requests[i].why);
        cr_expect_eq(fault == NULL, fine, "%s", requests[i].why);
        if (fine) {
            cr_expect_eq(request.count, requests[i].want_count, "%s", requests[i].why);
            cr_expect_eq(request.milli, requests[i].want_milli, "%s", requests[i].why);
            cr_expect_eq(request.model_count, requests[i].want_models, "%s", requests[i].why);
            cr_expect_eq(gpu_request_is_share(&request), requests[i].share, "%s", requests[i].why);
        }
        gpu_request_close(&request);
    }
    texts_free(texts);
}

/* --- which GPUs ------------------------------------------------------------------------------ */

static const struct {
    const char *why;
    int gpus, used[4], count, milli;
    const char *want; /* indexes; NULL: they do not suffice */
} fits[] = {
    { "the least left that suffices: 400 of 1000, 400, 700", 3, { 0, 600, 300 }, 1, 400, "1" },
    { "400 are not enough, 700 are less than 1000", 3, { 0, 600, 300 }, 1, 500, "2" },
    { "as little left: the lower index", 3, { 700, 300, 300 }, 1, 700, "1" },
    { "whole ones: the lowest indexes that are idle", 4, { 0, 1, 0, 0 }, 2, 1000, "0-2" },
    { "two are idle, three are asked for", 4, { 0, 1, 0, 5 }, 3, 1000, NULL },
    { "two parts: 300 and 400 of 1000, 400, 300", 3, { 0, 600, 700 }, 2, 300, "2-1" },
    { "nothing asked for always fits", 1, { 1000 }, 0, 1000, NULL },
};

Test(gpus, are_given_by_best_fit)
{
    struct texts *texts = texts_new();
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        struct node_gpus gpus = { .count = fits[i].gpus };
        const struct gpu_request request = { .count = fits[i].count, .milli = fits[i].milli };
        int indexes[NODE_GPUS];
        memcpy(gpus.used, fits[i].used, sizeof fits[i].used);
        const bool suffice = node_gpus_best_fit(&gpus, &request, indexes);
        cr_expect_eq(suffice, node_gpus_suffice(&gpus, &request), "%s", fits[i].why);
        cr_expect_eq(suffice, fits[i].want != NULL || request.count == 0, "%s", fits[i].why);
        if (fits[i].want != NULL) {
            const struct text *text = gpu_index_text(texts, indexes, request.count);
            cr_expect_str_eq(text_s(text), fits[i].want, "%s", fits[i].why);
            text_drop(text);
        }
    }
    texts_free(texts);
}

Test(gpus, of_a_node_without_any_suffice_for_nobody)
{
    const struct gpu_request request = { .count = 1, .milli = 1 };
    int indexes[NODE_GPUS];
    cr_expect_not(node_gpus_suffice(NULL, &request));
    cr_expect_not(node_gpus_best_fit(NULL, &request, indexes));
    cr_expect_eq(node_gpus_left(NULL), 0);
}
