"""Answers with a Markdown subset: what is shown, what is said without it, and which files are taken."""

import io
import zipfile
from datetime import UTC, datetime

import pytest
from staffing import make_staff

from kb.errors import InputError, NotAllowedError
from kb.faq.marked.attachments import is_shown, kind_of, safe_name
from kb.faq.marked.markdown import diagrams_in, files_in, html_of, plain_text
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def office_file(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("带**身份证**", "<p>带<strong>身份证</strong></p>"),
        ("**重点：**先登记", "<p><strong>重点：</strong>先登记</p>"),
        ("1. 填表\n2. 交表", "<ol>\n<li>填表</li>\n<li>交表</li>\n</ol>"),
        ("**<script>**", "<p><strong>&lt;script&gt;</strong></p>"),
        ("**图**![外](https://evil.example/x.png)", "<p><strong>图</strong>外</p>"),
    ],
    ids=["bold", "bold_before_a_character", "list", "html_is_text", "picture_from_elsewhere_is_words"],
)
def test_markup_is_shown(answer: str, shown: str):
    assert html_of(answer) == shown


def test_picture_that_explains_is_wide_opens_large_and_is_named_in_words():
    answer = "先看图。\n\n![图解：工伤认定<流程>](/files/ab.png)\n\n![图解：外](https://evil.example/x.png)"
    html = html_of(answer)
    assert html is not None
    assert '<a href="/files/ab.png" class="diagram" target="_blank"' in html
    assert '<img src="/files/ab.png" alt="">图解：工伤认定&lt;流程&gt;（点开看大图）' in html
    assert "evil" not in html
    assert plain_text(answer).splitlines()[2] == "（图解：工伤认定<流程>）"
    assert diagrams_in(answer) == (("图解：工伤认定<流程>", "/files/ab.png"),)
    assert diagrams_in("![申请表](/files/ab.png)，见图解") == ()


def test_links_for_a_purpose_are_buttons_and_open_elsewhere():
    html = html_of("请[在线办理](https://zwfw.example.gov.cn/a)，下载[申请表](/files/ab.docx)")
    assert html is not None
    assert '<a href="https://zwfw.example.gov.cn/a" class="service" target="_blank"' in html
    assert '<a href="/files/ab.docx" class="attachment"' in html
    assert "noopener" in html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "/console", "//evil.example"])
def test_other_addresses_are_no_links(address: str):
    assert html_of(f"[点这里]({address})") is None


@pytest.mark.parametrize(
    "answer", ["每次 5*8 元，\n　　两项。", '"><img src=x onerror=alert(1)>', "C:\\表格\\_a", "&lt;b&gt;"]
)
def test_answer_without_markup_stays_as_written(answer: str):
    assert html_of(answer) is None
    assert plain_text(answer) == answer


def test_plain_text_keeps_lines_and_says_addresses():
    answer = "**材料**：\n1. 身份证\n2. [申请表](/files/ab.docx)\n[网上申请](https://a.gov.cn/x)\n![流程](/files/cd.png)"
    said = "材料：\n1. 身份证\n2. 申请表（见网页附件）\n网上申请（https://a.gov.cn/x）\n（图：流程）"
    assert plain_text(answer) == said
    assert files_in(answer) == {"ab.docx", "cd.png"}


def test_file_is_what_its_content_says():
    assert kind_of("a.exe", PNG) == ("png", "image/png")
    assert kind_of("a", office_file("word/document.xml"))[0] == "docx"
    for content in (
        b"",
        b"MZ\x90",
        b"<svg onload=alert(1)>",
        b"<html>",
        office_file("a.txt"),
        b"PK\x03\x04x",
    ):
        with pytest.raises(InputError):
            kind_of("表.png", content)
    with pytest.raises(InputError, match="宏"):
        kind_of("表.docx", office_file("word/document.xml", "word/vbaProject.bin"))


def test_names_have_no_folders_and_no_markup():
    assert safe_name("..\\..\\申请[表](1).docx") == "申请_表__1_.docx"


def test_upload_is_kept_once_and_only_for_those_who_write(kb: KnowledgeBase):
    now, editor = datetime.now(UTC), make_staff(Role.EDITOR)
    file = kb.faq.attachments.add(editor, "流程图.png", PNG, now)
    assert kb.faq.attachments.add(editor, "另一个名字.png", PNG, now).id == file.id
    assert kb.faq.attachments.get(file.file_name) == (file, PNG)
    assert is_shown(file.file_name, [f"见{file.markdown}"])
    assert not is_shown(file.file_name, ["没有图"])
    with pytest.raises(NotAllowedError):
        kb.faq.attachments.add(make_staff(Role.ANSWERER), "图.png", PNG, now)
