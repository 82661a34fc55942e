"""The effect of other thresholds, by this machine's last evaluation or else by the shipped one."""

from pathlib import Path

from kb.controls.threshold_effect import FILE, ThresholdEffect, read_threshold_effect

_ROOT = Path(__file__).parents[2]
_PLACES = (
    (_ROOT / "reports" / "eval" / FILE, "本机最近一次评测"),
    (_ROOT / "eval" / FILE, "随软件附带的评测"),
)


def read_effect() -> ThresholdEffect:
    """The table of thresholds and their effect, with its origin.

    Raises:
        DatasetError: the file cannot be read.
    """
    file, origin = next((place for place in _PLACES if place[0].is_file()), _PLACES[-1])
    return read_threshold_effect(file).model_copy(update={"origin": origin})
