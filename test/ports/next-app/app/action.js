"use server";

import { headers } from "next/headers";

export async function whereAmI() {
  const told = await headers();
  return `${told.get("x-forwarded-proto")}://${told.get("x-forwarded-host")}`;
}
