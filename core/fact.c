#include "core/fact.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/story.h"

static const double ens_first = 100, ens_step = 0.75; /* SCIENCE 1.3, RavenPack */
static const double doubt_factor = 0.8;

/* ---- table ---- */

int as_fact_table_init(as_fact_table *table)
{
    *table = (as_fact_table){.fact = calloc(AS_FACT_HISTORY_MAX, sizeof *table->fact),
                             .loose = calloc(AS_LOOSE_MAX, sizeof *table->loose),
                             .newest_fact = calloc(AS_INSTRUMENT_MAX, sizeof *table->newest_fact),
                             .newest_loose = calloc(AS_INSTRUMENT_MAX, sizeof *table->newest_loose),
                             .next_serial = 1,
                             .next_loose = 1,
                             .next_story = 1};
    int rc = as_credibility_init(&table->credibility);
    if (rc == 0 && table->fact && table->loose && table->newest_fact && table->newest_loose)
        return 0;
    as_fact_table_fini(table);
    return -ENOMEM;
}

void as_fact_table_fini(as_fact_table *table)
{
    free(table->fact);
    free(table->loose);
    free(table->newest_fact);
    free(table->newest_loose);
    as_credibility_fini(&table->credibility);
    *table = (as_fact_table){0};
}

as_fact *as_fact_find(const as_fact_table *table, uint64_t serial)
{
    as_fact *fact = &table->fact[serial % AS_FACT_HISTORY_MAX];
    return serial && fact->serial == serial ? fact : NULL;
}

as_fact *as_fact_newest(const as_fact_table *table, uint32_t issuer)
{
    return as_fact_find(table, table->newest_fact[issuer]);
}

/* ---- status ---- */

/* Doubt and another outlet's report lead nowhere by themselves. */
static const uint8_t weak_marks = AS_MARK_DECLINED | AS_MARK_UNVERIFIED | AS_MARK_QUOTES;

static bool raises_status(const as_reading *reading)
{
    return reading->tier <= 2 && (reading->source_class == AS_CLASS_PRESS || reading->source_class == AS_CLASS_UNKNOWN);
}

static as_fact_status official_transition(as_fact_status status, const as_reading *reading, as_fact_voice voice)
{
    if (reading->marks & AS_MARK_HYPOTHETICAL)
        return status == AS_FACT_NONE ? AS_FACT_PRIOR_DISCLOSURE : status;
    if (reading->marks & AS_MARK_DECLINED)
        return status == AS_FACT_NONE ? AS_FACT_RUMOUR : status;
    if (reading->cue == AS_CUE_DENIED)
        return AS_FACT_DENIED;
    bool open = status == AS_FACT_NONE || status == AS_FACT_RUMOUR;
    bool leaves_open = (reading->marks & AS_MARK_UNVERIFIED) || reading->cue == AS_CUE_DEVELOPING;
    if (leaves_open) /* partly on the record: "no final decision", "talks are under way" */
        return open ? AS_FACT_DEVELOPING : status;
    if (voice.confirmed && (status == AS_FACT_CONFIRMED || status == AS_FACT_UPDATED))
        return voice.changed ? AS_FACT_UPDATED : status;
    return AS_FACT_CONFIRMED;
}

as_fact_status as_fact_transition(as_fact_status status, const as_reading *reading, as_fact_voice voice)
{
    if (reading->marks & AS_MARK_RETRACTED)
        return status == AS_FACT_NONE ? AS_FACT_NONE : AS_FACT_DENIED;
    if (voice.official)
        return official_transition(status, reading, voice);
    bool raises = raises_status(reading) && !(reading->marks & weak_marks);
    bool on_record = reading->cue == AS_CUE_CONFIRMED || reading->cue == AS_CUE_DEVELOPING;
    switch (status) {
    case AS_FACT_NONE:
        return raises && on_record ? AS_FACT_DEVELOPING : AS_FACT_RUMOUR;
    case AS_FACT_RUMOUR:
        return raises && (on_record || (voice.independent && reading->tier == 1)) ? AS_FACT_DEVELOPING : status;
    case AS_FACT_DEVELOPING:
    case AS_FACT_CONFIRMED:
        return raises && voice.changed ? AS_FACT_UPDATED : status;
    default:
        return status;
    }
}

/* ---- magnitude ---- */

static bool same_figure(const as_figure *a, const as_figure *b)
{
    double apart = a->value - b->value, size = fabs(a->value) > fabs(b->value) ? fabs(a->value) : fabs(b->value);
    return a->unit == b->unit && fabs(apart) <= 0.005 * size;
}

bool as_fact_changed(const as_fact *fact, const as_reading *reading, bool official)
{
    bool revised = reading->marks & AS_MARK_REVISED;
    bool comparable = false, known = false, fresh = false;
    for (unsigned i = 0; i < reading->figure_count; i++) {
        const as_figure *figure = &reading->figure[i];
        bool unit_met = false, met = false;
        if (!revised && (figure->unit == AS_FIGURE_PERCENT || figure->unit == AS_FIGURE_SHARES))
            continue;
        for (unsigned k = 0; k < fact->figure_count; k++) {
            unit_met |= fact->figure[k].unit == figure->unit;
            met |= same_figure(&fact->figure[k], figure);
        }
        comparable |= unit_met;
        known |= met;
        fresh |= unit_met && !met;
    }
    if (!comparable)
        return revised && official;
    return fresh && (revised || (!known && reading->event_type == fact->event_type));
}

static void take_figures(as_fact *fact, const as_reading *reading)
{
    for (unsigned i = 0; i < reading->figure_count; i++) {
        bool met = false;
        for (unsigned k = 0; k < fact->figure_count; k++)
            met |= same_figure(&fact->figure[k], &reading->figure[i]);
        if (met)
            continue;
        fact->figure[fact->next_figure] = reading->figure[i];
        fact->next_figure = (uint8_t)((fact->next_figure + 1) % AS_FACT_FIGURE_MAX);
        fact->figure_count = (uint8_t)(fact->figure_count + (fact->figure_count < AS_FACT_FIGURE_MAX));
    }
}

double as_fact_gate(const as_fact *fact, const as_status_gate *gate)
{
    switch ((as_fact_status)fact->status) {
    case AS_FACT_RUMOUR:
        return gate->rumour[fact->tier >= 1 && fact->tier <= 4 ? fact->tier : 4];
    case AS_FACT_DEVELOPING:
        return gate->developing;
    case AS_FACT_CONFIRMED:
        return gate->confirmed;
    case AS_FACT_UPDATED: /* of what was confirmed, or only of what was developing */
        return fact->official ? gate->confirmed : gate->developing;
    case AS_FACT_DENIED:
        return gate->denied;
    default:
        return 0;
    }
}

uint64_t as_fact_context(const as_fact *fact)
{
    static const uint64_t rumour[] = {
        AS_REASON_BIT(RUMOUR_T3), AS_REASON_BIT(RUMOUR_T1), AS_REASON_BIT(RUMOUR_T2),
        AS_REASON_BIT(RUMOUR_T3), AS_REASON_BIT(RUMOUR_T3),
    };
    switch ((as_fact_status)fact->status) {
    case AS_FACT_RUMOUR:
        return fact->context | rumour[fact->tier <= 4 ? fact->tier : 4];
    case AS_FACT_DEVELOPING:
        return fact->context | AS_REASON_BIT(DEVELOPING);
    case AS_FACT_CONFIRMED:
        return fact->context | AS_REASON_BIT(CONFIRMED);
    case AS_FACT_UPDATED:
        return fact->context | (fact->official ? AS_REASON_BIT(CONFIRMED) : AS_REASON_BIT(DEVELOPING));
    case AS_FACT_DENIED:
        return fact->context | AS_REASON_BIT(DENIED);
    default:
        return fact->context;
    }
}

/* ---- credibility ---- */

double as_fact_cred(const as_fact *fact, const as_credibility *credibility, uint64_t now)
{
    if (fact->status == AS_FACT_PRIOR_DISCLOSURE)
        return (double)NAN;
    if (fact->status == AS_FACT_DENIED)
        return 0;
    if (fact->official)
        return 1;
    double best = 0, miss = 1;
    unsigned best_at = 0;
    double p[AS_FACT_REPORTER_MAX];
    for (unsigned i = 0; i < fact->reporter_count; i++) {
        p[i] = as_credibility_p_true(credibility, fact->reporter[i].outlet, fact->reporter[i].tier, now);
        if (p[i] > best) {
            best = p[i];
            best_at = i;
        }
    }
    for (unsigned i = 0; i < fact->reporter_count; i++)
        miss *= i == best_at || fact->reporter[i].own_sourcing ? 1 - p[i] : 1;
    double cred = 1 - miss;
    cred *= fact->doubts & AS_MARK_DECLINED ? doubt_factor : 1;
    cred *= fact->doubts & AS_MARK_UNVERIFIED ? doubt_factor : 1;
    return cred;
}

/* The item's outlet claims the fact: it stands in for it until the fact is settled. */
static void report(as_fact *fact, const as_headline *headline, uint64_t outlet, bool official)
{
    const as_reading *reading = &headline->reading;
    bool claims = reading->cue != AS_CUE_DENIED && reading->cue != AS_CUE_OPINION && !official &&
                  !(reading->marks & AS_MARK_RETRACTED);
    bool doubts_only = (reading->marks & (AS_MARK_DECLINED | AS_MARK_UNVERIFIED)) && fact->reporter_count > 0;
    if (!claims || fact->official || doubts_only)
        return;
    bool own = (reading->marks & AS_MARK_OWN_SOURCING) && raises_status(reading);
    for (unsigned i = 0; i < fact->reporter_count; i++)
        if (fact->reporter[i].outlet == outlet) {
            fact->reporter[i].own_sourcing |= own;
            return;
        }
    if (fact->reporter_count < AS_FACT_REPORTER_MAX)
        fact->reporter[fact->reporter_count++] = (as_reporter){
            .outlet = outlet, .tier = reading->tier, .own_sourcing = own, .unsettled = reading->cue == AS_CUE_RUMOUR};
}

static void settle(as_credibility *credibility, as_fact *fact, as_outcome outcome, uint64_t now)
{
    for (unsigned i = 0; i < fact->reporter_count; i++) {
        as_reporter *reporter = &fact->reporter[i];
        if (reporter->counted == outcome || (outcome == AS_OUTCOME_EXPIRED && !reporter->unsettled))
            continue;
        if (reporter->counted)
            as_credibility_take_back(credibility, reporter->outlet, (as_outcome)reporter->counted, reporter->counted_at,
                                     now);
        as_credibility_count(credibility, reporter->outlet, outcome, now);
        reporter->counted = (uint8_t)outcome;
        reporter->counted_at = now;
    }
}

void as_fact_expire(as_fact_table *table, as_fact *fact, uint64_t now)
{
    bool open = fact->status == AS_FACT_RUMOUR || fact->status == AS_FACT_DEVELOPING ||
                (fact->status == AS_FACT_UPDATED && !fact->official);
    if (open)
        settle(&table->credibility, fact, AS_OUTCOME_EXPIRED, now);
    fact->status = AS_FACT_EXPIRED;
}

void as_fact_expire_due(as_fact_table *table, uint32_t issuer, const as_calendar *calendar, unsigned sessions,
                        uint64_t now)
{
    for (as_fact *fact = as_fact_newest(table, issuer); fact; fact = as_fact_find(table, fact->older)) {
        if (fact->status == AS_FACT_EXPIRED)
            continue;
        const as_session *session = as_calendar_session(calendar, fact->last_item);
        for (unsigned i = 0; i < sessions; i++)
            session = as_calendar_session(calendar, session->close + 1);
        if (session->close <= now)
            as_fact_expire(table, fact, session->close);
    }
}

/* ---- a new fact ---- */

static void fact_key(as_fact *fact, const as_symbols *symbols)
{
    const char *part[] = {as_symbols_name(symbols, fact->issuer), as_event_type_name(fact->event_type), fact->object};
    size_t at = 0;
    for (unsigned i = 0; i < 3 && *part[i]; i++) {
        if (i > 0)
            fact->key[at++] = '|';
        size_t bytes = strlen(part[i]);
        memcpy(fact->key + at, part[i], bytes);
        at += bytes;
    }
    fact->key[at] = 0;
}

_Static_assert(AS_FACT_KEY_BYTES > AS_SYMBOL_BYTES + AS_EVENT_NAME_BYTES + 48 + 2, "a key always fits");

/* The issuer's newest fact with this family and object, live or not, NULL if there is none. */
static as_fact *newest_of_key(const as_fact_table *table, uint32_t issuer, uint16_t event_type, const char *object)
{
    as_fact *fact = as_fact_newest(table, issuer);
    while (fact && !(fact->event_type == event_type && strcmp(fact->object, object) == 0))
        fact = as_fact_find(table, fact->older);
    return fact;
}

static void write_number(char *to, unsigned number)
{
    char digit[12];
    unsigned count = 0;
    for (; number; number /= 10)
        digit[count++] = (char)('0' + number % 10);
    while (count)
        *to++ = digit[--count];
    *to = 0;
}

/* The playbook's object; where claims of a family run at the same time, the first number that no live one has. */
static as_fact *choose_object(const as_fact_table *table, const as_event_family *family, uint32_t issuer,
                              char object[48], uint16_t *number)
{
    uint64_t used[AS_FACT_HISTORY_MAX / 64 + 1] = {0};
    for (const as_fact *fact = as_fact_newest(table, issuer); fact; fact = as_fact_find(table, fact->older))
        if (fact->event_type == family->event_type && as_fact_live(fact) &&
            (fact->number > 1 || strcmp(fact->object, family->object) == 0))
            used[fact->number / 64] |= UINT64_C(1) << (fact->number % 64);
    unsigned n = 1;
    while (n < AS_FACT_HISTORY_MAX && used[n / 64] >> (n % 64) & 1)
        n++;
    if (n == 1)
        memcpy(object, family->object, sizeof family->object);
    else
        write_number(object, n);
    *number = (uint16_t)n;
    return newest_of_key(table, issuer, family->event_type, object);
}

as_fact *as_fact_forget_next(const as_fact_table *table)
{
    as_fact *fact = &table->fact[table->next_serial % AS_FACT_HISTORY_MAX];
    return as_fact_live(fact) ? fact : NULL;
}

static as_fact *create(as_fact_table *table, const as_playbook *playbook, const as_symbols *symbols,
                       const as_headline *headline, uint32_t issuer)
{
    const as_reading *reading = &headline->reading;
    char object[48];
    uint16_t number;
    const as_fact *before = choose_object(table, &playbook->family[reading->event_type], issuer, object, &number);
    as_fact kept = before ? *before : (as_fact){0}; /* before may be the very slot that is overwritten */
    uint64_t serial = table->next_serial++;
    as_fact *fact = &table->fact[serial % AS_FACT_HISTORY_MAX];
    if (as_fact_live(fact))
        table->forgotten++;

    *fact = (as_fact){
        .serial = serial,
        .older = table->newest_fact[issuer],
        .t0 = headline->ts_recv,
        .issuer = issuer,
        .generation = kept.generation + 1,
        .number = number,
        .event_type = reading->event_type,
        .tier = reading->tier,
        .source_class = reading->source_class,
        .polarity = reading->polarity,
        .items = kept.items,
        .cluster = kept.cluster,
    };
    table->newest_fact[issuer] = serial;
    memcpy(fact->object, object, sizeof fact->object);
    fact_key(fact, symbols);
    return fact;
}

/* ---- remembering ---- */

static void take_print(as_fingerprint *print, const as_headline *headline)
{
    print->ts = headline->ts_recv;
    print->feature_count = headline->reading.feature_count;
    memcpy(print->feature, headline->reading.feature, print->feature_count * sizeof *print->feature);
}

/* An opinion claims nothing. What an official source says could be, though worded like one, is a disclosure. */
static bool claims_nothing(const as_reading *reading)
{
    bool disclosure = reading->source_class == AS_CLASS_OFFICIAL && (reading->marks & AS_MARK_HYPOTHETICAL);
    return reading->cue == AS_CUE_OPINION && !disclosure;
}

static uint64_t id_hash(const as_headline *headline)
{
    return XXH3_64bits(headline->id, strlen(headline->id));
}

static bool takes_back(const as_headline *headline)
{
    return headline->retracted || (headline->reading.marks & AS_MARK_RETRACTED);
}

/* before: of the item so far, 0 none. Who takes an item back without a revision means it as it stands. */
static uint64_t rank_of(const as_headline *headline, uint64_t before)
{
    uint64_t revision = headline->revision ? headline->revision : 1;
    if (takes_back(headline) && headline->revision == 0 && before)
        return before | 1;
    return revision << 1 | takes_back(headline);
}

/* The fact's place for an item, NULL if it does not carry it. */
static as_fact_item *carried(as_fact *fact, uint64_t id)
{
    for (unsigned i = 0; i < fact->headline_count; i++)
        if (fact->item[i].hash == id)
            return &fact->item[i];
    return NULL;
}

/* An item by its id: one that comes again only ranks anew. False: the fact carries it already. */
static bool carry(as_fact *fact, const as_headline *headline)
{
    as_fact_item item = {id_hash(headline), rank_of(headline, 0)};
    as_fact_item *before = carried(fact, item.hash);
    if (before) {
        before->rank = rank_of(headline, before->rank);
        return false;
    }
    if (fact->headline_count == AS_FACT_HEADLINE_MAX) {
        memmove(fact->headline[0], fact->headline[1], sizeof fact->headline - sizeof fact->headline[0]);
        memmove(&fact->item[0], &fact->item[1], sizeof fact->item - sizeof fact->item[0]);
        fact->headline_count--;
    }
    fact->item[fact->headline_count] = item;
    memcpy(fact->headline[fact->headline_count++], headline->id, AS_HEADLINE_ID_BYTES);
    return true;
}

static void remember(as_fact *fact, const as_headline *headline)
{
    as_cluster_add(&fact->cluster, headline->reading.feature, headline->reading.feature_count, headline->ts_recv);
    if (!claims_nothing(&headline->reading)) /* talk does not keep a fact from expiring */
        fact->last_item = headline->ts_recv;
    if (fact->parties == 0)
        fact->parties = as_story_parties(&headline->reading);
    take_figures(fact, &headline->reading);
    bool again = !carry(fact, headline);
    if (again && headline->revision > 1) /* of an item that has been counted */
        return;
    fact->ens = ens_first;
    for (uint32_t k = 0; k < fact->items && fact->ens > 1e-6; k++)
        fact->ens *= ens_step;
    fact->items++;
}

static void remember_loose(as_fact_table *table, const as_headline *headline, uint32_t issuer, uint64_t story)
{
    uint64_t serial = table->next_loose++;
    as_loose *loose = &table->loose[serial % AS_LOOSE_MAX];
    loose->serial = serial;
    loose->older = table->newest_loose[issuer];
    loose->story = story;
    loose->issuer = issuer;
    take_print(&loose->print, headline);
    table->newest_loose[issuer] = serial;
}

/* ---- stories ---- */

/* A headline of several issuers comes once for each: has another one come? */
static void begin_item(as_fact_table *table, const as_headline *headline)
{
    uint64_t id = id_hash(headline);
    if (table->item.id == id && table->item.ts == headline->ts_recv)
        return;
    table->item.id = id;
    table->item.ts = headline->ts_recv;
    table->item.story = 0;
    table->item.first_serial = table->next_serial;
}

/* A known story of one of its issuers is that of the facts that the headline opened for the others. */
static void join_story(as_fact_table *table, uint64_t story)
{
    for (uint64_t serial = table->item.first_serial; serial < table->next_serial; serial++) {
        as_fact *fact = as_fact_find(table, serial);
        if (fact)
            fact->story = story;
    }
    table->item.story = story;
}

static uint64_t story_of_new(as_fact_table *table, uint64_t loose_story)
{
    if (!table->item.story)
        table->item.story = loose_story ? loose_story : table->next_story++;
    return table->item.story;
}

/* ---- what an item does ---- */

/* May this item open a fact of its own? Opinions and retractions do not, nor what the playbook has no family for. */
static bool opens_fact(const as_playbook *playbook, const as_reading *reading)
{
    if (reading->event_type == AS_EVENT_TYPE_OTHER || !playbook->family[reading->event_type].used)
        return false;
    return !claims_nothing(reading) && !(reading->marks & AS_MARK_RETRACTED);
}

/* One outlet takes back what others have reported from sources of their own: a rumour is left, or what is official. */
static as_fact_status after_retraction(const as_fact *fact, as_fact_status status, uint64_t outlet)
{
    if (fact->official)
        return status;
    for (unsigned i = 0; i < fact->reporter_count; i++)
        if (fact->reporter[i].outlet != outlet && fact->reporter[i].own_sourcing)
            return status == AS_FACT_DENIED ? AS_FACT_DENIED : AS_FACT_RUMOUR;
    return AS_FACT_DENIED;
}

static as_fact_status next_status(as_fact *fact, as_fact_status status, const as_reading *reading, uint64_t outlet,
                                  as_fact_voice *voice)
{
    if (reading->marks & AS_MARK_RETRACTED)
        return voice->official ? AS_FACT_DENIED : after_retraction(fact, status, outlet);
    if (claims_nothing(reading))
        return status;
    bool own = (reading->marks & AS_MARK_OWN_SOURCING) && raises_status(reading);
    bool first_hand = own || (reading->cue == AS_CUE_RUMOUR && !(reading->marks & AS_MARK_QUOTES));
    voice->independent = own && fact->sourcing && outlet != fact->sourcing;
    if (!fact->sourcing && raises_status(reading) && first_hand)
        fact->sourcing = outlet;
    return as_fact_transition(status, reading, *voice);
}

static void enter(as_fact_table *table, as_fact *fact, as_fact_status next, uint64_t now, as_fact_change *change)
{
    change->status_before = (uint8_t)(change->created ? AS_FACT_NONE : fact->status);
    change->status_changed = next != (as_fact_status)change->status_before;
    fact->status = (uint8_t)next;
    if (next == AS_FACT_CONFIRMED && change->status_changed) {
        settle(&table->credibility, fact, AS_OUTCOME_CONFIRMED, now);
        fact->official = true;
    }
    if (next == AS_FACT_DENIED && change->status_changed) {
        settle(&table->credibility, fact, AS_OUTCOME_DENIED, now);
        fact->official = false;
    }
}

/* The item's part in the fact: status, sources, what is said for and against it. */
static void advance(as_fact_table *table, as_fact *fact, const as_headline *headline, unsigned issuer_idx,
                    as_fact_change *change)
{
    const as_reading *reading = &headline->reading;
    const uint8_t doubts = AS_MARK_DECLINED | AS_MARK_UNVERIFIED;
    as_fact_status status = change->created ? AS_FACT_NONE : (as_fact_status)fact->status;
    uint64_t outlet = as_outlet(headline->source);
    bool official = as_reading_official(reading, issuer_idx);
    as_fact_voice voice = {
        .official = official, .confirmed = fact->official, .changed = as_fact_changed(fact, reading, official)};
    as_fact_status next = next_status(fact, status, reading, outlet, &voice);
    bool on_record = official && reading->cue == AS_CUE_CONFIRMED;
    bool may_update = (on_record || raises_status(reading)) && !(reading->marks & weak_marks);

    change->updated = next == AS_FACT_UPDATED && voice.changed && may_update;
    fact->updates = (uint16_t)(fact->updates + (change->updated && fact->updates < UINT16_MAX));
    fact->doubts |= reading->marks & doubts;
    report(fact, headline, outlet, official);
    enter(table, fact, next, headline->ts_recv, change);
    if (reading->tier && reading->tier < fact->tier && reading->source_class != AS_CLASS_AGGREGATOR) {
        fact->tier = reading->tier;
        fact->source_class = reading->source_class;
    }
    fact->cred = as_fact_cred(fact, &table->credibility, headline->ts_recv);
}

/* ---- items that come again ---- */

/* The issuer's fact that carries a later word on the item, NULL if this is the latest. */
static as_fact *later_known(const as_fact_table *table, const as_headline *headline, uint32_t issuer)
{
    uint64_t id = id_hash(headline);
    as_fact *fact = as_fact_newest(table, issuer);
    for (unsigned i = 0; fact && i < AS_FACT_COMPARED_MAX; i++) {
        const as_fact_item *item = carried(fact, id);
        if (item && item->rank > rank_of(headline, item->rank))
            return fact;
        fact = as_fact_find(table, fact->older);
    }
    return NULL;
}

static bool names(const as_reading *reading, uint32_t issuer)
{
    for (unsigned i = 0; i < reading->issuer_count; i++)
        if (reading->issuer[i] == issuer)
            return true;
    return false;
}

bool as_fact_take_back(as_fact_table *table, const as_headline *headline, uint64_t *serial, as_fact_change *change)
{
    const as_reading *reading = &headline->reading;
    uint64_t id = id_hash(headline), first = as_fact_forgets(table) + 1;
    bool moved = headline->revision > 1 && reading->issuer_count > 0;
    if (!takes_back(headline) && !moved)
        return false;
    for (*serial = *serial + 1 > first ? *serial + 1 : first; *serial < table->next_serial; (*serial)++) {
        as_fact *fact = as_fact_find(table, *serial);
        as_fact_item *item = fact && as_fact_live(fact) ? carried(fact, id) : NULL;
        if (!item || item->rank >= rank_of(headline, item->rank) || names(reading, fact->issuer))
            continue;
        item->rank = rank_of(headline, item->rank);
        *change = (as_fact_change){.fact = fact, .story = fact->story};
        bool official = reading->source_class == AS_CLASS_OFFICIAL;
        as_fact_status status = (as_fact_status)fact->status;
        as_fact_status next = official ? AS_FACT_DENIED : after_retraction(fact, status, as_outlet(headline->source));
        enter(table, fact, next, headline->ts_recv, change);
        fact->last_item = headline->ts_recv;
        fact->cred = as_fact_cred(fact, &table->credibility, headline->ts_recv);
        change->repeated = !change->status_changed;
        return true;
    }
    return false;
}

/* ---- applying ---- */

as_fact_change as_fact_apply(as_fact_table *table, const as_playbook *playbook, const as_symbols *symbols,
                             const as_headline *headline, unsigned issuer_idx)
{
    const as_reading *reading = &headline->reading;
    uint32_t issuer = reading->issuer[issuer_idx];
    begin_item(table, headline);
    as_fact *later = later_known(table, headline, issuer);
    if (later) {
        table->outdated++;
        return (as_fact_change){
            .fact = later, .status_before = later->status, .story = later->story, .repeated = true, .outdated = true};
    }
    as_story_match match = as_story_find(table, playbook, headline, issuer);
    as_fact_change change = {
        .fact = match.fact,
        .novelty = 1 - match.most.stale,
        .recombined = as_story_recombined(&match.most),
    };
    if (match.fact && match.fact->status == AS_FACT_EXPIRED) { /* by its id: lineage, what is over stays over */
        carry(match.fact, headline);
        change.status_before = AS_FACT_EXPIRED;
        change.story = match.fact->story;
        change.repeated = true;
        return change;
    }
    bool new_claim = !match.fact && opens_fact(playbook, reading);
    if (!match.fact && !new_claim) {
        bool opinion = claims_nothing(reading) || (reading->marks & AS_MARK_RETRACTED);
        change.story = opinion ? match.loose_story : story_of_new(table, match.loose_story);
        remember_loose(table, headline, issuer, opinion ? 0 : change.story);
        return change;
    }
    if (new_claim) {
        change.created = true;
        change.fact = create(table, playbook, symbols, headline, issuer);
        change.fact->story = story_of_new(table, match.loose_story);
        change.fact->context = (change.novelty < playbook->thresholds.novelty_min ? AS_REASON_BIT(STALE_NEWS) : 0) |
                               (change.recombined ? AS_REASON_BIT(RECOMBINED) : 0);
    } else if (match.sure) {
        join_story(table, match.fact->story);
    }
    advance(table, change.fact, headline, issuer_idx, &change);
    change.story = change.fact->story;
    change.fact->novelty = change.novelty;
    change.repeated = !change.created && !change.status_changed && change.novelty < playbook->thresholds.novelty_min;
    remember(change.fact, headline);
    return change;
}
