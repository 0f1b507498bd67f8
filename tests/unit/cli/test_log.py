"""What is logged while a command works reaches stderr as plain lines."""

import logging

import pytest

from dynaprov.cli.log import told

LOG = logging.getLogger("dynaprov.somewhere")
SECRET = "marker-secret-of-the-session"


def logged(*, debug: bool) -> None:
    with told(debug=debug):
        try:
            raise ValueError(f"\x1b[31m{SECRET} x-amz-security-token:hush")
        except ValueError:
            LOG.exception("it failed: %s", SECRET)
        LOG.info("nobody needs to know")


@pytest.mark.parametrize("debug", [False, True])
def test_a_logged_defect_holds_no_credential(
    debug: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", SECRET)

    logged(debug=debug)

    said = capsys.readouterr().err
    assert said.startswith("ERROR: it failed: ***\n")
    assert ("Traceback" in said) is debug
    assert not any(each in said for each in (SECRET, "hush", "\x1b", "nobody"))


def test_the_log_is_as_before_when_the_command_has_ended() -> None:
    before = list(logging.getLogger().handlers)

    logged(debug=False)

    assert logging.getLogger().handlers == before
