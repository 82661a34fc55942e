"""Every fixed sentence a citizen can see in an answer, reviewed as text."""

REFUSAL = "现有政策文件中没有找到这个问题的答案。"
REFUSAL_NEXT = "建议换一种说法再问，或向相关部门的政策解答员咨询。"
REFUSAL_NEAREST = "下面列出内容相近的文件，供您参考。"
OUTDATED = "注意：《{title}》{status}，以下内容仅供查阅。"
QUESTION_EMPTY = "请输入您要问的问题。"
QUESTION_TOO_LONG = "问题太长了（{length} 个字），请压缩到 {limit} 个字以内。"
