#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <msgpack.h>
#include <zmq.h>

#include "core/error.h"
#include "ipc/bus.h"

enum { RECEIVE_MS = 5000 };

typedef struct fixture {
    char folder[64];
    as_config config;
    as_ring *ring;
    as_bus_options options;
    as_bus *bus;
} fixture;

static void start(fixture *f)
{
    memset(f, 0, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/ast-bus-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->config.publish.live, sizeof f->config.publish.live, "ipc://%s/live", f->folder);
    snprintf(f->config.publish.requests, sizeof f->config.publish.requests, "ipc://%s/requests", f->folder);
    snprintf(f->config.journal.dir, sizeof f->config.journal.dir, "%s", f->folder);
    f->config.publish.heartbeat_ms = 20;
    f->config.publish.queue_mib = f->config.publish.memory_mib = f->config.publish.disk_mib = 1;
    f->config.publish.clients = f->config.publish.subscriptions = 8;
    f->config.publish.rate = 1000;
    f->config.cpu_ipc = -1;
    f->config.wait = AS_WAIT_BLOCK;
    assert_int_equal(as_ring_new(64, (uint32_t)sizeof(as_stamped_decision), &f->ring), 0);
    f->options = (as_bus_options){.config = &f->config, .no_control = true, .decisions = f->ring};
}

static void finish(fixture *f)
{
    char command[128];
    as_bus_stop(f->bus, "shutdown");
    as_ring_free(f->ring);
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
}

/* A key of a map; NULL: it is not there. */
static const msgpack_object *find(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];
        if (kv->key.via.str.size == strlen(key) && memcmp(kv->key.via.str.ptr, key, strlen(key)) == 0)
            return &kv->val;
    }
    return NULL;
}

/* Ask for everything that was published, on the requests endpoint; the answer's number of messages. */
static uint64_t replayed(const fixture *f, uint64_t epoch)
{
    static char answer[1 << 20];
    int timeout = RECEIVE_MS, linger = 0;
    void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_connect(dealer, f->config.publish.requests), 0);
    msgpack_sbuffer request;
    msgpack_packer packer;
    msgpack_sbuffer_init(&request);
    msgpack_packer_init(&packer, &request, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, 3);
    msgpack_pack_str_with_body(&packer, "op", 2);
    msgpack_pack_str_with_body(&packer, "replay", 6);
    msgpack_pack_str_with_body(&packer, "epoch", 5);
    msgpack_pack_uint64(&packer, epoch);
    msgpack_pack_str_with_body(&packer, "from", 4);
    msgpack_pack_uint64(&packer, 1);
    zmq_send(dealer, request.data, request.size, 0);
    int bytes = zmq_recv(dealer, answer, sizeof answer, 0);
    assert_in_range(bytes, 1, sizeof answer);
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, answer, (size_t)bytes, NULL), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(find(&unpacked.data, "error")->type, MSGPACK_OBJECT_NIL);
    uint64_t count = find(&unpacked.data, "count")->via.u64;
    assert_int_equal(find(&unpacked.data, "messages")->via.array.size, count);
    msgpack_unpacked_destroy(&unpacked);
    msgpack_sbuffer_destroy(&request);
    zmq_close(dealer);
    zmq_ctx_term(context);
    return count;
}

static void what_is_published_is_kept_by_the_server(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    assert_int_equal(as_bus_start(&f.options, &f.bus), 0);
    assert_int_equal(as_bus_reload(f.bus), 0); /* without an allow-list: nothing to do */
    as_publisher *publisher = as_bus_publisher(f.bus);
    for (unsigned i = 0; i < RECEIVE_MS && as_publisher_counters_get(publisher).published < 3; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    uint64_t published = as_publisher_counters_get(publisher).published;
    assert_true(published >= 3);
    for (unsigned i = 0; i < RECEIVE_MS && as_server_counters_get(as_bus_server(f.bus)).messages < published; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_true(replayed(&f, as_publisher_epoch(publisher)) >= published);
    finish(&f);
}

static void a_bus_that_cannot_bind_leaves_nothing_behind(void **state)
{
    (void)state;
    fixture f, g;
    as_bus *second = NULL;
    start(&f);
    start(&g);
    assert_int_equal(as_bus_start(&f.options, &f.bus), 0);
    snprintf(g.config.publish.live, sizeof g.config.publish.live, "%s", f.config.publish.live);
    assert_int_equal(as_bus_start(&g.options, &second), -EADDRINUSE); /* its server had been started */
    assert_non_null(strstr(as_error_message(0), f.config.publish.live));
    as_error_clear();
    assert_null(second);
    snprintf(g.config.publish.live, sizeof g.config.publish.live, "ipc://%s/live", g.folder);
    assert_int_equal(as_bus_start(&g.options, &g.bus), 0); /* the endpoint of its requests is free again */
    snprintf(g.config.publish.server_key, sizeof g.config.publish.server_key, "%s/none.key", g.folder);
    assert_true(as_bus_start(&g.options, &second) < 0);
    assert_non_null(strstr(as_error_message(0), "none.key"));
    as_error_clear();
    finish(&g);
    finish(&f);
    as_bus_stop(NULL, "");
}

/* In a process of its own: a hard limit does not come back. */
static void descriptors_are_taken_as_far_as_they_go(void **state)
{
    (void)state;
    fixture f;
    int status;
    struct rlimit limit;
    start(&f);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    pid_t child = fork();
    if (child == 0) {
        limit.rlim_cur = 60;
        bool right = setrlimit(RLIMIT_NOFILE, &limit) == 0 && as_bus_start(&f.options, &f.bus) == 0;
        right = right && getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == limit.rlim_max;
        right = right && as_warn_count() == 0;
        as_bus_stop(f.bus, "shutdown");
        limit.rlim_cur = limit.rlim_max = 79; /* 2 * 8 + 64 are needed */
        as_message_level(0);
        right = right && setrlimit(RLIMIT_NOFILE, &limit) == 0 && as_bus_start(&f.options, &f.bus) == 0;
        _exit(right && as_warn_count() == 1 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    f.bus = NULL;
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_published_is_kept_by_the_server),
        cmocka_unit_test(descriptors_are_taken_as_far_as_they_go),
        cmocka_unit_test(a_bus_that_cannot_bind_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
