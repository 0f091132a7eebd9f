import { z } from "zod";

// @NOTE Imported before every schema: zod compiles validators with `new Function`, which the content security policy refuses.
z.config({ jitless: true });
