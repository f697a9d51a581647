#include "core/playbook_schema.h"

#include <stddef.h>

#define ROW(member, standard_value, least_value, most_value, unit_text, meaning_text)                              \
    {                                                                                                                  \
        .name = #member, .offset = offsetof(as_thresholds, member), .standard = (standard_value),                      \
        .least = (least_value), .most = (most_value), .unit = (unit_text), .meaning = (meaning_text)                   \
    }

/* SCIENCE 6's table, and the numbers of its sections 2.9 to 5.2. */
const as_threshold_key as_threshold_keys[AS_THRESHOLD_COUNT] = {
    ROW(lambda_vol, 0.94, 0, 0.999999, "", "decay of the daily variance, EWMA (RiskMetrics)"),
    ROW(beta_half_life_days, 60, 1, 1000, "sessions", "half-life of the beta"),
    ROW(h_floor, 0.02, 1e-6, 1, "sessions", "least elapsed time in z: the first seconds would blow it up"),
    ROW(overnight_share, 0.30, 0, 1, "", "share of a session's variance between close and open"),
    ROW(m_min, 1, 0, 20, "sigma", "least M of an epicentre with a price"),
    ROW(m_max, 6, 0, 20, "sigma", "largest"),
    ROW(m_freeze_min, 60, 0, 100000, "minutes", "after t0, when M stops moving"),
    ROW(os_open, 2.0, 0, 20, "", "|OS| at which an overreaction opens"),
    ROW(os_close, 1.0, 0, 20, "", "|OS| below which it closes"),
    ROW(z_breadth, 2.0, 0, 20, "sigma", "|z| of a name that counts in the breadth"),
    ROW(z_hysteresis, 0.1, 0, 10, "sigma", "how far it must fall back to count no more"),
    ROW(breadth_gate, 0.30, 0, 1, "", "breadth below which nothing is faded (BREADTH_LOW)"),
    ROW(s_open, 1.25, 0, 20, "", "|s| from which a fade may open (Avellaneda and Lee 2010)"),
    ROW(s_close_long, 0.50, 0, 20, "", "a long closes when s is above minus this"),
    ROW(s_close_short, 0.75, 0, 20, "", "a short closes when s is below this"),
    ROW(k_min, 8.4, 0, 100000, "per year", "slowest reversion of the pre-event residual that is faded"),
    ROW(half_life_days, 2.5, 0.001, 1000, "sessions", "half-life of the expected reversion"),
    ROW(horizon_days, 5, 0.001, 1000, "sessions", "horizon of a signal"),
    ROW(rho_base, 0.10, 0, 1, "", "share of a shock that comes back"),
    ROW(rho_breadth, 0.45, 0, 1, "", "the same at or above breadth_gate"),
    ROW(edge_cost_multiple, 2.5, 0, 100, "", "expected reversion must be this many times the cost (NO_EDGE)"),
    ROW(own_news_hours, 24, 0, 10000, "hours", "how long a name's own news vetoes (OWN_NEWS)"),
    ROW(own_news_relevance, 0.5, 0, 1, "", "least relevance of such news"),
    ROW(own_news_novelty, 0.5, 0, 1, "", "least novelty of such news"),
    ROW(control_news_days, 10, 0, 1000, "days", "own news that takes a control out"),
    ROW(control_k, 2.0, 0, 20, "", "K from which the controls contradict"),
    ROW(novelty_half_life_hours, 24, 0.001, 10000, "hours", "half-life of staleness"),
    ROW(novelty_min, 0.2, 0, 1, "", "novelty below which an item is stale (STALE_NEWS)"),
    ROW(cluster_jaccard, 0.35, 0, 1, "", "similarity that makes two items one fact"),
    ROW(cluster_containment, 0.55, 0, 1, "", "containment that does so"),
    ROW(stabilisation_min, 30, 0, 100000, "minutes", "without a new extreme or a jump, before a fade opens"),
    ROW(quote_stale_s, 5, 0.001, 1e6, "seconds", "age of a stale quote"),
    ROW(resume_wait_s, 300, 0, 1e6, "seconds", "after a halt, before a signal"),
    ROW(resume_quotes, 20, 0, 1e6, "quotes", "after a halt, before a signal"),
    ROW(bar_stale_days, 2, 0.001, 1000, "sessions", "age of a stale bar"),
    ROW(spread_median_multiple, 5, 1, 1000, "", "a quote wider than this many medians is not valid"),
    ROW(trade_spread_multiple, 3, 1, 1000, "", "a quote wider than this many medians opens no trade (WIDE_SPREAD)"),
    ROW(cooldown_min, 30, 0, 100000, "minutes", "after a stop (COOLDOWN)"),
    ROW(update_s, 60, 0, 1e6, "seconds", "least time between updates without another cause"),
    ROW(warmup_sessions, 40, 0, 128, "sessions", "history a name needs (WARMUP)"),
    ROW(lookback_s, 60, 0, 1e6, "seconds", "how far back an anchor may be looked up; older: LATE_NEWS"),
    ROW(expiry_sessions, 10, 0.001, 1000, "sessions", "without a new item, after which a fact expires"),
    ROW(under_e, 1.0, 0, 20, "sigma", "|E| from which a name may underreact"),
    ROW(under_ratio, 0.5, 0, 1, "", "|z| below this share of |E| is an underreaction"),
    ROW(weak_w, 0.10, 0, 10, "", "|w| up to which there is no real channel (NO_CHANNEL)"),
    ROW(shock_z, 4.0, 0, 20, "sigma", "joint z of epicentre and basket that makes a headline a shock (NO_SHOCK)"),
    ROW(react_sessions, 1, 0.01, 1000, "sessions", "after t0, when an overreaction opens no more (LATE_MOVE)"),
    ROW(vol_regime, 1.5, 0, 100, "", "recent over usual volatility of the basket that is not faded alone (VOL_REGIME)"),
    ROW(z_fade_max, 6, 0, 20, "sigma", "a larger |z| is not faded below breadth_gate (EXTREME_Z)"),
    ROW(kill_stops, 3, 1, 1000, "stops", "on one fact, after which it is not faded again (KILLED)"),
    ROW(depth_min, 0.25, 0, 100, "", "size at the best prices over its median, to open a trade (THIN)"),
};

_Static_assert(AS_THRESHOLD_COUNT * sizeof(double) == sizeof(as_thresholds), "every threshold has a row");

double *as_threshold_at(as_thresholds *thresholds, size_t idx)
{
    return (double *)(void *)((char *)thresholds + as_threshold_keys[idx].offset);
}

void as_thresholds_default(as_thresholds *thresholds)
{
    for (size_t i = 0; i < AS_THRESHOLD_COUNT; i++)
        *as_threshold_at(thresholds, i) = as_threshold_keys[i].standard;
}
