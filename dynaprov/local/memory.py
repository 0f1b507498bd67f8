"""The embedded endpoint inside this process, for tests.

Lives here: one context manager which puts moto between botocore and the network, corrected.
Must not live here: corrections (see ``corrections``), the server (see ``server``).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from moto import mock_aws
from moto.core.base_backend import BackendDict

from dynaprov.local.corrections import corrections
from dynaprov.local.environment import LOCAL_REGION, local_environment


@contextmanager
def in_process(region: str = LOCAL_REGION) -> Iterator[None]:
    """Answer every botocore call of this process from memory, starting empty.

    The AWS settings of the environment are replaced for as long as it lasts, so neither a profile
    nor ``AWS_ENDPOINT_URL`` can lead a test to a real account.

    Args:
        region: The region of clients which name none.

    Yields:
        Nothing; what was created is forgotten at the end.
    """
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(local_environment(region=region, base=saved))
    try:
        with corrections(), mock_aws():
            BackendDict.reset()  # moto itself does so only for the outermost mock
            yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
