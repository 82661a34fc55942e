"""kb.answering.table_rows: quotes from a table are whole rows."""

from factories import make_document, make_hit

from kb.answering.quoting import Quote
from kb.answering.table_rows import in_whole_rows
from kb.models import Section, Span

ROWS = (
    "事项：高龄津贴；标准（元/月）：50；单位：区民政局",
    "事项：临时救助；标准（元/月）：800；单位：便民中心",
    "事项：生活补贴；标准（元/月）：60；单位：区残联",
)
TEXT = "\n".join(ROWS)
WHOLE = Span(start=0, end=len(TEXT))


def quoted(start: int, end: int, query: str, weights: dict[str, float], *, table: bool = True) -> list[str]:
    document = make_document(
        TEXT, sections=(Section(number="", heading="标准", level=1, span=WHOLE, table=table),)
    )
    hit = make_hit(TEXT, section=0)
    span = Span(start=start, end=end)
    quote = Quote(hit=hit, span=span, core=span)
    return [one.core.of(TEXT) for one in in_whole_rows(quote, document, query, weights)]


def test_value_is_quoted_with_its_whole_row() -> None:
    at = TEXT.index("800")
    assert quoted(at, at + 3, "临时救助多少钱", {"临时救助": 1.0}) == [ROWS[1]]


def test_of_several_rows_only_that_asked_for_is_quoted() -> None:
    assert quoted(5, len(TEXT), "生活补贴多少钱", {"生活补贴": 1.0}) == [ROWS[2]]


def test_list_keeps_all_its_rows() -> None:
    assert quoted(5, len(TEXT) - 3, "哪些事项有补贴", {"补贴": 1.0}) == [TEXT]


def test_prose_stays_as_quoted() -> None:
    assert quoted(3, 7, "高龄津贴多少", {"高龄津贴": 1.0}, table=False) == ["高龄津贴"]
