"""Pages of government sites: the policy and its tables, not the site around it; meta tags as hints."""

from datetime import date

import pytest

from ingest.anatomy.clean import clean
from ingest.anatomy.document import build_document
from ingest.notation.dates import read_date
from ingest.readers.webpage.mhtml import looks_like_archive, read_archive
from ingest.readers.webpage.page import looks_like_page, read_page
from kb.errors import DocumentError

NAVIGATION = "".join(
    f"<li><a href='/{n}'>{name}</a></li>"
    for n, name in enumerate(("首页", "政务公开", "办事服务", "互动交流"))
)
BODY = """
<p style="text-align:center">浔人社发〔2023〕5号</p>
<p>各街道办事处，区直各单位：</p>
<p>　　为鼓励高校毕业生、退役军人和登记失业人员创业，现就一次性创业补贴有关事项通知如下，请认真贯彻执行。</p>
<p><strong>　　一、补贴对象</strong></p>
<p>　　在本区登记注册的小微企业和个体工商户，正常经营六个月以上的，可以申请。</p>
<p>　　二、补贴标准</p>
<p>补贴标准表</p>
<table border="1"><tbody>
<tr><td rowspan="2">对象</td><td colspan="2">标准（元）</td></tr><tr><td>首次</td><td>再次</td></tr>
<tr><td>高校毕业生</td><td>5000</td><td>3000</td></tr><tr><td>退役军人</td><td>6000</td><td>4000</td></tr>
</tbody></table>
<p>　　三、申请材料</p><ol><li>身份证原件；</li><li>营业执照副本。</li></ol>
<p>　　本通知自印发之日起施行，有效期五年。</p>
<p style="text-align:right">浔阳区人力资源和社会保障局<br>2023年5月6日</p>
<p style="display:none">内部流转编号</p>
"""
META = """<meta name="SiteName" content="浔阳区人民政府">
<meta name="ArticleTitle" content="关于发放一次性创业补贴的通知">
<meta name="PubDate" content="2023-05-06 10:20"><meta name="ContentSource" content="区人社局">
<meta name="ColumnName" content="政策文件"><meta name="Url" content="http://www.xunyang.gov.cn/zwgk/t1.html">"""
BOX = """<table class="xxgk"><tr><td>索 引 号：</td><td>014987/2023-00012</td>
<td>主题分类：</td><td>就业创业</td></tr>
<tr><td>发文字号：</td><td>浔人社发〔2023〕5号</td><td>发布日期：</td><td>2023-05-06</td></tr></table>"""
TEXT = [
    "浔人社发〔2023〕5号",
    "各街道办事处，区直各单位：",
    "为鼓励高校毕业生、退役军人和登记失业人员创业，现就一次性创业补贴有关事项通知如下，请认真贯彻执行。",
    "一、补贴对象",
    "在本区登记注册的小微企业和个体工商户，正常经营六个月以上的，可以申请。",
    "二、补贴标准",
    "补贴标准表",
    "对象：高校毕业生；标准（元）-首次：5000；标准（元）-再次：3000",
    "对象：退役军人；标准（元）-首次：6000；标准（元）-再次：4000",
    "三、申请材料",
    "1. 身份证原件；",
    "2. 营业执照副本。",
    "本通知自印发之日起施行，有效期五年。",
    "浔阳区人力资源和社会保障局",
    "2023年5月6日",
]


def page(head: str = META, above: str = "", body: str = BODY, charset: str = "utf-8") -> str:
    return f"""<!DOCTYPE html><html><head>
<meta http-equiv="Content-Type" content="text/html; charset={charset}">
<title>关于发放一次性创业补贴的通知_浔阳区人民政府网</title>{head}<style>p{{margin:0}}</style></head><body>
<div class="header"><ul class="nav">{NAVIGATION}</ul><form><input name="q"><button>搜索</button></form></div>
<div class="content"><h1>关于发放一次性创业补贴的通知</h1>{above}
<div class="info">来源：区人社局 <span>字号：[大 中 小]</span></div><div class="TRS_Editor">{body}</div>
<div class="share">分享到： 微信 微博</div></div><div class="related"><h3>相关阅读</h3>
<ul><li><a href="/a">区人社局召开就业工作会议</a></li><li><a href="/b">全区创业大赛开幕</a></li></ul></div>
<div class="footer">主办：浔阳区人民政府办公室　赣ICP备05000000号</div>
<script>var a = 1 < 2;</script></body></html>"""


def test_policy_read_without_site_around_it():
    lines = clean(read_page(page().encode())).text.splitlines()
    assert lines == ["# 关于发放一次性创业补贴的通知", *TEXT]


def test_meta_tags_are_hints():
    assert read_page(page(above=BOX).encode()).hints == {
        "title": "关于发放一次性创业补贴的通知",
        "published_date": "2023-05-06 10:20",
        "issuer": "区人社局",
        "topic": "政策文件",
        "source_url": "http://www.xunyang.gov.cn/zwgk/t1.html",
        "index_number": "014987/2023-00012",
        "number": "浔人社发〔2023〕5号",
    }


def test_list_beginning_with_label_word_is_no_box():
    body = BODY + "<ul><li>分类管理措施</li><li>文号不全的文件</li></ul>"
    hints = read_page(page(head="", body=body).encode()).hints
    assert not {"topic", "number"} & hints.keys()


def test_without_meta_tags_the_heading_is_the_title():
    assert read_page(page(head="").encode()).hints["title"] == "关于发放一次性创业补贴的通知"


def test_without_a_heading_the_page_title_loses_the_sites_name():
    content = page(head="").replace("<h1>", "<div>").replace("</h1>", "</div>")
    assert read_page(content.encode()).hints["title"] == "关于发放一次性创业补贴的通知"


@pytest.mark.parametrize(
    ("declared", "written"),
    [("gb2312", "gb18030"), ("gbk", "gbk"), ("utf-8", "gb18030"), ("gb2312", "utf-8"), ("x-none", "gb18030")],
)
def test_page_decoded_whatever_encoding_it_declares(declared: str, written: str):
    assert "现就一次性创业补贴有关事项通知如下" in read_page(page(charset=declared).encode(written)).text


def test_page_laid_out_by_tables_read_as_text():
    content = (
        f"<html><body><table width=900><tr><td>{NAVIGATION}</td></tr><tr><td><table><tr><td>{BODY}</td></tr>"
    )
    content += "</table>"
    content += "</td></tr><tr><td>版权所有</td></tr></table></body></html>"
    assert read_page(content.encode()).text.splitlines() == TEXT


def test_policy_of_one_table_read_row_by_row():
    rows = "".join(f"<tr><td>{n}</td><td>第{n}项便民措施</td><td>区政府办</td></tr>" for n in range(1, 30))
    body = f"<table><tr><th>序号</th><th>措施</th><th>责任单位</th></tr>{rows}</table>"
    lines = read_page(page(body=body).encode()).text.splitlines()
    assert [line for line in lines if line.startswith("序号")] == [
        f"序号：{n}；措施：第{n}项便民措施；责任单位：区政府办" for n in range(1, 30)
    ]


def test_a_short_page_is_read_whole():
    assert read_page("<html><body><p>停水通知</p></body></html>".encode()).text.strip() == "停水通知"


def test_a_page_filled_by_scripts_is_refused():
    with pytest.raises(DocumentError, match="没有正文"):
        read_page(b"<html><body><script>render()</script></body></html>")


def test_mhtml_file_read_with_source_url():
    head = [
        "From: <Saved by Blink>",
        "Snapshot-Content-Location: http://www.xunyang.gov.cn/t1.html",
        "MIME-Version: 1.0",
        'Content-Type: multipart/related; type="text/html"; boundary="x"',
        "",
        "--x",
        "Content-Type: text/html",
        "Content-Transfer-Encoding: 8bit",
        "Content-Location: http://www.xunyang.gov.cn/t1.html",
    ]
    message = "\r\n".join([*head, "", page(), "--x--", ""]).encode()
    assert looks_like_archive(message)
    raw = read_archive(message)
    assert "有效期五年" in raw.text
    assert raw.hints["source_url"] == "http://www.xunyang.gov.cn/t1.html"


@pytest.mark.parametrize(
    ("content", "is_page"),
    [
        ("<!DOCTYPE html><html></html>", True),
        ("\ufeff<?xml version='1.0'?><html></html>", True),
        ("<!-- saved from url -->\n<HTML>", True),
        ("第一条 <html> 是标记。", False),
        ("# 通知", False),
    ],
)
def test_page_recognised_by_its_beginning(content: str, is_page: bool):
    assert looks_like_page(content.encode()) is is_page


BOXES = {
    "table": "<table><tr><td><b>索 引 号：</b></td><td>014001/2024-00031</td>"
    "<td>主题分类：</td><td>民政\\养老</td></tr>"
    "<tr><td>发文机关：</td><td>浔东区民政局</td><td>成文日期：</td><td>2024年05月06日</td></tr>"
    "<tr><td>主 题 词：</td><td></td><td>发文字号：</td><td>浔东民发〔2024〕5号</td></tr>"
    "<tr><td>发布日期：</td><td colspan=3>2024年05月20日</td></tr></table>",
    "list": "<ul><li><span>索 引 号：</span><em>014001/2024-00031</em></li><li>主题分类：民政\\养老</li>"
    "<li>发文机关：<i>浔东区民政局</i></li><li>成文日期：2024-05-06</li><li>发文字号：浔东民发〔2024〕5号</li>"
    "<li>发布日期：2024-05-20</li></ul>",
    "paragraphs": "<p>索 引 号：014001/2024-00031　　主题分类：民政\\养老</p>"
    "<p>发文机关：浔东区民政局</p>"
    "<p>成文日期：2024-05-06　　发布日期：2024-05-20</p><p>发文字号：浔东民发〔2024〕5号</p>",
    "definitions": "<dl><dt>索引号</dt><dd>014001/2024-00031</dd><dt>主题分类</dt><dd>民政\\养老</dd>"
    "<dt>发文机关</dt>"
    "<dd>浔东区民政局</dd><dt>成文日期</dt><dd>2024-05-06</dd><dt>发文字号</dt><dd>浔东民发〔2024〕5号</dd>"
    "<dt>发布日期</dt><dd>2024-05-20</dd></dl>",
    "rows of labels above rows of values": "<table><tr><td>索引号</td><td>主题分类</td><td>发文机关</td></tr>"
    "<tr><td>014001/2024-00031</td><td>民政\\养老</td><td>浔东区民政局</td></tr>"
    "<tr><td>成文日期</td><td>发布日期</td><td>发文字号</td></tr>"
    "<tr><td>2024-05-06</td><td>2024-05-20</td><td>浔东民发〔2024〕5号</td></tr></table>",
    "labels beside values in spans": "<div><span>索引号：</span><em>014001/2024-00031</em>"
    "<span>主题分类：</span><em>民政\\养老</em><span>发文机关：</span><em>浔东区民政局</em>"
    "<span>成文日期：</span><em>2024-05-06</em><span>发文字号：</span><em>浔东民发〔2024〕5号</em>"
    "<span>发布日期：</span><em>2024-05-20</em></div>",
    "one paragraph with line breaks": "<p>索引号：014001/2024-00031<br>主题分类：民政\\养老<br>"
    "发文机关：浔东区民政局<br>公文种类：通知<br>成文日期：2024-05-06<br>发文字号：浔东民发〔2024〕5号<br>发布日期：2024-05-20</p>",
    "labels that are not listed": "<ul><li>索引号：014001/2024-00031</li><li>办件类型：其他</li>"
    "<li>主题分类：民政\\养老</li><li>发文机关：浔东区民政局</li><li>成文日期：2024-05-06</li>"
    "<li>发文字号：浔东民发〔2024〕5号</li><li>发布日期：2024-05-20</li></ul>",
    "twice, for phones too": "<table><tr><td>索引号：</td><td>014001/2024-00031</td><td>主题分类：</td>"
    "<td>民政\\养老</td></tr><tr><td>发文机关：</td><td>浔东区民政局</td><td>成文日期：</td><td>2024年05月06日</td></tr>"
    "<tr><td>公文种类：</td><td>通知</td><td>来　　源：</td><td>浔东区政府网</td></tr>"
    "<tr><td>发文字号：</td><td>浔东民发〔2024〕5号</td><td>发布日期：</td><td>2024年05月20日</td></tr></table>"
    "<div><h2>发文机关：</h2><p>浔东区民政局</p><h2>成文日期：</h2><p>2024年05月06日</p>"
    "<h2>公文种类：</h2><p>通知</p><h2>发文字号：</h2><p>浔东民发〔2024〕5号</p></div>",
}  # fmt: skip


@pytest.mark.parametrize("form", BOXES)
def test_box_of_a_page_is_read_value_by_value_and_is_no_text(form: str):
    raw = read_page(page(head="", above=BOXES[form]).encode())
    box = dict(raw.box)
    assert read_date(box.pop("written")) == date(2024, 5, 6)
    assert read_date(box.pop("published")) == date(2024, 5, 20)
    assert box == {
        "index_number": "014001/2024-00031",
        "topic": "民政\\养老",
        "issuer": "浔东区民政局",
        "number": "浔东民发〔2024〕5号",
    }
    assert clean(raw).text.splitlines() == ["# 关于发放一次性创业补贴的通知", *TEXT]


def test_line_with_the_time_of_publication_is_no_text():
    line = "<div>发布时间：2024-05-20 09:30　来源：区政府办　浏览次数：<span>123</span></div>"
    raw = read_page(page(head="", above=line).encode())
    assert read_date(raw.box["published"][:10]) == date(2024, 5, 20)
    assert "浏览次数" not in raw.text


def test_addressee_below_a_box_stays_text():
    body = BOXES["paragraphs"] + "<p>各街道办事处：</p>" + BODY
    assert "\n各街道办事处：\n" in read_page(page(head="", body=body).encode()).text


def test_list_of_contacts_is_no_box():
    contacts = "<ul><li>发布单位：区民政局</li><li>来源：区民政局</li><li>主送：各街道</li></ul>"
    raw = read_page(page(head="", body=BODY + contacts).encode())
    assert not raw.box
    assert "主送：各街道" in raw.text


def test_box_of_a_related_document_gives_the_page_nothing():
    related = (
        "<table><tr><td>文件名称</td><td>浔东区旧补贴办法</td></tr><tr><td>发文字号</td><td>浔东民发〔2019〕1号</td></tr>"
        "<tr><td>成文日期</td><td>2019-01-01</td></tr><tr><td>失效日期</td><td>2021-01-01</td></tr></table>"
    )
    own = (
        "<ul><li>索引号：014001/2024-00031</li><li>发文机关：浔东区民政局</li>"
        "<li>发布日期：2024-05-20</li></ul>"
    )
    box = dict(read_page(page(head="", above=own, body=BODY + related).encode()).box)
    assert box == {"index_number": "014001/2024-00031", "issuer": "浔东区民政局", "published": "2024-05-20"}


def test_what_a_guide_says_between_labels_stays_text():
    guide = (
        "<p>文件名称：浔东区创业补贴</p><p>发布单位：浔东区民政局</p><p>发布日期：2024-05-20</p>"
        "<p>补贴对象：毕业两年内的高校毕业生</p><p>补贴标准：一次性五千元</p><p>施行日期：2024-06-01</p>"
    )
    text = read_page(page(head="", above=guide).encode()).text
    assert "毕业两年内的高校毕业生" in text and "一次性五千元" in text


def test_tables_in_tables_are_read_once():
    nested = "里层" + BOXES["definitions"]
    for _ in range(40):
        nested = f"<table><tr><td>{nested}</td></tr></table>"
    assert "里层" in read_page(page(head="", above=nested).encode()).text


def test_line_of_publication_without_values_hides_no_box():
    empty = "<div>发布时间：　来源：</div>"
    raw = read_page(page(head="", above=empty + BOXES["list"]).encode())
    assert dict(raw.box)["number"] == "浔东民发〔2024〕5号"


LISTED = """<html><body><h1>溪口区民政局关于调整低保标准的通知</h1>{above}
<p>各镇人民政府：</p><p>城市低保标准调整为每人每月780元。</p><p>溪口区民政局</p><p>2024年3月5日</p>
<h3>相关政策</h3>{below}</body></html>"""
ITEMS = tuple(
    f"<span>发文字号：溪民发〔2023〕{number}号</span><span>发布时间：2023-0{number}-05</span><span>来源：区民政局</span>"
    for number in (1, 2)
)


@pytest.mark.parametrize(
    "below",
    [
        pytest.param(
            "<ul>" + "".join(f"<li><a>关于津贴的通知</a>{item}</li>" for item in ITEMS) + "</ul>", id="list"
        ),
        pytest.param(
            "<table>" + "".join(f"<tr><td>津贴办法</td><td>{item}</td></tr>" for item in ITEMS) + "</table>",
            id="table",
        ),
        pytest.param(
            "".join(f"<div><p>关于津贴的通知</p><p>{item}</p></div>" for item in ITEMS), id="paragraphs"
        ),
    ],
)
@pytest.mark.parametrize(
    ("above", "published"),
    [
        pytest.param("", None, id="no_box"),
        pytest.param("<p>发布时间：2024-03-08 来源：区民政局</p>", date(2024, 3, 8), id="line_of_the_page"),
    ],
)
def test_boxes_of_the_items_of_a_list_are_no_box_of_the_page(
    above: str, published: date | None, below: str
) -> None:
    raw = read_page(LISTED.format(above=above, below=below).encode())
    document = build_document(raw, source="a.html", path="a.html", sha256="", document_id="a")
    assert (document.number, document.published_date) == (None, published)
    assert "2023〕2号" in raw.text and "2024-03-08" not in raw.text


def test_boxes_of_a_long_list_stay_in_it() -> None:
    item = "<li><a>关于津贴的通知</a><span>发布时间：2023-01-05</span><span>来源：区民政局</span></li>"
    page = f"<html><body><h1>溪口区文件目录</h1><p>目录如下。</p><ul>{item * 1_000}</ul></body></html>"
    raw = read_page(page.encode())
    assert not raw.box and raw.text.count("发布时间") == 1_000
