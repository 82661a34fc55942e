"""docs/evaluation.md explains every metric, cause and option of the program."""

from pathlib import Path

import pytest
from typer.main import get_command

from eval.__main__ import cli
from eval.records import Cause
from eval.report.labels import METRICS

DOCS = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("metric", METRICS)
def test_docs_explain_every_metric(metric):
    assert f"`{metric}`" in DOCS


@pytest.mark.parametrize("cause", Cause)
def test_docs_explain_every_cause(cause):
    assert f"**{cause.value}**" in DOCS


def test_docs_explain_every_option():
    for parameter in get_command(cli).commands["run"].params:
        option = parameter.opts[0]
        assert f"`{option}" in DOCS, option
