"""A node parser of LlamaIndex whose character indices are exact.

LlamaIndex looks each node's text up in the document again, and so gives wrong
indices where text repeats; here they are those of the chunks.
"""

from collections.abc import Sequence
from typing import Any

from scriptio.chunking import Chunker
from scriptio.errors import MissingDependencyError

try:
    from llama_index.core.node_parser import NodeParser
    from llama_index.core.node_parser.node_utils import build_nodes_from_splits
    from llama_index.core.schema import BaseNode, Document, MetadataMode, TextNode
except ImportError as error:
    raise MissingDependencyError("llama-index-core") from error

__all__ = ["ChunkerNodeParser"]


class ChunkerNodeParser(NodeParser):
    """Parses documents into nodes by a `Chunker`.

    A node's text is that of its chunk, white space included; its
    `start_char_idx` and `end_char_idx` are code points of the document's text.
    Its metadata have `context`, the prefix of the chunk, and `path`, where
    there are such; LlamaIndex puts metadata before the text that is embedded.
    Chunks of white space alone are left out.

    Args:
        chunker: What makes the chunks.

    Examples:
        >>> from llama_index.core import Document
        >>> from scriptio import Chunker
        >>> parser = ChunkerNodeParser(chunker=Chunker(chunk_size=12))
        >>> nodes = parser.get_nodes_from_documents([Document(text="It rained. It rained.")])
        >>> [(node.start_char_idx, node.end_char_idx) for node in nodes]
        [(0, 11), (11, 21)]
    """

    chunker: Chunker

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex knows it by."""
        return "ChunkerNodeParser"

    def _parse_nodes(
        self,
        nodes: Sequence[BaseNode],
        show_progress: bool = False,  # noqa: ARG002 (chunking takes no time worth a bar)
        **kwargs: Any,  # noqa: ARG002 (the signature of the host)
    ) -> list[BaseNode]:
        texts = [node.get_content(metadata_mode=MetadataMode.NONE) for node in nodes]
        parsed: list[BaseNode] = []
        for node, chunks in zip(nodes, self.chunker.chunk_batch(texts), strict=True):
            kept = [chunk for chunk in chunks if chunk.text.strip()]
            made = build_nodes_from_splits(
                [chunk.text for chunk in kept], node, id_func=self.id_func
            )
            for one, chunk in zip(made, kept, strict=True):
                one.start_char_idx, one.end_char_idx = chunk.start, chunk.end
                if chunk.prefix:
                    one.metadata["context"] = chunk.prefix
                if chunk.path:
                    one.metadata["path"] = list(chunk.path)
            parsed += made
        return parsed

    def _postprocess_parsed_nodes(
        self, nodes: list[BaseNode], parent_doc_map: dict[str, Document]
    ) -> list[BaseNode]:
        # The base class relates nodes and documents, and searches for the indices again.
        exact = [
            (node, node.start_char_idx, node.end_char_idx)
            for node in nodes
            if isinstance(node, TextNode)
        ]
        nodes = super()._postprocess_parsed_nodes(nodes, parent_doc_map)
        for node, start, end in exact:
            node.start_char_idx, node.end_char_idx = start, end
        return nodes
