"""Asks the product the reading questions of one part, over the knowledge base in the training folder."""

from collections.abc import Sequence
from pathlib import Path

from eval.run import tell
from eval.train.examples import Part, part_of
from eval.train.preparing import HOME
from eval.train.product import Outcome, ProductFigures, outcomes, product_figures
from eval.train.rows import Row
from kb.knowledge_base import open_knowledge_base
from kb.settings import Settings

_TOLD_EVERY = 250


def ask_part(
    settings: Settings, *, folder: Path, part: Part, rows: Sequence[Row], limit: int | None, out: Path | None
) -> ProductFigures:
    """The figures of the rows of `part`; at most `limit`, evenly chosen; outcomes go to `out`, one a line."""
    mine = [row for row in rows if part_of(row.doc_id) is part]
    mine = mine[:: max(1, len(mine) // limit)][:limit] if limit else mine
    asked: list[Outcome] = []
    with open_knowledge_base(settings.model_copy(update={"home": folder / HOME}), tell) as kb:
        ids = {summary.source: summary.id for summary in kb.storage.documents.summaries()}
        for outcome in outcomes((row for row in mine if row.doc_id in ids), kb, ids):
            asked.append(outcome)
            if len(asked) % _TOLD_EVERY == 0:
                tell(f"{len(asked)} of {len(mine)}")
    if out is not None:
        out.write_text("".join(f"{one.model_dump_json()}\n" for one in asked), encoding="utf-8")
    return product_figures(asked)
