"""Tags of server certificates: read when a policy asks for them, set, removed, and marks."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import cycle
from typing import Any

import pytest
from integration.conftest import Engine, Policy, filtering, writes

from c7n_certrenew.sandbox import Issued, Listener, Sandbox
from c7n_certrenew.sandbox.faults import Fault, Kind

TAGS = {"web": {"owner": "shop", "env": "prod"}, "cdn": {"env": "test"}, "bare": {}}
READ = "ListServerCertificateTags"


def acting(policy: Policy, *actions: Any) -> Policy:
    """Return the policy with actions."""
    return {**policy, "actions": list(actions)}


@pytest.fixture
def account(near: Sandbox, old: Issued) -> Sandbox:
    """Hold three certificates: two with tags, one of them for CloudFront, and one without."""
    for name, tags in TAGS.items():
        near.upload(name, old, "/cloudfront/" if name == "cdn" else "/", tags=tags)
    near.clear_journal()
    return near


def tags_of(sandbox: Sandbox, name: str) -> dict[str, str]:
    """Return the tags that a certificate has now."""
    listed = sandbox.client("iam").list_server_certificate_tags(ServerCertificateName=name)
    return {tag["Key"]: tag["Value"] for tag in listed["Tags"]}


def reads(sandbox: Sandbox) -> int:
    """Return how many calls read tags, and forget all calls."""
    number = Counter(call.operation for call in sandbox.journal)[READ]
    sandbox.clear_journal()
    return number


PROD = {"tag:env": "prod"}
FOUND: list[tuple[Any, list[str]]] = [
    ({"tag:owner": "absent"}, ["bare", "cdn"]),
    ({"not": [PROD]}, ["bare", "cdn"]),
    ({"or": [{"and": [{"tag:owner": "shop"}, PROD]}, {"tag:env": "test"}]}, ["cdn", "web"]),
    ({"type": "value", "key": "length(Tags)", "op": "lt", "value": 1}, ["bare"]),
    ({"type": "list-item", "key": "Tags", "attrs": [{"Value": "shop"}]}, ["web"]),
    ({"type": "tag-count", "count": 2}, ["web"]),
]


def test_policies_ask_for_tags(account: Sandbox, engine: Engine) -> None:
    """Keys `tag:` work wherever a filter stands; each certificate's tags are read once."""
    for wanted, names in FOUND:
        ran = engine(filtering(wanted))
        assert (ran.returncode, ran.found) == (0, names), wanted
        assert reads(account) == 3


def test_other_policies_make_no_call_more(account: Sandbox, engine: Engine) -> None:
    """Where no tag is asked for none is read, be they set or removed, or the filters our own."""
    source = {"type": "files", "certificate": "certs/<tag:env>.pem", "private-key": "k.pem"}
    quiet = filtering({"type": "value", "key": "Path", "value": "/"})
    assert engine(quiet).found == ["bare", "web"]
    for action in (
        {"type": "tag", "tags": {"a": "b"}},
        {"type": "mark-for-op", "op": "delete", "days": 3},
        {"type": "remove-tag", "tags": ["a"]},
    ):
        assert engine(acting(quiet, action)).returncode == 0
    assert engine(filtering({"type": "replacement", "source": source})).returncode == 0
    assert reads(account) == 0


def test_tags_are_set_and_removed(account: Sandbox, engine: Engine) -> None:
    """By Custodian's own actions under each of their names, on what matched alone."""
    engine(acting(filtering(PROD), {"type": "tag", "tags": {"owner": "crm", "n": "a b@{region}"}}))
    assert tags_of(account, "web") == {"owner": "crm", "env": "prod", "n": "a b@us-east-1"}
    engine(acting(filtering(PROD), {"type": "mark", "key": "seen", "value": "yes"}))
    engine(acting(filtering(PROD), {"type": "untag", "tags": ["owner", "nobody-has-it"]}))
    engine(acting(filtering(PROD), {"type": "unmark", "tags": ["n"]}))
    assert tags_of(account, "web") == {"env": "prod", "seen": "yes"}
    assert (tags_of(account, "cdn"), tags_of(account, "bare")) == (TAGS["cdn"], TAGS["bare"])


def test_marks(account: Sandbox, engine: Engine, old: Issued) -> None:
    """What is marked is found when it is due, for that action; garbage is not due."""
    mark = {"type": "mark-for-op", "tag": "later", "op": "notify", "days": 4}
    assert engine(acting(filtering({"tag:env": "test"}), mark)).returncode == 0
    day = datetime.now(timezone.utc) + timedelta(days=4)
    assert tags_of(account, "cdn")["later"].endswith(f"notify@{day:%Y/%m/%d}")
    account.upload("odd", old, tags={"later": "x: notify@someday"})
    account.upload("due", old, tags={"later": "x: notify@2020/01/01"})
    due = {"type": "marked-for-op", "tag": "later", "op": "notify"}
    ran = engine(filtering(due))
    assert (ran.returncode, ran.found) == (0, ["due"])
    assert engine(filtering({**due, "skew": 5})).found == ["cdn", "due"]
    assert engine(filtering({**due, "op": "delete"})).found == []


def test_what_is_marked_for_deletion_and_served_stays(
    account: Sandbox, engine: Engine, old: Issued
) -> None:
    """`delete` of marked certificates must ask who serves them, and then leaves those alone."""
    due = {"type": "marked-for-op", "op": "delete"}
    for name in ("used", "unused"):
        account.upload(name, old, tags={"maid_status": "x: delete@2020/01/01"})
    account.classic("eu-west-1", "front", Listener(443, "HTTPS", account.certificates()["used"]))
    unserved: Any = {"type": "listener", "count": 0}
    for filters in (
        [due],
        [{"or": [due, unserved]}],
        [due, {**unserved, "attrs": [{"Port": 8443}]}],
        [due, {**unserved, "regions": ["us-east-1"]}],
    ):
        blind = engine(acting(filtering(*filters), "delete"))
        assert blind.returncode == 1
        assert "add listener with count: 0" in blind.text
    assert engine(acting(filtering({"and": [due, unserved]}), "delete")).found == ["unused"]
    assert set(account.certificates()) == {*TAGS, "used"}


UNREAD = [
    PROD,
    {"tag:owner": "absent"},
    {"not": [PROD]},
    {"not": [{"tag:owner": "absent"}]},
    {"not": [{"not": [{"tag:env": "none"}]}]},
    {"or": [{"tag:owner": "none"}, {"type": "tag-count", "count": 9}]},
    {"type": "marked-for-op", "op": "notify"},
]


TELLING = (
    {"type": "put-metric", "key": "a", "namespace": "n", "metric_name": "m"},
    {"type": "webhook", "url": "https://webhook.example.invalid"},
)


def test_unread_tags_count_as_found_in_a_report(account: Sandbox, engine: Engine) -> None:
    """Whatever is asked, in `not` as well, with the reason; an action that only tells is one."""
    account.deny("iam", READ)
    for wanted in UNREAD:
        ran = engine(acting(filtering(wanted), *TELLING), arguments=("--dryrun",))
        assert ran.found == ["bare", "cdn", "web"], wanted
        for resource in ran.resources:
            [scope] = resource["c7n:unread"]
            assert (scope["Service"], scope["Region"]) == ("iam", "*")
            assert f"{READ} answered AccessDenied" in scope["Reason"]
        assert "the tags of 3 certificates could not be read, so they count as found" in ran.text


def test_unread_tags_are_not_acted_upon(account: Sandbox, engine: Engine) -> None:
    """Where the policy changes something they match nothing; a line says so, and it is counted."""
    account.deny("iam", READ)
    actions = ({"type": "tag", "tags": {"a": "b"}}, {"type": "remove-tag", "tags": ["a"]})
    for wanted, action in zip(UNREAD, cycle(actions), strict=False):
        ran = engine(acting(filtering(wanted), action))
        assert (ran.returncode, ran.found) == (0, []), wanted
        assert "so they are left as they are: " in ran.text
    default = {"type": "resource", "default-value": "nobody"}
    tag = {"type": "tag", "tags": {"owner": default}}
    assert engine(acting(filtering({"Path": "/"}), tag)).found == ["bare", "web"]
    metrics = json.loads((ran.output / "metadata.json").read_text())["metrics"]
    assert {m["MetricName"]: m["Value"] for m in metrics}["UnreadScopes"] == 3
    assert writes(account) == []


def test_one_certificate_whose_tags_are_unread(account: Sandbox, engine: Engine) -> None:
    """Throttling is waited out, and one that fails takes none of the others with it."""
    account.inject(Fault("iam", READ, Kind.THROTTLED, times=4))
    assert engine(filtering(PROD)).found == ["web"]
    account.inject(Fault("iam", READ, Kind.DENIED, times=1))
    ran = engine(filtering({"tag:owner": "shop"}, {"tag:env": "prod"}))
    assert "web" in ran.found
    assert len([r for r in ran.resources if "c7n:unread" in r]) == 1
    assert "the tags of 1 certificates" in ran.text


def test_one_that_cannot_be_tagged(account: Sandbox, engine: Engine) -> None:
    """The others are tagged, one that is gone meanwhile does not matter, and the run fails."""
    all_of_them = acting(filtering({"type": "value", "key": "Arn", "value": "present"}))
    tag = {"type": "tag", "tags": {"a": "b"}}
    account.before("iam", "TagServerCertificate", lambda s: s.discard("bare"))
    assert engine(acting(all_of_them, tag)).returncode == 0
    account.inject(Fault("iam", "TagServerCertificate", Kind.DENIED, times=1))
    ran = engine(acting(all_of_them, {"type": "tag", "tags": {"c": "d"}}))
    assert ran.returncode == 2
    assert "not everything was tagged: TagServerCertificate answered AccessDenied" in ran.text
    assert "Traceback" not in ran.text
    assert sorted("c" in tags_of(account, name) for name in ("web", "cdn")) == [False, True]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"type": "tag", "tag": "a", "key": "b", "value": "c"}, "both key and tag"),
        ({"type": "tag", "valu": "c"}, "unknown key valu; did you mean value?"),
        ({"type": "mark-for-op", "op": "stop"}, "invalid op:stop"),
        ({"type": "mark-for-op", "op": "delete", "days": -1}, "days is too small"),
        ({"type": "remove-tag", "tag": ["a"]}, "unknown key tag; did you mean tags?"),
    ],
)
def test_wrong_options_of_actions(wrong: dict[str, Any], why: str) -> None:
    """Keys and types are checked without a schema too, as c7n-org checks none."""
    from c7n.config import Config
    from c7n.exceptions import PolicyValidationError
    from c7n.policy import PolicyCollection

    data = {"policies": [acting(filtering(), wrong)]}
    [policy] = PolicyCollection.from_data(data, Config.empty(region="", account_id=None))
    with pytest.raises(PolicyValidationError, match=why):
        policy.validate()
