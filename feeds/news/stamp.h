/*
 * Time stamps as news sources write them, to ns since 1970 UTC.
 *
 *   as_stamp_rfc3339   2026-07-01T09:30:00Z   2026-07-01t09:30:00.25+05:30    Atom, NewsML-G2, JSON interfaces
 *   as_stamp_rfc822    Wed, 01 Jul 2026 09:30:00 GMT   1 Jul 26 09:30 EDT     RSS
 *   as_stamp_compact   20260701T093000   20260701T0930                        UTC
 *
 * A stamp names its offset: one without is refused, since nobody knows which instant it is. -00:00 and -0000 are UTC. A
 * second of 60 counts on. Fractions are kept to the ns, further digits dropped. The weekday is not checked against the
 * date: sources get it wrong. Stamps from 1970 to 2261.
 *
 * Pure functions; any thread. false, with *ts untouched, if the text is not such a stamp.
 */
#ifndef AS_FEEDS_NEWS_STAMP_H
#define AS_FEEDS_NEWS_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 3339, section 5.6; a blank is allowed for the T. */
bool as_stamp_rfc3339(const char *text, size_t text_bytes, uint64_t *ts);

/*
 * RFC 822, section 5.1, as RFC 5322 amends it: years of two digits are 1970 to 2069; the weekday and the seconds may be
 * missing; zones are +hhmm, GMT, UT, UTC, Z, EST, EDT, CST, CDT, MST, MDT, PST, PDT.
 */
bool as_stamp_rfc822(const char *text, size_t text_bytes, uint64_t *ts);

/* ISO 8601's basic form, in UTC. */
bool as_stamp_compact(const char *text, size_t text_bytes, uint64_t *ts);

#endif
