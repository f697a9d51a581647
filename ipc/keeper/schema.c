#include "ipc/keeper/schema.h"

/* clang-format off */
static const as_schema_key envelope[] = {
    {"v", "uint", "", false},
    {"epoch", "uint", "", false},
    {"gseq", "uint", "messages", false},
    {"tseq", "uint", "messages", false},
    {"prev", "uint", "", false},
    {"ts_pub", "uint", "ns UTC", false},
    {"replay", "bool", "", false},
};

static const as_schema_key sig[] = {
    {"kind", "text", "", false},
    {"action", "text", "", false},
    {"id", "text", "32 hex digits", false},
    {"sym", "text", "", false},
    {"side", "int", "", false},
    {"strength", "float", "", true},
    {"p", "float", "0 to 1", true},
    {"z", "float", "sigma", true},
    {"e", "float", "sigma", true},
    {"os", "float", "", true},
    {"b", "float", "0 to 1", true},
    {"k", "float", "", true},
    {"s", "float", "", true},
    {"rev_bps", "float", "bps", true},
    {"cost_bps", "float", "bps", true},
    {"half_life_ns", "uint", "ns", true},
    {"horizon_ns", "uint", "ns", false},
    {"valid_until", "uint", "ns UTC", false},
    {"px", "int", "1e-9", true},
    {"target", "int", "1e-9", true},
    {"stop", "int", "1e-9", true},
    {"fact", "text", "", true},
    {"status", "text", "", true},
    {"headlines", "array of text", "", false},
    {"ts_event", "uint", "ns UTC", false},
    {"ts_recv", "uint", "ns UTC", false},
    {"tick", "array of 2", "", false},
    {"reasons", "array of text", "", false},
    {"model", "text", "", false},
    {"playbook", "text", "", false},
    {"params", "text", "16 hex digits", false},
    {"strategy", "text", "", false},
    {"event", "text", "", true},
    {"m", "float", "sigma", true},
    {"g", "float", "0 to 1", true},
    {"generation", "uint", "", false},
    {"partner", "text", "", true},
    {"hedge", "float", "", true},
};

static const as_schema_key shock[] = {
    {"kind", "text", "", false},
    {"fact", "text", "", false},
    {"status", "text", "", false},
    {"headlines", "array of text", "", false},
    {"ts_event", "uint", "ns UTC", false},
    {"ts_recv", "uint", "ns UTC", false},
    {"reasons", "array of text", "", false},
    {"playbook", "text", "", false},
    {"params", "text", "16 hex digits", false},
    {"event", "text", "", false},
    {"generation", "uint", "", false},
    {"tick", "array of 2", "", false},
    {"issuer", "text", "", false},
    {"dir", "int", "", false},
    {"m", "float", "sigma", false},
    {"g", "float", "0 to 1", false},
    {"z", "float", "sigma", true},
    {"b", "float", "0 to 1", true},
    {"k", "float", "", true},
    {"linked", "uint", "names", false},
};

static const as_schema_key fact[] = {
    {"kind", "text", "", false},
    {"fact", "text", "", false},
    {"status", "text", "", false},
    {"headlines", "array of text", "", false},
    {"ts_event", "uint", "ns UTC", false},
    {"ts_recv", "uint", "ns UTC", false},
    {"playbook", "text", "", false},
    {"params", "text", "16 hex digits", false},
    {"event", "text", "", false},
    {"generation", "uint", "", false},
    {"issuer", "text", "", false},
    {"novelty", "float", "0 to 1", false},
    {"g", "float", "0 to 1", false},
};

static const as_schema_key feed[] = {
    {"feed", "text", "", false},
    {"state", "text", "", false},
    {"messages", "uint", "messages", false},
    {"gaps", "uint", "", false},
    {"lost", "uint", "", false},
    {"dropped", "uint", "events", false},
    {"bad", "uint", "messages", false},
};

static const as_schema_key hb[] = {
    {"interval_ms", "uint", "ms", false},
    {"oldest", "uint", "", false},
    {"feeds", "map of text", "", false},
    {"ts_now", "uint", "ns UTC", true},
    {"halted", "bool", "", false},
    {"missed", "uint", "decisions", false},
    {"tails", "map of uint", "", false},
};

static const as_schema_key sys[] = {
    {"what", "text", "", false},
    {"reason", "text", "", false},
};

#define TABLE(name) {#name, name, sizeof name / sizeof *name}
static const as_schema_message messages[] = {
    TABLE(envelope), TABLE(sig), TABLE(shock), TABLE(fact), TABLE(feed), TABLE(hb), TABLE(sys),
};
/* clang-format on */

const as_schema_message *as_schema_messages(uint32_t *count)
{
    *count = sizeof messages / sizeof *messages;
    return messages;
}

void as_schema_write(as_writer *writer)
{
    uint32_t count;
    const as_schema_message *message = as_schema_messages(&count);
    as_writer_map(writer, count);
    for (uint32_t i = 0; i < count; i++, message++) {
        as_writer_key(writer, message->name);
        as_writer_array(writer, message->key_count);
        for (uint32_t j = 0; j < message->key_count; j++) {
            const as_schema_key *key = &message->key[j];
            as_writer_array(writer, 4);
            as_writer_text(writer, key->key);
            as_writer_text(writer, key->type);
            as_writer_text(writer, key->unit);
            as_writer_bool(writer, key->nullable);
            as_writer_array_end(writer);
        }
        as_writer_array_end(writer);
    }
    as_writer_map_end(writer);
}
