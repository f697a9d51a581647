/*
 * aftershock explain: how one signal came about, from the headline to the ticks to the decision and its end.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/aftershock/commands.h"
#include "apps/common/account.h"
#include "apps/common/exit_status.h"
#include "apps/common/explain_case.h"
#include "apps/common/explain_page.h"
#include "apps/common/moment.h"
#include "apps/common/player.h"
#include "apps/common/setup.h"
#include "core/error.h"
#include "core/journal.h"

enum { NOT_FOUND = 1, JOURNALS_MAX = 4096 };

static const char help[] =
    "usage: aftershock explain SIGNAL_ID --config F [--journal FILE | INPUT...] [OPTION]...\n"
    "  SIGNAL_ID        a signal's id, or the beginning of it: at least 6 hexadecimal digits\n"
    "  --config F       configuration (aftershock.yaml)\n"
    "  --journal FILE   the run; without it and without INPUT: the newest .asj in journal.dir that has the id\n"
    "  --date YYYYMMDD  session date of inputs whose stamps count from midnight\n"
    "  --all            every update in full; without it the first, the last, and what opens, closes or expires\n"
    "  --json           one JSON object, with everything\n"
    "INPUT: anything that replay reads. Exit status: 0; 1 if no such signal was found, or if the replay does not say\n"
    "what the journal does; 2 usage, configuration or input error.\n";

typedef struct options {
    const char *config, *wanted, *journal;
    bool json, all;
    int32_t date;
    char **input;
    int input_count;
} options;

static int parse(int argc, char **argv, options *o)
{
    enum { DATE = 256 };
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"journal", required_argument, NULL, 'j'},
        {"date", required_argument, NULL, DATE},
        {"json", no_argument, NULL, 'J'},
        {"all", no_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *o = (options){0};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case 'j':
            o->journal = optarg;
            break;
        case DATE:
            rc = as_date_parse("--date", optarg, &o->date);
            break;
        case 'J':
            o->json = true;
            break;
        case 'a':
            o->all = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return as_error_set(-EINVAL, "see `aftershock explain --help`");
        }
    }
    if (rc < 0)
        return rc;
    if (optind == argc)
        return as_error_set(-EINVAL, "no SIGNAL_ID is given; see `aftershock explain --help`");
    if (!o->config)
        return as_error_set(-EINVAL, "--config is missing; see `aftershock explain --help`");
    o->wanted = argv[optind];
    o->input = argv + optind + 1;
    o->input_count = argc - optind - 1;
    if (o->journal && o->input_count)
        return as_error_set(-EINVAL, "--journal and INPUT were given; either one is allowed");
    return 0;
}

/* Replay the inputs with these callbacks. The setup stays loaded: the page reads names from it. */
static int replay(const options *o, as_setup *setup, as_emit_fn emit, as_explain_case *c)
{
    as_account account = {0};
    as_player player = {.setup = setup,
                        .path = o->input,
                        .path_count = (unsigned)o->input_count,
                        .to = UINT64_MAX,
                        .date = o->date,
                        .account = &account};
    c->setup = setup;
    int rc = as_setup_load(setup, o->config);
    if (rc == 0)
        rc = as_setup_engine(setup, AS_PLAYER_ORDERS_MAX, emit, c);
    if (rc == 0) {
        setup->merge.record = as_explain_record;
        setup->merge.record_context = c;
        rc = as_player_run(&player);
    }
    as_account_fini(&account);
    return rc;
}

static bool is_journal(const char *path)
{
    char magic[4];
    FILE *file = fopen(path, "rbe");
    if (!file)
        return false;
    size_t got = fread(magic, 1, sizeof magic, file);
    fclose(file);
    return as_journal_sniff(magic, got);
}

/* Find the id in what was given: in a journal's decisions; in a replay where there are none. */
static int look_up(const options *o, as_explain_case *c)
{
    as_setup setup = {0};
    int rc = 0;
    if (o->input_count == 1 && is_journal(o->input[0]))
        rc = as_explain_look_up_journal(c, o->input[0]);
    if (rc == 0 && c->decisions_seen == 0) {
        rc = replay(o, &setup, as_explain_look_up_emit, c);
        as_setup_fini(&setup);
        c->headline_count = 0;
    }
    return rc;
}

/* ---- the newest journal that has it ---- */

typedef struct journal_file {
    char path[1280];
    struct timespec changed;
} journal_file;

static int newest_first(const void *a, const void *b)
{
    const journal_file *x = a, *y = b;
    if (x->changed.tv_sec != y->changed.tv_sec)
        return x->changed.tv_sec < y->changed.tv_sec ? 1 : -1;
    if (x->changed.tv_nsec != y->changed.tv_nsec)
        return x->changed.tv_nsec < y->changed.tv_nsec ? 1 : -1;
    return strcmp(x->path, y->path);
}

static int list_journals(const char *folder, journal_file **out, unsigned *count)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return as_error_set(-errno, "journal.dir: %s: %s", folder, strerror(errno));
    journal_file *file = NULL;
    unsigned room = 0;
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir)) && *count < JOURNALS_MAX;) {
        size_t bytes = strlen(entry->d_name);
        struct stat status;
        if (bytes < 5 || strcmp(entry->d_name + bytes - 4, ".asj") != 0)
            continue;
        if (*count == room) {
            room = room ? 2 * room : 16;
            journal_file *more = realloc(file, room * sizeof *file);
            if (!more) {
                rc = as_error_set(-ENOMEM, "out of memory");
                break;
            }
            file = more;
        }
        int wanted = snprintf(file[*count].path, sizeof file->path, "%s/%s", folder, entry->d_name);
        if (wanted < (int)sizeof file->path && stat(file[*count].path, &status) == 0)
            file[(*count)++].changed = status.st_mtim;
    }
    closedir(dir);
    if (*count)
        qsort(file, *count, sizeof *file, newest_first);
    *out = file;
    return rc;
}

/* Leaves the journal's path in found, and the signal looked up; found is empty if none has it. */
static int look_in_folder(const options *o, as_explain_case *c, char *found, size_t found_bytes, char *folder,
                          size_t folder_bytes)
{
    as_config *config;
    journal_file *file = NULL;
    unsigned count = 0;
    int rc = as_config_load(o->config, &config);
    if (rc < 0)
        return rc;
    (void)snprintf(folder, folder_bytes, "%s", config->journal.dir);
    as_config_free(config);
    if (!*folder)
        return as_error_set(-EINVAL, "%s: journal.dir is not set; give --journal FILE or the INPUTs of a replay",
                            o->config);
    rc = list_journals(folder, &file, &count);
    for (unsigned i = 0; i < count && rc == 0 && !*c->id; i++) {
        rc = as_explain_look_up_journal(c, file[i].path);
        if (rc == 0 && *c->id)
            (void)snprintf(found, found_bytes, "%s", file[i].path);
    }
    free(file);
    return rc;
}

/* ---- all of it ---- */

static int told_missing(const options *o, const as_explain_case *c, const char *where)
{
    fprintf(stderr, "aftershock explain: %s: no signal with this id among the %llu decisions of %s%s\n", o->wanted,
            (unsigned long long)c->decisions_seen, where, o->input_count > 1 ? " and the other inputs" : "");
    return NOT_FOUND;
}

static int explain(const options *o, as_explain_case *c, as_setup *setup)
{
    char found[1280] = "", folder[1280] = "", *input[1] = {found};
    options chosen = *o;
    int rc;
    if (o->journal) {
        (void)snprintf(found, sizeof found, "%s", o->journal);
        if (!is_journal(found))
            return as_error_set(-EBADMSG, "--journal: %s: no journal", found);
    } else if (o->input_count == 0) {
        rc = look_in_folder(o, c, found, sizeof found, folder, sizeof folder);
        if (rc < 0)
            return rc;
        if (!*c->id)
            return told_missing(o, c, folder);
    }
    if (*found) {
        chosen.input = input;
        chosen.input_count = 1;
    }
    rc = *c->id ? 0 : look_up(&chosen, c);
    if (rc < 0)
        return rc;
    if (!*c->id)
        return told_missing(o, c, chosen.input[0]);
    if (*c->other)
        return as_error_set(-EINVAL, "%s: more than one signal begins so: %s and %s", o->wanted, c->id, c->other);
    rc = replay(&chosen, setup, as_explain_emit, c);
    if (rc == 0 && c->failed)
        rc = as_error_set(-ENOMEM, "out of memory for the steps of %s", c->id);
    if (rc < 0)
        return rc;
    char where[1400];
    (void)snprintf(where, sizeof where, "%s%s", chosen.input[0], chosen.input_count > 1 ? " and the other inputs" : "");
    rc = o->json ? as_explain_print_json(c, where, stdout) : as_explain_print_text(c, where, o->all, stdout);
    if (rc < 0)
        return as_error_set(rc, "standard output: %s", strerror(-rc));
    return as_explain_verified(c) == 0;
}

int as_cmd_explain(int argc, char **argv)
{
    options o;
    as_setup setup = {0};
    as_explain_case c = {0};
    int rc = parse(argc, argv, &o);
    if (rc == 0)
        rc = as_explain_case_init(&c, o.wanted);
    if (rc == 0)
        rc = explain(&o, &c, &setup);
    as_explain_case_fini(&c);
    as_setup_fini(&setup);
    if (rc < 0)
        as_error_print(stderr, "aftershock explain");
    return as_exit_status(rc);
}
