/* The programs' version, as `--version` prints it. */
#ifndef AS_APPS_COMMON_VERSION_H
#define AS_APPS_COMMON_VERSION_H

#define AS_VERSION "0.1.0"

#endif
