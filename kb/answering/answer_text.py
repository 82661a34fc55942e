"""Builds the text of a quoted answer: the chosen words, passage by passage, with the notices they need."""

from collections.abc import Mapping, Sequence

from kb.answering.values.headline import headline
from kb.answers import Answer, AnswerKind, Citation, Ending
from kb.controls import wording
from kb.controls.rules import Rules
from kb.hits import Hits
from kb.models import Model, Status

_PLACES = "一二三四五六七八九"


class QuotedPassage(Model):
    """Words of an answer, the citation that contains them, and the units responsible for their subject."""

    said: str
    citation: Citation
    units: tuple[str, ...] = ()


def about(citation: Citation, hits: Hits) -> tuple[str, str]:
    """Title of the cited document, and its retrieved passages joined by line breaks."""
    passages = (hit.chunk.text for hit in hits.kept if hit.document.id == citation.document_id)
    return citation.document, "\n".join(passages)


def quoted_text(passages: Sequence[QuotedPassage], rules: Rules) -> str:
    """The quoted words, a blank line between passages; a notice first when the text is no longer in force.

    Words of another document follow its title and date.
    """
    first = passages[0].citation
    parts: list[str] = []
    if first.status is not Status.IN_FORCE:
        parts.append(rules.say(wording.OUTDATED).format(title=first.document, status=first.status_said))
    document_id = first.document_id
    for passage in passages:
        citation, words = passage.citation, passage.said
        if citation.document_id != document_id:
            words = _of_another(citation, words, rules)
            document_id = citation.document_id
        parts.append(words)
    return "\n\n".join(parts)


def _of_another(citation: Citation, words: str, rules: Rules) -> str:
    """`words` behind the title and date of the document that they are from."""
    dated = citation.date or rules.say(wording.UNDATED)
    return f"{rules.say(wording.ANOTHER).format(title=citation.document, date=dated)}\n{words}"


def together(answers: Sequence[Answer], rules: Rules) -> Answer | None:
    """One answer made of the `answers` to the parts of a question; a part refused is named by its place.

    Its words are not repeated: an answer holds nothing that the asker could have put there. None when all
    are refused: then the question as a whole is to be answered or refused.
    """
    found = [answer for answer in answers if answer.kind is not AnswerKind.REFUSED]
    if not found:
        return None
    texts, document_id = [], found[0].citations[0].document_id if found[0].citations else ""
    for place, answer in enumerate(answers, 1):
        text = answer.text
        if answer.kind is AnswerKind.REFUSED:
            text = rules.say(wording.PART_UNFOUND).format(place=_PLACES[place - 1])
        elif answer.citations and answer.citations[0].document_id != document_id:
            document_id = answer.citations[0].document_id
            text = _of_another(answer.citations[0], text, rules)
        if text not in texts:
            texts.append(text)
    cited = {(one.document_id, one.start, one.end): one for answer in found for one in answer.citations}
    return found[0].model_copy(
        update={
            "text": "\n\n".join(texts),
            "headline": None,
            "verdict": None,
            "confidence": min(answer.confidence for answer in found),
            "citations": tuple(cited.values()),
            "departments": tuple(dict.fromkeys(unit for answer in found for unit in answer.departments)),
        }
    )


def first_line(answer: Answer, query: str, weights: Mapping[str, float]) -> str | None:
    """The value that `query` asks for, as a sentence of its own above a quoted answer; None if not sure.

    There is none above a text that is no longer in force, or above quotes of several documents.
    """
    documents = {citation.document_id for citation in answer.citations}
    if answer.ending is not Ending.QUOTED or len(documents) != 1:
        return None
    if any(citation.status is not Status.IN_FORCE for citation in answer.citations):
        return None
    context = "\n".join(f"{citation.document}\n{citation.section}" for citation in answer.citations)
    value = headline(query, answer.text, context, weights)
    quoted = value is not None and any(value in citation.quote for citation in answer.citations)
    return f"{value}。" if quoted else None
