"""nftables in this process, by libnftables: one element takes 1 ms (the `nft` program 8). Runs in the hands child only."""

from __future__ import annotations

import ctypes
import functools

_JSON = 1 << 4
_ERROR_LENGTH = 500  # one mistake is told for every element


class NftRefused(Exception):
    """nftables did not take it, all of it; the text is its own."""


def run(text: str, json: bool = False) -> str:
    """Run these commands as one transaction in the calling thread's namespace; what they print. Raises NftRefused.

    A context is made for each call: it holds a socket of the namespace that it was made in.
    """
    library = _library()
    context = library.nft_ctx_new(0)
    if not context:
        raise NftRefused("no memory for a context")
    try:
        library.nft_ctx_buffer_output(context)
        library.nft_ctx_buffer_error(context)
        library.nft_ctx_output_set_flags(context, _JSON if json else 0)
        if library.nft_run_cmd_from_buffer(context, text.encode()) != 0:
            told = library.nft_ctx_get_error_buffer(context).decode(errors="replace").strip()
            raise NftRefused(told[:_ERROR_LENGTH])
        return str(library.nft_ctx_get_output_buffer(context).decode(errors="replace"))
    finally:
        library.nft_ctx_free(context)


@functools.cache
def _library() -> ctypes.CDLL:
    """libnftables with the types of what is called; raises OSError where it is not installed."""
    library = ctypes.CDLL("libnftables.so.1")
    library.nft_ctx_new.restype, library.nft_ctx_new.argtypes = ctypes.c_void_p, [ctypes.c_uint32]
    library.nft_ctx_free.restype, library.nft_ctx_free.argtypes = None, [ctypes.c_void_p]
    library.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    for name in ("output", "error"):
        getattr(library, f"nft_ctx_buffer_{name}").argtypes = [ctypes.c_void_p]
        get = getattr(library, f"nft_ctx_get_{name}_buffer")
        get.argtypes, get.restype = [ctypes.c_void_p], ctypes.c_char_p
    return library
