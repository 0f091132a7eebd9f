/** Of the environment in which Pulumi runs; it is needed with `dns.manage` only, and kept nowhere. */
export const cloudflareToken = (): string | undefined => process.env["CLOUDFLARE_API_TOKEN"];
