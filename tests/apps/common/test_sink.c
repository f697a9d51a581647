#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/common/sink.h"
#include "core/error.h"
#include "ipc/codec.h"
#include "tests/support/golden.h"

static char out_path[64], other_path[64];

static int paths(void **state)
{
    (void)state;
    (void)snprintf(out_path, sizeof out_path, "/tmp/ast-sink-%d", (int)getpid());
    (void)snprintf(other_path, sizeof other_path, "/tmp/ast-sink-%d.other", (int)getpid());
    unlink(other_path);
    return 0;
}

static int remove_paths(void **state)
{
    (void)state;
    unlink(out_path);
    unlink(other_path);
    return 0;
}

static void emit(as_sink *sink, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        as_decision decision;
        as_decision_clear(&decision);
        decision.type = AS_DECISION_FACT;
        decision.tick_seq = i;
        decision.generation = i;
        (void)snprintf(decision.symbol, sizeof decision.symbol, "S%u", i);
        as_sink_emit(sink, &decision);
    }
}

/* Emit decisions [from, to) into a sink; its result, its hash in hex. */
static int run(const char *out, const char *verify, unsigned from, unsigned to, char hex[AS_DIGEST_HEX_BYTES])
{
    as_sink sink;
    assert_int_equal(as_sink_open(&sink, out, verify, NULL), 0);
    emit(&sink, from, to);
    assert_int_equal(sink.count, to - from);
    return as_sink_close(&sink, hex);
}

static void the_hash_is_that_of_the_files_bytes(void **state)
{
    (void)state;
    char hex[AS_DIGEST_HEX_BYTES], of_file[AS_DIGEST_HEX_BYTES], none[AS_DIGEST_HEX_BYTES];
    assert_int_equal(run(out_path, NULL, 0, 5, hex), 0);
    char *text = ast_file_text(out_path);
    as_digest digest;
    assert_int_equal(as_digest_init(&digest), 0);
    as_digest_update(&digest, text, strlen(text));
    as_digest_final_hex(&digest, of_file);
    assert_string_equal(hex, of_file);
    free(text);
    assert_int_equal(run(NULL, NULL, 0, 5, none), 0); /* without a file as well */
    assert_string_equal(hex, none);
}

static void verify_agrees_with_the_same_and_finds_a_changed_a_missing_and_a_further_decision(void **state)
{
    (void)state;
    char hex[AS_DIGEST_HEX_BYTES];
    assert_int_equal(run(out_path, NULL, 0, 5, hex), 0);
    assert_int_equal(run(NULL, out_path, 0, 5, hex), 0);
    assert_int_equal(run(NULL, out_path, 0, 4, hex), 1);
    assert_int_equal(run(NULL, out_path, 0, 6, hex), 1);
    assert_int_equal(run(NULL, out_path, 1, 6, hex), 1);

    as_sink sink;
    assert_int_equal(as_sink_open(&sink, NULL, out_path, NULL), 0);
    emit(&sink, 0, 2);
    emit(&sink, 7, 9);
    assert_true(sink.differs);
    assert_int_equal(sink.difference, 3);
    assert_non_null(strstr(sink.expected_line, "\"S2\""));
    assert_non_null(strstr(sink.found_line, "\"S7\""));
    assert_int_equal(as_sink_close(&sink, hex), 1);
}

static void verify_reads_the_decisions_of_a_journal(void **state)
{
    (void)state;
    char hex[AS_DIGEST_HEX_BYTES], line[AS_LINE_BYTES_OUT];
    as_journal_writer *journal;
    assert_int_equal(as_journal_create(other_path, 1, 2, &journal), 0);
    for (unsigned i = 0; i < 3; i++) {
        as_decision decision;
        as_decision_clear(&decision);
        decision.type = AS_DECISION_FACT;
        decision.tick_seq = decision.generation = i;
        (void)snprintf(decision.symbol, sizeof decision.symbol, "S%u", i);
        size_t bytes = as_codec_line(&decision, line, sizeof line);
        assert_int_equal(as_journal_append(journal, AS_RECORD_EVENT, "not a decision", 14, NULL, 0), 0);
        assert_int_equal(as_journal_append(journal, AS_RECORD_DECISION, line, bytes, NULL, 0), 0);
    }
    assert_int_equal(as_journal_close(journal), 0);
    assert_int_equal(run(NULL, other_path, 0, 3, hex), 0);
    assert_int_equal(run(NULL, other_path, 0, 2, hex), 1);
}

static void paths_that_cannot_be_opened_are_named(void **state)
{
    (void)state;
    as_sink sink;
    assert_true(as_sink_open(&sink, "/nowhere/out", NULL, NULL) < 0);
    assert_non_null(strstr(as_error_message(0), "/nowhere/out"));
    as_error_clear();
    assert_int_equal(as_sink_open(&sink, NULL, "/nowhere/verify", NULL), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "/nowhere/verify: cannot be opened"));
    as_error_clear();
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    char hex[AS_DIGEST_HEX_BYTES];
    assert_int_equal(run("/dev/full", NULL, 0, 5, hex), -EIO);
    assert_non_null(strstr(as_error_message(0), "could not be written"));
    as_error_clear();
}

static void decisions_go_to_the_ring_as_well(void **state)
{
    (void)state;
    char hex[AS_DIGEST_HEX_BYTES];
    as_ring *ring;
    as_sink sink;
    assert_int_equal(as_ring_new(8, (uint32_t)sizeof(as_decision), &ring), 0);
    assert_int_equal(as_sink_open(&sink, NULL, NULL, ring), 0);
    emit(&sink, 0, 3);
    for (unsigned i = 0; i < 3; i++) {
        const as_decision *decision = as_ring_peek(ring);
        assert_non_null(decision);
        assert_int_equal(decision->generation, i);
        as_ring_release(ring);
    }
    assert_null(as_ring_peek(ring));
    assert_int_equal(as_sink_close(&sink, hex), 0);
    as_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_that_of_the_files_bytes),
        cmocka_unit_test(verify_agrees_with_the_same_and_finds_a_changed_a_missing_and_a_further_decision),
        cmocka_unit_test(verify_reads_the_decisions_of_a_journal),
        cmocka_unit_test(paths_that_cannot_be_opened_are_named),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(decisions_go_to_the_ring_as_well),
    };
    return cmocka_run_group_tests_name("sink", tests, paths, remove_paths);
}
