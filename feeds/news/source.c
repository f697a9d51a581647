#include "feeds/news/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/text.h"

enum { SOURCE_SLOTS = 4096, COLUMNS = 0x10 };

/* Separated by ';'. Tier in the low bits, COLUMNS for sites that publish mostly columns. */
static const struct {
    uint8_t source_class, tier;
    const char *names;
} KNOWN[] = {
    {AS_CLASS_OFFICIAL, 1,
     "prnewswire;pr newswire;businesswire;business wire;globenewswire;globe newswire;accesswire;accessnewswire;"
     "newsfilecorp;newsfile;newswire;sec;sec.gov;edgar;nasdaq trader;nasdaqtrader;federal reserve;white house;"
     "whitehouse.gov;bis.gov;commerce.gov;company filing;press release"},
    {AS_CLASS_PRESS, 1,
     "reuters;bloomberg;bloomberg news;wsj;wall street journal;the wall street journal;ft;financial times;dow jones;"
     "dow jones newswires;ap;associated press;apnews;nikkei;nikkei asia;the information;theinformation"},
    {AS_CLASS_PRESS, 2,
     "cnbc;nytimes;new york times;the new york times;barrons;barron's;marketwatch;techcrunch;forbes;businessinsider;"
     "business insider;washingtonpost;washington post;bbc;bbc.co.uk;theguardian;guardian;yonhap;digitimes;axios;the "
     "verge;theverge;"
     "fortune;cnn;foxbusiness;nypost;geekwire;investors;politico;semafor;wired;economist;bbc news;usatoday;latimes;"
     "fastcompany;deadline;variety;the register;theregister;investopedia;pymnts;nhk;caixin;scmp;korea herald"},
    {AS_CLASS_AGGREGATOR, 3 | COLUMNS,
     "fool;the motley fool;motley fool;seekingalpha;seeking alpha;investorplace;247wallst;24/7 wall "
     "st;insidermonkey;gurufocus;"
     "zacks;simplywall.st;simplywallst;stocknews;kiplinger;morningstar;thestreet;tipranks"},
    {AS_CLASS_AGGREGATOR, 3,
     "benzinga;marketbeat;finbold;invezz;fxempire;proactiveinvestors;proactiveinvestors.co.uk;schaeffersresearch;"
     "youtube;"
     "yahoo;finance.yahoo;yahoo finance;msn;investing;investing.com;aggregator;google "
     "news;coindesk;cointelegraph;techflow;"
     "odaily;gate;stocktitan;quiverquant;nasdaq"},
    {AS_CLASS_SOCIAL, 4,
     "x;x.com;twitter;reddit;stocktwits;truthsocial;truth "
     "social;weibo;telegram;discord;facebook;tiktok;mastodon;bluesky"},
};

/* Lower case, without scheme, "www." and what follows a slash. The length written. */
static size_t normalise(const char *name, char out[AS_HEADLINE_SOURCE_BYTES])
{
    size_t bytes = strnlen(name, AS_HEADLINE_SOURCE_BYTES);
    const char *at = name;
    size_t count = 0;

    for (size_t i = 0; i + 2 < bytes; i++)
        if (name[i] == ':' && name[i + 1] == '/' && name[i + 2] == '/')
            at = name + i + 3;
    if (bytes - (size_t)(at - name) > 4 && memcmp(at, "www.", 4) == 0)
        at += 4;
    for (; at < name + bytes && count < AS_HEADLINE_SOURCE_BYTES - 1; at++) {
        if (*at == '/' && at > name && at[-1] != '4') /* "24/7" keeps its slash */
            break;
        out[count++] = *at >= 'A' && *at <= 'Z' ? (char)(*at + ('a' - 'A')) : *at;
    }
    out[count] = '\0';
    return count;
}

static as_source_entry *slot(const as_sources *sources, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & sources->mask;

    while (sources->entry[at].hash != 0 && sources->entry[at].hash != hash)
        at = (at + 1) & sources->mask;
    return &sources->entry[at];
}

static void put(as_sources *sources, const char *name, size_t bytes, as_source_entry entry)
{
    as_source_entry *e;

    entry.hash = as_text_hash(name, bytes);
    e = slot(sources, entry.hash);
    *e = entry;
}

int as_sources_init(as_sources *sources, const as_playbook *playbook)
{
    sources->mask = SOURCE_SLOTS - 1;
    sources->entry = calloc(2 * (size_t)SOURCE_SLOTS, sizeof *sources->entry);
    if (sources->entry == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < playbook->source_count; i++) {
        const as_news_source *from = &playbook->source[i];
        char name[AS_HEADLINE_SOURCE_BYTES];
        size_t bytes = normalise(from->name, name);

        put(sources, name, bytes, (as_source_entry){.source_class = from->source_class, .tier = from->tier});
    }
    /*
     * the well-known ones live in a table of their own behind it, because what a record gives comes
     * before them
     */
    for (size_t k = 0; k < sizeof KNOWN / sizeof KNOWN[0]; k++) {
        as_sources known = {.entry = sources->entry + SOURCE_SLOTS, .mask = sources->mask};
        as_source_entry entry = {.source_class = KNOWN[k].source_class,
                                 .tier = KNOWN[k].tier & 7u,
                                 .columns = (KNOWN[k].tier & COLUMNS) != 0};

        for (const char *at = KNOWN[k].names; *at != '\0';) {
            size_t bytes = strcspn(at, ";");

            put(&known, at, bytes, entry);
            at += bytes + (at[bytes] == ';');
        }
    }
    return 0;
}

void as_sources_fini(as_sources *sources)
{
    free(sources->entry);
    memset(sources, 0, sizeof *sources);
}

static size_t without_domain(const char *name, size_t bytes)
{
    while (bytes > 0 && name[bytes - 1] != '.')
        bytes--;
    return bytes > 0 ? bytes - 1 : 0;
}

/* The entry of a name, or of the name without its last domain; NULL if neither is known. */
static const as_source_entry *lookup(const as_sources *sources, unsigned table, const char *name, size_t bytes)
{
    as_sources view = {.entry = sources->entry + (size_t)table * SOURCE_SLOTS, .mask = sources->mask};

    while (bytes > 0) {
        const as_source_entry *e = slot(&view, as_text_hash(name, bytes));

        if (e->hash != 0)
            return e;
        bytes = without_domain(name, bytes);
    }
    return NULL;
}

as_source_verdict as_sources_resolve(const as_sources *sources, const as_headline *headline)
{
    static const uint8_t usual_tier[5] = {3, 1, 2, 3, 4};
    static const uint8_t usual_class[5] = {AS_CLASS_AGGREGATOR, AS_CLASS_PRESS, AS_CLASS_PRESS, AS_CLASS_AGGREGATOR,
                                           AS_CLASS_SOCIAL};
    char name[AS_HEADLINE_SOURCE_BYTES];
    size_t bytes = normalise(headline->source, name);
    const as_source_entry *listed = lookup(sources, 0, name, bytes);
    const as_source_entry *known = lookup(sources, 1, name, bytes);
    uint8_t source_class = headline->class_given <= AS_CLASS_SOCIAL ? headline->class_given : AS_CLASS_UNKNOWN;
    uint8_t tier = headline->tier_given <= 4 ? headline->tier_given : 0;

    if (listed != NULL) {
        source_class = listed->source_class != AS_CLASS_UNKNOWN ? listed->source_class : source_class;
        tier = listed->tier != 0 ? listed->tier : tier;
    }
    if (known != NULL && source_class == AS_CLASS_UNKNOWN && tier == 0) {
        source_class = known->source_class;
        tier = known->tier;
    }
    if (source_class == AS_CLASS_UNKNOWN)
        source_class = known != NULL ? known->source_class : usual_class[tier];
    if (tier == 0)
        tier = usual_tier[source_class];
    return (as_source_verdict){.source_class = source_class, .tier = tier, .columns = known != NULL && known->columns};
}
