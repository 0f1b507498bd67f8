"""One embedded endpoint for all properties, and the profile under which they run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from support.worlds import Watched, endpoint

settings.register_profile(
    "properties",
    deadline=None,
    database=None,
    max_examples=15,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def live() -> Iterator[Watched]:
    with endpoint() as watched:
        yield watched


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("specs")
