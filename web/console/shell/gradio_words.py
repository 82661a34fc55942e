"""Gradio's own words in Chinese, whatever language the browser asks for; its own Chinese has gaps.

A key that Gradio cannot find stands on the page as it is (common.complete).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

_WORDS: Mapping[str, str] = {
    "common.complete": "完成",
    "chatbot.complete": "完成",
    "common.progress": "进度",
    "common.clear": "清除",
    "common.download": "下载",
    "common.edit": "编辑",
    "common.empty": "空",
    "common.error": "出错了",
    "common.loading": "正在载入",
    "common.or": "或",
    "common.remove": "移除",
    "common.submit": "提交",
    "common.undo": "撤销",
    "file.uploading": "正在上传……",
    "upload_text.click_to_upload": "点击选择文件",
    "upload_text.drop_audio": "把录音拖到这里",
    "upload_text.drop_csv": "把表格拖到这里",
    "upload_text.drop_file": "把文件拖到这里",
    "upload_text.drop_image": "把图片拖到这里",
    "upload_text.drop_video": "把视频拖到这里",
    "blocks.connection_can_break": "手机锁屏或切换应用时连接可能中断。",
    "blocks.long_requests_queue": "正在处理的操作较多，请稍候。",
    "blocks.lost_connection": "离开页面时连接断开了，正在重新连接……",
    "blocks.waiting_for_inputs": "文件还在上传，请等上传完再试。",
}
_LOCALES = ("zh-CN", "zh-TW", "en")  # what Gradio has of those that offices' browsers ask for


def gradio_words() -> "gr.I18n":
    """The words for the console's page."""
    import gradio as gr

    return gr.I18n(**{locale: dict(_WORDS) for locale in _LOCALES})
