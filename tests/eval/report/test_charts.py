"""Charts show in figures what they draw."""

import re

import pytest

from eval.report import charts


def rects(svg, colour):
    """(x, width, height) of each rectangle of a colour."""
    matches = re.findall(
        rf'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="([\d.]+)" fill="{colour}"', svg
    )
    return [tuple(float(number) for number in values) for values in matches]


def test_bar_length_is_proportional_to_its_share():
    full, half = charts.bars(
        "", [charts.Bar(label="全", share=1, value="8"), charts.Bar(label="半", share=0.5, value="4")]
    ).split("半")
    assert rects(half, charts.COLOURS[0])[0][1] == pytest.approx(rects(full, charts.COLOURS[0])[0][1] / 2)


def test_stack_parts_are_adjacent_and_empty_ones_have_no_figures():
    svg = charts.stacked(
        "", [charts.Stack(label="口语", parts=((0.25, "1"), (0.0, ""), (0.5, "2")), value="3")]
    )
    (first,), (third,) = rects(svg, charts.COLOURS[0]), rects(svg, charts.COLOURS[2])
    assert third[0] == pytest.approx(first[0] + first[1], abs=0.2)
    assert re.findall(r">(\d*)</text>", svg) == ["1", "2", "3"]


def test_reliability_plot_draws_only_bins_with_questions():
    empty = charts.Column(share=None, mark=None, count=0)
    svg = charts.reliability("", [empty, charts.Column(share=0.5, mark=0.15, count=4), empty])
    assert svg.count("<rect") == 1
    assert ">4题</text>" in svg


def test_curves_differ_by_dashes_and_mark_is_labelled():
    curve = ((0.0, 0.0), (1.0, 1.0))
    svg = charts.lines(
        "",
        [charts.Line(label="甲", points=curve), charts.Line(label="乙", points=curve)],
        0.5,
        "现用门槛 0.50",
    )
    assert len(set(re.findall(r'stroke-dasharray="([^"]*)"', svg))) == 2
    assert "现用门槛 0.50" in svg


def test_chart_labels_are_escaped():
    assert "<b>" not in charts.bars("<b>", [charts.Bar(label="<b>", share=1, value="<b>")])
