#include "core/story.h"

#include <string.h>

#include "core/fingerprint.h"
#include "core/logexp.h"

enum { COVER_TEXTS = 5, CONTAINED_MIN = 4 };

static const double recombined_cover = 0.8; /* SCIENCE 1.3 */
static const double recombined_jaccard = 0.6;
static const double related_jaccard = 0.1;

#define SINGLE_WINDOW (48 * AS_NS_PER_HOUR)
#define MULTIPLE_WINDOW (24 * AS_NS_PER_HOUR)
#define PARTIES_WINDOW (120 * AS_NS_PER_HOUR)

/* ---- comparison ---- */

static void at_least(double *most, double value)
{
    if (value > *most)
        *most = value;
}

/* value = part / whole, if that is more than the most so far; a division only where it may be. */
static void at_least_ratio(double *most, unsigned part, unsigned whole)
{
    if ((double)part >= *most * whole)
        at_least(most, (double)part / whole);
}

/* One text, of which so many features are the item's. */
static void compare_text(as_similarity *like, unsigned shared, unsigned item_count, unsigned text_count,
                         double age_half_lives)
{
    unsigned all = item_count + text_count - shared;
    at_least_ratio(&like->jaccard, shared, all);
    if (shared >= CONTAINED_MIN)
        at_least_ratio(&like->containment, shared, item_count < text_count ? item_count : text_count);
    if ((double)shared > like->stale * all) /* else no age makes it the stalest */
        at_least(&like->stale, (double)shared / all * as_half(age_half_lives));
}

static double age_of(uint64_t ts, uint64_t now, double half_life_ns)
{
    return now > ts ? (double)(now - ts) / half_life_ns : 0;
}

static as_similarity compare_fact(const as_print_index *item, const as_fact *fact, uint64_t now, double half_life_ns)
{
    const as_cluster *cluster = &fact->cluster;
    as_cluster_shared shared = as_cluster_compare(cluster, item, COVER_TEXTS);
    as_similarity like = {0};
    for (unsigned slot = 0; shared.counts; slot++, shared.counts >>= 8)
        if (shared.counts & 0xFF)
            compare_text(&like, (unsigned)(shared.counts & 0xFF), item->feature_count, cluster->feature_count[slot],
                         age_of(cluster->ts[slot], now, half_life_ns));
    if (shared.covered)
        like.cover = (double)shared.covered / item->feature_count;
    return like;
}

static as_similarity compare_loose(const as_print_index *item, const as_fingerprint *print, uint64_t now,
                                   double half_life_ns)
{
    unsigned shared = as_print_index_shared(item, print->feature, print->feature_count);
    as_similarity like = {0};
    if (shared)
        compare_text(&like, shared, item->feature_count, print->feature_count, age_of(print->ts, now, half_life_ns));
    return like;
}

bool as_story_recombined(const as_similarity *like)
{
    return like->cover >= recombined_cover && like->jaccard < recombined_jaccard;
}

uint64_t as_story_parties(const as_reading *reading)
{
    uint64_t sum = 0;
    for (unsigned i = 0; reading->issuer_count > 1 && i < reading->issuer_count; i++) {
        uint64_t x = (reading->issuer[i] + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);
        sum += (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
    }
    return sum;
}

/* ---- which fact ---- */

/* How an item belongs to a fact; the higher the surer. */
typedef enum tie { TIE_NONE, TIE_COMMENT, TIE_LIKENESS, TIE_FAMILY, TIE_FAMILY_ALIKE, TIE_ID_PAST, TIE_ID } tie;

typedef struct item {
    const as_headline *headline;
    const as_reading *reading;
    const as_thresholds *th;
    const as_event_family *family;
    bool typed; /* it has a family of the playbook */
    bool official;
    bool settles; /* official, or on the record */
    bool denies;
    bool comments; /* declined, could not verify, another outlet confirms */
    bool by_id;    /* a revision or a retraction */
    uint64_t parties;
} item;

static item item_of(const as_playbook *playbook, const as_headline *headline, uint32_t issuer)
{
    const as_reading *reading = &headline->reading;
    bool official = false;
    for (unsigned i = 0; i < reading->issuer_count; i++)
        official |= reading->issuer[i] == issuer && as_reading_official(reading, i);
    return (item){
        .headline = headline,
        .reading = reading,
        .th = &playbook->thresholds,
        .family = &playbook->family[reading->event_type],
        .typed = reading->event_type != AS_EVENT_TYPE_OTHER,
        .official = official,
        .settles = official || reading->cue == AS_CUE_CONFIRMED || reading->cue == AS_CUE_DENIED,
        .denies = reading->cue == AS_CUE_DENIED,
        .comments = reading->marks & (AS_MARK_DECLINED | AS_MARK_UNVERIFIED | AS_MARK_CORROBORATES),
        .by_id = headline->revision > 1 || (reading->marks & AS_MARK_RETRACTED),
        .parties = as_story_parties(reading),
    };
}

static bool carries(const as_fact *fact, const as_headline *headline)
{
    for (unsigned i = 0; i < fact->headline_count; i++)
        if (strcmp(fact->headline[i], headline->id) == 0)
            return true;
    return false;
}

static bool alike(const item *it, const as_similarity *like)
{
    return like->jaccard >= it->th->cluster_jaccard || like->containment >= it->th->cluster_containment;
}

/* What unnamed sources said waits for its end; after another outlet's report, or a denial, for an official one. */
static bool is_open(const as_fact *fact, bool official)
{
    bool unsettled = false;
    for (unsigned i = 0; i < fact->reporter_count; i++)
        unsettled |= fact->reporter[i].unsettled;
    return unsettled && (fact->status == AS_FACT_RUMOUR ||
                         (official && (fact->status == AS_FACT_DEVELOPING || fact->status == AS_FACT_DENIED)));
}

/* J of what the item tells beside names and the family's words, to the most alike text of the fact. */
static double telling_jaccard(const item *it, const as_fact *fact)
{
    const as_reading *reading = it->reading;
    uint32_t telling[AS_HEADLINE_FEATURE_MAX];
    unsigned count = 0;
    double most = 0;
    as_print_index all, own;
    for (unsigned i = 0; i < reading->feature_count; i++)
        if (!(reading->common >> i & 1))
            telling[count++] = reading->feature[i];
    as_print_index_init(&all, reading->feature, reading->feature_count);
    as_print_index_init(&own, telling, count);
    uint64_t shared = as_cluster_compare(&fact->cluster, &all, 1).counts;
    uint64_t told = as_cluster_compare(&fact->cluster, &own, 1).counts;
    for (unsigned slot = 0; told; slot++, told >>= 8, shared >>= 8) /* what is common to both is left out of both */
        if (told & 0xFF)
            at_least_ratio(&most, (unsigned)(told & 0xFF),
                           count + fact->cluster.feature_count[slot] - (unsigned)(shared & 0xFF));
    return most;
}

/* The same family: does the item go on with this fact, without being alike? */
static bool goes_on(const item *it, const as_fact *fact, const as_similarity *like)
{
    if (it->family->object[0])
        return true;
    uint64_t now = it->headline->ts_recv;
    uint64_t age = now > fact->last_item ? now - fact->last_item : 0;
    bool settled_by_this = it->settles && is_open(fact, it->official);
    bool related = like->jaccard >= related_jaccard;
    if (!as_event_type_concurrent(it->reading->event_type))
        return age <= SINGLE_WINDOW || settled_by_this;
    if (it->parties && fact->parties)
        return it->parties == fact->parties && age <= PARTIES_WINDOW;
    related = related && (!it->reading->common || telling_jaccard(it, fact) >= related_jaccard);
    return related && (age <= MULTIPLE_WINDOW || settled_by_this);
}

static tie tie_of(const item *it, const as_fact *fact, const as_similarity *like)
{
    const as_reading *reading = it->reading;
    bool disclosure = reading->marks & (AS_MARK_HYPOTHETICAL | AS_MARK_RETRACTED);
    bool past = fact->status == AS_FACT_EXPIRED;
    if (it->by_id && carries(fact, it->headline) && (fact->status != AS_FACT_PRIOR_DISCLOSURE || disclosure))
        return past ? TIE_ID_PAST : TIE_ID;
    if ((reading->marks & AS_MARK_RETRACTED) || past)
        return TIE_NONE;
    bool same_family = it->typed && fact->event_type == reading->event_type;
    if (fact->status == AS_FACT_PRIOR_DISCLOSURE) /* only what discloses it once more; all else opens a generation */
        return same_family && (reading->marks & AS_MARK_HYPOTHETICAL) ? TIE_FAMILY : TIE_NONE;
    if (same_family && alike(it, like))
        return TIE_FAMILY_ALIKE;
    if (same_family && goes_on(it, fact, like))
        return TIE_FAMILY;
    if (alike(it, like) && !same_family)
        return TIE_LIKENESS;
    if (!it->typed && it->comments)
        return TIE_COMMENT;
    return it->denies && like->jaccard >= related_jaccard ? TIE_COMMENT : TIE_NONE;
}

typedef struct choice {
    as_fact *fact;
    tie tie;
    double jaccard;
} choice;

/* Facts come newest first: an older one must be tied more surely, or as surely and more alike. */
static void consider(choice *best, as_fact *fact, tie how, const as_similarity *like)
{
    bool more_alike = how != TIE_COMMENT && like->jaccard > best->jaccard;
    if (how > best->tie || (how == best->tie && how != TIE_NONE && more_alike))
        *best = (choice){fact, how, like->jaccard};
}

static void most_of(as_similarity *most, const as_similarity *like)
{
    at_least(&most->stale, like->stale);
    at_least(&most->jaccard, like->jaccard);
    at_least(&most->containment, like->containment);
    at_least(&most->cover, like->cover);
}

static void find_loose(const as_fact_table *table, const item *it, const as_print_index *index, double half_life_ns,
                       uint32_t issuer, as_story_match *match)
{
    const uint64_t lasts_ns = (uint64_t)(it->th->expiry_sessions * 1.4 * 24) * AS_NS_PER_HOUR; /* sessions -> days */
    double best = 0;
    uint64_t serial = table->newest_loose[issuer];
    for (unsigned i = 0; i < AS_FACT_COMPARED_MAX && serial; i++) {
        const as_loose *loose = &table->loose[serial % AS_LOOSE_MAX];
        if (loose->serial != serial)
            return;
        as_similarity like = compare_loose(index, &loose->print, it->headline->ts_recv, half_life_ns);
        most_of(&match->most, &like);
        bool fresh = it->headline->ts_recv - loose->print.ts <= lasts_ns;
        if (loose->story && fresh && alike(it, &like) && like.jaccard > best) {
            best = like.jaccard;
            match->loose_story = loose->story;
        }
        serial = loose->older;
    }
}

as_story_match as_story_find(const as_fact_table *table, const as_playbook *playbook, const as_headline *headline,
                             uint32_t issuer)
{
    const item it = item_of(playbook, headline, issuer);
    const double half_life_ns = it.th->novelty_half_life_hours * (double)AS_NS_PER_HOUR;
    as_story_match match = {0};
    choice best = {0};
    as_fact *only = NULL;
    unsigned live = 0;
    as_print_index index;
    as_print_index_init(&index, it.reading->feature, it.reading->feature_count);

    as_fact *fact = as_fact_newest(table, issuer);
    for (unsigned i = 0; fact && i < AS_FACT_COMPARED_MAX; i++) {
        as_similarity like = compare_fact(&index, fact, headline->ts_recv, half_life_ns);
        most_of(&match.most, &like);
        consider(&best, fact, tie_of(&it, fact, &like), &like);
        if (as_fact_live(fact))
            only = live++ ? NULL : fact;
        fact = as_fact_find(table, fact->older);
    }
    find_loose(table, &it, &index, half_life_ns, issuer, &match);

    /* "We deny the report": the company has one story that it can mean, or it is not known which */
    bool official_denial = it.denies && it.official;
    match.sure = best.tie >= TIE_FAMILY_ALIKE || best.tie == TIE_LIKENESS ||
                 (best.fact && it.parties && it.parties == best.fact->parties);
    match.fact = best.fact ? best.fact : official_denial && !(it.reading->marks & AS_MARK_RETRACTED) ? only : NULL;
    return match;
}
