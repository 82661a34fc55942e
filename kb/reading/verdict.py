"""Whether the quoted words answer yes or no: a logistic model over clues (kb.reading.clues).

    log odds of yes = offset + sum of the weights of the clues that are there

The weights (verdict.json) are fitted by `python -m eval train verdict`. The verdict is said only when the
odds are clear and the reader is sure that the passage answers: nine in ten verdicts are right where it does,
one in two where it does not (docs/decisions/0059), and a wrong 可以 is worse than none.
"""

import json
from functools import lru_cache
from importlib.resources import files

from kb.hits import Hit
from kb.models import Model, Span
from kb.reading.asking import Asked, asked
from kb.reading.clues import clues
from kb.reading.focus import telling_words
from kb.reading.plain_words import Verdict, plain_word

FILE = "verdict.json"
SURE = 1.0  # least log odds, either way
SURE_PASSAGE = 2.0  # least logit that the passage answers


class VerdictModel(Model):
    """The weight of each clue, and the log odds of yes without any."""

    offset: float
    weights: dict[str, float]

    def odds(self, found: dict[str, float]) -> float:
        """The log odds of yes by the clues `found`."""
        return self.offset + sum(self.weights.get(clue, 0.0) * share for clue, share in found.items())


@lru_cache(maxsize=1)
def shipped_model() -> VerdictModel:
    """The model that comes with the program."""
    return VerdictModel.model_validate(json.loads((files("kb.reading") / FILE).read_text(encoding="utf-8")))


def odds_of_yes(query: str, hit: Hit, quoted: Span) -> float | None:
    """Log odds that `quoted` (in the document of `hit`) answers `query` with yes.

    None when that is no question for yes or no, or the reader has not read the passage.
    """
    asking = asked(query)
    return None if asking is None or hit.reading is None else _odds(asking, query, hit, quoted)


def verdict_of(query: str, hit: Hit, quoted: Span) -> Verdict | None:
    """What the words `quoted` of the passage of `hit` say to `query`; None when that is not sure."""
    odds = odds_of_yes(query, hit, quoted)
    if odds is None or hit.reading is None:
        return None
    if abs(odds) < SURE or hit.reading.relevance < SURE_PASSAGE:
        return None
    return "yes" if odds > 0 else "no"


def said(query: str, verdict: Verdict) -> str | None:
    """The plain word for `verdict`; None where none would be clear.

    >>> said("开户要钱吗", "no"), said("外地人能办居住证吗", "yes"), said("公厕免费吗", "yes")
    ('不需要。', '可以。', '是。')
    """
    asking = asked(query)
    return plain_word(asking, verdict) if asking else None


def _odds(asking: Asked, query: str, hit: Hit, quoted: Span) -> float:
    return shipped_model().odds(clues(asking, query, telling_words(query, hit, quoted)))
