/*
 * A table of facts without a market: three companies, five event families, and items as the desk would have read them.
 * The features are an item's words and pairs of words.
 */
#ifndef AST_SUPPORT_FACTS_H
#define AST_SUPPORT_FACTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/event.h"
#include "core/fact.h"

enum { AST_ABC, AST_DEF, AST_GHI };

typedef struct ast_facts {
    as_universe universe;
    as_playbook *playbook;
    as_fact_table table;
    unsigned items;
} ast_facts;

/* One item; what is not named is press of tier 1 that tells a rumour about ABC. */
typedef struct ast_item {
    double hour;
    const char *text, *event, *source, *id;
    as_source_class source_class;
    uint8_t tier, marks;
    as_cue cue;
    unsigned issuers; /* bits of AST_ABC.., 0: ABC */
    uint32_t revision;
    as_figure figure[2];
    uint8_t speaker;
    bool nobody; /* it names no issuer, as a retraction by id */
} ast_item;

static inline void ast_facts_open(ast_facts *f)
{
    static const char csv[] =
        "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
        "ABC,Abc Inc,one,,XNYS,USD,0,\nDEF,Def Inc,one,,XNYS,USD,0,\nGHI,Ghi Inc,one,,XNYS,USD,0,\n";
    static const char yaml[] =
        "version: facts\nevents:\n"
        "  compute_supply_entry: {object: surplus, phrases: [\"a\"], channels: {one: [0.1, 0.1]}}\n"
        "  earnings_guidance: {phrases: [\"b\"], channels: {one: [0.1, 0.1]}}\n"
        "  labour: {phrases: [\"c\"], channels: {one: [0.1, 0.1]}}\n"
        "  legal_regulatory: {phrases: [\"d\"], channels: {one: [0.1, 0.1]}}\n"
        "  m_and_a: {phrases: [\"e\"], channels: {one: [0.1, 0.1]}}\n";
    char path[] = "/tmp/ast_facts_XXXXXX";
    int fd = mkstemp(path);
    memset(f, 0, sizeof *f);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, csv, sizeof csv - 1), (ssize_t)(sizeof csv - 1));
    close(fd);
    assert_int_equal(as_universe_load(&f->universe, path, NULL, 0), 0);
    unlink(path);
    assert_int_equal(as_playbook_compile("playbook", yaml, sizeof yaml - 1, &f->universe, 0, &f->playbook), 0);
    assert_int_equal(as_fact_table_init(&f->table), 0);
}

static inline void ast_facts_close(ast_facts *f)
{
    as_fact_table_fini(&f->table);
    as_playbook_free(f->playbook);
    as_universe_fini(&f->universe);
}

static inline void ast_feature_put(as_reading *reading, uint32_t feature)
{
    unsigned at = 0, count = reading->feature_count;
    while (at < count && reading->feature[at] < feature)
        at++;
    if ((at < count && reading->feature[at] == feature) || count == AS_HEADLINE_FEATURE_MAX)
        return;
    memmove(&reading->feature[at + 1], &reading->feature[at], (count - at) * sizeof feature);
    reading->feature[at] = feature;
    reading->feature_count++;
}

static inline void ast_features(as_reading *reading, const char *text)
{
    uint32_t before = 0;
    while (*text) {
        uint32_t word = 2166136261U;
        for (; *text && *text != ' '; text++)
            word = (word ^ (unsigned char)*text) * 16777619U;
        while (*text == ' ')
            text++;
        word *= 2654435761U;
        ast_feature_put(reading, word ^ word >> 15);
        if (before)
            ast_feature_put(reading, (word ^ before >> 7) * 2246822519U);
        before = word;
    }
}

static inline as_headline ast_headline_of(ast_facts *f, const ast_item *item)
{
    as_headline h;
    memset(&h, 0, sizeof h);
    h.ts_recv = h.ts_event = (uint64_t)(UINT64_C(1782864000) * AS_NS_PER_S) + (uint64_t)(item->hour * 3600e9);
    h.revision = item->revision;
    if (item->id)
        (void)snprintf(h.id, sizeof h.id, "%s", item->id);
    else
        (void)snprintf(h.id, sizeof h.id, "item-%u", f->items);
    f->items++;
    (void)snprintf(h.source, sizeof h.source, "%s", item->source ? item->source : "Wire");
    const char *event = item->event ? item->event : "compute_supply_entry";
    h.reading.event_type = (uint16_t)as_event_type_find(event);
    for (unsigned i = 0; i < 2; i++)
        if (item->figure[i].unit)
            h.reading.figure[h.reading.figure_count++] = item->figure[i];
    h.reading.speaker = item->speaker;
    for (unsigned i = 0; i < 3 && !item->nobody; i++)
        if ((item->issuers ? item->issuers : 1U) >> i & 1U)
            h.reading.issuer[h.reading.issuer_count++] = i;
    h.reading.cue = (uint8_t)item->cue;
    h.reading.marks = item->marks;
    h.reading.source_class = (uint8_t)(item->source_class ? item->source_class : AS_CLASS_PRESS);
    h.reading.tier = item->tier ? item->tier : 1;
    ast_features(&h.reading, item->text);
    return h;
}

/* Apply an item to all its issuers; the change of the first. */
static inline as_fact_change ast_tell(ast_facts *f, const ast_item *item)
{
    as_headline h = ast_headline_of(f, item);
    as_fact_change first = {0};
    uint64_t serial = 0;
    h.retracted = (item->marks & AS_MARK_RETRACTED) != 0;
    for (as_fact_change taken; as_fact_take_back(&f->table, &h, &serial, &taken);)
        if (h.reading.issuer_count == 0)
            first = taken;
    for (unsigned i = 0; i < h.reading.issuer_count; i++) {
        uint32_t issuer = h.reading.issuer[i];
        as_fact_expire_due(&f->table, issuer, as_universe_calendar(&f->universe, issuer),
                           (unsigned)f->playbook->thresholds.expiry_sessions, h.ts_recv);
        as_fact_change change = as_fact_apply(&f->table, f->playbook, &f->universe.symbols, &h, i);
        if (i == 0)
            first = change;
    }
    return first;
}

#endif
