"""Large objects in parts, such that a restart goes on where it was: the upload's id is on disk before its first part.

The note says only which upload is ours. What has arrived the server is asked for (ListParts): a part counts when its
length and MD5 are those of the source.
"""

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from appliance.box.disk import sync_folder
from appliance.errors import ApplianceError, Unavailable
from appliance.stores.body import opened
from appliance.stores.port import Pace
from appliance.stores.s3_client import Answer, Client
from appliance.stores.sums import Sums, header, part_size

log = logging.getLogger(__name__)

OLD_SECONDS = 7 * 86_400.0
"""An upload that nobody went on with for so long is given up."""
_GONE = ("NoSuchUpload", "404")
_SPOILED = ("InvalidPart", "InvalidPartOrder", "EntityTooSmall")
_DOING = "write to"


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload that this box began."""

    bucket: str
    name: str
    upload: str
    sha256: str
    part: int


class Multiparts:
    """`folder`: where begun uploads are noted; it survives restarts. One thread at a time sends one name."""

    def __init__(self, client: Client, folder: Path, pace: Pace) -> None:
        self._client, self._folder, self._pace = client, folder, pace
        self._tidied = False

    def send(
        self, about: dict[str, Any], source: Path, sums: Sums, condition: dict[str, str], *, hear: Collection[str]
    ) -> None:
        """All parts that are not there yet, then the object. `about`: its name and what is said of it; `hear`: codes
        of the server that the caller wants to know (as `Answer`)."""
        self._tidy()
        name, size = about["Key"], part_size(sums.size)
        begun, there = self._resumed(name, sums, size)
        if begun is None:
            begun = self._begin(about, sums, size)
        for number, md5 in enumerate(sums.parts, 1):
            start = (number - 1) * size
            length = min(size, sums.size - start)
            if there.get(number) != (length, md5):
                self._part(begun, source, number, start=start, size=length, md5=md5)
        self._complete(begun, sums, condition, hear)
        self.forget(name)

    def forget(self, name: str) -> None:
        """It is there, whole."""
        self._note(name).unlink(missing_ok=True)

    def _resumed(self, name: str, sums: Sums, size: int) -> tuple[Begun | None, dict[int, tuple[int, str]]]:
        """The upload that was begun and the parts that arrived: number -> (length, MD5)."""
        begun = self._read(self._note(name))
        if begun is None or begun.name != name or begun.bucket != self._client.server.bucket:
            return None, {}
        if (begun.sha256, begun.part) != (sums.sha256, size):
            self._abort(begun.name, begun.upload)
            return None, {}
        there: dict[int, tuple[int, str]] = {}
        after: dict[str, int] = {}
        while True:
            try:
                page = self._client.ask(
                    "list_parts", doing=_DOING, hear=_GONE, Key=name, UploadId=begun.upload, **after
                )
            except Answer:
                return None, {}
            for part in page.get("Parts", ()):
                there[part["PartNumber"]] = (part["Size"], part["ETag"].strip('"'))
            if not page.get("IsTruncated"):
                return begun, there
            after = {"PartNumberMarker": page["NextPartNumberMarker"]}

    def _begin(self, about: dict[str, Any], sums: Sums, size: int) -> Begun:
        name = about["Key"]
        self._abort_strays(name)
        answer = self._client.ask("create_multipart_upload", doing=_DOING, **about)
        begun = Begun(self._client.server.bucket, name, answer["UploadId"], sums.sha256, size)
        self._folder.mkdir(parents=True, exist_ok=True)
        note = self._note(name)
        partial = note.with_suffix(".partial")
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(asdict(begun), file)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(note)
        sync_folder(self._folder)
        return begun

    def _part(self, begun: Begun, source: Path, number: int, *, start: int, size: int, md5: str) -> None:
        with opened(source, start=start, size=size, pace=self._pace) as body:
            try:
                self._client.ask(
                    "upload_part",
                    doing=_DOING,
                    hear=_GONE,
                    Key=begun.name,
                    UploadId=begun.upload,
                    PartNumber=number,
                    Body=body,
                    ContentLength=size,
                    ContentMD5=header(md5),
                )
            except Answer:
                self._begin_anew(begun)

    def _complete(self, begun: Begun, sums: Sums, condition: dict[str, str], hear: Collection[str]) -> None:
        # The answer's ETag is not looked at: Ceph 16 gives back an empty one. The receipt asks for it.
        parts = [{"PartNumber": number, "ETag": md5} for number, md5 in enumerate(sums.parts, 1)]
        try:
            self._client.ask(
                "complete_multipart_upload",
                doing=_DOING,
                hear=(*hear, *_GONE, *_SPOILED),
                Key=begun.name,
                UploadId=begun.upload,
                MultipartUpload={"Parts": parts},
                **condition,
            )
        except Answer as answer:
            if answer.code in (*_GONE, *_SPOILED):
                self._begin_anew(begun)
            raise

    def _begin_anew(self, begun: Begun) -> None:
        self._abort(begun.name, begun.upload)
        self.forget(begun.name)
        raise Unavailable("the store lost an upload in parts", hint="The box begins it anew by itself.")

    def _abort_strays(self, name: str) -> None:
        """Of this name alone: what was begun in the moment before a power cut is in no note."""
        try:
            answer = self._client.ask("list_multipart_uploads", doing=_DOING, Prefix=name)
        except ApplianceError as error:
            log.info("uploads that were not finished cannot be looked for: %s", error)
            return
        for upload in answer.get("Uploads", ()):
            if upload["Key"] == name:
                self._abort(name, upload["UploadId"])

    def _abort(self, name: str, upload: str) -> None:
        """At best: a lifecycle rule of the bucket does it otherwise (docs/stores.md)."""
        try:
            self._client.ask("abort_multipart_upload", doing=_DOING, hear=_GONE, Key=name, UploadId=upload)
        except Answer:
            return
        except ApplianceError as error:
            log.info("an upload in parts cannot be given up: %s", error)

    def _tidy(self) -> None:
        """Once a process: what nobody goes on with."""
        if self._tidied:
            return
        self._tidied = True
        for note in self._folder.glob("*.json"):
            begun = self._read(note)
            if begun is not None and time.time() - note.stat().st_mtime > OLD_SECONDS:
                if begun.bucket == self._client.server.bucket:
                    self._abort(begun.name, begun.upload)
                note.unlink(missing_ok=True)

    def _note(self, name: str) -> Path:
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:40]}.json"

    @staticmethod
    def _read(note: Path) -> Begun | None:
        with contextlib.suppress(OSError, ValueError, TypeError):  # torn by a crash, or another version's
            return Begun(**json.loads(note.read_text(encoding="utf-8")))
        return None
