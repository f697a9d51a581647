/*
 * The overreaction score: how much of a move the news justifies, and how surprising the rest is.
 *
 *   E = w G M dir: channel weight, status gate, size and sign of the shock; sigmas of the name
 *   den = sqrt(1 + (s_w G M)^2)
 *   OS = (z - E) / den
 *
 * z has variance 1 under the null, the weight's prior error s_w adds (s_w G M)^2, so OS has
 * variance 1 when the playbook is right (SCIENCE 3.2 and 3.3, a project's choice; DESIGN 6.15 for
 * dir). OS has the sign of the excess: a reversal takes the other side.
 *
 * Threads: pure function.
 */
#ifndef AS_CORE_SCORE_H
#define AS_CORE_SCORE_H

typedef struct as_score {
    double e;   /* E: justified move, sigmas */
    double den; /* standard deviation of z - E under the null, at least 1 */
    double os;  /* overreaction score; NAN when z is */
} as_score;

typedef struct as_score_input {
    double z;   /* standardised abnormal move of the name */
    double w;   /* channel: sigmas of the name per sigma of the epicentre */
    double s_w; /* prior standard deviation of w, >= 0 */
    double g;   /* gate of the fact's status, 0..1 */
    double m;   /* size of the shock, sigmas, 1..6 */
    int dir;    /* +1 or -1: sign of the shock; +1 for families whose weights are signed already */
} as_score_input;

as_score as_score_compute(const as_score_input *input);

#endif
