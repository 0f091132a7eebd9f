// The container's health check: exits 0 when the router's internal listener answers.
const port = process.env.INTERNAL_PORT || "3001";
const response = await fetch(`http://127.0.0.1:${port}/healthz`);
process.exitCode = response.ok ? 0 : 1;
