#include "apps/aftershockd/recorder.h"

#include <stddef.h>
#include <string.h>

#include "core/clock.h"
#include "core/error.h"
#include "ipc/codec.h"

/* What travels in the ring: a head, then the payload of its type. A playbook travels as a pointer. */
typedef struct head {
    uint64_t type; /* as_record_type */
} head;

enum { RAW_HEADLINE_BYTES = offsetof(as_headline, reading) };

int as_recorder_init(as_recorder *recorder, as_journal_writer *journal, uint64_t sync_ns)
{
    *recorder = (as_recorder){.journal = journal, .journaled = journal != NULL, .sync_ns = sync_ns};
    int rc = as_byte_ring_new(AS_JOURNAL_RING_BYTES, &recorder->ring);
    if (rc < 0)
        return as_error_set(rc, "out of memory for the journal's ring");
    return as_digest_init(&recorder->digest);
}

/* ---- core side ---- */

/* Room for a record of three parts; false, and counted, without. */
static bool push(as_recorder *recorder, as_record_type type, const void *first, size_t first_bytes, const void *second,
                 size_t second_bytes)
{
    uint8_t *slot = as_byte_ring_claim(recorder->ring, (uint32_t)(sizeof(head) + first_bytes + second_bytes));
    if (!slot)
        return false;
    head h = {.type = type};
    memcpy(slot, &h, sizeof h);
    memcpy(slot + sizeof h, first, first_bytes);
    if (second_bytes)
        memcpy(slot + sizeof h + first_bytes, second, second_bytes);
    as_byte_ring_publish(recorder->ring);
    return true;
}

static void record(as_recorder *recorder, as_record_type type, const void *first, size_t first_bytes,
                   const void *second, size_t second_bytes)
{
    bool told = true;
    if (recorder->pending_loss)
        told = push(recorder, AS_RECORD_LOSS, &recorder->pending_loss, sizeof recorder->pending_loss, NULL, 0);
    if (told)
        recorder->pending_loss = 0;
    if (told && push(recorder, type, first, first_bytes, second, second_bytes))
        return;
    recorder->pending_loss++;
    atomic_fetch_add_explicit(&recorder->lost, 1, memory_order_relaxed); /* relaxed: a statistic */
}

void as_recorder_step(void *context, const as_event *event, const as_headline *headline, const as_playbook *playbook)
{
    as_recorder *recorder = context;
    if (!recorder->journaled && !(recorder->texts && headline))
        return;
    if (playbook)
        record(recorder, AS_RECORD_PLAYBOOK, event, sizeof *event, &playbook, sizeof playbook);
    else if (event->kind == AS_EVENT_HEADLINE)
        record(recorder, AS_RECORD_HEADLINE, event, sizeof *event, headline, RAW_HEADLINE_BYTES);
    else
        record(recorder, AS_RECORD_EVENT, event, sizeof *event, NULL, 0);
}

void as_recorder_decision(as_recorder *recorder, const as_decision *decision)
{
    record(recorder, AS_RECORD_DECISION, decision, sizeof *decision, NULL, 0);
}

/* ---- admin side ---- */

/* Said once; what comes after is not recorded. */
static void give_up(as_recorder *recorder)
{
    as_error_print(stderr, "aftershockd");
    as_error_clear();
    atomic_store_explicit(&recorder->failed, true, memory_order_relaxed); /* relaxed: shown */
    as_journal_close(recorder->journal);
    as_error_clear();
    recorder->journal = NULL;
}

static void append(as_recorder *recorder, as_record_type type, const void *first, size_t first_bytes,
                   const void *second, size_t second_bytes)
{
    if (!recorder->journal)
        return;
    if (as_journal_append(recorder->journal, type, first, first_bytes, second, second_bytes) < 0)
        give_up(recorder);
    recorder->dirty = true;
}

static void take_decision(as_recorder *recorder, const uint8_t *payload)
{
    as_decision decision;
    char line[AS_LINE_BYTES_OUT];
    memcpy(&decision, payload, sizeof decision);
    size_t bytes = as_codec_line(&decision, line, sizeof line);
    recorder->decisions++;
    append(recorder, AS_RECORD_DECISION, line, bytes, NULL, 0);
    line[bytes] = '\n';
    as_digest_update(&recorder->digest, line, bytes + 1);
}

/* For the page: the raw half is all that travels. */
static void keep_text(as_recorder *recorder, const uint8_t *payload, size_t payload_bytes)
{
    as_headline headline;
    if (!recorder->texts || payload_bytes != sizeof(as_event) + RAW_HEADLINE_BYTES)
        return;
    memcpy(&headline, payload + sizeof(as_event), RAW_HEADLINE_BYTES);
    as_headline_texts_put(recorder->texts, &headline);
}

static void take(as_recorder *recorder, const uint8_t *slot, uint32_t slot_bytes)
{
    head h;
    memcpy(&h, slot, sizeof h);
    const uint8_t *payload = slot + sizeof h;
    size_t payload_bytes = slot_bytes - sizeof h;
    if (h.type == AS_RECORD_DECISION) {
        take_decision(recorder, payload);
    } else if (h.type == AS_RECORD_PLAYBOOK) {
        const as_playbook *playbook;
        memcpy(&playbook, payload + sizeof(as_event), sizeof playbook);
        append(recorder, AS_RECORD_PLAYBOOK, payload, sizeof(as_event), playbook->text, playbook->text_bytes);
    } else {
        if (h.type == AS_RECORD_HEADLINE)
            keep_text(recorder, payload, payload_bytes);
        append(recorder, (as_record_type)h.type, payload, payload_bytes, NULL, 0);
    }
}

static unsigned work(void *context, uint64_t wait_ns)
{
    enum { TURN = 4096 };
    (void)wait_ns;
    as_recorder *recorder = context;
    unsigned done = 0;
    uint32_t bytes;
    for (const uint8_t *slot; done < TURN && (slot = as_byte_ring_peek(recorder->ring, &bytes)); done++) {
        take(recorder, slot, bytes);
        as_byte_ring_release(recorder->ring);
    }
    if (!recorder->journal || !recorder->dirty || recorder->sync_ns == 0)
        return done;
    uint64_t now = as_clock_monotonic_ns();
    if (now - recorder->synced_at >= recorder->sync_ns) {
        recorder->synced_at = now;
        recorder->dirty = false;
        if (as_journal_sync(recorder->journal) < 0)
            give_up(recorder);
    }
    return done;
}

/* After both sides have stopped: a loss that nothing followed is still told. */
void as_recorder_fini(as_recorder *recorder, char hex[AS_DIGEST_HEX_BYTES])
{
    if (recorder->journal && recorder->pending_loss)
        append(recorder, AS_RECORD_LOSS, &recorder->pending_loss, sizeof recorder->pending_loss, NULL, 0);
    if (as_journal_close(recorder->journal) < 0) {
        as_error_print(stderr, "aftershockd");
        atomic_store_explicit(&recorder->failed, true, memory_order_relaxed); /* relaxed: shown */
    }
    as_digest_final_hex(&recorder->digest, hex);
    as_byte_ring_free(recorder->ring);
    recorder->ring = NULL;
    recorder->journal = NULL;
}

as_agent as_recorder_agent_of(as_recorder *recorder)
{
    return (as_agent){.name = "journal", .self = recorder, .work = work};
}
