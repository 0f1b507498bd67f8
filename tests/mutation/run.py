"""Mutation testing: ``tox -e mutants``, or ``tox -e mutants -- dynaprov/planning/diff.py``.

The mutations are those of cosmic-ray.  Its own way to run them writes each into the working tree
and starts an interpreter for it; here a mutant lives in the memory of a forked process that has
everything but the mutated module, and what imports it, loaded already.  One runs at a time, with
a low priority.

``modules.toml`` says which tests belong to a module, ``explained.toml`` which survivors make no
difference and why.  Exit code 1: a survivor that nobody explained.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import CodeType
from typing import Any

import hypothesis
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NEED_ARGUMENTS = {"core/VariableInserter", "core/VariableReplacer"}
#: Of the eleven operators that could stand in for another, those that do not need other types.
BINARY = ("_Add", "_Sub", "_Mul", "_BitAnd", "_BitOr")
#: Loaded once, before the first mutant.
LOADED = ("boto3", "click", "hypothesis.strategies", "pydantic", "rich.console", "yaml")
NICE = 10
MOST_MEMORY = 3 << 30
MOST_SECONDS = 600.0
#: What waits for ever spends nothing of the processor for two such times.
WATCH_SECONDS = 6.0
BROKEN = 70


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change: the line before and after, and the whole source."""

    module: Path
    line: int
    before: str
    after: str
    source: str


def main(chosen: Sequence[str]) -> int:
    """Run the mutants of the chosen modules, or of all, and tell what survived."""
    os.nice(max(0, NICE - os.nice(0)))
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    config = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))
    explained = tomllib.loads((HERE / "explained.toml").read_text(encoding="utf-8"))
    hypothesis.settings.register_profile(
        "mutants",
        deadline=None,
        database=None,
        max_examples=50,
        phases=[hypothesis.Phase.generate],
        # A busy machine kills no mutant.
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    _load()
    open_ = 0
    for name, entry in config["modules"].items():
        path = ROOT / name
        for module in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            if chosen and not {name, module.relative_to(ROOT).as_posix()} & set(chosen):
                continue
            options = config["options"] | entry
            open_ += _module(module, entry["tests"], options, explained)
    return 1 if open_ else 0


def _module(
    module: Path, tests: Sequence[str], options: Mapping[str, Any], explained: Mapping[str, Any]
) -> int:
    """Run one module's mutants; 1 when there is a survivor that nobody explained."""
    name = module.relative_to(ROOT).as_posix()
    there = [each for each in tests if (ROOT / each).exists()]
    source = module.read_text(encoding="utf-8")
    reasons = {
        (before, after) for each in explained.get(name, ()) for before, after in each["changes"]
    }
    counted: Counter[str] = Counter()

    def each_mutant(collected: Callable[[Mutant], int]) -> None:
        unchanged = Mutant(module, 0, "", "", source)

        def checked(tested: Callable[[Mutant], int]) -> Callable[[Mutant], bool]:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            if not _survives(unchanged, tested, MOST_SECONDS):
                raise SystemExit(f"{name}: the tests fail without any mutation")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            return lambda mutant: _survives(mutant, tested, options["seconds"] + 5 * spent)

        exchanged = checked(collected)
        loaded_anew = functools.cache(lambda: checked(_loaded_anew(there, options)))
        for mutant in mutants(module, source):
            survives = exchanged if _only_functions(source, mutant.source) else loaded_anew()
            if not survives(mutant):
                counted["killed"] += 1
            elif (mutant.before, mutant.after) in reasons:
                counted["explained"] += 1
            else:
                counted["open"] += 1
                change = f"  - {mutant.before}\n  + {mutant.after}"
                print(f"{name}:{mutant.line}\n{change}", flush=True)

    with_collected = os.fork()
    if not with_collected:
        code = pytest.main(_arguments(there, options), plugins=[_Loop(each_mutant)])
        total = counted.total()
        share = f"{100 * counted['killed'] / total:.0f}%" if total else "-"
        print(
            f"{name}: {total} mutants, {counted['killed']} killed ({share}), "
            f"{counted['explained']} explained, {counted['open']} open",
            flush=True,
        )
        os._exit(1 if counted["open"] or code else 0)
    _, status = os.waitpid(with_collected, 0)
    return os.waitstatus_to_exitcode(status)


def mutants(module: Path, source: str) -> Iterator[Mutant]:
    """Every mutant that could differ in what it does, each once."""
    lines = source.splitlines()
    seen = {_meaning(source)}
    tree = get_ast(source)
    for name in operator_names():
        if not _plausible(name):
            continue
        operator = get_operator(name)()
        places = sum(1 for node in ast_nodes(tree) for _ in operator.mutation_positions(node))
        for occurrence in range(places):
            mutated = mutate_code(source, operator, occurrence)
            meaning = _meaning(mutated) if mutated else None
            if mutated is None or meaning is None or meaning in seen:
                continue
            seen.add(meaning)
            changed = mutated.splitlines()
            at = next(
                (n for n, (a, b) in enumerate(zip(lines, changed, strict=False)) if a != b), 0
            )
            yield Mutant(module, at + 1, lines[at].strip(), changed[at].strip(), mutated)


def _plausible(operator: str) -> bool:
    """Whether anybody could slip so: members of an enumeration are not compared by their order."""
    if operator.startswith("core/ReplaceComparisonOperator_Is"):
        return operator.endswith(("_Is_IsNot", "_IsNot_Is"))
    if "Binary" in operator:
        return operator.endswith(BINARY)
    return operator not in NEED_ARGUMENTS


def _meaning(source: str) -> str | None:
    """The source without what makes no difference when it runs; ``None``: it cannot run.

    Annotations are never evaluated here but by pydantic, whose models these modules have none of;
    what ``dataclass`` is told guards against slips that mypy finds; and what is compared by
    identity is ``None`` or a member of an enumeration, for which equality is the same.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.ClassDef):
            for each in node.decorator_list:
                if isinstance(each, ast.Call):
                    each.keywords = []
        elif isinstance(node, ast.Compare):
            same: dict[type[ast.cmpop], ast.cmpop] = {ast.Is: ast.Eq(), ast.IsNot: ast.NotEq()}
            node.ops = [same.get(type(each), each) for each in node.ops]
    return ast.dump(tree)


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Finds the mutated module in memory."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        self._name, self._mutant = name, mutant

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != self._name:
            return None
        package = self._mutant.module.name == "__init__.py"
        spec = importlib.util.spec_from_loader(fullname, self, is_package=package)
        if spec and package:
            spec.submodule_search_locations = [str(self._mutant.module.parent)]
        return spec

    def get_filename(self, fullname: str) -> str:
        return str(self._mutant.module)

    def get_data(self, path: Any) -> bytes:
        return self._mutant.source.encode()


class _Loop:
    """Takes the place of pytest's own loop: the collected tests once for every mutant."""

    def __init__(self, each_mutant: Callable[[Callable[[Mutant], int]], None]) -> None:
        self._each_mutant = each_mutant

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        names = {item.nodeid: item for item in session.items}
        # What notices one mutant notices the next one of the same line, too, so that it goes first.
        noticed = Path(tempfile.mkdtemp(prefix="dynaprov-mutants-")) / "noticed"
        noticed.touch()

        def tested(mutant: Mutant) -> int:
            _exchange(mutant)
            first = reversed(noticed.read_text(encoding="utf-8").splitlines()[-20:])
            items = [names[each] for each in dict.fromkeys((*first, *names))]
            for item, following in zip(items, [*items[1:], None], strict=True):
                session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    with noticed.open("a", encoding="utf-8") as file:
                        file.write(f"{item.nodeid}\n")
                    return 1
            return 0

        gc.freeze()  # what all mutants share is not looked through by each
        self._each_mutant(tested)
        shutil.rmtree(noticed.parent)
        return True


def _arguments(tests: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    few = ["-k", f"not test_cases or {options['cases']}"]
    quick = ["-x", "-s", "-p", "no:cacheprovider", "-p", "no:terminal"]
    quick += ["-o", "addopts=--import-mode=importlib"]
    quick += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is there already
    return [*quick, "--hypothesis-profile=mutants", "--hypothesis-seed=0", *few, *tests]


def _survives(mutant: Mutant, tested: Callable[[Mutant], int], limit: float) -> bool:
    """Whether the tests pass on a mutant; what hangs or eats memory does not.

    ``limit`` is in seconds of the processor, so that a busy machine kills no mutant.
    """
    place = tempfile.mkdtemp(prefix="dynaprov-mutant-")
    child = os.fork()
    if not child:
        code = BROKEN
        try:
            os.environ["PYTEST_DEBUG_TEMPROOT"] = place
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            signal.setitimer(signal.ITIMER_PROF, limit)
            Thread(target=_end_what_hangs, daemon=True).start()
            code = tested(mutant)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    shutil.rmtree(place, ignore_errors=True)
    code = os.waitstatus_to_exitcode(status)
    # 2: the tests cannot even import the mutant.
    if code not in (0, 1, 2, -signal.SIGPROF):
        raise SystemExit(f"pytest ended with {code} at {mutant.module}:{mutant.line}")
    return code == 0


def _end_what_hangs() -> None:
    """End this process once its other threads do nothing any more."""
    spent, idle = 0.0, 0
    while idle < 2:
        Event().wait(WATCH_SECONDS)
        before, spent = spent, time.process_time() - time.thread_time()
        idle = idle + 1 if spent - before < 0.001 else 0
    os._exit(1)


def _loaded_anew(tests: Sequence[str], options: Mapping[str, Any]) -> Callable[[Mutant], int]:
    """Runs the tests after importing the mutant, and all that imports it, once more."""

    def tested(mutant: Mutant) -> int:
        name = _dotted(mutant.module)
        for each in _importers(name):
            sys.modules.pop(each, None)
        for each in [each for each in sys.modules if each.startswith(("support", "test"))]:
            sys.modules.pop(each)
        sys.meta_path.insert(0, _Mutated(name, mutant))
        return int(pytest.main(_arguments(tests, options)))

    return tested


def _only_functions(one: str, other: str) -> bool:
    """Whether two sources differ in nothing but the bodies of functions."""
    return _shell(compile(one, "", "exec")) == _shell(compile(other, "", "exec"))


def _shell(code: CodeType) -> tuple[Any, ...]:
    inner = [_shell(each) for each in code.co_consts if _is_body(each)]
    plain = [each for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, code.co_names, repr(plain), inner


def _is_body(value: object) -> bool:
    """Whether this is the body of a class, which runs when the module is imported."""
    return isinstance(value, CodeType) and not value.co_flags & inspect.CO_OPTIMIZED


def _exchange(mutant: Mutant) -> None:
    """Give the functions of the module, wherever they are known, the bodies of the mutant."""
    bodies: dict[str, CodeType] = {}
    _bodies(compile(mutant.source, str(mutant.module), "exec"), bodies)
    name = _dotted(mutant.module)
    for each in list(vars(sys.modules[name]).values()):
        for inner in [each, *vars(each).values()] if isinstance(each, type) else [each]:
            function = inspect.unwrap(getattr(inner, "__func__", getattr(inner, "fget", inner)))
            if inspect.isfunction(function) and function.__module__ == name:
                body = bodies.get(function.__qualname__)
                if body is not None:
                    function.__code__ = body


def _bodies(code: CodeType, found: dict[str, CodeType]) -> None:
    for each in code.co_consts:
        if _is_body(each):
            _bodies(each, found)
        elif isinstance(each, CodeType):
            found[each.co_qualname] = each


def _load() -> None:
    """Import what no mutant changes, so that no mutant needs to."""
    for name in (*LOADED, *_imports()):
        importlib.import_module(name)


@functools.cache
def _imports() -> dict[str, set[str]]:
    """What each module of dynaprov imports of dynaprov, in functions, too."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "dynaprov").rglob("*.py")):
        if path.name == "__main__.py":
            continue
        names = found[_dotted(path)] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def _importers(name: str) -> set[str]:
    """A module, and everything that imports it directly or through others."""
    imports = _imports()
    found = {name}
    while more := {each for each in imports if each not in found and imports[each] & found}:
        found |= more
    return found


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
