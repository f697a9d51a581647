#include "apps/aftershockd/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void as_notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t bytes = path ? strlen(path) : 0;
    if (bytes < 2 || bytes >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(address.sun_path, path, bytes);
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* an abstract name */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t address_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes);
    sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address, address_bytes);
    close(fd);
}

void as_notify_alive(uint64_t now)
{
    static uint64_t interval = UINT64_MAX, last; /* the supervisor's */
    if (interval == UINT64_MAX) {
        const char *text = getenv("WATCHDOG_USEC");
        interval = text ? strtoull(text, NULL, 10) * 500 : 0; /* half of it, in ns */
    }
    if (interval == 0 || now - last < interval)
        return;
    last = now;
    as_notify("WATCHDOG=1");
}
