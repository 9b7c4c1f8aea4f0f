"""What a test does when the machine lacks something: it skips with a clear line, but never in CI."""

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test that asked; where `CI` is set everything must be there, so it fails instead."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (nothing may be skipped when CI is set)", pytrace=False)
    pytest.skip(reason)
