"""The own session: signing in and out, second factor, lock screen, password."""

from __future__ import annotations

from typing import Any

import segno

from telemed.access.account_routes import account_endpoints
from telemed.access.accounts import FirstPerson, create_admin, first_organization, spend_setup_link
from telemed.access.codes import provisioning_uri
from telemed.access.gate import SessionGate, open_steps
from telemed.access.messages import (
    CodeBody,
    Me,
    NewPasswordBody,
    Offer,
    PasswordBody,
    SetupBody,
    SignInBody,
)
from telemed.access.policy import ADMINISTRATORS, awaits_second_factor, scope
from telemed.access.sessions import Standing, digest
from telemed.access.signin import SignIn
from telemed.access.store import SessionRow, queries, sessions_by_token
from telemed.access.trail import trail_endpoints
from telemed.db import execute
from telemed.errors import Invalid, NotFound
from telemed.http.wire import PUBLIC, Authenticated, Call, Endpoint, Nothing, RateClass
from telemed.vocabulary import Action, Role, ScopeKind, Text

LOCK_AFTER_SECONDS = 600  # without a key or a mouse the page asks for the lock screen


class SessionRoutes:
    """Handlers over one gate and one sign-in. county: shown in the authenticator app."""

    def __init__(self, gate: SessionGate, sign_in: SignIn, county: str) -> None:
        self._gate = gate
        self._sign_in = sign_in
        self._county = county

    async def sign_in(self, call: Call[Nothing, SignInBody]) -> Me:
        """Sign in. A session already open on this PC ends: 快速切换用户; its drafts are saved work, not session."""
        body = call.body
        known = await self._sign_in.known_account(body.username)
        if known is not None:
            # A refused try stands on the account's record too; what was typed is written nowhere.
            call.about("account", known)
        proven = await self._sign_in.prove(body.username, body.password, body.totp, call.now)
        replaces = None if call.authenticated is None else call.authenticated.principal.session_id
        async with call.transaction() as tx:
            token, session_id = await self._sign_in.open(tx, proven, replaces, call.now)
            call.about("session", session_id)
            own = digest(token)
            row = (await sessions_by_token(tx, [own], call.now)).get(own)
            if row is None:
                raise LookupError("a session that was opened a moment ago is gone")
            # The audit row of a sign-in names who came in, not who sat here before.
            call.authenticated = Authenticated(self._gate.principal(row, call.now), row.csrf_token)
        call.cookies.append(lambda answer: self._gate.cookie.give(answer, token))
        return self._me(row, call)

    async def me(self, call: Call[Nothing, Nothing]) -> Me:
        return self._me(await self._session(call), call)

    async def sign_out(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await execute(
                tx,
                queries["end_session"],
                {"session_id": call.principal.session_id, "now": call.now, "reason": "sign-out"},
            )
        call.cookies.append(self._gate.cookie.take)

    async def lock(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await execute(tx, queries["lock_session"], {"session_id": call.principal.session_id, "now": call.now})

    async def unlock(self, call: Call[Nothing, PasswordBody]) -> Me:
        who = call.principal
        await self._sign_in.confirm_signature(who, call.body.password, call.now)
        async with call.transaction() as tx:
            await execute(tx, queries["unlock_session"], {"session_id": who.session_id, "now": call.now})
        return self._me(await self._session(call), call)

    async def second_factor(self, call: Call[Nothing, CodeBody]) -> Me:
        who = call.principal
        step, offered = await self._sign_in.prove_second_factor(who, call.body.code, call.now)
        async with call.transaction() as tx:
            await self._sign_in.admit_second_factor(tx, who, step, offered, call.now)
        return self._me(await self._session(call), call)

    async def offer(self, call: Call[Nothing, PasswordBody]) -> Offer:
        secret, account = await self._sign_in.offer_second_factor(call.principal, call.body.password, call.now)
        async with call.transaction() as tx:
            await self._sign_in.keep_offer(tx, account.id, secret)
        uri = provisioning_uri(secret, account.username, self._county)
        return Offer(secret=secret, uri=uri, qr=segno.make(uri, error="m").svg_data_uri(scale=4, border=2))

    async def password(self, call: Call[Nothing, NewPasswordBody]) -> Me:
        """Change the password; every other session of the account ends."""
        who = call.principal
        row = await self._session(call)
        encoded = await self._sign_in.new_password(row, call.body.password, call.body.new_password, call.now)
        async with call.transaction() as tx:
            account = {"account_id": who.account_id, "now": call.now}
            await execute(tx, queries["set_password"], {**account, "hash": encoded, "must_change": False})
            ended = {**account, "reason": "password", "but": who.session_id}
            await execute(tx, queries["end_sessions_of_account"], ended)
        return self._me(await self._session(call), call)

    async def setup(self, call: Call[Nothing, SetupBody]) -> None:
        """Make the first three administrators, three people, by the one-time link."""
        body = call.body
        roles = [one.role for one in body.administrators]
        if len(roles) != len(ADMINISTRATORS) or frozenset(roles) != ADMINISTRATORS:
            raise Invalid(
                "setup-three-people",
                "须分别设置系统管理员、安全管理员、审计管理员三个人。",
                "Set up three people: system, security and audit administrator.",
            )
        people = [
            FirstPerson(
                role=Role(one.role),
                name=one.name,
                username=one.username,
                password_hash=await self._sign_in.hash_new(one.password, one.username),
            )
            for one in body.administrators
        ]
        async with call.transaction() as tx:
            await spend_setup_link(tx, body.token, call.now)
            organization_id = await first_organization(
                tx,
                code=body.organization_code,
                name=body.organization_name,
                kind="lead-hospital",
                now=call.now,
            )
            for person in people:
                call.about("account", await create_admin(tx, organization_id, person, call.now))

    async def _session(self, call: Call[Any, Any]) -> SessionRow:
        row = await self._gate.session(call.request, call.now)
        if row is None:
            raise NotFound("session-over", "登录已失效，请重新登录。", "The session is over; please sign in again.")
        return row

    def _me(self, row: SessionRow, call: Call[Any, Any]) -> Me:
        gate = self._gate
        who = gate.principal(row, call.now)
        return Me(
            name=row.name,
            username=row.username,
            account_id=row.account_id,
            practitioner_id=row.practitioner_id,
            session_id=row.session_id,
            title=row.title,
            roles=[Role(one) for one in row.roles],
            actions=[
                one.value
                for one in Action
                if scope(who, one).kind is not ScopeKind.NOWHERE and not awaits_second_factor(who, one)
            ],
            organization_id=row.organization_id,
            organization_name=row.organization_name,
            organization_name_en=row.organization_name_en,
            organization_kind=row.organization_kind,
            csrf_token=row.csrf_token,
            needs=open_steps(row, gate.limits, call.now),
            locked=gate.standing(row, call.now) is Standing.LOCKED,
            expires_at=row.expires_at,
            second_factor_at=who.second_factor_at,
            second_factor_until=None if who.second_factor_at is None else who.second_factor_at + gate.limits.shift,
            lock_after_seconds=LOCK_AFTER_SECONDS,
            server_time=call.now,
        )


def endpoints(gate: SessionGate, sign_in: SignIn, county: str) -> list[Endpoint]:
    """Every route of access. county: the name an authenticator app shows."""
    return [*session_endpoints(gate, sign_in, county), *account_endpoints(sign_in), *trail_endpoints()]


def session_endpoints(gate: SessionGate, sign_in: SignIn, county: str) -> list[Endpoint]:
    own = SessionRoutes(gate, sign_in, county)
    use = Action.SESSION_USE
    return [
        Endpoint(
            "POST",
            "/api/session",
            PUBLIC,
            own.sign_in,
            Text("登录", "Sign in"),
            body=SignInBody,
            returns=Me,
            rate=RateClass.SIGN_IN,
        ),
        Endpoint(
            "GET",
            "/api/session",
            use,
            own.me,
            Text("当前登录人", "Who is signed in"),
            returns=Me,
            when_locked=True,
            audited=False,
        ),
        Endpoint("DELETE", "/api/session", use, own.sign_out, Text("退出登录", "Sign out"), when_locked=True),
        Endpoint("POST", "/api/session/lock", use, own.lock, Text("锁定屏幕", "Lock the screen"), when_locked=True),
        Endpoint(
            "POST",
            "/api/session/unlock",
            use,
            own.unlock,
            Text("解锁屏幕", "Unlock the screen"),
            body=PasswordBody,
            returns=Me,
            rate=RateClass.SIGN_IN,
            when_locked=True,
        ),
        Endpoint(
            "POST",
            "/api/session/second-factor",
            use,
            own.second_factor,
            Text("验证动态口令", "Prove the second factor"),
            body=CodeBody,
            returns=Me,
            rate=RateClass.SIGN_IN,
        ),
        Endpoint(
            "POST",
            "/api/session/second-factor/enrol",
            use,
            own.offer,
            Text("绑定动态口令", "Bind an authenticator"),
            body=PasswordBody,
            returns=Offer,
            rate=RateClass.SIGN_IN,
        ),
        Endpoint(
            "POST",
            "/api/session/password",
            use,
            own.password,
            Text("修改密码", "Change the password"),
            body=NewPasswordBody,
            returns=Me,
            rate=RateClass.SIGN_IN,
        ),
        Endpoint(
            "POST",
            "/api/setup",
            PUBLIC,
            own.setup,
            Text("首次设置管理员", "Set up the first administrators"),
            body=SetupBody,
            status=204,
            rate=RateClass.SIGN_IN,
        ),
    ]
