/* A view outside events whose trade would open; a test spoils one thing at a time. */
#ifndef AST_SUPPORT_OUTSIDE_VIEW_H
#define AST_SUPPORT_OUTSIDE_VIEW_H

#include "core/signal.h"
#include "tests/support/view.h"

static inline void ast_outside_init(ast_scene *scene, as_role role)
{
    ast_scene_init(scene);
    uint64_t close = scene->view.session_open + 13 * AS_NS_PER_HOUR / 2;
    double none = (double)NAN;
    scene->view = (as_view){
        .now = close,
        .session_open = scene->view.session_open,
        .session_bars = true,
        .role = (uint8_t)role,
        .m = none,
        .g = none,
        .breadth = none,
        .control_k = none,
        .beta = 1,
        .sigma = 0.02,
        .z = none,
        .e = none,
        .os = none,
        .x = 0.10,
        .x_mean = 0.16,
        .s = -1.5,
        .s_eq = 0.04,
        .s_mod = -1.4,
        .ou_b = 0.9,
        .ou_k = 25.2,
        .mid = 100 * AS_PX_ONE,
        .half_spread_bps = 2,
        .spread_ratio = none,
        .depth_ratio = none,
        .hedge = none,
        .thresholds = &scene->thresholds,
        .costs = &scene->costs,
    };
}

/* Run verdicts through a signal's life: +1 long, -1 short, 0 flat after this look. */
static inline int ast_position(ast_scene *scene, const as_strategy *strategy, as_signal *signal)
{
    uint8_t id[16] = {1};
    as_view *view = &scene->view;
    view->open = signal->open;
    view->open_side = signal->open ? signal->side : 0;
    view->open_x = signal->open_x;
    view->open_px = signal->open_px;
    view->cooldown_until = signal->cooldown_until;
    view->now += 24 * AS_NS_PER_HOUR;
    as_verdict verdict = ast_ask(scene, strategy);
    as_signal_apply(signal, view, &verdict, id, view->now + 30 * 24 * AS_NS_PER_HOUR);
    return signal->open ? signal->side : 0;
}

#endif
