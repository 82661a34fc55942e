"""Puts the passages first that tell the side of a matter that is asked for (低保要符合什么条件).

The search knows the words of a question, not which sentence is the answer: 申请 finds how to apply, where the
conditions stand without that word. A question for a matter and one side of it, and nothing else, is quoted
from the passages that tell this side (kb.lookup.clarifying.sides), which are offered beside a bare matter.
"""

from kb.answers import Answer
from kb.controls.rules import Rules
from kb.hits import Hits
from kb.lookup.clarifying.open_matter import side_of_matter
from kb.lookup.clarifying.sides import tells
from kb.models import Question
from kb.question.understanding import Query

_NEAR = 0.6  # share of the best score that a passage must have to be put first
_SILENT = 0.8  # share of their score for the others


class SidePassages:
    """A HitLookUp; without state."""

    def look(self, question: Question, query: Query, hits: Hits, rules: Rules) -> Answer | Hits:
        """`hits` with the passages first that tell the side asked for; as they are for other questions."""
        asked = side_of_matter(query.text)
        best = hits.kept[0].score
        if asked is None:
            return hits
        telling = [
            hit for hit in hits.kept if hit.score >= _NEAR * best and tells(asked.side, asked.matter, hit)
        ]
        if not telling or telling[0] is hits.kept[0]:
            return hits
        first = telling[0].model_copy(update={"score": best})
        others = (
            hit.model_copy(update={"score": _SILENT * hit.score})
            for hit in hits.kept
            if hit is not telling[0]
        )
        return hits.model_copy(update={"kept": (first, *others)})
