/*
 * Every limit of Aftershock, in one table.
 *
 * A limit is checked at start where it can be (configuration, universe, playbook) and counted where it can only be
 * met at run time. Nothing grows without one of these; nothing that meets one is dropped without a counter.
 * docs/LIMITS.md is this table in prose.
 */
#ifndef AS_CORE_LIMITS_H
#define AS_CORE_LIMITS_H

enum {
    /* universe and playbook: checked at start, an error names the line that goes beyond */
    AS_INSTRUMENT_MAX = 65536,      /* symbols in universe.csv */
    AS_SYMBOL_BYTES = 24,           /* a symbol with its terminating zero */
    AS_NAME_BYTES = 64,             /* an instrument's legal name */
    AS_BUCKET_MAX = 64,             /* buckets in universe.csv */
    AS_BUCKET_BYTES = 32,           /* a bucket's name */
    AS_ALIAS_MAX = 16,              /* aliases of one instrument */
    AS_EVENT_TYPE_MAX = 64,         /* event families: the guide's and the playbook's own */
    AS_EVENT_NAME_BYTES = 32,       /* an event family's name */
    AS_PHRASE_MAX = 256,            /* phrases of one event family */
    AS_CONTROL_MAX = 16,            /* members of one control group */
    AS_CONTROL_GROUP_MAX = 8,       /* control groups in a playbook */
    AS_PAIR_MAX = 256,              /* pairs of a playbook */
    AS_NEWS_SOURCE_MAX = 512,       /* named news sources in a playbook */
    AS_CALENDAR_MAX = 8,            /* trading calendars */
    AS_VERSION_BYTES = 32,          /* a playbook's version */

    /* feeds */
    AS_FEED_MAX = 32,               /* feeds of a daemon */
    AS_INPUT_MAX = 1024,            /* inputs of a replay */
    AS_FEED_NAME_BYTES = 32,        /* a feed's name */
    AS_LINE_BYTES = 65536,          /* a line of NDJSON or CSV; longer is skipped and counted */
    AS_DATAGRAM_BYTES = 9216,       /* a UDP payload; longer is truncated and counted */
    AS_REORDER_EVENTS = 65536,      /* events a text input may be out of order by */
    AS_DBN_MAPPING_MAX = 1048576,   /* symbol mappings of a DBN file's metadata that are kept */
    AS_CAPTURE_INTERFACE_MAX = 128, /* interfaces of a pcapng section; packets of further ones are counted */
    AS_CAPTURE_FLOW_MAX = 1024,     /* flows of a capture that are told apart; further ones share the last place */
    AS_CAPTURE_STREAM_MAX = 64,     /* sequences of messages in a capture */
    AS_CAPTURE_MESSAGE_BYTES = 4 << 20, /* a recorded message in pieces; longer is skipped and counted */

    /* headlines */
    AS_NEWS_DOCUMENT_BYTES = 4 << 20, /* an XML or JSON document of news; a longer one is refused */
    AS_NEWS_ITEM_MAX = 4096,        /* items of one such document; further ones are counted */
    AS_WEBSOCKET_MESSAGE_BYTES = 1 << 20, /* a WebSocket message; a longer one ends the connection */
    AS_SEEN_MAX = 16384,            /* items that a news stream remembers, to let each revision through once */
    AS_HEADLINE_TEXT_BYTES = 512,   /* a headline's text; the rest is cut and counted */
    AS_HEADLINE_ID_BYTES = 64,      /* a headline's id, with its zero; longer ids become their hash */
    AS_HEADLINE_SOURCE_BYTES = 48,  /* the source's name */
    AS_HEADLINE_URL_BYTES = 256,    /* the address */
    AS_HEADLINE_TAG_MAX = 16,       /* the feed's own ticker tags */
    AS_HEADLINE_ISSUER_MAX = 8,     /* issuers linked from the text */
    AS_HEADLINE_FEATURE_MAX = 64,   /* words and bigrams of a fingerprint */
    AS_HEADLINE_FIGURE_MAX = 4,     /* magnitudes read from a text; further ones are not */

    /* engine */
    AS_FACT_MAX = 64,               /* facts that are open at once; the oldest expires first */
    AS_FACT_HISTORY_MAX = 4096,     /* facts remembered for novelty and generation */
    AS_FACT_CLUSTER_MAX = 8,        /* fingerprints kept per fact */
    AS_FACT_COMPARED_MAX = 32,      /* facts of one issuer, and as many of its other items, an item meets */
    AS_FACT_FIGURE_MAX = 8,         /* magnitudes of a fact's texts: the latest ones */
    AS_FACT_REPORTER_MAX = 8,       /* outlets of a fact that its end is counted for: the first ones */
    AS_LOOSE_MAX = 4096,            /* items that belong to no fact, remembered for novelty */
    AS_OUTLET_MAX = 2048,           /* outlets whose confirmed and denied reports are counted */
    AS_FACT_HEADLINE_MAX = 8,       /* headline ids carried by a decision: the latest ones */
    AS_FACT_KEY_BYTES = 128,        /* issuer|event|object */
    AS_ANCHOR_MAX = 16,             /* open facts one instrument can be linked to; further ones leave it out, counted */
    AS_LINKED_MAX = 1024,           /* names linked to one fact */
    AS_STRATEGY_MAX = 8,            /* strategies loaded */
    AS_STRATEGY_STATE_BYTES = 64,   /* a strategy's state for one name of one fact */
    AS_STRATEGY_NAME_BYTES = 24,    /* a strategy's name */
    AS_RESIDUAL_SESSIONS = 128,     /* daily residuals kept per instrument: 120 for controls, 60 for OU */
    AS_TIMER_MAX = 131072,          /* deadlines in the heap */
    AS_TIMER_RESERVE = 4096,        /* of them, kept for facts and sessions */
    AS_SEASONALITY_BINS = 78,       /* parts of a session whose variance is told apart */
    AS_SEASONALITY_SESSIONS = 32,   /* sessions a name's variance profile is made from: the latest */
    AS_INTRADAY_STEPS = 520,        /* intraday returns of a session; longer sessions take longer steps */

    /* studies */
    AS_STUDY_EVENT_MAX = 4096,      /* events of one study */
    AS_STUDY_ESTIMATION_MAX = 16384, /* returns of an estimation window */
    AS_STUDY_WINDOW_MAX = 1024,     /* returns of an event window */
    AS_STUDY_PLACEBO_MAX = 100000,  /* placebo dates */
    AS_COINTEGRATION_SERIES_MAX = 8, /* series of one cointegration test */
    AS_ADF_LAG_MAX = 60,            /* lagged differences of a unit root test */
    AS_JOHANSEN_LAG_MAX = 4,        /* lagged differences of Johansen's test */

    /* subscribers */
    AS_HANDSHAKE_MS = 5000,         /* from the connection to the end of the ZMTP handshake */
    AS_HANDSHAKE_MAX = 64,          /* handshakes under way at an endpoint; a further one ends the oldest */
    AS_SUBSCRIPTION_RATE = 1000,    /* subscription changes of a subscriber a second, beyond publish.subscriptions */
    AS_GRANT_CONNECTIONS_MIN = 4,   /* connections of one key at an endpoint; more if publish.clients / 4 is */
    AS_FANOUT_INBOUND_BYTES = 1024, /* a frame from a subscriber; a longer one ends the connection */
    AS_FANOUT_PAYLOAD_BYTES = 65536, /* a payload; a longer one is not sent and counted */

    /* the page */
    AS_PAGE_TEXT_MAX = 4096,        /* headlines whose text is kept for the page */
    AS_PAGE_MESSAGE_MAX = 200,      /* latest messages shown */
    AS_PAGE_STATE_MAX = 2000,       /* open signals, facts and shocks shown */
    AS_PAGE_NAME_MAX = 1500,        /* names on the sector map */

    /* what late joiners are told */
    AS_STATE_MAX = 262144,          /* entries: open signals, facts, shocks, feeds */
    AS_STATE_BYTES = 1 << 29,       /* their messages together */

    /* rings: powers of two */
    AS_EVENT_RING_SLOTS = 65536,    /* feed -> core */
    AS_HEADLINE_RING_SLOTS = 1024,  /* feed -> core, the texts */
    AS_DECISION_RING_SLOTS = 4096,  /* core -> ipc */
    AS_JOURNAL_RING_BYTES = 1 << 24, /* core -> admin */
    AS_MESSAGE_RING_BYTES = 1 << 24, /* publisher -> server of requests */
    AS_CAPTURE_RING_BYTES = 1 << 24 /* a feed -> its capture's writer */
};

#endif
