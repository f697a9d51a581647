#include "apps/aftershock/commands.h"
int as_cmd_demo(int argc, char **argv);
int as_cmd_demo(int argc, char **argv){(void)argc;(void)argv;return 1;}
