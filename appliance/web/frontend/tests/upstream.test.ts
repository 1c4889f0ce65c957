import { describe, expect, it } from "vitest";
import { Follower } from "../src/upstream/follower";

/** A box that answers in this order; an error is a line that is down. */
function asked(...answers: (Response | Error)[]) {
  const said: string[] = [];
  const tags: (string | null)[] = [];
  const ask = async (_path: RequestInfo | URL, init?: RequestInit) => {
    tags.push(new Headers(init?.headers).get("If-None-Match"));
    const answer = answers.shift();
    if (!(answer instanceof Response)) throw answer;
    return answer;
  };
  const follower = new Follower(
    "/now",
    { fresh: (html) => said.push(html), reached: () => said.push("reached"), lost: () => said.push("lost"), signedOut: () => said.push("signed out") },
    ask,
  );
  return { follower, said, tags };
}

const page = (html: string, etag: string) => new Response(html, { headers: { ETag: etag } });

describe("following the upstream", () => {
  it("shows what is new and asks whether it still holds", async () => {
    const { follower, said, tags } = asked(page("one", '"1"'), new Response(null, { status: 304 }), page("two", '"2"'));
    for (let n = 0; n < 3; n++) await follower.look();
    expect(said).toEqual(["reached", "one", "reached", "reached", "two"]);
    expect(tags).toEqual([null, '"1"', '"1"']);
  });

  it("says that the box is lost, and goes on when it answers", async () => {
    const { follower, said } = asked(new TypeError("down"), new Response("", { status: 503 }), page("one", '"1"'));
    for (let n = 0; n < 3; n++) await follower.look();
    expect(said).toEqual(["lost", "lost", "reached", "one"]);
  });

  it("says when nobody is signed in any more", async () => {
    const { follower, said } = asked(new Response("", { status: 401 }), new Response("", { status: 403 }));
    await follower.look();
    await follower.look();
    expect(said).toEqual(["signed out", "signed out"]);
  });

  it("asks one question at a time", async () => {
    const { follower, said } = asked(page("one", '"1"'));
    await Promise.all([follower.look(), follower.look()]);
    expect(said).toEqual(["reached", "one"]);
  });
});
