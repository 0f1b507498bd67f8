"""The session and the cache of service models."""

from __future__ import annotations

import gc
import gzip
import json
import marshal
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.loaders import Loader
from botocore.session import Session as Botocore

from dynaprov.aws.clock import SystemClock
from dynaprov.aws.models import CachedFiles, Models, cache_directory
from dynaprov.aws.session import Session, Sources, collector_paused, is_aws
from dynaprov.model.fleet import Role
from support.endpoint import endpoint, error_reply

SNS = str(Path(Loader.BUILTIN_DATA_PATH) / "sns" / "2010-03-31" / "service-2")


def reference() -> object:
    return json.loads(gzip.decompress(Path(f"{SNS}.json.gz").read_bytes()))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def only_file(cache: Path) -> Path:
    [found] = cache.iterdir()
    return found


def test_a_model_is_the_same_from_the_cache(cache: Path) -> None:
    first = CachedFiles(cache).load_file(SNS)
    second = CachedFiles(cache).load_file(SNS)

    assert first == second == reference()
    assert only_file(cache).stat().st_mode & 0o777 == 0o600
    assert cache.stat().st_mode & 0o777 == 0o700


def test_the_cache_is_what_is_read(cache: Path) -> None:
    files = CachedFiles(cache)
    files.load_file(SNS)
    file = only_file(cache)
    other = cache / "other"
    # Another model under the same name, well-formed: it is believed.
    CachedFiles(other).load_file(SNS.replace("sns/2010-03-31", "sts/2011-06-15"))
    file.write_bytes(only_file(other).read_bytes())

    assert files.load_file(SNS)["metadata"]["serviceId"] == "STS"


@pytest.mark.parametrize(
    "content",
    [b"", b"dynaprov", marshal.dumps({"a": 1}), b"dynaprov-model-1\n\0\0\0\0" + b"x" * 50],
    ids=["empty", "cut", "without a head", "wrong checksum"],
)
def test_a_corrupt_file_is_replaced(cache: Path, content: bytes) -> None:
    files = CachedFiles(cache)
    files.load_file(SNS)
    file = only_file(cache)
    file.write_bytes(content)

    assert files.load_file(SNS) == reference()
    assert len(file.read_bytes()) > 1000


def test_a_checksum_over_what_is_no_value_is_not_believed(cache: Path) -> None:
    import zlib

    files = CachedFiles(cache)
    files.load_file(SNS)
    payload = b"?"
    head = b"dynaprov-model-1\n" + zlib.crc32(payload).to_bytes(4, "big")
    only_file(cache).write_bytes(head + payload)

    assert files.load_file(SNS) == reference()


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o666])
def test_a_file_that_others_may_touch_is_not_believed(cache: Path, mode: int) -> None:
    files = CachedFiles(cache)
    files.load_file(SNS)
    file = only_file(cache)
    other = cache / "other"
    CachedFiles(other).load_file(SNS.replace("sns/2010-03-31", "sts/2011-06-15"))
    file.write_bytes(only_file(other).read_bytes())
    file.chmod(mode)

    assert files.load_file(SNS) == reference()


def test_a_link_is_not_followed(cache: Path, tmp_path: Path) -> None:
    files = CachedFiles(cache)
    files.load_file(SNS)
    file = only_file(cache)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)

    assert files.load_file(SNS) == reference()
    assert not file.is_symlink()


def test_a_cache_that_cannot_be_written_is_not_used(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a directory")

    assert CachedFiles(in_the_way / "cache").load_file(SNS) == reference()


def test_a_cached_file_that_is_a_directory_is_left_alone(cache: Path) -> None:
    files = CachedFiles(cache)
    files.load_file(SNS)
    file = only_file(cache)
    file.unlink()
    (file / "x").mkdir(parents=True)

    assert files.load_file(SNS) == reference()
    assert [path.name for path in cache.iterdir()] == [file.name]


def test_a_user_s_own_models_are_not_cached(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text('{"a": 1}')

    assert CachedFiles(cache).load_file(str(tmp_path / "own")) == {"a": 1}
    assert not cache.exists()


def test_what_is_not_there_is_none(cache: Path) -> None:
    assert CachedFiles(cache).load_file(SNS + "-missing") is None


def test_the_cache_stands_below_the_user_s_cache_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cache_directory().parent == tmp_path / "dynaprov"


def test_a_relative_cache_directory_is_ignored(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")

    assert cache_directory().parent == own_home / ".cache" / "dynaprov"


def test_the_quick_list_has_every_service_that_botocore_finds(cache: Path) -> None:
    quick = Models(cache=cache).list_available_services("service-2")

    assert set(Loader().list_available_services("service-2")) <= set(quick)


def test_models_of_the_data_path_come_first(tmp_path: Path, cache: Path) -> None:
    own = tmp_path / "own" / "mine" / "2026-01-01"
    own.mkdir(parents=True)
    (own / "service-2.json").write_text('{"metadata": {"serviceId": "Mine"}}')

    models = Models(str(tmp_path / "own"), cache)

    assert models.load_service_model("mine", "service-2")["metadata"]["serviceId"] == "Mine"


@pytest.mark.parametrize("cached_models", [True, False])
def test_a_client_is_made_once_with_our_settings(
    cached_models: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    session = Session(region="eu-central-1", workers=7, cached_models=cached_models)

    client = session.client("sns")

    config = client.meta.config
    assert session.client("sns") is client
    assert config.retries == {"total_max_attempts": 1, "mode": "standard"}
    assert config.max_pool_connections == 7
    assert config.region_name == "eu-central-1"


def test_a_client_has_the_same_operations_as_botocore_s_own() -> None:
    ours = Session(region="eu-central-1").client("sns")
    theirs = Botocore().create_client("sns", region_name="eu-central-1")

    assert ours.meta.method_to_api_mapping == theirs.meta.method_to_api_mapping


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SNS"])
def test_the_endpoint_of_the_environment_holds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:4566")

    assert Session(region="eu-central-1").endpoint("sns") == "http://127.0.0.1:4566"


def test_aws_s_own_endpoint_is_no_endpoint() -> None:
    assert Session(region="eu-central-1").endpoint("sns") == ""


def test_the_region_is_what_was_said_or_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Session().region == ""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    assert Session().region == "eu-west-1"
    assert Session(region="eu-central-1").region == "eu-central-1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://dynamodb.eu-central-1.amazonaws.com", True),
        ("https://123456789012.ddb.eu-central-1.amazonaws.com", True),
        ("https://dynamodb.cn-north-1.amazonaws.com.cn", True),
        ("https://dynamodb.eu-central-1.api.aws", True),
        ("https://vpce-1.dynamodb.eu-central-1.vpce.amazonaws.com", True),
        ("http://127.0.0.1:5000", False),
        ("http://amazonaws.com.example.org", False),
        ("http://localhost", False),
        ("", False),
    ],
)
def test_aws_s_endpoints_are_known(url: str, expected: bool) -> None:
    assert is_aws(url) is expected


def test_the_collector_is_as_it_was_afterwards() -> None:
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()

    assert gc.isenabled()


def test_an_interrupted_clock_does_not_sleep() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.interrupt()

    clock.sleep(60)
    clock.sleep(-1)

    assert clock.monotonic() - before < 30
    assert clock.now().tzinfo is not None


def test_botocore_is_not_loaded_before_the_first_client() -> None:
    code = "import sys, dynaprov.aws; sys.exit('botocore' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("checked", [False, True])
def test_what_the_specs_have_checked_is_checked_again_by_the_sdk_in_tests_alone(
    checked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with endpoint(lambda number, body: error_reply("ValidationException")) as served:
        session = Session(region="eu-west-1", endpoint_url=served.url, checked=checked)
        refused = ParamValidationError if checked else ClientError
        with pytest.raises(refused):
            session.client("dynamodb").describe_table()

    assert bool(served.requests) is not checked


def test_sessions_of_several_regions_share_a_role_and_the_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    sources, made = Sources(), []
    for role in (None, Role("arn:aws:iam::111111111111:role/check")):
        for region in ("eu-central-1", "us-east-1"):
            session = Session(region=region, role=role, sources=sources)
            made.append((session.client("sns").meta.region_name, session._botocore))

    assert [region for region, _ in made] == ["eu-central-1", "us-east-1"] * 2
    assert len({id(each) for _, each in made}) == 2
    assert len({id(each.get_component("data_loader")) for _, each in made}) == 1


def test_a_session_that_was_closed_makes_new_clients() -> None:
    session = Session(region="eu-central-1")
    client = session.client("sns")

    session.close()

    assert session.client("sns") is not client
