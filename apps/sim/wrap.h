/*
 * A BinaryFILE of ITCH messages as the packets that would have carried it: MoldUDP64 over UDP, in a pcapng file.
 *
 * A packet is closed when it is full (AS_SIM_DATAGRAM_BYTES) or the next message is of a later millisecond; its time is
 * that of its last message. One session id a day, sequence from 1, and an end-of-session packet.
 *
 * One thread. Memory: the BinaryFILE.
 */
#ifndef AS_APPS_SIM_WRAP_H
#define AS_APPS_SIM_WRAP_H

#include <stdint.h>

enum { AS_SIM_DATAGRAM_BYTES = 1400 };

/*
 * Write path `to` from the file `from`, and remove that. midnight: what its stamps count from, ns UTC; date: YYYYMMDD.
 * *packets grows by those written. 0, or a negative errno with the error chain set.
 */
int as_sim_wrap_moldudp64(const char *from, const char *to, uint64_t midnight, int32_t date, uint64_t *packets);

#endif
