#include "apps/common/progress.h"

#include <string.h>
#include <unistd.h>

enum { BAR = 40, NAME_MAX_BYTES = 32, LINE_BYTES = 256 };

static const double show_after_s = 1.0, show_every_s = 0.2;

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
    return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

void as_progress_begin(as_progress *progress)
{
    *progress = (as_progress){.stream = isatty(STDERR_FILENO) == 1 ? stderr : NULL};
    clock_gettime(CLOCK_MONOTONIC, &progress->start);
    progress->last = progress->start;
}

void as_progress_end(as_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", progress->stream);
    progress->shown = false;
}

/* A name's last part, so that it fits beside the bar. */
static const char *short_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash && slash[1] ? slash + 1 : name;
}

int as_progress_line(char *line, size_t line_bytes, const char *name, double share, uint64_t steps, double seconds)
{
    double rate = seconds > 0 ? (double)steps / seconds : 0;
    const char *unit = rate >= 1e6 ? "M" : rate >= 1e3 ? "k" : "";
    double shown_rate = rate >= 1e6 ? rate / 1e6 : rate >= 1e3 ? rate / 1e3 : rate;
    name = short_name(name);
    if (share < 0)
        return snprintf(line, line_bytes, "%.*s  %.0f s  %.1f %s/s", NAME_MAX_BYTES, name, seconds, shown_rate, unit);
    share = share > 1 ? 1 : share;
    int full = (int)(share * BAR);
    int n = snprintf(line, line_bytes, "%.*s [%.*s%*s] %3.0f %%  %.1f %s/s", NAME_MAX_BYTES, name, full,
                     "########################################", BAR - full, "", share * 100, shown_rate, unit);
    if (share > 0 && n > 0 && (size_t)n < line_bytes)
        n += snprintf(line + n, line_bytes - (size_t)n, "  %.0f s left", seconds / share * (1 - share));
    return n;
}

void as_progress_show(as_progress *progress, const char *name, double share)
{
    struct timespec now;
    char line[LINE_BYTES];
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = seconds_between(&progress->start, &now);
    if (!progress->stream || seconds < show_after_s || seconds_between(&progress->last, &now) < show_every_s)
        return;
    as_progress_line(line, sizeof line, name, share, progress->steps, seconds);
    fprintf(progress->stream, "\r%s\033[K", line);
    fflush(progress->stream);
    progress->last = now;
    progress->shown = true;
}
