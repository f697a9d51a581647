#include "apps/common/data_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "core/error.h"

/* This program's folder, without a slash at its end. */
static int own_folder(char *folder, size_t folder_bytes)
{
    ssize_t bytes = readlink("/proc/self/exe", folder, folder_bytes - 1);
    if (bytes < 0)
        return as_error_set(-errno, "/proc/self/exe: cannot be read: %s", strerror(errno));
    folder[bytes] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return 0;
}

static int join(const char *folder, const char *name, char *path, size_t path_bytes)
{
    int written = snprintf(path, path_bytes, "%s/%s", folder, name);
    if (written < 0 || (size_t)written >= path_bytes)
        return as_error_set(-ENAMETOOLONG, "%s/%s: the path is too long", folder, name);
    return 0;
}

int as_sibling_program(const char *name, char *path, size_t path_bytes)
{
    char folder[AS_PATH_BYTES];
    int rc = own_folder(folder, sizeof folder);
    if (rc == 0)
        rc = join(folder, name, path, path_bytes);
    if (rc == 0 && access(path, X_OK) < 0)
        rc = as_error_set(-errno, "%s: cannot be run: %s", path, strerror(errno));
    return rc;
}

int as_data_file(const char *name, char *path, size_t path_bytes)
{
    const char *given = getenv("AFTERSHOCK_DATA_DIR");
    char folder[AS_PATH_BYTES], place[2 * AS_PATH_BYTES];
    if (given && *given) {
        int rc = join(given, name, path, path_bytes);
        if (rc == 0 && access(path, R_OK) < 0)
            rc = as_error_set(-ENOENT, "AFTERSHOCK_DATA_DIR: %s is not there", path);
        return rc;
    }
    int rc = own_folder(folder, sizeof folder);
    if (rc < 0)
        return rc;
    static const char *const places[] = {"../../examples", "../share/aftershock"};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(place, sizeof place, "%s/%s", folder, places[i]);
        rc = join(place, name, path, path_bytes);
        if (rc < 0 || access(path, R_OK) == 0)
            return rc;
    }
#ifdef AS_DATA_DIR
    rc = join(AS_DATA_DIR, name, path, path_bytes);
    if (rc < 0 || access(path, R_OK) == 0)
        return rc;
#endif
    return as_error_set(-ENOENT,
                        "%s is found neither in %s/../../examples nor in %s/../share/aftershock; set "
                        "AFTERSHOCK_DATA_DIR to the folder that holds it",
                        name, folder, folder);
}
