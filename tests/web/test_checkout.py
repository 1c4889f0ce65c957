"""The check-out over the API: real pictures of pages, PDFs, the phone, the proctor, the release."""

import hashlib
import io
import stat
import zlib

import cv2
import numpy as np
import pypdf
import pytest
import typst
from pypdf.generic import ArrayObject, NameObject

from appliance.exam.plan import CheckOut, ExamKind
from appliance.exam.stage import Stage
from appliance.ledger.actions import attempts, phones
from appliance.web import pdf
from tests.sheets import sheet

from .conftest import EXAM

pytestmark = pytest.mark.slow

PAPER = {"kind": ExamKind.PAPER, "check_out": CheckOut.PROCTOR, "pages": True}
SECRET = b"EXIF: taken at 52.5200 N 13.4050 E"


def begin(house, number=0, **plan):
    house.plan(**plan)
    house.reach("in_exam", number)
    house.do(attempts.finish, house.attempts[number])


def send(client, number, jpeg, door="/api/me"):
    return client.post(f"{door}/pages/{number}", data=jpeg, content_type="image/jpeg")


def of(house, path, number=0):
    return f"/api/attempts/{house.attempts[number]}/{path}"


def stored(house):
    return sorted((house.services.paths.media / EXAM / house.attempts[0] / "pages").glob("*"))


def me(house):
    return house.candidate().get("/api/me").json["checkout"]


def fetched(client, path):
    """-> its type and bytes, the file closed again."""
    with client.get(path) as answer:
        return answer.mimetype, answer.data


def labelled(jpeg):
    return jpeg[:2] + b"\xff\xe1" + (len(SECRET) + 2).to_bytes(2, "big") + SECRET + jpeg[2:]


def test_M84_M86_pages_are_judged_at_once_taken_again_accepted_counted_and_become_one_pdf(house):
    begin(house, **PAPER)
    client, proctor = house.candidate(), house.user("proctor")
    assert me(house)["missing"] == ["paper", "count"]
    first = send(client, 1, labelled(sheet(1)))
    assert (first.status_code, first.json["readable"], first.json["troubles"]) == (201, True, [])
    assert send(client, 2, sheet(2, blur=4)).json["troubles"] == ["blurred"]
    assert send(client, 2, sheet(2, light=0.2)).json["troubles"] == ["dark"]
    (file,) = [file for file in stored(house) if file.name.startswith("page-001")]
    assert SECRET not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert hashlib.sha256(file.read_bytes()).hexdigest() == first.json["sha256"]

    release = of(house, "checkout/release")
    assert (
        proctor.post(release, json={}).json["error"].startswith("the check-out is not complete: a page cannot be read")
    )
    poor = me(house)["pages"][1]
    assert (poor["readable"], poor["accepted"], poor["troubles"]) == (False, False, ["dark"])
    assert client.post(f"/api/me/pages/{poor['page']}/accept", json={}).status_code == 409  # it is the proctor's
    assert fetched(proctor, of(house, f"pages/{poor['page']}"))[0] == "image/jpeg"
    assert proctor.post(of(house, f"pages/{poor['page']}/accept"), json={}).status_code == 200
    assert proctor.post(of(house, "pages/count"), json={"pages": 1}).json["checkout"]["missing"] == ["count"]
    assert proctor.post(release, json={}).status_code == 409
    assert proctor.post(of(house, "pages/count"), json={"pages": 2}).json["checkout"]["missing"] == []
    assert proctor.post(release, json={}).status_code == 200

    assert house.attempt().stage is Stage.SUBMITTED
    (event,) = house.events("paper.uploaded")
    made = (house.services.paths.media / event.payload.path).read_bytes()
    assert (event.payload.made, event.payload.pages) == (True, 2)
    assert hashlib.sha256(made).hexdigest() == event.payload.sha256
    read = pypdf.PdfReader(io.BytesIO(made), strict=True)
    assert [page.mediabox.height > page.mediabox.width for page in read.pages] == [True, True]
    assert fetched(house.user("institution"), of(house, "paper"))[1] == made
    assert {event.payload.what for event in house.events("feed.viewed")} == {"pages"}
    assert len(stored(house)) == 4  # what was taken again is kept


NO_PHOTOS = {
    "nothing": b"",
    "markup": b"<svg onload=alert(1)>",
    "too small to be read": sheet(1, width=500, height=640),
    "cut off": sheet(1)[:900],
    "claims to be 65535 x 65535": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + b"\0" * 20,
}


def test_what_is_no_photo_of_a_page_is_refused_and_leaves_no_file(house):
    begin(house, **PAPER)
    for what, data in NO_PHOTOS.items():
        answer = send(house.candidate(), 1, data)
        assert (answer.status_code, bool(answer.json["hint"])) == (400, True), what
    assert send(house.candidate(), 7, sheet(1)).status_code == 400  # not the next one
    assert send(house.candidate(), 1, b"\xff\xd8" + b"x" * 12_100_000).status_code == 413
    assert stored(house) == []


def test_M84_a_large_photo_is_kept_upright_and_smaller(house):
    begin(house, **PAPER)
    large = cv2.imencode(".jpg", cv2.resize(cv2.imdecode(np.frombuffer(sheet(1), np.uint8), 1), (4600, 6130)))[
        1
    ].tobytes()
    assert send(house.candidate(), 1, large).json["readable"]
    assert max(cv2.imread(str(stored(house)[0])).shape) <= 3065


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def locked(data):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt("secret", algorithm="RC4-128")
    return written(writer)


def active(data):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    action = pypdf.generic.DictionaryObject()
    action.update({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): pypdf.generic.TextStringObject("1")})
    writer.root_object[NameObject("/OpenAction")] = action
    return written(writer)


def grown(data):
    writer = pypdf.PdfWriter(io.BytesIO(data), incremental=True)
    writer.add_blank_page(100, 100)
    return written(writer)


def circular(data):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    pages = writer.root_object["/Pages"]
    pages[NameObject("/Kids")] = ArrayObject([writer.root_object.raw_get("/Pages")])
    return written(writer)


PLAIN = typst.compile(b"= A\n#pagebreak()\nB\n#pagebreak()\nC", format="pdf")


def test_M84_a_pdf_instead_of_photos_its_pages_are_counted(house):
    begin(house, **PAPER)
    client, proctor = house.candidate(), house.user("proctor")
    for data, pages in ((PLAIN, 3), (pdf.of_pages([sheet(1)], title="x"), 1), (grown(PLAIN), 4)):
        answer = client.post("/api/me/paper", data=data, content_type="application/pdf")
        assert (answer.status_code, answer.json["pages"]) == (201, pages)
        assert me(house)["paper"]["pages"] == pages
    assert proctor.post(of(house, "checkout/release"), json={}).status_code == 409
    proctor.post(of(house, "pages/count"), json={"pages": 4})
    assert fetched(proctor, of(house, "paper"))[1] == data
    assert proctor.post(of(house, "checkout/release"), json={}).status_code == 200


def test_a_pdf_that_cannot_be_trusted_is_refused_in_words(house):
    begin(house, **PAPER)
    hidden = PLAIN + b"\n9 0 obj << /S /#4aavaScript >> endobj"
    for data, why in (
        (b"GIF89a", "not a PDF"),
        (b"%PDF-1.7\n", "cannot be counted"),
        (locked(PLAIN), "password"),
        (active(PLAIN), "programs"),
        (hidden, "programs"),
        (circular(PLAIN), "cannot be counted"),
    ):
        answer = house.candidate().post("/api/me/paper", data=data, content_type="application/pdf")
        assert (answer.status_code, why in answer.json["error"]) == (400, True), answer.json
    assert stored(house) == []


def test_a_pdf_of_objects_packed_into_streams_is_followed():
    packed = b"1 0 2 33 << /Type /Catalog /Pages 2 0 R >> << /Type /Pages /Kids [3 0 R 4 0 R] >>"
    body = zlib.compress(packed)
    head = b"<< /Type /ObjStm /N 2 /First 9 /Filter /FlateDecode /Length %d >>" % len(body)
    data = b"%%PDF-1.7\n5 0 obj %s\nstream\n%s\nendstream endobj\n" % (head, body)
    data += b"".join(b"%d 0 obj << /Type /Page /Parent 2 0 R >> endobj\n" % number for number in (3, 4))
    assert pdf.count_pages(data) == 2


def phone(house, *, confirmed):
    attempt = house.attempts[0]
    row, token = house.do(phones.invite, attempt, by="candidate")
    _, cookie = house.do(phones.scan, token, browser="x")
    if confirmed:
        house.do(phones.confirm, attempt, row.pairing, by="proctor")
    client = house.app.test_client()
    client.set_cookie("phone", cookie, path="/phone")
    return client


def test_M84_the_confirmed_phone_photographs_for_its_own_candidate_only(house):
    begin(house, **PAPER)
    begin(house, number=1, **PAPER)
    assert send(phone(house, confirmed=False), 1, sheet(1), "/phone").status_code == 409
    client = phone(house, confirmed=True)
    assert client.get("/phone/state").json["checkout"]["needs"] == ["paper", "readable", "count"]
    page = send(client, 1, sheet(1), "/phone")
    assert page.status_code == 201
    assert [one["page"] for one in me(house)["pages"]] == [page.json["page"]]
    assert house.candidate(1).get("/api/me").json["checkout"]["pages"] == []
    assert house.candidate(1).get(f"/api/me/pages/{page.json['page']}").status_code == 404
    assert fetched(house.candidate(0), f"/api/me/pages/{page.json['page']}")[0] == "image/jpeg"
    assert house.user("proctor2").get(of(house, f"pages/{page.json['page']}")).status_code == 403
    assert house.user("proctor2").post(of(house, "checkout/release"), json={}).status_code == 403


def test_M83_a_candidate_who_checks_out_alone_ticks_and_goes(house):
    begin(house, check_out=CheckOut.CANDIDATE, scratch=True)
    client = house.candidate()
    assert me(house)["missing"] == ["submitted", "scratch"]
    assert client.post("/api/me/release", json={}).status_code == 409
    for tick in ("submitted", "scratch"):
        assert client.post("/api/me/tick", json={"tick": tick}).status_code == 200
    assert client.post("/api/me/tick", json={"tick": "released"}).status_code == 400
    assert client.post("/api/me/release", json={}).status_code == 200
    said = client.get("/api/me").json
    assert (said["stage"], said["checkout"], said["feeds"]) == ("submitted", None, {})


def test_M85_capture_stays_on_during_the_check_out(house):
    begin(house, **PAPER)
    assert set(house.candidate().get("/api/me").json["feeds"]) == {"webcam"}


def test_M102_the_report_page_leads_to_the_paper_and_to_where_it_is_checked(house):
    link = "https://check.test/?exam={exam}&who={candidate}"
    begin(house, **PAPER, plagiarism_link=link)
    assert "check.test" not in house.user("institution").get(f"/reports/{EXAM}").text
    send(house.candidate(), 1, sheet(1))
    page = house.user("institution").get(f"/reports/{EXAM}").text
    assert "https://check.test/?exam=biology-101&amp;who=c-1" in page
    assert of(house, "paper") in page
    assert (
        "check.test" not in house.user("planner").get(f"/reports/{EXAM}").text
    )  # the paper itself is not the planner's
    house.plan(**PAPER)
    page = house.user("institution").get(f"/reports/{EXAM}").text
    assert of(house, "paper") in page
    assert "check.test" not in page
