"""Files made to harm a reader program; each is built here, byte by byte, by the rules of its format."""

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path


def pdf(objects: Mapping[int, bytes], trailer: bytes = b"", previous: int | None = None) -> bytes:
    """A PDF of `objects` with a cross-reference table (ISO 32000-1, 7.5); object 1 is the catalogue."""
    content = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(content)
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(content)
    size = max(objects) + 1
    content += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        content += b"%010d 00000 n \n" % offsets.get(number, 0)
    back = table if previous == -1 else previous
    link = b"" if back is None else b"/Prev %d" % back
    content += b"trailer\n<< /Size %d /Root 1 0 R %s %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        link,
        trailer,
        table,
    )
    return bytes(content)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"


def page_tree_loop() -> bytes:
    """A PDF whose page tree has a node that is its own child."""
    return pdf({1: CATALOGUE, 2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"})


def deep_page_tree() -> bytes:
    """A PDF whose page tree has twenty thousand nodes, each the only child of the one before."""
    last = 20_000
    nodes = {n: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 1) for n in range(2, last)}
    return pdf({1: CATALOGUE, **nodes, last: PAGE})


def xref_loop() -> bytes:
    """A PDF whose cross-reference table names itself as its predecessor, and whose page tree is missing."""
    return pdf({1: CATALOGUE}, previous=-1)


def object_stream_loop() -> bytes:
    """A PDF with an object stream that contains itself (7.5.7) and the page tree."""
    output = bytearray(b"%PDF-1.7\n")
    catalogue = len(output)
    output += b"1 0 obj\n%s\nendobj\n" % CATALOGUE
    table = len(output)
    rows = [(0, 0, 0), (1, catalogue, 0), (2, 3, 0), (2, 3, 1), (1, table, 0)]
    content = b"".join(
        bytes((kind,)) + field.to_bytes(4, "big") + bytes((index,)) for kind, field, index in rows
    )
    entries = b"/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R"
    output += b"4 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (stream(content, entries), table)
    return bytes(output)


def many_pages() -> bytes:
    """A PDF of a hundred thousand pages, all the same object."""
    kids = b"3 0 R " * 100_000
    return pdf(
        {
            1: CATALOGUE,
            2: b"<< /Type /Pages /Kids [%s] /Count 100000 >>" % kids,
            3: PAGE,
            4: stream(b"BT ET"),
        }
    )


def page_bomb() -> bytes:
    """A PDF page whose content is a gigabyte of zeros, compressed to one megabyte."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(64)) + packer.flush()
    return pdf(
        {
            1: CATALOGUE,
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: PAGE,
            4: stream(packed, b"/Filter /FlateDecode"),
        }
    )


def zip_bomb() -> bytes:
    """A Word file whose document.xml is two hundred megabytes of zeros."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", bytes(200_000_000))
    return buffer.getvalue()


def laughs() -> bytes:
    """A Word file with nested entities (billion laughs)."""
    levels = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    text = f'<!DOCTYPE x [<!ENTITY a "哈">{levels}]><x>&i;</x>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", text)
    return buffer.getvalue()


CONTENTS: Mapping[str, Callable[[], bytes]] = {
    "页面树自环.pdf": page_tree_loop,
    "页面树两万层.pdf": deep_page_tree,
    "交叉引用自环.pdf": xref_loop,
    "对象流自环.pdf": object_stream_loop,
    "十万页.pdf": many_pages,
    "一页一个G.pdf": page_bomb,
    "压缩炸弹.docx": zip_bomb,
    "实体炸弹.docx": laughs,
    "改了扩展名.txt": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
    "其实是可执行文件.pdf": lambda: b"\x7fELF" + bytes(range(256)) * 40,
}


def fill(folder: Path) -> set[str]:
    """Write every hostile file into `folder`; return the names under which they must be refused."""
    for name, make in CONTENTS.items():
        (folder / name).write_bytes(make())
    with (folder / "一个G.txt").open("wb") as file:
        file.truncate(1 << 30)
    os.mkfifo(folder / "管道.txt")
    (folder / "链接.txt").symlink_to("/etc/passwd")
    (folder / "目录链接").symlink_to("/etc")
    (folder / "自己.txt").symlink_to(folder / "自己.txt")
    (folder / "换行\n已入库：假的.txt").write_text("正文", "utf-8")
    (folder / "\x1b[2J清屏.txt").write_text("正文", "utf-8")
    Path(os.fsdecode(os.fsencode(folder) + "/旧系统.txt".encode("gb18030"))).write_text("正文", "utf-8")
    return {
        *CONTENTS,
        "一个G.txt",
        "管道.txt",
        "链接.txt",
        "目录链接",
        "自己.txt",
        "换行\\n已入库：假的.txt",
        "\\x1b[2J清屏.txt",
        "\\xbe\\xc9ϵͳ.txt",
    }
