/*
 * `aftershockd --check`: is a configuration, with everything that it names, right?
 *
 * Loads the configuration, universe and playbook, compiles the playbook's phrases, loads the strategies and reads the
 * history, all as a start would; opens no socket, and writes one line of counts. One thread, start-up only.
 */
#ifndef AS_APPS_COMMON_CHECK_H
#define AS_APPS_COMMON_CHECK_H

#include <stdio.h>

/*
 * 0 and the counts on out; or a negative errno with the error chain set and nothing written. Warnings go to stderr as
 * they are found (core/error.h) and are counted in the line.
 */
int as_check_config(const char *path, FILE *out);

#endif
