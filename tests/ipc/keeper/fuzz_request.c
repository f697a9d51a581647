/*
 * Any bytes as a request: parsed or refused with a reason, and what was parsed is answered, within an answer's size.
 * Seeds: tests/corpus/request.
 */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "ipc/frame_check.h"
#include "ipc/keeper/operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_bytes);

static as_keeper keeper;
static as_operations operations;

static void begin(void)
{
    const as_keeper_options options = {.memory_bytes = 1 << 18};
    if (as_keeper_init(&keeper, &options) || as_operations_init(&operations, &keeper, 77))
        abort();
    for (uint64_t gseq = 1; gseq <= 100; gseq++) {
        uint8_t record[sizeof(as_message) + 12];
        as_message message = {
            .gseq = gseq, .kind = AS_MESSAGE_SIGNAL, .effect = AS_EFFECT_SET, .topic_bytes = 4, .payload_bytes = 8};
        memcpy(message.key, &gseq, sizeof gseq);
        memcpy(record, &message, sizeof message);
        memcpy(record + sizeof message, "sig.", 4);
        memcpy(record + sizeof message + 4, &gseq, sizeof gseq);
        if (!as_keeper_take(&keeper, record, sizeof record))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_bytes)
{
    static as_task task;
    if (!keeper.backlog)
        begin();
    task.next = 0;
    bool right = as_request_parse(data, data_bytes, data_bytes & 1, &task.request);
    AS_ASSERT(right == !task.request.error);
    AS_ASSERT(right || *task.request.detail);
    AS_ASSERT(task.request.prefixes.count <= AS_PREFIXES_MAX);
    as_outcome outcome = as_operations_do(&operations, &task, NULL, data_bytes & 2, 1);
    AS_ASSERT(outcome.answer_bytes <= AS_ANSWER_BYTES_MAX);
    AS_ASSERT(outcome.answer_bytes == 0 || as_frame_check(operations.answer, outcome.answer_bytes) == AS_FRAME_OK);
    return 0;
}
