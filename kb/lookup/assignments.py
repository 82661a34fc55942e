"""Answers questions that ask for a whole list: all measures of a unit, or all measures due by a day.

    区人社局负责哪些任务            all measures that it leads or is responsible for
    区司法局牵头的工作有哪些        only the measures that it leads
    哪些任务10月底前完成            the measures due then, and apart from them the measures due earlier

A search finds the best passages, not all of them, so these questions are answered from every measure of the
documents in force (kb.answering.work_plan). A question is accepted only if it holds nothing but the unit, the
deadline, the name of a plan and words of asking (_FRAME): 区数字中心在新媒体方面负责哪些工作 asks for a part
of the list and is left to the search.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from kb.answering.quoting import cite_span
from kb.answering.work_plan import Measure, deadline, due_date, is_collective, measures
from kb.answers import ENDING_KIND, Answer, Citation, Ending
from kb.controls.rules import Rules
from kb.language.normalise import canonical, short_title
from kb.models import DocumentSummary, FindDocument, Model, Question, Status
from kb.question.departments import Departments
from kb.question.understanding import Query
from kb.storage.documents import Documents

SURE = 0.95  # confidence of a list; the only doubt is whether the question asks for it
MOST = 40  # measures listed in one answer; the count always covers all
_SHOWN = 60  # characters shown of a measure

_TASKS = r"任务|工作|举措|事项|措施|职责|台账|活儿?"
_WHICH = r"哪些|哪几[项个条件]|什么|多少[项个条件]?|几[项个条件]|清单|列表|列出|台账"
_ROLES = r"负责|牵头|承担|落实|责任单位|责任部门|配合|要做|完成|主办|参与|分工"
_ASKS = re.compile(_WHICH)
_IS_ABOUT = re.compile(rf"{_TASKS}|{_ROLES}")
_WHO = re.compile(
    r"谁|(?:哪|什么)(?:个|些|几个|家|几家)?(?:部门|单位|局|街道|科室)|岗位|招聘|联系|电话|地址|时间"
)
_FRAME = re.compile(
    rf"{_WHICH}|{_TASKS}|{_ROLES}|请问|我?想(?:知道|问|了解)?|一下|告诉我|帮我|查(?:一?下|询)?|今年|本年度?|年度|(?:19|20)\d\d年?|"
    r"都|还|又|一共|总共|分别|需要|必须|应当?|应该|要|得|由|是|的|在|里面?|中|以|作为|具体|重点|主要|所有|全部|有|列|做|项|"
    r"吗|呢|啊|了|和|与|及|我们?|单位|部门|局|被|给|到|之|其|所|前|为|[\W_]"
)
_TOWNSHIP = re.compile("(?:街道|乡|镇)(?:办事处)?$")
_LEADS = re.compile("牵头|主办")
_ANSWERS_FOR = re.compile("责任(?:单位|部门)|配合|参与")


class UnitRole(StrEnum):
    """The role in which a question asks for a unit."""

    LEAD = "牵头"
    RESPONSIBLE = "责任"
    ANY = "负责"


class ListRequest(Model):
    """What a question asks for; `due` is its deadline ("" for none), `plans` the titles of named plans."""

    units: tuple[str, ...]
    role: UnitRole
    due: str
    plans: tuple[str, ...]


class Assignments:
    """Lists the measures of work plans, read from `documents` for every question; stores nothing itself."""

    def __init__(self, documents: Documents, departments: Departments) -> None:
        self._documents = documents
        self._departments = departments

    def answer(self, question: Question, query: Query, rules: Rules) -> Answer | None:
        """The list that `query` asks for; None when it asks for something else or no measure matches."""
        text = canonical(query.text)
        if not (_ASKS.search(text) and _IS_ABOUT.search(text)):
            return None
        plans = self._plans(query, rules)
        request = self._read(query, plans)
        if request is None:
            return None
        rows = measures(chunk for chunk in self._documents.assigned() if chunk.document_id in plans)
        listing = _Listing(request, plans, rows, self._documents.get)
        if not listing.count:
            return None
        return Answer(
            question=question.text,
            rewritten=query.text,
            kind=ENDING_KIND[Ending.LISTED],
            ending=Ending.LISTED,
            text=listing.text(),
            confidence=SURE,
            citations=listing.citations(),
            departments=request.units,
        )

    def _plans(self, query: Query, rules: Rules) -> dict[str, DocumentSummary]:
        """Documents in force, by id; others where the query asks for a date, an edition or a status."""
        filters, plans = query.filters, {}
        status = filters.status or Status.IN_FORCE
        any_status = bool(filters.document_ids or filters.has_dates)
        for summary in self._documents.summaries():
            if summary.id in rules.excluded or (
                filters.document_ids and summary.id not in filters.document_ids
            ):
                continue
            if summary.status is not status and not any_status:
                continue
            if not filters.passes_day(summary.dated):
                continue
            plans[summary.id] = summary
        return plans

    def _read(self, query: Query, plans: dict[str, DocumentSummary]) -> ListRequest | None:
        text = canonical(query.text)
        if _WHO.search(text):
            return None
        titles = [plan.title for plan in plans.values() if _bare(plan.title) in text]
        rest = text
        for title in sorted(map(_bare, titles), key=len, reverse=True):
            rest = rest.replace(title, "")
        due = deadline(rest)
        rest = rest.replace(due, "") if due else rest
        for unit in sorted(query.units, key=len, reverse=True):
            rest = rest.replace(canonical(unit), "")
        rest = _FRAME.sub("", self._departments.without_names(rest))
        if len(rest) > 1 or not (query.units or due):
            return None
        role = (
            UnitRole.LEAD
            if _LEADS.search(text)
            else UnitRole.RESPONSIBLE
            if _ANSWERS_FOR.search(text)
            else UnitRole.ANY
        )
        return ListRequest(units=query.units, role=role, due=due, plans=tuple(titles))


class _Listing:
    """The measures that a question asks for, and the text and citations of the answer."""

    def __init__(
        self,
        asked: ListRequest,
        plans: dict[str, DocumentSummary],
        rows: Iterable[Measure],
        document: FindDocument,
    ) -> None:
        self._asked = asked
        self._plans = plans
        self._document = document
        in_plans = [row for row in rows if not asked.plans or plans[row.document_id].title in asked.plans]
        newest_first = {plan: place for place, plan in enumerate(plans)}  # summaries come newest first
        in_plans.sort(key=lambda row: (newest_first[row.document_id], row.span.start))
        due = [row for row in in_plans if not asked.due or self._is_due(row)]
        earlier = [
            row for row in in_plans if asked.due and row not in due and self._is_due(row, earlier=True)
        ]
        self.own = [row for row in due if self._names(row)]
        self.shared = [row for row in due if row not in self.own and self._includes(row)]
        self.earlier = [row for row in earlier if self._names(row) or self._includes(row)]

    @property
    def count(self) -> int:
        """Number of measures in the list."""
        return len(self.own) + len(self.shared) + len(self.earlier)

    def text(self) -> str:
        """The count first, then the measures, plan by plan."""
        parts, room = [], MOST
        for rows, head in (
            (self.own, self._head()),
            (self.shared, self._shared_head()),
            (self.earlier, f"时限更早的有 {len(self.earlier)} 项："),
        ):
            if rows:
                parts += [head, *self._lines(rows[:room])]
                parts += [f"（还有 {len(rows) - room} 项没有列出）"] if len(rows) > room else []
                room = max(0, room - len(rows))
        return "\n".join(parts)

    def citations(self) -> tuple[Citation, ...]:
        """A citation of each listed measure."""
        shown = [*self.own, *self.shared, *self.earlier][:MOST]
        documents = {row.document_id: self._document(row.document_id) for row in shown}
        citations = []
        for row in shown:
            document = documents[row.document_id]
            if document is not None:
                citation = cite_span(row.span, document)
                citations.append(
                    citation.model_copy(update={"section": " > ".join(row.task), "chunk_id": row.chunk_id})
                )
        return tuple(citations)

    def _head(self) -> str:
        unit, due = "、".join(self._asked.units), self._asked.due
        when = f"{due}完成的" if due else ""
        if not unit:
            return f"{when}任务共 {len(self.own)} 项："
        lead = sum(self._leads(row) for row in self.own)
        both = (
            f"（牵头 {lead} 项，责任 {len(self.own) - lead} 项）" if self._asked.role is UnitRole.ANY else ""
        )
        verb = {UnitRole.LEAD: "牵头", UnitRole.RESPONSIBLE: "作为责任单位", UnitRole.ANY: "负责"}[
            self._asked.role
        ]
        return f"{unit}{verb}{'，' if due else ''}{when or '的'}任务共 {len(self.own)} 项{both}："

    def _shared_head(self) -> str:
        names = dict.fromkeys(name for row in self.shared for name in row.units if self._stands_for(name))
        unit = "、".join(self._asked.units)
        also = "另有" if self.own else "没有单独点名的任务；有"
        return f"{also} {len(self.shared)} 项写的是“{'”“'.join(names)}”这类统称，{unit}是否在内以文件为准："

    def _lines(self, rows: Sequence[Measure]) -> list[str]:
        lines: list[str] = []
        document_id = None
        for number, row in enumerate(rows, start=1):
            if row.document_id != document_id:
                document_id = row.document_id
                plan = self._plans[document_id]
                lines.append(f"《{plan.title}》{f'（{plan.dated}）' if plan.dated else ''}")
            lines.append(f"{number}. {self._line(row)}")
        return lines

    def _line(self, row: Measure) -> str:
        words = row.words if len(row.words) <= _SHOWN else f"{row.words[:_SHOWN]}……"
        place = f"{row.task[-1]}：" if row.task else ""
        units = [f"牵头单位：{'、'.join(row.lead)}"] if row.lead else []
        units += [f"责任单位：{'、'.join(row.responsible)}"] if row.responsible else []
        units += [f"时限：{row.deadline}"] if row.deadline else []
        return f"{place}{words.rstrip('。')}（{'；'.join(units)}）"

    def _names(self, row: Measure) -> bool:
        if not self._asked.units:
            return True
        units = {UnitRole.LEAD: row.lead, UnitRole.RESPONSIBLE: row.responsible, UnitRole.ANY: row.units}[
            self._asked.role
        ]
        return any(unit in units for unit in self._asked.units)

    def _leads(self, row: Measure) -> bool:
        return any(unit in row.lead for unit in self._asked.units)

    def _includes(self, row: Measure) -> bool:
        """Whether a collective name in the measure (各街道) may include the unit."""
        if not self._asked.units:
            return False
        units = row.lead if self._asked.role is UnitRole.LEAD else row.units
        return any(self._stands_for(name) for name in units)

    def _stands_for(self, name: str) -> bool:
        if not is_collective(name) or name in self._asked.units:
            return False
        unit = self._asked.units[0]
        kinds = ("街道", "乡", "镇") if _TOWNSHIP.search(unit) else ("部门", "单位", "委办局")
        return any(kind in name for kind in kinds)

    def _is_due(self, row: Measure, earlier: bool = False) -> bool:
        """Whether a measure is due on the day asked for or, with `earlier`, before that day."""
        if not row.deadline:
            return False
        year = self._year_of(row)
        due, asked_day = due_date(row.deadline, year), due_date(self._asked.due, year)
        if due is None or asked_day is None:
            return row.deadline == self._asked.due and not earlier
        return due < asked_day if earlier else due == asked_day

    def _year_of(self, row: Measure) -> int | None:
        plan = self._plans[row.document_id]
        year_match = re.search(r"(?:19|20)\d\d", plan.title)
        return int(year_match[0]) if year_match else plan.dated.year if plan.dated else None


def _bare(title: str) -> str:
    return short_title(title).strip("《》")
