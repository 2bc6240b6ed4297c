"""A disk that remembers every call, and power cuts on what it remembers.

The model promises what POSIX promises and no more. Written bytes and a file's size are safe after the file's fsync; a
name (a new file, a rename, a removal) is safe after its folder's fsync. At a power cut each unsafe change is there, or
not, or - for written bytes - there in part, sector by sector, or as zeroes or noise in what was never written before.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.store.disk import Disk

SECTOR = 512


class Call(NamedTuple):
    """One call on the disk; ``node`` is a file or folder that keeps its identity through renames."""

    what: str
    node: int
    name: str = ""
    other: int = 0
    offset: int = 0
    data: bytes = b""
    other_name: str = ""


@dataclass
class Node:
    """A file's bytes, or a folder's names."""

    data: bytearray = field(default_factory=bytearray)
    names: dict[str, int] | None = None


class RecordingDisk(Disk):
    """Does what a disk does inside ``root`` and keeps the calls; ``syncing`` off leaves out what makes things safe."""

    def __init__(self, root: Path, *, syncing: bool = True) -> None:
        self.root = root
        self.syncing = syncing
        self.calls: list[Call] = []
        self.base: dict[int, Node] = {}
        self._next = 0
        self.top = self._snapshot(root)
        self._files: dict[int, int] = {}
        self.live: dict[int, Node] = {number: _copy(node) for number, node in self.base.items()}

    def acknowledge(self, text: str) -> None:
        """Note that a person was told of something."""
        self.calls.append(Call("acknowledge", -1, text))

    def open(self, path: Path, *, new: bool = False) -> int:
        folder = self._node(path.parent)
        existed = path.exists()
        file = super().open(path, new=new)
        names = self.live[folder].names
        assert names is not None
        if not existed:
            node = self._new(Node())
            names[path.name] = node
            self.calls.append(Call("link", folder, path.name, node))
        self._files[file] = names[path.name]
        return file

    def write(self, file: int, offset: int, data: bytes) -> None:
        super().write(file, offset, data)
        self.calls.append(Call("write", self._files[file], offset=offset, data=bytes(data)))

    def truncate(self, file: int, size: int) -> None:
        super().truncate(file, size)
        self.calls.append(Call("truncate", self._files[file], offset=size))

    def sync(self, file: int) -> None:
        self.calls.append(Call("sync" if self.syncing else "nothing", self._files[file]))

    def close(self, file: int) -> None:
        super().close(file)
        del self._files[file]

    def rename(self, source: Path, target: Path) -> None:
        folder, other = self._node(source.parent), self._node(target.parent)
        super().rename(source, target)
        before, after = self.live[folder].names, self.live[other].names
        assert before is not None and after is not None
        node = before.pop(source.name)
        after[target.name] = node
        assert folder == other, "the store renames inside one folder only"
        self.calls.append(Call("rename", folder, source.name, node, other_name=target.name))

    def remove(self, path: Path) -> None:
        super().remove(path)
        self._unlink(path)

    def remove_folder(self, path: Path) -> None:
        super().remove_folder(path)
        self._unlink(path)

    def make_folder(self, path: Path) -> None:
        super().make_folder(path)
        folder = self._node(path.parent)
        names = self.live[folder].names
        assert names is not None
        node = self._new(Node(names={}))
        names[path.name] = node
        self.calls.append(Call("link", folder, path.name, node))

    def sync_folder(self, path: Path) -> None:
        self.calls.append(Call("sync" if self.syncing else "nothing", self._node(path)))

    def _unlink(self, path: Path) -> None:
        folder = self._node(path.parent)
        names = self.live[folder].names
        assert names is not None
        del names[path.name]
        self.calls.append(Call("unlink", folder, path.name))

    def _new(self, node: Node) -> int:
        number = self._next
        self._next += 1
        self.live[number] = node
        self.base[number] = Node(names={} if node.names is not None else None)
        return number

    def _node(self, path: Path) -> int:
        node = self.top
        for part in path.relative_to(self.root).parts:
            names = self.live[node].names
            assert names is not None
            node = names[part]
        return node

    def _snapshot(self, path: Path) -> int:
        number = self._next
        self._next += 1
        if path.is_dir():
            self.base[number] = Node(names={child.name: self._snapshot(child) for child in sorted(path.iterdir())})
        else:
            self.base[number] = Node(bytearray(path.read_bytes()))
        return number


def _copy(node: Node) -> Node:
    return Node(bytearray(node.data), None if node.names is None else dict(node.names))


def cut_power(disk: RecordingDisk, count: int, rng: np.random.Generator, folder: Path) -> None:
    """Write into ``folder`` what a medium may hold after a power cut that follows the first ``count`` calls."""
    nodes = {number: _copy(node) for number, node in disk.base.items()}
    unsafe: dict[int, list[Call]] = {}
    for call in disk.calls[:count]:
        if call.what == "sync":
            for earlier in unsafe.pop(call.node, []):
                _apply(nodes, earlier)
        elif call.what not in ("acknowledge", "nothing"):
            unsafe.setdefault(call.node, []).append(call)
    habit = rng.random()  # some cuts lose nearly everything, some nearly nothing
    for calls in unsafe.values():
        for call in calls:
            if rng.random() < habit:
                _apply(nodes, _torn(nodes, call, rng))
    shutil.rmtree(folder, ignore_errors=True)
    _write_out(nodes, disk.top, folder)


def _apply(nodes: dict[int, Node], call: Call) -> None:
    node = nodes[call.node]
    if call.what == "write":
        node.data.extend(bytes(max(0, call.offset - len(node.data))))
        node.data[call.offset : call.offset + len(call.data)] = call.data
    elif call.what == "truncate":
        del node.data[call.offset :]
    else:
        assert node.names is not None
        if call.what == "link":
            node.names[call.name] = call.other
        elif call.what == "unlink":
            node.names.pop(call.name, None)
        elif call.what == "rename":
            node.names.pop(call.name, None)
            node.names[call.other_name] = call.other


def _torn(nodes: dict[int, Node], call: Call, rng: np.random.Generator) -> Call:
    """Return the call as the medium may have it: a write perhaps in part only."""
    if not call.data or rng.random() < 0.4:
        return call
    old = bytes(nodes[call.node].data[call.offset : call.offset + len(call.data)])
    data = bytearray(call.data)
    first = call.offset // SECTOR
    for sector in range(first, (call.offset + len(data)) // SECTOR + 1):
        start = max(0, sector * SECTOR - call.offset)
        end = min(len(data), (sector + 1) * SECTOR - call.offset)
        fate = rng.integers(4)
        before = old[start:end]
        if fate == 0:
            data[start:end] = before.ljust(end - start, b"\0")
        elif fate == 1 and end > start:
            within = start + int(rng.integers(end - start))
            data[within:end] = old[within:end].ljust(end - within, b"\0")
        elif fate == 2 and not before:
            data[start:end] = rng.bytes(end - start)
    return call._replace(data=bytes(data[: int(rng.integers(1, len(data) + 1))] if rng.random() < 0.3 else data))


def _write_out(nodes: dict[int, Node], number: int, path: Path) -> None:
    node = nodes[number]
    if node.names is None:
        path.write_bytes(node.data)
        return
    path.mkdir()
    for name, child in node.names.items():
        _write_out(nodes, child, path / name)


def cuts(disk: RecordingDisk, first: int = 0) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield every number of calls after which power may be cut, with what had been acknowledged by then."""
    for count in range(first, len(disk.calls) + 1):
        yield count, tuple(call.name for call in disk.calls[:count] if call.what == "acknowledge")
