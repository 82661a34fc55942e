"""kb.tables.items: entries that are each a name and what holds for it are a list."""

from kb.models import PolicyDocument, Span
from kb.tables.items import lists_of

RULES = """溪口区节日放假办法
第二条 全体公民放假的节日：
（一）元旦，放假1天（1月1日）；
（二）春节，放假4天（农历除夕、正月初一至初三）；
（三）清明节，放假1天（农历清明当日）；
（四）劳动节，放假2天（5月1日、2日）。
"""
DUTIES = """溪口区社区工作规定
第三条 社区居民委员会履行下列职责：
（一）宣传法律法规，教育居民履行义务；
（二）办理本社区的公共事务和公益事业；
（三）调解民间纠纷，协助维护社会治安；
（四）协助做好公共卫生工作。
"""


def _document(text: str) -> PolicyDocument:
    title = text.split("\n", 1)[0]
    return PolicyDocument(id="d", title=title, text=text, source="d.txt", path="d.txt", sha256="0")


def _lists(text: str):
    return lists_of(_document(text), Span(start=text.find("第"), end=len(text)))


def test_entries_that_begin_with_a_name_and_a_comma_are_a_list():
    names = [[item.name for item in one.items] for one in _lists(RULES)]
    assert names == [["元旦", "春节", "清明节", "劳动节"]]


def test_sentence_before_such_entries_says_what_they_are():
    assert "放假" in _lists(RULES)[0].about


def test_entries_that_say_what_is_done_are_no_list_of_names():
    assert _lists(DUTIES) == ()
