/*
 * Any bytes as a playbook: YAML reader and compiler together. A playbook comes from outside on every reload, so it must
 * be refused or compiled, never crash; what is compiled must answer for every pair of names.
 * Seeds: tests/corpus/config.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "core/playbook.h"
#include "core/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_bytes);

static as_universe universe;

static void load_universe(void)
{
    char path[] = "/tmp/as_fuzz_config_XXXXXX";
    static const char rows[] = "symbol,bucket\nMETA,hyperscaler\nCRWV,neocloud\nMU,memory\nORCL,cloud\nSPY,index\n";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, rows, sizeof rows - 1) != (ssize_t)sizeof rows - 1 || close(fd) != 0)
        abort();
    if (as_universe_load(&universe, path, NULL, 0))
        abort();
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_bytes)
{
    as_playbook *playbook;
    if (universe.symbols.count == 0)
        load_universe();
    as_error_clear();
    if (as_playbook_compile("fuzz.yaml", (const char *)data, data_bytes, &universe, 0, &playbook)) {
        AS_ASSERT(as_error_message(0) && *as_error_message(0));
        return 0;
    }
    for (uint16_t type = 0; type < as_event_type_count(); type++)
        for (uint32_t issuer = 0; issuer < universe.symbols.count; issuer++)
            for (uint32_t target = 0; target < universe.symbols.count; target++) {
                as_channel channel = as_playbook_channel(playbook, &universe, type, issuer, target);
                AS_ASSERT(!channel.set || (channel.w >= -10 && channel.w <= 10));
            }
    as_playbook_free(playbook);
    return 0;
}
