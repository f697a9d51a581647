"""What a subscriber hands to a bot, and how bytes from the network become it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

import msgpack

WIRE_VERSION = 1
TOPIC_BYTES_MAX = 192
PAYLOAD_BYTES_MAX = 1 << 16  # the publisher's own buffer: nothing it sends is longer
_ENVELOPE = ("v", "epoch", "gseq", "tseq", "ts_pub")


@dataclass(frozen=True)
class Message:
    """One published message. Keys that this version does not know are in body as well: ignore them."""

    topic: str
    body: Mapping[str, Any]
    stale: bool = False  # its valid_until had passed when it came, by the publisher's clock
    actionable: bool = False  # a signal that may be acted on: see Tracker.take

    @property
    def kind(self) -> str:
        """First component of the topic: sig, shock, fact, feed, hb or sys."""
        return self.topic.split(".", 1)[0]


@dataclass(frozen=True)
class Gap:
    """The picture has a hole: what is missing cannot be had back in this version, only known to be missing."""

    cause: str  # tseq: a hole in a topic; tail: a heartbeat names a message that never came; missed: the publisher
    #             lost decisions itself; epoch: another publisher; dead: no heartbeats; malformed: unreadable message
    topic: str  # "" where no single topic is meant
    lost: int  # messages, at least


class Malformed(ValueError):
    """Bytes that are no message."""


def decode(topic_frame: bytes, payload: bytes) -> tuple[str, dict[str, Any]]:
    """Topic and map of one message. Bounded: what claims more than the frame can hold is refused before it is built."""
    if not 0 < len(topic_frame) <= TOPIC_BYTES_MAX or len(payload) > PAYLOAD_BYTES_MAX:
        raise Malformed(f"topic of {len(topic_frame)} bytes, payload of {len(payload)}")
    try:
        topic = topic_frame.decode("ascii")
        body = msgpack.unpackb(payload, raw=False, strict_map_key=True, max_str_len=4096, max_bin_len=0, max_ext_len=0,
                               max_array_len=256, max_map_len=4096)
    except Exception as error:  # msgpack raises ValueError, its own exceptions, and RecursionError on deep nesting
        raise Malformed(str(error)) from error
    if not isinstance(body, dict) or body.get("v") != WIRE_VERSION:
        raise Malformed(f"no map of version {WIRE_VERSION}")
    for key in _ENVELOPE:
        if not _is_count(body.get(key)):
            raise Malformed(f"{key} is no unsigned integer")
    return topic, body


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def number(value: object) -> Optional[int]:
    """value if it is an unsigned integer."""
    return value if isinstance(value, int) and _is_count(value) else None
