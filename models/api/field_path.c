/* Print field paths as k8s.io/apimachinery/pkg/util/validation/field/path.go does. */
#include "models/api/field_path.h"

void field_path_write(const struct field_path *path, struct writer *out)
{
    if (path == NULL)
        return;
    field_path_write(path->up, out);
    if (path->is_embedded)
        return;
    if (path->name == NULL)
        writer_format(out, "[%zu]", path->index);
    else if (path->is_key)
        writer_format(out, "[%s]", path->name);
    else
        writer_format(out, "%s%s", path->up ? "." : "", path->name);
}

void field_path_write_names(const struct field_path *path, struct writer *out)
{
    if (path == NULL)
        return;
    field_path_write_names(path->up, out);
    if (path->name != NULL && !path->is_key)
        writer_format(out, "%s%s", path->up ? "." : "", path->name);
}

char *field_path_text(const struct field_path *path)
{
    struct writer text = { 0 };
    field_path_write(path, &text);
    return writer_take(&text);
}
