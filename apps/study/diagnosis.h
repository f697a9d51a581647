/*
 * What the playbook makes of an event's sample: justified move and overreaction score of each name, breadth, the
 * contradiction control, and the means by sector.
 *
 * The same definitions as the daemon's (SCIENCE 3, DESIGN 6.14 to 6.17), over the study's window instead of the minutes
 * since the headline: z is SCAR; M = |z| of the epicentre, within the playbook's bounds (its default_M without a
 * price); E = w G M dir; OS by core/score.h. Linked names have a channel and are neither the epicentre nor a control.
 * Breadth is the share of linked names with |z| >= z_breadth and the sign of E (of the names' mean z where w is 0);
 * without a family that has channels, of all names but the epicentre, with the sign of their mean z. The control is
 * core/stats/control.h on the estimation window's abnormal returns, the basket being the mean of the linked names.
 * One thread; memory: the struct.
 */
#ifndef AS_APPS_STUDY_DIAGNOSIS_H
#define AS_APPS_STUDY_DIAGNOSIS_H

#include "apps/study/events.h"
#include "apps/study/sample.h"

typedef struct as_study_sector {
    uint8_t bucket;
    size_t names;
    double mean_car, mean_z, t; /* t: cross-sectional, NAN below two names */
} as_study_sector;

typedef struct as_study_control {
    int group; /* index into the playbook's controls; -1: none */
    double k;  /* over sqrt(returns of the window) */
    unsigned used, needs;
    uint32_t member[AS_CONTROL_MAX];
    double gamma[AS_CONTROL_MAX], kappa[AS_CONTROL_MAX];
    unsigned members;
} as_study_control;

typedef struct as_study_diagnosis {
    double m, g;
    int dir;
    size_t linked;
    double breadth; /* NAN without names */
    as_study_control control;
    as_study_sector sector[AS_BUCKET_MAX];
    size_t sectors;
} as_study_diagnosis;

/* Fills the names' w, e, os, linked and epicentre too. event NULL: a pool, of which only the sectors are made. */
void as_study_diagnose(as_study_diagnosis *diagnosis, as_study_sample *sample, const as_universe *universe,
                       const as_playbook *playbook, const as_study_event *event);

#endif
