"""How other thresholds would have changed the results of an evaluation (made by eval.report.threshold)."""

from datetime import date
from pathlib import Path

from pydantic import ValidationError

from kb.errors import DatasetError
from kb.models import Model

FILE = "threshold_effect.json"


class AtThreshold(Model):
    """Numbers of questions, by result, at one threshold.

    `refused_rightly`: refused, and the documents hold no answer; `refused_needlessly`: refused, but they do.
    """

    threshold: float
    answered_right: int
    answered_wrong: int
    refused_rightly: int
    refused_needlessly: int


class ThresholdEffect(Model):
    """The table, and what it was measured on: day, numbers of questions and documents.

    `split` is the part of the questions, None for all of them; `origin` says where the table comes from.
    """

    day: date
    questions: int
    split: str | None
    documents: int
    rows: tuple[AtThreshold, ...]
    origin: str = ""

    def near(self, threshold: float) -> AtThreshold:
        """The row for the threshold nearest to the given one."""
        return min(self.rows, key=lambda row: abs(row.threshold - threshold))


def read_threshold_effect(file: Path) -> ThresholdEffect:
    """The table in `file`.

    Raises:
        DatasetError: the file cannot be read.
    """
    try:
        return ThresholdEffect.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise DatasetError(f"{file} 读不出来：{error}", "评测数据读不出来，请重新运行评测。") from error
