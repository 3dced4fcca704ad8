"""Read `strace -f` of the gateway: which syncs stood between an instance's last byte and its answer."""

import re
from dataclasses import dataclass, field

CALL = re.compile(r"^(?P<pid>\d+)\s+(?P<at>[\d.]+)\s+(?P<call>\w+)\((?P<arguments>.*)$")
RESUMED = re.compile(r"^(?P<pid>\d+)\s+(?P<at>[\d.]+)\s+<\.\.\. (?P<call>\w+) resumed>(?P<arguments>.*)$")
PATH = re.compile(r"<(?P<path>/[^>]*)>")
QUOTED = re.compile(r'"(?P<text>[^"]*)"')


@dataclass(frozen=True)
class Event:
    """One call that has returned, at the line where it returned; path: of its descriptor or its target."""

    call: str
    path: str
    arguments: str


def events(lines: list[str]) -> list[Event]:
    """Calls in the order in which they returned; sends in that in which they began: the peer may see them then."""
    found: list[Event] = []
    begun: dict[str, str] = {}
    for line in lines:
        call = CALL.match(line)
        if call is not None:
            arguments = call["arguments"]
            if arguments.endswith("<unfinished ...>"):
                begun[call["pid"]] = arguments
                if call["call"] not in {"sendto", "sendmsg", "write", "writev"}:
                    continue
            found.append(_event(call["call"], arguments))
            continue
        resumed = RESUMED.match(line)
        if resumed is not None and resumed["call"] not in {"sendto", "sendmsg", "write", "writev"}:
            found.append(_event(resumed["call"], begun.pop(resumed["pid"], "") + resumed["arguments"]))
    return found


def _event(call: str, arguments: str) -> Event:
    if call.startswith("rename"):
        quoted = QUOTED.findall(arguments)
        return Event("rename", quoted[-1] if quoted else "", arguments)
    path = PATH.search(arguments)
    return Event(call, path["path"] if path else "", arguments)


@dataclass
class Watch:
    """Follows the syncs; every Success must find one instance that went through all of them, in order."""

    archive: str
    spool: str
    answers: int = 0
    early: list[str] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    #: Blobs by the last step they have taken.
    synced_parts: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    in_synced_folder: int = 0
    journaled: int = 0

    def see(self, event: Event) -> None:
        match event.call:
            case "fdatasync" if event.path.endswith(".part"):
                self.synced_parts.add(event.path)
            case "rename" if event.path.startswith(self.archive):
                source = QUOTED.findall(event.arguments)[0]
                if source not in self.synced_parts:
                    self.early.append(f"renamed before its fdatasync: {source}")
                self.synced_parts.discard(source)
                self.renamed[event.path] = event.path.rpartition("/")[0]
            case "fsync":
                done = [blob for blob, folder in self.renamed.items() if folder == event.path]
                for blob in done:
                    del self.renamed[blob]
                self.in_synced_folder += len(done)
            case "fdatasync" if event.path.startswith(self.spool) and event.path.endswith(".log"):
                self.journaled += self.in_synced_folder
                self.in_synced_folder = 0
            case "sendto" | "sendmsg" | "write" | "writev" if is_success(event.arguments):
                self.answers += 1
                self.journaled -= 1
                if self.journaled < 0:
                    self.early.append(f"answer {self.answers} left before its syncs")
            case _:
                pass


#: A C-STORE-RSP (0000,0100) = 8001 whose (0000,0900) is 0000, as strace -xx prints bytes.
RESPONSE = r"\x00\x00\x00\x01\x02\x00\x00\x00\x01\x80"
SUCCESS = r"\x00\x00\x00\x09\x02\x00\x00\x00\x00\x00"


def is_success(arguments: str) -> bool:
    return RESPONSE in arguments and SUCCESS in arguments
