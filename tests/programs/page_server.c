/*
 * The HTTP server alone, with a recorded state: page_server STATE.json. Prints its port, serves until its standard
 * input ends. The file is read anew for each request, so that a test can change what the page is told.
 */
#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "ipc/http.h"

static void state(void *context, FILE *out)
{
    char buffer[4096];
    FILE *file = fopen(context, "re");
    for (size_t bytes; file && (bytes = fread(buffer, 1, sizeof buffer, file)) > 0;)
        fwrite(buffer, 1, bytes, out);
    if (file)
        fclose(file);
}

static void metrics(void *context, FILE *out)
{
    (void)context;
    fputs("aftershock_test 1\n", out);
}

static bool health(void *context, FILE *out)
{
    (void)context, (void)out;
    return true;
}

int main(int argc, char **argv)
{
    as_http *http;
    char byte;
    as_http_options options = {
        .address = "127.0.0.1:0", .context = argv[1], .metrics = metrics, .health = health, .state = state};
    if (argc != 2 || as_http_start(&options, &http) < 0) {
        as_error_print(stderr, "page_server");
        return 1;
    }
    printf("%u\n", as_http_port(http));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {}
    as_http_stop(http);
    return 0;
}
