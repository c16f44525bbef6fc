/* Volumes of pods.
 *
 * Follows SetDefaults_Volume() and the ...VolumeSource functions of pkg/apis/core/v1/defaults.go. */
#include <string.h>

#include "models/api/defaults/defaults_private.h"

enum { FILE_MODE = 0644, TOKEN_SECONDS = 3600 };

/* A volume with no source is an empty directory. */
void default_volume(struct value **node)
{
    const struct value *image = value_get(*node, "image");
    bool has_source = false;
    for (size_t i = 0; i < (*node)->count; i++)
        has_source |= strcmp((*node)->entries[i].key, "name") != 0 &&
                      !value_is_null((*node)->entries[i].value);
    if (!has_source)
        default_map(node, "emptyDir");
    if (image != NULL && *default_reads(image, "pullPolicy") == '\0') {
        const char *policy = default_pull_policy(default_reads(image, "reference"));
        value_put(node, value_new_string(policy), "image", "pullPolicy", NULL);
    }
}

void default_file_mode(struct value **node)
{
    default_int(node, "defaultMode", FILE_MODE);
}

void default_token(struct value **node)
{
    default_int(node, "expirationSeconds", TOKEN_SECONDS);
}

void default_host_path(struct value **node)
{
    if (value_is_null(value_get(*node, "type")))
        value_set(value_own(node), "type", value_new_string(""));
}
