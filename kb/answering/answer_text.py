"""The text of an answer that quotes: the words chosen, passage by passage, with the notices they need."""

from collections.abc import Sequence

from kb.answers import Citation
from kb.controls import wording
from kb.controls.rules import Rules
from kb.models import Hits, Model, Status


class QuotedPassage(Model):
    """Words of an answer, the citation they stand in, the units in whose matter they lie."""

    said: str
    citation: Citation
    units: tuple[str, ...] = ()


def about(citation: Citation, hits: Hits) -> tuple[str, str]:
    """Title and retrieved passages of the cited document."""
    passages = (hit.chunk.text for hit in hits.kept if hit.document.id == citation.document_id)
    return citation.document, "\n".join(passages)


def quoted_text(passages: Sequence[QuotedPassage], rules: Rules) -> str:
    """The words said, a blank line between passages; a notice first when the text is no longer in force.

    What another document says comes after its title and date.
    """
    first = passages[0].citation
    parts: list[str] = []
    if first.status is not Status.IN_FORCE:
        parts.append(rules.say(wording.OUTDATED).format(title=first.document, status=first.status_said))
    document_id = first.document_id
    for passage in passages:
        citation, said = passage.citation, passage.said
        if citation.document_id != document_id:
            dated = citation.date or rules.say(wording.UNDATED)
            said = f"{rules.say(wording.ANOTHER).format(title=citation.document, date=dated)}\n{said}"
            document_id = citation.document_id
        parts.append(said)
    return "\n\n".join(parts)
