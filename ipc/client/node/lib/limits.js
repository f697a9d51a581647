/** Every hard limit of the client, in one place. Those of the wire are docs/WIRE.md's. */

export const WIRE_VERSION = 1;

export const TOPIC_BYTES_MAX = 191;
export const PREFIX_BYTES_MAX = 191;
export const PREFIXES_MAX = 62; // a snapshot request takes 64; hb. and sys. are ours
export const PAYLOAD_BYTES_MAX = 65_536;
export const DECISION_BYTES_MAX = 4_096; // of sig, shock, fact
export const ANSWER_BYTES_MAX = 1_048_576;
export const REQUEST_BYTES_MAX = 4_096;

export const DEPTH_MAX = 8; // containers within containers
export const ITEMS_MAX = 16_384; // values and keys of one message together
export const ANSWER_ITEMS_MAX = 131_072;

export const BUFFERED_MESSAGES_MAX = 100_000; // while a snapshot or a replay is under way
export const BUFFERED_BYTES_MAX = 67_108_864;
export const SNAPSHOT_PARTS_MAX = 4_096;
export const SNAPSHOT_BYTES_MAX = 268_435_456;
export const REPLAY_BYTES_MAX = 268_435_456; // of one repair
export const QUEUE_ITEMS_MAX = 100_000; // that the bot has not taken yet
export const EPOCHS_MAX = 65_536; // past publishers remembered
export const RECEIVE_MESSAGES_MAX = 100_000; // in libzmq's own queue

export const HEARTBEATS_MISSED = 4;
export const HEARTBEAT_MS = 250; // until the first one says
export const HEARTBEAT_MS_MAX = 60_000;
export const ANSWER_MS = 1_000;
export const TRIES = 3;
export const BUSY_MS = 100;
export const PING_MS = 1_000;
