#include "core/stats/cointegration.h"

#include <math.h>
#include <string.h>

#include "core/logexp.h"

/* Columns of one problem: Johansen's lagged differences, differences and levels are the most. */
enum {
    COLUMN_MAX = AS_COINTEGRATION_SERIES_MAX * (AS_JOHANSEN_LAG_MAX + 2),
    ADF_COLUMN_MAX = AS_ADF_LAG_MAX + 2,
    GRAM_MAX = (int)COLUMN_MAX > (int)ADF_COLUMN_MAX ? (int)COLUMN_MAX : (int)ADF_COLUMN_MAX,
    JACOBI_SWEEPS_MAX = 60
};

/* Sums of products of columns; after eliminate(), of what the eliminated columns leave of the others. */
typedef struct gram_table {
    size_t columns;
    double sum[GRAM_MAX];  /* of the values */
    double full[GRAM_MAX]; /* the diagonal before anything was taken out */
    double g[GRAM_MAX][GRAM_MAX];
} gram_table;

static void gram_add(gram_table *gram, const double *row)
{
    for (size_t i = 0; i < gram->columns; i++) {
        gram->sum[i] += row[i];
        for (size_t j = 0; j <= i; j++)
            gram->g[i][j] += row[i] * row[j];
    }
}

/* All rows are there. count 0: not centred, an equation without constant. */
static void gram_close(gram_table *gram, size_t count)
{
    for (size_t i = 0; i < gram->columns; i++)
        for (size_t j = 0; j <= i && count > 0; j++)
            gram->g[i][j] -= gram->sum[i] * gram->sum[j] / (double)count;
    for (size_t i = 0; i < gram->columns; i++)
        gram->full[i] = gram->g[i][i];
}

static void gram_mirror(gram_table *gram)
{
    for (size_t i = 0; i < gram->columns; i++)
        for (size_t j = 0; j < i; j++)
            gram->g[j][i] = gram->g[i][j];
}

/* Take column k out of all later ones. false where the earlier ones explain it already. */
static bool eliminate(gram_table *gram, size_t k)
{
    double pivot = gram->g[k][k];
    if (!(pivot > 1e-12 * gram->full[k]))
        return false;
    for (size_t i = k + 1; i < gram->columns; i++) {
        double factor = gram->g[i][k] / pivot;
        for (size_t j = k + 1; j <= i; j++)
            gram->g[i][j] -= factor * gram->g[j][k];
    }
    return true;
}

/* ---- unit root ---- */

/* MacKinnon 2010, table 2, case with constant: c_inf, c_1, c_2, c_3 at 1, 5, 10 %, by the number of variables. */
static const double unit_root_level[6][3][4] = {
    {{-3.43035, -6.5393, -16.786, -79.433}, {-2.86154, -2.8903, -4.234, -40.040}, {-2.56677, -1.5384, -2.809, 0}},
    {{-3.89644, -10.9519, -22.527, 0}, {-3.33613, -6.1101, -6.823, 0}, {-3.04445, -4.2412, -2.720, 0}},
    {{-4.29374, -14.4354, -33.195, 47.433}, {-3.74066, -8.5631, -10.852, 27.982}, {-3.45218, -6.2143, -3.718, 0}},
    {{-4.64332, -18.1031, -37.972, 0}, {-4.09600, -11.2349, -11.175, 0}, {-3.81020, -8.3931, -4.137, 0}},
    {{-4.95756, -21.8883, -45.142, 0}, {-4.41519, -14.0406, -12.575, 0}, {-4.13157, -10.7417, -3.784, 0}},
    {{-5.24568, -25.6688, -57.737, 88.639},
     {-4.70693, -16.9178, -17.492, 60.007},
     {-4.42501, -13.1875, -5.104, 27.877}},
};

static void set_levels(as_adf *adf, unsigned variables)
{
    for (unsigned q = 0; q < 3; q++) {
        if (variables < 1 || variables > 6) {
            adf->level[q] = NAN;
            continue;
        }
        const double *c = unit_root_level[variables - 1][q];
        double u = 1 / (double)adf->count;
        adf->level[q] = c[0] + u * (c[1] + u * (c[2] + u * c[3]));
    }
}

/* Columns: lagged differences, then the level, then the difference. Differences from number `first` on. */
static size_t adf_gram(const double *z, size_t count, size_t lags, size_t first, gram_table *gram)
{
    memset(gram, 0, sizeof *gram);
    gram->columns = lags + 2;
    for (size_t t = first; t + 1 < count; t++) {
        double row[GRAM_MAX];
        for (size_t j = 1; j <= lags; j++)
            row[j - 1] = z[t - j + 1] - z[t - j];
        row[lags] = z[t] - z[0]; /* less a constant: centring does not have to take a large level away */
        row[lags + 1] = z[t + 1] - z[t];
        gram_add(gram, row);
    }
    gram_close(gram, count - 1 - first);
    return count - 1 - first;
}

/* The t of the level with so many lags; *ssr of the whole equation. */
static bool adf_fit(const double *z, size_t count, size_t lags, size_t first, double *t, double *ssr, size_t *equations)
{
    gram_table gram;
    *equations = adf_gram(z, count, lags, first, &gram);
    if (*equations < lags + 4)
        return false;
    for (size_t k = 0; k < lags; k++)
        if (!eliminate(&gram, k))
            return false;
    double pivot = gram.g[lags][lags];
    double product = gram.g[lags + 1][lags];
    if (!(pivot > 1e-12 * gram.full[lags]))
        return false;
    *ssr = gram.g[lags + 1][lags + 1] - product * product / pivot;
    double variance = *ssr / (double)(*equations - lags - 2);
    *t = product / pivot / as_sqrt(variance / pivot);
    return isfinite(*t);
}

/* The number of lags of the least criterion on the common sample; -1 where there is none. */
static int best_lags(const double *z, size_t count)
{
    size_t most = (size_t)ceil(12 * as_exp(0.25 * as_log((double)count / 100)));
    if (most > AS_ADF_LAG_MAX)
        most = AS_ADF_LAG_MAX;
    if (most > count / 2 - 2)
        most = count / 2 - 2;
    int best = -1;
    double least = INFINITY;
    for (size_t lags = 0; lags <= most; lags++) {
        double t;
        double ssr;
        size_t n;
        if (!adf_fit(z, count, lags, most, &t, &ssr, &n))
            continue;
        double criterion = (double)n * as_log(ssr / (double)n) + 2 * (double)(lags + 2);
        if (criterion < least) {
            least = criterion;
            best = (int)lags;
        }
    }
    return best;
}

bool as_adf_test(const double *z, size_t count, int lags, unsigned variables, as_adf *adf)
{
    if (count < 10 || lags > AS_ADF_LAG_MAX)
        return false;
    int chosen = lags < 0 ? best_lags(z, count) : lags;
    double ssr;
    as_adf found = {.lags = (size_t)chosen};
    if (chosen < 0 || !adf_fit(z, count, (size_t)chosen, (size_t)chosen, &found.t, &ssr, &found.count))
        return false;
    set_levels(&found, variables);
    *adf = found;
    return true;
}

/* ---- Engle and Granger ---- */

bool as_engle_granger_test(const double *x, size_t series, size_t count, bool constant, int lags, double *residual,
                           as_engle_granger *test)
{
    if (series < 2 || series > AS_COINTEGRATION_SERIES_MAX || count < 20)
        return false;
    gram_table gram;
    memset(&gram, 0, sizeof gram);
    gram.columns = series;
    size_t last = series - 1; /* column of series 0 */
    for (size_t t = 0; t < count; t++) {
        double row[GRAM_MAX];
        for (size_t k = 0; k < series; k++)
            row[k ? k - 1 : last] = x[k * count + t];
        gram_add(&gram, row);
    }
    gram_close(&gram, constant ? count : 0);
    as_engle_granger found = {0};
    for (size_t k = 0; k < last; k++)
        if (!eliminate(&gram, k))
            return false;
    /* column j below the diagonal still holds its products when it was taken out: back substitution */
    for (size_t k = last; k-- > 0;) {
        double product = gram.g[last][k];
        for (size_t j = k + 1; j < last; j++)
            product -= gram.g[j][k] * found.beta[j + 1];
        found.beta[k + 1] = product / gram.g[k][k];
    }
    if (constant) {
        found.constant = gram.sum[last];
        for (size_t k = 0; k < last; k++)
            found.constant -= found.beta[k + 1] * gram.sum[k];
        found.constant /= (double)count;
    }
    for (size_t t = 0; t < count; t++) {
        residual[t] = x[t] - found.constant;
        for (size_t k = 1; k < series; k++)
            residual[t] -= found.beta[k] * x[k * count + t];
    }
    if (!as_adf_test(residual, count, lags, (unsigned)series, &found.adf))
        return false;
    *test = found;
    return true;
}

/* ---- Johansen ---- */

/* MacKinnon, Haug and Michelis 1999, unrestricted constant: 10, 5, 1 % by the number of relations that are left. */
static const double trace_level[6][3] = {{2.7055, 3.8415, 6.6349},    {13.4294, 15.4943, 19.9349},
                                         {27.0669, 29.7961, 35.4628}, {44.4929, 47.8545, 54.6815},
                                         {65.8202, 69.8189, 77.8202}, {91.1090, 95.7542, 104.9637}};

typedef double square[AS_COINTEGRATION_SERIES_MAX][AS_COINTEGRATION_SERIES_MAX];

/* a = l l', lower. */
static bool cholesky(square a, size_t n, square l)
{
    memset(l, 0, sizeof(square));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i][j];
            for (size_t k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            if (i == j && !(sum > 1e-12 * a[i][i]))
                return false;
            l[i][j] = i == j ? as_sqrt(sum) : sum / l[j][j];
        }
    }
    return true;
}

/* b <- l^-1 b, column by column. */
static void solve_lower(square l, size_t n, square b)
{
    for (size_t c = 0; c < n; c++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < i; k++)
                b[i][c] -= l[i][k] * b[k][c];
            b[i][c] /= l[i][i];
        }
    }
}

/* b <- b' */
static void transpose(square b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            double keep = b[i][j];
            b[i][j] = b[j][i];
            b[j][i] = keep;
        }
    }
}

/* Jacobi's rotations of a symmetric a: its diagonal becomes the eigenvalues, the columns of v the vectors. */
static void rotate(square a, square v, size_t n, size_t p, size_t q)
{
    double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + as_sqrt(theta * theta + 1));
    double c = 1 / as_sqrt(t * t + 1);
    double s = t * c;
    for (size_t k = 0; k < n; k++) {
        double kp = a[k][p];
        a[k][p] = c * kp - s * a[k][q];
        a[k][q] = s * kp + c * a[k][q];
    }
    for (size_t k = 0; k < n; k++) {
        double pk = a[p][k];
        a[p][k] = c * pk - s * a[q][k];
        a[q][k] = s * pk + c * a[q][k];
        double vp = v[k][p];
        v[k][p] = c * vp - s * v[k][q];
        v[k][q] = s * vp + c * v[k][q];
    }
}

static void eigen(square a, square v, size_t n)
{
    memset(v, 0, sizeof(square));
    for (size_t i = 0; i < n; i++)
        v[i][i] = 1;
    for (int sweep = 0; sweep < JACOBI_SWEEPS_MAX; sweep++) {
        double off = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                off += a[p][q] * a[p][q];
        if (off < 1e-30)
            return;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (a[p][q] != 0)
                    rotate(a, v, n, p, q);
    }
}

/* Columns: lagged differences, differences, levels. */
static void johansen_gram(const double *x, size_t series, size_t count, size_t lags, gram_table *gram)
{
    memset(gram, 0, sizeof *gram);
    gram->columns = series * (lags + 2);
    for (size_t t = lags; t + 1 < count; t++) {
        double row[GRAM_MAX];
        for (size_t k = 0; k < series; k++) {
            const double *s = x + k * count;
            for (size_t j = 1; j <= lags; j++)
                row[(j - 1) * series + k] = s[t - j + 1] - s[t - j];
            row[lags * series + k] = s[t + 1] - s[t];
            row[(lags + 1) * series + k] = s[t] - s[0];
        }
        gram_add(gram, row);
    }
    gram_close(gram, count - 1 - lags);
}

/* Eigenvalues in falling order; vectors back from the rotated ones, v = L^-T w, the first entry positive. */
static void order(square a, square w, square l, size_t n, as_johansen *test)
{
    bool used[AS_COINTEGRATION_SERIES_MAX] = {false};
    for (size_t r = 0; r < n; r++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!used[i] && (best == n || a[i][i] > a[best][best]))
                best = i;
        used[best] = true;
        test->eigenvalue[r] = a[best][best];
        double *v = test->vector[r];
        for (size_t i = n; i-- > 0;) {
            v[i] = w[i][best];
            for (size_t k = i + 1; k < n; k++)
                v[i] -= l[k][i] * v[k];
            v[i] /= l[i][i];
        }
        for (size_t i = n; v[0] < 0 && i-- > 0;)
            v[i] = -v[i];
    }
}

static void statistics(as_johansen *test)
{
    double sum = 0;
    for (size_t r = test->series; r-- > 0;) {
        test->largest[r] = -(double)test->count * as_log(1 - test->eigenvalue[r]);
        sum += test->largest[r];
        test->trace[r] = sum;
        size_t left = test->series - r;
        for (size_t q = 0; q < 3; q++)
            test->level[r][q] = left <= 6 ? trace_level[left - 1][q] : (double)NAN;
    }
}

bool as_johansen_test(const double *x, size_t series, size_t count, size_t lags, as_johansen *test)
{
    if (series < 2 || series > AS_COINTEGRATION_SERIES_MAX || lags > AS_JOHANSEN_LAG_MAX ||
        count < 10 + series * (lags + 2))
        return false;
    gram_table gram;
    johansen_gram(x, series, count, lags, &gram);
    size_t out = series * lags;
    for (size_t k = 0; k < out; k++)
        if (!eliminate(&gram, k))
            return false;
    gram_mirror(&gram);
    as_johansen found = {.series = series, .count = count - 1 - lags};
    square s00;
    square skk;
    square half; /* S0k, then L00^-1 S0k, its transpose, Lkk^-1 of that */
    double n = (double)found.count;
    for (size_t i = 0; i < series; i++) {
        for (size_t j = 0; j < series; j++) {
            s00[i][j] = gram.g[out + i][out + j] / n;
            skk[i][j] = gram.g[out + series + i][out + series + j] / n;
            half[i][j] = gram.g[out + i][out + series + j] / n;
        }
    }
    square l00;
    square lkk;
    if (!cholesky(s00, series, l00) || !cholesky(skk, series, lkk))
        return false;
    solve_lower(l00, series, half);
    transpose(half, series);
    solve_lower(lkk, series, half);
    square a;
    square w;
    for (size_t i = 0; i < series; i++) {
        for (size_t j = 0; j < series; j++) {
            a[i][j] = 0;
            for (size_t k = 0; k < series; k++)
                a[i][j] += half[i][k] * half[j][k];
        }
    }
    eigen(a, w, series);
    order(a, w, lkk, series, &found);
    statistics(&found);
    *test = found;
    return true;
}

double as_half_life(const double *spread, size_t count)
{
    if (count < 4)
        return NAN;
    double n = (double)(count - 1);
    double level = 0;
    double step = (spread[count - 1] - spread[0]) / n;
    for (size_t t = 0; t + 1 < count; t++)
        level += spread[t] / n;
    double sxx = 0;
    double sxy = 0;
    for (size_t t = 0; t + 1 < count; t++) {
        sxx += (spread[t] - level) * (spread[t] - level);
        sxy += (spread[t] - level) * (spread[t + 1] - spread[t] - step);
    }
    return sxx > 0 && sxy < 0 ? -AS_LN2 * sxx / sxy : (double)NAN;
}
