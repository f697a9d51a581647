/*
 * Other programs that the demo runs: start, listen to, end.
 *
 * A child dies with its parent. Its standard error goes to a file, its standard output to a pipe or to the same file.
 * One thread.
 */
#ifndef AS_APPS_COMMON_DEMO_CHILD_H
#define AS_APPS_COMMON_DEMO_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct as_child {
    pid_t pid;   /* 0: not running */
    int out;     /* its standard output, non-blocking; -1: none */
    int status;  /* exit status once it has ended; 128 + signal if one ended it */
    char line[512];
    size_t line_bytes;
} as_child;

/* argv[0] is looked for in PATH if it has no slash. 0, or a negative errno with the error chain set. */
int as_child_start(as_child *child, char *const argv[], const char *log_path, bool pipe_out);

bool as_child_running(as_child *child);

/* A whole line of its output, without LF, if there is one; too long ones are cut. Does not wait. */
bool as_child_line(as_child *child, char *line, size_t line_bytes);

/* Send a signal (0: none), wait up to timeout_ms, then SIGKILL. Returns the exit status. Safe if it is not running. */
int as_child_end(as_child *child, int signal_number, unsigned timeout_ms);

/* Run to its end, output and errors to log_path: the exit status, or a negative errno. */
int as_child_run(char *const argv[], const char *log_path);

#endif
