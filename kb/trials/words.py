"""The ways in which a question ends, as staff are told them, and which fixed sentence is said then."""

from collections.abc import Mapping

from kb.answers import Ending
from kb.controls.rules import SENTENCES

ENDINGS: Mapping[Ending, str] = {
    Ending.FAQ: "有一条已审核的常见问答问的是同一回事，用它的答案",
    Ending.QUOTED: "查到的段落里有答案，引用原文",
    Ending.LISTED: "问的是一个单位（或某个日期前）的全部任务，从任务分工里逐条列出",
    Ending.ARTICLE: "指明了第几条，直接取出那一条",
    Ending.COMPARED: "要求比较，把两边的规定对照列出",
    Ending.LOOKED_UP: "答案在表格里，照表取出那几格",
    Ending.GENERATED: "由语言模型根据引用的段落写成，每句都与原文核对过",
    Ending.NO_HITS: "没有查到任何段落，不回答",
    Ending.WEAK_EVIDENCE: "把握没有达到门槛，不回答",
    Ending.NOTHING_TO_QUOTE: "查到了相近的段落，但没有哪一句能引来回答，不回答",
    Ending.NOT_SAID: "查到了相近的段落，但没有说到所问的那一点（金额、期限、地区等），不回答",
    Ending.NOT_LISTED: "查到了那张表或清单，里面没有所问的那一项，不回答",
    Ending.ONLY_OUTDATED: "答案只在已不再有效的文件里，不回答",
    Ending.NOT_KNOWN: "语言模型看过段落，认为里面没有答案，不回答",
    Ending.NO_ARTICLE: "那份文件没有所问的条、款、项",
    Ending.NO_DOCUMENT: "没有收录所问的那份文件，或没有那一版",
    Ending.WHICH_DOCUMENT: "名称相符的文件不止一份，或没有写明是哪一份，请群众写明",
    Ending.CLOSED: "栏目开关没有打开，不回答",
    Ending.DOCUMENTS: "问的是收录了哪些文件，列出文件",
    Ending.NONE_COLLECTED: "问的是收录了哪些文件，没有这样的文件",
    Ending.DOCUMENT: "问的是一份文件本身（内容提要、时效、机关、日期、文号），从文件信息里取出",
    Ending.UNNAMED_DOCUMENT: "问的是“这个文件”，前面没有提到过文件，请群众写明",
    Ending.GREETING: "是打招呼，没有问政策",
    Ending.THANKS: "是道谢或告别，没有问政策",
    Ending.IDENTITY: "问的是“你是谁”",
    Ending.ABILITY: "问的是能做什么",
    Ending.PERSON: "要找人工",
    Ending.REACH: "问的是怎么联系、几点上班",
    Ending.COMPLAINT: "要投诉、举报、信访",
    Ending.EMERGENCY: "说的是急事",
    Ending.UPSET: "是不满或骂人的话",
    Ending.NONSENSE: "看不出在问什么",
    Ending.SIMPLER: "要求把上一个回答说简单些",
    Ending.REPEAT: "要求把上一个回答再说一遍",
    Ending.ENGLISH: "是用英文问的",
}
_FIRST_SENTENCE = {
    **dict.fromkeys((Ending.NO_HITS, Ending.WEAK_EVIDENCE, Ending.NOTHING_TO_QUOTE), "REFUSAL"),
    Ending.NOT_KNOWN: "REFUSAL",
}


def canned_sentence(ending: Ending) -> str | None:
    """Where the fixed sentence of this ending stands among those that administrators can reword.

    >>> canned_sentence(Ending.WEAK_EVIDENCE)
    '没有找到答案时的第一句'
    """
    return SENTENCES.get(_FIRST_SENTENCE.get(ending, ending.name))
