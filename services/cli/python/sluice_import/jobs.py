"""What a job of the server is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rejected:
    """A row that was left out. `row` counts from 0; `offset` is its first byte, where the format has one."""

    file: str
    row: int | None
    reason: str
    field: str | None = None
    offset: int | None = None


@dataclass(frozen=True)
class Job:
    """A job as the server describes it. `checked` is what a dry run found, `details` has an entry for each file."""

    id: str
    state: str
    rows: int
    rejected_rows: int
    reason: str
    warnings: tuple[str, ...]
    details: tuple[dict[str, Any], ...] = field(repr=False)
    checked: dict[str, Any] | None = field(repr=False, default=None)

    @property
    def rejects(self) -> tuple[Rejected, ...]:
        """The first rows that were left out of each file, and why; `Client.rejects` has all of them."""
        return tuple(rejected_of(one) for detail in self.details for one in detail.get("rejected", ()))


def job_of(data: dict[str, Any]) -> Job:
    """@param data the answer of `jobs/import/describe`"""
    return Job(
        id=data["jobId"],
        state=data["state"],
        rows=data.get("checkedRows", data.get("importedRows", 0)),
        rejected_rows=data.get("rejectedRows", 0),
        reason=data.get("reason", ""),
        warnings=tuple(data.get("warnings", ())),
        details=tuple(data.get("details", ())),
        checked=data.get("checked"),
    )


def rejected_of(data: dict[str, Any]) -> Rejected:
    """@param data an entry of `rejected`, or of `jobs/import/errors`"""
    return Rejected(
        file=data.get("file", ""),
        row=data.get("row"),
        reason=data["reason"],
        field=data.get("field"),
        offset=data.get("byteOffset", data.get("offset")),
    )
