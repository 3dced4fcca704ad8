"""Why a room refuses something, in Chinese and English: what happened, what was kept, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telemed.vocabulary import Text


@dataclass(frozen=True)
class Refusal:
    """code: stable word that clients may switch on. facts: what helps to go on, such as the version that stands."""

    code: str
    facts: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])

    @property
    def text(self) -> Text:
        return WORDS[self.code]

    @property
    def msg(self) -> dict[str, str]:
        return {"zh": self.text.zh, "en": self.text.en}


WORDS: Mapping[str, Text] = {
    "malformed": Text(
        "内容格式不正确，未作任何改动。", "The content does not have the form it needs; nothing was changed."
    ),
    "unknown-kind": Text(
        "本服务器不认识这个操作，未作任何改动。请刷新页面。",
        "This server does not know that step; nothing was changed. Load the page again.",
    ),
    "not-by-socket": Text(
        "这一步须在专门的页面完成，未作任何改动。", "This step has a page of its own; nothing was changed here."
    ),
    "room-closed": Text("会诊室已关闭，内容只可查看。", "The room is closed; what is in it can be read only."),
    "room-open": Text("会诊室已经打开。", "The room is open already."),
    "not-present": Text(
        "您已不在会诊室内，未作任何改动。请重新进入。",
        "You are no longer in the room; nothing was changed. Come in again.",
    ),
    "superseded": Text(
        "您已在另一设备进入会诊室，本设备的操作未被接受。",
        "You have come in on another device; what this one sent was not taken.",
    ),
    "role-may-not": Text(
        "您在本会诊室的身份不能做这一步，未作任何改动。",
        "Your role in this room does not allow that step; nothing was changed.",
    ),
    "unknown-member": Text("名单中没有此人，未作任何改动。", "That person is not on the list; nothing was changed."),
    "denied": Text("主持人没有同意您进入会诊室。", "A moderator did not let you in."),
    "not-knocking": Text("此人现在没有在等候。", "That person is not waiting now."),
    "not-there": Text(
        "此人现在不在会诊室内，未作任何改动。", "That person is not in the room now; nothing was changed."
    ),
    "last-moderator": Text(
        "会诊室至少要有一位主持人，未作任何改动。", "A room needs a moderator; nothing was changed."
    ),
    "stale-presenter": Text(
        "主讲刚刚换人，您的操作未被接受。请按当前画面再试。",
        "The presenter has just changed; your step was not taken. Try again from what is shown now.",
    ),
    "presenter-held": Text(
        "现在有人主讲。可请求主讲，由主讲人或主持人交接。",
        "Somebody is presenting. Ask for it; the presenter or a moderator hands over.",
    ),
    "not-presenter": Text("现在不是您主讲，画面未同步给他人。", "You are not presenting; nobody else was shown this."),
    "foreign-image": Text(
        "这幅图像不属于本次会诊的检查资料，未作任何改动。",
        "That image is not of this room's studies; nothing was changed.",
    ),
    "mark-exists": Text("这个标注已经存在。", "That mark exists already."),
    "unknown-mark": Text("找不到这个标注。", "There is no such mark."),
    "mark-gone": Text("这个标注已被删除，您的修改未保存。", "That mark was taken away; your change was not kept."),
    "not-yours": Text(
        "只有标注人或主持人可以修改，未作任何改动。", "Its author or a moderator may change it; nothing was changed."
    ),
    "stale-version": Text(
        "内容已被他人更新，您的修改未保存。请查看最新内容后再改。",
        "Somebody has changed it meanwhile; yours was not kept. Look at what stands now and change that.",
    ),
    "base-needed": Text(
        "缺少所依据的版本号，未作任何改动。", "The version it starts from is missing; nothing was changed."
    ),
    "odd-points": Text(
        "标注的坐标不成对，未作任何改动。", "The points of the mark are not pairs; nothing was changed."
    ),
    "too-many": Text(
        "本会诊室的此类内容已达上限，未作任何改动。", "The room holds as many of these as it can; nothing was changed."
    ),
    "blank": Text("内容为空，未作任何改动。", "There is nothing in it; nothing was changed."),
    "no-consent": Text(
        "尚无患者同意录制的记录，录制未开始。请主持人先记录由谁、以何种方式同意。",
        "No consent of the patient to recording is on record; nothing is recorded. A moderator notes first who agreed "
        "and how.",
    ),
    "not-all-agreed": Text(
        "会诊室内还有人没有同意录制，录制未开始。请等每个人本人同意。",
        "Somebody in the room has not agreed to being recorded; nothing is recorded. Wait until everybody has.",
    ),
    "recording-runs": Text("已有一段录制在进行。", "A recording is running already."),
    "not-your-recording": Text(
        "只有开始录制的人可以上传这段录制，未保存。",
        "Only whoever started the recording sends its segments; this one was not kept.",
    ),
    "outside-recording": Text(
        "这一段超出录制的起止时间，未保存：录制停止以后的声音和画面不留存。",
        "That segment reaches beyond the recording and was not kept: nothing after its end is.",
    ),
    "recording-known": Text("这段录制已经存在。", "That recording exists already."),
    "not-recording": Text("这段录制没有在进行。", "That recording is not running."),
    "file-known": Text("这个文件已经在会诊室内。", "That file is in the room already."),
    "opinion-signed": Text(
        "会诊意见已签署，不能再改。可以补充说明。",
        "The opinion is signed and stays as it is. An addendum can be written.",
    ),
    "nothing-to-sign": Text(
        "没有这一版会诊意见，未签署。", "There is no such version of the opinion; nothing was signed."
    ),
    "too-fast": Text(
        "操作过于频繁，这一次未被接受。请稍候。", "Too many at once; this one was not taken. Wait a moment."
    ),
    "cid-taken": Text("操作编号重复，未作任何改动。", "The number of that step is taken; nothing was changed."),
    "server-busy": Text(
        "服务器暂时没有响应。操作保留在本机，稍后自动重发。",
        "The server does not answer for now. The step is kept here and sent again.",
    ),
}
