/*
 * aftershock listen: subscribe to a daemon and print what it publishes.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "apps/aftershock/commands.h"
#include "apps/common/message.h"
#include "core/error.h"
#include "ipc/codec.h"
#include "ipc/frame_check.h"
#include "ipc/keys.h"

static const char help[] =
    "usage: aftershock listen [ENDPOINT] [--topic PREFIX]... [--format text|ndjson] [--count N] [--timeout S]\n"
    "                         [--server-key KEY --key FILE]\n"
    "  ENDPOINT         default tcp://127.0.0.1:5600\n"
    "  --topic PREFIX   sig. shock. fact. feed. hb. sys., or longer; may be repeated (default: all but hb.)\n"
    "  --format         text: a line for people; ndjson: {\"topic\":..,\"message\":{..}}\n"
    "  --count N        end after N messages\n"
    "  --timeout S      end with status 1 after S seconds without a message\n"
    "  --server-key KEY the daemon's public key, where it wants CURVE: the file server.pub, or its 40 characters\n"
    "  --key FILE       our secret key, made by `aftershock keygen`; with --server-key\n"
    "After 2 s without a message stderr says what is waited for.\n";

enum { TOPICS_MAX = 32, PATIENCE_MS = 2000 };

typedef struct options {
    const char *endpoint;
    const char *topic[TOPICS_MAX];
    unsigned topic_count;
    bool ndjson;
    uint64_t count;
    int timeout_ms;
    const char *server_key, *key; /* NULL: no CURVE */
} options;

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static int parse_number(const char *option, const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno || end == text || *end || *number == 0)
        return as_error_set(-EINVAL, "%s: found '%s'; allowed: a whole number above 0", option, text);
    return 0;
}

static int parse(int argc, char **argv, options *o)
{
    static const char *const everything[] = {"sig.", "shock.", "fact.", "feed.", "sys."};
    static const struct option known[] = {
        {"topic", required_argument, NULL, 't'},
        {"format", required_argument, NULL, 'f'},
        {"count", required_argument, NULL, 'n'},
        {"timeout", required_argument, NULL, 's'},
        {"server-key", required_argument, NULL, 'S'},
        {"key", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    uint64_t seconds = 0;
    int rc = 0;
    *o = (options){.endpoint = "tcp://127.0.0.1:5600", .timeout_ms = -1};
    optind = 1;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (c) {
        case 't':
            if (o->topic_count == TOPICS_MAX)
                return as_error_set(-EINVAL, "--topic: at most %d are allowed", TOPICS_MAX);
            o->topic[o->topic_count++] = optarg;
            break;
        case 'f':
            o->ndjson = strcmp(optarg, "ndjson") == 0;
            if (!o->ndjson && strcmp(optarg, "text") != 0)
                rc = as_error_set(-EINVAL, "--format: found '%s'; allowed: text, ndjson", optarg);
            break;
        case 'n':
            rc = parse_number("--count", optarg, &o->count);
            break;
        case 's':
            rc = parse_number("--timeout", optarg, &seconds);
            o->timeout_ms = (int)(seconds < 1000000 ? seconds : 1000000) * 1000;
            break;
        case 'S':
            o->server_key = optarg;
            break;
        case 'k':
            o->key = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return as_error_set(-EINVAL, "see `aftershock listen --help`");
        }
    }
    if (rc == 0 && !o->server_key != !o->key)
        rc = as_error_set(-EINVAL, "found only one of --server-key and --key; allowed: both, or none");
    if (rc == 0 && optind < argc)
        o->endpoint = argv[optind++];
    if (rc == 0 && optind < argc)
        rc = as_error_set(-EINVAL, "one ENDPOINT is allowed; found '%s' as well", argv[optind]);
    for (unsigned i = 0; o->topic_count == 0 && i < sizeof everything / sizeof *everything; i++)
        o->topic[i] = everything[i];
    if (o->topic_count == 0)
        o->topic_count = sizeof everything / sizeof *everything;
    return rc;
}

/* The server's key as itself or in a file, ours in a file that only we can read. */
static int set_keys(const options *o, void *socket)
{
    uint8_t server[AS_KEY_BYTES];
    as_key_pair pair;
    if (!o->key)
        return 0;
    int rc = as_key_from_text(o->server_key, server) == 0 ? 0 : as_keys_read_public(o->server_key, server);
    if (rc < 0)
        return as_error_add("--server-key");
    rc = as_keys_read_secret(o->key, &pair);
    if (rc < 0)
        return as_error_add("--key");
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server, sizeof server) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, pair.public_key, sizeof pair.public_key) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, pair.secret_key, sizeof pair.secret_key) < 0)
        rc = as_error_set(-EINVAL, "CURVE: %s", zmq_strerror(errno));
    as_keys_forget(&pair);
    return rc;
}

static int connect_to(const options *o, void *context, void **out)
{
    void *socket = zmq_socket(context, ZMQ_SUB);
    int hwm = 100000, linger = 0;
    if (!socket)
        return as_error_set(-errno, "socket: %s", zmq_strerror(errno));
    *out = socket;
    zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (o->timeout_ms > 0)
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &o->timeout_ms, sizeof o->timeout_ms);
    int rc = set_keys(o, socket);
    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < o->topic_count; i++)
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, o->topic[i], strlen(o->topic[i]));
    if (zmq_connect(socket, o->endpoint) < 0)
        return as_error_set(-EINVAL, "ENDPOINT: found '%s': %s; allowed: tcp://HOST:PORT or ipc://PATH", o->endpoint,
                            zmq_strerror(errno));
    return 0;
}

/* One message of two frames. 1; 0 when interrupted; negative errno. */
static int receive(void *socket, char *topic, size_t topic_bytes, zmq_msg_t *payload)
{
    int bytes = zmq_recv(socket, topic, topic_bytes - 1, 0);
    if (bytes < 0)
        return errno == EINTR ? 0 : errno == EAGAIN ? -EAGAIN : as_error_set(-EIO, "%s", zmq_strerror(errno));
    topic[(size_t)bytes < topic_bytes - 1 ? (size_t)bytes : topic_bytes - 1] = 0;
    int more;
    size_t more_bytes = sizeof more;
    zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &more_bytes);
    if (!more || zmq_msg_recv(payload, socket, 0) < 0)
        return as_error_set(-EPROTO, "topic '%s' without a payload: not an Aftershock publisher", topic);
    return 1;
}

static int print_one(const options *o, const char *topic, zmq_msg_t *payload)
{
    const uint8_t *frame = zmq_msg_data(payload);
    size_t bytes = zmq_msg_size(payload);
    as_frame_result result = as_frame_check(frame, bytes);
    if (result != AS_FRAME_OK) {
        as_warn("topic '%s': a payload of %zu bytes is no valid message (%d); skipped", topic, bytes, result);
        return 0;
    }
    return o->ndjson ? as_message_print_json(stdout, topic, frame, bytes)
                     : as_message_print_text(stdout, topic, frame, bytes);
}

/* ZeroMQ connects for ever and in silence: after a while, say so. */
static void be_patient(const options *o, void *socket)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    if (o->timeout_ms > 0 && o->timeout_ms <= PATIENCE_MS)
        return;
    if (zmq_poll(&item, 1, PATIENCE_MS) != 0)
        return;
    fprintf(stderr, "aftershock listen: waiting for %s%s\n", o->endpoint,
            o->key ? "" : " (a daemon with publish.curve wants --server-key and --key)");
    int rest = o->timeout_ms - PATIENCE_MS;
    if (o->timeout_ms > 0)
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &rest, sizeof rest);
}

static int listen_to(const options *o, void *socket)
{
    char topic[AS_TOPIC_BYTES];
    be_patient(o, socket);
    for (uint64_t seen = 0; !interrupted && (o->count == 0 || seen < o->count); seen++) {
        zmq_msg_t payload;
        zmq_msg_init(&payload);
        int rc = receive(socket, topic, sizeof topic, &payload);
        if (rc > 0)
            rc = print_one(o, topic, &payload) < 0 ? -EIO : 1;
        zmq_msg_close(&payload);
        if (rc == -EAGAIN)
            return as_error_set(-EAGAIN, "%s: no message for %d s", o->endpoint, o->timeout_ms / 1000);
        if (rc <= 0)
            return rc;
        if (seen == 0 && o->timeout_ms > 0)
            zmq_setsockopt(socket, ZMQ_RCVTIMEO, &o->timeout_ms, sizeof o->timeout_ms);
        fflush(stdout);
    }
    return 0;
}

int as_cmd_listen(int argc, char **argv)
{
    options o;
    void *socket = NULL;
    if (parse(argc, argv, &o) < 0) {
        as_error_print(stderr, "aftershock listen");
        return 2;
    }
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    void *context = zmq_ctx_new();
    int rc = connect_to(&o, context, &socket);
    int status = rc < 0 ? 2 : 0;
    if (rc == 0) {
        rc = listen_to(&o, socket);
        status = rc < 0 ? 1 : 0;
    }
    if (rc < 0)
        as_error_print(stderr, "aftershock listen");
    if (socket)
        zmq_close(socket);
    zmq_ctx_term(context);
    return status;
}
