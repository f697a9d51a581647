#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zmq.h>

#include "core/error.h"
#include "ipc/keeper/endpoint.h"

static char folder[64], path[128];
static void *context;

static int fresh(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/ast_endpoint_XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    context = zmq_ctx_new();
    return 0;
}

static int clean(void **state)
{
    (void)state;
    zmq_ctx_term(context);
    unlink(path);
    return rmdir(folder);
}

static int listen_there(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void only_a_stale_socket_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(as_endpoint_clear(path), 0); /* nothing there */
    int fd = listen_there();
    assert_int_equal(as_endpoint_clear(path), -EADDRINUSE);
    assert_non_null(strstr(as_error_message(0), path));
    assert_int_equal(access(path, F_OK), 0);
    close(fd); /* the file stays: as after kill -9 */
    assert_int_equal(as_endpoint_clear(path), 0);
    assert_int_equal(access(path, F_OK), -1);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(as_endpoint_clear(path), -EEXIST); /* somebody's file */
    assert_int_equal(access(path, F_OK), 0);
}

static void only_the_owner_gets_in(void **state)
{
    (void)state;
    struct stat info;
    char url[160];
    void *router = zmq_socket(context, ZMQ_ROUTER), *req = zmq_socket(context, ZMQ_REQ);
    mode_t before = umask(0);
    assert_int_equal(as_endpoint_bind_private(router, path), 0);
    umask(before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    (void)snprintf(url, sizeof url, "ipc://%s", path);
    int timeout = 5000;
    zmq_setsockopt(router, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    assert_int_equal(zmq_connect(req, url), 0);
    assert_int_equal(zmq_send(req, "x", 1, 0), 1);
    char identity[16];
    assert_int_equal(zmq_recv(router, identity, sizeof identity, 0), 5);
    void *second = zmq_socket(context, ZMQ_ROUTER);
    assert_int_equal(as_endpoint_bind_private(second, path), -EADDRINUSE);
    zmq_close(second);
    zmq_close(req);
    zmq_close(router);
}

static void the_mode_is_the_one_asked_for(void **state)
{
    (void)state;
    struct stat info;
    void *router = zmq_socket(context, ZMQ_ROUTER);
    mode_t before = umask(0077);
    assert_int_equal(as_endpoint_bind(router, path, 0660), 0);
    umask(before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0660);
    zmq_close(router);
}

static void a_folder_that_others_can_write_to_is_refused(void **state)
{
    (void)state;
    void *router = zmq_socket(context, ZMQ_ROUTER);
    chmod(folder, 0777);
    assert_int_equal(as_endpoint_bind_private(router, path), -EPERM);
    assert_non_null(strstr(as_error_message(0), "0777"));
    chmod(folder, 0770);
    assert_int_equal(as_endpoint_bind_private(router, path), -EPERM);
    assert_non_null(strstr(as_error_message(0), "0770"));
    chmod(folder, 01777);
    assert_int_equal(as_endpoint_bind_private(router, path), 0);
    zmq_close(router);
}

static void paths_that_cannot_be_are_errors(void **state)
{
    (void)state;
    char far[256];
    void *router = zmq_socket(context, ZMQ_ROUTER);
    memset(far, 'a', sizeof far);
    far[0] = '/';
    far[sizeof far - 1] = 0;
    assert_int_equal(as_endpoint_bind_private(router, far), -ENAMETOOLONG);
    assert_int_equal(as_endpoint_bind_private(router, "/no such folder/socket"), -ENOENT);
    zmq_close(router);
    as_error_clear();
}

int main(void)
{
#define FOLDER(test) cmocka_unit_test_setup_teardown(test, fresh, clean)
    const struct CMUnitTest tests[] = {
        FOLDER(only_a_stale_socket_is_replaced), FOLDER(only_the_owner_gets_in),
        FOLDER(the_mode_is_the_one_asked_for),   FOLDER(a_folder_that_others_can_write_to_is_refused),
        FOLDER(paths_that_cannot_be_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
