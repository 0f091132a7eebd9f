import { setFlagsFromString } from "node:v8";

/** V8 reads it at each collection, so it may be set when the process runs already. One that it does not know it ignores. */
export const HEAP_FLAG = "--heap-growing-percent";

/** How much the heap may grow over what is in use before it is cleaned up. */
const PERCENT = 50;

/** Left to itself, V8 lets garbage become three times as much as what is in use, as long as the machine has the memory. */
export const limitHeapGrowth = (): void => setFlagsFromString(`${HEAP_FLAG}=${PERCENT}`);
