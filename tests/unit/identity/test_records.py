"""The archive's records have the very shapes of identity's, so that either side may hand its own to the other."""

from __future__ import annotations

from dataclasses import fields

import pytest

from server.identity import ports
from server.store import archive


@pytest.mark.parametrize("name", ["Account", "BrowserSession", "JoinLink", "Guest"])
def test_records_have_the_same_fields_in_the_same_order(name: str) -> None:
    def shape(kind: type) -> list[tuple[str, object]]:
        return [(one.name, one.default) for one in fields(kind)]

    assert shape(getattr(ports, name)) == shape(getattr(archive, name))
