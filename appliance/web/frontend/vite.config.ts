import { defineConfig } from "vite";

/** Entries are found by the server in `.vite/manifest.json`; nothing is inlined, because the pages allow no inline code. */
export default defineConfig({
  base: "/static/dist/",
  publicDir: "public",
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    manifest: true,
    target: ["chrome123", "firefox128", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        base: "src/base.ts",
        candidate: "src/candidate.ts",
        wall: "src/wall.ts",
        look: "src/look.ts",
        review: "src/review.ts",
        phone: "src/phone.ts",
        inbox: "src/inbox.ts",
        "own-check": "src/own-check.ts",
        planner: "src/planner.ts",
        receipt: "src/receipt.ts",
        "review-seats": "src/review-seats.ts",
        "review-queue": "src/review-queue.ts",
        upstream: "src/upstream.ts",
        board: "src/board.ts",
        seat: "src/seat.ts",
        box: "src/box.ts",
        panel: "src/panel.ts",
        "sign-in": "src/sign-in.ts",
        account: "src/account.ts",
        trust: "src/trust.ts",
        setup: "src/setup.ts",
        "setup-camera": "src/setup-camera.ts",
      },
    },
  },
});
