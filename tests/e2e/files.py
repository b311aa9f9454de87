"""System calls that Python does not wrap, through the C library."""

import ctypes
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.lseek.restype = ctypes.c_int64
libc.lseek.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int]
libc.getdents64.restype = ctypes.c_ssize_t

AT_FDCWD = -100
RENAME_NOREPLACE = 1
RENAME_EXCHANGE = 2


def checked(result, path=None):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return result


def renameat2(source, target, flags):
    source, target = os.fsencode(source), os.fsencode(target)
    checked(libc.renameat2(AT_FDCWD, source, AT_FDCWD, target, ctypes.c_uint(flags)), source)


def directory_entries(fd, size=4096):
    """One getdents64: (name, cookie to go on behind it) for each entry; [] at the end."""
    buffer = ctypes.create_string_buffer(size)
    used = checked(libc.getdents64(fd, buffer, ctypes.c_size_t(size)))
    entries, at = [], 0
    while at < used:
        _, cookie, length, _ = struct.unpack_from("=QqHB", buffer.raw, at)
        name = buffer.raw[at + 19 : at + length].split(b"\0", 1)[0].decode()
        if name not in (".", ".."):
            entries.append((name, cookie))
        at += length
    return entries if entries or used == 0 else directory_entries(fd, size)


def seek_directory(fd, cookie):
    if libc.lseek(fd, cookie, os.SEEK_SET) < 0:
        checked(-1)


def all_entries(fd):
    while entries := directory_entries(fd):
        yield from entries
