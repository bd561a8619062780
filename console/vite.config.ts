import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** A running flexio, which the development server stands in front of: `FLEXIO_URL=http://127.0.0.1:8080 npm run dev`. */
const flexio = process.env["FLEXIO_URL"] ?? "http://127.0.0.1:8080";
const proxied = ["/restcomm", "/2010-04-01", "/v1", "/v2", "/2fa", "/callqueue", "/numbermasking", "/health", "/openapi.json", "/errors", "/notifications", "/console/api"];

const proxy = Object.fromEntries(proxied.map((path) => [path, { target: flexio, ws: path === "/console/api" }]));

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: { outDir: "../crates/server/ui", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy },
  preview: { proxy },
});
