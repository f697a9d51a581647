#include "feeds/capture/capture_codec.h"

/* A row for each recorded kind of feed that is not made of sequenced packets. */
static const as_capture_codec *const codecs[] = {
    &as_capture_lines,    &as_capture_soup,      &as_capture_alpaca,
    &as_capture_benzinga, &as_capture_ws_ndjson, &as_capture_rss,
};

const as_capture_codec *as_capture_codec_find(as_feed_framing framing, as_feed_format format)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i]->framing == framing && codecs[i]->format == format)
            return codecs[i];
    return NULL;
}
