"""Characters as the fonts of printed files encode them -> the characters that are meant.

Fonts of PDF and OFD files often encode a character as a look-alike among the radicals (U+2F00 Kangxi, U+2E80
CJK radicals supplement) or the compatibility ideographs, which no question ever contains. Symbol fonts
(Wingdings) number their bullets from U+F020.
"""

import unicodedata

from ingest.notation.radicals import RADICALS

_HYPHEN = 0x02  # PDFium's mark for a hyphen at a line's end


def replaced(code: int) -> str:
    """The character meant by a code point; "" when it is not printed.

    >>> replaced(0x2F2F), replaced(0x2ED3), replaced(0xF900), replaced(0x0A)
    ('工', '长', '豈', '')
    """
    if code == _HYPHEN:
        return "-"
    if 0xF020 <= code <= 0xF0FF:
        return "•"
    if code in RADICALS:
        return RADICALS[code]
    char = chr(code) if 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
    if 0xF900 <= code <= 0xFAFF:
        return unicodedata.normalize("NFKC", char)
    if char.isspace():
        return " " if char not in "\r\n\v\f" else ""
    return "" if unicodedata.category(char) in ("Cc", "Cf") else char


def means_something(text: str) -> bool:
    """Whether Unicode gives every character a meaning (not U+FFFD, private use or unassigned)."""
    return not any(char == "\ufffd" or unicodedata.category(char) in ("Co", "Cn") for char in text)
