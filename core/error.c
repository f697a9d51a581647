#include "core/error.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHAIN_MAX = 8, MESSAGE_BYTES = 512 };

static _Thread_local struct {
    int code;
    unsigned count;
    char message[CHAIN_MAX][MESSAGE_BYTES];
} chain;

static atomic_uint warn_count;
static unsigned message_level = 2;
static bool never_wait;
static atomic_uint unsaid; /* lines since the last one that was printed */

int as_error_set(int code, const char *format, ...)
{
    va_list args;
    chain.code = code;
    chain.count = 1;
    va_start(args, format);
    vsnprintf(chain.message[0], MESSAGE_BYTES, format, args);
    va_end(args);
    return code;
}

int as_error_add(const char *format, ...)
{
    if (chain.count < CHAIN_MAX) {
        va_list args;
        va_start(args, format);
        vsnprintf(chain.message[chain.count++], MESSAGE_BYTES, format, args);
        va_end(args);
    }
    return chain.code;
}

int as_error_code(void)
{
    return chain.code;
}

const char *as_error_message(unsigned idx)
{
    return idx < chain.count ? chain.message[idx] : NULL;
}

void as_error_print(FILE *stream, const char *program)
{
    for (unsigned i = chain.count; i > 0; i--)
        fprintf(stream, "%s: %s%s\n", program, chain.message[i - 1], i > 1 ? ":" : "");
}

void as_error_clear(void)
{
    chain.code = 0;
    chain.count = 0;
}

/* What others have said may stand in a message: it must not look like another one, or move the cursor. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

/* A reader of stderr that sleeps must not stop who has something to say. */
static bool may_say(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (!never_wait || poll(&out, 1, 0) > 0)
        return true;
    atomic_fetch_add_explicit(&unsaid, 1, memory_order_relaxed); /* relaxed: a statistic */
    return false;
}

static void say(const char *kind, const char *text)
{
    if (!may_say())
        return;
    unsigned lost = atomic_exchange_explicit(&unsaid, 0, memory_order_relaxed); /* relaxed: a statistic */
    if (lost)
        fprintf(stderr, "%s%s (%u lines before it were lost: nobody read them)\n", kind, text, lost);
    else
        fprintf(stderr, "%s%s\n", kind, text);
}

void as_warn(const char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    make_printable(text);
    if (message_level >= 1)
        say("warning: ", text);
    atomic_fetch_add_explicit(&warn_count, 1, memory_order_relaxed); /* relaxed: a statistic */
}

unsigned as_warn_count(void)
{
    return atomic_load_explicit(&warn_count, memory_order_relaxed); /* relaxed: a statistic */
}

void as_note(const char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list args;
    if (message_level < 2)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    make_printable(text);
    say("", text);
}

void as_message_never_wait(void)
{
    never_wait = true;
}

void as_message_level(unsigned level)
{
    message_level = level;
}

_Noreturn void as_assert_fail(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    abort();
}
