"""One sealed opinion a session: what the tests spoil are copies."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from telemed.consultation.opinion.evidence import digest, evidence_bytes
from telemed.consultation.opinion.keys import OpinionKeys
from telemed.consultation.opinion.sealing import SealedOpinion, seal_opinion
from telemed.consultation.opinion.typesetting import Press
from tests.unit.consultation.opinion.opinions import HOSPITAL, NOW, OPINION, ZONE, County, evidence_for


@dataclass(frozen=True)
class Sealed:
    """An opinion that was sealed as it should be, and what it was made of."""

    county: County
    keys: OpinionKeys
    paper: bytes
    opinion: SealedOpinion

    @property
    def authorities(self) -> tuple[x509.Certificate, ...]:
        return (x509.load_pem_x509_certificate(self.county.authority.read_bytes()),)


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    county = County(tmp_path_factory.mktemp("county"))
    keys = county.store.keys(HOSPITAL, NOW)
    evidence = evidence_for(OPINION)

    async def made() -> tuple[bytes, SealedOpinion]:
        paper = await Press().pdf(OPINION, digest(evidence_bytes(evidence)), ZONE)
        return paper, await seal_opinion(OPINION, evidence, keys, press=Press(), zone=ZONE)

    paper, opinion = asyncio.run(made())
    return Sealed(county, keys, paper, opinion)


@pytest.fixture
def file(sealed: Sealed, tmp_path: Path) -> Path:
    path = tmp_path / "会诊意见书.pdf"
    path.write_bytes(sealed.opinion.pdf)
    return path
