"""What the page on traps says of Custodian is so in the one that is installed.

A trap that is gone fails here: then take it off the page. What takes a run is in other tests:
conditions, outputs and exit codes in `test_host.py`, ARNs in `test_host_arns.py`, ACM's keys in
`test_host_acm.py`.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import yaml
from c7n.resources import iam, securityhub
from c7n.resources.appelb import AppELBListenerFilterBase
from c7n_org import cli as org


def test_documented_example_is_inverted() -> None:
    """Its policy is called delete-expired, and finds what expires later than now."""
    example = str(iam.CertificateDelete.__doc__).partition("code-block:: yaml")[2]
    [policy] = yaml.safe_load(example)
    assert policy["name"] == "aws-iam-certificate-delete-expired"
    [found] = policy["filters"]
    assert (found["value_type"], found["op"], found["value"]) == ("expiration", "greater-than", 0)


def test_delete_ignores_codes_that_aws_does_not_send() -> None:
    """The names of exceptions in place of the codes."""
    source = inspect.getsource(iam.CertificateDelete)
    assert "'NoSuchEntityException'" in source
    assert "'DeleteConflictException'" in source


def test_findings_are_known_by_the_whole_policy() -> None:
    """Where no tag says an id, the policy's text makes it; what is not taken is logged alone."""
    source = inspect.getsource(securityhub.PostFinding)
    assert "json.dumps(policy.data)" in source
    failed = source.partition("if import_response['FailedCount'] > 0:")[2]
    assert "raise" not in failed.partition("def get_finding")[0]


def test_listeners_are_read_a_page_without_their_lists() -> None:
    """One DescribeListeners for each load balancer, and nothing asks for certificates."""
    source = inspect.getsource(AppELBListenerFilterBase)
    assert "describe_listeners" in source
    assert "paginat" not in source.lower()
    folder = Path(inspect.getfile(iam)).parent
    assert not any("listener_certificates" in p.read_text("utf-8") for p in folder.glob("*.py"))


def test_c7n_org_goes_on_after_what_it_could_not_run() -> None:
    """An exception of a worker is a warning, and not counted as a failure."""
    source = inspect.getsource(org.run.callback)
    handled = source.partition("if f.exception():")[2].partition("continue")[0]
    assert "log.warning" in handled
    assert "success" not in handled
