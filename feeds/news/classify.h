/*
 * as_classifier: what a headline says. Event family, cue, marks, polarity.
 *
 * The family comes from the playbook's phrases (the pattern language of pattern.h); the earliest
 * family in the file with a matching phrase wins; phrases that begin with ~ are weak and come after
 * all others. Without a match the family is "other", or
 * "commentary" when the headline is a column (style.h, an opinion) and the playbook has that family. A column with the
 * words of a broad family (tariff, dividend, launch, a move) is commentary, one about the supply chain keeps the
 * chain's family and its cue is opinion; a list of movers is a price move; what is denied, rumoured or told before a
 * question is news. Cue, marks and polarity come from the desk's own phrases, because they are about
 * language and not about markets:
 *   cue       denied, then opinion for commentary and ratings, confirmed for a press release,
 *             rumour, developing, opinion, confirmed (labels' guide);
 *   marks     AS_MARK_*;
 *   polarity  of the event for the first issuer: good and bad words, else the family's usual
 *             sign; 0 without an issuer.
 *
 * Threads: immutable once made; reading is pure, without allocation.
 */
#ifndef AS_FEEDS_NEWS_CLASSIFY_H
#define AS_FEEDS_NEWS_CLASSIFY_H

#include "core/headline.h"
#include "core/playbook.h"
#include "feeds/news/link.h"
#include "feeds/news/source.h"
#include "feeds/news/text.h"

typedef struct as_classifier as_classifier;

typedef struct as_classification {
    uint16_t event_type;
    uint16_t phrase; /* which phrase of the family fired; 0 without one */
    uint8_t cue;     /* as_cue */
    uint8_t marks;   /* AS_MARK_* */
    int8_t polarity;
    bool phrased; /* a phrase of the playbook fired: .phrase says which */
} as_classification;

/* What decided, for people. Texts live as long as the classifier and its playbook; NULL where none decided. */
typedef struct as_classification_why {
    const char *phrase;     /* of the playbook, that gave the family */
    const char *cue;        /* of the desk's own, that gave the cue */
    const char *good, *bad; /* that spoke for and against in the polarity */
} as_classification_why;

/*
 * 0; -EINVAL with the error chain set for a phrase that is none; -ENOMEM. The playbook must outlive
 * the classifier.
 */
int as_classifier_new(const as_playbook *playbook, as_classifier **classifier);
void as_classifier_free(as_classifier *classifier);

as_classification as_classifier_read(const as_classifier *classifier, const as_text *text, const as_links *links,
                                     as_source_verdict source, bool retracted);

/* The same reading once more, saying what fired. For a display, not for the feed's path. */
as_classification_why as_classifier_explain(const as_classifier *classifier, const as_text *text, const as_links *links,
                                            const as_classification *said);

#endif
