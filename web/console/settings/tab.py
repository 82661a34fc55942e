"""设置: switch the column off, reword sentences, set the threshold, exclude documents, sign-in rules."""

from kb.controls.rules import HIGHEST, LOWEST, Mode
from kb.controls.store import Controls, Overview
from kb.controls.threshold_effect import AtThreshold, ThresholdEffect
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.changes import Changes
from kb.staff.permissions import Staff
from kb.storage.documents import Documents
from web.console.filling import filled_when_opened
from web.console.parts import Part, handler, note, saved_by
from web.console.settings.everyday_part import everyday_part
from web.console.settings.keys_part import keys_part
from web.console.settings.notices_part import notices_part
from web.console.settings.second_step_part import second_step_part
from web.console.settings.sentences_part import sentences_part
from web.console.settings.starters_part import starters_part
from web.console.tables import table
from web.sessions import now_utc
from web.staff.settings import read_effect

_MODES = [(mode.label, mode.value) for mode in Mode]
_EFFECT_HEAD = (
    "门槛",
    "答对",
    "答错",
    "拒答，文件里确实没有",
    "拒答，文件里其实有",
    "绿：答对 红：答错 灰：该拒 黄：误拒",
)
_COLOURS = ("#2e7d4f", "#b3261e", "#9aa5b1", "#e0a100")


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    changes = Changes(kb.storage.engine, kb.staff.audit)
    with gr.Tab("设置", elem_id="tab-settings") as page, gr.Tabs(overflow_behavior="wrap"):
        parts = [
            _switch_part(_Switch(kb.controls)),
            sentences_part(kb.controls, changes),
            _threshold_part(_Threshold(kb.controls)),
            _excluded_part(_Excluded(kb.controls, kb.storage.documents)),
            everyday_part(kb.controls, kb.everyday, changes),
            starters_part(kb.starters, changes),
            second_step_part(kb.controls),
            notices_part(kb),
            keys_part(kb.access.keys),
        ]
    filled_when_opened(page, parts)


def _switch_part(part: "_Switch") -> Part:
    import gradio as gr

    with gr.Tab("开关与公告"):
        mode = gr.Radio(_MODES, label="栏目状态", info="保存后立即生效；电话和留言始终保留")
        notice = gr.Textbox(label="公告", info="不填就用固定用语里的公告；最多 500 个字", lines=3)
        with gr.Row(elem_classes="acts-row"):
            save = gr.Button("保存", variant="primary")
        result = gr.HTML(label="结果", elem_classes="kept")
        version = gr.State(
            0
        )  # inside the tab: another component directly in gr.Tabs changes the order of tabs
    outputs = [mode, notice, version, result]
    save.click(handler(part.save), [mode, notice, version], outputs, api_visibility="private")
    return handler(part.show), [], outputs


def _threshold_part(part: "_Threshold") -> Part:
    import gradio as gr

    with gr.Tab("证据门槛"):
        value = gr.Slider(LOWEST, HIGHEST, step=0.05, label="门槛", info="置信度低于它就不回答：越高越谨慎")
        with gr.Row(elem_classes="acts-row"):
            save = gr.Button("保存", variant="primary")
        result = gr.HTML(label="结果", elem_classes="kept")
        effect = gr.HTML(label="各门槛的效果")
        version = gr.State(
            0
        )  # inside the tab: another component directly in gr.Tabs changes the order of tabs
    outputs = [value, version, result, effect]
    save.click(handler(part.save), [value, version], outputs, api_visibility="private")
    return handler(part.show), [], outputs


def _excluded_part(part: "_Excluded") -> Part:
    import gradio as gr

    with gr.Tab("排除文件"):
        gr.Markdown("排除的文件立即不再用于回答和提示，群众也打不开；登录的工作人员仍可查看。")
        listing = gr.HTML(label="已排除")
        chosen = gr.Dropdown([], label="选一份文件", info="可输入几个字查找")
        with gr.Row(elem_classes="acts-row"):
            take = gr.Button("取消排除")
            leave = gr.Button("排除", variant="stop", elem_classes="confirm")
        result = gr.HTML(label="结果", elem_classes="outcome")
        version = gr.State(
            0
        )  # inside the tab: another component directly in gr.Tabs changes the order of tabs
    outputs = [listing, chosen, version, result]
    leave.click(handler(part.leave_out), [chosen, version], outputs, api_visibility="private")
    take.click(handler(part.take_in), [chosen, version], outputs, api_visibility="private")
    return handler(part.show), [chosen], outputs


class _Switch:
    """开关与公告: mode, notice, version, sentence."""

    def __init__(self, column: Controls) -> None:
        self._column = column

    def show(self, staff: Staff, sentence: str = "") -> list[object]:
        """The current mode and notice, and `sentence` before the state."""
        now = self._column.overview(staff)
        state = f"目前是“{now.mode.label}”{saved_by(now.switched)}。"
        return [now.mode.value, now.notice, now.switched.version, note(sentence + state)]

    def save(self, staff: Staff, mode: str, notice: str, version: int) -> list[object]:
        """Save mode and notice."""
        self._column.switch(Mode(mode), notice, version, staff, now_utc())
        return self.show(staff, "已保存，立即生效。")


class _Threshold:
    """证据门槛: value, version, sentence, table."""

    def __init__(self, column: Controls) -> None:
        self._column = column

    def show(self, staff: Staff, sentence: str = "") -> list[object]:
        """The current threshold, and the effect of other thresholds."""
        now = self._column.overview(staff)
        saved = saved_by(now.threshold_saved)
        state = f"现在是 {now.threshold:.2f}，默认 {now.default_threshold:.2f}{saved}。"
        effect = effect_html(read_effect(), now.threshold)
        return [now.threshold, now.threshold_saved.version, note(sentence + state), effect]

    def save(self, staff: Staff, threshold: float, version: int) -> list[object]:
        """Save the threshold."""
        self._column.set_threshold(threshold, version, staff, now_utc())
        return self.show(staff, "已保存，立即生效。")


class _Excluded:
    """排除文件: list, choice, version, sentence."""

    def __init__(self, column: Controls, documents: Documents) -> None:
        self._column = column
        self._documents = documents

    def show(self, staff: Staff, document_id: str | None, sentence: str = "") -> list[object]:
        """The excluded documents, and all documents to choose from."""
        import gradio as gr

        now = self._column.overview(staff)
        choices = [
            (f"{document.title}（{document.dated or '日期不详'}）", document.id)
            for document in self._documents.summaries()
        ]
        is_there = any(document_id == known for _, known in choices)
        choice = gr.Dropdown(choices, value=document_id if is_there else None)
        return [excluded_html(now), choice, now.excluded_saved.version, note(sentence) if sentence else ""]

    def leave_out(self, staff: Staff, document_id: str | None, version: int) -> list[object]:
        """Exclude the chosen document."""
        self._column.exclude(_chosen(document_id), True, version, staff, now_utc())
        return self.show(staff, document_id, "已排除，立即生效。")

    def take_in(self, staff: Staff, document_id: str | None, version: int) -> list[object]:
        """Include the chosen document again."""
        self._column.exclude(_chosen(document_id), False, version, staff, now_utc())
        return self.show(staff, document_id, "已取消排除，立即生效。")


def _chosen(document_id: str | None) -> str:
    if not document_id:
        raise InputError("请先选一份文件。")
    return document_id


def excluded_html(now: Overview) -> str:
    """The excluded documents as an HTML table."""
    rows = [(document.title or "（已不在知识库里）", document.document_id) for document in now.excluded]
    return table(f"已排除 {len(rows)} 份{saved_by(now.excluded_saved)}", ("题名", "编号"), rows)


def effect_html(effect: ThresholdEffect, threshold: float) -> str:
    """The effect of each threshold as counts and bars; the current one is marked."""
    present_row = effect.near(threshold)
    part = f"{effect.questions} 道评测题" + ("（其中供调整用的 dev 部分）" if effect.split else "")
    source = f"数据：{effect.origin}，{effect.day}，{part}，{effect.documents} 份文件；不是群众的真实提问。"
    head = "".join(f'<th scope="col">{name}</th>' for name in _EFFECT_HEAD)
    rows = "".join(_effect_row(row, effect.questions, row is present_row) for row in effect.rows)
    return f'{note(source)}<table class="list"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _effect_row(row: AtThreshold, questions: int, is_here: bool) -> str:
    counts = (row.answered_right, row.answered_wrong, row.refused_rightly, row.refused_needlessly)
    bars = "".join(
        f'<span style="width:{100 * count / questions:.1f}%;background:{colour}"></span>'
        for count, colour in zip(counts, _COLOURS, strict=True)
    )
    cells = "".join(
        f'<td data-label="{name}">{count}</td>' for name, count in zip(_EFFECT_HEAD[1:], counts, strict=False)
    )
    name = f"{row.threshold:.2f}{' ← 现在' if is_here else ''}"
    return f'<tr><th scope="row">{name}</th>{cells}<td class="bars"><div>{bars}</div></td></tr>'
