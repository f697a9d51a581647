"""What a client hands to a bot, and how bytes from the network become it. Every check of a foreign byte is here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Sequence, Union

import msgpack

WIRE_VERSION = 1
TOPIC_BYTES_MAX = 191
PAYLOAD_BYTES_MAX = 1 << 16
DECISION_BYTES_MAX = 4096  # of sig., shock. and fact.
ANSWER_BYTES_MAX = 1 << 20
DEPTH_MAX = 8
_EPOCH_END = 1 << 63
_ACTS = ("open", "update")

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """One published message. Keys that this version does not know are in body as well: ignore them."""

    topic: str
    body: Body
    stale: bool = False  # opens or is open, and its valid_until had passed, by the publisher's clock
    actionable: bool = False  # a signal that may be acted on: see docs/WIRE.md, "Actionable"
    repaired: bool = False  # it was lost, and had back
    snapshot: bool = False  # it is open, or known, since before we joined
    payload: bytes = field(default=b"", repr=False, compare=False)  # as it was published

    @property
    def kind(self) -> str:
        """First component of the topic: sig, shock, fact, feed, hb or sys."""
        return self.topic.split(".", 1)[0]

    @property
    def gseq(self) -> int:
        gseq: int = self.body["gseq"]
        return gseq


@dataclass(frozen=True)
class Gap:
    """The picture had a hole. Repaired: the lost messages follow. Else the client is degraded until acknowledged."""

    cause: str  # tseq: a hole in a topic; tail: a heartbeat names a message that never came; missed: the publisher
    #             lost decisions itself; epoch: another publisher; dead: no heartbeats; malformed: unreadable message
    topic: str  # "" where no single topic is meant
    lost: int  # messages, at least
    repaired: bool = False


Item = Union[Message, Gap]


@dataclass(frozen=True)
class Received:
    """A message that has passed all checks, as it was received."""

    topic: str
    body: Body
    payload: bytes
    epoch: int
    gseq: int
    tseq: int
    prev: int
    repaired: bool = False  # it was lost, and a repair brought it


class Malformed(ValueError):
    """Bytes that are no message, or no answer."""


# ---- types of values ----

def number(value: object, least: int = 0) -> Optional[int]:
    """value if it is an integer of at least least."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= least else None


def _is_uint(value: object) -> bool:
    return number(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_tails(value: object) -> bool:
    return isinstance(value, dict) and all(_is_uint(tail) for tail in value.values())


_MUST: Mapping[str, Mapping[str, Any]] = {  # what a client acts on
    "sig": {"id": _is_text, "action": _is_text, "side": _is_int, "valid_until": _is_uint},
    "shock": {"fact": _is_text},
    "fact": {"fact": _is_text, "status": _is_text},
    "feed": {"feed": _is_text},
    "hb": {"interval_ms": lambda value: number(value, 1) is not None, "halted": _is_bool, "missed": _is_uint,
           "tails": _is_tails, "ts_now": lambda value: value is None or _is_uint(value)},
    "sys": {"what": _is_text},
}


# ---- decoding ----

def _unpack(data: bytes, bytes_max: int, binary_max: int) -> dict[str, Any]:
    """The one map that data is. msgpack builds nothing that is longer than what is there."""
    if not 0 < len(data) <= bytes_max:
        raise Malformed(f"{len(data)} bytes")
    try:
        body = msgpack.unpackb(data, raw=False, strict_map_key=True, max_str_len=len(data), max_bin_len=binary_max,
                               max_ext_len=0, max_array_len=len(data), max_map_len=len(data))
    except Exception as error:  # ValueError, msgpack's own, UnicodeDecodeError, RecursionError on deep nesting
        raise Malformed(str(error)) from error
    if not isinstance(body, dict):
        raise Malformed("no map")
    _check(body, DEPTH_MAX, binary_max > 0)
    return body


def _check(value: object, depth: int, binary: bool) -> None:
    """Text, numbers, booleans, nil, and containers of them, not too deep."""
    if isinstance(value, dict):
        values: Sequence[object] = list(value.values())
        if not all(isinstance(key, str) for key in value):
            raise Malformed("a key that is no text")
    elif isinstance(value, list):
        values = value
    elif value is None or isinstance(value, (str, int, float)) or (binary and isinstance(value, bytes)):
        return
    else:
        raise Malformed(f"a value of type {type(value).__name__}")
    if depth == 0:
        raise Malformed("nested too deep")
    for inner in values:
        _check(inner, depth - 1, binary)


def decode_topic(frames: Sequence[bytes]) -> str:
    """The topic of a received message."""
    if len(frames) != 2:
        raise Malformed(f"{len(frames)} frames")
    if not 0 < len(frames[0]) <= TOPIC_BYTES_MAX:
        raise Malformed(f"topic of {len(frames[0])} bytes")
    try:
        return frames[0].decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(str(error)) from error


def decode(topic: str, payload: bytes) -> Received:
    """One message, checked."""
    kind = topic.split(".", 1)[0]
    body = _unpack(payload, DECISION_BYTES_MAX if kind in ("sig", "shock", "fact") else PAYLOAD_BYTES_MAX, 0)
    epoch, gseq, tseq = number(body.get("epoch"), 1), number(body.get("gseq"), 1), number(body.get("tseq"), 1)
    prev = number(body.get("prev"))
    if number(body.get("v")) != WIRE_VERSION:
        raise Malformed(f"no message of version {WIRE_VERSION}")
    if epoch is None or epoch >= _EPOCH_END or gseq is None or tseq is None or prev is None or prev >= gseq:
        raise Malformed("no envelope")
    if number(body.get("ts_pub")) is None or not _is_bool(body.get("replay")):
        raise Malformed("no envelope")
    for key, is_right in _MUST.get(kind, {}).items():
        if key not in body or not is_right(body[key]):
            raise Malformed(f"{key} is not right")
    return Received(topic, body, payload, epoch, gseq, tseq, prev)


def decode_answer(data: bytes) -> dict[str, Any]:
    """One answer: its header is checked, the rest is the operation's."""
    answer = _unpack(data, ANSWER_BYTES_MAX, PAYLOAD_BYTES_MAX)
    if number(answer.get("v")) != WIRE_VERSION or not _is_text(answer.get("op")):
        raise Malformed("no answer")
    return answer


def decode_messages(value: object) -> list[Received]:
    """The messages of a snapshot or a replay."""
    if not isinstance(value, list):
        raise Malformed("no messages")
    messages = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], bytes) or not _is_text(pair[0]):
            raise Malformed("no pair of topic and payload")
        messages.append(decode(pair[0], pair[1]))
    return messages


# ---- signals ----

def opens_or_renews(body: Body) -> bool:
    return body.get("action") in _ACTS
