"""A text file -> text: finds the encoding, and refuses content that is not text.

UTF-8, UTF-16 (by its byte order mark or its NULs), else GB18030 (mainland sites and programs) or Big5
(Taiwan, Hong Kong). The last two accept each other's bytes, but a wrong reading consists of rare characters,
so the reading with more of the commonest characters is taken.
"""

import unicodedata

from kb.errors import DocumentError

_BYTE_ORDER_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 20_000  # bytes or characters examined to tell encodings apart
_MAX_ODD_SHARE = 0.01  # of control, private-use and unassigned characters; real texts have next to none
_NEWLINES = str.maketrans({"\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})
# The commonest characters of modern Chinese, simplified and traditional: they make up two fifths of any text.
_COMMONEST = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "民得经十三之进着等部度家里如水化高自二理起小物现实加都两体制机当使点从业本去把性好应开合还因由其些然前外天政四日社事平"
    "全表间与关各重新内数正条只结解意建月公无者代已通并提题党及管第例规府市区县通知办請於個們這為國會時來對發經過說種後學應關與"
    "間體機業從開無並規條縣區辦務單號權實現點當還長門問題結數內產進將"
)
# Full-width punctuation, which a wrong reading never yields either.
_PUNCTUATION = frozenset("，。、；：（）《》「」“”")


def read_plain_text(content: bytes) -> str:
    """The text of a file, newlines as \\n.

    Raises:
        DocumentError: its encoding is unknown, or it is not text.
    """
    text = decoded(content)
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_NEWLINES)


def decoded(content: bytes, declared: str | None = None) -> str:
    """`content` as text; `declared` is the encoding that the file itself names, tried after UTF-8.

    Raises:
        DocumentError: as `read_plain_text`.
    """
    marked = [name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)]
    text, failure = _first_that_fits(content, marked or ["utf-8"])
    if text is None and not marked:
        text = _by_frequency(content, declared)
    if (text is None or "\0" in text) and not marked:
        text = _utf_16(content)
    if text is None and failure is not None:
        place = failure.start
        raise DocumentError(
            f"不是 UTF-8、UTF-16、GB18030 或 Big5 编码的文本（第 {place + 1} 字节 0x{content[place]:02x}）；"
            "请另存为 UTF-8 后再导入"
        ) from failure
    if text is None or not _looks_like_text(text):
        raise DocumentError(
            "不是文本文件（含有大量控制字符）；请导入 PDF、Word 文件，或另存为 UTF-8 文本后再导入"
        )
    return text


def _first_that_fits(content: bytes, encodings: list[str]) -> tuple[str | None, UnicodeDecodeError | None]:
    """`content` in the first of `encodings` that decodes it; else None and the first error."""
    failure: UnicodeDecodeError | None = None
    for encoding in encodings:
        try:
            return content.decode(encoding), None
        except UnicodeDecodeError as error:
            failure = failure or error
        except LookupError:  # the file names an unknown encoding
            continue
    return None, failure


def _by_frequency(content: bytes, declared: str | None) -> str | None:
    """`content` as GB18030 or Big5, whichever reads more like Chinese; the declared encoding wins a tie."""
    readings = (_first_that_fits(content, [name])[0] for name in (declared, "gb18030", "big5hkscs") if name)
    decoded_texts = [text for text in readings if text is not None]
    return max(decoded_texts, key=_likeness, default=None)


def _likeness(text: str) -> float:
    """Share of the commonest characters among those outside ASCII, rounded to 0.01."""
    sample = [char for char in text[:_SAMPLE] if not char.isascii()]
    common = sum(1 for char in sample if char in _COMMONEST or char in _PUNCTUATION)
    return round(common / len(sample), 2) if sample else 0.0


def _utf_16(content: bytes) -> str | None:
    """`content` as UTF-16 without a mark, where NULs stand beside spaces, digits and line ends; else None."""
    even, odd = content[:_SAMPLE:2].count(0), content[1:_SAMPLE:2].count(0)
    if max(even, odd) == 0 or min(even, odd) > max(even, odd) * _MAX_ODD_SHARE:
        return None
    return _first_that_fits(content, ["utf-16-le" if odd > even else "utf-16-be"])[0]


def _looks_like_text(text: str) -> bool:
    """Whether `text` has no NUL and hardly any control, private-use or unassigned character."""
    if "\0" in text:
        return False
    odd_count = sum(
        1
        for char in text
        if char not in "\t\n\r\x0b\x0c\x85\x1a" and unicodedata.category(char) in ("Cc", "Co", "Cn")
    )
    return odd_count <= _MAX_ODD_SHARE * len(text)
