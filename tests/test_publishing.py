"""What puts the book and the package online: the workflows, the lock of a release, the citation."""

import re
from pathlib import Path

import bibtexparser
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from test_package import LOCK, PROJECT, needs

import gdbook
from gdbook.site.pages.cite import bibtex

ROOT = Path(__file__).parents[1]
RELEASE = (ROOT / "requirements.release.lock").read_text()
OLDEST = [
    Requirement(line) for line in (ROOT / ".github/oldest.txt").read_text().splitlines() if line[0] != "#"
]
WORKFLOWS = {
    path.name: yaml.load(path.read_text(), yaml.BaseLoader)  # "on" is no truth value there
    for path in sorted((ROOT / ".github/workflows").iterdir())
}
JOBS = {(file, name): job for file, workflow in WORKFLOWS.items() for name, job in workflow["jobs"].items()}
STEPS = [(place, step) for place, job in JOBS.items() for step in job["steps"]]
every_job = pytest.mark.parametrize("place", JOBS, ids="-".join)

# What each job may do, beyond nothing.
MAY = {
    ("pages.yml", "deploy"): {"pages": "write", "id-token": "write"},
    ("release.yml", "publish"): {"id-token": "write"},
}


def pins(text):
    """The requirements of a lock with hashes."""
    return [Requirement(line.removesuffix(" \\")) for line in text.splitlines() if "==" in line]


# The workflows.


def test_there_are_workflows_that_check_deploy_and_release():
    assert set(WORKFLOWS) == {"check.yml", "pages.yml", "release.yml"}


def test_each_action_is_pinned_to_a_commit_whose_version_is_said():
    said = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    used = [
        line.strip().removeprefix("- ")
        for path in (ROOT / ".github/workflows").iterdir()
        for line in path.read_text().splitlines()
        if "uses:" in line
    ]
    assert len(used) == sum("uses" in step for _, step in STEPS) > 10
    assert [line for line in used if not said.fullmatch(line)] == []


def test_an_action_has_one_commit_everywhere():
    commits = {}
    for _, step in STEPS:
        name, _, commit = step.get("uses", "").partition("@")
        assert commits.setdefault(name, commit) == commit


@pytest.mark.parametrize("file", WORKFLOWS)
def test_a_workflow_may_do_nothing_but_what_its_jobs_say(file):
    assert WORKFLOWS[file]["permissions"] == {}


@every_job
def test_a_job_may_read_the_clone_unless_it_publishes_and_then_does_not_need_it(place):
    assert JOBS[place]["permissions"] == MAY.get(place, {"contents": "read"})


@every_job
def test_a_job_ends_some_time(place):
    assert 0 < int(JOBS[place]["timeout-minutes"]) <= 90


def test_no_clone_keeps_its_token_and_no_step_has_a_secret():
    clones = [step for _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(clones) == 5
    assert all(step["with"]["persist-credentials"] == "false" for step in clones)
    assert "secrets." not in str(WORKFLOWS)


def test_no_command_holds_an_expression_that_somebody_else_may_have_written():
    assert [step["run"] for _, step in STEPS if "${{" in step.get("run", "")] == []


def test_what_publishes_runs_on_no_pull_request():
    for file, workflow in WORKFLOWS.items():
        assert "pull_request_target" not in workflow["on"]
        if file != "check.yml":
            assert "pull_request" not in workflow["on"]


def test_the_site_is_built_with_what_is_locked_by_hash():
    run = [step["run"] for place, step in STEPS if place == ("pages.yml", "build") and "run" in step]
    assert run[0] == "pip install --require-hashes -r requirements.release.lock"
    assert not any("pip install" in command for command in run[1:])


def test_the_addresses_are_said_in_one_place():
    asked = set(re.findall(r"!ENV \[((?:SITE|REPO)_URL), \"\"\]", (ROOT / "mkdocs.yml").read_text()))
    assert asked == {"SITE_URL", "REPO_URL"}
    assert asked < set(WORKFLOWS["pages.yml"]["env"])


# The Pythons and the libraries.


def test_every_python_that_the_package_names_is_tested_with_the_oldest_and_the_newest_libraries():
    matrix = JOBS["check.yml", "package"]["strategy"]["matrix"]
    said = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert matrix == {"python": said, "libraries": ["oldest", "newest"]}
    assert PROJECT["requires-python"] == f">={said[0]}"


@pytest.mark.parametrize("name", ["numpy", "matplotlib"])
def test_the_oldest_libraries_are_the_oldest_that_are_promised(name):
    (promised,) = {
        requirement.specifier
        for requirement in (*map(Requirement, PROJECT["dependencies"]), *needs("site"))
        if requirement.name == name
    }
    (floor,) = promised
    tested = [
        pin.specifier
        for pin in OLDEST
        if pin.name == name and pin.marker.evaluate({"python_version": "3.11"})
    ]
    ((pin,),) = tested
    assert floor.operator == ">="
    assert Version(pin.version).release[:2] == Version(floor.version).release


# The locks with hashes.


@pytest.mark.parametrize("lock", ["requirements.release.lock", ".github/tools.lock"])
def test_a_lock_has_a_hash_for_each_pin_and_no_address(lock):
    text = (ROOT / lock).read_text()
    pin = r"[\w.-]+==\S+(?: ; .+?)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.fullmatch(f"(?:{pin})+", text)
    assert "://" not in text
    assert " @ " not in text


def test_the_lock_of_a_release_has_the_versions_of_the_lock():
    assert {str(pin).partition(";")[0] for pin in pins(RELEASE)} <= {line.partition(" ;")[0] for line in LOCK}


@pytest.mark.parametrize("requirement", [*map(Requirement, PROJECT["dependencies"]), *needs("site")], ids=str)
def test_the_lock_of_a_release_has_what_the_site_is_built_with(requirement):
    assert canonicalize_name(requirement.name) in {pin.name for pin in pins(RELEASE)}


# The citation.


def test_the_citation_and_the_changes_are_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == gdbook.__version__
    assert citation["license"] == PROJECT["license"]
    assert [author["name"] for author in citation["authors"]] == [a["name"] for a in PROJECT["authors"]]
    heads = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads[0] == "Unreleased" or heads[0].startswith(gdbook.__version__)


def test_the_entry_for_latex_is_what_the_citation_file_says():
    library = bibtexparser.parse_string(bibtex(ROOT / "CITATION.cff"))
    assert library.failed_blocks == []
    (entry,) = library.entries
    said = {field.key: field.value.strip("{}") for field in entry.fields}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert said == {"author": "The gdbook authors", "title": citation["title"], "version": gdbook.__version__}
