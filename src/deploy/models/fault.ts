/** Why the list of models of some place cannot be used. Whoever asked decides what that means. */
export class ModelsFault extends Error {
  /** The place, without query and credentials. */
  readonly url: string;

  /** @param message goes on after "The list of models at <url> cannot be used: " and names the status, if there was one. */
  constructor(url: URL, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ModelsFault";
    this.url = shownUrl(url);
  }

  get sentence(): string {
    return `The list of models at ${this.url} cannot be used: ${this.message}.`;
  }
}

/** Sessions cannot get a list of models, for a reason that the operator can mend: the message is for them, and tells how. */
export class NoModels extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NoModels";
  }
}

export const shownUrl = (url: URL): string => `${url.origin}${url.pathname}`;
