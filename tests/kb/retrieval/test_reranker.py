"""The optional cross-encoder, with a tiny real model made here."""

from pathlib import Path

import pytest
from factories import make_hit

from kb.errors import ModelError
from kb.retrieval.reranker import DEPTH, Reranker, likelihood

CHARACTERS = "低保申请条件物业收费停车位怎么的是"


@pytest.fixture(scope="module")
def make_model(tmp_path_factory: pytest.TempPathFactory):
    """A BERT cross-encoder of one layer over single characters, with `labels` outputs."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    def make(labels: int) -> str:
        folder: Path = tmp_path_factory.mktemp("cross")
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS]
        (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(words),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            num_labels=labels,
        )
        BertForSequenceClassification(config).save_pretrained(folder)
        BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
        return str(folder)

    return make


def test_reranked_score_is_mean_of_blend_and_model(make_model):
    hits = [make_hit("低保申请条件", score=0.9), make_hit("停车位收费", score=0.2, start=50)]
    ranked = Reranker(make_model(1)).rerank("低保怎么申请", hits)
    assert [hit.chunk.text for hit in ranked] == ["低保申请条件", "停车位收费"]
    for before, after in zip(hits, ranked, strict=True):
        assert before.score / 2 < after.score < (before.score + 1) / 2


def test_hits_beyond_depth_are_unchanged(make_model):
    hits = [make_hit(f"低保{i}", score=1 - i / 100, start=i * 10) for i in range(DEPTH + 5)]
    ranked = Reranker(make_model(1)).rerank("低保", hits)
    assert ranked[DEPTH:] == hits[DEPTH:]


def test_missing_model_error_names_the_setting(tmp_path: Path):
    with pytest.raises(ModelError, match="KB_RERANK_MODEL"):
        Reranker(str(tmp_path / "nothing")).rerank("低保", [make_hit("低保申请")])


def test_model_with_several_outputs_is_refused(make_model):
    with pytest.raises(ModelError, match="应为 1 个"):
        Reranker(make_model(3)).rerank("低保", [make_hit("低保申请")])


def test_likelihood_is_logistic_and_safe_for_large_logits():
    assert likelihood(0) == 0.5 and likelihood(1000) > 0.999 and likelihood(-1000) < 0.001
