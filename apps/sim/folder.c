#include "apps/sim/folder.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/sim/history.h"
#include "core/error.h"
#include "core/text_file.h"

static int folder_is_empty(const char *folder, bool *empty)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return as_error_set(-errno, "%s: cannot be read: %s", folder, strerror(errno));
    *empty = true;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            *empty = false;
    closedir(dir);
    return 0;
}

int as_sim_folder_make(const char *folder, bool force)
{
    bool empty = false;
    if (mkdir(folder, 0777) == 0)
        return 0;
    if (errno != EEXIST)
        return as_error_set(-errno, "%s: cannot be made: %s", folder, strerror(errno));
    int rc = folder_is_empty(folder, &empty);
    if (rc == 0 && !empty && !force)
        rc = as_error_set(
            -EEXIST, "%s: found a folder with files; allowed: a new or an empty one, or -f to write over it", folder);
    return rc;
}

int as_sim_folder_open(const char *folder, const char *name, char *path, FILE **file)
{
    if (snprintf(path, AS_PATH_BYTES, "%s/%s", folder, name) >= AS_PATH_BYTES)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", folder);
    *file = fopen(path, "we");
    return *file ? 0 : as_error_set(-errno, "%s: cannot be written: %s", path, strerror(errno));
}

int as_sim_folder_close(FILE *file, const char *path)
{
    bool failed = ferror(file) != 0;
    return fclose(file) || failed ? as_error_set(-EIO, "%s: cannot be written: %s", path, strerror(errno)) : 0;
}

int as_sim_folder_copy(const char *from, const char *folder, const char *name)
{
    char path[AS_PATH_BYTES];
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *file = NULL;
    int rc = as_text_file_read(from, AS_TEXT_FILE_BYTES_MAX, &text, &text_bytes);
    if (rc < 0)
        return rc;
    rc = as_sim_folder_open(folder, name, path, &file);
    if (rc == 0) {
        fwrite(text, 1, text_bytes, file);
        rc = as_sim_folder_close(file, path);
    }
    free(text);
    return rc;
}

void as_sim_folder_config(FILE *file, const as_sim_scenario *scenario)
{
    int32_t date = scenario->date;
    fprintf(file,
            "# Written by `aftershock simulate`: %s, a %s.\n"
            "universe: universe.csv\n"
            "playbook: playbook.yaml\n"
            "history: daily.csv\n"
            "session: {date: %04d-%02d-%02d, zone: America/New_York}\n"
            "strategies: [overreaction, mean_reversion]\n"
            "inputs:\n"
            "  - name: daily\n"
            "    match: {columns: [date, symbol, close]}\n"
            "    format: csv\n"
            "    kind: bar\n"
            "    columns: {symbol: symbol, close: close}\n"
            "    time: {column: date, layout: \"%%Y-%%m-%%d\", stamps: session_close}\n",
            scenario->name, scenario->label, date / 10000, date / 100 % 100, date % 100);
}

static int write_config(const as_sim_scenario *scenario, const char *folder)
{
    char path[AS_PATH_BYTES];
    FILE *file = NULL;
    int rc = as_sim_folder_open(folder, "aftershock.yaml", path, &file);
    if (rc < 0)
        return rc;
    as_sim_folder_config(file, scenario);
    return as_sim_folder_close(file, path);
}

/* ---- the truth ---- */

static void number(FILE *file, const char *key, double value)
{
    if (isfinite(value))
        fprintf(file, ",\"%s\":%.6g", key, value);
    else
        fprintf(file, ",\"%s\":null", key);
}

static void write_name(FILE *file, const as_sim_scenario *s, const as_sim_name *name)
{
    uint8_t bucket = s->universe.instrument[name->instrument].bucket;
    fprintf(file, "    {\"symbol\":\"%s\",\"bucket\":\"%s\",\"role\":\"%s\",\"expected\":\"%s\"", name->symbol,
            bucket == AS_BUCKET_NONE ? "" : s->universe.bucket[bucket], as_sim_role_text((as_sim_role)name->role),
            as_sim_class_text((as_sim_class)name->expected));
    fprintf(file, ",\"close_before\":%" PRId64 ".%02d", name->close_cents / 100, (int)(name->close_cents % 100));
    number(file, "log_move", name->move);
    number(file, "beta", name->beta);
    number(file, "sigma", name->sigma);
    number(file, "z", name->role == AS_SIM_MARKET ? (double)NAN : name->z);
    number(file, "w", name->w);
    number(file, "s_w", name->s_w);
    number(file, "e", name->e);
    number(file, "os", name->os);
    fputc('}', file);
}

static int write_truth(const as_sim_scenario *s, uint64_t seed, const char *folder)
{
    char path[AS_PATH_BYTES];
    FILE *file = NULL;
    int rc = as_sim_folder_open(folder, "truth.json", path, &file);
    if (rc < 0)
        return rc;
    fprintf(file, "{\n  \"schema\":1,\n  \"label\":\"%s\",\n  \"scenario\":\"%s\",\n  \"seed\":%" PRIu64 ",\n",
            s->label, s->name, seed);
    fprintf(file, "  \"date\":\"%04d-%02d-%02d\",\n  \"issuer\":\"%s\",\n  \"family\":\"%s\",\n  \"status\":\"%s\"",
            s->date / 10000, s->date / 100 % 100, s->date % 100, s->issuer, s->family, s->status);
    number(file, "m", s->m);
    number(file, "g", s->g);
    fprintf(file, ",\n  \"names\":[\n");
    for (uint32_t i = 0; i < s->count; i++) {
        write_name(file, s, &s->sim[i]);
        fputs(i + 1 < s->count ? ",\n" : "\n", file);
    }
    fputs("  ]\n}\n", file);
    return as_sim_folder_close(file, path);
}

/* ---- all of it ---- */

static int write_history(const as_sim_scenario *scenario, uint64_t seed, const char *folder)
{
    char path[AS_PATH_BYTES];
    as_sim_history history;
    if (snprintf(path, sizeof path, "%s/daily.csv", folder) >= (int)sizeof path)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", folder);
    int rc = as_sim_history_make(&history, scenario, seed);
    if (rc == 0)
        rc = as_sim_history_write(&history, scenario, path);
    as_sim_history_fini(&history);
    return rc;
}

static int write_day(const as_sim_scenario *scenario, uint64_t seed, const char *folder, as_sim_day_counts *counts)
{
    char path[AS_PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/day.itch", folder) >= (int)sizeof path)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", folder);
    return as_sim_day_write(scenario, seed, path, counts);
}

int as_sim_folder_write(const as_sim_scenario *scenario, uint64_t seed, const char *folder, bool force,
                        as_sim_day_counts *counts)
{
    int rc = as_sim_folder_make(folder, force);
    if (rc == 0)
        rc = as_sim_folder_copy(scenario->universe_path, folder, "universe.csv");
    if (rc == 0)
        rc = as_sim_folder_copy(scenario->playbook_path, folder, "playbook.yaml");
    if (rc == 0)
        rc = as_sim_folder_copy(scenario->headlines_path, folder, "headlines.ndjson");
    if (rc == 0)
        rc = write_config(scenario, folder);
    if (rc == 0)
        rc = write_truth(scenario, seed, folder);
    if (rc == 0)
        rc = write_history(scenario, seed, folder);
    return rc < 0 ? rc : write_day(scenario, seed, folder, counts);
}
