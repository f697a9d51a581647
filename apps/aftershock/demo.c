/*
 * aftershock demo: the reference day, from a simulated exchange and newswire through the real daemon to a real bot, and
 * its story.
 *
 *   simulate -> folder; aftershockd <- UDP, TCP <- sender; aftershockd -> ZeroMQ -> bot; journal -> replay -> story
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/aftershock/commands.h"
#include "apps/common/data_dir.h"
#include "apps/common/demo_child.h"
#include "apps/common/demo_sender.h"
#include "apps/common/demo_story.h"
#include "apps/common/player.h"
#include "apps/sim/folder.h"
#include "apps/common/sink.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/text_file.h"

static const char help[] =
    "usage: aftershock demo [--seed N] [--seconds S] [-o DIR]\n"
    "  --seed N     of the simulated day (default 1)\n"
    "  --seconds S  for which the day is played, 1 to 600 (default 20)\n"
    "  -o DIR       where the files go; a new or an empty folder (default: a new one under $TMPDIR or /tmp)\n"
    "Simulates the reference day from published figures, starts aftershockd, plays market data (UDP, MoldUDP64, ITCH)\n"
    "and headlines (TCP) into it, lets a Python bot subscribe, and tells the story. Exit status 1 if a step fails.\n";

enum { FILE_BYTES = AS_PATH_BYTES + 64, LIVE_LINES_MAX = 26, READY_MS = 15000, STOP_MS = 10000, LOG_TAIL_BYTES = 2000 };

typedef struct as_demo {
    uint64_t seed;
    double seconds;
    char folder[AS_PATH_BYTES];
    bool folder_given, colour, terminal;
    as_paint paint;
    as_sim_scenario scenario;
    as_sim_day_counts day;
    uint16_t udp_port, tcp_port, live_port, requests_port, page_port;
    char programs[AS_PATH_BYTES];
    char config[FILE_BYTES], daemon_log[FILE_BYTES], bot_log[FILE_BYTES], bot_messages[FILE_BYTES], journal[FILE_BYTES];
    as_child daemon, bot;
    bool bot_is_python, bot_ready;
    unsigned live_lines, live_hidden;
    uint64_t progress_ns;
    char bot_summary[512];
    as_sender_counts sent;
    char live_hash[AS_DIGEST_HEX_BYTES], feed_lines[2][256], latency_line[256];
    unsigned feed_line_count;
    uint64_t live_decisions;
} as_demo;

/* ---- the command line ---- */

static int parse(int argc, char **argv, as_demo *demo)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},
        {"seconds", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    char *end;
    demo->seed = 1;
    demo->seconds = 20;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:h", known, NULL)) != -1;) {
        switch (c) {
        case 's':
            demo->seed = strtoull(optarg, &end, 10);
            if (end == optarg || *end || *optarg == '-')
                return as_error_set(-EINVAL, "--seed: found '%s'; allowed: a whole number from 0", optarg);
            break;
        case 'n':
            demo->seconds = strtod(optarg, &end);
            if (*end || !(demo->seconds >= 1 && demo->seconds <= 600))
                return as_error_set(-EINVAL, "--seconds: found '%s'; allowed: 1 to 600", optarg);
            break;
        case 'o':
            if (strlen(optarg) >= sizeof demo->folder)
                return as_error_set(-EINVAL, "-o: the path is too long");
            memcpy(demo->folder, optarg, strlen(optarg) + 1);
            demo->folder_given = true;
            break;
        case 'h': fputs(help, stdout); exit(0);
        default: return as_error_set(-EINVAL, "see `aftershock demo --help`");
        }
    }
    return optind < argc ? as_error_set(-EINVAL, "found '%s'; allowed: options only", argv[optind]) : 0;
}

/* ---- preparing ---- */

static int make_folder(as_demo *demo)
{
    const char *temporary = getenv("TMPDIR");
    if (demo->folder_given)
        return 0;
    snprintf(demo->folder, sizeof demo->folder, "%.*s/aftershock-demo-XXXXXX", AS_PATH_BYTES - 64,
             temporary && *temporary ? temporary : "/tmp");
    return mkdtemp(demo->folder) ? 0 : as_error_set(-errno, "%s: cannot be made: %s", demo->folder, strerror(errno));
}

static void name_files(as_demo *demo)
{
    snprintf(demo->config, sizeof demo->config, "%s/daemon.yaml", demo->folder);
    snprintf(demo->daemon_log, sizeof demo->daemon_log, "%s/daemon.log", demo->folder);
    snprintf(demo->bot_log, sizeof demo->bot_log, "%s/bot.log", demo->folder);
    snprintf(demo->bot_messages, sizeof demo->bot_messages, "%s/bot.ndjson", demo->folder);
}

static int choose_ports(as_demo *demo)
{
    demo->udp_port = as_sender_free_port(SOCK_DGRAM);
    demo->tcp_port = as_sender_free_port(SOCK_STREAM);
    demo->live_port = as_sender_free_port(SOCK_STREAM);
    demo->requests_port = as_sender_free_port(SOCK_STREAM);
    demo->page_port = as_sender_free_port(SOCK_STREAM);
    bool all = demo->udp_port && demo->tcp_port && demo->live_port && demo->requests_port && demo->page_port;
    return all ? 0 : as_error_code();
}

static int write_config(const as_demo *demo)
{
    FILE *file = fopen(demo->config, "we");
    if (!file)
        return as_error_set(-errno, "%s: cannot be written: %s", demo->config, strerror(errno));
    as_sim_folder_config(file, &demo->scenario);
    fprintf(
        file,
        "# The daemon of `aftershock demo`: a recorded day over live sockets, so time comes from the data (trust_r).\n"
        "feeds:\n"
        "  - {name: nasdaq, source: \"udp://127.0.0.1:%u\", framing: moldudp64, format: itch50, trust_r: true}\n"
        "  - {name: wire, source: \"tcp://127.0.0.1:%u?mode=listen\", format: ndjson, trust_r: true}\n"
        "publish: {live: \"tcp://127.0.0.1:%u\", requests: \"tcp://127.0.0.1:%u\"}\n"
        "metrics: \"127.0.0.1:%u\"\n"
        "journal: {dir: journal/}\n",
        demo->udp_port, demo->tcp_port, demo->live_port, demo->requests_port, demo->page_port);
    return fclose(file) ? as_error_set(-EIO, "%s: cannot be written: %s", demo->config, strerror(errno)) : 0;
}

static int prepare(as_demo *demo)
{
    char path[AS_PATH_BYTES];
    int rc = as_data_file("reference-day/scenario.yaml", path, sizeof path);
    if (rc == 0)
        rc = as_sim_scenario_load(&demo->scenario, path);
    if (rc == 0)
        rc = make_folder(demo);
    if (rc == 0)
        rc = as_sim_folder_write(&demo->scenario, demo->seed, demo->folder, false, &demo->day);
    name_files(demo);
    if (rc == 0)
        rc = choose_ports(demo);
    return rc < 0 ? rc : write_config(demo);
}

/* ---- the daemon ---- */

/* The end of a log, for a message about why its program ended. */
static void print_tail(const char *path)
{
    char *text;
    size_t bytes;
    as_error_clear();
    if (as_text_file_read(path, AS_TEXT_FILE_BYTES_MAX, &text, &bytes) < 0)
        return;
    fputs(bytes > LOG_TAIL_BYTES ? text + bytes - LOG_TAIL_BYTES : text, stderr);
    free(text);
}

static bool log_has(const char *path, const char *words)
{
    char *text;
    size_t bytes;
    if (as_text_file_read(path, AS_TEXT_FILE_BYTES_MAX, &text, &bytes) < 0) {
        as_error_clear();
        return false;
    }
    bool found = strstr(text, words) != NULL;
    free(text);
    return found;
}

static int daemon_died(as_demo *demo)
{
    print_tail(demo->daemon_log);
    return as_error_set(-ECHILD, "aftershockd ended with status %d; its words are above and in %s", demo->daemon.status,
                        demo->daemon_log);
}

static int start_daemon(as_demo *demo)
{
    char program[AS_PATH_BYTES];
    int rc = as_sibling_program("aftershockd", program, sizeof program);
    if (rc < 0)
        return rc;
    snprintf(demo->programs, sizeof demo->programs, "%.*s", (int)(strrchr(program, '/') - program), program);
    char *argv[] = {program, "--config", demo->config, NULL};
    rc = as_child_start(&demo->daemon, argv, demo->daemon_log, false);
    for (unsigned waited = 0; rc == 0 && !log_has(demo->daemon_log, "ready:"); waited += 20) {
        if (!as_child_running(&demo->daemon))
            return daemon_died(demo);
        if (waited > READY_MS)
            return as_error_set(-ETIMEDOUT, "aftershockd was not ready within %d s, see %s", READY_MS / 1000,
                                demo->daemon_log);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return rc;
}

/* ---- the bot ---- */

static bool find_python(char *python, size_t python_bytes, const char *log)
{
    const char *given = getenv("AFTERSHOCK_PYTHON");
    bool chosen = given && *given;
    const char *const candidates[] = {chosen ? given : "/usr/bin/python3", "python3"};
    for (unsigned i = 0; i < (chosen ? 1 : sizeof candidates / sizeof *candidates); i++) {
        snprintf(python, python_bytes, "%s", candidates[i]);
        char *argv[] = {python, "-c", "import zmq, msgpack", NULL};
        if (as_child_run(argv, log) == 0)
            return true;
    }
    return false;
}

/* On a terminal the last line shows where the day is. */
static void clear_progress(const as_demo *demo)
{
    if (demo->terminal)
        fputs("\r\033[K", stdout);
}

static void print_progress(as_demo *demo, uint64_t now)
{
    enum { CELLS = 40, EVERY_NS = 100000000 };
    const as_session *session = demo->scenario.session;
    char at[16];
    uint64_t wall = as_clock_now_ns();
    if (!demo->terminal || wall - demo->progress_ns < EVERY_NS)
        return;
    demo->progress_ns = wall;
    double share = now <= session->open    ? 0
                   : now >= session->close ? 1
                                           : (double)(now - session->open) / (double)(session->close - session->open);
    as_story_clock(&demo->scenario, now, at, sizeof at);
    printf("\r\033[K  %s%-6s ", demo->paint.dim, at);
    for (int i = 0; i < CELLS; i++)
        putchar(i < share * CELLS ? '=' : '.');
    fputs(demo->paint.plain, stdout);
    fflush(stdout);
}

static void show(as_demo *demo, const char *line)
{
    bool dull = !demo->bot_is_python && strstr(line, " action=update ");
    if (dull || demo->live_lines >= LIVE_LINES_MAX) {
        demo->live_hidden++;
        return;
    }
    demo->live_lines++;
    clear_progress(demo);
    const char *colour = strstr(line, "overreaction") ? demo->paint.red
                         : strstr(line, "no trade")   ? demo->paint.yellow
                         : strstr(line, "SHOCK")      ? demo->paint.bold
                                                      : "";
    printf("  %s%.94s%s\n", colour, line, demo->paint.plain);
    fflush(stdout);
}

static void hear_bot(as_demo *demo)
{
    char line[512];
    while (as_child_line(&demo->bot, line, sizeof line)) {
        if (strcmp(line, "#ready") == 0)
            demo->bot_ready = true;
        else if (strncmp(line, "#summary ", 9) == 0)
            memcpy(demo->bot_summary, line + 9, sizeof demo->bot_summary - 9);
        else
            show(demo, line);
    }
}

static int wait_for_bot(as_demo *demo)
{
    for (unsigned waited = 0; !demo->bot_ready; waited += 10) {
        hear_bot(demo);
        if (!as_child_running(&demo->bot)) {
            print_tail(demo->bot_log);
            return as_error_set(-ECHILD, "the bot ended with status %d, see %s", demo->bot.status, demo->bot_log);
        }
        if (waited > READY_MS)
            return as_error_set(-ETIMEDOUT, "the bot heard no heartbeat within %d s, see %s", READY_MS / 1000,
                                demo->bot_log);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return 0;
}

static int start_bot(as_demo *demo)
{
    char hours[32], endpoint[64], python[AS_PATH_BYTES], script[AS_PATH_BYTES], program[AS_PATH_BYTES];
    snprintf(hours, sizeof hours, "%g", demo->scenario.utc_offset_s / 3600.0);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", demo->live_port);
    demo->bot_is_python = find_python(python, sizeof python, demo->bot_log);
    int rc = as_data_file("bots/demo_bot.py", script, sizeof script);
    if (rc < 0)
        return rc;
    if (demo->bot_is_python) {
        char *argv[] = {python, script, endpoint, "--log", demo->bot_messages, "--zone-hours", hours, NULL};
        rc = as_child_start(&demo->bot, argv, demo->bot_log, true);
        return rc < 0 ? rc : wait_for_bot(demo);
    }
    printf("%sNo python3 with zmq and msgpack (Debian: python3-zmq python3-msgpack): `aftershock listen` instead.%s\n",
           demo->paint.yellow, demo->paint.plain);
    rc = as_sibling_program("aftershock", program, sizeof program);
    char *argv[] = {program, "listen", endpoint, "--topic", "sig.", "--topic", "shock.", "--topic", "fact.", NULL};
    if (rc == 0)
        rc = as_child_start(&demo->bot, argv, demo->bot_log, true);
    nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
    return rc;
}

/* ---- the day ---- */

/* While the sender waits. */
static bool idle(void *context, uint64_t now)
{
    as_demo *demo = context;
    hear_bot(demo);
    print_progress(demo, now);
    return as_child_running(&demo->daemon);
}

static int play(as_demo *demo)
{
    char itch[FILE_BYTES], headlines[FILE_BYTES];
    as_sim_history history;
    snprintf(itch, sizeof itch, "%s/day.itch", demo->folder);
    snprintf(headlines, sizeof headlines, "%s/headlines.ndjson", demo->folder);
    int rc = as_sim_history_make(&history, &demo->scenario, demo->seed);
    if (rc == 0) {
        as_sender_options options = {
            .scenario = &demo->scenario,
            .history = &history,
            .itch_path = itch,
            .headlines_path = headlines,
            .udp_port = demo->udp_port,
            .tcp_port = demo->tcp_port,
            .seconds = demo->seconds,
            .idle = idle,
            .idle_context = demo,
        };
        rc = as_sender_run(&options, &demo->sent);
    }
    as_sim_history_fini(&history);
    return rc < 0 && !as_child_running(&demo->daemon) ? daemon_died(demo) : rc;
}

static int stop(as_demo *demo)
{
    bool was_running = as_child_running(&demo->daemon);
    int status = as_child_end(&demo->daemon, SIGTERM, STOP_MS);
    if (!was_running || status != 0)
        return daemon_died(demo);
    as_child_end(&demo->bot, demo->bot_is_python ? 0 : SIGINT, 3000); /* the bot ends with the publisher's bye */
    hear_bot(demo);
    if (demo->bot_is_python && demo->bot_summary[0] == '\0') {
        print_tail(demo->bot_log);
        return as_error_set(-EIO, "the bot has not ended with its summary, see %s", demo->bot_log);
    }
    return 0;
}

/* ---- what the daemon said at its end ---- */

static void keep_line(as_demo *demo, const char *line)
{
    if (strncmp(line, "feed ", 5) == 0 && demo->feed_line_count < 2)
        snprintf(demo->feed_lines[demo->feed_line_count++], sizeof demo->feed_lines[0], "%.255s", line);
    else if (strncmp(line, "latency, ", 9) == 0)
        snprintf(demo->latency_line, sizeof demo->latency_line, "%.255s", line);
    else if (strncmp(line, "decisions ", 10) == 0)
        sscanf(line, "decisions %" SCNu64 " sha256 %64s", &demo->live_decisions, demo->live_hash);
}

static int read_daemon_log(as_demo *demo)
{
    char *text, *save = NULL;
    size_t bytes;
    int rc = as_text_file_read(demo->daemon_log, AS_TEXT_FILE_BYTES_MAX, &text, &bytes);
    if (rc < 0)
        return rc;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        keep_line(demo, line);
    free(text);
    return demo->live_hash[0] ? 0 : as_error_set(-EIO, "%s: aftershockd has not told its hash", demo->daemon_log);
}

static int find_journal(as_demo *demo)
{
    char folder[FILE_BYTES];
    snprintf(folder, sizeof folder, "%s/journal", demo->folder);
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *end = strrchr(entry->d_name, '.');
        if (end && strcmp(end, ".asj") == 0)
            snprintf(demo->journal, sizeof demo->journal, "%.*s/journal/%.50s", AS_PATH_BYTES - 1, demo->folder,
                     entry->d_name);
    }
    if (dir)
        closedir(dir);
    return demo->journal[0] ? 0 : as_error_set(-ENOENT, "%s: holds no journal", folder);
}

/* ---- the end ---- */

static void print_machines(const as_demo *demo, FILE *out)
{
    const as_paint *paint = &demo->paint;
    unsigned long long got = 0, gaps = 0, silences = 0;
    double p50 = 0, p99 = 0;
    fprintf(out, "\n%sThe machines%s\n", paint->bold, paint->plain);
    fprintf(out,
            "  sent      %" PRIu64 " ITCH messages in %" PRIu64 " UDP datagrams; %" PRIu64 " headlines and %" PRIu64
            " daily bars over TCP\n",
            demo->sent.messages, demo->sent.datagrams, demo->sent.headlines, demo->sent.bars);
    for (unsigned i = 0; i < demo->feed_line_count; i++) {
        unsigned long long packets, messages, events, headlines, missed, lost, duplicates, dropped;
        char name[32];
        if (sscanf(demo->feed_lines[i],
                   "feed %31[^:]: %llu packets, %llu messages, %llu events, %llu headlines, gaps %llu lost %llu, "
                   "duplicates %llu, dropped %llu",
                   name, &packets, &messages, &events, &headlines, &missed, &lost, &duplicates, &dropped) == 9)
            fprintf(out, "  %-9s %llu messages read; gaps %llu, lost %llu, dropped %llu\n", name, messages, missed,
                    lost, dropped);
    }
    if (sscanf(demo->bot_summary, "messages=%llu %*s %*s %*s gaps=%llu silences=%llu p50_us=%lf p99_us=%lf", &got,
               &gaps, &silences, &p50, &p99) == 5)
        fprintf(out,
                "  bot       %llu messages received, sequence gaps %llu; published to received: p50 %.0f us, p99 %.0f "
                "us\n",
                got, gaps, p50, p99);
    if (demo->latency_line[0])
        fprintf(out, "  %s\n", demo->latency_line);
}

static void print_end(const as_demo *demo, FILE *out)
{
    const as_paint *paint = &demo->paint;
    fprintf(
        out,
        "\n%sThe honest end%s  A diagnosis is not a trade. Buying the flagged names at that close lost 11 %% in five\n"
        "  days beyond the market (public closes): the selling had a second leg the day after.\n",
        paint->bold, paint->plain);
    fprintf(out, "\n%sThe files%s are in %s, the programs in %s. There:\n", paint->bold, paint->plain, demo->folder,
            demo->programs);
    fprintf(out, "  aftershock replay --config daemon.yaml journal/*.asj --verify journal/*.asj\n");
    fprintf(
        out,
        "  aftershock explain --config daemon.yaml $(grep -m1 '\"open\"' bot.ndjson | grep -o '[0-9a-f]\\{32\\}')\n");
    fprintf(out, "  aftershock inspect day.itch --config daemon.yaml\n");
    fprintf(out, "  aftershockd --config daemon.yaml & aftershock listen tcp://127.0.0.1:%u\n", demo->live_port);
}

/* Lost market data would make the story another one: say so. */
static int check_losses(const as_demo *demo)
{
    for (unsigned i = 0; i < demo->feed_line_count; i++)
        if (!strstr(demo->feed_lines[i], "gaps 0 lost 0,") || !strstr(demo->feed_lines[i], "dropped 0,"))
            return as_error_set(-EIO,
                                "market data was lost on the way (%s); this machine is too busy: try --seconds %.0f",
                                demo->feed_lines[i], 3 * demo->seconds);
    return 0;
}

/* Play the journal through the same engine, compare, and tell the story from its state. */
static int replay(as_demo *demo, FILE *out)
{
    as_setup setup = {0};
    as_sink sink = {0};
    as_account account = {0};
    char hex[AS_DIGEST_HEX_BYTES] = "", headlines[FILE_BYTES], *paths[] = {demo->journal};
    snprintf(headlines, sizeof headlines, "%s/headlines.ndjson", demo->folder);
    as_player player = {.setup = &setup, .path = paths, .path_count = 1, .to = UINT64_MAX, .account = &account};
    int rc = as_setup_load(&setup, demo->config);
    if (rc == 0)
        rc = as_sink_open(&sink, NULL, demo->journal, NULL);
    if (rc == 0)
        rc = as_setup_engine(&setup, AS_PLAYER_ORDERS_MAX, as_sink_emit, &sink);
    if (rc == 0)
        rc = as_player_run(&player);
    if (rc == 0)
        rc = as_sink_close(&sink, hex);
    as_story story = {
        .scenario = &demo->scenario, .headlines_path = headlines, .engine = setup.engine, .colour = demo->colour};
    if (rc == 0) {
        as_story_print(&story, out);
        print_machines(demo, out);
        fprintf(out, "  replay    %" PRIu64 " decisions, sha256 %.16s.. live, %.16s.. from the journal\n", sink.count,
                demo->live_hash, hex);
        print_end(demo, out);
        if (strcmp(hex, demo->live_hash) != 0)
            rc = as_error_set(-EIO, "the replay of the journal differs: sha256 %s, live %s", hex, demo->live_hash);
        else if (!as_story_has_shock(&story))
            rc = as_error_set(-EIO, "the day gave no shock of %s", demo->scenario.issuer);
    } else if (rc > 0) {
        rc = as_error_set(-EIO, "%s: the replay's decisions differ from the live ones", demo->journal);
    }
    as_account_fini(&account);
    as_setup_fini(&setup);
    return rc;
}

static int run(as_demo *demo)
{
    const as_paint *paint = &demo->paint;
    uint64_t began = as_clock_now_ns();
    int rc = prepare(demo);
    if (rc < 0)
        return rc;
    int32_t date = demo->scenario.date;
    printf("%sAftershock demo%s  %04d-%02d-%02d, a %s\n", paint->bold, paint->plain, date / 10000, date / 100 % 100,
           date % 100, demo->scenario.label);
    printf("%s%u names, %u sessions of history, %" PRIu64 " quotes and %" PRIu64 " trades from seed %" PRIu64
           "; played in %.0f s%s\n",
           paint->dim, demo->scenario.count, demo->scenario.history_sessions, demo->day.quotes, demo->day.trades,
           demo->seed, demo->seconds, paint->plain);
    fflush(stdout);
    rc = start_daemon(demo);
    if (rc == 0)
        rc = start_bot(demo);
    if (rc == 0) {
        printf("\n%sLive%s  %swhat the bot receives over ZeroMQ (New York time); the page: http://127.0.0.1:%u/%s\n",
               paint->bold, paint->plain, paint->dim, demo->page_port, paint->plain);
        fflush(stdout);
        rc = play(demo);
    }
    if (rc == 0)
        rc = stop(demo);
    clear_progress(demo);
    if (demo->live_hidden)
        printf("  %s.. and %u lines more%s\n", paint->dim, demo->live_hidden, paint->plain);
    if (rc == 0)
        rc = read_daemon_log(demo);
    if (rc == 0)
        rc = find_journal(demo);
    if (rc == 0)
        rc = check_losses(demo);
    putchar('\n');
    if (rc == 0)
        rc = replay(demo, stdout);
    if (rc == 0)
        printf("%s%.0f s in all.%s\n", paint->dim, (double)(as_clock_now_ns() - began) / 1e9, paint->plain);
    return rc;
}

int as_cmd_demo(int argc, char **argv)
{
    static as_demo demo;
    int rc = parse(argc, argv, &demo);
    demo.terminal = isatty(STDOUT_FILENO) != 0;
    demo.colour = demo.terminal && !getenv("NO_COLOR");
    demo.paint = as_paint_of(demo.colour);
    demo.daemon.out = demo.bot.out = -1;
    bool usage = rc < 0;
    if (rc == 0)
        rc = run(&demo);
    if (rc < 0)
        as_error_print(stderr, "aftershock demo");
    as_child_end(&demo.bot, SIGTERM, 1000);
    as_child_end(&demo.daemon, SIGTERM, STOP_MS);
    as_sim_scenario_fini(&demo.scenario);
    return rc == 0 ? 0 : usage ? 2 : 1;
}
