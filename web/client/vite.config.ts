// Builds what a browser gets into web/dist with a manifest; web/render.py looks the hashed names up there.
// Two entries: `pages` (small, every page) and `room` (the meeting itself). Nothing is ever loaded from elsewhere.
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/static/",
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // light-dark() stays what it is
    sourcemap: false,
    assetsInlineLimit: 0, // no data: URLs, the CSP forbids them
    chunkSizeWarningLimit: 800, // the room in one piece: 160 kB compressed, of the 700 it may weigh
    rollupOptions: { input: { pages: "src/pages.ts", room: "src/room.ts" } },
  },
  server: { fs: { allow: ["../.."] } }, // tests read the catalogues, and what the server's tests wrote
  test: { environment: "jsdom", include: ["src/**/*.test.ts"] },
});
