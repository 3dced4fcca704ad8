"""Somebody who has no mouse: every control is reached by Tab, and shows that it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Locator, Page, expect

WITHIN = 80  # tabs: further away nobody looks for a control
Role = Literal[
    "button", "checkbox", "combobox", "grid", "link", "log", "radio", "searchbox", "spinbutton", "textbox", "group"
]
Name = str | re.Pattern[str]

#: Whether the focus is on this element; of radio buttons the group has one place among the tabs.
HERE = """(one) => {
  const at = document.activeElement;
  if (at === one) return true;
  return one.type === 'radio' && at?.type === 'radio' && at.name === one.name;
}"""

#: What is wrong with how the focus shows, '' where it can be seen.
SHOWN = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return 'nothing has the focus';
  const lined = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
  };
  // A field may be lined together with its label or its key cap.
  const near = [at, at.parentElement, at.parentElement?.parentElement];
  const lines = near.filter((one) => one && lined(one));
  if (lines.length === 0) return 'no line around it';
  const boxes = lines.map((one) => one.getBoundingClientRect());
  const box = boxes.find((one) => one.width > 2 && one.height > 2);
  if (box === undefined) return 'it has no size';
  const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return inside ? '' : 'it is outside the window';
}"""


class Keys:
    """Hands on a keyboard. shown: each place where the focus could not be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.shown: list[str] = []
        # The driver takes the choice of a file for itself from the first listener on: one that is set with the key that
        # opens it may come too late, and the browser has then cancelled what nobody takes.
        page.on("filechooser", lambda _chooser: None)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def reach(self, role: Role, name: Name, *, exact: bool = False, within: int = WITHIN) -> Locator:
        """Tab until the focus is on the control that is called so; fails when it is not among the next tabs."""
        found = self.page.get_by_role(role, name=name, exact=exact).first
        return self.reach_it(found, f"{role} {name!r}", within=within)

    def reach_it(self, found: Locator, called: str, *, within: int = WITHIN) -> Locator:
        expect(found, called).to_be_attached()
        for _ in range(within + 1):
            if found.evaluate(HERE):
                self._look(called)
                return found
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{called} is not among the next {within} tabs: {self._standing()}")

    def use(self, role: Role, name: Name, *, key: str = "Enter", exact: bool = False) -> None:
        """Go to a control that acts, once it can, and have it act."""
        expect(self.page.get_by_role(role, name=name, exact=exact).first).to_be_enabled()
        self.reach(role, name, exact=exact)
        self.page.keyboard.press(key)

    def write(self, name: Name, text: str, *, role: Role = "textbox", instead: bool = False) -> Locator:
        """Write into a field, instead of what stands there or after it."""
        field = self.reach(role, name)
        if instead:
            self.press("Control+a")
        else:
            self.press("Control+End")
        self.page.keyboard.insert_text(text)
        return field

    def choose(self, name: Name) -> None:
        """Choose a radio button: Tab comes to its group, the arrows to it."""
        wanted = self.page.get_by_role("radio", name=name, exact=isinstance(name, str)).first
        self.reach_it(wanted, f"radio {name!r}")
        if not wanted.evaluate("(one) => one === document.activeElement"):
            for _ in range(self.page.get_by_role("radio").count()):
                self.press("ArrowRight")
                if wanted.evaluate("(one) => one === document.activeElement"):
                    break
        if not wanted.is_checked():
            self.press("Space")
        expect(wanted).to_be_checked()
        self._look(f"radio {name!r}")

    def select(self, name: Name, value: str) -> None:
        """Choose in a list by the arrows, until it says so."""
        field = self.reach("combobox", name)
        for _ in range(field.locator("option").count()):
            if field.input_value() == value:
                return
            self.press("ArrowDown")
        assert field.input_value() == value

    def tick(self, found: Locator, called: str) -> None:
        self.reach_it(found, called)
        if not found.is_checked():
            self.press("Space")
        expect(found).to_be_checked()

    def give_file(self, found: Locator, called: str, file: dict[str, Any]) -> None:
        """Open the system's own choice of a file; what is chosen there is the system's part."""
        self.reach_it(found, called)
        with self.page.expect_file_chooser() as asked:
            self.press("Enter")
        asked.value.set_files(file)  # pyright: ignore[reportArgumentType] -- as the driver spells it

    def download(self, name: Name, to: Path) -> Path:
        self.reach("link", name)
        with self.page.expect_download() as coming:
            self.press("Enter")
        coming.value.save_as(to)
        return to

    def _look(self, called: str) -> None:
        wrong = self.page.evaluate(SHOWN)
        if wrong:
            self.shown.append(f"{called}: {wrong}")

    def _standing(self) -> str:
        return str(
            self.page.evaluate("() => `${location.pathname} ${document.activeElement?.outerHTML.slice(0, 200)}`")
        )
