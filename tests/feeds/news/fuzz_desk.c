/*
 * Any bytes as a headline's text through the whole desk: cutting, linking, classifying, fingerprint. A text comes from
 * outside, so every reading must keep its limits, and reading twice must give the same bytes.
 * Seeds: tests/corpus/desk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "feeds/news/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_bytes);

static as_universe universe;
static as_playbook *playbook;
static as_desk *desk;

static const char rows[] = "symbol,name,bucket,aliases\n"
                           "META,\"Meta Platforms, Inc.\",web,Meta|CONTEXT;Facebook|CASED\n"
                           "NVDA,NVIDIA Corporation,chip,Nvidia|SAFE;Jensen Huang|SAFE\n"
                           "AMD,\"Advanced Micro Devices, Inc.\",chip,AMD|CASED\n"
                           "ORCL,Oracle Corporation,cloud,\n"
                           "TGT,Target Corporation Common Stock,shop,\n"
                           "BRK.B,Berkshire Hathaway Inc.,broad,\n"
                           "T,AT&T Inc.,broad,\n"
                           "AI,\"C3.ai, Inc. Class A Common Stock\",cloud,\n"
                           "HUT,Hut 8 Corp.,miner_hpc,Hut 8|CASED\n"
                           "NOW,\"ServiceNow, Inc.\",cloud,\n";

static void open_desk(void)
{
    char path[] = "/tmp/as_fuzz_desk_XXXXXX";
    const char *reference = getenv("AFTERSHOCK_ROOT");
    char playbook_path[4096];
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, rows, sizeof rows - 1) != (ssize_t)sizeof rows - 1 || close(fd) != 0)
        abort();
    if (as_universe_load(&universe, path, NULL, 0))
        abort();
    unlink(path);
    snprintf(playbook_path, sizeof playbook_path, "%s/examples/reference-day/playbook.yaml",
             reference != NULL ? reference : ".");
    if (as_playbook_load(playbook_path, &universe, 0, &playbook) || as_desk_new(&universe, playbook, &desk)) {
        as_error_print(stderr, "fuzz_desk");
        abort();
    }
}

static void check(const as_reading *reading)
{
    AS_ASSERT(reading->issuer_count <= AS_HEADLINE_ISSUER_MAX);
    AS_ASSERT(reading->feature_count <= AS_HEADLINE_FEATURE_MAX);
    AS_ASSERT(reading->event_type < as_event_type_count());
    AS_ASSERT(reading->cue <= AS_CUE_OPINION);
    AS_ASSERT(reading->polarity >= -1 && reading->polarity <= 1);
    AS_ASSERT(reading->tier >= 1 && reading->tier <= 4);
    for (unsigned i = 0; i < reading->issuer_count; i++) {
        AS_ASSERT(reading->issuer[i] < universe.symbols.count);
        AS_ASSERT(reading->relevance[i] > 0 && reading->relevance[i] <= 1);
    }
    for (unsigned i = 1; i < reading->feature_count; i++)
        AS_ASSERT(reading->feature[i] > reading->feature[i - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_bytes)
{
    static as_headline headline;
    static as_reading first;
    if (desk == NULL)
        open_desk();

    memset(&headline, 0, sizeof headline);
    size_t text_bytes = data_bytes < AS_HEADLINE_TEXT_BYTES - 1 ? data_bytes : AS_HEADLINE_TEXT_BYTES - 1;
    memcpy(headline.text, data, text_bytes);
    headline.text_bytes = (uint16_t)text_bytes;
    for (size_t i = 0; i + 1 < sizeof headline.source && i < text_bytes; i++)
        headline.source[i] = (char)data[data_bytes - 1 - i];
    headline.tag_count = text_bytes > 0 ? data[0] & 3 : 0;
    for (unsigned i = 0; i < headline.tag_count; i++)
        headline.tag[i] = (uint32_t)(data[text_bytes - 1] + i);

    as_desk_read(desk, &headline);
    check(&headline.reading);
    first = headline.reading;
    memset(&headline.reading, 0xa5, sizeof headline.reading);
    as_desk_read(desk, &headline);
    AS_ASSERT(memcmp(&first, &headline.reading, sizeof first) == 0);
    return 0;
}
