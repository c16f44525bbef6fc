/* The Jobs that a CronJob starts: what its template says, once admitted.
 *
 * The API server admits every Job anew. What comes of it depends on the template and on the priority
 * classes there are, so the first Job is kept as a mould for the next ones, until either changes.
 * Follows getJobFromTemplate2() of pkg/controller/cronjob/utils.go of kube-controller-manager, in the
 * release named in docs/fidelity.md. */
#include "models/cluster/cluster.h"
#include "models/controllers/cronjob_private.h"

/* What the API server makes of the template, as the document of a Job; NULL with the fault. */
static struct object *admit(struct cluster *cluster, const struct cronjob *cronjob,
                            const struct text *name, const char *time, struct error *error)
{
    static const char *const copied[] = { "labels", "annotations" };
    const struct value *template = cronjob_job_template(cronjob);
    const struct value *metadata = value_get(template, "metadata");
    const char *space = namespace_of(cronjob);
    struct value *document = NULL;
    struct error_list faults = { 0 }, warnings = { 0 };
    value_put(&document, value_new_string("batch/v1"), "apiVersion", NULL);
    value_put(&document, value_new_string("Job"), "kind", NULL);
    value_put(&document, value_new_string(name->s), "metadata", "name", NULL);
    value_put(&document, value_new_string(space), "metadata", "namespace", NULL);
    for (size_t i = 0; i < 2; i++)
        if (!value_is_null(value_get(metadata, copied[i])))
            value_put(&document, value_hold(value_get(metadata, copied[i])), "metadata", copied[i],
                      NULL);
    value_put(&document, value_new_string(time), "metadata", "annotations", CRONJOB_TIMESTAMP,
              NULL);
    if (value_get(template, "spec") != NULL)
        value_put(&document, value_hold(value_get(template, "spec")), "spec", NULL);
    struct object *job = cluster_admit(cluster, document, space, &faults, &warnings);
    if (job == NULL)
        error_set(error, (struct place){ 0 }, "%s", faults.items[0].text);
    error_list_close(&faults);
    error_list_close(&warnings);
    value_drop(document);
    return job;
}

/* The Job to copy: it has the name and the time of the start for which it was made. */
static const struct object *mould_of(struct cronjob_schedule *schedule, struct cluster *cluster,
                                     const struct cronjob *cronjob, const struct text *name,
                                     const char *time, struct error *error)
{
    const struct value *template = cronjob_job_template(cronjob);
    if (schedule->mould != NULL && schedule->template == template &&
        schedule->classes == schedule->all->classes &&
        uid_equal(meta_controller(meta_of(schedule->mould))->uid, cronjob->meta.uid))
        return schedule->mould;
    cronjob_mould_drop(schedule);
    struct object *job = admit(cluster, cronjob, name, time, error);
    if (job == NULL)
        return NULL;
    ((struct meta *)job)->owners =
        owners_of_controller(cluster->run->texts, &cronjob->meta, "batch/v1", "CronJob");
    schedule->mould = job;
    schedule->template = template != NULL ? value_hold(template) : NULL;
    schedule->classes = schedule->all->classes;
    return job;
}

void cronjob_mould_drop(struct cronjob_schedule *schedule)
{
    object_drop(schedule->mould);
    value_drop(schedule->template);
    schedule->mould = NULL;
    schedule->template = NULL;
}

struct object *cronjob_new_job(struct cronjob_schedule *schedule, struct cluster *cluster,
                               const struct cronjob *cronjob, int64_t at, const struct text *name,
                               struct error *error)
{
    struct texts *texts = cluster->run->texts;
    char time[ZONED_TIME_TEXT];
    cronjob_print_time(at, schedule->zone, time);
    const struct object *mould = mould_of(schedule, cluster, cronjob, name, time, error);
    if (mould == NULL)
        return NULL;
    struct object *job = object_copy(mould);
    struct meta *meta = (struct meta *)job;
    const struct labels *annotations =
        labels_with(texts, meta->annotations, CRONJOB_TIMESTAMP, time);
    labels_drop(meta->annotations);
    meta->annotations = annotations;
    text_assign(&job->name, text_hold(name));
    return job;
}
