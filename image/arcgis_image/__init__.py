"""Builds the images with whatever engine is there, measures them, and runs their files as a pod would.

It knows the operator and the simulator only as commands in an image. Start reading at `cli`.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "run" / "image"
TARGETS = ("operator", "simulator")


class ImageError(RuntimeError):
    """An image could not be built or is not as it should be. The message says what to do."""
