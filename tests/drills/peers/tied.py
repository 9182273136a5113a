"""`python tied.py PARENT PROGRAM ...`: become a program that is killed when its parent is gone.

However the parent ended; the process id stays the same. On Linux; elsewhere the program is not tied.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h; it outlives execve


def main() -> None:
    """Tie this process, then become the program. Does not return."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it ended before we were tied
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - what the comparison runs


if __name__ == "__main__":
    main()
