"""Installing the corrections, undoing them, and the settings that go with the endpoint."""

import json
import os
import subprocess
import sys

import boto3
import pytest
from moto import mock_aws

from dynaprov.local import LOCAL_ENVIRONMENT, in_process, local_environment
from dynaprov.local.corrections import CORRECTIONS, corrections, install, uninstall
from dynaprov.local.corrections.patches import Patches, page


def new_table_has_an_id():
    session = boto3.Session(
        aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    made = session.client("dynamodb").create_table(
        TableName="events",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "TableId" in made["TableDescription"]


def test_moto_is_given_back_as_it_was():
    def moto_alone():
        with mock_aws():
            return new_table_has_an_id()

    assert not moto_alone()
    with corrections(), corrections():
        with corrections():
            assert moto_alone()
        assert moto_alone()
    assert not moto_alone()
    with in_process():
        assert new_table_has_an_id()
    uninstall()  # once too often does no harm
    install()
    assert moto_alone()
    uninstall()
    assert not moto_alone()


def test_it_starts_empty_also_inside_another_mock():
    with mock_aws():
        assert not new_table_has_an_id()
        with in_process():
            assert new_table_has_an_id()


def test_every_correction_is_loaded_by_its_service():
    for service in CORRECTIONS:
        with in_process():
            name = {"applicationautoscaling": "application-autoscaling"}.get(service, service)
            boto3.client(name)  # every name is one that the SDK knows


def test_nothing_of_the_real_settings_is_seen(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    before = dict(os.environ)
    with in_process(region="eu-west-1"):
        assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL"} & set(os.environ)
        assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert boto3.client("dynamodb").list_tables()["TableNames"] == []
        assert boto3.client("dynamodb").meta.region_name == "eu-west-1"
    assert dict(os.environ) == before


def test_local_environment():
    base = {
        "PATH": "/bin",
        "AWS_PROFILE": "p",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://x",
        "NO_PROXY": "intra",
    }
    found = local_environment("http://127.0.0.1:1", region="eu-west-1", base=base)
    assert found == {
        **LOCAL_ENVIRONMENT,
        "PATH": "/bin",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "NO_PROXY": "intra,127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    assert "AWS_ENDPOINT_URL" not in local_environment()


class Example:
    def method(self):
        return "method"

    @staticmethod
    def static(value):
        return value


def test_patches_of_methods_static_methods_and_additions():
    patches = Patches()
    patches.around(Example, "method")(lambda original, self: original(self) + "!")
    patches.around(Example, "static")(lambda original, value: original(value) + 1)
    patches.added(Example, "more")(lambda self: "more")
    patches.serialised(Example, "method")
    assert patches.install()
    assert not patches.install()
    assert Example().method() == "method!"
    assert (Example.static(1), Example().static(1)) == (2, 2)
    assert Example().more() == "more"
    patches.undo()
    assert Example().method() == "method"
    assert Example().static(1) == 1
    assert not hasattr(Example, "more")


def test_pages():
    assert page("abc", None, 2) == (["a", "b"], "2")
    assert page("abc", "2", 2) == (["c"], None)
    with pytest.raises(ValueError, match="invalid literal"):
        page("abc", "x", 2)


def test_asking_for_the_server_does_not_load_moto():
    program = (
        "import sys, json; from dynaprov import local; local.status; local.local_environment;"
        "print(json.dumps(sorted({'moto', 'botocore', 'werkzeug'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert json.loads(done.stdout) == []


def test_unknown_names():
    with pytest.raises(AttributeError, match="nothing"):
        __import__("dynaprov.local").local.nothing  # noqa: B018
