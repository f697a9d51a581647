/*
 * The sink: what a replay does with decisions. Writes `--out`, keeps the hash (DESIGN 6.4), compares with `--verify`.
 *
 * The hash is over exactly the bytes of `--out`: one line a decision, LF included. One thread.
 */
#ifndef AS_APPS_COMMON_SINK_H
#define AS_APPS_COMMON_SINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/decision.h"
#include "core/digest.h"
#include "core/journal.h"
#include "core/ring.h"

typedef struct as_sink {
    FILE *out;                   /* NULL: none */
    bool close_out;
    as_digest digest;
    uint64_t count;
    _Atomic(uint64_t) ts_now;    /* logical time of the latest decision, for the publisher's heartbeats */
    as_ring *publish;            /* decisions for the publisher's thread, held back while full; NULL: none */
    /* --verify */
    const char *verify_path;     /* NULL: no verification */
    FILE *verify_lines;
    as_journal_reader *verify_journal;
    bool differs;
    uint64_t difference;         /* number of the first decision that differs, from 1 */
    char *expected_line, *found_line; /* of the difference; NULL: there was none on that side */
} as_sink;

/* out_path NULL: no output, "-": standard output. 0, or a negative errno with the error chain set. */
int as_sink_open(as_sink *sink, const char *out_path, const char *verify_path, as_ring *publish);

/* An as_emit_fn. */
void as_sink_emit(void *sink, const as_decision *decision);

/*
 * Finish: hash into hex, close files. 0; 1 when verification found a difference (told on stderr); negative errno when
 * the output could not be written.
 */
int as_sink_close(as_sink *sink, char hex[AS_DIGEST_HEX_BYTES]);

/* The run failed: close the files and free, without a result. Safe on zeroes and after close. */
void as_sink_abandon(as_sink *sink);

#endif
