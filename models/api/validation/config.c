/* ConfigMaps, Secrets and ServiceAccounts.
 *
 * Follows ValidateConfigMap(), ValidateSecret() and their updates of pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/base64.h"
#include "models/api/json.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

enum { MOST_BYTES = 1 << 20 };

static void check_key(struct field_errors *errors, const struct value_entry *entry, const char *map)
{
    struct complaints complaints = { 0 };
    char *quoted = field_quote(entry->key);
    text_config_key(&complaints, entry->key);
    for (size_t i = 0; i < complaints.count; i++)
        field_invalid_printed(errors, KEY(CHILD(NULL, map), entry->key), entry->value, quoted, "%s",
                              complaints.items[i]);
    complaints_close(&complaints);
    free(quoted);
}

/* Bytes behind the base64 of a value. */
static size_t decoded_bytes(const struct value *value)
{
    size_t length = 0;
    char *bytes = base64_decode(value_text(value, ""), &length);
    free(bytes);
    return length;
}

/* ── ConfigMaps ── */

void check_config_map(struct field_errors *errors, const struct value *map)
{
    const struct value *data = value_get(map, "data"), *binary = value_get(map, "binaryData");
    size_t bytes = 0;
    for (size_t i = 0; i < size_of(data); i++) {
        const struct value_entry *entry = &data->entries[i];
        char *quoted = field_quote(entry->key);
        check_key(errors, entry, "data");
        if (value_get(binary, entry->key) != NULL)
            field_invalid_printed(errors, KEY(CHILD(NULL, "data"), entry->key), entry->value,
                                  quoted, "duplicate of key present in binaryData");
        free(quoted);
        bytes += entry->value->count;
    }
    for (size_t i = 0; i < size_of(binary); i++) {
        check_key(errors, &binary->entries[i], "binaryData");
        bytes += decoded_bytes(binary->entries[i].value);
    }
    if (bytes > MOST_BYTES)
        field_too_long(errors, KEY(NULL, ""), map, MOST_BYTES);
}

/* ── what is immutable ── */

static const char immutable[] = "field is immutable when `immutable` is set";

static void check_stays(struct field_errors *errors, const struct value *now,
                        const struct value *before, const char *key)
{
    const struct value *is = value_get(now, key), *was = value_get(before, key);
    if (size_of(is) + size_of(was) > 0 && !value_equal(is, was))
        field_forbidden(errors, CHILD(NULL, key), is != NULL ? is : now, immutable);
}

static bool check_stays_immutable(struct field_errors *errors, const struct value *now,
                                  const struct value *before)
{
    if (!truth_at(before, "immutable"))
        return false;
    if (!truth_at(now, "immutable"))
        field_forbidden(errors, CHILD(NULL, "immutable"), value_get(now, "immutable"), immutable);
    return true;
}

void check_config_map_update(struct field_errors *errors, const struct value *now,
                             const struct value *before)
{
    if (check_stays_immutable(errors, now, before)) {
        check_stays(errors, now, before, "data");
        check_stays(errors, now, before, "binaryData");
    }
    check_config_map(errors, now);
}

/* ── Secrets ── */

static void require_key(struct field_errors *errors, const struct value *secret, const char *key)
{
    if (value_path(secret, "data", key, NULL) == NULL)
        field_required(errors, KEY(CHILD(NULL, "data"), key), secret, "%s", "");
}

/* Why Go would not read these bytes as JSON; NULL when it would. The caller frees. */
static char *json_problem(const char *bytes, size_t length)
{
    const size_t blank = strspn(bytes, " \t\r\n");
    struct error error = { 0 };
    struct value *read = json_read(bytes, length, (struct place){ 0 }, NULL, &error);
    char *problem = NULL;
    if (read == NULL && blank == length)
        problem = mem_format("unexpected end of JSON input");
    else if (read == NULL && strchr("{[\"-0123456789tfn", bytes[blank]) == NULL)
        problem = mem_format("invalid character '%c' looking for beginning of value", bytes[blank]);
    else if (read == NULL)
        problem = mem_format("%s", error.text);
    error_close(&error);
    value_drop(read);
    return problem;
}

static void check_json_key(struct field_errors *errors, const struct value *secret, const char *key)
{
    const struct value *value = value_path(secret, "data", key, NULL);
    size_t length = 0;
    if (value == NULL) {
        field_required(errors, KEY(CHILD(NULL, "data"), key), secret, "%s", "");
        return;
    }
    char *bytes = base64_decode(value_text(value, ""), &length);
    char *problem = json_problem(bytes, length);
    if (problem != NULL)
        field_invalid_printed(errors, KEY(CHILD(NULL, "data"), key), value,
                              "\"<secret contents redacted>\"", "%s", problem);
    free(problem);
    free(bytes);
}

static void check_login(struct field_errors *errors, const struct value *secret)
{
    const struct value *data = value_get(secret, "data");
    if (value_get(data, "username") != NULL || value_get(data, "password") != NULL)
        return;
    require_key(errors, secret, "username");
    require_key(errors, secret, "password");
}

static void check_account_name(struct field_errors *errors, const struct value *secret)
{
    static const char *const name = "kubernetes.io/service-account.name";
    const struct value *annotations = value_path(secret, "metadata", "annotations", NULL);
    if (*text_at(annotations, name) == '\0')
        field_required(errors, KEY(CHILD(CHILD(NULL, "metadata"), "annotations"), name), secret,
                       "%s", "");
}

static void check_secret_type(struct field_errors *errors, const struct value *secret)
{
    const char *type = text_at(secret, "type");
    if (strcmp(type, "kubernetes.io/service-account-token") == 0) {
        check_account_name(errors, secret);
    } else if (strcmp(type, "kubernetes.io/dockercfg") == 0) {
        check_json_key(errors, secret, ".dockercfg");
    } else if (strcmp(type, "kubernetes.io/dockerconfigjson") == 0) {
        check_json_key(errors, secret, ".dockerconfigjson");
    } else if (strcmp(type, "kubernetes.io/basic-auth") == 0) {
        check_login(errors, secret);
    } else if (strcmp(type, "kubernetes.io/ssh-auth") == 0) {
        require_key(errors, secret, "ssh-privatekey");
    } else if (strcmp(type, "kubernetes.io/tls") == 0) {
        require_key(errors, secret, "tls.crt");
        require_key(errors, secret, "tls.key");
    }
}

void check_secret_object(struct field_errors *errors, const struct value *secret)
{
    const struct value *data = value_get(secret, "data");
    size_t bytes = 0;
    for (size_t i = 0; i < size_of(data); i++) {
        check_key(errors, &data->entries[i], "data");
        bytes += decoded_bytes(data->entries[i].value);
    }
    if (bytes > MOST_BYTES)
        field_too_long(errors, CHILD(NULL, "data"), data, MOST_BYTES);
    check_secret_type(errors, secret);
}

void check_secret_object_update(struct field_errors *errors, const struct value *now,
                                const struct value *before)
{
    check_immutable(errors, value_get(now, "type"), value_get(before, "type"), CHILD(NULL, "type"),
                    NULL);
    if (check_stays_immutable(errors, now, before))
        check_stays(errors, now, before, "data");
    check_secret_object(errors, now);
}

/* ── ServiceAccounts ── */

void check_service_account(struct field_errors *errors, const struct value *account)
{
    (void)errors, (void)account; /* their metadata only */
}
