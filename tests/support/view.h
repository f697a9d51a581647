/* A view of a name that overreacted and may be faded; a test spoils one thing at a time. */
#ifndef AST_SUPPORT_VIEW_H
#define AST_SUPPORT_VIEW_H

#include <math.h>

#include "core/event.h"
#include "core/view.h"

typedef struct ast_scene {
    as_thresholds thresholds;
    as_costs_config costs;
    as_view view;
    uint64_t state[AS_STRATEGY_STATE_BYTES / 8];
} ast_scene;

static inline void ast_scene_init(ast_scene *scene)
{
    uint64_t open = UINT64_C(1782912600) * AS_NS_PER_S;
    *scene = (ast_scene){.costs = {.half_spread_bps = 2, .fees_bps = 0.5, .impact_bps = 2, .borrow = true}};
    as_thresholds_default(&scene->thresholds);
    scene->view = (as_view){
        .now = open + 3 * AS_NS_PER_HOUR,
        .t0 = open - AS_NS_PER_HOUR,
        .session_open = open,
        .role = AS_ROLE_LINKED,
        .status = AS_FACT_RUMOUR,
        .tier = 1,
        .fade = true,
        .frozen = true,
        .dir = 1,
        .chain_sign = -1,
        .basket_sign = -1,
        .m = 4,
        .g = 0.6,
        .w = -0.05,
        .s_w = 0.1,
        .breadth = 0.5,
        .control_k = (double)NAN,
        .flagged_mean_ar = (double)NAN,
        .beta = 1,
        .sigma = 0.03,
        .car = -0.09,
        .h = 1,
        .z = -3,
        .e = -0.12,
        .os = -2.8,
        .x = -0.08,
        .x_mean = -0.004,
        .s = -2,
        .ou_b = 0.9,
        .ou_k = 30,
        .variance_ratio = 0.8,
        .extreme_age_ns = AS_NS_PER_HOUR,
        .mid = 100 * AS_PX_ONE,
        .half_spread_bps = 2,
        .spread_ratio = 1,
        .depth_ratio = 1,
        .jump_age_ns = AS_TS_UNDEFINED,
        .shocked = true,
        .in_time = true,
        .vol_ratio = 1,
        .thresholds = &scene->thresholds,
        .costs = &scene->costs,
    };
}

static inline as_verdict ast_ask(ast_scene *scene, const as_strategy *strategy)
{
    as_verdict verdict = {
        .p = (double)NAN, .target = AS_PX_UNDEFINED, .stop = AS_PX_UNDEFINED, .half_life_ns = AS_TS_UNDEFINED};
    strategy->evaluate(&scene->view, scene->state, &verdict);
    return verdict;
}

#endif
