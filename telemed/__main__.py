"""telemed COMMAND: what operators type, and what the supervisor starts."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from telemed.config import Faulty

# name → (module below telemed.commands, what it does)
COMMANDS = {
    "up": ("up", "启动整个系统 / start everything on this machine"),
    "serve": ("serve", "只启动网页与接口服务 / the web server alone"),
    "migrate": ("migrate", "升级数据库结构 / bring the database forward"),
    "openapi": ("openapi", "输出接口描述 / print the OpenAPI document"),
    "check-config": ("check_config", "检查配置 / report every fault of the configuration"),
    "audit": ("audit", "audit verify：核验审计链；audit retention：清理到期记录 / verify the chain, drop old rows"),
    "scrub": ("scrub", "校验档案中的每个文件 / verify every file of the archive"),
    "replay-recognition": ("replay_recognition", "重放互认决定 / make decisions of recognition again and compare"),
    "export-imaging-index": (
        "export_imaging_index",
        "医保影像云索引与检查清单 / rows for the national imaging-cloud index, manifests",
    ),
    "backup": ("backup", "备份到目录 / back up to a folder"),
    "restore": ("restore", "从备份恢复 / restore from a backup"),
    "admin": ("admin", "admin create：建立首位管理员 / create the first administrator"),
    "laboratory": ("laboratory", "登记检验系统 / let laboratory systems send, list who tries"),
    "report-uploads": ("report_uploads", "报告上传省平台 / reports to the provincial platform: list, retry"),
    "opinion": ("opinion", "opinion verify：核验会诊意见书 / verify a sealed consultation opinion, offline"),
    "picture-links": ("picture_links", "一次性影像链接 / one-time links to images: list, revoke"),
    "cds-client": ("cds_client", "开单时可调用互认服务的医院系统 / hospital systems that may ask at order time"),
    "demo-login": ("demo_login", "演示账号及其动态口令 / the demo's log-ins and their codes"),
    "selftest": ("selftest", "自检 / prove this installation from end to end"),
    "install-service": ("install_service", "安装 systemd 服务 / install as a systemd service"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; only its own module is imported, so that each starts fast."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        print("用法 / usage: telemed COMMAND [--help]\n")
        for name, (_, text) in COMMANDS.items():
            print(f"  {name:18} {text}")
        return
    if given[0] not in COMMANDS:
        sys.exit(f"没有命令 {given[0]} / there is no command {given[0]}; telemed --help")
    command = importlib.import_module(f"telemed.commands.{COMMANDS[given[0]][0]}")
    parser = argparse.ArgumentParser(prog=f"telemed {given[0]}", description=COMMANDS[given[0]][1])
    command.configure(parser)
    os.umask(0o077)  # images, logs and keys are for this user alone
    try:
        status = command.run(parser.parse_args(given[1:]))
    except Faulty as error:
        sys.exit(str(error))
    sys.exit(status)


if __name__ == "__main__":
    main()
