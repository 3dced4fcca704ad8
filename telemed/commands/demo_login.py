"""Say with which account of the demo county to sign in, and its one-time code of this moment."""

import argparse
import sys
import time
from pathlib import Path

from pyotp.totp import TOTP

from telemed.commands import settings
from telemed.commands.up import use_default_state
from telemed.demo.person import accounts_of


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument(
        "username", nargs="?", metavar="USER", help="显示其密码和当前动态口令 / show password and one-time code"
    )


def run(arguments: argparse.Namespace) -> int:
    use_default_state(arguments)
    path = settings.read(arguments).demo_accounts
    if not path.exists():
        print(f"这里没有演示账号：{path}。请先启动 ./run / no demo log-ins here: start ./run first", file=sys.stderr)
        return 1
    return _one(path, arguments.username) if arguments.username else _all(path)


def _all(path: Path) -> int:
    for username, account in accounts_of(path).items():
        print(f"  {username:14} {account['name']}  {account['title']}  {account['organization']}")
    print("\n  ./run telemed demo-login USER  显示密码和当前动态口令 / shows password and one-time code")
    return 0


def _one(path: Path, username: str) -> int:
    account = accounts_of(path).get(username)
    if account is None:
        print(f"没有演示账号 {username} / there is no demo log-in {username}", file=sys.stderr)
        return 1
    print(f"  账号 / user        {username}  {account['name']}  {account['title']}  {account['organization']}")
    print(f"  密码 / password    {account['password']}")
    if secret := account["totp_secret"]:
        left = 30 - int(time.time()) % 30
        code = TOTP(secret).now()
        print(f"  动态口令 / code    {code}  （还有 {left} 秒有效，只能用一次 / valid for {left} s, and once）")
    return 0
