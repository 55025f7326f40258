"""The text splitter of LangChain: exact start indices, metadata, stripping."""

import pytest
from scriptio import Chunker

# Deprecations inside of a framework are not ours.
pytestmark = pytest.mark.filterwarnings("ignore")

splitters = pytest.importorskip(
    "langchain_text_splitters", reason="langchain-text-splitters is not installed"
)

REPEATED = "It rained. It rained.\n\n It rained. It rained. It rained."


def splitter(*arguments, **options):
    from scriptio.integrations.langchain import ChunkerTextSplitter

    return ChunkerTextSplitter(*arguments, **options)


@pytest.mark.parametrize("strip", [True, False])
@pytest.mark.parametrize("overlap", [0, 12])
def test_start_indices_are_exact_where_text_repeats(strip, overlap):
    def words(texts):
        return [len(text.split()) for text in texts]

    for sizer, size in (("chars", 24), (words, 5)):
        chunker = Chunker("sentences", chunk_size=size, chunk_overlap=overlap % size, sizer=sizer)
        made = splitter(chunker, add_start_index=True, strip_whitespace=strip)
        documents = made.create_documents([REPEATED, "Other."], [{"a": [1]}, {"a": [2]}])
        starts = [document.metadata["start_index"] for document in documents[:-1]]
        assert starts == sorted(set(starts))
        chunks = chunker.chunk(REPEATED)
        assert len(chunks) == len(starts)
        for document, chunk in zip(documents, chunks, strict=False):
            start, text = document.metadata["start_index"], document.page_content
            assert REPEATED[start : start + len(text)] == text
            assert chunk.start <= start
            assert text == (chunk.text.strip() if strip else chunk.text)
        assert documents[-1].page_content == "Other."
        assert documents[-1].metadata == {"a": [2], "start_index": 0}
        assert documents[0].metadata["a"] is not documents[1].metadata["a"]


def test_it_is_a_text_splitter():
    made = splitter(Chunker(chunk_size=14))
    assert isinstance(made, splitters.TextSplitter)
    assert made.split_text(REPEATED) == ["It rained."] * 5
    documents = made.split_documents(made.create_documents([REPEATED], [{"source": "x"}]))
    assert [document.metadata for document in documents] == [{"source": "x"}] * 5
    assert splitter(Chunker()).create_documents(["", " \n"]) == []


def test_sections_are_in_the_metadata():
    from small_outline import SECTIONED, Law

    made = splitter(Chunker(Law(), chunk_size=20, context=True), add_start_index=True)
    documents = made.create_documents([SECTIONED])
    assert [(d.page_content, d.metadata) for d in documents] == [
        ("§ 1 One.", {"start_index": 0, "path": ["§ 1"]}),
        ("§ 2 Two is long.", {"start_index": 9, "path": ["§ 2"]}),
        ("§ 2\nTwo again.", {"start_index": 26, "path": ["§ 2"]}),
    ]


def test_what_is_no_chunker_is_refused():
    with pytest.raises(TypeError, match="chunker must be a Chunker, not int"):
        splitter(9)
    with pytest.raises(ValueError, match="zip"):
        splitter(Chunker()).create_documents(["a", "b"], [{}])
