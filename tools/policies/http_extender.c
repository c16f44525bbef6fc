/* Questions to an HTTP extender and what it answers; see http_extender.h. */
#include "tools/policies/http_extender.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tools/policies/extender_json.h"

enum { ANSWER_BYTES = 64 << 20 };

/* Priorities of extenders end at 10, scores of nodes at 100. */
enum { SCORES_PER_PRIORITY = 10 };

struct http_extender {
    struct extender extender;
    const struct extender_configuration *configuration;
    CURL *curl;
    struct curl_slist *headers;
    struct writer question, answer;
    bool too_long; /* the answer was cut */
    struct node_texts nodes;
};

static const struct place nowhere = { 0 };

/* --- the wire ---------------------------------------------------------------------------------- */

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
    struct http_extender *http = context;
    if (http->answer.length + size * count > ANSWER_BYTES) {
        http->too_long = true;
        return 0; /* ends the transfer */
    }
    writer_add_bytes(&http->answer, bytes, size * count);
    return size * count;
}

static CURLcode send_question(struct http_extender *http, const char *url)
{
    curl_easy_setopt(http->curl, CURLOPT_URL, url);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, http->question.bytes);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)http->question.length);
    writer_clear(&http->answer);
    http->too_long = false;
    return curl_easy_perform(http->curl);
}

static bool transfer_failed(const struct http_extender *http, CURLcode code, const char *verb,
                            struct error *error)
{
    char limit[SIM_TIME_TEXT];
    if (code == CURLE_OPERATION_TIMEDOUT)
        return error_set(error, nowhere, "%s: did not answer within %s", verb,
                         sim_time_print(http->configuration->http_timeout, limit));
    if (http->too_long)
        return error_set(error, nowhere, "%s: answered with more than %d MiB", verb,
                         ANSWER_BYTES >> 20);
    return error_set(error, nowhere, "%s: %s", verb, curl_easy_strerror(code));
}

/* The first JSON document of an answer, as Go's decoder takes it; NULL with the error. */
static struct value *read_answer(const struct http_extender *http, const char *verb,
                                 enum value_type type, struct error *error)
{
    enum { SHOWN = 60 };
    struct error fault = { 0 };
    const char *bytes = http->answer.bytes != NULL ? http->answer.bytes : "";
    size_t length = http->answer.length;
    struct place start = { .line = 1, .column = 1 };
    struct value *answer = json_read_next(&bytes, &length, &start, NULL, &fault);
    const char *type_name = type == VALUE_LIST ? "it is no list" : "it is no JSON object";
    if (answer == NULL || (answer->type != type && answer->type != VALUE_NULL)) {
        error_set(error, nowhere, "%s: answered nonsense (%s): %.*s%s", verb,
                  answer == NULL ? fault.text : type_name,
                  (int)(http->answer.length < SHOWN ? http->answer.length : SHOWN),
                  http->answer.bytes != NULL ? http->answer.bytes : "",
                  http->answer.length > SHOWN ? "..." : "");
        value_drop(answer);
        answer = NULL;
    }
    error_close(&fault);
    return answer;
}

/* POST the question; the answer, or NULL with the error. */
static struct value *ask(struct http_extender *http, const char *verb, enum value_type type,
                         struct error *error)
{
    const char *prefix = http->configuration->url_prefix;
    size_t length = strlen(prefix);
    while (length > 0 && prefix[length - 1] == '/')
        length--;
    char *url = mem_format("%.*s/%s", (int)length, prefix, verb);
    const CURLcode code = send_question(http, url);
    long status = 0;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    struct value *answer = NULL;
    if (code != CURLE_OK)
        transfer_failed(http, code, verb, error);
    else if (status != 200)
        error_set(error, nowhere, "%s: answered with HTTP status %ld", verb, status);
    else
        answer = read_answer(http, verb, type, error);
    free(url);
    return answer;
}

/* --- filter and prioritize --------------------------------------------------------------------- */

static void write_arguments(struct http_extender *http, const struct extender_call *call)
{
    writer_clear(&http->question);
    extender_json_arguments(&http->question, call, http->configuration->node_cache_capable,
                            &http->nodes);
}

static enum extender_reply http_filter(void *state, const struct extender_call *call,
                                       struct extender_verdict *verdicts, struct error *error)
{
    struct http_extender *http = state;
    const char *verb = http->configuration->filter_verb;
    write_arguments(http, call);
    struct value *answer = ask(http, verb, VALUE_MAP, error);
    if (answer == NULL)
        return EXTENDER_BROKEN;
    const enum extender_reply reply = extender_json_filtered(
        answer, call, http->configuration->node_cache_capable, verdicts, error);
    value_drop(answer);
    if (reply == EXTENDER_BROKEN)
        error_wrap(error, "%s", verb);
    return reply;
}

static enum extender_reply http_prioritize(void *state, const struct extender_call *call,
                                           int64_t *scores, struct error *error)
{
    struct http_extender *http = state;
    const char *verb = http->configuration->prioritize_verb;
    write_arguments(http, call);
    struct value *answer = ask(http, verb, VALUE_LIST, error);
    if (answer == NULL)
        return EXTENDER_BROKEN;
    const enum extender_reply reply = extender_json_priorities(
        answer, call, http->configuration->weight * SCORES_PER_PRIORITY, scores, error);
    value_drop(answer);
    if (reply == EXTENDER_BROKEN)
        error_wrap(error, "%s", verb);
    return reply;
}

/* --- preempt and bind -------------------------------------------------------------------------- */

static enum extender_reply http_preempt(void *state, const struct extender_call *call,
                                        struct extender_victims *candidates, struct error *error)
{
    struct http_extender *http = state;
    const char *verb = http->configuration->preempt_verb;
    writer_clear(&http->question);
    extender_json_victims(&http->question, call, candidates,
                          http->configuration->node_cache_capable);
    struct value *answer = ask(http, verb, VALUE_MAP, error);
    if (answer == NULL)
        return EXTENDER_BROKEN;
    const enum extender_reply reply = extender_json_agreed(answer, call, candidates, error);
    value_drop(answer);
    if (reply == EXTENDER_BROKEN)
        error_wrap(error, "%s", verb);
    return reply;
}

static enum extender_reply http_bind(void *state, const struct pod *pod, const struct text *node,
                                     struct error *error)
{
    struct http_extender *http = state;
    writer_clear(&http->question);
    extender_json_binding(&http->question, pod, node);
    struct value *answer = ask(http, http->configuration->bind_verb, VALUE_MAP, error);
    if (answer == NULL)
        return EXTENDER_BROKEN;
    const char *fault = value_text(extender_json_get(answer, "Error"), "");
    const bool agreed = *fault == '\0' || error_set(error, nowhere, "%s", fault);
    value_drop(answer);
    return agreed ? EXTENDER_ANSWERED : EXTENDER_REFUSED;
}

static bool is_interested(void *state, const struct pod *pod)
{
    const struct http_extender *http = state;
    return extender_configuration_wants(http->configuration, pod);
}

/* --- begin and end ------------------------------------------------------------------------------ */

static void set_up_curl(struct http_extender *http)
{
    const struct extender_configuration *configuration = http->configuration;
    http->curl = curl_easy_init();
    http->headers = curl_slist_append(NULL, "Content-Type: application/json");
    http->headers = curl_slist_append(http->headers, "Expect:"); /* do not ask whether to go on */
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->headers);
    curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(http->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(http->curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    curl_easy_setopt(http->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS,
                     (long)((configuration->http_timeout + SIM_MILLISECOND - 1) / SIM_MILLISECOND));
    curl_easy_setopt(http->curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(http->curl, CURLOPT_SSL_VERIFYPEER, configuration->insecure ? 0L : 1L);
    curl_easy_setopt(http->curl, CURLOPT_SSL_VERIFYHOST, configuration->insecure ? 0L : 2L);
    if (configuration->ca_file != NULL)
        curl_easy_setopt(http->curl, CURLOPT_CAINFO, configuration->ca_file);
}

struct http_extender *http_extender_open(const struct extender_configuration *configuration)
{
    struct http_extender *http = mem_new(sizeof *http);
    http->configuration = configuration;
    http->extender = (struct extender){
        .name = configuration->url_prefix,
        .ignorable = configuration->ignorable,
        .state = http,
        .is_interested = is_interested,
        .filter = configuration->filter_verb != NULL ? http_filter : NULL,
        .prioritize = configuration->prioritize_verb != NULL ? http_prioritize : NULL,
        .preempt = configuration->preempt_verb != NULL ? http_preempt : NULL,
        .bind = configuration->bind_verb != NULL ? http_bind : NULL,
    };
    set_up_curl(http);
    return http;
}

void http_extender_close(struct http_extender *http)
{
    if (http == NULL)
        return;
    curl_easy_cleanup(http->curl);
    curl_slist_free_all(http->headers);
    writer_close(&http->question);
    writer_close(&http->answer);
    node_texts_close(&http->nodes);
    free(http);
}

const struct extender *http_extender_extender(struct http_extender *http)
{
    return &http->extender;
}
