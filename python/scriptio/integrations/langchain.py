"""A `TextSplitter` of LangChain whose start indices are exact.

LangChain's own splitters look a chunk up in the text again, from a place that
mixes characters with the units of the length function, and so give wrong ones
where text repeats.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from scriptio.chunking import Chunk, Chunker
from scriptio.errors import MissingDependencyError

try:
    from langchain_core.documents import Document
    from langchain_text_splitters import TextSplitter
except ImportError as error:
    raise MissingDependencyError("langchain-text-splitters") from error

__all__ = ["ChunkerTextSplitter"]


class ChunkerTextSplitter(TextSplitter):
    """Splits documents by a `Chunker`.

    A document's text is the prefix of its chunk, if it has one, and the chunk.
    Its metadata are those of the text, with `start_index` if asked for, in code
    points, and `path` where the chunk lies in sections. Chunks of white space
    alone are left out.

    Args:
        chunker: What makes the chunks.
        add_start_index: Put `start_index` into the metadata.
        strip_whitespace: Leave out white space on either side of each chunk;
            `start_index` is where what is left starts.

    Raises:
        TypeError: `chunker` is none.

    Examples:
        >>> from scriptio import Chunker
        >>> splitter = ChunkerTextSplitter(Chunker(chunk_size=12), add_start_index=True)
        >>> splitter.create_documents(["It rained. It rained."])[1].metadata
        {'start_index': 11}
    """

    def __init__(
        self, chunker: Chunker, *, add_start_index: bool = False, strip_whitespace: bool = True
    ) -> None:
        if not isinstance(chunker, Chunker):
            raise TypeError(f"chunker must be a Chunker, not {type(chunker).__name__}")
        super().__init__(
            chunk_size=chunker.chunk_size,
            chunk_overlap=chunker.chunk_overlap,
            add_start_index=add_start_index,
            strip_whitespace=strip_whitespace,
        )
        self._chunker = chunker

    def split_text(self, text: str) -> list[str]:
        """The chunks of one text, with their prefixes.

        Raises:
            TypeError: As `Chunker.chunk`.
            ValueError: As `Chunker.chunk`.
        """
        return [content for content, _, _ in self._split(self._chunker.chunk(text))]

    def create_documents(
        self, texts: Iterable[str], metadatas: list[dict[Any, Any]] | None = None
    ) -> list[Document]:
        """A document for each chunk of each text.

        Args:
            texts: The texts.
            metadatas: What to know of each text; copied to each of its chunks.

        Raises:
            TypeError: As `Chunker.chunk_batch`.
            ValueError: As `Chunker.chunk_batch`, or there are not as many
                metadata as texts.
        """
        items = list(texts)
        known = metadatas or [{} for _ in items]
        documents = []
        for own, chunks in zip(known, self._chunker.chunk_batch(items), strict=True):
            for content, start, path in self._split(chunks):
                metadata = deepcopy(own)
                if self._add_start_index:
                    metadata["start_index"] = start
                if path:
                    metadata["path"] = list(path)
                documents.append(Document(page_content=content, metadata=metadata))
        return documents

    def _split(self, chunks: Iterable[Chunk]) -> list[tuple[str, int, tuple[str, ...]]]:
        found = []
        for chunk in chunks:
            start, text = chunk.start, chunk.text
            if not text.strip():
                continue
            if self._strip_whitespace:
                start += len(text) - len(text.lstrip())
                text = text.strip()
            found.append((chunk.prefix + text, start, chunk.path))
        return found
