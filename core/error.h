/*
 * Errors of start-up and control: a cause and the contexts it passed through.
 *
 * The function that finds a problem records it once with as_error_set; callers add what they were doing with
 * as_error_add; a program's main prints the chain. The hot path never comes here: it counts (STYLE, Errors).
 *
 * Threads: the chain is thread-local. Memory: fixed, 8 messages of 512 bytes; a longer message is cut.
 * Messages name the thing, what was found and what is allowed; for a file they begin "path:line: ".
 */
#ifndef AS_CORE_ERROR_H
#define AS_CORE_ERROR_H

#include <stdio.h>

/*
 * Start a new chain. code is a negative errno; it is returned, so that `return as_error_set(-EINVAL, ...)` reads
 * well.
 */
int as_error_set(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Add a context to the chain. Returns the chain's code. */
int as_error_add(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The chain's code, 0 if there is none. */
int as_error_code(void);

/* The i-th message, the cause first; NULL beyond the last. */
const char *as_error_message(unsigned idx);

/* Print the chain, outermost context first, cause last, one line each. */
void as_error_print(FILE *stream, const char *program);

void as_error_clear(void);

/*
 * Warnings do not stop anything: they are counted, and printed on stderr unless the level forbids it. Notes say what a
 * program is doing. as_message_level: 0 neither, 1 warnings, 2 (the default) both; set once, before threads.
 * as_message_never_wait, likewise: a line for which a stuck stderr has no room is lost, and the next one says so.
 */
void as_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
unsigned as_warn_count(void);
void as_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void as_message_level(unsigned level);
void as_message_never_wait(void);

/*
 * Programmer errors. AS_ASSERT stays in release builds (never on the hot path); AS_DCHECK only where NDEBUG is not set.
 */
_Noreturn void as_assert_fail(const char *expression, const char *file, int line);
#define AS_ASSERT(expression) ((expression) ? (void)0 : as_assert_fail(#expression, __FILE__, __LINE__))
#ifdef NDEBUG
#define AS_DCHECK(expression) ((void)0)
#else
#define AS_DCHECK(expression) AS_ASSERT(expression)
#endif

#endif
