#include "apps/common/demo_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"

enum { LOOK_NS = 5000000, NOT_STARTED = 127 };

/* In the new process, between fork and exec. */
static _Noreturn void become(char *const argv[], int log, int out, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && dup2(log, STDERR_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
        execvp(argv[0], argv);
    _exit(NOT_STARTED);
}

int as_child_start(as_child *child, char *const argv[], const char *log_path, bool pipe_out)
{
    int pipes[2] = {-1, -1};
    *child = (as_child){.out = -1};
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0)
        return as_error_set(-errno, "%s: cannot be written: %s", log_path, strerror(errno));
    if (pipe_out && pipe2(pipes, O_CLOEXEC) < 0) {
        int rc = as_error_set(-errno, "%s: no pipe: %s", argv[0], strerror(errno));
        close(log);
        return rc;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(argv, log, pipe_out ? pipes[1] : log, parent);
    int rc = pid < 0 ? as_error_set(-errno, "%s: cannot be started: %s", argv[0], strerror(errno)) : 0;
    close(log);
    if (pipe_out) {
        close(pipes[1]);
        if (rc < 0 || fcntl(pipes[0], F_SETFL, O_NONBLOCK) < 0)
            close(pipes[0]);
        else
            child->out = pipes[0];
    }
    if (rc == 0)
        child->pid = pid;
    return rc;
}

bool as_child_running(as_child *child)
{
    int status;
    if (child->pid == 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
        return child->pid != 0;
    child->pid = 0;
    child->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return false;
}

bool as_child_line(as_child *child, char *line, size_t line_bytes)
{
    for (char c; child->out >= 0 && read(child->out, &c, 1) == 1;) {
        if (c != '\n') {
            if (child->line_bytes + 1 < sizeof child->line)
                child->line[child->line_bytes++] = c;
            continue;
        }
        size_t bytes = child->line_bytes < line_bytes ? child->line_bytes : line_bytes - 1;
        memcpy(line, child->line, bytes);
        line[bytes] = '\0';
        child->line_bytes = 0;
        return true;
    }
    return false;
}

int as_child_end(as_child *child, int signal_number, unsigned timeout_ms)
{
    if (child->pid && signal_number)
        kill(child->pid, signal_number);
    for (unsigned waited = 0; as_child_running(child) && waited < timeout_ms; waited += LOOK_NS / 1000000)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    if (as_child_running(child)) {
        kill(child->pid, SIGKILL);
        while (as_child_running(child))
            nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    return child->status;
}

int as_child_run(char *const argv[], const char *log_path)
{
    as_child child;
    int rc = as_child_start(&child, argv, log_path, false);
    return rc < 0 ? rc : as_child_end(&child, 0, 10000);
}
