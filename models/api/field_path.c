/* Print field paths as k8s.io/apimachinery/pkg/util/validation/field/path.go does. */
#include "models/api/field_path.h"

#include <stdlib.h>

void field_path_write(const struct field_path *path, FILE *out)
{
    if (path == NULL)
        return;
    field_path_write(path->up, out);
    if (path->name == NULL)
        fprintf(out, "[%zu]", path->index);
    else if (path->is_key)
        fprintf(out, "[%s]", path->name);
    else
        fprintf(out, "%s%s", path->up ? "." : "", path->name);
}

void field_path_write_names(const struct field_path *path, FILE *out)
{
    if (path == NULL)
        return;
    field_path_write_names(path->up, out);
    if (path->name != NULL && !path->is_key)
        fprintf(out, "%s%s", path->up ? "." : "", path->name);
}

char *field_path_text(const struct field_path *path)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        abort();
    field_path_write(path, out);
    fclose(out);
    return text;
}
