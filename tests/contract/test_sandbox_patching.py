"""What the sandbox replaces inside moto is what it was written against."""

from __future__ import annotations

from typing import Any

from c7n_certrenew.sandbox.patch_points import PATCH_POINTS
from c7n_certrenew.sandbox.stock import RENEW, differences, hashes, read_table


def test_moto_is_as_it_was_read(sandboxes: Any) -> None:
    """After an upgrade of moto, or with a new patch point, this says what to read again."""
    sandboxes.close()
    found = differences(read_table())
    assert not found, "\n".join((*found, f"When that is read: {RENEW}"))


def test_a_change_in_moto_names_the_patch_point_and_why_it_is_there(sandboxes: Any) -> None:
    """The line asks whether the reason for the replacement still holds."""
    sandboxes.close()
    table = read_table() | {"moto.iam.responses.IamResponse.get_server_certificate": "other"}
    [line] = differences(table)
    assert line.startswith("moto.iam.responses.IamResponse.get_server_certificate: moto changed it")
    assert "is it still true that moto answers with constant dates" in line


def test_new_and_former_patch_points_are_named(sandboxes: Any) -> None:
    """A patch point is in the table, and nothing else is."""
    sandboxes.close()
    table = read_table()
    former, new = table.popitem()[0], "moto.core.responses.BaseResponse.gone"
    assert differences({**table, new: "1"}) == (
        f"{former}: not in the table yet",
        f"{new}: in the table, but not patched",
    )


def test_an_operation_that_moto_lacks_is_known_as_missing(sandboxes: Any) -> None:
    """When moto gets the operation, it is read again as well."""
    sandboxes.close()
    found = hashes(PATCH_POINTS)
    assert found["moto.iam.responses.IamResponse.tag_server_certificate"] == "missing"
    assert len(found["moto.core.responses.BaseResponse.call_action"]) == 16
