#include "aftershock_client.h"

const char *as_client_state_name(as_client_state state)
{
    static const char *const names[] = {"connecting", "syncing", "live", "repairing", "dead", "bye"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "?";
}

const char *as_client_cause_name(as_client_cause cause)
{
    static const char *const names[] = {"tseq", "tail", "missed", "epoch", "dead", "malformed"};
    return (unsigned)cause < sizeof names / sizeof *names ? names[cause] : "?";
}
