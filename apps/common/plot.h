/*
 * A plot as SVG: lines, bands, points with error bars, bars, reference lines, axes, labels, a legend.
 *
 * The text is self-contained: it stands in an HTML page as it is (inline) and as a file of its own, without scripts,
 * fonts or addresses. Colours are for light and dark pages alike (the reader's preference, by a media query); the
 * eight series colours can be told apart by those who do not see all colours (after Okabe and Ito). Output is the
 * same for the same values.
 *
 *   as_plot plot;
 *   as_plot_begin(&plot, stream, &(as_plot_frame){.title = "Mean CAR", .x_label = "day", .y_label = "%",
 *                                                .x_min = -1, .x_max = 10, .y_min = -5, .y_max = 5});
 *   as_plot_line(&plot, "CAR", 0, day, car, 12);
 *   as_plot_end(&plot);
 *
 * What lies outside the ranges is cut off at the frame. A value that is not finite is left out: a line breaks there.
 * Errors are those of the stream (ferror). One thread. Memory: the struct.
 */
#ifndef AS_APPS_COMMON_PLOT_H
#define AS_APPS_COMMON_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { AS_PLOT_LEGEND_MAX = 12, AS_PLOT_LABEL_BYTES = 48, AS_PLOT_COLOURS = 8 };

typedef struct as_plot_frame {
    unsigned width, height;                /* pixels; 0: 640 and 360 */
    const char *title, *x_label, *y_label; /* NULL: none */
    double x_min, x_max, y_min, y_max;     /* the ranges; one without width is widened by 1 */
    /* Names instead of numbers along x: category[i] stands at x = i. NULL: numbers. */
    const char *const *category;
    size_t category_count;
    bool square;    /* the plotting area as high as wide (reliability diagrams); height is then found */
    bool whole_x;   /* ticks of x at whole numbers only: sessions, counts */
    bool no_legend; /* else one row above the plotting area is kept for it, more if the labels are long */
} as_plot_frame;

typedef struct as_plot {
    FILE *stream;
    as_plot_frame frame;
    double left, top, right, bottom; /* of the plotting area, pixels */
    unsigned id;                     /* of the clipping path: several plots share a page */
    unsigned legend_count;
    struct {
        char label[AS_PLOT_LABEL_BYTES];
        unsigned colour;
        char mark;
    } legend[AS_PLOT_LEGEND_MAX];
} as_plot;

/*
 * Widen [*low, *high] to hold the finite ones of count values; begin with *low = INFINITY, *high = -INFINITY, or with
 * what must be shown in any case. as_plot_margin then adds 5 % at both ends (and makes 0..1 of an empty range).
 */
void as_plot_fit(const double *value, size_t count, double *low, double *high);
void as_plot_margin(double *low, double *high);

void as_plot_begin(as_plot *plot, FILE *stream, const as_plot_frame *frame);

/*
 * Series. label NULL: not in the legend. colour: any number, taken modulo AS_PLOT_COLOURS. Beyond
 * AS_PLOT_LEGEND_MAX labels the legend is full: the series is drawn, its label is not.
 */
void as_plot_line(as_plot *plot, const char *label, unsigned colour, const double *x, const double *y, size_t count);
/* Between low and high, half transparent; draw it before the line that it belongs to. */
void as_plot_band(as_plot *plot, const char *label, unsigned colour, const double *x, const double *low,
                  const double *high, size_t count);
/* low and high, the ends of the error bars: both or neither NULL. */
void as_plot_points(as_plot *plot, const char *label, unsigned colour, const double *x, const double *y,
                    const double *low, const double *high, size_t count);
/* From 0 (or the nearer end of the range) to y; width in units of x, centred at x. */
void as_plot_bars(as_plot *plot, const char *label, unsigned colour, const double *x, const double *y, size_t count,
                  double width);
/* A dashed straight line: a level, a moment, the diagonal. Not coloured. */
void as_plot_reference(as_plot *plot, const char *label, double x0, double y0, double x1, double y1);

/* Legend, and the end of the element. */
void as_plot_end(as_plot *plot);

/* The distance of ticks over span so that there are at most ticks_max: 1, 2 or 5 times a power of ten. */
double as_plot_step(double span, unsigned ticks_max);

/* Text with & < > " ' as entities, for the pages around the plots too. */
void as_plot_text(FILE *stream, const char *text);

#endif
