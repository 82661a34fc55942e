"""ingest.readers.paged.pdf on a page that Chromium printed: Type 3 fonts, of which only the ink is known.

The file was printed by Chromium 141 from a page with the words below, with its own header and footer.
"""

from pathlib import Path

import pytest

from ingest.readers.layout.fidelity import fidelity
from ingest.readers.layout.page import PrintedColumn, PrintedLine
from ingest.readers.paged.pdf import read_pdf

PRINTED = Path(__file__).parent / "files" / "printed-by-chromium.pdf"
LINES = [
    "溪口区一户一策补助细则",
    "第一条 二十一日内公示；丶、一丨二，经办人＿＿（签字）__年__日，offices。",
    "第十一条 一是，二是；甲—乙——丙～丁。占地一百一十一m2的，补助一次。",
    "溪口区一站式服务中心",
    "二〇二四年一月十一日",
]


def column(*texts: str) -> PrintedColumn:
    lines = tuple(
        PrintedLine(text=text, left=80, top=row * 20, right=300, bottom=row * 20 + 12, size=12)
        for row, text in enumerate(texts)
    )
    return PrintedColumn(lines=lines, left=80, right=300)


def test_flat_glyphs_and_indices_of_a_printed_page_stay_in_their_lines() -> None:
    raw = read_pdf(PRINTED.read_bytes())
    assert raw.text.splitlines() == LINES
    assert not raw.remarks


@pytest.mark.parametrize(
    ("layer", "read", "lost", "doubled", "torn"),
    [
        pytest.param(["二十一日内", "公示"], ["二十一日内公示"], 0, 0, 0, id="same_characters"),
        pytest.param(["二十一日内公示，三日办结"], ["二十日内公示，三日办结", "一"], 0, 0, 1, id="torn"),
        pytest.param(["二十一日内公示"], ["二十日内公示"], 1, 0, 1, id="lost"),
        pytest.param(["二十一日"], ["二十一日", "一"], 0, 1, 0, id="doubled"),
    ],
)  # fmt: skip
def test_characters_that_a_page_loses_or_moves_are_found(
    layer: list[str], read: list[str], lost: int, doubled: int, torn: int
) -> None:
    kept = fidelity(layer, [column(*read)])
    assert (kept.lost, kept.doubled, len(kept.torn)) == (lost, doubled, torn)
