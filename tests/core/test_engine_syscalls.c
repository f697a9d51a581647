/*
 * DESIGN 6.2: between entry and return of the engine's step there is no system call. A child forbids itself every
 * system call but exit_group (seccomp, SECCOMP_RET_KILL_PROCESS) and takes thousands of steps; the kernel is the judge.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/support/world.h"

enum { SESSIONS = 70, QUOTES = 20000, STATUS_REFUSED = 99 };

static unsigned decisions;
static long (*at_a_decision)(void); /* what the emit function calls besides counting; NULL: nothing */

static void count_decision(void *context, const as_decision *decision)
{
    (void)context;
    decisions += decision->type != 0;
    if (at_a_decision)
        (void)at_a_decision();
}

static long call_the_kernel(void)
{
    return syscall(SYS_getppid);
}

static int forbid_system_calls(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void quote(ast_world *world, uint32_t instrument, uint64_t ts, int64_t mid)
{
    as_event event = {
        .kind = AS_EVENT_QUOTE,
        .ts_event = ts,
        .ts_recv = ts,
        .instrument = instrument,
        .flags = AS_EVENT_LAST,
        .quote = {.bid_px = mid - AS_PX_ONE / 100, .bid_qty = 100, .ask_px = mid + AS_PX_ONE / 100, .ask_qty = 100}};
    as_merge_event(&world->merge, &event, NULL, NULL);
}

static void order(ast_world *world, uint64_t ts, uint64_t ref, int64_t px, uint8_t side)
{
    as_event event = {.kind = AS_EVENT_ORDER_ADD,
                      .ts_event = ts,
                      .ts_recv = ts,
                      .instrument = AST_FAR3,
                      .flags = (uint8_t)(AS_EVENT_LAST | side),
                      .order = {.ref = ref, .px = px, .qty = 100}};
    as_merge_event(&world->merge, &event, NULL, NULL);
    event.kind = AS_EVENT_ORDER_DELETE;
    as_merge_event(&world->merge, &event, NULL, NULL);
}

/* A headline, its repetition, a day of quotes that cross thresholds, a denial, sessions until everything has ended. */
static void run_a_fact(ast_world *world, uint64_t close)
{
    uint64_t ts = close + 15 * AS_NS_PER_HOUR;
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, ts);
    ast_say(world, &rumour);
    rumour.ts_recv += AS_NS_PER_S;
    ast_say(world, &rumour);
    ts = close + 18 * AS_NS_PER_HOUR;
    for (unsigned i = 0; i < QUOTES; i++) {
        uint32_t instrument = i % AST_LONE;
        double move = (i / 500 % 2 ? 1 : -1) * 0.04 * (instrument >= AST_NEAR && instrument <= AST_FAR2);
        if (instrument == AST_EPI)
            move = 0.05;
        ts += AS_NS_PER_S / 4;
        quote(world, instrument, ts, (int64_t)((double)world->px[instrument] * (1 + move)));
        if (i % 100 == 0)
            order(world, ts, i + 1, world->px[AST_FAR3], i % 200 ? AS_EVENT_SELL : 0);
    }
    as_headline denial = ast_headline("denial", "Epicentre Corp", AST_EPI, ts + AS_NS_PER_S);
    denial.reading.source_class = AS_CLASS_OFFICIAL;
    denial.reading.cue = AS_CUE_DENIED;
    ast_say(world, &denial);
    as_event reload = {.kind = AS_EVENT_RELOAD, .instrument = AS_INSTRUMENT_NONE, .ts_recv = ts + 2 * AS_NS_PER_S};
    as_merge_event(&world->merge, &reload, NULL, world->playbook);
    const as_calendar *calendar = world->universe.calendar[0];
    for (unsigned i = 0; i < 14; i++) {
        close = as_calendar_session(calendar, (i ? close : ts) + 1)->close;
        ast_day(world, close, NULL, NULL);
    }
    as_engine_flush(world->engine);
}

/* 0 when every kind of step was taken and none was refused. */
static int steps_were_taken(const ast_world *world)
{
    const as_engine_counters *c = &world->engine->counters;
    bool all = c->events > QUOTES && c->facts == 1 && c->shocks == 1 && c->headlines == 3 && c->headlines_repeated &&
               c->timers > SESSIONS && c->reloads == 1 && c->opened[AS_SIGNAL_OVERREACTION] && decisions > 4 &&
               world->engine->market.counters.orders > 100 && world->engine->shocks.open_count == 0;
    return all ? 0 : 1;
}

/* The wait status of a child that runs the world with system calls forbidden. */
static int status_of_child(long (*besides)(void))
{
#ifdef AS_NO_JEMALLOC
    print_message("skipped: a sanitizer makes system calls of its own\n");
    skip();
#endif
    ast_world world;
    ast_world_init(&world);
    world.engine->emit = count_decision;
    at_a_decision = besides;
    decisions = 0;
    uint64_t close = ast_history(&world, 20260630, SESSIONS);
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        if (forbid_system_calls() != 0)
            _exit(STATUS_REFUSED);
        run_a_fact(&world, close);
        _exit(steps_were_taken(&world));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    ast_world_fini(&world);
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_REFUSED) {
        print_message("skipped: seccomp is not permitted here\n");
        skip();
    }
    return status;
}

static void the_step_makes_no_system_call(void **state)
{
    (void)state;
    int status = status_of_child(NULL);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_system_call_within_the_step_would_be_noticed(void **state)
{
    (void)state;
    int status = status_of_child(call_the_kernel);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_step_makes_no_system_call),
        cmocka_unit_test(a_system_call_within_the_step_would_be_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
