"""Every fixed sentence a citizen can see in an answer or about a question left, reviewed as text.

{hotline} is the number to call (KB_HOTLINE) wherever it stands.
"""

REFUSAL = "目前收录的文件里没有查到。"
NOT_SAID = "找到了相近的规定，但其中没有说明您问的{point}。"
ONLY_OUTDATED = "找到的规定都出自已不再有效的文件，不能用来回答。要查旧规定，请在问题中写明年份或文件名称。"
REFUSAL_NEXT = "您可以换个说法、拨打 {hotline}，或给我们留言。"
REFUSAL_NEAREST = "下面列出内容相近的文件，供您参考。"
ANOTHER = "《{title}》（{date}）另有规定："
UNDATED = "日期不详"
OUTDATED = "注意：《{title}》{status}，以下内容仅供查阅。"
QUESTION_EMPTY = "请输入您要问的问题。"
QUESTION_TOO_LONG = "问题太长了（{length} 个字），请压缩到 {limit} 个字以内。"
REQUEST_REUSED = "这次提交与刚才的内容不同，请刷新页面后再试。"
ANSWER_UNKNOWN = "没有找到这个回答，可能已过保存期限。"
LEFT_EMPTY = "请写下您要留的问题。"
LEFT_UNKNOWN = "没有找到这个查询码的留言，请核对后再试；过了保存期限的留言已经删除。"
CLOSED = "政策问答暂停自动回答。您可以拨打政策解答员的电话咨询，也可以在这里留下问题，由工作人员答复。"
SEARCH_ONLY = "政策问答目前只查找文件，不作回答。您可以查看内容相近的文件，或拨打政策解答员的电话咨询。"
GREETING = "您好！请直接说您想了解什么政策，比如“信息公开申请多少天答复”。答案都引自这里收录的文件原文。"
THANKS = "不客气。还有想了解的，请接着问。"
IDENTITY = (
    "我是政策问答的自动答复程序，不是真人。我只在这里收录的政策文件里找答案，引用原文、注明出处；"
    "文件里没有的，会如实告诉您。"
)
ABILITY = (
    "您可以用平常的话问政策：条件、材料、时限、标准、由谁负责，可以接着追问；也可以问“有哪些文件”“这个文件还有效吗”。"
    "我不能替您办事，也查不到个人的办理进度。"
)
PERSON = (
    "我是自动答复程序。要找人解答，请拨打 {hotline}，或从政策解答员名单里找负责的单位；"
    "也可以留言，由工作人员答复。"
)
REACH = (
    "咨询请拨打 {hotline}。各单位政策解答员的电话和接听时间在名单里。"
    "这里的自动答复不分昼夜，留言由工作人员答复。"
)
COMPLAINT = (
    "投诉、举报、反映问题，请拨打 {hotline}，或到当地信访部门、国家信访局网站提出；"
    "消费投诉 12315，干部违纪违法 12388。"
    "这里只解答政策，不受理投诉；想了解有关规定请直接问，如“物业收费投诉归谁管”。"
)
EMERGENCY = (
    "如果情况紧急，请立即拨打：报警 110、火警 119、急救 120，说清地点和情况，先到安全的地方。"
    "心里难受、想不开，可以拨打心理援助热线 12356。这里是自动答复，不能派人救援。"
)
UPSET = "很抱歉没有帮到您。您可以换个说法再问，拨打 {hotline}，或给我们留言，由工作人员答复。"
NONSENSE = "没有看懂您输入的内容。请用一句话说出想了解的政策，比如“低保怎么申请”。"
SIMPLER = "最要紧的是（条件和例外请看原文）："
SHORTEST = "上一个回答已经是最短的原文："
REPEAT = "您上次问的是“{question}”，回答是："
NOTHING_BEFORE = "前面还没有回答过问题。请先说您想了解什么。"
ENGLISH = (
    "This service answers in Chinese, from official documents. For help please call {hotline}. "
    "本服务用中文回答。"
)
ENGLISH_FOUND = "Found by the words of your question 按您问题里的词查到："
HOTLINE = "政务服务热线"
POLICE = "报警"
FIRE = "火警"
AMBULANCE = "急救"
ALL_DOCUMENTS = "这里共收录 {count} 份文件，现行有效 {in_force} 份，由新到旧："
SOME_DOCUMENTS = "{about}的文件共 {count} 份，现行有效 {in_force} 份，由新到旧："
LATEST_DOCUMENTS = "最新的 {shown} 份文件（共 {count} 份）："
TELLING_DOCUMENTS = "题目里没有、正文讲到{topic}的有 {count} 份："
MORE_DOCUMENTS = "还有 {count} 份没有列出；问的时候加上主题、单位或年份，可以看到更具体的。"
NO_DOCUMENT = "这里没有收录{about}的文件。"
FACT_UNKNOWN = "这里没有登记《{title}》的{fact}，请看原文。"
OUTLINE = "{document}，主要内容："
OUTLINE_MORE = "（还有 {count} 部分没有列出，请看原文）"
WHICH_DOCUMENT = "您问的是哪一份文件？请写出文件的名称，比如“《{example}》还有效吗”。"
MODEL_AWAY = "智能生成暂时不可用，以下是文件原文。"
MODEL_UNCHECKED = "生成的内容没有通过与原文的核对，以下是文件原文。"
MODEL_INTERRUPTED = "（生成中断，以下是文件原文）"
MODEL_INCOMPLETE = "（以上内容没有说全，以下是文件原文）"
