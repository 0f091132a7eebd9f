/** The image under test, and where it has what. `make smoke-opencode` sets `SMOKE_IMAGE`. */
function imageUnderTest(): string {
  const image = process.env["SMOKE_IMAGE"];
  if (!image) throw new Error("SMOKE_IMAGE is not set: run `make smoke-opencode` or `make smoke-router`");
  return image;
}

export const image = imageUnderTest();

export const HOME = "/home/opencode";
export const WORKSPACE = `${HOME}/workspace`;
export const INIT_DIR = "/opt/opencode-router/init";
