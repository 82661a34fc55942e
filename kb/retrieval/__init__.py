"""From a query to ranked passages. `retriever` is the way through; `store` is the index as others see it."""
