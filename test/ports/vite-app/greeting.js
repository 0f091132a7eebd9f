export const GREETING = "Hello from Vite";
