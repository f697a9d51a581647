#include "core/fact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/fingerprint.h"
#include "core/logexp.h"

static const double recombined_cover = 0.8;   /* SCIENCE 1.3 */
static const double recombined_jaccard = 0.6;

/* ---- table ---- */

int as_fact_table_init(as_fact_table *table)
{
    *table = (as_fact_table){.fact = calloc(AS_FACT_HISTORY_MAX, sizeof *table->fact), .next_serial = 1};
    return table->fact ? 0 : -ENOMEM;
}

void as_fact_table_fini(as_fact_table *table)
{
    free(table->fact);
    *table = (as_fact_table){0};
}

as_fact *as_fact_find(as_fact_table *table, uint64_t serial)
{
    as_fact *fact = &table->fact[serial % AS_FACT_HISTORY_MAX];
    return serial && fact->serial == serial ? fact : NULL;
}

/* Live or not, newest first: serials run down from the last one. */
static as_fact *newer_to_older(as_fact_table *table, uint64_t *cursor)
{
    while (*cursor > 0 && table->next_serial - *cursor <= AS_FACT_HISTORY_MAX) {
        as_fact *fact = as_fact_find(table, (*cursor)--);
        if (fact)
            return fact;
    }
    return NULL;
}

static uint64_t newest(const as_fact_table *table)
{
    return table->next_serial - 1;
}

/* ---- novelty, SCIENCE 1.3 ---- */

typedef struct similarity {
    double stale;       /* max J * 2^(-dt/HL) */
    double jaccard;     /* max J */
    double containment; /* max |A and B| / min */
    double cover;       /* share of the item found in the union of the cluster */
} similarity;

static similarity compare(const as_fact *fact, const as_headline *headline, double half_life_hours)
{
    const as_reading *reading = &headline->reading;
    similarity found = {0};
    bool covered[AS_HEADLINE_FEATURE_MAX] = {false};
    unsigned cover_count = 0;

    for (unsigned i = 0; i < fact->cluster_count; i++) {
        const as_fingerprint *print = &fact->cluster[i];
        double j = as_jaccard(reading->feature, reading->feature_count, print->feature, print->feature_count);
        double c = as_containment(reading->feature, reading->feature_count, print->feature, print->feature_count);
        double age_hours =
            headline->ts_recv > print->ts ? (double)(headline->ts_recv - print->ts) / (double)AS_NS_PER_HOUR : 0;
        double stale = j * as_half(age_hours / half_life_hours);
        found.stale = stale > found.stale ? stale : found.stale;
        found.jaccard = j > found.jaccard ? j : found.jaccard;
        found.containment = c > found.containment ? c : found.containment;
        for (unsigned a = 0, b = 0; a < reading->feature_count && b < print->feature_count;) {
            if (reading->feature[a] == print->feature[b])
                covered[a++] = true;
            else if (reading->feature[a] < print->feature[b])
                a++;
            else
                b++;
        }
    }
    for (unsigned i = 0; i < reading->feature_count; i++)
        cover_count += covered[i];
    found.cover = reading->feature_count ? (double)cover_count / reading->feature_count : 0;
    return found;
}

static void remember(as_fact *fact, const as_headline *headline)
{
    as_fingerprint *print = &fact->cluster[fact->cluster_next];
    print->ts = headline->ts_recv;
    print->feature_count = headline->reading.feature_count;
    memcpy(print->feature, headline->reading.feature, print->feature_count * sizeof *print->feature);
    fact->cluster_next = (uint8_t)((fact->cluster_next + 1) % AS_FACT_CLUSTER_MAX);
    if (fact->cluster_count < AS_FACT_CLUSTER_MAX)
        fact->cluster_count++;

    if (fact->headline_count == AS_FACT_HEADLINE_MAX) {
        memmove(fact->headline[0], fact->headline[1], sizeof fact->headline - sizeof fact->headline[0]);
        fact->headline_count--;
    }
    memcpy(fact->headline[fact->headline_count++], headline->id, AS_HEADLINE_ID_BYTES);
    fact->last_item = headline->ts_recv;
}

/* ---- status ---- */

static bool raises_status(const as_reading *reading)
{
    return reading->tier <= 2 && (reading->source_class == AS_CLASS_PRESS || reading->source_class == AS_CLASS_UNKNOWN);
}

static as_fact_status official(as_fact_status status, const as_reading *reading)
{
    if (reading->marks & AS_MARK_HYPOTHETICAL)
        return status == AS_FACT_NONE ? AS_FACT_PRIOR_DISCLOSURE : status;
    if (reading->marks & AS_MARK_DECLINED)
        return status == AS_FACT_NONE ? AS_FACT_RUMOUR : status;
    if (reading->cue == AS_CUE_DENIED)
        return AS_FACT_DENIED;
    if ((status == AS_FACT_CONFIRMED || status == AS_FACT_UPDATED) && (reading->marks & AS_MARK_REVISED))
        return AS_FACT_UPDATED;
    return status == AS_FACT_UPDATED ? AS_FACT_UPDATED : AS_FACT_CONFIRMED;
}

as_fact_status as_fact_transition(as_fact_status status, const as_reading *reading, bool independent)
{
    if (reading->marks & AS_MARK_RETRACTED)
        return status == AS_FACT_NONE ? AS_FACT_NONE : AS_FACT_DENIED;
    if (reading->source_class == AS_CLASS_OFFICIAL)
        return official(status, reading);
    if (status == AS_FACT_NONE) {
        bool on_record = reading->cue == AS_CUE_CONFIRMED || reading->cue == AS_CUE_DEVELOPING;
        return on_record && raises_status(reading) ? AS_FACT_DEVELOPING : AS_FACT_RUMOUR;
    }
    bool doubtful = reading->marks & (AS_MARK_DECLINED | AS_MARK_UNVERIFIED);
    if (status == AS_FACT_RUMOUR && raises_status(reading) && !doubtful) {
        if (independent && reading->tier == 1)
            return AS_FACT_DEVELOPING;
        if (reading->cue == AS_CUE_DEVELOPING || reading->cue == AS_CUE_CONFIRMED)
            return AS_FACT_DEVELOPING;
    }
    if (status == AS_FACT_DEVELOPING && raises_status(reading) && (reading->marks & AS_MARK_REVISED))
        return AS_FACT_UPDATED;
    return status;
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

/* ---- which fact a headline is about ---- */

/* A family's fact of the issuer; else, for an item that only comments on a story, the story it comments on. */
static as_fact *find_fact(as_fact_table *table, const as_playbook *playbook, const as_headline *headline,
                          uint32_t issuer, uint16_t event_type)
{
    const as_reading *reading = &headline->reading;
    const as_thresholds *th = &playbook->thresholds;
    const uint8_t follows = AS_MARK_DECLINED | AS_MARK_UNVERIFIED | AS_MARK_CORROBORATES;
    as_fact *same_story = NULL, *only = NULL;
    unsigned live = 0;
    uint64_t cursor = newest(table);

    for (as_fact *fact; (fact = newer_to_older(table, &cursor));) {
        if (fact->issuer != issuer)
            continue;
        if (fact->event_type == event_type && event_type != AS_EVENT_TYPE_OTHER)
            return fact;
        if (!as_fact_live(fact))
            continue;
        only = live++ ? NULL : fact;
        if (same_story)
            continue;
        similarity like = compare(fact, headline, th->novelty_half_life_hours);
        bool typed = event_type != AS_EVENT_TYPE_OTHER;
        bool alike = like.jaccard >= th->cluster_jaccard || like.containment >= th->cluster_containment;
        if (alike || (!typed && (reading->marks & follows)))
            same_story = fact;
    }
    /* "We deny the report": the company has one story that it can mean, or it is not known which */
    bool denial = reading->cue == AS_CUE_DENIED && reading->source_class == AS_CLASS_OFFICIAL;
    return same_story ? same_story : denial ? only : NULL;
}

/* What a source takes back is what it said: the fact that carries the item's id. */
static as_fact *find_retracted(as_fact_table *table, const as_headline *headline, uint32_t issuer)
{
    uint64_t cursor = newest(table);
    for (as_fact *fact; (fact = newer_to_older(table, &cursor));)
        for (unsigned i = 0; fact->issuer == issuer && i < fact->headline_count; i++)
            if (strcmp(fact->headline[i], headline->id) == 0)
                return fact;
    return NULL;
}

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

static as_fact *create(as_fact_table *table, const as_playbook *playbook, const as_symbols *symbols,
                       const as_headline *headline, uint32_t issuer, const as_fact *before)
{
    const as_reading *reading = &headline->reading;
    uint64_t serial = table->next_serial++;
    as_fact kept = before ? *before : (as_fact){0}; /* before may be the very slot that is overwritten */
    as_fact *fact = &table->fact[serial % AS_FACT_HISTORY_MAX];
    if (as_fact_live(fact))
        table->forgotten++;

    *fact = (as_fact){
        .serial = serial,
        .t0 = headline->ts_recv,
        .issuer = issuer,
        .generation = kept.generation + 1,
        .event_type = before ? kept.event_type : reading->event_type,
        .tier = reading->tier,
        .source_class = reading->source_class,
        .polarity = reading->polarity,
        .cluster_count = kept.cluster_count,
        .cluster_next = kept.cluster_next,
    };
    memcpy(fact->cluster, kept.cluster, sizeof fact->cluster);
    memcpy(fact->object, playbook->family[fact->event_type].object, sizeof fact->object);
    fact_key(fact, symbols);
    if (reading->marks & AS_MARK_OWN_SOURCING || reading->cue == AS_CUE_RUMOUR)
        fact->sourcing = XXH3_64bits(headline->source, strlen(headline->source));
    return fact;
}

/* Novelty against everything remembered of the issuer: Tetlock's staleness over the issuer's items. */
static similarity issuer_similarity(as_fact_table *table, const as_headline *headline, uint32_t issuer,
                                    double half_life_hours)
{
    similarity most = {0};
    uint64_t cursor = newest(table);
    for (as_fact *fact; (fact = newer_to_older(table, &cursor));) {
        if (fact->issuer != issuer)
            continue;
        similarity one = compare(fact, headline, half_life_hours);
        most.stale = one.stale > most.stale ? one.stale : most.stale;
        most.jaccard = one.jaccard > most.jaccard ? one.jaccard : most.jaccard;
        most.cover = one.cover > most.cover ? one.cover : most.cover;
    }
    return most;
}

/* An opinion claims nothing. What an official source says could be, though worded like one, is a disclosure. */
static bool claims_nothing(const as_reading *reading)
{
    bool disclosure = reading->source_class == AS_CLASS_OFFICIAL && (reading->marks & AS_MARK_HYPOTHETICAL);
    return reading->cue == AS_CUE_OPINION && !disclosure;
}

/* May this item open a fact of its own? Opinions and retractions do not, nor what the playbook has no family for. */
static bool opens_fact(const as_playbook *playbook, const as_reading *reading)
{
    if (reading->event_type == AS_EVENT_TYPE_OTHER || !playbook->family[reading->event_type].used)
        return false;
    return !claims_nothing(reading) && !(reading->marks & AS_MARK_RETRACTED);
}

as_fact_change as_fact_apply(as_fact_table *table, const as_playbook *playbook, const as_symbols *symbols,
                             const as_headline *headline, unsigned issuer_idx)
{
    const as_reading *reading = &headline->reading;
    const as_thresholds *th = &playbook->thresholds;
    uint32_t issuer = reading->issuer[issuer_idx];
    similarity like = issuer_similarity(table, headline, issuer, th->novelty_half_life_hours);
    as_fact_change change = {
        .novelty = 1 - like.stale,
        .recombined = like.cover >= recombined_cover && like.jaccard < recombined_jaccard,
    };

    as_fact *fact = reading->marks & AS_MARK_RETRACTED
                        ? find_retracted(table, headline, issuer)
                        : find_fact(table, playbook, headline, issuer, reading->event_type);
    as_fact_status status = fact ? (as_fact_status)fact->status : AS_FACT_NONE;
    bool over = fact && (status == AS_FACT_EXPIRED ||
                         (status == AS_FACT_PRIOR_DISCLOSURE && !(reading->marks & AS_MARK_HYPOTHETICAL)));
    if (!fact || over) {
        if (!opens_fact(playbook, reading))
            return change;
        fact = create(table, playbook, symbols, headline, issuer, fact);
        fact->context = (change.novelty < th->novelty_min ? AS_REASON_BIT(STALE_NEWS) : 0) |
                        (change.recombined ? AS_REASON_BIT(RECOMBINED) : 0);
        change.created = true;
        status = AS_FACT_NONE;
    }

    uint64_t outlet = XXH3_64bits(headline->source, strlen(headline->source));
    bool independent = (reading->marks & AS_MARK_OWN_SOURCING) && fact->sourcing && outlet != fact->sourcing;
    as_fact_status next = claims_nothing(reading) && !(reading->marks & AS_MARK_RETRACTED)
                              ? status
                              : as_fact_transition(status, reading, independent);
    change.fact = fact;
    change.status_before = (uint8_t)status;
    change.status_changed = next != status;
    change.repeated = !change.created && !change.status_changed && change.novelty < th->novelty_min;
    fact->status = (uint8_t)next;
    fact->official |= next == AS_FACT_CONFIRMED;
    fact->novelty = change.novelty;
    if (reading->tier && reading->tier < fact->tier && reading->source_class != AS_CLASS_AGGREGATOR)
        fact->tier = reading->tier;
    remember(fact, headline);
    return change;
}
