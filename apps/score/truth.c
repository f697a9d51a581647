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
        truth->name = grow(truth->name, truth->name_count, &truth->name_room, sizeof name);
        truth->name[truth->name_count++] = name;
        event->name_count++;
    }
    return 0;
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

static void count_found(as_truth_recall *recall, bool found)
{
    recall->planted++;
    recall->found += found;
}

static void count_name(as_truth_detection *d, as_truth_row *row, const as_truth_event *event, const as_truth_name *name,
                       const said *what)
{
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
    count_found(&row->band[band], what->right);
    count_found(&d->band[band], what->right);
    if (fabs(name->planted_os) < planted_os_min)
        return;
    count_found(&d->planted, what->right);
    if (strcmp(event->kind, "overreaction") == 0)
        count_found(&d->reverting, what->right);
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

static as_truth_rate rate_of(uint64_t count, double name_days)
{
    as_truth_rate rate = {.count = count, .name_days = name_days, .per_1000 = (double)NAN};
    double scale = name_days > 0 ? 1000 / name_days : (double)NAN;
    as_score_interval interval = as_score_poisson(count);
    rate.per_1000 = (double)count * scale;
    rate.interval = (as_score_interval){interval.low * scale, interval.high * scale};
    return rate;
}

/* Was anything worth the name planted, in this name, by the event of the signal? */
static bool was_planted(const as_truth *truth, const as_score_signal *s)
{
    for (size_t e = 0; e < truth->event_count; e++) {
        const as_truth_event *event = &truth->event[e];
        for (size_t i = 0; is_of(s, event) && i < event->name_count; i++) {
            const as_truth_name *name = &truth->name[event->first_name + i];
            if (strcmp(name->symbol, s->symbol) == 0 && fabs(name->planted_os) >= 1)
                return true;
        }
    }
    return false;
}

static void count_false(as_truth_detection *d, const as_truth *truth, const as_score_book *book)
{
    double linked = 0;
    double all = 0;
    double quiet = 0;
    double linked_any = 0;
    uint64_t false_alarms = 0;
    uint64_t false_quiet = 0;
    uint64_t unplanted = 0;
    for (size_t i = 0; i < book->day_count; i++) {
        const as_score_day *day = &book->day[i];
        const as_truth_session *session = as_truth_session_of(truth, day->run, day->date);
        bool null = session && session->null;
        d->sessions++;
        d->null_sessions += null;
        linked += null ? (double)day->linked_names : 0;
        all += null ? (double)day->names : 0;
        quiet += null && !session->carry ? (double)day->linked_names : 0;
        linked_any += (double)day->linked_names;
    }
    for (size_t i = 0; i < book->signal_count; i++) {
        const as_score_signal *s = &book->signal[i];
        if (s->kind != AS_SIGNAL_OVERREACTION)
            continue;
        const as_truth_session *session = as_truth_session_of(truth, s->run, s->date);
        bool null = session && session->null;
        bool planted = was_planted(truth, s);
        false_alarms += null && !planted;
        false_quiet += null && !planted && !session->carry;
        d->late += null && planted;
        unplanted += !planted;
    }
    d->false_linked = rate_of(false_alarms, linked);
    d->false_all = rate_of(false_alarms, all);
    d->false_quiet = rate_of(false_quiet, quiet);
    d->unplanted_linked = rate_of(unplanted, linked_any);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add_interval(as_truth_recall *recall)
{
    recall->interval = as_score_wilson(recall->found, recall->planted);
}

as_truth_detection as_truth_detect(const as_truth *truth, const as_score_book *book)
{
    as_truth_detection d = {0};
    double *after_s = calloc(truth->name_count + 1, sizeof *after_s);
    size_t count = 0;
    AS_ASSERT(after_s);
    for (size_t i = 0; i < truth->event_count; i++)
        count_event(&d, truth, book, &truth->event[i], after_s, &count);
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
    return d;
}
