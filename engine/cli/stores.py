"""``store init | info | verify | rebuild | export | import | backup`` and ``actor add | list``."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.lookup import find_actor
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.core.case import Role
from engine.jobs import JobContext
from engine.workflows import cases, stores

STORE_FAULT = 4


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the store and actor commands."""
    group = commands.add_parser("store", help="create, check and move stores").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    init = group.add_parser("init", parents=[common], help="create an empty store in a new folder")
    init.add_argument("--laboratory", required=True)
    init.add_argument("--location", default="")
    init.add_argument("--administrator", required=True, help="name of the first actor")
    info = group.add_parser("info", parents=[common], help="count what the store holds")
    verify = group.add_parser("verify", parents=[common], help="check every record; name what is damaged")
    rebuild = group.add_parser("rebuild", parents=[common], help="make the cache anew")
    export = group.add_parser("export", parents=[common], help="write the store as one zip")
    unpack = group.add_parser("import", parents=[common], help="unpack an exported store into a new folder")
    backup = group.add_parser("backup", parents=[common], help="copy what a backup folder lacks")
    for action, run in (
        (init, _init), (info, _info), (verify, _verify), (rebuild, _rebuild),
        (export, _export), (unpack, _import), (backup, _backup),
    ):  # fmt: skip
        action.add_argument("folder", type=Path, metavar="DIR")
        action.set_defaults(run=run)
    for action in (export, backup):
        action.add_argument("target", type=Path, metavar="TARGET")
    unpack.add_argument("source", type=Path, metavar="ZIP")

    group = commands.add_parser("actor", help="the persons who work with a store").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    add = group.add_parser("add", parents=[common], help="add a person with a role")
    listing = group.add_parser("list", parents=[common], help="list the persons")
    for action, run in ((add, _add_actor), (listing, _list_actors)):
        action.add_argument("folder", type=Path, metavar="DIR")
        action.set_defaults(run=run)
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--actor", help="the administrator who adds")


def _init(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with stores.create_store(
        options.folder,
        laboratory=options.laboratory,
        location=options.location,
        administrator=options.administrator,
    ) as store:
        output.result(stores.store_info(store).to_json(), f"Store created: {store.path}")
    return 0


def _info(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        info = stores.store_info(store).to_json()
    output.result(info, *(f"{key.replace('_', ' ')}: {value}" for key, value in info.items()))
    return 0


def _verify(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    verification = stores.verify_store(options.folder, context)
    for problem in verification.problems:
        output.result({"problem": problem._asdict()}, f"{problem.where}: {problem.what}. {problem.remedy}")
    for note in verification.notes:
        output.result({"note": note}, f"note: {note}")
    summary = {"events": verification.events, "problems": len(verification.problems), "ok": verification.ok}
    output.result(summary, f"{verification.events} events checked, {len(verification.problems)} problems")
    return 0 if verification.ok else STORE_FAULT


def _rebuild(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    done = stores.rebuild_store(options.folder, context)
    output.result({"done": list(done)}, *(done or ("Nothing was left to do",)))
    return 0


def _export(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    count = stores.export_to_zip(options.folder, options.target, context)
    output.result({"exported": str(options.target), "files": count}, f"{count} files exported to {options.target}")
    return 0


def _import(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    info = stores.import_from_zip(options.source, options.folder, context)
    output.result(info.to_json(), f"{info.events} events imported into {info.path}")
    return 0


def _backup(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    copy = stores.backup_store(options.folder, options.target, context)
    output.result({"backup": str(copy)}, f"Backed up to {copy}")
    return 0


def _add_actor(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        actor = cases.add_actor(store, find_actor(store, options.actor), options.name, Role(options.role))
    output.result(actor.to_json(), f"{actor.name} ({actor.role}) added: {actor.id}")
    return 0


def _list_actors(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        for actor in store.actors():
            output.result(actor.to_json(), f"{actor.id}  {actor.role:13}  {actor.name}")
    return 0
