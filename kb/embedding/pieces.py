"""Which pieces of multilingual-e5-small's vocabulary are kept: those of Chinese texts, and common Latin ones.

Of 250,002 pieces in a hundred languages 45,711 remain. A Unigram tokenizer takes the likeliest cutting of a
text, so a text that was cut into kept pieces is cut the same way afterwards, and its vector stays the same.
That holds for all of 11,307 questions and 6,000 articles, and for 99.3 % of 12,873 passages; the others hold
addresses of web pages (docs/decisions/0040-pieces.md).
"""

from collections.abc import Sequence

ALWAYS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>", "▁query", "▁passage")  # the last two: e5's prompts
_WORDS = 40_000  # of the longer pieces with Latin letters those among the first, the most frequent, are kept
_SHORT = 3  # characters
_RANGES = (
    ("\x20", "\x7e"),
    ("\u2010", "\u33ff"),  # punctuation, numbers in circles and brackets, CJK punctuation
    ("\u3400", "\u9fff"),
    ("\uff00", "\uffef"),  # full-width forms
)
_OTHERS = "·×÷°±²³"
_BEGIN = "▁"  # begins a word


def kept_pieces(pieces: Sequence[str]) -> list[int]:
    """The ids of the `pieces` to keep, in order; `pieces` are sorted by frequency, as e5's are."""
    return [
        number
        for number, piece in enumerate(pieces)
        if piece in ALWAYS or (is_chinese(piece) and (number < _WORDS or not _is_latin(piece)))
    ]


def is_chinese(piece: str) -> bool:
    """Whether a Chinese text may hold `piece`: Han characters, digits, punctuation, or Latin letters.

    >>> [piece for piece in ("政策", "▁the", "，", "2023", "ся", "é") if is_chinese(piece)]
    ['政策', '▁the', '，', '2023']
    """
    return all(
        character in _OTHERS or any(first <= character <= last for first, last in _RANGES)
        for character in piece.replace(_BEGIN, "")
    )


def _is_latin(piece: str) -> bool:
    """Whether `piece` is long and has Latin letters, as words of a hundred languages."""
    bare = piece.replace(_BEGIN, "")
    return len(bare) > _SHORT and any(character.isascii() and character.isalpha() for character in bare)
