#include "apps/sim/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/arrivals.h"
#include "core/date.h"
#include "core/error.h"
#include "core/logexp.h"
#include "core/score.h"

enum {
    MINUTE_S = 60,
    REF_MINUTES = 60,    /* M freezes then (DESIGN 6.14) */
    OPEN_MINUTES = 5,    /* a name that was closed has answered by then */
    ANSWER_MINUTES = 75, /* no rumour is answered before M is frozen */
    PICK_TRIES = 64
};

static const uint64_t minute_ns = MINUTE_S * AS_NS_PER_S;
static const double answer_span = 0.08; /* of a session: half an hour around midday is 0.03, the first one 0.09 */

/* What is being put together. */
typedef struct planner {
    as_sim_plan *plan;
    uint64_t seed;
    as_sim_random random, words;
    uint32_t event_room, headline_room;
    int64_t *used; /* [family][instrument]: session of the last headline */
} planner;

static double uniform_in(as_sim_random *random, as_range range)
{
    return range.low + (range.high - range.low) * as_sim_random_uniform(random);
}

/* Index of a weight, by its share. */
static uint32_t draw_weighted(as_sim_random *random, const double *weight, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += weight[i];
    double left = sum * as_sim_random_uniform(random);
    for (uint32_t i = 0; i < count; i++) {
        left -= weight[i];
        if (left < 0 && weight[i] > 0)
            return i;
    }
    for (uint32_t i = count; i-- > 0;)
        if (weight[i] > 0)
            return i;
    return 0;
}

/* ---- sessions ---- */

static const as_session *next_session(const as_calendar *calendar, const as_session *session)
{
    return as_calendar_session(calendar, session->close + 1);
}

static int by_opening(const void *a, const void *b)
{
    const as_plan_session *x = a, *y = b;
    if (x->session->open != y->session->open)
        return x->session->open < y->session->open ? -1 : 1;
    return x->calendar < y->calendar ? -1 : x->calendar > y->calendar;
}

static int list_slots(as_sim_plan *plan)
{
    const as_sim_market *m = plan->market;
    uint64_t from = plan->history[0]->prev_close, to = plan->session[plan->session_count - 1]->close;
    size_t room = 0;
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t c = 0; c < m->universe.calendar_count; c++) {
            bool used = false;
            for (uint32_t i = 0; i < m->count; i++)
                used |= m->sim[i].calendar == c;
            const as_session *session = as_calendar_session(m->universe.calendar[c], from + 1);
            for (; used && session->close <= to; session = next_session(m->universe.calendar[c], session)) {
                if (session->open <= from)
                    continue;
                if (pass)
                    plan->slot[plan->slot_count++] = (as_plan_session){session, c};
                else
                    room++;
            }
        }
        if (!pass && !(plan->slot = calloc(room + 1, sizeof *plan->slot)))
            return as_error_set(-ENOMEM, "out of memory for %zu sessions", room);
    }
    qsort(plan->slot, plan->slot_count, sizeof *plan->slot, by_opening);
    return 0;
}

static int list_sessions(as_sim_plan *plan, uint32_t sessions)
{
    const as_sim_market *m = plan->market;
    const as_calendar *calendar = m->universe.calendar[m->sim[0].calendar];
    const as_session *session = NULL;
    for (int64_t day = as_date_to_days(m->start); !session; day++)
        session = as_calendar_session_on(calendar, as_date_from_days(day));
    plan->session_count = sessions ? sessions : m->session_count;
    plan->history_count = m->history_count;
    plan->session = calloc(plan->session_count, sizeof *plan->session);
    plan->history = calloc(plan->history_count, sizeof *plan->history);
    if (!plan->session || !plan->history)
        return as_error_set(-ENOMEM, "out of memory for %u sessions", plan->session_count);
    const as_session *before = session;
    for (uint32_t i = plan->history_count; i-- > 0;)
        plan->history[i] = before = as_calendar_session(calendar, before->prev_close);
    for (uint32_t i = 0; i < plan->session_count; i++, session = next_session(calendar, session))
        plan->session[i] = session;
    return list_slots(plan);
}

/* ---- headlines ---- */

static int add_headline(planner *p, uint64_t ts, const char *source, uint32_t issuer, uint32_t event, const char *text)
{
    as_sim_plan *plan = p->plan;
    if (plan->headline_count == p->headline_room) {
        uint32_t room = p->headline_room ? 2 * p->headline_room : 1024;
        as_plan_headline *grown = realloc(plan->headline, room * sizeof *grown);
        if (!grown)
            return as_error_set(-ENOMEM, "out of memory after %u headlines", plan->headline_count);
        plan->headline = grown;
        p->headline_room = room;
    }
    as_plan_headline *headline = &plan->headline[plan->headline_count++];
    *headline = (as_plan_headline){.ts = ts, .source = source, .issuer = issuer, .event = event};
    (void)snprintf(headline->text, sizeof headline->text, "%s", text);
    return 0;
}

static const char *name_of(const planner *p, uint32_t issuer)
{
    return as_wire_name(&p->plan->market->universe.instrument[issuer]);
}

/* The first headline, sometimes repeated by an aggregator; and the company's answer. */
static int tell(planner *p, uint32_t index)
{
    static const as_outlet outlet[] = {AS_OUTLET_TIER1, AS_OUTLET_TIER2, AS_OUTLET_TIER1, AS_OUTLET_OFFICIAL};
    const as_plan_event *event = &p->plan->event[index];
    const char *name = name_of(p, event->issuer);
    char text[AS_PLAN_TEXT_BYTES];
    as_voice voice = event->status <= AS_PLANT_RUMOUR_T2 ? AS_VOICE_RUMOUR : AS_VOICE_PLAIN;
    as_wire_text(&p->words, event->family, event->own_sign, voice, name, text, sizeof text);
    int rc = add_headline(p, event->t0, as_wire_outlet(&p->words, outlet[event->status]), event->issuer, index, text);
    if (rc == 0 && as_sim_random_below(&p->words, 2)) {
        uint64_t later = (3 + as_sim_random_below(&p->words, 37)) * minute_ns;
        rc = add_headline(p, event->t0 + later, as_wire_outlet(&p->words, AS_OUTLET_AGGREGATOR), event->issuer, index,
                          text);
    }
    if (rc < 0 || !event->answered_at)
        return rc;
    voice = event->kind == AS_PLANT_DENIAL ? AS_VOICE_DENIAL : AS_VOICE_CONFIRM;
    as_wire_text(&p->words, event->family, event->own_sign, voice, name, text, sizeof text);
    return add_headline(p, event->answered_at, as_wire_outlet(&p->words, AS_OUTLET_OFFICIAL), event->issuer, index,
                        text);
}

/* ---- what is planted on a name ---- */

static bool is_control(const as_playbook *playbook, int control, uint32_t instrument)
{
    for (uint32_t i = 0; control >= 0 && i < playbook->control[control].member_count; i++)
        if (playbook->control[control].member[i] == instrument)
            return true;
    return false;
}

static bool is_index(const as_sim_market *m, uint32_t name)
{
    uint8_t bucket = m->sim[name].bucket;
    return name == 0 || (bucket != AS_BUCKET_NONE && strcmp(m->universe.bucket[bucket], "index") == 0);
}

static uint64_t next_minute(uint64_t ts)
{
    return (ts + minute_ns - 1) / minute_ns * minute_ns;
}

/* When the name answers, on its own calendar. */
static void set_clock(const as_sim_market *m, as_planted *planted, const as_plan_event *event)
{
    const as_calendar *calendar = m->universe.calendar[m->sim[planted->name].calendar];
    const as_session *session = as_calendar_session(calendar, event->t0);
    double share = m->volatility.overnight;
    bool closed = event->t0 < session->open;
    uint64_t soonest = session->open + OPEN_MINUTES * minute_ns;
    planted->t_ref = event->t0 + REF_MINUTES * minute_ns;
    planted->t_ref = planted->t_ref < soonest ? soonest : planted->t_ref;
    planted->v_anchor = closed ? (double)session->index : as_session_clock(session, event->t0, share);
    planted->v_start = as_session_clock(session, next_minute(event->t0), share);
    planted->v_ref = as_session_clock(session, planted->t_ref, share);
    planted->h_ref = planted->v_ref - planted->v_anchor;
    if (!event->answered_at)
        return;
    session = as_calendar_session(calendar, event->answered_at);
    planted->v_answer = event->answered_at < session->open
                            ? as_session_clock(session, session->open, share) - answer_span
                            : as_session_clock(session, next_minute(event->answered_at), share);
}

/* The sign that the shock has on a name: of w, or where that is 0 that of most names. */
static int chain_sign(double w, int turn, int basket)
{
    return (w > 0 ? 1 : w < 0 ? -1 : basket) * turn;
}

static void plant_name(planner *p, as_plan_event *event, as_planted *planted, const as_channel *channel, int basket)
{
    const as_plant_rules *rules = &p->plan->market->plant;
    const as_event_family *family = &p->plan->market->playbook->family[as_event_type_find(event->family)];
    int turn = family->is_signed ? 1 : event->dir;
    double noise = as_sim_random_normal(&p->random), d = uniform_in(&p->random, rules->excess_os);
    planted->w = channel->w;
    planted->s_w = channel->s;
    as_score score = as_score_compute(
        &(as_score_input){.z = 0, .w = channel->w, .s_w = channel->s, .g = event->g, .m = event->m, .dir = turn});
    planted->e = score.e;
    if (event->kind >= AS_PLANT_PRICED)
        return;
    planted->w_true = channel->w + channel->s * noise;
    planted->e_true = planted->w_true * event->g * event->m * turn;
    if (event->kind == AS_PLANT_RUMOUR_CONFIRMED) {
        double confirmed = p->plan->market->playbook->gate.confirmed;
        planted->e_confirmed = planted->w_true * (confirmed - event->g) * event->m * turn;
    }
    if (planted->half_life < 0) /* not chosen to overreact */
        return;
    planted->planted_os = d * chain_sign(channel->w, turn, basket);
    planted->excess = planted->planted_os * score.den;
}

/* Most names' sign, for those with weight 0. */
static int basket_sign(const as_sim_market *m, uint16_t type, uint32_t issuer)
{
    double sum = 0;
    for (uint32_t i = 1; i < m->count; i++) {
        as_channel channel = as_playbook_channel(m->playbook, &m->universe, type, issuer, m->sim[i].instrument);
        sum += channel.set ? channel.w : 0;
    }
    return sum < 0 ? -1 : 1;
}

static int plant(planner *p, as_plan_event *event, int epicentre)
{
    const as_sim_market *m = p->plan->market;
    uint16_t type = (uint16_t)as_event_type_find(event->family);
    const as_event_family *family = &m->playbook->family[type];
    bool over = event->kind == AS_PLANT_OVERREACTION || event->kind == AS_PLANT_NO_REVERSION;
    double share = uniform_in(&p->random, m->plant.excess_share);
    as_range logs = {as_log(m->plant.half_life.low), as_log(m->plant.half_life.high)};
    double half_life = as_exp(uniform_in(&p->random, logs));
    int basket = basket_sign(m, type, event->issuer);
    event->planted = calloc(m->count, sizeof *event->planted);
    if (!event->planted)
        return as_error_set(-ENOMEM, "out of memory for an event of %u names", m->count);
    for (uint32_t i = 1; i < m->count; i++) {
        as_channel channel = as_playbook_channel(m->playbook, &m->universe, type, event->issuer, m->sim[i].instrument);
        bool is_epicentre = (int)i == epicentre;
        bool linked = channel.set && !is_index(m, i) && !is_control(m->playbook, family->control, m->sim[i].instrument);
        if (!is_epicentre && (!linked || m->sim[i].instrument == event->issuer))
            continue;
        as_planted *planted = &event->planted[event->planted_count++];
        *planted = (as_planted){.name = i, .epicentre = is_epicentre};
        set_clock(m, planted, event);
        if (is_epicentre) {
            planted->w = planted->s_w = planted->w_true = (double)NAN;
            planted->e_true = event->kind < AS_PLANT_PRICED ? event->m * event->own_sign : 0;
            continue;
        }
        bool chosen = over && as_sim_random_uniform(&p->random) < share;
        planted->half_life = !chosen ? -1 : event->kind == AS_PLANT_OVERREACTION ? half_life : 0;
        plant_name(p, event, planted, &channel, basket);
        planted->half_life = planted->half_life < 0 ? 0 : planted->half_life;
    }
    return 0;
}

/* ---- events ---- */

static as_plan_event *new_event(planner *p)
{
    as_sim_plan *plan = p->plan;
    if (plan->event_count == p->event_room) {
        uint32_t room = p->event_room ? 2 * p->event_room : 256;
        as_plan_event *grown = realloc(plan->event, room * sizeof *grown);
        if (!grown) {
            as_error_set(-ENOMEM, "out of memory after %u events", plan->event_count);
            return NULL;
        }
        plan->event = grown;
        p->event_room = room;
    }
    as_plan_event *event = &plan->event[plan->event_count++];
    *event = (as_plan_event){.issuer = AS_INSTRUMENT_NONE, .g = 1};
    return event;
}

/* An issuer and a family that have no open fact. */
static bool pick(planner *p, as_plan_event *event, bool may_be_private, const as_wire_family **found)
{
    const as_sim_market *m = p->plan->market;
    bool private_issuer =
        may_be_private && m->private_count > 0 && as_sim_random_uniform(&p->random) < m->plant.private_share;
    for (unsigned tries = 0; tries < PICK_TRIES; tries++) {
        const as_wire_family *wire = &AS_WIRE_FAMILY[as_sim_random_below(&p->random, AS_WIRE_FAMILY_COUNT)];
        int type = as_event_type_find(wire->family);
        uint32_t issuers = 0, issuer;
        while (issuers < sizeof wire->issuer / sizeof *wire->issuer && wire->issuer[issuers])
            issuers++;
        if (type < 0 || !m->playbook->family[type].used || (private_issuer && !wire->private_ok))
            continue;
        if (private_issuer) {
            issuer = m->private_issuer[as_sim_random_below(&p->random, m->private_count)];
        } else {
            const char *symbol = wire->issuer[as_sim_random_below(&p->random, issuers)];
            issuer = as_symbols_find(&m->universe.symbols, symbol, strlen(symbol));
            if (issuer == AS_INSTRUMENT_NONE || as_sim_market_find(m, issuer) < 0)
                continue;
        }
        int64_t *used = &p->used[(size_t)(wire - AS_WIRE_FAMILY) * m->universe.symbols.count + issuer];
        if ((int64_t)event->session - *used < AS_PLAN_GAP_SESSIONS)
            continue;
        event->issuer = issuer;
        event->family = wire->family;
        *found = wire;
        return true;
    }
    return false;
}

static uint64_t draw_moment(planner *p, const as_session *session, double before_open)
{
    bool early = as_sim_random_uniform(&p->random) < before_open;
    uint64_t length = session->close - session->open;
    uint64_t room = early ? 170 * minute_ns : length - 85 * minute_ns;
    uint64_t from = early ? session->open - 180 * minute_ns : session->open + 10 * minute_ns;
    uint64_t ts = from + (uint64_t)(as_sim_random_uniform(&p->random) * (double)room);
    return ts / 1000000 * 1000000;
}

static void draw_answer(planner *p, as_plan_event *event)
{
    const as_sim_plan *plan = p->plan;
    if (event->kind != AS_PLANT_DENIAL && event->kind != AS_PLANT_RUMOUR_CONFIRMED)
        return;
    double hours = uniform_in(&p->random, plan->market->plant.answer_hours);
    uint64_t wait = (uint64_t)(hours * 3600) * AS_NS_PER_S;
    wait = wait < ANSWER_MINUTES * minute_ns ? ANSWER_MINUTES * minute_ns : wait;
    uint64_t ts = event->t0 + wait;
    const as_session *session = plan->session[event->session];
    if (event->t0 < session->open && ts < session->open + ANSWER_MINUTES * minute_ns)
        ts = session->open + ANSWER_MINUTES * minute_ns;
    event->answered_at = ts;
}

static void draw_status(planner *p, as_plan_event *event)
{
    const as_sim_market *m = p->plan->market;
    const as_status_gate *gate = &m->playbook->gate;
    bool rumour = event->kind == AS_PLANT_DENIAL || event->kind == AS_PLANT_RUMOUR_CONFIRMED;
    double weight[AS_PLANT_STATUS_COUNT];
    memcpy(weight, m->plant.status, sizeof weight);
    if (rumour) {
        weight[AS_PLANT_DEVELOPING] = weight[AS_PLANT_CONFIRMED] = 0;
        weight[AS_PLANT_RUMOUR_T1] += 1e-9; /* if the scenario has no rumours of its own */
    }
    event->status = (uint8_t)draw_weighted(&p->random, weight, AS_PLANT_STATUS_COUNT);
    event->g = event->status == AS_PLANT_RUMOUR_T1    ? gate->rumour[1]
               : event->status == AS_PLANT_RUMOUR_T2  ? gate->rumour[2]
               : event->status == AS_PLANT_DEVELOPING ? gate->developing
                                                      : gate->confirmed;
}

/* Size and sign of the shock, and whose price shows it (-1: nobody's). */
static int draw_size(planner *p, as_plan_event *event, const as_wire_family *wire)
{
    const as_sim_market *m = p->plan->market;
    const as_event_family *family = &m->playbook->family[as_event_type_find(wire->family)];
    int coin = as_sim_random_below(&p->random, 2) ? 1 : -1;
    double z = uniform_in(&p->random, m->plant.epicentre_z);
    int epicentre = as_sim_market_find(m, event->issuer);
    event->own_sign = wire->own_sign ? wire->own_sign : coin;
    event->dir = family->is_signed ? 1 : event->own_sign;
    if (epicentre < 0 && family->epicentre != AS_INSTRUMENT_NONE) {
        epicentre = as_sim_market_find(m, family->epicentre);
        as_channel channel = as_playbook_channel(m->playbook, &m->universe, (uint16_t)as_event_type_find(wire->family),
                                                 event->issuer, family->epicentre);
        event->own_sign = channel.set && channel.w < 0 ? -1 : 1;
    }
    z = epicentre < 0 ? family->default_m : z;
    event->m = z < m->playbook->thresholds.m_min   ? m->playbook->thresholds.m_min
               : z > m->playbook->thresholds.m_max ? m->playbook->thresholds.m_max
                                                   : z;
    if (event->kind >= AS_PLANT_PRICED)
        event->m = m->playbook->thresholds.m_min;
    return epicentre;
}

static int add_event(planner *p, uint32_t session, as_plant_kind kind)
{
    const as_sim_market *m = p->plan->market;
    const as_wire_family *wire = NULL;
    as_plan_event *event = new_event(p);
    if (!event)
        return -ENOMEM;
    event->session = session;
    event->kind = (uint8_t)kind;
    if (!pick(p, event, kind < AS_PLANT_PRICED, &wire)) {
        p->plan->event_count--; /* every issuer of every family has just had its news */
        return 0;
    }
    event->t0 = draw_moment(p, p->plan->session[session], m->plant.before_open);
    draw_status(p, event);
    draw_answer(p, event);
    int epicentre = draw_size(p, event, wire);
    const as_calendar *calendar = m->universe.calendar[m->sim[0].calendar];
    int64_t last = as_calendar_session(calendar, event->answered_at ? event->answered_at : event->t0)->index;
    p->used[(size_t)(wire - AS_WIRE_FAMILY) * m->universe.symbols.count + event->issuer] =
        last - p->plan->session[0]->index;
    as_planted clock = {.name = epicentre > 0 ? (uint32_t)epicentre : 0};
    set_clock(m, &clock, event);
    event->t_ref = clock.t_ref;
    event->h_ref = clock.h_ref;
    int rc = plant(p, event, epicentre);
    return rc < 0 ? rc : tell(p, p->plan->event_count - 1);
}

/* About a name that is quoted, or about nothing that has a price. */
static int add_unrelated(planner *p, uint32_t session)
{
    const as_sim_market *m = p->plan->market;
    uint32_t issuer = m->sim[1 + as_sim_random_below(&p->words, m->count - 1)].instrument;
    char text[AS_PLAN_TEXT_BYTES];
    as_plan_event *event = new_event(p);
    if (!event)
        return -ENOMEM;
    event->session = session;
    event->kind = AS_PLANT_UNRELATED;
    event->status = AS_PLANT_DEVELOPING;
    as_wire_unrelated(&p->words, name_of(p, issuer), &event->family, text, sizeof text);
    event->issuer = event->family ? issuer : AS_INSTRUMENT_NONE;
    event->t0 = event->t_ref = draw_moment(p, p->plan->session[session], 0.4);
    as_outlet outlet = as_sim_random_below(&p->words, 3) ? AS_OUTLET_TIER2 : AS_OUTLET_AGGREGATOR;
    return add_headline(p, event->t0, as_wire_outlet(&p->words, outlet), event->issuer, p->plan->event_count - 1, text);
}

static int add_session(planner *p, uint32_t session)
{
    const as_plant_rules *rules = &p->plan->market->plant;
    uint32_t priced = as_sim_poisson(&p->random, 1 / rules->every);
    uint32_t noise = as_sim_poisson(&p->random, 1 / rules->noise_every);
    uint32_t unrelated = as_sim_poisson(&p->random, rules->unrelated);
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < priced; i++)
        rc = add_event(p, session, (as_plant_kind)draw_weighted(&p->random, rules->kind, AS_PLANT_PRICED));
    for (uint32_t i = 0; rc == 0 && i < noise; i++)
        rc = add_event(p, session, AS_PLANT_NOISE);
    for (uint32_t i = 0; rc == 0 && i < unrelated; i++)
        rc = add_unrelated(p, session);
    return rc;
}

/* ---- all of it ---- */

static int by_time(const void *a, const void *b)
{
    const as_plan_headline *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    return x->event < y->event ? -1 : x->event > y->event;
}

static int by_t0(const void *a, const void *b)
{
    const as_plan_event *x = a, *y = b;
    if (x->t0 != y->t0)
        return x->t0 < y->t0 ? -1 : 1;
    return strcmp(x->headline[0], y->headline[0]); /* in the order of the newswire */
}

/* Headlines in order, with their ids; then events in order, which know their headlines by id. */
static void finish(planner *p)
{
    as_sim_plan *plan = p->plan;
    uint64_t end = plan->session[plan->session_count - 1]->close;
    qsort(plan->headline, plan->headline_count, sizeof *plan->headline, by_time);
    while (plan->headline_count && plan->headline[plan->headline_count - 1].ts > end)
        plan->headline_count--; /* what would be told after the last close */
    for (uint32_t i = 0; i < plan->headline_count; i++) {
        as_plan_headline *headline = &plan->headline[i];
        as_plan_event *event = &plan->event[headline->event];
        (void)snprintf(headline->id, sizeof headline->id, "m%" PRIu64 "-%06u", p->seed % 1000000000, i + 1);
        if (event->headline_count < AS_PLAN_HEADLINES_MAX)
            memcpy(event->headline[event->headline_count++], headline->id, sizeof headline->id);
    }
    for (uint32_t i = 0; i < plan->event_count; i++)
        if (plan->event[i].answered_at > end)
            plan->event[i].answered_at = 0;
    qsort(plan->event, plan->event_count, sizeof *plan->event, by_t0);
}

/* Which events plant something on a name. */
static int index_names(as_sim_plan *plan)
{
    uint32_t names = plan->market->count, pairs = 0;
    for (uint32_t i = 0; i < plan->event_count; i++)
        pairs += plan->event[i].kind < AS_PLANT_PRICED ? plan->event[i].planted_count : 0;
    plan->pair = calloc(pairs + 1, sizeof *plan->pair);
    plan->pair_first = calloc(names + 2, sizeof *plan->pair_first);
    if (!plan->pair || !plan->pair_first)
        return as_error_set(-ENOMEM, "out of memory for %u planted moves", pairs);
    uint32_t *end = plan->pair_first + 1; /* where a name's next one goes; then where it ends */
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < plan->event_count; i++) {
            const as_plan_event *event = &plan->event[i];
            for (uint32_t k = 0; event->kind < AS_PLANT_PRICED && k < event->planted_count; k++) {
                uint32_t name = event->planted[k].name;
                if (pass)
                    plan->pair[end[name]++] = (as_plan_pair){i, k};
                else
                    end[name + 1]++;
            }
        }
        for (uint32_t name = 0; !pass && name < names; name++)
            end[name + 1] += end[name];
    }
    return 0;
}

int as_sim_plan_make(as_sim_plan *plan, const as_sim_market *market, uint64_t seed, uint32_t sessions)
{
    planner p = {.plan = plan, .seed = seed};
    *plan = (as_sim_plan){.market = market};
    size_t pairs = (size_t)AS_WIRE_FAMILY_COUNT * market->universe.symbols.count;
    int rc = list_sessions(plan, sessions);
    p.used = calloc(pairs, sizeof *p.used);
    if (rc == 0 && !p.used)
        rc = as_error_set(-ENOMEM, "out of memory for %zu issuers", pairs);
    for (size_t i = 0; p.used && i < pairs; i++)
        p.used[i] = -AS_PLAN_GAP_SESSIONS;
    as_sim_random_init(&p.random, seed, "plan/events");
    as_sim_random_init(&p.words, seed, "plan/words");
    for (uint32_t s = 0; rc == 0 && s < plan->session_count; s++)
        rc = add_session(&p, s);
    if (rc == 0) {
        finish(&p);
        rc = index_names(plan);
    }
    free(p.used);
    return rc;
}

void as_sim_plan_fini(as_sim_plan *plan)
{
    for (uint32_t i = 0; plan->event && i < plan->event_count; i++)
        free(plan->event[i].planted);
    free(plan->slot);
    free(plan->session);
    free(plan->history);
    free(plan->event);
    free(plan->headline);
    free(plan->pair);
    free(plan->pair_first);
    *plan = (as_sim_plan){0};
}

uint32_t as_sim_plan_of(const as_sim_plan *plan, uint32_t name, const as_session *session, as_plan_pair *pair)
{
    uint32_t count = 0;
    for (uint32_t i = plan->pair_first[name]; i < plan->pair_first[name + 1]; i++) {
        const as_plan_event *event = &plan->event[plan->pair[i].event];
        if (event->t0 >= session->close)
            break;
        if (!event->planted[plan->pair[i].planted].settled)
            pair[count++] = plan->pair[i];
    }
    return count;
}

static double clip01(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

double as_sim_planted_move(const as_planted *planted, as_plant_kind kind, double clock)
{
    if (clock < planted->v_start || kind >= AS_PLANT_PRICED)
        return 0;
    double share = as_sqrt(clip01((clock - planted->v_anchor) / planted->h_ref));
    double answer = planted->v_answer > 0 ? clip01((clock - planted->v_answer) / answer_span) : 0;
    double excess = planted->excess * share;
    if (planted->half_life > 0 && clock > planted->v_ref)
        excess *= as_half((clock - planted->v_ref) / planted->half_life);
    double moved = planted->e_true * (planted->epicentre ? as_sqrt(share) : share) + excess;
    moved = kind == AS_PLANT_DENIAL ? moved * (1 - answer) : moved + planted->e_confirmed * answer;
    return planted->sigma * as_sqrt(planted->h_ref) * moved;
}
