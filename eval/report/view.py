"""The content of a report: an outcome, the day, the earlier run, and which questions may be named."""

from datetime import date

from eval.records import Record
from eval.report.compare import Change, Previous, TurnedQuestion, changes, turned
from eval.run import Evaluation
from eval.scores import Scores
from kb.models import Model

HELD_OUT = "test"  # the split for checking only; reading its mistakes would lead to tuning on it


class View(Model):
    """An outcome for the report; questions of the held-out split are counted, and named only on demand."""

    outcome: Evaluation
    day: date
    previous: Previous = Previous()
    show_test: bool = False

    @property
    def scores(self) -> Scores:
        """The flat metrics."""
        return self.outcome.scores

    @property
    def kinds(self) -> list[str]:
        """The question types with a slice of the metrics, in order of appearance."""
        types = dict.fromkeys(record.item.type for record in self.outcome.records)
        return [kind for kind in types if f"type.{kind}.n_questions" in self.scores]

    @property
    def splits(self) -> list[str]:
        """The splits that have a slice of the metrics, in order of appearance."""
        splits = dict.fromkeys(record.item.split for record in self.outcome.records)
        return [split for split in splits if split and f"split.{split}.n_questions" in self.scores]

    @property
    def named(self) -> list[Record]:
        """The questions whose mistakes may be read."""
        return [r for r in self.outcome.records if self.show_test or r.item.split != HELD_OUT]

    @property
    def hides_some(self) -> bool:
        """Whether questions are left out of `named`."""
        return len(self.named) < len(self.outcome.records)

    @property
    def changes(self) -> dict[str, Change]:
        """The changes of the tracked metrics that the earlier run has too."""
        return changes(self.scores, self.previous.scores)

    @property
    def turned(self) -> TurnedQuestion:
        """The named questions whose outcome changed since the earlier run."""
        return turned(self.named, self.previous)

    @property
    def other_questions(self) -> bool:
        """Whether the earlier run asked another number of questions, so that the figures hardly compare."""
        before = self.previous.scores.get("n_questions")
        return before is not None and before != self.scores["n_questions"]
