"""What is wrong with the fields of a request, in one Chinese sentence (pydantic's errors)."""

from collections.abc import Mapping, Sequence
from typing import Any

_MOST_FIELDS = 3  # named in one sentence
_MOST_CHARS = 40  # of a field's name, which anybody can choose
# Beginning of pydantic's error type -> what is wrong; {names} are from the error's context.
_REASONS = (
    ("missing", "没有给出"),
    ("extra_forbidden", "不认识，请去掉"),
    ("json_invalid", "不是 JSON"),
    ("string_too_long", "太长，最多 {max_length} 个字"),
    ("string_too_short", "太短，至少 {min_length} 个字"),
    ("string_unicode", "里有不完整的字符"),
    ("string_pattern_mismatch", "的写法不对"),
    ("string", "应为文字"),
    ("too_long", "太多，最多 {max_length} 项"),
    ("too_short", "太少，至少 {min_length} 项"),
    ("greater_than_equal", "不能小于 {ge}"),
    ("less_than_equal", "不能大于 {le}"),
    ("enum", "只能是 {expected}"),
    ("literal_error", "只能是 {expected}"),
    ("bool", "应为 true 或 false"),
    ("int", "应为整数"),
    ("float", "应为数字"),
    ("finite_number", "应为数字"),
    ("datetime", "应为时间，如 2024-05-10T08:00:00Z"),
    ("timezone", "应为时间，如 2024-05-10T08:00:00Z"),
    ("date", "应为日期，如 2024-05-10"),
    ("model", "应为对象"),
    ("dict", "应为对象"),
    ("list", "应为列表"),
    ("tuple", "应为列表"),
)
_OTHER = "不对"
_WHOLE = "请求的内容"


def wrong_fields(errors: Sequence[Mapping[str, Any]]) -> str:
    """The sentence for the errors that pydantic found in one request.

    >>> wrong_fields([{"type": "missing", "loc": ("body", "question")}])
    '请求的格式不对：question 没有给出。'
    """
    faults = list(dict.fromkeys(f"{_name(error['loc'], error['type'])} {_reason(error)}" for error in errors))
    more = f"，等 {len(faults)} 处" if len(faults) > _MOST_FIELDS else ""
    return f"请求的格式不对：{'；'.join(faults[:_MOST_FIELDS])}{more}。"


def _name(place: Sequence[str | int], kind: str) -> str:
    """The field as its sender knows it: without "body" or "query" before it."""
    if kind == "json_invalid":
        return f"第 {place[-1]} 个字符处"
    name = ".".join(map(str, place[1:])) or _WHOLE
    return "".join(char for char in name if char.isprintable())[:_MOST_CHARS]


def _reason(error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    reason = next((text for beginning, text in _REASONS if kind.startswith(beginning)), _OTHER)
    return reason.format_map(error.get("ctx") or {}).replace(" or ", "、")
