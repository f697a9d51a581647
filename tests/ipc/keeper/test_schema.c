#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <msgpack.h>

#include "ipc/keeper/schema.h"
#include "tests/support/golden.h"

static const as_schema_message *find(const char *name)
{
    uint32_t count;
    const as_schema_message *message = as_schema_messages(&count);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(message[i].name, name) == 0)
            return &message[i];
    fail_msg("no message %s", name);
    return NULL;
}

static const as_schema_key *key_of(const as_schema_message *message, const char *key, size_t key_bytes)
{
    for (uint32_t i = 0; i < message->key_count; i++)
        if (strlen(message->key[i].key) == key_bytes && memcmp(message->key[i].key, key, key_bytes) == 0)
            return &message->key[i];
    return NULL;
}

/* One cell of a row, without its blanks; an escaped bar is none. */
static const char *cell(const char *row, char *out, size_t out_bytes)
{
    size_t used = 0;
    while (*row == ' ')
        row++;
    for (; *row && !(*row == '|' && row[-1] != '\\'); row++)
        if (used + 1 < out_bytes)
            out[used++] = *row;
    while (used && out[used - 1] == ' ')
        used--;
    out[used] = 0;
    return *row ? row + 1 : row;
}

/* A row of a table of the page: each of its keys is in the schema, and says the same. */
static unsigned check_row(const as_schema_message *message, const char *row)
{
    char keys[256], type[64], unit[64], meaning[512], nil[256];
    unsigned found = 0;
    const char *rest = cell(row + 1, keys, sizeof keys);
    rest = cell(rest, type, sizeof type);
    rest = cell(rest, unit, sizeof unit);
    rest = cell(rest, meaning, sizeof meaning);
    cell(rest, nil, sizeof nil);
    type[strcspn(type, ",")] = 0; /* "uint, below 2^63" */
    for (char *at = strchr(keys, '`'); at; at = strchr(at, '`')) {
        char *end = strchr(++at, '`');
        const as_schema_key *key = key_of(message, at, (size_t)(end - at));
        if (!key)
            fail_msg("%s: `%.*s` is on the page and not in the schema", message->name, (int)(end - at), at);
        if (*type && strcmp(key->type, type) != 0)
            fail_msg("%s.%s: type %s, on the page %s", message->name, key->key, key->type, type);
        if (*type && *unit && strcmp(key->unit, unit) != 0)
            fail_msg("%s.%s: unit %s, on the page %s", message->name, key->key, key->unit, unit);
        if (*type && strncmp(nil, "as ", 3) != 0 && strcmp(key->type, "array of 2") != 0 &&
            key->nullable != (strncmp(nil, "never", 5) != 0))
            fail_msg("%s.%s: nullable %d, on the page \"%s\"", message->name, key->key, key->nullable, nil);
        found++;
        at = end + 1;
    }
    return found;
}

static void the_schema_is_the_page_s(void **state)
{
    (void)state;
    static const char *const names[] = {"envelope", "sig", "shock", "fact", "feed", "hb", "sys"};
    char *page = ast_file_text("docs/WIRE.md");
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        char heading[32];
        (void)snprintf(heading, sizeof heading, "\n## %s\n", i == 0 ? "Envelope" : names[i]);
        const char *at = strstr(page, heading);
        assert_non_null(at);
        at = strstr(at, "\n| key |");
        assert_non_null(at);
        at = strchr(strchr(at + 1, '\n') + 1, '\n') + 1; /* after the heading and the line under it */
        unsigned keys = 0;
        for (; *at == '|'; at = strchr(at, '\n') + 1)
            keys += check_row(find(names[i]), at);
        assert_int_equal(keys, find(names[i])->key_count);
    }
    free(page);
}

static size_t golden_bytes(const char *name, uint8_t *out)
{
    char path[64];
    size_t used = 0;
    (void)snprintf(path, sizeof path, "tests/ipc/golden/%s.hex", name);
    char *text = ast_file_text(path);
    for (char *line = text; *line;) {
        char *at = line + 5;
        unsigned value;
        int taken;
        for (unsigned i = 0; i < 16 && sscanf(at, "%2x%n", &value, &taken) == 1 && at[0] == ' '; i++, at += 3)
            out[used++] = (uint8_t)value;
        line = strchr(line, '\n');
        line = line ? line + 1 : "";
    }
    free(text);
    return used;
}

static bool fits(const as_schema_key *key, const msgpack_object *value)
{
    switch (value->type) {
    case MSGPACK_OBJECT_NIL:
        return key->nullable;
    case MSGPACK_OBJECT_BOOLEAN:
        return strcmp(key->type, "bool") == 0;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return strcmp(key->type, "uint") == 0 || strcmp(key->type, "int") == 0;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return strcmp(key->type, "int") == 0;
    case MSGPACK_OBJECT_FLOAT64:
        return strcmp(key->type, "float") == 0;
    case MSGPACK_OBJECT_STR:
        return strcmp(key->type, "text") == 0;
    case MSGPACK_OBJECT_ARRAY:
        return strncmp(key->type, "array", 5) == 0;
    case MSGPACK_OBJECT_MAP:
        return strncmp(key->type, "map", 3) == 0;
    default:
        return false;
    }
}

/* Every key of a real message is in the schema with its type, and every key of the schema is in a real message. */
static void the_schema_is_the_messages(void **state)
{
    (void)state;
    static const struct {
        const char *file, *message;
        unsigned absent;
    } golden[] = {{"sig", "sig", 2},   {"pair", "sig", 0}, {"shock", "shock", 0}, {"fact", "fact", 0},
                  {"feed", "feed", 0}, {"hb", "hb", 0},    {"sys", "sys", 0}};
    const as_schema_message *envelope = find("envelope");
    for (unsigned i = 0; i < sizeof golden / sizeof *golden; i++) {
        uint8_t bytes[4096];
        const as_schema_message *message = find(golden[i].message);
        msgpack_unpacked unpacked;
        msgpack_unpacked_init(&unpacked);
        size_t used = golden_bytes(golden[i].file, bytes);
        assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)bytes, used, NULL), MSGPACK_UNPACK_SUCCESS);
        const msgpack_object_map *map = &unpacked.data.via.map;
        for (uint32_t j = 0; j < map->size; j++) {
            const msgpack_object_str *name = &map->ptr[j].key.via.str;
            const as_schema_key *key = key_of(envelope, name->ptr, name->size);
            key = key ? key : key_of(message, name->ptr, name->size);
            if (!key)
                fail_msg("%s: `%.*s` is not in the schema", golden[i].file, (int)name->size, name->ptr);
            if (!fits(key, &map->ptr[j].val))
                fail_msg("%s: `%s` is no %s", golden[i].file, key->key, key->type);
        }
        assert_int_equal(map->size, envelope->key_count + message->key_count - golden[i].absent);
        msgpack_unpacked_destroy(&unpacked);
    }
}

static void it_is_written_as_one_value(void **state)
{
    (void)state;
    static uint8_t out[16384];
    static char text[16384];
    as_writer w;
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    as_writer_msgpack(&w, out, sizeof out);
    as_schema_write(&w);
    size_t bytes = as_writer_finish(&w), off = 0;
    assert_true(bytes > 0);
    assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)out, bytes, &off), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(off, bytes);
    assert_int_equal(unpacked.data.via.map.size, 7);
    msgpack_unpacked_destroy(&unpacked);
    as_writer_json(&w, text, sizeof text);
    as_schema_write(&w);
    assert_true(as_writer_finish(&w) > 0);
    assert_non_null(strstr(text, "\"sys\":[[\"what\",\"text\",\"\",false],[\"reason\",\"text\",\"\",false]]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_is_the_page_s),
        cmocka_unit_test(the_schema_is_the_messages),
        cmocka_unit_test(it_is_written_as_one_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
