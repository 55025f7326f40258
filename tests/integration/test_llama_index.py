"""The node parser of LlamaIndex: exact character indices, relations, metadata."""

import pytest
from scriptio import Chunker

# Deprecations inside of a framework are not ours.
pytestmark = pytest.mark.filterwarnings("ignore")

core = pytest.importorskip("llama_index.core", reason="llama-index-core is not installed")

REPEATED = "It rained. It rained.\n\n It rained. It rained. It rained."


def parser(chunker, **options):
    from scriptio.integrations.llama_index import ChunkerNodeParser

    return ChunkerNodeParser(chunker=chunker, **options)


@pytest.mark.parametrize("overlap", [0, 13])
def test_indices_are_exact_where_text_repeats(overlap):
    chunker = Chunker("sentences", chunk_size=24, chunk_overlap=overlap)
    documents = [core.Document(text=REPEATED, metadata={"a": 1}), core.Document(text="Other.")]
    nodes = parser(chunker).get_nodes_from_documents(documents)
    chunks = chunker.chunk(REPEATED)
    for node, chunk in zip(nodes, chunks, strict=False):
        assert (node.start_char_idx, node.end_char_idx) == (chunk.start, chunk.end)
        assert REPEATED[node.start_char_idx : node.end_char_idx] == node.text
        assert node.ref_doc_id == documents[0].doc_id
        assert node.metadata == {"a": 1}
    assert len(nodes) == len(chunks) + 1
    assert nodes[1].prev_node.node_id == nodes[0].node_id
    assert (nodes[-1].start_char_idx, nodes[-1].end_char_idx) == (0, 6)
    assert nodes[-1].prev_node is None


def test_sections_and_context_are_in_the_metadata():
    from small_outline import SECTIONED, Law

    made = parser(Chunker(Law(), chunk_size=20, context=True), include_prev_next_rel=False)
    nodes = made.get_nodes_from_documents([core.Document(text=SECTIONED)])
    assert [(node.text, node.metadata) for node in nodes] == [
        ("§ 1 One.\n", {"path": ["§ 1"]}),
        ("§ 2 Two is long. ", {"path": ["§ 2"]}),
        ("Two again.", {"path": ["§ 2"], "context": "§ 2\n"}),
    ]
    assert nodes[0].next_node is None


def test_nodes_can_be_parsed_again_and_empty_text_gives_none():
    made = parser(Chunker(chunk_size=12))
    assert made.get_nodes_from_documents([core.Document(text=" \n")]) == []
    nodes = made([core.schema.TextNode(text=REPEATED)])
    assert [REPEATED[node.start_char_idx : node.end_char_idx] for node in nodes] == [
        node.text for node in nodes
    ]
    assert made.class_name() == "ChunkerNodeParser"
