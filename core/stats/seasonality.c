#include "core/stats/seasonality.h"

double as_seasonality_cumulative(double x)
{
    if (!(x > 0.0))
        return 0.0;
    if (x >= 1.0)
        return 1.0;
    return x * (9.0 + x * (8.0 * x - 12.0)) / 5.0;
}

double as_seasonality_density(double x)
{
    if (!(x >= 0.0 && x <= 1.0))
        return 0.0;
    double centred = 2.0 * x - 1.0;
    return (1.0 + 2.0 * centred * centred) * 3.0 / 5.0;
}
