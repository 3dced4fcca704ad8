"""Become another user, ask to die with the parent, then become the program.

Started by path as a program of its own (see child.py): a hook between fork and exec could deadlock, and the order
here matters.  Linux forgets the parent-death signal when the uid changes (prctl(2)), so privileges go first.

Arguments: parent-pid signal uid gid program arguments...  A uid of -1 keeps the user.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    parent, signal_number, uid, gid = (int(argument) for argument in sys.argv[1:5])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # what this interpreter or the supervisor ignores or blocks would stay so in the program
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        sys.exit(f"prctl(PR_SET_PDEATHSIG): {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit("the supervisor has ended")
    os.execv(sys.argv[5], sys.argv[5:])  # noqa: S606  arguments come from child.py alone


main()
