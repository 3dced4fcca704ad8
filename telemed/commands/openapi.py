"""Print the OpenAPI document that /api/openapi.json serves."""

import argparse
import json
from pathlib import Path

from telemed.app import described


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="写入文件 / write to a file")


def run(arguments: argparse.Namespace) -> int:
    text = json.dumps(described(), ensure_ascii=False, indent=1, sort_keys=True)
    if arguments.out:
        arguments.out.write_text(f"{text}\n", "utf-8")
    else:
        print(text)
    return 0
