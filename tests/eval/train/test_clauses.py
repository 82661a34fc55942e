"""Questions made from clauses: the answer stands where it is said to, and is gone where it is taken out."""

from random import Random

import pytest

from eval.train.clauses import articles_of, examples, plain_words, points_of

LAW = """# 某市物业管理条例

2020年5月1日公布

## 第二章 业主大会

第十四条 召开业主大会会议，应当于会议召开15日以前通知全体业主。会议记录由业主委员会保存，并向业主公布。

第十五条 业主委员会应当自选举产生之日起三十日内，向街道办事处备案，并提交下列材料：

（一）业主大会议事规则；

（二）业主委员会成员名单。

业主委员会任期届满前，应当组织召开业主大会会议进行换届选举。

第十六条 违反本条例规定，擅自占用公共绿地的，由城市管理部门责令限期改正，处一千元以上五千元以下的罚款。
"""


def test_articles_of_a_law_keep_their_chapter_and_items():
    articles = articles_of(LAW)
    assert [article.text[:4] for article in articles] == ["第十四条", "第十五条", "第十六条"]
    assert {article.heading for article in articles} == {"第二章 业主大会"}
    assert "（二）业主委员会成员名单。" in articles[1].text
    assert articles[0].shown.startswith("某市物业管理条例\n第二章 业主大会\n第十四条\n第十四条 召开")


@pytest.mark.parametrize(
    ("number", "kind", "answer"),
    [
        (0, "number", "15日"),
        (1, "number", "三十日"),
        (1, "list", "（一）业主大会议事规则；\n\n（二）业主委员会成员名单。"),
        (2, "penalty", "处一千元以上五千元以下的罚款"),
    ],
)
def test_points_of_an_article_hold_the_words_that_answer(number: int, kind: str, answer: str):
    article = articles_of(LAW)[number]
    points = [point for point in points_of(article, Random(1)) if point.kind == kind]
    assert answer in [point.answer.of(article.text).strip() for point in points]
    assert not any(answer in point.question for point in points)


def test_examples_mark_the_answer_or_lack_it():
    plain = plain_words(["# 说明", "住户 业主们 = 全体业主"])
    made = list(examples({"条例": articles_of(LAW)}, plain, 40, Random(3)))
    labels = {example.passages[0].label for example in made}
    assert labels == {0, 1}
    for example in made:
        first, *others = example.passages
        assert all(passage.label == 0 and not passage.spans for passage in others)
        assert bool(first.spans) == (first.label == 1)
