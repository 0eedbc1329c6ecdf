"""The language service: what an editor of KQL asks. It needs no engine and no rows, only columns and their types."""
