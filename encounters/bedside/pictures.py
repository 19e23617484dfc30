"""Photographs from telephones and tablets: read as pictures, made anew, so that nothing but the picture is kept.

Where it was taken, by which device and a hidden thumbnail stand in a photograph's EXIF; a file may also be a picture and
something else at once. None of that survives being drawn again.
"""

import io
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from emr.common.errors import DomainError
from emr.storage.strangers import kind_of

LARGEST_MB = 15
MOST_PIXELS = 50_000_000  # a telephone's best camera; what unpacks to more is no photograph
LONGEST_SIDE = 2400  # enough to see a stitch, a fifth of the bytes
QUALITY = 85
MOST = 4  # at one time


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of our own making."""

    data: bytes
    width: int
    height: int


def clean_picture(data: bytes) -> Picture:
    """The photograph upright, at most LONGEST_SIDE wide or high, without metadata.

    Raises DomainError (field `photos`): too large, neither JPEG nor PNG by its content, or not to be read.
    """
    if len(data) > LARGEST_MB * 1024 * 1024:
        raise DomainError(
            _("A photograph is at most %(n)d MB.") % {"n": LARGEST_MB}, code="too_large", field="photos"
        )
    if kind_of(data) not in {"image/jpeg", "image/png"}:
        raise DomainError(_("Only photographs (JPEG, PNG) are taken."), code="bad_file", field="photos")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DomainError(
                    _("This picture has too many pixels."), code="too_many_pixels", field="photos"
                )
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DomainError(_("This picture can't be read."), code="bad_file", field="photos") from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A new picture: the old one's `info` (EXIF, comments, colour profile) would be written along.
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    kept = io.BytesIO()
    bare.save(kept, "JPEG", quality=QUALITY, optimize=True)
    return Picture(kept.getvalue(), bare.width, bare.height)
