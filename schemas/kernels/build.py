"""Compiles all kernels: ``python -m schemas.kernels.build``, at set-up; else the first run that needs them does.

numba translates each, LLVM makes one object file of all of them that calls nothing but the C library.
"""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

import llvmlite.binding as llvm

from schemas.kernels.compiled import cache_file, host
from schemas.kernels.kernel import HELPERS, KERNELS, Kernel
from schemas.support.user_cache import read_cache, write_cache

#: Modules of this package that have kernels.
MODULES = (
    "blake2b",
    "cells",
    "contract",
    "csv_cells",
    "dates",
    "distinct",
    "emails",
    "findings",
    "keys",
    "known",
    "laid_out",
    "listed",
    "odd_phones",
    "phones",
    "records",
    "registry_lines",
    "row_bytes",
    "texts",
    "views",
)

#: What compiled code may call; anything else would be a kernel that raises or makes arrays.
_C_LIBRARY = frozenset({"memcpy", "memmove", "memset", "memcmp"})
#: Counts who uses an array. Ours have no owner, and then it does nothing.
_COUNTING = re.compile(r"^ +(?:tail )?call void @NRT_(?:incref|decref)\(.*\n", re.MULTILINE)


def build() -> bytes:
    """Compile, keep the result in the user's cache where that is possible, and return it. Says on stderr what it does.

    Raises `ValueError` when a kernel needs more than the C library.
    """
    path = cache_file()
    sys.stderr.write(f"leadscrub: compiling its loops for this machine, once: some seconds; kept in {path.parent}\n")
    code = compile_kernels()
    try:
        write_cache(path, code)
    except OSError as error:
        sys.stderr.write(
            f"leadscrub: the compiled loops could not be kept ({error.strerror}), and the next run compiles them "
            "again; make that folder writable, or name another in XDG_CACHE_HOME.\n"
        )
    return code


def compile_kernels() -> bytes:
    """Compile every kernel into one object file."""
    # Takes longer than all that needs no compiling.
    from numba.core import config  # noqa: PLC0415
    from numba.extending import register_jitable  # noqa: PLC0415

    triple, cpu, features = host()
    # By that LLVM would leave half of the widest registers unused where a processor has them.
    features += ",-prefer-256-bit" if "+avx512f" in features else ""
    # What numba reads when it compiles its first function.
    vars(config).update(CPU_NAME=cpu, CPU_FEATURES=features)
    for name in MODULES:
        importlib.import_module(f"schemas.kernels.{name}")
    for function in HELPERS:
        register_jitable(function)
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu, features, opt=3, reloc="default", codemodel="jitdefault", jit=True
    )
    program = llvm.parse_assembly("")
    for kernel in KERNELS.values():
        program.link_in(_module(kernel, machine))
    called = {function.name for function in program.functions if function.is_declaration}
    if strange := {name for name in called if not name.startswith("llvm.")} - _C_LIBRARY:
        raise ValueError(f"kernels that need more than the C library: {', '.join(sorted(strange))}")
    code: bytes = machine.emit_object(program)
    return code


def _module(kernel: Kernel[Any], machine: Any) -> Any:
    """The code of one kernel under its own name, without what numba adds to call it from Python."""
    import numba  # noqa: PLC0415  # as above

    types = [
        numba.types.int64 if dtype is None else numba.types.Array(numba.from_dtype(dtype), 1, "C")
        for dtype in kernel.dtypes
    ]
    compiled: Any = numba.njit(numba.types.void(*types), nogil=True, error_model="numpy")(kernel.function)
    (result,) = compiled.overloads.values()
    module = llvm.parse_assembly(_COUNTING.sub("", compiled.inspect_llvm(result.signature.args)))
    module.get_function(result.fndesc.llvm_func_name).name = kernel.name
    # Of everything else only what the kernel needs is kept.
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration and value.name != kernel.name:
            value.linkage = "internal"
    # numba has optimised it already.
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
    return module


def ensure_built() -> None:
    """Compile all kernels unless that was done before."""
    if read_cache(cache_file()) is None:
        build()


if __name__ == "__main__":
    ensure_built()
