"""eval.unsupported: numbers with their units, as an independent check of answers reads them."""

from eval.unsupported import statements


def test_shares_are_read_whole():
    assert statements("单位缴百分之五，最多百分之十二点五，须三分之二以上业主同意") == [
        "百分之五",
        "百分之十二点五",
        "三分之二",
    ]


def test_numbers_keep_their_units():
    assert statements("第三条：20 个工作日内答复，罚款二百元") == ["第三条", "20个工作日", "二百元"]
