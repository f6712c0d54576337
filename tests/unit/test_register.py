"""Registration works in whatever order the modules are imported."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from c7n.filters import Filter, FilterRegistry
from c7n.resources.appelb import AppELB, AppELBListenerFilter
from c7n.resources.elb import ELB

from c7n_certrenew import _autoload
from c7n_certrenew.register import ACCOUNT, CERTIFICATES, IN_ACM, OWNERS, register

FIRST = [
    "c7n_certrenew.register",
    "c7n_certrenew.elements.listener",
    "c7n_certrenew.cli",
    "c7n.resources.iam",
    "c7n.resources.ec2",
]


IMPORTING = """
import os, sys
import boto3, click, cryptography.x509, jsonschema, yaml
from importlib import import_module

for first in sys.argv[1:]:
    if not os.fork():
        assert not {"c7n", "c7n_certrenew.register"} & {*sys.modules}
        import_module(first)
        from c7n.resources.iam import ServerCertificate as it
        print(first, "listener" in it.filter_registry, "replace-certificate" in it.action_registry)
        sys.exit()
    os.wait()
"""


def test_any_module_may_be_imported_first() -> None:
    """Custodian knows the filters and nothing is logged, whichever import comes first."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING, *FIRST], capture_output=True, text=True, check=True
    )
    shown = "".join(f"{first} True True\n" for first in FIRST)
    assert (done.stdout, done.stderr) == (shown, "")


def test_owners_are_registered_when_they_are_imported() -> None:
    """Each resource has the filter once its module is imported; none is imported for another."""
    program = (
        "import sys; from c7n.resources.iam import ServerCertificate;"
        "print(*({'c7n.resources.elb', 'c7n.resources.cloudfront',"
        " 'c7n_certrenew.elements.server_certificate'} & set(sys.modules)), 'none');"
        "from c7n.resources.cloudfront import Distribution;"
        "from c7n.resources.appelb import AppELB; from c7n.resources.elb import ELB;"
        "print(*('server-certificate' in one.filter_registry"
        " for one in (Distribution, AppELB, ELB, ServerCertificate)));"
        "from c7n.resources.account import Account;"
        "print('server-certificate-quota' in Account.filter_registry)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("none\nTrue True True False\nTrue\n", "")


def test_the_hook_knows_every_host() -> None:
    """What is registered and what is watched are the same modules."""
    assert (CERTIFICATES, IN_ACM, *OWNERS, ACCOUNT) == _autoload.HOSTS


def test_app_elb_keeps_its_own_listener_filter() -> None:
    """A stock filter of the name of one of ours on another resource is untouched."""
    register()
    assert AppELB.filter_registry.get("listener") is AppELBListenerFilter
    assert "listener" not in ELB.filter_registry


def test_a_stock_name_is_never_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Should Custodian get a filter of this name, its own stays, and one line says so."""
    registry = FilterRegistry("elb.filters")
    stock: Any = registry.register("server-certificate", Filter)
    monkeypatch.setattr(ELB, "filter_registry", registry)
    register("c7n.resources.elb")
    assert registry.get("server-certificate") is stock
    [record] = caplog.records
    assert record.getMessage() == "elb.filters has its own server-certificate: ours is left out"
