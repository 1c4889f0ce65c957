"""Pictures of an ID and of the face, and kept moments, go upstream with their attempt, and are missed."""

from dataclasses import replace

from appliance.exam.events import EvidenceKept, IdentityEnrolled, IdentityPictured
from appliance.proof.verify import verify
from tests.proof.test_verify import findings, resign
from tests.report.evidence import jpeg
from tests.sync.test_service import manifest, upstream


def shown(rig, attempt, number):
    """An ID and a face on the disk, and the event that names them."""
    paths = {name: f"bio/{attempt}/identity/{name}-{number}.jpg" for name in ("photo", "face")}
    digests = {f"{name}_sha256": rig.evidence.write(path, jpeg(number)) for name, path in paths.items()}
    rig.evidence.append(IdentityPictured(**paths, **digests), attempt)


def test_every_picture_that_was_kept_goes_up_also_one_that_was_replaced(rig):
    attempt = rig.evidence.sit("1")
    shown(rig, attempt, 101)
    shown(rig, attempt, 102)
    path = f"bio/{attempt}/identity/enrolled-1.jpg"
    rig.evidence.append(IdentityEnrolled(face=path, face_sha256=rig.evidence.write(path, jpeg(103))), attempt)
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    names = [name.rsplit("/", 1)[1] for name in upstream(rig, of=f"/{attempt}") if "/identity/" in name]
    assert names == ["enrolled-1.jpg", "face-101.jpg", "face-102.jpg", "photo-101.jpg", "photo-102.jpg"]
    assert verify(rig.paths.upstream / "north/box-1/bio" / attempt).findings == []


def test_one_that_is_gone_from_the_disk_is_said_to_be_missing(rig):
    attempt = rig.evidence.sit("1")
    shown(rig, attempt, 101)
    (rig.paths.media / f"bio/{attempt}/identity/photo-101.jpg").unlink()
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    assert [lost.file for lost in manifest(rig, attempt).missing] == ["identity/photo-101.jpg"]


def test_one_that_was_left_out_of_the_manifest_is_named_by_the_ledger(rig):
    attempt = rig.evidence.sit("1")
    shown(rig, attempt, 101)
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    folder = rig.exam_folder / attempt
    (folder / "identity/face-101.jpg").unlink()

    def without(manifest):
        return replace(manifest, files=tuple(file for file in manifest.files if "face-101" not in file.file))

    resign(folder, rig.paths.keys, without)
    assert any(found.startswith("identity/face-101.jpg: the ledger names this file") for found in findings(folder))


def test_moments_that_were_kept_go_up_and_are_missed(rig):
    attempt = rig.evidence.sit("1")
    paths = {"still": f"bio/{attempt}/kept/k1.png", "clip": f"bio/{attempt}/kept/k1.mp4"}
    digests = {f"{name}_sha256": rig.evidence.write(path, jpeg(len(name))) for name, path in paths.items()}
    times = {"starts_at": 1.0, "ends_at": 2.0, "taken_at": 1.5}
    rig.evidence.append(EvidenceKept(kept="k1", kind="webcam", by="pia", **paths, **digests, **times), attempt)
    nothing = {"clip": "", "clip_sha256": ""}
    still = {"still": paths["still"], "still_sha256": digests["still_sha256"]}
    rig.evidence.append(EvidenceKept(kept="k2", kind="webcam", by="pia", **still, **nothing, **times), attempt)
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    folder = rig.exam_folder / attempt
    assert verify(folder).findings == []
    assert sorted(path.name for path in (folder / "kept").iterdir()) == ["k1.mp4", "k1.png"]
    (folder / "kept/k1.mp4").unlink()
    resign(folder, rig.paths.keys, lambda m: replace(m, files=tuple(f for f in m.files if "k1.mp4" not in f.file)))
    assert any(found.startswith("kept/k1.mp4: the ledger names this file") for found in findings(folder))
