#include "apps/common/plot.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Series colours for light pages, then for dark ones. */
static const char *const colour_light[AS_PLOT_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#b4568f",
                                                          "#8a6d00", "#3b9fd6", "#6b6b6b", "#7a4fbf"};
static const char *const colour_dark[AS_PLOT_COLOURS] = {"#56b4e9", "#ff8c42", "#2fd6a3", "#e79ac6",
                                                         "#f0e442", "#9ad0f5", "#b5b5b5", "#b79cf0"};

enum { CHARACTER_WIDTH = 6, LEGEND_HEIGHT = 18, TICK_TEXT_BYTES = 32 };

void as_plot_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", stream);
            break;
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        case '\'':
            fputs("&#39;", stream);
            break;
        default:
            fputc(*text, stream);
            break;
        }
    }
}

double as_plot_step(double span, unsigned ticks_max)
{
    double rough = span / (ticks_max ? ticks_max : 1);
    if (!(rough > 0) || !isfinite(rough))
        return 1;
    double power = pow(10, floor(log10(rough)));
    static const double factor[] = {1, 2, 5};
    for (unsigned i = 0; i < 3; i++)
        if (factor[i] * power >= rough * (1 - 1e-9))
            return factor[i] * power;
    return 10 * power;
}

void as_plot_fit(const double *value, size_t count, double *low, double *high)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(value[i]))
            continue;
        if (value[i] < *low)
            *low = value[i];
        if (value[i] > *high)
            *high = value[i];
    }
}

void as_plot_margin(double *low, double *high)
{
    if (!isfinite(*low) || !isfinite(*high) || *low > *high) {
        *low = 0;
        *high = 1;
        return;
    }
    double margin = 0.05 * (*high - *low);
    if (!(margin > 0))
        margin = *low != 0 ? 0.05 * fabs(*low) : 0.5;
    *low -= margin;
    *high += margin;
}

static double at_x(const as_plot *plot, double x)
{
    const as_plot_frame *f = &plot->frame;
    return plot->left + (x - f->x_min) / (f->x_max - f->x_min) * (plot->right - plot->left);
}

static double at_y(const as_plot *plot, double y)
{
    const as_plot_frame *f = &plot->frame;
    return plot->bottom - (y - f->y_min) / (f->y_max - f->y_min) * (plot->bottom - plot->top);
}

static void write_style(FILE *stream)
{
    fputs("<style>.as-plot{font:11px system-ui,sans-serif;fill:#222;background:#fff}"
          ".as-plot .grid{stroke:#ddd}.as-plot .axis{stroke:#666;fill:none}"
          ".as-plot .ref{stroke:#888;stroke-dasharray:5 4;fill:none}.as-plot .title{font-size:13px;font-weight:600}"
          ".as-plot .line{fill:none;stroke-width:1.8;stroke-linejoin:round}.as-plot .band{fill-opacity:.2}"
          ".as-plot .bar{fill-opacity:.75}.as-plot .err{stroke-width:1.2}",
          stream);
    for (unsigned i = 0; i < AS_PLOT_COLOURS; i++)
        fprintf(stream, ".as-plot .s%u{stroke:%s}.as-plot .f%u{fill:%s}", i, colour_light[i], i, colour_light[i]);
    fputs("@media(prefers-color-scheme:dark){.as-plot{fill:#ddd;background:#16181c}.as-plot .grid{stroke:#333}"
          ".as-plot .axis{stroke:#999}.as-plot .ref{stroke:#999}",
          stream);
    for (unsigned i = 0; i < AS_PLOT_COLOURS; i++)
        fprintf(stream, ".as-plot .s%u{stroke:%s}.as-plot .f%u{fill:%s}", i, colour_dark[i], i, colour_dark[i]);
    fputs("}</style>\n", stream);
}

static void write_label(FILE *stream, double x, double y, const char *anchor, const char *extra, const char *text)
{
    fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>", x, y, anchor, extra);
    as_plot_text(stream, text);
    fputs("</text>\n", stream);
}

/* A tick's number with the decimals that its step needs. */
static void tick_text(char text[TICK_TEXT_BYTES], double value, double step)
{
    if (fabs(value) < step * 1e-6)
        value = 0;
    int decimals = step < 1 ? (int)ceil(-log10(step) - 1e-9) : 0;
    if (decimals > 6 || fabs(value) >= 1e7)
        snprintf(text, TICK_TEXT_BYTES, "%.3g", value);
    else
        snprintf(text, TICK_TEXT_BYTES, "%.*f", decimals, value);
}

static void write_y_axis(const as_plot *plot)
{
    const as_plot_frame *f = &plot->frame;
    double step = as_plot_step(f->y_max - f->y_min, 6);
    char text[TICK_TEXT_BYTES];
    for (double n = ceil(f->y_min / step - 1e-9); n * step <= f->y_max + step * 1e-9; n++) {
        double y = at_y(plot, n * step);
        fprintf(plot->stream, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>\n", plot->left, y, plot->right);
        tick_text(text, n * step, step);
        write_label(plot->stream, plot->left - 6, y + 4, "end", "", text);
    }
}

static size_t longest_category(const as_plot_frame *f)
{
    size_t longest = 1;
    for (size_t i = 0; f->category && i < f->category_count; i++)
        if (strlen(f->category[i]) > longest)
            longest = strlen(f->category[i]);
    return longest;
}

/* Is there too little room for the categories' names side by side? */
static bool is_upright(const as_plot *plot)
{
    const as_plot_frame *f = &plot->frame;
    double room = (plot->right - plot->left) / (f->x_max - f->x_min);
    return f->category && room < (double)(longest_category(f) * CHARACTER_WIDTH + 4);
}

static void write_categories(const as_plot *plot)
{
    const as_plot_frame *f = &plot->frame;
    bool upright = is_upright(plot);
    double room = (plot->right - plot->left) / (f->x_max - f->x_min);
    size_t every = upright && room < 11 ? (size_t)ceil(11 / room) : 1;
    for (size_t i = 0; i < f->category_count; i += every) {
        double x = at_x(plot, (double)i);
        char turn[64] = "";
        if (upright)
            snprintf(turn, sizeof turn, " transform=\"rotate(-60 %.1f %.1f)\"", x, plot->bottom + 14);
        write_label(plot->stream, x, plot->bottom + 16, upright ? "end" : "middle", turn, f->category[i]);
    }
}

static void write_x_axis(const as_plot *plot)
{
    const as_plot_frame *f = &plot->frame;
    if (f->category) {
        write_categories(plot);
        return;
    }
    double step = as_plot_step(f->x_max - f->x_min, 10);
    if (f->whole_x && step < 1)
        step = 1;
    char text[TICK_TEXT_BYTES];
    for (double n = ceil(f->x_min / step - 1e-9); n * step <= f->x_max + step * 1e-9; n++) {
        double x = at_x(plot, n * step);
        fprintf(plot->stream, "<path class=\"axis\" d=\"M%.1f %.1fv4\"/>\n", x, plot->bottom);
        tick_text(text, n * step, step);
        write_label(plot->stream, x, plot->bottom + 16, "middle", "", text);
    }
}

/* Widens a range without width; the smaller end comes first. */
static void mend_range(double *low, double *high)
{
    if (!isfinite(*low) || !isfinite(*high)) {
        *low = 0;
        *high = 1;
    } else if (!(*high > *low)) {
        *high = *low + 1;
    }
}

static void lay_out(as_plot *plot)
{
    as_plot_frame *f = &plot->frame;
    f->width = f->width ? f->width : 640;
    f->height = f->height ? f->height : 360;
    plot->left = 62;
    plot->right = (double)f->width - 14;
    plot->top = (f->title ? 30 : 12) + (f->no_legend ? 0 : LEGEND_HEIGHT);
    mend_range(&f->x_min, &f->x_max);
    mend_range(&f->y_min, &f->y_max);
    double foot = f->x_label ? 40 : 24;
    if (is_upright(plot))
        foot += fmin(5.2 * (double)longest_category(f), 90);
    if (f->square)
        f->height = (unsigned)(plot->right - plot->left + plot->top + foot);
    plot->bottom = (double)f->height - foot;
}

void as_plot_begin(as_plot *plot, FILE *stream, const as_plot_frame *frame)
{
    static atomic_uint plots;
    *plot = (as_plot){.stream = stream, .frame = *frame};
    plot->id = atomic_fetch_add_explicit(&plots, 1, memory_order_relaxed); /* relaxed: only a name */
    lay_out(plot);
    const as_plot_frame *f = &plot->frame;
    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"as-plot\" role=\"img\" viewBox=\"0 0 %u %u\" "
            "width=\"%u\" height=\"%u\">\n",
            f->width, f->height, f->width, f->height);
    if (f->title) {
        fputs("<title>", stream);
        as_plot_text(stream, f->title);
        fputs("</title>\n", stream);
    }
    write_style(stream);
    fprintf(stream,
            "<clipPath id=\"as-clip%u\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/></clipPath>\n",
            plot->id, plot->left, plot->top, plot->right - plot->left, plot->bottom - plot->top);
    if (f->title)
        write_label(stream, (double)f->width / 2, 18, "middle", " class=\"title\"", f->title);
    write_y_axis(plot);
    write_x_axis(plot);
    fprintf(stream, "<path class=\"axis\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", plot->left, plot->top, plot->bottom,
            plot->right);
    if (f->x_label)
        write_label(stream, (plot->left + plot->right) / 2, (double)f->height - 6, "middle", "", f->x_label);
    if (f->y_label) {
        char turn[64];
        double middle = (plot->top + plot->bottom) / 2;
        snprintf(turn, sizeof turn, " transform=\"rotate(-90 14 %.1f)\"", middle);
        write_label(stream, 14, middle, "middle", turn, f->y_label);
    }
}

static void add_legend(as_plot *plot, const char *label, unsigned colour, char mark)
{
    if (!label || plot->legend_count == AS_PLOT_LEGEND_MAX)
        return;
    unsigned i = plot->legend_count++;
    snprintf(plot->legend[i].label, sizeof plot->legend[i].label, "%s", label);
    plot->legend[i].colour = colour % AS_PLOT_COLOURS;
    plot->legend[i].mark = mark;
}

void as_plot_line(as_plot *plot, const char *label, unsigned colour, const double *x, const double *y, size_t count)
{
    bool drawn = false;
    fprintf(plot->stream, "<path class=\"line s%u\" clip-path=\"url(#as-clip%u)\" d=\"", colour % AS_PLOT_COLOURS,
            plot->id);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) {
            drawn = false;
            continue;
        }
        fprintf(plot->stream, "%c%.1f %.1f", drawn ? 'L' : 'M', at_x(plot, x[i]), at_y(plot, y[i]));
        drawn = true;
    }
    fputs("\"/>\n", plot->stream);
    add_legend(plot, label, colour, 'l');
}

void as_plot_band(as_plot *plot, const char *label, unsigned colour, const double *x, const double *low,
                  const double *high, size_t count)
{
    bool drawn = false;
    fprintf(plot->stream, "<path class=\"band f%u\" clip-path=\"url(#as-clip%u)\" d=\"", colour % AS_PLOT_COLOURS,
            plot->id);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(high[i]) || !isfinite(low[i]))
            continue;
        fprintf(plot->stream, "%c%.1f %.1f", drawn ? 'L' : 'M', at_x(plot, x[i]), at_y(plot, high[i]));
        drawn = true;
    }
    for (size_t i = count; i-- > 0;)
        if (isfinite(low[i]) && isfinite(high[i]))
            fprintf(plot->stream, "L%.1f %.1f", at_x(plot, x[i]), at_y(plot, low[i]));
    fputs(drawn ? "Z\"/>\n" : "\"/>\n", plot->stream);
    add_legend(plot, label, colour, 'b');
}

void as_plot_points(as_plot *plot, const char *label, unsigned colour, const double *x, const double *y,
                    const double *low, const double *high, size_t count)
{
    colour %= AS_PLOT_COLOURS;
    fprintf(plot->stream, "<g clip-path=\"url(#as-clip%u)\">", plot->id);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]))
            continue;
        double at = at_x(plot, x[i]);
        if (low && high && isfinite(low[i]) && isfinite(high[i]))
            fprintf(plot->stream, "<path class=\"err s%u\" d=\"M%.1f %.1fV%.1fm-3 0h6M%.1f %.1fh6\"/>", colour, at,
                    at_y(plot, low[i]), at_y(plot, high[i]), at - 3, at_y(plot, low[i]));
        fprintf(plot->stream, "<circle class=\"f%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.2\"/>", colour, at,
                at_y(plot, y[i]));
    }
    fputs("</g>\n", plot->stream);
    add_legend(plot, label, colour, 'p');
}

void as_plot_bars(as_plot *plot, const char *label, unsigned colour, const double *x, const double *y, size_t count,
                  double width)
{
    const as_plot_frame *f = &plot->frame;
    double base = f->y_min > 0 ? f->y_min : f->y_max < 0 ? f->y_max : 0;
    fprintf(plot->stream, "<g clip-path=\"url(#as-clip%u)\">", plot->id);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]))
            continue;
        double left = at_x(plot, x[i] - width / 2);
        double from = at_y(plot, base);
        double to = at_y(plot, y[i]);
        fprintf(plot->stream, "<rect class=\"bar f%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                colour % AS_PLOT_COLOURS, left, from < to ? from : to, at_x(plot, x[i] + width / 2) - left,
                fabs(from - to));
    }
    fputs("</g>\n", plot->stream);
    add_legend(plot, label, colour, 'b');
}

void as_plot_reference(as_plot *plot, const char *label, double x0, double y0, double x1, double y1)
{
    fprintf(plot->stream, "<path class=\"ref\" clip-path=\"url(#as-clip%u)\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", plot->id,
            at_x(plot, x0), at_y(plot, y0), at_x(plot, x1), at_y(plot, y1));
    add_legend(plot, label, 0, 'r');
}

static void write_mark(FILE *stream, char mark, unsigned colour, double x, double y)
{
    switch (mark) {
    case 'l':
        fprintf(stream, "<path class=\"line s%u\" d=\"M%.1f %.1fh18\"/>", colour, x, y - 4);
        break;
    case 'r':
        fprintf(stream, "<path class=\"ref\" d=\"M%.1f %.1fh18\"/>", x, y - 4);
        break;
    case 'p':
        fprintf(stream, "<circle class=\"f%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.2\"/>", colour, x + 9, y - 4);
        break;
    default:
        fprintf(stream, "<rect class=\"bar f%u\" x=\"%.1f\" y=\"%.1f\" width=\"18\" height=\"9\"/>", colour, x, y - 9);
        break;
    }
}

/* One row above the plotting area; what does not fit goes on in rows below it. */
static void write_legend(const as_plot *plot)
{
    double x = plot->left;
    double y = plot->top - 6;
    for (unsigned i = 0; i < plot->legend_count; i++) {
        double width = 24 + CHARACTER_WIDTH * (double)strlen(plot->legend[i].label) + 14;
        if (x > plot->left && x + width > plot->right) {
            x = plot->left;
            y += LEGEND_HEIGHT;
        }
        write_mark(plot->stream, plot->legend[i].mark, plot->legend[i].colour, x, y);
        write_label(plot->stream, x + 24, y, "start", "", plot->legend[i].label);
        x += width;
    }
}

void as_plot_end(as_plot *plot)
{
    if (!plot->frame.no_legend)
        write_legend(plot);
    fputs("</svg>\n", plot->stream);
}
