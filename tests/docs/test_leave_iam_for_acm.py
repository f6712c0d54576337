"""The page on leaving IAM: its policies are the shipped ones, and do what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from policies.harness import make_policy, policy_data

from c7n_certrenew.sandbox import Authority, Listener, Sandbox

PAGE = (Path(__file__).parents[2] / "docs/how-to/leave-iam-for-acm.md").read_text("utf-8")
TO_ACM, IN_ACM, BACK = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [
    shlex.split(line, comments=True) for line in re.findall(r"^\$ (.+)$", PAGE, re.MULTILINE)
]
REGIONS = ("us-east-1", "eu-west-1")


@pytest.mark.parametrize("text", [TO_ACM, IN_ACM, BACK], ids=["out of IAM", "in ACM", "way back"])
def test_policies_are_valid_and_the_shipped_ones(text: str) -> None:
    """Custodian takes each; those that are shipped say the same, but for metadata."""
    [shown] = yaml.safe_load(text)["policies"]
    make_policy(shown)
    if text is not BACK:
        shipped = policy_data(shown["name"])
        assert {key: shipped[key] for key in shown} == shown
        assert shipped.keys() - shown.keys() == {"description", "metadata"}


def test_both_renewals_by_the_stock_command(
    sandbox: Sandbox, custodian: Any, authority: Authority, tmp_path: Path
) -> None:
    """The page's commands lead out of IAM, and then renew under the same ARN in two regions."""
    line = [authority.issue("www.example.com", days=days, key="p256") for days in (5, 25, 100)]
    old = sandbox.upload("shop", line[0])
    for region in REGIONS:
        sandbox.application(region, "web", Listener(443, "HTTPS", old))
    (tmp_path / "to-acm.yml").write_text(TO_ACM)
    (tmp_path / "in-acm.yml").write_text(IN_ACM)
    first, later = (c[1:] for c in COMMANDS if c[0] == "custodian" and "--dryrun" not in c)
    line[1].write(tmp_path / "certs" / "shop")
    assert (ran := custodian(*first)).returncode == 0, ran.stderr
    arns = {region: sandbox.bound("web", region, 443)[0] for region in REGIONS}
    assert dict.fromkeys(arns.values(), line[1].certificate) == {
        arn: text for region in REGIONS for arn, text in sandbox.acm(region).items()
    }
    line[2].write(tmp_path / "certs" / "shop")
    assert (ran := custodian(*later)).returncode == 0, ran.stderr
    for region, arn in arns.items():
        assert sandbox.bound("web", region, 443) == (arn, ())
        assert sandbox.acm(region) == {arn: line[2].certificate}
        record = tmp_path / "out" / region / "acm-certificate-imported-expiring-renew"
        assert '"VERIFIED"' in (record / "certrenew.json").read_text()
