"""A kernel that refuses io_uring, for one child: a seccomp filter made with two prctl calls.

Usable as subprocess's preexec_fn: without_io_uring(errno.EPERM) is what container runtimes do, ENOSYS what an old
kernel says. The number of io_uring_setup is the same on every architecture.
"""

import ctypes
import errno
import struct

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
IO_URING_SETUP = 425
LOAD_NUMBER, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


class _Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def without_io_uring(error=errno.EPERM):
    """A function that makes io_uring_setup fail with error in the calling process and its children."""
    def install():
        code = b"".join(struct.pack("HBBI", *step) for step in (
            (LOAD_NUMBER, 0, 0, 0), (JUMP_EQUAL, 0, 1, IO_URING_SETUP), (RETURN, 0, 0, ERRNO | error),
            (RETURN, 0, 0, ALLOW)))
        libc = ctypes.CDLL(None, use_errno=True)
        steps = ctypes.create_string_buffer(code, len(code))
        program = _Program(4, ctypes.addressof(steps))
        for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program))):
            if libc.prctl(*arguments, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")
    return install
