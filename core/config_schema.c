#include "core/config_schema.h"

#include <string.h>

#include "core/date.h"
#include "core/error.h"
#include "core/event.h"
#include "core/number.h"
#include "core/timezone.h"

enum { KEY_MAX = 32 }; /* keys of one scope */

static const char *const waits[] = {"yield", "spin", "block", NULL};
static const char *const backends[] = {"auto", "uring", "epoll", NULL};
static const char *const framings[] = {"moldudp64", "lines", "soupbintcp", "iextp", "websocket", "http", NULL};
static const char *const formats[] = {"ndjson", "itch50", "tops", "deep", "alpaca", "benzinga", "rss", NULL};
static const char *const csv_only[] = {"csv", NULL};
static const char *const kinds[] = {"bar", "trade", "quote", "headline", NULL};
static const char *const stamps[] = {"end", "start", "session_close", NULL};
static const char *const sides[] = {"both", "one", NULL};
static const char *const sessions[] = {"all", "regular", NULL};
static const char *const crossings[] = {"keep", "drop", NULL};
static const char *const mergings[] = {"none", "median", NULL};
static const char *const levels[] = {"error", "warn", "info", NULL};

#define AT(type, member) .offset = offsetof(type, member), .bytes = sizeof(((type *)0)->member)
#define COLUMN(field, text)                                                                                        \
    {                                                                                                                  \
        .path = "inputs[].columns." #field, .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .meaning = text,       \
        AT(as_csv_mapping, column.field)                                                                               \
    }

/* A row: path, type, unit, default, what is allowed, meaning, place. */
/* clang-format off */
const as_config_key as_config_keys[] = {
    {.path = "universe", .type = AS_CONFIG_PATH, .unit = "", .meaning =
     "Instruments, buckets, calendars and aliases: universe.csv, with links.csv beside it if there are links. A file "
     "that holds nothing but `inputs`, `session` and `calendars` (a mapping for `inspect` and `convert`) needs none.",
     AT(as_config, universe)},
    {.path = "playbook", .type = AS_CONFIG_PATH, .unit = "", .meaning =
     "Event families, channels, controls, gates and thresholds: playbook.yaml. Read again on SIGHUP.",
     AT(as_config, playbook)},
    {.path = "history", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "Daily closes that start betas and volatilities before the first day: any input that `inspect` knows.",
     AT(as_config, history)},
    {.path = "calibration", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "Table from which signals state `p`, written by `aftershock backtest --calibrate-to`. Without it p is null.",
     AT(as_config, calibration)},
    {.path = "wait", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "yield", .choice = waits, .meaning =
     "What a thread does when it has nothing to do: spin costs a CPU and answers at once, block sleeps.",
     AT(as_config, wait)},
    {.path = "topology", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "compact",
     .allowed = "compact, pinned, or a map of CPU numbers (then pinned)", .meaning =
     "Threads: compact runs feeds and core on one, pinned gives every stage its own. Decisions are the same."},
    {.path = "topology.pinned", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "", .allowed =
     "a map of feeds, core, ipc, admin", .meaning = "The same CPU numbers, one level deeper, beside `wait`."},
    {.path = "topology.feeds", .type = AS_CONFIG_CUSTOM, .unit = "CPU", .standard = "", .allowed =
     "a list of 0 to 1023", .meaning = "CPUs of the feed threads, in the order of `feeds`."},
    {.path = "topology.core", .type = AS_CONFIG_CUSTOM, .unit = "CPU", .standard = "", .allowed = "0 to 1023",
     .meaning = "CPU of the thread that decides."},
    {.path = "topology.ipc", .type = AS_CONFIG_CUSTOM, .unit = "CPU", .standard = "", .allowed = "0 to 1023",
     .meaning = "CPU of the thread that publishes."},
    {.path = "topology.admin", .type = AS_CONFIG_CUSTOM, .unit = "CPU", .standard = "", .allowed = "0 to 1023",
     .meaning = "CPU of the thread that writes the journal."},
    {.path = "topology.wait", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "", .allowed = "as top-level `wait`",
     .meaning = "The same as top-level `wait`; only one of the two."},

    {.path = "feeds", .type = AS_CONFIG_LIST, .unit = "", .standard = "[]", .allowed = "up to 32 maps", .meaning =
     "Live sources. `replay` takes files on its command line and needs none."},
    {.path = "feeds[].name", .type = AS_CONFIG_TEXT, .unit = "", .allowed =
     "1 to 31 letters, digits, _ and -, each name once", .meaning = "Name in the topic `feed.<name>.` and in messages.",
     AT(as_feed_config, name)},
    {.path = "feeds[].source", .type = AS_CONFIG_TEXT, .unit = "", .allowed =
     "udp://HOST:PORT[?if=INTERFACE], tcp://HOST:PORT[?mode=auto|connect|listen], ws[s]://HOST[:PORT]/PATH, "
     "http[s]://HOST[:PORT]/PATH", .meaning =
     "Where the data comes from; a multicast group is joined on `if`.", AT(as_feed_config, source)},
    {.path = "feeds[].redundant", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed =
     "udp://HOST:PORT[?if=INTERFACE], with moldudp64 or iextp", .meaning = "Line B of the same packets: whichever "
     "comes first counts.", AT(as_feed_config, redundant)},
    {.path = "feeds[].retransmit", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed =
     "udp://HOST:PORT, with moldudp64", .meaning = "Server that is asked for packets lost on both lines.",
     AT(as_feed_config, retransmit)},
    {.path = "feeds[].format", .type = AS_CONFIG_CHOICE, .unit = "", .choice = formats, .meaning =
     "What the messages are.", AT(as_feed_config, format)},
    {.path = "feeds[].framing", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "", .choice = framings,
     .choice_base = AS_FRAMING_MOLDUDP64, .meaning =
     "How messages lie in packets. Default: moldudp64 for itch50 over udp, soupbintcp over tcp, iextp for tops and "
     "deep, lines for ndjson, websocket over ws, http for rss; nothing else goes together.",
     AT(as_feed_config, framing)},
    {.path = "feeds[].trust_r", .type = AS_CONFIG_BOOL, .unit = "", .standard = "false", .meaning =
     "Take the receive time from the data (NDJSON `r`, or the source's time) in place of our own stamp: for recorded "
     "days played over a socket.", AT(as_feed_config, trust_r)},
    {.path = "feeds[].user", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed = "up to 63 bytes", .meaning =
     "SoupBinTCP: the user's name; alpaca: the key.", AT(as_feed_config, user)},
    {.path = "feeds[].secret", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "File whose first line is the password (SoupBinTCP), the secret (alpaca) or the token (benzinga); only its owner "
     "may be able to read it.", AT(as_feed_config, secret)},
    {.path = "feeds[].session", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed = "up to 10 characters",
     .meaning = "SoupBinTCP: the session to ask for. Empty: the current one.", AT(as_feed_config, session)},
    {.path = "feeds[].ca", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "PEM file of the authorities whose certificates are believed. Empty: the system's.", AT(as_feed_config, ca)},
    {.path = "feeds[].subscribe", .type = AS_CONFIG_TEXT, .unit = "", .standard = "'*'", .allowed =
     "symbols with commas between them, or *", .meaning = "alpaca, benzinga: the symbols whose news is wanted.",
     AT(as_feed_config, subscribe)},
    {.path = "feeds[].backfill", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed =
     "http[s]://HOST[:PORT]/PATH", .meaning = "alpaca: the REST address that is asked for what was missed while the "
     "connection was down.", AT(as_feed_config, backfill)},
    {.path = "feeds[].publisher", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed = "up to 47 bytes",
     .meaning = "Source of items that name none. Empty: the feed's name.", AT(as_feed_config, publisher)},
    {.path = "feeds[].poll", .type = AS_CONFIG_DURATION_MS, .unit = "time", .standard = "30s", .min = 100e6, .max =
     86400e9, .meaning = "rss: time between two requests.", AT(as_feed_config, poll_ms)},
    {.path = "feeds[].window", .type = AS_CONFIG_DURATION, .unit = "time", .standard = "2ms", .min = 1e6, .max = 10e9,
     .meaning = "moldudp64, iextp: how long messages that are ahead wait for the redundant line to fill the hole.",
     AT(as_feed_config, window_ns)},
    {.path = "feeds[].capture", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "File (pcapng) that every byte received is written to with its receive time; `replay` reads it.",
     AT(as_feed_config, capture)},

    {.path = "publish", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning =
     "Where signals go (docs/WIRE.md)."},
    {.path = "publish.live", .type = AS_CONFIG_TEXT, .unit = "", .standard = "tcp://127.0.0.1:5600", .allowed =
     "ipc://PATH, or tcp://ADDRESS:PORT; without curve on a loopback address", .meaning =
     "Where signals are published, for SUB sockets.", AT(as_config, publish.live)},
    {.path = "publish.requests", .type = AS_CONFIG_TEXT, .unit = "", .standard = "tcp://127.0.0.1:5601", .allowed =
     "as publish.live, another endpoint", .meaning =
     "Where snapshots and replays are asked for, by DEALER or REQ sockets.", AT(as_config, publish.requests)},
    {.path = "publish.latest", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed =
     "as publish.live, another endpoint", .meaning =
     "Where only the latest message of each topic waits for a subscriber, however slow it is. None: not offered.",
     AT(as_config, publish.latest)},
    {.path = "publish.heartbeat", .type = AS_CONFIG_DURATION_MS, .unit = "time", .standard = "250ms", .min = 10e6,
     .max = 60e9, .meaning = "Interval of `hb.`; a client that misses four holds the publisher for dead.",
     AT(as_config, publish.heartbeat_ms)},
    {.path = "publish.queue", .type = AS_CONFIG_INT, .unit = "MiB", .standard = "4", .min = 1, .max = 1024, .meaning =
     "What may wait for one subscriber. A slower one loses the oldest of it, which its sequences show.",
     AT(as_config, publish.queue_mib)},
    {.path = "publish.memory", .type = AS_CONFIG_INT, .unit = "MiB", .standard = "64", .min = 1, .max = 65536,
     .meaning = "Messages kept in memory for replays.", AT(as_config, publish.memory_mib)},
    {.path = "publish.disk", .type = AS_CONFIG_INT, .unit = "MiB", .standard = "1024", .min = 0, .max = 1048576,
     .meaning = "Messages kept beside the journal for replays of what memory no longer has. 0: none.",
     AT(as_config, publish.disk_mib)},
    {.path = "publish.clients", .type = AS_CONFIG_INT, .unit = "connections", .standard = "256", .min = 1, .max = 4096,
     .meaning = "Connections of one endpoint; further ones are refused and counted.", AT(as_config, publish.clients)},
    {.path = "publish.subscriptions", .type = AS_CONFIG_INT, .unit = "prefixes", .standard = "4096", .min = 1, .max =
     65536, .meaning = "Subscriptions of one client; one that asks for more is disconnected.",
     AT(as_config, publish.subscriptions)},
    {.path = "publish.rate", .type = AS_CONFIG_INT, .unit = "requests/s", .standard = "200", .min = 1, .max = 1e6,
     .meaning = "Requests of one client; beyond it the answer is `busy`.", AT(as_config, publish.rate)},
    {.path = "publish.audit", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "File that joins, refusals and disconnections are appended to, one JSON object a line.",
     AT(as_config, publish.audit)},
    {.path = "publish.curve", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning =
     "Encryption and a list of clients. Without it nothing is bound beyond loopback addresses and ipc."},
    {.path = "publish.curve.server_key", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "Secret key file of `aftershock keygen`, mode 0600.", AT(as_config, publish.server_key)},
    {.path = "publish.curve.allow", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "Clients that may connect, one a line: public key, name, topic prefixes. Read again on SIGHUP.",
     AT(as_config, publish.allow)},

    {.path = "journal", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning =
     "Record of everything that decides, for `replay --verify`."},
    {.path = "journal.dir", .type = AS_CONFIG_PATH, .unit = "", .standard = "", .meaning =
     "Folder of the journals. None: nothing is recorded, and a run cannot be replayed.", AT(as_config, journal.dir)},
    {.path = "journal.sync", .type = AS_CONFIG_DURATION, .unit = "time", .standard = "50ms", .min = 0, .max = 10e9,
     .meaning = "Time after which written records are forced to the disk: what a power cut may take. 0: never.",
     AT(as_config, journal.sync_ns)},

    {.path = "strategies", .type = AS_CONFIG_LIST, .unit = "", .standard = "[overreaction, mean_reversion]", .allowed =
     "up to 8 of overreaction, mean_reversion, residual_reversion, pairs, {load: PATH}", .meaning =
     "What looks at shocks, in this order; {load: ./x.so} is a shared object with the ABI of strategies/strategy.h."},
    {.path = "strategies[].load", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "", .allowed = "a path", .meaning =
     "The shared object."},

    {.path = "costs", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning =
     "What a trade costs, in the edge test of mean_reversion and in scores."},
    {.path = "costs.half_spread_bps", .type = AS_CONFIG_REAL, .unit = "bps", .standard = "5", .max = 1000, .meaning =
     "Half-spread of names without a quote (bars).", AT(as_config, costs.half_spread_bps)},
    {.path = "costs.fees_bps", .type = AS_CONFIG_REAL, .unit = "bps", .standard = "0.5", .max = 1000, .meaning =
     "Fees, one way.", AT(as_config, costs.fees_bps)},
    {.path = "costs.impact_bps", .type = AS_CONFIG_REAL, .unit = "bps", .standard = "2", .max = 1000, .meaning =
     "Impact, one way.", AT(as_config, costs.impact_bps)},
    {.path = "costs.borrow", .type = AS_CONFIG_BOOL, .unit = "", .standard = "true", .meaning =
     "Shorts may be opened; false vetoes them (NO_BORROW).", AT(as_config, costs.borrow)},

    {.path = "session", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning =
     "The day of stamps that count from midnight (ITCH)."},
    {.path = "session.date", .type = AS_CONFIG_DATE, .unit = "", .standard = "", .meaning =
     "The date; otherwise --date, or the file's name.", AT(as_config, session.date)},
    {.path = "session.zone", .type = AS_CONFIG_ZONE, .unit = "", .standard = "America/New_York", .meaning =
     "The zone of that midnight.", AT(as_config, session.zone)},

    {.path = "calendars", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "", .allowed = "up to 8 names", .meaning =
     "Trading calendars beside the shipped XNYS, XKRX and ALWAYS; one of the same name takes the shipped one's place. "
     "`calendars.*` stands for any name."},
    {.path = "calendars.*.zone", .type = AS_CONFIG_ZONE, .unit = "", .meaning = "The exchange's zone.",
     AT(as_config_calendar, zone)},
    {.path = "calendars.*.open", .type = AS_CONFIG_CLOCK, .unit = "local", .meaning = "Opening.",
     AT(as_config_calendar, open_min)},
    {.path = "calendars.*.close", .type = AS_CONFIG_CLOCK, .unit = "local", .meaning = "Close, after the opening.",
     AT(as_config_calendar, close_min)},
    {.path = "calendars.*.weekdays", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "[mon, tue, wed, thu, fri]",
     .allowed = "a list of mon, tue, wed, thu, fri, sat, sun", .meaning = "Days with a session."},
    {.path = "calendars.*.holidays", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "[]", .allowed =
     "a list of dates", .meaning = "Days without."},
    {.path = "calendars.*.half_days", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "[]", .allowed =
     "a list of dates", .meaning = "Sessions that end at half_close."},
    {.path = "calendars.*.half_close", .type = AS_CONFIG_CLOCK, .unit = "local", .standard = "13:00", .meaning =
     "Close of a half day.", AT(as_config_calendar, half_close_min)},

    {.path = "inputs", .type = AS_CONFIG_LIST, .unit = "", .standard = "[]", .allowed = "up to 64 maps", .meaning =
     "Mappings: how a CSV file of no known format is read. The first that matches a file is taken."},
    {.path = "inputs[].name", .type = AS_CONFIG_TEXT, .unit = "", .allowed =
     "1 to 31 letters, digits, _ and -, each name once", .meaning = "Name in messages.", AT(as_csv_mapping, name)},
    {.path = "inputs[].match", .type = AS_CONFIG_MAP, .unit = "", .allowed = "a map", .meaning =
     "Which files: exactly one of `columns` and `path`."},
    {.path = "inputs[].match.columns", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "", .allowed =
     "a list of 1 to 16 names", .meaning = "Files whose header holds all of these columns."},
    {.path = "inputs[].match.path", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed = "a glob", .meaning =
     "Files with such a name.", AT(as_csv_mapping, match_path)},
    {.path = "inputs[].format", .type = AS_CONFIG_CHOICE, .unit = "", .choice = csv_only, .meaning =
     "The only one that needs a mapping.", .bytes = 0},
    {.path = "inputs[].kind", .type = AS_CONFIG_CHOICE, .unit = "", .choice = kinds, .meaning = "What a row is.",
     AT(as_csv_mapping, kind)},
    {.path = "inputs[].symbol", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed = "1 to 23 bytes",
     .meaning = "The symbol of a file that holds one; otherwise columns.symbol.", AT(as_csv_mapping, symbol)},
    {.path = "inputs[].duration", .type = AS_CONFIG_DURATION, .unit = "time", .standard = "0", .max = 1048575e9,
     .meaning = "A bar's length, in whole seconds. 0: from the first two stamps of a symbol.",
     AT(as_csv_mapping, duration_ns)},
    {.path = "inputs[].price_scale", .type = AS_CONFIG_INT, .unit = "digits", .standard = "0", .max = 18, .meaning =
     "Prices are whole numbers of 10^-N: 4 means 1e-4.", AT(as_csv_mapping, price_scale)},
    {.path = "inputs[].columns", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning =
     "Names of the columns; #3 is the third of a file without header."},
    COLUMN(symbol, "The instrument; of a bar, trade or quote."),
    COLUMN(open, "Of a bar; the close if there is none."),
    COLUMN(high, "Of a bar; the higher of open and close if there is none."),
    COLUMN(low, "Of a bar; the lower of open and close if there is none."),
    COLUMN(close, "Of a bar, which must have it."),
    COLUMN(volume, "Of a bar."),
    COLUMN(price, "Of a trade, which must have it."),
    COLUMN(qty, "Of a trade."),
    COLUMN(bid, "Of a quote, which must have it."),
    COLUMN(bid_qty, "Of a quote."),
    COLUMN(ask, "Of a quote, which must have it."),
    COLUMN(ask_qty, "Of a quote."),
    COLUMN(id, "Of a headline."),
    COLUMN(source, "Of a headline: who published it."),
    COLUMN(text, "Of a headline, which must have it."),
    COLUMN(url, "Of a headline."),
    COLUMN(symbols, "Of a headline: the feed's own ticker tags."),
    COLUMN(tier, "Of a headline: 1 to 4."),
    COLUMN(venue, "Of a quote: the exchange. With it a quote is the best over all exchanges of the symbol."),
    {.path = "inputs[].sides", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "both", .choice = sides, .meaning =
     "What a side without a price means: both: there is no offer; one: the row is about the other side only.",
     AT(as_csv_mapping, one_side)},
    {.path = "inputs[].keep", .type = AS_CONFIG_CUSTOM, .unit = "", .standard = "", .allowed =
     "a map of up to 8 columns, each with a list of 1 to 16 values", .meaning = "Only rows that have one of the values "
     "in each of the columns are read, blanks aside; the others are counted as filtered."},
    {.path = "inputs[].clean", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning =
     "How ticks are cleaned (feeds/files/clean.h); what is left out is counted."},
    {.path = "inputs[].clean.session", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "all", .choice = sessions,
     .meaning = "regular: only between open and close of the symbol's calendar.", AT(as_csv_mapping, clean.regular)},
    {.path = "inputs[].clean.both_sides", .type = AS_CONFIG_BOOL, .unit = "", .standard = "false", .meaning =
     "Drop quotes that have one side only.", AT(as_csv_mapping, clean.both_sides)},
    {.path = "inputs[].clean.crossed", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "keep", .choice = crossings,
     .meaning = "drop: quotes whose bid is not below the ask.", AT(as_csv_mapping, clean.crossed)},
    {.path = "inputs[].clean.max_spread", .type = AS_CONFIG_REAL, .unit = "medians", .standard = "0", .max = 1e6,
     .meaning = "Drop quotes wider than this many times the running median spread of the symbol's session. 0: none.",
     AT(as_csv_mapping, clean.max_spread)},
    {.path = "inputs[].clean.merge", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "none", .choice = mergings,
     .meaning = "median: trades (quotes) of one symbol and stamp become one, of the median price and the summed "
     "quantity.", AT(as_csv_mapping, clean.merge)},
    {.path = "inputs[].time", .type = AS_CONFIG_MAP, .unit = "", .allowed = "a map", .meaning = "A row's time."},
    {.path = "inputs[].time.column", .type = AS_CONFIG_TEXT, .unit = "", .allowed = "1 to 47 bytes", .meaning =
     "The column that holds it.", AT(as_csv_mapping, time.column)},
    {.path = "inputs[].time.layout", .type = AS_CONFIG_TEXT, .unit = "", .allowed =
     "a pattern like %Y-%m-%d %H:%M:%S, epoch_s, epoch_ms, epoch_us, epoch_ns, ms_of_day", .meaning =
     "How it is written (feeds/decode/time_layout.h lists the pattern's letters).", AT(as_csv_mapping, time.layout)},
    {.path = "inputs[].time.zone", .type = AS_CONFIG_ZONE, .unit = "", .standard = "UTC", .meaning =
     "Zone of a pattern without offset.", AT(as_csv_mapping, time.zone)},
    {.path = "inputs[].time.stamps", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "", .choice = stamps, .meaning =
     "What the stamp is: a bar's end or start, or a date that stands for its session's close (by the symbol's "
     "calendar). Default: session_close if the layout has no hours, else end.", AT(as_csv_mapping, time.stamps)},
    {.path = "inputs[].time.date", .type = AS_CONFIG_DATE, .unit = "", .standard = "", .meaning =
     "For ms_of_day: the day; otherwise from --date or the file's name.", AT(as_csv_mapping, time.date)},

    {.path = "io", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning = "How sockets are read."},
    {.path = "io.backend", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "auto", .choice = backends, .meaning =
     "auto takes io_uring where the kernel has it.", AT(as_config, backend)},

    {.path = "log", .type = AS_CONFIG_MAP, .unit = "", .standard = "", .meaning = "Messages on stderr."},
    {.path = "log.level", .type = AS_CONFIG_CHOICE, .unit = "", .standard = "info", .choice = levels, .meaning =
     "The least important messages that are written.", AT(as_config, log_level)},

    {.path = "limits", .type = AS_CONFIG_UNAVAILABLE, .unit = "", .standard = "", .allowed =
     "see docs/LIMITS.md", .meaning = "Limits are fixed when the programs are built."},
    {.path = "metrics", .type = AS_CONFIG_TEXT, .unit = "", .standard = "", .allowed =
     "ADDRESS:PORT on a loopback address", .meaning =
     "HTTP: `/metrics` for Prometheus, `/health`, and the live page. None: not served.", AT(as_config, metrics)},
    {.path = "control", .type = AS_CONFIG_PATH, .unit = "", .standard = "aftershock.sock", .meaning =
     "Unix socket of `aftershock ctl`, for this user only. A living daemon that holds it is an error.",
     AT(as_config, control)},
};
/* clang-format on */

const size_t as_config_key_count = sizeof as_config_keys / sizeof *as_config_keys;

static void duration_text(double ns, char *text, size_t text_bytes)
{
    if (ns <= 0)
        snprintf(text, text_bytes, "0");
    else if (ns < 1e9)
        snprintf(text, text_bytes, "%.0fms", ns / 1e6);
    else
        snprintf(text, text_bytes, "%.0fs", ns / 1e9);
}

const char *as_config_allowed_text(const as_config_key *key, char *text, size_t text_bytes)
{
    size_t used = 0;
    char low[32], high[32];
    if (key->allowed)
        return key->allowed;
    switch (key->type) {
    case AS_CONFIG_CHOICE:
        for (const char *const *word = key->choice; *word && used < text_bytes; word++)
            used += (size_t)snprintf(text + used, text_bytes - used, "%s%s", *word, word[1] ? ", " : "");
        return text;
    case AS_CONFIG_INT:
    case AS_CONFIG_REAL:
        snprintf(text, text_bytes, "%.10g to %.10g", key->min, key->max);
        return text;
    case AS_CONFIG_DURATION:
    case AS_CONFIG_DURATION_MS:
        duration_text(key->min, low, sizeof low);
        duration_text(key->max, high, sizeof high);
        snprintf(text, text_bytes, "%s to %s", low, high);
        return text;
    case AS_CONFIG_TEXT:
        snprintf(text, text_bytes, "1 to %zu bytes", key->bytes - 1);
        return text;
    case AS_CONFIG_PATH:
        return "a path, relative to this file's folder";
    case AS_CONFIG_ZONE:
        return "an IANA name";
    case AS_CONFIG_DATE:
        return "YYYY-MM-DD, YYYYMMDD";
    case AS_CONFIG_CLOCK:
        return "00:00 to 24:00";
    case AS_CONFIG_BOOL:
        return "true, false";
    case AS_CONFIG_MAP:
    case AS_CONFIG_LIST:
    case AS_CONFIG_CUSTOM:
    case AS_CONFIG_UNAVAILABLE:
        break;
    }
    return "";
}

/* ---- reading ---- */

bool as_config_in_scope(const as_config_key *key, const char *scope, const char **name)
{
    size_t scope_bytes = strlen(scope);
    if (strncmp(key->path, scope, scope_bytes) != 0)
        return false;
    *name = key->path + scope_bytes;
    return (*name)[strcspn(*name, ".[")] == '\0' && **name != '*';
}

int as_config_check_keys(const as_config_reader *reader, int node, const char *scope)
{
    const char *allowed[KEY_MAX + 1];
    size_t allowed_count = 0;
    for (size_t i = 0; i < as_config_key_count; i++)
        if (as_config_in_scope(&as_config_keys[i], scope, &allowed[allowed_count]))
            allowed_count++;
    AS_ASSERT(allowed_count <= KEY_MAX);
    allowed[allowed_count] = NULL;
    return as_yaml_expect_map(reader->yaml, node, allowed);
}

int as_config_read_path(const as_config_reader *reader, int node, char *path)
{
    char text[AS_PATH_BYTES], whole[2 * AS_PATH_BYTES];
    int rc = as_yaml_text(reader->yaml, node, text, sizeof text);
    if (rc)
        return rc;
    int bytes = snprintf(whole, sizeof whole, "%s%s", *text == '/' ? "" : reader->folder, text);
    if (bytes >= AS_PATH_BYTES)
        return as_yaml_error(reader->yaml, node, "a path of at most %d bytes with its folder", AS_PATH_BYTES - 1);
    memcpy(path, whole, (size_t)bytes + 1);
    return 0;
}

int as_config_read_date(const as_config_reader *reader, int node, int32_t *date)
{
    const char *text = as_yaml_scalar(reader->yaml, node);
    char digits[16];
    size_t count = 0;
    bool dashed = text && strlen(text) == 10 && text[4] == '-' && text[7] == '-';
    for (const char *c = text; c && *c && count < sizeof digits - 1; c++)
        if (!(dashed && *c == '-'))
            digits[count++] = *c;
    digits[count] = '\0';
    int64_t parsed;
    if (!text || count != 8 || strspn(digits, "0123456789") != 8 || !as_number_int64(digits, &parsed) ||
        !as_date_valid((int32_t)parsed))
        return as_yaml_error(reader->yaml, node, "a date YYYY-MM-DD or YYYYMMDD");
    *date = (int32_t)parsed;
    return 0;
}

static int read_clock(const as_config_reader *reader, int node, int *minutes)
{
    const char *text = as_yaml_scalar(reader->yaml, node);
    bool shaped = text && strlen(text) == 5 && text[2] == ':' && strspn(text, "0123456789:") == 5 && text[0] != ':' &&
                  text[1] != ':' && text[3] != ':' && text[4] != ':';
    int total = shaped ? ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0' : -1;
    if (!shaped || text[3] > '5' || total > 24 * 60)
        return as_yaml_error(reader->yaml, node, "a time HH:MM from 00:00 to 24:00");
    *minutes = total;
    return 0;
}

static int read_zone(const as_config_reader *reader, int node, char *zone, size_t zone_bytes)
{
    as_timezone *loaded;
    char name[AS_PATH_BYTES];
    int rc = as_yaml_text(reader->yaml, node, name, zone_bytes < sizeof name ? zone_bytes : sizeof name);
    if (rc)
        return rc;
    if (as_timezone_new(name, &loaded))
        return as_yaml_error(reader->yaml, node, "an IANA time zone that this system knows, such as America/New_York");
    as_timezone_free(loaded);
    memcpy(zone, name, strlen(name) + 1);
    return 0;
}

static int read_choice(const as_config_reader *reader, int node, const as_config_key *key, void *member)
{
    int idx;
    int rc = as_yaml_choice(reader->yaml, node, key->choice, &idx);
    idx += key->choice_base;
    if (!rc && key->bytes)
        memcpy(member, &idx, sizeof idx);
    return rc;
}

int as_config_read_value(const as_config_reader *reader, int node, const as_config_key *key, void *base)
{
    const as_yaml *y = reader->yaml;
    void *member = (char *)base + key->offset;
    int64_t whole = 0;
    uint64_t ns = 0;
    int32_t small;
    int rc;
    switch (key->type) {
    case AS_CONFIG_TEXT:
        return as_yaml_text(y, node, member, key->bytes);
    case AS_CONFIG_PATH:
        return as_config_read_path(reader, node, member);
    case AS_CONFIG_ZONE:
        return read_zone(reader, node, member, key->bytes);
    case AS_CONFIG_DATE:
        return as_config_read_date(reader, node, member);
    case AS_CONFIG_CLOCK:
        return read_clock(reader, node, member);
    case AS_CONFIG_INT:
        rc = as_yaml_int(y, node, (int64_t)key->min, (int64_t)key->max, &whole);
        small = (int32_t)whole;
        if (!rc)
            memcpy(member, &small, sizeof small);
        return rc;
    case AS_CONFIG_REAL:
        return as_yaml_double(y, node, key->min, key->max, member);
    case AS_CONFIG_BOOL:
        return as_yaml_bool(y, node, member);
    case AS_CONFIG_DURATION:
        return as_yaml_duration_ns(y, node, (uint64_t)key->min, (uint64_t)key->max, member);
    case AS_CONFIG_DURATION_MS:
        rc = as_yaml_duration_ns(y, node, (uint64_t)key->min, (uint64_t)key->max, &ns);
        small = (int32_t)(ns / AS_NS_PER_MS);
        if (!rc)
            memcpy(member, &small, sizeof small);
        return rc;
    case AS_CONFIG_CHOICE:
        return read_choice(reader, node, key, member);
    case AS_CONFIG_UNAVAILABLE:
        return as_yaml_error(y, node, "nothing: not available in this version%s%s", *key->allowed ? "; " : "",
                             key->allowed);
    case AS_CONFIG_MAP:
    case AS_CONFIG_LIST:
    case AS_CONFIG_CUSTOM:
        break;
    }
    return 0;
}

/* The row's default goes through the same reader as a file's text. */
static int read_default(const as_config_reader *reader, const as_config_key *key, void *base)
{
    as_config_reader defaults = *reader;
    char text[128];
    as_yaml *yaml;
    int bytes = snprintf(text, sizeof text, "default: %s\n", key->standard);
    int rc = as_yaml_load(key->path, text, (size_t)bytes, &yaml);
    if (rc)
        return rc;
    defaults.yaml = yaml;
    rc = as_config_read_value(&defaults, as_yaml_get(yaml, as_yaml_root(yaml), "default"), key, base);
    as_yaml_free(yaml);
    return rc;
}

static bool is_read_here(as_config_type type)
{
    return type != AS_CONFIG_LIST && type != AS_CONFIG_CUSTOM;
}

static int read_key(const as_config_reader *reader, int node, const as_config_key *key, const char *name, void *base)
{
    int value = as_yaml_get(reader->yaml, node, name);
    if (key->type == AS_CONFIG_MAP && (value || key->standard)) {
        char inner[128];
        snprintf(inner, sizeof inner, "%s.", key->path);
        return as_config_read_map(reader, value, inner, base);
    }
    if (value)
        return as_config_read_value(reader, value, key, base);
    if (!key->standard) {
        char allowed[256];
        return reader->mapping_only && name == key->path
                   ? 0
                   : as_yaml_missing(reader->yaml, node, name, as_config_allowed_text(key, allowed, sizeof allowed));
    }
    return *key->standard ? read_default(reader, key, base) : 0;
}

int as_config_read_map(const as_config_reader *reader, int node, const char *scope, void *base)
{
    int rc = node ? as_config_check_keys(reader, node, scope) : 0;
    for (size_t i = 0; i < as_config_key_count && !rc; i++) {
        const char *name;
        if (as_config_in_scope(&as_config_keys[i], scope, &name) && is_read_here(as_config_keys[i].type))
            rc = read_key(reader, node, &as_config_keys[i], name, base);
    }
    return rc;
}
