#include "apps/score/truth.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/text_file.h"
#include "feeds/decode/json.h"

enum { TRUTH_BYTES_MAX = 256 << 20 };

static const double band_from[AS_TRUTH_BANDS] = {0, 0, 1, 2, 2.5, 3, 4};
const char *const as_truth_band_text[AS_TRUTH_BANDS] = {"0", "0..1", "1..2", "2..2.5", "2.5..3", "3..4", "4.."};
static const double planted_os_min = 2.5;

/* ---- reading ---- */

static void *grow(void *list, size_t count, size_t *room, size_t item_bytes)
{
    if (count < *room)
        return list;
    *room = *room ? 2 * *room : 256;
    void *grown = realloc(list, *room * item_bytes);
    AS_ASSERT(grown);
    return grown;
}

typedef struct object {
    as_json_member member[AS_JSON_MEMBER_MAX];
    uint32_t count;
} object;

static bool read_object(const as_json_value *value, object *o)
{
    return value && value->type == AS_JSON_OBJECT &&
           as_json_object(value->text, value->text_bytes, o->member, &o->count) == AS_JSON_OK;
}

static bool text_of(const object *o, const char *key, char *out, size_t out_bytes)
{
    const as_json_value *value = as_json_find(o->member, o->count, key);
    bool cut = false;
    if (!value || value->type != AS_JSON_STRING)
        return false;
    as_json_string_copy(value, out, out_bytes, &cut);
    return !cut;
}

/* A number's text with a zero behind it; "" for anything else. */
static const char *digits_of(const object *o, const char *key, char text[40])
{
    const as_json_value *value = as_json_find(o->member, o->count, key);
    text[0] = 0;
    if (value && value->type == AS_JSON_NUMBER && value->text_bytes < 40) {
        memcpy(text, value->text, value->text_bytes);
        text[value->text_bytes] = 0;
    }
    return text;
}

static int read_names(as_truth *truth, const as_json_value *names, as_truth_event *event)
{
    as_json_value item;
    char text[40];
    event->first_name = truth->name_count;
    for (uint32_t at = 0; names && names->type == AS_JSON_ARRAY && as_json_array_next(names, &at, &item);) {
        object o;
        as_truth_name name = {0};
        if (!read_object(&item, &o) || !text_of(&o, "symbol", name.symbol, sizeof name.symbol))
            return as_error_set(-EINVAL, "event %s: found a name without symbol", event->id);
        if (*digits_of(&o, "planted_os", text))
            name.planted_os = strtod(text, NULL);
        name.reverts = *digits_of(&o, "half_life_sessions", text) != 0;
        truth->name = grow(truth->name, truth->name_count, &truth->name_room, sizeof name);
        truth->name[truth->name_count++] = name;
        event->name_count++;
    }
    return 0;
}

/* The first headline of a list. */
static uint64_t first_headline(const as_json_value *list)
{
    as_json_value item;
    char id[AS_HEADLINE_ID_BYTES];
    bool cut = false;
    uint32_t at = 0;
    if (!list || list->type != AS_JSON_ARRAY || !as_json_array_next(list, &at, &item) || item.type != AS_JSON_STRING)
        return 0;
    as_json_string_copy(&item, id, sizeof id, &cut);
    return as_score_headline_hash(id);
}

static int read_event(as_truth *truth, const as_json_value *item, uint32_t run)
{
    object o;
    char text[40];
    as_truth_event event = {.run = run};
    if (!read_object(item, &o) || !text_of(&o, "id", event.id, sizeof event.id) ||
        !text_of(&o, "kind", event.kind, sizeof event.kind) || !*digits_of(&o, "t0", text))
        return as_error_set(-EINVAL, "events: found one without id, kind or t0");
    if (!text_of(&o, "issuer", event.issuer, sizeof event.issuer)) /* null: a headline about nobody */
        event.issuer[0] = 0;
    if (!text_of(&o, "family", event.family, sizeof event.family))
        event.family[0] = 0;
    event.t0 = strtoull(text, NULL, 10);
    event.headline = first_headline(as_json_find(o.member, o.count, "headlines"));
    int rc = read_names(truth, as_json_find(o.member, o.count, "names"), &event);
    if (rc < 0)
        return rc;
    truth->event = grow(truth->event, truth->event_count, &truth->event_room, sizeof event);
    truth->event[truth->event_count++] = event;
    return 0;
}

static int read_session(as_truth *truth, const as_json_value *item, uint32_t run)
{
    object o;
    char date[16];
    int year, month, day;
    if (!read_object(item, &o) || !text_of(&o, "date", date, sizeof date) ||
        sscanf(date, "%4d-%2d-%2d", &year, &month, &day) != 3)
        return as_error_set(-EINVAL, "sessions: found one without date (YYYY-MM-DD)");
    const as_json_value *null = as_json_find(o.member, o.count, "null");
    const as_json_value *carry = as_json_find(o.member, o.count, "carry");
    truth->session = grow(truth->session, truth->session_count, &truth->session_room, sizeof *truth->session);
    truth->session[truth->session_count++] = (as_truth_session){
        .run = run,
        .date = year * 10000 + month * 100 + day,
        .null = null && null->type == AS_JSON_TRUE,
        .carry = carry && carry->type == AS_JSON_TRUE,
    };
    return 0;
}

static int read_list(as_truth *truth, const object *root, const char *key, uint32_t run,
                     int (*read_item)(as_truth *, const as_json_value *, uint32_t))
{
    const as_json_value *list = as_json_find(root->member, root->count, key);
    as_json_value item;
    int rc = 0;
    if (!list || list->type != AS_JSON_ARRAY)
        return as_error_set(-EINVAL, "found no list '%s'", key);
    for (uint32_t at = 0; rc == 0 && as_json_array_next(list, &at, &item);)
        rc = read_item(truth, &item, run);
    return rc;
}

int as_truth_load(as_truth *truth, const char *path, uint32_t run)
{
    char *text;
    size_t text_bytes;
    char digits[40];
    object root;
    int rc = as_text_file_read(path, TRUTH_BYTES_MAX, &text, &text_bytes);
    if (rc < 0)
        return rc;
    if (as_json_object(text, text_bytes, root.member, &root.count) != AS_JSON_OK)
        rc = as_error_set(-EINVAL, "found no JSON object");
    else if (strcmp(digits_of(&root, "schema", digits), "2") != 0)
        rc = as_error_set(-EINVAL, "key 'schema': found '%s', allowed 2 (a simulated market)", digits);
    if (rc == 0)
        rc = read_list(truth, &root, "sessions", run, read_session);
    if (rc == 0)
        rc = read_list(truth, &root, "events", run, read_event);
    free(text);
    return rc < 0 ? as_error_add("%s", path) : 0;
}

void as_truth_fini(as_truth *truth)
{
    free(truth->event);
    free(truth->name);
    free(truth->session);
    *truth = (as_truth){0};
}

const as_truth_session *as_truth_session_of(const as_truth *truth, uint32_t run, int32_t date)
{
    for (size_t i = 0; i < truth->session_count; i++)
        if (truth->session[i].run == run && truth->session[i].date == date)
            return &truth->session[i];
    return NULL;
}

/* ---- is it of this run? ---- */

bool as_truth_covers(const as_score_book *book, const as_truth_event *event)
{
    if (event->run >= book->run_count || book->run[event->run].last_ts == 0)
        return true; /* nothing is known of the data */
    const as_score_run *run = &book->run[event->run];
    return event->t0 >= run->first_ts && event->t0 <= run->last_ts;
}

static bool has_headline(const as_score_run *run, uint64_t hash)
{
    size_t low = 0;
    for (size_t high = run->headline_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (run->headline[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < run->headline_count && run->headline[low] == hash;
}

static int check_sessions(const as_truth *truth, const as_score_book *book, uint32_t run)
{
    size_t listed = 0;
    size_t days = 0;
    for (size_t i = 0; i < book->day_count; i++) {
        if (book->day[i].run != run)
            continue;
        days++;
        listed += as_truth_session_of(truth, run, book->day[i].date) != NULL;
    }
    for (size_t i = 0; i < truth->session_count && days && !listed; i++)
        if (truth->session[i].run == run)
            return as_error_set(-EINVAL,
                                "%s: the truth is of another run: none of its sessions (from %d) is in the data",
                                book->run[run].label, truth->session[i].date);
    return 0;
}

int as_truth_check(const as_truth *truth, const as_score_book *book)
{
    int rc = 0;
    for (uint32_t run = 0; rc == 0 && run < book->run_count; run++)
        rc = check_sessions(truth, book, run);
    for (size_t i = 0; rc == 0 && i < truth->event_count; i++) {
        const as_truth_event *event = &truth->event[i];
        if (event->headline && event->run < book->run_count && as_truth_covers(book, event) &&
            !has_headline(&book->run[event->run], event->headline))
            rc = as_error_set(
                -EINVAL, "%s: the truth is of another run: the first headline of its event %s is not in the inputs",
                book->run[event->run].label, event->id);
    }
    return rc;
}

/* ---- detection ---- */

static bool is_of(const as_score_signal *s, const as_truth_event *event)
{
    return s->run == event->run && s->t0 == event->t0 && strcmp(s->issuer, event->issuer) == 0;
}

static unsigned band_of(double planted_os)
{
    double size = fabs(planted_os);
    unsigned band = size > 0 ? 1 : 0;
    while (band && band + 1 < AS_TRUTH_BANDS && size >= band_from[band + 1])
        band++;
    return band;
}

/* What was said of a name for an event. */
typedef struct said {
    bool right, wrong, under, reversion;
    uint64_t right_at;
} said;

static said said_of(const as_score_book *book, const as_truth_event *event, const as_truth_name *name)
{
    said what = {0};
    int side = name->planted_os > 0 ? -1 : 1;
    for (size_t i = 0; i < book->signal_count; i++) {
        const as_score_signal *s = &book->signal[i];
        if (!is_of(s, event) || strcmp(s->symbol, name->symbol) != 0)
            continue;
        bool over = s->kind == AS_SIGNAL_OVERREACTION;
        bool along = s->side == side || !(fabs(name->planted_os) > 0);
        if (over && along && !what.right)
            what.right_at = s->opened_at;
        what.right = what.right || (over && along);
        what.wrong = what.wrong || (over && !along);
        what.under = what.under || s->kind == AS_SIGNAL_UNDERREACTION;
        what.reversion = what.reversion || s->kind == AS_SIGNAL_MEAN_REVERSION;
    }
    return what;
}

static as_truth_row *row_of(as_truth_detection *d, const char *kind)
{
    for (unsigned i = 0; i < d->kinds; i++)
        if (strcmp(d->row[i].kind, kind) == 0)
            return &d->row[i];
    if (d->kinds == AS_TRUTH_KINDS)
        return &d->row[AS_TRUTH_KINDS - 1];
    as_truth_row *row = &d->row[d->kinds++];
    memcpy(row->kind, kind, strlen(kind) + 1);
    return row;
}

static void count_found(as_truth_recall *recall, uint64_t cluster, bool found)
{
    recall->planted++;
    recall->found += found;
    as_score_tally_add(&recall->tally, cluster, found, 1);
}

static void count_name(as_truth_detection *d, as_truth_row *row, const as_truth_event *event, const as_truth_name *name,
                       const said *what)
{
    uint64_t cluster = d->events;
    unsigned band = band_of(name->planted_os);
    row->names++;
    if (what->right)
        row->overreaction++;
    else if (what->wrong)
        row->wrong_side++;
    else if (what->under)
        row->underreaction++;
    else
        row->none++;
    row->mean_reversion += what->reversion;
    count_found(&row->band[band], cluster, what->right);
    count_found(&d->band[band], cluster, what->right);
    if (fabs(name->planted_os) < planted_os_min)
        return;
    count_found(&d->planted, cluster, what->right);
    if (strcmp(event->kind, "overreaction") == 0)
        count_found(&d->reverting, cluster, what->right);
}

static void count_event(as_truth_detection *d, const as_truth *truth, const as_score_book *book,
                        const as_truth_event *event, double *after_s, size_t *after_count)
{
    as_truth_row *row = row_of(d, event->kind);
    bool any = false;
    bool contradicted = false;
    for (size_t i = 0; i < book->signal_count; i++) {
        if (!is_of(&book->signal[i], event))
            continue;
        any = true;
        contradicted = contradicted || book->signal[i].kind == AS_SIGNAL_CONTRADICTION;
    }
    d->events++;
    row->events++;
    row->shocks += any;
    row->contradiction += contradicted;
    for (size_t i = 0; i < event->name_count; i++) {
        const as_truth_name *name = &truth->name[event->first_name + i];
        said what = any ? said_of(book, event, name) : (said){0};
        count_name(d, row, event, name, &what);
        if (what.right && fabs(name->planted_os) >= planted_os_min)
            after_s[(*after_count)++] = (double)(what.right_at - event->t0) / (double)AS_NS_PER_S;
    }
}

static as_truth_rate rate_of(as_score_tally *tally)
{
    as_score_tally_end(tally);
    as_truth_rate rate = {.count = (uint64_t)llround(tally->x), .name_days = tally->n, .sessions = tally->clusters};
    double scale = tally->n > 0 ? 1000 / tally->n : (double)NAN;
    as_score_interval naive = as_score_poisson(rate.count);
    as_score_interval interval = as_score_tally_rate(tally);
    rate.per_1000 = (double)rate.count * scale;
    rate.naive = (as_score_interval){naive.low * scale, naive.high * scale};
    rate.interval = (as_score_interval){interval.low * 1000, interval.high * 1000};
    return rate;
}

const char *as_truth_gate_text(const as_truth_rate *rate)
{
    if (!isfinite(rate->interval.high))
        return "no_data";
    if (rate->interval.high <= AS_TRUTH_GATE_PER_1000)
        return "met";
    return rate->interval.low > AS_TRUTH_GATE_PER_1000 ? "not_met" : "undecided";
}

/* What was planted, in this name, by the event of the signal; NULL: nothing worth the name. */
static const as_truth_name *planted_name(const as_truth *truth, const as_score_signal *s)
{
    for (size_t e = 0; e < truth->event_count; e++) {
        const as_truth_event *event = &truth->event[e];
        for (size_t i = 0; is_of(s, event) && i < event->name_count; i++) {
            const as_truth_name *name = &truth->name[event->first_name + i];
            if (strcmp(name->symbol, s->symbol) == 0 && fabs(name->planted_os) >= 1)
                return name;
        }
    }
    return NULL;
}

/* An OVERREACTION and what was planted where it opened. */
typedef struct opening {
    const as_score_signal *signal;
    const as_truth_name *name;
} opening;

static int by_cluster(const void *a, const void *b)
{
    uint64_t x = ((const opening *)a)->signal->cluster;
    uint64_t y = ((const opening *)b)->signal->cluster;
    return (x > y) - (x < y);
}

static void count_precision(as_truth_precision *p, const opening *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const as_truth_name *name = list[i].name;
        uint64_t cluster = list[i].signal->cluster;
        bool along = name && list[i].signal->side == (name->planted_os > 0 ? -1 : 1);
        count_found(&p->reverting, cluster, along && name->reverts);
        count_found(&p->not_reverting, cluster, along && !name->reverts);
        count_found(&p->wrong_side, cluster, name && !along);
        count_found(&p->nothing, cluster, !name);
    }
}

typedef struct false_tallies {
    as_score_tally linked, all, quiet, quiet_all, any;
} false_tallies;

static void count_session(as_truth_detection *d, const as_score_day *day, const as_truth_session *session,
                          const opening *list, size_t count, false_tallies *t)
{
    double unplanted = 0;
    double late = 0;
    uint64_t id = d->sessions;
    for (size_t i = 0; i < count; i++) {
        if (list[i].signal->run != day->run || list[i].signal->date != day->date)
            continue;
        unplanted += !list[i].name;
        late += list[i].name != NULL;
    }
    d->sessions++;
    as_score_tally_add(&t->any, id, unplanted, (double)day->linked_names);
    if (!session->null)
        return;
    d->null_sessions++;
    d->late += (uint64_t)late;
    as_score_tally_add(&t->linked, id, unplanted, (double)day->linked_names);
    as_score_tally_add(&t->all, id, unplanted, (double)day->names);
    if (session->carry)
        return;
    as_score_tally_add(&t->quiet, id, unplanted, (double)day->linked_names);
    as_score_tally_add(&t->quiet_all, id, unplanted, (double)day->names);
}

static void count_false(as_truth_detection *d, const as_truth *truth, const as_score_book *book)
{
    false_tallies t = {0};
    opening *list = calloc(book->signal_count + 1, sizeof *list);
    size_t count = 0;
    AS_ASSERT(list);
    for (size_t i = 0; i < book->signal_count; i++)
        if (book->signal[i].kind == AS_SIGNAL_OVERREACTION)
            list[count++] = (opening){&book->signal[i], planted_name(truth, &book->signal[i])};
    for (size_t i = 0; i < book->day_count; i++) {
        const as_truth_session *session = as_truth_session_of(truth, book->day[i].run, book->day[i].date);
        if (session)
            count_session(d, &book->day[i], session, list, count, &t);
        else
            d->unknown_sessions++;
    }
    qsort(list, count, sizeof *list, by_cluster);
    count_precision(&d->precision, list, count);
    free(list);
    d->false_linked = rate_of(&t.linked);
    d->false_all = rate_of(&t.all);
    d->false_quiet = rate_of(&t.quiet);
    d->false_quiet_all = rate_of(&t.quiet_all);
    d->unplanted_linked = rate_of(&t.any);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add_interval(as_truth_recall *recall)
{
    as_score_tally_end(&recall->tally);
    recall->events = recall->tally.clusters;
    recall->interval = as_score_tally_share(&recall->tally);
    recall->naive = as_score_wilson(recall->found, recall->planted);
}

as_truth_detection as_truth_detect(const as_truth *truth, const as_score_book *book)
{
    as_truth_detection d = {0};
    double *after_s = calloc(truth->name_count + 1, sizeof *after_s);
    size_t count = 0;
    AS_ASSERT(after_s);
    for (size_t i = 0; i < truth->event_count; i++) {
        if (as_truth_covers(book, &truth->event[i]))
            count_event(&d, truth, book, &truth->event[i], after_s, &count);
        else
            d.outside++;
    }
    qsort(after_s, count, sizeof *after_s, by_size);
    for (unsigned q = 0; q < 3; q++)
        d.found_after_s[q] = count ? after_s[(q + 1) * (count - 1) / 4] : (double)NAN;
    free(after_s);
    add_interval(&d.planted);
    add_interval(&d.reverting);
    for (unsigned b = 0; b < AS_TRUTH_BANDS; b++) {
        add_interval(&d.band[b]);
        for (unsigned k = 0; k < d.kinds; k++)
            add_interval(&d.row[k].band[b]);
    }
    count_false(&d, truth, book);
    add_interval(&d.precision.reverting);
    add_interval(&d.precision.not_reverting);
    add_interval(&d.precision.wrong_side);
    add_interval(&d.precision.nothing);
    return d;
}
