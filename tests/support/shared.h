/*
 * Recorded data that are not part of the project: looked for under AFTERSHOCK_SHARED (default ../shared).
 */
#ifndef AST_SUPPORT_SHARED_H
#define AST_SUPPORT_SHARED_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The file's bytes, uncompressed if its name ends in .gz; to be freed. NULL, having said that the test is skipped,
 * if it is not there.
 */
static inline uint8_t *ast_shared_read(const char *relative_path, size_t *bytes)
{
    const char *root = getenv("AFTERSHOCK_SHARED");
    char path[1024], command[1100];
    (void)snprintf(path, sizeof path, "%s/%s", root && *root ? root : "../shared", relative_path);
    if (access(path, R_OK) != 0) {
        (void)printf("skipped: %s not present\n", path);
        return NULL;
    }
    size_t name_bytes = strlen(path);
    int gz = name_bytes > 3 && strcmp(path + name_bytes - 3, ".gz") == 0;
    (void)snprintf(command, sizeof command, "%s '%s'", gz ? "gzip -dc" : "cat", path);
    FILE *stream = popen(command, "r");
    if (!stream)
        exit(1);
    size_t used = 0, room = 1 << 16;
    uint8_t *data = malloc(room);
    for (size_t n; data && (n = fread(data + used, 1, room - used, stream)) > 0;) {
        used += n;
        if (used == room)
            data = realloc(data, room *= 2);
    }
    if (pclose(stream) != 0 || !data)
        exit(1);
    *bytes = used;
    return data;
}

#endif
