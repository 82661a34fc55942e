"""Lists from outside: every encoding and honest file is read, every hostile one is refused in a sentence."""

from pathlib import Path

import pytest
from hostile_sheets import REFUSED, huge_dimension, many_cells, workbook

from kb.errors import DatasetError, DocumentError
from kb.files.limited_process import ProcessLimits, run_confined
from kb.storage.sheet_process import SheetReply
from kb.storage.spreadsheets import read_rows, sheet_bytes
from kb.storage.text_files import read_file

ROWS = [["部门", "姓名", "电话"], ["区司法局", "王芳", "0792-8551234"]]
TEXT = "部门,姓名,电话\n区司法局,王芳,0792-8551234\n"
READER = "kb.storage.sheet_process"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_is_read_in_every_encoding_of_excel(encoding: str):
    assert read_rows("名单.csv", TEXT.encode(encoding)) == ROWS


def test_excel_file_is_read_whatever_its_name_says():
    assert read_rows("名单.xlsx", workbook()) == read_rows("名单.csv", workbook()) == ROWS


def test_cell_beyond_the_usual_csv_limit_is_read():
    assert read_rows("问答.csv", ("问" * 200_000).encode()) == [["问" * 200_000]]


@pytest.mark.parametrize("text", ["问" * 40_000, "𠮷" * 40_000, "问" + "𠮷" * 40_000, "𠮷" * 16_383])
def test_cell_holds_what_excel_takes_of_a_long_text(text: str):
    ((written,),) = read_rows("a.xlsx", sheet_bytes("问答", [text[:1]], [9], [[text]]))[1:]
    assert text.startswith(written)
    assert 32_765 < len(written.encode("utf-16-le")) // 2 <= 32_767


def test_what_the_file_escapes_is_read_as_shown_and_what_looks_like_it_is_written_back():
    text = "以 _x003D_ 开头的单元格"
    assert read_rows("a.xlsx", sheet_bytes("问答", ["问题"], [9], [[text]])) == [["问题"], [text]]
    assert read_rows("名单.xlsx", workbook(("姓名",), ("王_x0020_芳_x000D_",))) == [["姓名"], ["王 芳"]]


@pytest.mark.hostile
def test_declared_dimension_is_not_believed():
    assert read_rows("名单.xlsx", huge_dimension()) == ROWS


@pytest.mark.hostile
@pytest.mark.parametrize("name", REFUSED)
def test_hostile_sheet_is_refused_in_one_line(name: str):
    make, words = REFUSED[name]
    with pytest.raises(DatasetError, match=words) as caught:
        read_rows("名单.xlsx", make())
    assert str(caught.value).startswith("名单.xlsx：")
    assert "\n" not in str(caught.value)


@pytest.mark.hostile
@pytest.mark.slow
def test_sheet_of_a_million_cells_is_refused():
    with pytest.raises(DatasetError, match="50,000 行"):
        read_rows("名单.xlsx", many_cells())


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("名单.csv", b"," * 2_000_000, "1,000,000 个单元格", id="only commas"),
        pytest.param("名单.csv", b"a\n" * 60_000, "50,000 行", id="many rows"),
        pytest.param("名单.csv", b"\xff\xff\xff", "编码", id="no text"),
        pytest.param("名单.xls", b"", "另存为 .xlsx", id="old suffix"),
        pytest.param("..", b"", "只认识 .csv 和 .xlsx", id="folder above"),
        pytest.param("名\0单.xlsx", b"x", "^名单.xlsx：不是能读的 Excel 文件", id="NUL in the name"),
        pytest.param(f"{'长' * 5_000}.xlsx", b"x", f"^{'长' * 75}.xlsx：", id="long name"),
    ],
)
def test_hostile_text_or_name_is_refused(name: str, content: bytes, words: str):
    with pytest.raises(DatasetError, match=words):
        read_rows(name, content)


@pytest.mark.hostile
def test_reading_ends_with_its_time_and_memory():
    with pytest.raises(DocumentError, match="还没有读完"):
        run_confined(READER, (".xlsx",), workbook(), ProcessLimits(seconds=0.001))
    output = run_confined(READER, (".csv",), bytes(50_000_000), ProcessLimits(memory_bytes=50_000_000))
    assert "内存超过上限" in (SheetReply.model_validate_json(output).refused or "")
    with pytest.raises(DocumentError, match=r"程序崩溃.*No module named"):
        run_confined("kb.storage.nothing", (), b"", ProcessLimits())
    assert read_rows("名单.xlsx", workbook()) == ROWS  # the next file is read


@pytest.mark.hostile
def test_endless_or_missing_file_is_not_opened(tmp_path: Path):
    for path in (Path("/dev/zero"), tmp_path, tmp_path / "没有.csv", tmp_path / "a\0b.csv"):
        with pytest.raises(DatasetError, match="读不出来"):
            read_file(path, 10)
    (tmp_path / "长.csv").write_bytes(bytes(11))
    with pytest.raises(DatasetError, match="超过"):
        read_file(tmp_path / "长.csv", 10)
