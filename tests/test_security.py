"""Foreign input stays data: it is never run, never becomes markup, never a word of the shell.

The server of the naming page is tried in `test_label_server.py`, archives and links that lead out
of a sample in `test_faults.py` and `test_archives.py`, pickled weights in `test_weights_file.py`.
"""

import ast
import base64
import hashlib
import html
import json
import re
import shlex
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from label_pages import arguments, write_page
from naming_run import SIZES, write_names
from seston.config import SCHEMA
from seston.label.page import label_page
from seston.label.site import HEADERS
from seston.report.locked import SHARED, data_block, locked_page
from seston.report.map.stage import map_page
from synthetic_map import organisms, write_map_run
from synthetic_results import write_results
from test_report import TANK, drawn

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "workflow" / "seston"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted([*PACKAGE.rglob("*.j2"), *PACKAGE.rglob("*.js")])
RULES = sorted([REPOSITORY / "Snakefile", *(REPOSITORY / "workflow" / "rules").glob("*.smk")])

# --- what the package never does ------------------------------------------------------------------

#: Calls that run what they are given, or unpack an archive to wherever it says.
NEVER = {
    "eval", "exec", "__import__", "os.system", "os.popen", "tempfile.mktemp", "input",
    "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.load", "marshal.loads",
    "shelve.open", "joblib.load", "dill.load", "dill.loads", "cloudpickle.load",
    "cloudpickle.loads", "pd.read_pickle", "pandas.read_pickle", "torch.jit.load",
    "torch.hub.load", "yaml.load", "yaml.load_all", "yaml.full_load", "yaml.full_load_all",
    "yaml.unsafe_load", "yaml.unsafe_load_all", "subprocess.getoutput",
    "subprocess.getstatusoutput", "ssl._create_unverified_context",
}  # fmt: skip
UNPACKS = {"extractall", "unpack_archive"}
#: Modules that talk to other machines, and who may import them: the server of the naming page,
#: and those who ask for the name of this machine.
NETWORK = {"socket", "socketserver", "http", "urllib.request", "ssl", "ftplib", "smtplib",
           "requests", "httpx", "aiohttp", "xmlrpc", "telnetlib"}  # fmt: skip
TALKS = {
    ("label/site.py", "http"), ("label/site.py", "socketserver"), ("label/server.py", "socket"),
    ("temporary.py", "socket"),
}  # fmt: skip


def faults_of(source: str) -> list[str]:
    """Return the calls in a source that no source may have."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        said = {word.arg: ast.unparse(word.value) for word in node.keywords}
        if name in NEVER or name.rpartition(".")[2] in UNPACKS:
            found.append(name)
        if name.endswith("torch.load") and said.get("weights_only") != "True":
            found.append(name)
        if name in ("np.load", "numpy.load") and said.get("allow_pickle", "False") != "False":
            found.append(name)
        if name.startswith("yaml.") and said.get("Loader", "yaml.SafeLoader") != "yaml.SafeLoader":
            found.append(name)
        if "shell" in said and said["shell"] != "False":
            found.append(f"{name}(shell)")
        if name.startswith("subprocess.") and node.args and not isinstance(node.args[0], ast.List):
            found.append(f"{name} of what is no list")
        if name.rpartition(".")[2] == "Environment" and said.get("autoescape") != "True":
            found.append(f"{name} that does not escape")
    return found


@pytest.mark.parametrize(
    "source",
    ["eval(x)", "torch.load(x)", "torch.load(x, weights_only=False)", "yaml.load(x, Loader=L)",
     "np.load(x, allow_pickle=True)", "yaml.compose(x, Loader=yaml.Loader)", "os.system(x)",
     "subprocess.run(x, shell=True)", "subprocess.run(f'ls {x}')", "archive.extractall()",
     "pickle.loads(x)", "jinja2.Environment(loader=x)", "Environment(autoescape=False)"],
)  # fmt: skip
def test_the_search_for_faults_finds_them(source):
    assert faults_of(source)


def test_nothing_that_was_given_is_run():
    assert len(SOURCES) > 300
    found = [
        (str(path.relative_to(PACKAGE)), fault)
        for path in SOURCES
        for fault in faults_of(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_pickle_is_imported_for_the_name_of_an_error_alone():
    users = {}
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.ImportFrom) and node.module == "pickle"), path
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pickle":
                users.setdefault(str(path.relative_to(PACKAGE)), set()).add(node.attr)
    assert users == {"models/weights_file.py": {"UnpicklingError"}}


def test_only_the_naming_server_and_names_of_machines_touch_the_network():
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                for module in NETWORK:
                    if name == module or name.startswith(f"{module}."):
                        found.add((str(path.relative_to(PACKAGE)), module))
    assert found == TALKS


def test_one_place_alone_asks_the_internet_for_weights():
    """``backbone.weights: hub``, which a user has to write, fetches weights by timm."""
    found = [
        str(path.relative_to(PACKAGE))
        for path in SOURCES
        if re.search(r"pretrained=(?!False)|hf_hub|load_state_dict_from_url|urlopen",
                     path.read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert found == ["models/weights.py"]


# --- the shell ------------------------------------------------------------------------------------

FIELD = re.compile(r"(?<!\{)\{([a-z_]+)((?:[.\[][^{}:]*)?)(:q)?\}(?!\})")
#: Values that need no quotes, and why.
PLAIN = {"threads": "a number", "resources.gpu": "a number", "resources.staged": "a number",
         "wildcards.variant": "letters and _, by its constraint",
         "wildcards.fraction": "digits, by its constraint",
         "wildcards.split": "digits, by its constraint"}  # fmt: skip


def rules_of(path: Path) -> dict[str, tuple[str, str]]:
    """Return, of each rule, its parameters and its shell block."""
    found = {}
    for part in re.split(r"(?m)^ *(?:rule|checkpoint) ", path.read_text(encoding="utf-8"))[1:]:
        name, _, body = part.partition(":")
        shell = re.search(r'shell:\s*r?"""(.*?)"""', body, re.DOTALL)
        params = re.search(r"\n( *)params:\n(.*?)(?=\n\1\w+:)", body, re.DOTALL)
        if shell:
            found[name] = (params[2] if params else "", shell[1])
    return found


@cache
def schema() -> dict:
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def is_plain(value: str, sections: dict[str, str]) -> bool:
    """Say whether a parameter is a number or one of a few words, by the schema of the settings."""
    value = re.sub(r"(?m)#.*$", "", value).strip().rstrip(",")
    if re.fullmatch(r'\(?\s*"--[a-z-]+"\s*if .* else\s*"--[a-z-]+"\s*\)?', value, re.DOTALL):
        return True
    if re.fullmatch(r"options\(.*\)", value, re.DOTALL):
        return True  # quotes each of them: see below
    first, *keys = re.findall(r"(?:^\w+|\"\w+\")", value)
    path = [key.strip('"') for key in keys]
    if first != "config":
        given = sections.get(first)
        if given is None:
            return False
        path = re.findall(r'"(\w+)"', given) + path
    if re.sub(r'\["\w+"\]', "", value) != first:
        return False
    rule = schema()
    for key in path:
        rule = rule["properties"][key]
    rule = rule.get("items", rule)
    return rule.get("type") in ("integer", "number", "boolean") or "enum" in rule


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_every_value_in_a_shell_block_is_quoted_or_can_be_no_more_than_a_word(path):
    text = path.read_text(encoding="utf-8")
    sections = dict(re.findall(r"(?m)^([A-Z_]+) = (config(?:\[\"\w+\"\])+)$", text))
    assert text.count("shell:") == len(rules_of(path))
    for rule, (params, shell) in rules_of(path).items():
        fields = FIELD.findall(shell)
        assert fields, rule
        for kind, rest, quoted in fields:
            field = kind + rest
            if quoted or field in PLAIN:
                continue
            assert kind == "params", f"{rule}: {{{field}}} without :q"
            name = rest.removeprefix(".")
            given = re.search(rf"(?ms)^ *{name}=(.*?)(?=^ *\w+=|\Z)", params)
            assert given, f"{rule}: {name}"
            assert is_plain(given[1], sections), f"{rule}: {{{field}}} without :q"


def test_settings_that_can_be_any_text_are_not_taken_for_plain():
    for free in ('config["labels"]["file"]', 'config["report"]["title"]', "folder(x)", "X"):
        assert not is_plain(free, {"X": 'config["cluster"]["names"]'})
    assert is_plain('config["seed"]', {}) and is_plain("X", {"X": 'config["trends"]["level"]'})


def test_a_section_as_options_is_quoted():
    common = (REPOSITORY / "workflow" / "rules" / "common.smk").read_text(encoding="utf-8")
    source = re.search(r"(?ms)^def options\(.*?\n    \)\n", common)[0]
    space: dict = {}
    exec("import shlex\n" + source, space)
    (word,) = shlex.split(space["options"]("a", {"b_c": "x; $(rm) 'y"}))
    assert word == "--a.b-c=x; $(rm) 'y"


# --- markup ---------------------------------------------------------------------------------------

HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></textarea><svg onload=alert(1)>",
    "<!--<script>",
    "-->]]></template><iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:alert(1)//",
    "{{ 7 * 7 }}{% raw %}{# x #}",
    "\u202egnp.exe",
    "a\u2028b\u2029c",
    "&lt;script&gt; &#60;b&#62; &amp",
    "\0<b>\x00\x1b[31m\x7f",
    "=cmd|' /C calc'!A0",
    "$\\frac{1}{0}$",
    "𝕏" * 10 + "<" * 5000,
]
NAMES = [name for name in HOSTILE if "\0" not in name and len(name) < 200]

#: The same without what could be markup.
HARMLESS = [re.sub("[<>&\"']", "x", name) for name in NAMES]

#: What an address on a page may begin with, besides those of files beside it.
OWN = ("data:image/", "data:,", "https://doi.org/")


class Markup(HTMLParser):
    """The tags of a page with their attributes, comments, and what stands in elements of script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str, str]] = []
        self.comments: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._in = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(sorted(name for name, _ in attrs))))
        self.values += [(tag, name, value or "") for name, value in attrs]
        runs = tag == "script" and dict(attrs).get("type") in (None, "module", "text/javascript")
        self._in = "script" if runs else "style" if tag == "style" else ""

    def handle_endtag(self, tag):
        self._in = ""

    def handle_comment(self, data):
        self.comments.append(data)

    def handle_data(self, data):
        if self._in:
            (self.scripts if self._in == "script" else self.styles).append(data)

    @property
    def policy(self) -> str:
        (found,) = [
            value for tag, name, value in self.values
            if (tag, name) == ("meta", "content") and "default-src" in value
        ]  # fmt: skip
        return found


def require_only_its_own(page: Markup) -> None:
    """Raise where a page could run or fetch what is not its own."""
    sources = dict(part.split(" ", 1) for part in page.policy.split("; "))
    assert sources["default-src"] == sources["base-uri"] == sources["form-action"] == "'none'"
    assert not re.search(r"unsafe|\*|https?:", page.policy)
    for kind, texts in (("script-src", page.scripts), ("style-src", page.styles)):
        (text,) = texts
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert sources[kind] == f"'sha256-{digest}'"
    tags = {tag for tag, _ in page.tags}
    assert tags.isdisjoint({"iframe", "object", "embed", "base", "applet", "frame", "template"})
    for tag, name, value in page.values:
        assert not name.startswith("on") and name not in ("srcdoc", "formaction", "style"), tag
        if name in ("src", "href", "xlink:href", "action", "data"):
            plain = re.sub(r"[\s\x00-\x1f]", "", value).lower()
            scheme = re.match(r"[a-z][a-z0-9+.-]*:", plain)
            assert not scheme or plain.startswith(OWN), value
    positions = [place for place, (tag, _) in enumerate(page.tags) if tag == "meta"]
    first = min(place for place, (tag, _) in enumerate(page.tags) if tag in ("script", "style"))
    assert any(place < first for place in positions), "the policy comes too late"


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_becomes_no_tag(tmp_path, said):
    """By the function that makes all pages: as text, in an attribute, in a block of data."""
    (tmp_path / "p.html.j2").write_text(
        "<p title='{{ said }}'>{{ said }}</p><script type=\"application/json\" id=x>{{ block }}"
        "</script><p>{{ said }}</p>",
        encoding="utf-8",
    )
    (tmp_path / "p.css").write_text("")
    values = {"said": said, "block": data_block({"name": said, said: [said]})}
    page = Markup(locked_page(tmp_path, "p", values, []))
    assert page.tags == [("p", ("title",)), ("script", ("id", "type")), ("p", ())]
    assert page.comments == [] and page.scripts == []
    (title,) = [value for tag, name, value in page.values if name == "title"]
    assert title == said  # as the parser of a browser hears it, but for a NUL
    assert json.loads(str(values["block"])) == {"name": said, said: [said]}
    assert not set("<>&\u2028\u2029") & set(str(values["block"]))


def test_templates_are_escaped_and_scripts_make_no_markup_of_text():
    unsafe = re.compile(
        r"\|\s*safe\b|autoescape|innerHTML|outerHTML|insertAdjacentHTML|document\.write"
        r"|\beval\(|new Function|createContextualFragment|DOMParser|setHTMLUnsafe"
    )
    assert len(TEMPLATES) > 20
    for path in TEMPLATES:
        assert not unsafe.search(path.read_text(encoding="utf-8")), path
    users = {
        str(path.relative_to(PACKAGE)) for path in SOURCES if "Markup" in path.read_text("utf-8")
    }
    assert users == {"report/locked.py"}, "what is not escaped is made in one place"


def test_every_page_has_a_policy_before_anything_that_could_run():
    pages = [
        path for path in TEMPLATES if "<html" in path.read_text("utf-8") and path.parent != SHARED
    ]
    assert {path.name for path in pages} == {"index.html.j2", "map.html.j2", "label.html.j2"}
    for path in pages:
        text = path.read_text(encoding="utf-8")
        policy = text.index('http-equiv="Content-Security-Policy"')
        assert policy < min(text.index("<style"), text.index("<script"))
        assert 'name="referrer"' not in text or "unsafe-url" not in text
    assert HEADERS["Content-Security-Policy"] == "frame-ancestors 'none'"


def test_the_naming_page_with_hostile_names(tmp_path):
    tags = []
    parts = [names[i : i + 3] for names in (HARMLESS, NAMES) for i in range(0, len(NAMES) - 2, 3)]
    for number, names in enumerate(parts):
        results = tmp_path / str(number)
        page, _ = write_page(results, title=names[0])
        write_names(results / "tables" / "cluster_names.tsv", dict(enumerate(names)))
        label_page(**arguments(results, title=names[0]))
        found = Markup(page.read_text(encoding="utf-8"))
        require_only_its_own(found)
        assert found.comments == []
        tags.append(found.tags)
    assert len(SIZES) == 3, "each hostile name is one of a cluster"
    assert all(one == tags[0] for one in tags), "a name became a tag"


def test_the_map_with_hostile_names_sites_and_files(tmp_path):
    pages = []
    for folder, names in (("harmless", HARMLESS), ("hostile", NAMES)):
        files = [f"{place}{name}" for place, name in enumerate(names)]
        table = organisms({"s": files}, site=names[0], group=names[1], names=tuple(names),
                          clusters=len(names))  # fmt: skip
        given = write_map_run(tmp_path / folder, table) | {"title": names[2]}
        map_page(**given)
        pages.append(Markup(given["html"].read_text(encoding="utf-8")))
        require_only_its_own(pages[-1])
    assert pages[0].tags == pages[1].tags and pages[1].comments == []


def test_the_report_with_hostile_sites_groups_notes_and_labels(tmp_path):
    evil = " ".join(name for name in NAMES if "{{" not in name)
    given = write_results(
        tmp_path / "in", sites=(TANK,), clusters=2, evidence="unlabelled", evil=evil
    )
    text = drawn(given, tmp_path / "report", quick=True).read_text(encoding="utf-8")
    page = Markup(text)
    require_only_its_own(page)
    assert page.comments == []
    assert {tag for tag, _ in page.tags}.isdisjoint({"b", "svg"} - known_tags())
    assert html.escape("<!--<script>", quote=False) in text, "nothing hostile was shown"


def known_tags() -> set[str]:
    """Return the tags that the templates of the report have."""
    folder = PACKAGE / "report" / "page" / "templates"
    return set(
        re.findall(r"<([a-z][a-z0-9]*)", "".join(p.read_text() for p in folder.glob("*.j2")))
    )
