"""Why a data set is refused: the word, the status, the sentence for the sender and for the person who looks into it."""

from dataclasses import dataclass

from telemed.vocabulary import Text


@dataclass(frozen=True, slots=True)
class Reason:
    """One kind of fault.  status is C-STORE's (PS3.4 B.2.3), comment fits (0000,0902): ASCII, at most 64."""

    status: int
    comment: str
    text: Text


REASONS: dict[str, Reason] = {
    "data-set-empty": Reason(
        0xC000, "Cannot understand: empty data set", Text("数据为空：没有收到任何图像内容", "The data set is empty")
    ),
    "data-set-truncated": Reason(
        0xC000,
        "Cannot understand: data set is truncated",
        Text("数据不完整：在保存或传输中被截断", "The data set is cut off: it was damaged before or while it was sent"),
    ),
    "data-set-unreadable": Reason(
        0xC000,
        "Cannot understand: not a data set in this transfer syntax",
        Text("数据无法解析：内容与声明的传输语法不符", "The bytes are no data set of the declared transfer syntax"),
    ),
    "nested-too-deep": Reason(
        0xC000,
        "Cannot understand: sequences nested too deep",
        Text("数据异常：序列嵌套过深", "Sequences are nested deeper than any real object"),
    ),
    "too-many-elements": Reason(
        0xC000,
        "Cannot understand: too many elements",
        Text("数据异常：数据元素过多", "There are more elements than in any real object"),
    ),
    "inflates-too-far": Reason(
        0xC000,
        "Cannot understand: deflated data set is too large",
        Text("数据异常：解压后过大", "The data set is out of all proportion once inflated"),
    ),
    "identifier-missing": Reason(
        0xC002,
        "Cannot understand: a required UID is missing",
        Text("缺少必需的唯一标识（检查、序列或图像 UID）", "A study, series or instance UID is missing"),
    ),
    "identifier-invalid": Reason(
        0xC003,
        "Cannot understand: a UID is not a UID",
        Text("唯一标识不合规（检查、序列或图像 UID）", "A study, series or instance UID is not a UID"),
    ),
    "sop-class-mismatch": Reason(
        0xA900,
        "Data set does not match SOP class",
        Text("图像类型与发送声明不一致", "The data set is of another SOP class than announced"),
    ),
    "sop-instance-mismatch": Reason(
        0xC001,
        "SOP instance UID differs from the announced one",
        Text("图像 UID 与发送声明不一致", "The data set has another SOP instance UID than announced"),
    ),
    "image-too-large": Reason(
        0xC004,
        "Cannot understand: rows x columns too large",
        Text("图像尺寸异常：行列数过大", "One frame is larger than any real image"),
    ),
    "pixel-data-missing": Reason(
        0xC005,
        "Cannot understand: an image without pixel data",
        Text(
            "缺少像素数据：在保存或传输中被截断", "The image has no pixels: it was cut off before or while it was sent"
        ),
    ),
    "pixel-data-too-short": Reason(
        0xC005,
        "Cannot understand: pixel data shorter than rows x columns",
        Text("像素数据不完整：比行列数要求的短", "There are fewer pixels than rows and columns ask for"),
    ),
}


@dataclass(frozen=True, slots=True)
class Malformed:
    """The data set is not stored as an instance; its bytes are kept for a person to decide."""

    reason: str
    #: The byte at which it went wrong, or the tag; no patient data.
    detail: str

    @property
    def status(self) -> int:
        return REASONS[self.reason].status

    @property
    def comment(self) -> str:
        return REASONS[self.reason].comment

    @property
    def text(self) -> Text:
        return REASONS[self.reason].text
