"""docs/evaluation.md explains what the program prints."""

from pathlib import Path

import pytest
from typer.main import get_command

from eval.__main__ import cli
from eval.records import Cause
from eval.report.labels import METRICS

DOCS = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_explained(metric):
    assert f"`{metric}`" in DOCS


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_is_explained(cause):
    assert f"**{cause.value}**" in DOCS


def test_every_option_is_explained():
    for parameter in get_command(cli).commands["run"].params:
        option = parameter.opts[0]
        assert f"`{option}" in DOCS, option
