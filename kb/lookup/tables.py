"""Answers questions about a table by looking up its cells: which row, which column, which year.

    临时救助多少钱            事项：临时救助；补贴标准（元/月）：800
    90岁老人高龄津贴多少      refused: the table lists 80—89岁 only, and is asked for by name
    购房补贴最高是哪类        the row with the highest figure

The passages found say which tables are meant. A question that is not wholly understood (kb.tables.find)
is left to the quoting of prose.
"""

from collections.abc import Iterable, Sequence

from kb.answering.evidence import is_enough, weigh_evidence
from kb.answering.quoting import cite_span
from kb.answering.refusal import each_once, refusal_saying, units_of
from kb.answering.values.asked_value import wanted_value
from kb.answers import ENDING_KIND, Answer, Ending
from kb.controls import wording
from kb.controls.rules import Rules
from kb.hits import Hit, Hits
from kb.language.normalise import canonical
from kb.models import PolicyDocument, Question, Span, Status
from kb.question.rewrite import leans_on_history
from kb.question.understanding import Query
from kb.storage.documents import Documents
from kb.tables.figures import Sum
from kb.tables.find import Asked, Finding, find
from kb.tables.grid import Row, Table, plain, tables_of

SURE, LIKELY = 0.95, 0.85  # confidence of a row named whole, and of one found by its words
_HITS = 5  # passages among which a table must be
_NEAR = 0.6  # share of the best score that its passage must have
_LISTED = 12  # items named by a refusal
_MOST_ROWS = 20
_KEPT = 50  # documents whose tables are kept


class TableLookUp:
    """Looks questions up in the tables among the passages found; `documents` gives their texts."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known: dict[tuple[int, str], tuple[Table, ...]] = {}  # by revision and document

    def look(self, question: Question, query: Query, hits: Hits, rules: Rules) -> Answer | Hits:
        """The answer of a table; else the hits to quote from, without a table that lacks the item."""
        wordings = _asked(question, query)
        findings: list[tuple[PolicyDocument, Finding]] = []
        for document in self._near(hits):
            places = [hit.chunk.section for hit in hits.kept if hit.document.id == document.id]
            tables = sorted(self._tables(document), key=lambda table: _rank(table, places))
            if not any(table.section in places[:_HITS] for table in tables):
                continue
            for table in tables:
                headings = _headings(document, table)
                title = f"{document.title}\n{headings}"
                found_here = (find(table, asked, title) for asked in wordings)
                findings += [(document, finding) for finding in found_here if finding is not None]
        found = _best([one for one in findings if one[1].rows])
        if found:
            return _answer(question, query, hits, found, rules)
        return self._absent(question, query, hits, findings, rules)

    def _near(self, hits: Hits) -> Iterable[PolicyDocument]:
        best = hits.kept[0].score if hits.kept else 0.0
        ids = each_once(hit.document.id for hit in hits.kept[:_HITS] if hit.score >= _NEAR * best)
        found = (self._documents.get(document_id) for document_id in ids)
        return (document for document in found if document is not None)

    def _tables(self, document: PolicyDocument) -> tuple[Table, ...]:
        """The tables of a document; those of the last few documents are kept, as a long table takes 0.3 s."""
        key = (self._documents.revision, document.id)
        known = self._known.get(key)
        if known is None:
            known = tables_of(document)
            self._known = {**self._known, key: known} if len(self._known) < _KEPT else {key: known}
        return known

    def _absent(
        self,
        question: Question,
        query: Query,
        hits: Hits,
        findings: Sequence[tuple[PolicyDocument, Finding]],
        rules: Rules,
    ) -> Answer | Hits:
        """The refusal that names the item which the table of the best passage lacks; else hits to quote."""
        first = hits.kept[0]
        enough = is_enough(weigh_evidence(hits).confidence, rules.threshold)
        missing = [
            (document, finding)
            for document, finding in findings
            if document.id == first.document.id
            and (finding.sure or (finding.table.section == first.chunk.section and (finding.said or enough)))
        ]
        if not missing:
            return hits
        document, finding = max(missing, key=lambda one: (one[1].sure, one[1].exact, one[1].said))
        others = [hit for hit in hits.kept if not _is_of(hit, finding.table, document)]
        word = plain(finding.absent)
        near = [hit for hit in others if hit.score >= _NEAR * first.score]
        if not finding.sure and any(word in plain(hit.chunk.indexed_text) for hit in near):
            return hits.model_copy(update={"kept": tuple(others)})
        if not finding.sure and word in plain(document.text):
            return hits
        return not_listed(question, query, hits, _sentence(finding, document, query, rules))


def not_listed(question: Question, query: Query, hits: Hits, text: str) -> Answer:
    """The refusal `text`, which says what is listed and what is not, with the nearest documents."""
    return refusal_saying(text, question, query, hits, Ending.NOT_LISTED, units_from=1)


def listed(names: Iterable[str]) -> str:
    """Names of items joined by 、, no more than _LISTED of them."""
    known = list(dict.fromkeys(names))
    return "、".join(known[:_LISTED]) + ("等" if len(known) > _LISTED else "")


def _asked(question: Question, query: Query) -> tuple[Asked, ...]:
    """The question in the asker's words, then in official ones: a table may use either."""
    texts = dict.fromkeys((plain(query.own), plain(query.text)))
    return tuple(Asked(text=text, newest=plain(newest_of(question))) for text in texts)


def newest_of(question: Question) -> str:
    """What a follow-up itself says (硕士 of 那硕士呢？); "" for a question that stands alone."""
    if not question.history or not leans_on_history(question.text):
        return ""
    said = canonical(question.text).strip(" ?？。!！")
    return said.removeprefix("那么").removeprefix("那").removesuffix("呢")


def _rank(table: Table, places: Sequence[int | None]) -> int:
    return places.index(table.section) if table.section in places else len(places)


def _headings(document: PolicyDocument, table: Table) -> str:
    labels, index = [], document.sections[table.section].parent
    while index is not None:
        labels.append(document.sections[index].label)
        index = document.sections[index].parent
    first_line = document.text[: document.text.find("\n")]
    return "\n".join((*labels, first_line))


def _best(found: Sequence[tuple[PolicyDocument, Finding]]) -> list[tuple[PolicyDocument, Finding]]:
    """The findings that hold most of the question; several tables of one document may hold as much."""
    if not found:
        return []
    document, best = max(found, key=lambda one: (one[1].exact, one[1].said))
    key = (best.exact, best.said)
    own = [one for one in found if one[0].id == document.id and (one[1].exact, one[1].said) == key]
    return list({finding.table.section: (document, finding) for document, finding in reversed(own)}.values())[
        ::-1
    ]


def _is_of(hit: Hit, table: Table, document: PolicyDocument) -> bool:
    return hit.document.id == document.id and hit.chunk.section == table.section


def _answer(
    question: Question,
    query: Query,
    hits: Hits,
    found: Sequence[tuple[PolicyDocument, Finding]],
    rules: Rules,
) -> Answer:
    """The cells found, each row after its name; every row is cited whole."""
    lines = _outdated(found[0][0], rules)
    citations = []
    for document, finding in found:
        if len(found) > 1 or finding.figure is not None:
            lines.append(_lead(finding, rules))
        rows = finding.rows[:_MOST_ROWS]
        if finding.figure is None or not finding.figure.value:
            lines += [_line(finding.table, row, finding.columns) for row in rows]
        for row in rows:
            section = _headings_of(document, finding.table)
            citations.append(cite_span(row.span, document).model_copy(update={"section": section}))
    exact = any(finding.exact or finding.sure for _, finding in found)
    return Answer(
        question=question.text,
        rewritten=query.text,
        kind=ENDING_KIND[Ending.LOOKED_UP],
        ending=Ending.LOOKED_UP,
        headline=_cell_asked(found, query) if exact else None,
        text="\n".join(line for line in lines if line),
        confidence=SURE if exact else LIKELY,
        citations=tuple(citations),
        departments=each_once((*query.units, *units_of(hits.kept[:1]))),
    )


def _cell_asked(found: Sequence[tuple[PolicyDocument, Finding]], query: Query) -> str | None:
    """The one cell of one row in force that a question for a value asks for, after its head."""
    document, finding = found[0]
    if len(found) > 1 or finding.figure is not None or document.status is not Status.IN_FORCE:
        return None
    if len(finding.rows) != 1 or len(finding.columns) != 1 or wanted_value(query.text) is None:
        return None
    cells = finding.rows[0].of(finding.columns)
    head = finding.table.columns[finding.columns[0]].head
    return f"{head}：{cells[0].text}。" if len(cells) == 1 and head and cells[0].text else None


def _outdated(document: PolicyDocument, rules: Rules) -> list[str]:
    """The notice above the words of a document that is no longer in force."""
    if document.status is Status.IN_FORCE:
        return []
    said = cite_span(Span(start=0, end=0), document).status_said
    return [rules.say(wording.OUTDATED).format(title=document.title, status=said)]


def _headings_of(document: PolicyDocument, table: Table) -> str:
    section = document.sections[table.section]
    labels = [section.label]
    while section.parent is not None:
        section = document.sections[section.parent]
        labels.append(section.label)
    return " > ".join(label for label in reversed(labels) if label)


def _line(table: Table, row: Row, columns: Sequence[int]) -> str:
    """What the row is about, then the cells asked for, each after its head."""
    cells = sorted(row.of((*table.names, *columns)), key=lambda cell: cell.column)
    heads = (table.columns[cell.column].head for cell in cells)
    return "；".join(
        f"{head}：{cell.text}" if head else cell.text for head, cell in zip(heads, cells, strict=True)
    )


def _lead(finding: Finding, rules: Rules) -> str:
    """The line above the rows: the caption, or what was computed."""
    figure, table = finding.figure, finding.table
    if figure is None:
        return f"{table.caption}："
    column = table.columns[finding.columns[0]]
    if figure.value:
        unit = "" if column.unit in column.head else column.unit
        return rules.say(wording.TABLE_SUM).format(
            column=column.head, sum=figure.sum.value, value=f"{figure.value}{unit}", count=len(figure.rows)
        )
    if figure.sum is Sum.TOTAL:
        return ""
    return rules.say(wording.TABLE_MOST).format(column=column.head, sum=figure.sum.value)


def _sentence(finding: Finding, document: PolicyDocument, query: Query, rules: Rules) -> str:
    """《…》列出了…，没有…: the names of the rows and the item that is not among them."""
    columns = _telling(finding.table)
    names = (
        " ".join(cell.text for cell in row.of(columns)) for row in finding.among or finding.table.entries
    )
    item = as_typed(finding.absent, query.own)
    title = document.title.lstrip("# ")
    return rules.say(wording.NOT_LISTED).format(title=title, listed=listed(names), item=item)


def _telling(table: Table) -> tuple[int, ...]:
    """The one column that tells the rows apart, from the right; else the name columns that differ at all."""
    counts = {
        number: len({cell.plain for row in table.entries for cell in row.of([number])})
        for number in table.names
    }
    alone = next((number for number in reversed(table.names) if counts[number] == len(table.entries)), None)
    ranges = alone is not None and table.columns[alone].unit and len(table.names) > 1
    several = tuple(number for number in table.names if counts[number] > 1)
    return (alone,) if alone is not None and not ranges else several or table.names


def as_typed(item: str, text: str) -> str:
    """`item` in the letters and numerals of the question, where it can be found there."""
    for start in range(len(text)):
        for end in range(start + 1, min(start + len(item) + 2, len(text)) + 1):
            if plain(text[start:end]) == item:
                return text[start:end]
    return item
