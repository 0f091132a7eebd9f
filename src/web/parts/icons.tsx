import type { JSX } from "solid-js";

const Icon = (props: { readonly children: JSX.Element }) => (
  <svg class="icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true">
    {props.children}
  </svg>
);

export const PlusIcon = () => (
  <Icon>
    <path d="M8 3v10M3 8h10" stroke-linecap="round" />
  </Icon>
);
export const OpenIcon = () => (
  <Icon>
    <path d="M6 3.5H3.5v9h9V10M9 3.5h3.5V7M12 4 7.5 8.5" stroke-linecap="round" stroke-linejoin="round" />
  </Icon>
);
export const BranchIcon = () => (
  <Icon>
    <circle cx="4.5" cy="3.75" r="1.5" />
    <circle cx="4.5" cy="12.25" r="1.5" />
    <circle cx="11.5" cy="5.75" r="1.5" />
    <path d="M4.5 5.25v5.5M11.5 7.25c0 2.5-4.5 1.5-6.5 3.75" stroke-linecap="round" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m3.5 8.5 3 3 6-7" stroke-linecap="round" stroke-linejoin="round" />
  </Icon>
);
export const BackIcon = () => (
  <Icon>
    <path d="M9.5 3.5 5 8l4.5 4.5" stroke-linecap="round" stroke-linejoin="round" />
  </Icon>
);
export const BrandMark = () => (
  <svg class="brand-mark" viewBox="0 0 24 24" aria-hidden="true">
    <rect width="24" height="24" rx="6" />
    <path d="M6.5 8.5 10 12l-3.5 3.5M12.5 15.5h5" stroke-linecap="round" stroke-linejoin="round" />
  </svg>
);
