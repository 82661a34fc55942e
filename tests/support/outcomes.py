"""Dataset items, answers and records for tests of the evaluation."""

from eval.dataset import Item
from eval.records import Ranking, Record
from kb.answers import ENDING_KIND as KIND_OF
from kb.answers import Answer, Citation, Ending
from kb.retrieval.fusion import Blend

DOCUMENT = "各街道至少安排1-2名政策解答员,相关名单将于8月底前向社会公布。"


def make_item(**fields):
    """An answerable question on DOCUMENT."""
    return Item(
        **{
            "qid": "q1",
            "question": "街道要安排几名政策解答员？",
            "doc_id": "plan",
            "key_points": ["1-2名"],
            **fields,
        }
    )


def make_citation(quote, start=0, **fields):
    """A Citation of DOCUMENT with the text `quote`."""
    values = {"document": "要点", "document_id": "plan", "number": None, "section": "（六）", "page": None}
    place = {"start": start, "end": start + len(quote), "url": "/doc/plan", "chunk_id": "plan:1"}
    return Citation(quote=quote, **{**values, **place, **fields})


def make_answer(text=DOCUMENT, citations=None, ending=Ending.QUOTED, confidence=0.9):
    """An Answer that quotes DOCUMENT by default; without citations when refused."""
    kind = KIND_OF[ending]
    if citations is None:
        citations = () if kind.value == "refused" else (make_citation(text),)
    return Answer(
        question="问",
        rewritten="问",
        kind=kind,
        ending=ending,
        text=text,
        confidence=confidence,
        citations=citations,
    )


REFUSAL = make_answer("没有找到。", ending=Ending.WEAK_EVIDENCE, confidence=0.2)


def make_record(item=None, answer=None, document_rank=1, answer_rank=1, **fields):
    """An unjudged Record; the baselines rank one place below ours."""
    ours = Ranking(document_rank=document_rank, answer_rank=answer_rank, answer_rank_strict=answer_rank)
    below = Ranking(
        document_rank=document_rank and document_rank + 1,
        answer_rank=answer_rank and answer_rank + 1,
        answer_rank_strict=None,
    )
    rankings = {Blend.WEIGHTED: ours, Blend.DENSE: below, Blend.RRF: below}
    values = {"documents": ("plan",), "ask_ms": 10.0, "rankings": rankings}
    return Record(item=item or make_item(), answer=answer or make_answer(), **{**values, **fields})
