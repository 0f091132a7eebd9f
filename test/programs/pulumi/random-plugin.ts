/** A stand-in for Pulumi's plugin of random values: `RandomBytes` only, which is made once and then stays. */
import { randomBytes } from "node:crypto";
import { serveProvider, type Properties } from "./provider.ts";

const FIXED = ["length", "keepers"];

function made(inputs: Properties): Properties {
  const bytes = randomBytes(Number(inputs["length"]));
  return { ...inputs, base64: bytes.toString("base64"), hex: bytes.toString("hex") };
}

serveProvider({
  version: "4.19.2",
  check: ({ type }, { length }) => [
    ...(type === "random:index/randomBytes:RandomBytes" ? [] : [`this stand-in cannot make ${type}`]),
    ...(typeof length === "number" && length > 0 ? [] : ["length: must be a number above 0"]),
  ],
  diff: (_subject, before, inputs) => {
    const changed = FIXED.filter((key) => JSON.stringify(before.inputs[key]) !== JSON.stringify(inputs[key]));
    return { changed, replaces: changed, deleteBeforeReplace: false };
  },
  // What it will be is not known in a preview: an output that is missing there counts as unknown.
  create: (_subject, inputs, preview) =>
    Promise.resolve(
      preview ? { id: "", outputs: inputs } : { id: randomBytes(8).toString("hex"), outputs: made(inputs) },
    ),
  read: (_subject, _id, outputs) => Promise.resolve(outputs),
  update: () => Promise.reject(new Error("random values are replaced, never updated")),
  remove: () => Promise.resolve(),
});
