import { GREETING } from "./greeting.js";

const show = (text) => {
  document.querySelector("h1").textContent = text;
};
show(GREETING);
import.meta.hot?.accept("./greeting.js", (greeting) => show(greeting.GREETING));
