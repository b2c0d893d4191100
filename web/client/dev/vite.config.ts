// Serves the room against a made-up meeting: from web/client: `npx vite -c dev/vite.config.ts`, then /?n=4&role=chair&…; see fake.ts.
// Also builds it (`npx vite build -c dev/vite.config.ts --outDir …`) so that it can be looked at under the real CSP.
import { defineConfig } from "vite";

export default defineConfig({
  root: "dev",
  build: { target: "es2022", assetsInlineLimit: 0, emptyOutDir: true },
  server: { host: "127.0.0.1", fs: { allow: ["../.."] } },
});
