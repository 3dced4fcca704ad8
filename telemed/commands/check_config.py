"""Say what the configuration comes to, or everything that is wrong with it, the recognition catalogues included."""

import argparse
from pathlib import Path

import msgspec

from telemed.commands import settings
from telemed.config import Config
from telemed.config.reference import documents, note_of
from telemed.recognition.catalogue import Tree
from telemed.recognition.catalogue_files import SHIPPED, read_catalogues
from telemed.recognition.granting_files import SHIPPED as PARAMETERS
from telemed.recognition.granting_files import MalformedParameters, read_parameters
from telemed.recognition.reasons import REASONS

ROOT = Path(__file__).resolve().parents[2]


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument(
        "--recognition",
        type=Path,
        default=SHIPPED.parent,
        metavar="DIR",
        help="互认目录所在目录 / folder of the recognition catalogues and granting parameters",
    )
    parser.add_argument("--reference", action="store_true", help="重写参考页 / rewrite the generated documents")


def run(arguments: argparse.Namespace) -> int:
    if arguments.reference:
        for path, text in documents(ROOT).items():
            path.write_text(text, "utf-8")
            print(path)
        return 0
    config = settings.read(arguments)
    print("\n".join([*shown(config), *reasons_shown(config)]))
    return check_recognition(arguments.recognition)


def check_recognition(folder: Path) -> int:
    """Print what the catalogues and the parameters of granting come to; 1 where they cannot be used."""
    tree = read_catalogues(folder / SHIPPED.name)
    print("\n".join(catalogues_shown(tree)))
    try:
        read_parameters(folder / PARAMETERS.name)
    except MalformedParameters as error:
        print(f"  错误 / error: {error}")
        return 1
    return 1 if tree.faults else 0


def reasons_shown(config: Config) -> list[str]:
    """Return a line for each reason to repeat of this county, on or off, and whether it stands as 不互认."""
    on = config.recognition.local_reasons
    return ["[recognition] 本县不互认原因 / reasons of this county"] + [
        f"  {one.code} {'启用 / on' if one.code in on else '停用 / off'}: {one.text.zh} / {one.text.en}"
        f"（{'计入不互认 / counted' if one.counts_as_refusal else '不计入 / not counted'}）"
        for one in REASONS.values()
        if one.group == "local"
    ]


def catalogues_shown(tree: Tree) -> list[str]:
    """Return a line a document, then everything that is wrong and everything that is doubted, with the reason."""
    lines = ["[recognition]"]
    for one in tree.documents:
        state = (
            f"{one.catalogue.first_day} 起 / from"
            if one.catalogue
            else "不生效（起始日期未知） / not in force, no first day"
        )
        lines.append(f"  {one.name}: {one.head.number} {one.head.title}, {len(one.items)} 项 / items, {state}")
        if one.unfinished:
            lines.append(f"    {len(one.unfinished)} 项时限未知，不生效 / items without a window, not in force")
    lines += [f"  错误 / error: {fault}" for fault in tree.faults]
    lines += [f"  警告 / warning: {doubt}" for doubt in tree.doubts]
    return lines


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
