"""The script of the console's page, with what is asked before a press that is hard to undo."""

import json
from collections.abc import Mapping
from pathlib import Path

_SCRIPT = (Path(__file__).parent / "shell.js").read_text(encoding="utf-8")
_ASKED: Mapping[str, str] = {  # label of a button with the class "confirm" -> what its press brings about
    "移除": "这份文件立即不再用于回答，以后导入也不会再出现；勾选“看已移除的”可以恢复。",
    "恢复文件原有信息": "人工填写的信息会全部撤销，以文件为准。",
    "恢复自动分段": "这份文件里合并、拆开过的段落全部恢复成自动切分的样子。",
    "撤下": "这条问答立即不再用来回答；改好后可以重新提交审核。",
    "丢弃": "上传的这份文件会删除，要用时须重新上传。",
    "排除": "这份文件立即不再用于回答和提示，群众也打不开；可以取消排除。",
    "恢复随软件的": "本单位写的主题和问题不再使用；以前写的在审计里查得到。",
    "停用密钥": "用这个密钥的程序马上不能再调用；停用后不能恢复，只能另发一个。",
    "删除通知": "以后不再发这条通知。",
    "删除这道题": "以后评测不再问它。",
    "删除对照": "引用这些文件的回答不再附这个部门的电话。",
    "删除模板": "同事也用不到这个模板了。",
    "重设密码": "原来的密码马上失效，新密码只显示一次。",
    "重置两步登录": "原来的验证码和恢复码马上失效。",
}


def page_script() -> str:
    """The function that the browser runs once when the page opens."""
    return _SCRIPT.replace("__ASKED__", json.dumps(_ASKED, ensure_ascii=False))
