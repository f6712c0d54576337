"""What the tests of `core` share."""

from __future__ import annotations

import pytest
from unit.core.certificates import Issued, intermediate, leaf, root


@pytest.fixture
def shop() -> Issued:
    """A server certificate with its key, new for each test."""
    return leaf()


@pytest.fixture(name="root")
def _root() -> Issued:
    """The root."""
    return root()


@pytest.fixture(name="intermediate")
def _intermediate() -> Issued:
    """The intermediate."""
    return intermediate()
