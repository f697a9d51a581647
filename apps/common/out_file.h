/*
 * A file that appears when it is whole: written under a temporary name beside its place, put there at the end.
 *
 * Nothing is overwritten unless that was asked for. A name that ends in .gz or .zst is written compressed. "-" is
 * standard output; what exists and is no regular file (a FIFO, /dev/null) is written to as it is.
 * One thread. A program that is killed leaves the temporary file, never half of the real one.
 */
#ifndef AS_APPS_COMMON_OUT_FILE_H
#define AS_APPS_COMMON_OUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

typedef struct as_out_file as_out_file;

/*
 * Begin. named_only: the caller creates as_out_file_temporary itself (no stream; not for "-" and for what is no
 * regular file). 0, or a negative errno with the error chain set; -EEXIST: it is there, and overwrite is false.
 */
int as_out_file_open(const char *path, bool overwrite, bool named_only, as_out_file **out);

FILE *as_out_file_stream(as_out_file *out);
const char *as_out_file_temporary(const as_out_file *out);

/* Everything has been written: make it durable and put it in its place. 0, or a negative errno with the error chain
 * set, and then nothing is left behind. Frees. */
int as_out_file_commit(as_out_file *out);

/* Leave nothing behind. Frees; NULL is allowed. */
void as_out_file_abandon(as_out_file *out);

#endif
