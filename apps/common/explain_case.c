#include "apps/common/explain_case.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/decide.h"
#include "core/error.h"
#include "core/journal.h"
#include "ipc/codec.h"

int as_explain_case_init(as_explain_case *c, const char *wanted)
{
    memset(c, 0, sizeof *c);
    size_t bytes = strlen(wanted);
    if (bytes < AS_EXPLAIN_ID_MIN || bytes >= AS_EXPLAIN_ID_BYTES || strspn(wanted, "0123456789abcdefABCDEF") != bytes)
        return as_error_set(-EINVAL,
                            "SIGNAL_ID: found '%s'; allowed: %d to %d hexadecimal digits, the beginning of an id",
                            wanted, AS_EXPLAIN_ID_MIN, AS_EXPLAIN_ID_BYTES - 1);
    for (size_t i = 0; i < bytes; i++)
        c->wanted[i] = (char)tolower((unsigned char)wanted[i]);
    c->headline = calloc(AS_EXPLAIN_HEADLINES, sizeof *c->headline);
    return c->headline ? 0 : as_error_set(-ENOMEM, "out of memory for %d headlines", AS_EXPLAIN_HEADLINES);
}

void as_explain_case_fini(as_explain_case *c)
{
    for (uint32_t i = 0; i < c->expected_count; i++)
        free(c->expected[i]);
    for (uint32_t i = 0; i < c->step_count; i++)
        free(c->step[i].line);
    free(c->expected);
    free(c->step);
    free(c->headline);
    memset(c, 0, sizeof *c);
}

/* The value behind "key": in a line of ours, as it is written there; false if the line has no such key. */
static bool value_of(const char *line, const char *key, char *value, size_t value_bytes)
{
    char quoted[32];
    int key_bytes = snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(line, quoted);
    if (!at)
        return false;
    at += key_bytes;
    const char *end = at;
    if (*end == '"')
        for (end++; *end && *end != '"'; end++)
            end += *end == '\\' && end[1];
    end += strcspn(end, ",}");
    size_t bytes = (size_t)(end - at) < value_bytes ? (size_t)(end - at) : value_bytes - 1;
    memcpy(value, at, bytes);
    value[bytes] = 0;
    return true;
}

/* Does the line say something of the wanted signal? Its id then. */
static bool is_wanted(const as_explain_case *c, const char *line, char id[AS_EXPLAIN_ID_BYTES])
{
    char value[AS_EXPLAIN_ID_BYTES + 2];
    if (!value_of(line, "id", value, sizeof value) || strncmp(value + 1, c->wanted, strlen(c->wanted)) != 0)
        return false;
    memcpy(id, value + 1, AS_EXPLAIN_ID_BYTES - 1);
    id[AS_EXPLAIN_ID_BYTES - 1] = 0;
    return true;
}

/* A line of the recording. true: it is the signal's. */
static bool look_at(as_explain_case *c, const char *line)
{
    char id[AS_EXPLAIN_ID_BYTES];
    c->decisions_seen++;
    if (!is_wanted(c, line, id))
        return false;
    if (*c->id && strcmp(c->id, id) != 0) {
        memcpy(c->other, id, sizeof id);
        return false;
    }
    memcpy(c->id, id, sizeof id);
    value_of(line, "fact", c->fact, sizeof c->fact);
    value_of(line, "generation", c->generation, sizeof c->generation);
    return true;
}

static int expect(as_explain_case *c, const char *line)
{
    char **more = realloc(c->expected, (c->expected_count + 1) * sizeof *more);
    char *copy = strdup(line);
    if (more)
        c->expected = more;
    if (!more || !copy) {
        free(copy);
        return as_error_set(-ENOMEM, "out of memory");
    }
    c->expected[c->expected_count++] = copy;
    return 0;
}

int as_explain_look_up_journal(as_explain_case *c, const char *path)
{
    as_journal_reader *reader;
    as_record record;
    char line[AS_LINE_BYTES_OUT];
    int rc = as_journal_open(path, &reader);
    if (rc < 0)
        return rc;
    while ((rc = as_journal_next(reader, &record)) > 0) {
        if (record.type != AS_RECORD_DECISION || record.bytes >= sizeof line)
            continue;
        memcpy(line, record.payload, record.bytes);
        line[record.bytes] = 0;
        if (look_at(c, line) && (rc = expect(c, line)) < 0)
            break;
    }
    as_journal_reader_close(reader);
    return rc;
}

void as_explain_look_up_emit(void *context, const as_decision *decision)
{
    char line[AS_LINE_BYTES_OUT];
    if (as_codec_line(decision, line, sizeof line))
        look_at(context, line);
}

/* ---- watching ---- */

void as_explain_record(void *context, const as_event *event, const as_headline *headline, const as_playbook *playbook)
{
    as_explain_case *c = context;
    (void)playbook;
    c->event[1] = c->event[0];
    c->event[0] = *event;
    if (event->kind == AS_EVENT_HEADLINE && headline)
        c->headline[c->headline_count++ % AS_EXPLAIN_HEADLINES] = *headline;
}

/* Is the decision one of the case: the signal's own, or on its fact? */
static bool belongs(const as_explain_case *c, const as_decision *decision, const char *line, bool *own)
{
    char id[AS_EXPLAIN_ID_BYTES], fact[sizeof c->fact], generation[sizeof c->generation];
    if (decision->type == AS_DECISION_SIG) {
        as_codec_id(decision->id, id);
        return *own = strcmp(id, c->id) == 0;
    }
    *own = false;
    return c->fact[0] == '"' && value_of(line, "fact", fact, sizeof fact) && strcmp(fact, c->fact) == 0 &&
           value_of(line, "generation", generation, sizeof generation) && strcmp(generation, c->generation) == 0;
}

static as_shock *shock_of(as_engine *engine, const as_decision *decision)
{
    for (unsigned i = 0; i < AS_FACT_MAX; i++) {
        as_shock *shock = &engine->shocks.shock[i];
        const as_fact *fact = shock->fact ? as_fact_find(&engine->facts, shock->fact) : NULL;
        if (fact && fact->generation == decision->generation && strcmp(fact->key, decision->fact) == 0)
            return shock;
    }
    return NULL;
}

static void look_into(as_engine *engine, as_explain_step *step)
{
    const as_decision *decision = &step->decision;
    const as_shock *shock = shock_of(engine, decision);
    step->thresholds = engine->playbook->thresholds;
    step->costs = engine->config->costs;
    as_decide_view(engine, decision->instrument, &step->view);
    if (!shock)
        return;
    step->has_shock = true;
    step->shock = *shock;
    step->fact = *as_fact_find(&engine->facts, shock->fact);
    step->breadth = as_shock_breadth(shock);
    step->basket_z = as_shock_basket_z(shock);
    step->dispersion = as_shock_dispersion(shock);
    const as_name *name = &engine->market.name[decision->instrument];
    step->own_news = name->own_news_at && name->own_news_fact != shock->fact &&
                     (double)(engine->now - name->own_news_at) < step->thresholds.own_news_hours * 3600e9;
    for (uint32_t i = 0; decision->type == AS_DECISION_SIG && i < shock->linked_count; i++)
        if (shock->linked[i].anchor.instrument == decision->instrument) {
            step->is_linked = true;
            step->linked = shock->linked[i];
            step->s_w = as_shock_s_w(shock, &shock->linked[i]);
            step->chain_sign = as_shock_chain_sign(shock, shock->linked[i].w);
        }
}

static as_explain_step *add_step(as_explain_case *c)
{
    if (c->step_count == AS_EXPLAIN_STEPS) {
        c->steps_beyond++;
        return NULL;
    }
    if ((c->step_count & (c->step_count - 1)) == 0) { /* room doubles */
        as_explain_step *more = realloc(c->step, (c->step_count ? 2 * c->step_count : 1) * sizeof *more);
        if (!more) {
            c->failed = true;
            return NULL;
        }
        c->step = more;
    }
    as_explain_step *step = &c->step[c->step_count];
    memset(step, 0, sizeof *step);
    return step;
}

void as_explain_emit(void *context, const as_decision *decision)
{
    as_explain_case *c = context;
    char line[AS_LINE_BYTES_OUT];
    bool own;
    if (!as_codec_line(decision, line, sizeof line) || !belongs(c, decision, line, &own))
        return;
    if (own && (c->said_count >= c->expected_count || strcmp(c->expected[c->said_count], line) != 0))
        c->differs = true;
    c->said_count += own;
    as_explain_step *step = add_step(c);
    if (!step)
        return;
    step->decision = *decision;
    step->line = strdup(line);
    c->failed |= !step->line;
    /* an instant that nothing closed is evaluated when the next event has come */
    step->trigger = c->event[0].ts_recv > decision->ts_recv ? c->event[1] : c->event[0];
    look_into(c->setup->engine, step);
    c->step_count++;
}

/* ---- what came of it ---- */

int as_explain_verified(const as_explain_case *c)
{
    if (c->expected_count == 0)
        return -1;
    return !c->differs && c->said_count == c->expected_count;
}

const as_explain_step *as_explain_first(const as_explain_case *c)
{
    for (uint32_t i = 0; i < c->step_count; i++)
        if (c->step[i].decision.type == AS_DECISION_SIG && c->step[i].has_shock)
            return &c->step[i];
    return NULL;
}

const as_headline *as_explain_headline(const as_explain_case *c, const char *id)
{
    uint64_t kept = c->headline_count < AS_EXPLAIN_HEADLINES ? c->headline_count : AS_EXPLAIN_HEADLINES;
    for (uint64_t back = 1; back <= kept; back++) {
        const as_headline *headline = &c->headline[(c->headline_count - back) % AS_EXPLAIN_HEADLINES];
        if (strcmp(headline->id, id) == 0)
            return headline;
    }
    return NULL;
}

uint32_t as_explain_headline_ids(const as_explain_case *c, const char **id, uint32_t max)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->step_count; i++) {
        const as_decision *decision = &c->step[i].decision;
        for (unsigned k = 0; k < decision->headline_count && count < max; k++) {
            uint32_t at = 0;
            while (at < count && strcmp(id[at], decision->headline[k]) != 0)
                at++;
            if (at == count)
                id[count++] = decision->headline[k];
        }
    }
    return count;
}
