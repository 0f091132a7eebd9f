import { expect, test } from "vitest";
import { allowedMethods, apiEntrance } from "./api-entrance.ts";
import { API } from "./table.ts";

const sample = (path: string): string => path.replaceAll(/\{\w+\}/g, "0123456789ab");

test("every row is found by a path of its own", () => {
  for (const name of Object.keys(API)) {
    const [method = "", path = ""] = name.split(" ");
    expect(apiEntrance(method, sample(path))?.name).toBe(name);
    expect(apiEntrance(method, `${sample(path)}?a=b`)?.name).toBe(name);
  }
});

test("the session is the one that the path names", () => {
  expect(apiEntrance("GET", "/api/sessions/0123456789ab/ports")?.hash).toBe("0123456789ab");
  expect(apiEntrance("GET", "/api/sessions/stream")?.hash).toBeUndefined();
});

test("HEAD is let in where GET is", () => {
  expect(apiEntrance("HEAD", "/api/me")?.name).toBe("GET /api/me");
  expect(apiEntrance("HEAD", "/api/sessions/0123456789ab/stop")).toBeUndefined();
});

test.each([
  "/api",
  "/api/",
  "/api/me/",
  "/api//me",
  "/API/me",
  "/api/%6de",
  "/api/sessions/0123456789ab/",
  "/api/sessions/0123456789ab//stop",
  "/api/sessions/0123456789ab%2fstop/x",
])("%s has no row", (path) => {
  expect(apiEntrance("GET", path)).toBeUndefined();
});

test("what a path knows is told when the method is wrong", () => {
  expect(allowedMethods("/api/sessions")).toEqual(["GET", "POST"]);
  expect(allowedMethods("/api/none")).toEqual([]);
});
