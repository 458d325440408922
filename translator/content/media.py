"""Images, sounds, films and documents in messages: where they are, never what is in them."""

from __future__ import annotations

from translator.content.values import BLOB, MIME_KEYS, first_string, json_of, text_of, without_blobs
from translator.model import Json

_HOLDERS = (
    "source", "file", "image_url", "input_audio", "inlineData", "inline_data", "fileData",
    "file_data", "image", "document", "video", "audio", "video_url", "audio_url", "s3Location",
)  # fmt: skip
_URLS = (
    "uri", "url", "fileUri", "file_uri", "fileUrl", "file_url", "image_url", "imageUrl",
    "audio_url", "video_url", "document_url",
)  # fmt: skip
_FILE_IDS = ("file_id", "fileId")
_DATA = ("data", "bytes", "base64", "image", "audio", "video", "file_data", "file", "blob")
_OWN = frozenset({"blob", "uri", "file"})
_MODALITIES = {"image": "image", "audio": "audio", "video": "video", "application": "document",
               "text": "document"}  # fmt: skip
_LONGEST_SCHEME = 16


def media(block: dict[str, Json], modality: str) -> dict[str, Json]:
    """Makes a `blob`, `uri` or `file` part of a block with an image or the like.

    Args:
        block: The block as logged, of any provider.
        modality: "image", "audio", "video" or "document", for blocks that do not tell theirs.

    Returns:
        The part; a part of text for documents that are text, and for blocks that hold no medium.
    """
    flat = _flattened(block)
    texts = _text_inside(flat)
    if texts:
        return {"type": "text", "content": texts}
    url = first_string(flat, _URLS)
    data = next((flat[key] for key in _DATA if flat.get(key)), None)
    if not url and type(data) is str and ("://" in data[:_LONGEST_SCHEME] or data[:5] == "data:"):
        url = data
    mime = _mime_type(flat, url, modality)
    said = block.get("modality")
    told = said if type(said) is str else _MODALITIES.get(mime.partition("/")[0], modality)
    if url and not url.startswith("data:"):
        return {"type": "uri", "modality": told, "mime_type": mime, "uri": url}
    file_id = first_string(flat, _FILE_IDS)
    if file_id and not url:
        return {"type": "file", "modality": told, "mime_type": mime, "file_id": file_id}
    if url or data or block.get("type") == "blob":
        return {"type": "blob", "modality": told, "mime_type": mime, "content": BLOB}
    return {"type": "text", "content": json_of(block)}


def _flattened(block: dict[str, Json]) -> dict[str, Json]:
    """The block with what its holders hold, two levels down, beside its own keys."""
    flat = dict(block)
    for _ in range(2):
        for key in _HOLDERS:
            if type(flat.get(key)) is dict:
                flat.update(flat.pop(key))
    return flat


def _text_inside(flat: dict[str, Json]) -> str:
    """The text of a document that is text, or an empty one."""
    kind, data = flat.get("type"), flat.get("data")
    if type(data) is dict:
        return text_of(without_blobs(data))
    if kind == "text":
        return text_of(data)
    return text_of(flat.get("content")) if kind == "content" else ""


def _mime_type(flat: dict[str, Json], url: str, modality: str) -> str:
    said = first_string(flat, MIME_KEYS)
    if said:
        return said
    if url.startswith("data:"):
        return url[5:105].partition(",")[0].partition(";")[0]
    form = first_string(flat, ("format",))
    return f"{_FAMILIES.get(modality, modality)}/{form}" if form else ""


_FAMILIES = {"document": "application"}
