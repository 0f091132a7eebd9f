/**
 * The version in an image's tag, as `3.7.8` of `docker.io/library/traefik:v3.7.8@sha256:…`; undefined when a digest alone, or a
 * tag that moves such as `v3.7`, names the image.
 */
export const versionOfImage = (image: string): string | undefined =>
  /:v?(\d+\.\d+\.\d+)(?:[-+][^/:@]*)?(?:@[^/]*)?$/.exec(image)?.[1];

/** The lowest that the rendered configuration is for: of a version that is not known, nothing later is expected. */
export const OLDEST_TRAEFIK = "3.6.12";

export const unknownVersion = (image: string): string =>
  `images.traefik: ${image} does not tell its version, so it is configured as ${OLDEST_TRAEFIK}, without what later ones do about odd headers: name it by tag and digest`;
