import { defineConfig } from "@playwright/test";

const port = Number(process.env.PAGE_PORT ?? 4173);

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  workers: 2,
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  // Times are taken alone.
  projects: [
    { name: "page", testIgnore: /speed/ },
    { name: "speed", testMatch: /speed/, dependencies: ["page"], fullyParallel: false },
  ],
  webServer: {
    command: `npx vite preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
  },
});
