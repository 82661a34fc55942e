"""Which words of a passage are quoted for a question."""

from factories import make_hit

from kb.answering.quoting import compose, rivals


def quoted(question: str, weights: dict[str, float], *texts: str, **fields: object) -> list[str]:
    hits = [make_hit(text, score=1 - 0.1 * rank, **fields) for rank, text in enumerate(texts)]
    return [quote.span.of(quote.hit.chunk.text) for quote in compose(question, weights, hits)]


MEASURE = (
    "健全规章动态更新机制。2023年10月底前,各部门完成规范性文件清理工作。做到底数清晰。"
    "〔牵头单位:区司法局;责任单位:各街道〕"
)
WEIGHTS = {"规范性文件": 4.0, "清理": 4.0}


def test_only_the_answering_sentence_is_quoted():
    assert quoted("规范性文件清理什么时候完成？", WEIGHTS, MEASURE) == [
        "2023年10月底前,各部门完成规范性文件清理工作。"
    ]


def test_unit_bracket_is_quoted_when_asked_who():
    bracket = MEASURE.index("〔")
    quotes = quoted(
        "规范性文件清理谁牵头？",
        WEIGHTS,
        MEASURE,
        units_span={"start": bracket, "end": len(MEASURE)},
        lead_units=("区司法局",),
    )
    assert quotes == [
        "2023年10月底前,各部门完成规范性文件清理工作。",
        "〔牵头单位:区司法局;责任单位:各街道〕",
    ]


LAW = "第八条 业主应当交纳物业服务费用。但是,未交付的房屋由建设单位交纳。"


def test_short_article_is_quoted_whole_with_its_exception():
    quotes = quoted("物业服务费用谁交？", {"物业服务费用": 4.0}, LAW, heading_path=("第八条",))
    assert quotes == [LAW]


def test_only_the_paragraph_of_a_long_article_is_quoted():
    law = f"{LAW}\n\n{'第二款对其他事项另有规定。' * 25}"
    quotes = quoted("物业服务费用谁交？", {"物业服务费用": 4.0}, law, heading_path=("第八条",))
    assert quotes == [LAW]


def test_entry_of_a_long_list_is_quoted_with_what_introduces_it():
    introduction = "第九条 业主有下列情形之一的，可以申请使用维修资金："
    entries = ["（一）电梯不能运行的；", "（二）屋面漏水的；", f"（三）{'其他共用部位需要修理的，' * 30}等。"]
    law = "\n".join((introduction, *entries))
    quotes = quoted("屋面漏水能用维修资金吗？", {"屋面": 4.0, "漏水": 4.0}, law, heading_path=("第九条",))
    assert "".join(quotes) == f"{introduction}{entries[1]}"


def test_list_is_quoted_whole():
    law = "第六条 业主享有下列权利：\n（一）接受服务；\n（二）提议召开业主大会会议；\n（三）监督物业服务。"
    quotes = quoted("业主有哪些权利？", {"业主": 2.0, "权利": 3.0}, law, heading_path=("第六条",))
    assert quotes == [law]


def test_sentence_with_number_is_quoted_when_asked_how_many():
    passage = "加强政策解答员队伍建设。各街道至少安排1-2名政策解答员。政策解答员加强业务学习。"
    assert quoted("政策解答员要几名？", {"政策": 2.0, "解答": 4.0}, passage) == [
        "各街道至少安排1-2名政策解答员。"
    ]


def test_heading_alone_is_not_quoted():
    passage = "(四)做好重点民生领域信息公开。做好就业、教育、医疗、养老等领域的信息公开工作。"
    weights = {"民生": 3.0, "领域": 3.0, "信息": 2.0}
    quotes = quoted(
        "重点民生领域包括哪些？", weights, passage, heading_path=("(四)做好重点民生领域信息公开",)
    )
    assert "就业、教育、医疗、养老" in "".join(quotes)


def test_passage_without_words_of_the_question_is_not_quoted():
    assert quoted("护照过期怎么办？", {"护照": 5.0}, MEASURE) == []


def test_other_document_in_force_with_another_number_is_quoted_too():
    weights = {"答复": 3.0, "申请": 3.0}
    hits = [
        make_hit("行政机关应当自收到申请之日起20个工作日内予以答复。", document_id="a"),
        make_hit("收到申请后，应当在15个工作日内答复。", score=0.95, document_id="b"),
    ]
    question = "申请多少个工作日答复？"
    quotes = compose(question, weights, hits)
    (rival,) = rivals(question, weights, hits, quotes)
    assert rival.hit.document.id == "b" and "15个工作日" in rival.hit.chunk.text


def test_document_with_the_same_number_is_no_rival():
    weights = {"答复": 3.0, "申请": 3.0}
    hits = [
        make_hit("应当自收到申请之日起20个工作日内予以答复。", document_id="a"),
        make_hit("收到申请后，应当在20个工作日内答复。", score=0.95, document_id="b"),
    ]
    question = "申请多少个工作日答复？"
    assert rivals(question, weights, hits, compose(question, weights, hits)) == []
