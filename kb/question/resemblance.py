"""How one character resembles another that was typed for it: by sound or by shape."""

from collections import defaultdict
from collections.abc import Set
from typing import NamedTuple

from kb.language.pinyin import sounds

# Characters that look alike; characters that sound alike need no entry here.
_LOOK_ALIKE = (
    "已己巳 末未 日曰目 土士 人入 大太犬 千干于 天夫无 田由甲申电 午牛 今令 免兔 乌鸟 拔拨 折拆析"
    " 暑署著 辨辩辫 蓝篮 侯候 准淮 治冶 育肓盲 贷货 贫贪 爱受 抢枪 徒徙 戊戌戍 待侍持恃 住往佳"
    " 陪倍培赔部 检捡险验俭 籍藉 薄簿 券卷 竟竞 即既 享亨 祟崇 幻幼 壮状 菅管 帐账胀 园圆 历厉 政攻改"
    " 话活 技枝 住任 休体 侧测则 债责 绩积 职织识 救敕 助肋 遣遗 请清情晴 购构 税锐 稳隐 障彰 教孝 学字"
    " 会合 鉴签 材村 料科 低底 堡保 镇填 街衔 居届 委季 问间 网罔 公么 文丈 业亚 失矢 老考 讼颂 辞辟"
    " 迁迂 征证 缴激 预须 招拓 标栋 措借 施旅 赴起"
)
_SHAPES: dict[str, set[str]] = defaultdict(set)
for _group in _LOOK_ALIKE.split():
    for _character in _group:
        _SHAPES[_character].update(_group)


class Resemblance(NamedTuple):
    """How the right character resembles the typed one; compared field by field in this order."""

    same_syllable: bool
    same_tone: bool
    same_shape: bool


def how_alike(typed: str, right: str) -> Resemblance:
    """How the character `typed` resembles the character `right`."""
    typed_sounds, right_sounds = sounds(typed), sounds(right)
    return Resemblance(
        bool({sound[:-1] for sound in typed_sounds} & {sound[:-1] for sound in right_sounds}),
        bool(typed_sounds & right_sounds),
        right in _SHAPES.get(typed, ()),
    )


def shaped_like(character: str) -> Set[str]:
    """The characters that look like `character`, itself among them; none for most characters."""
    return _SHAPES.get(character, frozenset())
