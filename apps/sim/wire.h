/*
 * The simulated newswire's words: what a headline of a family, direction and voice says, who says it, and about whom.
 *
 * Texts are the project's own. Each has a place for the company's name and some for fillers, so that two headlines are
 * seldom the same. They are written to be plain: a desk with the reference playbook links issuer, family and cue of
 * nearly all (tests/apps/sim/test_wire.c counts).
 *
 * Pure but for the random stream. Memory: constants.
 */
#ifndef AS_APPS_SIM_WIRE_H
#define AS_APPS_SIM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/sim/random.h"
#include "core/universe.h"

typedef enum as_voice {
    AS_VOICE_RUMOUR = 0, /* unnamed sources */
    AS_VOICE_PLAIN,      /* reported, or released, as a fact */
    AS_VOICE_DENIAL,     /* the company, on record */
    AS_VOICE_CONFIRM     /* the company, on record, about what was a rumour */
} as_voice;

typedef enum as_outlet { AS_OUTLET_TIER1 = 0, AS_OUTLET_TIER2, AS_OUTLET_OFFICIAL, AS_OUTLET_AGGREGATOR } as_outlet;

/* A family that can be planted. */
typedef struct as_wire_family {
    const char *family;
    int8_t own_sign;        /* what it does to its issuer, for families with one direction; 0: both happen */
    const char *issuer[16]; /* symbols that may make such news, NULL-terminated */
    bool private_ok;        /* a private issuer may make it too */
} as_wire_family;

extern const as_wire_family AS_WIRE_FAMILY[];
extern const uint32_t AS_WIRE_FAMILY_COUNT;

/* What a company is called in headlines: its first alias that needs no context, else its first, else its name. */
const char *as_wire_name(const as_instrument *instrument);

/*
 * A headline about name. dir: of the issuer, for families where both happen. Returns false if there is none of that
 * family and voice.
 */
bool as_wire_text(as_sim_random *random, const char *family, int dir, as_voice voice, const char *name, char *out,
                  size_t out_bytes);

/* A headline that shocks nothing: of a family without channels, or a word-sense trap (*family NULL: no issuer). */
void as_wire_unrelated(as_sim_random *random, const char *name, const char **family, char *out, size_t out_bytes);

const char *as_wire_outlet(as_sim_random *random, as_outlet outlet);

#endif
