#include "ipc/keeper/answer.h"

#include "ipc/codec.h"

enum { HEAD_KEYS = 10 };

static void put_text(as_writer *writer, const char *key, const char *text)
{
    as_writer_key(writer, key);
    text &&*text ? as_writer_text(writer, text) : as_writer_nil(writer);
}

static void put_uint(as_writer *writer, const char *key, bool given, uint64_t value)
{
    as_writer_key(writer, key);
    given ? as_writer_uint(writer, value) : as_writer_nil(writer);
}

void as_answer_begin(as_writer *writer, const as_answer_head *head, unsigned keys)
{
    as_writer_map(writer, HEAD_KEYS + keys);
    put_uint(writer, "v", true, AS_WIRE_VERSION);
    put_text(writer, "op", head->op);
    put_uint(writer, "id", head->has_id, head->id);
    put_text(writer, "error", head->error);
    put_text(writer, "detail", head->error ? head->detail : NULL);
    put_uint(writer, "epoch", true, head->epoch);
    put_uint(writer, "gseq", true, head->gseq);
    put_uint(writer, "oldest", true, head->oldest);
    put_uint(writer, "ts_now", head->ts_now != 0, head->ts_now);
    as_writer_key(writer, "halted");
    as_writer_bool(writer, head->halted);
}

void as_answer_message(as_writer *writer, const as_message_view *message)
{
    as_writer_array(writer, 2);
    as_writer_text_bytes(writer, (const char *)message->topic, message->topic_bytes);
    as_writer_bin(writer, message->payload, message->payload_bytes);
    as_writer_array_end(writer);
}
