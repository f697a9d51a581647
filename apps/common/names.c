#include "apps/common/names.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

static void number(FILE *file, const char *key, double value)
{
    if (isfinite(value))
        fprintf(file, ",\"%s\":%.17g", key, value);
    else
        fprintf(file, ",\"%s\":null", key);
}

static void write_anchor(FILE *file, const as_engine *engine, const as_shock *shock, const char *key,
                         const as_anchor *anchor, const char *role)
{
    fprintf(file, "{\"fact\":\"%s\",\"t0\":%" PRIu64 ",\"role\":\"%s\",\"symbol\":\"%s\"", key, shock->t0, role,
            as_symbols_name(&engine->universe->symbols, anchor->instrument));
    fprintf(file, ",\"anchor_px\":%" PRId64 ",\"anchor_ts\":%" PRIu64, anchor->px, anchor->ts);
    number(file, "beta", anchor->beta);
    number(file, "sigma", anchor->sigma);
    number(file, "car", anchor->measured ? anchor->car : (double)NAN);
    number(file, "h", anchor->measured ? anchor->h : (double)NAN);
    number(file, "z", anchor->measured ? anchor->z : (double)NAN);
    fprintf(file, ",\"sessions\":%u", engine->market.daily[anchor->instrument].model.n);
}

static void write_linked(FILE *file, const as_engine *engine, const as_shock *shock, const char *key,
                         const as_linked *linked)
{
    write_anchor(file, engine, shock, key, &linked->anchor, "linked");
    number(file, "w", linked->w);
    number(file, "s_w", linked->s_w);
    number(file, "e", linked->e);
    number(file, "os", linked->os);
    number(file, "later", linked->later);
    number(file, "x", linked->x);
    number(file, "x_mean", linked->x_mean);
    number(file, "s", linked->s);
    number(file, "s_eq", linked->s_eq);
    number(file, "ou_k", linked->ou_k);
    fputs("}\n", file);
}

static void write_shock(FILE *file, as_engine *engine, const as_shock *shock)
{
    const as_fact *fact = as_fact_find(&engine->facts, shock->fact);
    if (!fact)
        return;
    write_anchor(file, engine, shock, fact->key, &shock->epicentre, "epicentre");
    number(file, "m", shock->m);
    number(file, "g", shock->g);
    number(file, "b", as_shock_breadth(shock));
    number(file, "k", shock->k);
    number(file, "z_basket", as_shock_basket_z(shock));
    number(file, "dispersion", as_shock_dispersion(shock));
    number(file, "vol_ratio", shock->vol_ratio);
    fprintf(file, ",\"shocked\":%s", shock->shocked ? "true" : "false");
    fprintf(file, ",\"dir\":%d,\"linked\":%u,\"status\":\"%s\"}\n", shock->dir, shock->linked_count,
            as_fact_status_text((as_fact_status)fact->status));
    for (uint32_t i = 0; i < shock->linked_count; i++)
        write_linked(file, engine, shock, fact->key, &shock->linked[i]);
    for (uint32_t i = 0; i < shock->control_count; i++) {
        const as_control_state *control = &shock->control[i];
        write_anchor(file, engine, shock, fact->key, &control->anchor, "control");
        number(file, "q", control->q);
        number(file, "gamma", control->fit.g);
        number(file, "variance", control->fit.v);
        fputs("}\n", file);
    }
}

int as_names_write(const char *path, as_engine *engine)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdout : fopen(path, "we");
    if (!file)
        return as_error_set(-errno, "%s: cannot be written: %s", path, strerror(errno));
    for (unsigned i = 0; i < AS_FACT_MAX; i++)
        if (engine->shocks.shock[i].fact)
            write_shock(file, engine, &engine->shocks.shock[i]);
    int rc = fflush(file) || ferror(file) ? as_error_set(-EIO, "%s: %s", path, strerror(errno)) : 0;
    if (!standard)
        fclose(file);
    return rc;
}
