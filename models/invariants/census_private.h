/* What the files of the census share. */
#ifndef MODELS_INVARIANTS_CENSUS_PRIVATE_H
#define MODELS_INVARIANTS_CENSUS_PRIVATE_H

#include "models/invariants/census.h"

struct job;

enum { LOSSES = 64 };

struct census {
    struct cluster *cluster;
    struct table members, subjects;
    struct subject *newest;
    struct loss losses[LOSSES]; /* a ring; texts and labels held */
    size_t loss_count;
};

/* The run's present. */
static inline sim_time census_now(const struct census *census)
{
    return run_now(census->cluster->run);
}

/* The subject of an object, met now if it is new. */
struct subject *census_meet(struct census *census, const struct meta *meta);
/* What controls an object; NULL: nothing that is known. */
struct subject *census_controller(const struct census *census, const struct meta *meta);

void census_drop_member(struct census *census, struct member *member);
void census_drop_loss(struct loss *loss);

/* Take in a write of one kind or the other. */
bool census_is_subject(uint16_t kind);
void census_take_subject(struct census *census, const struct write *write);
void census_take_pod(struct census *census, const struct write *write);

/* A Job as it is: how many pods it may have. */
void census_take_job(struct census *census, struct subject *subject, const struct job *job);
/* A pod of a Job has ended, was let go, was given up. */
void census_note_job(struct census *census, struct member *member, const struct write *write);

#endif
