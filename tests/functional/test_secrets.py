"""Marked secrets go in wherever people put them; none comes out anywhere, whatever is run."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from support.endpoint import Reply, endpoint, error_reply
from support.program import Finished, PlainMoto, Program, plain_moto

KEY = "MARKERKEYwJalrXUtnFEMIK7MDENGbPxRfiCYEX"
TOKEN = "MARKERTOKENIQoJb3JpZ2luX2VjEJr7wEaCXVzLWVhc3QtMSJH"
PASSWORD = "MARKERpassword"
HOOK = "https://alerts.example.com/hooks/MARKER0123456789abcdef/x?api_key=MARKERquery"
WEBHOOK = f"https://someone:{PASSWORD}@hooks.example.com/in"
MARK = "MARKER"

SPECS = {
    "project.yaml": "project_name: shop\nregion: us-east-1\n",
    "tables/orders.yaml": "partition_key: id\n",
    "environments/dev.yaml": (
        "kms_key: {policy: standard}\n"
        "topic:\n  policy: standard\n  subscriptions:\n"
        f"    '{'https:' + HOOK}': true\n    '{'https:' + WEBHOOK}': true\n"
        "allow_destroy: true\n"
    ),
}


@pytest.fixture(scope="module")
def server() -> Iterator[PlainMoto]:
    with plain_moto() as served:
        yield served


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    for name, text in SPECS.items():
        path = tmp_path / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "specs"


def marked(url: str, home: Path, specs: Path) -> Program:
    """The program with secrets in its environment and in its endpoint URL."""
    settings = {
        "AWS_ENDPOINT_URL": url.replace("://", f"://someone:{PASSWORD}@"),
        "AWS_ACCESS_KEY_ID": "ASIAMARKER0123456789",
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_SESSION_TOKEN": TOKEN,
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "DYNAPROV_SPECS": str(specs),
        "DYNAPROV_PACING": "off",
    }
    return Program(settings, folder=home)


def told(finished: Finished, *codes: int) -> str:
    """Everything that a command wrote, after it ended as it should."""
    assert finished.code in codes, finished.err
    assert MARK not in finished.out
    assert MARK not in finished.err
    return finished.out + finished.err


def searched(folder: Path) -> list[Path]:
    """The files that hold a secret."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if MARK.encode() in path.read_bytes()]


def test_no_command_writes_a_secret_anywhere(
    server: PlainMoto, specs: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    dynaprov = marked(server.url, home, specs)

    told(dynaprov("validate"), 0)
    assert f"***@{server.url[7:]}" in told(dynaprov("diff"), 0)
    for how in (["--explain", "--out", "plan.json"], ["--json"]):
        told(dynaprov("diff", *how), 0)
    for how in ([], ["--explain", "--json"]):
        told(dynaprov("show", *how), 0)
    told(dynaprov("apply"), 3)
    applied = told(dynaprov("apply", "plan.json", "--yes", "--debug"), 0, 4)
    assert "https:https://alerts.example.com/hooks/***/x?***~" in applied
    told(dynaprov("apply", "--yes", "--json"), 0, 4)
    for form in ("table", "dotenv"):
        told(dynaprov("outputs", "--format", form), 0)
    told(dynaprov("outputs", "--json"), 0)
    told(dynaprov("diff", "--prune", "--endpoint-url", f"http://u:{PASSWORD}@{server.url[7:]}"), 0)
    told(dynaprov("destroy", "--confirm", "shop-dev", "--json"), 0, 3, 4)

    assert searched(home) == []
    subscribed = [each for each in server.requests if each.endswith("Subscribe")]
    assert len(subscribed) == 2


def test_journal_and_state_belong_to_their_user_alone(
    server: PlainMoto, specs: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()

    told(marked(server.url, home, specs)("apply", "--yes"), 0, 4)

    found = {path: stat.S_IMODE(path.stat().st_mode) for path in (home / "state").rglob("*")}
    assert any(path.suffix == ".jsonl" for path in found)
    for path, mode in found.items():
        assert mode == (0o700 if path.is_dir() else 0o600), path


#: SignatureDoesNotMatch, as AWS words it: the whole request, with the session token.
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. The Canonical String for this request should have "
    "been 'POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:127.0.0.1\n"
    f"x-amz-security-token:MARKERother{quote(TOKEN)}\n\nhost\nabc'\n\x1b[31mAuthorization: "
    "AWS4-HMAC-SHA256 Credential=ASIAMARKER0123456789/20260504/sts, Signature=MARKERsignature"
)


@pytest.mark.parametrize("how", [[], ["--json"], ["--debug"]])
def test_an_error_that_quotes_the_request_is_told_without_its_secrets(
    how: list[str], specs: Path, tmp_path: Path
) -> None:
    def refuse(number: int, body: bytes) -> Reply:
        return error_reply("SignatureDoesNotMatch", MISMATCH, 403)

    with endpoint(refuse) as served:
        text = told(marked(served.url, tmp_path, specs)("diff", *how), 1)

    assert "SignatureDoesNotMatch" in text
    assert "***" in text
    assert "\x1b" not in text


def test_an_endpoint_that_cannot_be_reached_is_named_without_its_password(
    specs: Path, tmp_path: Path
) -> None:
    text = told(marked("http://127.0.0.1:1", tmp_path, specs)("diff"), 1)

    assert "***@127.0.0.1:1" in text


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_a_wrong_line_is_shown_without_its_password(
    how: list[str], specs: Path, tmp_path: Path
) -> None:
    (specs / "environments/dev.yaml").write_text(
        f"topic: {{subscriptions: {{'https:{WEBHOOK}': 5}}}}\n"
    )

    text = told(marked("http://127.0.0.1:1", tmp_path, specs)("validate", *how), 65)

    assert "DP111" in text
    assert not how or json.loads(text.partition("error[")[0])["problems"]
