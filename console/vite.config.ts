import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** A running flexio, which the development server stands in front of: `FLEXIO_URL=http://127.0.0.1:8080 npm run dev`. */
const flexio = process.env["FLEXIO_URL"] ?? "http://127.0.0.1:8080";
const proxied = ["/restcomm", "/2010-04-01", "/v1", "/v2", "/2fa", "/callqueue", "/health", "/openapi.json", "/errors", "/console/api"];

/**
 * Who works on the console signs in once, here: `FLEXIO_LOGIN=AC…:token`. Only the development server knows it; nothing of it is built.
 */
const login = process.env["FLEXIO_LOGIN"];
const session: Plugin = {
  name: "flexio-session",
  apply: "serve",
  configureServer(server) {
    if (!login) return;
    server.middlewares.use("/console/api/session", (_, answer) => {
      answer.setHeader("Content-Type", "application/json");
      answer.end(JSON.stringify({ account_sid: login.split(":")[0] }));
    });
  },
};

export default defineConfig({
  base: "/console/",
  plugins: [react(), session],
  build: { outDir: "../crates/server/ui", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, { target: flexio, ...(login ? { auth: login } : {}) }])) },
});
