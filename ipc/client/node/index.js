/** A bot's client for an Aftershock daemon; see README.md, and docs/WIRE.md for what it promises. */
export { Client } from "./lib/client.js";
export { readKeys } from "./lib/keys.js";
export { Gap, Message } from "./lib/item.js";
export { Tracker } from "./lib/tracker.js";
export { hashOf } from "./lib/state.js";
export { Malformed, decodeAnswer, decodeMessage, decodeTopic, encodeRequest } from "./lib/frame.js";
