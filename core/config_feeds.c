#include <errno.h>
#include <string.h>

#include "core/config_schema.h"
#include "core/error.h"
#include "core/number.h"

static bool is_word(const char *text)
{
    return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

/* ---- what goes together ---- */

static const char *const framing_names[] = {"none", "moldudp64", "lines", "soupbintcp", "iextp", "websocket", "http"};
static const char *const format_names[] = {"ndjson", "itch50", "tops", "deep", "alpaca", "benzinga", "rss"};

const char *as_feed_framing_name(as_feed_framing framing)
{
    return framing_names[framing];
}

const char *as_feed_format_name(as_feed_format format)
{
    return format_names[format];
}

static const struct {
    const char *scheme;
    as_feed_transport transport;
} schemes[] = {
    {"udp://", AS_FEED_UDP}, {"tcp://", AS_FEED_TCP},  {"ws://", AS_FEED_WS},
    {"wss://", AS_FEED_WS},  {"http://", AS_FEED_WEB}, {"https://", AS_FEED_WEB},
};

/* The first row of a transport and format is the default. */
static const struct {
    as_feed_transport transport;
    as_feed_format format;
    as_feed_framing framing;
} pipelines[] = {
    {AS_FEED_UDP, AS_FORMAT_ITCH50, AS_FRAMING_MOLDUDP64},  {AS_FEED_UDP, AS_FORMAT_TOPS, AS_FRAMING_IEXTP},
    {AS_FEED_UDP, AS_FORMAT_DEEP, AS_FRAMING_IEXTP},        {AS_FEED_UDP, AS_FORMAT_NDJSON, AS_FRAMING_LINES},
    {AS_FEED_TCP, AS_FORMAT_ITCH50, AS_FRAMING_SOUPBINTCP}, {AS_FEED_TCP, AS_FORMAT_NDJSON, AS_FRAMING_LINES},
    {AS_FEED_WS, AS_FORMAT_ALPACA, AS_FRAMING_WEBSOCKET},   {AS_FEED_WS, AS_FORMAT_BENZINGA, AS_FRAMING_WEBSOCKET},
    {AS_FEED_WS, AS_FORMAT_NDJSON, AS_FRAMING_WEBSOCKET},   {AS_FEED_WEB, AS_FORMAT_RSS, AS_FRAMING_HTTP},
};

static const char pipelines_text[] =
    "itch50 with moldudp64 over udp or soupbintcp over tcp, tops and deep with iextp over udp, ndjson with lines over "
    "udp or tcp or with websocket over ws, alpaca and benzinga with websocket over ws, rss with http over http";

int as_feed_config_resolve(as_feed_config *feed, as_feed_transport *transport)
{
    const char *scheme = NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes && !scheme; i++) {
        if (strncmp(feed->source, schemes[i].scheme, strlen(schemes[i].scheme)) == 0) {
            scheme = schemes[i].scheme;
            *transport = schemes[i].transport;
        }
    }
    if (!scheme)
        return as_error_set(-EINVAL, "\"%s\": not a source URL; allowed: udp, tcp, ws, wss, http or https ://HOST...",
                            feed->source);
    for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
        if (pipelines[i].transport != *transport || pipelines[i].format != feed->format ||
            (feed->framing != AS_FRAMING_NONE && feed->framing != pipelines[i].framing))
            continue;
        feed->framing = pipelines[i].framing;
        return 0;
    }
    return as_error_set(-EINVAL, "format %s with framing %s over %s; allowed: %s", format_names[feed->format],
                        framing_names[feed->framing], scheme, pipelines_text);
}

/* ---- feeds ---- */

static bool is_one_of(const char *text, const char *const *names)
{
    while (*names && strcmp(*names, text) != 0)
        names++;
    return *names != NULL;
}

/* HOST:PORT, with IPv6 in brackets, up to the end or a question mark. *rest is what follows. */
static bool split_host_port(const char *text, const char **rest)
{
    size_t host_bytes = *text == '[' ? strcspn(text, "]?") + 1 : strcspn(text, ":?");
    char port[8];
    if (host_bytes < (*text == '[' ? 3u : 1u) || text[host_bytes] != ':')
        return false;
    const char *digits = text + host_bytes + 1;
    size_t port_bytes = strcspn(digits, "?");
    int64_t number;
    if (port_bytes == 0 || port_bytes >= sizeof port || strspn(digits, "0123456789") != port_bytes)
        return false;
    memcpy(port, digits, port_bytes);
    port[port_bytes] = '\0';
    *rest = digits + port_bytes;
    return as_number_int64(port, &number) && number >= 1 && number <= 65535;
}

/* udp://HOST:PORT[?if=X] or tcp://HOST:PORT[?mode=M]; sockets say more when they are opened. */
static bool is_source(const char *url, bool *udp)
{
    static const char *const modes[] = {"?mode=auto", "?mode=connect", "?mode=listen", NULL};
    const char *rest;
    *udp = strncmp(url, "udp://", 6) == 0;
    if ((!*udp && strncmp(url, "tcp://", 6) != 0) || !split_host_port(url + 6, &rest))
        return false;
    return !*rest ||
           (*udp ? strncmp(rest, "?if=", 4) == 0 && rest[4] && !strpbrk(rest + 4, "&?") : is_one_of(rest, modes));
}

/* ws, wss, http, https; sockets say more when they are opened. */
static bool is_web(const char *url)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (schemes[i].transport >= AS_FEED_WS && strncmp(url, schemes[i].scheme, strlen(schemes[i].scheme)) == 0)
            return url[strlen(schemes[i].scheme)] != '\0';
    return false;
}

/* A line of a feed of sequenced packets beside its first. */
static int check_line(const as_yaml *y, int node, const char *key, const char *url, const as_feed_config *feed)
{
    bool udp;
    if (!*url)
        return 0;
    if (feed->framing != AS_FRAMING_MOLDUDP64 && feed->framing != AS_FRAMING_IEXTP)
        return as_yaml_error(y, as_yaml_get(y, node, key),
                             "nothing: only moldudp64 and iextp have sequences to put lines together");
    if (!is_source(url, &udp) || !udp)
        return as_yaml_error(y, as_yaml_get(y, node, key), "udp://HOST:PORT[?if=INTERFACE]");
    return 0;
}

/* Keys that only some feeds have: nothing is accepted that would be ignored. */
static const struct {
    const char *key;
    unsigned framings; /* set of 1 << as_feed_framing */
    unsigned formats;  /* set of 1 << as_feed_format; 0: any */
    const char *allowed;
} special_keys[] = {
    {"user", 1 << AS_FRAMING_SOUPBINTCP | 1 << AS_FRAMING_WEBSOCKET, 1 << AS_FORMAT_ITCH50 | 1 << AS_FORMAT_ALPACA,
     "with soupbintcp and alpaca only"},
    {"secret", 1 << AS_FRAMING_SOUPBINTCP | 1 << AS_FRAMING_WEBSOCKET,
     1 << AS_FORMAT_ITCH50 | 1 << AS_FORMAT_ALPACA | 1 << AS_FORMAT_BENZINGA,
     "with soupbintcp, alpaca and benzinga only"},
    {"session", 1 << AS_FRAMING_SOUPBINTCP, 0, "with soupbintcp only"},
    {"ca", 1 << AS_FRAMING_WEBSOCKET | 1 << AS_FRAMING_HTTP, 0, "with websocket and http only"},
    {"subscribe", 1 << AS_FRAMING_WEBSOCKET, 1 << AS_FORMAT_ALPACA | 1 << AS_FORMAT_BENZINGA,
     "with alpaca and benzinga only"},
    {"backfill", 1 << AS_FRAMING_WEBSOCKET, 1 << AS_FORMAT_ALPACA, "with alpaca only"},
    {"publisher", 1 << AS_FRAMING_WEBSOCKET | 1 << AS_FRAMING_HTTP, 0, "with websocket and http only"},
    {"poll", 1 << AS_FRAMING_HTTP, 0, "with http only"},
    {"window", 1 << AS_FRAMING_MOLDUDP64 | 1 << AS_FRAMING_IEXTP, 0, "with moldudp64 and iextp only"},
    {"retransmit", 1 << AS_FRAMING_MOLDUDP64, 0, "with moldudp64 only"},
};

static int check_special(const as_yaml *y, int node, const as_feed_config *feed)
{
    for (size_t i = 0; i < sizeof special_keys / sizeof *special_keys; i++) {
        int at = as_yaml_get(y, node, special_keys[i].key);
        bool framing = special_keys[i].framings >> feed->framing & 1;
        bool format = special_keys[i].formats == 0 || special_keys[i].formats >> feed->format & 1;
        if (at && !(framing && format))
            return as_yaml_error(y, at, "nothing: %s", special_keys[i].allowed);
    }
    int redundant = as_yaml_get(y, node, "redundant");
    if (redundant && strcmp(feed->redundant, feed->source) == 0)
        return as_yaml_error(y, redundant, "another line than the source");
    return 0;
}

static int check_feed(const as_yaml *y, int node, as_feed_config *feed)
{
    bool udp;
    if (!is_word(feed->name))
        return as_yaml_error(y, as_yaml_get(y, node, "name"), "1 to %d letters, digits, _ and -",
                             AS_FEED_NAME_BYTES - 1);
    if (!is_web(feed->source) && !is_source(feed->source, &udp))
        return as_yaml_error(y, as_yaml_get(y, node, "source"),
                             "udp://HOST:PORT[?if=INTERFACE], tcp://HOST:PORT[?mode=auto|connect|listen], "
                             "ws[s]://HOST[:PORT]/PATH, http[s]://HOST[:PORT]/PATH");
    as_feed_transport transport;
    if (as_feed_config_resolve(feed, &transport) < 0) {
        int at = as_yaml_get(y, node, "framing") ? as_yaml_get(y, node, "framing") : as_yaml_get(y, node, "source");
        as_error_clear();
        return as_yaml_error(y, at, "%s", pipelines_text);
    }
    int rc = check_line(y, node, "redundant", feed->redundant, feed);
    if (!rc)
        rc = check_line(y, node, "retransmit", feed->retransmit, feed);
    return rc ? rc : check_special(y, node, feed);
}

int as_config_read_feeds(const as_config_reader *r, int node, as_config *config)
{
    if (!node)
        return 0;
    int rc = as_yaml_expect_list(r->yaml, node, AS_FEED_MAX);
    for (uint32_t i = 0; i < as_yaml_count(r->yaml, node) && !rc; i++) {
        int entry = as_yaml_at(r->yaml, node, i, NULL);
        as_feed_config *feed = &config->feed[i];
        if (as_yaml_kind_of(r->yaml, entry) != AS_YAML_MAP)
            return as_yaml_error(r->yaml, entry, "a map");
        feed->line = as_yaml_line(r->yaml, entry);
        rc = as_config_read_map(r, entry, "feeds[].", feed);
        if (!rc)
            rc = check_feed(r->yaml, entry, feed);
        for (uint32_t k = 0; k < i && !rc; k++)
            if (strcmp(config->feed[k].name, feed->name) == 0)
                rc = as_yaml_error(r->yaml, as_yaml_get(r->yaml, entry, "name"), "a name of its own (line %d has it)",
                                   config->feed[k].line);
        config->feed_count = i + 1;
    }
    return rc;
}
