"""Radicals that stand for characters: text copied out of a PDF holds ⼾ (U+2F3E) where 户 is meant.

The Kangxi radicals (U+2F00) and the supplement (U+2E80) look like characters and are none: no question holds
them. Each is written as the character that Unicode's EquivalentUnifiedIdeograph.txt names.
"""

import unicodedata

_LOOK_ALIKES = (
    "⺁⺅⺆⺉⺊⺌⺍⺒⺓⺖⺘⺙⺛⺜⺝⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺫⺬⺭⺮⺯⺰⺱⺲⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀"
    "⻁⻂⻃⻄⻅⻆⻇⻈⻉⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰"
    "⻱⻲⻳"
)
_CHARACTERS = (
    "厂亻冂刂卜小小巳幺忄扌攵旡日月母民氵氺灬爫爫丬牛犭王目示礻竹糹纟罓罒羊羊羊耂肀聿肉臼艹艹艹"
    "虎衤覀西见角角讠贝车辶辶辶阝钅长长长门阝雨青韦页风飞食飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙"
    "龜亀龟"
)
_SUPPLEMENT = dict(zip(map(ord, _LOOK_ALIKES), _CHARACTERS, strict=True))
_KANGXI = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
# NFKC names an older form of these
_KANGXI |= {0x2F3E: "户", 0x2FAD: "青", 0x2FC8: "黄"}
RADICALS = {**_KANGXI, **_SUPPLEMENT}


def with_characters(text: str) -> str:
    """`text` with the characters that its radicals stand for, one for one.

    >>> with_characters("⼾口簿，⻔牌号")
    '户口簿，门牌号'
    """
    return text.translate(RADICALS)
