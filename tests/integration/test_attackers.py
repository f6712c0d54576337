"""What somebody gets who can write the source of renewed certificates: nothing (AWS row 23)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from c7n.utils import reset_session_cache
from cryptography import x509
from forgery import Signer, authority, hostile, intermediate, make, root
from integration.conftest import SOURCE, Engine, Policy, renewing, writes

from c7n_certrenew.aws.inventory import forget_everything
from c7n_certrenew.cli import main
from c7n_certrenew.core.candidate import Candidate
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.sandbox import Issued, Listener, Sandbox
from c7n_certrenew.sources import files
from c7n_certrenew.sources.base import Access
from c7n_certrenew.sources.files import Files
from c7n_certrenew.sources.parts import Parts

NAME = "www.example.com"
Forge = Callable[[Signer], Issued]
Write = Callable[[Path, Issued], object]


def leaf(by: Signer, *names: object, **knobs: object) -> Signer:
    """Make a server certificate for the name that is served, or for others."""
    return make(NAME, by, names=names or (NAME,), **knobs)  # type: ignore[arg-type]


def namesake(true: Signer, by: Signer | None = None, **knobs: object) -> Signer:
    """Make a CA that is called like another one, with a key of its own."""
    subject = true.certificate.subject.rfc4514_string().removeprefix("CN=")
    return authority(subject, by, **knobs)


def copy(true: Signer, by: Signer, **knobs: object) -> Signer:
    """Make a certificate for the name and the key of a true CA, signed by somebody else."""
    return namesake(true, by, key=true.key, **knobs)


def named(*names: object) -> Forge:
    """Have the true intermediate issue a certificate for other names."""
    return lambda old: leaf(intermediate(), *names).served(intermediate())


def below(**knobs: object) -> Forge:
    """Issue by an intermediate of the true root that must not do so."""

    def forge(old: Signer) -> Issued:
        limited = authority("Limited Intermediate", root(), **knobs)
        return leaf(limited).served(limited, root())

    return forge


def of_namesakes(old: Signer) -> Issued:
    """Call all issuers like the true ones."""
    forged = namesake(intermediate(), hostile())
    return leaf(forged).served(forged, hostile())


def of_a_namesake(old: Signer) -> Issued:
    """Show the true issuer beside what its namesake signed."""
    return leaf(namesake(intermediate(), hostile())).served(intermediate(), root())


def of_the_old_leaf(old: Signer) -> Issued:
    """Sign with the key of the certificate that is served."""
    return leaf(old).served(old, intermediate(), root())


def of_a_promoted_leaf(old: Signer) -> Issued:
    """Make a CA of the name and the key of the certificate that is served."""
    promoted = copy(old, hostile())
    return leaf(promoted).served(promoted, intermediate(), root())


def cross_signed(old: Signer) -> Issued:
    """Lead the clients of a genuine certificate to the attacker's root."""
    return leaf(intermediate()).served(copy(intermediate(), hostile()), hostile())


def forged_signature(old: Signer) -> Issued:
    """Name the true root as the issuer of the attacker's intermediate."""
    forged = authority("Hostile Intermediate", hostile())
    return leaf(forged).served(forged, root())


def too_deep(old: Signer) -> Issued:
    """Put a CA below one that may have none below it."""
    deeper = authority("Deeper", intermediate())
    return leaf(deeper).served(deeper, intermediate(), root())


def expired_issuer(old: Signer) -> Issued:
    """Serve a certificate of the true issuer that has expired."""
    expired = copy(intermediate(), root(), start=-400, end=-1)
    return leaf(intermediate()).served(expired)


def unknown_demand(old: Signer) -> Issued:
    """Demand of clients what none of them knows."""
    return leaf(intermediate(), extras=((UNKNOWN, True),)).served(intermediate())


def constrained(**subtrees: list[x509.GeneralName]) -> Forge:
    """Issue by an intermediate whose names are constrained to others."""
    limits = {"permitted_subtrees": None, "excluded_subtrees": None, **subtrees}
    return below(extras=((x509.NameConstraints(**limits), True),))


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
ELSEWHERE = [x509.DNSName("elsewhere.example")]
CYRILLIC = "www.ex\u0430mple.com".encode("idna").decode()

FORGERIES: dict[str, tuple[Forge, str]] = {
    "namesakes": (of_namesakes, "untrusted"),
    "namesake": (of_a_namesake, "untrusted"),
    "old-leaf": (of_the_old_leaf, "untrusted"),
    "promoted-leaf": (of_a_promoted_leaf, "untrusted"),
    "cross-signed": (cross_signed, "untrusted"),
    "forged-signature": (forged_signature, "untrusted"),
    "too-deep": (too_deep, "untrusted"),
    "expired-issuer": (expired_issuer, "chain-expired"),
    "not-permitted": (constrained(permitted_subtrees=ELSEWHERE), "untrusted"),
    "excluded": (constrained(excluded_subtrees=[x509.DNSName("example.com")]), "untrusted"),
    "issuer-may-not-sign": (below(signs=False), "untrusted"),
    "issuer-with-unknown-demand": (below(extras=((UNKNOWN, True),)), "untrusted"),
    "unknown-demand": (unknown_demand, "untrusted"),
    "nul": (named(f"{NAME}\0.attacker.example"), "fewer-names"),
    "nul-beside": (named(NAME, f"{NAME}\0.attacker.example"), "odd-name"),
    "line-beside": (named(NAME, f"{NAME}\n::error::pwned"), "odd-name"),
    "blank": (named(f"{NAME} "), "odd-name"),
    "cyrillic": (named(CYRILLIC), "fewer-names"),
    "punycode": (named(f"xn--{NAME}"), "fewer-names"),
    "all-of-com": (named("*.com"), "fewer-names"),
    "everything": (named("*"), "fewer-names"),
    "two-wildcards": (named("*.*.com"), "fewer-names"),
    "inner-wildcard": (named("www.*.com"), "fewer-names"),
    "part-wildcard": (named("w*.example.com"), "fewer-names"),
    "suffix": (named(f"{NAME}.attacker.example"), "fewer-names"),
    "mail": (named(x509.RFC822Name(f"admin@{NAME}")), "fewer-names"),
    "uri": (named(x509.UniformResourceIdentifier(f"https://{NAME}/")), "fewer-names"),
    "no-names": (lambda old: make(NAME, intermediate()).served(intermediate()), "no-san"),
}
"""What the files hold, by lineage, and the code of one reason why it is refused."""

HOSTILE = (
    "\x1b]8;;http://attacker.example\x07\x1b[2J[red]<script>alert(1)</script>|`x`"
    "\n::error file=a::pwned\r##[error]##vso[x]\u2028\u2029\u202e\x00\x85=1+1"
)
"""Links, colours and commands to terminals, pages, tables and the logs of build servers."""


def replaced(file: str, make_file: Callable[[Path], object]) -> Write:
    """Write a good certificate, and something else in place of one file."""

    def write(folder: Path, good: Issued) -> None:
        good.write(folder)
        (folder / file).unlink()
        make_file(folder / file)

    return write


def huge(path: Path) -> None:
    """Make a file of a gigabyte that takes no room."""
    with path.open("wb") as file:
        file.truncate(1024**3)


def linked(target: str) -> Callable[[Path], object]:
    """Make a link."""
    return lambda path: path.symlink_to(target)


def hostile_target(path: Path) -> None:
    """Make a link to a place outside whose name is hostile."""
    outside = path.parents[2] / HOSTILE.replace("\x00", "").replace("/", "")
    outside.mkdir()
    path.symlink_to(outside)


def many_blocks(path: Path) -> None:
    """Repeat the true issuer five thousand times."""
    path.write_text(intermediate().pem * 5_000)


def nested(path: Path) -> None:
    """Begin a block inside a block."""
    begin, rest = intermediate().pem.split("\n", 1)
    path.write_text(f"{begin}\n{begin}\n{rest}{rest}")


def utf16(path: Path) -> None:
    """Write as some editors do."""
    path.write_text(intermediate().pem, "utf-16")


def another_folder(folder: Path, good: Issued) -> None:
    """Link to the folder of another certificate, with other names."""
    leaf(intermediate(), "elsewhere.example").served(intermediate()).write(
        folder.parent / "elsewhere"
    )
    folder.symlink_to("elsewhere")


FILES: dict[str, tuple[Write, str]] = {
    "pipe-for-a-key": (replaced("key.pem", os.mkfifo), "key.pem: not a regular file"),
    "pipe-for-a-chain": (replaced("chain.pem", os.mkfifo), "chain.pem: not a regular file"),
    "directory-for-a-chain": (replaced("chain.pem", Path.mkdir), "chain.pem: is a directory"),
    "huge-key": (replaced("key.pem", huge), "key.pem: larger than"),
    "huge-chain": (replaced("chain.pem", huge), "chain.pem: larger than"),
    "device": (replaced("cert.pem", linked("/dev/zero")), "cert.pem: it leads out of certs"),
    "loop": (replaced("cert.pem", linked("cert.pem")), "cert.pem: "),
    "hostile-target": (replaced("chain.pem", hostile_target), "chain.pem: it leads out of certs"),
    "another-folder": (another_folder, f"it does not cover {NAME}"),
    "many-blocks": (replaced("chain.pem", many_blocks), "chain.pem: more than 500 certificates"),
    "nested": (replaced("chain.pem", nested), "chain.pem: a PEM block in it is cut off"),
    "utf-16": (replaced("chain.pem", utf16), "chain.pem: no certificate in it"),
    "=1+1": (lambda folder, good: None, "certs/=1+1/cert.pem: no such file"),
}
"""What is in place of the files, by lineage, and what is said of it."""

SAYS = {
    "hostile-subject": lambda old: make(HOSTILE, namesake(hostile()), names=(NAME,)).served(
        hostile()
    ),
    "hostile-issuer": lambda old: leaf(authority(HOSTILE, hostile())).served(
        authority(HOSTILE, hostile()), hostile()
    ),
    "hostile-name": named(NAME, HOSTILE.encode("ascii", "ignore").decode()),
}
"""What is refused with words of the attacker in the reason."""


def attacked(sandbox: Sandbox, certs: Path, *forgeries: str) -> Sandbox:
    """Serve a certificate for each of these forgeries, each file, each text, and an honest one."""
    sandbox.quota = 1000
    old = leaf(intermediate(), start=-78, end=12)
    good = leaf(intermediate()).served(intermediate())
    ports = dict(enumerate((*forgeries, *FILES, *SAYS, "honest"), 1000))
    listeners = [
        Listener(port, "HTTPS", sandbox.upload(lineage, old.served(intermediate())))
        for port, lineage in ports.items()
    ]
    sandbox.classic("eu-west-1", "legacy", *listeners)
    for lineage, forge in {**{one: FORGERIES[one][0] for one in forgeries}, **SAYS}.items():
        forge(old).write(certs / lineage)
    for lineage, (write, _) in FILES.items():
        write(certs / lineage, good)
    good.write(certs / "honest")
    return sandbox


def policy() -> Policy:
    """Plan in a filter, as a dry run shows it, and renew."""
    renew = renewing(verify="api", max_bindings=1000)
    renew["filters"].append({"type": "replacement", "source": SOURCE})
    return renew


def test_nothing_of_an_attacker_is_uploaded_or_bound(
    near: Sandbox, engine: Engine, certs: Path
) -> None:
    """Each forgery and each trick is refused for its reason; the honest renewal is made."""
    shop = attacked(near, certs.parent, *FORGERIES)
    ran = engine(policy())
    outcomes = {one["ServerCertificateName"]: one for one in ran.record["Outcomes"]}
    assert {name for name, one in outcomes.items() if one["State"] != "REFUSED"} == {"honest"}
    codes = {name: {r["Code"] for r in one.get("Reasons", [])} for name, one in outcomes.items()}
    said = {name: str(one.get("Reasons")) for name, one in outcomes.items()}
    assert {n: codes[n] for n, (_, code) in FORGERIES.items() if code not in codes[n]} == {}
    assert {n: said[n] for n, (_, phrase) in FILES.items() if phrase not in said[n]} == {}
    assert writes(shop) == [
        "UploadServerCertificate",
        "SetLoadBalancerListenerSSLCertificate",
        "TagServerCertificate",
    ]


SERVED = re.compile(r"##(vso)?\[")
"""What begins a command to a build server, wherever it stands."""


def corrupted(text: str) -> list[str]:
    """Return the lines that do something where they are shown, on a terminal or a build server."""
    return [
        line
        for line in text.split("\n")
        if not line.isprintable() or line.lstrip().startswith("::") or SERVED.search(line)
    ]


def outside_code(markdown: str) -> str:
    """Return what a reader of Markdown does not take for code."""
    return re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", markdown)


LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - [\w.]+ - [A-Z]+ - \S")


def test_no_output_does_anything(
    near: Sandbox, engine: Engine, certs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the attacker wrote is shown as text, on one line, in every output."""
    shop = attacked(near, certs.parent, "nul-beside", "line-beside")
    shop.upload("tagged", leaf(intermediate(), end=9).served(intermediate()), tags=TAGS)
    shop.application("us-east-1", "alb", Listener(443, "HTTPS", shop.certificates()["tagged"]))
    dry, done = engine(policy(), arguments=["--dryrun"], out="dry"), engine(policy())
    for ran in (dry, done):
        lines = (ran.output / "custodian-run.log").read_text().splitlines()
        assert [line for line in lines if not LOGGED.match(line)] == []
        assert corrupted(ran.text) == []
        for file in ran.output.glob("*.json"):
            assert file.read_text().isascii()
            json.loads(file.read_text())
    shown = {" ".join(command): _shown(capsys, *command) for command in COMMANDS}
    for command, text in shown.items():
        assert corrupted(text) == [], command
        if "--json" in command:
            assert json.loads(text)
        elif "--markdown" not in command:
            assert text.count("<script>alert(1)</script>") or not command.startswith("plan")
    assert "<script>" in shown["plan dry --markdown"]
    assert "<script>" not in outside_code(shown["plan dry --markdown"])
    assert "[red]" in shown["plan dry"]


TAGS = {"certrenew:lineage": "::error file=a::pwned", "team": "=1+1 ::error::pwned"}
COMMANDS = (
    ("plan", "dry"),
    ("plan", "dry", "--json"),
    ("plan", "dry", "--markdown"),
    ("audit",),
    ("audit", "--json"),
    ("status", "hostile-subject", "-s", "out"),
    ("status", "hostile-subject", "-s", "out", "--json"),
    ("status", "tagged", "-s", "out"),
)


def _shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    reset_session_cache()
    forget_everything()
    capsys.readouterr()
    main(arguments)
    out, err = capsys.readouterr()
    return str(out + err)


def when_planned(monkeypatch: pytest.MonkeyPatch, swap: Callable[[], object]) -> None:
    """Swap after the filter has found the certificate, before the action fetches it."""
    fetch = Files.fetch

    def later(self: Files, old: Stored, access: Access) -> Candidate:
        swap()
        return fetch(self, old, access)

    monkeypatch.setattr(Files, "fetch", later)


def when_half_read(monkeypatch: pytest.MonkeyPatch, swap: Callable[[], object]) -> None:
    """Swap after the action has read the certificate, before it reads the key."""
    read = Files.parts

    def then(self: Files, template: str, old: Stored, access: Access) -> Parts:
        parts = read(self, template, old, access)
        if "key.pem" not in template:
            swap()
        return parts

    when_planned(monkeypatch, lambda: monkeypatch.setattr(Files, "parts", then))


def when_looked_at(monkeypatch: pytest.MonkeyPatch, swap: Callable[[], object]) -> None:
    """Swap after the file was seen to be one, before it is opened."""
    opens = files._opens

    def then(mode: int) -> bool:
        swap()
        return opens(mode)

    when_planned(monkeypatch, lambda: monkeypatch.setattr(files, "_opens", then))


def forged(folder: Path) -> None:
    """Put a forgery there, with its key."""
    of_namesakes(leaf(intermediate())).write(folder)


def piped(folder: Path) -> None:
    """Put a pipe there that nobody writes to."""
    (folder / "cert.pem").unlink()
    os.mkfifo(folder / "cert.pem")


def redirected(folder: Path) -> None:
    """Put a link there that leads out."""
    (folder / "cert.pem").unlink(missing_ok=True)
    (folder / "cert.pem").symlink_to("/dev/zero")


SWAPS = [
    (when_planned, forged, "it does not chain to the CA that issued the old one"),
    (when_half_read, forged, "the private key does not belong to the certificate"),
    (when_looked_at, piped, "certs/web/cert.pem: the file is empty"),
    (when_looked_at, redirected, "certs/web/cert.pem: too many levels of symbolic links"),
]


@pytest.mark.parametrize(("when", "swap", "phrase"), SWAPS)
def test_what_was_planned_is_looked_at_again(
    near: Sandbox,
    engine: Engine,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: Callable[..., None],
    swap: Callable[[Path], None],
    phrase: str,
) -> None:
    """A file that is exchanged after the plan, or while it is read, is refused and stops nobody."""
    old = leaf(intermediate(), start=-78, end=12).served(intermediate())
    near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", near.upload("web", old)))
    leaf(intermediate()).served(intermediate()).write(certs)
    done: list[None] = []
    when(monkeypatch, lambda: done or done.append(swap(certs)))
    ran = engine(policy())
    assert ran.resources[0]["c7n:replacement"]["Verdict"] == "ready"
    assert ran.outcome["State"] == "REFUSED"
    assert phrase in str(ran.outcome["Reasons"])
    assert (ran.returncode, writes(near)) == (2, [])
