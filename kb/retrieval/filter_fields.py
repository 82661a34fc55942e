"""The filter fields in the index, held against SQL.

A document's fields change in SQL first and in the index afterwards, so they differ where a process was killed
in between, and in the index of a model that was not in use meanwhile. The ids of the chunks stay the same.
"""

from kb.retrieval.store import Fields, Store, document_fields, make_fields
from kb.storage.documents import Documents


def mend_fields(documents: Documents, store: Store) -> int:
    """Rewrite the filter fields that differ from those of `documents`; return the number of chunks.

    Chunks that only one of the two holds are left alone. Documents must not change meanwhile.

    Raises:
        StoreError: the index or the database cannot be used.
    """
    indexed = store.fields()
    right = _fields_of(documents)
    wrong = {key: fields for key, fields in right.items() if key in indexed and indexed[key] != fields}
    if wrong:
        store.set_fields(wrong)
        store.flush()
    return len(wrong)


def _fields_of(documents: Documents) -> dict[str, Fields]:
    """The filter fields of every chunk, by chunk id."""
    heads = {head.id: head for head in documents.heads()}
    chunk_ids = documents.chunk_ids_of(list(heads))
    fields = {
        chunk_id: alike
        for document_id, ids in chunk_ids.items()
        for alike in [document_fields(heads[document_id])]
        for chunk_id in ids
    }
    return fields | {
        chunk.id_: make_fields(heads[chunk.document_id], chunk) for chunk in documents.assigned()
    }
