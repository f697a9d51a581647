#include "ipc/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/error.h"
#include "ipc/keeper/endpoint.h"

struct as_bus {
    as_byte_ring *messages;
    as_auth *auth; /* NULL: no CURVE */
    as_audit *audit;
    as_server *server;
    as_publisher *publisher;
};

static const uint64_t mib = UINT64_C(1) << 20;

static uint64_t oldest(void *server)
{
    return as_server_oldest(server);
}

/*
 * Nobody asked for the default socket, so a folder that cannot hold it is a warning only. That of a living daemon is no
 * such case: what is meant for this daemon would be done by that one.
 */
static bool is_of_a_living_daemon(const char *path)
{
    bool taken = as_endpoint_clear(path) == -EADDRINUSE;
    as_error_clear();
    return taken;
}

/* The soft limit is what select() once needed: epoll does not. */
static void raise_descriptors(const as_config *config)
{
    enum { OTHERS = 64 }; /* files, listening sockets, pipes, the page */
    struct rlimit limit;
    rlim_t needed = 2 * (rlim_t)config->publish.clients + config->feed_count + OTHERS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < needed)
        as_warn("publish.clients: %u need %llu file descriptors, found a limit of %llu (ulimit -n, LimitNOFILE); "
                "connections beyond it wait",
                config->publish.clients, (unsigned long long)needed, (unsigned long long)limit.rlim_cur);
}

static int start_server(as_bus *bus, const as_bus_options *o, uint64_t epoch)
{
    const as_config *config = o->config;
    const char *control = o->no_control ? "" : config->control;
    as_server_options options = {
        .requests = config->publish.requests,
        .control = control,
        .control_required = config->control_given || (*control && is_of_a_living_daemon(control)),
        .epoch = epoch,
        .messages = bus->messages,
        .memory_bytes = config->publish.memory_mib * mib,
        .disk_dir = o->replay ? "" : config->journal.dir,
        .disk_bytes = config->publish.disk_mib * mib,
        .clients_max = config->publish.clients,
        .rate = config->publish.rate,
        .auth = bus->auth,
        .audit = bus->audit,
        .control_op = o->control_op,
        .control_context = o->control_context,
        .cpu = -1,
        .wait = AS_WAIT_BLOCK, /* off the live path: it must not take a CPU from it */
    };
    return as_server_start(&options, &bus->server);
}

static int start_publisher(as_bus *bus, const as_bus_options *o, uint64_t epoch)
{
    const as_config *config = o->config;
    as_publisher_options options = {
        .fanout = {.live = config->publish.live,
                   .latest = config->publish.latest,
                   .queue_bytes = (uint32_t)(config->publish.queue_mib * mib),
                   .clients_max = config->publish.clients,
                   .subscriptions_max = config->publish.subscriptions,
                   .auth = bus->auth,
                   .audit = bus->audit},
        .epoch = epoch,
        .heartbeat_ms = config->publish.heartbeat_ms,
        .replay = o->replay,
        .cpu = config->cpu_ipc,
        .wait = config->wait,
        .decisions = o->decisions,
        .handed = o->handed,
        .messages = bus->messages,
        .oldest = oldest,
        .oldest_context = bus->server,
        .feeds = o->feeds,
        .feeds_context = o->feeds_context,
        .ts_now = o->ts_now,
    };
    return as_publisher_start(&options, &bus->publisher);
}

int as_bus_start(const as_bus_options *o, as_bus **out)
{
    const as_config *config = o->config;
    uint64_t epoch = as_publisher_draw_epoch();
    as_bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return as_error_set(-ENOMEM, "bus: out of memory");
    const char *part = "publish.audit";
    raise_descriptors(config);
    int rc = as_audit_open(config->publish.audit, &bus->audit);
    if (rc == 0 && *config->publish.server_key) {
        part = "publish.curve";
        rc = as_auth_new(config->publish.server_key, config->publish.allow, &bus->auth);
    }
    if (rc == 0)
        rc = as_byte_ring_new(AS_MESSAGE_RING_BYTES, &bus->messages);
    if (rc == 0) {
        part = "publish.requests, control, journal.dir";
        rc = start_server(bus, o, epoch);
    }
    if (rc == 0) {
        part = "publish.live, publish.latest";
        rc = start_publisher(bus, o, epoch);
    }
    if (rc < 0) {
        as_error_add("%s: %s", config->path, part);
        as_bus_stop(bus, "start failed");
        return rc;
    }
    *out = bus;
    return 0;
}

void as_bus_stop(as_bus *bus, const char *reason)
{
    if (!bus)
        return;
    as_publisher_stop(bus->publisher, reason); /* its last messages are in the server's ring */
    as_server_stop(bus->server);
    as_byte_ring_free(bus->messages);
    as_auth_free(bus->auth);
    as_audit_close(bus->audit);
    free(bus);
}

int as_bus_reload(as_bus *bus)
{
    return bus->auth ? as_auth_reload(bus->auth) : 0;
}

as_publisher *as_bus_publisher(as_bus *bus)
{
    return bus->publisher;
}

as_server *as_bus_server(as_bus *bus)
{
    return bus->server;
}
