export const GREETING = "Hello from Next";
