/*
 * The recorder: from the core's thread to the journal's file, through a ring of bytes.
 *
 * The core side copies what happened into the ring and never waits: without room it counts, and the journal says at
 * which place something is missing, which marks the run "not replayable" from there (DESIGN 1). The admin side, an
 * agent of its own, turns decisions into lines, keeps their SHA-256 (DESIGN 6.4), writes and syncs the journal.
 */
#ifndef AS_APPS_AFTERSHOCKD_RECORDER_H
#define AS_APPS_AFTERSHOCKD_RECORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "apps/aftershockd/agent.h"
#include "apps/common/headline_texts.h"
#include "core/byte_ring.h"
#include "core/decision.h"
#include "core/digest.h"
#include "core/headline.h"
#include "core/journal.h"
#include "core/playbook.h"

typedef struct as_recorder {
    as_byte_ring *ring;
    /* core side */
    bool journaled;              /* events are wanted, not only decisions */
    as_headline_texts *texts;    /* headlines are wanted here as well; set before the threads start. NULL: no */
    uint64_t pending_loss;       /* records lost since the last one that fitted */
    _Atomic(uint64_t) lost;      /* all of them */
    _Atomic(bool) failed;        /* a journal was asked for, and cannot be written any more */
    /* admin side: a line of its own */
    _Alignas(128) as_journal_writer *journal;  /* NULL: none configured, or it failed */
    uint64_t sync_ns, synced_at; /* monotonic */
    bool dirty;
    as_digest digest;
    uint64_t decisions;
} as_recorder;

/* 0, or a negative errno with the error chain set. journal may be NULL; it becomes the recorder's. */
int as_recorder_init(as_recorder *recorder, as_journal_writer *journal, uint64_t sync_ns);
/* After both sides have stopped: close the journal, give the hash of the decisions. */
void as_recorder_fini(as_recorder *recorder, char hex[AS_DIGEST_HEX_BYTES]);

/* Core side. The first is an as_record_fn. */
void as_recorder_step(void *recorder, const as_event *event, const as_headline *headline, const as_playbook *playbook);
void as_recorder_decision(as_recorder *recorder, const as_decision *decision);

/* Admin side. */
as_agent as_recorder_agent_of(as_recorder *recorder);

#endif
