import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

export default defineConfig({
  root: new URL(".", import.meta.url).pathname,
  plugins: [solid()],
  build: {
    outDir: "../../dist/web",
    emptyOutDir: true,
    // Inlined assets are data: URLs, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});
