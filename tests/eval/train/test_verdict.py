"""The weights of yes and no are learned from rows, and judged by how often clear verdicts are right."""

from pathlib import Path

from eval.train.examples import Part, part_of
from eval.train.rows import Row
from eval.train.verdict import curve, fit_verdict, fitted_model, learned_from, write_model
from kb.reading.asking import asked
from kb.reading.clues import clues
from kb.reading.verdict import VerdictModel

MATTERS = ("养犬", "停车", "露营", "摆摊", "钓鱼", "烧烤", "放风筝", "打球", "跳舞", "晾晒")


def row(matter: str, place: int) -> Row:
    """A rule that allows or forbids `matter` in the document numbered `place`."""
    is_yes = place % 2 == 0
    evidence = f"第一条 本规定所称区域由区人民政府公布。本区{'可以' if is_yes else '禁止'}{matter}。"
    return Row(
        qid=f"{matter}{place}",
        field="local",
        doc_id=f"{matter}管理规定{place}",
        question=f"在区里能{matter}吗？",
        answerable=True,
        answer=(evidence[evidence.index("本区") :],),
        evidence=evidence,
        verdict="yes" if is_yes else "no",
        kind="yesno",
    )


ROWS = [row(matter, place) for matter in MATTERS for place in range(8)]


def test_weights_that_are_learned_tell_a_rule_that_allows_from_one_that_forbids():
    model = fitted_model(learned_from(ROWS, Part.TRAIN))
    question = "这里能划船吗"
    asking = asked(question)
    assert asking is not None
    assert model.odds(clues(asking, question, "本区可以划船。")) > 0
    assert model.odds(clues(asking, question, "本区禁止划船。")) < 0


def test_only_yes_or_no_questions_of_the_part_are_learned():
    other = ROWS[0].model_copy(update={"question": "在区里怎么养犬？"})
    learned = learned_from([*ROWS[1:], other], Part.TRAIN)
    expected = [one for one in ROWS[1:] if part_of(one.doc_id) is Part.TRAIN]
    assert len(learned) == len(expected)


def test_figures_are_of_documents_that_were_not_learned():
    model, figures = fit_verdict(ROWS, [])
    assert figures.marked[-1].right == 1.0
    assert figures.learned + len(learned_from(ROWS, Part.DEV)) + len(
        learned_from(ROWS, Part.HELD_BACK)
    ) == len(ROWS)
    assert figures.weights == len(model.weights)
    assert figures.product is None


def test_curve_gives_the_clearest_verdicts_first():
    points = curve(
        [3.0, -2.0, 1.0, -0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [True, False, True, True] + [False] * 6
    )
    by_coverage = {point.coverage: (point.sure, point.right) for point in points}
    assert by_coverage[0.3] == (1.0, 1.0)
    assert by_coverage[0.4] == (0.5, 0.75)
    assert by_coverage[1.0] == (0.1, 0.3)


def test_model_is_read_back_as_it_was_written(tmp_path: Path):
    model = VerdictModel(offset=0.1, weights={"a:不得": -0.5, "permit+|可以": 0.7})
    write_model(model, tmp_path / "verdict.json")
    assert VerdictModel.model_validate_json((tmp_path / "verdict.json").read_text(encoding="utf-8")) == model
