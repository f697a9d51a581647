/*
 * The subcommands of aftershock. argv[0] is `aftershock` and the subcommand's name; the result is the exit status:
 * 0 done, 1 failed while running, 2 usage, configuration or input error.
 */
#ifndef AS_APPS_AFTERSHOCK_COMMANDS_H
#define AS_APPS_AFTERSHOCK_COMMANDS_H

int as_cmd_backtest(int argc, char **argv);
int as_cmd_bench(int argc, char **argv);
int as_cmd_convert(int argc, char **argv);
int as_cmd_ctl(int argc, char **argv);
int as_cmd_demo(int argc, char **argv);
int as_cmd_desk(int argc, char **argv);
int as_cmd_explain(int argc, char **argv);
int as_cmd_inspect(int argc, char **argv);
int as_cmd_keygen(int argc, char **argv);
int as_cmd_listen(int argc, char **argv);
int as_cmd_replay(int argc, char **argv);
int as_cmd_simulate(int argc, char **argv);
int as_cmd_study(int argc, char **argv);

#endif
