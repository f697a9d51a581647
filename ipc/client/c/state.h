/*
 * What is true: the latest message of each entry (docs/WIRE.md, "State"), so that its hash can be compared with the
 * publisher's. Messages may come late, from a repair, behind later ones of other topics: an older one never replaces a
 * newer one, and a shock never comes back behind the end of its fact.
 */
#ifndef ASC_STATE_H
#define ASC_STATE_H

#include "message.h"
#include "table.h"

enum { ASC_STATE_MAX = 1 << 20 }; /* entries */

/* Zeroes are an empty state. */
typedef struct asc_state {
    asc_table entries; /* of asc_message */
    asc_table ended;   /* facts that expired, until asc_state_settle: asc_message too */
} asc_state;

void asc_state_fini(asc_state *state);
/* false: no memory, or full. */
bool asc_state_apply(asc_state *state, asc_message *message);
/* The entry that a message belongs to, NULL if none. */
asc_message *asc_state_find(const asc_state *state, const asc_message *message);
/* Nothing before this gseq will come any more. */
void asc_state_settle(asc_state *state, uint64_t gseq);
/* All entries in order of gseq, to be freed by the caller; NULL if empty or without memory. */
asc_message **asc_state_sorted(const asc_state *state, size_t *count);
/* The empty state has a hash too. false: no memory. */
bool asc_state_hash(const asc_state *state, char hex[65]);
/* The open signal with the lowest gseq above this one, NULL if none. */
asc_message *asc_state_signal_after(const asc_state *state, uint64_t gseq);

#endif
