"""The console's first line, the public pages' banner: who is signed in, and the link to sign out."""

import html

from kb.staff.permissions import Staff

_ALL_DEPARTMENTS = "全部单位"


def header_html(staff: Staff) -> str:
    """Name, role and departments, the links to one's own account and the sign-out button."""
    departments = "、".join(staff.bound_to) or _ALL_DEPARTMENTS
    return (
        '<div class="console-head"><img src="/static/icon.svg" alt="" width="36" height="36">'
        "<h1>政策问答知识库<small>工作人员控制台</small></h1>"
        f'<span class="who"><strong>{html.escape(staff.title)}（{staff.role.label}）</strong> '
        f"{html.escape(departments)}</span>"
        '<a href="/second-step">两步登录</a><a href="/password">修改密码</a>'
        '<form method="post" action="/logout"><button>退出</button></form></div>'
    )
