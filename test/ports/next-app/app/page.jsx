"use client";

import { useState } from "react";
import { whereAmI } from "./action.js";
import { GREETING } from "./greeting.js";

export default function Page() {
  const [count, setCount] = useState(0);
  const [origin, setOrigin] = useState("nowhere yet");
  return (
    <main>
      <h1>{GREETING}</h1>
      <button onClick={() => setCount(count + 1)}>clicked {count}</button>
      <form action={async () => setOrigin(await whereAmI())}>
        <button>Where am I?</button>
      </form>
      <output>{origin}</output>
    </main>
  );
}
