/*
 * aftershock ctl: a running daemon's state, and commands to it, over its Unix socket.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "apps/aftershock/commands.h"
#include "apps/common/message.h"
#include "apps/common/value_text.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/error.h"
#include "core/event.h"
#include "ipc/frame_check.h"
#include "ipc/writer.h"

static const char help[] =
    "usage: aftershock ctl COMMAND [--config FILE | --control PATH] [--json]\n"
    "  status         who the daemon is, what it reads and publishes, what is open\n"
    "  stats          every counter, and the latency of its decisions\n"
    "  subscribers    who is connected, and how far behind\n"
    "  reload         read playbook and allow-list again; waits for the outcome\n"
    "  halt, resume   tell the bots to open nothing more, and that they may again\n"
    "  drain          end: what has been received is still decided, published and journaled\n"
    "  --config FILE  the daemon's configuration, whose `control` is asked; a daemon of another file is refused\n"
    "  --control PATH the socket itself (default ./aftershock.sock)\n"
    "  --json         the answer as one line of JSON\n"
    "  --timeout S    give up on an answer after so many seconds (default 5)\n"
    "Exit status: 0 done, 1 no daemon, no answer or refused, 2 usage or configuration error.\n";

enum { ANSWER_S = 5, ANSWER_S_MAX = 3600, RELOAD_MS = 10000, POLL_MS = 50 };

typedef struct options {
    const char *op;
    char path[AS_PATH_BYTES];
    char *config; /* whose socket it is to be, from the root; NULL: any daemon's */
    bool json;
    int timeout_s;
} options;

/* A request's answer. */
typedef struct answer {
    msgpack_unpacked unpacked;
    const msgpack_object *result; /* NULL: none */
} answer;

/* ---- options ---- */

static int path_of_config(const char *file, options *o)
{
    as_config *config;
    int rc = as_config_load(file, &config);
    if (rc < 0)
        return rc;
    snprintf(o->path, sizeof o->path, "%s", config->control);
    as_config_free(config);
    o->config = realpath(file, NULL);
    if (!o->config)
        return as_error_set(-errno, "%s: %s", file, strerror(errno));
    return o->path[0] ? 0 : as_error_set(-EINVAL, "%s: control: found none; allowed: a path, or --control PATH", file);
}

static int check_op(const char *op)
{
    static const char *const known[] = {"status", "stats", "subscribers", "reload", "halt", "resume", "drain"};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(op, known[i]) == 0)
            return 0;
    return as_error_set(-EINVAL,
                        "COMMAND: found '%s'; allowed: status, stats, subscribers, reload, halt, resume, drain", op);
}

static int parse_timeout(const char *text, options *o)
{
    char *end;
    long seconds = strtol(text, &end, 10);
    if (end == text || *end || seconds < 1 || seconds > ANSWER_S_MAX)
        return as_error_set(-EINVAL, "--timeout: found '%s'; allowed: 1 to %d seconds", text, ANSWER_S_MAX);
    o->timeout_s = (int)seconds;
    return 0;
}

static int parse(int argc, char **argv, options *o)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"control", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},         {"timeout", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    const char *config = NULL, *control = NULL;
    *o = (options){.timeout_s = ANSWER_S};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c':
            config = optarg;
            break;
        case 's':
            control = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        case 't':
            if (parse_timeout(optarg, o) < 0)
                return as_error_code();
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return as_error_set(-EINVAL, "see `aftershock ctl --help`");
        }
    }
    if (optind == argc)
        return as_error_set(-EINVAL, "found no COMMAND; see `aftershock ctl --help`");
    o->op = argv[optind++];
    if (optind < argc)
        return as_error_set(-EINVAL, "one COMMAND is allowed; found '%s' as well", argv[optind]);
    if (config && control)
        return as_error_set(-EINVAL, "found --config and --control; allowed: one of them");
    if (check_op(o->op) < 0)
        return as_error_code();
    snprintf(o->path, sizeof o->path, "%s", control ? control : "./aftershock.sock");
    if (config)
        return path_of_config(config, o);
    if (control && strlen(control) >= sizeof o->path)
        return as_error_set(-ENAMETOOLONG, "--control: the path is too long");
    return 0;
}

/* ---- asking ---- */

/* ZeroMQ would try for ever and in silence: is there anybody at all? */
static int look(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return as_error_set(-ENAMETOOLONG, "%s: a Unix socket's path has at most %zu bytes", path,
                            sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return as_error_set(-errno, "socket: %s", strerror(errno));
    int rc = connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
    close(fd);
    if (rc == -ENOENT || rc == -ECONNREFUSED || rc == -ENOTSOCK)
        return as_error_set(rc, "%s: no daemon listens there (%s); is it running, and is this its `control`?", path,
                            strerror(-rc));
    return rc < 0 ? as_error_set(rc, "%s: cannot be asked: %s", path, strerror(-rc)) : 0;
}

static int open_socket(const options *o, void *context, void **out)
{
    char endpoint[AS_PATH_BYTES + 8];
    int linger = 0, timeout = o->timeout_s * 1000;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    if (!socket)
        return as_error_set(-errno, "socket: %s", zmq_strerror(errno));
    *out = socket;
    snprintf(endpoint, sizeof endpoint, "ipc://%s", o->path);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_SNDTIMEO, &timeout, sizeof timeout);
    if (zmq_connect(socket, endpoint) < 0)
        return as_error_set(-EINVAL, "%s: %s", endpoint, zmq_strerror(errno));
    return 0;
}

static int send_request(void *socket, const char *op)
{
    uint8_t request[128];
    as_writer w;
    as_writer_msgpack(&w, request, sizeof request);
    as_writer_map(&w, 2);
    as_writer_key(&w, "op");
    as_writer_text(&w, op);
    as_writer_key(&w, "id");
    as_writer_uint(&w, 1);
    as_writer_map_end(&w);
    size_t bytes = as_writer_finish(&w);
    return zmq_send(socket, request, bytes, 0) < 0 ? -errno : 0;
}

/* A text of the answer, for a message. */
static void copy_text(const msgpack_object *map, const char *key, char *out, size_t out_bytes)
{
    const msgpack_object *value = as_value_find(map, key);
    snprintf(out, out_bytes, "%s", "");
    if (value && value->type == MSGPACK_OBJECT_STR)
        snprintf(out, out_bytes, "%.*s", (int)(value->via.str.size < out_bytes ? value->via.str.size : out_bytes - 1),
                 value->via.str.ptr);
}

static int decode(const options *o, const uint8_t *frame, size_t frame_bytes, answer *a)
{
    char error[512], detail[512];
    if (as_frame_check(frame, frame_bytes) != AS_FRAME_OK ||
        msgpack_unpack_next(&a->unpacked, (const char *)frame, frame_bytes, NULL) != MSGPACK_UNPACK_SUCCESS)
        return as_error_set(-EPROTO, "%s: %zu bytes that are no answer: not an aftershockd", o->path, frame_bytes);
    copy_text(&a->unpacked.data, "error", error, sizeof error);
    copy_text(&a->unpacked.data, "detail", detail, sizeof detail);
    if (error[0])
        return as_error_set(-EPROTO, "%s: refused: %s%s%s", o->path, error, detail[0] ? ": " : "", detail);
    a->result = as_value_find(&a->unpacked.data, "result");
    return a->result ? 0 : as_error_set(-EPROTO, "%s: an answer without a result: another version?", o->path);
}

/* One question, one answer, which is the caller's to destroy in any case. */
static int ask(const options *o, void *socket, const char *op, answer *a)
{
    zmq_msg_t frame;
    *a = (answer){0};
    msgpack_unpacked_init(&a->unpacked);
    if (send_request(socket, op) < 0)
        return as_error_set(-ETIMEDOUT, "%s: cannot be asked within %d s", o->path, o->timeout_s);
    zmq_msg_init(&frame);
    int rc = 0;
    if (zmq_msg_recv(&frame, socket, 0) < 0)
        rc = errno == EAGAIN
                 ? as_error_set(-ETIMEDOUT, "%s: no answer within %d s: the daemon hangs, or is no aftershockd",
                                o->path, o->timeout_s)
                 : as_error_set(-EIO, "%s: %s", o->path, zmq_strerror(errno));
    if (rc == 0)
        rc = decode(o, zmq_msg_data(&frame), zmq_msg_size(&frame), a);
    zmq_msg_close(&frame);
    return rc;
}

/* ---- answers ---- */

static int print(const options *o, const msgpack_object *result)
{
    if (!o->json)
        return as_value_print_text(stdout, result);
    as_message_print_value(stdout, result);
    putchar('\n');
    return ferror(stdout) ? -EIO : 0;
}

static uint64_t uint_of(const msgpack_object *map, const char *key)
{
    const msgpack_object *value = map ? as_value_find(map, key) : NULL;
    return value && value->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? value->via.u64 : 0;
}

/* What `status` said of the playbook before, and says after. 1: it has been reloaded; 0: not yet. */
static int compare_playbooks(const options *o, uint64_t generation, uint64_t failed, const answer *a)
{
    char why[512];
    const msgpack_object *now = as_value_find(a->result, "playbook");
    if (!now)
        return as_error_set(-EPROTO, "%s: a status without a playbook: another version?", o->path);
    copy_text(now, "reload_error", why, sizeof why);
    if (uint_of(now, "reloads_failed") != failed)
        return as_error_set(-EINVAL, "%s: reload refused: %s", o->path, why);
    return uint_of(now, "generation") != generation;
}

static int wait_for_reload(const options *o, void *socket, const answer *before)
{
    const msgpack_object *playbook = as_value_find(before->result, "playbook");
    uint64_t generation = uint_of(playbook, "generation"), failed = uint_of(playbook, "reloads_failed");
    uint64_t end = as_clock_monotonic_ns() + RELOAD_MS * AS_NS_PER_MS;
    while (as_clock_monotonic_ns() < end) {
        answer now;
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
        int rc = ask(o, socket, "status", &now);
        if (rc == 0)
            rc = compare_playbooks(o, generation, failed, &now);
        if (rc > 0)
            rc = print(o, as_value_find(now.result, "playbook")) < 0 ? -EIO : 1;
        msgpack_unpacked_destroy(&now.unpacked);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    return as_error_set(
        -ETIMEDOUT,
        "%s: not reloaded within %d s: the core is busy, or recorded time has not begun; `ctl status` will "
        "show the generation",
        o->path, RELOAD_MS / 1000);
}

/* A socket may be another daemon's: of the same folder, by the same default path. What it says of itself counts. */
static int check_whose(const options *o, void *socket)
{
    char path[AS_PATH_BYTES];
    answer a;
    if (!o->config)
        return 0;
    int rc = ask(o, socket, "status", &a);
    if (rc == 0) {
        copy_text(a.result, "config", path, sizeof path);
        if (strcmp(path, o->config) != 0)
            rc = as_error_set(
                -EINVAL,
                "%s: found the daemon of %s; allowed: that of %s. Nothing was asked of it: is the other one "
                "running? --control PATH asks whoever is there",
                o->path, path, o->config);
    }
    msgpack_unpacked_destroy(&a.unpacked);
    return rc;
}

static int run(const options *o, void *socket)
{
    answer a;
    int rc = check_whose(o, socket);
    if (rc < 0)
        return rc;
    rc = ask(o, socket, o->op, &a);
    if (rc == 0)
        rc = strcmp(o->op, "reload") == 0 ? wait_for_reload(o, socket, &a) : print(o, a.result);
    msgpack_unpacked_destroy(&a.unpacked);
    return rc;
}

int as_cmd_ctl(int argc, char **argv)
{
    options o;
    void *socket = NULL;
    if (parse(argc, argv, &o) < 0) {
        as_error_print(stderr, "aftershock ctl");
        return 2;
    }
    void *context = zmq_ctx_new();
    int rc = look(o.path);
    if (rc == 0)
        rc = open_socket(&o, context, &socket);
    if (rc == 0)
        rc = run(&o, socket);
    if (rc < 0)
        as_error_print(stderr, "aftershock ctl");
    if (socket)
        zmq_close(socket);
    zmq_ctx_term(context);
    free(o.config);
    return rc < 0 ? 1 : 0;
}
