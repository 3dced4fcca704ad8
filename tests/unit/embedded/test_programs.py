import pytest

from telemed.embedded.programs import Unsupported, refuse_unsupported


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("libc", ["glibc 2.28", "glibc 2.36", "glibc 3.0"])
def test_supported_machines_pass(machine: str, libc: str) -> None:
    refuse_unsupported("linux", machine, libc)


@pytest.mark.parametrize(
    ("system", "machine", "libc", "named"),
    [
        ("darwin", "x86_64", "", "darwin"),
        ("linux", "riscv64", "glibc 2.36", "riscv64"),
        ("linux", "loongarch64", "glibc 2.36", "loongarch64"),
        ("linux", "x86_64", "glibc 2.27", "glibc 2.27"),
        ("linux", "x86_64", "glibc 1.99", "glibc 1.99"),
        ("linux", "x86_64", "", "unknown"),
    ],
)
def test_anything_else_is_refused_by_name(system: str, machine: str, libc: str, named: str) -> None:
    with pytest.raises(Unsupported, match=named):
        refuse_unsupported(system, machine, libc)
