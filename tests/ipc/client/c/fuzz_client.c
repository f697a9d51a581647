/*
 * Any bytes as a stream of messages and answers: the core accepts or refuses them within its bounds. The input is
 * cut into steps: a byte that says what the step is, two of length, then the bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/client/c/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void drain(asc_core *core, uint64_t now)
{
    static asc_arena arena;
    asc_item item;
    as_client_body body;
    const uint8_t *request;
    size_t request_bytes;
    char hex[65];
    while (asc_core_pop(core, &item)) {
        if (item.message && !asc_message_body(item.message, &arena, &body))
            abort();
        if (item.actionable && (item.message->kind != AS_CLIENT_SIGNAL || item.message->side == 0 || item.stale))
            abort();
        asc_item_fini(&item);
    }
    if (asc_core_request(core, &request, &request_bytes) && request_bytes > ASC_REQUEST_BYTES_MAX)
        abort();
    asc_core_request_sent(core);
    (void)asc_core_ts_now(core, now);
    if (!asc_state_hash(asc_core_entries(core), hex))
        abort();
}

static void step(asc_core *core, uint8_t what, const uint8_t *at, size_t n, uint64_t now)
{
    static const char *const topics[] = {
        "sig.mean_reversion.NVDA.", "fact.META.", "shock.META.", "feed.wire.", "hb.", "sys.",
        "sig.mean_reversion.AMD.",  "sig."};
    const char *topic = topics[what & 7];
    switch (what >> 3 & 3) {
    case 0: case 1: asc_core_message(core, now, topic, strlen(topic), at, n); break;
    case 2: asc_core_answer(core, now, at, n); break;
    default:
        if (what & 1)
            asc_core_acknowledge(core, now);
        else
            asc_core_tick(core, now);
    }
    drain(core, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char *const topics[] = {"sig.", "fact.", "shock.", "feed."};
    asc_core *core = asc_core_new(&(asc_settings){.topics = topics, .topics_count = 4, .heartbeat_ns = 250000000});
    uint64_t now = 0;
    if (!core)
        abort();
    while (bytes >= 3) {
        uint8_t what = data[0];
        size_t n = (size_t)data[1] | (size_t)data[2] << 8;
        data += 3;
        bytes -= 3;
        n = n < bytes ? n : bytes;
        now += (uint64_t)(what >> 5) * 100000000;
        step(core, what, data, n, now);
        data += n;
        bytes -= n;
    }
    asc_core_free(core);
    return 0;
}
