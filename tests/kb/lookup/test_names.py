"""How people write the names of laws (kb.lookup.articles.titles) and the numbers of articles (places)."""

import pytest

from kb.lookup.articles.places import Place, read_places
from kb.lookup.articles.titles import Fit, best_fit, known_laws
from kb.lookup.articles.written import label_of, numeral


@pytest.mark.parametrize(
    ("name", "title", "fit"),
    [
        ("社会保险法", "中华人民共和国社会保险法", Fit.EXACT),
        ("临时救助办法", "溪口区临时救助办法（试行）", Fit.TAIL),
        ("溪口区临时救助办法", "溪口区人民政府关于印发《溪口区临时救助办法（试行）》的通知", Fit.EXACT),
        ("营商环境条例", "优化营商环境条例", Fit.TAIL),
        ("社保法", "中华人民共和国社会保险法", Fit.INITIALS),
        ("保密法", "中华人民共和国保守国家秘密法", Fit.PARTS),
        ("保密法", "中华人民共和国保守国家秘密法实施条例", None),
        ("江西省信访条例", "信访条例", None),
        ("信访法", "信访条例", None),
        ("法", "中华人民共和国社会保险法", None),
    ],
)
def test_name_fits_title(name: str, title: str, fit: Fit | None) -> None:
    assert best_fit(name, title) is fit


def test_known_laws_are_bare_names() -> None:
    assert {"劳动法", "劳动合同法", "民法典"} <= known_laws()
    assert not [name for name in known_laws() if name.startswith("中华人民共和国") or "《" in name]


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("第二十九条", [Place(article=29)]),
        ("社保法29条", [Place(article=29)]),
        ("社保法二十九条", [Place(article=29)]),
        ("民法典第1042条", [Place(article=1042)]),
        ("民法典第一千零四十二条", [Place(article=1042)]),
        ("第十七条之一", [Place(article=17, sub=1)]),
        ("第42条第2款第（三）项", [Place(article=42, paragraph=2, item=3)]),
        ("第四十二条第一款、第三款", [Place(article=42, paragraph=1), Place(article=42, paragraph=3)]),
        ("第四十二条第（三）、（五）项", [Place(article=42, item=3), Place(article=42, item=5)]),
        ("第9至11条", [Place(article=9), Place(article=10), Place(article=11)]),
        ("第三条第一款和第五条", [Place(article=3, paragraph=1), Place(article=5)]),
        ("第二款呢", [Place(article=0, paragraph=2)]),
        ("有10条措施", []),
        ("第三项目", []),
        ("第三条例", []),
    ],
)
def test_places_are_read_from_a_question(question: str, places: list[Place]) -> None:
    assert [place for named in read_places(question).named for place in named.places] == places


@pytest.mark.parametrize("number", [1, 9, 10, 11, 20, 21, 99, 100, 101, 110, 119, 1_000, 1_042, 1_260])
def test_numerals_are_read_as_they_are_written(number: int) -> None:
    assert read_places(f"第{numeral(number)}条").named[0].places == (Place(article=number),)


def test_place_is_written_in_full() -> None:
    assert label_of(Place(article=110, sub=1, paragraph=2, item=10)) == "第一百一十条之一第二款第（十）项"
