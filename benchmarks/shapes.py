"""What the bodies of a table are like, by the names of `--bodies`."""

from dataclasses import dataclass
from typing import Final

from benchmarks.tables import VARIANT_A, VARIANT_C


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What decides how large the rows are, and whether PostgreSQL keeps the bodies in them."""

    name: str
    create_table: str
    signature_bytes: int
    """Random bytes in the signature of each of a body's two addresses: what does not compress."""
    prompt_words: int
    long_prompt_words: int
    """Most words of three prompts in four, and of the fourth."""
    fewest_prompt_words: int = 8
    repeats_request: bool = False
    """Whether every finished answer holds the prompt twice."""
    video_bytes: int = 0
    """Random bytes of a video that stands in the body itself, as base64."""
    video_share: float = 0.0
    """Share of the recoverable bodies that hold one."""
    has_copies: bool = True
    """Whether the prompt, the format and the video's address stand in columns of their own too."""


OUT_OF_LINE: Final = Shape(
    name="out-of-line", create_table=VARIANT_A, signature_bytes=256, prompt_words=40, long_prompt_words=190
)
"""1.9 to 4.8 KB that hardly compress: PostgreSQL moves them out of the row."""
IN_LINE: Final = Shape(
    name="in-line",
    create_table=VARIANT_C,
    signature_bytes=40,
    prompt_words=41,
    long_prompt_words=41,
    fewest_prompt_words=28,
    repeats_request=True,
    has_copies=False,
)
"""About 2.3 KB, which PostgreSQL compresses to 1.3 KB and leaves in the row."""
LONG: Final = Shape(
    name="long",
    create_table=VARIANT_A,
    signature_bytes=256,
    prompt_words=40,
    long_prompt_words=190,
    video_bytes=75_000,
    video_share=0.2 / 0.95,
)
"""As out of line, but every fifth row's body holds a video too, and so has 100 KB."""
SHAPES: Final = {one.name: one for one in (OUT_OF_LINE, IN_LINE, LONG)}
