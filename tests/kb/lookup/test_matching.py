"""A name is held against the titles that can be meant only; which it fits does not change by that."""

import pytest
from factories import make_hit

from kb.lookup.articles.titles import Fit, matching

TITLES = (
    "中华人民共和国社会保险法",
    "社会保险费征缴暂行条例",
    "优化营商环境条例",
    "中华人民共和国保守国家秘密法",
    "浔阳区人民政府关于印发《浔阳区救助办法（试行）》的通知",
)


@pytest.mark.parametrize(
    ("name", "fit", "titles"),
    [
        pytest.param("社会保险法", Fit.EXACT, TITLES[:1], id="whole_name"),
        pytest.param("营商环境条例", Fit.TAIL, TITLES[2:3], id="end_of_the_title"),
        pytest.param("社保法", Fit.INITIALS, TITLES[:1], id="characters_of_every_word"),
        pytest.param("保密法", Fit.PARTS, TITLES[3:4], id="some_characters_in_order"),
        pytest.param("浔阳区救助办法", Fit.EXACT, TITLES[4:], id="document_that_a_notice_forwards"),
        pytest.param("物业管理条例", None, (), id="a_title_that_is_not_here"),
    ],
)
def test_name_fits_the_titles_that_hold_its_characters(name: str, fit: Fit | None, titles: tuple[str, ...]):
    match = matching(
        name, [make_hit("第一条", document_title=title, document_id=title).document for title in TITLES]
    )
    assert match.fit is fit
    assert tuple(one.title for one in match.documents) == titles
