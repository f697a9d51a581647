#include "apps/study/diagnosis.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/score.h"
#include "core/stats/control.h"
#include "core/stats/event_study.h"

/* ---- sectors ---- */

static void make_sectors(as_study_diagnosis *d, const as_study_sample *sample, const as_universe *universe)
{
    double *car = calloc(sample->names + 1, sizeof *car);
    AS_ASSERT(car);
    for (uint32_t b = 0; b < universe->bucket_count; b++) {
        as_study_sector sector = {.bucket = (uint8_t)b};
        double z = 0;
        for (size_t i = 0; i < sample->names; i++) {
            const as_study_name *name = &sample->name[i];
            if (universe->instrument[name->instrument].bucket != b || !isfinite(name->scar))
                continue;
            sector.mean_car += name->car;
            z += name->scar;
            car[sector.names++] = name->car;
        }
        if (!sector.names)
            continue;
        sector.mean_car /= (double)sector.names;
        sector.mean_z = z / (double)sector.names;
        sector.t = as_cross_section_t(car, sector.names);
        d->sector[d->sectors++] = sector;
    }
    free(car);
}

/* ---- justified move ---- */

static const as_event_family *family_of(const as_playbook *playbook, const as_study_event *event)
{
    const as_event_family *family = &playbook->family[event->type];
    return event->type != AS_EVENT_TYPE_OTHER && family->used ? family : NULL;
}

static bool is_control(const as_playbook *playbook, int group, uint32_t instrument)
{
    for (uint32_t i = 0; group >= 0 && i < playbook->control[group].member_count; i++)
        if (playbook->control[group].member[i] == instrument)
            return true;
    return false;
}

static void size_of_shock(as_study_diagnosis *d, const as_study_sample *sample, const as_playbook *playbook,
                          const as_event_family *family, uint32_t epicentre)
{
    const as_thresholds *th = &playbook->thresholds;
    double z = NAN;
    for (size_t i = 0; i < sample->names; i++)
        if (sample->name[i].instrument == epicentre)
            z = sample->name[i].scar;
    d->m = family ? family->default_m : (double)NAN;
    d->dir = 1;
    if (isfinite(z)) {
        d->m = fmin(fmax(fabs(z), th->m_min), th->m_max);
        d->dir = z < 0 ? -1 : 1;
    }
    if (family && family->is_signed)
        d->dir = 1;
}

static void score_names(as_study_diagnosis *d, as_study_sample *sample, const as_universe *universe,
                        const as_playbook *playbook, const as_study_event *event)
{
    for (size_t i = 0; i < sample->names; i++) {
        as_study_name *name = &sample->name[i];
        name->epicentre = name->instrument == event->instrument;
        name->linked = false;
        as_channel channel = as_playbook_channel(playbook, universe, event->type, event->instrument, name->instrument);
        if (!channel.set)
            continue;
        as_score score = as_score_compute(
            &(as_score_input){.z = name->scar, .w = channel.w, .s_w = channel.s, .g = d->g, .m = d->m, .dir = d->dir});
        name->w = channel.w;
        name->e = score.e;
        name->os = score.os;
        name->linked = !name->epicentre && !is_control(playbook, d->control.group, name->instrument);
        d->linked += name->linked;
    }
}

/* ---- breadth ---- */

static bool in_basket(const as_study_diagnosis *d, const as_study_name *name)
{
    return isfinite(name->scar) && (d->linked ? name->linked : !name->epicentre);
}

static void measure_breadth(as_study_diagnosis *d, const as_study_sample *sample, const as_thresholds *th)
{
    double sum = 0;
    double n = 0;
    for (size_t i = 0; i < sample->names; i++) {
        if (in_basket(d, &sample->name[i])) {
            sum += sample->name[i].scar;
            n++;
        }
    }
    double moved = 0;
    for (size_t i = 0; i < sample->names; i++) {
        const as_study_name *name = &sample->name[i];
        if (!in_basket(d, name))
            continue;
        double direction = d->linked && name->e != 0 ? name->e : sum;
        moved += fabs(name->scar) >= th->z_breadth && name->scar * direction > 0;
    }
    d->breadth = n > 0 ? moved / n : (double)NAN;
}

/* ---- control ---- */

/* The basket's abnormal return at each time of the estimation window, NAN where no name has one. */
static void basket_residuals(const as_study_sample *sample, double *basket)
{
    size_t count = sample->options.estimation;
    for (size_t t = 0; t < count; t++) {
        double sum = 0;
        double n = 0;
        for (size_t i = 0; i < sample->names; i++) {
            double r = sample->residual[i * count + t];
            if (sample->name[i].linked && isfinite(r)) {
                sum += r;
                n++;
            }
        }
        basket[t] = n > 0 ? sum / n : (double)NAN;
    }
}

static void measure_control(as_study_diagnosis *d, const as_study_sample *sample, const as_playbook *playbook)
{
    as_study_control *control = &d->control;
    control->k = NAN;
    if (control->group < 0 || d->linked == 0)
        return;
    size_t count = sample->options.estimation;
    double *basket = calloc(count, sizeof *basket);
    AS_ASSERT(basket);
    basket_residuals(sample, basket);
    double move = 0;
    for (size_t i = 0; i < sample->names; i++)
        move += sample->name[i].linked && isfinite(sample->name[i].car) ? sample->name[i].car / (double)d->linked : 0;
    const as_control *group = &playbook->control[control->group];
    double q[AS_CONTROL_MAX];
    control->needs = group->needs;
    for (uint32_t c = 0; c < group->member_count; c++) {
        for (size_t i = 0; i < sample->names; i++) {
            const as_study_name *name = &sample->name[i];
            if (name->instrument != group->member[c] || name->epicentre)
                continue;
            as_control_fit fit = as_control_fit_residuals(sample->residual + i * count, basket, count);
            unsigned m = control->members++;
            q[m] = group->q[c];
            control->member[m] = name->instrument;
            control->gamma[m] = fit.g;
            control->kappa[m] =
                as_control_kappa(&fit, name->car, move) / sqrt((double)as_study_window(&sample->options));
        }
    }
    as_control_verdict verdict = as_control_combine(q, control->kappa, control->members);
    control->used = verdict.used;
    control->k = verdict.used >= group->needs ? verdict.k : (double)NAN;
    free(basket);
}

void as_study_diagnose(as_study_diagnosis *diagnosis, as_study_sample *sample, const as_universe *universe,
                       const as_playbook *playbook, const as_study_event *event)
{
    as_study_diagnosis *d = diagnosis;
    *d = (as_study_diagnosis){.m = NAN, .g = NAN, .breadth = NAN, .control = {.group = -1, .k = NAN}};
    make_sectors(d, sample, universe);
    if (!event)
        return;
    const as_event_family *family = family_of(playbook, event);
    d->g = event->gate;
    d->control.group = family ? family->control : -1;
    uint32_t epicentre = event->instrument;
    if (family && family->epicentre != AS_INSTRUMENT_NONE)
        epicentre = family->epicentre;
    for (size_t i = 0; i < sample->names; i++)
        if (sample->name[i].instrument == event->instrument)
            epicentre = event->instrument; /* it has a price of its own */
    size_of_shock(d, sample, playbook, family, epicentre);
    if (family)
        score_names(d, sample, universe, playbook, event);
    else
        for (size_t i = 0; i < sample->names; i++)
            sample->name[i].epicentre = sample->name[i].instrument == event->instrument;
    measure_breadth(d, sample, &playbook->thresholds);
    measure_control(d, sample, playbook);
}
