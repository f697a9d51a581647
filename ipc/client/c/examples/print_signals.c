/*
 * Print what the daemon says, a line each.
 *
 *     print_signals [--live E] [--requests E] [--seconds N] [PREFIX...]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aftershock_client.h"

static void print_signal(const as_client_message *m)
{
    const as_client_body *b = &m->body;
    printf("%-6s %-14s %-8s side %+d strength %.2f", b->action, b->kind ? b->kind : "-", b->sym ? b->sym : "-",
           b->side == AS_CLIENT_NIL_INT ? 0 : (int)b->side, b->strength);
    if (!isnan(b->rev_bps))
        printf(" reversion %.0f bps, cost %.0f bps", b->rev_bps, b->cost_bps);
    for (size_t i = 0; i < b->reasons_count; i++)
        printf(" %s", b->reasons[i]);
    printf("%s%s%s%s\n", m->snapshot ? " [snapshot]" : "", m->repaired ? " [repaired]" : "", m->stale ? " [stale]" : "",
           m->actionable ? " [actionable]" : "");
}

static void print_item(const as_client_item *item, const as_client *client)
{
    const as_client_message *m = &item->message;
    if (item->kind == AS_CLIENT_GAP)
        printf("GAP %s%s%s: %llu lost, %s; state %s\n", as_client_cause_name(item->gap.cause),
               item->gap.topic[0] ? " " : "", item->gap.topic, (unsigned long long)item->gap.lost,
               item->gap.repaired ? "repaired" : "NOT repaired", as_client_state_name(as_client_state_get(client)));
    else if (m->kind == AS_CLIENT_SIGNAL)
        print_signal(m);
    else if (m->kind == AS_CLIENT_FACT || m->kind == AS_CLIENT_SHOCK)
        printf("%-6s %s %s\n", m->body.kind ? m->body.kind : "-", m->body.fact, m->body.status ? m->body.status : "-");
    else
        printf("%s %s\n", m->topic, m->body.state ? m->body.state : m->body.what ? m->body.what : "");
}

static void tell_refusal(const as_client *client)
{
    static char told[256];
    if (strcmp(told, as_client_error(client)) == 0)
        return;
    (void)snprintf(told, sizeof told, "%s", as_client_error(client));
    (void)fprintf(stderr, "the daemon refuses: %s\n", told);
}

int main(int argc, char **argv)
{
    as_client_options options = as_client_defaults();
    const char *topics[AS_CLIENT_TOPICS_MAX];
    size_t topics_count = 0;
    double seconds = 1e9;
    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--live") == 0)
            options.live = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--requests") == 0)
            options.requests = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[++i], NULL);
        else if (argv[i][0] != '-' && topics_count < AS_CLIENT_TOPICS_MAX)
            topics[topics_count++] = argv[i];
        else
            return fprintf(stderr, "usage: print_signals [--live E] [--requests E] [--seconds N] [PREFIX...]\n"), 2;
    }
    if (topics_count) {
        options.topics = topics;
        options.topics_count = topics_count;
    }
    char error[256];
    as_client *client = as_client_new(&options, error, sizeof error);
    if (!client)
        return fprintf(stderr, "print_signals: %s\n", error), 2;
    as_client_item item;
    time_t begun = time(NULL);
    int rc = 0;
    while (difftime(time(NULL), begun) < seconds && (rc = as_client_next(client, 200, &item)) >= 0) {
        tell_refusal(client);
        if (rc > 0) {
            print_item(&item, client);
            (void)fflush(stdout);
        }
    }
    as_client_free(client);
    return rc < 0;
}
