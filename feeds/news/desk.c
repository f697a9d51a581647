#include "feeds/news/desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/news/classify.h"
#include "feeds/news/fingerprint.h"
#include "feeds/news/lexicon.h"
#include "feeds/news/link.h"
#include "feeds/news/source.h"
#include "feeds/news/text.h"

struct as_desk {
    uint32_t generation;
    as_lexicon lexicon;
    as_sources sources;
    as_linker *linker;
    as_classifier *classifier;
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
    made->generation = playbook->generation;
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
    said = as_classifier_read(desk->classifier, &text, &links, source, headline->retracted != 0);
    reading->generation = desk->generation;
    reading->issuer_count = links.issuer_count;
    memcpy(reading->issuer, links.issuer, links.issuer_count * sizeof *links.issuer);
    memcpy(reading->relevance, links.relevance, links.issuer_count * sizeof *links.relevance);
    reading->event_type = said.event_type;
    reading->phrase = said.phrase;
    reading->cue = said.cue;
    reading->marks = said.marks;
    reading->polarity = said.polarity;
    reading->source_class = source.source_class;
    reading->tier = source.tier;
    reading->feature_count = (uint16_t)as_fingerprint_read(text.folded, text.bytes, reading->feature);
}
