"""docs/reference/alarms.md says what the suites and the catalogue of metrics say."""

from support.alarms_page import PAGE, rendered


def test_the_tables_of_alarms_are_up_to_date() -> None:
    text = PAGE.read_text()

    assert text == rendered(text), "run: PYTHONPATH=.:tests python -m support.alarms_page"
