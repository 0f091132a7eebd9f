import { createUniqueId } from "solid-js";
import type { JSX } from "solid-js";

interface SectionProps {
  readonly heading: string;
  /** Gets the heading: the focus goes there when what had it is gone. */
  readonly ref?: (heading: HTMLHeadingElement) => void;
  readonly children: JSX.Element;
}

export function Section(props: SectionProps) {
  const id = createUniqueId();
  return (
    <section class="card section" aria-labelledby={id}>
      <h2 id={id} tabindex="-1" ref={(element) => props.ref?.(element)}>
        {props.heading}
      </h2>
      {props.children}
    </section>
  );
}
