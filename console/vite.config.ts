import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin, type PreviewServer } from "vite";

/** A running flexio, which the development server stands in front of: `FLEXIO_URL=http://127.0.0.1:8080 npm run dev`. */
const flexio = process.env["FLEXIO_URL"] ?? "http://127.0.0.1:8080";
const proxied = ["/restcomm", "/2010-04-01", "/v1", "/v2", "/2fa", "/callqueue", "/health", "/openapi.json", "/errors", "/console/api"];

/**
 * Who works on the console signs in once, here: `FLEXIO_LOGIN=AC…:token`. Only the servers of development (`vite`, `vite preview`) know it; nothing of it is built.
 */
const login = process.env["FLEXIO_LOGIN"];
const session: Plugin = {
  name: "flexio-session",
  apply: "serve",
  configureServer: tellSession,
  configurePreviewServer: tellSession,
};

function tellSession({ middlewares }: Pick<PreviewServer, "middlewares">) {
  if (!login) return;
  middlewares.use("/console/api/session", (_, answer) => {
    answer.setHeader("Content-Type", "application/json");
    answer.end(JSON.stringify({ account_sid: login.split(":")[0] }));
  });
}
const proxy = Object.fromEntries(proxied.map((path) => [path, { target: flexio, ...(login ? { auth: login } : {}) }]));

export default defineConfig({
  base: "/console/",
  plugins: [react(), session],
  build: { outDir: "../crates/server/ui", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy },
  preview: { proxy },
});
