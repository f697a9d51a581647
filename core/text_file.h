/*
 * A small file, read whole: configuration, universe, playbook. Start-up and reload only.
 */
#ifndef AS_CORE_TEXT_FILE_H
#define AS_CORE_TEXT_FILE_H

#include <stddef.h>

enum { AS_TEXT_FILE_BYTES_MAX = 64 << 20 };

/*
 * Read path, at most bytes_max bytes of it. *text is on the heap, has a zero after its last byte, and is the caller's.
 * 0, or a negative errno with the error chain set ("path: cannot be opened: ...", a folder, too large, out of memory).
 */
int as_text_file_read(const char *path, size_t bytes_max, char **text, size_t *text_bytes);

#endif
