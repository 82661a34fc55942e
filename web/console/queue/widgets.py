"""The parts of 群众提问, and the values that stand in them when an event fires."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from kb.desk.search import Found
from kb.errors import InputError
from kb.models import Model
from kb.queue.view import Group
from web.console.queue.views import QueueViewState

Changes = dict[Any, object]  # a part of the page -> its new value


class Held(Model):
    """The open group as it was read, and unsent replies by group id. An event that sets it also shows the
    group, so that a reply goes to the group shown, even when an older event ends after a newer one.
    """

    group: Group | None = None
    unsent: Mapping[int, str] = {}


@dataclass(frozen=True)
class Widgets:
    """The parts of the page: Gradio components."""

    held: Any
    offset: Any
    found: Any
    view: Any
    department: Any
    words: Any
    listing: Any
    work: Any
    beside: Any
    detail: Any
    claim: Any
    release: Any
    reply: Any
    send: Any
    draft: Any
    message_box: Any
    aside: Any
    reason: Any
    dismiss: Any
    template: Any
    handing: Any
    to_department: Any
    to_colleague: Any
    handing_note: Any
    hand_over: Any
    assign: Any
    send_back: Any
    note: Any
    add_note: Any
    query: Any
    sources: Any

    def all(self) -> list[Any]:
        """All parts of the page."""
        return [getattr(self, field.name) for field in fields(self)]

    def given(self) -> list[Any]:
        """The parts that every event reads, in the order of `Given`."""
        return [getattr(self, name) for name in Given.model_fields]


class Given(Model):
    """The values of the page when an event fires."""

    held: Held
    offset: int  # number of groups before the first one shown
    found: tuple[Found, ...]
    view: QueueViewState
    department: str
    words: str
    reply: str
    reason: str
    query: str
    template: str
    to_department: str
    to_colleague: str
    handing_note: str
    note: str

    @property
    def group(self) -> Group:
        """The open group.

        Raises:
            InputError: no group is open.
        """
        if self.held.group is None:
            raise InputError("请先在左边打开一组提问。")
        return self.held.group
