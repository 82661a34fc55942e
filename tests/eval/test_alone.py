"""eval.alone: an answer that should cite one article, or one row, cites that and nothing beside it."""

from outcomes import make_citation, make_item

from eval.alone import articles, stands_alone

LAW = (
    "第一条 为了规范物业管理，制定本条例。\n第二条 业主应当按时交费。\n逾期不交的可以起诉。\n"
    "第三条 本条例自公布之日起施行。"
)
TABLE = "补贴项目：高龄津贴；对象：80—89周岁；标准：50。\n补贴项目：高龄津贴；对象：90—99周岁；标准：100。"


def cited(text, quote):
    return make_citation(quote, start=text.index(quote))


class TestArticle:
    ITEM = make_item(section="第二条", key_points=["按时交费"], alone=True)

    def test_both_paragraphs_of_the_article_are_alone(self):
        quotes = [cited(LAW, "业主应当按时交费。"), cited(LAW, "逾期不交的可以起诉。")]
        assert stands_alone(self.ITEM, quotes, {"plan": LAW})

    def test_article_with_its_neighbour_is_not(self):
        quotes = [cited(LAW, "业主应当按时交费。"), cited(LAW, "本条例自公布之日起施行。")]
        assert not stands_alone(self.ITEM, quotes, {"plan": LAW})

    def test_quote_that_runs_into_the_next_article_is_not(self):
        assert not stands_alone(self.ITEM, [cited(LAW, "可以起诉。\n第三条")], {"plan": LAW})

    def test_same_number_of_another_document_is_not(self):
        assert not stands_alone(self.ITEM, [cited(LAW, "业主应当按时交费。")], {"other": LAW})

    def test_nothing_cited_is_not(self):
        assert not stands_alone(self.ITEM, [], {"plan": LAW})


def test_article_ends_where_the_next_begins():
    ((start, end),) = articles(LAW, {"第二条"})
    assert LAW[start:end] == "第二条 业主应当按时交费。\n逾期不交的可以起诉。\n"


def test_row_is_alone_unless_another_row_is_cited():
    item = make_item(key_points=["80—89周岁", "50"], alone=True)
    own, other = TABLE.split("\n")
    assert stands_alone(item, [cited(TABLE, own)], {"plan": TABLE})
    assert not stands_alone(item, [cited(TABLE, own), cited(TABLE, other)], {"plan": TABLE})
