"""Inputs to begin with: good ones, and each of them a little wrong."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CORPUS", "corpus"]

CORPUS = Path(__file__).parent / "corpus"


def corpus(target: str) -> list[bytes]:
    """What is known of a target: an input a file."""
    return [file.read_bytes() for file in sorted((CORPUS / target).iterdir()) if file.is_file()]
