"""Answers of AWS that are not as its models say: a clear line, and never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.hooks import HierarchicalEmitter
from integration.conftest import Engine, renewing, writes

from c7n_certrenew.sandbox import Issued, Listener, Sandbox

STRANGE = [
    ("elb", "DescribeLoadBalancers", "<LoadBalancerPort>443<", "<LoadBalancerPort>https<", "https"),
    ("elbv2", "DescribeListeners", "<Port>443<", "<Port>https<", "https"),
    ("iam", "GetServerCertificate", "<Expiration>2", "<Expiration>soon 2", "Invalid timestamp"),
    ("ec2", "DescribeRegions", "regionName>", "name>", "lacks RegionName"),
]
"""Service, operation, what stands in the answer, what shall stand there, and what is said."""


@pytest.mark.parametrize(("service", "operation", "text", "other", "said"), STRANGE)
def test_value_of_another_type(
    near: Sandbox,
    engine: Engine,
    old: Issued,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    operation: str,
    text: str,
    other: str,
    said: str,
) -> None:
    """What it is about is unread or refused, the reason names what is wrong."""
    web = near.upload("web", old)
    near.classic("us-east-1", "legacy", Listener(443, "HTTPS", web))
    near.application("us-east-1", "alb", Listener(443, "HTTPS", web))
    new.write(certs)
    change_answers(monkeypatch, operation, text, other)
    ran = engine(renewing())
    assert ran.returncode == 2
    assert said in ran.text
    assert "Traceback" not in ran.text
    assert not [call for call in writes(near) if call.startswith("Delete")]


def change_answers(monkeypatch: pytest.MonkeyPatch, operation: str, text: str, other: str) -> None:
    """Have the answers of an operation say something else."""
    emit = HierarchicalEmitter._emit

    def changed(self: Any, event: str, given: Any, stop_on_response: bool = False) -> Any:
        responses = emit(self, event, given, stop_on_response)
        if not event.startswith("before-send.") or not event.endswith(f".{operation}"):
            return responses
        return [(handler, alter(answer)) for handler, answer in responses]

    def alter(answer: Any) -> Any:
        if not isinstance(answer, AWSResponse):
            return answer
        body = answer.content.decode()
        altered = AWSResponse(answer.url, answer.status_code, answer.headers, answer.raw)
        altered._content = body.replace(text, other).encode()
        return altered

    monkeypatch.setattr(HierarchicalEmitter, "_emit", changed)
