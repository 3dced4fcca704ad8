"""Say what the configuration comes to, or everything that is wrong with it."""

import argparse
from pathlib import Path

import msgspec

from telemed.commands import settings
from telemed.config import Config
from telemed.config.reference import documents, note_of

ROOT = Path(__file__).resolve().parents[2]


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--reference", action="store_true", help="重写参考页 / rewrite the generated documents")


def run(arguments: argparse.Namespace) -> int:
    if arguments.reference:
        for path, text in documents(ROOT).items():
            path.write_text(text, "utf-8")
            print(path)
        return 0
    print("\n".join(shown(settings.read(arguments))))
    return 0


def shown(config: Config) -> list[str]:
    """Return every setting as a line; secrets as whether they are set."""
    lines: list[str] = []
    for section in msgspec.structs.fields(Config):
        table = getattr(config, section.name)
        lines.append(f"[{section.name}]")
        for field in msgspec.structs.fields(table):
            value = getattr(table, field.name)
            if note_of(field).secret:
                value = "（已设置 / set）" if value else "（未设置 / not set）"
            lines.append(f"  {field.name} = {value}")
    return lines
