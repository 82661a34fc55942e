"""Chinese names of metrics, question types and rankings, and the format of a value."""

from eval.dataset import CROSS_DOCUMENT, UNTYPED
from kb.retrieval.fusion import Blend

METRICS: dict[str, tuple[str, str]] = {
    "doc_hit@1": ("文件命中@1", "排在第一的文件就是答案所在文件的问题占比"),
    "doc_hit@3": ("文件命中@3", "前 3 份文件里有答案所在文件"),
    "doc_hit@5": ("文件命中@5", "前 5 份文件里有答案所在文件"),
    "doc_hit@10": ("文件命中@10", "前 10 份文件里有答案所在文件"),
    "mrr@10": ("文件倒数排名", "答案所在文件名次的倒数，取平均"),
    "answer_in_top1": ("首段含答案", "排第一的段落含有标准答案（长答案含一半以上即可）"),
    "answer_in_top5": ("前五段含答案", "前 5 个段落之一含有标准答案"),
    "answer_in_top1_strict": ("首段含完整答案", "排第一的段落一字不落地含有标准答案"),
    "answer_in_top5_strict": ("前五段含完整答案", "前 5 个段落之一一字不落地含有标准答案"),
    "right": ("答对率", "答全要点、没说不该说的，或正确拒答的问题占比"),
    "rouge_l": ("答案重合度 ROUGE-L", "回答与标准答案按字的最长公共子序列 F1"),
    "key_point_recall": ("要点召回", "回答及其引文说出的要点占比；误拒按 0 计"),
    "citation_supports_answer": ("引文支撑回答", "引文与原文逐字一致、且数字与语句都有出处的回答占比"),
    "must_not_violations": ("说了不该说的", "标有禁说内容的题里，回答或引文说出它的占比（越低越好）"),
    "alone": ("只引所问", "只该引用某一条、某一行的题里，没有引用别的占比"),
    "conversations_right": ("对话全对", "整段对话每一轮都答对的占比"),
    "answer_in_document": ("原文可查到答案", "标准答案能在读入的文件里找到的占比，是“含答案”的上限"),
    "refusal_precision": ("拒答准确率", "拒答的问题里，确实没有答案的占比"),
    "refusal_recall": ("拒答召回率", "没有答案的问题里，被拒答的占比"),
    "refusal_auroc": ("拒答区分度 AUROC", "置信度把有答案与无答案的问题分开的能力，0.5 等于瞎猜"),
    "answerable_refused": ("误拒率", "有答案的问题里，被拒答的占比（越低越好）"),
    "ece": ("置信度误差 ECE", "置信度与实际答对率平均相差多少（越低越好）"),
    "ask_p50_ms": ("提问耗时中位数", "毫秒"),
    "ask_p95_ms": ("提问耗时 95 分位", "毫秒"),
    "ingest_chunks_per_s": ("导入速度", "段/秒，不含载入模型"),
    "n_questions": ("问题数", "参与评测的问题"),
    "n_answerable": ("有答案的问题数", "其余问题应当拒答"),
}

TYPES: dict[str, str] = {
    "fact": "事实",
    "number": "数字",
    "deadline": "时限",
    "responsible_unit": "牵头与责任单位",
    "procedure": "流程",
    "definition": "定义",
    "enumeration": "列举",
    "colloquial": "口语",
    "typo": "错别字",
    "traditional": "繁体",
    "pinyin": "拼音",
    "followup": "追问",
    CROSS_DOCUMENT: "跨文件",
    "version": "新旧版本",
    "attack": "攻击",
    "article": "条文号",
    "item": "问的是其中一项",
    "table_row": "表格的一行",
    "comparison": "新旧比较",
    "compound": "一问两事",
    "word": "一个日常词",
    "courtesy": "寒暄与求助",
    "collection": "问收录了什么",
    "conversation": "连续对话",
    "open": "没有问清楚",
    "clear": "问清楚了",
    "priority": "先后次序",
    "unanswerable_place": "无答案（没有那个地方的文件）",
    "unanswerable_item": "无答案（清单里没有这一项）",
    "unanswerable_row": "无答案（表里没有这一行）",
    "unanswerable_far": "无答案（不相干）",
    "unanswerable_near": "无答案（很相近）",
    UNTYPED: "未分类",
}

SYSTEMS: dict[Blend, str] = {
    Blend.WEIGHTED: "本系统",
    Blend.DENSE: "仅向量",
    Blend.RRF: "向量+词 RRF",
}

COUNTS = ("n_questions", "n_answerable")
MILLISECONDS = ("ask_p50_ms", "ask_p95_ms")
RATES = ("ingest_chunks_per_s",)


def metric_key(blend: Blend, metric: str) -> str:
    """Name of a metric in report.json: without prefix for our system, with one for a baseline."""
    return metric if blend is Blend.WEIGHTED else f"{blend.value}.{metric}"


def type_label(kind: str) -> str:
    """Chinese name of a question type; an unknown type keeps its own name."""
    return TYPES.get(kind, kind)


def shown(metric: str, value: float | None) -> str:
    """A value formatted for its metric; a dash where the metric does not apply.

    >>> shown("doc_hit@1", 0.813), shown("ask_p50_ms", 31.26), shown("n_questions", 81.0)
    ('81.3%', '31 ms', '81')
    """
    if value is None:
        return "—"
    if metric in COUNTS:
        return f"{value:.0f}"
    if metric in MILLISECONDS:
        return f"{value:.0f} ms"
    if metric in RATES:
        return f"{value:.1f} 段/秒"
    if metric in ("mrr@10", "rouge_l", "refusal_auroc", "ece"):
        return f"{value:.3f}"
    return f"{value:.1%}"
