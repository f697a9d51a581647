/*
 * Alpaca's news: messages of the stream, answers of the REST interface, and files of either.
 *
 *   stream   [{"T":"n","id":24918784,"headline":"..","summary":"..","author":"..","created_at":"2022-01-05T22:00:37Z",
 *              "updated_at":"2022-01-05T22:00:38Z","url":"..","content":"..","symbols":["AAPL"],"source":"benzinga"}]
 *            [{"T":"success","msg":"connected"}]  [{"T":"subscription",..}]  [{"T":"error","code":406,"msg":".."}]
 *   REST     {"news":[{the same without T}, ..],"next_page_token":".." or null}
 *
 * Field names and their meaning: the service's documentation of real-time news; alpaca-py, alpaca/data/models/news.py.
 * A single item without array is read too (one a line, as recorders write them). id, headline and created_at must be
 * there. The headline's time is updated_at, or created_at without it; its revision is made as feeds/news/item.h says;
 * HTML in the headline is taken out; author, summary, content and images are checked and not kept.
 *
 *   as_alpaca_open -> as_alpaca_next until false, each: as_alpaca_decode
 *
 * Pure, no allocation, any thread. Time: linear. The text must stay while items are read.
 */
#ifndef AS_FEEDS_NEWS_ALPACA_H
#define AS_FEEDS_NEWS_ALPACA_H

#include "feeds/news/item.h"

enum { AS_ALPACA_TOKEN_BYTES = 256, AS_ALPACA_MSG_BYTES = 96 };

typedef enum as_alpaca_control_kind {
    AS_ALPACA_OTHER = 0,     /* something new: ignored */
    AS_ALPACA_CONNECTED,     /* the server waits for auth */
    AS_ALPACA_AUTHENTICATED, /* ... for subscribe */
    AS_ALPACA_SUBSCRIPTION,  /* news will come */
    AS_ALPACA_ERROR          /* code and msg say which */
} as_alpaca_control_kind;

typedef struct as_alpaca_control {
    as_alpaca_control_kind kind;
    uint32_t code;
    char msg[AS_ALPACA_MSG_BYTES];
} as_alpaca_control;

typedef struct as_alpaca_message {
    as_json_value items;
    uint32_t at;
    bool single;
    char next_page_token[AS_ALPACA_TOKEN_BYTES]; /* REST: of the next page, empty if this is the last */
} as_alpaca_message;

/* A whole message, answer or file. OK, or why it is none; *message is written on OK only. */
as_news_result as_alpaca_open(const char *text, size_t text_bytes, as_alpaca_message *message);

/* The next item. False at the end. */
bool as_alpaca_next(as_alpaca_message *message, as_json_value *item);

/*
 * Read an item. OK: *event and *headline are written; CONTROL: *control is. *headline may be overwritten on any result.
 */
as_news_result as_alpaca_decode(const as_json_value *item, const as_news_context *ctx, as_alpaca_control *control,
                                as_event *event, as_headline *headline);

#endif
