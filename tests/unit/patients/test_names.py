import pytest

from telemed.patients import names
from telemed.patients.names import (
    Agreement,
    Likeness,
    compare,
    pinyin_keys,
    pinyin_text,
    search_key,
    shown,
    shown_pinyin,
)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("娜塔莎·伊万诺娃", "娜塔莎•伊万诺娃"),
        ("娜塔莎·伊万诺娃", "娜塔莎・伊万诺娃"),
        ("阿卜杜热西提·买买提", "阿卜杜热西提．买买提"),
        ("阿卜杜热西提·买买提", "阿卜杜热西提买买提"),
        ("王 桂兰", "王桂兰"),
        ("王^桂兰", "王桂兰"),
        ("ＷＡＮＧ Ｇｕｉｌａｎ", "wang guilan"),
        ("Wang^Guilan=王^桂兰", "王桂兰"),
        ("张䶮", "张䶮"),
    ],
)
def test_the_same_name_in_another_spelling_is_the_same(a, b):
    assert compare(a, b) is Agreement.SAME
    assert compare(b, a) is Agreement.SAME


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("WANG GUILAN", "王桂兰"),
        ("GUILAN^WANG", "王桂兰"),
        ("Shan Xiuying", "单秀英"),
        ("Piao^Zhezhu", "朴哲洙"),
        ("Pu^Zhezhu", "朴哲洙"),
        ("Lyu Ping", "吕萍"),
        ("Ouyang Feng", "欧阳峰"),
        ("Yuchi Gong", "尉迟恭"),
        ("张?", "张䶮"),
        ("张□", "张䶮"),
        ("Zhang Yan", "张䶮"),
        ("王桂兰", "王贵兰"),
        ("張志紅", "张志红"),
    ],
)
def test_a_reading_or_a_missing_character_is_only_similar(a, b):
    assert compare(a, b) is Agreement.LIKELY
    assert compare(b, a) is Agreement.LIKELY


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("王桂兰", "王桂芝"),
        ("Wang Guizhi", "王桂兰"),
        ("张?", "李䶮"),
        ("张??", "张䶮"),
        ("??", "张䶮"),
        ("𠮷永强", "吉永刚"),
    ],
)
def test_another_name_is_another_name(a, b):
    assert compare(a, b) is Agreement.DIFFERS


@pytest.mark.parametrize(("a", "b"), [("", "王桂兰"), ("^", "王桂兰"), ("·", "")])
def test_no_name_says_nothing(a, b):
    assert compare(a, b) is Agreement.UNKNOWN


@pytest.mark.parametrize("rare", ["䶮", "㛃", "𫖮", "𠮷"])
def test_a_character_outside_gbk_is_kept_and_read(rare):
    assert rare in search_key(f"刘{rare}")
    assert all(key.isascii() for key in pinyin_keys(f"刘{rare}"))


def test_a_surname_is_read_as_a_surname():
    assert "shanxiuying" in pinyin_keys("单秀英")
    assert "danxiuying" not in pinyin_keys("单秀英")
    assert "zenggang" in pinyin_keys("曾刚")
    assert "cenggang" not in pinyin_keys("曾刚")


def test_a_search_finds_readings_and_initials():
    words = pinyin_text("王桂兰").split()
    assert "wangguilan" in words
    assert "wgl" in words


def test_the_shown_reading_has_the_surname_first():
    assert shown_pinyin("王桂兰") == "WANG Guilan"
    assert shown_pinyin("尉迟恭") == "YUCHI Gong"
    assert shown_pinyin("Ivanova") == ""


def test_a_name_of_many_readings_stays_bounded():
    assert len(pinyin_keys("乐" * 30)) <= 24


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Sun^Shuzhi=孙^淑芝", "孙淑芝"),
        ("孙^淑芝", "孙淑芝"),
        ("SUN^SHUZHI", "SUN SHUZHI"),
        ("=孙^淑芝", "孙淑芝"),
        ("娜塔莎·伊万诺娃", "娜塔莎·伊万诺娃"),
        ("^", ""),
        ("", ""),
    ],
)
def test_a_dicom_name_is_shown_as_people_read_it(written, read):
    assert shown(written) == read


@pytest.mark.parametrize(
    ("a", "b", "likeness"),
    [
        ("王桂兰", "王 桂兰", Likeness.SAME),
        ("張志紅", "张志红", Likeness.VARIANT),
        ("张䶮", "张?", Likeness.UNWRITABLE),
        ("WANG GUILAN", "王桂兰", Likeness.ROMANISED),
        ("Wang Guilan", "Guilan Wang", Likeness.ROMANISED),
        ("王桂兰", "王贵兰", Likeness.HOMOPHONE),
        ("王桂兰", "王桂芝", Likeness.ONE_CHARACTER),
        ("王兰", "王芝", Likeness.DIFFERS),
        ("王桂兰", "王淑芝", Likeness.DIFFERS),
        ("王桂兰", "", Likeness.UNKNOWN),
        ("Wang^Guilan=王^桂兰", "王桂兰", Likeness.SAME),
    ],
)
def test_a_likeness_says_in_what_way_two_names_are_alike(a, b, likeness):
    assert names.likeness(a, b) is likeness
    assert names.likeness(b, a) is likeness
