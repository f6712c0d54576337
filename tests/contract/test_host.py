"""What we take for granted about Custodian: each assumption in one test."""

from __future__ import annotations

import inspect
import json
import logging
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, ClassVar

import pytest
import yaml
from botocore.session import Session
from c7n import cli
from c7n.cache import NullCache
from c7n.config import Config
from c7n.element import Element
from c7n.exceptions import PolicyExecutionError, PolicyValidationError
from c7n.filters import Filter
from c7n.filters.core import ListItemModel, ListItemResourceManager
from c7n.output import blob_outputs
from c7n.policy import Policy, PolicyCollection
from c7n.resources import load_resources
from c7n.resources.acm import Certificate
from c7n.resources.iam import ServerCertificate
from c7n.schema import ElementSchema, generate, validate
from c7n.utils import reset_session_cache
from jsonschema import Draft7Validator

from c7n_certrenew import elements
from c7n_certrenew.elements import host
from c7n_certrenew.errors import CertrenewError
from c7n_certrenew.register import (
    ACTIONS,
    ALIASES,
    FILTERS,
    OWNERS,
    account_filters,
    acm_elements,
    owners_filters,
    register,
    without_traceback,
)
from c7n_certrenew.sandbox import Authority, Sandbox

ELEMENTS: dict[str, type[Any]] = {**FILTERS, **ACTIONS, **owners_filters()}
OF_ACM: dict[str, type[Any]] = {
    name: element for _, elements in acm_elements(Certificate) for name, element in elements.items()
}
SERVING = ("aws.elb", "aws.app-elb", "aws.distribution")
_BLOCK = re.compile(r"\.\. code-block:: yaml\n\n((?:[ ]+.*\n|\n)+)")


@pytest.fixture
def near(sandboxes: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Give an account with one server certificate, in this process."""
    sandbox: Sandbox = sandboxes.open(regions=("us-east-1",), server=False)
    sandbox.upload("web", authority.issue("www.example.com", days=10, key="p256"))
    for name, value in sandbox.environ.items():
        monkeypatch.setenv(name, value)
    reset_session_cache()
    return sandbox


class Stumble(Filter):  # type: ignore[misc]  # c7n is untyped
    """End every policy that it stands in."""

    schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"type": {"enum": ["stumble"]}},
    }
    permissions = ()
    error: Exception = CertrenewError("one clear line")

    def process(self, resources: list[Any], event: object = None) -> list[Any]:
        """Raise."""
        raise self.error


@pytest.fixture
def stumble() -> Iterator[type[Stumble]]:
    """Register a filter that raises."""
    ServerCertificate.filter_registry.register("stumble", Stumble)
    yield Stumble
    ServerCertificate.filter_registry.unregister("stumble")


def policy(*filters: Any, **more: Any) -> dict[str, Any]:
    """Return a policy."""
    return {"name": "one", "resource": "aws.iam-certificate", "filters": list(filters), **more}


def loaded(data: dict[str, Any], **options: Any) -> Policy:
    """Return a policy as c7n loads it."""
    config = Config.empty(region="us-east-1", account_id="123456789012", **options)
    [found] = PolicyCollection.from_data({"policies": [data]}, config)
    return found


def run(
    directory: Path, monkeypatch: pytest.MonkeyPatch, data: dict[str, Any], *arguments: str
) -> int:
    """Run the command in this process and return its exit code."""
    monkeypatch.chdir(directory)
    monkeypatch.setattr(cli, "setproctitle", lambda title: None)
    (directory / "policy.json").write_text(json.dumps({"policies": [data]}))
    try:
        cli.main(["run", "--cache-period", "0", "-s", "out", *arguments, "policy.json"])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


# what ends a policy


def test_loggers_that_log_what_ended_a_policy(
    near: Sandbox,
    stumble: type[Stumble],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """c7n logs it on exactly the two loggers that lose our tracebacks (decision 0002)."""
    names = ("custodian.commands", "custodian.output")
    for name in names:
        logging.getLogger(name).removeFilter(without_traceback)
    try:
        assert run(tmp_path, monkeypatch, policy({"type": "stumble"})) == 2
    finally:
        register()
    assert sorted(r.name for r in caplog.records if r.exc_info) == sorted(names)


def test_our_error_is_one_line(
    near: Sandbox,
    stumble: type[Stumble],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A CertrenewError ends the policy, and the command non-zero, without a traceback."""
    assert issubclass(CertrenewError, PolicyExecutionError)
    assert run(tmp_path, monkeypatch, policy({"type": "stumble"})) == 2
    assert not [record for record in caplog.records if record.exc_info]
    log = (tmp_path / "out/one/custodian-run.log").read_text()
    assert "Traceback" not in log + caplog.text
    assert log.count("one clear line") == 1


def test_other_errors_keep_their_traceback(
    near: Sandbox,
    stumble: type[Stumble],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A defect still shows where it is."""
    monkeypatch.setattr(Stumble, "error", RuntimeError("a defect"))
    assert run(tmp_path, monkeypatch, policy({"type": "stumble"})) == 2
    assert "Traceback" in (tmp_path / "out/one/custodian-run.log").read_text()


def test_resources_are_written_before_actions(
    near: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was matched is on disk when an action raises."""
    seen: list[bool] = []

    def process(self: Any, resources: list[Any]) -> None:
        seen.append((tmp_path / "out/one/resources.json").exists())
        raise CertrenewError("stop")

    monkeypatch.setattr(ACTIONS["replace-certificate"], "process", process)
    source = {"type": "files", "bundle": "all.pem"}
    action = {"type": "replace-certificate", "source": source}
    assert run(tmp_path, monkeypatch, policy(actions=[action])) == 2
    assert seen == [True]
    assert json.loads((tmp_path / "out/one/resources.json").read_text())


def test_dry_run_skips_actions(
    near: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--dryrun` runs filters only: what a user must see before comes from a filter."""
    called: list[object] = []
    monkeypatch.setattr(
        ACTIONS["replace-certificate"], "process", lambda self, found: called.append(found)
    )
    action = {"type": "replace-certificate", "source": {"type": "files", "bundle": "a.pem"}}
    assert run(tmp_path, monkeypatch, policy(actions=[action]), "--dryrun") == 0
    assert called == []


# what elements ask of their manager


def test_manager_of_list_items() -> None:
    """`attrs` are filters over bindings that have a number under this key."""
    assert ListItemModel.id == "c7n:_id"
    bindings = [{"Port": port, ListItemModel.id: n} for n, port in enumerate((443, 8443))]
    context = loaded(policy()).ctx
    for attrs, ports in (
        ([{"Port": 443}], {443}),
        ([{"type": "value", "key": "Port", "op": "gt", "value": 443}], {8443}),
        ([{"or": [{"Port": 443}, {"Port": 8443}]}], {443, 8443}),
        ([{"not": [{"Port": 443}]}], {8443}),
    ):
        manager = ListItemResourceManager(context, data={"filters": attrs})
        assert {b["Port"] for b in manager.filter_resources(bindings)} == ports


def test_conditions_know_whether_c7n_org_runs_them() -> None:
    """`env_vars` of a policy's conditions is a mapping, and only c7n-org puts `account` there."""
    one = loaded(policy())
    assert "account" not in one.conditions.env_vars
    assert "p.conditions.env_vars['account']" in _source_of_c7n_org()


def test_c7n_org_gives_no_code_for_a_policy_that_is_not_valid() -> None:
    """It validates outside of its `try`: what is raised there is a warning, and the end is 0.

    Our elements therefore fail the policy when it runs.
    """
    body = _source_of_c7n_org()
    assert body.index("p.validate()") < body.index("try:")


@pytest.mark.parametrize("mode", [None, {"type": "pull"}, {"type": "periodic"}])
def test_policy_that_is_not_valid_ends_where_c7n_org_counts(
    near: Sandbox, tmp_path: Path, mode: dict[str, str] | None
) -> None:
    """It fails as it runs, in a Lambda mode before anything is deployed."""
    more = {} if mode is None else {"mode": {"schedule": "rate(1 day)", "role": "r", **mode}}
    one = loaded(policy({"type": "listener", "rule": "sni"}, **more), output_dir=str(tmp_path))
    one.conditions.env_vars["account"] = {"name": "shop"}
    one.validate()
    with pytest.raises(CertrenewError, match="unknown key rule; did you mean role"):
        one.run()
    assert near.journal == []


@pytest.mark.parametrize(
    ("resource", "element"),
    [
        ("aws.iam-certificate", {"type": "listener", "count": "{allowed}"}),
        ("aws.iam-certificate", {"type": "listener", "role": "{allowed}"}),
        ("aws.app-elb", {"type": "server-certificate", "store": "{allowed}"}),
    ],
)
def test_variable_that_an_account_lacks_ends_the_policy(
    near: Sandbox, tmp_path: Path, resource: str, element: dict[str, str]
) -> None:
    """c7n leaves it as it is: by a count, role or store of that name nothing would be found."""
    load_resources((resource,))
    one = loaded(policy(element, resource=resource), output_dir=str(tmp_path))
    one.conditions.env_vars["account"] = {"name": "shop"}
    one.expand_variables(one.get_variables({"other": 1}))
    one.validate()
    with pytest.raises(CertrenewError, match=r"not '\{allowed\}'"):
        one.run()
    assert near.journal == []


LAMBDA = ("periodic", "cloudtrail", "config-rule", "config-poll-rule")
FILES = {"type": "files", "bundle": "all.pem"}
LOCAL = [
    {"actions": [{"type": "replace-certificate", "source": FILES}]},
    {"filters": [{"or": [{"type": "replacement", "source": FILES}]}]},
]
READING = [{"type": "expires-within", "days": 30}, {"type": "listener"}]


@pytest.mark.parametrize("mode", LAMBDA)
@pytest.mark.parametrize("local", LOCAL, ids=lambda local: next(iter(local)))
def test_lambda_modes_are_refused(local: dict[str, Any], mode: str) -> None:
    """What needs files and cryptography is refused in one line before it is deployed."""
    one = loaded({**policy(), **local, "mode": {"type": mode}})
    elements = [*one.resource_manager.actions, *one.resource_manager.filters]
    element = next(e.filters[0] if e.type == "or" else e for e in elements)
    with pytest.raises(PolicyValidationError) as refused:
        element.validate()
    assert str(refused.value) == (
        f"policy:one {element.type}: runs with custodian run or c7n-org run; "
        "Lambda modes are not supported yet"
    )


@pytest.mark.parametrize("mode", LAMBDA)
def test_lambda_modes_may_read(mode: str) -> None:
    """What only looks at listeners and dates has no such limit."""
    for element in loaded(policy(*READING, mode={"type": mode})).resource_manager.filters:
        assert element.validate() is element


@pytest.mark.parametrize("local", LOCAL, ids=lambda local: next(iter(local)))
def test_pull_mode_is_what_there_is_without_a_mode(local: dict[str, Any]) -> None:
    """Saying so changes nothing."""
    loaded({**policy(), **local, "mode": {"type": "pull"}}).validate()


def _source_of_c7n_org() -> str:
    """Return how c7n-org runs the policies of one account and region."""
    return inspect.getsource(pytest.importorskip("c7n_org.cli").run_account)


def test_manager_keeps_its_listing_in_a_cache_that_can_be_replaced(tmp_path: Path) -> None:
    """`_cache` is where a manager keeps what it lists; our elements turn it off."""
    options = {"cache": str(tmp_path / "cache"), "cache_period": 15}
    stock = loaded(policy(), **options).resource_manager
    assert not isinstance(stock._cache, NullCache)
    ours = loaded(policy({"type": "expires-within"}), **options)
    ours.validate()
    assert isinstance(ours.resource_manager._cache, NullCache)


def test_elements_inside_blocks_have_the_policys_manager() -> None:
    """Filters in `and`, `or`, `not` are found by walking `manager.filters`."""
    nested = {"or": [{"and": [{"not": [{"type": "listener"}]}]}]}
    manager = loaded(policy(nested)).resource_manager
    [(found, negated)] = [p for p in host._walk(manager.filters, False) if p[0].type == "listener"]
    assert negated
    assert found.manager is manager


# where output goes


def test_directory_of_the_output(tmp_path: Path) -> None:
    """A local output has the policy's directory, which is there when it is made."""
    one = loaded(policy(), output_dir=str(tmp_path / "out"))
    one.ctx.initialize()
    assert Path(one.ctx.output.root_dir) == tmp_path / "out/one"
    assert Path(one.ctx.output.root_dir).is_dir()
    assert not hasattr(one.ctx.output, "key_prefix")


def test_bucket_of_the_output(
    near: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bucket's output has a local directory, a prefix, and uploads one file when asked."""
    near.client("s3").create_bucket(Bucket="records")
    one = loaded(policy(), output_dir="s3://records/certs?region=us-east-1")
    one.ctx.initialize()
    output = one.ctx.output
    assert Path(output.root_dir).is_dir()
    file = tmp_path / "certrenew.json"
    file.write_text("{}")
    output.upload_file(str(file), f"{output.key_prefix}/{file.name}")
    listed = near.client("s3").list_objects_v2(Bucket="records")["Contents"]
    assert [entry["Key"] for entry in listed] == [f"{output.key_prefix}/certrenew.json"]
    assert "s3" in blob_outputs


# what c7n's own tests ask of every element


@pytest.mark.parametrize("name", ELEMENTS)
def test_name_is_in_the_schema(name: str) -> None:
    """The registered name is what `type` takes, and nothing else is taken."""
    schema = ELEMENTS[name].schema
    also = {alias for alias, element in ALIASES.items() if element is ELEMENTS[name]}
    assert set(schema["properties"]["type"]["enum"]) == {name, *also}
    assert schema["additionalProperties"] is False
    kind = "action" if name in ACTIONS else "filter"
    serving = [getattr(import_module(module), named) for module, named in OWNERS.items()]
    for resource in serving if name in owners_filters() else [ServerCertificate]:
        assert getattr(resource, f"{kind}_registry").get(name) is ELEMENTS[name]


@pytest.mark.parametrize("name", ELEMENTS)
def test_permissions_are_operations_of_aws(name: str) -> None:
    """Every permission is an API operation that botocore knows."""
    models = {
        "elasticloadbalancing": ("elb", "elbv2"),
        "tag": ("resourcegroupstaggingapi",),
    }
    operations: set[str] = set()
    for permission in ELEMENTS[name].permissions:
        service, _, operation = permission.partition(":")
        for model in models.get(service, (service,)):
            known = Session().get_service_model(model).operation_names
            operations |= {f"{service}:{o}" for o in known if o == operation}
    assert ELEMENTS[name].permissions
    assert operations == set(ELEMENTS[name].permissions)


def test_generated_schema_is_valid() -> None:
    """c7n's schema with our elements in it is a JSON schema."""
    schema = generate(["aws.iam-certificate", *SERVING])
    Draft7Validator.check_schema(schema)
    definitions = schema["definitions"]["resources"]
    ours = {name for name, element in ELEMENTS.items() if not element.schema_alias}
    assert ours & set(FILTERS) <= set(definitions["aws.iam-certificate"]["filters"])
    assert ours & set(ACTIONS) <= set(definitions["aws.iam-certificate"]["actions"])
    for owner in SERVING:
        assert set(owners_filters()) <= set(definitions[owner]["filters"])


@pytest.mark.parametrize("owner", SERVING)
def test_owners_load(owner: str) -> None:
    """c7n names its resources like the filter does, and their policies have its options."""
    load_resources((owner,))
    data = {"name": "one", "resource": owner, "filters": [{"type": "server-certificate"}]}
    [found] = loaded(data).resource_manager.filters
    assert found.manager.type == owner.removeprefix("aws.")
    assert found.manager.config.account_id == "123456789012"
    assert found.manager.config.region == "us-east-1"
    assert set(found.get_permissions()) <= set(found.permissions)


def test_stock_names_are_left_alone() -> None:
    """None of ours stands where c7n, imported without us, has an element of that name."""
    program = (
        "from c7n.resources.appelb import AppELB; from c7n.resources.elb import ELB;"
        "from c7n.resources.cloudfront import Distribution;"
        "from c7n.resources.iam import ServerCertificate;"
        "from c7n.resources.account import Account;"
        "print(*(f'{one.__name__}.{name}'"
        " for one in (ELB, AppELB, Distribution, ServerCertificate, Account)"
        " for name in (*one.filter_registry.keys(), *one.action_registry.keys())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"C7N_CERTRENEW_AUTOLOAD": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    stock = set(done.stdout.split())
    assert "AppELB.listener" in stock
    ours = {f"{name}.{one}" for name in OWNERS.values() for one in owners_filters()}
    ours |= {f"Account.{one}" for one in account_filters()}
    assert not stock & (
        ours | {f"ServerCertificate.{one}" for one in (*FILTERS, *ACTIONS, *ALIASES)}
    )


def examples(name: str) -> list[dict[str, Any]]:
    """Return the policies in an element's docstring, as `custodian schema` prints it."""
    text = ElementSchema.doc(ELEMENTS[name])
    blocks = [yaml.safe_load(textwrap.dedent(block)) for block in _BLOCK.findall(text + "\n")]
    return [one for block in blocks for one in block["policies"]]


@pytest.mark.parametrize("name", ELEMENTS)
def test_docstring_has_policies_that_load(name: str) -> None:
    """The YAML that users copy is valid, by c7n's schema and by our own checks."""
    found = examples(name)
    assert found
    assert any(name in json.dumps(one) for one in found)
    load_resources({one["resource"] for one in found})
    assert validate({"policies": found}) == []
    for one in found:
        loaded(one).validate()
        assert len(one["name"]) < 54


def test_docstring_policies_have_unique_names() -> None:
    """No two examples are called the same."""
    names = [one["name"] for name in ELEMENTS for one in examples(name)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ELEMENTS)
def test_validation_needs_neither_region_nor_network(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """c7n validates with region '' and no account; nothing is asked of AWS."""
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", None)
    for one in examples(name):
        config = Config.empty(region="", account_id=None)
        for found in PolicyCollection.from_data({"policies": [one]}, config):
            found.validate()


def test_every_element_is_registered() -> None:
    """No element is written and forgotten."""
    modules = [
        import_module(m.name) for m in iter_modules(elements.__path__, "c7n_certrenew.elements.")
    ]
    written = {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Element) and one.__module__ == module.__name__
    }
    assert written == {*ELEMENTS.values(), *OF_ACM.values(), *account_filters().values()}


@pytest.mark.parametrize("name", OF_ACM)
def test_elements_of_certificates_in_acm(name: str) -> None:
    """They have the words, schema, permissions and examples that c7n asks of every element."""
    element = OF_ACM[name]
    assert element.schema["properties"]["type"]["enum"] == [name]
    assert element.schema["additionalProperties"] is False
    assert element.permissions
    text = ElementSchema.doc(element)
    blocks = [yaml.safe_load(textwrap.dedent(block)) for block in _BLOCK.findall(text + "\n")]
    policies = [one for block in blocks for one in block["policies"]]
    assert any(name in json.dumps(one) for one in policies)
    assert {one["resource"] for one in policies} == {"aws.acm-certificate"}
    load_resources(("aws.acm-certificate",))
    assert validate({"policies": policies}) == []
    for one in policies:
        loaded(one).validate()
