"""The column's settings: their effect on answers, who may change them, which values are refused."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from staffing import make_staff

from kb.answers import AnswerKind, Ending
from kb.controls import wording
from kb.controls.rules import SENTENCES, THRESHOLD, Mode, Rules, check_sentence, default_sentence
from kb.controls.store import Controls
from kb.errors import ConflictError, InputError, NotAllowedError, NotFoundError, QuestionError
from kb.knowledge_base import KnowledgeBase
from kb.models import Filters, Question
from kb.staff.permissions import Role

NOW = datetime(2024, 5, 10, 3, tzinfo=UTC)
ADMIN = make_staff(Role.ADMIN)
ANSWERERS = Question(text="街道要安排几名政策解答员？")
UNKNOWN = Question(text="怎么办离婚登记？")
NOTICE = "系统维护，5月20日恢复。请拨打 0792-8123456。"


@pytest.fixture
def column(kb: KnowledgeBase) -> Iterator[Controls]:
    """The settings of the shared knowledge base, restored afterwards."""
    yield kb.controls
    now = kb.controls.overview(ADMIN)
    kb.controls.switch(Mode.ON, "", now.switched.version, ADMIN, NOW)
    kb.controls.set_threshold(THRESHOLD, now.threshold_saved.version, ADMIN, NOW)
    for sentence in now.sentences:
        if sentence.text != sentence.default:
            kb.controls.set_sentence(sentence.name, None, sentence.saved.version, ADMIN, NOW)
    for said in now.everyday:
        version = kb.controls.overview(ADMIN).everyday_saved.version
        kb.controls.set_everyday(said, None, version, ADMIN, NOW)
    for left_out in now.excluded:
        version = kb.controls.overview(ADMIN).excluded_saved.version
        kb.controls.exclude(left_out.document_id, False, version, ADMIN, NOW)


def switch(column: Controls, mode: Mode, notice: str = "") -> None:
    column.switch(mode, notice, column.overview(ADMIN).switched.version, ADMIN, NOW)


def reword(column: Controls, name: str, text: str | None) -> None:
    sentences = {sentence.name: sentence for sentence in column.overview(ADMIN).sentences}
    column.set_sentence(name, text, sentences[name].saved.version, ADMIN, NOW)


def exclude(column: Controls, document_id: str, excluded: bool = True) -> None:
    column.exclude(document_id, excluded, column.overview(ADMIN).excluded_saved.version, ADMIN, NOW)


class TestSwitch:
    def test_column_off_returns_only_the_notice(self, kb: KnowledgeBase, column: Controls):
        switch(column, Mode.OFF, NOTICE)
        answer = kb.answerer.answer(ANSWERERS)
        assert (answer.kind, answer.ending, answer.text) == (AnswerKind.REFUSED, Ending.CLOSED, NOTICE)
        assert (answer.citations, answer.candidates, answer.confidence) == ((), (), 0)

    def test_search_only_returns_the_nearest_documents(self, kb: KnowledgeBase, column: Controls):
        switch(column, Mode.SEARCH_ONLY)
        answer = kb.answerer.answer(ANSWERERS)
        assert (answer.ending, answer.text) == (Ending.CLOSED, wording.SEARCH_ONLY)
        assert answer.candidates[0].document == "2023年浔阳区政务公开工作要点"
        assert answer.citations == ()

    def test_column_off_answers_without_the_index(
        self, kb: KnowledgeBase, column: Controls, monkeypatch: pytest.MonkeyPatch
    ):
        switch(column, Mode.OFF)
        monkeypatch.setattr(kb.retrieval.store, "search", pytest.fail)
        assert kb.answerer.answer(ANSWERERS).text == wording.CLOSED

    def test_column_switched_on_again_answers_as_before(self, kb: KnowledgeBase, column: Controls):
        before = kb.answerer.answer(ANSWERERS).text
        switch(column, Mode.OFF, NOTICE)
        switch(column, Mode.ON, NOTICE)
        assert kb.answerer.answer(ANSWERERS).text == before
        assert column.rules().announcement == ""

    def test_starters_are_not_tried_while_column_is_off(self, kb: KnowledgeBase, column: Controls):
        kb.citizens.suggestions.refresh(lambda: False)
        before = kb.citizens.suggestions.welcome(NOW)
        switch(column, Mode.OFF)
        exclude(
            column, kb.storage.documents.summaries()[0].id
        )  # a change after which `refresh` would try them again
        exclude(column, kb.storage.documents.summaries()[0].id, False)
        kb.citizens.suggestions.refresh(lambda: False)
        switch(column, Mode.ON)
        assert kb.citizens.suggestions.welcome(NOW) == before
        assert before.topics

    def test_long_notice_is_refused(self, column: Controls):
        with pytest.raises(InputError, match="501 个字，最多 500"):
            switch(column, Mode.OFF, "长" * 501)
        assert column.rules().mode is Mode.ON


class TestThreshold:
    def test_higher_threshold_refuses_weaker_answer(self, kb: KnowledgeBase, column: Controls):
        answer = kb.answerer.answer(ANSWERERS)
        assert answer.ending is Ending.QUOTED
        weak = Question(text="政务公开专区设在哪里")
        between = kb.answerer.answer(weak)
        assert between.ending is Ending.QUOTED and between.confidence < 0.95
        column.set_threshold(0.95, column.overview(ADMIN).threshold_saved.version, ADMIN, NOW)
        assert kb.answerer.answer(weak).ending is Ending.WEAK_EVIDENCE

    @pytest.mark.parametrize("value", [0.0, 0.04, 0.96, -1, float("nan"), float("inf")])
    def test_threshold_outside_limits_is_refused(self, column: Controls, value: float):
        with pytest.raises(InputError, match=r"0\.05 到 0\.95"):
            column.set_threshold(value, column.overview(ADMIN).threshold_saved.version, ADMIN, NOW)
        assert column.rules().threshold == THRESHOLD


class TestSentences:
    def test_every_sentence_of_wording_can_be_reworded(self):
        constants = {
            name for name, value in vars(wording).items() if name.isupper() and isinstance(value, str)
        }
        assert constants == set(SENTENCES)
        for name in SENTENCES:
            assert check_sentence(name, default_sentence(name)) == default_sentence(name)
        # `Rules.say` finds a sentence by its words, so no two may be equal
        assert len({default_sentence(name) for name in SENTENCES}) == len(SENTENCES)

    def test_reworded_sentences_are_used_until_restored(self, kb: KnowledgeBase, column: Controls):
        reword(column, "REFUSAL", " 抱歉，没有查到。 ")
        reword(column, "QUESTION_EMPTY", "您还没有写问题呢。")
        assert kb.answerer.answer(UNKNOWN).text.startswith("抱歉，没有查到。")
        with pytest.raises(QuestionError) as empty:
            kb.answerer.answer(Question(text=" "))
        assert empty.value.citizen == "您还没有写问题呢。"
        reword(column, "REFUSAL", None)
        assert kb.answerer.answer(UNKNOWN).text.startswith(wording.REFUSAL)

    @pytest.mark.parametrize(
        ("name", "text", "reason"),
        [
            pytest.param("ANOTHER", "另有规定：《{title}》", "缺少占位符 {date}", id="missing"),
            pytest.param("REFUSAL", "没有{title}的答案", "不认识占位符 {title}", id="unknown"),
            pytest.param("NOT_SAID", "没有说{point}和{0}", "不认识占位符", id="by_place"),
            pytest.param("NOT_SAID", "没有说{point.__class__}", "缺少占位符 {point}", id="attribute"),
            pytest.param("NOT_SAID", "没有说{point!r}", "缺少占位符 {point}", id="conversion"),
            pytest.param("NOT_SAID", "没有说{point:>99}", "缺少占位符 {point}", id="format"),
            pytest.param("NOT_SAID", "没有说{point", "大括号不成对", id="brace"),
            pytest.param("REFUSAL", "没" * 201, "201 个字，最多 200", id="long"),
            pytest.param("REFUSAL", " ", "不能为空", id="empty"),
            pytest.param("__name__", "没有", "没有名为 __name__", id="no_sentence"),
        ],
    )
    def test_wording_with_wrong_fields_or_length_is_refused(
        self, column: Controls, name: str, text: str, reason: str
    ):
        with pytest.raises(InputError) as refused:
            column.set_sentence(name, text, 0, ADMIN, NOW)
        assert reason in refused.value.citizen
        assert column.rules().reworded == {}


class TestExcluded:
    def test_excluded_document_is_not_cited_found_or_suggested(self, kb: KnowledgeBase, column: Controls):
        cited = kb.answerer.answer(ANSWERERS).citations[0].document_id
        assert any(
            cited in (suggestion.url or "") for suggestion in kb.citizens.suggestions.typed("政策解读")
        )
        exclude(column, cited)
        after = kb.answerer.answer(ANSWERERS)
        assert cited not in {item.document_id for item in (*after.citations, *after.candidates)}
        hits = kb.retrieval.retriever.retrieve(ANSWERERS.text, Filters(), 50).kept
        assert hits and cited not in {hit.document.id for hit in hits}
        assert not kb.retrieval.retriever.retrieve(ANSWERERS.text, Filters(document_ids=(cited,)), 50).kept
        assert not any(
            cited in (suggestion.url or "") for suggestion in kb.citizens.suggestions.typed("政策解读")
        )
        assert kb.storage.documents.get(cited) is not None
        exclude(column, cited, False)
        assert kb.answerer.answer(ANSWERERS).citations[0].document_id == cited

    def test_unknown_document_is_refused(self, column: Controls):
        with pytest.raises(NotFoundError, match="没有编号为 nobody 的文件"):
            exclude(column, "nobody")


class TestEverydayWords:
    @staticmethod
    def say(column: Controls, said: str, official: str | None) -> None:
        column.set_everyday(said, official, column.overview(ADMIN).everyday_saved.version, ADMIN, NOW)

    def test_added_word_is_looked_for_in_official_words(self, kb: KnowledgeBase, column: Controls):
        question = Question(text="大红章子文件清理谁牵头？")
        assert "规范性" not in kb.answerer.answer(question).rewritten
        self.say(column, "大红章子文件", "规范性文件")
        assert kb.answerer.answer(question).rewritten == "规范性文件清理谁牵头?"

    def test_shipped_word_left_out_stays_as_typed_until_restored(self, kb: KnowledgeBase, column: Controls):
        question = Question(text="红头文件清理谁牵头？")
        self.say(column, "红头文件", "")
        assert kb.answerer.answer(question).rewritten == question.text
        self.say(column, "红头文件", None)
        assert kb.answerer.answer(question).rewritten == "规范性文件清理谁牵头?"

    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            (" ", "请写日常说法"),
            ("娃", "2 到 20 个字"),
            ("娃 上学", "不能有空格"),
            ("娃" * 21, "2 到 20 个字"),
            ("红头\ud83d", "不能显示的字符"),
        ],
        ids=["empty", "one_character", "white_space", "long", "half_a_character"],
    )
    def test_word_that_cannot_be_listed_is_refused(self, column: Controls, said: str, reason: str):
        with pytest.raises(InputError, match=reason):
            self.say(column, said, "适龄儿童")


def test_settings_are_refused_to_other_roles(column: Controls):
    for role in (Role.ANSWERER, Role.EDITOR, Role.REVIEWER):
        staff = make_staff(role)
        with pytest.raises(NotAllowedError):
            column.overview(staff)
        with pytest.raises(NotAllowedError):
            column.switch(Mode.OFF, "", 0, staff, NOW)
    assert column.rules().mode is Mode.ON


def test_second_save_of_one_version_names_the_first(column: Controls):
    version = column.overview(ADMIN).switched.version
    column.switch(Mode.SEARCH_ONLY, NOTICE, version, ADMIN, NOW)
    with pytest.raises(ConflictError, match="“栏目开关”刚刚由 admin 改过"):
        column.switch(Mode.OFF, "", version, ADMIN, NOW)
    assert (column.rules().mode, column.rules().notice) == (Mode.SEARCH_ONLY, NOTICE)


def test_changes_are_audited_with_before_and_after(kb: KnowledgeBase, column: Controls):
    switch(column, Mode.SEARCH_ONLY)
    switch(column, Mode.OFF, NOTICE)
    entry = kb.staff.audit.entries(1)[0]
    assert (entry.actor, entry.action, entry.subject) == ("admin", "修改设置", "栏目开关")
    assert entry.before == {"value": {"mode": "search_only", "notice": ""}}
    assert entry.after == {"value": {"mode": "off", "notice": NOTICE}}
    assert kb.staff.audit.verify() is None


def test_settings_outlive_a_restart(kb: KnowledgeBase, column: Controls):
    switch(column, Mode.OFF, NOTICE)
    reword(column, "REFUSAL", "抱歉，没有查到。")
    again = Controls(column._engine, kb.staff.audit, kb.storage.documents)  # what the next start reads
    assert again.rules() == column.rules()
    assert again.overview(ADMIN).switched.at == NOW


def test_default_rules_change_no_sentence():
    assert Rules().say(wording.REFUSAL) == wording.REFUSAL
    assert Rules().announcement == ""
