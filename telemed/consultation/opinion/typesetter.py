"""Set one opinion and end: a program of its own, so that a text that will not be set costs this process alone.

Started by path (typesetting.py).  Arguments: bytes of memory, seconds of processor time.  In: a job as JSON.
Out: the PDF.  It bounds itself before it imports anything that reads what a person typed.
"""

import json
import os
import resource
import sys
from pathlib import Path

FAMILY = "Noto Sans CJK SC"  # as the template names it
TEMPLATE = Path(__file__).with_name("opinion.typ")


def main() -> None:
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes to its output, to no file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what is in memory is a patient's
    import typst  # noqa: PLC0415  under the bounds

    job = json.load(sys.stdin.buffer)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[job["fonts"]])
    if FAMILY not in fonts.families():
        sys.exit("the paper's font is missing")  # Typst would set empty boxes without a word
    content = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=fonts,
        sys_inputs={"sheet": job["sheet"]},
        timestamp=job["timestamp"],
    )
    with os.fdopen(os.dup(1), "wb") as output:
        output.write(content)


main()
