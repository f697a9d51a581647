#include "feeds/news/classify.h"

#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "feeds/news/pattern.h"
#include "feeds/news/style.h"
#include "feeds/news/wording.h"

static const uint32_t UNPHRASED = UINT32_MAX - 1; /* order of a family that no phrase of the playbook gave */
enum { GROUP_OTHER, GROUP_CHAIN, GROUP_COLUMN };  /* strong phrases of the supply chain; of commentary; all others */
enum { WEAK_FROM = AS_EVENT_TYPE_MAX * AS_PHRASE_MAX }; /* orders of phrases that begin with ~ */

struct as_classifier {
    as_patterns *family;  /* label: event type; groups: GROUP_*; order: family's place * AS_PHRASE_MAX + phrase */
    as_patterns *wording; /* groups: as_wording */
    const as_playbook *playbook;
    uint16_t commentary, analyst_rating, insider, executive_change, m_and_a,
        capex_raise;                 /* AS_EVENT_TYPE_OTHER if the playbook has none */
    int8_t usual[AS_EVENT_TYPE_MAX]; /* polarity of a family whose headline has no telling word */
    bool fixed[AS_EVENT_TYPE_MAX];   /* good and bad words do not turn it */
    bool relief[AS_EVENT_TYPE_MAX];  /* words of relief do */
    bool plain[AS_EVENT_TYPE_MAX];   /* reported as a fact even by a column */
    bool theme[AS_EVENT_TYPE_MAX];   /* a column's theme more often than its news */
    bool chain[AS_EVENT_TYPE_MAX];   /* of the supply chain: keeps its name in a column */
    uint16_t price_move, macro;
    as_style_rules style;
};

static int add_families(as_classifier *c, const as_playbook *playbook)
{
    for (uint16_t type = 0; type < AS_EVENT_TYPE_MAX; type++) {
        const as_event_family *family = &playbook->family[type];

        for (uint32_t i = 0; family->used && i < family->phrase_count; i++) {
            const char *why = "", *phrase = family->phrase[i];
            bool weak = phrase[0] == '~';
            uint16_t group = type == c->commentary ? GROUP_COLUMN : c->chain[type] && !weak ? GROUP_CHAIN : GROUP_OTHER;
            uint32_t order = (weak ? (uint32_t)AS_EVENT_TYPE_MAX + family->order : family->order) * AS_PHRASE_MAX + i;
            int rc = as_patterns_add(c->family, phrase + weak, group, order, (uint16_t)(type), &why);

            if (rc == -EINVAL)
                return as_error_set(-EINVAL, "%s:%u: key 'events.%s.phrases[%u]': found '%s', allowed: %s",
                                    playbook->path, family->phrase_line[i], as_event_type_name(type), i,
                                    family->phrase[i], why);
            if (rc != 0)
                return rc;
        }
    }
    return as_patterns_seal(c->family);
}

static int add_wording(as_classifier *c)
{
    for (size_t i = 0; i < AS_WORDING_COUNT; i++) {
        const char *why = "";
        int rc = as_patterns_add(c->wording, AS_WORDING[i].pattern, AS_WORDING[i].group, (uint32_t)i, 0, &why);

        if (rc == -EINVAL)
            return as_error_set(-EINVAL, "wording %zu: found '%s', allowed: %s", i, AS_WORDING[i].pattern, why);
        if (rc != 0)
            return rc;
    }
    return as_patterns_seal(c->wording);
}

static uint16_t type_in(const as_playbook *playbook, const char *name)
{
    int type = as_event_type_find(name);

    return type > 0 && type < AS_EVENT_TYPE_MAX && playbook->family[type].used ? (uint16_t)type : AS_EVENT_TYPE_OTHER;
}

static void set_habits(as_classifier *c)
{
    for (size_t i = 0; i < AS_USUAL_POLARITY_COUNT; i++) {
        int type = as_event_type_find(AS_USUAL_POLARITY[i].family);

        if (type < 0 || type >= AS_EVENT_TYPE_MAX)
            continue;
        c->usual[type] = AS_USUAL_POLARITY[i].polarity;
        c->fixed[type] = AS_USUAL_POLARITY[i].fixed;
        c->relief[type] = AS_USUAL_POLARITY[i].relief;
        c->plain[type] = AS_USUAL_POLARITY[i].plain;
        c->theme[type] = AS_USUAL_POLARITY[i].theme;
        c->chain[type] = AS_USUAL_POLARITY[i].chain;
    }
}

int as_classifier_new(const as_playbook *playbook, as_classifier **classifier)
{
    as_classifier *c = calloc(1, sizeof *c);
    int rc = c == NULL ? -ENOMEM : 0;

    if (rc == 0) {
        set_habits(c);
        c->commentary = type_in(playbook, "commentary");
        as_style_rules_init(&c->style);
        rc = as_patterns_new(&c->family);
    }
    if (rc == 0)
        rc = as_patterns_new(&c->wording);
    if (rc == 0)
        rc = add_families(c, playbook);
    if (rc == 0)
        rc = add_wording(c);
    if (rc != 0) {
        as_classifier_free(c);
        return rc;
    }
    c->playbook = playbook;
    c->analyst_rating = type_in(playbook, "analyst_rating");
    c->insider = type_in(playbook, "insider_13f");
    c->executive_change = type_in(playbook, "executive_change");
    c->m_and_a = type_in(playbook, "m_and_a");
    c->capex_raise = type_in(playbook, "capex_raise");
    c->price_move = type_in(playbook, "price_move");
    c->macro = type_in(playbook, "macro");
    *classifier = c;
    return 0;
}

void as_classifier_free(as_classifier *classifier)
{
    if (classifier == NULL)
        return;
    as_patterns_free(classifier->family);
    as_patterns_free(classifier->wording);
    free(classifier);
}

static bool said(uint32_t groups, as_wording group)
{
    return (groups >> group & 1u) != 0;
}

static uint8_t marks_of(uint32_t groups, bool retracted)
{
    static const struct {
        as_wording group;
        uint8_t mark;
    } map[] = {
        {AS_WORDING_HYPOTHETICAL, AS_MARK_HYPOTHETICAL}, {AS_WORDING_DECLINED, AS_MARK_DECLINED},
        {AS_WORDING_UNVERIFIED, AS_MARK_UNVERIFIED},     {AS_WORDING_OWN_SOURCING, AS_MARK_OWN_SOURCING},
        {AS_WORDING_RETRACTED, AS_MARK_RETRACTED},       {AS_WORDING_REVISED, AS_MARK_REVISED},
        {AS_WORDING_CORROBORATES, AS_MARK_CORROBORATES},
    };
    unsigned marks = retracted ? AS_MARK_RETRACTED : 0;

    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (said(groups, map[i].group))
            marks |= map[i].mark;
    return (uint8_t)marks;
}

static as_cue cue_of(const as_classifier *c, uint16_t event_type, uint32_t groups, as_source_verdict source,
                     as_style style)
{
    bool is_commentary = c->commentary != AS_EVENT_TYPE_OTHER && event_type == c->commentary;
    bool is_rating = c->analyst_rating != AS_EVENT_TYPE_OTHER && event_type == c->analyst_rating;

    if (is_commentary)
        return AS_CUE_OPINION;
    if (said(groups, AS_WORDING_DENIED))
        return AS_CUE_DENIED;
    if (is_rating)
        return said(groups, AS_WORDING_ON_RECORD) ? AS_CUE_CONFIRMED : AS_CUE_OPINION;
    if (source.source_class == AS_CLASS_OFFICIAL)
        return AS_CUE_CONFIRMED;
    if (said(groups, AS_WORDING_CONFIRMS) && !said(groups, AS_WORDING_RUMOUR) &&
        (said(groups, AS_WORDING_UNVERIFIED) || said(groups, AS_WORDING_PLANS)))
        return AS_CUE_DEVELOPING;
    if (said(groups, AS_WORDING_RUMOUR) || said(groups, AS_WORDING_UNVERIFIED) || said(groups, AS_WORDING_OWN_SOURCING))
        return AS_CUE_RUMOUR;
    if ((said(groups, AS_WORDING_OPINION) || (style == AS_STYLE_COLUMN && event_type != AS_EVENT_TYPE_OTHER)) &&
        !c->plain[event_type])
        return AS_CUE_OPINION;
    if (said(groups, AS_WORDING_DEVELOPING) && !said(groups, AS_WORDING_DONE))
        return AS_CUE_DEVELOPING;
    if (said(groups, AS_WORDING_PLANS) && !c->plain[event_type])
        return AS_CUE_RUMOUR;
    return AS_CUE_CONFIRMED;
}

/* +1, -1, or 0 if both or neither were said. */
static int8_t balance(uint32_t groups, as_wording up, as_wording down)
{
    return (int8_t)((int)said(groups, up) - (int)said(groups, down));
}

static int8_t usual_polarity(const as_classifier *c, uint16_t event_type, as_cue cue, uint32_t groups)
{
    if (event_type == AS_EVENT_TYPE_OTHER)
        return 0;
    if (event_type == c->insider)
        return balance(groups, AS_WORDING_HOLDER_BUYS, AS_WORDING_HOLDER_SELLS);
    if (event_type == c->executive_change && said(groups, AS_WORDING_DEPARTS))
        return cue == AS_CUE_DENIED ? 0 : -1;
    if (event_type == c->m_and_a && cue != AS_CUE_CONFIRMED)
        return 0; /* a deal that may not be */
    return c->usual[event_type];
}

/* A column that asks leaves the answer open. */
static int8_t polarity_of(const as_classifier *c, uint16_t event_type, as_cue cue, uint32_t groups, bool any_issuer,
                          bool question)
{
    int8_t usual = usual_polarity(c, event_type, cue, groups), told;

    if (!any_issuer || (question && cue == AS_CUE_OPINION))
        return 0;
    if (c->fixed[event_type]) {
        if (c->relief[event_type] && said(groups, AS_WORDING_RELIEF))
            return (int8_t)-usual;
        return usual;
    }
    if (event_type == c->insider && event_type != AS_EVENT_TYPE_OTHER)
        return usual;
    told = balance(groups, AS_WORDING_SUBJECT_UP, AS_WORDING_SUBJECT_DOWN);
    if (told == 0)
        told = balance(groups, AS_WORDING_GOOD, AS_WORDING_BAD);
    if (told == 0 && !said(groups, AS_WORDING_BAD))
        told = usual;
    return told;
}

/* What somebody reports or denies is news: the first family but commentary, if there is one. */
static as_pattern_hit reported_family(const as_classifier *c, const as_pattern_view *view, as_pattern_hit column)
{
    as_pattern_hit chain = as_patterns_first_of(c->family, view, GROUP_CHAIN);
    as_pattern_hit other = as_patterns_first_of(c->family, view, GROUP_OTHER);

    if (other.order < chain.order)
        chain = other;
    return chain.order != UINT32_MAX ? chain : column;
}

/*
 * The family: the playbook's first phrase, but a list of movers is a price move, a column whose theme is a broad family
 * is commentary, and a column about the supply chain keeps the chain's family.
 */
static as_pattern_hit family_of(const as_classifier *c, const as_pattern_view *view, uint32_t groups, as_style style,
                                bool leads)
{
    as_pattern_hit hit = as_patterns_first(c->family, view), chain;
    bool column = style == AS_STYLE_COLUMN && c->commentary != AS_EVENT_TYPE_OTHER;

    if (said(groups, AS_WORDING_MOVERS) && c->price_move != AS_EVENT_TYPE_OTHER &&
        (hit.order == UINT32_MAX || hit.label == c->commentary || hit.label == c->price_move || hit.order >= WEAK_FROM))
        return hit.label == c->price_move ? hit : (as_pattern_hit){.order = UNPHRASED, .label = c->price_move};
    if (said(groups, AS_WORDING_INVESTS) && c->m_and_a != AS_EVENT_TYPE_OTHER &&
        (hit.order == UINT32_MAX || hit.label == c->capex_raise || hit.label == c->insider))
        return (as_pattern_hit){.order = UNPHRASED, .label = c->m_and_a};
    if (hit.order == UINT32_MAX || c->commentary == AS_EVENT_TYPE_OTHER)
        return hit;
    if (hit.label == c->commentary && leads) {
        chain = reported_family(c, view, hit);
        return chain.order < WEAK_FROM && !c->theme[chain.label] ? chain : hit;
    }
    if (hit.label == c->commentary && !said(groups, AS_WORDING_ADVICE)) {
        if (style == AS_STYLE_NEWS && !said(groups, AS_WORDING_OPINION) &&
            (groups & (1u << AS_WORDING_RUMOUR | 1u << AS_WORDING_DENIED | 1u << AS_WORDING_DEVELOPING)) != 0)
            return reported_family(c, view, hit);
        chain = as_patterns_first_of(c->family, view, GROUP_CHAIN);
        return chain.order != UINT32_MAX ? chain : hit;
    }
    if (((column || (said(groups, AS_WORDING_OPINION) && hit.label == c->macro)) && c->theme[hit.label]) ||
        (column && hit.order >= WEAK_FROM) ||
        (said(groups, AS_WORDING_ADVICE) && (c->theme[hit.label] || c->chain[hit.label] || hit.order >= WEAK_FROM)))
        return (as_pattern_hit){.order = UNPHRASED, .label = c->commentary};
    return hit;
}

as_classification as_classifier_read(const as_classifier *classifier, const as_text *text, const as_links *links,
                                     as_source_verdict source, bool retracted)
{
    as_classification out = {.event_type = AS_EVENT_TYPE_OTHER};
    as_pattern_view view;
    as_pattern_hit hit;
    uint32_t groups;
    as_style style;
    bool leads;

    as_pattern_view_init(&view, text, links);
    groups = as_patterns_groups(classifier->wording, &view);
    style = as_style_of(as_style_points(&classifier->style, text));
    leads = as_style_leads_with_news(&classifier->style, text);
    hit = family_of(classifier, &view, groups, style, leads);
    if (leads && hit.order < WEAK_FROM && hit.label != classifier->commentary) {
        style = AS_STYLE_NEWS; /* what the column says of it is the rest of the headline */
        groups &= ~(1u << AS_WORDING_OPINION);
    }
    if (said(groups, AS_WORDING_NOTICE)) {
        out.event_type = AS_EVENT_TYPE_OTHER;
    } else if (hit.order != UINT32_MAX) {
        out.event_type = hit.label;
        out.phrase = (uint16_t)(hit.order % AS_PHRASE_MAX);
        out.phrased = hit.order != UNPHRASED;
    } else if (classifier->commentary != AS_EVENT_TYPE_OTHER &&
               (source.columns || said(groups, AS_WORDING_OPINION) || style != AS_STYLE_NEWS)) {
        out.event_type = classifier->commentary;
    }
    out.marks = marks_of(groups, retracted);
    out.cue = (uint8_t)cue_of(classifier, out.event_type, groups, source, style);
    out.polarity =
        polarity_of(classifier, out.event_type, (as_cue)out.cue, groups, links->issuer_count > 0, text->question);
    return out;
}

static const char *phrase_of(const as_classifier *c, const as_pattern_view *view, as_wording group)
{
    as_pattern_hit hit = as_patterns_first_of(c->wording, view, (uint16_t)group);

    return hit.order == UINT32_MAX ? NULL : AS_WORDING[hit.order].pattern;
}

static const char *first_of(const as_classifier *c, const as_pattern_view *view, const as_wording *group, size_t count)
{
    const char *phrase = NULL;

    for (size_t i = 0; phrase == NULL && i < count; i++)
        phrase = phrase_of(c, view, group[i]);
    return phrase;
}

as_classification_why as_classifier_explain(const as_classifier *classifier, const as_text *text, const as_links *links,
                                            const as_classification *said)
{
    static const as_wording rumour[] = {AS_WORDING_RUMOUR, AS_WORDING_UNVERIFIED, AS_WORDING_OWN_SOURCING,
                                        AS_WORDING_PLANS};
    static const as_wording good[] = {AS_WORDING_SUBJECT_UP, AS_WORDING_GOOD};
    static const as_wording bad[] = {AS_WORDING_SUBJECT_DOWN, AS_WORDING_BAD};
    const as_event_family *family = &classifier->playbook->family[said->event_type];
    as_classification_why why = {0};
    as_pattern_view view;

    as_pattern_view_init(&view, text, links);
    if (said->phrased && said->phrase < family->phrase_count)
        why.phrase = family->phrase[said->phrase];
    switch ((as_cue)said->cue) {
    case AS_CUE_DENIED:
        why.cue = phrase_of(classifier, &view, AS_WORDING_DENIED);
        break;
    case AS_CUE_RUMOUR:
        why.cue = first_of(classifier, &view, rumour, sizeof rumour / sizeof rumour[0]);
        break;
    case AS_CUE_DEVELOPING:
        why.cue = phrase_of(classifier, &view, AS_WORDING_DEVELOPING);
        break;
    case AS_CUE_OPINION:
        why.cue = phrase_of(classifier, &view, AS_WORDING_OPINION);
        break;
    case AS_CUE_CONFIRMED:
        why.cue = phrase_of(classifier, &view, AS_WORDING_ON_RECORD);
        break;
    }
    why.good = first_of(classifier, &view, good, sizeof good / sizeof good[0]);
    why.bad = first_of(classifier, &view, bad, sizeof bad / sizeof bad[0]);
    return why;
}
