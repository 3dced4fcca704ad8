"""The configuration: read once at start, frozen, passed on as a value.  Nothing else reads the environment."""

from telemed.config.call import CallSection
from telemed.config.janus import JanusSection
from telemed.config.model import (
    ArchiveSection,
    Config,
    CountySection,
    DatabaseSection,
    DicomSection,
    HttpSection,
    LogSection,
    RedisSection,
    StateSection,
)
from telemed.config.outgoing import OutgoingSection, ReceiverTable
from telemed.config.read import Fault, Faulty, environment_of, load

__all__ = [
    "ArchiveSection",
    "CallSection",
    "Config",
    "CountySection",
    "DatabaseSection",
    "DicomSection",
    "Fault",
    "Faulty",
    "HttpSection",
    "JanusSection",
    "LogSection",
    "OutgoingSection",
    "ReceiverTable",
    "RedisSection",
    "StateSection",
    "environment_of",
    "load",
]
