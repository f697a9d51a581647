"""The state that messages add up to: docs/WIRE.md, "State"."""

from __future__ import annotations

import hashlib
from typing import Iterable, Iterator

from .message import Received

Key = tuple[str, str]


class Entries:
    """The latest message of each open signal, known fact, shock and feed."""

    def __init__(self, messages: Iterable[Received] = ()) -> None:
        self._entries: dict[Key, Received] = {}
        self._ended: dict[str, int] = {}  # fact: gseq of its end, as long as older messages may still be had back
        for message in messages:
            key = self._key(message)
            if key is not None:
                self._entries[key] = message

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Received]:
        """In order of gseq."""
        return iter(sorted(self._entries.values(), key=lambda message: message.gseq))

    def of_kind(self, kind: str) -> dict[str, Received]:
        return {name: message for (its, name), message in self._entries.items() if its == kind}

    def has(self, kind: str, name: str) -> bool:
        return (kind, name) in self._entries

    def hash(self) -> str:
        return hash_of(self)

    def apply(self, message: Received) -> None:
        """A message that a repair brought may be older than what is here: then it changes nothing."""
        key = self._key(message)
        if key is None or not self._is_newer(message, key):
            return
        body = message.body
        if key[0] == "sig":
            action = body["action"]
            if action == "open" or (action == "update" and key in self._entries):
                self._entries[key] = message
            elif action in ("close", "expire"):
                self._entries.pop(key, None)
        elif key[0] == "fact" and body["status"] == "expired":
            self._ended[key[1]] = message.gseq
            self._entries.pop(key, None)
            if self._is_newer(message, ("shock", key[1])):
                self._entries.pop(("shock", key[1]), None)
        else:
            self._entries[key] = message

    def settle(self, gseq: int) -> None:
        """A heartbeat was taken in its order: nothing up to its gseq will still be had back."""
        self._ended = {fact: end for fact, end in self._ended.items() if end > gseq}

    def _is_newer(self, message: Received, key: Key) -> bool:
        entry = self._entries.get(key)
        end = self._ended.get(key[1], 0) if key[0] in ("fact", "shock") else 0
        return message.gseq > (entry.gseq if entry is not None else 0) and message.gseq >= end

    @staticmethod
    def _key(message: Received) -> Key | None:
        kind = message.topic.split(".", 1)[0]
        field = {"sig": "id", "shock": "fact", "fact": "fact", "feed": "feed"}.get(kind)
        return (kind, message.body[field]) if field else None


def hash_of(messages: Iterable[Received]) -> str:
    digest = hashlib.sha256()
    for message in messages:
        digest.update(message.topic.encode())
        digest.update(message.payload)
    return digest.hexdigest()
