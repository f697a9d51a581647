#include "core/score.h"

#include "core/logexp.h"

as_score as_score_compute(const as_score_input *input)
{
    double shock = input->g * input->m;
    double spread = input->s_w * shock;
    as_score score;
    score.e = input->w * shock * input->dir;
    score.den = as_sqrt(1 + spread * spread);
    score.os = (input->z - score.e) / score.den;
    return score;
}
