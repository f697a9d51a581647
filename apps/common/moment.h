/* Moments and dates on the command line. */
#ifndef AS_APPS_COMMON_MOMENT_H
#define AS_APPS_COMMON_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * YYYY-MM-DD, YYYY-MM-DDTHH:MM[:SS[.frac]][Z], or an integer of ns since 1970; UTC. -EINVAL with the error chain
 * set.
 */
int as_moment_parse(const char *option, const char *text, uint64_t *ns);

/* YYYYMMDD or YYYY-MM-DD. */
int as_date_parse(const char *option, const char *text, int32_t *date);

#endif
