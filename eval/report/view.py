"""What a report shows: an outcome, the day, the earlier run beside it, and which questions it may name."""

from datetime import date

from eval.records import Record
from eval.report.compare import Change, Previous, Turned, changes, turned
from eval.run import Outcome
from eval.scores import Scores
from kb.models import Model

HELD_OUT = "test"  # the split that only checks; who reads its mistakes begins to tune on it


class View(Model):
    """An outcome as it is reported; questions of the held-out split are counted, but named on demand only."""

    outcome: Outcome
    day: date
    previous: Previous = Previous()
    show_test: bool = False

    @property
    def scores(self) -> Scores:
        """The flat metrics."""
        return self.outcome.scores

    @property
    def kinds(self) -> list[str]:
        """The question types that were asked and have a slice of the metrics, in order of appearance."""
        asked = dict.fromkeys(record.item.type for record in self.outcome.records)
        return [kind for kind in asked if f"type.{kind}.n_questions" in self.scores]

    @property
    def splits(self) -> list[str]:
        """The splits that have a slice of the metrics, in order of appearance."""
        asked = dict.fromkeys(record.item.split for record in self.outcome.records)
        return [split for split in asked if split and f"split.{split}.n_questions" in self.scores]

    @property
    def named(self) -> list[Record]:
        """The questions whose mistakes may be read."""
        return [r for r in self.outcome.records if self.show_test or r.item.split != HELD_OUT]

    @property
    def hides_some(self) -> bool:
        """Whether questions are kept back."""
        return len(self.named) < len(self.outcome.records)

    @property
    def changes(self) -> dict[str, Change]:
        """Tracked metrics that the earlier run has as well."""
        return changes(self.scores, self.previous.scores)

    @property
    def turned(self) -> Turned:
        """The named questions whose outcome changed since the earlier run."""
        return turned(self.named, self.previous)

    @property
    def other_questions(self) -> bool:
        """Whether the earlier run asked another number of questions, so that figures hardly compare."""
        before = self.previous.scores.get("n_questions")
        return before is not None and before != self.scores["n_questions"]
