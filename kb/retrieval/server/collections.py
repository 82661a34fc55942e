"""The collections of an index, and the alias under which one of them is in use.

An index has one alias and numbered collections behind it: "policy-qa-bundled-1a2b3c4d" leads to
"policy-qa-bundled-1a2b3c4d-1", after a rebuild to "…-2". Searches and writes name the alias, so they meet the
new collection from the moment the alias leads there, which Qdrant changes in one step.
"""

import re

from qdrant_client import QdrantClient, models

from kb.models import Model, Signal

_FIELDS = {
    "document_id": models.PayloadSchemaType.KEYWORD,
    "departments": models.PayloadSchemaType.KEYWORD,
    "status": models.PayloadSchemaType.KEYWORD,
    "dated": models.PayloadSchemaType.INTEGER,
}
_QUANTILE = 0.99  # of the values of a vector that keep their place; the rest are cut
_HOLDS = "holds"  # in a collection's metadata: the state of the documents that it holds
_TIMEOUT_S = 60  # every node of a cluster must agree
_NUMBER = re.compile(r"-([1-9][0-9]{0,8})")


class Layout(Model):
    """How a new collection is laid out over a cluster."""

    shards: int = 1
    replicas: int = 1
    write_consistency: int = 1
    quantized: bool = False


def make_collection(client: QdrantClient, name: str, size: int, layout: Layout) -> None:
    """Make the collection `name` for vectors of `size`, or finish what a killed process began."""
    if not client.collection_exists(name):
        sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
        client.create_collection(
            name,
            vectors_config={
                Signal.DENSE.value: models.VectorParams(size=size, distance=models.Distance.COSINE)
            },
            sparse_vectors_config={Signal.BIGRAM.value: sparse, Signal.WORD.value: sparse},
            shard_number=layout.shards,
            replication_factor=layout.replicas,
            write_consistency_factor=layout.write_consistency,
            quantization_config=_scalar() if layout.quantized else None,
            timeout=_TIMEOUT_S,
        )
    for field, kind in _FIELDS.items():
        client.create_payload_index(name, field, kind, timeout=_TIMEOUT_S)


def _scalar() -> models.ScalarQuantization:
    """One byte a number, kept in memory; the vectors themselves stay for the last ranking."""
    config = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=_QUANTILE, always_ram=True)
    return models.ScalarQuantization(scalar=config)


def delete_collection(client: QdrantClient, name: str) -> None:
    """Delete the collection `name`, if there is one."""
    client.delete_collection(name, timeout=_TIMEOUT_S)


def vector_size(client: QdrantClient, name: str) -> int | None:
    """The size of the vectors that the collection `name` was made for."""
    vectors = client.get_collection(name).config.params.vectors
    dense = vectors.get(Signal.DENSE.value) if isinstance(vectors, dict) else None
    return dense.size if dense else None


def in_use(client: QdrantClient, alias: str) -> str | None:
    """The collection to which `alias` leads."""
    aliases = client.get_aliases().aliases
    return next((item.collection_name for item in aliases if item.alias_name == alias), None)


def use(client: QdrantClient, alias: str, name: str) -> None:
    """Let `alias` lead to the collection `name`, in one step."""
    leads = models.CreateAlias(collection_name=name, alias_name=alias)
    away = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
    operations: list[models.AliasOperations] = [models.CreateAliasOperation(create_alias=leads)]
    if in_use(client, alias):
        operations.insert(0, away)
    client.update_collection_aliases(operations, timeout=_TIMEOUT_S)


def numbered(alias: str, number: int) -> str:
    """The name of the collection of an index with this number."""
    return f"{alias}-{number}"


def number_of(alias: str, name: str) -> int | None:
    """The number of the collection `name`; None if it does not belong to the index `alias`."""
    found = _NUMBER.fullmatch(name.removeprefix(alias)) if name.startswith(alias) else None
    return int(found[1]) if found else None


def belonging(client: QdrantClient, alias: str) -> list[str]:
    """Every collection of the index `alias`, in use or not."""
    names = [item.name for item in client.get_collections().collections]
    return [name for name in names if number_of(alias, name) is not None]


def noted(client: QdrantClient, name: str) -> str | None:
    """The note in the collection `name`: the state of the documents that it holds."""
    note = (client.get_collection(name).config.metadata or {}).get(_HOLDS)
    return note if isinstance(note, str) and note else None


def note(client: QdrantClient, name: str, holds: str | None) -> None:
    """Write into the collection `name` what it holds; None takes the note away."""
    client.update_collection(name, metadata={_HOLDS: holds or ""}, timeout=_TIMEOUT_S)
