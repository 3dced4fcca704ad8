"""Read every blob of the archive and compare it with its digest; name what is damaged or lost, and its study."""

import argparse
import sys

import psycopg

from dicom_gateway.archive import Archive
from telemed.backup import lost_blobs, named_blobs
from telemed.commands import settings
from telemed.commands.stores import database

# The device to send again from: a resend of the same instance repairs its blob. UIDs and AE titles, nobody's name.
WHERE = """
select s.study_instance_uid, i.sop_instance_uid, i.calling_ae
from imaging_instance i join imaging_study s on s.id = i.study_id
where i.digest = decode(%s, 'hex')
union
select q.study_instance_uid, q.sop_instance_uid, q.calling_ae from quarantine q where q.digest = decode(%s, 'hex')
"""


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    archive = Archive(config.archive_path)
    checked, damaged = 0, list[str]()
    for digest in archive.digests():
        checked += 1
        if not archive.is_whole(digest):
            damaged.append(digest)
        if checked % 10_000 == 0:
            print(f"{checked} …", file=sys.stderr)
    with database(config) as found, psycopg.connect(found.dsn, autocommit=True) as connection:
        lost = lost_blobs(named_blobs(found.dsn), config.archive_path / "archive")
        for words, digests in (("已损坏 / damaged", damaged), ("缺失 / lost", lost)):
            for digest in digests:
                print(f"{words}: {digest}")
                for study, instance, device in connection.execute(WHERE, (digest, digest)):
                    print(f"  检查 / study {study}, 图像 / instance {instance}, 设备 / device {device}")
    print(f"{checked} 个文件 / files; 已损坏 / damaged: {len(damaged)}; 缺失 / lost: {len(lost)}")
    return 1 if damaged or lost else 0
