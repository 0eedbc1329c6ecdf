"""The physical form of each KQL type as an Arrow type: on disk, at the borders and inside kernels."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from keywitness.model.schema import KqlType

#: See the table in `model.schema`.
ARROW_TYPES: Mapping[KqlType, pa.DataType] = {
    KqlType.BOOL: pa.bool_(),
    KqlType.INT: pa.int32(),
    KqlType.LONG: pa.int64(),
    KqlType.REAL: pa.float64(),
    KqlType.DECIMAL: pa.decimal128(38, 18),
    KqlType.STRING: pa.string(),
    KqlType.DATETIME: pa.int64(),
    KqlType.TIMESPAN: pa.int64(),
    KqlType.GUID: pa.string(),
    KqlType.DYNAMIC: pa.string(),
}
