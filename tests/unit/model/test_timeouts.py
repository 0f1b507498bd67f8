"""Times as people write them, and the table of timeouts."""

import pytest

from dynaprov.model.timeouts import TIMEOUTS, duration_seconds, read_timeouts, written


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("1h30m", 5400), ("2d", 172_800), ("45", 45)],
)
def test_a_written_time_is_read(text: str, seconds: float) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "2x", "m", "1m2h", "-5m", "1.5h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        duration_seconds(text)


def test_of_two_words_for_one_row_the_last_counts() -> None:
    words = ("index-create=2h", "billing=5m", "index-create=3h")

    assert read_timeouts(words) == {"index-create": 10_800, "billing": 300}


@pytest.mark.parametrize("word", ["index-create", "indx=2h", "=2h"])
def test_a_word_without_a_known_name_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is not NAME=TIME"):
        read_timeouts([word])


def test_a_time_is_shown_in_its_greatest_unit() -> None:
    assert [written(each) for each in (45, 90, 1800, 86_400)] == ["45 s", "90 s", "30 min", "24 h"]


def test_an_index_may_take_longest() -> None:
    longest = max(TIMEOUTS, key=lambda name: TIMEOUTS[name].seconds)

    assert longest == "index-create"
