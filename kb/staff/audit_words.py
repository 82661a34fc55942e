"""The words in audit entries: kept beside the log, so that they can be deleted when their time is over.

The log itself (kb.staff.audit) is never changed, so what people wrote must not stand in it. Where a field
holds words, the entry holds their digest: HMAC-SHA-256 under a key of the entry's own. Words and key are one
row of `audit_words`. While the row is there, the digest proves the words; once it is deleted, nobody can try
out what they may have been, as one could with a plain hash of a short question.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import RowMapping

_DIGEST = "digest"
_GONE = "（原文已到期删除，摘要 {digest}）"
_KEY_BYTES, _SHOWN = 32, 8
_IS_GONE = re.compile(_GONE.format(digest="[0-9a-f]{8}"))

Side = Mapping[str, object] | None


def canonical(value: object) -> str:
    """The one JSON text of `value`; what JSON does not know (dates, enums) is written as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


class Taken:
    """The words taken out of one entry."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._sides: dict[str, dict[str, object]] = {}

    def out_of(self, side: str, values: Side) -> Side:
        """`values` with digests in place of the words; `side` is before or after."""
        words = {name: value for name, value in (values or {}).items() if name in self._names and value}
        if values is None or not words:
            return values
        self._sides[side] = words
        digests = {name: {_DIGEST: _digest(self._key, value)} for name, value in words.items()}
        return {**values, **digests}

    def row(self, entry_id: int) -> dict[str, object] | None:
        """The row of `audit_words` for the entry; None when it holds no words."""
        if not self._sides:
            return None
        return {"entry_id": entry_id, "key": self._key, "words": canonical(self._sides)}


def put_back(row: RowMapping, side: str) -> Side:
    """One side of an entry with its words, or with a note where they were deleted.

    `row` has the columns of `audit` and `audit_words`, the latter None when the words are gone.
    """
    if row[side] is None:
        return None
    values: dict[str, object] = json.loads(row[side])
    words = _words(row).get(side, {})
    for name, digest in _digests(values).items():
        values[name] = words.get(name, _GONE.format(digest=digest[:_SHOWN]))
    return values


def is_gone(value: object) -> bool:
    """Whether `value`, a field of a side that `put_back` gave, is the note in place of deleted words."""
    return isinstance(value, str) and _IS_GONE.fullmatch(value) is not None


def has_words(row: RowMapping) -> bool:
    """Whether the entry was written with words, whether or not they are still there."""
    return any(_digests(json.loads(row[side])) for side in ("before", "after") if row[side])


def are_true(row: RowMapping) -> bool:
    """Whether the words that are there are those that were written: all of an entry's, each by its digest."""
    for side in ("before", "after"):
        digests = _digests(json.loads(row[side])) if row[side] else {}
        words = _words(row).get(side, {})
        if {name: _digest(row["key"], value) for name, value in words.items()} != digests:
            return False
    return True


def _words(row: RowMapping) -> dict[str, dict[str, object]]:
    words: dict[str, dict[str, object]] = json.loads(row["words"]) if row["words"] else {}
    return words


def _digests(values: Mapping[str, Any]) -> dict[str, str]:
    """The fields that hold a digest in place of words."""
    return {
        name: value[_DIGEST] for name, value in values.items() if isinstance(value, dict) and _DIGEST in value
    }


def _digest(key: bytes, value: object) -> str:
    return hmac.new(key, canonical(value).encode(), hashlib.sha256).hexdigest()
