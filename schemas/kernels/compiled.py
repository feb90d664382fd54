"""The compiled kernels: found in the user's cache, or compiled on the spot and put there.

One file holds all of them for one machine. Its name says what it was compiled from and for: the kernels' source, the
versions of Python, numba and llvmlite, the processor and its abilities; so a moved checkout, a second Python or a new
version each finds its own, and none is ever changed. It appears in one step when it is complete, so that two
processes at once, or one that is killed, leave nothing half-written. Nothing is written into the package's folder.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from schemas.support.user_cache import cache_folder, read_cache

#: Takes what numba passes for the arguments, and returns its status.
Entry = Callable[[Sequence[int]], int]

_loading = threading.Lock()


def compiled_entry(name: str, words: int) -> Entry:
    """Return a kernel that takes that many words; compile all kernels where that was never done."""
    address = _program().get_function_address(name)
    if not address:
        raise RuntimeError(f"{name} is in no module that schemas.kernels.build names")
    result, fault = ctypes.c_void_p(), ctypes.c_void_p()
    places = (ctypes.byref(result), ctypes.byref(fault))
    # ctypes lets other threads run meanwhile.
    call = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * words)(address)
    return lambda arguments: int(call(*places, *arguments))


def cache_file() -> Path:
    """The file of this source, these versions and this machine."""
    llvm = _llvm()
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    parts = (sys.implementation.cache_tag, version("numba"), llvm.llvm_version_info, *host())
    digest.update(repr(parts).encode())
    return cache_folder() / f"kernels-{digest.hexdigest()[:32]}.o"


def host() -> tuple[str, str, str]:
    """System, processor, and what it can do beyond the usual."""
    llvm = _llvm()
    return llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _llvm() -> Any:
    import llvmlite.binding  # noqa: PLC0415  # only commands that run kernels load the compiler's library

    return llvmlite.binding


@functools.cache
def _loaded() -> Any:
    llvm = _llvm()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    code = read_cache(cache_file())
    if code is None:
        from schemas.kernels.build import build  # noqa: PLC0415  # numba is loaded only to compile

        code = build()
    engine = llvm.create_mcjit_compiler(
        llvm.parse_assembly(""), llvm.Target.from_default_triple().create_target_machine()
    )
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def _program() -> Any:
    with _loading:
        return _loaded()
