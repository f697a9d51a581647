/*
 * aftershockd: the daemon. Reads the configuration, starts the threads of topology.c, and supervises: SIGTERM and
 * SIGINT drain and end it, SIGHUP reads playbook and allow-list again.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apps/aftershockd/daemon.h"
#include "apps/aftershockd/notify.h"
#include "apps/common/check.h"
#include "apps/common/exit_status.h"
#include "apps/common/version.h"
#include "core/clock.h"
#include "core/error.h"

enum { TICK_NS = 5000000 }; /* how often the core hears that time passes */

static const char help[] =
    "usage: aftershockd --config FILE [--check]\n"
    "  --config FILE  configuration (aftershock.yaml)\n"
    "  --check        validate the configuration and all it names (universe, links, playbook, strategies,\n"
    "                 history), print what they hold, and exit; an error names file, line and key\n"
    "  --version      print the version\n"
    "SIGTERM drains and ends; SIGHUP reads playbook and allow-list again.\n"
    "Exit status: 0 done, 1 failed while running (an address is in use, the disk is full), 2 usage, configuration or\n"
    "input error.\n";

/* Until SIGTERM or SIGINT. */
static void supervise(as_daemon *daemon, const sigset_t *signals)
{
    for (;;) {
        int number = sigtimedwait(signals, NULL, &(struct timespec){.tv_nsec = TICK_NS});
        if (number == SIGTERM || number == SIGINT)
            return;
        if (number == SIGHUP)
            as_daemon_reload(daemon);
        as_daemon_tick(daemon);
        as_notify_alive(as_clock_monotonic_ns());
    }
}

static int run(const char *config_path)
{
    static as_daemon daemon;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* before any thread: all of them inherit it */

    int rc = as_daemon_start(&daemon, config_path);
    if (rc == 0) {
        const as_config *config = daemon.setup.config;
        as_note("aftershockd: ready: %s, %u feeds, %u instruments, publishing on %s",
                config->pinned ? "pinned" : "compact", config->feed_count, daemon.setup.universe.symbols.count,
                as_publisher_endpoint(as_bus_publisher(daemon.bus)));
        as_notify("READY=1");
        supervise(&daemon, &signals);
        as_notify("STOPPING=1");
        as_daemon_stop(&daemon, as_console_drains(&daemon.console) ? "drain" : "shutdown");
    } else {
        as_error_print(stderr, "aftershockd");
    }
    bool failed = rc == 0 && as_daemon_failed(&daemon);
    as_daemon_free(&daemon);
    return failed ? 1 : as_exit_status(rc);
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 'k'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *config = NULL;
    bool check = false;
    for (int c; (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c':
            config = optarg;
            break;
        case 'k':
            check = true;
            break;
        case 'v':
            printf("aftershockd %s\n", AS_VERSION);
            return 0;
        case 'h':
            fputs(help, stdout);
            return 0;
        default:
            fputs(help, stderr);
            return 2;
        }
    }
    if (!config || optind < argc) {
        fputs(help, stderr);
        return 2;
    }
    if (check) {
        int rc = as_check_config(config, stdout);
        if (rc < 0)
            as_error_print(stderr, "aftershockd");
        return rc < 0 ? 2 : 0;
    }
    as_message_never_wait();
    return run(config);
}
