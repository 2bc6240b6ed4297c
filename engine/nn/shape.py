"""The shape of a residual network, told without loading torch.

He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition; depths 18 and 50 of its table 1.
"""

from typing import Annotated, Literal

from pydantic import Field

from engine.core.records import Record

BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}
EXPANSION = {18: 1, 50: 4}


class NetworkSettings(Record):
    """The shape of a network.

    Parameters
    ----------
    depth : int
        18 (two 3 x 3 convolutions a block) or 50 (bottlenecks).
    width : int
        Channels of the first stage: 64 as published.
    input_px, channels : int
        Side and channels of the square input.
    head : str
        ``pooled``: features averaged over the image, as published; ``spatial``: every place of the last map keeps its
        own weights, for inputs in a canonical pose.
    embedding : int
        Values of the embedding.
    classes : int
        Outputs of the second, classifying head; 0: none.
    """

    depth: Literal[18, 50] = 50
    width: Annotated[int, Field(ge=8, le=64)] = 64
    input_px: Annotated[int, Field(ge=32, le=512)] = 256
    channels: Literal[1, 3] = 3
    head: Literal["pooled", "spatial"] = "pooled"
    embedding: Annotated[int, Field(ge=8, le=2048)] = 256
    classes: Annotated[int, Field(ge=0, le=10_000)] = 0

    @property
    def last_channels(self) -> int:
        """Channels of the last map."""
        return self.width * 8 * EXPANSION[self.depth]

    @property
    def last_side(self) -> int:
        """Side of the last map: the input is halved five times."""
        return -(-self.input_px // 32)
