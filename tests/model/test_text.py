import unicodedata

from keywitness.model.text import visible


def test_every_character_that_hides_or_steers_is_escaped():
    hidden = {"Cc", "Cf", "Zl", "Zp", "Co", "Cs"}
    left = [f"U+{code:04X}" for code in range(0x110000) if unicodedata.category(chr(code)) in hidden
            and visible(chr(code)) == chr(code)]  # fmt: skip
    assert left == []


def test_ordinary_writing_of_any_language_is_left_alone():
    text = "kv-contoso Müller Ивана 鍵 مفتاح מפתח key/<script>\"'&="
    assert visible(text) == text


def test_escapes_say_which_character_it_was():
    assert visible("a\x1b[31m\u202eb\U000e0041") == "a\\x1b[31m\\u202eb\\U000e0041"


def test_kept_characters_stay():
    assert visible("one\ntwo\x07", keep="\n") == "one\ntwo\\x07"
