#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "feeds/live/feed_soup.h"
#include "feeds/files/input.h"
#include "tests/support/feed_fixture.h"

static ast_feed f;
static char secret_path[32];
static int listening, peer; /* the server's descriptors */

/* ---- the server, a step at a time ---- */

static feed_soup *part(void)
{
    return f.feed->part;
}

static void begin(const char *password, mode_t mode)
{
    ast_feed_init(&f, 4096, 4);
    strcpy(secret_path, "/tmp/as_soup_XXXXXX");
    int fd = mkstemp(secret_path);
    assert_true(fd >= 0 && write(fd, password, strlen(password)) == (ssize_t)strlen(password));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    strcpy(f.config.user, "user01");
    strcpy(f.config.secret, secret_path);
    (void)snprintf(f.config.capture, sizeof f.config.capture, "%s.pcapng", secret_path);
    f.port = ast_free_port(SOCK_STREAM);
    listening = ast_listen(f.port);
    assert_int_equal(fcntl(listening, F_SETFL, O_NONBLOCK), 0);
    peer = -1;
}

static int open_soup(void)
{
    return ast_feed_open(&f, "tcp://127.0.0.1:%u", AS_FRAMING_NONE, AS_FORMAT_ITCH50);
}

/* What was captured, read as a recording, gives as many events as the feed published. */
static void expect_replay(uint64_t event_count)
{
    static as_headline headline;
    as_input_options options = {.universe = &f.universe, .date = f.options.session_date, .source = f.options.source};
    as_input *input = NULL;
    as_event event;
    uint64_t count = 0;
    if (as_input_open(f.config.capture, &options, &input) < 0) {
        as_error_clear(); /* nothing was received */
        assert_int_equal(event_count, 0);
        return;
    }
    while (as_input_next(input, &event, &headline) > 0)
        count++;
    if (count != event_count)
        fail_msg("%llu events of the capture, %llu were published", (unsigned long long)count,
                 (unsigned long long)event_count);
    as_input_close(input);
}

static void end(void)
{
    if (f.feed != NULL) {
        uint64_t event_count = ast_feed_stats(&f).events;
        as_feed_close(f.feed);
        f.feed = NULL;
        expect_replay(event_count);
        unlink(f.config.capture);
    }
    ast_feed_fini(&f);
    unlink(secret_path);
    if (listening >= 0)
        close(listening);
    if (peer >= 0)
        close(peer);
}

/* Bytes that the feed has sent: exactly so many, waiting for them. */
static void receive(uint8_t *data, size_t bytes)
{
    size_t got = 0;
    uint64_t limit = as_clock_monotonic_ns() + 3 * AS_NS_PER_S;
    while (got < bytes && as_clock_monotonic_ns() < limit) {
        ssize_t n = recv(peer, data + got, bytes - got, MSG_DONTWAIT);
        assert_true(n > 0 || (n < 0 && errno == EAGAIN));
        got += n > 0 ? (size_t)n : 0;
        ast_feed_turn(&f);
    }
    assert_int_equal(got, bytes);
}

static bool connection_waits(void)
{
    if (peer < 0)
        peer = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
    return peer >= 0;
}

/* Take the feed's next connection and its login. */
static as_soup_login expect_login(void)
{
    uint8_t packet[49];
    as_soup_login login;
    AST_FEED_UNTIL(&f, connection_waits());
    receive(packet, sizeof packet);
    assert_int_equal(packet[2], 'L');
    assert_true(as_soup_login_decode(packet + 3, sizeof packet - 3, &login));
    assert_string_equal(login.user, "user01");
    assert_string_equal(login.password, "pass");
    return login;
}

static void put(const void *data, size_t bytes)
{
    assert_int_equal(send(peer, data, bytes, MSG_NOSIGNAL), bytes);
}

static void put_packet(uint8_t type, const void *payload, size_t payload_bytes)
{
    uint8_t packet[256];
    put(packet, as_soup_encode(type, payload, payload_bytes, packet, sizeof packet));
}

static void put_accepted(const char *session, uint64_t seq)
{
    uint8_t packet[64];
    as_soup_accepted accepted = {.seq = seq};
    strcpy(accepted.session, session);
    put(packet, as_soup_accepted_encode(&accepted, packet, sizeof packet));
}

/* The message of sequence seq: 1 announces the stock, the others are orders with their sequence as reference. */
static size_t message_of(uint64_t seq, uint8_t *packet, size_t packet_bytes)
{
    uint8_t message[AS_ITCH50_BYTES_MAX];
    as_itch50 m = seq == 1 ? ast_directory(7, "NVDA") : ast_add(7, seq, 'B', 100, 1572400);
    size_t bytes = as_itch50_encode(&m, message, sizeof message);
    return as_soup_encode(AS_SOUP_SEQUENCED, message, bytes, packet, packet_bytes);
}

static void put_messages(uint64_t from, uint64_t to)
{
    uint8_t packet[64];
    for (uint64_t seq = from; seq < to; seq++)
        put(packet, message_of(seq, packet, sizeof packet));
}

static void hang_up(void)
{
    close(peer);
    peer = -1;
}

/* The next events are messages [from, to), each once and in order. */
static void expect_messages(uint64_t from, uint64_t to)
{
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) >= to - from);
    for (uint64_t seq = from; seq < to; seq++) {
        as_event event = ast_feed_event(&f);
        if (seq == 1)
            assert_int_equal(event.kind, AS_EVENT_STATUS);
        else
            assert_int_equal(event.order.ref, seq);
    }
}

static void expect_gap(uint64_t from, uint64_t to)
{
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) > 0);
    as_event event = ast_feed_event(&f);
    assert_int_equal(event.kind, AS_EVENT_GAP);
    assert_int_equal(event.gap.from_seq, from);
    assert_int_equal(event.gap.to_seq, to);
}

static void logged_in(uint64_t messages)
{
    as_soup_login login = expect_login();
    assert_string_equal(login.session, "");
    assert_int_equal(login.seq, 1);
    put_accepted("S1", 1);
    put_messages(1, 1 + messages);
    expect_messages(1, 1 + messages);
}

/* ---- ---- */

static void a_login_brings_the_session_from_its_first_message(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    logged_in(3);
    put_packet('+', "hello", 5);
    put_packet('?', "??", 2);
    put_packet('H', NULL, 0);
    put_messages(4, 6);
    expect_messages(4, 6);
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.state, AS_FEED_STALE); /* what came is of another day */
    assert_int_equal(stats.messages, 5);
    assert_int_equal(stats.heartbeats, 1);
    assert_int_equal(stats.connects, 1);
    assert_int_equal(stats.gaps + stats.duplicates + stats.disconnects, 0);
    assert_int_equal(ast_feed_bad(&f, "unknown_packet"), 1);
    assert_int_equal(stats.bad, 1);
    uint8_t logout[3];
    as_feed_close(f.feed);
    f.feed = NULL;
    assert_int_equal(recv(peer, logout, 3, 0), 3);
    assert_memory_equal(logout, "\0\1O", 3);
    end();
}

static void a_stream_cut_into_single_bytes_gives_the_same_events(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    expect_login();
    uint8_t stream[512];
    as_soup_accepted accepted = {.session = "S1", .seq = 1};
    size_t bytes = as_soup_accepted_encode(&accepted, stream, sizeof stream);
    for (uint64_t seq = 1; seq < 6; seq++)
        bytes += message_of(seq, stream + bytes, sizeof stream - bytes);
    for (size_t i = 0; i < bytes; i++) {
        uint64_t pieces = ast_feed_stats(&f).packets;
        put(stream + i, 1);
        AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == pieces + 1);
    }
    expect_messages(1, 6);
    assert_int_equal(ast_feed_stats(&f).bad, 0);
    end();
}

static void after_a_cut_in_a_packet_nothing_is_lost_and_nothing_comes_twice(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    logged_in(3);
    uint8_t packet[64];
    size_t bytes = message_of(4, packet, sizeof packet);
    for (size_t cut = 1; cut < bytes; cut += 6) {
        uint64_t pieces = ast_feed_stats(&f).packets;
        put(packet, cut);
        AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets > pieces);
        hang_up();
        as_soup_login login = expect_login();
        assert_string_equal(login.session, "S1");
        assert_int_equal(login.seq, 4);
        put_accepted("S1", 4);
    }
    put_messages(4, 7);
    expect_messages(4, 7);
    hang_up();
    expect_login();
    put_accepted("S1", 5); /* a server that goes further back than asked */
    put_messages(5, 9);
    expect_messages(7, 9);
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.duplicates, 2);
    assert_int_equal(stats.gaps + stats.lost + stats.restarts, 0);
    assert_int_equal(stats.disconnects, stats.connects - 1);
    put_packet('H', NULL, 0);
    put_packet('H', NULL, 0); /* nothing between the two: nothing more is to come */
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_LIVE);
    end();
}

static void a_sequence_that_jumps_ahead_is_a_gap_from_and_to(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    logged_in(3);
    hang_up();
    expect_login();
    put_accepted("S1", 10);
    put_messages(10, 12);
    expect_gap(4, 10);
    expect_messages(10, 12);
    assert_int_equal(ast_feed_stats(&f).lost, 6);
    assert_int_equal(ast_feed_stats(&f).gaps, 1);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_STALE);
    end();
    /* likewise at the begin: what was before is lost */
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    expect_login();
    put_accepted("S1", 100);
    expect_gap(1, 100);
    end();
}

static void another_session_is_a_restart_and_empties_the_books(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    logged_in(4);
    hang_up();
    assert_int_equal(expect_login().seq, 5);
    put_accepted("S2", 1);
    put_messages(1, 3);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) >= 3);
    as_event event = ast_feed_event(&f);
    assert_int_equal(event.kind, AS_EVENT_CLEAR);
    assert_int_equal(event.instrument, 0);
    expect_messages(1, 3);
    assert_int_equal(ast_feed_stats(&f).restarts, 1);
    assert_int_equal(ast_feed_stats(&f).gaps, 0);
    /* a server that counts another session from where we were in ours is asked for its begin */
    hang_up();
    as_soup_login login = expect_login();
    assert_string_equal(login.session, "S2");
    assert_int_equal(login.seq, 3);
    put_accepted("S3", 3);
    AST_FEED_UNTIL(&f, recv(peer, &(char){0}, 1, MSG_DONTWAIT) == 0);
    hang_up();
    login = expect_login();
    assert_string_equal(login.session, "");
    assert_int_equal(login.seq, 1);
    put_accepted("S3", 1);
    put_messages(1, 2);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) >= 2);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_CLEAR);
    expect_messages(1, 2);
    assert_int_equal(ast_feed_stats(&f).restarts, 2);
    assert_int_equal(ast_feed_stats(&f).gaps, 0);
    end();
}

static void a_session_that_the_server_has_no_more_is_given_up_for_the_current_one(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    logged_in(2);
    hang_up();
    expect_login();
    put_packet('J', "S", 1);
    AST_FEED_UNTIL(&f, recv(peer, &(char){0}, 1, MSG_DONTWAIT) == 0);
    hang_up();
    as_soup_login login = expect_login();
    assert_string_equal(login.session, "");
    assert_int_equal(login.seq, 1);
    assert_int_equal(ast_feed_stats(&f).bad, 0);
    put_accepted("S1", 1); /* still the same: what came before is passed over */
    put_messages(1, 4);
    expect_messages(3, 4);
    assert_int_equal(ast_feed_stats(&f).duplicates, 2);
    end();
}

static void a_rejected_login_is_counted_and_tried_again_slowly(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    strcpy(f.config.session, "S9");
    assert_int_equal(open_soup(), 0);
    part()->rejected_ns = 300 * AS_NS_PER_MS;
    for (uint64_t i = 1; i <= 3; i++) {
        assert_string_equal(expect_login().session, "S9");
        uint64_t before = as_clock_monotonic_ns();
        put_packet('J', i == 2 ? "S" : "A", 1);
        AST_FEED_UNTIL(&f, ast_feed_bad(&f, "login_rejected") == i);
        assert_true(part()->warned);
        hang_up();
        AST_FEED_UNTIL(&f, connection_waits());
        assert_true(as_clock_monotonic_ns() - before >= 290 * AS_NS_PER_MS);
        assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    }
    expect_login();
    put_accepted("S9", 1);
    put_messages(1, 2);
    expect_messages(1, 2);
    assert_false(part()->warned);
    assert_int_equal(ast_feed_stats(&f).connects, 4);
    assert_int_equal(ast_feed_stats(&f).disconnects, 3);
    end();
}

static void after_the_end_of_a_session_the_server_is_asked_where_it_stands(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    part()->rejected_ns = 100 * AS_NS_PER_MS;
    logged_in(3);
    put_packet('Z', NULL, 0);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_CONNECTING);
    hang_up();
    as_soup_login login = expect_login();
    assert_string_equal(login.session, "");
    assert_int_equal(login.seq, 0);
    put_accepted("S1", 4); /* still over */
    put_packet('Z', NULL, 0);
    AST_FEED_UNTIL(&f, part()->session.ends == 2);
    hang_up();
    assert_int_equal(expect_login().seq, 0);
    put_accepted("S2", 50);
    AST_FEED_UNTIL(&f, recv(peer, &(char){0}, 1, MSG_DONTWAIT) == 0);
    hang_up();
    assert_int_equal(expect_login().seq, 1);
    put_accepted("S2", 1);
    put_messages(1, 3);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) >= 3);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_CLEAR);
    expect_messages(1, 3);
    assert_int_equal(ast_feed_stats(&f).restarts, 1);
    assert_int_equal(ast_feed_stats(&f).gaps, 0);
    end();
}

static void heartbeats_are_sent_when_idle_and_a_silent_server_is_left(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    part()->heartbeat_ns = 30 * AS_NS_PER_MS;
    logged_in(1);
    uint8_t beats[15];
    uint64_t before = as_clock_monotonic_ns();
    receive(beats, sizeof beats);
    assert_true(as_clock_monotonic_ns() - before >= 100 * AS_NS_PER_MS);
    for (int i = 0; i < 5; i++)
        assert_memory_equal(beats + 3 * i, "\0\1R", 3);
    part()->silent_ns = 100 * AS_NS_PER_MS;
    for (int i = 0; i < 5; i++) { /* heartbeats keep it alive */
        put_packet('H', NULL, 0);
        uint64_t until = as_clock_monotonic_ns() + 50 * AS_NS_PER_MS;
        while (as_clock_monotonic_ns() < until)
            ast_feed_turn(&f);
    }
    assert_int_equal(ast_feed_stats(&f).disconnects, 0);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).disconnects == 1);
    hang_up();
    assert_int_equal(expect_login().seq, 2);
    end();
}

static void a_login_without_an_answer_is_given_up(void **state)
{
    (void)state;
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    part()->login_ns = 100 * AS_NS_PER_MS;
    expect_login();
    put_packet('H', NULL, 0);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).disconnects == 1);
    hang_up();
    assert_int_equal(expect_login().seq, 1);
    end();
}

static void what_breaks_the_protocol_ends_the_connection_and_is_counted(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        bool after_login;
        const char *reason;
    } cases[] = {{"\0\0", 2, true, "bad_length"},
                 {"\0\0", 2, false, "bad_length"},
                 {"\0\1S", 3, false, "unexpected_packet"},
                 {"\0\1Z", 3, false, "unexpected_packet"},
                 {"\0\2JA", 4, true, "unexpected_packet"},
                 {"\0\1A", 3, false, "bad_login_answer"},
                 {"\0\37A        S1                   0", 33, false, "bad_login_answer"},
                 {"\0\37A        S118446744073709551616", 33, false, "bad_login_answer"}};
    begin("pass\n", 0600);
    assert_int_equal(open_soup(), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t before = ast_feed_bad(&f, cases[i].reason);
        expect_login();
        as_connection_proven(part()->connection); /* so that the test is fast */
        if (cases[i].after_login)
            put_accepted("S1", part()->session.expected_seq ? part()->session.expected_seq : 1);
        put(cases[i].bytes, cases[i].count);
        AST_FEED_UNTIL(&f, ast_feed_bad(&f, cases[i].reason) == before + 1);
        assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
        hang_up();
    }
    expect_login();
    uint64_t before = ast_feed_bad(&f, "bad_login_answer");
    put_accepted("S1", UINT64_MAX);
    AST_FEED_UNTIL(&f, ast_feed_bad(&f, "bad_login_answer") == before + 1);
    assert_int_equal(ast_feed_stats(&f).messages, 0);
    end();
}

static void what_cannot_be_a_login_is_an_error_at_start(void **state)
{
    (void)state;
    begin("pass\n", 0644);
    assert_int_equal(open_soup(), -EACCES);
    assert_non_null(strstr(as_error_message(0), "mode 0644"));
    as_error_clear();
    end();
    begin("elevenbytes\n", 0600);
    assert_int_equal(open_soup(), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "allowed: 1 to 10"));
    assert_null(strstr(as_error_message(0), "elevenbytes"));
    as_error_clear();
    end();
    begin("p\xc3\xa4ss\n", 0600);
    assert_int_equal(open_soup(), -EINVAL);
    as_error_clear();
    end();
    begin("pass\n", 0600);
    strcpy(f.config.user, "sevenby");
    assert_int_equal(open_soup(), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "key user: \"sevenby\" has 7 bytes; allowed: up to 6"));
    as_error_clear();
    end();
    begin("pass\n", 0600);
    assert_int_equal(ast_feed_open(&f, "tcp://127.0.0.1:%u?mode=listen", AS_FRAMING_SOUPBINTCP, AS_FORMAT_ITCH50),
                     -EINVAL);
    assert_non_null(strstr(as_error_message(0), "mode is listen"));
    as_error_clear();
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_brings_the_session_from_its_first_message),
        cmocka_unit_test(a_stream_cut_into_single_bytes_gives_the_same_events),
        cmocka_unit_test(after_a_cut_in_a_packet_nothing_is_lost_and_nothing_comes_twice),
        cmocka_unit_test(a_sequence_that_jumps_ahead_is_a_gap_from_and_to),
        cmocka_unit_test(another_session_is_a_restart_and_empties_the_books),
        cmocka_unit_test(a_session_that_the_server_has_no_more_is_given_up_for_the_current_one),
        cmocka_unit_test(a_rejected_login_is_counted_and_tried_again_slowly),
        cmocka_unit_test(after_the_end_of_a_session_the_server_is_asked_where_it_stands),
        cmocka_unit_test(heartbeats_are_sent_when_idle_and_a_silent_server_is_left),
        cmocka_unit_test(a_login_without_an_answer_is_given_up),
        cmocka_unit_test(what_breaks_the_protocol_ends_the_connection_and_is_counted),
        cmocka_unit_test(what_cannot_be_a_login_is_an_error_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
