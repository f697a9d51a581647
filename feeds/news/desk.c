#include "feeds/news/desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/news/classify.h"
#include "feeds/news/figures.h"
#include "feeds/news/fingerprint.h"
#include "feeds/news/lexicon.h"
#include "feeds/news/link.h"
#include "feeds/news/overlap.h"
#include "feeds/news/quoting.h"
#include "feeds/news/source.h"
#include "feeds/news/speaker.h"
#include "feeds/news/text.h"

struct as_desk {
    uint32_t generation;
    as_lexicon lexicon;
    as_sources sources;
    as_quoting quoting;
    as_linker *linker;
    as_classifier *classifier;
    const as_playbook *playbook;
};

int as_desk_new(const as_universe *universe, const as_playbook *playbook, as_desk **desk)
{
    as_desk *made = calloc(1, sizeof *made);
    int rc = made == NULL ? -ENOMEM : 0;

    if (rc == 0)
        rc = as_lexicon_init(&made->lexicon);
    if (rc == 0)
        rc = as_sources_init(&made->sources, playbook);
    if (rc == 0)
        rc = as_linker_new(universe, &made->lexicon, &made->linker);
    if (rc == 0)
        rc = as_classifier_new(playbook, &made->classifier);
    if (rc != 0) {
        as_desk_free(made);
        return rc == -ENOMEM ? as_error_set(-ENOMEM, "desk: out of memory for %u instruments", universe->symbols.count)
                             : as_error_add("desk: compiling the playbook's phrases");
    }
    as_quoting_init(&made->quoting);
    made->generation = playbook->generation;
    made->playbook = playbook;
    *desk = made;
    return 0;
}

void as_desk_free(as_desk *desk)
{
    if (desk == NULL)
        return;
    as_classifier_free(desk->classifier);
    as_linker_free(desk->linker);
    as_sources_fini(&desk->sources);
    as_lexicon_fini(&desk->lexicon);
    free(desk);
}

/* What another outlet reported and is only credited for ("Meta cuts jobs - WSJ") is no fact of this one's. */
static as_classification classify(const as_desk *desk, const as_text *text, const as_links *links,
                                  as_source_verdict source, const as_headline *headline)
{
    as_classification said = as_classifier_read(desk->classifier, text, links, source, headline->retracted != 0);

    if (said.cue == AS_CUE_CONFIRMED && source.source_class != AS_CLASS_OFFICIAL &&
        as_quoting_trails(&desk->quoting, text, headline->source))
        said.cue = AS_CUE_RUMOUR;
    return said;
}

/* Another outlet's sources are not this one's; who confirms its report has some of his own. */
static uint8_t marks_of(const as_desk *desk, const as_text *text, const as_headline *headline, uint8_t marks)
{
    if ((marks & AS_MARK_CORROBORATES) != 0 || !as_quoting_read(&desk->quoting, text, headline->source))
        return marks;
    return (uint8_t)((marks | AS_MARK_QUOTES) & ~AS_MARK_OWN_SOURCING);
}

static const char *phrase_of(const as_desk *desk, const as_classification *said)
{
    const as_event_family *family = &desk->playbook->family[said->event_type];

    return said->phrased && said->phrase < family->phrase_count ? family->phrase[said->phrase] : NULL;
}

void as_desk_read(const as_desk *desk, as_headline *headline)
{
    as_reading *reading = &headline->reading;
    unsigned tags = headline->tag_count <= AS_HEADLINE_TAG_MAX ? headline->tag_count : AS_HEADLINE_TAG_MAX;
    size_t bytes = headline->text_bytes < AS_HEADLINE_TEXT_BYTES ? headline->text_bytes : AS_HEADLINE_TEXT_BYTES - 1;
    as_source_verdict source = as_sources_resolve(&desk->sources, headline);
    as_classification said;
    as_links links;
    as_text text;

    memset(reading, 0, sizeof *reading);
    as_text_read(&text, headline->text, bytes);
    as_lexicon_mark(&desk->lexicon, &text);
    as_linker_read(desk->linker, &text, headline->tag, tags, &links);
    said = classify(desk, &text, &links, source, headline);
    reading->generation = desk->generation;
    reading->issuer_count = links.issuer_count;
    memcpy(reading->issuer, links.issuer, links.issuer_count * sizeof *links.issuer);
    memcpy(reading->relevance, links.relevance, links.issuer_count * sizeof *links.relevance);
    reading->event_type = said.event_type;
    reading->phrase = said.phrase;
    reading->cue = said.cue;
    reading->marks =
        source.source_class == AS_CLASS_OFFICIAL ? said.marks : marks_of(desk, &text, headline, said.marks);
    reading->polarity = said.polarity;
    reading->source_class = source.source_class;
    reading->tier = source.tier;
    reading->speaker = (uint8_t)as_speaker_read(&text, &links);
    reading->figure_count = (uint8_t)as_figures_read(&text, reading->figure);
    reading->feature_count = (uint16_t)as_fingerprint_read(text.folded, text.bytes, reading->feature);
    if (as_event_type_concurrent(said.event_type))
        reading->common =
            as_overlap_common(&text, &links, phrase_of(desk, &said), reading->feature, reading->feature_count);
}

static as_desk_mention mention_of(const as_text *text, const as_mention *m)
{
    static const char *const class_text[] = {"SAFE", "CASED", "CONTEXT"};
    const as_token *first = &text->token[m->first], *last = &text->token[m->end - 1];
    size_t bytes = (size_t)(last->offset + last->bytes - first->offset);
    as_desk_mention out = {.issuer = m->issuer, .judged = m->judged, .score = (double)m->score};

    bytes = bytes < sizeof out.text ? bytes : sizeof out.text - 1;
    memcpy(out.text, text->folded + first->offset, bytes);
    out.text[bytes] = '\0';
    out.class =
        m->ticker ? "TICKER" : class_text[m->alias_class <= AS_ALIAS_CONTEXT ? m->alias_class : AS_ALIAS_CONTEXT];
    return out;
}

void as_desk_explain(const as_desk *desk, const as_headline *headline, as_desk_why *why)
{
    unsigned tags = headline->tag_count <= AS_HEADLINE_TAG_MAX ? headline->tag_count : AS_HEADLINE_TAG_MAX;
    size_t bytes = headline->text_bytes < AS_HEADLINE_TEXT_BYTES ? headline->text_bytes : AS_HEADLINE_TEXT_BYTES - 1;
    as_classification said;
    as_classification_why because;
    as_links links;
    as_text text;

    memset(why, 0, sizeof *why);
    as_text_read(&text, headline->text, bytes);
    as_lexicon_mark(&desk->lexicon, &text);
    as_linker_read(desk->linker, &text, headline->tag, tags, &links);
    said = classify(desk, &text, &links, as_sources_resolve(&desk->sources, headline), headline);
    because = as_classifier_explain(desk->classifier, &text, &links, &said);
    for (unsigned i = 0; i < links.mention_count; i++) {
        bool known = false;

        for (unsigned k = 0; k < why->mention_count; k++)
            known = known || why->mention[k].issuer == links.mention[i].issuer;
        if (!known && why->mention_count < AS_HEADLINE_ISSUER_MAX)
            why->mention[why->mention_count++] = mention_of(&text, &links.mention[i]);
    }
    why->event = because.phrase;
    why->cue = because.cue;
    why->good = because.good;
    why->bad = because.bad;
}
