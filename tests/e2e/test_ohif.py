"""A foreign viewer, built by others for any DICOMweb server, opens a study from ours."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .browser import WIDE, People, picture
from .facts import Facts
from .ohif import fetched, lay_over


@pytest.mark.long
@pytest.mark.timeout(600, func_only=True)
def test_ohif_lists_finds_and_draws_a_study_from_our_dicomweb(people: People, facts: Facts) -> None:
    with people.context(people.stack.account("author"), locale="en", size=WIDE) as context:
        lay_over(context, fetched())
        page = context.new_page()
        refused: list[str] = []
        asked: list[str] = []
        page.on("response", lambda one: refused.append(f"{one.status} {one.url}") if one.status >= 400 else None)
        page.on("request", lambda one: asked.append(one.url) if "/dicom-web/" in one.url else None)
        page.goto(f"/viewer?StudyInstanceUIDs={facts.ct_study}", wait_until="commit")
        viewport = page.locator(".viewport-element, .cornerstone-viewport-element").first
        expect(viewport.locator("canvas").first).to_be_visible(timeout=180_000)
        expect(
            page.get_by_text(re.compile(rf"1\s*/\s*{facts.ct_images}|I:\s*1 \(1/{facts.ct_images}\)")).first
        ).to_be_visible(timeout=180_000)
        page.wait_for_function(
            """() => [...document.querySelectorAll('canvas')].some((canvas) => {
                const copy = document.createElement('canvas');
                copy.width = 64; copy.height = 64;
                const pen = copy.getContext('2d');
                pen.drawImage(canvas, 0, 0, 64, 64);
                const bytes = pen.getImageData(0, 0, 64, 64).data;
                return new Set(bytes.filter((_, at) => at % 4 === 0)).size > 8;
            })""",
            timeout=180_000,
        )
        page.get_by_text("Skip all").click()
        picture(page, "ohif-ct")
        assert any(re.search(r"/frames/1$", one) for one in asked)
        assert refused == []
