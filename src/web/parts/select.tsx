import { For } from "solid-js";

interface SelectProps<T extends string> {
  readonly id: string;
  readonly name: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onValue: (value: T) => void;
}

export const Select = <T extends string>(props: SelectProps<T>) => (
  <select
    id={props.id}
    name={props.name}
    class="input"
    onChange={(event) => {
      const chosen = props.options[event.currentTarget.selectedIndex];
      if (chosen) props.onValue(chosen.value);
    }}
  >
    <For each={props.options}>
      {(option) => (
        <option value={option.value} selected={option.value === props.value}>
          {option.label}
        </option>
      )}
    </For>
  </select>
);
