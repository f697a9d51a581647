#include "core/credibility.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/limits.h"
#include "core/logexp.h"

enum { SLOTS = 2 * AS_OUTLET_MAX };

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "the mask needs a power of two");

static const double half_life_ns = 2 * 365.25 * 86400e9; /* SCIENCE 1.4: two years */

int as_credibility_init(as_credibility *credibility)
{
    *credibility = (as_credibility){.record = calloc(SLOTS, sizeof *credibility->record)};
    return credibility->record ? 0 : -ENOMEM;
}

void as_credibility_fini(as_credibility *credibility)
{
    free(credibility->record);
    *credibility = (as_credibility){0};
}

/* ---- outlets ---- */

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* Is the dot at `at` that of an address ("reuters.com"), not of a name ("St. Louis Post")? */
static bool begins_domain(const char *at)
{
    return at[1] && at[1] != ' ' && at[1] != '.';
}

uint64_t as_outlet(const char *source)
{
    char plain[AS_HEADLINE_SOURCE_BYTES];
    size_t count = 0;
    const char *scheme = strstr(source, "://");
    const char *at = scheme ? scheme + 3 : source;
    if (folded(at[0]) == 'w' && folded(at[1]) == 'w' && folded(at[2]) == 'w' && at[3] == '.')
        at += 4;
    for (; *at && count < sizeof plain; at++) {
        if (count > 0 && *at == '.' && begins_domain(at))
            break;
        char c = folded(*at);
        if (is_plain(c))
            plain[count++] = c;
    }
    uint64_t hash = count ? XXH3_64bits(plain, count) : XXH3_64bits(source, strlen(source));
    return hash ? hash : 1;
}

/* ---- counts ---- */

static double worth(uint64_t then, uint64_t now)
{
    return now > then ? as_half((double)(now - then) / half_life_ns) : 1;
}

/* The outlet's slot, or the free one where it would be. The table is never full: half of it stays free. */
static as_outlet_record *slot(const as_credibility *credibility, uint64_t outlet)
{
    size_t at = outlet & (SLOTS - 1);
    while (credibility->record[at].outlet && credibility->record[at].outlet != outlet)
        at = (at + 1) & (SLOTS - 1);
    return &credibility->record[at];
}

double as_credibility_p_true(const as_credibility *credibility, uint64_t outlet, uint8_t tier, uint64_t ts)
{
    static const double a[] = {1, 3, 2, 1, 1}, b[] = {4, 2, 3, 4, 4}; /* by tier; SCIENCE 1.4 */
    const as_outlet_record *record = slot(credibility, outlet);
    unsigned of = tier <= 4 ? tier : 4;
    double w = record->outlet ? worth(record->ts, ts) : 0;
    double confirmed = w * record->count[AS_OUTCOME_CONFIRMED];
    double all = w * (record->count[AS_OUTCOME_DENIED] + record->count[AS_OUTCOME_EXPIRED]) + confirmed;
    return (a[of] + confirmed) / (a[of] + b[of] + all);
}

static void wear(as_outlet_record *record, uint64_t ts)
{
    if (ts <= record->ts)
        return;
    double w = worth(record->ts, ts);
    for (unsigned i = 0; i < AS_OUTCOMES; i++)
        record->count[i] *= w;
    record->ts = ts;
}

void as_credibility_count(as_credibility *credibility, uint64_t outlet, as_outcome outcome, uint64_t ts)
{
    as_outlet_record *record = slot(credibility, outlet);
    if (!record->outlet) {
        if (credibility->outlet_count == AS_OUTLET_MAX) {
            credibility->untracked++;
            return;
        }
        credibility->outlet_count++;
        *record = (as_outlet_record){.outlet = outlet, .ts = ts};
    }
    wear(record, ts);
    record->count[outcome] += 1;
}

void as_credibility_take_back(as_credibility *credibility, uint64_t outlet, as_outcome outcome, uint64_t counted_ts,
                              uint64_t ts)
{
    as_outlet_record *record = slot(credibility, outlet);
    if (!record->outlet)
        return;
    wear(record, ts);
    double left = record->count[outcome] - worth(counted_ts, ts);
    record->count[outcome] = left > 0 ? left : 0;
}
