#include <string.h>

#include "core/config_schema.h"
#include "core/playbook_schema.h"

static const char *const type_names[] = {
    [AS_CONFIG_TEXT] = "text",           [AS_CONFIG_PATH] = "path",
    [AS_CONFIG_ZONE] = "zone",           [AS_CONFIG_DATE] = "date",
    [AS_CONFIG_CLOCK] = "time of day",   [AS_CONFIG_INT] = "whole number",
    [AS_CONFIG_REAL] = "number",         [AS_CONFIG_BOOL] = "true or false",
    [AS_CONFIG_DURATION] = "duration",   [AS_CONFIG_DURATION_MS] = "duration",
    [AS_CONFIG_CHOICE] = "word",         [AS_CONFIG_MAP] = "map",
    [AS_CONFIG_LIST] = "list",           [AS_CONFIG_CUSTOM] = "see text",
    [AS_CONFIG_UNAVAILABLE] = "refused",
};

static const char introduction[] =
    "# Configuration\n\n"
    "`aftershock.yaml` and the files that it names: every key. This page is written from the schemas that also\n"
    "check the files (`core/config_schema.c`, `core/playbook_schema.c`); a test keeps them equal.\n\n"
    "Unknown keys, duplicate keys and values that do not fit are errors that name file, line and key, what was\n"
    "found and what is allowed: `aftershockd --config FILE --check` shows them without starting anything. Paths\n"
    "are relative to the file's own folder. A duration is a whole number with a unit: ns, us, ms, s, m, h, d.\n"
    "YAML's `&` and `*` are refused.\n"
    "In a key, `[]` stands for every entry of a list, and `*` for any name.\n\n"
    "```yaml\n"
    "universe: universe.csv\n"
    "playbook: playbook.yaml\n"
    "history: daily.csv\n"
    "topology: {feeds: [2], core: 3, ipc: 4, admin: 5}\n"
    "wait: spin\n"
    "feeds:\n"
    "  - {name: nasdaq, source: \"udp://239.1.1.1:26400?if=lo\", redundant: \"udp://239.1.1.2:26400?if=lo\",\n"
    "     retransmit: \"udp://127.0.0.1:26401\", framing: moldudp64, format: itch50}\n"
    "  - {name: wire, source: \"tcp://127.0.0.1:7010\", format: ndjson}\n"
    "publish: {live: \"tcp://127.0.0.1:5600\", requests: \"tcp://127.0.0.1:5601\"}\n"
    "journal: {dir: journal/, sync: 50ms}\n"
    "strategies: [overreaction, mean_reversion, {load: ./my_strategy.so}]\n"
    "```\n\n"
    "# aftershock.yaml\n\n";

static const char universe_page[] =
    "\n# universe.csv and links.csv\n\n"
    "A header names the columns, in any order; lines that begin with # are comments. Fields may be quoted.\n\n"
    "| column | default | allowed | meaning |\n|---|---|---|---|\n"
    "| `symbol` | required | 1 to 23 bytes of printable ASCII, each once | The instrument. |\n"
    "| `bucket` | required column, may be empty | 1 to 31 letters, digits, _ and - | Its sector in the playbook. |\n"
    "| `name` | | up to 63 bytes | Legal name; the desk reads it as an alias. |\n"
    "| `factor` | | another symbol of the file | Market factor of its abnormal returns. |\n"
    "| `calendar` | `XNYS` | XNYS, XKRX, ALWAYS, or one of `calendars` | Its sessions. |\n"
    "| `currency` | `USD` | three capital letters | Currency of its prices. |\n"
    "| `qty_exp` | `0` | 0 to 18 | Quantities are whole numbers of 10^-qty_exp. |\n"
    "| `aliases` | | up to 16 of text\\|SAFE, text\\|CASED, text\\|CONTEXT, with ; between | How headlines call it: "
    "SAFE is "
    "always the company, CASED only as it is written, CONTEXT only where the words around it agree. |\n";

static const char links_page[] = "\nlinks.csv, beside universe.csv, may be absent. Each row says that `symbol` is a "
                                 "supplier (customer) of `issuer`.\n\n"
                                 "| column | default | allowed | meaning |\n|---|---|---|---|\n"
                                 "| `issuer` | required | a symbol | Whose news it is. |\n"
                                 "| `relation` | required | supplier, customer | What `symbol` is to it. |\n"
                                 "| `symbol` | required | another symbol | Who is touched. |\n"
                                 "| `weight` | `1` | 0 to 10 | Multiplies w and s of the playbook's channel. |\n";

static const char playbook_page[] =
    "\n# playbook.yaml\n\n"
    "| key | default | allowed | meaning |\n|---|---|---|---|\n"
    "| `version` | required | 1 to 31 bytes | Goes into every signal. |\n"
    "| `sources.*.class` | required | official, press, aggregator, social | Who says it; names are compared without "
    "case. |\n"
    "| `sources.*.tier` | by class: 1, 2, 3, 4 | 1 to 4 | 1 is best. |\n"
    "| `events` | required | families by name: a-z, 0-9, _ | The first whose phrase matches, in this order, types the "
    "headline. |\n"
    "| `events.*.default_M` | `2` | 0 to 20 | Size of the shock, in sigma, where the epicentre has no price. |\n"
    "| `events.*.fade` | `true` | true, false | false: such news is never faded. |\n"
    "| `events.*.signed` | `false` | true, false | Weights carry the direction themselves, whatever the epicentre did. "
    "|\n"
    "| `events.*.object` | | up to 47 bytes without \\| | Last part of the fact's key. |\n"
    "| `events.*.control` | | a group of `controls` | Names that should have moved if the story were true. If no "
    "family "
    "names one, all take the first. |\n"
    "| `events.*.phrases` | `[]` | up to 256 texts | What headlines of the family say; feeds/news/pattern.h has the "
    "signs. |\n"
    "| `events.*.channels.*` | | [w, s, why] or {w, s, why} | Sigma of the target per sigma of the epicentre (-10 to "
    "10), "
    "its prior deviation (0 to 10), and a word for it. The key is a symbol, a bucket, or winner (the issuer), "
    "same_bucket "
    "(its bucket), supplier, customer (links.csv). Asked in this order: winner; symbol; supplier, customer; "
    "same_bucket; "
    "bucket. |\n"
    "| `controls.*.members` | required | up to 16 symbols | The group. |\n"
    "| `controls.*.q` | `1` each | 0 to 10, one a member | Weights. |\n"
    "| `controls.*.needs` | `3` | 1 to the members | Least members with a value. |\n"
    "| `pairs` | `[]` | up to 256 of [A, B] | For the strategy pairs: names of one calendar whose prices are held "
    "together. The first is explained by the second. |\n"
    "| `status_gate.RUMOUR_T1` | `0.6` | 0 to 1 | Share of the move that a tier 1 rumour justifies. |\n"
    "| `status_gate.RUMOUR_T2` | `0.45` | 0 to 1 | Tier 2. |\n"
    "| `status_gate.RUMOUR_T3` | `0.2` | 0 to 1 | Tiers 3 and 4. |\n"
    "| `status_gate.DEVELOPING` | `0.8` | 0 to 1 | |\n"
    "| `status_gate.CONFIRMED` | `1` | 0 to 1 | |\n"
    "| `status_gate.DENIED` | `0` | 0 to 1 | |\n"
    "\n## thresholds\n\n"
    "| key | unit | default | allowed | meaning |\n|---|---|---|---|---|\n";

/* A bar would end a table's cell. */
static void write_cell(FILE *stream, const char *text)
{
    for (; *text; text++)
        fprintf(stream, *text == '|' ? "\\%c" : "%c", *text);
    fputs(" |", stream);
}

static void write_row(FILE *stream, const as_config_key *key)
{
    char text[256];
    bool refused = key->type == AS_CONFIG_UNAVAILABLE;
    fprintf(stream, "| `%s` | %s | %s | ", key->path, type_names[key->type], key->unit);
    if (!key->standard)
        fputs("required", stream);
    else if (*key->standard)
        fprintf(stream, "`%s`", key->standard);
    fprintf(stream, " | %s%s", refused ? "not available in this version" : "", refused && *key->allowed ? "; " : "");
    write_cell(stream, as_config_allowed_text(key, text, sizeof text));
    fprintf(stream, " %s |\n", key->meaning);
}

static const char table_head[] = "| key | type | unit | default | allowed | meaning |\n|---|---|---|---|---|---|\n";

/* A section with the rows below path, if there are any. */
static void write_section(FILE *stream, const char *path)
{
    size_t path_bytes = strlen(path), rows = 0;
    for (size_t i = 0; i < as_config_key_count; i++) {
        const char *rest = as_config_keys[i].path + path_bytes;
        if (strncmp(as_config_keys[i].path, path, path_bytes) != 0 || (*rest != '.' && *rest != '['))
            continue;
        if (!rows++)
            fprintf(stream, "\n## %s\n\n%s", path, table_head);
        write_row(stream, &as_config_keys[i]);
    }
}

void as_config_document(FILE *stream)
{
    const char *name;
    fprintf(stream, "%s## Top level\n\n%s", introduction, table_head);
    for (size_t i = 0; i < as_config_key_count; i++)
        if (as_config_in_scope(&as_config_keys[i], "", &name))
            write_row(stream, &as_config_keys[i]);
    for (size_t i = 0; i < as_config_key_count; i++)
        if (as_config_in_scope(&as_config_keys[i], "", &name))
            write_section(stream, name);
    fprintf(stream, "%s%s%s", universe_page, links_page, playbook_page);
    for (size_t i = 0; i < AS_THRESHOLD_COUNT; i++) {
        const as_threshold_key *key = &as_threshold_keys[i];
        fprintf(stream, "| `thresholds.%s` | %s | `%g` | %g to %g | ", key->name, key->unit, key->standard, key->least,
                key->most);
        write_cell(stream, key->meaning);
        fputc('\n', stream);
    }
}
