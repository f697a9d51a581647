/*
 * aftershock replay: recorded inputs, or a journal, through the same engine as the daemon's.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/aftershock/commands.h"
#include "apps/common/exit_status.h"
#include "apps/common/account.h"
#include "apps/common/moment.h"
#include "apps/common/names.h"
#include "apps/common/player.h"
#include "apps/common/setup.h"
#include "apps/common/sink.h"
#include "core/error.h"
#include "ipc/bus.h"

static const char help[] =
    "usage: aftershock replay --config F INPUT... [OPTION]...\n"
    "  --config F       configuration (aftershock.yaml)\n"
    "  --out F|-        write one NDJSON object a decision\n"
    "  --verify F       compare with such a file, or with the decisions in a journal: 0 equal, 1 with the first "
    "difference\n"
    "  --speed max|N    as fast as possible (default), or N times real time\n"
    "  --publish        publish on the configuration's endpoints, marked `replay`\n"
    "  --wait N         with --publish: wait up to N seconds for the first subscriber (default 0)\n"
    "  --from T --to T  play headlines received in [from, to); prices before from warm the estimators\n"
    "                   T: YYYY-MM-DD, RFC 3339 or ns since 1970, UTC\n"
    "  --date YYYYMMDD  session date of inputs whose stamps count from midnight\n"
    "  --names F|-      at the end, one NDJSON object a linked name of every open shock\n"
    "  --summary F|-    the accounts of the run as JSON\n"
    "  --strict         any bad line ends the run\n"
    "INPUT: ITCH 5.0 BinaryFILE, NDJSON, CSV (by a mapping), gzip or zstd of them; or one journal.\n";

typedef struct options {
    const char *config, *out, *verify, *names, *summary;
    double speed; /* 0: max */
    bool publish, strict;
    unsigned wait_s;
    uint64_t from, to;
    int32_t date;
    char **input;
    int input_count;
} options;

static int parse_speed(const char *text, double *speed)
{
    char *end;
    *speed = 0;
    if (strcmp(text, "max") == 0)
        return 0;
    *speed = strtod(text, &end);
    if (*end == 'x')
        end++;
    if (*end || !(*speed > 0))
        return as_error_set(-EINVAL, "--speed: found '%s'; allowed: max, or a number above 0", text);
    return 0;
}

static int parse(int argc, char **argv, options *o)
{
    enum { OUT = 256, VERIFY, SPEED, PUBLISH, WAIT, FROM, TO, DATE, NAMES, SUMMARY, STRICT };
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"out", required_argument, NULL, OUT},
        {"verify", required_argument, NULL, VERIFY},
        {"speed", required_argument, NULL, SPEED},
        {"publish", no_argument, NULL, PUBLISH},
        {"wait", required_argument, NULL, WAIT},
        {"from", required_argument, NULL, FROM},
        {"to", required_argument, NULL, TO},
        {"date", required_argument, NULL, DATE},
        {"names", required_argument, NULL, NAMES},
        {"summary", required_argument, NULL, SUMMARY},
        {"strict", no_argument, NULL, STRICT},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *o = (options){.to = UINT64_MAX};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c': o->config = optarg; break;
        case OUT: o->out = optarg; break;
        case VERIFY: o->verify = optarg; break;
        case SPEED: rc = parse_speed(optarg, &o->speed); break;
        case PUBLISH: o->publish = true; break;
        case WAIT: o->wait_s = (unsigned)strtoul(optarg, NULL, 10); break;
        case FROM: rc = as_moment_parse("--from", optarg, &o->from); break;
        case TO: rc = as_moment_parse("--to", optarg, &o->to); break;
        case DATE: rc = as_date_parse("--date", optarg, &o->date); break;
        case NAMES: o->names = optarg; break;
        case SUMMARY: o->summary = optarg; break;
        case STRICT: o->strict = true; break;
        case 'h': fputs(help, stdout); exit(0);
        default: return as_error_set(-EINVAL, "see `aftershock replay --help`");
        }
    }
    o->input = argv + optind;
    o->input_count = argc - optind;
    if (rc == 0 && !o->config)
        rc = as_error_set(-EINVAL, "--config is missing; see `aftershock replay --help`");
    if (rc == 0 && o->input_count == 0)
        rc = as_error_set(-EINVAL, "no INPUT is given; see `aftershock replay --help`");
    return rc;
}

/* The bus of --publish, with its ring; NULL ring without it. */
static int start_bus(const options *o, const as_config *config, const as_sink *sink, as_ring **ring, as_bus **bus)
{
    if (!o->publish)
        return 0;
    int rc = as_ring_new(AS_DECISION_RING_SLOTS, (uint32_t)sizeof(as_decision), ring);
    if (rc < 0)
        return as_error_set(rc, "out of memory for the decision ring");
    as_bus_options publishing = {
        .config = config,
        .replay = true,
        .no_control = true,
        .decisions = *ring,
        .ts_now = &sink->ts_now,
    };
    rc = as_bus_start(&publishing, bus);
    if (rc == 0)
        as_player_wait_subscriber(as_bus_publisher(*bus), o->wait_s);
    return rc;
}

static int play(const options *o, as_setup *setup, as_sink *sink, as_account *account)
{
    as_player player = {
        .setup = setup,
        .path = o->input,
        .path_count = (unsigned)o->input_count,
        .speed = o->speed,
        .from = o->from,
        .to = o->to,
        .date = o->date,
        .strict = o->strict,
        .account = account,
    };
    int rc = as_setup_engine(setup, AS_PLAYER_ORDERS_MAX, as_sink_emit, sink);
    if (rc == 0)
        rc = as_player_run(&player);
    if (rc == 0 && o->names)
        rc = as_names_write(o->names, setup->engine);
    return rc;
}

static int run(const options *o, as_setup *setup)
{
    as_sink sink = {0};
    as_account account = {0};
    as_ring *ring = NULL;
    as_bus *bus = NULL;
    char hex[AS_DIGEST_HEX_BYTES];

    int rc = as_setup_load(setup, o->config);
    if (rc == 0)
        rc = start_bus(o, setup->config, &sink, &ring, &bus);
    if (rc == 0)
        rc = as_sink_open(&sink, o->out, o->verify, ring);
    if (rc == 0)
        rc = play(o, setup, &sink, &account);
    as_bus_stop(bus, "end of replay");
    as_ring_free(ring);
    if (rc < 0) {
        as_sink_abandon(&sink);
        as_account_fini(&account);
        return rc;
    }
    rc = as_sink_close(&sink, hex);
    as_account_print(&account, setup->engine, stderr);
    if (rc >= 0 && o->summary && as_account_write(&account, setup->engine, o->summary, sink.count, hex) < 0)
        rc = as_error_code();
    fprintf(stderr, "decisions %llu sha256 %s\n", (unsigned long long)sink.count, hex);
    as_account_fini(&account);
    return rc;
}

int as_cmd_replay(int argc, char **argv)
{
    options o;
    as_setup setup = {0};
    int rc = parse(argc, argv, &o);
    if (rc == 0)
        rc = run(&o, &setup);
    as_setup_fini(&setup);
    if (rc < 0)
        as_error_print(stderr, "aftershock replay");
    return as_exit_status(rc);
}
