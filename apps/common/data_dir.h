/*
 * Where the files that come with the programs are: the folder that holds reference-day/ and bots/.
 *
 * $AFTERSHOCK_DATA_DIR, if it is set; else beside the program: ../../examples (a build tree inside the source tree),
 * ../share/aftershock (an installation); else the source tree that the program was built from.
 */
#ifndef AS_APPS_COMMON_DATA_DIR_H
#define AS_APPS_COMMON_DATA_DIR_H

#include <stddef.h>

/* The path of a file in it, in path. 0; -ENOENT with the error chain set, which names the places it was looked for. */
int as_data_file(const char *name, char *path, size_t path_bytes);

/* The path of another program in this program's own folder. 0 or a negative errno with the error chain set. */
int as_sibling_program(const char *name, char *path, size_t path_bytes);

#endif
