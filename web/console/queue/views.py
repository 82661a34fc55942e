"""The filters of 群众提问: the views with their counts, and the departments to choose from."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from kb.queue.filters import GroupCounts, GroupFilter
from kb.queue.items import CLOSED, QueueState
from kb.staff.permissions import Staff
from web.console.parts import ANY

_OWN = "本部门"


class QueueViewState(StrEnum):
    """A view: which groups the list shows."""

    OPEN = "open"
    UNCLAIMED = "unclaimed"
    MINE = "mine"
    OVERDUE = "overdue"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The view's Chinese name."""
        return _LABELS[self]


FIRST = QueueViewState.OPEN
_LABELS = {
    QueueViewState.OPEN: "待办",
    QueueViewState.UNCLAIMED: "没人认领",
    QueueViewState.MINE: "我认领的",
    QueueViewState.OVERDUE: "已逾期",
    QueueViewState.CLOSED: "已办结",
}
FILTERS: Mapping[QueueViewState, GroupFilter] = {
    QueueViewState.OPEN: GroupFilter(),
    QueueViewState.UNCLAIMED: GroupFilter(states=(QueueState.WAITING,)),
    QueueViewState.MINE: GroupFilter(mine=True),
    QueueViewState.OVERDUE: GroupFilter(overdue=True),
    QueueViewState.CLOSED: GroupFilter(states=CLOSED),
}


def departments_of(staff: Staff, chosen: str) -> tuple[str, ...]:
    """The departments to filter by; empty for all departments."""
    if chosen == _OWN:
        return staff.departments
    return () if chosen in (ANY, "") else (chosen,)


def department_choices(staff: Staff, departments: Sequence[str]) -> list[str]:
    """The choices of the department filter; staff with departments may choose all of theirs or one."""
    if not staff.departments:
        return [ANY, *departments]
    return [ANY, _OWN, *(departments if len(departments) > 1 else ())]


def view_choices(counts: GroupCounts) -> list[tuple[str, str]]:
    """The views with the number of groups in each."""
    counts_by_view = counts.model_dump()
    return [(f"{view.label}（{counts_by_view[view.value]}）", view.value) for view in QueueViewState]
