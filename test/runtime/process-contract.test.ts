import { runtimeContract } from "../../src/runtimes/runtime.contract.ts";
import { processFixture } from "./process-fixture.ts";

runtimeContract("process", processFixture);
