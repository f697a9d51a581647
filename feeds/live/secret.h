/*
 * A feed's secret: the first line of a file that only its owner may read. It is never logged, and no error quotes it.
 *
 * Cold path, any thread. Memory: the caller's.
 */
#ifndef AS_FEEDS_SECRET_H
#define AS_FEEDS_SECRET_H

#include <stddef.h>

/*
 * The first line of a file into text, without its ending and with a terminating zero. 0; or a negative errno with the
 * error chain set: -EACCES if others than the owner may read, write or run the file, -EINVAL if the line is empty,
 * holds a control character, or has text_bytes bytes or more, and what open and read say. text is untouched then.
 */
int as_secret_read(const char *path, char *text, size_t text_bytes);

/* Overwrite a secret that is no longer needed; not optimised away. */
void as_secret_wipe(char *text, size_t text_bytes);

#endif
